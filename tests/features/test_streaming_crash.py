"""Killed, out of disk, damaged input: the old output stays whole and no work is lost."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
import pyarrow.parquet as pq
import pytest

from locomotion_analysis.errors import FileLockedError, FileReadError, LocomotionWarning
from locomotion_analysis.features import extraction, streaming
from locomotion_analysis.features.extraction import extract_features, parts_folder
from locomotion_analysis.simulation import simulate

GROUPS = ["kinematic", "temporal"]
_SCRIPT = """
import resource, sys, time
from locomotion_analysis.features import streaming
from locomotion_analysis.features.extraction import extract_features
streaming._MOST_BATCH_CYCLES = streaming._MOST_PART_CYCLES = 32
source, out, slow, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
def wait(*_):
    time.sleep(float(slow))
done = extract_features(source, out, groups=["kinematic", "temporal"], progress=wait)
print(done.kept_cycles)
"""


@pytest.fixture(scope="module")
def walkers():
    return simulate(n_subjects=8, n_cycles=40, tasks=["level_walking"])


@pytest.fixture(scope="module")
def source(walkers, tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "walkers.parquet"
    walkers.to_parquet(path)
    return path


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(streaming, "_MOST_BATCH_CYCLES", 32)
    monkeypatch.setattr(streaming, "_MOST_PART_CYCLES", 32)


@pytest.fixture
def whole(source, tmp_path):
    """Bytes of the output of a run that nothing disturbs."""
    out = tmp_path / "undisturbed.parquet"
    extract_features(source, out, groups=GROUPS)
    return out.read_bytes()


def _start(source, out, slow=0.0, limit=0):
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(source), str(out), str(slow), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finished_parts(out):
    return sorted(parts_folder(out).glob("*.arrow"))


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(source, whole, tmp_path):
    out = tmp_path / "x.parquet"
    out.write_bytes(b"the old output")
    running = _start(source, out, slow=0.5)
    deadline = time.monotonic() + 120
    while len(_finished_parts(out)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    running.communicate()
    parts = {path: path.stat().st_mtime_ns for path in _finished_parts(out)}
    assert 3 <= len(parts) < 10
    assert out.read_bytes() == b"the old output"
    done = extract_features(source, out, groups=GROUPS)
    assert done.kept_cycles == 32 * len(parts)
    assert out.read_bytes() == whole
    assert not parts_folder(out).exists()


@pytest.mark.slow
def test_two_programs_do_not_write_one_output_at_once(source, whole, tmp_path):
    out = tmp_path / "x.parquet"
    held, free = threading.Event(), threading.Event()

    def wait(*_):
        held.set()
        assert free.wait(120)

    with ThreadPoolExecutor(1) as beside:
        first = beside.submit(extract_features, source, out, groups=GROUPS, progress=wait)
        try:
            assert held.wait(120)
            with pytest.raises(FileLockedError, match=r"x\.parquet\.parts"):
                extract_features(source, out, groups=["temporal"])
        finally:
            free.set()
        first.result(120)
    assert out.read_bytes() == whole
    assert not parts_folder(out).exists()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.05], ids=["joining", "writing a part"])
def test_a_full_disk_leaves_the_old_output(source, whole, tmp_path, share):
    out = tmp_path / "x.parquet"
    out.write_bytes(b"the old output")
    running = _start(source, out, limit=int(share * len(whole)))
    _, told = running.communicate(timeout=120)
    assert running.returncode != 0
    assert "OSError" in told
    assert out.read_bytes() == b"the old output"
    kept = len(_finished_parts(out))
    done = extract_features(source, out, groups=GROUPS)
    assert done.kept_cycles == 32 * kept
    assert out.read_bytes() == whole


def test_a_part_that_is_not_whole_is_computed_again(source, whole, tmp_path, monkeypatch):
    out = tmp_path / "x.parquet"
    monkeypatch.setattr(extraction, "_remove_parts", lambda folder: None)
    extract_features(source, out, groups=GROUPS)
    first, second, *rest = _finished_parts(out)
    first.write_bytes(first.read_bytes()[:-100])
    second.write_bytes(b"")
    monkeypatch.undo()
    monkeypatch.setattr(streaming, "_MOST_BATCH_CYCLES", 32)
    monkeypatch.setattr(streaming, "_MOST_PART_CYCLES", 32)
    done = extract_features(source, out, groups=GROUPS)
    assert done.kept_cycles == 32 * len(rest)
    assert out.read_bytes() == whole


def test_parts_of_other_features_or_files_are_not_kept(source, walkers, tmp_path, monkeypatch):
    out = tmp_path / "x.parquet"
    monkeypatch.setattr(extraction, "_remove_parts", lambda folder: None)
    extract_features(source, out, groups=GROUPS)
    assert extract_features(source, out, groups=["temporal"]).kept_cycles == 0
    assert extract_features(source, out, groups=GROUPS).kept_cycles == len(walkers)
    changed = tmp_path / source.name
    walkers.to_parquet(changed)
    os.utime(changed, ns=(1, 1))
    assert extract_features(changed, out, groups=GROUPS).kept_cycles == 0


@pytest.fixture
def damaged(walkers, tmp_path):
    """A folder of three files, the middle one with a damaged page."""
    folder = tmp_path / "folder"
    for index, name in enumerate(("a", "b", "c")):
        rows = range(100 * index, 100 * index + 100)
        walkers.take(list(rows)).to_parquet(folder / f"{name}.parquet")
    middle = folder / "b.parquet"
    # Without checksums, zeros in the middle of a curve are a curve like any other.
    pq.write_table(pq.read_table(middle), middle, write_page_checksum=True)
    content = bytearray(middle.read_bytes())
    place = _middle_of_a_page(middle)
    content[place : place + 400] = bytes(400)
    middle.write_bytes(bytes(content))
    return folder


def _middle_of_a_page(path):
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    knee = next(c for c in columns if c.path_in_schema.startswith("knee_flexion_angle_ipsi"))
    return knee.data_page_offset + knee.total_compressed_size // 2


@pytest.mark.parametrize("groups", [GROUPS, ["kinematic", "derived"]])
def test_a_damaged_file_is_named_and_left_out_only_when_asked(damaged, walkers, tmp_path, groups):
    out = tmp_path / "x.parquet"
    with pytest.raises(FileReadError, match=r"b\.parquet"):
        extract_features(damaged, out, groups=groups)
    assert not out.exists()
    with pytest.warns(LocomotionWarning, match=r"left out: .*b\.parquet"):
        done = extract_features(damaged, out, groups=groups, skip_bad=True)
    assert [path.rsplit("/", 1)[-1] for path, _ in done.skipped] == ["b.parquet"]
    assert any(entry.action == "skipped" for entry in done.history)
    found = pd.read_parquet(out)
    assert found.index.equals(walkers.take([*range(100), *range(200, 300)]).key)


def test_a_cut_off_file_is_named_and_left_out_only_when_asked(damaged, tmp_path):
    whole = (damaged / "a.parquet").read_bytes()
    (damaged / "b.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileReadError, match=r"cut off.*b\.parquet|(?s:cut off.*b\.parquet)"):
        extract_features(damaged, tmp_path / "x.parquet", groups=GROUPS)
    with pytest.warns(LocomotionWarning, match="left out"):
        done = extract_features(damaged, tmp_path / "x.parquet", groups=GROUPS, skip_bad=True)
    assert done.n_cycles == 200


def test_nothing_but_damaged_files_is_an_error_even_so(damaged, tmp_path):
    for name in ("a", "c"):
        (damaged / f"{name}.parquet").unlink()
    with pytest.raises(FileReadError, match=r"b\.parquet"):
        extract_features(damaged, tmp_path / "x.parquet", groups=GROUPS, skip_bad=True)


@pytest.mark.slow
def test_worker_processes_give_the_same_bytes_though_one_is_killed(source, whole, tmp_path):
    out, killed = tmp_path / "x.parquet", []

    def kill_one(stage, done, total):
        children = multiprocessing.active_children()
        if 0 < done < total and children and not killed:
            killed.append(children[0].pid)
            os.kill(children[0].pid, signal.SIGKILL)

    done = extract_features(source, out, groups=GROUPS, workers=2, progress=kill_one)
    assert killed
    assert done.kept_cycles == 0
    assert out.read_bytes() == whole


@pytest.mark.slow
def test_a_damaged_file_is_named_by_worker_processes_too(damaged, tmp_path):
    with pytest.raises(FileReadError, match=r"b\.parquet"):
        extract_features(damaged, tmp_path / "x.parquet", groups=GROUPS, workers=2)


def test_workers_that_always_die_are_given_up(source, tmp_path, monkeypatch):
    submitted = []

    class DyingPool:
        def __init__(self, *_, **__):
            """Take what a pool of processes takes."""

        def submit(self, _, task):
            submitted.append(task.path)
            future = Future()
            future.set_exception(BrokenProcessPool())
            return future

        def shutdown(self, **_):
            """Have nothing to end."""

    monkeypatch.setattr(extraction, "ProcessPoolExecutor", DyingPool)
    with pytest.raises(FileReadError, match="3 deaths in a row"):
        extract_features(source, tmp_path / "x.parquet", groups=GROUPS, workers=2)
    assert len(submitted) == 3 * len(set(submitted)) == 30
