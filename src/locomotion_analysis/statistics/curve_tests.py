"""Tests of curves and scalars as functions of arrays, under the names the field knows.

Each takes responses first, then factors, then people: scalars of shape (n,), curves (n, nodes);
vectors (n, components) or curves of vectors (n, nodes, components). Each row counts as a person
(or a person in a condition): average a person's cycles first, or use
:func:`~locomotion_analysis.statistics.compare`, which does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.curve_inference import CurveTest, Effects, tested
from locomotion_analysis.statistics.designs import (
    Factor,
    Term,
    factorial,
    full_factorial,
    nested,
    residuals_of_conditions,
)
from locomotion_analysis.statistics.fields import Floats, Kind
from locomotion_analysis.statistics.linear import (
    Codes,
    Exchange,
    Hypothesis,
    coded,
    curves_of,
    refuse_empty_nodes,
    split_model,
)


def ttest(Y: ArrayLike, y0: ArrayLike = 0.0) -> CurveTest:
    """Test whether the mean differs from a curve or number.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person.
    y0 : array_like, shape () or (nodes,)
        What the mean is under the null hypothesis.

    Returns
    -------
    CurveTest
        Student's t; positive where the mean is above `y0`.

    Raises
    ------
    SchemaError
        If there are fewer than two rows, or a node's values do not vary.

    Examples
    --------
    >>> found = ttest([1.2, 0.7, 1.9, 1.1, 0.8]).inference(0.05)
    >>> found.df, round(found.z, 3), round(found.p, 4)
    ((1.0, 4.0), 5.398, 0.0057)
    """
    return _one_sample(curves_of(Y), y0, "T")


def ttest_paired(YA: ArrayLike, YB: ArrayLike) -> CurveTest:
    """Test the mean difference of pairs, YA - YB; row i of both is of one person.

    Parameters
    ----------
    YA, YB : array_like, shape (n,) or (n, nodes)
        Both conditions.

    Returns
    -------
    CurveTest
        Student's t of the differences; positive where YA is larger.

    Examples
    --------
    >>> round(ttest_paired([3.0, 4.0, 6.0], [2.5, 3.0, 4.5]).z, 3)
    3.464
    """
    return _one_sample(_differences(curves_of(YA, "YA"), curves_of(YB, "YB")), 0.0, "T")


def ttest2(YA: ArrayLike, YB: ArrayLike, equal_var: bool = False) -> CurveTest:
    """Test whether the means of two groups differ.

    Parameters
    ----------
    YA, YB : array_like, shape (n,) or (n, nodes)
        One row a person.
    equal_var : bool
        Whether variances are taken to be equal (Student); else Welch's t, whose degrees of freedom
        on curves follow from the groups' shares of the variance, averaged over nodes.

    Returns
    -------
    CurveTest
        t; positive where the mean of YA is larger.

    Examples
    --------
    >>> test = ttest2([5.1, 4.8, 6.0, 5.5], [3.9, 4.4, 4.1], equal_var=True)
    >>> test.df, round(test.z, 3)
    ((1.0, 5.0), 3.68)
    """
    rows, group = _stacked([curves_of(YA, "YA"), curves_of(YB, "YB")], ["YA", "YB"])
    return tested(_groups("group", rows, group, 2, "T", equal_var=equal_var))


def regress(Y: ArrayLike, x: ArrayLike) -> CurveTest:
    """Test the slope of Y over x.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person.
    x : array_like, shape (n,)
        What Y may depend on.

    Returns
    -------
    CurveTest
        t of the slope.

    Examples
    --------
    >>> round(regress([1.0, 2.1, 2.9, 4.2], [0.0, 1.0, 2.0, 3.0]).z, 2)
    16.05
    """
    rows = curves_of(Y)
    values = _numbers(x, "x", len(rows))
    if np.ptp(values) == 0:
        raise SchemaError(expected="an x that varies", got="one value", where="x")
    return glm(rows[:, :, 0], np.column_stack([values, np.ones(len(rows))]), [1.0, 0.0])


def glm(Y: ArrayLike, X: ArrayLike, c: ArrayLike) -> CurveTest:
    """Test a contrast of a general linear model.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person.
    X : array_like, shape (n, k)
        Design matrix.
    c : array_like, shape (k,)
        Contrast of its coefficients.

    Returns
    -------
    CurveTest
        t of the contrast.

    Raises
    ------
    SchemaError
        If shapes differ, or the contrast cannot be estimated from the design.

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    >>> round(glm([1.0, 2.1, 2.9, 4.2], X, [0.0, 1.0]).z, 2)
    16.05
    """
    rows = curves_of(Y)
    design = np.asarray(X, dtype=np.float64)
    contrast = np.asarray(c, dtype=np.float64)
    if design.ndim != 2 or len(design) != len(rows) or contrast.shape != design.shape[1:]:
        raise SchemaError(
            expected=f"X of shape ({len(rows)}, k) and a contrast of k numbers",
            got=f"{design.shape} and {contrast.shape}",
            where="X, c",
        )
    if not np.isfinite(design).all() or not contrast.any():
        raise SchemaError(expected="finite numbers, and a contrast other than zero", got="X or c")
    inverse = np.linalg.pinv(design)
    direction = inverse.T @ contrast
    if not np.allclose(design.T @ direction, contrast, atol=1e-8 * np.abs(contrast).max()):
        raise SchemaError(
            expected="a contrast that can be estimated",
            got="columns of X that follow from the others (aliased)",
            where="c",
            fix="leave such columns out",
        )
    basis = (direction / np.linalg.norm(direction))[None]
    _, nuisance = split_model(basis.T, np.zeros((len(rows), 0)), design)
    df_error = float(len(rows) - 1 - len(nuisance))
    return tested(
        Hypothesis(
            "contrast", "T", _checked(rows, df_error), basis, nuisance, df_error,
            Exchange.rows(len(rows)),
        )
    )  # fmt: skip


def anova1(
    Y: ArrayLike | Sequence[ArrayLike], A: ArrayLike | None = None, equal_var: bool = False
) -> CurveTest:
    """Test whether the means of several groups differ.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes), or sequence of them
        One row a person; or one array a group, without `A`.
    A : array_like, shape (n,), optional
        Group of each row.
    equal_var : bool
        Whether variances are taken to be equal; else Welch's F (1951).

    Returns
    -------
    CurveTest
        F.

    Examples
    --------
    >>> test = anova1([1.0, 2.0, 1.5, 3.0, 4.0, 3.5], [0, 0, 0, 1, 1, 1], equal_var=True)
    >>> test.df, round(test.z, 2)
    ((1.0, 4.0), 24.0)
    """
    rows, factor = _grouped(Y, A, components=False)
    return tested(_groups("A", rows, factor.codes, len(factor.levels), "F", equal_var=equal_var))


def anova2(Y: ArrayLike, A: ArrayLike, B: ArrayLike, *, ss_type: int = 2) -> Effects:
    """Test two crossed factors between people: effects A, B, AB.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person.
    A, B : array_like, shape (n,)
        Factors.
    ss_type : {2, 3}
        Type of the sums of squares, which differ where groups are of unequal size: an effect is
        corrected for those that do not contain it (2), or for all others (3).

    Returns
    -------
    Effects
        F of A, B and AB.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> A, B = np.repeat([0, 1], 6), np.tile([0, 1, 2], 4)
    >>> [test.df for test in anova2(rng.normal(size=12), A, B)]
    [(1.0, 6.0), (2.0, 6.0), (2.0, 6.0)]
    """
    return _crossed(Y, [("A", A), ("B", B)], ss_type=ss_type)


def anova3(Y: ArrayLike, A: ArrayLike, B: ArrayLike, C: ArrayLike, *, ss_type: int = 2) -> Effects:
    """Test three crossed factors between people: effects A, B, C, AB, AC, BC, ABC.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person.
    A, B, C : array_like, shape (n,)
        Factors.
    ss_type : {2, 3}
        Type of the sums of squares, which differ where groups are of unequal size: an effect is
        corrected for those that do not contain it (2), or for all others (3).

    Returns
    -------
    Effects
        Seven F.

    Examples
    --------
    >>> A, B, C = np.indices((2, 2, 2)).reshape(3, -1).repeat(3, axis=1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> [test.effect for test in anova3(y, A, B, C)]
    ['A', 'B', 'C', 'AB', 'AC', 'BC', 'ABC']
    """
    return _crossed(Y, [("A", A), ("B", B), ("C", C)], ss_type=ss_type)


def anova1rm(Y: ArrayLike, A: ArrayLike, SUBJ: ArrayLike) -> CurveTest:
    """Test one factor within people.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A : array_like, shape (n,)
        Condition of each row.
    SUBJ : array_like, shape (n,)
        Person of each row. People who lack a condition are left out.

    Returns
    -------
    CurveTest
        F.

    Examples
    --------
    >>> y = [1.0, 2.0, 2.0, 3.5, 1.5, 2.0]
    >>> test = anova1rm(y, [0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2])
    >>> test.df, round(test.z, 3)
    ((1.0, 2.0), 12.0)
    """
    return _repeated(Y, [("A", A)], SUBJ, ["A"])[0]


def anova2rm(Y: ArrayLike, A: ArrayLike, B: ArrayLike, SUBJ: ArrayLike) -> Effects:
    """Test two factors within people: effects A, B, AB.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A, B : array_like, shape (n,)
        Factors.
    SUBJ : array_like, shape (n,)
        Person of each row. People who lack a condition are left out.

    Returns
    -------
    Effects
        F of A, B and AB, each against its own interaction with people.

    Examples
    --------
    >>> S, A, B = np.indices((4, 2, 3)).reshape(3, -1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> [test.df for test in anova2rm(y, A, B, S)]
    [(1.0, 3.0), (2.0, 6.0), (2.0, 6.0)]
    """
    return _repeated(Y, [("A", A), ("B", B)], SUBJ, ["A", "B"])


def anova2onerm(
    Y: ArrayLike, A: ArrayLike, B: ArrayLike, SUBJ: ArrayLike, *, ss_type: int = 2
) -> Effects:
    """Test a factor A between people and a factor B within them: effects A, B, AB.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A, B : array_like, shape (n,)
        Factors.
    SUBJ : array_like, shape (n,)
        Person of each row, another name in each group. People who lack a condition are left out.
    ss_type : {2, 3}
        Type of the sums of squares, which differ where groups are of unequal size: an effect is
        corrected for those that do not contain it (2), or for all others (3).

    Returns
    -------
    Effects
        F of A, B and AB.

    Examples
    --------
    >>> S, B = np.indices((6, 3)).reshape(2, -1)
    >>> y = np.random.default_rng(1).normal(size=18)
    >>> [test.df for test in anova2onerm(y, S // 3, B, S)]
    [(1.0, 4.0), (2.0, 8.0), (2.0, 8.0)]
    """
    return _repeated(Y, [("A", A), ("B", B)], SUBJ, ["B"], ss_type=ss_type)


def anova3rm(Y: ArrayLike, A: ArrayLike, B: ArrayLike, C: ArrayLike, SUBJ: ArrayLike) -> Effects:
    """Test three factors within people: effects A, B, C, AB, AC, BC, ABC.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A, B, C : array_like, shape (n,)
        Factors.
    SUBJ : array_like, shape (n,)
        Person of each row. People who lack a condition are left out.

    Returns
    -------
    Effects
        Seven F.

    Examples
    --------
    >>> S, A, B, C = np.indices((4, 2, 2, 2)).reshape(4, -1)
    >>> y = np.random.default_rng(1).normal(size=32)
    >>> anova3rm(y, A, B, C, S)[6].df
    (1.0, 3.0)
    """
    return _repeated(Y, [("A", A), ("B", B), ("C", C)], SUBJ, ["A", "B", "C"])


def anova3onerm(
    Y: ArrayLike, A: ArrayLike, B: ArrayLike, C: ArrayLike, SUBJ: ArrayLike, *, ss_type: int = 2
) -> Effects:
    """Test factors A and B between people and C within them: A, B, C, AB, AC, BC, ABC.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A, B, C : array_like, shape (n,)
        Factors.
    SUBJ : array_like, shape (n,)
        Person of each row, another name in each group. People who lack a condition are left out.
    ss_type : {2, 3}
        Type of the sums of squares, which differ where groups are of unequal size: an effect is
        corrected for those that do not contain it (2), or for all others (3).

    Returns
    -------
    Effects
        Seven F.

    Examples
    --------
    >>> A, B, S, C = np.indices((2, 2, 3, 2)).reshape(4, -1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> anova3onerm(y, A, B, C, 6 * A + 3 * B + S)[0].df
    (1.0, 8.0)
    """
    return _repeated(Y, [("A", A), ("B", B), ("C", C)], SUBJ, ["C"], ss_type=ss_type)


def anova3tworm(
    Y: ArrayLike, A: ArrayLike, B: ArrayLike, C: ArrayLike, SUBJ: ArrayLike, *, ss_type: int = 2
) -> Effects:
    """Test a factor A between people and B and C within them: A, B, C, AB, AC, BC, ABC.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        One row a person and condition; several of one are averaged.
    A, B, C : array_like, shape (n,)
        Factors.
    SUBJ : array_like, shape (n,)
        Person of each row, another name in each group. People who lack a condition are left out.
    ss_type : {2, 3}
        Type of the sums of squares, which differ where groups are of unequal size: an effect is
        corrected for those that do not contain it (2), or for all others (3).

    Returns
    -------
    Effects
        Seven F.

    Examples
    --------
    >>> A, S, B, C = np.indices((2, 3, 2, 2)).reshape(4, -1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> anova3tworm(y, A, B, C, 3 * A + S)[1].df
    (1.0, 4.0)
    """
    return _repeated(Y, [("A", A), ("B", B), ("C", C)], SUBJ, ["B", "C"], ss_type=ss_type)


def anova2nested(Y: ArrayLike, A: ArrayLike, B: ArrayLike) -> Effects:
    """Test a factor A, and B nested in it: effects A and B.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        Observations.
    A, B : array_like, shape (n,)
        Factors; labels of B may be used again in another level of A.

    Returns
    -------
    Effects
        F of A against B, and of B against the observations in it.

    Examples
    --------
    >>> A, B, _ = np.indices((2, 3, 4)).reshape(3, -1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> [test.df for test in anova2nested(y, A, B)]
    [(1.0, 4.0), (4.0, 18.0)]
    """
    return _nested(Y, [("A", A), ("B", B)])


def anova3nested(Y: ArrayLike, A: ArrayLike, B: ArrayLike, C: ArrayLike) -> Effects:
    """Test a factor A, B nested in it, and C nested in B: effects A, B, C.

    Parameters
    ----------
    Y : array_like, shape (n,) or (n, nodes)
        Observations.
    A, B, C : array_like, shape (n,)
        Factors; labels may be used again in another level of the factor above.

    Returns
    -------
    Effects
        F of A against B, of B against C, and of C against the observations in it.

    Examples
    --------
    >>> A, B, C, _ = np.indices((2, 2, 3, 2)).reshape(4, -1)
    >>> y = np.random.default_rng(1).normal(size=24)
    >>> [test.df for test in anova3nested(y, A, B, C)]
    [(1.0, 2.0), (2.0, 8.0), (8.0, 12.0)]
    """
    return _nested(Y, [("A", A), ("B", B), ("C", C)])


def hotellings(Y: ArrayLike, mu: ArrayLike = 0.0) -> CurveTest:
    """Test whether a mean vector differs from a given one.

    Parameters
    ----------
    Y : array_like, shape (n, components) or (n, nodes, components)
        One row a person.
    mu : array_like, shape (), (components,) or (nodes, components)
        The mean under the null hypothesis.

    Returns
    -------
    CurveTest
        Hotelling's T².

    Examples
    --------
    >>> Y = np.random.default_rng(1).normal(size=(12, 2))
    >>> hotellings(Y).df
    (2.0, 11.0)
    """
    return _one_sample(curves_of(Y, components=True), mu, "T2")


def hotellings_paired(YA: ArrayLike, YB: ArrayLike) -> CurveTest:
    """Test the mean difference vector of pairs; row i of both is of one person.

    Parameters
    ----------
    YA, YB : array_like, shape (n, components) or (n, nodes, components)
        Both conditions.

    Returns
    -------
    CurveTest
        Hotelling's T².

    Examples
    --------
    >>> Y = np.random.default_rng(1).normal(size=(2, 12, 2))
    >>> hotellings_paired(*Y).df
    (2.0, 11.0)
    """
    pair = curves_of(YA, "YA", components=True), curves_of(YB, "YB", components=True)
    return _one_sample(_differences(*pair), 0.0, "T2")


def hotellings2(YA: ArrayLike, YB: ArrayLike) -> CurveTest:
    """Test whether the mean vectors of two groups differ; covariances are taken to be equal.

    Parameters
    ----------
    YA, YB : array_like, shape (n, components) or (n, nodes, components)
        One row a person.

    Returns
    -------
    CurveTest
        Hotelling's T².

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> hotellings2(rng.normal(size=(12, 2)), rng.normal(size=(9, 2))).df
    (2.0, 19.0)
    """
    parts = [curves_of(YA, "YA", components=True), curves_of(YB, "YB", components=True)]
    rows, group = _stacked(parts, ["YA", "YB"])
    return tested(_groups("group", rows, group, 2, "T2", equal_var=True))


def cca(Y: ArrayLike, x: ArrayLike) -> CurveTest:
    """Test whether a vector depends on numbers (canonical correlation).

    Parameters
    ----------
    Y : array_like, shape (n, components) or (n, nodes, components)
        One row a person.
    x : array_like, shape (n,) or (n, k)
        What Y may depend on.

    Returns
    -------
    CurveTest
        Bartlett's chi² of Wilks' lambda.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> cca(rng.normal(size=(12, 2)), rng.normal(size=12)).df
    (1.0, 2.0)
    """
    rows = curves_of(Y, components=True)
    numbers = np.asarray(x, dtype=np.float64)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or len(numbers) != len(rows) or not np.isfinite(numbers).all():
        raise SchemaError(
            expected=f"finite numbers of shape ({len(rows)},) or ({len(rows)}, k)",
            got=f"shape {numbers.shape}",
            where="x",
        )
    basis, nuisance = split_model(numbers, np.ones((len(rows), 1)), np.zeros((len(rows), 0)))
    if len(basis) < numbers.shape[1]:
        raise SchemaError(
            expected="an x that varies", got="columns that do not, or alike", where="x"
        )
    df_error = float(len(rows) - len(basis) - 1)
    return tested(
        Hypothesis(
            "x", "X2", _checked(rows, df_error), basis, nuisance, df_error,
            Exchange.rows(len(rows)),
        )
    )  # fmt: skip


def manova1(Y: ArrayLike | Sequence[ArrayLike], A: ArrayLike | None = None) -> CurveTest:
    """Test whether the mean vectors of several groups differ; covariances are taken to be equal.

    Parameters
    ----------
    Y : array_like, shape (n, components) or (n, nodes, components), or sequence of them
        One row a person; or one array a group, without `A`.
    A : array_like, shape (n,), optional
        Group of each row.

    Returns
    -------
    CurveTest
        Bartlett's chi² of Wilks' lambda.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> manova1(rng.normal(size=(12, 2)), np.repeat([0, 1, 2], 4)).df
    (1.0, 4.0)
    """
    rows, factor = _grouped(Y, A, components=True)
    return tested(_groups("A", rows, factor.codes, len(factor.levels), "X2", equal_var=True))


def _checked(rows: Floats, df_error: float, least: float = 1.0) -> Floats:
    if df_error < least:
        raise SchemaError(
            expected="more people than the model has effects",
            got=f"{len(rows)} rows",
            where="Y",
            fix="add people; cycles of the same people do not help",
        )
    refuse_empty_nodes(rows)
    return rows


def _numbers(x: ArrayLike, name: str, n_rows: int) -> Floats:
    values = np.asarray(x, dtype=np.float64)
    if values.shape != (n_rows,) or not np.isfinite(values).all():
        raise SchemaError(
            expected=f"{n_rows} finite numbers, one a row",
            got=f"shape {values.shape}" if values.shape != (n_rows,) else "NaN or inf",
            where=name,
            fix="leave out the people of whom it is not known",
        )
    return values


def _one_sample(rows: Floats, y0: ArrayLike, kind: Kind) -> CurveTest:
    expected = np.asarray(y0, dtype=np.float64)
    if kind == "T" and expected.ndim == 1:
        expected = expected[:, None]
    try:
        centred = rows - expected
    except ValueError:
        centred = None
    if centred is None or centred.shape != rows.shape:
        raise SchemaError(
            expected="one number, or one a node", got=f"shape {expected.shape}", where="y0"
        )
    n = len(rows)
    return tested(
        Hypothesis(
            "mean", kind, _checked(centred, n - 1.0), np.full((1, n), n**-0.5), np.zeros((0, n)),
            n - 1.0, Exchange.rows(n, "signs"),
        )
    )  # fmt: skip


def _differences(one: Floats, other: Floats) -> Floats:
    if one.shape != other.shape:
        raise SchemaError(
            expected="two arrays of one shape: row i of both is of one person",
            got=f"{one.shape[:2]} and {other.shape[:2]}",
            where="YA, YB",
            fix="use the test of two groups for different people",
        )
    return one - other


def _stacked(parts: Sequence[Floats], names: Sequence[str]) -> tuple[Floats, Any]:
    if len({part.shape[1:] for part in parts}) > 1:
        raise SchemaError(
            expected="curves of one length in all groups",
            got=" and ".join(str(part.shape[1:]) for part in parts),
            where=", ".join(names),
        )
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _grouped(Y: Any, A: ArrayLike | None, *, components: bool) -> tuple[Floats, Factor]:
    if A is None:
        parts = [curves_of(part, f"Y[{k}]", components=components) for k, part in enumerate(Y)]
        rows, codes = _stacked(parts, ["Y"])
        return rows, Factor("A", codes, range(len(parts)))
    rows = curves_of(Y, components=components)
    return rows, Factor("A", *coded(A, "A", len(rows)))


def _groups(
    effect: str, rows: Floats, group: Codes, n_groups: int, kind: Kind, *, equal_var: bool
) -> Hypothesis:
    """Return the hypothesis that groups have one mean."""
    counts = np.bincount(group, minlength=n_groups)
    if n_groups < 2 or (counts.min() < 2 and not equal_var):
        raise SchemaError(
            expected="at least two groups, and at least two people in each",
            got=f"groups of {', '.join(map(str, counts))}",
            where=effect,
            fix="variances cannot be estimated from one person; equal_var=True takes them to be "
            "equal",
        )
    n = len(rows)
    basis, nuisance = split_model(np.eye(n_groups)[group], np.ones((n, 1)), np.zeros((n, 0)))
    if n_groups == 2:
        # Positive where the first group is larger.
        basis = basis * np.sign(basis[0, group == 0][0])
    df_error = float(n - n_groups)
    return Hypothesis(
        effect, kind, _checked(rows, df_error), basis, nuisance, df_error, Exchange.rows(n),
        None if equal_var else group,
    )  # fmt: skip


def _factors(named: Sequence[tuple[str, ArrayLike]], n_rows: int) -> list[Factor]:
    return [Factor(name, *coded(labels, name, n_rows)) for name, labels in named]


def _effects(tests: Sequence[Hypothesis]) -> Effects:
    from dataclasses import replace

    return Effects(tested(replace(test, effect=test.effect.replace(":", ""))) for test in tests)


def _crossed(Y: ArrayLike, named: Sequence[tuple[str, ArrayLike]], *, ss_type: int) -> Effects:
    rows = _checked(curves_of(Y), np.inf)
    factors = _factors(named, len(rows))
    terms = full_factorial([factor.name for factor in factors])
    return _effects(factorial(rows, factors, terms, ss_type=ss_type))


def _nested(Y: ArrayLike, named: Sequence[tuple[str, ArrayLike]]) -> Effects:
    rows = _checked(curves_of(Y), np.inf)
    return _effects(nested(rows, _factors(named, len(rows))))


def _repeated(
    Y: ArrayLike,
    named: Sequence[tuple[str, ArrayLike]],
    SUBJ: ArrayLike,
    within: Sequence[str],
    *,
    ss_type: int = 2,
) -> Effects:
    rows = _checked(curves_of(Y), np.inf)
    factors = _factors(named, len(rows))
    subjects = Factor("SUBJ", *coded(SUBJ, "SUBJ", len(rows)))
    terms: list[Term] = full_factorial([factor.name for factor in factors])
    n_between = len(factors) - len(within)
    smooth = None
    if rows.shape[1] > 1:
        smooth = residuals_of_conditions(
            rows, factors, subjects, n_between, three_way=(len(factors), n_between) == (3, 2)
        )
    return _effects(
        factorial(
            rows,
            factors,
            terms,
            subjects=subjects,
            within=within,
            ss_type=ss_type,
            residuals=smooth,
        )
    )
