import gzip
import tracemalloc

import numpy as np
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest import ReadOptions, convert
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


@pytest.mark.parametrize(
    ("name", "task", "said"),
    [
        ("GaPt03_10", "dual_task_walking", "subtracting sevens"),
        ("GaCo22_10", "dual_task_walking", "subtracting sevens"),
        ("GaPt03_01", "level_walking", "the usual walk"),
        ("SiCo07_01", "level_walking", "the usual walk"),
        ("GaPt03_02", "", "does not say"),
        ("JuPt03_10", "", "does not say"),  # only the study Ga numbers its walks so
    ],
)
def test_the_walk_with_a_second_task_is_named(tmp_path, name, task, said):
    path = tmp_path / f"{name}.txt"
    path.write_text(text_of(record()))
    recording = read(path)
    assert recording.task == task
    assert said in " ".join(entry.detail for entry in recording.history if entry.action == "read")


def test_walks_with_and_without_a_second_task_stay_apart(tmp_path):
    time = np.arange(3000) / 100
    feet = [
        np.clip(900 * np.sin(2 * np.pi * (time - start) / 1.1), 0, None) for start in (0.2, 0.75)
    ]
    sensors = np.repeat(np.column_stack(feet) / 8, 8, axis=1).round(2)
    rows = np.column_stack([time, sensors, sensors[:, :8].sum(1), sensors[:, 8:].sum(1)])
    for walk in ("01", "02", "10"):
        (tmp_path / f"GaPt90_{walk}.txt").write_text(text_of(rows))
    result = convert([tmp_path], subjects={"GaPt90": {"mass_kg": 70.0}})
    assert not result.failures
    tasks = result.data.cycles.groupby("task_id")["task"].unique().map(list).to_dict()
    assert tasks == {"01": ["level_walking"], "02": ["level_walking"], "10": ["dual_task_walking"]}
    told = [entry.detail for entry in result.data.history if entry.action == "assumed"]
    assert any("task = level_walking (no file says another)" in text for text in told)


def test_the_last_instant_printed_again_is_left_out(tmp_path):
    values = record()
    path = tmp_path / "a.txt"
    np.savetxt(path, np.vstack([values, values[-1:]]), fmt="%.2f", delimiter="\t")
    recording = read(path)
    assert len(recording.streams[0].time_s) == 50
    assert "last one printed again (1)" in "\n".join(map(str, recording.history))
