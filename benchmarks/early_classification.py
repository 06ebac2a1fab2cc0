"""How early a class can be told from a gait cycle, with the stride time known and unknown.

``python benchmarks/early_classification.py FILE... [--target pathology] [--where EXPRESSION]``. FILE
is Parquet with gait cycles; ``simulated`` stands for 200 simulated people. Each is measured in five
folds of subjects; by both clocks where the cycles have durations. ``--studies 50`` counts how often the
rule is wrong in so many simulated studies of 60 people, each tried on 200 new people.
"""

import argparse
from pathlib import Path

import numpy as np

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.early_classification import (
    EarlyClassifier,
    curves_in_time,
    evaluate_early_classification,
)
from locomotion_analysis.simulation import simulate

ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
CHANNELS = tuple(f"{joint}_angle_ipsi_rad" for joint in ANGLES)


def cycles(name: str, where: str | None) -> LocomotionData:
    if name == "simulated":
        return simulate(200, 3, ["level_walking"], seed=1)
    data = LocomotionData.from_parquet(Path(name))
    return data if where is None else data.select(where=where)


def studies(number: int, confidence: float) -> None:
    """Print the share of new people's cycles that are told, and told wrong, over studies."""
    found = []
    for seed in range(number):
        known = simulate(60, 2, ["level_walking"], seed=2 * seed)
        new = simulate(200, 2, ["level_walking"], seed=2 * seed + 1)
        X, Z = (
            curves_in_time(each.array(CHANNELS), each.cycles["cycle_duration_s"], 1.15)
            for each in (known, new)
        )
        early = EarlyClassifier(confidence=confidence).fit(
            X, known.cycles["pathology"], known.groups
        )
        told = early.predict(Z)
        right = (told["label"] == new.cycles["pathology"].to_numpy()).mean()
        answered = told["share"].notna().mean()
        found.append((answered, answered - right))
    answered, wrong = np.transpose(found)
    error = 1.96 * wrong.std(ddof=1) / np.sqrt(number)
    print(
        f"{number} simulated studies of 60 people, confidence {confidence:.0%}: of the cycles of new "
        f"people {answered.mean():.1%} are told, {wrong.mean():.1%} wrong (± {error:.1%}); in a single "
        f"study {wrong.min():.1%} to {wrong.max():.1%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--studies", type=int, default=0)
    parser.add_argument("--target", default="pathology")
    parser.add_argument("--where")
    asked = parser.parse_args()
    if asked.studies:
        studies(asked.studies, 0.9)
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
