"""Ruby: the functions that are attached, the statuses, the options, and the signatures."""

import textwrap

from description import functions_of, quote, statuses_to_handle

FOLDER = "bindings/ruby"
WIDTH = 120
# The functions that the package calls. Those in BLOCKING run without Ruby's lock, because they wait.
FUNCTIONS = [
    "aura_audit_logs_free",
    "aura_audit_logs_next_rows_start",
    "aura_audit_logs_page",
    "aura_call_cancel",
    "aura_call_complete",
    "aura_call_free",
    "aura_call_poll",
    "aura_call_wait",
    "aura_client_free",
    "aura_client_new",
    "aura_client_rate_limit",
    "aura_completions_fd",
    "aura_completions_free",
    "aura_completions_new",
    "aura_completions_wait",
    "aura_create_user_start",
    "aura_get_current_user",
    "aura_get_current_user_start",
    "aura_get_user",
    "aura_get_user_start",
    "aura_reset_user_password_start",
    "aura_stream_audit_logs",
    "aura_error_free",
    "aura_error_json",
    "aura_log_keep",
    "aura_log_take",
    "aura_options_free",
    "aura_options_new",
    "aura_options_set",
    "aura_options_set_interrupt",
    "aura_string_free",
]
BLOCKING = [
    "aura_audit_logs_free",
    "aura_call_free",
    "aura_client_free",
    "aura_get_current_user",
    "aura_get_user",
]
NUMBERS = {
    "int32_t": ":int32",
    "int64_t": ":int64",
    "uint64_t": ":uint64",
    "size_t": ":size_t",
    "aura_status": ":int",
    "aura_log_level": ":int",
    "void": ":void",
}


def type_of(value):
    """The type in ffi. A text that the package frees stays a pointer."""
    is_text = value["type"] == "const char *" and value.get("role") in (
        "text",
        "borrowed_text",
    )
    if is_text:
        return ":string"
    return NUMBERS.get(value["type"], ":pointer")


def functions(description):
    """One line of attach_function for each."""
    lines = []
    for function in functions_of(description, FUNCTIONS):
        name = function["name"]
        types = ", ".join(type_of(one) for one in function["parameters"])
        result = type_of(function["result"])
        blocking = ", blocking: true" if name in BLOCKING else ""
        line = f"    attach_function :{name}, [{types}], {result}{blocking}"
        lines += (
            [line]
            if len(line) <= WIDTH
            else line.replace(", [", ",\n                    [", 1).split("\n")
        )
    return "\n".join(lines)


def statuses(description):
    """The statuses that the package handles."""
    kept = statuses_to_handle(description)
    return "\n".join(f"    {value['name']} = {value['number']}" for value in kept)


def options(description):
    """A table of the options."""
    lines = []
    for option in description["options"]:
        environment = " ".join(option["environment"])
        lines += [
            f"    {option['name']}: Option.new(",
            (
                f"      :{option['name']}, :{option['type']}, {ruby(option['default'])}, "
                f":{option['scope']}, %w[{environment}],"
            ),
            f"      {ruby(option['allowed'])},",
            *wrapped(ruby(option["doc"])),
            "    ),",
        ]
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join(lines)


def variables(description):
    """The environment variables that a client reads."""
    lines = textwrap.wrap(" ".join(description["variables"]), WIDTH - 4)
    return "\n".join(
        ["  VARIABLES = %w[", *(f"    {line}" for line in lines), "  ].freeze"]
    )


def wrapped(literal):
    """A literal, broken into lines."""
    parts = textwrap.wrap(literal[1:-1], WIDTH - 12)
    return [f"      '{part} ' \\" for part in parts[:-1]] + [f"      '{parts[-1]}'"]


def ruby(text):
    """A text as a literal; nil for None."""
    return quote(text, "nil")


TYPES = {
    "text": "string",
    "url": "_ToS",
    "path": "_ToS",
    "choice": "Symbol | string",
    "boolean": "bool",
    "seconds": "Numeric",
    "whole": "Integer",
}
METHODS = [
    ("create_user", "string username, string password, Array[string] emails", "User"),
    ("get_current_user", "", "User"),
    ("get_user", "string username_or_email", "User"),
    ("reset_user_password", "string username_or_email", "nil"),
    ("stream_audit_logs", "", "AuditLogs"),
]


def keywords(description, scopes):
    """The options as keywords of RBS."""
    return [
        f"?{option['name']}: ({TYPES[option['type']]})?"
        for option in description["options"]
        if option["scope"] in scopes
    ]


def signature(prefix, name, arguments, result, words, indent="    "):
    """One method."""
    listed = [argument for argument in arguments.split(", ") if argument] + words
    body = ",\n".join(f"{indent}  {argument}" for argument in listed)
    return f"{indent}def {prefix}{name}: (\n{body}\n{indent}) -> {result}"


def methods(prefix, scopes):
    """The five functions with these options."""

    def make(description):
        words = keywords(description, scopes)
        return "\n".join(
            signature(prefix, *method, words, "  " if prefix else "    ")
            for method in METHODS
        )

    return make


def constructor(description):
    """The client's constructor, and its sibling for the options of calls."""
    client = keywords(description, ("call", "client"))
    call = keywords(description, ("call",))
    return "\n".join(
        [
            signature("", "initialize", "", "void", client),
            signature("", "with_options", "", "Client", call),
        ]
    )


PARTS = [
    (f"{FOLDER}/lib/aura_users/native.rb", "functions", functions),
    (f"{FOLDER}/lib/aura_users/native.rb", "statuses", statuses),
    (f"{FOLDER}/lib/aura_users/option_table.rb", "options", options),
    (f"{FOLDER}/lib/aura_users/option_table.rb", "variables", variables),
    (
        f"{FOLDER}/sig/aura_users.rbs",
        "functions of the module",
        methods("self.", ("call", "client")),
    ),
    (f"{FOLDER}/sig/aura_users.rbs", "methods of a client", methods("", ("call",))),
    (f"{FOLDER}/sig/aura_users.rbs", "options of a client", constructor),
]
