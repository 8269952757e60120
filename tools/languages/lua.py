"""Lua: the options."""

from description import quote


def quoted(text):
    """A text as a literal; nil for None."""
    return quote(text, "nil", '"')


def options(description):
    """A table of the options in their order."""
    lines = []
    for option in description["options"]:
        lines += [
            (
                f"  {{ name = {quoted(option['name'])}, type = {quoted(option['type'])}, "
                f"default = {quoted(option['default'])}, scope = {quoted(option['scope'])},"
            ),
            f"    allowed = {quoted(option['allowed'])},",
            f"    doc = {quoted(option['doc'])} }},",
        ]
    return "\n".join(lines)


PARTS = [("bindings/lua/aura_users/options.lua", "options", options)]
