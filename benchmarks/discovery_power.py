"""How often `discover` finds groups where there are none, and misses those there are.

    python benchmarks/discovery_power.py [--repeats 200]

Scores of people are drawn from one Gaussian population, or from groups whose means lie some within-group
standard deviations apart along one component, and tested as `discover` does.
"""

import argparse

import numpy as np
from scipy.stats import binomtest

from locomotion_analysis.models.unsupervised import FunctionalPCA, one_population_p

SPREADS = {
    "1 component": (1.0,),
    "4 falling components": (1.0, 0.7, 0.5, 0.35),
    "4 equal components": (1.0,) * 4,
    "8 equal components": (1.0,) * 8,
}
CASES = ((1, 15, 0.0), (1, 30, 0.0), (1, 60, 0.0), (2, 15, 3.0), (2, 15, 4.0), (2, 15, 5.5),
         (2, 30, 4.0), (3, 15, 4.0), (3, 15, 5.5))  # fmt: skip


def drawn(rng, groups, each, apart, spread):
    people = rng.normal(size=(groups * each, len(spread))) * spread
    people[:, 0] += apart * spread[0] * np.repeat(np.arange(groups), each)
    centred = people - people.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2].T


def curves_of(rng, people):
    """Curves of 150 points whose components are the people's scores."""
    phase = np.linspace(0, 2 * np.pi, 150)
    shapes = np.stack([np.sin((place + 1) * phase) for place in range(people.shape[1])])
    return (people @ shapes)[:, :, None] + rng.normal(0, 0.05, (len(people), 150, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    print(f"{repeats} draws a row; told: p of one population at most 0.05 (95 % interval)")
    for name, spread in SPREADS.items():
        for groups, each, apart in CASES:
            rng = np.random.default_rng([groups, each, int(10 * apart), len(spread)])
            told = 0
            for _ in range(repeats):
                people = drawn(rng, groups, each, apart, np.array(spread))
                if name.startswith("4 falling"):
                    people = FunctionalPCA(0.9).fit_transform(curves_of(rng, people))
                told += one_population_p(people, np.arange(len(people)), 99) <= 0.05
            low, high = binomtest(told, repeats).proportion_ci()
            what = f"{groups} x {each}" + (f", {apart:g} SD apart" if groups > 1 else "")
            print(
                f"{name:22s} {what:22s} {told / repeats:6.1%} ({low:.1%} to {high:.1%})", flush=True
            )


if __name__ == "__main__":
    main()
