"""Random field theory in one dimension: how high a smooth curve of a statistic gets by chance.

A curve of Q nodes counts as many independent values as it has *resels* (resolution elements):
its length divided by the full width at half maximum of the Gaussian kernel that would smooth
white noise as much as the residuals are smooth. The chance that a field exceeds a height is
approximated by the expected Euler characteristic of the set above it (Worsley et al. 1996), the
chance of a cluster of some extent by the distribution of Friston et al. (1994); Pataky (2016) collects both for one dimension.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError

Kind = Literal["T", "F", "T2", "X2"]
"""Statistics: Student's t, F, Hotelling's T² and chi²."""

Df = tuple[float, float]
"""Degrees of freedom: T (1, error), F (effect, error), T² (components, error), chi² (1, effect)."""

Floats = NDArray[np.float64]

_FOUR_LOG_2 = 4.0 * float(np.log(2.0))
_LOG_HEIGHTS = np.linspace(-6.0, 80.0, 173)
"""Where critical values are looked for."""


def fwhm(residuals: Floats, *, circular: bool = False) -> float:
    """Estimate the smoothness of residual curves.

    The residuals are standardised at every node; with ``v`` the sum of their squared gradients
    (central differences), the smoothness is one by the mean over nodes of ``sqrt(v / (4 ln 2))``
    (Kiebel et al. 1999). Nodes at which no residual differs from
    zero do not count; of several components the mean is taken.

    Parameters
    ----------
    residuals : ndarray, shape (n_curves, n_nodes) or (n_curves, n_nodes, n_components)
        Residuals of the model; NaN where a curve was not measured.
    circular : bool
        Whether the last node is followed by the first.

    Returns
    -------
    float
        Full width at half maximum, in nodes.

    Raises
    ------
    SchemaError
        If no node has residuals with a gradient.

    Examples
    --------
    >>> wave = np.sin(np.linspace(0.0, 6.0, 101))
    >>> round(fwhm(np.array([wave, -wave, 2.0 * wave])), 1) > 10.0
    True
    """
    if residuals.ndim == 3:
        parts = (residuals[:, :, k] for k in range(residuals.shape[2]))
        return float(np.mean([fwhm(part, circular=circular) for part in parts]))
    if circular:
        gradient = (np.roll(residuals, -1, axis=1) - np.roll(residuals, 1, axis=1)) / 2.0
    else:
        gradient = np.empty_like(residuals)
        np.subtract(residuals[:, 2:], residuals[:, :-2], out=gradient[:, 1:-1])
        gradient[:, 1:-1] *= 0.5
        gradient[:, 0] = residuals[:, 1] - residuals[:, 0]
        gradient[:, -1] = residuals[:, -1] - residuals[:, -2]
    spread = np.einsum("ij,ij->j", residuals, residuals)
    if np.isnan(spread).any():
        # A gradient across a gap is none; the node's other curves give its share.
        known = np.isfinite(gradient) & np.isfinite(residuals)
        gradient, residuals = np.where(known, gradient, 0.0), np.where(known, residuals, 0.0)
        spread = np.einsum("ij,ij->j", residuals, residuals)
    squares = np.einsum("ij,ij->j", gradient, gradient)
    ratio = squares[spread > 0] / spread[spread > 0]
    resels_a_node = float(np.mean(np.sqrt(ratio / _FOUR_LOG_2))) if len(ratio) else 0.0
    if not resels_a_node > 0.0:
        raise SchemaError(
            expected="residuals that change along the curve",
            got="none: the curves of every group differ by constants, or not at all",
            fix="test a scalar instead: one value a person",
        )
    return 1.0 / resels_a_node


def resels(n_nodes: int, width: float, *, circular: bool = False) -> Df:
    """Return the resels of dimension 0 and 1: (1, (Q - 1) / FWHM), of a circle (0, Q / FWHM)."""
    return (0.0, n_nodes / width) if circular else (1.0, (n_nodes - 1) / width)


def tail(kind: Kind, df: Df, z: float | Floats) -> Floats:
    """Return the chance that a single value exceeds `z`."""
    from scipy import special

    z = np.asarray(z, dtype=np.float64)
    if kind == "T":
        return np.asarray(special.stdtr(df[1], -z))
    if kind == "X2":
        return np.asarray(special.chdtrc(df[1], z))
    if kind == "T2":
        z, df = _as_f(df, z)
    return np.asarray(special.fdtrc(df[0], df[1], z))


def quantile(kind: Kind, df: Df, p: float) -> float:
    """Return the value that a single one exceeds with chance `p`."""
    from scipy import special

    if kind == "T":
        return float(-special.stdtrit(df[1], p))
    if kind == "X2":
        return float(special.chdtri(df[1], p))
    if kind == "T2":
        return quantile("F", (df[0], df[1] - df[0] + 1), p) * _f_scale(df)
    return float(special.fdtri(df[0], df[1], 1.0 - p)) if p > 1e-8 else _search(kind, df, p, None)


def _f_scale(df: Df) -> float:
    """Hotelling's T² divided by the F that is distributed as F(p, m - p + 1)."""
    return df[0] * df[1] / (df[1] - df[0] + 1)


def _as_f(df: Df, z: Floats) -> tuple[Floats, Df]:
    return z / _f_scale(df), (df[0], df[1] - df[0] + 1)


def upcrossings(kind: Kind, df: Df, z: float | Floats) -> Floats:
    """Return the Euler characteristic density of dimension 1: upcrossings of `z` a resel.

    Worsley et al. (1996), table of densities for t, F and chi²; Hotelling's T² goes through its F
    (Cao & Worsley 1999).
    """
    from scipy.special import gammaln

    z = np.asarray(z, dtype=np.float64)
    if kind == "T2":
        z, df = _as_f(df, z)
        kind = "F"
    if kind == "T":
        nu = df[1]
        decay = (1.0 + z**2 / nu) ** (-(nu - 1.0) / 2.0)
        return np.asarray(np.sqrt(_FOUR_LOG_2) / (2.0 * np.pi) * decay)
    z = np.maximum(z, 0.0)
    scale = np.sqrt(_FOUR_LOG_2 / (2.0 * np.pi))
    if kind == "X2":
        k = df[1]
        constant = np.exp(-(k - 2.0) / 2.0 * np.log(2.0) - gammaln(k / 2.0))
        return np.asarray(scale * constant * z ** ((k - 1.0) / 2.0) * np.exp(-z / 2.0))
    k, nu = df
    constant = np.sqrt(2.0) * np.exp(
        gammaln((nu + k - 1.0) / 2.0) - gammaln(nu / 2.0) - gammaln(k / 2.0)
    )
    ratio = k * z / nu
    power = -(nu + k - 2.0) / 2.0
    return np.asarray(scale * constant * ratio ** ((k - 1.0) / 2.0) * (1.0 + ratio) ** power)


@dataclass(frozen=True, slots=True)
class Field:
    """A random field of a statistic over a curve.

    Attributes
    ----------
    kind : {"T", "F", "T2", "X2"}
        The statistic.
    df : tuple of float
        Its degrees of freedom.
    resels : tuple of float
        Resels of dimension 0 and 1.
    n_nodes : int
        Nodes of the curve.
    """

    kind: Kind
    df: Df
    resels: Df
    n_nodes: int

    def expected_clusters(self, z: float | Floats) -> Floats:
        """Return the expected Euler characteristic of the set above `z`."""
        points, length = self.resels
        return points * tail(self.kind, self.df, z) + length * upcrossings(self.kind, self.df, z)

    def p_maximum(self, z: float) -> float:
        """Return the chance that the maximum of the field exceeds `z`.

        The smaller of the field's and Bonferroni's over nodes: a rough field is no worse than
        independent nodes.
        """
        if z <= 0.0:
            return 1.0
        by_field = float(-np.expm1(-self.expected_clusters(z)))
        return min(by_field, self.n_nodes * float(tail(self.kind, self.df, z)), 1.0)

    def critical(self, alpha: float) -> float:
        """Return the height that the maximum of the field exceeds with chance `alpha`."""
        of_nodes = quantile(self.kind, self.df, alpha / self.n_nodes)
        return min(of_nodes, _search(self.kind, self.df, alpha, self))

    def p_cluster(self, extent: float, z: float, count: int = 1) -> float:
        """Return the chance of at least `count` clusters above `z`, each of `extent` resels.

        Clusters come as Poisson events; the extent of one follows ``exp(-(a extent)²)`` with
        ``a = gamma(3/2) / mean extent`` and mean extent = chance of a node above `z` by
        upcrossings a resel.
        """
        from scipy.special import gammainc

        if not z > 0.0:
            return 1.0
        mean = float(tail(self.kind, self.df, z) / upcrossings(self.kind, self.df, z))
        steepness = (np.sqrt(np.pi) / 2.0 / mean) ** 2
        rate = float(self.expected_clusters(z)) * float(np.exp(-steepness * extent**2))
        return float(gammainc(count, rate))


def _search(kind: Kind, df: Df, p: float, field: Field | None) -> float:
    """Find the height exceeded with chance `p`, by the field's maximum or by a single value."""
    from scipy.optimize import brentq

    def surplus(log_z: float | Floats) -> Floats:
        z = np.exp(log_z)
        if field is None:
            return tail(kind, df, z) - p
        return -np.expm1(-field.expected_clusters(z)) - p

    # From the right: an Euler characteristic falls with height only beyond its own maximum.
    above = np.flatnonzero(surplus(_LOG_HEIGHTS) > 0)
    if not len(above):
        return 0.0
    if above[-1] == len(_LOG_HEIGHTS) - 1:
        return float("inf")
    low, high = _LOG_HEIGHTS[above[-1]], _LOG_HEIGHTS[above[-1] + 1]
    root: float = brentq(lambda x: float(surplus(x)), low, high, xtol=1e-13, rtol=1e-13)
    return float(np.exp(root))


Run = tuple[tuple[float, float], float, int, NDArray[np.int64]]


def runs_above(z: Floats, limit: float, *, two_tailed: bool, circular: bool = False) -> list[Run]:
    """Return where a curve is above the limit: endpoints, extent, sign and nodes of each part.

    Parameters
    ----------
    z : ndarray, shape (n_nodes,)
        Curve.
    limit : float
        Height.
    two_tailed : bool
        Whether parts below minus the limit are returned as well.
    circular : bool
        Whether a part that ends with the curve continues at its start.
    """
    last = len(z) - 1
    found: list[Run] = []
    for sign in (1, -1) if two_tailed else (1,):
        height = sign * z - limit
        above = height > 0
        edges = np.flatnonzero(np.diff(above.astype(np.int8), prepend=0, append=0))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            start, stop = float(first), float(end - 1)
            if first > 0:
                start = first - 1 + height[first - 1] / (height[first - 1] - height[first])
            if end <= last:
                stop = end - 1 + height[end - 1] / (height[end - 1] - height[end])
            ends = float(start), float(stop)
            found.append((ends, ends[1] - ends[0], sign, np.arange(first, end)))
    found.sort(key=lambda run: run[0][0])
    if circular and len(found) > 1:
        (start, stop), extent, sign, nodes = found[0]
        (begin, end), length, side, others = found[-1]
        if start == 0.0 and end == float(last) and sign == side:
            joined = ((begin, stop), length + 1.0 + extent, sign, np.concatenate([others, nodes]))
            found = [*found[1:-1], joined]
    return found
