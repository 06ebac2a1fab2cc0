"""Measure published figures of gait on simulated or other cycles."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError, SchemaError
from revalidation.bands import ADULTS, DIFFICULTY, REALISM, SERIES
from revalidation.cohort import simulated_adults, simulated_cohort, simulated_series
from revalidation.figure import Figure, check, compare
from revalidation.page import write_page
from revalidation.published import FURTHER
from revalidation.report import as_text, comparison_cells, figure_cells


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures.

    Returns
    -------
    int
        0 if all that the data allows are within their bands, 1 if one is outside, 2 if the data
        cannot be read or allows none.
    """
    asked = _arguments(argv)
    try:
        return _judge(asked)
    except LocomotionError as error:
        print(error, file=sys.stderr)
        return 2


def _judge(asked: argparse.Namespace) -> int:
    data = _data(asked)
    what = _in_words(data, asked)
    print(what, end="\n\n")
    figures = _figures(data, asked)
    _refuse_nothing(figures, what)
    print(as_text(figure_cells(figures)))
    comparisons = list(compare(data, FURTHER))
    known = [comparison for comparison in comparisons if not comparison.missing]
    print(f"\nFurther published figures ({len(known)} of {len(comparisons)} in the data)\n")
    print(as_text(comparison_cells(known)))
    print(f"\n{_verdicts(figures)}")
    if asked.write_docs:
        write_page(f"{what} {_verdicts(figures)}", figures, comparisons)
    return 1 if any(figure.verdict == "outside" for figure in figures) else 0


def _figures(data: LocomotionData, asked: argparse.Namespace) -> list[Figure]:
    """Judge the data by all bands; simulated people by those they were simulated for."""
    recorded = asked.data is not None
    series = data if recorded else simulated_series(asked.seed)
    adults = data if recorded else simulated_adults(asked.seed)
    return [
        *check(data, REALISM),
        *check(series, SERIES),
        *check(adults, ADULTS),
        *check(data, DIFFICULTY),
    ]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m revalidation", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="Parquet of cycles; else the simulator")
    parser.add_argument("--subjects", type=int, default=120, help="healthy subjects to simulate")
    parser.add_argument("--cycles", type=int, default=6, help="cycles of each subject and task")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write-docs", action="store_true", help="renew docs/reference/realism.md")
    asked = parser.parse_args(argv)
    if asked.write_docs and asked.data is not None:
        parser.error("--write-docs is for the simulator: leave out the file")
    return asked


def _data(asked: argparse.Namespace) -> LocomotionData:
    if asked.data is None:
        return simulated_cohort(asked.subjects, asked.cycles, asked.seed)
    data = LocomotionData.from_parquet(asked.data)
    for channel in data.channels:
        if np.isinf(data.curves(channel)).any():
            raise SchemaError(
                expected="finite values, NaN where nothing was measured",
                got="an infinite value",
                where=f"{asked.data}, {channel}",
                fix="run locomotion validate on the file",
            )
    return data


def _in_words(data: LocomotionData, asked: argparse.Namespace) -> str:
    people = len(data.cycles[["dataset", "subject"]].drop_duplicates())
    size = f"{len(data):,} cycles of {people:,} people"
    if asked.data is None:
        return (
            f"Simulated: {size} (python -m revalidation --subjects {asked.subjects} "
            f"--cycles {asked.cycles} --seed {asked.seed})."
        )
    who = "" if "pathology" in data.cycles else " No column pathology: all count as healthy."
    gaps = _n_cycles_with_gaps(data)
    if gaps:
        who += f" {gaps:,} cycles lack a channel that others have: not counted where it is read."
    return f"{asked.data}: {size}{' (simulated)' if data.is_simulated else ''}.{who}"


def _n_cycles_with_gaps(data: LocomotionData) -> int:
    lacking = np.zeros(len(data), dtype=bool)
    for channel in data.channels:
        lacking |= np.isnan(data.curves(channel)).any(axis=1)
    return int(lacking.sum())


def _refuse_nothing(figures: Sequence[Figure], what: str) -> None:
    if all(figure.missing for figure in figures):
        raise SchemaError(
            expected="cycles that at least one check can be made on",
            got=f"none of {len(figures)} figures; the first: {figures[0].missing}",
            where=what,
            fix="see locomotion info for its tasks and channels",
        )


def _verdicts(figures: Sequence[Figure]) -> str:
    found = [figure.verdict for figure in figures]
    kinds = ("ok", "outside", "not in the data")
    return ", ".join(f"{found.count(kind)} {kind}" for kind in kinds) + "."
