"""Decodes JSON to Python objects with the C part of Python's own decoder.

It runs no Python code, so an interpreter that exits cannot stop a thread in the middle of this
library's code. It does not import `json`, which costs time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

scan_once: Callable[[str, int], tuple[Any, int]]
"""Decode the value at an index. Returns the value and the index of its end."""


class _Defaults:
    """The attributes of a `json.JSONDecoder` without arguments."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


try:
    from _json import make_scanner

    scan_once = make_scanner(_Defaults)  # type: ignore[arg-type]
except (ImportError, AttributeError, TypeError):  # another Python has another _json
    from json import JSONDecoder

    scan_once = JSONDecoder().scan_once  # type: ignore[attr-defined]
