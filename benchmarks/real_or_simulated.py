"""Real or simulated? Classifiers of healthy people's curves, judged on people they never saw.

    python benchmarks/real_or_simulated.py FOLDER                # prints
    python benchmarks/real_or_simulated.py FOLDER --write-docs   # and writes its part of
                                                                 # docs/reference/realism.md

FOLDER has hip_oa_phase.parquet (Bertaux et al. 2022, as docs/maps/hip_oa.yaml converts it) and
running_phase.parquet (Fukuchi's runners, as docs/maps/running.yaml does).
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from measured_page import DOCS, machine, write_part
from research.real_or_simulated import (
    ANKLE,
    HIP,
    KNEE,
    LINEAR,
    MODELS,
    PARTS,
    STRIDES,
    People,
    mean_of_people,
    recorded_hips,
    recorded_runners,
    through_recorded_grid,
    told_apart,
)

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.simulation import simulate


def simulated(task: str, n_people: int, channels, speeds=()) -> People:
    """Return right strides of as many healthy people, on the grid the recorded came on."""
    data = simulate(n_people, 2 * STRIDES, [task], ["healthy"], seed=1, speeds=speeds)
    return through_recorded_grid(People.of(data.select(side=["right"]), channels))


def pairs(folder: Path):
    """Yield what is compared, the people on either side, and the channels."""
    hips = People.of(recorded_hips(folder), [HIP])
    walks = simulated("level_walking", len(hips.person), [HIP])
    yield "walking, a person's mean curve", hips, mean_of_people(walks), [HIP]
    channels = [HIP, KNEE, ANKLE]
    recorded = recorded_runners(folder)
    runners = People.of(recorded, channels)
    runs = simulated("run", len(np.unique(runners.person)), channels, (2.5,))
    yield "running, single strides", runners, runs, channels
    laboratories = [
        People.of(recorded.select(laboratory=[name]), channels) for name in ("BMC", "RIC")
    ]
    yield "running, both recorded: two laboratories", *laboratories, channels


def rows(folder: Path) -> list[tuple[str, ...]]:
    """Measure each channel alone and all of a task together, and what gives them away."""
    found = []
    for task, real, made, channels in pairs(folder):
        count = f"{len(np.unique(real.person))} + {len(np.unique(made.person))}"
        for chosen in [*([name] for name in channels), *([channels] if len(channels) > 1 else [])]:
            what = chosen[0] if len(chosen) == 1 else "all three"
            asked = [(name, "all", {}) for name in MODELS]
            asked += [(LINEAR, part, {"parts": (part,)}) for part in PARTS]
            for name, features, only in asked:
                auc, (low, high) = told_apart(MODELS[name], real, made, chosen, **only)
                interval = f"{low:.2f} to {high:.2f}"
                found.append((task, what, name, features, count, f"{auc:.3f}", interval))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    head = ("curves", "channel", "classifier", "features", "people", "AUC", "95 % interval")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)
        table = [head, ("---",) * len(head), *rows(asked.folder)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in table)
    print(text)
    if asked.write_docs:
        write_part("real or simulated", [f"{machine()}.", text], DOCS / "realism.md")


if __name__ == "__main__":
    main()
