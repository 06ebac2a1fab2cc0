"""How many people a study needs, by simulation from a pilot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.reporting.style import axes_for, colour, light_grid
from locomotion_analysis.statistics.linear import constant_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Power", "power"]

Values = NDArray[np.float64]
Test = Callable[[Values, Values | None], float]

_PERMUTATIONS = 400


@dataclass(frozen=True, eq=False)
class Power:
    """Power against the number of people (see :func:`power`).

    Attributes
    ----------
    table : DataFrame
        One row a number of people a group, ``n``: ``power``, the share of simulated studies whose
        test is significant, with ``low`` and ``high``, its 95 % interval over simulations.
    alpha : float
        Level of the test.
    n_simulations : int
        Studies a row.
    simulated : bool
        Whether the pilot was of simulated people.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = power(rng.normal(1.0, 0.2, 12), rng.normal(1.2, 0.2, 12), n=[10, 40], n_simulations=200)
    >>> found.table.index.tolist(), found.alpha
    ([10, 40], 0.05)
    """

    table: pd.DataFrame
    alpha: float
    n_simulations: int
    simulated: bool = False

    def least(self, wanted: float = 0.8) -> int | None:
        """Return the smallest number of people tried that reaches a power.

        Parameters
        ----------
        wanted : float
            Power, 0 to 1.

        Returns
        -------
        int or None
            People a group; None where no number tried is enough.
        """
        enough = self.table.index[self.table["power"] >= wanted]
        return int(enough[0]) if len(enough) else None

    def plot(self, wanted: float = 0.8, ax: "Axes | None" = None) -> "Axes":
        """Draw power against the number of people.

        Parameters
        ----------
        wanted : float
            Power to mark.
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: a new figure.
        """
        ax = axes_for(ax, 5.6, 3.6, self)
        n = self.table.index.to_numpy(float)
        low, middle, high = (self.table[name].to_numpy() for name in ("low", "power", "high"))
        ax.fill_between(n, low, high, color=colour(0), alpha=0.2, linewidth=0)
        ax.plot(n, middle, color=colour(0), marker="o", markersize=4)
        ax.axhline(wanted, color="black", linewidth=0.8, linestyle="--")
        ax.set_ylim(0, 1)
        ax.set_xlabel("People a group")
        ax.set_ylabel(f"Power at α = {self.alpha:g}")
        light_grid(ax)
        return ax


def power(
    pilot: ArrayLike,
    other: ArrayLike | None = None,
    *,
    n: Sequence[int] = (5, 10, 15, 20, 30, 40),
    difference: ArrayLike | None = None,
    alpha: float = 0.05,
    test: Test | None = None,
    n_simulations: int = 500,
    random_state: int = 0,
    simulated: bool = False,
) -> Power:
    r"""Estimate the power of a study by simulation from a pilot.

    Parameters
    ----------
    pilot : array_like, shape (n_people,) or (n_people, n_points)
        One number or mean curve a person; alone, the change of each person (a paired study).
    other : array_like, shape (n_others,) or (n_others, n_points), optional
        The people of a second group.
    n : sequence of int
        People a group to try, at least three.
    difference : float or array_like, shape (n_points,), optional
        What the study is to find: mean of `pilot` less mean of `other`, or mean change. The
        pilot's own where None, which overstates what is there if the pilot was done because of
        it: prefer the smallest difference that matters.
    alpha : float
        Level of the test.
    test : callable, optional
        Called with the first group and the second (None where there is one), each of shape
        (n, n_points); returns p. Where None Welch's t test of numbers (Student's of changes), and of
        curves the permutation test of the largest absolute t along the curve.
    n_simulations : int
        Studies a number of people.
    random_state : int
        Seed.
    simulated : bool
        Whether the pilot is of simulated people; then the figure says so.

    Returns
    -------
    Power
        Table, smallest number of people, figure.

    Raises
    ------
    SchemaError
        If a group has fewer than three people, values are missing, shapes differ, or nobody differs
        at a point.

    Notes
    -----
    A simulated person is the mean of his group plus a sum of the pilot's deviations with random
    normal weights, divided by :math:`\sqrt{n - 1}`: a normal curve with the pilot's own
    covariance, however few its people. The pilot's spread is taken for the true one; with ten
    people it is off by a quarter easily, so look at the neighbouring rows too.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = power(rng.normal(1.0, 0.2, 12), rng.normal(1.2, 0.2, 12), n=[10, 20, 40],
    ...               difference=-0.15, n_simulations=200)
    >>> found.table["power"].is_monotonic_increasing
    True
    """
    groups = [_checked(pilot, "pilot")] + ([] if other is None else [_checked(other, "other")])
    width = groups[0].shape[1]
    if any(each.shape[1] != width for each in groups):
        raise SchemaError(
            expected="curves of one length", got=" and ".join(str(g.shape[1]) for g in groups)
        )
    wanted = [int(each) for each in n]
    if not wanted or min(wanted) < 3 or not 0 < alpha < 1:
        raise SchemaError(
            expected="at least three people a group, alpha between 0 and 1",
            got=f"n = {wanted}, alpha = {alpha}",
        )
    means = [each.mean(axis=0) for each in groups]
    own = means[0] - means[1] if other is not None else means[0]
    effect = own if difference is None else np.asarray(difference, dtype=float)
    if effect.shape not in ((), (width,)) or not np.isfinite(effect).all():
        raise SchemaError(
            expected=f"a difference of {width} points, none missing",
            got=f"shape {effect.shape}, {int((~np.isfinite(effect)).sum())} missing",
        )
    deviations = [each - mean for each, mean in zip(groups, means, strict=True)]
    constant = np.all([constant_columns(each) for each in groups], axis=0)
    if constant.any():
        raise SchemaError(
            expected="values that vary between people",
            got=f"one value in everybody at {constant.sum()} of {width} points, first at "
            f"{np.flatnonzero(constant)[0]}",
            where="pilot",
            fix="leave these points out",
        )
    spread = [each / np.sqrt(len(each) - 1) for each in deviations]
    rng = np.random.default_rng(random_state)
    rows = []
    for size in sorted(wanted):
        judge = test or _usual_test(size, width, other is not None, rng)
        significant = 0
        for _ in range(n_simulations):
            drawn = [rng.standard_normal((size, len(each))) @ each for each in spread]
            drawn[0] = drawn[0] + effect
            significant += judge(drawn[0], drawn[1] if len(drawn) > 1 else None) <= alpha
        rows.append((significant / n_simulations, *_share_interval(significant, n_simulations)))
    table = pd.DataFrame(
        rows, columns=["power", "low", "high"], index=pd.Index(sorted(wanted), name="n")
    )
    return Power(table, alpha, n_simulations, simulated)


def _checked(values: ArrayLike, where: str) -> Values:
    found = np.asarray(values, dtype=float)
    found = found[:, np.newaxis] if found.ndim == 1 else found
    if found.ndim != 2 or len(found) < 3 or not np.isfinite(found).all():
        raise SchemaError(
            expected="a number or a curve of each of at least three people, none missing",
            got=f"shape {np.shape(values)}, {int((~np.isfinite(found)).sum())} missing",
            where=where,
            fix="average the strides of each person first",
        )
    return found


def _share_interval(count: int, of: int) -> tuple[float, float]:
    from scipy import stats

    found = stats.binomtest(count, of).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def _usual_test(size: int, width: int, two: bool, rng: np.random.Generator) -> Test:
    from scipy import stats

    if width == 1 and two:
        return lambda a, b: float(np.squeeze(stats.ttest_ind(a, b, equal_var=False).pvalue))  # type: ignore[arg-type]
    if width == 1:
        return lambda a, _: float(np.squeeze(stats.ttest_1samp(a, 0.0).pvalue))
    if two:
        order = np.argsort(rng.random((_PERMUTATIONS, 2 * size)), axis=1)
        signs = np.where(order < size, 1.0, -1.0)
        as_they_are = np.repeat([1.0, -1.0], size)
    else:
        signs = rng.choice([-1.0, 1.0], (_PERMUTATIONS, size))
        as_they_are = np.ones(size)
    signs = np.vstack([as_they_are, signs])

    # The test of `permutation.ttest` and `ttest2` with equal variances: thousands of studies of one
    # size share their exchanges here, which is ten times as fast.
    def largest_t(first: Values, second: Values | None) -> float:
        values = first if second is None else np.vstack([first, second])
        values = values - values.mean(axis=0) if two else values
        # Groups of one size: a sum with signs gives the difference, and with the sum of squares t.
        sums = np.square(signs @ values)
        squares = np.square(values).sum(axis=0) * len(values)
        found = (sums / np.maximum(squares - sums, 1e-14 * squares)).max(axis=1)
        return float((found >= found[0] * (1 - 1e-12)).mean())

    return largest_t
