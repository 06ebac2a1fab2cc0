"""Bayes factors of t tests, for numbers and at every point of curves."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.linear import constant_columns

__all__ = ["bayes_factor_of_t", "bayes_factors"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_FARTHEST = 9.0


def bayes_factor_of_t(
    t: ArrayLike, n: int, other: int | None = None, *, scale: float = 2**-0.5
) -> NDArray[np.float64]:
    r"""Return how much better a difference explains a t than none does (JZS Bayes factor).

    Parameters
    ----------
    t : array_like
        Student's t, of any shape: one, or one a point of a curve.
    n : int
        People of the first group, or of a paired study.
    other : int, optional
        People of the second group.
    scale : float
        Width *r* of the Cauchy prior of the standardised difference: half of it lies within
        ± r. 0.707 is usual.

    Returns
    -------
    ndarray, shape of `t`
        BF₁₀: above 1 speaks for a difference, below 1 for none.

    Raises
    ------
    SchemaError
        If there are fewer than two people a group, or `scale` is not positive.

    Notes
    -----
    Of Rouder, Speckman, Sun, Morey & Iverson 2009: with *N* people (:math:`n m/(n + m)` of two
    groups) and :math:`\nu` degrees of freedom

    .. math:: BF_{10} = \frac{\int_0^\infty (1 + N g r^2)^{-1/2} (1 + t^2/((1 + N g r^2)\nu))^{-(\nu
       + 1)/2} p(g)\,dg}{(1 + t^2/\nu)^{-(\nu + 1)/2}}

    where :math:`g = 1/z^2`, *z* standard normal; the integral over *z* is taken by 400 points of
    Gauss and Legendre.

    Examples
    --------
    >>> bayes_factor_of_t([0.0, 2.0, 4.0], 20, 20).round(2).tolist()
    [0.31, 1.45, 89.43]
    """
    if n < 2 or (other is not None and other < 2) or not scale > 0:
        raise SchemaError(
            expected="at least two people a group, and a positive scale",
            got=f"n = {n}, other = {other}, scale = {scale}",
        )
    df = n - 1 if other is None else n + other - 2
    size = n if other is None else n * other / (n + other)
    z = (_NODES + 1) / 2 * _FARTHEST
    square = np.square(np.asarray(t, dtype=float))[..., np.newaxis]
    wide = 1 + size * scale**2 / z**2
    # Logarithms first: a large t makes both likelihoods underflow.
    ratio = np.log1p(square / df) - np.log1p(square / (wide * df))
    terms = 0.5 * (df + 1) * ratio - 0.5 * np.log(wide) - 0.5 * z**2
    top = terms.max(axis=-1, keepdims=True)
    integral = np.sum(_WEIGHTS * np.exp(terms - top), axis=-1) * _FARTHEST / 2
    return np.asarray(np.exp(top[..., 0]) * integral * np.sqrt(2 / np.pi))


def bayes_factors(
    first: ArrayLike, second: ArrayLike | None = None, *, scale: float = 2**-0.5
) -> pd.DataFrame:
    """Compare people, or changes with zero, by a Bayes factor at every point.

    Parameters
    ----------
    first : array_like, shape (n_people,) or (n_people, n_points)
        A number or mean curve a person; alone, the change of each person.
    second : array_like, shape (n_others,) or (n_others, n_points), optional
        Another group, of equal variance.
    scale : float
        Width of the prior (see :func:`bayes_factor_of_t`).

    Returns
    -------
    DataFrame, one row a point
        ``difference`` in the unit of the values, ``t`` and ``bayes_factor``, both NaN where nobody
        differs. Each point is judged alone: the factors are evidence, no error rate of the curve is
        held.

    Raises
    ------
    SchemaError
        If there are fewer than two people a group, or values are missing.

    Examples
    --------
    >>> bayes_factors([1.2, 1.4, 1.1, 1.3], [0.8, 0.9, 1.0, 0.7])["bayes_factor"].round(1).tolist()
    [8.7]
    """
    groups = [np.asarray(each, dtype=float) for each in (first, second) if each is not None]
    groups = [each[:, np.newaxis] if each.ndim == 1 else each for each in groups]
    for each in groups:
        if each.ndim != 2 or len(each) < 2 or not np.isfinite(each).all():
            raise SchemaError(
                expected="a number or a curve of each of at least two people, none missing",
                got=f"shape {each.shape}, {int((~np.isfinite(each)).sum())} missing",
                fix="average the strides of each person first",
            )
    sizes = [len(each) for each in groups]
    means = [each.mean(axis=0) for each in groups]
    difference = means[0] if second is None else means[0] - means[1]
    squares = sum(np.square(each - each.mean(axis=0)).sum(axis=0) for each in groups)
    error = np.sqrt(squares / (sum(sizes) - len(sizes)) * sum(1 / size for size in sizes))
    varies = ~np.all([constant_columns(each) for each in groups], axis=0)
    t = np.divide(difference, error, out=np.full(len(error), np.nan), where=varies)
    factor = bayes_factor_of_t(t, *sizes, scale=scale)
    return pd.DataFrame({"difference": difference, "t": t, "bayes_factor": factor})
