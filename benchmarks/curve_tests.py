"""How often tests of whole curves find an effect that is none, and how fast permutations are.

    python benchmarks/curve_tests.py                # prints
    python benchmarks/curve_tests.py --write-docs   # and writes docs/reference/curve-tests.md

Beside them runs spm1d, the field's reference, where it is installed (GPL-3: it is no dependency of
the package; install it into an environment of its own). Curves are drawn without any difference between groups; counted is how often a test at alpha = 0.05
finds one anywhere on the curve.
"""

import argparse
import importlib
from importlib.metadata import version
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
10,000 exchanges, {people} against {people} curves of {nodes} points, two-tailed, processor time on one core in one
run, least of three. {reference}

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


def reference():
    """Return spm1d's permutation tests, or None; and which was compared with, in words."""
    try:
        tests = importlib.import_module("spm1d").stats.nonparam
    except ImportError:
        return None, "spm1d is not installed here, and so is not beside them."
    return tests, (
        f"Beside them spm1d {version('spm1d')}, whose permutations have no covariate beside groups; "
        "*limit* is the critical t that each finds; of other exchanges it differs by 0.03."
    )


def timed(function):
    """Return the least processor time of three calls, and what was returned."""
    times = []
    for _ in range(3):
        start = process_time()
        found = function()
        times.append(process_time() - start)
    return min(times), found


def speed(theirs):
    rng = np.random.default_rng(1)
    y, x = smooth(rng, 2 * PEOPLE), rng.normal(size=2 * PEOPLE)
    first, second = y[:PEOPLE], y[PEOPLE:]
    design = np.column_stack([np.repeat([0.0, 1.0], PEOPLE), np.ones(2 * PEOPLE), x])
    tests = {
        "two groups, equal variances": (permutation.ttest2(first, second, True), "ttest2", (first, second)),
        "two groups, Welch": (permutation.ttest2(first, second), None, ()),
        "a covariate": (permutation.regress(y, x), "regress", (y, x)),
        "two groups and a covariate": (permutation.glm(y, design, [1.0, 0.0, 0.0]), None, ()),
    }  # fmt: skip
    lines = ["| test | seconds | limit |", "|---|---|---|"]
    if theirs is not None:
        lines = [
            "| test | seconds | limit | spm1d, seconds | its limit | ratio |",
            "|" + 6 * "---|",
        ]
    for name, (test, other, given) in tests.items():
        seconds, found = timed(test.inference)
        row = f"| {name} | {seconds:.3f} | {found.zstar:.3f} |"
        if theirs is not None and other is not None:
            test = getattr(theirs, other)(*given)
            beside, limit = timed(
                lambda test=test: test.inference(0.05, two_tailed=True, iterations=10_000).zstar
            )
            row += f" {beside:.3f} | {limit:.3f} | {beside / seconds:.0f} |"
        elif theirs is not None:
            row += " | | |"
        lines.append(row)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    theirs, said = reference()
    lines = ["| curves | test | found, % |", "|---|---|---|"]
    lines += [
        f"| {case} | {test} | {share:.1f} |" for (case, test), share in rows(asked.sets).items()
    ]
    page = PAGE.format(
        sets=asked.sets, error=196 * np.sqrt(0.05 * 0.95 / asked.sets), machine=machine(),
        rates="\n".join(lines), fwhm=FWHM, nodes=NODES, people=PEOPLE, iterations=ITERATIONS,
        few=6, strides=STRIDES, reference=said, speed=speed(theirs),
    )  # fmt: skip
    print(page)
    if asked.write_docs:
        (DOCS / "curve-tests.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
