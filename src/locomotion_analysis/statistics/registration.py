"""Amplitude and timing of curves told apart: registration by landmarks, and elastic registration."""

from dataclasses import dataclass
from itertools import product
from math import gcd
from typing import Any

import numpy as np
import pandas as pd
from numba import prange
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.kernels.statistics import jit

__all__ = ["Registration", "elastic_registration", "landmark_registration"]

Values = NDArray[np.float64]

_MOST = 5
_MOVES = np.array([(a, b) for a, b in product(range(1, _MOST + 1), repeat=2) if gcd(a, b) == 1])
"""Steps of the template and the curve, hence slopes of 1/5 to 5."""
_FARTHEST = 0.25
_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Registration:
    """Curves brought to one timing.

    Both halves may be tested like any other curves: `aligned` differs in amplitude alone,
    `timing` in timing alone.

    Attributes
    ----------
    aligned : ndarray, shape (n_curves, n_points)
        Each curve at the template's timing, in its unit.
    warps : ndarray, shape (n_curves, n_points)
        Where in its own cycle each curve is read, percent; rising from 0 to 100.
    template : ndarray, shape (n_points,)
        Mean of the aligned curves, each person weighing the same.
    timing_share : float
        Share of the variance around the mean curve that goes with the timing: 1 − mean square
        after / before.

    Examples
    --------
    >>> grid = np.linspace(0, 100, 101)
    >>> peaks = np.array([[30.0], [50.0]])
    >>> curves = np.exp(-(((grid - peaks) / 8) ** 2))
    >>> found = landmark_registration(curves, peaks)
    >>> round(found.timing_share, 2)
    0.99
    """

    aligned: Values
    warps: Values
    template: Values
    timing_share: float

    @property
    def timing(self) -> Values:
        """How much later than in the template each event comes, percent of the cycle."""
        return self.warps - np.linspace(0, 100, self.warps.shape[1])

    def apply(self, curves: ArrayLike) -> Values:
        """Bring other channels of the same cycles to the same timing.

        Parameters
        ----------
        curves : array_like, shape (n_curves, n_points)
            In the order of the registered ones.
        """
        return _warped(_checked(curves), self.warps)


def landmark_registration(
    curves: ArrayLike, landmarks: ArrayLike, targets: ArrayLike | None = None, *, groups: Any = None
) -> Registration:
    """Bring events of every curve to the same percent of the cycle.

    Parameters
    ----------
    curves : array_like, shape (n_curves, n_points)
        On an even grid from 0 to 100 % of the cycle.
    landmarks : array_like, shape (n_curves, n_landmarks)
        When each event comes in each curve, percent, in rising order: toe-off, a peak.
    targets : array_like, shape (n_landmarks,), optional
        Where they are brought to; their means, each person weighing the same, where None.
    groups : array_like, shape (n_curves,), optional
        Person of each curve; every curve counts where None.

    Returns
    -------
    Registration
        Between events time runs along a monotone cubic (Fritsch and Butland 1984), so that there
        are no corners in it.

    Raises
    ------
    SchemaError
        If values are missing, or landmarks do not rise strictly between 0 and 100.

    Examples
    --------
    >>> grid = np.linspace(0, 100, 101)
    >>> peaks = np.array([[30.0], [50.0]])
    >>> curves = np.exp(-(((grid - peaks) / 8) ** 2))
    >>> landmark_registration(curves, peaks).aligned.argmax(axis=1).tolist()
    [40, 40]
    """
    from scipy.interpolate import PchipInterpolator

    values = _checked(curves)
    events = np.asarray(landmarks, dtype=float)
    if events.ndim != 2 or len(events) != len(values):
        raise SchemaError(
            expected=f"landmarks of shape ({len(values)}, n_landmarks)", got=str(events.shape)
        )
    weights = _weights(groups, len(values))
    goal = weights @ events if targets is None else np.asarray(targets, dtype=float)
    for what, each in (("landmarks", events), ("targets", goal[np.newaxis])):
        steps = np.diff(each, axis=1, prepend=0.0, append=100.0)
        wrong = np.flatnonzero(~(steps > 0).all(axis=1))
        if len(wrong):
            raise SchemaError(
                expected="landmarks that rise strictly between 0 and 100 %",
                got=np.array2string(each[wrong[0]], precision=4),
                where=f"{what}, row {wrong[0]}",
                fix="leave out curves in which an event was not found",
            )
    grid = np.linspace(0, 100, values.shape[1])
    knots = np.concatenate([[0.0], goal, [100.0]])
    ends = np.pad(events, ((0, 0), (1, 1)), constant_values=(0.0, 100.0))
    return _registered(values, PchipInterpolator(knots, ends, axis=1)(grid), weights)


def elastic_registration(
    curves: ArrayLike,
    template: ArrayLike | None = None,
    *,
    penalty: float = 0.0,
    groups: Any = None,
) -> Registration:
    r"""Bring curves to one timing by their shape alone, without events.

    Parameters
    ----------
    curves : array_like, shape (n_curves, n_points)
        On an even grid from 0 to 100 % of the cycle; smooth ones, since slopes are compared.
    template : array_like, shape (n_points,), optional
        Curve to bring them to, such as that of the training people; where None it is found from
        the curves, and the mean timing of the people is that of the template.
    penalty : float
        How much a change of speed costs, as a share of what the template's own shape weighs: 0
        takes every difference that may be timing for timing; the more, the less.
    groups : array_like, shape (n_curves,), optional
        Person of each curve; every curve counts where None.

    Returns
    -------
    Registration
        Curves, warps and template.

    Raises
    ------
    SchemaError
        If values are missing, or a curve is constant.

    Notes
    -----
    With :math:`q = \operatorname{sign}(f')\sqrt{|f'|}` a warp :math:`\gamma` makes
    :math:`q(\gamma)\sqrt{\gamma'}` of it, which leaves the distance of two curves alone if both are
    warped alike; :math:`\int (q_0 - q(\gamma)\sqrt{\gamma'})^2 + \lambda \int (1 -
    \sqrt{\gamma'})^2` is minimised by dynamic programming over slopes from 1/5 to 5, at most a
    quarter of the cycle off (Srivastava et al. 2011, arXiv:1103.3817). Curves of another height
    keep it: what is compared is shape, and the amplitude stays in `aligned`.

    Examples
    --------
    >>> grid = np.linspace(0, 100, 101)
    >>> curves = np.exp(-(((grid - np.array([[35.0], [45.0]])) / 8) ** 2))
    >>> found = elastic_registration(curves)
    >>> bool(np.ptp(found.aligned.argmax(axis=1)) <= 1), bool(found.timing_share > 0.95)
    (True, True)
    """
    values = _checked(curves)
    weights = _weights(groups, len(values))
    if (np.ptp(values, axis=1) == 0).any():
        raise SchemaError(
            expected="curves with a shape",
            got=f"a constant one, row {np.flatnonzero(np.ptp(values, axis=1) == 0)[0]}",
            where="curves",
        )
    own = _root_slope(values)
    if template is not None:
        goal = _checked(np.atleast_2d(np.asarray(template, dtype=float)))
        if goal.shape != (1, values.shape[1]):
            raise SchemaError(
                expected=f"a template of {values.shape[1]} points", got=str(goal.shape)
            )
        return _registered(values, _warps(_root_slope(goal)[0], own, penalty), weights)
    mean = weights @ own
    # The curve most like the others: a mean of curves at different times is of no shape of its own.
    q = own[np.argmin(np.square(own - mean).sum(axis=1))]
    before = np.inf
    for _ in range(_ROUNDS):
        warps = _warps(q, own, penalty)
        found = _registered(values, warps, weights)
        after = weights @ np.square(found.aligned - found.template).sum(axis=1)
        if after > 0.99 * before:
            break
        before = after
        q = _root_slope(found.template[np.newaxis])[0]
    # Of all templates that fit as well, the one at the people's mean timing.
    grid = np.linspace(0, 100, values.shape[1])
    back = np.interp(grid, weights @ warps, grid)
    centred = np.stack([np.interp(back, grid, each) for each in warps])
    return _registered(values, centred, weights)


def _checked(curves: ArrayLike) -> Values:
    values = np.asarray(curves, dtype=float)
    if values.ndim != 2 or values.shape[1] < 2 * _MOST or not len(values):
        raise SchemaError(
            expected="curves of shape (n_curves, n_points)", got=str(values.shape), where="curves"
        )
    wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(wrong):
        raise SchemaError(
            expected="curves without missing values",
            got=f"missing ones in {len(wrong)} of {len(values)}",
            where=f"curves, row {wrong[0]}",
            fix="leave these cycles out",
        )
    return values


def _weights(groups: Any, n_curves: int) -> Values:
    person = np.arange(n_curves) if groups is None else pd.factorize(np.asarray(groups))[0]
    counts = np.bincount(person)
    return np.asarray(1 / counts[person] / len(counts))


def _warped(values: Values, warps: Values) -> Values:
    grid = np.linspace(0, 100, values.shape[1])
    return np.stack([np.interp(w, grid, each) for w, each in zip(warps, values, strict=True)])


def _registered(values: Values, warps: Values, weights: Values) -> Registration:
    aligned = _warped(values, warps)
    template = weights @ aligned
    after, before = (
        float(weights @ np.square(each - weights @ each).sum(axis=1)) for each in (aligned, values)
    )
    share = 1 - after / before if before > 0 else float("nan")
    return Registration(aligned, warps, template, share)


def _root_slope(values: Values) -> Values:
    slope = np.gradient(values, 1 / (values.shape[1] - 1), axis=1)
    return np.asarray(np.sign(slope) * np.sqrt(np.abs(slope)))


def _warps(template: Values, own: Values, penalty: float) -> Values:
    """Return the best warp of each curve, percent; sizes are taken out, so that shape alone counts."""
    size = np.linalg.norm(own, axis=1, keepdims=True)
    points = _best_warps(
        template / np.linalg.norm(template), own / size, _MOVES, penalty / len(template), _FARTHEST
    )
    return np.asarray(points * (100 / (len(template) - 1)))


@jit
def _best_warps(
    template: Values, own: Values, moves: NDArray[np.int64], penalty: float, farthest: float
) -> Values:
    n_curves, n = own.shape
    found = np.empty((n_curves, n))
    band = max(1, int(farthest * n))
    for curve in prange(n_curves):
        cost = np.full((n, n), np.inf)
        came = np.zeros((n, n), dtype=np.int64)
        cost[0, 0] = 0.0
        for i in range(1, n):
            for j in range(max(1, i - band), min(n, i + band + 1)):
                for move in range(len(moves)):
                    a, b = moves[move, 0], moves[move, 1]
                    if a > i or b > j or not np.isfinite(cost[i - a, j - b]):
                        continue
                    slope = b / a
                    root = np.sqrt(slope)
                    total = cost[i - a, j - b] + a * penalty * (1 - root) ** 2
                    for step in range(a + 1):
                        at = j - b + step * slope
                        left = min(int(at), n - 2)
                        low = own[curve, left]
                        value = low + (at - left) * (own[curve, left + 1] - low)
                        part = (template[i - a + step] - root * value) ** 2
                        total += 0.5 * part if step == 0 or step == a else part
                    if total < cost[i, j]:
                        cost[i, j] = total
                        came[i, j] = move
        i = j = n - 1
        found[curve, i] = j
        while i > 0:
            a, b = moves[came[i, j], 0], moves[came[i, j], 1]
            for step in range(a + 1):
                found[curve, i - step] = j - step * b / a
            i -= a
            j -= b
    return found
