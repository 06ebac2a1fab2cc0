"""Timing two ways of doing the same thing in one run, as a ratio of medians."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def median_seconds(function: Callable[[], Any], repeats: int = 5) -> float:
    """Return the median time of `function` over `repeats` calls, after one warm-up call."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def report(title: str, seconds: dict[str, float], base: str) -> None:
    """Print one row a way, with its ratio to `base`."""
    print(f"\n{title}")
    for name, value in seconds.items():
        print(f"  {name:<48} {value * 1e3:10.1f} ms   {value / seconds[base]:8.2f} x")
