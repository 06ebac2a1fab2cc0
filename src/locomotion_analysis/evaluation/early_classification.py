"""The class of a gait cycle from its first part, in people the models never saw.

How well it is told after each share of the cycle, and a rule that answers as soon as it is sure.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.evaluation.subject_scores import chosen_metric, paired_comparison
from locomotion_analysis.features.sequences import sequential_features
from locomotion_analysis.models.timeseries import CurveEstimator, MeanCurveImputer, checked_curves
from locomotion_analysis.models.unsupervised.curves import CurvePCA
from locomotion_analysis.reporting.names import METRIC_NAMES
from locomotion_analysis.selection import SubjectStratifiedKFold, subject_codes
from locomotion_analysis.selection.splitters import subjects_for
from locomotion_analysis.statistics.conformal import (
    COVERAGE,
    Conformal,
    calibrated_limit,
    prediction_sets,
)

__all__ = [
    "EarlyClassification",
    "EarlyClassifier",
    "curves_in_time",
    "evaluate_early_classification",
    "principal_curve_classifier",
]

Clock = Literal["time", "cycle"]

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
_FEWEST_POINTS = 2


def principal_curve_classifier() -> Pipeline:
    """Return an unfitted logistic regression on the principal components of gait curves.

    Components that explain 99 % of the variance, standardised; classes weigh the same however many
    cycles each has. A curve with gaps becomes the mean training curve.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> principal_curve_classifier().steps[-1][0]
    'logisticregression'
    """
    return make_pipeline(
        MeanCurveImputer(),
        CurvePCA(0.99),
        StandardScaler(),
        LogisticRegression(max_iter=1000, class_weight="balanced"),
    )


def curves_in_time(
    curves: ArrayLike, duration_s: ArrayLike, reference_s: float
) -> NDArray[np.float32]:
    """Return curves at equal times after heel strike, the same for all cycles.

    Curves on a grid of per cent are divided by their own duration, which is known only when they
    are over: the first fifth of a long cycle lasts longer than that of a short one and shows more.
    In time nothing of the duration is known before the cycle ends. From its end on a cycle stays at
    its last value.

    Parameters
    ----------
    curves : array_like, shape (n_cycles, n_points, n_channels)
        From heel strike to heel strike, on the phase grid.
    duration_s : array_like, shape (n_cycles,)
        Duration of each cycle, s.
    reference_s : float
        Time of the last point, s.

    Returns
    -------
    ndarray of float32, shape (n_cycles, n_points, n_channels)
        At ``numpy.linspace(0, reference_s, n_points)``, linearly between the phases.

    Raises
    ------
    CycleShapeError
        If `curves` is not of three dimensions.
    SchemaError
        If a duration is missing or not above zero.

    Examples
    --------
    >>> ramp = np.linspace(0, 1, 5, dtype=np.float32)[np.newaxis, :, np.newaxis]
    >>> curves_in_time(np.repeat(ramp, 2, axis=0), [1.0, 2.0], 1.0)[..., 0].tolist()
    [[0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.125, 0.25, 0.375, 0.5]]
    """
    values = checked_curves(curves, gaps=True)
    duration = np.asarray(duration_s, dtype=float)
    unknown = ~(np.isfinite(duration) & (duration > 0))
    if unknown.any() or duration.shape != values.shape[:1]:
        raise SchemaError(
            expected="a duration above zero for each cycle",
            got=f"{int(unknown.sum())} without, of {len(duration)} for {len(values)} cycles",
            where="cycle_duration_s",
            fix='add the durations, or take clock="cycle", which assumes that they are known '
            "when a cycle begins",
        )
    last = values.shape[1] - 1
    place = np.minimum(
        np.linspace(0.0, last, last + 1) * (reference_s / duration[:, np.newaxis]), last
    )
    before = np.minimum(place.astype(np.intp), last - 1)
    weight = (place - before).astype(np.float32)[..., np.newaxis]
    row = np.arange(len(values))[:, np.newaxis]
    found: NDArray[np.float32] = (
        values[row, before] * (1 - weight) + values[row, before + 1] * weight
    )
    return found


class EarlyClassifier(CurveEstimator):
    r"""Classifies a gait cycle at the first share of it at which one class is left.

    At each share a model of its own judges the first part of the cycle. What they may say is bounded
    together: the share at which a cycle is told is not known beforehand.

    Parameters
    ----------
    model : classifier, optional
        Unfitted, of curves (n_cycles, n_points, n_channels), with ``predict_proba``;
        :func:`principal_curve_classifier` where None.
    shares : sequence of float
        Rising, above 0 and at most 1.
    confidence : float
        Share of the cycles of new people, each person weighing the same, that are not told wrong.
    n_splits : int
        Folds of the training people by which the limits are set.
    random_state : int
        Seed of these folds.

    Attributes
    ----------
    classes_ : ndarray
        Labels.
    models_ : tuple of classifier
        One a share, fitted on all training people.
    limits_ : Conformal
        Of the largest nonconformity over the shares, by class.
    n_points_, n_channels_ : int
        Points and channels of the training curves.

    Notes
    -----
    With :math:`p_k(c)` the probability of class *c* at share *k*, the nonconformity of a cycle of
    class *y* is :math:`\max_k (1 - p_k(y))`. Held-out people of the training (`n_splits` folds) give
    the limit :math:`q_y` that a new person's cycle of this class stays below with a probability of
    `confidence` (:func:`~locomotion_analysis.statistics.calibrated_limit`). At every share at once
    the set :math:`\{c: 1 - p_k(c) \le q_c\}` then holds the true class that often; the class is told at
    the first share whose set has no other. A cycle whose sets never come down to one class is not
    told. The models that answer were fitted on all training people and the limits on models of most
    of them, so that the confidence is approximate: measure it with
    :func:`~locomotion_analysis.evaluation.early_classification.evaluate_early_classification`.

    The first part must be known as such when it is over. Curves on a grid of per cent are not: see
    :func:`curves_in_time`.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(24, 2, ["level_walking"], ["healthy", "stroke"])
    >>> knee = data.array(["knee_flexion_angle_ipsi_rad"])
    >>> X = curves_in_time(knee, data.cycles["cycle_duration_s"], 1.1)
    >>> early = EarlyClassifier(confidence=0.8).fit(X, data.cycles["pathology"], data.groups)
    >>> early.predict(X[:1, :60]).columns.tolist()  # after 0.44 s
    ['label', 'share']
    """

    _takes_gaps: ClassVar[bool] = True

    def __init__(
        self,
        model: Any = None,
        shares: Sequence[float] = SHARES,
        confidence: float = COVERAGE,
        n_splits: int = 5,
        random_state: int = 0,
    ) -> None:
        self.model = model
        self.shares = shares
        self.confidence = confidence
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any) -> Self:
        """Fit a model a share, and the limits on held-out people.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Whole cycles; NaN where not measured.
        y : array_like, shape (n_cycles,)
            Class of each cycle.
        groups : array_like, shape (n_cycles,)
            Subject of each cycle.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, shares or the confidence do not fit, or the model gives no probabilities.
        SplitLeakError
            If subjects are unknown, or fewer than the folds.

        Warns
        -----
        LocomotionWarning
            If a class has too few people for the confidence.
        """
        curves = checked_curves(X, gaps=True)
        self.n_points_, self.n_channels_ = curves.shape[1:]
        if not 0 < self.confidence < 1:
            raise SchemaError(
                expected="a confidence between 0 and 1",
                got=repr(self.confidence),
                where="confidence",
            )
        points = points_of_shares(self.shares, self.n_points_)
        model = principal_curve_classifier() if self.model is None else self.model
        if not hasattr(model, "predict_proba"):
            raise SchemaError(
                expected="a classifier with predict_proba", got=type(model).__name__, where="model"
            )
        target, subject = np.asarray(y), subject_codes(groups)[0]
        self.classes_ = np.unique(target)
        folds = SubjectStratifiedKFold(self.n_splits, self.random_state)
        held_out = np.zeros((len(points), len(curves), len(self.classes_)))
        for train, test in folds.split(curves, target, subject):
            fitted = _fitted(model, curves[train], target[train], subject[train], points)
            held_out[:, test] = self._probabilities(fitted, curves[test], points)
        least = held_out.min(axis=0)
        names = [f"probability_{label}" for label in self.classes_]
        frame = pd.DataFrame(least, columns=names).assign(subject=subject, y_true=target)
        limits = calibrated_limit(frame, self.classes_.tolist(), self.confidence)
        assert limits is not None  # noqa: S101 - there are probabilities
        self.limits_: Conformal = limits
        few = [
            f"{label} ({own.n_subjects})"
            for label, own in self.limits_.by_class.items()
            if own.coverage < self.confidence
        ]
        if few:
            warnings.warn(
                f"Too few people for a confidence of {self.confidence:g}: {', '.join(few)}. "
                "These classes are bounded by the least sure of their cycles.",
                LocomotionWarning,
                stacklevel=2,
            )
        self.models_ = tuple(_fitted(model, curves, target, subject, points))
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class at each share that `X` reaches.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_known, n_channels)
            First part of the cycles, on the clock of the training; at each share no more of it is
            read.

        Returns
        -------
        ndarray, shape (n_shares_reached, n_cycles, n_classes)

        Raises
        ------
        CycleShapeError
            If it has other channels than the training, or does not reach the first share.
        """
        check_is_fitted(self)
        curves = checked_curves(X, gaps=True)
        points = points_of_shares(self.shares, self.n_points_)
        points = [n for n in points if n <= curves.shape[1]]
        if not points or curves.shape[1] > self.n_points_ or curves.shape[2] != self.n_channels_:
            raise CycleShapeError(
                expected=f"{points_of_shares(self.shares, self.n_points_)[0]} to {self.n_points_} "
                f"points of {self.n_channels_} channels",
                got=f"{curves.shape[1]} points of {curves.shape[2]}",
                where="X",
                fix="bring the first part to the clock and the points of the training",
            )
        return self._probabilities(self.models_, curves, points)

    def predict(self, X: Any) -> pd.DataFrame:
        """Tell the class of each cycle, as far as `X` reaches.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_known, n_channels)
            As for :meth:`predict_proba`.

        Returns
        -------
        DataFrame
            ``label``, None where the class is not told, and ``share`` at which it was, NaN where not.

        Raises
        ------
        CycleShapeError
            As for :meth:`predict_proba`.
        """
        probability = self.predict_proba(X)
        told = pd.DataFrame(
            {"label": np.full(probability.shape[1], None, dtype=object), "share": np.nan}
        )
        classes = self.classes_.tolist()
        for share, own in zip(self.shares, probability, strict=False):
            best = self.classes_[own.argmax(axis=1)]
            sets = prediction_sets(own, best, classes, self.limits_)
            one = np.array([len(each) == 1 for each in sets]) & told["share"].isna().to_numpy()
            told.loc[one, "label"] = best[one]
            told.loc[one, "share"] = float(share)
        return told

    def _probabilities(
        self, models: Iterable[Any], curves: NDArray[np.float32], points: list[int]
    ) -> NDArray[np.float64]:
        found = np.zeros((len(points), len(curves), len(self.classes_)))
        for at, (model, n) in enumerate(zip(models, points, strict=False)):
            found[at][:, np.searchsorted(self.classes_, model.classes_)] = model.predict_proba(
                curves[:, :n]
            )
        return found


def _fitted(
    model: Any,
    curves: NDArray[np.float32],
    target: NDArray[Any],
    subject: NDArray[np.intp],
    points: Sequence[int],
) -> Iterator[Any]:
    """Yield a copy of the model fitted on each first part."""
    everyone = np.arange(len(curves))
    for n in points:
        fresh = clone(model)
        yield fresh.fit(curves[:, :n], target, **subjects_for(fresh, subject, everyone))


def points_of_shares(shares: Sequence[float], n_points: int) -> list[int]:
    """Return how many points of the grid lie in each first part.

    Raises
    ------
    SchemaError
        If shares do not rise, are not above 0 and at most 1, or hold fewer than two points.

    Examples
    --------
    >>> points_of_shares((0.2, 1.0), 150)
    [30, 150]
    """
    points = [int(np.floor(share * (n_points - 1) + 1e-9)) + 1 for share in shares]
    rising = all(first < second for first, second in pairwise(points))
    if not points or not rising or points[0] < _FEWEST_POINTS or max(shares) > 1.0:
        raise SchemaError(
            expected="rising shares of the cycle, above 0 and at most 1, each with points of its own",
            got=", ".join(f"{share:g}" for share in shares) or "none",
            where="shares",
        )
    return points


# Measured on people the models never saw


@dataclass(frozen=True, eq=False)
class EarlyClassification:
    """The result of :func:`evaluate_early_classification`.

    Attributes
    ----------
    scores : DataFrame
        One row a share, and last the whole cycle on its grid of per cent (`share` NaN): ``share``,
        ``seconds`` (NaN where `clock` is not time), ``metric``, ``score`` with ``low`` and ``high``,
        ``baseline`` (score of the most frequent training class), and ``minus_whole`` with ``_low``
        and ``_high``, the score less that of the whole cycle. Intervals are 95 %; of the score over
        subjects, of the difference by the corrected resampled t test over folds.
    stopping : DataFrame
        One row a share, of the rule of :class:`EarlyClassifier`, all up to that share: ``share``,
        ``seconds``, ``answered`` (share of all cycles), ``accuracy`` (of those answered) and
        ``wrong`` (answered wrong, share of all cycles), each with ``_low`` and ``_high``, 95 % over
        subjects; ``mean_share`` at which those answered were.
    answers : DataFrame
        Indexed by the cycle: ``subject``, ``fold``, ``y_true``, ``label`` (None where the rule did
        not answer) and ``share``.
    results : tuple of dict
        What ``evaluate_classification`` returned, in the order of `scores`.
    clock : {"time", "cycle"}
        What the shares are of.
    reference_s : float
        Duration that the shares are of, s; NaN where `clock` is not time.
    confidence : float
        Of the rule.
    """

    scores: pd.DataFrame
    stopping: pd.DataFrame
    answers: pd.DataFrame
    results: tuple[dict[str, Any], ...]
    clock: Clock
    reference_s: float
    confidence: float

    @property
    def sentence(self) -> str:
        """What was found, in words for a methods section."""
        whole = self.scores.iloc[-1]
        first = self.scores.iloc[0]
        last = self.stopping.iloc[-1]
        of = (
            f"of {self.reference_s:.2f} s, the median cycle"
            if self.clock == "time"
            else "of the cycle, its duration taken as known"
        )
        name = METRIC_NAMES[whole["metric"]].lower()
        scored = (
            f"After {first['share']:.0%} {of}, the {name} is {first['score']:.3f} "
            f"({first['low']:.3f} to {first['high']:.3f}), of whole cycles {whole['score']:.3f} "
            f"({whole['low']:.3f} to {whole['high']:.3f}). At a stated confidence of {self.confidence:.0%} "
        )
        if not last["answered"]:
            return f"{scored}no cycle is told."
        return (
            f"{scored}{last['answered']:.0%} of the cycles are told, at {last['mean_share']:.0%} on "
            f"average, {last['accuracy']:.1%} of them right; {last['wrong']:.1%} "
            f"({last['wrong_low']:.1%} to {last['wrong_high']:.1%}) of all cycles are told wrong."
        )


def evaluate_early_classification(
    data: LocomotionData,
    target: str,
    *,
    channels: Sequence[str] | None = None,
    model: Any = None,
    shares: Sequence[float] = SHARES,
    clock: Clock = "time",
    confidence: float = COVERAGE,
    metric: str | None = None,
    n_splits: int = 5,
    random_state: int = 0,
) -> EarlyClassification:
    """Measure how well cycles of new people are classified from their first part.

    Each share has models of its own, in the same folds of subjects as the whole cycle. The rule that
    stops as soon as it is sure is fitted in the same folds, its limits on folds of the training
    people.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    target : str
        Column of ``data.cycles`` with the classes.
    channels : sequence of str, optional
        Channels to tell it from; all where None.
    model, shares, confidence
        As for :class:`EarlyClassifier`.
    clock : {"time", "cycle"}
        ``"time"``: shares of the median duration of the cycles, the same number of seconds for
        everyone. ``"cycle"``: shares of each cycle's own duration.
    metric : str, optional
        Of the scores; balanced accuracy where None.
    n_splits : int
        Folds of subjects.
    random_state : int
        Seed of the folds.

    Returns
    -------
    EarlyClassification

    Raises
    ------
    SchemaError
        If channels or, for ``clock="time"``, durations are missing, or shares do not rise.
    TargetError
        If the target is unknown or has one class.
    SplitLeakError
        If there are fewer subjects than folds.

    Notes
    -----
    **What the grid of per cent gives away.** A curve on the phase grid is divided by the duration of
    its own cycle, which is known only at its end. Its first 20 % show how much movement falls into a
    fifth of that duration, and so tell the duration of the rest: patients who walk slowly are found
    by a stride time that nobody knows yet. With ``clock="time"`` curves are brought back to seconds
    (:func:`curves_in_time`), and nothing after the moment of the answer is used but for the
    neighbouring grid point of the interpolation (1/149 of the cycle) and what filters before this
    package have smeared. ``clock="cycle"`` answers for a device that knows the duration, as from the
    stride before, and for data that have none. The difference of the two is what knowing it is
    worth.

    **Contralateral channels** stand on the clock of the ipsilateral leg: what they hold up to a share
    was measured up to then, though it is of the middle of the other leg's cycle. Do not bring them
    in phase (``data.contralateral_in_phase``): that puts the second half of the cycle first.

    **Columns of the cycles** (duration, speed, cadence) are not used.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(24, 2, ["level_walking"], ["healthy", "stroke"])
    >>> knee = ["knee_flexion_angle_ipsi_rad"]
    >>> found = evaluate_early_classification(
    ...     data, "pathology", channels=knee, shares=(0.4, 0.8), confidence=0.8, n_splits=3
    ... )
    >>> found.scores["share"].tolist()
    [0.4, 0.8, nan]
    """
    if clock not in ("time", "cycle"):
        raise SchemaError(expected='clock "time" or "cycle"', got=repr(clock), where="clock")
    metric = chosen_metric("classification", metric)
    whole, y = sequential_features(data, target, features=channels)
    groups = y.index.get_level_values("subject")
    reference, curves = np.nan, whole
    if clock == "time":
        known = data.cycles[str(y.name)].notna().to_numpy()
        duration = _durations(data)[known]
        reference = float(np.nanmedian(duration)) if np.isfinite(duration).any() else 1.0
        curves = curves_in_time(whole, duration, reference)
    points = points_of_shares(shares, whole.shape[1])
    early = EarlyClassifier(model, shares, confidence, random_state=random_state)
    used = principal_curve_classifier() if model is None else model
    evaluator = BiomechanicalModelEvaluator(n_splits, random_state=random_state)
    folds = list(SubjectStratifiedKFold(n_splits, random_state).split(whole, y, groups))
    results = tuple(
        evaluator.evaluate_classification(used, part, y, groups, cv=folds)
        for part in (*(curves[:, :n] for n in points), whole)
    )
    compared = [paired_comparison(each, results[-1], metric) for each in results[:-1]]
    scores = pd.DataFrame(
        {
            "share": [*map(float, shares), np.nan],
            "seconds": [*(share * reference for share in shares), np.nan],
            "metric": metric,
            "score": [each[metric] for each in results],
            "low": [each["intervals"][metric][0] for each in results],
            "high": [each["intervals"][metric][1] for each in results],
            "baseline": [each["baseline"][metric] for each in results],
            "minus_whole": [*(each.difference for each in compared), 0.0],
            "minus_whole_low": [*(each.interval[0] for each in compared), 0.0],
            "minus_whole_high": [*(each.interval[1] for each in compared), 0.0],
        }
    )
    answers = pd.DataFrame(
        {"subject": groups, "fold": 0, "y_true": y.to_numpy(), "label": None, "share": np.nan},
        index=y.index,
    )
    told = []
    for number, (train, test) in enumerate(folds, start=1):
        fitted = clone(early).fit(curves[train], y.to_numpy()[train], groups[train])
        told.append(fitted.predict(curves[test]).assign(fold=number, row=test))
    found = pd.concat(told).set_index("row").sort_index()
    for name in ("fold", "label", "share"):
        answers[name] = found[name].to_numpy()
    stopping = _stopping(answers, shares, reference)
    for table in (scores, stopping, answers):
        said_simulated(table, data.is_simulated)
    return EarlyClassification(scores, stopping, answers, results, clock, reference, confidence)


def _durations(data: LocomotionData) -> NDArray[np.float64]:
    if "cycle_duration_s" not in data.cycles:
        return np.full(len(data), np.nan)
    return data.cycles["cycle_duration_s"].to_numpy(dtype=float, na_value=np.nan)


def _stopping(answers: pd.DataFrame, shares: Sequence[float], reference: float) -> pd.DataFrame:
    subject, names = subject_codes(answers["subject"])
    right = (answers["label"] == answers["y_true"]).to_numpy()
    at = answers["share"].to_numpy()
    rows = []
    for share in shares:
        by_now = at <= share + 1e-9
        counts = np.column_stack(
            [
                np.bincount(subject, weights=part, minlength=len(names))
                for part in (np.ones(len(at)), by_now, by_now & right, by_now & ~right)
            ]
        )
        row = {"share": float(share), "seconds": share * reference}
        for name, part, size in (("answered", 1, 0), ("accuracy", 2, 1), ("wrong", 3, 0)):
            found = Jackknife.of(partial(_part, part, size), counts, counts[:, [size]])
            low, high = found.interval("share")
            row |= {name: float(found.value), f"{name}_low": low, f"{name}_high": high}
        row["mean_share"] = float(at[by_now].mean()) if by_now.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _part(part: int, size: int, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sums[..., part] / sums[..., size])
