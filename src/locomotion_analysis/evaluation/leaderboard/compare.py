"""Evaluation of every recipe on the same folds of subjects."""

import time
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.leaderboard.board import Entry, Leaderboard, ordered
from locomotion_analysis.evaluation.leaderboard.memory import peak_bytes
from locomotion_analysis.evaluation.leaderboard.suspicions import suspicions
from locomotion_analysis.evaluation.leaderboard.training_table import (
    TrainingTable,
    problem_of,
    training_table,
)
from locomotion_analysis.models.supervised import Problem, Recipe
from locomotion_analysis.processes import end_with_parent
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv
from locomotion_analysis.selection.subject_folds import Fold


class _Finished(NamedTuple):
    position: int
    entry: Entry
    warned: list[str]


def leaderboard(
    data: LocomotionData,
    target: str,
    recipes: Sequence[Recipe] | None = None,
    *,
    problem: Problem | None = None,
    n_splits: int = 5,
    random_state: int = 0,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Leaderboard:
    """Compare models by nested cross-validation over subjects.

    Every recipe is evaluated on the same outer folds; what it tunes, calibrates or thresholds,
    it does on subjects of the training set of each fold.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    target : str
        Column of ``data.cycles`` to predict. Cycles without a value are left out and counted.
    recipes : sequence of Recipe, optional
        Models to compare; all of the problem where None.
    problem : Problem, optional
        What kind of prediction it is; by default the one of ``PROBLEMS`` with that target.
    n_splits : int
        Outer folds; no subject is in two.
    random_state : int
        Seed of folds, models and intervals. The same seed gives the same numbers, whatever
        `n_jobs` is.
    n_jobs : int
        Processes, each with one model at a time; the models themselves use one core.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Leaderboard
        Best first, with intervals over subjects and paired comparisons.

    Raises
    ------
    TargetError
        If the target is absent, has one value, or does not fit the problem.
    SplitLeakError
        If there are fewer subjects than folds.
    SchemaError
        If no recipe can be used with these data.

    Examples
    --------
    >>> from locomotion_analysis.models.supervised import pathology_detection
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> models = [pathology_detection(name) for name in ("majority", "speed_only")]
    >>> leaderboard(data, "pathology", models, n_splits=3).winner.recipe.name
    'speed_only'
    """
    asked = problem or problem_of(data, target)
    step = progress or _silent
    step("features", 0, 1)
    table = training_table(data, target, asked)
    step("features", 1, 1)
    folds = _folds(table, n_splits, random_state)
    usable, unusable = _usable(recipes or asked.recipes(random_state), table)
    found, warned = _evaluated(usable, table, folds, random_state, n_jobs, step)
    metric = "balanced_accuracy" if table.kind == "classification" else "mae"
    return Leaderboard(
        table_of=table,
        entries=ordered(found, metric),
        folds=folds,
        random_state=random_state,
        cautions=(*table.cautions, *_told(suspicions(table, folds)), *warned),
        notes=(*table.notes, *unusable),
    )


def _silent(stage: str, done: int, total: int) -> None:
    """Take a progress report and say nothing."""


def _folds(table: TrainingTable, n_splits: int, random_state: int) -> list[Fold]:
    splitter = SubjectStratifiedKFold if table.kind == "classification" else SubjectQuantileKFold
    return check_cv(splitter(n_splits, random_state), None, table.y, table.groups)


def _usable(recipes: Sequence[Recipe], table: TrainingTable) -> tuple[list[Recipe], list[str]]:
    """Return the recipes that the features suffice for, and why the others are left out."""
    columns = [str(name) for name in table.X]
    lacking = {recipe.name: recipe.lacks(columns) for recipe in recipes}
    other = [recipe.name for recipe in recipes if recipe.kind != table.kind]
    kept = [each for each in recipes if not lacking[each.name] and each.name not in other]
    if other or not kept:
        raise SchemaError(
            expected=f"recipes for a {table.kind}",
            got=", ".join(other or lacking) or "none",
            where="recipes",
            fix=f"use those of PROBLEMS[{table.problem.name!r}]",
        )
    notes = [
        f"model {name} left out: the features have no {', '.join(needs)}"
        for name, needs in lacking.items()
        if needs
    ]
    return kept, notes


def _evaluated(
    recipes: list[Recipe],
    table: TrainingTable,
    folds: list[Fold],
    random_state: int,
    n_jobs: int,
    step: Progress,
) -> tuple[list[Entry], list[str]]:
    # The last recipes take longest: they start first, so that no process waits for one at the end.
    order = range(len(recipes) - 1, -1, -1)
    jobs = (delayed(_evaluate)(at, recipes[at], table, folds, random_state) for at in order)
    workers = min(n_jobs, len(recipes))
    step("models", 0, len(recipes))
    finished: list[_Finished] = []
    for one in Parallel(n_jobs=workers, return_as="generator_unordered")(jobs):
        finished.append(one)
        step("models", len(finished), len(recipes))
    finished.sort(key=lambda one: one.position)
    texts = dict.fromkeys(text for one in finished for text in one.warned)
    return [one.entry for one in finished], _told(list(texts))


def _evaluate(
    position: int, recipe: Recipe, table: TrainingTable, folds: list[Fold], random_state: int
) -> _Finished:
    end_with_parent()
    evaluator = BiomechanicalModelEvaluator(random_state=random_state)
    classes = table.kind == "classification"
    run = evaluator.evaluate_classification if classes else evaluator.evaluate_regression
    started = time.perf_counter()
    # Processes run side by side: more threads in each would only wait for each other.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        results = run(recipe.model(random_state), table.X, table.y, table.groups, cv=folds)
    seconds = time.perf_counter() - started
    warned = []
    for each in caught:
        if issubclass(each.category, LocomotionWarning):
            warned.append(str(each.message))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return _Finished(position, Entry(recipe, results, seconds, peak_bytes()), warned)


def _told(texts: list[str]) -> list[str]:
    for text in texts:
        warnings.warn(text, LocomotionWarning, stacklevel=3)
    return texts
