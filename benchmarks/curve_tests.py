"""How often tests of whole curves find an effect that is none, and how fast permutations are.

    python benchmarks/curve_tests.py                # prints
    python benchmarks/curve_tests.py --write-docs   # and writes docs/reference/curve-tests.md

Curves are drawn without any difference between groups; counted is how often a test at alpha = 0.05
finds one anywhere on the curve.
"""

import argparse
from time import process_time

import numpy as np
import pandas as pd
from measured_page import DOCS, machine
from scipy.ndimage import gaussian_filter1d

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.statistics import compare, permutation, ttest, ttest2

NODES, FWHM, PEOPLE = 101, 20.0, 10
STRIDES = 10
ITERATIONS = 500
CHANNEL = "knee_flexion_angle_ipsi_rad"

PAGE = """# How often curve tests find what is not there

Two groups, or one group against zero, drawn from the same population: whatever a test finds is
wrong. Counted is the share of data sets in which it finds something anywhere on the curve, at
α = 0.05 over the whole curve. Made by `python benchmarks/curve_tests.py --write-docs`, {sets:,} seeded
data sets a row: a share of 5 % is measured to within {error:.1f} points (95 %). {machine}.

{rates}

- *Smooth normal curves*: white noise smoothed by a Gaussian of FWHM {fwhm:g} of {nodes} nodes; the
  assumptions of random field theory hold.
- *Rough skewed curves*: exponentials of noise of FWHM 4, minus their mean; random field theory is
  then careful, and so finds less than it could. Two groups of
  {people} people each; permutation takes {iterations} exchanges.
- *Strides as people*: two groups of {few} people, {strides} strides each; people differ as much as their
  strides. A test that takes strides for people answers another question than was asked.
  `compare` averages the strides of each person first.

## Speed of permutations
10,000 exchanges, {people} against {people} curves of {nodes} points, processor time on one core:

{speed}
"""


def smooth(rng, n, width=FWHM, nodes=NODES):
    """Normal curves of unit variance; the ends of a longer strip are cut off."""
    sigma = width / np.sqrt(8 * np.log(2))
    edge = int(4 * sigma) + 1
    noise = gaussian_filter1d(rng.normal(size=(n, nodes + 2 * edge)), sigma, axis=1)
    return noise[:, edge:-edge] * np.sqrt(2 * sigma * np.sqrt(np.pi))


def skewed(rng, n):
    return np.exp(smooth(rng, n, 4.0)) - np.exp(0.5)


def rows(sets):
    rng = np.random.default_rng(0)
    half, both = PEOPLE, 2 * PEOPLE
    few = 6
    counts: dict[tuple[str, str], int] = {}

    def count(case, test, found):
        counts[case, test] = counts.get((case, test), 0) + bool(found)

    options = {"iterations": ITERATIONS}
    person = np.repeat(np.arange(2 * few), STRIDES)
    table = {
        "subject": person,
        "task": "level_walking",
        "step": np.tile(np.arange(STRIDES), 2 * few),
        "pathology": np.where(person < few, "healthy", "stroke"),
    }
    cycles = pd.DataFrame(table)
    for _ in range(sets):
        y = smooth(rng, both)
        case = "smooth normal curves, two groups"
        count(case, "RFT, equal variances", ttest2(y[:half], y[half:], True).inference().h0reject)
        count(case, "RFT, Welch", ttest2(y[:half], y[half:]).inference().h0reject)
        found = permutation.ttest2(y[:half], y[half:], True).inference(**options)
        count(case, "permutation", found.h0reject)
        case = "smooth normal curves, one group"
        count(case, "RFT", ttest(y).inference().h0reject)
        count(case, "permutation", permutation.ttest(y).inference(**options).h0reject)
        y = skewed(rng, both)
        case = "rough skewed curves, two groups"
        count(case, "RFT, equal variances", ttest2(y[:half], y[half:], True).inference().h0reject)
        found = permutation.ttest2(y[:half], y[half:], True).inference(**options)
        count(case, "permutation", found.h0reject)
        y = smooth(rng, 2 * few, nodes=150)[person] + smooth(rng, len(person), nodes=150)
        case = "strides as people"
        first = person < few
        count(
            case, "strides counted as people, RFT", ttest2(y[first], y[~first]).inference().h0reject
        )
        data = LocomotionData(cycles, y[None], [CHANNEL])
        found = compare(data, f"{CHANNEL} ~ pathology", equal_var=True).effects[0].inference
        count(case, "compare (default: people), RFT", found.h0reject)
    return {key: 100.0 * value / sets for key, value in counts.items()}


def speed():
    rng = np.random.default_rng(1)
    y = smooth(rng, 2 * PEOPLE)
    design = np.column_stack([np.repeat([0.0, 1.0], PEOPLE), np.ones(20), rng.normal(size=20)])
    tests = {
        "two groups, equal variances": permutation.ttest2(y[:PEOPLE], y[PEOPLE:], True),
        "two groups, Welch": permutation.ttest2(y[:PEOPLE], y[PEOPLE:]),
        "two groups and a covariate": permutation.glm(y, design, [1.0, 0.0, 0.0]),
    }
    lines = ["| test | seconds |", "|---|---|"]
    for name, test in tests.items():
        times = []
        for _ in range(5):
            start = process_time()
            test.inference()
            times.append(process_time() - start)
        lines.append(f"| {name} | {min(times):.3f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    lines = ["| curves | test | found, % |", "|---|---|---|"]
    lines += [
        f"| {case} | {test} | {share:.1f} |" for (case, test), share in rows(asked.sets).items()
    ]
    page = PAGE.format(
        sets=asked.sets, error=196 * np.sqrt(0.05 * 0.95 / asked.sets), machine=machine(),
        rates="\n".join(lines), fwhm=FWHM, nodes=NODES, people=PEOPLE, iterations=ITERATIONS,
        few=6, strides=STRIDES, speed=speed(),
    )  # fmt: skip
    print(page)
    if asked.write_docs:
        (DOCS / "curve-tests.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
