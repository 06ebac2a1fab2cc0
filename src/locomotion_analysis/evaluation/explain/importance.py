"""What a model loses on held-out subjects without a part of what it sees."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.explain.donors import donor_rows
from locomotion_analysis.evaluation.explain.task import Task
from locomotion_analysis.evaluation.folds import fit_folds
from locomotion_analysis.evaluation.inputs import Features, take_rows
from locomotion_analysis.evaluation.metric_sums import metric_values
from locomotion_analysis.progress import Progress

Exchange = Callable[[Features, Features, str], Features]
"""``(rows, rows of other subjects, part)`` to the rows with that part of the others."""


_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class GroupedImportance:
    """What each part is worth to a model.

    Attributes
    ----------
    table : DataFrame
        One row a part, the most important first: ``group``, ``n_features``, ``importance``
        (fall of balanced accuracy, or rise of the mean absolute error in the target's unit),
        ``low`` and ``high`` (95 % interval over subjects).
    score, interval : float, tuple of float
        Score of the untouched model, and its interval.
    metric : str
        ``balanced_accuracy`` or ``mae``.
    n_subjects, n_repeats : int
        Subjects held out, and draws of donors.
    simulated : bool
        Whether any of the data was simulated.
    """

    table: pd.DataFrame
    score: float
    interval: Interval
    metric: str
    n_subjects: int
    n_repeats: int
    simulated: bool

    @property
    def effect(self) -> str:
        """What the importance is, for the axis of a figure."""
        if self.metric == "mae":
            return "Rise of the mean absolute error"
        return "Fall of balanced accuracy"


def grouped_importance(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    feature_groups: Mapping[str, Sequence[str]],
    *,
    cv: Any = None,
    n_repeats: int = 10,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> GroupedImportance:
    """Permute whole groups of features between held-out subjects and see what the model loses.

    In each fold a copy of the model is fitted on the other subjects. Then, for the held-out
    subjects, all columns of a group are replaced together by those of another held-out subject
    (Breiman 2001, Mach Learn 45:5; in groups after Gregorutti et al. 2015, Comput Stat Data
    Anal 90:15, doi:10.1016/j.csda.2015.04.002). Jointly, because features of one joint stand in
    for each other, so that one at a time none seems to matter.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned in every fold. A classifier or a regressor.
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    y : array-like, shape (n_cycles,)
        Target.
    groups : array-like, shape (n_cycles,)
        Subject of each row.
    feature_groups : mapping of str to sequence of str
        Columns of each group, from :func:`feature_groups` or your own.
    cv : splitter or iterable of (train, test), optional
        Folds of subjects; five where None.
    n_repeats : int
        Draws of donors a fold.
    n_bootstrap : int
        Draws of subjects for the intervals.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    GroupedImportance
        Importance with intervals.

    Raises
    ------
    SchemaError
        If `X` is no table, or a group names columns it does not have.
    TargetError, SplitLeakError
        If there is one class, fewer subjects than folds, or a fold holds out one subject only.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 3)
    >>> X = pd.DataFrame({"tells": subjects % 2 + rng.normal(0, 0.1, 60), "noise": rng.normal(size=60)})
    >>> parts = {name: [name] for name in X}
    >>> found = grouped_importance(LogisticRegression(), X, subjects % 2, subjects, parts)
    >>> found.table["group"].tolist()
    ['tells', 'noise']
    """
    task = Task.of(model, X, y, groups, cv)
    frame = _table(task.X)
    _check_groups(feature_groups, frame)
    positions = {
        name: frame.columns.get_indexer(pd.Index(columns))
        for name, columns in feature_groups.items()
    }

    def exchange(rows: Features, others: Features, part: str) -> Features:
        return exchanged_columns(rows, others, positions[part])

    sizes = {name: len(columns) for name, columns in feature_groups.items()}
    return importance_of(
        task, model, sizes, exchange, n_repeats, (n_bootstrap, random_state), progress
    )


def importance_of(
    task: Task,
    model: Any,
    sizes: Mapping[str, int],
    exchange: Exchange,
    n_repeats: int,
    bootstrap: tuple[int, int],
    progress: Progress | None,
) -> GroupedImportance:
    """Return what each part is worth: the work behind tables and sequences alike."""
    base: NDArray[Any] = np.zeros(())
    without: dict[str, NDArray[Any]] = dict.fromkeys(sizes, np.zeros(()))
    rng = np.random.default_rng(bootstrap[1])
    for fold in fit_folds(model, task.X, task.y, task.folds, progress):
        held_out, subjects = take_rows(task.X, fold.test), task.subjects[fold.test]
        base = base + task.sums(fold.test, fold.predicted)
        draws = [donor_rows(subjects, rng) for _ in range(n_repeats)]
        for part in sizes:
            for predicted in _predictions(fold.model, held_out, draws, exchange, part):
                without[part] = without[part] + task.sums(fold.test, predicted) / n_repeats
    return _scored(task, base, without, sizes, n_repeats, bootstrap)


def _predictions(
    fitted: Any,
    held_out: Features,
    draws: list[NDArray[np.intp]],
    exchange: Exchange,
    part: str,
) -> Iterator[NDArray[Any]]:
    # Several draws at once, as one call costs a forest more than its rows do; few, for memory.
    at_once = max(1, _ROWS_AT_ONCE // len(held_out))
    for start in range(0, len(draws), at_once):
        some = draws[start : start + at_once]
        rows = take_rows(held_out, np.tile(np.arange(len(held_out)), len(some)))
        changed = exchange(rows, take_rows(held_out, np.concatenate(some)), part)
        yield from np.split(np.asarray(fitted.predict(changed)), len(some))


def _scored(
    task: Task,
    base: NDArray[Any],
    without: Mapping[str, NDArray[Any]],
    sizes: Mapping[str, int],
    n_repeats: int,
    bootstrap: tuple[int, int],
) -> GroupedImportance:
    weights = subject_weights(len(base), *bootstrap)
    sign = -1.0 if task.metric == "mae" else 1.0
    score, draws = (
        _score(task.metric, base),
        metric_values(task.metric, resampled_sums(weights, base)),
    )
    rows = []
    for part, sums in without.items():
        loss = sign * (draws - metric_values(task.metric, resampled_sums(weights, sums)))
        low, high = percentile_interval(loss)
        rows.append((part, sizes[part], sign * (score - _score(task.metric, sums)), low, high))
    table = pd.DataFrame(rows, columns=["group", "n_features", "importance", "low", "high"])
    return GroupedImportance(
        table=table.sort_values("importance", ascending=False, ignore_index=True, kind="stable"),
        score=score,
        interval=percentile_interval(draws),
        metric=task.metric,
        n_subjects=len(base),
        n_repeats=n_repeats,
        simulated=task.simulated,
    )


def _score(metric: str, sums: NDArray[Any]) -> float:
    return float(metric_values(metric, sums.sum(axis=0, keepdims=True))[0])


def exchanged_columns(
    rows: Features, others: Features, positions: NDArray[np.intp]
) -> pd.DataFrame:
    """Return the rows with some columns of the other rows."""
    frame, donors = pd.DataFrame(rows), pd.DataFrame(others)
    own = np.setdiff1d(np.arange(frame.shape[1]), positions)
    frame = frame.reset_index(drop=True)
    donors = donors.iloc[:, positions].reset_index(drop=True)
    order = np.argsort(np.concatenate([own, positions]))
    return pd.concat([frame.iloc[:, own], donors], axis=1).iloc[:, order]


def _table(X: Features) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    raise SchemaError(
        expected="a table of named features (DataFrame)",
        got=f"an array of {X.ndim} dimensions",
        where="X",
        fix="pass what prepare_ml_features returned; for sequences use sequence_importance",
    )


def _check_groups(groups: Mapping[str, Sequence[str]], frame: pd.DataFrame) -> None:
    unknown = [name for columns in groups.values() for name in columns if name not in frame.columns]
    if unknown or not groups or not all(len(columns) for columns in groups.values()):
        raise SchemaError(
            expected="groups of columns of X, none empty",
            got=f"no column {unknown[0]!r}" if unknown else "an empty group",
            where="feature_groups",
            fix="make them with feature_groups(X.columns, by=...)",
        )
