"""How often prediction limits hold the truth of new people, by people and by rows.

    python benchmarks/conformal_coverage.py                # prints
    python benchmarks/conformal_coverage.py --write-docs   # and writes docs/reference/conformal-coverage.md

People are drawn whose level depends on what is known of them only in part, and of each a number of
cycles. A model of nearest neighbours is fitted, limits for 90 % are set by the package's own
functions, and counted is how often they hold the truth of new people. Beside it: the usual split by
rows, in which cycles of one person stand on both sides.
"""

import argparse
import warnings
from itertools import product

import numpy as np
from measured_page import DOCS, machine
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.statistics import SubjectConformal

PEOPLE = (40, 80)
CYCLES = 8
LIKENESS = (0.2, 0.5, 0.8)
NEW = 30
COVERAGE = 0.9
NEIGHBOURS = {False: 5, True: 40}  # of a number, of a class

PAGE = """# How often prediction limits hold the truth of new people

`SubjectConformal` and the limits of bundles take people for what is exchangeable, not cycles. This
page measures how often they hold the truth of {new} new people, and how often the usual split by rows
does. Made by `python benchmarks/conformal_coverage.py --write-docs`, {repeats} repeats a cell, asked
for 90 %. {machine}.

## A number
A person's value depends on one thing that is known of them and on as much that is not; *likeness* is
the share of the variance of what is not explained that lies between people, each of whom has
{cycles} cycles. Three further things are known (as age, height and mass), which say nothing but who it
is. The model is the mean of the {k} nearest neighbours; a split sets half aside, CV+ has five folds. Each
entry: percent of the new people's cycles whose value is inside, each person weighing the same; in
brackets the width, in standard deviations of the value.

{numbers}

Cycles of people whom the model knows are near their own neighbours: their errors are too small for
somebody new, and limits set on them hold too seldom, the more so the more alike a person's cycles are.
{judged}

## A class
Two classes, of about as many people each, that overlap; the shares of the {k_class} nearest neighbours.
Percent of the new people's cycles whose class is in the set; in brackets the mean size of the set.

{classes}

The error of an entry is at most {error:.1f} points (95 %, over repeats).

## Sources
- Lee Y, Barber RF, Willett R (2023). Distribution-free inference with hierarchical data.
  arXiv:2306.06342.
- Barber RF, Candès EJ, Ramdas A, Tibshirani RJ (2021). Predictive inference with the jackknife+. Ann
  Stat.
"""


def drawn(rng, people, likeness, classes):
    """Return features, targets and people: what is known of a person is the same in every cycle."""
    known = rng.normal(size=(people, 4))
    own = known[:, 0] + np.sqrt(likeness) * rng.normal(size=people)
    person = np.repeat(np.arange(people), CYCLES)
    value = own[person] + np.sqrt(1 - likeness) * rng.normal(size=len(person))
    X = known[person] + 0.05 * rng.normal(size=(len(person), 4))
    if classes:
        label = (own + 0.5 * rng.normal(size=people) > 0).astype(int)
        return X, np.where(label == 1, "stroke", "healthy")[person], person
    return X, value, person


def limits(model, method, X, y, people, X_new):
    """Return what holds, as (low, high) or as a set a row."""
    groups = people
    if method == "split by rows":
        # Every cycle stands for a person of its own.
        groups, method = np.arange(len(people)), "split"
    # Half is set aside by the splits, so that there are people enough for the coverage.
    folds = 2 if method == "split" else 5
    made = SubjectConformal(model, method=method, coverage=COVERAGE, n_splits=folds)
    with warnings.catch_warnings():
        # Of classes with too few people in a draw: they stand in every set.
        warnings.simplefilter("ignore", LocomotionWarning)
        return made.fit(X, y, groups).predict(X_new)


METHODS = {"split": "split by people", "cv+": "CV+ by people", "split by rows": "split by rows"}


def cell(people, likeness, repeats, classes):
    """Return coverage and width (or size) of each method, one row a repeat."""
    rng = np.random.default_rng([people, round(100 * likeness), classes])
    found = np.empty((repeats, len(METHODS), 2))
    for repeat in range(repeats):
        X, y, person = drawn(rng, people, likeness, classes)
        X_new, y_new, _ = drawn(rng, NEW, likeness, classes)
        for place, method in enumerate(METHODS):
            model = (KNeighborsClassifier if classes else KNeighborsRegressor)(NEIGHBOURS[classes])
            table = limits(model, method, X, y, person, X_new)
            if classes:
                inside = np.array(
                    [one in held for one, held in zip(y_new, table["set"], strict=True)]
                )
                found[repeat, place] = inside.mean(), table["set"].map(len).mean()
            else:
                low, high = (np.asarray(table[end]) for end in ("low", "high"))
                inside = (low <= y_new) & (y_new <= high)
                found[repeat, place] = inside.mean(), (high - low).mean() / np.sqrt(2)
    return found


def measured(repeats, classes):
    lines = [
        "| people | likeness | " + " | ".join(METHODS.values()) + " |",
        "|---|---|" + "---|" * len(METHODS),
    ]
    cells, error = {}, 0.0
    for people, likeness in product(PEOPLE, LIKENESS):
        found = cell(people, likeness, repeats, classes)
        mean = found.mean(axis=0)
        error = max(error, 196 * float(found[:, :, 0].std(axis=0).max()) / np.sqrt(repeats))
        shown = [
            f"{100 * cover:.0f} ({size:.2f})"
            if np.isfinite(size)
            else f"{100 * cover:.0f} (infinite)"
            for cover, size in mean
        ]
        lines.append(f"| {people} | {likeness:g} | " + " | ".join(shown) + " |")
        cells[people, likeness] = 100 * mean[:, 0]
    return "\n".join(lines), cells, error


def judged(cells):
    values = np.array(list(cells.values()))
    names = list(METHODS.values())
    return " ".join(
        f"{name[0].upper()}{name[1:]}: {column.min():.0f} to {column.max():.0f} %."
        for name, column in zip(names, values.T, strict=True)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    numbers, cells, error = measured(asked.repeats, classes=False)
    classes, _, other = measured(asked.repeats, classes=True)
    page = PAGE.format(
        new=NEW,
        k=NEIGHBOURS[False],
        k_class=NEIGHBOURS[True],
        cycles=CYCLES,
        repeats=asked.repeats,
        machine=machine(),
        numbers=numbers,
        judged=judged(cells),
        classes=classes,
        error=max(error, other),
    )
    print(page)
    if asked.write_docs:
        (DOCS / "conformal-coverage.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
