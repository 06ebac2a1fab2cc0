import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.b3d import Message, fields, read_varint

KEYS = st.integers(1, 500)


def varint(value: int) -> bytes:
    """Base-128 digits, least first, as the encoding guide words it."""
    digits = []
    while True:
        value, digit = divmod(value, 128)
        digits.append(digit)
        if not value:
            return bytes([digit + 128 for digit in digits[:-1]] + digits[-1:])


def tagged(number: int, wire_type: int, payload: bytes) -> bytes:
    return varint(number * 8 + wire_type) + payload


def chunk(number: int, payload: bytes) -> bytes:
    return tagged(number, 2, varint(len(payload)) + payload)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=4))
def test_varints_of_all_sizes(value, rest):
    data = varint(value) + rest
    assert read_varint(data, 0) == (value, len(varint(value)))


@given(
    st.lists(
        st.one_of(
            st.tuples(KEYS, st.integers(0, 2**63 - 1)),
            st.tuples(KEYS, st.floats(allow_nan=False)),
            st.tuples(KEYS, st.text(max_size=20)),
        ),
        max_size=12,
    )
)
def test_messages_come_back_as_written(content):
    data = b""
    for number, value in content:
        if isinstance(value, int):
            data += tagged(number, 0, varint(value))
        elif isinstance(value, float):
            data += tagged(number, 1, struct.pack("<d", value))
        else:
            data += chunk(number, value.encode())
    assert [field.number for field in fields(data)] == [number for number, _ in content]
    message = Message(data)
    for number in {number for number, _ in content}:
        own = [value for key, value in content if key == number]
        whole = [value for value in own if isinstance(value, int)]
        broken = [value for value in own if isinstance(value, float)]
        assert message.texts(number) == [value for value in own if isinstance(value, str)]
        assert message.integer(number) == (whole[-1] if whole else 0)
        assert message.double(number) == (broken[-1] if broken else 0.0)


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20))
def test_packed_and_unpacked_integers_are_the_same(values):
    encoded = [varint(value % 2**64) for value in values]
    packed = Message(chunk(3, b"".join(encoded)))
    unpacked = Message(b"".join(tagged(3, 0, item) for item in encoded))
    np.testing.assert_array_equal(packed.integers(3), values)
    np.testing.assert_array_equal(unpacked.integers(3), values)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data):
    try:
        message = Message(data)
        for number in range(1, 30):
            message.texts(number), message.integer(number), message.double(number)
            message.integers(number), message.messages(number)
    except FileReadError as error:
        assert "protobuf" in str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tagged(1, 2, varint(2**62)), f"length of {2**62} bytes where 0 are left"),
        (chunk(4, b"abc")[:-1], "length of 3 bytes where 2 are left"),
        (tagged(1, 1, b"1234"), "length of 8 bytes where 4 are left"),
        (tagged(1, 5, b"12"), "length of 4 bytes where 2 are left"),
        (b"\xff" * 11, "longer than 10 bytes"),
        (b"\x08\xff", "cut off"),
        (b"\x00\x01", "field number 0"),
        (tagged(2, 3, b""), "unknown wire type 3"),
    ],
)
def test_reasons(data, reason):
    with pytest.raises(FileReadError, match=reason):
        Message(data)


def test_defaults_and_nested_messages():
    message = Message(chunk(9, tagged(3, 0, varint(132))) + chunk(9, b""))
    assert [part.integer(3) for part in message.messages(9)] == [132, 0]
    assert message.text(1) == ""
    assert message.texts(1) == []
    assert message.integers(7).size == 0
