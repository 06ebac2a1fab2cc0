"""The leak audit: one model under honest and dishonest folds, and what leaks in the data.

Folds of cycles let a subject stand on both sides of the split, folds of subjects do not; what the
first score more is optimism. It is measured for the target and for labels drawn at random for each
subject. The audit also asks how well features tell subjects apart, which single feature or column
tells the target alone, and which cycles are copies.
"""

import hashlib
import itertools
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import (
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
    TargetError,
)
from locomotion_analysis.evaluation.folds import (
    checked_inputs,
    cycle_key,
    is_simulated,
    open_identity,
    predict_held_out,
)
from locomotion_analysis.evaluation.metrics import (
    SCALES,
    Interval,
    metric_jackknife,
    metric_values,
    metrics_json,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.study_inputs import (
    MOST_NUMERIC_CLASSES,
    STUDY_AGGREGATIONS,
    kept_warnings,
    study_features,
    study_model,
    study_target,
)
from locomotion_analysis.evaluation.study_result import cautions
from locomotion_analysis.evaluation.subject_scores import sums_of
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv
from locomotion_analysis.selection.splitters import Fold, class_codes, run_folds, subject_codes

__all__ = [
    "Duplicates",
    "LeakAudit",
    "Optimism",
    "Recognition",
    "SingleScore",
    "leak_audit",
    "table_audit",
]

Kind = Literal["classification", "regression"]

POINTS = 100.0
"""Points in a score of one."""
PERFECT = 0.999
NEARLY_PERFECT = 0.95


@dataclass(frozen=True, slots=True)
class Optimism:
    """One model under folds of cycles and under folds of subjects.

    Attributes
    ----------
    ungrouped, grouped : float
        Score of all held-out cycles (balanced accuracy, or R²), mean of the draws of labels.
    ungrouped_interval, grouped_interval : tuple of float
        95 % intervals, bootstrapped over subjects (and draws of labels).
    points, points_interval : float, tuple of float
        Ungrouped minus grouped, times 100, and its interval on the same draws of subjects.
    n_draws : int
        Draws of labels; 1 for the target itself.
    """

    ungrouped: float
    grouped: float
    ungrouped_interval: Interval
    grouped_interval: Interval
    points: float
    points_interval: Interval
    n_draws: int


@dataclass(frozen=True, slots=True)
class Recognition:
    """Whether a cycle gives its subject away.

    Attributes
    ----------
    accuracy : float
        Share of held-out cycles whose nearest other cycle is of the same subject.
    chance : float
        The same share if cycles were drawn blindly: one over the number of subjects.
    n_subjects, n_cycles : int
        Subjects with at least two cycles, and their cycles.
    """

    accuracy: float
    chance: float
    n_subjects: int
    n_cycles: int


@dataclass(frozen=True, slots=True)
class SingleScore:
    """What one feature or column of the cycle table tells of the target.

    Attributes
    ----------
    name : str
        Feature or column.
    place : str
        ``"feature"`` or ``"column of the cycle table"``.
    score : float
        Balanced accuracy (R² of a number) of a small tree that sees nothing else, on folds of
        subjects.
    """

    name: str
    place: str
    score: float

    @property
    def degree(self) -> str | None:
        """``"perfectly"``, ``"nearly perfectly"``, or None where it is no giveaway."""
        if self.score >= PERFECT:
            return "perfectly"
        return "nearly perfectly" if self.score >= NEARLY_PERFECT else None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Copies among the cycles.

    Attributes
    ----------
    across_subjects : int
        Cycles that are a copy of a cycle of another subject.
    within_subjects : int
        Cycles that are a copy of an earlier cycle of the same subject only.
    examples : tuple of str
        The first groups of subjects that share a cycle.
    """

    across_subjects: int
    within_subjects: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeakAudit:
    """One model under folds of subjects and folds of cycles, and the leaks in the data.

    Attributes
    ----------
    target : str
        Column that was predicted.
    kind : {"classification", "regression"}
        What the target's values asked for.
    n_classes : int
        Classes; 0 for a number.
    n_cycles, n_subjects, n_features : int
        Sizes.
    cycles_per_subject : tuple of int
        Smallest, median and largest number of cycles of a subject.
    model : str
        The model in words.
    n_splits, seed : int
        Folds, and the seed of folds, model and random labels.
    on_target, on_random : Optimism
        Scores for the target, and for labels drawn at random for each subject.
    recognition : Recognition or None
        How well the features tell subjects apart.
    between_subject_share : float
        Median over the features of the share of variance between subjects (ICC).
    constant_features : tuple of str
        Features that are one value in all cycles of each subject.
    single_scores : tuple of SingleScore
        The most telling single features and columns, best first.
    duplicates : Duplicates
        Cycles that are copies.
    disguised : bool
        Whether each subject has a class of its own.
    left_out : tuple of (str, str)
        Features that were not computed, and why.
    cautions : tuple of str
        What to know of the data before believing a score.
    simulated : bool
        Whether any of the data was simulated.
    provenance : dict
        Files with hashes, versions, platform, time.
    """

    target: str
    kind: Kind
    n_classes: int
    n_cycles: int
    n_subjects: int
    n_features: int
    cycles_per_subject: tuple[int, int, int]
    model: str
    n_splits: int
    seed: int
    on_target: Optimism
    on_random: Optimism
    recognition: Recognition | None
    between_subject_share: float
    constant_features: tuple[str, ...]
    single_scores: tuple[SingleScore, ...]
    duplicates: Duplicates
    disguised: bool
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    simulated: bool
    provenance: dict[str, Any]

    @property
    def metric(self) -> str:
        """The score: balanced accuracy, or R² of a number."""
        return "balanced accuracy" if self.kind == "classification" else "R²"

    @property
    def giveaways(self) -> tuple[SingleScore, ...]:
        """Single features and columns that tell the target perfectly or nearly so."""
        return tuple(each for each in self.single_scores if each.degree)

    @property
    def leaks(self) -> bool:
        """Whether the data itself leaks: grouped folds alone do not mend that."""
        return bool(self.giveaways or self.duplicates.across_subjects or self.disguised)

    @property
    def effective_cycles(self) -> float:
        """Independent cycles that the cycles are worth.

        Cycles over the design effect 1 + (m − 1) ICC, m the mean number of cycles a subject
        (Kish 1965, Survey Sampling).
        """
        mean = self.n_cycles / self.n_subjects
        return self.n_cycles / (1 + (mean - 1) * self.between_subject_share)

    def table(self) -> pd.DataFrame:
        """Return one row for each kind of label: both scores, intervals, optimism in points."""
        rows = {"target": self.on_target, "random label for each subject": self.on_random}
        frame = pd.DataFrame([asdict(each) for each in rows.values()])
        kinds = ("ungrouped", "grouped", "points")
        for name in kinds:
            ends = frame.pop(f"{name}_interval")
            frame[f"{name}_low"], frame[f"{name}_high"] = ends.str[0], ends.str[1]
        parts = [f"{name}{end}" for name in kinds for end in ("", "_low", "_high")]
        frame.insert(0, "labels", list(rows))
        return frame[["labels", *parts, "n_draws"]]

    def to_json(self) -> dict[str, Any]:
        """Return everything as types that ``json.dumps(..., allow_nan=False)`` takes."""
        return metrics_json({"metric": self.metric, **asdict(self)})


def leak_audit(
    data: LocomotionData,
    target: str,
    *,
    model: Any = "forest",
    features: Sequence[str] | None = None,
    aggregations: Sequence[str] = STUDY_AGGREGATIONS,
    n_splits: int = 5,
    n_draws: int = 5,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> LeakAudit:
    """Measure how much a model's score owes to the same people on both sides of the split.

    The same model is cross-validated over folds of cycles, which let a subject's cycles stand
    on both sides, and over folds of subjects; first for the target, then for labels drawn at
    random for each subject, about which nothing can be known. What the ungrouped folds score
    more is optimism.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles, or a table of features
        (:meth:`~locomotion_analysis.LocomotionData.from_features`).
    target : str
        Column of ``data.cycles`` to predict. A number with more than ten different values is
        regression, all else classification. Cycles without a value are dropped.
    model : {"forest", "linear"} or scikit-learn estimator
        What is cross-validated; cloned in every fold.
    features : sequence of str, optional
        Feature groups, or of a table of features columns; all that the data can give where None.
    aggregations : sequence of str
        Statistics of every curve.
    n_splits : int
        Folds.
    n_draws : int
        Draws of random labels.
    n_bootstrap : int
        Draws of subjects for the intervals.
    random_state : int
        Seed.
    source : path-like, optional
        File or folder that `data` was read from, for the record.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    LeakAudit
        Scores, optimism in points, and the leaks in the data.

    Raises
    ------
    TargetError
        If the target is absent, the subject itself, or has one value only.
    SplitLeakError
        If there are fewer subjects than folds.
    SchemaError
        If `n_draws` is below one.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=10, n_cycles=4, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["kinematic"], n_splits=2, n_draws=2
    ... )
    >>> audit.on_random.ungrouped > 0.8, audit.on_random.grouped < 0.8
    (True, True)
    """
    step = progress or silent
    with kept_warnings() as warned:
        asked = study_target(data, target)
        estimator, words = study_model(model, asked.kind, random_state)
        subjects = _enough_subjects(asked.data.groups, n_splits, n_draws)
        table = study_features(asked, asked.kind, step, features, aggregations)
    cycles = asked.data.cycles
    if asked.data.channels:
        duplicates = duplicated_cycles(asked.data)
    else:
        cycles = cycles.drop(columns=list(table.frame))  # the columns are the features
        duplicates = duplicated_rows(table.frame, asked.data.groups)
    found = _audited(
        table.frame,
        asked.values.infer_objects().to_numpy(),  # noqa: PD011 - a field
        subjects,
        (asked.target, asked.kind),
        (estimator, words),
        cycles,
        (n_splits, n_draws, n_bootstrap, random_state),
        step,
    )
    return replace(
        found,
        duplicates=duplicates,
        left_out=tuple((entry.name, entry.reason) for entry in table.left_out),
        cautions=tuple(dict.fromkeys(cautions(asked.data, asked.labels) + warned)),
        simulated=data.is_simulated,
        provenance=provenance(source_files(source)),
    )


def table_audit(
    X: pd.DataFrame,
    y: Any,
    groups: Any,
    *,
    model: Any = "forest",
    n_splits: int = 5,
    n_draws: int = 5,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> LeakAudit:
    """Audit a table of features of your own, as :func:`leak_audit` does gait cycles.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        Features: numbers alone.
    y : array-like of shape (n_rows,)
        Target; a number with more than ten different values is regression.
    groups : array-like of shape (n_rows,)
        Subject of each row.
    model, n_splits, n_draws, n_bootstrap, random_state, source, progress
        As of :func:`leak_audit`.

    Returns
    -------
    LeakAudit
        Scores, optimism in points, and the leaks in the table. Copies are rows whose features are
        all the same.

    Raises
    ------
    SchemaError
        If a feature is no number, lengths differ, or `n_draws` is below one.
    TargetError
        If the target is incomplete or has one value.
    SplitLeakError
        If subjects are unknown or fewer than the folds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> subjects = np.repeat([f"S{number}" for number in range(10)], 6)
    >>> X = pd.DataFrame({"knee": rng.normal(size=10).repeat(6) + rng.normal(0, 0.01, 60)})
    >>> audit = table_audit(X, np.arange(10).repeat(6) % 2, subjects, n_splits=2, n_draws=2)
    >>> audit.n_subjects, audit.on_random.ungrouped > audit.on_random.grouped
    (10, True)
    """
    texts = [str(name) for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    if texts:
        raise SchemaError(
            expected="features that are numbers",
            got=", ".join(texts[:_SHOWN]),
            where="columns of X",
            fix="leave these columns out, or turn them to numbers",
        )
    step = progress or silent
    with kept_warnings() as warned:
        features = checked_inputs(X, y, groups)
        subjects = _enough_subjects(groups, n_splits, n_draws)
        class_codes(y)  # complete, and of two values at least
        values = pd.Series(np.asarray(y)).infer_objects()
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        kind: Kind = "classification"
        if numeric and values.nunique() > MOST_NUMERIC_CLASSES:
            kind = "regression"
        estimator, words = study_model(model, kind, random_state)
        beware = open_identity(X, cycle_key(X, y), groups)
    name = getattr(y, "name", None)
    found = _audited(
        pd.DataFrame(features),
        values.to_numpy(),
        subjects,
        ("target" if name is None else str(name), kind),
        (estimator, words),
        pd.DataFrame({"subject": subjects}),
        (n_splits, n_draws, n_bootstrap, random_state),
        step,
    )
    return replace(
        found,
        duplicates=duplicated_rows(X, groups),
        cautions=tuple(dict.fromkeys(beware + warned)),
        simulated=is_simulated(X),
        provenance=provenance(source_files(source)),
    )


def _enough_subjects(groups: Any, n_splits: int, n_draws: int) -> NDArray[np.intp]:
    """Return the number of each row's subject."""
    if n_draws < 1:
        raise SchemaError(
            expected="at least one draw of random labels",
            got=str(n_draws),
            where="n_draws",
            fix="use n_draws=5",
        )
    subjects, names = subject_codes(groups)
    # Two subjects a fold: each half of the coin needs one on both sides.
    if len(names) < 2 * 2 or len(names) < n_splits:
        raise SplitLeakError(
            expected=f"at least {max(4, n_splits)} subjects for {n_splits} folds",
            got=f"{len(names)} subject{'s' * (len(names) != 1)}",
            where="column subject",
            fix=f"use {len(names)} folds or fewer" if len(names) >= 4 else "add subjects",
        )
    return subjects


def _audited(
    X: pd.DataFrame,
    y: NDArray[Any],
    subjects: NDArray[np.intp],
    asked: tuple[str, Kind],
    model: tuple[Any, str],
    cycles: pd.DataFrame,
    settings: tuple[int, int, int, int],
    step: Progress,
) -> LeakAudit:
    """Audit a table, without its copies, cautions and origin."""
    (target, kind), (estimator, words) = asked, model
    n_splits, n_draws, n_bootstrap, random_state = settings
    if y.dtype == object:
        y = y.astype(str)
    classes = np.unique(y) if kind == "classification" else None
    people_of_class = pd.Series(subjects).groupby(y).nunique()
    disguised = classes is not None and bool((people_of_class == 1).all())
    split = _folds_of_named_subjects if disguised else _folds_of_subjects
    real = Labelling(
        y=y,
        classes=classes,
        ungrouped=_folds_of_cycles(y, kind, n_splits, random_state),
        grouped=split(y, subjects, kind, n_splits, random_state),
    )
    draws = [
        random_labelling(y, subjects, kind, n_splits, random_state + 1 + draw)
        for draw in range(n_draws)
    ]
    n_done = itertools.count()

    def one_more() -> None:
        step("cross-validations", next(n_done), 2 * (1 + n_draws))

    one_more()
    count = np.bincount(subjects)
    return LeakAudit(
        target=target,
        kind=kind,
        n_classes=0 if classes is None else len(classes),
        n_cycles=len(X),
        n_subjects=len(count),
        n_features=X.shape[1],
        cycles_per_subject=(int(count.min()), int(np.median(count)), int(count.max())),
        model=words,
        n_splits=n_splits,
        seed=random_state,
        on_target=optimism(estimator, X, [real], subjects, n_bootstrap, random_state, one_more),
        on_random=optimism(estimator, X, draws, subjects, n_bootstrap, random_state, one_more),
        recognition=recognition(X, subjects, random_state),
        between_subject_share=float(between_subject_share(X, subjects).median()),
        constant_features=tuple(constant_within(X, subjects)),
        single_scores=tuple(single_scores(X, cycles, target, y, kind, real.grouped)),
        duplicates=Duplicates(0, 0, ()),
        disguised=disguised,
        left_out=(),
        cautions=(),
        simulated=False,
        provenance={},
    )


# The same model under folds of cycles and of subjects


@dataclass(frozen=True, slots=True)
class Labelling:
    """Labels of all cycles, with both kinds of folds for them.

    Attributes
    ----------
    y : ndarray, shape (n_cycles,)
        Labels.
    classes : ndarray or None
        Sorted classes; None for a number.
    ungrouped, grouped : list of (train, test)
        Folds of cycles, and of subjects.
    """

    y: NDArray[Any]
    classes: NDArray[Any] | None
    ungrouped: list[Fold]
    grouped: list[Fold]


def optimism(
    model: Any,
    X: pd.DataFrame,
    labellings: list[Labelling],
    subjects: NDArray[np.intp],
    n_bootstrap: int,
    random_state: int,
    step: Callable[[], None],
) -> Optimism:
    """Score a model under both kinds of folds, over one or several labellings of the cycles.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned in every fold.
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    labellings : list of Labelling
        The target itself, or draws of random labels.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.
    n_bootstrap : int
        Draws of subjects for each labelling.
    random_state : int
        Seed.
    step : callable
        Called after each cross-validation.
    """
    n_subjects = int(subjects.max()) + 1
    weights = subject_weights(n_subjects, n_bootstrap, random_state)
    values, draws, left = [], [], []
    for labels in labellings:
        metric = "r2" if labels.classes is None else "balanced_accuracy"
        for folds in (labels.ungrouped, labels.grouped):
            held_out = predict_held_out(model, X, labels.y, folds, groups=subjects)
            contribute = sums_of(labels.y[held_out.rows], held_out.predicted, labels.classes)
            sums = contribute(subjects[held_out.rows], n_subjects)
            values.append(float(metric_values(metric, sums.sum(axis=0, keepdims=True))[0]))
            draws.append(metric_values(metric, resampled_sums(weights, sums)))
            left.append(metric_jackknife(metric, sums))
            step()
    means = float(np.mean(values[::2])), float(np.mean(values[1::2]))
    if len(labellings) == 1:
        change = POINTS * (left[0] - left[1])
        intervals = [each.interval(SCALES[metric]) for each in left] + [change.interval("number")]
    else:
        ungrouped, grouped = np.concatenate(draws[::2]), np.concatenate(draws[1::2])
        varied = (ungrouped, grouped, POINTS * (ungrouped - grouped))
        intervals = [percentile_interval(each) for each in varied]
    return Optimism(
        ungrouped=means[0],
        grouped=means[1],
        ungrouped_interval=intervals[0],
        grouped_interval=intervals[1],
        points=POINTS * (means[0] - means[1]),
        points_interval=intervals[2],
        n_draws=len(labellings),
    )


def random_labelling(
    y: NDArray[Any], subjects: NDArray[np.intp], kind: Kind, n_splits: int, seed: int
) -> Labelling:
    """Draw a label for each subject: heads or tails, or the number of another subject.

    Half of the subjects are heads (a classification, whatever its classes), so that chance is
    0.5 in balanced accuracy. For a number the subjects' means change hands. All cycles of a
    subject share the label: a model can be right about them only by recognising the subject.

    Parameters
    ----------
    y : ndarray, shape (n_cycles,)
        The target.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.
    kind : {"classification", "regression"}
        Kind of target.
    n_splits : int
        Folds.
    seed : int
        Seed of labels and folds.
    """
    rng = np.random.default_rng(seed)
    count = np.bincount(subjects)
    if kind == "classification":
        of_subject = rng.permutation(np.arange(len(count)) % 2)
    else:
        of_subject = rng.permutation(np.bincount(subjects, weights=y.astype(float)) / count)
    values = of_subject[subjects]
    with warnings.catch_warnings():
        # Few subjects in a class are told of for the target itself.
        warnings.simplefilter("ignore", LocomotionWarning)
        grouped = _folds_of_subjects(values, subjects, kind, n_splits, seed)
    return Labelling(
        y=values,
        classes=np.array([0, 1]) if kind == "classification" else None,
        ungrouped=_folds_of_cycles(values, kind, n_splits, seed),
        grouped=grouped,
    )


def _folds_of_cycles(y: NDArray[Any], kind: Kind, n_splits: int, random_state: int) -> list[Fold]:
    """Split cycles as if they were independent: what the audit shows the harm of."""
    splitter = StratifiedKFold if kind == "classification" else KFold
    folds = splitter(n_splits, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return run_folds(folds, np.zeros((len(y), 1)), y, None)


def _folds_of_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects, so that nobody is on both sides.

    Raises
    ------
    SplitLeakError
        If there are fewer subjects than folds.
    """
    splitter = SubjectStratifiedKFold if kind == "classification" else SubjectQuantileKFold
    return check_cv(splitter(n_splits, random_state), None, y, subjects)


def _folds_of_named_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects although the classes name them, so that no class can be kept in proportion."""
    try:
        with warnings.catch_warnings():
            # That each class has one subject is the finding, told in the verdict.
            warnings.simplefilter("ignore", LocomotionWarning)
            return _folds_of_subjects(y, subjects, kind, n_splits, random_state)
    except TargetError:
        return check_cv(GroupKFold(n_splits), None, y, subjects)


# How well features tell subjects apart, and how alike the cycles of a subject are


_MOST_FOLDS = 5


def recognition(
    X: pd.DataFrame, subjects: NDArray[np.intp], random_state: int
) -> Recognition | None:
    """Name the subject of held-out cycles by the nearest cycle of the others.

    Features are filled with the median and scaled, both fitted on the training cycles of the
    fold; features that are the same in all cycles of each subject are left out, since they
    would name the subject by themselves.

    Returns
    -------
    Recognition or None
        None where no two subjects have two cycles each, or no feature varies within a subject.
    """
    count = np.bincount(subjects)
    rows = np.flatnonzero(count[subjects] > 1)
    names = np.unique(subjects[rows])
    varying = X.columns.difference(constant_within(X, subjects), sort=False)
    if len(names) < 2 or varying.empty:
        return None
    values, of_row = X[varying].to_numpy()[rows], subjects[rows]
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        KNeighborsClassifier(n_neighbors=1),
    )
    folds = StratifiedKFold(
        min(_MOST_FOLDS, int(count[names].min())), shuffle=True, random_state=random_state
    )
    right = 0
    with warnings.catch_warnings():
        # As many subjects as half the cycles is what many gait datasets look like.
        warnings.filterwarnings("ignore", message="The number of unique classes is greater")
        for train, test in folds.split(values, of_row):
            predicted = model.fit(values[train], of_row[train]).predict(values[test])
            right += int(np.sum(predicted == of_row[test]))
    return Recognition(right / len(rows), 1 / len(names), len(names), len(rows))


def constant_within(X: pd.DataFrame, subjects: NDArray[np.intp]) -> list[str]:
    """Name the features that are one value in all cycles of each subject and differ between them.

    Speed set for the session, height, and the variability between strides are of this kind.
    A subject of one cycle tells nothing.
    """
    values = X.to_numpy(float)
    several = np.bincount(subjects)[subjects] > 1
    grouped = pd.DataFrame(values[several]).groupby(subjects[several])
    if not several.any():
        return []
    spread = (grouped.max() - grouped.min()).to_numpy()
    known = np.isfinite(spread).any(axis=0)
    still = np.nanmax(np.where(np.isfinite(spread), spread, 0.0), axis=0) == 0
    differs = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in values.T])
    return [str(name) for name in X.columns[known & still & differs]]


def between_subject_share(X: pd.DataFrame, subjects: NDArray[np.intp]) -> "pd.Series[float]":
    """Return the intraclass correlation ICC(1) of each feature.

    The share of a feature's variance that lies between subjects, from a one-way analysis of
    variance for unequal numbers of cycles (Donner 1986, Int Stat Rev 54);
    negative estimates become 0. A missing value becomes the feature's mean over the subject, a
    feature that a whole subject lacks gives NaN.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.

    Returns
    -------
    Series, shape (n_features,)
        0 (cycles of one subject are as different as those of two) to 1 (they are identical).

    Examples
    --------
    >>> X = pd.DataFrame({"height": [1.7, 1.7, 1.9, 1.9], "noise": [1.0, 2.0, 1.0, 2.0]})
    >>> between_subject_share(X, np.array([0, 0, 1, 1])).tolist()
    [1.0, 0.0]
    """
    count = np.bincount(subjects).astype(float)
    total, n_subjects = count.sum(), len(count)
    if n_subjects < 2 or total <= n_subjects:
        return pd.Series(np.nan, index=X.columns)
    frame = pd.DataFrame(X.to_numpy(float))
    means = frame.groupby(subjects).mean().to_numpy()
    values = np.where(frame.isna(), means[subjects], frame)
    within = np.square(values - means[subjects]).sum(axis=0) / (total - n_subjects)
    grand = (count @ means) / total
    between = count @ np.square(means - grand) / (n_subjects - 1)
    size = (total - np.square(count).sum() / total) / (n_subjects - 1)
    variance = np.maximum((between - within) / size, 0.0)
    whole = variance + within
    share = np.divide(variance, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return pd.Series(share, index=X.columns)


# Single features and columns that tell the target all by themselves


_MOST_BINS, _SUBJECTS_PER_BIN = 32, 4
_SCORED = 15
_LEAVES_PER_CLASS = 4
_LEAVES_OF_A_NUMBER = 32


def single_scores(
    X: pd.DataFrame,
    cycles: pd.DataFrame,
    target: str,
    y: NDArray[Any],
    kind: Kind,
    folds: list[Fold],
) -> list[SingleScore]:
    """Score the features and columns that tell most of the target, one at a time, best first.

    Features are ranked by how well up to 32 quantile bins sort the target; the best fifteen, and
    all columns of the cycle table, are then scored by a tree on folds of subjects.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    cycles : DataFrame
        One row a cycle; its other columns are candidates too, whether or not the features
        contain them.
    target : str
        Column that is predicted.
    y : ndarray, shape (n_cycles,)
        Its values.
    kind : {"classification", "regression"}
        Kind of target.
    folds : list of (train, test)
        Folds of subjects.
    """
    # A column of text becomes the positions of its values among the sorted ones.
    columns = pd.DataFrame(
        {
            name: _numbers(cycles[name])
            for name in cycles
            if name not in (target, "subject", "step")
        },
        index=cycles.index,
    )
    n_bins = int(np.clip(cycles["subject"].nunique() // _SUBJECTS_PER_BIN, 2, _MOST_BINS))
    told = {name: _binned_score(X[name].to_numpy(float), y, kind, n_bins) for name in _varying(X)}
    candidates = (
        ("feature", X, sorted(told, key=lambda name: -told[name])[:_SCORED]),
        ("column of the cycle table", columns, _varying(columns)),
    )
    found = [
        SingleScore(name, place, _tree_score(table[name].to_numpy(float), y, kind, folds))
        for place, table, names in candidates
        for name in names
    ]
    return sorted(found, key=lambda each: (-round(each.score, 3), each.place, each.name))


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    codes = pd.factorize(column.astype(str).where(column.notna()), sort=True)[0].astype(float)
    return np.where(codes < 0, np.nan, codes)


def _varying(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns[table.max() > table.min()]]


def _binned_score(values: NDArray[np.float64], y: NDArray[Any], kind: Kind, n_bins: int) -> float:
    """Return how well the bins of a feature sort the target; a missing value is a bin."""
    known = ~np.isnan(values)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, n_bins + 1)[1:-1]))
    # Values that stand on an edge, as those of few levels do, fall above it.
    bins = np.where(known, np.searchsorted(edges, values, side="right"), len(edges) + 1)
    if kind == "regression":
        size = np.maximum(np.bincount(bins), 1)
        fitted = (np.bincount(bins, weights=y.astype(float)) / size)[bins]
        return float(np.var(fitted) / np.var(y.astype(float)))
    codes = np.unique(y, return_inverse=True)[1]
    counts = np.zeros((bins.max() + 1, codes.max() + 1))
    np.add.at(counts, (bins, codes), 1)
    return float((counts / counts.sum(axis=0)).max(axis=1).sum() / counts.shape[1])


def _tree_score(
    values: NDArray[np.float64], y: NDArray[Any], kind: Kind, folds: list[Fold]
) -> float:
    classes = np.unique(y) if kind == "classification" else None
    tree: Any = (
        DecisionTreeRegressor(max_leaf_nodes=_LEAVES_OF_A_NUMBER, random_state=0)
        if classes is None
        else DecisionTreeClassifier(
            max_leaf_nodes=_LEAVES_PER_CLASS * len(classes),
            class_weight="balanced",
            random_state=0,
        )
    )
    model = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), tree)
    held_out = predict_held_out(model, values[:, None], y, folds)
    sums = sums_of(y[held_out.rows], held_out.predicted, classes)(np.zeros_like(held_out.rows), 1)
    metric = "r2" if classes is None else "balanced_accuracy"
    return float(metric_values(metric, sums)[0])


# Cycles whose curves are the same, point by point


_DECIMALS = 5
_CYCLES_AT_ONCE = 4096
_SHOWN = 5


def duplicated_cycles(data: LocomotionData) -> Duplicates:
    """Count the cycles whose curves equal those of another cycle to five decimals.

    Parameters
    ----------
    data : LocomotionData
        The cycles; one without any measured value is nobody's copy.
    """
    # In blocks, so that no second copy of all curves is made.
    prints: list[bytes | None] = []
    for start in range(0, len(data), _CYCLES_AT_ONCE):
        rows = np.arange(start, min(start + _CYCLES_AT_ONCE, len(data)))
        # Adding 0 makes -0 and 0 the same bytes.
        curves = np.round(data.take(rows).array(), _DECIMALS) + np.float32(0)
        prints += _prints(curves.reshape(len(rows), -1))
    return _copies(prints, pd.Series(data.groups.astype(str)))


def duplicated_rows(X: pd.DataFrame, groups: Any) -> Duplicates:
    """Count the rows of a table of features that equal another to five decimals.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_features)
        The features.
    groups : array-like of shape (n_rows,)
        Subject of each row.
    """
    rows = np.round(X.to_numpy(np.float64), _DECIMALS) + 0.0
    return _copies(_prints(rows), pd.Series(np.asarray(groups)).astype(str))


def _prints(rows: NDArray[Any]) -> list[bytes | None]:
    """Return a hash of each row; None where nothing was measured."""
    known = ~np.isnan(rows).all(axis=1)
    return [
        hashlib.blake2b(row.tobytes(), digest_size=16).digest() if measured else None
        for row, measured in zip(rows, known, strict=True)
    ]


def _copies(hashes: list[bytes | None], subjects: "pd.Series[str]") -> Duplicates:
    prints = pd.Series(hashes, index=pd.RangeIndex(len(hashes)))
    prints = prints[prints.notna()]
    people = subjects[prints.index].groupby(prints).agg(["nunique", "size"])
    shared = people.index[people["nunique"] > 1]
    own = people[people["nunique"] == 1]
    named = subjects[prints.index].groupby(prints).unique()
    examples = dict.fromkeys(", ".join(sorted(named[each])) for each in shared)
    return Duplicates(
        across_subjects=int(prints.isin(shared).sum()),
        within_subjects=int((own["size"] - 1).sum()),
        examples=tuple(examples)[:_SHOWN],
    )
