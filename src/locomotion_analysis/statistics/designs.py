"""From factors, people and covariates to the hypotheses of an analysis of variance.

A design within people is cut into strata. For a set S of within factors, each person's curves in
all conditions become orthonormal contrasts over the factors in S, averaged over those not in S;
effects between people are effects on these contrasts, and their residuals are the error of the
stratum (the univariate approach to repeated measures: Maxwell, Delaney & Kelley 2018, *Designing
Experiments and Analyzing Data*, chs. 11-14). Groups may so be of unequal size, and covariates may
differ between people and between conditions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.fields import Floats, Kind
from locomotion_analysis.statistics.linear import (
    Codes,
    Exchange,
    Hypothesis,
    orthonormal,
    split_model,
)

Term = tuple[str, ...]
"""Names of the factors and covariates of an effect."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor: the code of each row, and the names of its levels."""

    name: str
    codes: Codes
    levels: Sequence[object]


@dataclass(frozen=True, slots=True)
class Units:
    """Means per person and condition.

    Attributes
    ----------
    rows : ndarray, shape (n_units, n_conditions, n_nodes, n_components)
        Responses.
    between : dict of str to ndarray, shape (n_units,)
        Codes of the factors between people.
    covariates : dict of str to ndarray, shape (n_units, n_conditions)
        Covariates.
    dropped : ndarray
        Codes of the people who lack a condition.
    """

    rows: Floats
    between: Mapping[str, Codes]
    covariates: Mapping[str, Floats]
    dropped: Codes


def full_factorial(names: Sequence[str]) -> list[Term]:
    """Return all effects of crossed factors: A, B, C, AB, AC, BC, ABC."""
    return [term for size in range(1, len(names) + 1) for term in combinations(names, size)]


def factorial(
    rows: Floats,
    factors: Sequence[Factor],
    terms: Sequence[Term],
    *,
    subjects: Factor | None = None,
    within: Sequence[str] = (),
    covariates: Mapping[str, Floats] | None = None,
    ss_type: int = 2,
    residuals: Floats | None = None,
) -> list[Hypothesis]:
    """Return the hypotheses of the terms, in their order.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_nodes, n_components)
        Responses, one row an observation.
    factors : sequence of Factor
        The factors.
    terms : sequence of tuple of str
        Effects of the model; the tests come in this order.
    subjects : Factor, optional
        Whose rows they are, for factors within people.
    within : sequence of str
        Factors whose levels every person has.
    covariates : dict of str to ndarray, shape (n_rows,), optional
        Numbers to correct for; they stand in `terms` under their names.
    ss_type : {2, 3}
        Whether an effect is corrected for the effects that do not contain it (2), or for all
        others (3), as coded by contrasts that sum to zero.
    residuals : ndarray, optional
        Residual curves whose smoothness counts.

    Raises
    ------
    SchemaError
        If cells are empty, effects cannot be told apart, or a factor between people varies within
        one.
    """
    covariates = covariates or {}
    if ss_type not in (2, 3):
        raise SchemaError(expected="sums of squares of type 2 or 3", got=repr(ss_type))
    _refuse_empty_cells(factors, terms)
    units = _units(rows, factors, subjects, within, covariates)
    sizes = {factor.name: len(factor.levels) for factor in factors}
    effects: dict[Term, Hypothesis] = {}
    for size in range(len(within) + 1):
        for stratum in combinations(within, size):
            effects |= _stratum(units, stratum, within, sizes, terms, ss_type, residuals)
    return [effects[term] for term in terms]


def nested(rows: Floats, factors: Sequence[Factor]) -> list[Hypothesis]:
    """Return the hypotheses of factors each nested in the one before.

    Each factor is tested against the one nested in it, the last against the observations
    (hierarchical sums of squares; units weigh as many rows as they have).
    """
    _, inner = np.unique(
        np.column_stack([factor.codes for factor in factors]), axis=0, return_inverse=True
    )
    paths = [np.zeros(len(rows), dtype=np.int64)]
    for factor in factors:
        pair = np.column_stack([paths[-1], factor.codes])
        paths.append(np.unique(pair, axis=0, return_inverse=True)[1].ravel().astype(np.int64))
    paths.append(np.arange(len(rows)))
    cells = np.eye(int(inner.max()) + 1)[inner.ravel()]
    whole = orthonormal(cells)
    residuals = rows - np.tensordot(whole.T, np.tensordot(whole, rows, 1), 1)
    tests = []
    for level, factor in enumerate(factors, start=1):
        unit = paths[level + 1]
        _, first, count = np.unique(unit, return_index=True, return_counts=True)
        group, block = paths[level][first], paths[level - 1][first]
        n_error = len(first) - int(group.max()) - 1
        if n_error < 1 or group.max() == block.max():
            raise SchemaError(
                expected=f"several levels of {factor.name} in the factor it is nested in, "
                "and several units in each of them",
                got=f"{int(group.max()) + 1} levels over {int(block.max()) + 1}, "
                f"and {len(first)} units",
                where=factor.name,
                fix="use the crossed design if every level occurs with every other",
            )
        # Exact for any sizes: a mean of n rows has the weight of n.
        weight = np.sqrt(count.astype(np.float64))
        means = np.zeros((len(first), *rows.shape[1:]))
        np.add.at(means, unit, rows)
        means /= weight[:, None, None]
        basis, nuisance = split_model(
            np.eye(int(group.max()) + 1)[group] * weight[:, None],
            np.eye(int(block.max()) + 1)[block] * weight[:, None],
            np.zeros((len(first), 0)),
        )
        exchange = Exchange.rows(len(first), block=block)
        tests.append(
            Hypothesis(
                factor.name, "F", means, basis, nuisance, float(n_error), exchange, None, residuals
            )
        )
    return tests


def residuals_of_conditions(
    rows: Floats, factors: Sequence[Factor], subjects: Factor, between: int, *, three_way: bool
) -> Floats:
    """Return the residuals from which the smoothness of a design within people is estimated.

    One curve a person and condition leaves no residuals of the full model. In their place stand
    those of a coarse one, as in the reference implementation of the field: the mean, and one
    column for each factor, product of two factors and the person, which is 1 away from the first
    level of each (of a person: away from the first of the group).

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_nodes, n_components)
        Responses.
    factors : sequence of Factor
        Those between people first.
    subjects : Factor
        People.
    between : int
        How many factors are between people.
    three_way : bool
        Whether the product of all three factors stands in the place of the person.
    """
    pair = np.column_stack([subjects.codes, *(factor.codes for factor in factors)])
    cells, cell, count = np.unique(pair, axis=0, return_inverse=True, return_counts=True)
    if (count > 1).any():
        whole = orthonormal(np.eye(len(cells))[cell.ravel()])
        return rows - np.tensordot(whole.T, np.tensordot(whole, rows, 1), 1)
    away = [(factor.codes > 0).astype(np.float64) for factor in factors]
    columns = [np.ones(len(rows)), *away]
    columns += [one * other for one, other in combinations(away, 2)]
    if three_way:
        columns.append(np.prod(away, axis=0))
    else:
        one = np.zeros(len(rows), dtype=np.int64)
        keys = [factor.codes for factor in factors[:between]] or [one]
        group = np.unique(np.column_stack(keys), axis=0, return_inverse=True)[1].ravel()
        first = np.full(int(group.max()) + 1, subjects.codes.max() + 1)
        np.minimum.at(first, group, subjects.codes)
        columns.append((subjects.codes != first[group]).astype(np.float64))
    coarse = orthonormal(np.column_stack(columns))
    filled = (
        np.where(np.isnan(rows), np.nanmean(rows, axis=0), rows) if np.isnan(rows).any() else rows
    )
    return rows - np.tensordot(coarse.T, np.tensordot(coarse, filled, 1), 1)


def _refuse_empty_cells(factors: Sequence[Factor], terms: Sequence[Term]) -> None:
    by_name = {factor.name: factor for factor in factors}
    for factor in factors:
        if len(factor.levels) < 2:
            raise SchemaError(
                expected="at least two levels", got=repr(factor.levels[0]), where=factor.name
            )
    for term in terms:
        crossed = [by_name[name] for name in term if name in by_name]
        seen = np.unique(np.column_stack([f.codes for f in crossed]), axis=0) if crossed else ()
        wanted = int(np.prod([len(factor.levels) for factor in crossed]))
        if crossed and len(seen) < wanted:
            raise SchemaError(
                expected=f"rows in all {wanted} combinations of {' and '.join(term)}",
                got=f"rows in {len(seen)} of them",
                where=":".join(term),
                fix="leave the interaction out (a + b); if one is nested in the other, use the "
                "nested design",
            )


def _units(
    rows: Floats,
    factors: Sequence[Factor],
    subjects: Factor | None,
    within: Sequence[str],
    covariates: Mapping[str, Floats],
) -> Units:
    if subjects is None:
        return Units(
            rows[:, None],
            {factor.name: factor.codes for factor in factors},
            {name: values[:, None] for name, values in covariates.items()},
            np.zeros(0, dtype=np.int64),
        )
    person = subjects.codes
    n_units = len(subjects.levels)
    between = {}
    for factor in factors:
        if factor.name in within:
            continue
        code = np.zeros(n_units, dtype=np.int64)
        code[person] = factor.codes
        if (varying := np.flatnonzero(code[person] != factor.codes)).size:
            who = subjects.levels[person[varying[0]]]
            raise SchemaError(
                expected=f"one level of {factor.name} a person: it is a factor between people",
                got=f"several for {who}",
                where=factor.name,
                fix=f"name it in within=, if people were measured at each {factor.name}; "
                "give two people two names",
            )
        between[factor.name] = code
    crossed = [factor for factor in factors if factor.name in within]
    crossed.sort(key=lambda factor: list(within).index(factor.name))
    sizes = tuple(len(factor.levels) for factor in crossed)
    condition = np.ravel_multi_index([f.codes for f in crossed], sizes) if crossed else 0 * person
    n_conditions = int(np.prod(sizes)) if crossed else 1
    cell = person * n_conditions + condition
    count = np.bincount(cell, minlength=n_units * n_conditions)
    seen = (count.reshape(n_units, n_conditions) > 0).all(axis=1)
    if not seen.any():
        raise SchemaError(
            expected=f"people measured in all {n_conditions} conditions",
            got="nobody was",
            where=" and ".join(within),
            fix="leave conditions out, or treat the factor as one between people",
        )

    def mean(values: Floats) -> Floats:
        total = np.zeros((n_units * n_conditions, *values.shape[1:]))
        np.add.at(total, cell, values)
        total /= np.maximum(count, 1).reshape(-1, *[1] * (values.ndim - 1))
        return total.reshape(n_units, n_conditions, *values.shape[1:])[seen]

    return Units(
        mean(rows),
        {name: code[seen] for name, code in between.items()},
        {name: mean(values) for name, values in covariates.items()},
        np.flatnonzero(~seen),
    )


def _stratum(
    units: Units,
    stratum: Term,
    within: Sequence[str],
    sizes: Mapping[str, int],
    terms: Sequence[Term],
    ss_type: int,
    residuals: Floats | None,
) -> dict[Term, Hypothesis]:
    here = [term for term in terms if tuple(n for n in within if n in term) == stratum]
    if not here:
        return {}
    contrasts = _contrasts(within, stratum, sizes)
    n_units, per_unit = len(units.rows), len(contrasts)
    rows = np.einsum("mc,ucqi->umqi", contrasts, units.rows)
    rows = rows.reshape(n_units * per_unit, *units.rows.shape[2:])
    columns = {
        term: _columns(term, units, stratum, sizes, contrasts) for term in here if term != stratum
    }
    mean: Floats = np.kron(np.ones((n_units, 1)), np.eye(per_unit)).astype(np.float64)
    slopes = {
        name: _covariate(values, contrasts)
        for name, values in units.covariates.items()
        if stratum and (name,) in terms and np.ptp(values, axis=1).any()
    }
    model: dict[Term, Floats] = {stratum: mean, **columns}
    model |= {(name, ""): column for name, column in slopes.items()}
    df_error = _error_freedom(model, n_units, here[0])
    tests = {}
    kind: Kind = "F" if rows.shape[2] == 1 else "X2"
    unit, block = np.repeat(np.arange(n_units), per_unit), np.zeros(n_units, dtype=np.int64)
    between = Exchange("units", unit, block)
    levels = tuple(sizes[name] for name in stratum)
    inside = Exchange("levels", unit, block, levels, _contrasts(stratum, stratum, sizes))
    empty = np.zeros((len(rows), 0))
    for term in here:
        contains = [t for t in model if set(term) < set(t) and ss_type == 2]
        others = [part for t, part in model.items() if t != term and t not in contains]
        above = [model[t] for t in contains]
        basis, nuisance = split_model(
            model[term], np.hstack([empty, *others]), np.hstack([empty, *above])
        )
        known: Kind = "T2" if kind == "X2" and len(basis) == 1 else kind
        of_columns = basis @ model[term]
        scale, size_scale = _scales_of_difference(term, stratum, within, sizes, of_columns)
        tests[term] = Hypothesis(
            ":".join(term),
            known,
            rows,
            basis,
            nuisance,
            df_error,
            inside if term == stratum else between,
            residuals=residuals,
            scale=scale,
            size_scale=size_scale,
            levels=_level_means(term, stratum, sizes, of_columns),
            n_above=sum(part.shape[1] for part in above),
        )
    return tests


def _contrasts(within: Sequence[str], stratum: Term, sizes: Mapping[str, int]) -> Floats:
    """Return orthonormal contrasts over the factors of the stratum, means over the others."""
    contrasts: Floats = np.ones((1, 1))
    for name in within:
        size = sizes[name]
        part = _helmert(size) if name in stratum else np.full((1, size), size**-0.5)
        contrasts = np.asarray(np.kron(contrasts, part), dtype=np.float64)
    return contrasts


def _error_freedom(model: Mapping[Term, Floats], n_units: int, first: Term) -> float:
    """Return the degrees of freedom of a stratum's error, of effects that can be estimated."""
    columns = np.hstack(list(model.values()))
    rank = np.linalg.matrix_rank(columns)
    if rank < columns.shape[1]:
        raise SchemaError(
            expected="effects that can be told apart",
            got=f"the columns of {_aliased(model)} follow from the others (aliased)",
            where="formula",
            fix="leave one of them out; a covariate that is another at each level of a factor "
            "cannot be corrected for",
        )
    freedom = float(len(columns) - rank)
    if freedom < 1:
        raise SchemaError(
            expected="more people than the model has effects",
            got=f"{n_units} people and {rank} columns",
            where=":".join(first),
            fix="add people, or leave effects out; cycles of the same people do not help",
        )
    return freedom


def _scales_of_difference(
    term: Term,
    stratum: Term,
    within: Sequence[str],
    sizes: Mapping[str, int],
    of_columns: Floats,
) -> tuple[float, float]:
    """Return what makes a difference of levels, and its size, of the product with one basis row.

    The column of a factor is 1 and -1 at its two levels. NaN where there are several columns.
    """
    if len(of_columns) != 1:
        return float("nan"), float("nan")
    coefficient = 1.0 / float(of_columns[0, 0])
    between = [-2.0 for name in term if name in sizes and name not in stratum]
    inside = [-np.sqrt(2.0) for name in term if name in stratum]
    averaged = [sizes[name] ** -0.5 for name in within if name not in stratum]
    scale = float(np.prod([*between, *inside, *averaged])) * coefficient
    if any(name not in sizes for name in term):
        return scale, float("nan")
    return scale, abs(float(np.prod(between)) * coefficient)


def _helmert(size: int) -> Floats:
    """Return orthonormal contrasts of levels, shape (size - 1, size)."""
    lower = np.tril(np.ones((size, size)), -1)[1:] - np.diag(np.arange(size, dtype=np.float64))[1:]
    return np.asarray(lower / np.linalg.norm(lower, axis=1, keepdims=True))


def _level_means(
    term: Term, stratum: Term, sizes: Mapping[str, int], of_columns: Floats
) -> Floats | None:
    """Return what makes the means of a factor's levels from the products with its basis."""
    if len(term) != 1 or term[0] not in sizes:
        return None
    size = sizes[term[0]]
    coding = _helmert(size).T if term == stratum else _sum_coded(np.arange(size), size)
    return np.asarray(coding @ np.linalg.inv(of_columns))


def _sum_coded(codes: Codes, size: int) -> Floats:
    """Return columns of a factor that sum to zero over its levels, shape (n, size - 1)."""
    coding = np.vstack([np.eye(size - 1), -np.ones((1, size - 1))])
    return np.asarray(coding[codes])


def _covariate(values: Floats, contrasts: Floats) -> Floats:
    column = (values @ contrasts.T).reshape(-1, 1)
    return np.asarray(column - column.mean()) if len(contrasts) == 1 else np.asarray(column)


def _columns(
    term: Term, units: Units, stratum: Term, sizes: Mapping[str, int], contrasts: Floats
) -> Floats:
    """Return the columns of a term in its stratum, shape (n_units * n_contrasts, k)."""
    n_units, per_unit = len(units.rows), len(contrasts)
    between = np.ones((n_units, 1))
    numbers = np.ones((n_units, 1))
    for name in term:
        if name in stratum:
            continue
        if name in units.between:
            coded = _sum_coded(units.between[name], sizes[name])
            between = (between[:, :, None] * coded[:, None, :]).reshape(n_units, -1)
            continue
        values = units.covariates[name]
        if stratum and np.ptp(values, axis=1).any():
            raise SchemaError(
                expected=f"{name} to be the same in all conditions of a person, to cross it with "
                f"{' and '.join(stratum)}",
                got="values that differ between conditions",
                where=":".join(term),
                fix=f"write + {name}: it is corrected for within people as well",
            )
        centred = values.mean(axis=1, keepdims=True)
        numbers = numbers * (centred - centred.mean())
    columns = between * numbers
    return np.asarray(np.kron(columns, np.eye(per_unit)), dtype=np.float64)


def _aliased(model: Mapping[Term, NDArray[np.float64]]) -> str:
    """Name the term that adds no rank to those before it."""
    known = np.zeros((len(next(iter(model.values()))), 0))
    names = []
    for term, columns in model.items():
        joined = np.hstack([known, columns])
        if np.linalg.matrix_rank(joined) < joined.shape[1]:
            names.append(":".join(part for part in term if part) or "the mean")
        else:
            known = joined
    return " and ".join(names)
