"""Functions that several modules of tools/languages share."""


def functions_of(description, names):
    """The functions with these names, in this order."""
    by_name = {function["name"]: function for function in description["functions"]}
    return [by_name[name] for name in names]


def enum_of(description, name):
    [found] = [enum for enum in description["enums"] if enum["name"] == name]
    return found


def statuses_to_handle(description):
    """The statuses that a binding handles itself: those that are not errors, and AURA_CANCELLED."""
    return [
        value
        for value in enum_of(description, "aura_status")["values"]
        if value["number"] < 10 or value["text"] == "cancelled"
    ]


def quote(text, nothing, mark="'"):
    """A text as a literal between marks; `nothing` for None."""
    if text is None:
        return nothing
    return mark + text.replace("\\", "\\\\").replace(mark, f"\\{mark}") + mark


def joined(kind, name):
    """A type and a name, as C writes them."""
    return f"{kind}{name}" if kind.endswith("*") else f"{kind} {name}"


def camel(name):
    """api_key as apiKey."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
