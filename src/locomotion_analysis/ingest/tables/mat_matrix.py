"""One variable of a MATLAB file of version 5 to 7, by MathWorks' *MAT-File Format* (R2019b)."""

import struct
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MATRIX, _UTF8, _UTF16, _UTF32 = 14, 16, 17, 18
_NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMERIC = range(6, 16)
_COMPLEX = 0x0800
_MOST_LEVELS = 32
_SMALLEST_ELEMENT = 8


class DamagedError(Exception):
    """The bytes are not what the format says they are."""


def element_at(
    content: memoryview, order: str, *, padded: bool = True
) -> tuple[int, memoryview, memoryview]:
    """Return the kind and body of the first element, and what follows it.

    Parameters
    ----------
    content : memoryview
    order : {"<", ">"}
    padded : bool
        Whether bodies are filled up to eight bytes; compressed variables are not.

    Raises
    ------
    DamagedError
        If the element is longer than `content`.
    """
    if len(content) < _SMALLEST_ELEMENT:
        raise DamagedError("it is cut off")
    kind, length = struct.unpack_from(f"{order}II", content)
    if kind >> 16:  # the small form: length and kind in one word, data in the next
        kind, length, start, end = kind & 0xFFFF, kind >> 16, 4, 8
    else:
        start, end = 8, 8 + length + (-length % 8 if padded else 0)
    if start + length > len(content) or (start == 4 and length > 4):
        raise DamagedError("a variable is longer than its room")
    return kind, content[start : start + length], content[end:]


def matrix(body: memoryview, order: str, level: int) -> tuple[str, Any]:
    """Return name and value of a variable.

    Parameters
    ----------
    body : memoryview
    order : {"<", ">"}
    level : int
        How many structs and cells it lies in.

    Returns
    -------
    str, and ndarray, dict, list or None
        Numbers as float64 in MATLAB's shape; text as an array of rows; a cell as a list; a
        struct as a dict; None for what is neither.

    Raises
    ------
    DamagedError
        If sizes and content do not agree.
    """
    if level > _MOST_LEVELS:
        raise DamagedError("structs nested too deeply")
    if not len(body):
        return "", np.empty((0, 0))
    _, flags, rest = element_at(body, order)
    _, sizes, rest = element_at(rest, order)
    _, name, rest = element_at(rest, order)
    if len(flags) < 4 or len(sizes) % 4:
        raise DamagedError("a variable without flags or size")
    word = struct.unpack_from(f"{order}I", flags)[0]
    shape = struct.unpack_from(f"{order}{len(sizes) // 4}i", sizes)
    if min(shape, default=-1) < 0 or len(shape) > 8:
        raise DamagedError(f"a variable of shape {shape}")
    kind, label = word & 0xFF, bytes(name).decode("latin-1")
    if kind in _NUMERIC and not word & _COMPLEX:
        return label, _numbers(rest, order, shape)
    if kind == _CHAR:
        return label, _text(rest, order, shape)
    if kind == _CELL:
        return label, _members(rest, order, _count(shape, rest), level)
    if kind == _STRUCT:
        return label, _struct(rest, order, shape, level)
    return label, None


def flat(name: str, value: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays of a value under dotted names; what is no array is left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(f"{name}.{key}" if name else key, item)
    elif isinstance(value, list):
        array = _array_of(value)
        if array is not None:
            yield name, array
    elif value is not None:
        yield name, value


def _numbers(rest: memoryview, order: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    kind, body, _ = element_at(rest, order)
    if kind not in _NUMBERS:
        raise DamagedError(f"numbers of unknown kind {kind}")
    dtype = np.dtype(f"{order}{_NUMBERS[kind]}")
    if len(body) != prod(shape) * dtype.itemsize:
        raise DamagedError(f"a variable that says it has shape {shape} but holds {len(body)} bytes")
    with np.errstate(invalid="ignore"):
        values = np.frombuffer(body, dtype).astype(np.float64)
    return values.reshape(shape, order="F")


def _text(rest: memoryview, order: str, shape: tuple[int, ...]) -> NDArray[Any]:
    kind, body, _ = element_at(rest, order)
    if kind in (_UTF16, _UTF32):
        letters = bytes(body).decode(
            f"utf-{16 if kind == _UTF16 else 32}-{'le' if order == '<' else 'be'}", "replace"
        )
    elif kind in (_UTF8, 1, 2):
        letters = bytes(body).decode("utf-8", "replace")
    elif kind == 4:
        letters = bytes(body).decode("utf-16-le" if order == "<" else "utf-16-be", "replace")
    else:
        raise DamagedError(f"text of unknown kind {kind}")
    rows = shape[0] if len(shape) == 2 else 0
    if rows < 1 or len(letters) < rows:
        return np.array([letters], dtype=object)
    return np.array([letters[row::rows].rstrip() for row in range(rows)], dtype=object)


def _members(rest: memoryview, order: str, count: int, level: int) -> list[Any]:
    members = []
    for _ in range(count):
        kind, body, rest = element_at(rest, order)
        if kind != _MATRIX:
            raise DamagedError("a cell that is no variable")
        members.append(matrix(body, order, level + 1)[1])
    return members


def _struct(rest: memoryview, order: str, shape: tuple[int, ...], level: int) -> dict[str, Any]:
    _, length, rest = element_at(rest, order)
    _, names, rest = element_at(rest, order)
    width = struct.unpack_from(f"{order}i", length)[0] if len(length) == 4 else 0
    if width < 1 or len(names) % width:
        raise DamagedError("a struct without field names")
    raw = bytes(names)
    fields = [
        raw[place : place + width].split(b"\0")[0].decode("latin-1")
        for place in range(0, len(raw), width)
    ]
    count = _count(shape, rest)
    members = _members(rest, order, _count((count, len(fields)), rest), level)
    if count == 1:
        return dict(zip(fields, members, strict=True))
    return {field: members[place :: len(fields)] for place, field in enumerate(fields)}


def _count(shape: tuple[int, ...], rest: memoryview) -> int:
    count = prod(shape)
    if count * _SMALLEST_ELEMENT > len(rest):
        raise DamagedError(f"a cell or struct that says it has shape {shape}")
    return count


def _array_of(members: list[Any]) -> NDArray[Any] | None:
    """Return texts, or single numbers, of a cell or struct array as one array."""
    arrays = [member for member in members if isinstance(member, np.ndarray) and member.size == 1]
    if not arrays or len(arrays) != len(members):
        return None
    if len({array.dtype for array in arrays}) > 1:
        return None
    return np.concatenate([array.ravel() for array in arrays])
