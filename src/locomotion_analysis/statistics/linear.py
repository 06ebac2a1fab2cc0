"""One hypothesis of a linear model at every node of a curve, and its statistic.

Every test of this room is brought to one form: rows of responses, orthonormal rows that span the
effect, orthonormal rows that span the rest of the model, and what may be exchanged under the null
hypothesis. Parametric statistics, permutations and effect sizes are computed from it alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.fields import Df, Floats, Kind, quantile, tail

Codes = NDArray[np.int64]

_ROUNDING = 8.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What may be exchanged where the null hypothesis holds.

    Attributes
    ----------
    of : {"signs", "units", "levels"}
        Signs of whole units (one sample), units among each other, or the levels of the within
        factors inside each unit.
    unit : ndarray, shape (n_rows,)
        Unit of each row; rows of a unit are consecutive, and as many in each unit.
    block : ndarray, shape (n_units,)
        Units are exchanged within these only.
    sizes : tuple of int
        Levels of each within factor, for "levels".
    contrasts : ndarray, shape (n_rows_a_unit, product of sizes)
        Orthonormal contrasts that the rows of a unit are, for "levels".
    """

    of: Literal["signs", "units", "levels"]
    unit: Codes
    block: Codes
    sizes: tuple[int, ...] = ()
    contrasts: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    @classmethod
    def rows(
        cls, n: int, of: Literal["signs", "units"] = "units", block: Codes | None = None
    ) -> "Exchange":
        """Return the exchange of single rows."""
        return cls(of, np.arange(n), np.zeros(n, dtype=np.int64) if block is None else block)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A null hypothesis with the data it is about.

    Attributes
    ----------
    effect : str
        Name of the effect.
    kind : {"T", "F", "T2", "X2"}
        Statistic.
    rows : ndarray, shape (n_rows, n_nodes, n_components)
        Responses; NaN where not measured.
    basis : ndarray, shape (rank, n_rows)
        Orthonormal rows that span the effect.
    nuisance : ndarray, shape (n_others, n_rows)
        Orthonormal rows that span the rest of the model; orthogonal to `basis`.
    df_error : float
        Degrees of freedom of the error.
    exchange : Exchange
        What may be exchanged under the null hypothesis.
    group : ndarray, shape (n_rows,), optional
        Groups whose variances are not taken to be equal: Welch's statistic is used.
    residuals : ndarray, optional
        Residual curves whose smoothness counts, where they are not those of the model.
    scale : float
        For effects of rank 1: what the product of `basis` with `rows` is multiplied by to be the
        difference (or slope) in the unit of the curves; NaN where there is none.
    size_scale : float
        What t is multiplied by to be the difference in standard deviations; NaN of slopes.
    levels : ndarray, shape (n_levels, rank), optional
        For a factor alone: what the product of `basis` with `rows` is multiplied by to be the
        means of its levels, up to a constant and a scale.
    n_above : int
        How many of the last rows of `nuisance` the effect is not corrected for (type II).
    """

    effect: str
    kind: Kind
    rows: Floats
    basis: Floats
    nuisance: Floats
    df_error: float
    exchange: Exchange
    group: Codes | None = None
    residuals: Floats | None = None
    scale: float = float("nan")
    size_scale: float = float("nan")
    levels: Floats | None = None
    n_above: int = 0


@dataclass(frozen=True, slots=True)
class Estimated:
    """Least squares of one component at every node, by the rows that were measured there.

    Attributes
    ----------
    coefficients : ndarray, shape (rank, n_nodes)
        Of the rows of `basis`; their products with `rows` where nothing is missing.
    squares : ndarray, shape (n_nodes,)
        Sum of squares of the effect.
    residuals : ndarray, shape (n_rows, n_nodes)
        NaN where not measured.
    df_error : ndarray, shape (n_nodes,)
        Degrees of freedom of the error.
    """

    coefficients: Floats
    squares: Floats
    residuals: Floats
    df_error: Floats

    @property
    def error(self) -> Floats:
        """Sum of squares of the error at every node."""
        return np.asarray(np.nansum(self.residuals**2, axis=0))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A statistic curve with its degrees of freedom and the residuals it rests on."""

    z: Floats
    df: Df
    residuals: Floats


def orthonormal(columns: Floats, scale: float | None = None) -> Floats:
    """Return orthonormal rows that span the columns, shape (rank, n_rows).

    Columns smaller than rounding beside `scale`, by default that of the largest, count as zero.
    """
    if not columns.shape[1]:
        return np.zeros((0, len(columns)))
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    size = float(singular[0]) if scale is None else scale
    return np.ascontiguousarray(left[:, singular > 1e-9 * max(size, 1e-300)].T)


def split_model(effect: Floats, others: Floats, above: Floats) -> tuple[Floats, Floats]:
    """Return orthonormal rows of an effect and of the rest of its model.

    Parameters
    ----------
    effect : ndarray, shape (n_rows, k)
        Columns of the effect.
    others : ndarray, shape (n_rows, l)
        Columns that the effect is corrected for.
    above : ndarray, shape (n_rows, m)
        Further columns of the model, which the effect is not corrected for (type II).

    Returns
    -------
    tuple of ndarray
        Rows that span the effect, and rows that span the rest: first those of the others.
    """
    known = orthonormal(others)
    # Beside what they were, not beside each other: columns of the others up to rounding are none.
    basis = orthonormal(effect - known.T @ (known @ effect), float(np.linalg.norm(effect)))
    model = np.vstack([known, basis])
    rest = orthonormal(above - model.T @ (model @ above), float(np.linalg.norm(above)))
    return basis, np.vstack([known, rest])


def fit(test: Hypothesis) -> Fitted:
    """Return the statistic at every node.

    Where rows are missing at some nodes, the model is fitted there to those that are not, and the
    statistic is carried through its p value to the degrees of freedom of the whole, so that one
    critical value holds for the curve.

    Raises
    ------
    SchemaError
        If the values of a node do not vary, or too few were measured there.
    """
    if test.group is not None:
        return _welch(test)
    known = np.isfinite(test.rows).all(axis=2)
    df = _df(test, len(test.basis), test.df_error)
    if known.all():
        z, residuals = _statistic(test, test.rows, test.basis, test.nuisance, test.df_error)
        return Fitted(z, df, residuals)
    z = np.empty(known.shape[1])
    residuals = np.full(test.rows.shape, np.nan)
    for present, nodes, basis, nuisance, error in _measured(test, np.asarray(known)):
        part, rest = _statistic(test, test.rows[present][:, nodes], basis, nuisance, error)
        residuals[np.ix_(present, nodes)] = rest
        here = _df(test, len(basis), error)
        z[nodes] = [_carried(test.kind, here, df, value) for value in part]
    return Fitted(z, df, residuals)


def estimated(test: Hypothesis) -> Estimated:
    """Return what is estimated of an effect of one component, and what its model leaves over."""
    rows = test.rows[:, :, 0]
    n_nodes = rows.shape[1]
    coefficients = np.empty((len(test.basis), n_nodes))
    squares, df_error = np.empty(n_nodes), np.empty(n_nodes)
    residuals = np.full(rows.shape, np.nan)
    for present, nodes, basis, nuisance, error in _measured(test, np.isfinite(rows)):
        part = rows[np.ix_(present, nodes)]
        score = basis @ part
        coefficients[:, nodes] = np.linalg.solve(basis @ test.basis[:, present].T, score)
        squares[nodes] = np.square(score).sum(axis=0)
        residuals[np.ix_(present, nodes)] = part - basis.T @ score - nuisance.T @ (nuisance @ part)
        df_error[nodes] = error
    return Estimated(coefficients, squares, residuals, df_error)


def _measured(
    test: Hypothesis, known: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.intp], Floats, Floats, float]]:
    """Yield the rows that were measured at the same nodes, these, the model of them and its df."""
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    n_others = len(test.nuisance) - test.n_above
    for position, present in enumerate(patterns.T):
        nodes = np.flatnonzero(which.ravel() == position)
        if present.all():
            yield present, nodes, test.basis, test.nuisance, test.df_error
            continue
        error = test.df_error - float((~present).sum())
        basis = nuisance = np.zeros((0, 0))
        if error >= 1:
            basis, nuisance = split_model(
                test.basis[:, present].T,
                test.nuisance[:n_others, present].T,
                test.nuisance[n_others:, present].T,
            )
        if len(basis) < len(test.basis) or len(nuisance) < len(test.nuisance):
            raise SchemaError(
                expected="people in every group at every node",
                got=f"{int(present.sum())} of {len(present)} rows were measured there",
                where=f"node {int(nodes[0])} of {test.effect}",
                fix="leave these nodes out with roi=, or the people who miss them",
            )
        yield present, nodes, basis, nuisance, error


def _df(test: Hypothesis, rank: int, error: float) -> Df:
    components = float(test.rows.shape[2])
    if test.kind == "T":
        return 1.0, error
    if test.kind == "F":
        return float(rank), error
    return (components, error) if test.kind == "T2" else (1.0, components * rank)


def _carried(kind: Kind, here: Df, whole: Df, z: float) -> float:
    """Return the value that is as unlikely at `whole` degrees of freedom as `z` is at `here`."""
    p = max(float(tail(kind, here, abs(z) if kind == "T" else z)), 1e-290)
    return float(np.copysign(quantile(kind, whole, p), z if kind == "T" else 1.0))


def _statistic(
    test: Hypothesis, rows: Floats, basis: Floats, nuisance: Floats, df_error: float
) -> tuple[Floats, Floats]:
    flat = rows.reshape(len(rows), -1)
    score = basis @ flat
    residuals = flat - basis.T @ score
    if len(nuisance):
        residuals -= nuisance.T @ (nuisance @ flat)
    largest = np.abs(flat).max(axis=0)
    error = np.einsum("ij,ij->j", residuals, residuals)
    _refuse_constant(error <= len(rows) * (_ROUNDING * largest) ** 2, rows.shape, test.effect)
    residuals = residuals.reshape(rows.shape)
    if test.kind == "T":
        return np.asarray(score[0] / np.sqrt(error / df_error)), residuals
    if test.kind == "F":
        effect = np.einsum("ij,ij->j", score, score)
        return np.asarray(effect / len(basis) / (error / df_error)), residuals
    return _of_several(test, score.reshape(-1, *rows.shape[1:]), residuals, df_error), residuals


def _refuse_constant(flat: NDArray[np.bool_], shape: tuple[int, ...], effect: str) -> None:
    if flat.any():
        nodes = np.unique(np.flatnonzero(flat) // shape[2])
        shown = ", ".join(map(str, nodes[:5])) + (", ..." if len(nodes) > 5 else "")
        raise SchemaError(
            expected="values that vary within the groups",
            got=f"zero variance at {len(nodes)} of {shape[1]} nodes ({shown})",
            where=effect,
            fix="leave these nodes out with roi=; were the same curves passed twice?",
        )


def _of_several(test: Hypothesis, score: Floats, residuals: Floats, df_error: float) -> Floats:
    """Hotelling's T², or Bartlett's chi² of Wilks' lambda for effects of higher rank."""
    components = residuals.shape[2]
    within = np.einsum("nqi,nqj->qij", residuals, residuals)
    between = np.einsum("nqi,nqj->qij", score, score)
    # Components of different units: the ratio of determinants does not depend on their scale.
    scale = np.sqrt(np.einsum("qii->qi", within))
    product = scale[:, :, None] * scale[:, None, :]
    within, between = within / product, between / product
    smallest = np.linalg.eigvalsh(within)[:, 0]
    if df_error < components or bool((smallest < 1e-12).any()):
        raise SchemaError(
            expected="more people than components, and components that say different things",
            got=f"{components} components that depend on each other linearly, or "
            f"{df_error:g} degrees of freedom",
            where=test.effect,
            fix="test fewer channels together",
        )
    if test.kind == "T2":
        return np.asarray(df_error * np.einsum("qij,qji->q", np.linalg.inv(within), between))
    wilks = np.linalg.slogdet(within)[1] - np.linalg.slogdet(within + between)[1]
    return np.asarray(-bartlett(df_error, components, len(score)) * wilks)


def bartlett(df_error: float, components: int, rank: int) -> float:
    """Return the factor that makes minus log Wilks' lambda chi² distributed (Bartlett 1938)."""
    return df_error + rank - (components + rank + 1) / 2.0


def welch_terms(
    count: Floats, mean: Floats, variance: Floats
) -> tuple[Floats, Floats, NDArray[np.float64]]:
    """Return F without its correction, that correction, and the weights' shares (Welch 1951).

    Parameters
    ----------
    count, mean, variance : ndarray, shape (n_groups, n_nodes)
        Of each group at every node.

    Returns
    -------
    tuple of ndarray
        Numerator, denominator ``1 + 2 (k - 2) / (k² - 1) L``, and L, each of shape (n_nodes,),
        with ``L = sum((1 - w / sum(w))² / (n - 1))`` and ``w = n / s²``.
    """
    groups = len(mean)
    weight = count / variance
    total = weight.sum(axis=0)
    centre = (weight * mean).sum(axis=0) / total
    numerator = (weight * (mean - centre) ** 2).sum(axis=0) / (groups - 1)
    share = ((1.0 - weight / total) ** 2 / (count - 1)).sum(axis=0)
    return numerator, 1.0 + 2.0 * (groups - 2) / (groups**2 - 1) * share, share


def _welch(test: Hypothesis) -> Fitted:
    """Welch's t and F; the error's degrees of freedom from variances as they are on average.

    At each node they follow from the groups' shares of the variance (Satterthwaite); a field has
    one number of them, from the mean over nodes of what the shares add up to.
    """
    assert test.group is not None  # noqa: S101 - called where it is given
    rows = test.rows[:, :, 0]
    codes = range(int(test.group.max()) + 1)
    groups = [rows[test.group == code] for code in codes]
    count = np.array([np.isfinite(part).sum(axis=0) for part in groups], dtype=np.float64)
    if (count < 2).any():
        node = int(np.flatnonzero((count < 2).any(axis=0))[0])
        raise SchemaError(
            expected="at least two people in every group at every node",
            got=f"{int(count[:, node].min())}",
            where=f"node {node} of {test.effect}",
            fix="leave these nodes out with roi=, or the people who miss them",
        )
    whole = bool((count.sum(axis=0) == len(rows)).all())
    add = np.sum if whole else np.nansum
    mean = np.array([add(part, axis=0) for part in groups]) / count
    residuals = rows - mean[test.group]
    squares = residuals**2
    variance = np.array([add(squares[test.group == code], axis=0) for code in codes]) / (count - 1)
    largest = np.abs(rows).max(axis=0) if whole else np.nanmax(np.abs(rows), axis=0)
    constant = (variance <= (_ROUNDING * largest) ** 2).any(axis=0)
    _refuse_constant(constant, test.rows.shape, test.effect)
    numerator, correction, share = welch_terms(count, mean, variance)
    df_error = (len(groups) ** 2 - 1) / (3.0 * float(share.mean()))
    if test.kind == "T":
        z = np.copysign(np.sqrt(numerator), mean[0] - mean[1])
        return Fitted(z, (1.0, df_error), residuals[:, :, None])
    return Fitted(numerator / correction, (len(groups) - 1.0, df_error), residuals[:, :, None])


def constant_columns(values: Floats) -> NDArray[np.bool_]:
    """Return which columns do not vary by more than rounding."""
    return np.asarray(np.ptp(values, axis=0) <= _ROUNDING * np.abs(values).max(axis=0))


def curves_of(values: object, name: str = "Y", *, components: bool = False) -> Floats:
    """Return responses as (n_rows, n_nodes, n_components).

    Parameters
    ----------
    values : array_like
        Scalars (n,), curves (n, nodes) or curves of vectors (n, nodes, components); where
        `components`, vectors (n, components) or curves of them.
    name : str
        What an error calls them.
    components : bool
        Whether the last axis is that of components.
    """
    rows = np.asarray(values, dtype=np.float64)
    least, most = (2, 3) if components else (1, 2)
    if not least <= rows.ndim <= most or 0 in rows.shape:
        shapes = "(n, components) or (n, nodes, components)" if components else "(n,) or (n, nodes)"
        raise SchemaError(expected=f"an array of shape {shapes}", got=str(rows.shape), where=name)
    if np.isinf(rows).any():
        raise SchemaError(expected="finite values, NaN where not measured", got="inf", where=name)
    if components:
        return rows[:, None, :] if rows.ndim == 2 else rows
    return rows[:, None, None] if rows.ndim == 1 else rows[:, :, None]


def refuse_empty_nodes(rows: Floats, name: str = "Y") -> None:
    """Refuse curves with a node that nobody has."""
    empty = np.flatnonzero(np.asarray(np.isnan(rows).all(axis=0)).any(axis=1))
    if len(empty):
        raise SchemaError(
            expected="somebody's value at every node",
            got=f"nothing but NaN at {len(empty)} of {rows.shape[1]} nodes, first at {empty[0]}",
            where=name,
            fix="leave these nodes out with roi=, or with Y[:, nodes]",
        )


def coded(labels: object, name: str, n_rows: int) -> tuple[Codes, Sequence[object]]:
    """Return the codes of a factor's labels and its levels."""
    values = np.asarray(labels)
    if values.shape != (n_rows,):
        raise SchemaError(
            expected=f"one label for each of the {n_rows} rows",
            got=f"an array of shape {values.shape}",
            where=name,
        )
    levels, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64).ravel(), levels.tolist()
