"""Multilevel (mixed) models of numbers and of whole curves, with people as groups.

A number is a curve of one point: the same code fits both. Every point of a curve has a model of its
own; nothing is shared between points, and no approximation is made to be fast.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.features.spec import Schema
from locomotion_analysis.features.table import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.reporting.style import axes_for, is_simulated
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.statistics.formula import (
    Coding,
    Formula,
    columns_of,
    refuse_aliased,
)
from locomotion_analysis.statistics.mixed_likelihood import (
    Shape,
    Sums,
    Terms,
    curvature,
    likelihood,
    minimise,
    negligible,
    whitened,
)
from locomotion_analysis.statistics.plots import draw_effect, effect_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MixedModel", "mixed"]

Values = NDArray[np.float64]

_NODE = "phase_percent"
_DRAWS = 10_000
_FITS_AT_ONCE = 64
_LEAST_PEOPLE = 3


class _Layout(NamedTuple):
    """How rows become design matrices, and back: X = Q R, Z = Z̃ R_z.

    Responses are modelled less their least squares fit; `ols`, shape (n_points, p), are its effects.
    """

    fixed: Coding
    random: tuple[Coding, ...]
    names: list[str]
    effects: list[str]
    shape: Shape
    R: Values
    R_z: Values
    ols: Values

    def effects_of(self, beta: Values) -> Values:
        """Return the effects of the columns of X from those of Q on the rest."""
        return np.asarray(self.ols + beta @ np.linalg.inv(self.R).T)


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fitted mixed model (see :func:`mixed`).

    Tables of a curve have a second level of the index, or one row a point: ``phase_percent``.

    Attributes
    ----------
    formula : str
        What was fitted.
    fixed : DataFrame
        One row a fixed effect: ``estimate``, ``se``, ``df`` (Satterthwaite's, see :func:`mixed`),
        ``t``, ``p``, and ``low``, ``high``, its interval. For curves also ``band_low``, ``band_high``, which hold
        the whole curve, and ``p_curve``: of a largest departure from zero along the curve.
    random : DataFrame
        One row a point (a number has one): ``sd[<effect>]`` of each random effect and
        ``sd[residual]``, in the unit of the response (per unit of the covariate), and
        ``correlation[<effect>, <effect>]``.
    quality : DataFrame
        One row a point: ``criterion`` (−2 log restricted likelihood, or −2 log likelihood),
        ``aic``, ``bic``; ``icc``, the share of variance that lies between people after the fixed
        effects; ``r2_marginal`` and ``r2_conditional``, the share explained by the fixed effects
        and by fixed and random ones (Nakagawa and Schielzeth 2013,
        doi:10.1111/j.2041-210x.2012.00261.x, with random slopes after Johnson 2014,
        doi:10.1111/2041-210X.12225); ``singular``: a random effect has no variance or a correlation
        of ±1; ``converged``.
    people : DataFrame
        Random effects of each person (best linear unbiased predictions); one column a person.
    n_rows, n_people : int
        What it was fitted to.
    reml : bool
        Whether by restricted likelihood.
    level : float
        Of the intervals and the band.
    notes : tuple of str
        What was left out, and what is singular.
    simulated : bool
        Whether any row is of a simulated person.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people = np.repeat(np.arange(12), 8)
    >>> frame = pd.DataFrame({"subject": people, "speed_m_s": rng.uniform(1, 2, 96)})
    >>> own = rng.normal(0.2, 0.05, 12)[people]
    >>> frame["stride_length_m"] = own + 0.8 * frame["speed_m_s"] + rng.normal(0, 0.02, 96)
    >>> fit = mixed("stride_length_m ~ speed_m_s + (1 | subject)", frame)
    >>> fit.random.round(2).to_dict("records")
    [{'sd[Intercept]': 0.05, 'sd[residual]': 0.02}]
    """

    formula: str
    fixed: pd.DataFrame
    random: pd.DataFrame
    quality: pd.DataFrame
    people: pd.DataFrame
    n_rows: int
    n_people: int
    reml: bool
    level: float
    notes: tuple[str, ...]
    simulated: bool
    _layout: _Layout = field(repr=False)
    _sums: Sums = field(repr=False)
    _covariance: "_Covariance" = field(repr=False)
    _beta: Values = field(repr=False)

    @property
    def is_curve(self) -> bool:
        """Whether it is a model of curves."""
        return self.fixed.index.nlevels > 1

    def contrast(self, weights: dict[str, float]) -> pd.DataFrame:
        """Return a sum of fixed effects, each by its weight: one row a point.

        Parameters
        ----------
        weights : dict of str to float
            Weight of each effect; those not named have 0.

        Raises
        ------
        SchemaError
            If an effect is not in the model.
        """
        names = self._layout.names
        unknown = [name for name in weights if name not in names]
        if unknown:
            raise SchemaError(
                expected=f"effects of the model: {', '.join(names)}", got=", ".join(unknown)
            )
        row = np.array([weights.get(name, 0.0) for name in names])
        values = self._covariance.inference(self._beta @ row, row, self.level)
        return pd.DataFrame(values, index=self.quality.index)

    def predict(self, frame: pd.DataFrame, *, person: bool = True) -> Values:
        """Predict the response of rows.

        Parameters
        ----------
        frame : DataFrame
            Columns of the formula's right side.
        person : bool
            With what is known of each row's person; without: the mean of the population.

        Returns
        -------
        ndarray, shape (n_rows,) or (n_rows, n_points)
            In the unit of the response.

        Raises
        ------
        SchemaError
            If columns are missing, or with `person` a person was not in the data.
        """
        read = Formula.parse(self.formula)
        group = read.random[0].group
        wanted = [name for name in read.columns if person or name != group]
        rows = columns_of(frame, wanted)
        predicted = self._layout.fixed.matrix(rows)[0] @ self._beta.T
        if person:
            unknown = sorted(map(str, set(rows[group]) - set(self.people.columns)))
            if unknown:
                raise SchemaError(
                    expected="people whom the model was fitted to",
                    got=f"{', '.join(unknown[:5])}{', ...' if len(unknown) > 5 else ''}",
                    where=f"column {group}",
                    fix="predict the population's mean with person=False",
                )
            Z = np.hstack([coding.matrix(rows)[0] for coding in self._layout.random])
            effects = self.people[rows[group]].to_numpy().reshape(Z.shape[1], -1, len(rows))
            predicted = predicted + np.einsum("nk,ktn->nt", Z, effects)
        return predicted if self.is_curve else predicted[:, 0]

    def bootstrap(self, n_draws: int = 1000, random_state: int = 0) -> pd.DataFrame:
        """Return intervals by drawing people with replacement: a check that assumes no normality.

        Every draw is fitted anew. Draws in which an effect cannot be told (a group is missing) are
        left out and counted in ``attrs["left_out"]``.

        Parameters
        ----------
        n_draws : int
            Draws of people.
        random_state : int
            Seed.

        Returns
        -------
        DataFrame
            ``low`` and ``high`` (percentiles) of each fixed effect and standard deviation.

        Raises
        ------
        SchemaError
            If it is a model of curves: each has its band already.
        """
        if self.is_curve:
            raise SchemaError(
                expected="a model of a number",
                got="a model of curves",
                fix="their band rests on people already; see band_low and band_high",
            )
        rng = np.random.default_rng(random_state)
        share = np.full(self.n_people, 1 / self.n_people)
        weights = rng.multinomial(self.n_people, share, size=n_draws).astype(float)
        XX = np.einsum("bs,sij->bij", weights, self._sums.XX)
        told = np.linalg.eigvalsh(XX)[:, 0] > 1e-8
        kept = weights[told]
        zeros = np.zeros(len(kept), dtype=np.intp)
        found = _fitted_in_parts(
            replace(self._sums.at(zeros), weights=kept), self._layout.shape, self.reml
        )
        beta = self._layout.effects_of(found.terms.beta)
        random = _random_table(self._layout, found.factor, found.terms.variance)
        sd = random.filter(regex=r"^sd\[")
        draws = np.hstack([beta, sd.to_numpy()])
        tail = 50 * (1 - self.level)
        low, high = np.percentile(draws, [tail, 100 - tail], axis=0)
        table = pd.DataFrame(
            {"low": low, "high": high}, index=[*self._layout.names, *map(str, sd.columns)]
        )
        table.attrs["left_out"] = int((~told).sum())
        return table

    def plot(self, effect: str, ax: "Axes | None" = None) -> "Axes":
        """Draw an effect over the gait cycle, with its interval and its band; angles in degrees.

        Parameters
        ----------
        effect : str
            A fixed effect.
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: a new figure.

        Raises
        ------
        SchemaError
            If it is no model of curves, or the effect is not in it.
        """
        if not self.is_curve or effect not in self._layout.names:
            raise SchemaError(
                expected=f"an effect on curves: {', '.join(self._layout.names)}",
                got=effect if self.is_curve else "a model of a number",
            )
        rows = self.fixed.loc[[effect]].droplevel(0)
        response = Formula.parse(self.formula).response
        ax = axes_for(ax, 5.6, 3.6, self)
        interval, label = f"{self.level:.0%} interval", effect_title(effect)
        draw_effect(ax, rows, "estimate", (response, effect), interval, label)
        ax.legend(frameon=False, fontsize=8)
        return ax

    def __str__(self) -> str:
        by = "restricted maximum likelihood" if self.reml else "maximum likelihood"
        lines = [f"{self.formula}: {self.n_rows} rows of {self.n_people} people, {by}"]
        if self.is_curve:
            least = self.fixed.groupby(level=0, sort=False)["p_curve"].min()
            lines.append(f"smallest p along the curve: {least.round(4).to_dict()}")
        else:
            lines += [self.fixed.to_string(), self.random.T.to_string(header=False)]
        return "\n".join([*lines, *self.notes])


def mixed(
    formula: str,
    data: pd.DataFrame | LocomotionData,
    curves: ArrayLike | None = None,
    *,
    reml: bool = True,
    level: float = 0.95,
    random_state: int = 0,
) -> MixedModel:
    r"""Fit a linear mixed model to a number, or to every point of curves.

    Parameters
    ----------
    formula : str
        ``response ~ fixed effects + (effects | subject)``, as in lme4: ``a * b`` is both and their
        product, ``(x | subject)`` lets level and slope of x differ between people, ``(1 | subject)``
        the level alone, ``(x || subject)`` without a correlation. One grouping column.
    data : DataFrame or LocomotionData
        Rows to model. Of LocomotionData the response may be a channel (a model at every point of the
        gait cycle), a column of its cycles or a feature; so may columns of the right side but for
        channels.
    curves : array_like, shape (n_rows, n_points), optional
        Response curves of the rows of a frame; the formula's left side is then only a name.
    reml : bool
        Restricted likelihood; the ordinary one, by which models of different fixed effects are
        compared, where False.
    level : float
        Of intervals and bands.
    random_state : int
        Seed of the band's draws.

    Returns
    -------
    MixedModel
        Effects, variances, quality and what was left out.

    Raises
    ------
    SchemaError
        If the formula cannot be read, columns are missing, an effect is a sum of others (it is
        named), a subject's name stands in two datasets, or there are too few people or rows.

    Warns
    -----
    LocomotionWarning
        If a fit is singular, or rows have missing values and are left out.

    Notes
    -----
    The criterion is that of Bates et al. (2015) [1]_, minimised over the relative covariance of the
    random effects by Newton's method. With :math:`C(\phi)` the covariance of the fixed effects and
    *A* that of the variance parameters :math:`\phi` (from the criterion's curvature), an effect
    :math:`l'\beta` has :math:`2 (l'Cl)^2 / (g'Ag)` degrees of freedom, *g* the derivative of
    :math:`l'Cl` (Satterthwaite's, as Kuznetsova et al. 2017 [2]_ compute them). Where a fit is singular
    these count rows: an effect that varies from person to person only then has at most as many as
    people less such effects (containment).

    **Curves.** The band around an effect :math:`\hat\beta(t)` is :math:`\pm c(t)\,se(t)`. A person
    moves the effect by :math:`\psi_i(t) = (X'V^{-1}X)^{-1} X_i'V_i^{-1} r_i`; sums of these with random
    normal signs give the correlation between points, hence the quantile *z* of the largest
    :math:`|\hat\beta(t)|/se(t)` of a normal process without effect (the multiplier bootstrap of
    Telschow and Schwartzman 2022 [3]_). *c(t)* is the quantile of Student's t with the point's own
    degrees of freedom at the probability of *z*. This is approximate: dependence between the points'
    standard errors is not used, which makes the band slightly wide.

    References
    ----------
    .. [1] Bates, Mächler, Bolker and Walker, "Fitting linear mixed-effects models using lme4",
       J Stat Softw 67(1), 2015, doi:10.18637/jss.v067.i01.
    .. [2] Kuznetsova, Brockhoff and Christensen, "lmerTest package: tests in linear mixed effects
       models", J Stat Softw 82(13), 2017, doi:10.18637/jss.v082.i13.
    .. [3] Telschow and Schwartzman, "Simultaneous confidence bands for functional data using the
       Gaussian kinematic formula", 2022.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people = np.repeat(np.arange(12), 8)
    >>> frame = pd.DataFrame({"subject": people, "speed_m_s": rng.uniform(1, 2, 96)})
    >>> own = rng.normal(0.2, 0.05, 12)[people]
    >>> frame["stride_length_m"] = own + 0.8 * frame["speed_m_s"] + rng.normal(0, 0.02, 96)
    >>> fit = mixed("stride_length_m ~ speed_m_s + (1 | subject)", frame)
    >>> fit.fixed.loc["speed_m_s", ["low", "high"]].round(2).tolist()
    [0.79, 0.82]
    """
    read = Formula.parse(formula)
    group = grouping_of(read)
    frame, response, nodes = inputs_of(read, data, curves)
    known = frame.notna().all(axis=1).to_numpy() & np.isfinite(response).all(axis=1)
    notes = rows_left_out(known)
    frame, response = frame[known], response[known]
    # In order of their names: the same draws for them in whatever order the rows come.
    person, people = pd.factorize(frame[group], sort=True)
    layout, Q, Z = _layout(read, frame, response)
    check_size(Q, Z, people, read)
    sums = Sums.of(Q, Z, response - Q @ (Q.T @ response), person)
    _refuse_constant(sums, response, nodes, read.response)
    found = _fitted_in_parts(sums, layout.shape, reml)
    beta = layout.effects_of(found.terms.beta)
    singular = negligible(found.theta, layout.shape)
    most = _most_freedom(Q @ layout.R, Z @ layout.R_z, person)
    most = np.where(singular[:, np.newaxis], most, np.inf)
    covariance = _covariance(sums, layout, found, reml, most)
    if doubts := _doubts(singular, found.converged, nodes):
        warnings.warn(f"{formula}: {'; '.join(doubts)}.", LocomotionWarning, stacklevel=2)
    is_curve = curves is not None or len(nodes) > 1
    index = pd.Index(nodes, name=_NODE if is_curve else None)
    random = _random_table(layout, found.factor, found.terms.variance)
    quality = _quality_table(layout, Q, Z, found, reml)
    quality["singular"], quality["converged"] = singular, found.converged
    effects_of_people = _people_table(layout, found, nodes, people)
    fixed = _fixed_table(layout, beta, covariance, level, index)
    if is_curve:
        _add_band(fixed, layout, sums, found, (level, random_state))
    else:
        fixed = fixed.droplevel(1)
        effects_of_people = effects_of_people.droplevel(1)
    return MixedModel(
        formula,
        fixed,
        random.set_axis(index),
        quality.set_axis(index),
        effects_of_people,
        len(frame),
        len(people),
        reml,
        level,
        (*notes, *doubts),
        is_simulated(data),
        layout,
        sums,
        covariance,
        beta,
    )


# What is modelled


def grouping_of(read: Formula) -> str:
    groups = {each.group for each in read.random}
    if len(groups) != 1:
        raise SchemaError(
            expected="random effects of one grouping column, such as (1 | subject)",
            got=", ".join(sorted(groups)) or "none",
            where=f"formula {read.text}",
            fix="one is modelled; average over the others, or make them fixed effects",
        )
    return groups.pop()


def inputs_of(
    read: Formula, data: pd.DataFrame | LocomotionData, curves: ArrayLike | None
) -> tuple[pd.DataFrame, Values, NDArray[Any]]:
    """Return the columns of the right side, the response (n_rows, n_points), and the points."""
    if curves is not None:
        frame = data.cycles if isinstance(data, LocomotionData) else data
        response = np.asarray(curves, dtype=float)
        if response.ndim != 2 or len(response) != len(frame):
            raise SchemaError(
                expected=f"curves of shape ({len(frame)}, n_points)", got=str(response.shape)
            )
    elif isinstance(data, LocomotionData) and read.response in data.channels:
        frame, response = _with_features(data, read.columns), data.curves(read.response)
        response = response.astype(float)
    else:
        wanted = (read.response, *read.columns)
        frame = _with_features(data, wanted) if isinstance(data, LocomotionData) else data
        own = columns_of(frame, [read.response])[read.response]
        if not pd.api.types.is_numeric_dtype(own.dtype):
            raise SchemaError(
                expected="a number to explain", got=str(own.dtype), where=f"column {read.response}"
            )
        response = own.to_numpy(float, na_value=np.nan)[:, np.newaxis]
    _refuse_namesakes(read, frame)
    width = response.shape[1]
    nodes = PHASE_PERCENT if width == len(PHASE_PERCENT) else np.arange(width)
    return columns_of(frame, read.columns), response, np.asarray(nodes)


def _refuse_namesakes(read: Formula, frame: pd.DataFrame) -> None:
    """Refuse a name that stands in two datasets: the model would take two people for one."""
    levels = {*map(str, frame.columns), *map(str, frame.index.names)}
    if grouping_of(read) != "subject" or "dataset" not in levels:
        return
    pairs = columns_of(frame, ["subject", "dataset"]).drop_duplicates().dropna()
    namesakes = pairs.loc[pairs["subject"].duplicated(), "subject"].unique().tolist()
    if namesakes:
        shown = ", ".join(map(str, namesakes[:5])) + (", ..." if len(namesakes) > 5 else "")
        raise SchemaError(
            expected="people whose name stands in one dataset",
            got=f"{shown} in several",
            where="column subject",
            fix="give two people two names, as merge_datasets does",
        )


def _with_features(data: LocomotionData, names: Sequence[str]) -> pd.DataFrame:
    """Return the cycles with the features among `names`."""
    cycles = data.cycles
    missing = [name for name in names if name not in cycles]
    if missing:
        plan = FeaturePlan.of(Schema.of_data(data), FEATURE_GROUPS)
        needed = [
            family for family in plan.families if any(spec.name in missing for spec in family.specs)
        ]
        if needed:
            own = FeaturePlan(plan.schema, tuple(needed), (), frozenset())
            values = own.compute(data)
            for at, spec in enumerate(own.specs):
                if spec.name in missing:
                    cycles[spec.name] = values[:, at]
    return cycles


def rows_left_out(known: NDArray[np.bool_]) -> list[str]:
    """Return the note on rows with missing values, and warn of them."""
    if known.all():
        return []
    note = f"{(~known).sum()} of {len(known)} rows with missing values were left out"
    warnings.warn(f"{note}.", LocomotionWarning, stacklevel=3)
    return [note]


def _layout(read: Formula, frame: pd.DataFrame, response: Values) -> tuple[_Layout, Values, Values]:
    fixed = Coding.of(read.terms, frame)
    X, names = fixed.matrix(frame)
    codings, columns, effects, blocks = [], [], [], []
    for each in read.random:
        coding = Coding.of(each.terms, frame)
        values, titles = coding.matrix(frame)
        refuse_aliased(values, titles)
        codings.append(coding)
        columns.append(values)
        effects += titles
        blocks.append(len(titles))
    if not names:
        raise SchemaError(expected="a fixed effect", got="none", where=f"formula {read.text}")
    refuse_aliased(X, names)
    Z, R_z = whitened(np.hstack(columns), blocks)
    Q, R = np.linalg.qr(X)
    shape = Shape(tuple(blocks))
    ols = np.linalg.solve(R, Q.T @ response).T
    return _Layout(fixed, tuple(codings), names, effects, shape, R, R_z, ols), Q, Z


def check_size(Q: Values, Z: Values, people: "pd.Index[Any]", read: Formula) -> None:
    effects = len(people) * Z.shape[1]
    if len(people) < _LEAST_PEOPLE or len(Q) <= max(effects, Q.shape[1]):
        raise SchemaError(
            expected=f"at least {_LEAST_PEOPLE} people, and more rows than random effects "
            f"({effects}) and fixed effects ({Q.shape[1]})",
            got=f"{len(Q)} rows of {len(people)} people",
            where=f"formula {read.text}",
            fix="add people or strides, or ask for fewer effects",
        )


def _refuse_constant(sums: Sums, response: Values, nodes: NDArray[Any], name: str) -> None:
    constant = sums.yy.sum(axis=1) <= 1e-20 * np.square(response).sum(axis=0)
    if constant.any():
        raise SchemaError(
            expected="a response that varies within the fixed effects",
            got=f"none at {_shown(nodes, constant)}",
            where=name,
            fix="leave these points out: pass the others as curves=",
        )


def _doubts(
    singular: NDArray[np.bool_], converged: NDArray[np.bool_], nodes: NDArray[Any]
) -> list[str]:
    """Say at which points a fit is singular or was not found."""
    kinds = (
        ("singular: a random effect has no variance, or a correlation of 1 or -1", singular),
        ("no minimum of the criterion was found", ~converged),
    )
    return [
        f"{what} at {_shown(nodes, where)}" if len(nodes) > 1 else what
        for what, where in kinds
        if where.any()
    ]


def _shown(nodes: NDArray[Any], where: NDArray[np.bool_]) -> str:
    if len(nodes) == 1:
        return "any row"
    first = ", ".join(f"{node:.4g}" for node in nodes[where][:4])
    return f"{where.sum()} of {len(nodes)} points ({first}{', ...' if where.sum() > 4 else ''})"


# The fit


class _Found(NamedTuple):
    theta: Values
    converged: NDArray[np.bool_]
    factor: Values
    terms: Terms


def _fitted_in_parts(sums: Sums, shape: Shape, reml: bool) -> _Found:
    """Fit some at a time, so that memory does not grow with the number of fits."""
    parts = []
    for start in range(0, len(sums.yy), _FITS_AT_ONCE):
        some = sums.at(np.arange(start, min(start + _FITS_AT_ONCE, len(sums.yy))))
        theta, converged = minimise(some, shape, reml)
        factor = shape.factor(theta)
        parts.append(_Found(theta, converged, factor, likelihood(some, factor, reml)))
    terms = Terms(*(np.concatenate(each) for each in zip(*(p.terms for p in parts), strict=True)))
    return _Found(
        np.concatenate([part.theta for part in parts]),
        np.concatenate([part.converged for part in parts]),
        np.concatenate([part.factor for part in parts]),
        terms,
    )


def _sigma(factor: Values) -> Values:
    return factor @ factor.swapaxes(-1, -2)


class _Covariance(NamedTuple):
    """Covariance of the fixed effects, and how well it is known, one entry a point.

    Attributes
    ----------
    fixed : ndarray, shape (n_points, p, p)
        Of the fixed effects.
    slopes : ndarray, shape (n_points, m + 1, p, p)
        Its derivatives by the entries of Λ and by log σ².
    parameters : ndarray, shape (n_points, m + 1, m + 1)
        Covariance of these parameters.
    most : ndarray, shape (n_points, p)
        Degrees of freedom that an effect has at most.
    """

    fixed: Values
    slopes: Values
    parameters: Values
    most: Values

    def inference(self, estimate: Values, row: Values, level: float) -> dict[str, Values]:
        """Return estimate, standard error, degrees of freedom, t, p and interval of l'β."""
        from scipy import stats

        variance = np.einsum("i,bij,j->b", row, self.fixed, row)
        g = np.einsum("i,bmij,j->bm", row, self.slopes, row)
        df = 2 * variance**2 / np.einsum("bm,bmn,bn->b", g, self.parameters, g)
        df = np.minimum(df, self.most[:, row != 0].max(axis=1))
        se = np.sqrt(variance)
        t = estimate / se
        half = stats.t.ppf((1 + level) / 2, df) * se
        return {
            "estimate": estimate,
            "se": se,
            "df": df,
            "t": t,
            "p": 2 * stats.t.sf(np.abs(t), df),
            "low": estimate - half,
            "high": estimate + half,
        }


def _covariance(
    sums: Sums, layout: _Layout, found: _Found, reml: bool, most: Values
) -> _Covariance:
    terms, (rows, columns) = found.terms, layout.shape.free
    n_fits, m = found.theta.shape
    back = np.linalg.inv(layout.R)
    variance = terms.variance[:, np.newaxis, np.newaxis]
    slopes = np.empty((n_fits, m + 1, *terms.P.shape[1:]))
    fall = np.empty((n_fits, m))
    for at in range(m):
        # dΣ of one entry of Λ; d(X'V⁻¹X)⁻¹ = P X'V⁻¹Z dΣ Z'V⁻¹X P.
        change = np.zeros_like(found.factor)
        change[:, rows[at]] = found.factor[:, :, columns[at]]
        change = change + change.swapaxes(-1, -2)
        inner = np.einsum(
            "bs,bski,bkl,bslj->bij", sums.weights, terms.KX, change, terms.KX, optimize=True
        )
        slopes[:, at] = variance * (terms.P @ inner @ terms.P)
        fall[:, at] = -np.einsum(
            "bs,bsk,bkl,bsl->b", sums.weights, terms.Kr, change, terms.Kr, optimize=True
        )
    slopes[:, m] = variance * terms.P
    free = sums.weights @ sums.rows - (layout.R.shape[0] if reml else 0)
    bend = np.empty((n_fits, m + 1, m + 1))
    bend[:, :m, :m] = curvature(sums, layout.shape, found.theta, reml, terms.variance)
    bend[:, :m, m] = bend[:, m, :m] = -fall / terms.variance[:, np.newaxis]
    bend[:, m, m] = free
    # Where the criterion is flat or not a minimum, at the edge, a direction tells nothing.
    values, vectors = np.linalg.eigh(bend)
    told = values > 1e-7 * values.max(axis=1, keepdims=True)
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=told)
    parameters = 2 * np.einsum("bik,bk,bjk->bij", vectors, inverse, vectors)
    return _Covariance(back @ slopes[:, m] @ back.T, back @ slopes @ back.T, parameters, most)


def _most_freedom(X: Values, Z: Values, person: NDArray[np.intp]) -> Values:
    """Return the degrees of freedom that the number of people leaves to each fixed effect.

    A column that is one multiple of a random effect's column in each person (a group beside a
    random intercept, speed by group beside a random slope of speed) varies from person to person
    only: it has people less such columns, the containment rule. Infinite for the others.
    """
    n_people = person.max() + 1

    def per_person(values: Values) -> Values:
        return np.stack([np.bincount(person, each, n_people) for each in values.T], axis=1)

    most = np.full(X.shape[1], np.inf)
    of_x = per_person(X**2)
    for column in Z.T:
        both, of_z = per_person(X * column[:, np.newaxis]), per_person(column[:, np.newaxis] ** 2)
        left = of_x - np.divide(both**2, of_z, out=np.zeros_like(both), where=of_z > 0)
        contained = (left <= 1e-9 * of_x.max(axis=0)).all(axis=0)
        most[contained] = np.minimum(most[contained], n_people - contained.sum())
    return most


# Tables


def _fixed_table(
    layout: _Layout, beta: Values, covariance: _Covariance, level: float, nodes: "pd.Index[Any]"
) -> pd.DataFrame:
    tables = {
        name: pd.DataFrame(covariance.inference(beta[:, at], row, level), index=nodes)
        for at, (name, row) in enumerate(zip(layout.names, np.eye(len(layout.names)), strict=True))
    }
    return pd.concat(tables, names=["effect", nodes.name])


def _add_band(
    fixed: pd.DataFrame, layout: _Layout, sums: Sums, found: _Found, how: tuple[float, int]
) -> None:
    """Add what holds for the whole curve to the table of fixed effects (see :func:`mixed`)."""
    from scipy import stats

    level, seed = how
    terms = found.terms
    # X_i'V_i⁻¹r_i = X_i'r_i − X_i'Z_i Σ Z_i'V_i⁻¹r_i
    pull = sums.Xy - np.einsum("sij,bj->bsi", sums.XX, terms.beta)
    pull -= np.einsum("ski,bkl,bsl->bsi", sums.ZX, _sigma(found.factor), terms.Kr, optimize=True)
    moved = np.einsum("bij,bsj->ibs", np.linalg.inv(layout.R) @ terms.P, pull)
    moved /= np.linalg.norm(moved, axis=2, keepdims=True)
    rng = np.random.default_rng(seed)
    signs = rng.standard_normal((_DRAWS, moved.shape[2]))
    for name, own in zip(layout.names, moved, strict=True):
        largest = np.sort(np.abs(signs @ own.T).max(axis=1))
        rows = fixed.loc[name]
        tail = stats.norm.sf(np.quantile(largest, level))
        half = rows["se"] * stats.t.isf(tail, rows["df"])
        z = stats.norm.isf(rows["p"] / 2)
        above = len(largest) - np.searchsorted(largest, z)
        fixed.loc[[name], "band_low"] = (rows["estimate"] - half).to_numpy()
        fixed.loc[[name], "band_high"] = (rows["estimate"] + half).to_numpy()
        fixed.loc[[name], "p_curve"] = (1 + above) / (1 + len(largest))


def _random_table(layout: _Layout, factor: Values, variance: Values) -> pd.DataFrame:
    own = np.linalg.solve(layout.R_z, factor)
    covariance = own @ own.swapaxes(-1, -2) * variance[:, np.newaxis, np.newaxis]
    sd = np.sqrt(np.einsum("bii->bi", covariance))
    table = {f"sd[{name}]": sd[:, at] for at, name in enumerate(layout.effects)}
    start = 0
    for size in layout.shape.blocks:
        for second in range(start, start + size):
            for first in range(start, second):
                both = sd[:, first] * sd[:, second]
                table[f"correlation[{layout.effects[first]}, {layout.effects[second]}]"] = (
                    np.divide(
                        covariance[:, first, second],
                        both,
                        out=np.full(len(sd), np.nan),
                        where=both > 0,
                    )
                )
        start += size
    return pd.DataFrame({**table, "sd[residual]": np.sqrt(variance)})


def _people_table(
    layout: _Layout, found: _Found, nodes: NDArray[Any], people: "pd.Index[Any]"
) -> pd.DataFrame:
    """Return the random effects of each person, one row an effect and point."""
    whitened_effects = np.einsum("bij,bsj->ibs", _sigma(found.factor), found.terms.Kr)
    effects = np.linalg.solve(layout.R_z, whitened_effects.reshape(len(layout.R_z), -1))
    titles = pd.MultiIndex.from_product([layout.effects, nodes], names=["effect", _NODE])
    return pd.DataFrame(effects.reshape(len(titles), -1), index=titles, columns=people)


def _quality_table(
    layout: _Layout, Q: Values, Z: Values, found: _Found, reml: bool
) -> pd.DataFrame:
    terms = found.terms
    parameters = terms.beta.shape[1] + found.theta.shape[1] + 1
    scale = 2 * np.log(np.abs(np.diag(layout.R))).sum() if reml else 0.0
    criterion = terms.criterion + scale
    residual = terms.variance
    explained = np.var(Q @ layout.R @ layout.effects_of(terms.beta).T, axis=0, ddof=1)
    between = np.einsum("bij,ij->b", _sigma(found.factor), Z.T @ Z / len(Z)) * residual
    whole = explained + between + residual
    return pd.DataFrame(
        {
            "criterion": criterion,
            "aic": criterion + 2 * parameters,
            "bic": criterion + np.log(len(Q)) * parameters,
            "icc": between / (between + residual),
            "r2_marginal": explained / whole,
            "r2_conditional": (explained + between) / whole,
        }
    )
