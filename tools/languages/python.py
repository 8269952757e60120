"""Python: the types of the options."""

import textwrap

WIDTH = 100
TYPES = {
    "text": "str",
    "url": "str",
    "path": "str | PathLike[str]",
    "boolean": "bool",
    "seconds": "float | timedelta",
    "whole": "SupportsIndex",
}


def type_of(option):
    """The type in Python."""
    if option["type"] == "choice":
        return "Literal[" + ", ".join(f'"{value}"' for value in option["values"]) + "]"
    return TYPES[option["type"]]


def docstring(doc):
    """An attribute's documentation: one line, or as many as it takes."""
    if len(doc) + len('    """"""') <= WIDTH:
        return [f'    """{doc}"""']
    lines = textwrap.wrap(f'"""{doc}', WIDTH - 4)
    return [f"    {line}" for line in [*lines, '"""']]


def fields(description, scope):
    """The options of a call, or those of a client alone."""
    lines = []
    for option in description["options"]:
        if option["scope"] == scope:
            lines.append(f"    {option['name']}: {type_of(option)} | None")
            lines += docstring(option["doc"])
    return "\n".join(lines)


FILE = "python/aura_users/_options.py"
PARTS = [
    (FILE, "options of a call", lambda description: fields(description, "call")),
    (FILE, "options of a client", lambda description: fields(description, "client")),
]
