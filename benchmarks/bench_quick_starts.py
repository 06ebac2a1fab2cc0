"""Time the quick starts: the whole code of each page, in a new process, nothing compiled before.

Usage: python benchmarks/bench_quick_starts.py [--write-docs]
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured_page import DOCS, machine, write_part

INDEX = DOCS.parent / "guides" / "index.md"
QUICK_STARTS = {
    "[Rapid prototyping](quick-rapid-prototyping.md)": (
        "features, a baseline, a score with its interval"
    ),
    "[Deep learning](quick-deep-learning.md)": (
        "a network on whole curves, tested on people it has not met, saved and read again"
    ),
    "[Production deployment](../how-to/from-model-to-service.md)": (
        "a service that is watched, retrained and rolled back"
    ),
}
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def seconds(page: Path) -> tuple[float, float]:
    """Return what the clock and the processors say that the code of a page took."""
    code = "\n".join(_BLOCK.findall(page.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        before, start = _processor_seconds(), time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "MPLBACKEND": "Agg", "NUMBA_CACHE_DIR": folder},
        )
        return time.perf_counter() - start, _processor_seconds() - before


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(write: bool) -> None:
    busy = os.getloadavg()[0]
    rows = []
    for link, result in QUICK_STARTS.items():
        clock, processors = seconds(INDEX.parent / link.split("(")[1].rstrip(")"))
        rows.append(f"| {link} | {result} | {clock:.0f} s | {processors:.0f} s |")
        print(rows[-1])
    words = (
        "Each is one page of code that runs. The time is that of the page's whole code by the clock, "
        f"when it runs for the first time, packages installed ({machine()}). {busy:.0f} other "
        "processes were at work then: with none, the clock comes near the processor time."
    )
    head = "| quick start | you have in the end | time | processor time |\n|---|---|---|---|"
    if write:
        write_part("quick starts", [words, "\n".join([head, *rows])], INDEX)


if __name__ == "__main__":
    main("--write-docs" in sys.argv)
