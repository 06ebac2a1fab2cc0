import gzip
import tracemalloc

import numpy as np
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest import ReadOptions
from locomotion_analysis.ingest.tables import unmapped
from locomotion_analysis.ingest.tables.unmapped import InsoleReader


def read(path):
    (recording,) = InsoleReader().read(path, ReadOptions())
    return recording


def record(n=50, seed=1):
    sensors = np.random.default_rng(seed).uniform(0, 200, (n, 16)).round(2)
    totals = np.column_stack([sensors[:, :8].sum(1), sensors[:, 8:].sum(1)])
    return np.column_stack([np.arange(n) / 100, sensors, totals])


def text_of(values):
    return "\r\n".join("\t".join(f"{v:.4f}" for v in row) for row in values) + "\r\n"


@pytest.mark.parametrize("packed", [True, False])
def test_totals_become_the_vertical_force_of_each_foot(tmp_path, packed):
    values = record()
    raw = text_of(values).encode()
    path = tmp_path / "someone.txt"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    assert InsoleReader().recognises(path, path.read_bytes()[:4096])
    recording = read(path)
    (stream,) = recording.streams
    np.testing.assert_allclose(stream.time_s, values[:, 0])
    np.testing.assert_allclose(stream.signals["grf_vertical_left_N"], values[:, 17], atol=1e-4)
    np.testing.assert_allclose(stream.signals["grf_vertical_right_N"], values[:, 18], atol=1e-4)
    assert recording.subject == ""
    assert any("16 single sensor forces" in str(entry) for entry in recording.history)


def test_real_records_agree_with_numpy_and_carry_subject_walk_and_group(shared_data):
    paths = sorted((shared_data / "raw" / "insole_grf").glob("*.txt.gz"))
    assert len(paths) == 11
    for path in paths:
        with path.open("rb") as stream:
            assert InsoleReader().recognises(path, stream.read(4096))
        recording = read(path)
        body = np.loadtxt(path)
        (stream,) = recording.streams
        np.testing.assert_array_equal(stream.time_s, body[:, 0])
        np.testing.assert_array_equal(stream.signals["grf_vertical_left_N"], body[:, 17])
        np.testing.assert_array_equal(stream.signals["grf_vertical_right_N"], body[:, 18])
        subject, walk = path.name.removesuffix(".txt.gz").split("_")
        assert (recording.subject, recording.trial) == (subject, walk)
        wanted = "healthy" if "Co" in subject else "parkinsons"
        assert recording.metadata["pathology"] == wanted


def test_other_tables_are_not_taken_for_records(shared_data, tmp_path):
    folder = shared_data / "raw"
    for name in ("insole_grf/demographics.txt", "insole_grf/format.txt"):
        path = folder / name
        assert not InsoleReader().recognises(path, path.read_bytes()[:4096])
    wrong = record()
    wrong[:, 17] += 100.0  # 19 numbers, but not totals of the others
    assert not InsoleReader().recognises(tmp_path / "a", text_of(wrong).encode())
    assert not InsoleReader().recognises(tmp_path / "a", b"\x1f\x8b not gzip")
    assert not InsoleReader().recognises(tmp_path / "a", b"")


def test_rows_whose_totals_disagree_are_counted(tmp_path):
    values = record()
    values[7, 18] += 50.0
    path = tmp_path / "a.txt"
    path.write_text(text_of(values))
    assert any("not the sums" in str(e) and e.count == 1 for e in read(path).history)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [*lines[:9], lines[5], *lines[9:]], "times that rise"),
        (lambda lines: [*lines[:9], lines[9][:20], *lines[10:]], "19 cells a row"),
        (lambda lines: [*lines[:9], lines[9].replace(".", "x"), *lines[10:]], "a number"),
        (lambda lines: lines[:1], "two instants"),
    ],
)
def test_damaged_records_are_refused_with_their_name(tmp_path, change, message):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(change(text_of(record()).splitlines())))
    with pytest.raises(SchemaError, match=message) as caught:
        read(path)
    assert "a.txt" in caught.value.where


def test_a_truncated_gzip_is_refused_wherever_it_is_cut(tmp_path):
    whole = gzip.compress(text_of(record()).encode())
    path = tmp_path / "a.txt.gz"
    for length in range(2, len(whole), len(whole) // 12):
        path.write_bytes(whole[:length])
        with pytest.raises(LocomotionError, match=r"a\.txt\.gz"):
            read(path)


def test_a_gzip_bomb_is_refused_within_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(unmapped, "_MOST_BYTES", 2 * 1024**2)
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(bytes(64 * 1024**2)))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(FileReadError, match="at most 2 MiB"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024**2


def test_the_last_instant_printed_again_is_left_out(tmp_path):
    values = record()
    path = tmp_path / "a.txt"
    np.savetxt(path, np.vstack([values, values[-1:]]), fmt="%.2f", delimiter="\t")
    recording = read(path)
    assert len(recording.streams[0].time_s) == 50
    assert "last one printed again (1)" in "\n".join(map(str, recording.history))
