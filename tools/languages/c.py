"""C: the names of the statuses, which aura_status_name() returns."""

from description import enum_of


def status_names(description):
    """The table in Rust, behind the C ABI."""
    status = enum_of(description, "aura_status")
    lines = [
        f'        (aura_status::{value["name"]}, c"{value["text"]}"),'
        for value in status["values"]
    ]
    head = f"    const NAMES: [(aura_status, &CStr); {len(lines)}] = ["
    return "\n".join([head, *lines, "    ];"])


PARTS = [("src/ffi/status.rs", "status names", status_names)]
