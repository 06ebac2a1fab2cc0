"""Worker processes end with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from locomotion_analysis.processes import end_with_parent

_PARENT = """
import os, time
from joblib import Parallel, delayed
from locomotion_analysis.processes import end_with_parent

def work(number):
    end_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(300)

if __name__ == "__main__":
    Parallel(n_jobs=2)(delayed(work)(number) for number in range(2))
"""


def test_it_does_nothing_in_a_main_process():
    end_with_parent()
    assert os.getpid()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
def test_workers_of_a_killed_parent_end(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(signal.SIGKILL)
    parent.wait(60)
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while any(map(_lives, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_lives, workers))


def _lives(process):
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"  # a zombie has ended and awaits its new parent


_GROWING = """
import time
import numpy as np
from joblib import Parallel, delayed
from locomotion_analysis.processes import workers_replaced_silently

def grow(number):
    time.kept = [*getattr(time, "kept", []), np.ones(20_000_000 if number else 0)]
    time.sleep(0.6)
    return number

if __name__ == "__main__":
    with workers_replaced_silently():
        assert Parallel(n_jobs=2)(map(delayed(grow), range(10))) == list(range(10))
"""


@pytest.mark.slow
def test_workers_that_grow_are_replaced_though_warnings_are_errors(tmp_path):
    script = tmp_path / "growing.py"
    script.write_text(_GROWING)
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert not done.stderr


_FORKED = """
import os, signal
from pathlib import Path
from locomotion_analysis.biomechanics.opensim_model import in_child

if __name__ == "__main__":
    first = in_child(os.getpid, Path("x"))
    forked = os.fork()
    if not forked:
        signal.alarm(60)
        os._exit(in_child(os.getpid, Path("x")) in (first, os.getpid()))
    assert os.waitpid(forked, 0)[1] == 0
    assert in_child(os.getpid, Path("x")) == first
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_has_a_child_of_its_own_for_opensim(tmp_path):
    script = tmp_path / "forked.py"
    script.write_text(_FORKED)
    subprocess.run([sys.executable, str(script)], check=True, timeout=180)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_memory_beyond_the_limit_is_an_error_and_not_the_end():
    lines = [
        "from locomotion_analysis.processes import limit_further_memory",
        "limit_further_memory(512 << 20)",
        "kept = bytearray(256 << 20)",
        "try:",
        "    bytearray(1 << 30)",
        "except MemoryError:",
        "    print(len(bytearray(64 << 20)))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 64 << 20
