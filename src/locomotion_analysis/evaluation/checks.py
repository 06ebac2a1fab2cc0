"""What a score is worth: against chance, with other people, disturbed, elsewhere.

Every check fits the model many times over, on the same inputs, target and folds: the design.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.cross_validation import cross_validated
from locomotion_analysis.evaluation.folds import (
    Features,
    check_groups_keep_people,
    checked_folds,
    checked_inputs,
    continuous_target,
    cycle_key,
    empty_features_named,
    fit_folds,
    is_simulated,
    predict_held_out,
    said_simulated,
    take_rows,
)
from locomotion_analysis.evaluation.metrics import (
    ERRORS,
    SCALES,
    Jackknife,
    check_classes_in_training,
    metric_interval,
    metric_jackknife,
    metric_values,
    percentile_interval,
    subject_weights,
)
from locomotion_analysis.evaluation.subject_scores import (
    chosen_metric,
    sums_of,
)
from locomotion_analysis.processes import end_with_parent, workers_replaced_silently
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import (
    LeaveOneDatasetOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    subject_codes,
)
from locomotion_analysis.selection.splitters import Fold, class_codes, subjects_for

__all__ = ["missing_channels", "noise_levels", "robustness"]

Array = NDArray[np.float64]
Perturbation = Callable[[Array, NDArray[np.intp], Array, np.random.Generator], Array]
"""``(training rows, their person and label, test rows, generator)`` to perturbed test rows."""

# Words in a feature's name that say where it was measured. Scores of the whole leg need all joints.
_WHOLE_LEG = {"gps", "gdi", "map"}
_PARTS = {
    "pelvis": {"pelvis", "pelvic"} | _WHOLE_LEG,
    "trunk": {"trunk"},
    "hip": {"hip"} | _WHOLE_LEG,
    "knee": {"knee", "crouch"} | _WHOLE_LEG,
    "ankle": {"ankle", "dorsiflexor", "plantarflexor"} | _WHOLE_LEG,
    "thigh": {"thigh"},
    "shank": {"shank"},
    "foot": {"foot"},
    "force plates": {"grf", "cop", "force", "moment", "power", "work", "impulse"},
}
NOISE = (0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class StudyDesign:
    """Checked inputs of a study that fits a model many times.

    Attributes
    ----------
    model : scikit-learn estimator
        Unfitted, computing on one core: the study itself may run on several.
    X : DataFrame or ndarray
        Features or sequences.
    target : ndarray of shape (n_cycles,)
        Target as it is fitted.
    classes : ndarray or None
        Sorted classes; None for a regression.
    subject : ndarray of int of shape (n_cycles,)
        Subject number of each row.
    n_subjects : int
        How many there are.
    key : Index
        Labels of the rows.
    cv : splitter or list of (train, test)
        Where the folds come from.
    metric : str
        Score that is looked at.
    simulated : bool
        Whether the features say that they come from simulated gait.
    """

    model: Any
    X: Features
    target: NDArray[Any]
    classes: NDArray[Any] | None
    subject: NDArray[np.intp]
    n_subjects: int
    key: pd.Index
    cv: Any
    metric: str
    simulated: bool

    def folds(self, values: NDArray[Any] | None = None) -> list[Fold]:
        """Return the folds, of other target values where given."""
        target = self.target if values is None else values
        if self.classes is None:
            return checked_folds(self.cv, self.key, target, self.subject, False)[0]
        codes = np.searchsorted(self.classes, target)
        folds, _ = checked_folds(self.cv, self.key, codes, self.subject, False)
        check_classes_in_training(codes, self.classes, folds)
        return folds

    def subjects_of(self, folds: list[Fold]) -> NDArray[np.intp]:
        """Return the numbers of the subjects whom the folds test: a score is theirs alone."""
        return np.unique(self.subject[np.concatenate([test for _, test in folds])])

    @property
    def kind(self) -> str:
        """Whether classes or a number is predicted."""
        return "regression" if self.classes is None else "classification"

    def sums(self, rows: NDArray[np.intp], predicted: NDArray[Any]) -> NDArray[Any]:
        """Return what each subject contributes to the metric with the rows predicted."""
        add_up = sums_of(self.target[rows], predicted, self.classes)
        return add_up(self.subject[rows], self.n_subjects)


def study_design(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    cv: Any = None,
    metric: str | None = None,
    n_splits: int = 5,
    random_state: int = 0,
) -> StudyDesign:
    """Check the inputs of a study and choose its folds.

    A target of floating-point numbers is a regression, all else a classification.

    Raises
    ------
    SplitLeakError, TargetError, SchemaError
        As the evaluator does.
    """
    features = checked_inputs(X, y, groups)
    key = cycle_key(features, y)
    subject, names = subject_codes(groups)
    check_groups_keep_people(key, groups)
    classes = None
    if pd.api.types.is_float_dtype(np.asarray(y)):
        values: NDArray[Any] = continuous_target(y)
    else:
        codes, classes = class_codes(y)
        values = classes[codes]
    if cv is None:
        splitter = SubjectQuantileKFold if classes is None else SubjectStratifiedKFold
        cv = splitter(n_splits, random_state=random_state)
    elif isinstance(cv, Iterator):  # Folds that can be read only once.
        cv = list(cv)
    return StudyDesign(
        model=on_one_core(model),
        X=features,
        target=values,
        classes=classes,
        subject=subject,
        n_subjects=len(names),
        key=key,
        cv=cv,
        metric=chosen_metric("regression" if classes is None else "classification", metric),
        simulated=is_simulated(features),
    )


def on_one_core(model: Any) -> Any:
    """Return an unfitted copy of a model that computes on one core."""
    copy = clone(model)
    asked = copy.get_params().items()
    jobs = [name for name, value in asked if name.split("__")[-1] == "n_jobs" and value is not None]
    return copy.set_params(**dict.fromkeys(jobs, 1))


ACROSS = "labels exchanged between subjects"
WITHIN = "labels exchanged within each subject"


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A score beside the scores of labels without meaning.

    Attributes
    ----------
    metric : str
        What was scored.
    score : float
        Score with the true labels, of all held-out cycles.
    permuted : ndarray of float of shape (n_permutations,)
        Scores with permuted labels.
    p_value : float
        (1 + permutations at least as good) ÷ (1 + permutations); never 0 (Phipson and Smyth
        2010, Stat Appl Genet Mol Biol 9:39).
    scheme : str
        Between whom labels were exchanged.
    simulated : bool
        Whether the features come from simulated gait.
    """

    metric: str
    score: float
    permuted: NDArray[np.float64]
    p_value: float
    scheme: str
    simulated: bool


def permutation_test(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    cv: Any = None,
    metric: str | None = None,
    n_permutations: int = 100,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> PermutationTest:
    """Score a model on labels permuted across subjects.

    Cycles of one person share a label, so that labels permuted cycle by cycle would ask another
    question: whether people differ, which they do. Where every subject has one label, the labels
    of subjects are exchanged, each with all its cycles. Where labels change within a subject
    (tasks, speeds), each subject's labels are exchanged among themselves, all cycles of one
    label together. The whole cross-validation is repeated each time, folds included.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fit.
    X : DataFrame or array
        Features or sequences.
    y : array-like of shape (n_cycles,)
        Classes, or floating-point numbers of a regression.
    groups : array-like of shape (n_cycles,)
        Subject of each row.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        ``balanced_accuracy`` (default), ``accuracy``, ``macro_f1``; ``mae`` (default), ``rmse``
        or ``r2`` of a regression.
    n_permutations : int
        How often; the smallest p is 1 ÷ (1 + `n_permutations`).
    random_state : int
        Seed.
    n_jobs : int
        Processes; each fits on one core.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    PermutationTest
        Score, scores of permuted labels and p.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> model = LogisticRegression()
    >>> permutation_test(model, X, subjects % 2, subjects, n_permutations=19, n_jobs=1).p_value
    0.05
    """
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    permute, scheme = _scheme(design)
    seeds = np.random.SeedSequence(random_state).spawn(n_permutations)
    jobs = (delayed(_score)(design, permute(np.random.default_rng(seed))) for seed in seeds)
    permuted = []
    with workers_replaced_silently():
        for done, score in enumerate(Parallel(n_jobs, return_as="generator")(jobs), start=1):
            permuted.append(score)
            if progress is not None:
                progress("permutations", done, n_permutations)
    score, found = _score(design, design.target), np.array(permuted)
    as_good = found <= score if design.metric in ERRORS else found >= score
    p_value = (1 + int(as_good.sum())) / (1 + n_permutations)
    return PermutationTest(design.metric, score, found, p_value, scheme, design.simulated)


def _score(design: StudyDesign, values: NDArray[Any]) -> float:
    end_with_parent()
    folds = design.folds(values)
    held_out = predict_held_out(design.model, design.X, values, folds, groups=design.subject)
    sums = sums_of(values[held_out.rows], held_out.predicted, design.classes)
    return float(metric_values(design.metric, sums(np.zeros_like(held_out.rows), 1))[0])


def _scheme(design: StudyDesign) -> tuple[Callable[[np.random.Generator], NDArray[Any]], str]:
    """Return the function that draws permuted labels, and its name."""
    labels, kinds = pd.factorize(design.target, sort=True)
    pairs, place = np.unique(np.column_stack([design.subject, labels]), axis=0, return_inverse=True)
    if len(pairs) == design.n_subjects:
        of_subject = pairs[:, 1]
        return lambda rng: kinds[rng.permutation(of_subject)[design.subject]], ACROSS
    owner = pairs[:, 0]

    def within(rng: np.random.Generator) -> NDArray[Any]:
        # Random order of pairs inside each subject: sort by subject, then by a random number.
        order = np.lexsort((rng.random(len(pairs)), owner))
        return np.asarray(kinds[pairs[order, 1][place]])

    return within, WITHIN


SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
_FEWEST = 2


def learning_curve(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    shares: tuple[float, ...] = SHARES,
    n_repeats: int = 3,
    cv: Any = None,
    metric: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score a model trained on ever more subjects, always tested on the same people.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fit.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    shares : tuple of float
        Shares of the training subjects, each above 0 and at most 1. Of a classification, each
        class keeps its share, and two subjects at least where it has them.
    n_repeats : int
        Draws of training subjects at each share below 1.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    random_state : int
        Seed of folds and of the subjects left away.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each share.

    Returns
    -------
    DataFrame
        One row a share: ``n_subjects`` (trained on, mean of folds and repeats), ``score`` (mean
        over repeats), ``low`` and ``high`` (95 % over the tested subjects), ``metric``.

    Raises
    ------
    SchemaError
        If a share is not above 0 and at most 1.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> curve = learning_curve(LogisticRegression(), X, subjects % 2, subjects, shares=(0.5, 1.0))
    >>> curve["n_subjects"].tolist()
    [8.0, 16.0]
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise SchemaError(
            expected="shares above 0 and at most 1",
            got=str(shares),
            where="shares",
            fix="for example (0.25, 0.5, 1.0)",
        )
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    folds, rng = design.folds(), np.random.default_rng(random_state)
    tested = design.subjects_of(folds)
    rows = []
    for number, share in enumerate(shares, start=1):
        repeats, sizes = [], []
        for _ in range(n_repeats if share < 1 else 1):
            fewer = [(_some(design, train, share, rng), test) for train, test in folds]
            fitted = list(
                fit_folds(design.model, design.X, design.target, fewer, None, design.subject)
            )
            sums = design.sums(
                np.concatenate([fold.test for fold in fitted]),
                np.concatenate([fold.predicted for fold in fitted]),
            )
            repeats.append(sums[tested])
            sizes += [len(np.unique(design.subject[train])) for train, _ in fewer]
        each = metric_jackknife(design.metric, np.stack(repeats, axis=1))
        score = Jackknife(each.value.mean(), each.without.mean(axis=1), each.people.mean())
        interval = score.interval(SCALES[design.metric])
        rows.append((float(np.mean(sizes)), float(score.value), *interval))
        if progress is not None:
            progress("learning curve", number, len(shares))
    table = pd.DataFrame(rows, columns=["n_subjects", "score", "low", "high"])
    return said_simulated(table.assign(metric=design.metric), design.simulated)


def _some(
    design: StudyDesign, train: NDArray[np.intp], share: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the training rows of a share of the subjects, of each class the same share."""
    if share == 1:
        return train
    subject = design.subject[train]
    if design.classes is None:
        strata = [np.unique(subject)]
    else:
        # A subject of several classes may be drawn for any of them.
        strata = [np.unique(subject[design.target[train] == name]) for name in design.classes]
    chosen = [
        rng.permutation(people)[: max(_FEWEST, round(share * len(people)))] for people in strata
    ]
    return np.asarray(train[np.isin(subject, np.concatenate(chosen))])


UNTOUCHED = "as measured"


def robustness(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    perturbations: Mapping[str, Perturbation],
    *,
    cv: Any = None,
    metric: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Fit each fold once and score it on perturbed test cycles.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fold.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    perturbations : mapping from name to perturbation
        From :func:`missing_channels` and :func:`noise_levels`, or your own functions
        ``(train, unit, test, rng)``.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    random_state : int
        Seed of folds and of the disturbances.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    DataFrame
        Indexed by ``test``, first ``as measured``: ``score`` with ``low`` and ``high``;
        ``change`` from as measured with ``change_low`` and ``change_high`` (95 %, the same draws
        of subjects); ``metric``.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> table = robustness(LogisticRegression(), X, subjects % 2, subjects, noise_levels((1.0, 4.0)))
    >>> table["score"].round(2).to_dict()
    {'as measured': 0.9, 'noise 1 × within-subject SD': 0.79, 'noise 4 × within-subject SD': 0.56}
    """
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    folds, rng = design.folds(), np.random.default_rng(random_state)
    predicted: dict[str, list[NDArray[Any]]] = {name: [] for name in (UNTOUCHED, *perturbations)}
    # A number for each person and label.
    labels = pd.factorize(design.target)[0]
    unit = np.unique(np.column_stack([design.subject, labels]), axis=0, return_inverse=True)[1]
    for fold, (train, test) in zip(
        fit_folds(design.model, design.X, design.target, folds, progress, design.subject),
        folds,
        strict=True,
    ):
        predicted[UNTOUCHED].append(fold.predicted)
        X_train, X_test = (
            np.asarray(take_rows(design.X, rows), dtype=float) for rows in (train, test)
        )
        for name, perturb in perturbations.items():
            changed: Any = perturb(X_train, unit[train], X_test, rng)
            if isinstance(design.X, pd.DataFrame):
                changed = pd.DataFrame(changed, design.X.index[test], design.X.columns)
            else:
                changed = changed.astype(design.X.dtype)
            with empty_features_named():
                predicted[name].append(np.asarray(fold.model.predict(changed)).reshape(-1))
    tested = np.concatenate([test for _, test in folds])
    people = design.subjects_of(folds)
    rows: dict[str, tuple[Any, ...]] = {}
    for name, of_folds in predicted.items():
        sums = design.sums(tested, np.concatenate(of_folds))
        score = metric_jackknife(design.metric, sums[people])
        if name == UNTOUCHED:
            untouched = score
        change = score - untouched
        rows[name] = (
            float(score.value), *score.interval(SCALES[design.metric]), float(change.value),
            *change.interval("number"), design.metric,
        )  # fmt: skip
    columns = ["score", "low", "high", "change", "change_low", "change_high", "metric"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return said_simulated(table.rename_axis("test"), design.simulated)


def missing_channels(X: Features, channels: Sequence[str] | None = None) -> dict[str, Perturbation]:
    """Return perturbations that take away what one joint, segment or the force plates gave.

    Both legs are taken, and every feature whose name says that it was made from them: without
    the knee go its angle, velocity, moment and power, and its share in cyclograms. What is left
    is what an imputer would put there, the mean of the training rows.

    Parameters
    ----------
    X : DataFrame of shape (n_cycles, n_features), or array (n_cycles, n_points, n_channels)
        Features with the names this package gives them, or sequences.
    channels : sequence of str, optional
        Names of the channels of sequences, in their order.

    Returns
    -------
    dict
        Name, for example ``"without knee"``, to perturbation; only what `X` holds.

    Raises
    ------
    SchemaError
        If the channels of sequences are not named, or their number differs.

    Examples
    --------
    >>> names = ["knee_flexion_angle_ipsi_rad_rom", "grf_vertical_ipsi_BW_max"]
    >>> X = pd.DataFrame([[1.0, 1.1]], columns=names)
    >>> list(missing_channels(X))
    ['without knee', 'without force plates']
    """
    if isinstance(X, pd.DataFrame):
        channels = [str(name) for name in X.columns]
    elif channels is None or len(channels) != X.shape[-1]:
        raise SchemaError(
            expected=f"the names of the {X.shape[-1]} channels of X",
            got="none" if channels is None else f"{len(channels)}",
            where="channels",
            fix="pass the features you gave prepare_sequential_features",
        )
    words = [set(name.split("_")) for name in channels]
    chosen = {
        part: np.array([bool(each & meant) for each in words]) for part, meant in _PARTS.items()
    }
    return {
        f"without {part}": _without(columns) for part, columns in chosen.items() if columns.any()
    }


def noise_levels(multiples: Sequence[float] = NOISE) -> dict[str, Perturbation]:
    """Return perturbations that add normal noise of the spread between a person's own cycles.

    The standard deviation of each feature (point and channel, of sequences) within a person and
    label is measured on the training rows.

    Parameters
    ----------
    multiples : sequence of float
        Multiples of that standard deviation.

    Returns
    -------
    dict of str to callable
        Name of the perturbation -> what :func:`robustness` applies to the test cycles.

    Examples
    --------
    >>> list(noise_levels((0.5, 2.0)))
    ['noise 0.5 × within-subject SD', 'noise 2 × within-subject SD']
    """
    return {f"noise {each:g} × within-subject SD": _noisy(each) for each in multiples}


def _without(columns: NDArray[np.bool_]) -> Perturbation:
    def take_away(
        train: Array,
        unit: NDArray[np.intp],  # noqa: ARG001 - all perturbations are called alike
        test: Array,
        rng: np.random.Generator,  # noqa: ARG001
    ) -> Array:
        changed = test.copy()
        known = np.isfinite(train[..., columns])
        total = np.where(known, train[..., columns], 0.0).sum(axis=0)
        # A feature that no training row has stays missing.
        with np.errstate(invalid="ignore"):
            changed[..., columns] = total / known.sum(axis=0)
        return changed

    return take_away


def _noisy(multiple: float) -> Perturbation:
    def disturb(
        train: Array, unit: NDArray[np.intp], test: Array, rng: np.random.Generator
    ) -> Array:
        flat = train.reshape(len(train), -1)
        within = flat - pd.DataFrame(flat).groupby(unit).transform("mean").to_numpy()
        known = np.isfinite(within)
        cycles = np.bincount(unit)[unit] > 1
        freedom = known[cycles].sum(axis=0) - len(np.unique(unit[cycles]))
        squared = np.where(known, within, 0.0)[cycles] ** 2
        spread = np.sqrt(squared.sum(axis=0) / np.maximum(freedom, 1)).reshape(train.shape[1:])
        return np.asarray(test + multiple * spread * rng.standard_normal(test.shape))

    return disturb


def other_laboratory(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    metric: str | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Train on all datasets but one and test on that one, for each.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fold.
    X, y, groups : array-like
        As of the evaluator; the index of `X` or `y` names the dataset of each row. `y` of
        floating-point numbers is a regression.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each dataset.

    Returns
    -------
    DataFrame
        Indexed by ``dataset`` (the one tested): ``n_subjects``, ``n_cycles``, ``score`` with
        ``low`` and ``high`` (95 % over its subjects), ``metric``.

    Raises
    ------
    SplitLeakError
        If there is one dataset only, or a subject stands in two.
    TargetError
        If all datasets but one hold a single class.
    SchemaError
        If the rows do not say of which dataset they are.
    """
    design = study_design(model, X, y, groups, cv=LeaveOneDatasetOut(), metric=metric)
    classes, values = design.classes, design.target
    if classes is not None:
        values = np.searchsorted(classes, values)
    held_out = cross_validated(
        design.model, design.X, y, values, groups, cv=design.cv, allow_subject_overlap=False,
        progress=progress, classes=classes,
    ).held_out  # fmt: skip
    sums = design.sums(held_out.rows, held_out.predicted)
    dataset = design.key.get_level_values("dataset").to_numpy()
    rows = []
    for name in pd.unique(dataset):
        own = np.unique(design.subject[dataset == name])
        score = float(metric_values(design.metric, sums[own].sum(axis=0)))
        n_cycles = int((dataset == name).sum())
        rows.append(
            (
                name,
                len(own),
                n_cycles,
                score,
                *metric_interval(design.metric, sums[own]),
                design.metric,
            )
        )
    columns = ["dataset", "n_subjects", "n_cycles", "score", "low", "high", "metric"]
    table = pd.DataFrame(rows, columns=columns).set_index("dataset")
    return said_simulated(table, design.simulated)


class FewSubjectCurves(NamedTuple):
    """Scores of models trained on a few subjects, and their differences from a reference.

    Attributes
    ----------
    scores : DataFrame
        One row a model and number of subjects: ``model``, ``n_subjects``, ``score``, ``low``,
        ``high``, ``metric``.
    gains : DataFrame
        The same rows without the reference: ``gain`` (positive is better than the reference,
        whatever the metric), ``low``, ``high``, on the same draws and people.
    """

    scores: pd.DataFrame
    gains: pd.DataFrame


def few_subject_curves(
    models: Mapping[str, Any],
    X: Any,
    y: Any,
    groups: Any,
    *,
    reference: str,
    subjects: Sequence[int] = (2, 5, 10),
    n_draws: int = 20,
    metric: str | None = None,
    n_bootstrap: int = 2000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> FewSubjectCurves:
    """Train models on the same few subjects, again and again, and test them on all others.

    Intervals come from a bootstrap of draws and tested subjects at once (Owen 2007, Ann Appl Stat
    1:386, doi:10.1214/07-AOAS122): they tell how a score varies with whom one happens to train on
    and with whom one meets.

    Parameters
    ----------
    models : mapping of str to scikit-learn estimator
        Cloned for every fit; ``groups`` is passed to those whose ``fit`` takes it.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    reference : str
        The model others are compared with.
    subjects : sequence of int
        Training subjects: of each class where a subject has one class, else of all.
    n_draws : int
        Draws of training subjects, the same for all models.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    n_bootstrap, random_state : int
        Bootstrap draws, and seed of all chance.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each draw.

    Returns
    -------
    FewSubjectCurves
        ``scores`` and ``gains``, one row a model and number of subjects.

    Raises
    ------
    SchemaError
        If `reference` is none of the models, or too few subjects are left to test.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> people = np.repeat(np.arange(20), 3)
    >>> X = np.random.default_rng(0).normal(people[:, None] % 2, 0.5, (60, 2))
    >>> models = {"logistic": LogisticRegression(), "majority": DummyClassifier()}
    >>> curves = few_subject_curves(
    ...     models, X, people % 2, people, reference="majority", subjects=[2], n_draws=5
    ... )
    >>> bool(curves.gains["low"].item() > 0)
    True
    """
    if reference not in models:
        raise SchemaError(
            expected=f"one of {', '.join(models)}", got=repr(reference), where="reference"
        )
    design = study_design(models[reference], X, y, groups, metric=metric, random_state=random_state)
    rng = np.random.default_rng(random_state)
    draws = [
        (step, draw)
        for step, number in enumerate(subjects)
        for draw in subject_draws(design, number, n_draws, rng)
    ]
    sums: dict[tuple[str, int], list[NDArray[Any]]] = {}
    for done, (step, (train, test)) in enumerate(draws, start=1):
        X_train, X_test = take_rows(design.X, train), take_rows(design.X, test)
        for name, model in models.items():
            fitted = clone(model)
            fitted.fit(X_train, design.target[train], **subjects_for(fitted, groups, train))
            predicted = np.asarray(fitted.predict(X_test)).reshape(-1)
            sums.setdefault((name, step), []).append(design.sums(test, predicted))
        if progress is not None:
            progress("draws", done, len(draws))
    # Seeds of their own: equal rows would tie a draw to a person.
    of_draws = subject_weights(n_draws, n_bootstrap, random_state)
    of_people = subject_weights(design.n_subjects, n_bootstrap, random_state + 1)
    better = -1.0 if design.metric in ERRORS else 1.0
    scores, gains = [], []
    for step, number in enumerate(subjects):
        score, varied = {}, {}
        for name in models:
            each = np.stack(sums[name, step])  # (n_draws, n_people, ...)
            resampled = two_way_sums(of_draws, of_people, each)
            score[name] = float(metric_values(design.metric, each.sum(axis=(0, 1))))
            varied[name] = metric_values(design.metric, resampled)
            scores.append((name, number, score[name], *percentile_interval(varied[name])))
        for name in models:
            if name != reference:
                change = better * (varied[name] - varied[reference])
                gain = better * (score[name] - score[reference])
                gains.append((name, number, gain, *percentile_interval(change)))
    tables = [
        pd.DataFrame(rows, columns=["model", "n_subjects", value, "low", "high"])
        for rows, value in ((scores, "score"), (gains, "gain"))
    ]
    tables = [
        said_simulated(each.assign(metric=design.metric), design.simulated) for each in tables
    ]
    return FewSubjectCurves(tables[0], tables[1].assign(reference=reference))


def two_way_sums(
    draws: NDArray[np.int64], people: NDArray[np.int64], sums: NDArray[Any]
) -> NDArray[Any]:
    """Sum what each subject contributes in each draw, over resamples of draws and subjects at once.

    Parameters
    ----------
    draws, people : ndarray of int of shape (n_bootstrap, n_draws) and (n_bootstrap, n_subjects)
        How often each draw and each tested subject counts.
    sums : ndarray of shape (n_draws, n_subjects, ...)
        What each subject contributes in each draw.

    Returns
    -------
    ndarray of shape (n_bootstrap, ...)
        One sum a resample.
    """
    by_person = np.tensordot(draws, sums, axes=1)
    return np.asarray(np.einsum("bp,bp...->b...", people, by_person))


def subject_draws(
    design: StudyDesign, n_subjects: int, n_draws: int, rng: np.random.Generator
) -> list[Fold]:
    """Draw training subjects, without replacement within a draw; all others are tested.

    Parameters
    ----------
    design : StudyDesign
        Target and subjects.
    n_subjects : int
        Training subjects: of each class where each subject has one class, else of all.
    n_draws : int
        How many draws.
    rng : numpy.random.Generator
        Where all chance comes from.

    Raises
    ------
    SchemaError
        If no subject of a class would be left to test.
    """
    strata = [np.arange(design.n_subjects)]
    if design.classes is not None:
        by_class = [np.unique(design.subject[design.target == name]) for name in design.classes]
        if sum(map(len, by_class)) == design.n_subjects:
            strata = by_class
    fewest = min(len(people) for people in strata)
    if not 1 <= n_subjects < fewest:
        raise SchemaError(
            expected=f"from 1 to {fewest - 1} training subjects",
            got=str(n_subjects),
            where="subjects",
            fix="each class needs a subject to be tested on",
        )
    draws = []
    for _ in range(n_draws):
        chosen = np.concatenate([rng.permutation(people)[:n_subjects] for people in strata])
        trains = np.isin(design.subject, chosen)
        draws.append((np.flatnonzero(trains), np.flatnonzero(~trains)))
    return draws
