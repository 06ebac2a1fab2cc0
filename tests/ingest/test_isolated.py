"""The child process: a crash or a hang costs one file, and the next one is read."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.io

from locomotion_analysis.errors import FileReadError, MissingExtraError
from locomotion_analysis.extras import require
from locomotion_analysis.ingest import ReadOptions
from locomotion_analysis.ingest.c3d.reader import C3DReader
from locomotion_analysis.ingest.isolated import IsolatedParser

SCRIPT = """
import json, os, sys, time
import numpy as np
for line in sys.stdin:
    path = json.loads(line)["path"]
    if path.endswith("crash"):
        os._exit(11)
    if path.endswith("hang"):
        time.sleep(60)
    if path.endswith("slow"):
        time.sleep(1)
    meta = {"error": "no good"} if path.endswith("bad") else {"pid": os.getpid(), "path": path}
    arrays = {"x": np.arange(3), "meta": np.array(["a", "bc"])}
    head = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    answer = json.dumps({"meta": meta, "arrays": head}).encode() + b"\\n"
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.write(arrays["x"].tobytes())
    if path.endswith("half"):
        sys.stdout.buffer.flush()
        os._exit(12)
    sys.stdout.buffer.write(arrays["meta"].tobytes())
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def parser(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parser = IsolatedParser(script)
    yield parser
    parser.close()


def test_one_child_serves_many_files(parser, tmp_path):
    first, arrays = parser.parse("x", tmp_path / "a", 1000, 30)
    second, _ = parser.parse("x", tmp_path / "b", 1000, 30)
    assert first["pid"] == second["pid"]
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])
    assert arrays["meta"].tolist() == ["a", "bc"]


@pytest.mark.parametrize("name", ["crash", "half"])
def test_a_crash_names_the_file_and_the_next_file_is_read(parser, tmp_path, name):
    with pytest.raises(FileReadError, match=rf"crashed[\s\S]*{name}"):
        parser.parse("x", tmp_path / name, 1000, 30)
    assert parser.parse("x", tmp_path / "a", 1000, 30)[0]["pid"]


def test_a_hang_ends_at_the_time_limit(parser, tmp_path):
    with pytest.raises(FileReadError, match="not come back after"):
        parser.parse("x", tmp_path / "hang", 1000, 0.5)
    assert parser.parse("x", tmp_path / "a", 1000, 30)[0]["pid"]


@pytest.mark.skipif(os.name == "nt", reason="a signal that interrupts reading")
def test_an_answer_that_was_not_waited_for_is_not_taken_for_that_of_the_next_file(parser, tmp_path):
    parser.parse("x", tmp_path / "a", 1000, 30)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            parser.parse("x", tmp_path / "slow", 1000, 30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert parser.parse("x", tmp_path / "b", 1000, 30)[0]["path"] == str(tmp_path / "b")


def test_threads_get_each_its_own_answer(parser, tmp_path):
    def path_in_answer(number):
        return parser.parse("x", tmp_path / f"{number}", 1000, 30)[0]["path"]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(path_in_answer, range(40))) == [
            str(tmp_path / f"{number}") for number in range(40)
        ]


_FORKED = """
import os, signal, sys
from pathlib import Path
from locomotion_analysis.ingest.isolated import isolated_parser
path = Path(sys.argv[1])
_, mine = isolated_parser().parse("mat", path, 1_000_000)
with isolated_parser()._lock:  # as if another thread read a file at this moment
    forked = os.fork()
    if not forked:
        signal.alarm(60)
        _, own = isolated_parser().parse("mat", path, 1_000_000)
        os._exit(0 if own.keys() == mine.keys() else 1)
    assert os.waitpid(forked, 0)[1] == 0
assert isolated_parser().parse("mat", path, 1_000_000)[1].keys() == mine.keys()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_process_forked_while_a_file_is_read_reads_its_own(tmp_path):
    path = tmp_path / "x.mat"
    scipy.io.savemat(path, {"angle": np.arange(3.0)})
    subprocess.run([sys.executable, "-c", _FORKED, str(path)], check=True, timeout=120)


def test_a_refusal_is_handed_on(parser, tmp_path):
    with pytest.raises(FileReadError, match="no good"):
        parser.parse("x", tmp_path / "bad", 1000, 30)


def test_a_missing_extra_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locomotion-analysis\[io\]'"):
        require("h5py", "io")
    with pytest.raises(MissingExtraError, match="ezc3d"):
        C3DReader().read(tmp_path / "x.c3d", ReadOptions())
