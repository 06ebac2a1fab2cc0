"""Scores of classes and numbers, with intervals over subjects and beside a baseline.

Metrics are functions of sums over subjects: counts of true and predicted classes, sums of errors.
Leaving a subject out is then a subtraction, and what each subject does to a score (the jackknife)
one call of the metric. Every interval of this package that is over subjects is a
:meth:`Jackknife.interval`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.metrics import classification_report

from locomotion_analysis.errors import TargetError
from locomotion_analysis.reporting.names import METRIC_NAMES, number_text
from locomotion_analysis.selection.splitters import Fold

Interval = tuple[float, float]
Scale = Literal["share", "difference", "error", "skill", "number"]
"""How a score may vary: a share from 0 to 1, a difference of two shares, an error above 0, a skill
of at most 1 (R²), or any number."""
Counts = NDArray[np.int64]
Sums = NDArray[np.float64]
Values = NDArray[np.float64]

LEVEL_PERCENT = 95.0

METRICS_OF = {
    "classification": ("balanced_accuracy", "accuracy", "macro_f1"),
    "regression": ("mae", "rmse", "r2"),
}
"""Metrics of either kind of target, the one to quote first."""
ERRORS = ("mae", "rmse")
"""Metrics of which less is better, in the target's unit."""
SCALES: dict[str, Scale] = {
    **dict.fromkeys(METRICS_OF["classification"], "share"),
    **dict.fromkeys(ERRORS, "error"),
    "r2": "skill",
    "bias": "number",
}
"""How each metric may vary."""


def subject_weights(n_subjects: int, n_bootstrap: int, random_state: int) -> NDArray[np.int64]:
    """Draw how often each subject is taken in each bootstrap draw.

    Cycles of one person resemble each other: drawing them one by one would treat a hundred steps
    of ten people as a thousand people. Each draw takes as many subjects as there are, with
    replacement, with all their cycles (cluster bootstrap [1]_). For what varies with more than the
    subjects (draws of training sets, random labels), and for bands of effects; scores have
    :class:`Jackknife`, since percentiles of these draws are far too narrow for good scores and few
    people.

    Parameters
    ----------
    n_subjects : int
        Number of subjects.
    n_bootstrap : int
        Number of draws.
    random_state : int
        Seed.

    Returns
    -------
    ndarray of int of shape (n_bootstrap, n_subjects)
        Each row sums to `n_subjects`.

    References
    ----------
    .. [1] Field and Welsh, "Bootstrapping clustered data", J R Stat Soc B 69:369, 2007,
       doi:10.1111/j.1467-9868.2007.00593.x.

    Examples
    --------
    >>> subject_weights(4, 3, random_state=0).sum(axis=1).tolist()
    [4, 4, 4]
    """
    rng = np.random.default_rng(random_state)
    return rng.multinomial(n_subjects, np.full(n_subjects, 1 / n_subjects), size=n_bootstrap)


def resampled_sums(weights: NDArray[np.int64], per_subject: NDArray[Any]) -> NDArray[Any]:
    """Sum what each subject contributes, over each draw of subjects.

    Parameters
    ----------
    weights : ndarray of int of shape (n_bootstrap, n_subjects)
        From :func:`subject_weights`.
    per_subject : ndarray of shape (n_subjects, ...)
        What each subject contributes: counts, sums of errors.

    Returns
    -------
    ndarray of shape (n_bootstrap, ...)
        One sum a draw.
    """
    return np.tensordot(weights, per_subject, axes=1)


def percentile_interval(draws: NDArray[np.float64]) -> Interval:
    """Return the 95 % percentile interval of a metric's draws; undefined draws are left out.

    Parameters
    ----------
    draws : ndarray of shape (n_bootstrap,)
        The metric, one value a draw; NaN where a draw has none.

    Returns
    -------
    tuple of float
        2.5th and 97.5th percentile; NaN if no draw has a value.
    """
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return (float("nan"), float("nan"))
    tail = (100 - LEVEL_PERCENT) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return (float(low), float(high))


# Intervals over subjects.


_FEWEST_DEGREES, _LOST_DEGREES = 1.5, 2.0
_NORMAL_QUANTILE = float(stats.norm.ppf(0.5 + LEVEL_PERCENT / 200))


@dataclass(frozen=True, slots=True)
class Jackknife:
    r"""A score of all subjects, and of all but each: what its interval is made of.

    Attributes
    ----------
    value : ndarray of float, shape (...)
        Score of all subjects.
    without : ndarray of float, shape (n_subjects, ...)
        Score when one subject is left out with all its cycles.
    people : ndarray of float, shape (...)
        Effective number of subjects, see :func:`effective_people`.

    Notes
    -----
    With :math:`u_i` the change when subject *i* is left out and *m* the effective number of
    subjects, the variance is :math:`v = (m-1)/m \sum u_i^2` (Efron & Stein 1981 [1]_). The fewer
    subjects it rests on, the less it is known: :math:`k = (\sum u_i^2)^2 / \sum u_i^4` of them give
    it :math:`\nu = 2/(1/k - 1/m) - 2` degrees of freedom (Satterthwaite 1946 [2]_; two less, since
    few people seldom show the fourth moment), here from 1.5 to :math:`m - 1`.

    A **share** (accuracy, recall, F1, area under a curve, Brier score) gets Wilson's interval with
    an effective number of cycles, :math:`\theta(1-\theta)/v` (Korn & Graubard 1998 [3]_, with
    Wilson's limits as Franco et al. 2019 [4]_ advise), the quantile being Student's with
    :math:`\nu`. No interval is wider, and one where all subjects agree is as wide, as if every
    subject were right in all cycles or in none: a perfect score of 20 people reads 0.82 to 1. Where
    less than one person's worth is wrong, the end near 1 is that of Clopper and Pearson, Wilson's
    lying too near (Brown, Cai & DasGupta 2001 [5]_); likewise near 0.

    A **difference** of shares of the same people gets :math:`\pm t_\nu \sqrt v`, at most what people
    who differ in all cycles or in none would give; where nobody differs, as many may as zero of
    *m* allows (Wilson). An **error** gets :math:`t_\nu` limits of its logarithm, a **skill** those
    of the error 1 − skill, a **number** :math:`\pm t_\nu \sqrt v`. How often each holds the truth is
    measured in docs/reference/interval-coverage.md.

    References
    ----------
    .. [1] Efron and Stein, "The jackknife estimate of variance", Ann Stat 9:586, 1981,
       doi:10.1214/aos/1176345462.
    .. [2] Satterthwaite, "An approximate distribution of estimates of variance components",
       Biometrics Bulletin 2:110, 1946, doi:10.2307/3002019.
    .. [3] Korn and Graubard, "Confidence intervals for proportions with small expected number of
       positive counts estimated from survey data", Survey Methodology 24:193, 1998.
    .. [4] Franco, Little, Louis and Slud, "Comparative study of confidence intervals for
       proportions in complex sample surveys", J Surv Stat Methodol 7:334, 2019.
    .. [5] Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Stat Sci
       16:101, 2001, doi:10.1214/ss/1009213286.

    Examples
    --------
    >>> right, cycles = np.full((20, 1), 8), np.full((20, 1), 8)
    >>> counts = np.hstack([right, cycles])
    >>> perfect = Jackknife.of(lambda sums: sums[..., 0] / sums[..., 1], counts, cycles)
    >>> [round(end, 2) for end in perfect.interval("share")]
    [0.82, 1.0]
    """

    value: Values
    without: Values
    people: Values

    @classmethod
    def of(
        cls, statistic: Callable[[Any], Any], per_subject: NDArray[Any], sizes: NDArray[Any]
    ) -> "Jackknife":
        """Leave each subject out of a score of sums.

        Parameters
        ----------
        statistic : callable
            From sums, shape (..., ...) as `per_subject` without its first axis, to scores.
        per_subject : ndarray of shape (n_subjects, ...)
            What each subject contributes: counts, sums of errors.
        sizes : ndarray of shape (n_subjects, ..., n_parts)
            As of :func:`effective_people`.
        """
        whole = per_subject.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            value, without = (
                np.asarray(statistic(each), dtype=float) for each in (whole, whole - per_subject)
            )
        return cls(value, without, effective_people(sizes))

    @classmethod
    def of_means(cls, of_subject: Values) -> "Jackknife":
        """Leave each subject out of the mean of one value a subject, shape (n_subjects, ...)."""
        n, whole = len(of_subject), of_subject.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            without = (whole - of_subject) / np.float64(n - 1)
        return cls(np.asarray(whole / n), without, np.full(whole.shape, float(n)))

    def __sub__(self, other: "Jackknife") -> "Jackknife":
        """Return the difference of two scores of the same subjects."""
        people = np.minimum(self.people, other.people)
        return Jackknife(self.value - other.value, self.without - other.without, people)

    def __rmul__(self, factor: float) -> "Jackknife":
        """Return the score in other units."""
        return Jackknife(factor * self.value, factor * self.without, self.people)

    def interval(self, scale: Scale) -> Interval:
        """Return the 95 % interval over subjects of one score.

        Parameters
        ----------
        scale : {"share", "difference", "error", "skill", "number"}
            How the score may vary.

        Returns
        -------
        tuple of float
            Lower and upper limit; NaN where the score is not defined, with or without one of the
            subjects, or rests on one subject.
        """
        low, high = self.intervals(scale)
        return (float(low), float(high))

    def intervals(self, scale: Scale) -> tuple[Values, Values]:
        """Return the 95 % intervals of all scores, as :meth:`interval` of each.

        Returns
        -------
        low, high : ndarray of shape (...)
        """
        if scale == "skill":
            low, high = Jackknife(1 - self.value, 1 - self.without, self.people).intervals("error")
            return 1 - high, 1 - low
        people = np.broadcast_to(self.people, self.value.shape)
        known = np.isfinite(self.value) & np.isfinite(self.without).all(axis=0) & (people > 1)
        value = np.where(known, self.value, 0.5)
        people = np.where(known, people, 2.0)
        change = np.where(known, value - self.without, 0.0)
        low, high = _LIMITS[scale](_spread(value, change, people))
        return np.where(known, low, np.nan), np.where(known, high, np.nan)


def effective_people(sizes: NDArray[Any]) -> Values:
    r"""Return how many subjects of equal weight a score rests on.

    The more cycles one subject has, or the fewer subjects a class has, the fewer they are:
    :math:`1/\sum d_i^2` (Kish 1965, Survey Sampling), with :math:`d_i` the share of the score that
    is subject *i*'s, averaged over the parts that the score is the mean of.

    Parameters
    ----------
    sizes : ndarray of shape (n_subjects, ..., n_parts)
        Denominator of each subject in each part; balanced accuracy has a part a class.

    Returns
    -------
    ndarray of float, shape (...)
        At most the number of subjects; 0 where nobody counts.

    Examples
    --------
    >>> round(float(effective_people(np.ones((20, 1)))), 1)
    20.0
    >>> five_of_a_class = np.repeat([[1, 0], [0, 1]], [5, 35], axis=0)
    >>> round(float(effective_people(five_of_a_class)), 1)
    17.5
    """
    whole = sizes.sum(axis=0)
    counts = whole > 0
    share = _ratio(sizes, np.broadcast_to(whole, sizes.shape), 0.0)
    n_parts = np.maximum(counts.sum(axis=-1), 1)
    squares = np.square(share.sum(axis=-1) / n_parts).sum(axis=0)
    return _ratio(1.0, squares, 0.0)


class _Spread(NamedTuple):
    """Scores, the change without each subject, and how far the scores vary.

    `variance` with Student's quantile for it, and `widest`, that for all `people`.
    """

    value: Values
    change: Values
    people: Values
    variance: Values
    quantile: Values
    widest: Values


def _spread(value: Values, change: Values, people: Values) -> _Spread:
    # Rounding is no change.
    own = np.where(np.abs(change) > 1e-12 * np.maximum(np.abs(value), 1e-300), change, 0.0)
    largest = np.abs(own).max(axis=0)
    unit = _ratio(own, np.broadcast_to(largest, own.shape), 0.0)
    squares, fourths = (unit**2).sum(axis=0), (unit**4).sum(axis=0)
    variance = (people - 1) / people * squares * largest**2
    degrees = _ratio(2.0, _ratio(fourths, squares**2, 0.0) - 1 / people, np.inf)
    degrees = np.minimum(np.maximum(degrees - _LOST_DEGREES, _FEWEST_DEGREES), people - 1)
    quantile, widest = (
        np.asarray(stats.t.ppf(0.5 + LEVEL_PERCENT / 200, n)) for n in (degrees, people - 1)
    )
    return _Spread(value, change, people, np.asarray(variance), quantile, widest)


def _share_limits(of: _Spread) -> tuple[Values, Values]:
    value = np.clip(of.value, 0.0, 1.0)
    people, widest = of.people, of.widest
    whole = value * (1 - value) / people
    # Variance as a share of what subjects who are right in all cycles or in none would have.
    known = (of.variance > 0) & (whole > 0)
    penalty = np.minimum(of.quantile**2 * _ratio(of.variance, whole, 1.0), widest**2) / people
    penalty = np.where(known, penalty, widest**2 / people)
    middle = (value + penalty / 2) / (1 + penalty)
    half = np.sqrt(penalty * (value * (1 - value) + penalty / 4)) / (1 + penalty)
    number = _NORMAL_QUANTILE**2 / penalty
    right, wrong = value * number, (1 - value) * number
    tail = (1 - LEVEL_PERCENT / 100) / 2
    low, high = middle - half, middle + half
    low = np.where(right < 1, np.minimum(low, _beta(tail, right, wrong + 1)), low)
    high = np.where(wrong < 1, np.maximum(high, _beta(1 - tail, right + 1, wrong)), high)
    return np.clip(low, 0.0, value), np.clip(high, value, 1.0)


def _beta(part: float, first: Values, second: Values) -> Values:
    """Return a quantile of the beta distribution; 0 and 1 where one shape is 0."""
    found = stats.beta.ppf(part, np.maximum(first, 1e-9), np.maximum(second, 1e-9))
    return np.where(first <= 1e-9, 0.0, np.where(second <= 1e-9, 1.0, found))


def _difference_limits(of: _Spread) -> tuple[Values, Values]:
    value, people, widest = of.value, of.people, of.widest
    # Pseudo-values: how much the models differ in each subject.
    own = value + (len(of.change) - 1) * of.change
    differing = np.clip(np.abs(own).mean(axis=0), np.abs(value), 1.0)
    nobody = widest**2 / (people + widest**2)
    most = widest**2 * np.maximum(differing - value**2, 0.0) / people + nobody**2
    square = np.minimum(of.quantile**2 * of.variance, most)
    half = np.where(of.variance > 0, np.sqrt(square), nobody)
    return np.maximum(value - half, -1.0), np.minimum(value + half, 1.0)


def _error_limits(of: _Spread) -> tuple[Values, Values]:
    relative = _ratio(of.quantile * np.sqrt(of.variance), of.value, 0.0)
    factor = np.exp(np.minimum(relative, 700.0))
    return of.value / factor, of.value * factor


def _number_limits(of: _Spread) -> tuple[Values, Values]:
    half = of.quantile * np.sqrt(of.variance)
    return of.value - half, of.value + half


_LIMITS = {
    "share": _share_limits,
    "difference": _difference_limits,
    "error": _error_limits,
    "number": _number_limits,
}


# Classes: metrics of counts of true and predicted, (..., classes, classes).


def confusion_per_unit(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    unit: NDArray[np.intp],
    n_units: int,
    n_classes: int,
) -> Counts:
    """Count true against predicted classes for each subject (or fold).

    Parameters
    ----------
    true, predicted : ndarray of int of shape (n_rows,)
        Class numbers.
    unit : ndarray of int of shape (n_rows,)
        Subject (or fold) number of each row.
    n_units, n_classes : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_units, n_classes, n_classes)
        Axis 1 is the true class, axis 2 the predicted one.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1])
    >>> confusion_per_unit(one, one, np.array([0, 0]), 1, 2).tolist()
    [[[1, 0], [0, 1]]]
    """
    cell = (unit * n_classes + true) * n_classes + predicted
    counts = np.bincount(cell, minlength=n_units * n_classes**2)
    return counts.reshape(n_units, n_classes, n_classes).astype(np.int64)


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Share of rows predicted right, for each matrix of a stack ``(..., classes, classes)``."""
    total = confusion.sum(axis=(-2, -1))
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return _ratio(right, total, np.nan)


def balanced_accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Mean recall over the classes that occur, for each matrix of a stack.

    As scikit-learn's ``balanced_accuracy_score``: a class without true rows is left out.
    """
    support = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    recall = _ratio(right, support, 0.0)
    n_present = (support > 0).sum(axis=-1)
    return _ratio(recall.sum(axis=-1), n_present, np.nan)


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Mean over classes of the harmonic mean of precision and recall, for a stack of matrices.

    As scikit-learn's ``f1_score(average="macro")``: a class that neither occurs nor is
    predicted is left out, a class that is never predicted right counts 0.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    occurs = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    f1 = _ratio(2 * right, occurs, 0.0)
    n_present = (occurs > 0).sum(axis=-1)
    return _ratio(f1.sum(axis=-1), n_present, np.nan)


def _ratio(part: Any, whole: Any, empty: float) -> NDArray[np.float64]:
    filled = np.full(np.shape(whole), empty)
    ratio: NDArray[np.float64] = np.divide(part, whole, out=filled, where=whole > 0)
    return ratio


METRICS = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}
_SIZES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "accuracy": lambda counts: counts.sum(axis=(-2, -1))[..., None],
    "balanced_accuracy": lambda counts: counts.sum(axis=-1),
    "macro_f1": lambda counts: counts.sum(axis=-1) + counts.sum(axis=-2),
}
"""What each metric divides by, in each of the parts it is the mean of."""


def check_classes_in_training(
    codes: NDArray[np.intp], classes: NDArray[Any], folds: list[Fold]
) -> None:
    """Refuse folds that would train on one class only.

    Raises
    ------
    TargetError
        Naming the fold and its class.
    """
    for number, (train, _) in enumerate(folds, start=1):
        seen = np.unique(codes[train])
        if seen.size == 1:
            raise TargetError(
                expected="at least two classes in the training rows of every fold",
                got=f"only {classes[seen[0]]}",
                where=f"fold {number} of {len(folds)}",
                fix="each class needs at least two subjects: add subjects or merge classes",
            )


def baseline_numbers(codes: NDArray[np.intp], folds: list[Fold]) -> list[NDArray[np.intp]]:
    """Predict the most frequent class of each fold's training rows for its test rows."""
    return [
        DummyClassifier(strategy="most_frequent")
        .fit(np.zeros((len(train), 1)), codes[train])
        .predict(np.zeros((len(test), 1)))
        for train, test in folds
    ]


def metric_values(metric: str, sums: NDArray[Any]) -> NDArray[np.float64]:
    """Return a metric of each row of sums; NaN where a row sums nothing."""
    if metric in METRICS:
        return np.asarray(METRICS[metric](sums))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(quantity_scores(sums)[metric])


def metric_jackknife(metric: str, per_subject: NDArray[Any]) -> Jackknife:
    """Leave each subject out of a metric.

    Parameters
    ----------
    metric : str
        Of classes or of numbers.
    per_subject : ndarray of shape (n_subjects, ..., n_classes, n_classes) or (n_subjects, ..., 6)
        What each subject contributes: counts of true against predicted classes, or
        :func:`error_sums`.

    Returns
    -------
    Jackknife
        Its interval is :func:`metric_interval`.
    """
    sizes = _SIZES[metric](per_subject) if metric in METRICS else per_subject[..., :1]
    return Jackknife.of(lambda sums: metric_values(metric, sums), per_subject, sizes)


def metric_interval(metric: str, per_subject: NDArray[Any]) -> Interval:
    """Return the 95 % interval of a metric over subjects, see :class:`Jackknife`."""
    return metric_jackknife(metric, per_subject).interval(SCALES[metric])


def difference_interval(metric: str, first: NDArray[Any], second: NDArray[Any]) -> Interval:
    """Return the 95 % interval of a metric of the first minus that of the second.

    Parameters
    ----------
    metric : str
        Of classes or of numbers.
    first, second : ndarray of shape (n_subjects, ...)
        What each of the same subjects contributes, as in :func:`metric_jackknife`.
    """
    change = metric_jackknife(metric, first) - metric_jackknife(metric, second)
    return change.interval("difference" if SCALES[metric] == "share" else "number")


def intervals_beside_baseline(
    metrics: tuple[str, ...], model: NDArray[Any], baseline: NDArray[Any]
) -> dict[str, Interval]:
    """Return the interval over subjects of each metric, and of its difference to the baseline.

    Parameters
    ----------
    metrics : tuple of str
        All of classes, or all of numbers.
    model, baseline : ndarray of shape (n_subjects, n_classes, n_classes) or (n_subjects, 6)
        What each subject contributes, as in :func:`metric_jackknife`.

    Returns
    -------
    dict
        95 % intervals of each metric, and with ``_minus_baseline`` of its difference (a negative
        difference of errors is an improvement).
    """
    intervals = {}
    for metric in metrics:
        intervals[metric] = metric_interval(metric, model)
        intervals[f"{metric}_minus_baseline"] = difference_interval(metric, model, baseline)
    return intervals


def classification_scores(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    baseline: NDArray[np.intp],
    fold: NDArray[np.intp],
    names: list[str],
    subjects: tuple[NDArray[np.intp], NDArray[Any]] | None,
) -> dict[str, Any]:
    """Return the scores of folds, of all held-out cycles, and of subjects where known.

    Parameters
    ----------
    true, predicted, baseline : ndarray of int of shape (n_tested,)
        Class numbers: the truth, the model's and the baseline's predictions.
    fold : ndarray of int of shape (n_tested,)
        Fold of each row, from 0.
    names : list of str
        Names of the classes.
    subjects : tuple of ndarray, or None
        Subject number of each row, and the subjects' names.

    Returns
    -------
    dict
        The scores, as ``evaluate_classification`` describes them.
    """
    per_fold = confusion_per_unit(true, predicted, fold, int(fold.max()) + 1, len(names))
    pooled = per_fold.sum(axis=0)
    beside = confusion_per_unit(true, baseline, np.zeros_like(true), 1, len(names))[0]
    scores, scores_beside = (
        {name: float(metric(counts)) for name, metric in METRICS.items()}
        for counts in (pooled, beside)
    )
    of_folds = accuracy(per_fold)
    results = {
        "cv_scores": of_folds.tolist(),
        "mean_accuracy": float(of_folds.mean()),
        "std_accuracy": float(of_folds.std()),
        "cv_balanced_accuracy": balanced_accuracy(per_fold).tolist(),
        **scores,
        "classification_report": classification_report(
            true,
            predicted,
            labels=np.arange(len(names)),
            target_names=names,
            output_dict=True,
            # Precision of a class never predicted.
            zero_division=0.0,
        ),
        "confusion_matrix": pooled,
        "baseline": {"strategy": "most_frequent", **scores_beside},
        "per_subject_accuracy": None,
        "intervals": {},
    }
    if subjects is not None:
        unit, labels = subjects
        model, other = (
            confusion_per_unit(true, each, unit, len(labels), len(names))
            for each in (predicted, baseline)
        )
        index = pd.Index(labels, name="subject")
        results["per_subject_accuracy"] = pd.Series(accuracy(model), index, name="accuracy")
        results["intervals"] = intervals_beside_baseline(tuple(METRICS), model, other)
    return results


def metrics_json(results: dict[str, Any]) -> dict[str, Any]:
    """Turn an evaluation's results into types that ``json.dumps(..., allow_nan=False)`` takes.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.

    Returns
    -------
    dict
        The same, without ``predictions`` (a table of every cycle, which belongs in a table
        file). Arrays become lists, a Series a mapping, a DataFrame a list of records (with the
        index as a column if it has a name), NaN and infinity None.

    Examples
    --------
    >>> import numpy as np
    >>> metrics_json({"accuracy": np.float64(0.5), "intervals": {"accuracy": (0.4, np.nan)}})
    {'accuracy': 0.5, 'intervals': {'accuracy': [0.4, None]}}
    """
    kept = {key: value for key, value in results.items() if key != "predictions"}
    plain: dict[str, Any] = _plain(kept)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        named = value.reset_index() if value.index.name else value
        return [_plain(record) for record in named.to_dict("records")]
    if isinstance(value, pd.Series):
        return _plain(value.to_dict())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple, set, pd.Index)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


# Numbers: metrics of sums of errors.


def error_sums(
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
    unit: NDArray[np.intp],
    n_units: int,
) -> Sums:
    """Sum per subject (or fold) what the metrics are made of.

    Parameters
    ----------
    true, predicted : ndarray of float of shape (n_rows,)
        Values, in the target's unit.
    unit : ndarray of int of shape (n_rows,)
        Subject (or fold) number of each row.
    n_units : int
        How many there are.

    Returns
    -------
    ndarray of float of shape (n_units, 6)
        Rows, target, squared target, |error|, squared error, error (predicted minus true). The
        target is centred on its mean first, so that squares do not cancel.
    """
    error, centred = predicted - true, true - true.mean()
    parts = (np.ones_like(error), centred, centred**2, np.abs(error), error**2, error)
    return np.column_stack([np.bincount(unit, part, minlength=n_units) for part in parts])


def quantity_scores(sums: Sums) -> dict[str, NDArray[np.float64]]:
    """Return the metrics of each row of sums.

    Parameters
    ----------
    sums : ndarray of float of shape (..., 6)
        From :func:`error_sums`.

    Returns
    -------
    dict of ndarray
        ``r2`` (1 − squared error ÷ squared deviation from the mean; NaN where the target does
        not vary), ``mae``, ``rmse`` and ``bias`` in the target's unit.
    """
    n, target, target_2, absolute, squared, signed = np.moveaxis(sums, -1, 0)
    deviation = target_2 - target**2 / n
    varies = deviation > 1e-12 * np.maximum(target_2, np.finfo(float).tiny)
    unexplained = np.divide(squared, deviation, out=np.full(np.shape(n), np.nan), where=varies)
    return {
        "r2": 1 - unexplained,
        "mae": absolute / n,
        "rmse": np.sqrt(squared / n),
        "bias": signed / n,
    }


def curve_rmse(
    true: NDArray[np.float32], predicted: NDArray[np.float32], subject: NDArray[np.intp]
) -> Jackknife:
    """Return the root mean square error of curves over measured points, and without each subject.

    Parameters
    ----------
    true, predicted : ndarray, shape (n_cycles, n_points)
        Points that are NaN in either do not count.
    subject : ndarray of int, shape (n_cycles,)
        Codes from 0.

    Examples
    --------
    >>> true = np.zeros((2, 4), dtype=np.float32)
    >>> curve_rmse(true, true + np.float32([[1.0], [7.0]]), np.array([0, 1])).value.item()
    5.0
    """
    squared = (predicted.astype(np.float64) - true) ** 2
    known = np.isfinite(squared)
    of_cycles = np.stack([np.where(known, squared, 0.0).sum(axis=1), known.sum(axis=1)])
    sums = np.column_stack([np.bincount(subject, each) for each in of_cycles])
    return Jackknife.of(lambda each: np.sqrt(each[..., 0] / each[..., 1]), sums, sums[:, 1:])


def baseline_values(y: NDArray[np.float64], folds: list[Fold]) -> list[NDArray[np.float64]]:
    """Predict the mean of each fold's training rows for its test rows."""
    return [np.full(len(test), y[train].mean()) for train, test in folds]


def regression_scores(
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
    baseline: NDArray[np.float64],
    fold: NDArray[np.intp],
    subjects: tuple[NDArray[np.intp], NDArray[Any]] | None,
) -> dict[str, Any]:
    """Return the scores of folds, of all held-out cycles, and of subjects where known.

    Parameters
    ----------
    true, predicted, baseline : ndarray of float of shape (n_tested,)
        The truth, the model's and the baseline's predictions, in the target's unit.
    fold : ndarray of int of shape (n_tested,)
        Fold of each row, from 0.
    subjects : tuple of ndarray, or None
        Subject number of each row, and the subjects' names.

    Returns
    -------
    dict
        The scores, as ``evaluate_regression`` describes them.
    """
    per_fold = quantity_scores(error_sums(true, predicted, fold, int(fold.max()) + 1))
    everyone = np.zeros_like(fold)
    beside = quantity_scores(error_sums(true, baseline, everyone, 1)[0])
    results: dict[str, Any] = {
        "cv_scores": per_fold["r2"].tolist(),
        "cv_mae": per_fold["mae"].tolist(),
        "mean_mae": float(per_fold["mae"].mean()),
        "std_mae": float(per_fold["mae"].std()),
        **_floats(quantity_scores(error_sums(true, predicted, everyone, 1)[0])),
        "baseline": {"strategy": "mean", **_floats(beside)},
        "per_subject_error": None,
        "intervals": {},
    }
    if subjects is not None:
        unit, labels = subjects
        model, other = (error_sums(true, each, unit, len(labels)) for each in (predicted, baseline))
        errors = pd.DataFrame(quantity_scores(model), pd.Index(labels, name="subject"))
        # Within a person the target hardly varies: an R² would mean nothing.
        errors = errors.drop(columns="r2").assign(n_cycles=model[:, 0].astype(int))
        results["per_subject_error"] = errors
        results["intervals"] = {
            **intervals_beside_baseline(METRICS_OF["regression"], model, other),
            "bias": metric_interval("bias", model),
        }
    return results


def _floats(values: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """One metric with its 95 % interval, and what the baseline reaches.

    Attributes
    ----------
    name : str
        Metric in words.
    value, low, high : float
        Score and its interval over subjects.
    baseline : float
        Score of the model that knows no gait.
    gain_low, gain_high : float
        Interval of what the model is better by on the same subjects; above zero is better,
        whichever way the score runs.
    smaller_is_better : bool
        Whether the score is an error.
    """

    name: str
    value: float
    low: float
    high: float
    baseline: float
    gain_low: float
    gain_high: float
    smaller_is_better: bool = False

    @property
    def beats_baseline(self) -> bool:
        """Whether the whole interval of the gain lies above zero."""
        return self.gain_low > 0

    @property
    def below_baseline(self) -> bool:
        """Whether the whole interval of the gain lies below zero."""
        return self.gain_high < 0

    def text(self, part: str = "value") -> str:
        """Return the value, an end of the interval or the baseline, rounded for reading."""
        number = float(getattr(self, part))
        if self.smaller_is_better:
            return number_text(number)
        return f"{number:.2f}".replace("-", "−")


def headline_scores(results: Mapping[str, Any], kind: str) -> list[Score]:
    """Return the evaluator's metrics, the one to quote first.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    kind : {"classification", "regression"}
        Which of the two.
    """
    scores = []
    for key in METRICS_OF[kind]:
        low, high = results["intervals"][key]
        gain_low, gain_high = results["intervals"][f"{key}_minus_baseline"]
        if key in ERRORS:
            gain_low, gain_high = -gain_high, -gain_low
        scores.append(
            Score(
                METRIC_NAMES[key],
                results[key],
                low,
                high,
                results["baseline"][key],
                gain_low,
                gain_high,
                smaller_is_better=key in ERRORS,
            )
        )
    return scores
