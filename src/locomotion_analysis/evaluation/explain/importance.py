"""What a model loses on held-out subjects without a part of what it sees.

A part is a group of features of a table, or a window of the gait cycle on a channel of sequences.
It is taken away by putting that of another held-out subject in its place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_regressor

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.folds import (
    Features,
    check_features_in_training,
    check_groups_keep_people,
    checked_folds,
    checked_inputs,
    continuous_target,
    cycle_key,
    fit_folds,
    is_simulated,
    take_rows,
)
from locomotion_analysis.evaluation.metrics import (
    SCALES,
    Interval,
    check_classes_in_training,
    metric_jackknife,
)
from locomotion_analysis.evaluation.subject_scores import sums_of
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold
from locomotion_analysis.selection.splitters import Fold, class_codes, subject_codes

_N_SPLITS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """What is predicted for whom, and the folds it is tested on.

    Attributes
    ----------
    X : DataFrame or ndarray
        Features or sequences.
    y : ndarray, shape (n_cycles,)
        Target.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each row.
    names : ndarray, shape (n_subjects,)
        Names of the subjects.
    classes : ndarray or None
        Sorted classes; None for a regressor.
    folds : list of (train, test)
        Folds of subjects.
    simulated : bool
        Whether `X` says that it comes from simulated gait.
    """

    X: Features
    y: NDArray[Any]
    subjects: NDArray[np.intp]
    names: NDArray[Any]
    classes: NDArray[Any] | None
    folds: list[Fold]
    simulated: bool

    @classmethod
    def of(cls, model: Any, X: Any, y: Any, groups: Any, cv: Any) -> Self:
        """Check rows and target and list the folds.

        Raises
        ------
        SchemaError, TargetError, SplitLeakError
            As the evaluator.
        """
        features, key = checked_inputs(X, y, groups), cycle_key(X, y)
        classes: NDArray[Any] | None = None
        if is_regressor(model):
            values = continuous_target(y)
        else:
            codes, classes = class_codes(y)
            values = classes[codes]
        splitter = SubjectQuantileKFold if classes is None else SubjectStratifiedKFold
        folds, _ = checked_folds(cv or splitter(_N_SPLITS), key, values, groups, False)
        check_groups_keep_people(key, groups)
        if classes is not None:
            check_classes_in_training(class_codes(values)[0], classes, folds)
        check_features_in_training(features, folds)
        subjects, names = subject_codes(groups)
        return cls(features, values, subjects, names, classes, folds, is_simulated(X))

    @property
    def metric(self) -> str:
        """Balanced accuracy, or the mean absolute error."""
        return "mae" if self.classes is None else "balanced_accuracy"

    def sums(self, rows: NDArray[np.intp], predicted: NDArray[Any]) -> NDArray[np.float64]:
        """Return what each subject contributes to the metric with these predictions."""
        contribute = sums_of(self.y[rows], predicted.reshape(-1), self.classes)
        return np.asarray(contribute(self.subjects[rows], len(self.names)), dtype=np.float64)


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
    random_state : int
        Seed of the donors.
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
    frame = named_features(task.X)
    unknown = [
        name for columns in feature_groups.values() for name in columns if name not in frame.columns
    ]
    if unknown or not feature_groups or not all(map(len, feature_groups.values())):
        raise SchemaError(
            expected="groups of columns of X, none empty",
            got=f"no column {unknown[0]!r}" if unknown else "an empty group",
            where="feature_groups",
            fix="make them with feature_groups(X.columns, by=...)",
        )
    positions = {
        name: frame.columns.get_indexer(pd.Index(columns))
        for name, columns in feature_groups.items()
    }

    def exchange(rows: Features, others: Features, part: str) -> Features:
        return exchanged_columns(rows, others, positions[part])

    sizes = {name: len(columns) for name, columns in feature_groups.items()}
    return importance_of(task, model, sizes, exchange, n_repeats, random_state, progress)


def importance_of(
    task: Task,
    model: Any,
    sizes: Mapping[str, int],
    exchange: Exchange,
    n_repeats: int,
    random_state: int,
    progress: Progress | None,
) -> GroupedImportance:
    """Return what each part is worth: the work behind tables and sequences alike."""
    base: NDArray[Any] = np.zeros(())
    without: dict[str, NDArray[Any]] = dict.fromkeys(sizes, np.zeros(()))
    rng = np.random.default_rng(random_state)
    for fold in fit_folds(model, task.X, task.y, task.folds, progress, task.subjects):
        held_out, subjects = take_rows(task.X, fold.test), task.subjects[fold.test]
        base = base + task.sums(fold.test, fold.predicted)
        donors = [donor_rows(subjects, rng) for _ in range(n_repeats)]
        for part in sizes:
            for predicted in _predictions(fold.model, held_out, donors, exchange, part):
                without[part] = without[part] + task.sums(fold.test, predicted) / n_repeats
    # A score is of the subjects tested, and so are its interval and their number.
    tested = np.unique(task.subjects[np.concatenate([test for _, test in task.folds])])
    base = base[tested]
    sign = -1.0 if task.metric == "mae" else 1.0
    score = metric_jackknife(task.metric, base)
    rows = []
    for part, of_all in without.items():
        loss = sign * (score - metric_jackknife(task.metric, of_all[tested]))
        rows.append((part, sizes[part], float(loss.value), *loss.interval("number")))
    table = pd.DataFrame(rows, columns=["group", "n_features", "importance", "low", "high"])
    return GroupedImportance(
        table=table.sort_values("importance", ascending=False, ignore_index=True, kind="stable"),
        score=float(score.value),
        interval=score.interval(SCALES[task.metric]),
        metric=task.metric,
        n_subjects=len(base),
        n_repeats=n_repeats,
        simulated=task.simulated,
    )


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


def donor_rows(subjects: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw for each row a row of another subject.

    Each subject gets one donor, and nobody is his own: shuffling cycles would often hand a
    subject a neighbouring step of his own, which tells as much as the step itself.

    Parameters
    ----------
    subjects : ndarray of int, shape (n_rows,)
        Subject number of each row.
    rng : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Row positions; rows of the donor are drawn with replacement.

    Raises
    ------
    SplitLeakError
        If all rows are of one subject.

    Examples
    --------
    >>> donor_rows(np.array([0, 0, 1]), np.random.default_rng(0)).tolist()[:2]
    [2, 2]
    """
    codes = np.unique(subjects, return_inverse=True)[1]
    count = np.bincount(codes)
    if len(count) < 2:
        raise SplitLeakError(
            expected="at least two subjects among the held-out rows of every fold",
            got="one",
            where="test rows of a fold",
            fix="use fewer folds",
        )
    # A random ring: everyone gives to the next, so that nobody gets his own.
    ring = rng.permutation(len(count))
    donor = np.empty(len(count), dtype=np.intp)
    donor[ring] = np.roll(ring, -1)
    by_subject, start = np.argsort(codes, kind="stable"), np.cumsum(count) - count
    of_row = donor[codes]
    chosen: NDArray[np.intp] = by_subject[start[of_row] + rng.integers(0, count[of_row])]
    return chosen


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


def named_features(X: Features) -> pd.DataFrame:
    """Return the features as the table they must be.

    Raises
    ------
    SchemaError
        If they are an array.
    """
    if isinstance(X, pd.DataFrame):
        return X
    raise SchemaError(
        expected="a table of named features (DataFrame)",
        got=f"an array of {X.ndim} dimensions",
        where="X",
        fix="pass what prepare_ml_features returned; for sequences use sequence_importance",
    )


ALL_CHANNELS = "all channels"
WHOLE_CYCLE = "whole cycle"
Replacement = Literal["other_subject", "mean_curve"]


@dataclass(frozen=True, slots=True)
class PhaseImportance:
    """What each window of the gait cycle is worth to a sequence model.

    Attributes
    ----------
    table : DataFrame
        One row a window and channel, and a window over all channels, and a channel over the
        whole cycle: ``channel``, ``start`` and ``end`` (% of the cycle), ``importance``, ``low``
        and ``high`` (95 % interval over subjects).
    importance : GroupedImportance
        Score of the untouched model, metric, sizes.
    windows : ndarray, shape (n_windows, 2)
        Start and end of each window, % of the cycle.
    channels : tuple of str
        Channels.
    """

    table: pd.DataFrame
    importance: GroupedImportance
    windows: NDArray[np.float64]
    channels: tuple[str, ...]

    def curve(self, channel: str = ALL_CHANNELS) -> pd.DataFrame:
        """Return the windows of one channel, or of all channels at once, in order of phase."""
        if channel not in (*self.channels, ALL_CHANNELS):
            raise SchemaError(
                expected=f"one of {', '.join(self.channels)}, or {ALL_CHANNELS!r}",
                got=repr(channel),
                where="channel",
            )
        chosen = self.table[(self.table["channel"] == channel) & self.table["window"].ge(0)]
        return chosen.sort_values("start", ignore_index=True)

    def by_channel(self) -> pd.DataFrame:
        """Return the channels over the whole cycle, the most important first."""
        whole = self.table[self.table["window"].lt(0)]
        return whole.sort_values("importance", ascending=False, ignore_index=True)


def sequence_importance(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    cv: Any = None,
    n_windows: int = 10,
    replace_by: Replacement = "other_subject",
    n_repeats: int = 5,
    random_state: int = 0,
    progress: Progress | None = None,
) -> PhaseImportance:
    """Replace windows of the gait cycle of held-out subjects and see what the model loses.

    Parameters
    ----------
    model : scikit-learn estimator
        Takes ``(n_cycles, n_points, n_channels)``; cloned in every fold.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Sequences, from ``prepare_sequential_features``.
    y : array-like, shape (n_cycles,)
        Target.
    groups : array-like, shape (n_cycles,)
        Subject of each row.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    cv : splitter or iterable of (train, test), optional
        Folds of subjects; five where None.
    n_windows : int
        Windows of equal length that the cycle is cut into.
    replace_by : {"other_subject", "mean_curve"}
        *other_subject*: the same window of another held-out subject (permutation).
        *mean_curve*: the mean of the held-out subjects' curves there (occlusion), which takes
        away what is special without bringing in what is special of another.
    n_repeats : int
        Draws of donors a fold; occlusion needs one only.
    random_state : int
        Seed of the donors.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    PhaseImportance
        Importance of windows and channels with intervals.

    Raises
    ------
    SchemaError
        If `X` is not three-dimensional, or channels or windows do not fit it.
    TargetError, SplitLeakError
        As :func:`grouped_importance`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 2)
    >>> X = rng.normal(0, 0.1, (40, 20, 1))
    >>> X[:, 5:10, 0] += (subjects % 2)[:, None]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> found = sequence_importance(flat, X, subjects % 2, subjects, ["knee"], n_windows=4)
    >>> float(found.curve().set_index("start")["importance"].idxmax())
    25.0
    """
    task = Task.of(model, X, y, groups, cv)
    if isinstance(task.X, pd.DataFrame) or task.X.ndim != 3:
        raise SchemaError(
            expected="sequences of three dimensions (cycles, points, channels)",
            got=f"shape {task.X.shape}",
            where="X",
            fix="pass what prepare_sequential_features returned; for a table use grouped_importance",
        )
    check_channels(channels, task.X.shape[2])
    points = phase_windows(task.X.shape[1], n_windows)
    parts = _parts(points, channels)

    def exchange(rows: Features, others: Features, part: str) -> NDArray[Any]:
        chosen, channel = parts[part]
        changed: NDArray[Any] = np.array(rows)
        donors = others if replace_by == "other_subject" else np.nanmean(rows, axis=0)[None]
        where = np.ix_(np.arange(len(changed)), chosen, channel)
        changed[where] = donors[np.ix_(np.arange(len(donors)), chosen, channel)]
        return changed

    repeats = n_repeats if replace_by == "other_subject" else 1
    sizes = {name: len(chosen) * len(channel) for name, (chosen, channel) in parts.items()}
    found = importance_of(task, model, sizes, exchange, repeats, random_state, progress)
    edges = np.linspace(0, 100, n_windows + 1)
    windows = np.column_stack([edges[:-1], edges[1:]])
    table = found.table.drop(columns="n_features")
    named = table.pop("group").str.split("|", n=1, expand=True)
    number = named[0].astype(int).to_numpy()
    table.insert(0, "channel", named[1])
    table.insert(1, "window", number)
    table.insert(2, "start", np.where(number < 0, 0.0, windows[number, 0]))
    table.insert(3, "end", np.where(number < 0, 100.0, windows[number, 1]))
    if ALL_CHANNELS not in set(table["channel"]):
        # Of one channel, all channels are that one.
        alone = table[table["window"] >= 0].assign(channel=ALL_CHANNELS)
        table = pd.concat([table, alone], ignore_index=True)
    return PhaseImportance(table, found, windows, tuple(channels))


def _parts(
    points: list[NDArray[np.intp]], channels: Sequence[str]
) -> dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Name every window of every channel, every window of all, and every whole channel."""
    each, every = np.arange(len(channels)), np.concatenate(points)
    groups = {name: each[[position]] for position, name in enumerate(channels)}
    several = {ALL_CHANNELS: each} if len(channels) > 1 else {}
    windows = {
        f"{number}|{name}": (chosen, position)
        for name, position in {**groups, **several}.items()
        for number, chosen in enumerate(points)
    }
    return {**windows, **{f"-1|{name}": (every, position) for name, position in groups.items()}}


def check_channels(channels: Sequence[str], n_channels: int) -> None:
    """Check that there is a name for each channel of the sequences.

    Raises
    ------
    SchemaError
        If there are more or fewer, or two are the same.
    """
    if len(channels) != n_channels or len(set(channels)) != len(channels):
        raise SchemaError(
            expected=f"{n_channels} different channel names, one for each of the last axis",
            got=f"{len(channels)}: {', '.join(map(str, channels[:5]))}",
            where="channels",
            fix="pass the features you gave to prepare_sequential_features",
        )


def phase_windows(n_points: int, n_windows: int) -> list[NDArray[np.intp]]:
    """Return the points of each window of a cycle cut into windows of equal length.

    Raises
    ------
    SchemaError
        If there are more windows than points, or fewer than two.
    """
    if not 2 <= n_windows <= n_points:
        raise SchemaError(
            expected=f"2 to {n_points} windows", got=str(n_windows), where="n_windows"
        )
    return np.array_split(np.arange(n_points), n_windows)
