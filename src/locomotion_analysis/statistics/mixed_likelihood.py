r"""The likelihood of mixed models with one grouping column, and its minimum.

For person *i* with rows :math:`X_i`, :math:`Z_i`: :math:`y_i \sim N(X_i\beta, \sigma^2 V_i)` with
:math:`V_i = I + Z_i \Sigma Z_i'` and :math:`\Sigma = \Lambda\Lambda'` (Bates et al. 2015,
doi:10.18637/jss.v067.i01). Everything is said by cross-products of each person, so that the cost of
a step does not depend on the number of rows, and many responses with the same rows are fitted side
by side, each exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_STARTS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_MOST_STEPS = 200
_SMALL_GAIN = 1e-9
_STEP = 1e-5


@dataclass(frozen=True)
class Sums:
    """Cross-products of the rows of each person.

    Attributes
    ----------
    rows : ndarray, shape (n_people,)
        Rows of each person.
    ZZ, ZX, XX : ndarray, shape (n_people, q, q), (n_people, q, p), (n_people, p, p)
        Of the design matrices.
    Zy, Xy, yy : ndarray, shape (n_fits, n_people, q), (n_fits, n_people, p), (n_fits, n_people)
        With each response.
    weights : ndarray, shape (n_fits, n_people)
        How often each person counts in each fit.
    """

    rows: Values
    ZZ: Values
    ZX: Values
    XX: Values
    Zy: Values
    Xy: Values
    yy: Values
    weights: Values

    @classmethod
    def of(cls, X: Values, Z: Values, Y: Values, person: NDArray[np.intp]) -> Self:
        """Sum the products over the rows of each person; `Y` is of shape (n_rows, n_fits)."""
        order = np.argsort(person, kind="stable")
        X, Z, Y = X[order], Z[order], Y[order]
        starts = np.flatnonzero(np.diff(person[order], prepend=-1))

        def total(values: Values) -> Values:
            return np.asarray(np.add.reduceat(values, starts, axis=0))

        def with_response(columns: Values) -> Values:
            each = [total(column[:, np.newaxis] * Y).T for column in columns.T]
            return np.stack(each, axis=-1)

        return cls(
            rows=np.diff(starts, append=len(X)).astype(float),
            ZZ=total(Z[:, :, np.newaxis] * Z[:, np.newaxis]),
            ZX=total(Z[:, :, np.newaxis] * X[:, np.newaxis]),
            XX=total(X[:, :, np.newaxis] * X[:, np.newaxis]),
            Zy=with_response(Z),
            Xy=with_response(X),
            yy=total(Y * Y).T,
            weights=np.ones((Y.shape[1], len(starts))),
        )

    def at(self, fits: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """Return the sums of some of the fits."""
        return replace(
            self,
            Zy=self.Zy[fits],
            Xy=self.Xy[fits],
            yy=self.yy[fits],
            weights=self.weights[fits],
        )


class Terms(NamedTuple):
    """What the likelihood at some parameters is made of, one entry a fit.

    Attributes
    ----------
    criterion : ndarray, shape (n_fits,)
        −2 log likelihood, restricted or not, least over β and σ².
    gradient : ndarray, shape (n_fits, q, q)
        Its derivative by Λ.
    beta : ndarray, shape (n_fits, p)
        Fixed effects.
    variance : ndarray, shape (n_fits,)
        σ².
    P : ndarray, shape (n_fits, p, p)
        Inverse of X'V⁻¹X.
    KX : ndarray, shape (n_fits, n_people, q, p)
        Z'V⁻¹X of each person.
    Kr : ndarray, shape (n_fits, n_people, q)
        Z'V⁻¹(y − Xβ) of each person.
    """

    criterion: Values
    gradient: Values
    beta: Values
    variance: Values
    P: Values
    KX: Values
    Kr: Values


def likelihood(sums: Sums, factor: Values, reml: bool, variance: Values | None = None) -> Terms:
    """Return the likelihood of each fit.

    Parameters
    ----------
    sums : Sums
        The data.
    factor : ndarray, shape (n_fits, q, q)
        Λ of each fit.
    reml : bool
        Whether restricted.
    variance : ndarray, shape (n_fits,), optional
        σ²; that of the greatest likelihood where None.
    """
    q, p = sums.ZX.shape[1:]
    n_fits, w = len(factor), sums.weights
    # Small axes first, fits and people last: each step is one product of long arrays.
    ZZ, ZX = (each.transpose(1, 2, 0).copy()[:, :, np.newaxis] for each in (sums.ZZ, sums.ZX))
    Zy = sums.Zy.transpose(2, 0, 1).copy()
    turned = np.moveaxis(factor, 0, -1)[..., np.newaxis].swapaxes(0, 1)
    # With L L' = I + Λ'Z'ZΛ and H = L⁻¹Λ': V⁻¹ = I − Z W Z', W = H'H.
    inner = _product(turned, _product(ZZ, turned.swapaxes(0, 1)))
    root = _cholesky(inner + np.eye(q)[..., np.newaxis, np.newaxis])
    H = _solved(root, turned)
    W = _product(H.swapaxes(0, 1), H)
    Wy, WX = _product(W, Zy[:, np.newaxis])[:, 0], _product(W, ZX)
    by_fit = (w * W).transpose(2, 0, 1, 3).reshape(n_fits, -1)
    XVX = np.tensordot(w, sums.XX, 1) - _quadratic(by_fit, sums.ZX)
    held = (w * Wy).swapaxes(0, 1).reshape(n_fits, -1) @ sums.ZX.swapaxes(0, 1).reshape(-1, p)
    XVy = np.einsum("bs,bsi->bi", w, sums.Xy) - held
    yVy = (w * (sums.yy - (Wy * Zy).sum(axis=0))).sum(axis=1)
    P: Values = np.linalg.inv(XVX).astype(np.float64, copy=False)
    beta = np.einsum("bij,bj->bi", P, XVy)
    squares = yVy - np.einsum("bi,bi->b", beta, XVy)
    free = w @ sums.rows - (p if reml else 0)
    if variance is None:
        variance = np.maximum(squares, np.finfo(float).tiny) / free
    KX = ZX - _product(ZZ, WX)
    explained = (KX * beta.T[:, :, np.newaxis]).sum(axis=1)
    Kr = Zy - _product(ZZ, Wy[:, np.newaxis])[:, 0] - explained
    criterion = (
        2 * sum((w * np.log(root[at, at])).sum(axis=1) for at in range(q))
        + free * np.log(2 * np.pi * variance)
        + squares / variance
    )
    by_sigma = (
        np.tensordot(w, sums.ZZ, 1)
        - _quadratic(by_fit, sums.ZZ)
        - _crossed((w / variance[:, np.newaxis] * Kr)[:, np.newaxis], Kr[:, np.newaxis])
    )
    if reml:
        criterion = criterion + np.linalg.slogdet(XVX)[1]
        told = _product(KX, P.transpose(1, 2, 0)[..., np.newaxis])
        by_sigma = by_sigma - _crossed(w * told, KX)
    return Terms(
        criterion,
        2 * by_sigma @ factor,
        beta,
        variance,
        P,
        np.moveaxis(KX, (0, 1), (2, 3)),
        np.moveaxis(Kr, 0, 2),
    )


# Products of small matrices on the first two axes, one for each entry of the others


def _product(first: Values, second: Values) -> Values:
    total = first[:, 0, np.newaxis] * second[0]
    for inner in range(1, first.shape[1]):
        total = total + first[:, inner, np.newaxis] * second[inner]
    return np.asarray(total)


def _cholesky(matrix: Values) -> Values:
    root = np.zeros_like(matrix)
    for column in range(len(matrix)):
        before = root[column, :column]
        root[column, column] = np.sqrt(matrix[column, column] - np.square(before).sum(axis=0))
        for row in range(column + 1, len(matrix)):
            rest = matrix[row, column] - (root[row, :column] * before).sum(axis=0)
            root[row, column] = rest / root[column, column]
    return root


def _solved(root: Values, right: Values) -> Values:
    """Return root⁻¹ right, root being lower triangular."""
    found = np.empty((*right.shape[:2], *root.shape[2:]))
    for row in range(len(root)):
        known = (root[row, :row, np.newaxis] * found[:row]).sum(axis=0)
        found[row] = (right[row] - known) / root[row, row]
    return found


def _crossed(first: Values, second: Values) -> Values:
    """Return the sum over people of first second', shape (n_fits, q, q)."""
    n_fits = first.shape[2]
    left, right = (
        each.transpose(2, 0, 1, 3).reshape(n_fits, len(each), -1) for each in (first, second)
    )
    return np.asarray(left @ right.swapaxes(1, 2))


def _quadratic(by_fit: Values, columns: Values) -> Values:
    """Return the sum over people of C'WC, with W in rows and C of shape (n_people, q, p)."""
    p = columns.shape[2]
    pairs = np.einsum("ski,slj->klsij", columns, columns).reshape(-1, p * p)
    return np.asarray(by_fit @ pairs).reshape(-1, p, p)


@dataclass(frozen=True)
class Shape:
    """Which entries of Λ are free: the lower triangle of each block.

    Attributes
    ----------
    blocks : tuple of int
        Number of random effects in each block; effects of one block are correlated.
    """

    blocks: tuple[int, ...]

    @property
    def free(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the free entries."""
        rows, columns, start = [], [], 0
        for size in self.blocks:
            row, column = np.tril_indices(size)
            rows.append(row + start)
            columns.append(column + start)
            start += size
        return np.concatenate(rows), np.concatenate(columns)

    def factor(self, theta: Values) -> Values:
        """Return Λ, shape (n_fits, q, q), of its free entries, shape (n_fits, m)."""
        q = sum(self.blocks)
        made = np.zeros((len(theta), q, q))
        made[:, *self.free] = theta
        return made


def curvature(
    sums: Sums, shape: Shape, theta: Values, reml: bool, variance: Values | None = None
) -> Values:
    """Return the second derivative of the criterion by Λ's entries, shape (n_fits, m, m)."""
    n_fits, m = theta.shape
    size = _STEP * np.maximum(1.0, np.abs(theta))
    moves = size.T[:, :, np.newaxis] * np.eye(m)[:, np.newaxis]
    ends = np.concatenate([theta + moves, theta - moves]).reshape(-1, m)
    fit = np.tile(np.arange(n_fits), 2 * m)
    some = None if variance is None else variance[fit]
    slopes = likelihood(sums.at(fit), shape.factor(ends), reml, some).gradient[:, *shape.free]
    above, below = slopes.reshape(2, m, n_fits, m)
    found = ((above - below) / (2 * size.T[:, :, np.newaxis])).swapaxes(0, 1)
    return np.asarray((found + found.swapaxes(-1, -2)) / 2)


def minimise(sums: Sums, shape: Shape, reml: bool) -> tuple[Values, NDArray[np.bool_]]:
    """Return Λ's entries at the least criterion, shape (n_fits, m), and where it was found.

    Newton's method with the size of the curvature in place of its sign, which leaves saddles;
    every step lowers the criterion. Λ's diagonal may pass through zero: the criterion is even in
    its columns, so that the edge of the parameters is an ordinary minimum.
    """
    n_fits = len(sums.yy)
    rows, columns = shape.free
    diagonal = (rows == columns).astype(float)
    tried = np.repeat(_STARTS, n_fits)[:, np.newaxis] * diagonal
    every = sums.at(np.tile(np.arange(n_fits), len(_STARTS)))
    starts = likelihood(every, shape.factor(tried), reml).criterion.reshape(-1, n_fits)
    theta = np.array(_STARTS)[np.argmin(starts, axis=0)][:, np.newaxis] * diagonal
    least = np.min(starts, axis=0)
    active = np.arange(n_fits)
    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        own = sums.at(active)
        now = theta[active]
        slope = likelihood(own, shape.factor(now), reml).gradient[:, rows, columns]
        values, vectors = np.linalg.eigh(curvature(own, shape, now, reml))
        along = np.einsum("bji,bj->bi", vectors, slope)
        size = np.maximum(np.abs(values), 1e-8 * np.abs(values).max(axis=1, keepdims=True) + 1e-12)
        gain = np.sum(along**2 / size, axis=1)
        step = -np.einsum("bij,bj->bi", vectors, along / size)
        limit = 2 * np.maximum(1.0, np.linalg.norm(now, axis=1))
        length = np.linalg.norm(step, axis=1)
        step *= np.minimum(1.0, limit / np.maximum(length, 1e-300))[:, np.newaxis]
        moved = _lower(own, shape, reml, (now, step, least[active]))
        theta[active], better = moved[0], moved[1] < least[active]
        least[active] = np.minimum(moved[1], least[active])
        active = active[better & (gain > _SMALL_GAIN)]
    converged = np.ones(n_fits, dtype=bool)
    converged[active] = False
    signed = np.asarray(theta * np.where(theta[:, diagonal > 0] < 0, -1.0, 1.0)[:, columns])
    return signed, converged & (np.abs(signed).max(axis=1) < 1e4)


def _lower(
    sums: Sums, shape: Shape, reml: bool, at: tuple[Values, Values, Values]
) -> tuple[Values, Values]:
    """Go along each fit's step, or half of it, or a quarter ..., until its criterion is lower."""
    now, step, least = at
    found, value = now.copy(), least.copy()
    waiting = np.arange(len(now))
    for halvings in range(30):
        tried = now[waiting] + step[waiting] * 0.5**halvings
        criterion = likelihood(sums.at(waiting), shape.factor(tried), reml).criterion
        lower = criterion < least[waiting]
        found[waiting[lower]], value[waiting[lower]] = tried[lower], criterion[lower]
        waiting = waiting[~lower]
        if not len(waiting):
            break
    return found, value


def negligible(theta: Values, shape: Shape) -> NDArray[np.bool_]:
    """Return which fits are singular: an entry of Λ's diagonal is nothing."""
    rows, columns = shape.free
    return np.asarray((np.abs(theta[:, rows == columns]) < 1e-4).any(axis=1))


def whitened(Z: Values, blocks: Sequence[int]) -> tuple[Values, Values]:
    """Return random effects' columns scaled so that one start suits them all.

    Returns
    -------
    tuple of ndarray
        Z̃ with mean square 1 and no correlation within a block, and R with Z = Z̃ R.
    """
    R = np.zeros((Z.shape[1], Z.shape[1]))
    start = 0
    for size in blocks:
        own = slice(start, start + size)
        R[own, own] = np.linalg.qr(Z[:, own], mode="r") / np.sqrt(len(Z))
        start += size
    return np.linalg.solve(R.T, Z.T).T.astype(np.float64, copy=False), R
