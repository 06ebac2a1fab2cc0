"""Dask: a real scheduler and real workers on this machine give the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from locomotion_analysis.errors import FileReadError, MissingExtraError
from locomotion_analysis.features import streaming
from locomotion_analysis.features.extraction import extract_features
from locomotion_analysis.simulation import simulate

GROUPS = ["kinematic", "kinetic", "temporal"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "walkers.parquet"
    simulate(n_subjects=8, n_cycles=40, tasks=["level_walking"]).to_parquet(path)
    return path


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(streaming, "_MOST_BATCH_CYCLES", 32)
    monkeypatch.setattr(streaming, "_MOST_PART_CYCLES", 32)


@pytest.fixture
def whole(source, tmp_path):
    """Bytes of the output of this process alone."""
    out = tmp_path / "alone.parquet"
    extract_features(source, out, groups=GROUPS)
    return out.read_bytes()


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler with two workers, each a process of its own, and their processes."""
    pytest.importorskip("distributed", reason="the extra `cluster` (Dask) is not installed")
    found = tmp_path / "scheduler.json"  # the scheduler writes its address there
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    words += ["--scheduler-file", str(found)]
    scheduler = subprocess.Popen([*dask, *words], **quiet)
    words = ["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    words += ["--scheduler-file", str(found), "--local-directory", str(tmp_path / "dask")]
    workers = [subprocess.Popen([*dask, *words], **quiet) for _ in range(2)]
    try:
        yield _address_with_workers(found), workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait(60)


def _address_with_workers(file):
    """Return the address of the scheduler when its two workers are there."""
    from distributed import Client

    deadline = time.monotonic() + 180
    while True:
        try:
            address = json.loads(file.read_text())["address"]
            with Client(address, timeout="20s") as client:
                client.wait_for_workers(2, timeout=120)
                return address
        except (OSError, ValueError):  # not there yet, or not whole
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.mark.slow
def test_a_scheduler_with_two_workers_gives_the_same_bytes(cluster, source, whole, tmp_path):
    out, (address, _) = tmp_path / "x.parquet", cluster
    done = extract_features(source, out, groups=GROUPS, engine="dask", scheduler=address)
    assert done.n_cycles == 320
    assert out.read_bytes() == whole


@pytest.mark.slow
def test_nothing_is_lost_when_a_worker_is_killed(cluster, source, whole, tmp_path):
    out, (address, workers), seen = tmp_path / "x.parquet", cluster, []

    def kill_one(_, done, total):
        if 0 < done < total and not seen:
            os.kill(workers[0].pid, signal.SIGKILL)
        if done:
            seen.append(done)

    extract_features(
        source, out, groups=GROUPS, engine="dask", scheduler=address, progress=kill_one
    )
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    assert seen == [32 * part for part in range(1, 11)]
    assert out.read_bytes() == whole


@pytest.mark.slow
def test_a_damaged_file_is_named_from_a_worker(cluster, source, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    bad = folder / "bad.parquet"
    pq.write_table(pq.read_table(source), bad, write_page_checksum=True)
    content = bytearray(bad.read_bytes())
    half = len(content) // 2
    content[half : half + 4000] = bytes(4000)
    bad.write_bytes(bytes(content))
    out = tmp_path / "x.parquet"
    with pytest.raises(FileReadError, match=r"bad\.parquet"):
        extract_features(folder, out, groups=GROUPS, engine="dask", scheduler=cluster[0])


@pytest.mark.slow
def test_a_cluster_is_started_where_no_address_is_given(source, whole, tmp_path):
    pytest.importorskip("distributed", reason="the extra `cluster` (Dask) is not installed")
    out = tmp_path / "x.parquet"
    extract_features(source, out, groups=GROUPS, engine="dask", workers=2)
    assert out.read_bytes() == whole


def test_without_dask_the_message_says_what_to_install(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[cluster\]"):
        extract_features(source, tmp_path / "x.parquet", groups=GROUPS, engine="dask")


@pytest.mark.slow
def test_an_address_without_a_scheduler(source, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="the extra `cluster` (Dask) is not installed")
    from locomotion_analysis.features import extraction

    monkeypatch.setattr(extraction, "_PATIENCE", "1s")
    with pytest.raises(FileReadError, match="scheduler that answers"):
        extract_features(
            source,
            tmp_path / "x.parquet",
            groups=GROUPS,
            engine="dask",
            scheduler="tcp://127.0.0.1:9",
        )
