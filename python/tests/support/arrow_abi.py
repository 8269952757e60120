"""A reader of the Arrow C stream interface that uses no library, for exact tests of our stream.

A structure releases everything in it, except for children that `move` took out.
"""

from __future__ import annotations

import ctypes
import itertools
from typing import Any


class Schema(ctypes.Structure):
    """`struct ArrowSchema`."""


class Array(ctypes.Structure):
    """`struct ArrowArray`."""


class Stream(ctypes.Structure):
    """`struct ArrowArrayStream`."""


def release_type_of(structure: type[ctypes.Structure]) -> Any:  # noqa: ANN401
    return ctypes.CFUNCTYPE(None, ctypes.POINTER(structure))


Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))),
    ("dictionary", ctypes.POINTER(Schema)),
    ("release", release_type_of(Schema)),
    ("private_data", ctypes.c_void_p),
]
Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", ctypes.POINTER(Array)),
    ("release", release_type_of(Array)),
    ("private_data", ctypes.c_void_p),
]
Stream._fields_ = [
    (
        "get_schema",
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Schema)),
    ),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(Stream))),
    ("release", release_type_of(Stream)),
    ("private_data", ctypes.c_void_p),
]


def open_capsule(capsule: object) -> Stream:
    """Return the stream in a capsule. The capsule still owns it."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return Stream.from_address(get(capsule, b"arrow_array_stream"))


def read_schema(stream: Stream) -> Schema:
    """Return the stream's schema. The caller releases it."""
    out = Schema()
    assert stream.get_schema(stream, out) == 0
    return out


def read_batch(stream: Stream) -> Array | None:
    """Return the next batch, or None after the last one. The caller releases it.

    Raises OSError if the stream fails.
    """
    out = Array()
    if errno := stream.get_next(stream, out):
        raise OSError(errno, (stream.get_last_error(stream) or b"").decode())
    return out if out.release else None


def move(structure: Any) -> Any:  # noqa: ANN401
    """Move a structure out of its place, and return it."""
    moved = type(structure)()
    ctypes.pointer(moved)[0] = structure
    structure.release = type(structure.release)()
    return moved


def release(structure: Any) -> None:  # noqa: ANN401
    structure.release(structure)
    assert not structure.release


def read_texts(column: Array) -> list[str | None]:
    """Return the values of a column in layout utf8."""
    assert (column.offset, column.n_buffers, column.n_children) == (0, 3, 0)
    validity, offsets, text = (column.buffers[n] for n in range(3))
    ends = (ctypes.c_int32 * (column.length + 1)).from_address(offsets)

    def is_valid(index: int) -> bool:
        if validity is None:
            return True
        return bool(ctypes.c_uint8.from_address(validity + index // 8).value >> index % 8 & 1)

    values = [
        ctypes.string_at(text + start, end - start).decode() if is_valid(index) else None
        for index, (start, end) in enumerate(itertools.pairwise(ends))
    ]
    assert values.count(None) == column.null_count
    return values
