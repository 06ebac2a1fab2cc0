"""The service on loopback: overhead, tails, a long load, replacement and a kill under load.

``python benchmarks/bench_service.py [--seconds 60] [--write-docs]`` trains a small model, bundles and serves it in
a process of its own, and prints ratios and counts. All figures are of one run. Where ``wrk`` is
installed, it saturates the service as well.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import psutil
from interleaved import median_seconds_in_turns
from measured_page import recorded

from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production.bundle import open_bundle, write_bundle
from locomotion_analysis.simulation import simulate

CLIENTS = 8
STEADY_SHARE = 0.4
"""Of the rate that one client reaches on its own: a load, not a queue."""


class Service:
    """``locomotion serve`` as a process."""

    def __init__(self, bundle: Path, workers: int) -> None:
        start = time.perf_counter()
        command = [Path(sys.executable).with_name("locomotion"), "serve", bundle, "--port", "0"]
        limits = ["--workers", str(workers), "--requests-per-minute", "100000000"]
        self.process = subprocess.Popen([*command, *limits], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if '"url"' in line:
                self.url = json.loads(line)["url"]
                break
        self.cold_start_s = time.perf_counter() - start
        # A full pipe would stop the service.
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for _ in self.process.stderr:
            pass

    def memory_mib(self):
        own = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in [own, *own.children(recursive=True)]) / 2**20

    def worker_pids(self):
        below = psutil.Process(self.process.pid).children(recursive=True)
        # The service's own children are the one that workers are copied from, and a helper.
        return sorted(each.pid for each in below if each.ppid() != self.process.pid)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def body_of(X: pd.DataFrame) -> bytes:
    """Return features as a V2 request with a binary tensor, and the length of its head."""
    values = X.to_numpy(np.float64)
    tensor = {
        "name": "features", "shape": list(values.shape), "datatype": "FP64",
        "parameters": {"binary_data_size": values.nbytes},
    }  # fmt: skip
    head = json.dumps({"inputs": [tensor]}).encode()
    return head + values.tobytes(), {"Inference-Header-Content-Length": str(len(head))}


class Load:
    """Clients that ask without pause and compare every answer with what it must be."""

    def __init__(self, service, name, rows, expected):
        self.url, self.path = service.url, f"/v2/models/{name}/infer"
        self.requests = [(*body_of(row), right) for row, right in zip(rows, expected, strict=True)]
        self.seconds, self.wrong, self.failed, self.ended = [], 0, 0, threading.Event()

    def run(self, clients=CLIENTS, pause_s=0.0):
        self._pool = ThreadPoolExecutor(clients)
        for number in range(clients):
            self._pool.submit(self._ask, number, pause_s)
        return self

    def stop(self):
        self.ended.set()
        self._pool.shutdown()

    def _ask(self, number, pause_s):
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while not self.ended.is_set():
                body, headers, right = self.requests[number % len(self.requests)]
                number += 1
                start = time.perf_counter()
                try:
                    answer = client.post(self.path, content=body, headers=headers)
                    outputs = answer.json()["outputs"] if answer.status_code == 200 else None
                except httpx.HTTPError:
                    outputs = None
                self.seconds.append(time.perf_counter() - start)
                if outputs is None:
                    self.failed += 1
                elif not np.allclose(outputs[1]["data"], right, atol=1e-9):
                    self.wrong += 1
                if pause_s:
                    time.sleep(pause_s)

    def tail(self):
        p50, p99 = np.percentile(self.seconds, [50, 99])
        return p50, p99


def overhead(service, bundle, name, X):
    """Print how long a request of 32 rows takes beside the bare prediction."""
    body, headers = body_of(X)
    as_json = json.dumps({"features": X.to_dict("records")}).encode()
    with httpx.Client(base_url=service.url, timeout=60) as client:
        ways = {
            "bare predict": lambda: bundle.predict_features(X),
            "V2, binary": lambda: client.post(
                f"/v2/models/{name}/infer", content=body, headers=headers
            ),
            "/v1/predict, JSON": lambda: client.post("/v1/predict", content=as_json),
        }
        seconds = median_seconds_in_turns(ways, rounds=25)
    print(f"batch of {len(X)} rows, {X.shape[1]} features")
    for way, value in seconds.items():
        print(f"  {way:<24}{value * 1e3:8.1f} ms  {value / seconds['bare predict']:6.2f} x")


def saturate(service, name, row, seconds):
    """Print what wrk, a load generator in C, sees: as many requests as the service can take."""
    if shutil.which("wrk") is None:
        print("wrk is not installed: its part is left out")
        return
    body, headers = body_of(row)
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / "body"
        sent.write_bytes(body)
        script = Path(folder) / "post.lua"
        lines = [f'wrk.headers["{key}"] = "{value}"' for key, value in headers.items()]
        script.write_text(
            f'local file = io.open("{sent}", "rb")\n'
            'wrk.method, wrk.body = "POST", file:read("*all")\n' + "\n".join(lines) + "\n"
        )
        size = ["-t", "1", "-c", str(CLIENTS), "-d", f"{seconds:.0f}s", "--timeout", "60s"]
        url = f"{service.url}/v2/models/{name}/infer"
        command = ["wrk", *size, "--latency", "-s", script, url]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def swaps(service):
    """Return how often the model was replaced."""
    lines = httpx.get(f"{service.url}/metrics", timeout=60).text.splitlines()
    (line,) = (line for line in lines if line.startswith("locomotion_model_swaps "))
    return float(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    with recorded("service", asked.write_docs):
        run(asked.seconds)


def run(seconds):
    """Train, bundle and serve a model, and print what is measured."""
    folder = Path(tempfile.mkdtemp())
    data = simulate(16, 4, ["level_walking"], ["healthy", "stroke"])
    train(data, "pathology", folder / "model", recipes=["linear"], n_splits=3, n_jobs=1)
    write_bundle(folder / "model", folder / "model.bundle")
    live = folder / "live.bundle"
    shutil.copy(folder / "model.bundle", live)
    bundle = open_bundle(live)
    service = Service(live, workers=2)
    try:
        print(f"cold start to the first answer: {service.cold_start_s:.1f} s")
        measure(service, bundle, live, seconds)
    finally:
        print(f"exit status after SIGTERM: {service.end()}")
        shutil.rmtree(folder)


def measure(service, bundle, live, seconds):
    """Print overhead, tails, memory, and what a kill and replacements cost."""
    name = httpx.get(f"{service.url}/v1/model").json()["name"]
    X = bundle.golden.features.sample(32, replace=True, random_state=0).reset_index(drop=True)
    overhead(service, bundle, name, X)
    rows = [X.iloc[[at]] for at in range(8)]
    columns = [f"p_{label}" for label in bundle.classes]
    expected = [bundle.predict_features(row)[columns].to_numpy().ravel() for row in rows]

    alone = Load(service, name, rows, expected).run(clients=1)
    time.sleep(min(seconds, 10))
    alone.stop()
    p50, _ = alone.tail()
    steady = Load(service, name, rows, expected).run(clients=1, pause_s=p50 / STEADY_SHARE - p50)
    time.sleep(min(seconds, 20))
    steady.stop()
    p50, p99 = steady.tail()
    print(f"steady load: p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, ratio {p99 / p50:.1f}")

    load = Load(service, name, rows, expected).run()
    time.sleep(seconds * 0.2)
    before = service.memory_mib()
    time.sleep(seconds * 0.8)
    after = service.memory_mib()
    load.stop()
    p50, p99 = load.tail()
    print(
        f"{CLIENTS} clients without pause, {seconds:.0f} s: {len(load.seconds)} requests, "
        f"{load.failed} failed, {load.wrong} wrong, p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms"
    )
    print(
        f"memory: {before:.0f} MiB after a fifth, {after:.0f} MiB at the end ({after / before:.3f} x)"
    )

    saturate(service, name, rows[0], seconds)

    load = Load(service, name, rows, expected).run()
    for _ in range(3):
        time.sleep(2)
        os.kill(service.worker_pids()[0], signal.SIGKILL)
    for number in (1, 2):
        swapped = live.with_suffix(".new")
        shutil.copy(live, swapped)
        swapped.replace(live)  # the same answers, but another file: it is changed over to
        while swaps(service) < number:
            time.sleep(0.5)
        time.sleep(2)
    load.stop()
    print(
        f"3 workers killed, {swaps(service):.0f} replacements of the model: {len(load.seconds)} "
        f"requests, {load.failed} failed, {load.wrong} wrong"
    )


if __name__ == "__main__":
    main()
