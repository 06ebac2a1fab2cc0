"""How early a class can be told from a gait cycle, with the stride time known and unknown.

``python benchmarks/early_classification.py FILE... [--target pathology] [--where EXPRESSION]``. FILE
is Parquet with gait cycles; ``simulated`` stands for 200 simulated people. Each is measured in five
folds of subjects; by both clocks where the cycles have durations.
"""

import argparse
from pathlib import Path

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.early_classification import evaluate_early_classification
from locomotion_analysis.simulation import simulate

ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
CHANNELS = tuple(f"{joint}_angle_ipsi_rad" for joint in ANGLES)


def cycles(name: str, where: str | None) -> LocomotionData:
    if name == "simulated":
        return simulate(200, 3, ["level_walking"], seed=1)
    data = LocomotionData.from_parquet(Path(name))
    return data if where is None else data.select(where=where)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--target", default="pathology")
    parser.add_argument("--where")
    asked = parser.parse_args()
    for name in asked.files:
        data = cycles(name, asked.where)
        channels = [channel for channel in CHANNELS if channel in data.channels]
        counts = data.cycles[asked.target].value_counts().to_dict()
        print(f"\n{Path(name).name}: {len(set(data.groups))} people, cycles {counts}")
        for clock in ("time", "cycle") if "cycle_duration_s" in data.cycles else ("cycle",):
            found = evaluate_early_classification(
                data, asked.target, channels=channels, clock=clock
            )
            print(f"\nshares of {'the median duration' if clock == 'time' else 'the own duration'}")
            print(found.scores.drop(columns="metric").round(3).to_string(index=False))
            print(found.stopping.round(3).to_string(index=False))
            print(found.sentence)


if __name__ == "__main__":
    main()
