"""Files made to harm: whatever they say, the answer is one error of ours, in bounded memory."""

import struct
import tracemalloc
import zipfile
import zlib

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions
from locomotion_analysis.ingest.tables.mapped import TableReader

MAP = """\
layout: curves
channels: {knee_flexion_angle_ipsi_rad: {array: X}}
cycles: {subject: A, task: run}
"""
MEBIBYTE = 1024**2


def read(path):
    place = path.parent / "map.yaml"
    place.write_text(MAP)
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def refused(path, error, message, most_bytes=64 * MEBIBYTE):
    tracemalloc.start()
    try:
        with pytest.raises(error, match=message) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < most_bytes
    finally:
        tracemalloc.stop()
    assert path.name in str(caught.value)


def mat_header():
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"


def matrix(rows, columns, data=b"", name=b"X"):
    """One variable of doubles: flags, dimensions, name, data."""
    body = struct.pack("<IIII", 6, 8, 6, 0) + struct.pack("<IIii", 5, 8, rows, columns)
    body += struct.pack("<HH4s", 1, len(name), name.ljust(4, b"\0"))
    body += struct.pack("<II", 9, len(data)) + data
    return struct.pack("<II", 14, len(body)) + body


def cell(rows, columns, members):
    body = struct.pack("<IIII", 6, 8, 1, 0) + struct.pack("<IIii", 5, 8, rows, columns)
    body += struct.pack("<HH4s", 1, 1, b"X\0\0\0") + members
    return struct.pack("<II", 14, len(body)) + body


def test_the_attacks_are_built_like_real_files(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(mat_header() + matrix(1, 150, np.arange(150.0).tobytes()))
    np.testing.assert_allclose(read(path).curves("knee_flexion_angle_ipsi_rad")[0], np.arange(150))


def test_a_zip_bomb_of_a_mat_file(tmp_path):
    engine = zlib.compressobj(9)
    packed = engine.compress(matrix(1, 150)) + engine.compress(bytes(128 * MEBIBYTE))
    packed += engine.flush()
    path = tmp_path / "bomb.mat"
    path.write_bytes(mat_header() + struct.pack("<II", 15, len(packed)) + packed)
    assert path.stat().st_size < MEBIBYTE
    refused(path, FileReadError, "a readable MATLAB file")


@pytest.mark.parametrize("packed", [True, False])
def test_a_mat_file_that_claims_a_giant_matrix(tmp_path, packed):
    body = matrix(2**31 - 1, 2**31 - 1)
    if packed:
        content = zlib.compress(body)
        body = struct.pack("<II", 15, len(content)) + content
    path = tmp_path / "giant.mat"
    path.write_bytes(mat_header() + body)
    refused(path, FileReadError, "unpacks to at most")


def test_a_giant_cell_array_inside_a_struct(tmp_path):
    inner = cell(2**30, 2**10, b"")
    outer = cell(1, 1, inner)[8:]
    path = tmp_path / "cell.mat"
    path.write_bytes(mat_header() + struct.pack("<II", 14, len(outer)) + outer)
    refused(path, FileReadError, "a readable MATLAB file|unpacks to at most")


def test_structs_within_structs_without_end(tmp_path):
    body = matrix(1, 1, bytes(8))
    for _ in range(3000):
        body = cell(1, 1, body)
    path = tmp_path / "deep.mat"
    path.write_bytes(mat_header() + body)
    refused(path, FileReadError, "a readable MATLAB file")


def test_an_old_or_headless_mat_file(tmp_path):
    path = tmp_path / "old.mat"
    path.write_bytes(b"MATLAB".ljust(140, b"\0"))
    refused(path, FileReadError, "text, Excel, ODS, NPZ")


def test_an_archive_with_python_objects_is_not_unpickled(tmp_path):
    class Harm:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    path = tmp_path / "pickle.npz"
    np.savez(path, X=np.array([Harm()], dtype=object))
    refused(path, FileReadError, "Python objects")


def archive(path, shape, data=b""):
    header = (
        str({"descr": "<f8", "fortran_order": False, "shape": shape}).encode().ljust(118) + b"\n"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "X.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data
        )
    return path


def test_an_archive_whose_header_claims_a_giant_array(tmp_path):
    refused(archive(tmp_path / "giant.npz", (10**6, 10**6)), FileReadError, "says it has shape")


def test_a_zip_bomb_of_an_archive(tmp_path):
    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("X.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(bytes(8))
    raw = bytearray(path.read_bytes())
    place = raw.rindex(b"PK\x01\x02")  # the directory's entry says how long X.npy is
    raw[place + 24 : place + 28] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(bytes(raw))
    refused(path, FileReadError, "unpacks to at most")


def test_a_small_hdf5_file_that_claims_a_giant_data_set(tmp_path):
    path = tmp_path / "giant.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("X", (10**6, 10**6), dtype="f8", chunks=(100, 100), compression="gzip")
    assert path.stat().st_size < 10_000
    refused(path, FileReadError, "unpacks to at most")


def test_an_hdf5_data_set_in_another_file(tmp_path):
    (tmp_path / "secret.bin").write_bytes(np.ones(150).tobytes())
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        outside = [(str(tmp_path / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("X", (1, 150), "f8", external=outside)
        file["Y"] = h5py.ExternalLink("other.h5", "X")
    refused(path, FileReadError, "lies in another file")


@pytest.mark.parametrize("suffix", ["npz", "mat", "h5", "csv"])
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path, suffix):
    whole = tmp_path / f"whole.{suffix}"
    curves = np.random.default_rng(0).normal(size=(3, 150))
    if suffix == "npz":
        np.savez_compressed(whole, X=curves)
    elif suffix == "mat":
        savemat(whole, {"X": curves}, do_compression=True)
    elif suffix == "h5":
        with h5py.File(whole, "w") as file:
            file.create_dataset("X", data=curves, compression="gzip")
    else:
        whole.write_text("\n".join(",".join(map(repr, row.tolist())) for row in curves))
    raw = whole.read_bytes()
    path = tmp_path / f"cut.{suffix}"
    for length in range(0, len(raw), len(raw) // 40):
        path.write_bytes(raw[:length])
        with pytest.raises(LocomotionError, match=r"cut\."):
            read(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.dictionaries(st.integers(0, 4000), st.integers(0, 255), max_size=4),
    pick=st.booleans(),
)
def test_changed_bytes_never_raise_a_foreign_error(tmp_path, changes, pick):
    path = tmp_path / ("a.mat" if pick else "a.npz")
    curves = np.arange(300.0).reshape(2, 150)
    if pick:
        savemat(path, {"X": curves, "s": {"a": "text", "b": [1.0, 2.0]}}, do_compression=False)
    else:
        np.savez_compressed(path, X=curves)
    raw = bytearray(path.read_bytes())
    for place, value in changes.items():
        raw[place % len(raw)] = value
    path.write_bytes(bytes(raw))
    try:
        read(path)
    except LocomotionError as error:
        assert str(error)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300))
def test_garbage_never_raises_a_foreign_error(tmp_path, raw):
    for head in (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", mat_header(), b"a,b\n"):
        path = tmp_path / "garbage.csv"
        path.write_bytes(head + raw)
        with pytest.raises(LocomotionError):
            read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b\n", "rows under"),
        ("\n\n", "something else|empty"),
        ("a;a\n1;2\n", "more than once"),
        ("a;b\n1;2;3\n", "at most 2 cells"),
        ('a;b\n1;"2\n', "variable 'X'"),
    ],
)
def test_text_tables_that_cannot_be_used(tmp_path, text, message):
    path = tmp_path / "a.csv"
    path.write_text(text)
    refused(path, (FileReadError, SchemaError), message)


def test_a_binary_file_named_csv_and_text_in_another_alphabet(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a;b\n\xff\xfe;1\n")
    refused(path, FileReadError, "encoding: cp1252")
    path.write_bytes(b"\x00\x01\x02\x03")
    refused(path, FileReadError, "something else")
