"""PHP: the declarations for its FFI, the statuses, the options, and their types."""

import textwrap

from description import enum_of, functions_of, joined, quote

FOLDER = "bindings/php"
WIDTH = 120
# What the package calls.
FUNCTIONS = [
    "aura_version",
    "aura_error_json",
    "aura_error_free",
    "aura_string_free",
    "aura_options_new",
    "aura_options_set",
    "aura_options_free",
    "aura_client_new",
    "aura_client_free",
    "aura_client_rate_limit",
    "aura_get_user",
    "aura_get_user_start",
    "aura_get_current_user",
    "aura_get_current_user_start",
    "aura_create_user_start",
    "aura_reset_user_password_start",
    "aura_stream_audit_logs",
    "aura_audit_logs_next_fields",
    "aura_audit_logs_next_at_hand",
    "aura_audit_logs_next_start",
    "aura_audit_logs_page",
    "aura_audit_logs_free",
    "aura_call_wait",
    "aura_call_cancel",
    "aura_call_expire",
    "aura_call_free",
    "aura_call_complete",
    "aura_completions_new",
    "aura_completions_wait",
    "aura_completions_wake",
    "aura_completions_fd",
    "aura_completions_free",
    "aura_log_keep",
    "aura_log_take",
]


def declarations(description):
    """The handles and functions in C. An enum is the number that it is in the ABI."""
    numbers = [
        f"typedef {enum['type']} {enum['name']};" for enum in description["enums"]
    ]
    handles = [
        f"typedef struct {one['name']} {one['name']};" for one in description["handles"]
    ]
    functions = []
    for function in functions_of(description, FUNCTIONS):
        parameters = ", ".join(
            joined(one["type"], one["name"]) for one in function["parameters"]
        )
        functions.append(
            f"{joined(function['result']['type'], function['name'])}({parameters or 'void'});"
        )
    return "\n".join(numbers + handles + functions)


def statuses(description):
    """The statuses that are no errors."""
    status = enum_of(description, "aura_status")
    return "\n".join(
        f"    public const {value['name'].removeprefix('AURA_')} = {value['number']};"
        for value in status["values"]
        if value["number"] < 10
    )


def options(description):
    """A table of the options: type, default, where it counts, environment, words."""
    lines = []
    for option in description["options"]:
        environment = ", ".join(php(name) for name in option["environment"])
        lines += [
            f"        {php(option['name'])} => [",
            f"            'type' => {php(option['type'])},",
            f"            'default' => {php(option['default'])},",
            f"            'scope' => {php(option['scope'])},",
            f"            'environment' => [{environment}],",
            f"            'allowed' => {php(option['allowed'])},",
            *wrapped("            'doc' => ", option["doc"]),
            "        ],",
        ]
    return "\n".join(lines)


def variables(description):
    """The environment variables that a client reads."""
    names = " ".join(f"{php(name)}," for name in description["variables"])
    return "\n".join(f"        {line}" for line in textwrap.wrap(names, WIDTH - 8))


def wrapped(before, text):
    """A text as literals on as many lines as it takes."""
    parts = textwrap.wrap(text, WIDTH - 24, break_on_hyphens=False)
    lines = [php(part + " ") for part in parts[:-1]] + [php(parts[-1])]
    return (before + "\n                . ".join(lines) + ",").split("\n")


def php(text):
    """A text as a literal; null for None."""
    return quote(text, "null")


TYPES = {
    "text": "string",
    "url": "string|\\Stringable",
    "path": "string|\\Stringable",
    "boolean": "bool",
    "seconds": "int|float",
    "whole": "int",
}


def shape(description):
    """The options as a shape for phpstan and psalm."""
    members = [
        f" *     {option['name']}?: {type_of(option)}|null,"
        for option in description["options"]
    ]
    return "\n".join([" * @phpstan-type Options array{", *members, " * }"])


def type_of(option):
    """What an option takes, in the words of phpstan."""
    if option["type"] == "choice":
        return "|".join(php(one) for one in option["values"])
    return TYPES[option["type"]]


PARTS = [
    (f"{FOLDER}/ffi/aura_users.h", "declarations", declarations),
    (f"{FOLDER}/src/Internal/Native.php", "statuses", statuses),
    (f"{FOLDER}/src/Internal/OptionTable.php", "options", options),
    (f"{FOLDER}/src/Internal/OptionTable.php", "shape of the options", shape),
    (f"{FOLDER}/src/Internal/Shared.php", "variables", variables),
]
