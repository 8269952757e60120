"""JSON to Python's objects, by the C half of Python's own decoder.

None of Python's code runs meanwhile, so a thread is not stopped in the middle of ours as the
interpreter ends. And `json` itself, half of which nobody here needs, is not imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

scan_once: Callable[[str, int], tuple[Any, int]]
"""Decode the value that begins at an index; gives it and where it ends."""


class _Defaults:
    """What `json.JSONDecoder` has when it is made without arguments."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


try:
    from _json import make_scanner

    scan_once = make_scanner(_Defaults)  # type: ignore[arg-type]
except (ImportError, AttributeError, TypeError):  # not in this Python, or not like this
    from json import JSONDecoder

    scan_once = JSONDecoder().scan_once  # type: ignore[attr-defined]
