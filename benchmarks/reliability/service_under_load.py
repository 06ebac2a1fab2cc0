"""The service while it is harmed: `python -m benchmarks.reliability.service_under_load --bundle FILE`.

Eight clients ask without pause and compare every answer with what it must be, while workers are
killed and the model is replaced. Then one client asks at a steady pace, alone and while others flood
the readiness path, which needs no key.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
from benchmarks.reliability.section import arguments, publish, section

from locomotion_analysis.production.bundle import open_bundle

sys.path.append(str(Path(__file__).resolve().parents[1]))  # its own imports are by file name
from bench_service import CLIENTS, Load, Service, swaps

KILLS, SWAPS, FLOODERS = 6, 3, 8


def loads(service: Service, bundle: Path) -> tuple[str, list[np.ndarray], list[np.ndarray]]:
    """Return the model's name, rows, and their right answers."""
    opened = open_bundle(bundle)
    name = httpx.get(f"{service.url}/v1/model", timeout=60).json()["name"]
    X = opened.golden.features
    rows = [X.iloc[[at]] for at in range(len(X))]
    columns = [f"p_{label}" for label in opened.classes]
    return name, rows, [opened.predict_features(row)[columns].to_numpy().ravel() for row in rows]


def harmed(service: Service, bundle: Path, seconds: float) -> str:
    """Kill workers and replace the model under load; return what came of it."""
    load = Load(service, *loads(service, bundle)).run()
    events = [*["kill"] * KILLS, *["swap"] * SWAPS]
    np.random.default_rng(0).shuffle(events)
    done = 0
    for event in events:
        time.sleep(seconds / (len(events) + 1))
        if event == "kill":
            os.kill(service.worker_pids()[0], signal.SIGKILL)
            continue
        shutil.copy(bundle, bundle.with_suffix(".new"))
        bundle.with_suffix(".new").replace(bundle)
        done += 1
        while swaps(service) < done:
            time.sleep(0.2)
    time.sleep(seconds / (len(events) + 1))
    load.stop()
    p50, p99 = load.tail()
    return (
        f"{CLIENTS} clients without pause, 2 workers, {KILLS} workers killed, {done} replacements of the "
        f"model: {len(load.seconds):,} requests, {load.failed} failed, {load.wrong} wrong; median "
        f"{p50 * 1e3:.0f} ms, 99th percentile {p99 * 1e3:.0f} ms."
    )


def steady(service: Service, bundle: Path, seconds: float) -> str:
    """Ask 10 times a second by one client; return median and 99th percentile."""
    load = Load(service, *loads(service, bundle)).run(clients=1, pause_s=0.1)
    time.sleep(seconds)
    load.stop()
    p50, p99 = load.tail()
    return f"{len(load.seconds)} | {load.failed + load.wrong} | {p50 * 1e3:.0f} | {p99 * 1e3:.0f}"


def flooded(service: Service, bundle: Path, seconds: float) -> list[str]:
    """Return the rows of a table: one client alone, and beside a flood; and what the flood got."""
    alone = steady(service, bundle, seconds)
    ended, statuses = threading.Event(), Counter()

    def flood() -> None:
        with httpx.Client(base_url=service.url, timeout=60) as client:
            while not ended.is_set():
                try:
                    statuses[client.get("/v2/health/ready").status_code] += 1
                except httpx.HTTPError:
                    statuses["failed"] += 1

    threads = [threading.Thread(target=flood) for _ in range(FLOODERS)]
    for thread in threads:
        thread.start()
    beside = steady(service, bundle, seconds)
    ended.set()
    for thread in threads:
        thread.join()
    told = ", ".join(
        f"{count:,} times {status}" for status, count in sorted(statuses.items(), key=str)
    )
    return [
        (
            "| one client, 10 requests a second | requests | failed or wrong | median, ms | 99th percentile, ms |\n"
            "|---|---:|---:|---:|---:|\n"
            f"| alone | {alone} |\n| beside {FLOODERS} that flood `/v2/health/ready` | {beside} |"
        ),
        (
            f"The flood got {told} in {seconds:.0f} s. Clients, flood and service share the processors of one "
            "machine, so that part of the delay is theirs."
        ),
    ]


def main() -> None:
    """Serve a bundle, harm it, and print what it cost."""
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bundle = Path(shutil.copy(asked.bundle, Path(name) / "live.bundle"))
        service = Service(bundle, workers=2)
        try:
            text = [harmed(service, bundle, asked.seconds)]
            text += [
                "### A flood of readiness requests",
                *flooded(service, bundle, asked.seconds / 4),
            ]
        finally:
            status = service.end()
        text.append(f"Exit status after SIGTERM: {status}.")
    publish(section("The service under load", "service_under_load", text), asked.page)


if __name__ == "__main__":
    main()
