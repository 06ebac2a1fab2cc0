import struct

import ezc3d
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.c3d.content import check_c3d_header, read_c3d_content


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
    assert check_c3d_header(path).is_real
    path.write_bytes(header(real=False))
    assert not check_c3d_header(path).is_real


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (b"\x02P" + bytes(50), "52 bytes"),
        (b"no C3D at all" + bytes(600), "second byte"),
        (header(processor=86), "SGI/MIPS"),
        (header(processor=0), "processor code 0"),
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


# The rule of the C3D user guide: (stored - OFFSET) x SCALE x GEN_SCALE.


def test_a_negative_offset_keeps_its_sign(write_c3d):
    stored = np.tile([-50.0, 2048.0, -30.0], (20, 1))
    analog = {
        "OFFSET": np.array([-50, 2048, -50], np.int16),
        "SCALE": np.array([1.0, 0.5, 0.25], np.float32),
        "GEN_SCALE": np.float32(2.0),
    }
    for real in (True, False):
        content = read_c3d_content(write_c3d(stored.astype(np.int64), real=real, ANALOG=analog))
        np.testing.assert_allclose(content.analogs, np.tile([0.0, 0.0, 10.0], (20, 1)))


@pytest.mark.parametrize("offset", [32768, 32700, 0])
@pytest.mark.parametrize("real", [True, False])
def test_unsigned_integers_and_offsets_are_read_as_such(write_c3d, offset, real):
    stored = np.tile([[0], [100], [32767], [32768], [65535]], (4, 1))
    analog = {
        "OFFSET": np.array([offset], np.uint16),
        "SCALE": np.array([0.1], np.float32),
        "FORMAT": ["UNSIGNED"],
    }
    content = read_c3d_content(write_c3d(stored, real=real, ANALOG=analog))
    np.testing.assert_allclose(content.analogs, (stored - offset) * 0.1, rtol=1e-6, atol=1e-6)


def test_an_offset_in_the_middle_of_the_word_says_that_integers_are_unsigned(write_c3d):
    stored = np.tile([[0], [32768], [65535], [40000]], (5, 1))
    analog = {"OFFSET": np.array([32768], np.uint16), "SCALE": np.array([0.1], np.float32)}
    content = read_c3d_content(write_c3d(stored, real=False, ANALOG=analog))
    np.testing.assert_allclose(content.analogs, (stored - 32768) * 0.1, rtol=1e-6)


def test_signed_integers_stay_signed(write_c3d):
    stored = np.tile([[-32768], [-1], [0], [32767]], (5, 1))
    analog = {"FORMAT": ["SIGNED"]}
    content = read_c3d_content(write_c3d(stored, real=False, ANALOG=analog))
    np.testing.assert_array_equal(content.analogs, stored)


@pytest.mark.parametrize(
    "odd",
    [
        {"ANALOG": {"RATE": np.float32(2000)}},  # 2000 / 100 is 20; 10 samples a frame
        {"ANALOG": {"RATE": np.float32(500)}},
        {"POINT": {"RATE": np.float32(200)}, "ANALOG": {"RATE": np.float32(2000)}},
        {"header_rate_hz": 50.0},
    ],
)
def test_rates_that_contradict_the_frames_are_refused(write_c3d, odd):
    with pytest.raises(FileReadError, match=r"rates[\s\S]*disagree"):
        read_c3d_content(write_c3d(np.zeros((100, 2)), **odd))


def test_points_scaled_by_zero_are_refused(write_c3d):
    path = write_c3d(np.zeros((20, 1)), real=False, POINT={"SCALE": np.float32(0)})
    with pytest.raises(FileReadError, match="POINT:SCALE 0"):
        read_c3d_content(path)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (b"S\xfcd01", "Süd01"),  # Latin-1
        ("Süd01".encode(), "Süd01"),  # UTF-8
        (b"M\x81ller", "M\\x81ller"),  # a DOS code page: still readable, still one name
    ],
)
def test_text_without_an_encoding_is_readable(write_c3d, stored, read):
    content = read_c3d_content(write_c3d(np.zeros((20, 1)), SUBJECTS={"NAMES": [stored]}))
    assert content.texts("SUBJECTS", "NAMES") == [read]
    assert content.recoded == (() if stored == read.encode() else ("SUBJECTS:NAMES",))


def test_a_file_without_content_is_refused(write_c3d):
    path = write_c3d(np.zeros((10, 0)), has_marker=False)
    with pytest.raises(FileReadError, match="neither points, analogue channels nor segment poses"):
        read_c3d_content(path)


@pytest.mark.parametrize("format_", ["SIGNED", "UNSIGNED"])
def test_offsets_stored_as_real_numbers_are_read(write_c3d, format_):
    stored = np.tile([-50.0, 2048.0, -30.0], (20, 1))
    analog = {
        "OFFSET": np.array([-50.0, 2047.5, -49.25], np.float32),
        "SCALE": np.array([1.0, 0.5, 4.0], np.float32),
        "FORMAT": [format_],
    }
    content = read_c3d_content(write_c3d(stored, ANALOG=analog))
    signed = np.tile([0.0, 0.25, 77.0], (20, 1))
    # Read as unsigned, a negative offset is 65536 higher, whatever type it is stored in.
    wrapped = np.array([65536.0, 0.0, 65536.0 * 4]) * (format_ == "UNSIGNED")
    np.testing.assert_allclose(content.analogs, signed - wrapped)
    np.testing.assert_allclose(content.numbers("ANALOG", "OFFSET"), [-50.0, 2047.5, -49.25])
    assert "OFFSET" in content.remarks[0]


# The frames beyond the 65535th, where the header's words end.

LONG = 70000


def counted_by(start, end):
    words = [np.array([n % 65536, n // 65536], np.uint16) for n in (start, end)]
    return dict(zip(("ACTUAL_START_FIELD", "ACTUAL_END_FIELD"), words, strict=True))


@pytest.mark.parametrize(
    ("first", "groups"),
    [
        (1, {"POINT": {"LONG_FRAMES": np.float32(LONG)}}),
        (1, {"TRIAL": counted_by(1, LONG)}),
        (1, {"POINT": {"FRAMES": np.float32(LONG)}}),
        (501, {"TRIAL": counted_by(501, 500 + LONG)}),
        (501, {"POINT": {"LONG_FRAMES": np.float32(LONG)}}),
        (65535, {"TRIAL": counted_by(80001, 80000 + LONG)}),
        (1, {}),
    ],
)
def test_long_recordings_have_the_frames_that_were_recorded(write_c3d, first, groups):
    stored = np.arange(2 * LONG)[:, np.newaxis] % 30000
    path = write_c3d(stored, frames=LONG, first=first, real=False, **groups)
    path.write_bytes(path.read_bytes().ljust(path.stat().st_size + 500, b"\0"))
    content = read_c3d_content(path)
    assert len(content.points) == LONG
    np.testing.assert_array_equal(content.analogs, stored)
    np.testing.assert_array_equal(content.points[[0, -1], 0], [[0, 0, 1000]] * 2)
    assert content.first_frame == (80000 if first == 65535 else first - 1)
    assert bool(content.remarks) == (not groups)


def test_a_long_recording_that_was_cut_off_is_refused(write_c3d):
    path = write_c3d(
        np.zeros((LONG, 1)), frames=LONG, real=False, POINT={"LONG_FRAMES": np.float32(LONG)}
    )
    path.write_bytes(path.read_bytes()[:-6000])
    with pytest.raises(FileReadError, match="70000 frames by its parameters, of which 69"):
        read_c3d_content(path)


def test_frame_counts_that_disagree_are_said(write_c3d):
    content = read_c3d_content(write_c3d(np.zeros((20, 1)), POINT={"FRAMES": np.int16(11)}))
    assert len(content.points) == 10
    assert content.remarks == ("10 frames, as the header has it; POINT:FRAMES says 11",)


# Points and analogue values are laid out as the header says.


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("samples", [1, 10])
def test_a_file_without_the_rate_of_its_analogue_samples_keeps_both_apart(
    write_c3d, tmp_path, real, samples
):
    stored = np.arange(20 * samples).reshape(-1, 2)
    path = write_c3d(stored, real=real)
    data = bytearray(path.read_bytes())
    place = data.index(b"\x04\x02RATE")  # of the second group, ANALOG
    data[place + 2 : place + 6] = b"ETAR"
    path.write_bytes(data)
    content = read_c3d_content(path)
    np.testing.assert_array_equal(content.points[:, 0], [[0, 0, 1000]] * 10)
    np.testing.assert_array_equal(content.analogs, stored)
    assert content.analog_rate_hz == 100.0 * samples
    assert "ANALOG:RATE, which is not there" in content.remarks[0]


def test_points_and_analogue_values_are_those_of_ezc3d(shared_data):
    missing_rate = {"type1.C3D", "561xxa01_anonym.C3D"}  # ezc3d loses the frames' step there
    unsigned = {"shd01.c3d"}  # and takes the size of an offset
    compared = 0
    for path in sorted((shared_data / "raw").rglob("*.[cC]3[dD]")):
        if path.name in missing_rate | unsigned:
            continue
        try:
            content, theirs = read_c3d_content(path), ezc3d.c3d(str(path))["data"]
        except (FileReadError, OSError, ValueError):
            continue
        np.testing.assert_array_equal(content.points, theirs["points"][:3].transpose(2, 1, 0))
        if content.analogs.size:
            np.testing.assert_array_equal(content.analogs, theirs["analogs"][0].T)
        compared += 1
    assert compared > 25


def test_a_sample_without_a_rate_shows_a_person_on_its_plate(shared_data):
    folder = shared_data / "raw/c3d_corpus/C3DSamples"
    content = read_c3d_content(folder / "c3d.org/sample28/type1.C3D")
    sacrum = content.points[:, 16]
    moved = np.linalg.norm(np.diff(sacrum, axis=0), axis=1) * 100.0 / 1000.0
    assert 0.3 < np.nanmedian(moved) < 2.0  # walks, m/s
    assert np.nanpercentile(moved, 95) < 3.0
    assert 500.0 < np.abs(content.analogs[:, 2]).max() < 1100.0  # N, across the plate


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ({"ANALOG": {"USED": np.int16(3)}}, "20 analogue values for 3 channels"),
        ({"POINT": {"USED": np.int16(2)}}, "2, but 1 points in the header"),
    ],
)
def test_counts_that_leave_no_layout_are_refused(write_c3d, groups, reason):
    with pytest.raises(FileReadError, match=reason):
        read_c3d_content(write_c3d(np.zeros((100, 2)), **groups))


def test_a_channel_without_a_scale_has_no_values(write_c3d):
    analog = {"SCALE": np.array([2.0], np.float32)}
    content = read_c3d_content(write_c3d(np.full((20, 2), 3.0), ANALOG=analog))
    np.testing.assert_array_equal(content.analogs, np.tile([6.0, np.nan], (20, 1)))
