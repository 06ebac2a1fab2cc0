"""Timing several ways in turns, so that a slow minute of the machine falls on all of them."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def median_seconds_in_turns(
    ways: dict[str, Callable[[], Any]], rounds: int = 5, slow_s: float = 2.0
) -> dict[str, float]:
    """Return the median time of each way, after one warm-up call.

    Parameters
    ----------
    ways : dict of str to callable
        What to time.
    rounds : int
        Calls of each; ways whose warm-up call took longer than `slow_s` get two.
    slow_s : float
        In seconds.
    """
    warm_up = {name: _seconds(way) for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name, way in ways.items():
            if turn < 2 or warm_up[name] < slow_s:
                times[name].append(_seconds(way))
    return {name: statistics.median(values) for name, values in times.items()}


def _seconds(way: Callable[[], Any]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start
