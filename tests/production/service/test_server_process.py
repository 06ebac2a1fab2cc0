"""A service in a process of its own: how it starts, logs, drains and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from tests.production.service.small_model import SLOW, write_small_model

from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.production.service import FileSource, ServiceSettings, serve
from locomotion_analysis.production.service.server import refuse_open_service

ROOT = Path(__file__).resolve().parents[3]
ASKED = {"features": [{"speed_m_s": 0.5, "cadence": 0.25}]}


class Process:
    """The service as a process, and its log."""

    def __init__(self, path, tmp, *host):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.production.service.serving_small", str(path), *host],
            cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp)},
        )  # fmt: skip
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(json.loads(line))
            if "url" in self.lines[-1]:
                self.url = self.lines[-1]["url"]
                break
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        self.lines += [json.loads(line) for line in self.process.stderr]

    def end(self, how=signal.SIGTERM):
        """End it, and return its exit status."""
        self.process.send_signal(how)
        status = self.process.wait(120)
        self._reader.join(120)
        self.process.stderr.close()
        return status


@pytest.fixture
def temporary():
    """A folder for the service's temporary files; sockets in it need a short path."""
    with tempfile.TemporaryDirectory(prefix="serve") as folder:
        yield Path(folder)


@pytest.fixture
def served(tmp_path, temporary):
    path = tmp_path / "small.bundle"
    write_small_model(path)
    running = Process(path, temporary)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


@pytest.mark.slow
def test_requests_under_way_are_answered_before_it_ends(served, temporary):
    answers = []

    def ask(first):
        asked = {"features": [{"speed_m_s": first, "cadence": 0.0}]}
        answers.append(httpx.post(f"{served.url}/v1/predict", json=asked, timeout=60).status_code)

    clients = [threading.Thread(target=ask, args=(value,)) for value in (SLOW, 1.0)]
    for client in clients:
        client.start()
        time.sleep(0.3)
    assert served.end() == 0
    for client in clients:
        client.join(120)
    assert answers == [200, 200]
    requests = [line for line in served.lines if line["event"] == "request"]
    assert {line["status"] for line in requests} == {200}
    assert all(line["request_id"] and line["route"] == "/v1/predict" for line in requests)
    assert not list(temporary.glob("locomotion-serve-*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_service_leaves_no_worker_behind(served):
    assert httpx.post(f"{served.url}/v1/predict", json=ASKED, timeout=60).status_code == 200
    children = _below(served.process.pid)
    assert children
    served.end(signal.SIGKILL)
    limit = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() and not _is_dead(pid) for pid in children):
        assert time.monotonic() < limit
        time.sleep(0.05)


def _below(pid):
    found, parents = [], {pid}
    for _ in range(3):
        new = {
            int(place.name)
            for place in Path("/proc").iterdir()
            if place.name.isdecimal() and _parent(place) in parents
        }
        found += new - set(found)
        parents = new
    return found


def _parent(place):
    try:
        return int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return None


def _is_dead(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "gait.example"])
def test_a_service_others_can_reach_needs_keys(host):
    with pytest.raises(SchemaError, match="API keys"):
        refuse_open_service(host, ServiceSettings())
    refuse_open_service(host, ServiceSettings(keys=Path("keys.json")))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_a_service_of_this_machine_needs_none(host):
    refuse_open_service(host, ServiceSettings())


def _has_ipv6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 on this machine")
def test_an_address_with_colons_stands_in_brackets(tmp_path, temporary):
    path = tmp_path / "small.bundle"
    write_small_model(path)
    running = Process(path, temporary, "::1")
    assert running.url.startswith("http://[::1]:")
    assert httpx.get(f"{running.url}/v2/health/live", timeout=60).json()["live"]
    port = httpx.URL(running.url).port
    with pytest.raises(LocomotionError, match=rf"where: \[::1\]:{port}"):
        serve(FileSource(path), ServiceSettings(), host="::1", port=port)
    assert running.end() == 0


def test_a_port_that_is_taken_is_named(service):
    with pytest.raises(LocomotionError, match=f":{service.port}"):
        serve(FileSource(service.path), ServiceSettings(), port=service.port)


def test_a_folder_for_temporary_files_with_a_long_path_is_one_clear_error(tmp_path):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    write_small_model(tmp_path / "small.bundle")
    ran = subprocess.run(
        [sys.executable, "-m", "locomotion_analysis", "serve", str(tmp_path / "small.bundle")],
        capture_output=True, text=True, env={**os.environ, "TMPDIR": str(long)}, timeout=180,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "short enough for sockets" in ran.stderr
    assert f"TMPDIR {long}" in ran.stderr.replace("\n", "")
    assert "TMPDIR=/tmp" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("moment", ["a worker starts", "it has just said that it serves"])
def test_sigterm_ends_a_service_that_has_not_begun_to_answer(tmp_path, temporary, moment):
    path = tmp_path / "small.bundle"
    write_small_model(path)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.production.service.serving_small", str(path)],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    own = psutil.Process(process.pid)
    if moment == "a worker starts":
        until = time.monotonic() + 60
        while not any(each.children() for each in own.children()) and time.monotonic() < until:
            time.sleep(0.01)
    else:
        assert any('"url"' in line for line in process.stderr)
    below = own.children(recursive=True)
    process.send_signal(signal.SIGTERM)
    with process.stderr:
        process.stderr.read()
    assert process.wait(120) == 0
    assert not psutil.wait_procs(below, timeout=60)[1]
