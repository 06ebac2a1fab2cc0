"""Scores of one evaluation, looked at by person: classes, agreement, groups of people, two models.

Every table is made of what each subject contributes to a metric, so that its 95 % intervals are
over subjects (:class:`~locomotion_analysis.evaluation.metrics.Jackknife`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.folds import class_numbers, rows_of_predictions, said_simulated
from locomotion_analysis.evaluation.metrics import (
    ERRORS,
    METRICS_OF,
    Interval,
    Jackknife,
    confusion_per_unit,
    difference_interval,
    error_sums,
    metric_interval,
    metric_values,
)
from locomotion_analysis.reporting.names import number_text, p_equals

Contributions = Callable[[NDArray[np.intp], int], NDArray[Any]]
"""``(unit of each row, number of units)`` to what each unit (subject, fold) contributes."""


def contributions(results: Mapping[str, Any]) -> Contributions:
    """Return the function that sums, by unit, what an evaluation's metrics are made of.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    """
    table = results["predictions"]
    true, predicted = (table[name].to_numpy() for name in ("y_true", "y_pred"))
    classes = np.asarray(results["classes"]) if results["kind"] == "classification" else None
    return sums_of(true, predicted, classes)


def sums_of(
    true: NDArray[Any], predicted: NDArray[Any], classes: NDArray[Any] | None
) -> Contributions:
    """Return the function that sums, by unit, counts of classes or (without classes) errors."""
    if classes is None:
        values = true.astype(float), predicted.astype(float)
        return lambda unit, n_units: error_sums(*values, unit, n_units)
    codes = class_numbers(true, classes), class_numbers(predicted, classes)
    return lambda unit, n_units: confusion_per_unit(*codes, unit, n_units, len(classes))


def chosen_metric(kind: str, metric: str | None) -> str:
    """Return the metric asked for, or balanced accuracy or mean absolute error.

    Raises
    ------
    SchemaError
        If this kind of evaluation has no such metric.
    """
    known = METRICS_OF[kind]
    if metric is None:
        return known[0]
    if metric not in known:
        raise SchemaError(
            expected="one of " + ", ".join(known),
            got=repr(metric),
            where="metric",
            fix=f"choose a metric of a {kind}",
        )
    return metric


def tested_subjects(results: Mapping[str, Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the subject number of each held-out row, and the subjects' names.

    Raises
    ------
    SplitLeakError
        If the evaluation did not know its subjects.
    """
    table = results["predictions"]
    if "subject" not in table:
        raise SplitLeakError(
            expected="an evaluation that knows the subject of every row",
            got="one without groups",
            fix="pass groups to the evaluator",
        )
    codes, names = pd.factorize(table["subject"].to_numpy(), sort=True)
    return codes.astype(np.intp), np.asarray(names)


# Agreement of predicted and observed numbers.


_NORMAL_95 = 1.96


def agreement(results: Mapping[str, Any]) -> pd.DataFrame:
    r"""Return bias, limits of agreement and calibration of a regression.

    Limits of agreement: bias ± 1.96 SD (n - 1) of the errors of cycles (Bland and Altman 1986, Lancet
    327:307). Calibration: observed values regressed on predicted ones; slope 1 and intercept 0
    are perfect, a slope below 1 means predictions too extreme (Steyerberg et al. 2010,
    Epidemiology 21:128).

    Parameters
    ----------
    results : dict
        What ``evaluate_regression`` returned.

    Returns
    -------
    DataFrame
        Indexed by ``measure`` (``bias``, predicted minus observed, ``lower_limit``,
        ``upper_limit``, ``slope``, ``intercept``): ``value``, ``low``, ``high`` (95 % over
        subjects), in the target's unit. Slope and intercept are NaN where all predictions are
        equal.

    Raises
    ------
    SchemaError
        If the results are of a classification.
    SplitLeakError
        If subjects are unknown.
    """
    if results["kind"] != "regression":
        raise SchemaError(
            expected="results of a regression",
            got=f"a {results['kind']}",
            where="results",
            fix="a classification has calibration_curve",
        )
    subject, names = tested_subjects(results)
    table = results["predictions"]
    observed, predicted = (table[name].to_numpy(float) for name in ("y_true", "y_pred"))
    # Centred, so that the sums of squares do not cancel.
    middle = observed.mean()
    x, y = predicted - middle, observed - middle
    parts = (np.ones_like(x), x, y, x * x, x * y, y * y)
    sums = np.column_stack([np.bincount(subject, part, minlength=len(names)) for part in parts])
    rows = []
    for name in _measures(sums.sum(axis=0), middle):
        left = Jackknife.of(partial(_measure, name, middle), sums, sums[:, :1])
        rows.append((name, float(left.value), *left.interval("number")))
    table = pd.DataFrame(rows, columns=["measure", "value", "low", "high"]).set_index("measure")
    return said_simulated(table, results["simulated"])


def _measure(name: str, middle: float, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return _measures(sums, middle)[name]


def _measures(sums: NDArray[np.float64], middle: float) -> dict[str, NDArray[np.float64]]:
    n, x, y, xx, xy, yy = np.moveaxis(sums, -1, 0)
    bias = (x - y) / n
    squares = np.maximum(xx - 2 * xy + yy - n * bias**2, 0.0)
    spread = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    variance = xx - x**2 / n
    varies = variance > 1e-12 * np.maximum(xx, np.finfo(float).tiny)
    slope = np.divide(xy - x * y / n, variance, out=np.full(np.shape(n), np.nan), where=varies)
    return {
        "bias": bias,
        "lower_limit": bias - _NORMAL_95 * spread,
        "upper_limit": bias + _NORMAL_95 * spread,
        "slope": slope,
        "intercept": y / n + middle - slope * (x / n + middle),
    }


# Scores of each class, of cycles and of people.


def class_metrics(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return recall, specificity, precision and F1 of each class, with 95 % intervals.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

    Returns
    -------
    DataFrame
        Indexed by ``class``: ``recall`` (sensitivity), ``specificity``, ``precision``, ``f1``,
        each with ``_low`` and ``_high``; ``n_subjects`` and ``n_cycles`` of the class. NaN where
        a score is not defined, for example the precision of a class never predicted.

    Raises
    ------
    SchemaError
        If the results are of a regression.
    SplitLeakError
        If subjects are unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> class_metrics(results)["recall"].round(2).to_dict()
    {0: 0.85, 1: 0.95}
    """
    if results["kind"] != "classification":
        raise SchemaError(
            expected="results of a classification",
            got=f"a {results['kind']}",
            where="results",
            fix="a regression has per_subject_error and agreement",
        )
    subject, names = tested_subjects(results)
    sums = contributions(results)(subject, len(names))
    columns: dict[str, Any] = {}
    for name, (_, size) in _parts(sums).items():
        left = Jackknife.of(partial(_class_metric, name), sums, size[..., None])
        low, high = left.intervals("share")
        columns |= {name: left.value, f"{name}_low": low, f"{name}_high": high}
    of_class = sums.sum(axis=2)
    columns |= {"n_subjects": (of_class > 0).sum(axis=0), "n_cycles": of_class.sum(axis=0)}
    return pd.DataFrame(columns, index=pd.Index(results["classes"], name="class"))


def _class_metric(name: str, confusion: NDArray[Any]) -> NDArray[np.float64]:
    found, of_all = _parts(confusion)[name]
    return np.asarray(found / of_all)


def _parts(confusion: NDArray[Any]) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Return what each metric of a class divides, and by what: each of shape (..., classes)."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    true, called = confusion.sum(axis=-1), confusion.sum(axis=-2)
    total = confusion.sum(axis=(-2, -1))[..., None]
    return {
        "recall": (right, true),
        "specificity": (total - true - called + right, total - true),
        "precision": (right, called),
        "f1": (2 * right, true + called),
    }


def subject_calls(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return the class that most of each person's cycles were given.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

    Returns
    -------
    DataFrame
        One row a subject and true class (several rows where a subject has several, as of
        tasks), indexed by ``subject``: ``y_true``, ``y_called`` (by majority of its cycles; of
        equal counts the first class), ``share`` (of its cycles that were given that class),
        ``accuracy`` (share that was right), ``right`` and ``n_cycles``.

    Raises
    ------
    SplitLeakError
        If subjects are unknown.
    """
    subject, names = tested_subjects(results)
    counts = contributions(results)(subject, len(names))
    who, true = np.nonzero(counts.sum(axis=2))
    given, classes = counts[who, true], np.asarray(results["classes"], dtype=object)
    called, n_cycles = given.argmax(axis=1), given.sum(axis=1)
    return pd.DataFrame(
        {
            "y_true": classes[true],
            "y_called": classes[called],
            "share": given.max(axis=1) / n_cycles,
            "accuracy": given[np.arange(len(who)), true] / n_cycles,
            "right": called == true,
            "n_cycles": n_cycles,
        },
        index=pd.Index(names[who], name="subject"),
    )


def subject_level_metrics(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return the scores of each class when a person is called by the majority of cycles.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

    Returns
    -------
    DataFrame
        As :func:`~locomotion_analysis.evaluation.class_metrics`, counting people (a person with
        cycles of two classes once in each).

    Raises
    ------
    SplitLeakError
        If subjects are unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> subject_level_metrics(results)["recall"].to_dict()
    {0: 1.0, 1: 1.0}
    """
    calls = subject_calls(results)
    table = pd.DataFrame(
        {
            "subject": calls.index.to_numpy(),
            "y_true": calls["y_true"].to_numpy(),
            "y_pred": calls["y_called"].to_numpy(),
        }
    )
    of_people = {**results, "predictions": table}
    return class_metrics(of_people).drop(columns="n_cycles")


# How much better one of two models is on the same folds, and whether one can tell.


SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """How two models compare on the same people.

    Attributes
    ----------
    metric : str
        What was compared.
    score_a, score_b : float
        Score of each model on all held-out cycles.
    difference : float
        `score_a` minus `score_b`.
    fold_differences : tuple of float
        Difference in each fold.
    interval : tuple of float
        95 % interval of the mean fold difference, of the same test: it holds 0 where p is 0.05
        or more.
    t, p_value : float
        Corrected resampled t test of the fold differences (Nadeau and Bengio 2003).
    n_subjects : int
        Subjects tested.
    smaller_is_better : bool
        Whether the metric is an error.
    """

    metric: str
    score_a: float
    score_b: float
    difference: float
    fold_differences: tuple[float, ...]
    interval: Interval
    t: float
    p_value: float
    n_subjects: int
    smaller_is_better: bool

    @property
    def distinguishable(self) -> bool:
        """Whether the models can be told apart: p below 0.05, and 0 outside of the interval."""
        return self.p_value < SIGNIFICANCE

    @property
    def better(self) -> str | None:
        """The better model, ``"a"`` or ``"b"``; None where they cannot be told apart."""
        if not self.distinguishable:
            return None
        return "a" if (self.difference > 0) != self.smaller_is_better else "b"

    def text(self) -> str:
        """Return the comparison in one line."""
        low, high = self.interval
        found = "told apart" if self.distinguishable else "not told apart"
        return (
            f"{self.metric} {number_text(self.score_a)} against {number_text(self.score_b)}: "
            f"difference {number_text(self.difference, signed=True)} (95 % interval "
            f"{number_text(low, signed=True)} to {number_text(high, signed=True)}, "
            f"{p_equals(self.p_value)}, corrected resampled t test of "
            f"{len(self.fold_differences)} folds of {self.n_subjects} subjects), {found}"
        )


def paired_comparison(
    results_a: Mapping[str, Any],
    results_b: Mapping[str, Any],
    metric: str | None = None,
) -> PairedComparison:
    """Compare two models that were evaluated on the same folds of the same people.

    Parameters
    ----------
    results_a, results_b : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned for each.
    metric : str, optional
        ``balanced_accuracy`` (default), ``accuracy`` or ``macro_f1`` of a classification;
        ``mae`` (default), ``rmse`` or ``r2`` of a regression.

    Returns
    -------
    PairedComparison
        Difference, with interval and p-value of the corrected resampled t test over folds.

    Raises
    ------
    SchemaError
        If rows, targets or folds of the two differ, or there is no such metric.
    SplitLeakError
        If subjects are unknown.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> line, guess = (run(m, X, subjects % 2, subjects) for m in (LogisticRegression(), DummyClassifier()))
    >>> paired_comparison(line, guess).better
    'a'
    """
    check_same_folds(results_a, results_b)
    metric = chosen_metric(results_a["kind"], metric)
    _, names = tested_subjects(results_a)
    fold = results_a["predictions"]["fold"].to_numpy() - 1
    whole, folds = [], []
    for results in (results_a, results_b):
        sums = contributions(results)
        whole.append(float(metric_values(metric, sums(np.zeros_like(fold), 1))[0]))
        folds.append(metric_values(metric, sums(fold, int(fold.max()) + 1)))
    of_folds = folds[0] - folds[1]
    test_to_train = np.mean([tested / trained for trained, tested in results_a["fold_sizes"]])
    found = corrected_t_test(of_folds, float(test_to_train))
    return PairedComparison(
        metric=metric,
        score_a=whole[0],
        score_b=whole[1],
        difference=whole[0] - whole[1],
        fold_differences=tuple(of_folds.tolist()),
        interval=(found.low, found.high),
        t=found.t,
        p_value=found.p_value,
        n_subjects=len(names),
        smaller_is_better=metric in ERRORS,
    )


class CorrectedT(NamedTuple):
    """Statistic, two-sided p, and the 95 % interval of the mean difference."""

    t: float
    p_value: float
    low: float
    high: float


def corrected_t_test(differences: ArrayLike, test_to_train: float) -> CorrectedT:
    r"""Test whether the mean of a score's differences over folds is zero.

    The folds of a cross-validation train on much the same people, so that a plain t test finds
    differences where there are none. Nadeau and Bengio widen its variance by what the training
    sets share: :math:`t = \bar d / \sqrt{(1/k + n_{test}/n_{train})\, s^2}`, k − 1 degrees of
    freedom. The interval is :math:`\bar d \pm t_{0.975} \sqrt{(1/k + n_{test}/n_{train})\, s^2}`.

    Parameters
    ----------
    differences : array-like of float, shape (k,)
        Score of one model minus score of the other, one a fold. Folds without a score (NaN)
        are left out.
    test_to_train : float
        Subjects tested over subjects trained on, mean of the folds.

    Returns
    -------
    CorrectedT
        ``t``, ``p_value``, ``low`` and ``high``. With fewer than two folds t and interval are NaN
        and p is 1, where no fold differs t is NaN and p 1; t is infinite and p 0 where all folds
        differ by the same amount.

    References
    ----------
    .. [1] Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52:239,
       2003, doi:10.1023/A:1024068626366.

    Examples
    --------
    >>> found = corrected_t_test([0.02, 0.05, 0.03, 0.06, 0.04], test_to_train=0.25)
    >>> f"t = {found.t:.2f}, p = {found.p_value:.3f}, {found.low:.3f} to {found.high:.3f}"
    't = 3.77, p = 0.020, 0.011 to 0.069'
    """
    found = np.asarray(differences, dtype=float)
    found = found[np.isfinite(found)]
    if len(found) < 2:
        return CorrectedT(float("nan"), 1.0, float("nan"), float("nan"))
    if not found.any():
        return CorrectedT(float("nan"), 1.0, 0.0, 0.0)
    mean, df = float(found.mean()), len(found) - 1
    error = float(np.sqrt((1 / len(found) + test_to_train) * found.var(ddof=1)))
    with np.errstate(divide="ignore"):
        t = float(np.divide(mean, error))
    half = float(stats.t.ppf(1 - SIGNIFICANCE / 2, df)) * error
    return CorrectedT(t, float(2 * stats.t.sf(abs(t), df)), mean - half, mean + half)


def check_same_folds(results_a: Mapping[str, Any], results_b: Mapping[str, Any]) -> None:
    """Refuse to compare evaluations that were not of the same people in the same folds.

    Raises
    ------
    SchemaError
        If kind, rows, targets, subjects or folds differ.
    SplitLeakError
        If subjects are unknown.
    """
    if results_a["kind"] != results_b["kind"]:
        raise _differs(f"a {results_a['kind']} and a {results_b['kind']}", "results")
    a, b = results_a["predictions"], results_b["predictions"]
    if "subject" not in a or "subject" not in b:
        raise SplitLeakError(
            expected="two evaluations that know the subject of every row",
            got="one without groups",
            fix="pass groups to the evaluator",
        )
    if len(a) != len(b) or not a.index.equals(b.index):
        raise _differs(f"{len(a):,} and {len(b):,} rows of other cycles or another order", "rows")
    for column, words in (("y_true", "target"), ("subject", "subject"), ("fold", "fold")):
        other = a[column].to_numpy() != b[column].to_numpy()
        if other.any():
            raise _differs(f"another {words} in {int(other.sum()):,} of {len(a):,} rows", column)


def _differs(got: str, where: str) -> SchemaError:
    return SchemaError(
        expected="two evaluations of the same cycles in the same folds",
        got=got,
        where=where,
        fix="evaluate both models on the same X, y and groups with the same cv and random_state",
    )


# Fairness: does the model serve women and men, young and old, light and heavy alike.


FEWEST_SUBJECTS = 10
AGE_BANDS = {"under 18 years": 18.0, "18 to 39 years": 40.0, "40 to 64 years": 65.0,
             "65 years and over": np.inf}  # fmt: skip
BMI_BANDS = {"BMI under 18.5": 18.5, "BMI 18.5 to 24.9": 25.0, "BMI 25 to 29.9": 30.0,
             "BMI 30 and over": np.inf}  # fmt: skip
"""Upper ends of the bands; of the BMI those of the WHO for adults (kg/m²)."""

_COLUMNS = ["attribute", "group", "n_subjects", "n_cycles", "n_classes", "score", "low", "high",
            "difference", "difference_low", "difference_high", "metric", "note"]  # fmt: skip


def fairness_table(
    results: Mapping[str, Any],
    cycles: pd.DataFrame,
    metric: str | None = None,
    *,
    fewest_subjects: int = FEWEST_SUBJECTS,
) -> pd.DataFrame:
    """Score the groups of sex, age band and BMI band, each against everyone else.

    Parameters
    ----------
    results : dict
        What an evaluation returned, its predictions indexed by the cycle key.
    cycles : DataFrame
        ``data.cycles``, with ``sex``, ``age`` (years) and ``bmi`` (kg/m², or ``height_m`` and
        ``mass_kg``) where known.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    fewest_subjects : int
        Groups, or rests, of fewer subjects get no difference, and the note says so.

    Returns
    -------
    DataFrame
        One row a group: ``attribute``, ``group``, ``n_subjects``, ``n_cycles``, ``n_classes``
        (that the group holds; NaN of a regression), ``score`` with ``low`` and ``high``,
        ``difference`` from the rest with ``difference_low`` and ``difference_high`` (95 %, over
        subjects), ``metric``, ``note``. Subjects of whom an attribute is unknown form the group "unknown".
        Empty where none of the three is known.

    Raises
    ------
    SchemaError
        If predictions and cycles cannot be matched.
    SplitLeakError
        If subjects are unknown.

    Notes
    -----
    A group may do worse because it is small, because its classes are mixed otherwise, or because
    the model fails it: a difference is a question, not an answer. With some ten groups, one
    interval in twenty excludes zero by chance.
    """
    metric = chosen_metric(results["kind"], metric)
    subject, names = tested_subjects(results)
    sums_of_rows = contributions(results)
    whole = sums_of_rows(subject, len(names))
    rows = []
    tested = cycles.iloc[rows_of_predictions(results, cycles)]
    for attribute, label in groups_of_people(tested).items():
        for group in label.categories[np.isin(label.categories, label)]:
            inside = np.asarray(label == group)
            own = sums_inside(subject, inside, sums_of_rows, len(names))
            rest = whole - own
            score, other = (float(metric_values(metric, each.sum(axis=0))) for each in (own, rest))
            low, high = metric_interval(metric, own)
            difference = (score - other, *difference_interval(metric, own, rest))
            n_subjects, n_others = (len(np.unique(subject[each])) for each in (inside, ~inside))
            n_classes = float((own.sum(axis=(0, 2)) > 0).sum()) if own.ndim == 3 else np.nan
            notes = []
            if min(n_subjects, n_others) < fewest_subjects:
                words = "subjects" if n_subjects < fewest_subjects else "other subjects"
                notes.append(f"too few {words} to compare")
                difference = (np.nan, np.nan, np.nan)
            if n_classes == 1:  # its score is a recall, and that of the others a mean of recalls
                notes.append("one class only")
                difference = (np.nan, np.nan, np.nan)
            rows.append(
                (attribute, group, n_subjects, int(inside.sum()), n_classes, score, low, high,
                 *difference, metric, "; ".join(notes))
            )  # fmt: skip
    return said_simulated(pd.DataFrame(rows, columns=_COLUMNS), results["simulated"])


def body_mass_index(cycles: pd.DataFrame) -> "pd.Series[float] | None":
    """Return the BMI (kg/m²) of each cycle's subject, or None where it is not known."""
    if "bmi" in cycles and cycles["bmi"].notna().any():
        return cycles["bmi"].astype(float)
    if {"mass_kg", "height_m"} <= set(cycles.columns):
        bmi: pd.Series[float] = cycles["mass_kg"].astype(float) / cycles["height_m"] ** 2
        return bmi if bmi.notna().any() else None
    return None


def groups_of_people(cycles: pd.DataFrame) -> dict[str, "pd.Categorical[Any]"]:
    """Return the group of each cycle's subject, by attribute: sex, age, BMI, as far as known."""
    found: dict[str, Any] = {}
    if "sex" in cycles and cycles["sex"].notna().any():
        sexes = cycles["sex"].astype(object).where(cycles["sex"].notna(), "unknown")
        found["sex"] = pd.Categorical(sexes.astype(str))
    if "age" in cycles and cycles["age"].notna().any():
        found["age"] = _banded(cycles["age"], AGE_BANDS)
    bmi = body_mass_index(cycles)
    if bmi is not None:
        found["bmi"] = _banded(bmi, BMI_BANDS)
    return found


def _banded(values: "pd.Series[Any]", bands: Mapping[str, float]) -> "pd.Categorical[Any]":
    number = values.to_numpy(dtype=float, na_value=np.nan)
    place = np.searchsorted(list(bands.values())[:-1], number, side="right")
    names = [*bands, "unknown"]
    codes = np.where(np.isnan(number), len(bands), place)
    return pd.Categorical(np.array(names, dtype=object)[codes], categories=names)


def sums_inside(
    subject: NDArray[np.intp],
    inside: NDArray[np.bool_],
    sums_of_rows: Callable[[NDArray[np.intp], int], NDArray[Any]],
    n_subjects: int,
) -> NDArray[Any]:
    """Return what each subject contributes with the rows inside the group alone."""
    # Rows outside go to a unit of their own, which is then left away.
    return np.asarray(sums_of_rows(np.where(inside, subject, n_subjects), n_subjects + 1)[:-1])
