"""How often drift alarms on other people, and on a sensor that is 5 degrees off.

    python benchmarks/drift_power.py [--repeats 100]

120 people of the training and 20 now are drawn again and again from 320 simulated ones; in half of
the draws the knee sensor of the 20 is 5 degrees off.
"""

import argparse
import logging
import warnings

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import binomtest

from locomotion_analysis import LocomotionData
from locomotion_analysis.production.monitoring import measure_drift, people_of
from locomotion_analysis.production.monitoring.drift import sampled_curves
from locomotion_analysis.simulation import simulate

N_PEOPLE, N_REFERENCE, N_CURRENT = 320, 120, 20
CHANNEL, OFFSET_DEGREES = "knee_flexion_angle_ipsi_rad", 5.0


def prepared(data):
    warnings.simplefilter("ignore")
    logging.disable()
    X, _ = data.prepare_ml_features(target="pathology")
    features = X.set_axis(X.index.get_level_values("subject"))
    return features, sampled_curves(data), data.groups.astype(object), tuple(data.channels)


def of(everything, names):
    features, curves, subjects, channels = everything
    inside = np.isin(subjects, names)
    return people_of(
        features[features.index.isin(names)], curves[inside], subjects[inside], channels
    )


def one(seed, right, off):
    names = np.unique(right[2])
    drawn = np.random.default_rng(seed).permutation(names)
    reference = of(right, drawn[:N_REFERENCE])
    now = drawn[N_REFERENCE : N_REFERENCE + N_CURRENT]
    return [measure_drift(reference, of(each, now), 300, seed) for each in (right, off)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=100)
    repeats = parser.parse_args().repeats
    print(f"{N_REFERENCE} people of the training, {N_CURRENT} now, {repeats} draws")
    data = simulate(N_PEOPLE, 2, ["level_walking"], seed=3)
    block = np.array(data.block)
    block[data.channels.index(CHANNEL)] += np.radians(OFFSET_DEGREES)
    right, off = prepared(data), prepared(LocomotionData(data.cycles, block, data.channels))
    found = Parallel(n_jobs=-1)(delayed(one)(seed, right, off) for seed in range(repeats))
    for place, name in enumerate(("other people", f"{CHANNEL} {OFFSET_DEGREES:g} degrees off")):
        alarms = [pair[place].alarm for pair in found]
        low, high = binomtest(sum(alarms), repeats).proportion_ci()
        by_question = {
            question: np.mean([4 * pair[place].p_values[question] <= 0.05 for pair in found])
            for question in found[0][0].p_values
        }
        named = np.mean([pair[place].channels["channel"].iloc[0] == CHANNEL for pair in found])
        print(
            f"{name}: alarm in {np.mean(alarms):.1%} of {repeats} (95 % interval {low:.1%} to {high:.1%})"
        )
        print("  by question:", {name: f"{share:.0%}" for name, share in by_question.items()})
        print(f"  the knee is the farthest channel in {named:.0%}")


if __name__ == "__main__":
    main()
