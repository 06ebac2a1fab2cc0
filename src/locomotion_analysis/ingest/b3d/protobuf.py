"""The wire format of Protocol Buffers, as much of it as a reader needs.

Encoding: https://protobuf.dev/programming-guides/encoding/. Nothing is allocated for a length
that the bytes at hand do not cover, so a message that lies about its size cannot take memory.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTH = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
_UINT64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    Attributes
    ----------
    number : int
        Field number of the schema.
    wire_type : int
        ``VARINT, FIXED64, BYTES`` or ``FIXED32``.
    start, stop : int
        Where its value lies in the message, without tag and length.
    integer : int
        The value of a VARINT, else 0.
    """

    number: int
    wire_type: int
    start: int
    stop: int
    integer: int = 0


def read_varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """Return the integer that starts at `position`, and the position after it.

    Raises
    ------
    FileReadError
        If it runs over the end or is longer than ten bytes.

    Examples
    --------
    >>> read_varint(bytes([0x96, 0x01]), 0)
    (150, 2)
    """
    value = 0
    for count in range(_LONGEST_VARINT):
        if position + count >= len(data):
            raise _broken(f"an integer cut off at byte {position}")
        byte = data[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value & _UINT64, position + count + 1
    raise _broken(f"an integer longer than {_LONGEST_VARINT} bytes at byte {position}")


def fields(data: bytes | memoryview) -> Iterator[Field]:
    """Walk over the fields of a message, in the order they were written.

    Raises
    ------
    FileReadError
        If a value runs over the end of the message, or a tag is impossible.

    Examples
    --------
    >>> [(field.number, field.integer) for field in fields(bytes([0x08, 0x96, 0x01]))]
    [(1, 150)]
    """
    position = 0
    while position < len(data):
        tag_at = position
        tag, position = read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise _broken(f"field number 0 at byte {tag_at}")
        if wire_type == VARINT:
            value, stop = read_varint(data, position)
            yield Field(number, wire_type, position, stop, value)
        elif wire_type == BYTES:
            length, position = read_varint(data, position)
            stop = position + length
            if stop > len(data):
                raise _broken(_overrun(number, length, len(data) - position))
            yield Field(number, wire_type, position, stop)
        elif wire_type in _WIDTH:
            stop = position + _WIDTH[wire_type]
            if stop > len(data):
                raise _broken(_overrun(number, _WIDTH[wire_type], len(data) - position))
            yield Field(number, wire_type, position, stop)
        else:
            raise _broken(f"field {number} of the unknown wire type {wire_type}")
        position = stop


class Message:
    """A parsed message: values by field number, the proto3 default where there is none.

    Parameters
    ----------
    data : bytes or memoryview

    Raises
    ------
    FileReadError
        If the bytes are no message.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._fields: defaultdict[int, list[Field]] = defaultdict(list)
        for field in fields(self._data):
            self._fields[field.number].append(field)

    def integer(self, number: int) -> int:
        """Return an int32, int64 or enum field; negative ones are ten bytes on the wire."""
        value = self._last(number, VARINT)
        return 0 if value is None else _signed(value.integer)

    def double(self, number: int) -> float:
        """Return a double field."""
        field = self._last(number, FIXED64)
        return 0.0 if field is None else float(np.frombuffer(self._bytes(field), "<f8")[0])

    def text(self, number: int) -> str:
        """Return a string field; bytes that are not UTF-8 are replaced."""
        return next(reversed(self.texts(number)), "")

    def texts(self, number: int) -> list[str]:
        """Return a repeated string field."""
        return [bytes(part).decode("utf-8", errors="replace") for part in self._parts(number)]

    def messages(self, number: int) -> list["Message"]:
        """Return a repeated message field."""
        return [Message(part) for part in self._parts(number)]

    def integers(self, number: int) -> NDArray[np.int64]:
        """Return a repeated integer, enum or bool field, packed or not."""
        values: list[int] = []
        for field in self._fields[number]:
            if field.wire_type == VARINT:
                values.append(_signed(field.integer))
            elif field.wire_type == BYTES:
                values += _varints(self._bytes(field))
        return np.asarray(values, dtype=np.int64)

    def _last(self, number: int, wire_type: int) -> Field | None:
        found = [field for field in self._fields[number] if field.wire_type == wire_type]
        return found[-1] if found else None

    def _parts(self, number: int) -> list[memoryview]:
        return [self._bytes(field) for field in self._fields[number] if field.wire_type == BYTES]

    def _bytes(self, field: Field) -> memoryview:
        return self._data[field.start : field.stop]


def _varints(data: memoryview) -> list[int]:
    values, position = [], 0
    while position < len(data):
        value, position = read_varint(data, position)
        values.append(_signed(value))
    return values


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _overrun(number: int, length: int, left: int) -> str:
    return f"field {number} with a length of {length} bytes where {left} are left"


def _broken(got: str) -> FileReadError:
    return FileReadError(
        expected="a well-formed protobuf message",
        got=got,
        fix="the file is damaged or of another kind: download or export it again",
    )
