"""What the posterior of a Bayesian multilevel model says: tables, probabilities, check, picture.

Draws are in the unit of each coordinate; here they become effects in the unit of the response.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.reporting.names import ShownQuantity
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    axes_for,
    colour,
    light_grid,
)
from locomotion_analysis.statistics.formula import INTERCEPT, Formula
from locomotion_analysis.statistics.mixed_likelihood import Sums
from locomotion_analysis.statistics.plots import draw_effect, effect_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BayesianModel"]

Values = NDArray[np.float64]

RESIDUAL = "sd[residual]"
_REPLICATES = 400


class Basis(NamedTuple):
    """How coordinates become curves: y = mean + z @ shapes.

    ``left``, shape (n_points,), is the standard deviation of what they leave, ``left_effects``,
    shape (p, n_points), the least squares effects on it.
    """

    mean: Values
    shapes: Values
    left: Values
    left_effects: Values

    def curves(self, coordinates: Values) -> Values:
        return np.asarray(coordinates @ self.shapes)


class Draws(NamedTuple):
    """Draws in the unit of each coordinate: beta (n, p, K), factor (n, q, q, K), sigma (n, K)."""

    beta: Values
    factor: Values
    sigma: Values


class Design(NamedTuple):
    """Rows of the model, and the scales of what is sampled.

    Attributes
    ----------
    X, Z, Y : ndarray, shape (n_rows, p), (n_rows, q), (n_rows, K)
        Fixed columns, random columns, responses.
    person : ndarray, shape (n_rows,)
        Code of each row's person.
    names, effects : list of str
        Of the columns of X and Z.
    blocks : tuple of int
        How many random effects are correlated with each other.
    centre : ndarray, shape (p,)
        Taken off each column, where there is an intercept; 0 of the intercept itself.
    back : ndarray, shape (q, q)
        Effects of people on columns as they came, from those on Z, whose columns are less their
        mean where a level of the same block takes it up.
    error : ndarray, shape (n_rows,), optional
        Known standard error of each row.
    """

    X: Values
    Z: Values
    Y: Values
    person: NDArray[np.intp]
    names: list[str]
    effects: list[str]
    blocks: tuple[int, ...]
    centre: Values
    back: Values
    error: Values | None

    @property
    def n_people(self) -> int:
        return int(self.person.max()) + 1


def scaled_sums(design: Design) -> tuple[Sums, Values]:
    """Return the cross-products of the responses in units of their spread, and that spread."""
    spread = design.Y.std(axis=0)
    if design.error is None:
        return Sums.of(design.X, design.Z, design.Y / spread, design.person), spread
    weight = spread[0] / design.error[:, np.newaxis]
    rows = design.X * weight, design.Z * weight, design.Y / spread * weight
    return Sums.of(*rows, design.person), spread


def correlated_pairs(blocks: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of random effects that are correlated, by rows of the lower triangle."""
    pairs, start = [], 0
    for size in blocks:
        pairs += [(k, i) for i in range(start, start + size) for k in range(start, i)]
        start += size
    return pairs


@dataclass(frozen=True, eq=False)
class BayesianModel:
    """A sampled model (see :func:`~locomotion_analysis.statistics.bayesian`).

    Tables of a curve have a second level of the index, ``phase_percent``.

    Attributes
    ----------
    formula : str
        What was fitted.
    fixed : DataFrame
        Posterior of each fixed effect: ``mean``, ``sd``, ``low``, ``high`` (equal tails) and
        ``p_direction``, the probability of the more probable sign. For curves also ``band_low``,
        ``band_high``: the whole curve lies between them with probability `level`.
    random : DataFrame
        The same of ``sd[<effect>]`` between people, of ``sd[residual]`` and, of numbers, of
        ``correlation[<effect>, <effect>]``.
    prior : DataFrame
        The same of all of these before the data; ``prior`` names the distribution. Of curves the
        distribution differs along the curve: the numbers are those at each point.
    people : DataFrame
        Posterior mean of each person's own effects; one column a person.
    check : DataFrame
        Posterior predictive check, one row a statistic: ``observed``, ``low``, ``high`` (of data
        of as many new people as the model expects them) and ``p``, the share of these that are
        larger.
    sampling : DataFrame
        ``r_hat``, ``ess_bulk``, ``ess_tail`` of every sampled parameter.
    n_rows, n_people : int
        What it was fitted to.
    level : float
        Of the intervals and the band.
    notes : tuple of str
        What was left out and what curves were brought to.
    simulated : bool
        Whether any row is of a simulated person.
    """

    formula: str
    fixed: pd.DataFrame
    random: pd.DataFrame
    prior: pd.DataFrame
    people: pd.DataFrame
    check: pd.DataFrame
    sampling: pd.DataFrame
    n_rows: int
    n_people: int
    level: float
    notes: tuple[str, ...]
    simulated: bool
    _effects: Values = field(repr=False)
    _prior_effects: Values = field(repr=False)

    @property
    def is_curve(self) -> bool:
        """Whether it is a model of curves."""
        return self.fixed.index.nlevels > 1

    @property
    def response(self) -> str:
        """What is explained."""
        return Formula.parse(self.formula).response

    @property
    def names(self) -> list[str]:
        """Fixed effects."""
        return list(self.fixed.index.unique(0) if self.is_curve else self.fixed.index)

    @property
    def _nodes(self) -> "pd.Index[Any]":
        if self.is_curve:
            return self.fixed.loc[self.names[0]].index
        return pd.Index([self.response])

    def draws(self, weights: str | Mapping[str, float]) -> Values:
        """Return the posterior draws of an effect, or of a sum of effects, each by its weight.

        Parameters
        ----------
        weights : str or dict of str to float
            An effect; or the weight of each.

        Returns
        -------
        ndarray, shape (n_draws,), or (n_draws, n_points) of curves
            In the unit of the response.

        Raises
        ------
        SchemaError
            If an effect is not in the model.
        """
        drawn = self._effects @ self._row(weights)
        return drawn if self.is_curve else drawn[:, 0]

    def _row(self, weights: str | Mapping[str, float]) -> Values:
        asked = {weights: 1.0} if isinstance(weights, str) else weights
        unknown = [name for name in asked if name not in self.names]
        if unknown:
            raise SchemaError(
                expected=f"effects of the model: {', '.join(self.names)}", got=", ".join(unknown)
            )
        return np.array([asked.get(name, 0.0) for name in self.names])

    def probability(
        self, weights: str | Mapping[str, float], margin: float = 0.0
    ) -> "pd.Series[float] | pd.DataFrame":
        """Return how probable it is that an effect is larger than a margin.

        Parameters
        ----------
        weights : str or dict of str to float
            An effect, or the weight of each in a sum (a difference of two groups).
        margin : float
            Smallest difference that matters, in the unit of the response; not negative.

        Returns
        -------
        Series, or DataFrame of curves with one row a point
            ``above`` (effect > margin), ``below`` (effect < −margin), ``within`` (between), and
            ``direction``, the larger of the probabilities of the two signs.

        Raises
        ------
        SchemaError
            If an effect is not in the model, or the margin is negative.
        """
        if not margin >= 0:
            raise SchemaError(expected="a margin of 0 or more", got=f"{margin:g}", where="margin")
        drawn = self._effects @ self._row(weights)
        above, below = (drawn > margin).mean(axis=0), (drawn < -margin).mean(axis=0)
        sign = (drawn > 0).mean(axis=0)
        table = pd.DataFrame(
            {
                "above": above,
                "below": below,
                "within": (np.abs(drawn) <= margin).mean(axis=0),
                "direction": np.maximum(sign, 1 - sign),
            },
            index=self._nodes,
        )
        return table if self.is_curve else table.iloc[0]

    def contrast(self, weights: Mapping[str, float]) -> pd.DataFrame:
        """Return the posterior of a weighted sum of fixed effects.

        Parameters
        ----------
        weights : mapping of str to float
            Weight of each effect by its name in ``fixed``; others weigh 0.

        Returns
        -------
        DataFrame
            One row, of curves one row a point: ``mean``, ``sd``, ``low``, ``high``,
            ``p_direction``, of curves ``band_low`` and ``band_high`` too; in the unit of the
            response.
        """
        return _summary(self._effects @ self._row(weights), self.level, self._nodes, self.is_curve)

    def plot(self, effect: str, ax: "Axes | None" = None) -> "Axes":
        """Draw the posterior of an effect: over the gait cycle, or its density beside the prior's.

        Parameters
        ----------
        effect : str
            A fixed effect.
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: a new figure.
        """
        posterior = self._effects @ self._row(effect)
        _, title, _, factor = ShownQuantity.of(self.response)
        ax = axes_for(ax, 5.6, 3.2, self)
        if self.is_curve:
            rows = self.fixed.loc[[effect]].droplevel(0)
            of = self.response, effect
            draw_effect(ax, rows, "mean", of, f"{self.level:.0%} credible", "mean")
        else:
            from scipy.stats import gaussian_kde

            own, before = posterior[:, 0] * factor, self._prior_effects @ self._row(effect)
            x = np.linspace(own.min(), own.max(), 200)
            ax.fill_between(x, gaussian_kde(own)(x), color=colour(0), alpha=0.3, linewidth=0)
            ax.plot(x, gaussian_kde(own)(x), color=colour(0), linewidth=1.8, label="posterior")
            prior = gaussian_kde(before[:, 0] * factor)(x)
            ax.plot(x, prior, color=MUTED, linestyle="--", label="prior")
            if own.min() < 0 < own.max():
                ax.axvline(0.0, color=INK, linewidth=0.5, zorder=0)
            ax.set_xlabel(
                title if effect == INTERCEPT else f"Effect on {title[0].lower()}{title[1:]}"
            )
            ax.set_ylabel("Density")
            ax.set_ylim(bottom=0.0)
            light_grid(ax)
        ax.set_title(effect_title(effect), loc="left")
        ax.legend(frameon=False, fontsize=8)
        return ax

    @property
    def findings(self) -> list[str]:
        """What was found of each effect, a sentence each."""
        *_, unit, factor = ShownQuantity.of(self.response)
        told = []
        for name in self.names:
            if name == INTERCEPT and len(self.names) > 1:
                continue
            rows = self.fixed.loc[name]
            if self.is_curve:
                away = (rows["band_low"] > 0) | (rows["band_high"] < 0)
                where = _spans(self._nodes.to_numpy(float), away.to_numpy())
                found = f"excludes 0 from {where}" if where else "holds 0 throughout"
                told.append(
                    f"{effect_title(name)}: the {self.level:.0%} band of the curve {found}."
                )
            else:
                mean, low, high = (f"{factor * rows[key]:.3g}" for key in ("mean", "low", "high"))
                told.append(
                    f"{effect_title(name)}: {mean} {unit}".rstrip()
                    + f" ({self.level:.0%} credible {low} to {high}), probability of this sign "
                    f"{rows['p_direction']:.3f}."
                )
        return told

    @property
    def n_draws(self) -> int:
        """Draws of the posterior that were kept."""
        return len(self._effects)

    @property
    def sentence(self) -> str:
        """What was found, in words for a methods section."""
        about = (
            f"{self.formula}: {self.n_rows:,} rows of {self.n_people} people, Bayesian multilevel "
            f"model, {self.n_draws:,} draws of the posterior."
        )
        return " ".join([about, *self.findings])

    def __str__(self) -> str:
        distributions = ", ".join(
            f"{name} ~ {text}" for name, text in self.prior["prior"].groupby(level=0, sort=False).first().items()
        )  # fmt: skip
        lines = [self.sentence, f"Priors: {distributions}"]
        if not self.is_curve:
            lines += [self.fixed.to_string(), self.random.to_string()]
        lines.append(
            f"Sampling: largest R-hat {self.sampling['r_hat'].max():.3f}, least effective sample "
            f"size {self.sampling[['ess_bulk', 'ess_tail']].min().min():.0f}"
        )
        return "\n".join([*lines, *self.notes])

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as one HTML page.

        Parameters
        ----------
        path : path-like, optional
            File to write it to, whole or not at all.

        Returns
        -------
        str
            The page, with its pictures inside.
        """
        from locomotion_analysis.statistics.bayesian_report import bayesian_page

        return bayesian_page(self).html(path)


# From draws to tables


def in_units(
    design: Design, drawn: Draws, basis: Basis | None
) -> tuple[Values, dict[str, Values], dict[str, Values]]:
    """Return draws of effects (n, points, p), of spreads (n, points) and correlations (n, 1)."""
    beta = drawn.beta.copy()
    if INTERCEPT in design.names:
        at = design.names.index(INTERCEPT)
        beta[:, at] -= np.einsum("npk,p->nk", drawn.beta, design.centre)
    factor = np.einsum("ij,njkm->nikm", design.back, drawn.factor)
    variance = np.einsum("nijk,nijk->nik", factor, factor)
    residual = drawn.sigma**2
    if basis is not None:
        beta = basis.curves(beta)
        if INTERCEPT in design.names:
            beta[:, design.names.index(INTERCEPT)] += basis.mean
        squares = basis.shapes**2
        variance = variance @ squares
        residual = residual @ squares + basis.left**2
    spread = {f"sd[{name}]": np.sqrt(variance[:, at]) for at, name in enumerate(design.effects)}
    if design.error is None:
        spread[RESIDUAL] = np.sqrt(residual)
    correlation = {}
    if basis is None:
        covariance = np.einsum("nik,njk->nij", factor[..., 0], factor[..., 0])
        sd = np.sqrt(np.einsum("nii->ni", covariance))
        for first, second in correlated_pairs(design.blocks):
            name = f"correlation[{design.effects[first]}, {design.effects[second]}]"
            both = sd[:, first] * sd[:, second]
            correlation[name] = (covariance[:, first, second] / both)[:, np.newaxis]
    return beta.swapaxes(1, 2), spread, correlation


def effect_tables(
    design: Design, beta: Values, spread: Mapping[str, Values], correlation: Mapping[str, Values],
    level: float, index: "pd.Index[Any]", is_curve: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    fixed = {
        name: _summary(beta[:, :, at], level, index, is_curve)
        for at, name in enumerate(design.names)
    }
    random = {
        name: _summary(values, level, index, False).drop(columns="p_direction")
        for name, values in {**spread, **correlation}.items()
    }
    tables = [pd.concat(each, names=["effect", index.name]) for each in (fixed, random)]
    if not is_curve:
        tables = [each.droplevel(1) for each in tables]
    return tables[0], tables[1]


def _summary(drawn: Values, level: float, index: "pd.Index[Any]", band: bool) -> pd.DataFrame:
    mean, sd = drawn.mean(axis=0), drawn.std(axis=0, ddof=1)
    tail = 50 * (1 - level)
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=0)
    above = (drawn > 0).mean(axis=0)
    table = {"mean": mean, "sd": sd, "low": low, "high": high,
             "p_direction": np.maximum(above, 1 - above)}  # fmt: skip
    if band:
        reach = np.quantile((np.abs(drawn - mean) / sd).max(axis=1), level)
        table |= {"band_low": mean - reach * sd, "band_high": mean + reach * sd}
    return pd.DataFrame(table, index=index)


def effects_of_people(design: Design, drawn: Draws) -> Values:
    """Return the posterior mean of each person's effects, shape (n_people, q, K)."""
    sums, spread = scaled_sums(design)
    q, K = design.Z.shape[1], design.Y.shape[1]
    total = np.zeros((design.n_people, q, K))
    some = np.linspace(0, len(drawn.beta) - 1, min(len(drawn.beta), _REPLICATES)).astype(int)
    for k in range(K):
        L = drawn.factor[some, :, :, k] / spread[k]
        scale = drawn.sigma[some, k] / spread[k] if design.error is None else np.ones(len(some))
        variance = scale[:, np.newaxis, np.newaxis, np.newaxis] ** 2
        Zr = sums.Zy[k] - np.einsum("sip,np->nsi", sums.ZX, drawn.beta[some, :, k] / spread[k])
        A = variance * np.eye(q) + np.einsum("nki,skl,nlj->nsij", L, sums.ZZ, L, optimize=True)
        u = np.linalg.solve(A, np.einsum("nki,nsk->nsi", L, Zr)[..., np.newaxis])[..., 0]
        total[:, :, k] = spread[k] * np.einsum("nki,nsi->sk", L, u) / len(some)
    return np.asarray(np.einsum("ij,sjk->sik", design.back, total))


def predictive_check(
    design: Design, drawn: Draws, basis: Basis | None, response: Values, seed: int
) -> pd.DataFrame:
    """Compare the data with data of new people, drawn from the posterior."""
    rng = np.random.default_rng(seed)
    count = np.bincount(design.person)[:, np.newaxis]

    def statistics(values: Values) -> Values:
        totals = np.zeros((design.n_people, values.shape[1]))
        np.add.at(totals, design.person, values)
        between = (totals / count).std(axis=0, ddof=1)
        return np.array(
            [values.mean(), values.std(axis=0).mean(), between.mean(), values.min(), values.max()]
        )

    some = np.linspace(0, len(drawn.beta) - 1, _REPLICATES).astype(int)
    n, q, K = len(design.X), design.Z.shape[1], design.Y.shape[1]
    replicated = np.empty((len(some), 5))
    for at, draw in enumerate(some):
        b = np.einsum(
            "ijk,sjk->sik", drawn.factor[draw], rng.standard_normal((design.n_people, q, K))
        )
        values = design.X @ drawn.beta[draw] + np.einsum("nq,nqk->nk", design.Z, b[design.person])
        own = drawn.sigma[draw] if design.error is None else design.error[:, np.newaxis]
        values = values + own * rng.standard_normal((n, K))
        if basis is not None:
            values = basis.mean + basis.curves(values)
            values += basis.left * rng.standard_normal(values.shape)
        replicated[at] = statistics(values)
    observed = statistics(response)
    low, high = np.percentile(replicated, [2.5, 97.5], axis=0)
    return pd.DataFrame(
        {"observed": observed, "low": low, "high": high,
         "p": (replicated >= observed).mean(axis=0)},
        index=["mean", "sd of rows", "sd of people's means", "smallest", "largest"],
    )  # fmt: skip


def _spans(x: Values, inside: NDArray[np.bool_]) -> str:
    """Return the parts of the gait cycle in words: ``12 to 30 % and 60 to 71 %``."""
    edges = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(int))).reshape(-1, 2)
    return " and ".join(f"{x[start]:.0f} to {x[end - 1]:.0f} %" for start, end in edges)
