"""Go: the declarations of C with a table of loaded functions, the options, the kinds of errors."""

import textwrap

WIDTH = 100
FOLDER = "bindings/go"
INITIALISMS = {
    "url": "URL",
    "api": "API",
    "otp": "OTP",
    "ca": "CA",
    "http": "HTTP",
    "tls": "TLS",
}
# Type in Go, and the function that makes it text.
TYPES = {
    "text": ("string", "asText"),
    "url": ("string", "asText"),
    "path": ("string", "asText"),
    "boolean": ("bool", "asBoolean"),
    "seconds": ("time.Duration", "asSeconds"),
}
LARGEST_INT = 2**31
# A mark that touches a declaration would be its documentation.
FIRST = [""]
LAST = ["", "// Made by `make header`."]


def spelled(name):
    """A name in Go: repo_url is RepoURL."""
    return "".join(INITIALISMS.get(word, word.capitalize()) for word in name.split("_"))


def comment(text):
    return textwrap.wrap(text, WIDTH, initial_indent="// ", subsequent_indent="// ")


def doc_of(option):
    doc = f"With{spelled(option['name'])} sets the option {option['name']}. {option['doc']}"
    doc += f" Allowed: {option['allowed']}."
    if option["default"] is not None:
        doc += f" Default: {option['default']}."
    if option["environment"]:
        doc += f" Environment: {', '.join(option['environment'])}."
    return doc


def choice(option):
    """A type of its own for an option that takes one of a few words."""
    name = f"{spelled(option['name'])}Choice"
    lines = comment(f"A {name} is a value of the option {option['name']}.")
    lines += [f"type {name} string", ""]
    for value in option["values"]:
        constant = spelled(option["name"]) + spelled(value)
        lines += comment(
            f"{constant} is the value {value} of the option {option['name']}."
        )
        lines += [f'const {constant} {name} = "{value}"', ""]
    return lines


def options(description):
    """A function for each option."""
    lines = [*FIRST]
    for option in description["options"]:
        if option["type"] == "choice":
            lines += choice(option)
            type_name, convert = f"{spelled(option['name'])}Choice", "asText"
        elif option["type"] == "whole":
            type_name = "int" if option["maximum"] < LARGEST_INT else "uint64"
            convert = "asWhole"
        else:
            type_name, convert = TYPES[option["type"]]
        kind = "ClientOption" if option["scope"] == "client" else "CallOption"
        make = kind[0].lower() + kind[1:]
        name = option["name"]
        lines += [
            *comment(doc_of(option)),
            f"func With{spelled(name)}(value {type_name}) {kind} {{",
            f'\treturn {make}{{"{name}", {convert}(value)}}',
            "}",
            "",
        ]
    lines += comment("The options that a call cannot have.") + [
        "var isOfClient = map[string]bool{"
    ]
    lines += [
        f'\t"{one["name"]}": true,'
        for one in description["options"]
        if one["scope"] == "client"
    ]
    return "\n".join([*lines, "}", *LAST])


def kinds(description):
    """A constant for each kind of error, and the names of all."""
    lines = [*FIRST]
    for kind in description["error_kinds"]:
        name = f"Err{spelled(kind['name'])}"
        doc = f"{name} is the kind {kind['name']}. {kind['doc']} What to do: {kind['hint']}."
        lines += [*comment(doc), f"const {name} Kind = {kind['number']}", ""]
    lines += ["var kindNames = map[Kind]string{"]
    names = [f"Err{spelled(kind['name'])}:" for kind in description["error_kinds"]]
    width = max(map(len, names)) + 1
    for name, kind in zip(names, description["error_kinds"]):
        lines.append(f'\t{name:{width}}"{kind["name"]}",')
    return "\n".join([*lines, "}", *LAST])


def library(description):
    """What the library is called."""
    about = description["library"]
    lines = [
        *FIRST,
        f'const libraryVersion = "{about["version"]}"',
        f'const libraryABI = "{about["abi"]}"',
        "",
        "var sonames = map[string]string{",
    ]
    known = [("linux", about["soname"]["linux"]), ("darwin", about["soname"]["macos"])]
    width = max(len(system) for system, _ in known) + 4
    for system, soname in known:
        quoted = f'"{system}":'
        lines.append(f'\t{quoted:{width}}"{soname}",')
    return "\n".join([*lines, "}", *LAST])


def parameter(one):
    """A parameter as C declares it."""
    return f"{one['type']} {one['name']}".replace("* ", "*")


def signature(function, name):
    parameters = ", ".join(map(parameter, function["parameters"])) or "void"
    return f"{function['result']['type']} {name}({parameters})".replace("* ", "*")


def declarations(description):
    """Types, and each function twice: linked in, or called through the table."""
    lines = []
    for enum in description["enums"]:
        lines.append("typedef enum {")
        lines += [
            f"    {value['name']} = {value['number']}," for value in enum["values"]
        ]
        lines.append(f"}} {enum['name']};")
    lines += [
        f"typedef struct {one['name']} {one['name']};" for one in description["handles"]
    ]
    for one in description["callbacks"]:
        parameters = ", ".join(map(parameter, one["parameters"]))
        lines.append(
            f"typedef {one['result']} (*{one['name']})({parameters});".replace(
                "* (", "*("
            )
        )
    functions = description["functions"]
    lines += ["", "#ifdef AURA_STATIC"]
    lines += [f"{signature(one, one['name'])};" for one in functions]
    lines += ["#else", "struct aura_functions {"]
    lines += [f"    {signature(one, '(*' + one['name'] + ')')};" for one in functions]
    lines += ["};", "extern struct aura_functions aura_loaded;", ""]
    for one in functions:
        arguments = ", ".join(each["name"] for each in one["parameters"])
        back = "" if one["result"]["type"] == "void" else "return "
        call = f"{back}aura_loaded.{one['name']}({arguments});"
        lines.append(f"static inline {signature(one, one['name'])} {{ {call} }}")
    lines += ["", "#define AURA_EACH_FUNCTION(X) \\"]
    lines += [f"    X({one['name']}) \\" for one in functions]
    return "\n".join([*lines, "", "#endif"])


PARTS = [
    (f"{FOLDER}/aura_go.h", "declarations", declarations),
    (f"{FOLDER}/library.go", "library", library),
    (f"{FOLDER}/kinds.go", "kinds", kinds),
    (f"{FOLDER}/options_by_name.go", "options", options),
]
