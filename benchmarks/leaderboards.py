"""Leaderboards on measured people and on the embedded datasets.

    python benchmarks/leaderboards.py                                  # prints
    python benchmarks/leaderboards.py --recordings FOLDER --write-docs # and writes the page

``--recordings`` names the folder with the real recordings (``standard/``, ``raw/``); without it
the simulated boards alone are made. ``--only NAME`` makes the boards whose name has this; the
others stay on docs/reference/leaderboards.md as they are.
"""

import argparse
import logging
import os
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import cpu_count
from measured_page import DOCS, machine, write_part

from locomotion_analysis import LocomotionData, load_dataset
from locomotion_analysis.evaluation.leaderboard import Leaderboard, leaderboard, problem_of
from locomotion_analysis.ingest import convert, read_subjects
from locomotion_analysis.models.deep.legs import has_both_legs
from locomotion_analysis.models.supervised import PROBLEMS, Recipe
from locomotion_analysis.models.supervised.recipes import network
from locomotion_analysis.models.timeseries import (
    mini_rocket_classifier,
    multi_rocket_hydra_classifier,
)
from locomotion_analysis.reporting.markdown import markdown_table

PAGE = DOCS / "leaderboards.md"
SEEDS = range(5)
CURVE_NETWORKS = ("cnn", "gru", "lstm", "transformer", "two_leg")
"""Networks that read curves as they are; those that make images of them are slow."""

FEW, SOME = 8, 16
"""Strides of a person at most: more of the same person teach a model little."""

# Half of the healthy curves were cut at the other foot's contact, and none of the affected: with
# them a model tells how the curves were cut (see "Evaluate honestly").
IN_PHASE = "affected or (pathology == 'healthy' and side == 'right')"


@dataclass(frozen=True)
class Board:
    """One table of the page.

    Attributes
    ----------
    name : str
        Heading, and what ``--only`` is compared with.
    load : callable
        From the folder of recordings to the cycles.
    target : str
        Column that is predicted.
    beware : str
        What a reader should not conclude.
    n_splits : int
        Folds of subjects.
    """

    name: str
    load: Callable[[Path], LocomotionData]
    target: str
    beware: str
    n_splits: int = 5


def some_strides(data: LocomotionData, most: int) -> LocomotionData:
    """Return the first strides of each person and leg."""
    cycles = data.cycles
    keys = [name for name in ("dataset", "subject", "task", "side") if name in cycles]
    share = most // max(1, cycles["side"].nunique() if "side" in cycles else 1)
    return data.take(np.flatnonzero(cycles.groupby(keys, sort=False).cumcount() < share))


def standard(name: str, where: str | None = None) -> Callable[[Path], LocomotionData]:
    """Return what reads a file of the folder ``standard``."""

    def load(folder: Path) -> LocomotionData:
        data = LocomotionData.from_parquet(folder / "standard" / name)
        return data if where is None else data.select(where=where)

    return load


def insoles(folder: Path) -> LocomotionData:
    """Return the walks with pressure insoles; a record without a body mass is left out."""
    place = folder / "raw" / "insole_grf"
    return convert([place], subjects=read_subjects(place / "demographics.txt")).data


def children(folder: Path) -> LocomotionData:
    """Return the Plug-in-Gait walks straight ahead."""
    place = folder / "raw" / "c3d_plugin_gait"
    return convert([place]).data.select(where="task == 'level_walking'")


MEASURED = [
    Board(
        "hip osteoarthritis, measured",
        standard("hip_oa_phase.parquet", f"session == 'M0' and ({IN_PHASE})"),
        "pathology",
        "One laboratory, one channel, one curve a person: the healthy are decades younger, so part "
        "of this is age. Nothing follows for other joints or early disease.",
    ),
    Board(
        "running laboratories, measured",
        lambda folder: some_strides(standard("running_phase.parquet")(folder), FEW),
        "laboratory",
        "A warning and no finding: both laboratories recorded healthy runners at 2.5 m/s. Whatever "
        "tells them apart is equipment, markers and processing, and would pass for a disease if "
        "patients had come from one and controls from the other.",
    ),
    Board(
        "running, measured",
        lambda folder: some_strides(standard("running_phase.parquet")(folder), FEW),
        "age",
        "Nearly all runners are between 20 and 45 years old: that nothing predicts their age says "
        "little of other ages.",
    ),
    Board(
        "insoles, measured",
        lambda folder: some_strides(insoles(folder), SOME),
        "pathology",
        "Ten people. The interval is what this table is for: no order of models can be read off it.",
    ),
    Board(
        "healthy children, measured",
        children,
        "side",
        "Which leg a stride belongs to, in three healthy children, each left out in turn: a check "
        "that should fail. A score far from one half would be a sign that was turned on one side.",
        n_splits=3,
    ),
]


def embedded(name: str, problem: str, beware: str) -> Board:
    """Return the board of a simulated dataset."""
    target = PROBLEMS[problem].target
    return Board(f"{name}, simulated", lambda _: load_dataset(name), target, beware)


_NO_PERSON = "No person was measured: it ranks models on what the simulator knows of disease."
SIMULATED = [
    embedded("classification", "pathology", _NO_PERSON),
    embedded("classification", "task", "Slopes and stairs change curves far more than disease."),
    embedded("timeseries", "pathology", _NO_PERSON),
    embedded("clustering", "pathology", _NO_PERSON),
    embedded("regression", "age", "The simulated tie of gait to age is weak by intention."),
    embedded("regression", "bmi", "That nothing predicts it is as it should be."),
    embedded("regression", "speed", "Curves are functions of speed in the simulator."),
]


def curve_models(data: LocomotionData, kind: str) -> Iterator[Recipe]:
    """Yield rockets and networks that learn from the curves of the data."""
    channels = data.channels
    if kind == "classification":
        made = {
            "MiniRocket": mini_rocket_classifier,
            "MultiRocket-Hydra": multi_rocket_hydra_classifier,
        }
        for title, make in made.items():
            yield Recipe(title.lower(), title, kind, make(), channels=channels)
    for name in CURVE_NETWORKS:
        if name != "two_leg" or has_both_legs(channels):
            for seed in SEEDS:
                made = network(name, kind, channels, random_state=seed, device="cpu")
                yield replace(made, name=f"{name}:{seed}")


def middle_seeds(board: Leaderboard) -> tuple[Leaderboard, pd.DataFrame]:
    """Put the seeds of a network together: the one in the middle stands for all.

    Returns
    -------
    Leaderboard
        With one entry a model.
    DataFrame
        Its table; the score of a network is the mean over its seeds, and ``seed_range`` has the
        lowest and the highest.
    """
    metric = board.metric
    models = board.table["model"].str.partition(":")[0]
    middle = {}
    rows = []
    for _, of_model in board.table.groupby(models, sort=False):
        row = of_model.iloc[(len(of_model) - 1) // 2].copy()  # ordered by the score
        middle[row["model"]] = True
        row["seed_range"] = ""
        if len(of_model) > 1:
            low, high = of_model[metric].min(), of_model[metric].max()
            row["seed_range"] = f"{low:.3g} to {high:.3g}"
            row[metric] = of_model[metric].mean()
        rows.append(row)
    table = pd.DataFrame(rows).drop(columns="model")
    kept = tuple(entry for entry in board.entries if entry.recipe.name in middle)
    return replace(board, entries=kept), table.sort_values(
        metric, ascending=metric == "mae", kind="stable"
    )


def counted(of_people: pd.Series) -> str:
    """Say how many people have each value of the target, or what its mean is."""
    if of_people.groupby(level=0).nunique().max() > 1:
        return "each with several values of it"
    people = of_people.groupby(level=0).first()
    if people.dtype.kind == "f" or people.nunique() >= 10:
        return f"{people.mean():.3g} on average"
    numbers = people.value_counts(sort=False).sort_index()
    return ", ".join(f"{n} {value}" for value, n in numbers.items())


def part(board: Board, folder: Path, jobs: int) -> list[str]:
    """Return the paragraphs of one board."""
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = board.load(folder)
        problem = problem_of(data, board.target)
        recipes = problem.recipes()
        if not data.is_simulated:
            recipes += curve_models(data, problem.kind)
        found = leaderboard(
            data, board.target, recipes, problem=problem, n_splits=board.n_splits, n_jobs=jobs
        )
    table = found.table_of
    people = pd.Series(table.y.to_numpy(), index=np.asarray(table.groups))
    shown, scores = middle_seeds(found)
    whose = "Simulated: no person was measured." if data.is_simulated else "Measured people."
    lines = [
        f"## {board.name}: {found.table_of.y.name}",
        (
            f"{whose} {len(table.X):,} cycles of {people.index.nunique()} subjects ({counted(people)}), "
            f"{table.X.shape[1]:,} features, {len(data.channels)} channels, "
            f"{board.n_splits} folds."
        ),
        markdown_table(scores),
        " ".join(shown.verdict),
        f"Beware: {board.beware}",
        *(f"- Caution: {each}" for each in _once(found.cautions)),
        f"Measured {machine()}, seed 0 (networks 0 to 4), {time.perf_counter() - started:.0f} s.",
    ]
    print("\n\n".join(lines), flush=True)
    return lines


def _once(cautions: Iterable[str]) -> list[str]:
    """Leave out what says the same of another number: every network counts curves with gaps."""
    return list({re.sub(r"\d[\d,]*", "", each): each for each in cautions}.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--only", default="", help="make the boards whose name has this")
    parser.add_argument("--recordings", type=Path, help="folder of the real recordings")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    boards = [*(MEASURED if asked.recordings else []), *SIMULATED]
    for board in boards:
        if asked.only in f"{board.name}: {board.target}":
            lines = part(board, asked.recordings, asked.jobs)
            if asked.write_docs:
                write_part(f"{board.name}: {board.target}", lines, PAGE)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
