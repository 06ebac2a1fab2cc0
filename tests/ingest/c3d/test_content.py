import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.c3d.content import check_c3d_header


def header(*, points=2, analogs=0, first=1, last=10, real=True, processor=84, size=None):
    head = bytearray(1024)
    head[0:2] = b"\x02\x50"
    struct.pack_into("<4H", head, 2, points, analogs, first, last)
    struct.pack_into("<f", head, 12, -1.0 if real else 1.0)
    struct.pack_into("<H", head, 16, 3)
    head[515] = processor
    data = (last - first + 1) * (4 * points + analogs) * (4 if real else 2)
    return bytes(head) + bytes(data if size is None else size)


def test_a_consistent_header_passes(tmp_path):
    path = tmp_path / "x.c3d"
    path.write_bytes(header())
    check_c3d_header(path)
    path.write_bytes(header(real=False))
    check_c3d_header(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (b"\x02P" + bytes(50), "52 bytes"),
        (b"no C3D at all" + bytes(600), "second byte"),
        (header(processor=86), "SGI/MIPS"),
        (header(processor=0), "processor code 0"),
        (header(points=0), "neither points nor analogue"),
        (header(first=9, last=2, size=0), "after the last"),
        (header(size=100), "promises 10 frames of 2 points"),
        (b"\x7fP" + header()[2:], "block 127"),
    ],
)
def test_reasons(tmp_path, data, reason):
    path = tmp_path / "x.c3d"
    path.write_bytes(data)
    with pytest.raises(FileReadError, match=reason) as caught:
        check_c3d_header(path)
    assert str(path) in str(caught.value)


@given(data=st.binary(max_size=700), place=st.integers(0, 520), good=st.booleans())
def test_no_bytes_raise_anything_else(tmp_path_factory, data, place, good):
    path = tmp_path_factory.mktemp("c3d") / "x.c3d"
    base = header()
    path.write_bytes(base[:place] + data + base[place + len(data) :] if good else data)
    try:
        check_c3d_header(path)
    except FileReadError as error:
        assert str(path) in str(error)
