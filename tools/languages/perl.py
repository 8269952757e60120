"""Perl: the functions that are attached, the statuses, the options and their documentation."""

import textwrap

from description import functions_of, quote, statuses_to_handle

FOLDER = "bindings/perl/lib/Aura"
WIDTH = 120
# What the package calls.
FUNCTIONS = [
    "aura_audit_logs_next_rows",
    "aura_audit_logs_next_rows_start",
    "aura_audit_logs_page",
    "aura_call_cancel",
    "aura_call_complete",
    "aura_call_expire",
    "aura_call_fd",
    "aura_call_wait",
    "aura_client_new",
    "aura_client_rate_limit",
    "aura_completions_fd",
    "aura_completions_new",
    "aura_completions_wait",
    "aura_completions_wake",
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
    "aura_options_new",
    "aura_options_set",
    "aura_options_set_interrupt",
    "aura_string_free",
]
NUMBERS = {
    "int32_t": "sint32",
    "int64_t": "sint64",
    "uint64_t": "uint64",
    "size_t": "size_t",
    "aura_status": "sint32",
    "aura_log_level": "sint32",
    "void": "void",
}


def type_of(value):
    """The type in FFI::Platypus's words. A text that is freed by hand stays a pointer."""
    role, is_out = value.get("role"), value.get("direction") == "out"
    if role == "texts":
        return "string[]"
    if role == "array":
        return "opaque"
    if is_out or role == "error":
        return "opaque*"
    if value["type"] == "const char *":
        return "string"
    return NUMBERS.get(value["type"], "opaque")


def functions(description):
    """One line for each."""
    lines = []
    for function in functions_of(description, FUNCTIONS):
        types = " ".join(type_of(one) for one in function["parameters"])
        lines.append(
            f"    {function['name']} => [ [qw({types})], '{type_of(function['result'])}' ],"
        )
    return "\n".join(lines)


def statuses(description):
    """The statuses that are looked at: those that are no errors, and that of a call that was ended."""
    kept = statuses_to_handle(description)
    return "\n".join(
        f"use constant {value['name']} => {value['number']};" for value in kept
    )


def kinds(description):
    """The kinds of errors, each with its words."""
    return "\n".join(
        f"    {kind['name']} => {perl(kind['doc'])},"
        for kind in description["error_kinds"]
    )


def options(description):
    """A table of the options in their order: type, default, where it counts, environment, words."""
    lines = []
    for option in description["options"]:
        environment = " ".join(option["environment"])
        lines += [
            f"    {option['name']} => {{",
            (
                f"        type => '{option['type']}', scope => '{option['scope']}', "
                f"default => {perl(option['default'])}, environment => [qw({environment})],"
            ),
            f"        allowed => {perl(option['allowed'])},",
            f"        doc => {wrapped(option['doc'])},",
            "    },",
        ]
    return "\n".join(lines)


def documented(description):
    """The options as a list in POD."""
    lines = ["", "=over", ""]
    for option in description["options"]:
        default = f", default C<{option['default']}>" if option["default"] else ""
        variables = "".join(f", C<${name}>" for name in option["environment"])
        text = f"{pod(option['doc'])} Allowed: {pod(option['allowed'])}."
        lines += [f"=item C<{option['name']}>{default}{variables}", ""]
        lines += [*textwrap.wrap(text, WIDTH), ""]
    # The line that ends the part belongs to this comment.
    return "\n".join([*lines, "=back", "", "=for comment"])


def pod(text):
    """A text of the description in POD: `code` is C<code>."""
    parts = text.split("`")
    for i in range(1, len(parts), 2):
        parts[i] = f"C<< {parts[i]} >>"
    return "".join(parts)


def wrapped(text):
    """A literal on as many lines as it takes."""
    parts = textwrap.wrap(text, WIDTH - 20, drop_whitespace=False)
    return "\n            . ".join(perl(part) for part in parts)


def perl(text):
    """A text as a literal; undef for None."""
    return quote(text, "undef")


PARTS = [
    (f"{FOLDER}/Users/Native.pm", "statuses", statuses),
    (f"{FOLDER}/Users/Native.pm", "functions", functions),
    (f"{FOLDER}/Users/Error.pm", "kinds", kinds),
    (f"{FOLDER}/Users/Options.pm", "options", options),
    (f"{FOLDER}/Users.pm", "options of the documentation", documented),
]
