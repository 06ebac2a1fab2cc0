"""Models compared on the same folds of the same people, and what may be said of the best."""

import logging
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.evaluation.audit import single_scores
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.metrics import ERRORS, METRICS_OF
from locomotion_analysis.evaluation.study_inputs import (
    kept_warnings,
    study_features,
    study_folds,
    study_target,
)
from locomotion_analysis.evaluation.study_result import cautions
from locomotion_analysis.evaluation.subject_scores import PairedComparison, paired_comparison
from locomotion_analysis.models.supervised import PROBLEMS, Problem, Recipe
from locomotion_analysis.models.supervised.recipes import Kind, paired_features, paired_target
from locomotion_analysis.processes import end_with_parent, workers_replaced_silently
from locomotion_analysis.progress import Progress, as_stage, silent
from locomotion_analysis.reporting.names import METRIC_NAMES, number_text, p_equals
from locomotion_analysis.selection.splitters import Fold
from locomotion_analysis.standard import canonical_name

__all__ = ["Entry", "Leaderboard", "leaderboard"]

_logger = logging.getLogger(__name__)

_SHOWN = 5
_SEES = {
    "majority": "which looks at nothing and always names the largest class",
    "mean": "which looks at nothing and always predicts the mean",
    "speed_only": "which looks at walking speed alone",
    "before_only": "which looks at the gait before treatment alone",
}
"""What each baseline looks at."""


@dataclass(frozen=True)
class TrainingTable:
    """Features and target, one row a cycle (a leg, of treatment).

    Attributes
    ----------
    problem : Problem
        What is predicted, and the recipes for it.
    data : LocomotionData
        The cycles that have a target, with their curves.
    X : DataFrame, shape (n_rows, n_features)
        Features with the key of each row as index.
    y : Series, shape (n_rows,)
        Target.
    cycles : DataFrame, shape (n_rows, ...)
        The other columns known of each row.
    units : dict
        Unit of each feature.
    notes : tuple of str
        What was left out or assumed.
    cautions : tuple of str
        What in the data itself calls for caution (see :func:`~locomotion_analysis.evaluation.study_result.cautions`).
    groups_of_features : tuple of str
        Groups that the features are of.
    """

    problem: Problem
    data: LocomotionData
    X: pd.DataFrame
    y: "pd.Series[Any]"
    cycles: pd.DataFrame
    units: dict[str, str]
    notes: tuple[str, ...]
    cautions: tuple[str, ...]
    groups_of_features: tuple[str, ...]

    @property
    def groups(self) -> NDArray[Any]:
        """Subject of each row."""
        return self.X.index.get_level_values("subject").to_numpy()

    @property
    def kind(self) -> Kind:
        """Kind of target."""
        return self.problem.kind

    def inputs(self, recipe: Recipe) -> Any:
        """Return what a recipe learns from: the features, or curves (n_cycles, 150, n_channels)."""
        return self.data.array(list(recipe.channels)) if recipe.channels else self.X


def problem_of(data: LocomotionData, target: str) -> Problem:
    """Return the problem whose target a column is, or the one whose kind of target it holds.

    Raises
    ------
    TargetError
        If there is no such column.
    """
    name = target if target in data.cycles else canonical_name(target)
    for problem in PROBLEMS.values():
        if problem.target == name:
            return problem
    kind = study_target(data, target).kind
    return PROBLEMS["pathology" if kind == "classification" else "age"]


def training_table(
    data: LocomotionData,
    target: str,
    problem: Problem,
    progress: Progress = silent,
    features: Sequence[str] | None = None,
) -> TrainingTable:
    """Extract the features that a model may learn the target from.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    target : str
        Column to predict.
    problem : Problem
        What kind of prediction it is.
    progress : callable
        Called as ``progress(stage, done, total)``.
    features : sequence of str, optional
        Feature groups, or of a table of features columns; all where None.

    Raises
    ------
    TargetError
        If the target is absent, has one value, or does not fit the kind of problem.
    SchemaError
        If no feature is left, or treatment's sessions are not known.
    """
    with kept_warnings() as warned:
        asked = study_target(data, target)
        y = asked.values  # noqa: PD011 - a field of ours, not pandas'
        if problem.kind == "classification":
            y = pd.Series(np.asarray(y.to_list()), index=y.index, name=y.name)
        elif not pd.api.types.is_numeric_dtype(y):
            raise TargetError(
                expected=f"numbers, to train {problem.name}",
                got=f"{y.iloc[0]!r}",
                where=f"column {y.name}",
                fix="name a column of numbers, or another problem",
            )
        else:
            y = y.astype(float)
        table = study_features(asked, problem.kind, progress, features)
    dropped = len(data) - len(asked.data)
    rows = "cycles" if data.channels else "rows"
    notes = [f"{dropped:,} {rows} without {asked.target} left out"] if dropped else []
    notes += [f"{each.name}: {each.reason}" for each in table.missed]
    notes += list(table.notes)
    X, cycles = table.frame, asked.data.cycles
    units = {spec.name: spec.unit for spec in table.specs}
    if problem.paired:
        paired, told = paired_features(X, cycles)
        y = paired_target(y, cycles, paired)
        units = {name: units[name.rsplit("_", 1)[0]] for name in map(str, paired)}
        paired.attrs = dict(X.attrs)
        X, cycles, notes = paired, paired.index.to_frame(index=False), notes + told
    beware = (*cautions(asked.data, asked.labels), *warned)
    groups = dict.fromkeys(spec.group for spec in table.specs)
    return TrainingTable(
        problem, asked.data, X, y, cycles, units, tuple(notes), beware, tuple(groups)
    )


@dataclass(frozen=True)
class Entry:
    """One model: its recipe, the evaluator's results, how long it took and what it held.

    Attributes
    ----------
    recipe : Recipe
        What was evaluated.
    results : dict
        What the evaluator returned.
    seconds : float
        Wall time of all folds.
    peak_bytes : int or None
        Most memory of the process it ran in; None where the system does not tell.
    """

    recipe: Recipe
    results: dict[str, Any]
    seconds: float
    peak_bytes: int | None


@dataclass(frozen=True)
class Leaderboard:
    """Models compared on the same folds of the same people.

    Attributes
    ----------
    table_of : TrainingTable
        Features and target.
    entries : tuple of Entry
        Best first; of equal scores the simpler (a baseline, then the order of the recipes).
    folds : list of (train, test)
        Row positions.
    random_state : int
        Seed of everything.
    cautions : tuple of str
        Reasons to doubt the scores.
    notes : tuple of str
        What was left out.
    """

    table_of: TrainingTable
    entries: tuple[Entry, ...]
    folds: list[Fold]
    random_state: int
    cautions: tuple[str, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        shown = self.table.set_index("model")[[self.metric, "low", "high"]].round(3)
        return f"Leaderboard of {self.table_of.y.name}, best first\n{shown.to_string()}"

    def _repr_html_(self) -> str:
        shown: str = self.table.to_html(index=False, float_format="{:.3g}".format)
        return (
            f"<div><strong>Leaderboard</strong> of {escape(str(self.table_of.y.name))}{shown}</div>"
        )

    @property
    def metric(self) -> str:
        """The score models are ordered by: ``balanced_accuracy`` or ``mae``."""
        return METRICS_OF[self.table_of.kind][0]

    @property
    def winner(self) -> Entry:
        """The first."""
        return self.entries[0]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a model: score with its 95 % interval over subjects, further scores.

        Columns ``model``, ``title``, the first metric with ``low`` and ``high``, the other
        metrics, and for classes ``roc_auc`` (mean of one class against the rest; NaN without
        probabilities). Errors are in the target's unit.
        """
        first, *others = METRICS_OF[self.table_of.kind]
        rows = []
        for entry in self.entries:
            low, high = entry.results["intervals"][first]
            row = {
                "model": entry.recipe.name,
                "title": entry.recipe.title,
                first: entry.results[first],
                "low": low,
                "high": high,
                **{name: entry.results[name] for name in others},
            }
            if self.table_of.kind == "classification":
                row["roc_auc"] = _auc(entry.results)
            rows.append(row)
        return pd.DataFrame(rows)

    def comparison(self, model: str) -> PairedComparison:
        """Compare the winner (a) with another model (b) by name.

        Parameters
        ----------
        model : str
            Name of the other model.

        Raises
        ------
        KeyError
            If it is not on the board.
        """
        other = {entry.recipe.name: entry for entry in self.entries}[model]
        return paired_comparison(self.winner.results, other.results, self.metric)

    @cached_property
    def verdict(self) -> tuple[str, ...]:
        """What may be said of the winner, in sentences."""
        score = self.table.iloc[0]
        first = self.winner.recipe
        sentences = [
            (
                f"{first.title} leads with a {METRIC_NAMES[self.metric].lower()} of "
                f"{number_text(score[self.metric])} (95 % interval "
                f"{number_text(score['low'])} to {number_text(score['high'])} over "
                f"{self.winner.results['n_subjects']} subjects)."
            )
        ]
        if len(self.entries) > 1:
            sentences.append(
                f"It is the best of {len(self.entries)} by these same scores, so its own is "
                "slightly too good."
            )
        if first.baseline:
            sentences.append(
                f"No model does better than {first.title.lower()}, {_SEES[first.name]}."
            )
        others = self.entries[1:]
        if others:
            sentences.append(self._against(others[0], "the next"))
        for baseline in _SEES:
            known = [entry for entry in others[1:] if entry.recipe.name == baseline]
            sentences += [self._against(entry, "the baseline") for entry in known]
        return tuple(sentences)

    def _against(self, other: Entry, place: str) -> str:
        found = self.comparison(other.recipe.name)
        low, high = found.interval
        figures = (
            f"difference {number_text(found.difference, signed=True)}, 95 % interval "
            f"{number_text(low, signed=True)} to {number_text(high, signed=True)}, "
            f"{p_equals(found.p_value)}, corrected resampled t test"
        )
        words = "distinguishable" if found.better == "a" else "not distinguishable"
        return f"It is {words} from {place}, {other.recipe.title.lower()} ({figures})."


def ordered(entries: Sequence[Entry], metric: str) -> tuple[Entry, ...]:
    """Put the best first; ties stay in the given order."""
    sign = 1.0 if metric in ERRORS else -1.0
    return tuple(sorted(entries, key=lambda entry: sign * float(entry.results[metric])))


def _auc(results: dict[str, Any]) -> float:
    table, classes = results["predictions"], results["classes"]
    names = [f"probability_{label}" for label in classes]
    if not set(names) <= set(table):
        return float("nan")
    probability, true = table[names].to_numpy(), table["y_true"].to_numpy()
    areas = [
        roc_auc_score(true == label, probability[:, number]) for number, label in enumerate(classes)
    ]
    return float(np.mean(areas))


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
    features: Sequence[str] | None = None,
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
    features : sequence of str, optional
        Feature groups, or of a table of features columns; all where None.
    n_splits : int
        Outer folds; no subject is in two.
    random_state : int
        Seed of folds, models and intervals. The same seed gives the same numbers, whatever
        `n_jobs` is.
    n_jobs : int
        Processes, each with one model at a time; the models themselves use one core. Networks
        are trained one after the other in this process, on the device asked for.
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
    step = progress or silent
    table = training_table(data, target, asked, step, features)
    _, folds = study_folds(table.kind, table.y, table.groups, n_splits, random_state)
    usable, unusable = _usable(recipes or asked.recipes(random_state), table)
    found, warned = _evaluated(usable, table, folds, random_state, n_jobs, step)
    return Leaderboard(
        table_of=table,
        entries=ordered(found, METRICS_OF[table.kind][0]),
        folds=folds,
        random_state=random_state,
        cautions=tuple(dict.fromkeys((*table.cautions, *_told(suspicions(table, folds)), *warned))),
        notes=(*table.notes, *unusable),
    )


def _usable(recipes: Sequence[Recipe], table: TrainingTable) -> tuple[list[Recipe], list[str]]:
    """Return the recipes that the features suffice for, and why the others are left out."""
    columns = [str(name) for name in table.X]
    lacking = {recipe.name: recipe.lacks(columns) for recipe in recipes}
    # A row that is a leg before and after treatment is no curve.
    paired = table.problem.paired
    other = [each.name for each in recipes if each.kind != table.kind or (paired and each.channels)]
    kept = [each for each in recipes if not lacking[each.name] and each.name not in other]
    if other or not kept:
        raise SchemaError(
            expected=f"recipes for a {table.kind}{' of paired features' * paired}",
            got=", ".join(other or lacking) or "none",
            where="recipes",
            fix=f"choose among {', '.join(table.problem.models)}",
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
    shared = (table.y, table.groups, folds, random_state)
    step("models", 0, len(recipes))
    finished: list[_Finished] = []
    # The last recipes take longest: they start first, so that no process waits for one at the end.
    order = range(len(recipes) - 1, -1, -1)
    jobs = [
        delayed(_evaluate)(at, recipes[at], table.X, *shared, None)
        for at in order
        if not recipes[at].channels
    ]
    workers = Parallel(n_jobs=min(n_jobs, len(jobs)) or 1, return_as="generator_unordered")
    with workers_replaced_silently():
        for one in workers(jobs):
            finished.append(one)
            step("models", len(finished), len(recipes))
    for at, recipe in enumerate(recipes):
        if recipe.channels:
            told = as_stage(step, f"{recipe.title}, folds")
            finished.append(_evaluate(at, recipe, table.inputs(recipe), *shared, told))
            step("models", len(finished), len(recipes))
    finished.sort(key=lambda one: one.position)
    for one in finished:
        # An array of curves has no attributes that could say so.
        one.entry.results["simulated"] = table.data.is_simulated
    texts = dict.fromkeys(text for one in finished for text in one.warned)
    return [one.entry for one in finished], _told(list(texts))


def _evaluate(
    position: int,
    recipe: Recipe,
    X: Any,
    y: "pd.Series[Any]",
    groups: NDArray[Any],
    folds: list[Fold],
    random_state: int,
    progress: Progress | None,
) -> _Finished:
    evaluator = BiomechanicalModelEvaluator(random_state=random_state)
    classes = recipe.kind == "classification"
    run = evaluator.evaluate_classification if classes else evaluator.evaluate_regression
    if not recipe.channels:
        end_with_parent()
    started = time.perf_counter()
    # Processes run side by side: more threads in each would only wait for each other. A network
    # is alone and takes what it needs.
    with (
        threadpool_limits(None if recipe.channels else 1),
        kept_warnings(ours_go_on=False) as warned,
    ):
        results = run(recipe.model(random_state), X, y, groups, cv=folds, progress=progress)
    seconds = time.perf_counter() - started
    return _Finished(position, Entry(recipe, results, seconds, peak_bytes()), warned)


def _told(texts: list[str]) -> list[str]:
    for text in texts:
        warnings.warn(text, LocomotionWarning, stacklevel=3)
    return texts


def suspicions(table: TrainingTable, folds: list[Fold]) -> list[str]:
    """Return a sentence for each reason to doubt the scores before looking at them.

    Parameters
    ----------
    table : TrainingTable
        Features and target.
    folds : list of (train, test)
        Folds of subjects.
    """
    told = []
    if table.kind == "classification":
        told += subject_in_disguise(table.y, table.groups)
    y = table.y.to_numpy()
    # Of a table of features the columns are the features: none is looked at twice.
    others = table.cycles if table.data.channels else table.cycles.drop(columns=list(table.X))
    found = single_scores(table.X, others, str(table.y.name), y, table.kind, folds)
    perfect = [each for each in found if each.degree == "perfectly"]
    inside = [each.name for each in perfect if each.place == "feature"]
    outside = [each.name for each in perfect if each.place != "feature"]
    if outside:
        # No danger as long as they are no features: a line in the log is enough.
        _logger.warning(
            "columns that tell %s perfectly, and are not among the features: %s; must not be added",
            table.y.name,
            _named(outside),
        )
    if inside:
        told.append(
            f"Each of these features tells {table.y.name} perfectly by itself, on people it was "
            f"not chosen on: {_named(inside)}. Make sure that it is measured before the target is "
            "known."
        )
    return told


def subject_in_disguise(y: "pd.Series[Any]", groups: NDArray[Any]) -> list[str]:
    """Return a warning where most classes have one subject each.

    Parameters
    ----------
    y : Series of shape (n_rows,)
        Classes.
    groups : ndarray of shape (n_rows,)
        Subject of each row.

    Examples
    --------
    >>> import numpy as np
    >>> subject_in_disguise(pd.Series(list("aabb"), name="shoe"), np.array([1, 1, 2, 2]))[0][:45]
    '2 of 2 values of shoe belong to one subject e'
    """
    people = pd.Series(groups).groupby(y.to_numpy()).nunique()
    alone = int((people == 1).sum())
    if alone * 2 < len(people):
        return []
    return [
        (
            f"{alone} of {len(people)} values of {y.name} belong to one subject each: predicting it "
            "is recognising people, and a model cannot name a value of somebody it has not met."
        )
    ]


def _named(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def peak_bytes() -> int | None:
    """Return the most memory this process has held so far; None where the system does not tell.

    Examples
    --------
    >>> peak = peak_bytes()
    >>> peak is None or peak > 10_000_000
    True
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
