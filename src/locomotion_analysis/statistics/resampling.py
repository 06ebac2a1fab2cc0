"""The distribution of the largest value of a curve under exchange: exact, or by seeded draws.

What may be exchanged stands with each hypothesis. Effects beside it are taken out first and the
residuals exchanged (Freedman & Lane 1983 Winkler et al. 2014). The design is moved instead of the curves, so that one
exchange costs as many products as the effect has rows; whole curves stay together, which keeps
the correlation between nodes as it is (Nichols & Holmes 2002).
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice, permutations, product
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.statistics.fields import Floats, runs_above
from locomotion_analysis.statistics.linear import (
    Codes,
    Exchange,
    Hypothesis,
    bartlett,
    orthonormal,
    split_model,
    welch_terms,
)

Order = NDArray[np.int64]
Moved = Callable[[Floats], Floats]
"""Takes rows of a design to those of each exchange, shape (n_exchanges, rank, n_rows)."""

_BATCH_BYTES = 2**20
_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Null:
    """What the largest value and the largest cluster are where the null hypothesis holds.

    Attributes
    ----------
    maxima : ndarray, shape (n,)
        Largest value of the statistic under each exchange; of its size where two-tailed.
    exact : bool
        Whether these are all exchanges there are; else the first is the data as they came.
    z : ndarray, shape (n_nodes,)
        The statistic of the data.
    masses : ndarray, shape (n,)
        Largest mass of a cluster under each exchange: sum over its nodes of what exceeds the
        threshold.
    threshold : float
        The critical value: at most a share alpha of `maxima` lies above it.
    """

    maxima: Floats
    exact: bool
    z: Floats
    masses: Floats
    threshold: float

    def p(self, value: float) -> float:
        """Return the share of exchanges whose largest value is at least this."""
        return float(np.mean(self.maxima >= value - 1e-9 * abs(value)))

    def p_mass(self, mass: float) -> float:
        """Return the share of exchanges whose largest cluster is at least as heavy."""
        return float(np.mean(self.masses >= mass - 1e-9 * abs(mass)))


def null_distribution(
    test: Hypothesis,
    alpha: float,
    *,
    two_tailed: bool,
    iterations: int = 10_000,
    seed: int = 0,
    circular: bool = False,
    contrasts: Floats | None = None,
) -> Null:
    """Exchange what the hypothesis allows, and keep the extremes of the statistic.

    Parameters
    ----------
    test : Hypothesis
        What to test.
    alpha : float
        Family-wise error over the curve.
    two_tailed : bool
        For t: whether small values count as large ones do.
    iterations : int
        Exchanges; where there are no more than this, all are taken; -1 takes all in any case.
    seed : int
        Seed of the draws.
    circular : bool
        Whether clusters continue over the end of the curve.
    contrasts : ndarray, shape (n_contrasts, rank), optional
        Contrasts of an effect of one component: the largest t of them all is kept, as one family,
        and ``z`` is theirs, one after the other.

    Raises
    ------
    SchemaError
        If `iterations` are too few for a p of `alpha`.

    Warns
    -----
    LocomotionWarning
        If there are too few people for exchanges that give a p of `alpha`.
    """
    rows, basis, nuisance, exchange = _exchangeable(test)
    model = np.vstack([basis, nuisance])
    total = _count(exchange, model)
    exact = total <= iterations or iterations == -1
    n = total if exact else iterations
    if (n * alpha < 1.0 and not exact) or n > _MOST:
        raise SchemaError(
            expected=f"{int(np.ceil(1 / alpha)):,} to {_MOST:,} exchanges for a p of {alpha:g}",
            got=f"{n:,}",
            where=f"iterations={iterations}",
            fix="give another number of iterations, for example 10000",
        )
    if test.group is not None:
        curves = partial(_welch_curves, test, rows)
    elif rows.shape[2] > 1:
        curves = partial(_vector_curves, test, *_whitened(rows), basis, nuisance)
    else:
        curves = partial(_curves, test, rows[:, :, 0], basis, nuisance, contrasts)
    groups = 0 if test.group is None else int(test.group.max()) + 1
    each = 8 * (len(model) + 2 * groups + 4) * (len(basis[0]) + rows[0].size * rows.shape[2])
    step = max(1, min(n, _BATCH_BYTES // each))

    def extreme(z: Floats) -> Floats:
        return np.asarray((np.abs(z) if two_tailed else z).max(axis=1))

    same = np.arange(len(exchange.unit))
    z = curves(_mover(same[None], None))[0]
    batches = partial(_batches, exchange, model, n, step, seed, exact=exact)
    maxima = np.concatenate([extreme(curves(moved)) for moved in batches()])
    rank = min(int(np.floor(alpha * n * (1 + 1e-12))), n - 1)
    threshold = float(np.partition(maxima, n - 1 - rank)[n - 1 - rank])
    least = float(np.mean(maxima >= maxima.max() * (1 - 1e-9)))
    if exact and least > alpha * (1 + 1e-9):
        warnings.warn(
            f"{test.effect}: of all {n} exchanges {round(least * n)} are alike, so that no p is below "
            f"{least:.3g} and none can be below {alpha:g}; use random field theory, or more people",
            LocomotionWarning,
            stacklevel=3,
        )
    masses = np.zeros(n)
    if len(z) > 1 and contrasts is None and extreme(z[None])[0] > threshold:
        # Only where the maximum is above the threshold is there a cluster.
        for start, moved in zip(range(0, n, step), batches(), strict=True):
            high = np.flatnonzero(maxima[start : start + step] > threshold)
            if len(high):
                exceeding = curves(partial(moved, chosen=high))
                masses[start + high] = [
                    heaviest(each, threshold, two_tailed=two_tailed, circular=circular)
                    for each in exceeding
                ]
    return Null(maxima, exact, z, masses, threshold)


def share_exchanges(tests: Sequence[Hypothesis]) -> bool:
    """Tell whether exchanges by one seed are the same for all tests, in the same order.

    So they are where the same people were measured, whole: the largest values of the tests under one
    exchange then belong together.
    """
    first = tests[0]
    return all(
        test.kind == first.kind
        and test.basis.shape == first.basis.shape
        and np.allclose(test.basis, first.basis)
        and bool(np.isfinite(test.rows).all())
        for test in tests
    )


def heaviest(z: Floats, threshold: float, *, two_tailed: bool, circular: bool) -> float:
    """Return the largest mass of a cluster: what exceeds the threshold, summed over its nodes."""
    runs = runs_above(z, threshold, two_tailed=two_tailed, circular=circular)
    return max((float((np.abs(z[nodes]) - threshold).sum()) for *_, nodes in runs), default=0.0)


def _exchangeable(test: Hypothesis) -> tuple[Floats, Floats, Floats, Exchange]:
    """Return the residuals under the null hypothesis, the effect and what is left beside it.

    A row that was not measured at a node is as the model without the effect has it there: its
    residual is zero, and moves with the others.
    """
    rows, exchange = _reduced(test), test.exchange
    basis, nuisance = test.basis, test.nuisance
    if exchange.of == "levels":
        # Contrasts of a person back to the levels, which can change places.
        n_units = len(exchange.block)
        contrasts = exchange.contrasts
        cells = contrasts.shape[1]
        rows = np.einsum(
            "mc,umqi->ucqi", contrasts, rows.reshape(n_units, len(contrasts), *rows.shape[1:])
        ).reshape(n_units * cells, *rows.shape[1:])
        wide = np.kron(np.eye(n_units), contrasts)
        basis, nuisance = basis @ wide, nuisance @ wide
        unit = np.repeat(np.arange(n_units), cells)
        exchange = Exchange("levels", unit, exchange.block, exchange.sizes, contrasts)
    elif exchange.of == "units" and len(nuisance):
        # The mean of a block stays what it is: no exchange within blocks changes it.
        per_unit = len(exchange.unit) // len(exchange.block)
        key = exchange.block[exchange.unit] * per_unit + np.arange(len(exchange.unit)) % per_unit
        still = orthonormal(np.eye(int(key.max()) + 1)[key])
        inside = still - (still @ nuisance.T) @ nuisance
        if np.abs(inside).max() < 1e-9:
            nuisance = orthonormal((nuisance - (nuisance @ still.T) @ still).T, 1.0)
    return rows, basis, nuisance, exchange


def _reduced(test: Hypothesis) -> Floats:
    known = np.isfinite(test.rows).all(axis=2)
    if known.all():
        if not len(test.nuisance):
            return test.rows
        flat = test.rows.reshape(len(test.rows), -1)
        return (flat - test.nuisance.T @ (test.nuisance @ flat)).reshape(test.rows.shape)
    rows = np.zeros(test.rows.shape)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for position, present in enumerate(patterns.T):
        nodes = np.flatnonzero(which.ravel() == position)
        empty = np.zeros((int(present.sum()), 0))
        kept, _ = split_model(test.nuisance[:, present].T, empty, empty)
        part = test.rows[np.ix_(present, nodes)]
        rows[np.ix_(present, nodes)] = part - np.tensordot(kept.T, np.tensordot(kept, part, 1), 1)
    return rows


def _count(exchange: Exchange, model: Floats) -> int:
    """Return how many exchanges there are that differ."""
    n_units = len(exchange.block)
    if exchange.of == "signs":
        return int(2**n_units)
    if exchange.of == "levels":
        return int(len(_moves(exchange.sizes)) ** n_units)
    kinds = _kinds(model, n_units)
    return prod(_arrangements(kinds[exchange.block == code]) for code in np.unique(exchange.block))


def _mover(orders: Order, signs: Floats | None) -> Callable[..., Floats]:
    def moved(part: Floats, chosen: Order | None = None) -> Floats:
        order = orders if chosen is None else orders[chosen]
        made = part.T[order].transpose(0, 2, 1)
        if signs is not None:
            made = made * (signs if chosen is None else signs[chosen])[:, None, :]
        return np.ascontiguousarray(made)

    return moved


def _batches(
    exchange: Exchange, model: Floats, n: int, step: int, seed: int, *, exact: bool
) -> Iterator[Callable[..., Floats]]:
    """Yield what moves the rows of a design, `step` exchanges at a time; the same at every call."""
    n_units = len(exchange.block)
    per_unit = len(exchange.unit) // n_units
    first = np.arange(n_units)[None, :, None] * per_unit
    moves = _moves(exchange.sizes)
    every: Iterator[object] = iter(())
    if exact and exchange.of == "units":
        every = _all_orders(_kinds(model, n_units), exchange.block)
    elif exact:
        choices = [1.0, -1.0] if exchange.of == "signs" else list(range(len(moves)))
        every = product(choices, repeat=n_units)
    rng = np.random.default_rng(seed)
    for start in range(0, n, step):
        size = min(step, n - start)
        listed = np.array(list(islice(every, size))) if exact else np.empty(0)
        if exchange.of == "signs":
            flips = listed if exact else rng.choice([1.0, -1.0], size=(size, n_units))
            if start == 0 and not exact:
                flips[0] = 1.0
            order = np.broadcast_to(np.arange(len(exchange.unit)), (size, len(exchange.unit)))
            yield _mover(order, np.repeat(flips, per_unit, axis=1))
            continue
        if exchange.of == "levels":
            chosen = listed if exact else rng.integers(len(moves), size=(size, n_units))
            if start == 0 and not exact:
                chosen[0] = 0
            order = first + moves[chosen]
        else:
            units = listed if exact else _random_orders(exchange.block, size, rng)
            if start == 0 and not exact:
                units[0] = np.arange(n_units)
            order = units[:, :, None] * per_unit + np.arange(per_unit)
        yield _mover(order.reshape(size, -1), None)


def _moves(sizes: tuple[int, ...]) -> Order:
    """Return every exchange of the levels of crossed factors, the identity first."""
    cells = np.arange(prod(sizes)).reshape(sizes)
    ways = product(*(permutations(range(size)) for size in sizes))
    return np.array([cells[np.ix_(*way)].ravel() for way in ways])


def _kinds(model: Floats, n_units: int) -> Codes:
    """Return a code that is the same for units that stand alike in the model."""
    of_unit = np.round(model.T.reshape(n_units, -1), 9) + 0.0
    codes: Codes = np.unique(of_unit, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    return codes


def _arrangements(kinds: Codes) -> int:
    _, counts = np.unique(kinds, return_counts=True)
    return factorial(len(kinds)) // prod(factorial(int(count)) for count in counts)


def _all_orders(kinds: Codes, block: Codes) -> Iterator[Order]:
    """Yield every order of the units that puts another kind anywhere, within blocks."""
    places = [np.flatnonzero(block == code) for code in np.unique(block)]
    for chosen in product(*(list(_orders_of_kinds(kinds[place])) for place in places)):
        order = np.empty(len(kinds), dtype=np.int64)
        for place, within in zip(places, chosen, strict=True):
            order[place] = place[within]
        yield order


def _orders_of_kinds(kinds: Codes) -> Iterator[Order]:
    members = [np.flatnonzero(kinds == code) for code in np.unique(kinds)]

    def fill(order: Order, free: tuple[int, ...], rest: int) -> Iterator[Order]:
        if rest == len(members):
            yield order.copy()
            return
        for spots in combinations(free, len(members[rest])):
            order[list(spots)] = members[rest]
            yield from fill(order, tuple(spot for spot in free if spot not in spots), rest + 1)

    yield from fill(np.empty(len(kinds), dtype=np.int64), tuple(range(len(kinds))), 0)


def _random_orders(block: Codes, n: int, rng: np.random.Generator) -> Order:
    order = np.tile(np.arange(len(block)), (n, 1))
    for code in np.unique(block):
        place = np.flatnonzero(block == code)
        order[:, place] = rng.permuted(order[:, place], axis=1)
    return order


def _scores(moved: Floats, rows: Floats) -> Floats:
    """Return the products of moved rows of a design with the data, (n_exchanges, rank, ...)."""
    flat = moved.reshape(-1, moved.shape[2]) @ rows.reshape(len(rows), -1)
    return flat.reshape(*moved.shape[:2], *rows.shape[1:])


def _curves(
    test: Hypothesis,
    rows: Floats,
    basis: Floats,
    nuisance: Floats,
    contrasts: Floats | None,
    moved: Moved,
) -> Floats:
    """Return t or F of every exchange, shape (n_exchanges, n_nodes), or t of the contrasts."""
    score = _scores(moved(basis), rows)
    effect = np.einsum("brq,brq->bq", score, score)
    total = np.einsum("ij,ij->j", rows, rows)
    error = total - effect
    if len(nuisance):
        beside = _scores(moved(nuisance), rows)
        error -= np.einsum("brq,brq->bq", beside, beside)
    np.maximum(error, 1e-14 * total, out=error)
    if contrasts is not None:
        unit = contrasts / np.linalg.norm(contrasts, axis=1, keepdims=True)
        t = np.einsum("pr,brq->bpq", unit, score) / np.sqrt(error / test.df_error)[:, None]
        return np.asarray(t.reshape(len(t), -1))
    effect /= error
    effect *= test.df_error / len(basis)
    return np.asarray(np.copysign(np.sqrt(effect), score[:, 0]) if test.kind == "T" else effect)


def _welch_curves(test: Hypothesis, rows: Floats, moved: Moved) -> Floats:
    """Return Welch's t or F of every exchange."""
    assert test.group is not None  # noqa: S101 - called where it is given
    member = np.eye(int(test.group.max()) + 1)[:, test.group]
    count = member.sum(axis=1)[:, None, None]
    placed = moved(member)
    mean = _scores(placed, rows[:, :, 0]).transpose(1, 0, 2) / count
    square = _scores(placed, rows[:, :, 0] ** 2).transpose(1, 0, 2)
    variance = (square - count * mean**2) / (count - 1.0)
    np.maximum(variance, 1e-14 * square + 1e-300, out=variance)
    numerator, correction, _ = welch_terms(count, mean, variance)
    if test.kind == "T":
        return np.asarray(np.copysign(np.sqrt(numerator), mean[0] - mean[1]))
    return np.asarray(numerator / correction)


def _whitened(rows: Floats) -> tuple[Floats]:
    """Return vectors whose products add up to the identity at every node."""
    scatter = np.einsum("nqi,nqj->qij", rows, rows)
    whitening = np.linalg.inv(np.linalg.cholesky(scatter))
    return (np.ascontiguousarray(np.einsum("qij,nqj->nqi", whitening, rows)),)


def _vector_curves(
    test: Hypothesis, rows: Floats, basis: Floats, nuisance: Floats, moved: Moved
) -> Floats:
    """Return T² or chi² of every exchange, from determinants."""
    effect = _scores(moved(basis), rows)
    if not len(nuisance) and len(basis) == 1:
        share = np.einsum("brqi,brqi->bq", effect, effect)
        log_wilks = np.log1p(-np.minimum(share, 1.0 - 1e-15))
    else:
        beside = _scores(moved(nuisance), rows)
        whole = np.eye(rows.shape[2]) - np.einsum("brqi,brqj->bqij", beside, beside)
        error = whole - np.einsum("brqi,brqj->bqij", effect, effect)
        log_wilks = np.linalg.slogdet(error)[1] - np.linalg.slogdet(whole)[1]
    if test.kind == "T2":
        return np.asarray(test.df_error * np.expm1(-log_wilks))
    return np.asarray(-bartlett(test.df_error, rows.shape[2], len(basis)) * log_wilks)
