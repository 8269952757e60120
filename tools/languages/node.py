"""Node.js: the declarations of the C ABI, the tables of options and kinds, and their types."""

import json
import textwrap

from description import camel, enum_of

WIDTH = 100
TYPES = {
    "text": "string",
    "url": "string | URL",
    "path": "string | URL",
    "boolean": "boolean",
    "seconds": "number",
    "whole": "number | bigint",
}


def declared(function):
    """Whether the binding can use it: nothing that calls back, nothing that waits for a reply."""
    if function["name"] in ("aura_call_wait", "aura_completions_wait"):
        return True
    if function["name"].startswith("aura_error_"):  # its JSON has every field
        return function["name"] in ("aura_error_json", "aura_error_free")
    roles = {parameter["role"] for parameter in function["parameters"]}
    return function["blocks"] != "yes" and not roles & {"callback", "data"}


def word(parameter):
    """One parameter: its C type, or `out handle` and `out text` for a place."""
    if parameter["direction"] == "out" and parameter["role"] in ("handle", "error"):
        return "out handle"
    if parameter["direction"] == "out" and parameter["role"] == "text":
        return "out text"
    if parameter.get("is_consumed"):
        return "handle"
    return {
        "handle": "handle",
        "error": "out handle",
        "text": "text",
        "texts": "texts",
    }.get(parameter["role"], parameter["type"])


def functions(description):
    """Each function as [result, parameter…]."""
    lines = []
    for function in description["functions"]:
        if not declared(function):
            continue
        result = function["result"]
        words = {"borrowed_text": "text", "handle": "handle", "nothing": "void"}
        parts = [words.get(result["role"], result["type"])]
        parts += [word(parameter) for parameter in function["parameters"]]
        lines.append(f"  {function['name']}: {json.dumps(parts)},")
    return "\n".join(["const functions = {", *lines, "};"])


def options(description):
    """Each option by its name in JavaScript."""
    lines = []
    for option in description["options"]:
        fact = {key: option[key] for key in ("name", "type", "scope")}
        if option["type"] == "seconds":
            fact["minimum"], fact["maximum"] = option["minimum"], option["maximum"]
        members = ", ".join(
            f"{key}: {json.dumps(value)}" for key, value in fact.items()
        )
        lines.append(f"  {camel(option['name'])}: {{ {members} }},")
    return "\n".join(["const options = {", *lines, "};"])


def variables(description):
    """The environment variables that a client reads."""
    lines = [f"  {json.dumps(name)}," for name in description["variables"]]
    return "\n".join(["const variables = [", *lines, "];"])


def facts(description):
    """The library and the statuses."""
    values = enum_of(description, "aura_status")["values"]
    lines = [f"  {value['text']}: {value['number']}," for value in values]
    library = description["library"]
    soname = ", ".join(
        f"{json.dumps(k)}: {json.dumps(v)}" for k, v in library["soname"].items()
    )
    return "\n".join(
        [
            f"const library = {{ abi: {json.dumps(library['abi'])}, soname: {{ {soname} }} }};",
            "const statuses = {",
            *lines,
            "};",
        ]
    )


def type_of(option):
    """The type in TypeScript."""
    if option["type"] == "choice":
        return " | ".join(f'"{value}"' for value in option["values"])
    return TYPES[option["type"]]


def comment(option):
    """The option's words."""
    doc = option["doc"]
    if option["type"] == "seconds":
        doc += " In milliseconds."
    if option["default"] is not None:
        default = option["default"]
        if option["type"] == "seconds":
            default = f"{round(float(default) * 1000)}"
        doc += f" Default: {default}."
    if option["environment"]:
        doc += f" Environment: {', '.join(option['environment'])}."
    lines = textwrap.wrap(doc, WIDTH - 6)
    if len(lines) == 1:
        return [f"  /** {lines[0]} */"]
    return ["  /**", *(f"   * {line}" for line in lines), "   */"]


def fields(description, scope):
    """The options of a call, or those of a client alone."""
    lines = []
    for option in description["options"]:
        if option["scope"] == scope:
            lines += comment(option)
            lines.append(
                f"  {camel(option['name'])}?: {type_of(option)} | null | undefined;"
            )
    return "\n".join(lines)


def union(name, values):
    """A type that is one of these texts."""
    return (
        "\n".join([f"export type {name} =", *(f'  | "{value}"' for value in values)])
        + ";"
    )


def kinds(description):
    """The kinds of errors, and the reasons."""
    return union("ErrorKind", [kind["name"] for kind in description["error_kinds"]])


def reasons(description):
    """More may come, so any text is one."""
    values = [*description["reasons"]]
    lines = ["export type Reason =", *(f'  | "{value}"' for value in values)]
    return "\n".join([*lines, "  | (string & {});"])


TABLES = "bindings/node/lib/generated.cjs"
TYPES_FILE = "bindings/node/lib/index.d.cts"
PARTS = [
    (TABLES, "library and statuses", facts),
    (TABLES, "options", options),
    (TABLES, "variables", variables),
    (TABLES, "functions", functions),
    (TYPES_FILE, "options of a call", lambda description: fields(description, "call")),
    (
        TYPES_FILE,
        "options of a client",
        lambda description: fields(description, "client"),
    ),
    (TYPES_FILE, "kinds", kinds),
    (TYPES_FILE, "reasons", reasons),
]
