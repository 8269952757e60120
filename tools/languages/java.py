"""Java: the functions of the library, the options' setters, the kinds of errors."""

import re
import textwrap

from description import camel

MAIN = "bindings/java/src/main/java/io/github/aurausers"
PRIMITIVE = ("int", "long", "boolean")
UNSETS = "; null unsets the option"
WIDTH = 96  # of a comment's text, so that a line has at most 100 characters
# Java needs no callbacks: it fetches the log, and a thread that waits can be interrupted.
SIMPLE = {
    "int32_t": "int",
    "aura_status": "int",
    "aura_log_level": "int",
    "void": "void",
}
SETTERS = {
    "text": [("String", "value")],
    "url": [("String", "value")],
    "path": [("Path", "text(value)")],
    "boolean": [("boolean", "text(value)")],
    "seconds": [("Duration", "seconds(value)")],
}


def type_of(parameter):
    """A handle is its address; what comes out comes in an array."""
    if parameter["type"] in SIMPLE:
        return SIMPLE[parameter["type"]]
    if parameter.get("direction") == "out" or parameter["role"] == "texts":
        return "long[]"
    return (
        "byte[]"
        if parameter["type"] == "const char *" and "direction" in parameter
        else "long"
    )


def functions(description):
    """All of them but those that take a callback."""
    lines = []
    for function in description["functions"]:
        parameters = function["parameters"]
        if any(parameter["role"] == "callback" for parameter in parameters):
            continue
        words = ", ".join(f"{type_of(one)} {camel(one['name'])}" for one in parameters)
        head = f"  static native {type_of(function['result'])} {function['name']}("
        if len(head + words) + 2 <= 100:
            lines += ["", f"{head}{words});"]
        elif len(words) + 8 + 2 <= 100:
            lines += ["", head, f"      {words});"]
        else:
            each = [f"      {type_of(one)} {camel(one['name'])}," for one in parameters]
            lines += ["", head, *each[:-1], each[-1].rstrip(",") + ");"]
    return "\n".join(lines[1:])


def javadoc(text, indent):
    """A comment: one line, or as many as it takes."""
    text = re.sub(r"`([^`]*)`", r"{@code \1}", text).replace("&", "&amp;")
    text = re.sub(r"<(?=[a-z])", "&lt;", text) if "{@code" not in text else text
    if len(text) + len(indent) + 8 <= 100:
        return [f"{indent}/** {text} */"]
    lines = textwrap.wrap(text, 100 - len(indent) - 3, break_on_hyphens=False)
    return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def setters(description):
    """One for each option, or two if it is a whole number without a bound that an int holds."""
    lines = []
    for option in description["options"]:
        name, method = option["name"], camel(option["name"])
        if option["type"] == "choice":
            enum = "On" + camel(f"_{name}")
            values = ",\n".join(
                "\n".join(
                    [f"    /** The value {{@code {value}}}. */", f"    {value.upper()}"]
                )
                for value in option["values"]
            )
            lines += [
                "",
                *javadoc(option["doc"], "  "),
                f"  public enum {enum} {{",
                values,
                "  }",
            ]
            kinds = [(enum, "lower(value)")]
        elif option["type"] == "whole":
            type_name = "int" if option["maximum"] < 2**31 else "long"
            kinds = [(type_name, "text(value)")]
        else:
            kinds = SETTERS[option["type"]]
        doc = option["doc"] + f" Allowed: {option['allowed']}."
        if option["default"] is not None:
            doc += f" Default: `{option['default']}`."
        if option["environment"]:
            doc += (
                " Environment: "
                + ", ".join(f"`{one}`" for one in option["environment"])
                + "."
            )
        doc = re.sub(r"`([^`]*)`", r"{@code \1}", doc)
        for type_name, value in kinds:
            text = textwrap.wrap(doc, WIDTH - 1, break_on_hyphens=False)
            lines += [
                "",
                "  /**",
                *(f"   * {line}" for line in text),
                "   *",
                "   * @param value the value"
                + ("" if type_name in PRIMITIVE else UNSETS),
                "   * @return these options and this one",
                "   */",
                f"  public Options {method}({type_name} value) {{",
                f'    return put("{name}", {value});',
                "  }",
            ]
    return "\n".join(lines[1:])


def version(description):
    """The version and the SONAMEs to load."""
    library = description["library"]
    lines = [f'  static final String VERSION = "{library["version"]}";']
    lines.append(f'  static final String ABI = "{library["abi"]}";')
    for system, soname in library["soname"].items():
        lines.append(f'  static final String {system.upper()} = "{soname}";')
    return "\n".join(lines)


def option_names(description):
    """Each option's name, and whether its value is secret."""
    return "\n".join(
        f'          Map.entry("{option["name"]}", {str(option["is_secret"]).lower()})'
        + ("," if option is not description["options"][-1] else "")
        for option in description["options"]
    )


def kinds(description):
    """The constants of the enum."""
    lines = []
    for kind in description["error_kinds"]:
        lines += ["", *javadoc(kind["doc"], "  ")]
        end = ";" if kind is description["error_kinds"][-1] else ","
        lines.append(f"  {kind['name'].upper()}({kind['number']}){end}")
    return "\n".join(lines[1:])


PARTS = [
    (f"{MAIN}/Library.java", "library", version),
    (f"{MAIN}/Native.java", "functions", functions),
    (f"{MAIN}/Options.java", "option names", option_names),
    (f"{MAIN}/Options.java", "options", setters),
    (f"{MAIN}/ErrorKind.java", "error kinds", kinds),
]
