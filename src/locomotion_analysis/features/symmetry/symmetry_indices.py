"""Indices of asymmetry between the legs, with their denominators guarded."""

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.features.feature import Values


def _pair(ipsi: ArrayLike, contra: ArrayLike) -> tuple[Values, Values]:
    one, other = np.broadcast_arrays(
        np.asarray(ipsi, dtype=np.float64), np.asarray(contra, dtype=np.float64)
    )
    known = np.isfinite(one) & np.isfinite(other)
    return np.where(known, one, np.nan), np.where(known, other, np.nan)


def _positive(ipsi: ArrayLike, contra: ArrayLike) -> tuple[Values, Values]:
    """Return the pairs of which neither is negative; NaN for the others."""
    one, other = _pair(ipsi, contra)
    with np.errstate(invalid="ignore"):
        meant = (one >= 0) & (other >= 0)
    return np.where(meant, one, np.nan), np.where(meant, other, np.nan)


def symmetry_index(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``100 (A - U) / (0.5 (A + U))``, percent (Robinson, Herzog & Nigg 1987).

    Parameters
    ----------
    ipsi, contra : array_like
        Quantities that cannot be negative (ranges, peaks of force, times).

    Returns
    -------
    ndarray
        -200 to 200; 0 where both are 0; NaN where one is negative or unknown: a quantity that
        changes sign can make the denominator vanish.

    Examples
    --------
    >>> symmetry_index([1.1, 0.0], [0.9, 0.0]).round(6).tolist()
    [20.0, 0.0]
    """
    one, other = _positive(ipsi, contra)
    mean = 0.5 * (one + other)
    nothing = np.where(mean == 0, 0.0, np.nan)
    index: Values = np.divide(100.0 * (one - other), mean, out=nothing, where=mean > 0)
    return index


def symmetry_ratio(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``A / U``: 1 where both are 0, NaN where only U is, or one is negative or unknown.

    Examples
    --------
    >>> symmetry_ratio([1.2, 0.0, 1.0], [1.0, 0.0, 0.0]).tolist()
    [1.2, 1.0, nan]
    """
    one, other = _positive(ipsi, contra)
    nothing = np.where((one == 0) & (other == 0), 1.0, np.nan)
    ratio: Values = np.divide(one, other, out=nothing, where=other > 0)
    return ratio


def log_ratio(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``100 |ln(A / U)|``, percent (Plotnik et al. 2005): the same for either leg first.

    Examples
    --------
    >>> log_ratio(1.2, 1.0).round(3).tolist() == log_ratio(1.0, 1.2).round(3).tolist()
    True
    """
    ratio = symmetry_ratio(ipsi, contra)
    nothing = np.full(ratio.shape, np.nan)
    return np.abs(100.0 * np.log(ratio, out=nothing, where=ratio > 0))


def symmetry_angle(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``(45 deg - atan(U / A)) / 90 deg * 100``, percent, folded into (-100, 100].

    Zifchock et al. 2008 (doi:10.1016/j.gaitpost.2007.08.006). Needs no denominator, so it holds
    for quantities of either sign.

    Parameters
    ----------
    ipsi, contra : array_like

    Returns
    -------
    ndarray
        0 where the two are equal (also where both are 0); positive where the ipsilateral value
        is the larger in size; 100 where they are opposite.

    Examples
    --------
    >>> symmetry_angle([1.0, 1.0, -2.0, 1.0], [1.0, 0.0, -2.0, -1.0]).tolist()
    [0.0, 50.0, 0.0, 100.0]
    """
    one, other = _pair(ipsi, contra)
    angle = 45.0 - np.degrees(np.arctan2(other, one))
    folded = 90.0 - np.mod(90.0 - angle, 180.0)
    return np.where((one == 0) & (other == 0), 0.0, folded / 90.0 * 100.0)


def share(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``A / (A + U)``: 0.5 for equal legs, NaN where both are 0 or one is negative.

    Examples
    --------
    >>> share([3.0, 0.0], [1.0, 0.0]).tolist()
    [0.75, nan]
    """
    one, other = _positive(ipsi, contra)
    total = one + other
    part: Values = np.divide(one, total, out=np.full(total.shape, np.nan), where=total > 0)
    return part
