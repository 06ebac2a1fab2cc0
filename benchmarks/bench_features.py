"""Features of 24 channels x 150 points beside other libraries, and beside one read of memory.

``python benchmarks/bench_features.py`` prints the table; with ``--write-docs`` it also writes the
table and the figure of docs/reference/benchmarks.md. The other libraries:
``pip install -c constraints.txt -r benchmarks/requirements.txt``; one that is not installed is
shown as such.
"""

import argparse
import logging
import warnings
from functools import partial
from typing import Any

import numpy as np
from features_own import Ways, frame, ml_sentence, own_figures, own_ways
from features_page import write_page
from features_table import Line, as_text
from interleaved import median_seconds_in_turns
from rivals import RIVALS
from rivals.rival import Rival

from locomotion_analysis import LocomotionData
from locomotion_analysis.simulation import simulate

N_SUBJECTS, N_STRIDES = 100, 40
LEGS = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
UNITS = {"angle": "rad", "velocity": "rad_s", "moment": "Nm_kg"}
CHANNELS = [
    *(
        f"{joint}_{motion}_{measurement}_{side}_{unit}"
        for joint, motion in LEGS.items()
        for measurement, unit in UNITS.items()
        for side in ("ipsi", "contra")
    ),
    *(f"ankle_power_{side}_W_kg" for side in ("ipsi", "contra")),
    *(f"grf_{axis}_{side}_BW" for axis in ("vertical", "anterior") for side in ("ipsi", "contra")),
]


def simulated() -> tuple[LocomotionData, LocomotionData]:
    """Return cycles of all tasks with 24 channels, and some of them with all channels."""
    everything = simulate(N_SUBJECTS, N_STRIDES)
    block = everything.array(CHANNELS).transpose(2, 0, 1)
    few = everything.take(np.arange(len(everything) // 4))
    return LocomotionData(everything.cycles, block, CHANNELS), few


def agreement(rival: Rival, result: Any, data: LocomotionData) -> float:
    """Return the largest relative difference between a rival's values and ours."""
    theirs, own = rival.named(result, data.channels), frame(data, rival.statistics)
    both = [name for name in theirs if name in own]
    expected = own[both].to_numpy()
    # A thousandth of a unit, so that what is next to zero does not count as all wrong.
    return float(np.max(np.abs(theirs[both].to_numpy() - expected) / (np.abs(expected) + 1e-3)))


def rival_ways(data: LocomotionData) -> Ways:
    """Return what to time of the rivals that are installed, each with its share of the cycles."""
    ways: Ways = {}
    for rival in RIVALS:
        if rival.version is not None:
            ways.setdefault(rival.statistics, partial(frame, data, rival.statistics))
            prepared = rival.prepare(share(rival, data))
            ways[rival.label] = partial(rival.extract, prepared)
    return ways


def share(rival: Rival, data: LocomotionData) -> LocomotionData:
    """Return as many cycles as a rival can do in a second or so, from all tasks."""
    return data.take(np.linspace(0, len(data) - 1, min(rival.n_cycles, len(data))).astype(int))


def line(rival: Rival, ways: Ways, seconds: dict[Any, float], data: LocomotionData) -> Line:
    """Return a rival's row."""
    if rival.version is None:
        return Line(rival)
    part = share(rival, data)
    return Line(
        rival,
        n_cycles=len(part),
        theirs_us=seconds[rival.label] / len(part) * 1e6,
        ours_us=seconds[rival.statistics] / len(data) * 1e6,
        difference=agreement(rival, ways[rival.label](), part),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    data, everything = simulated()
    ways = rival_ways(data) | own_ways(data, everything)
    seconds = median_seconds_in_turns(ways)
    own = own_figures(seconds, data, everything)
    lines = [line(rival, ways, seconds, data) for rival in RIVALS]
    print(as_text(own, lines), ml_sentence(seconds), sep="\n\n")
    if arguments.write_docs:
        measured = f"{len(data):,} simulated cycles of {len(CHANNELS)} channels"
        write_page(own, lines, measured, ml_sentence(seconds))


if __name__ == "__main__":
    main()
