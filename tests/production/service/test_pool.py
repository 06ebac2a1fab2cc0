"""Workers: answers stay right and none is lost when one is killed, hangs, or the model changes."""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver

import httpx
import numpy as np
import pytest
from tests.production.service.running import Running, awaited
from tests.production.service.small_model import (
    HANG,
    LARGE,
    SLOW,
    open_small,
    write_small_model,
)

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.service import ServiceSettings, pool

BIASES = {"1": 0.0, "2": 3.0, "3": -4.0}


def _asked(value):
    return {
        "features": [{"speed_m_s": value, "cadence": 0.5}, {"speed_m_s": -value, "cadence": None}]
    }


def _is_right(content, value):
    """Whether an answer is what the model of the version it names answers."""
    total = np.array([value + 0.5, -value]) + BIASES[content["version"]]
    found = [row["probabilities"]["stroke"] for row in content["predictions"]]
    return np.allclose(found, 1 / (1 + np.exp(-total)))


class Load:
    """Asks without pause from several clients until told to end, and looks at every answer."""

    def __init__(self, url, clients=8):
        self._url, self._clients = url, clients
        self._ended = threading.Event()
        self.versions, self.wrong, self.answers = set(), [], 0

    def __enter__(self):
        self._pool = ThreadPoolExecutor(self._clients)
        self._done = [self._pool.submit(self._ask, seed) for seed in range(self._clients)]
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._pool.shutdown()
        for each in self._done:
            each.result()

    def wait_for(self, more):
        """Wait until some more requests are answered."""
        until, limit = self.answers + more, time.monotonic() + 120
        while self.answers < until:
            assert time.monotonic() < limit
            time.sleep(0.01)

    def _ask(self, seed):
        random = np.random.default_rng(seed)
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._ended.is_set():
                value = float(random.uniform(-2, 2))
                answer = client.post("/v1/predict", json=_asked(value))
                if answer.status_code != 200 or not _is_right(answer.json(), value):
                    self.wrong.append((answer.status_code, answer.text))
                else:
                    self.versions.add(answer.json()["version"])
                self.answers += 1


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "small.bundle"
    write_small_model(path)
    return path


def test_killed_workers_and_new_models_under_load_cost_no_answer(model):
    with Running(model, workers=2) as running, Load(running.url) as load:
        load.wait_for(50)
        for _ in range(2):
            os.kill(running.live.pool.pids[0], signal.SIGKILL)
            load.wait_for(50)
        for version in ("2", "3"):
            write_small_model(model, version=version, bias=BIASES[version])
            while running.live.pool.model.version != version:
                load.wait_for(10)
        load.wait_for(50)
        replaced = running.live.swaps
    assert load.wrong == []
    assert load.versions == {"1", "2", "3"}
    assert replaced == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="stops a process by a signal")
def test_a_worker_that_does_not_even_take_its_request_is_replaced(model):
    """More than the pipe holds is sent to a process that stands still."""
    with Running(model, answer_timeout_s=2.0) as running:
        os.kill(running.live.pool.pids[0], signal.SIGSTOP)
        body = json.dumps({"features": [{"speed_m_s": 1.0, "cadence": 0.5}]}) + " " * 4_000_000
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(f"{running.url}/v1/predict", content=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        assert running.live.pool.replaced == 1


class _NeverStarted:
    """A process that the process it is copied from, which was ended, cannot make."""

    def __init__(self, process):
        self._process = process

    def start(self):
        raise EOFError

    def __getattr__(self, name):
        return getattr(self._process, name)


def test_a_worker_that_cannot_be_started_is_one_clear_error(model, monkeypatch):
    context = pool.process_context()

    class Context:
        Pipe = staticmethod(context.Pipe)

        def Process(self, **arguments):
            return _NeverStarted(context.Process(**arguments))

    monkeypatch.setattr(pool, "process_context", Context)
    with pytest.raises(BundleError, match="its process ended"):
        awaited(pool.Pool(model, open_small, ServiceSettings(workers=2)).start())


@pytest.mark.slow
def test_a_model_that_comes_back_while_it_still_drains_keeps_its_file(model, monkeypatch):
    """The workers of the pool before end while those of the same model's new pool begin."""
    first = model.read_bytes()
    with Running(model, workers=1) as running, ThreadPoolExecutor(1) as beside:
        live = running.live
        slow = {"features": [{"speed_m_s": SLOW, "cadence": 0.0}]}
        asked = beside.submit(httpx.post, f"{running.url}/v1/predict", json=slow, timeout=60)
        limit = time.monotonic() + 120
        while not live.pool._open:
            assert time.monotonic() < limit
            time.sleep(0.005)
        start = pool.Pool.start

        async def when_the_others_have_ended(new):
            await start(new)
            await asyncio.gather(*live._retiring)

        write_small_model(model, version="2", bias=3.0)
        _wait_for_version(live, "2")
        monkeypatch.setattr(pool.Pool, "start", when_the_others_have_ended)
        model.with_name("new").write_bytes(first)
        model.with_name("new").replace(model)
        _wait_for_version(live, "1")
        assert asked.result(60).status_code == 200
        os.kill(live.pool.pids[0], signal.SIGKILL)
        answer = httpx.post(f"{running.url}/v1/predict", json=_asked(1.0), timeout=60)
        assert _is_right(answer.json(), 1.0)


def _wait_for_version(live, version):
    limit = time.monotonic() + 120
    while live.pool.model.version != version:
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_a_dead_worker_is_seen_and_replaced_without_a_request(model):
    with Running(model, workers=2) as running:
        before = set(running.live.pool.pids)
        os.kill(min(before), signal.SIGKILL)
        limit = time.monotonic() + 120
        while (live := httpx.get(f"{running.url}/v2/health/live", timeout=60).json())[
            "workers_replaced"
        ] == 0:
            assert live["live"]
            assert time.monotonic() < limit
        while httpx.get(f"{running.url}/v2/health/live", timeout=60).json()["workers_alive"] < 2:
            assert time.monotonic() < limit
        assert len(set(running.live.pool.pids) - before) == 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are not copied there")
def test_the_process_that_workers_are_copied_from_may_be_killed_too(model):
    with Running(model) as running, Load(running.url, clients=2) as load:
        load.wait_for(10)
        os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
        os.kill(running.live.pool.pids[0], signal.SIGKILL)
        load.wait_for(20)
        assert running.live.pool.alive == 1
    assert load.wrong == []


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced(model):
    with Running(model, answer_timeout_s=2.0) as running:
        asked = {"features": [{"speed_m_s": HANG, "cadence": 0.0}]}
        answer = httpx.post(f"{running.url}/v1/predict", json=asked, timeout=60)
        assert answer.status_code == 500
        answer = httpx.post(f"{running.url}/v1/predict", json=_asked(1.0), timeout=60)
        assert _is_right(answer.json(), 1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_a_request_that_takes_too_much_memory_is_refused_and_the_worker_lives(model):
    with Running(model) as running:
        before = running.live.pool.pids
        asked = {"features": [{"speed_m_s": LARGE, "cadence": 0.0}]}
        answer = httpx.post(f"{running.url}/v1/predict", json=asked, timeout=60)
        assert answer.status_code == 413
        assert "fewer rows" in answer.json()["fix"]
        answer = httpx.post(f"{running.url}/v1/predict", json=_asked(1.0), timeout=60)
        assert _is_right(answer.json(), 1.0)
        assert running.live.pool.pids == before


@pytest.mark.parametrize("broken", [{"golden": False}, None])
def test_a_new_model_that_is_not_right_changes_nothing(model, broken):
    with Running(model) as running:
        if broken is None:
            model.write_text("{")
        else:
            write_small_model(model, version="2", **broken)
        limit = time.monotonic() + 120
        while not running.live.failed_swaps:
            assert time.monotonic() < limit
            time.sleep(0.01)
        ready = httpx.get(f"{running.url}/v2/health/ready", timeout=60)
        assert ready.status_code == 200
        assert ready.json()["last_failed_swap"]
        assert (
            httpx.post(f"{running.url}/v1/predict", json=_asked(0.3), timeout=60).json()["version"]
            == "1"
        )
        write_small_model(model, version="2", bias=3.0)
        while running.live.pool.model.version != "2":
            assert time.monotonic() < limit
            time.sleep(0.01)
        assert _is_right(
            httpx.post(f"{running.url}/v1/predict", json=_asked(0.3), timeout=60).json(), 0.3
        )


def test_a_swap_that_failed_for_a_reason_that_passed_is_made_and_told_until_then(
    model, monkeypatch, caplog
):
    """The worker of the new model cannot be started at first: no memory, say."""
    monkeypatch.setattr("locomotion_analysis.production.service.pool._RETRY_S", 0.1)
    with Running(model) as running:
        live, tries = running.live, []
        started = live._started

        async def fails_three_times():
            tries.append(time.monotonic())
            if len(tries) <= 3:
                raise OSError(12, "Cannot allocate memory")
            return await started()

        monkeypatch.setattr(live, "_started", fails_three_times)
        write_small_model(model, version="2")
        limit = time.monotonic() + 120
        while not live.failed_swaps:
            assert time.monotonic() < limit
            time.sleep(0.005)
        assert live.is_behind
        told = httpx.get(f"{running.url}/v2/health/ready", timeout=60)
        assert (told.status_code, told.json()["version"]) == (200, "1")
        while live.pool.model.version != "2":
            assert time.monotonic() < limit
            time.sleep(0.01)
        told = httpx.get(f"{running.url}/v2/health/ready", timeout=60).json()
        assert (told["behind"], told["last_failed_swap"]) == (False, False)
        assert "locomotion_model_behind 0.0" in httpx.get(f"{running.url}/metrics", timeout=60).text
    assert (live.failed_swaps, live.swaps, len(tries)) == (3, 1, 4)
    pauses = np.diff(tries)
    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))
    assert "small.bundle is not served" in caplog.text


def test_a_model_that_stays_wrong_is_told_until_the_source_goes_back(model):
    with Running(model) as running:
        served = model.read_bytes()
        kept = model.with_name("kept")
        os.link(model, kept)
        write_small_model(model, version="2", golden=False)
        limit = time.monotonic() + 120
        while not running.live.is_behind:
            assert time.monotonic() < limit
            time.sleep(0.01)
        told = httpx.get(f"{running.url}/v2/health/ready", timeout=60).json()
        assert told["behind"]
        assert "locomotion_model_behind 1.0" in httpx.get(f"{running.url}/metrics", timeout=60).text
        kept.replace(model)
        assert model.read_bytes() == served
        while running.live.is_behind:
            assert time.monotonic() < limit
            time.sleep(0.01)


def test_a_model_that_fails_its_examples_is_not_served_at_all(model):
    write_small_model(model, golden=False)
    with pytest.raises(BundleError, match="golden answers"), Running(model):
        pass


def test_an_error_of_the_model_names_the_file_and_no_copy_of_it(model):
    model.write_text("{")
    with pytest.raises(BundleError) as refused, Running(model):
        pass
    assert str(model) in str(refused.value)
    assert "locomotion-serve" not in str(refused.value)


def test_more_requests_than_may_wait_are_told_to_come_back(model):
    with Running(model, max_waiting=1, answer_timeout_s=1.0) as running:
        slow = {"features": [{"speed_m_s": HANG, "cadence": 0.0}]}
        with ThreadPoolExecutor(4) as clients:
            asked = [
                clients.submit(httpx.post, f"{running.url}/v1/predict", json=slow, timeout=60)
                for _ in range(4)
            ]
            statuses = sorted(each.result().status_code for each in asked)
        assert 503 in statuses
        assert set(statuses) <= {500, 503, 504}  # 504 where new workers take long to start
