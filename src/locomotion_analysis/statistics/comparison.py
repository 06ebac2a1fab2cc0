"""Groups and conditions compared by a formula over cycles or tables: people are what is counted."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError, did_you_mean
from locomotion_analysis.statistics.curve_inference import (
    Cluster,
    CurveTest,
    Inference,
    Method,
    tested,
)
from locomotion_analysis.statistics.designs import (
    Factor,
    Term,
    factorial,
    nested,
    residuals_of_conditions,
)
from locomotion_analysis.statistics.fields import Field, Floats, Kind, fwhm, resels
from locomotion_analysis.statistics.formula import Formula
from locomotion_analysis.statistics.linear import (
    Exchange,
    Hypothesis,
    coded,
    estimated,
    refuse_empty_nodes,
)
from locomotion_analysis.statistics.people import People, people_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Correction = Literal["holm", "max"]


@dataclass(frozen=True)
class Band:
    """A curve (or number) with a band that holds the whole true curve with chance 1 - alpha."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Effect:
    """What was found of one effect.

    Attributes
    ----------
    name : str
        The effect, as in the formula.
    inference : Inference
        Statistic, critical value, clusters.
    difference : Band or None
        For effects of one degree of freedom: second level minus first (of an interaction, the
        difference of differences; of a covariate, the slope), in the unit of the curves.
    size : Band
        Hedges' g of differences between people, Cohen's d of differences within people, each with
        the band of the difference; else partial eta squared, without a band.
    size_name : str
        Which of them.
    test : CurveTest or None
        The statistic with its model; None of a multilevel model.
    """

    name: str
    inference: Inference
    difference: Band | None
    size: Band
    size_name: str
    test: CurveTest | None


@dataclass(frozen=True)
class Comparison:
    """The result of :func:`compare`.

    Attributes
    ----------
    formula : str
        What was asked.
    responses : tuple of str
        Channels or columns that were compared.
    within : tuple of str
        Factors within people.
    effects : tuple of Effect
        In the order of the formula.
    means : dict of tuple to Band
        Mean of each group or condition with its band, by the levels of the factors; empty where
        several channels were tested together.
    counts : dict of tuple to int
        People in each.
    phase : ndarray, shape (n_nodes,)
        Gait cycle of the nodes, percent; empty of scalars.
    n_cycles, n_people : int
        What was averaged, and how many people were compared.
    history : tuple of str
        What was averaged and left out.
    simulated : bool
        Whether the data were simulated.
    people : People
        The means that were compared.
    terms : tuple of tuple of str
        Effects, as columns that are multiplied.
    options : dict
        How it was compared.
    """

    formula: str
    responses: tuple[str, ...]
    within: tuple[str, ...]
    effects: tuple[Effect, ...]
    means: dict[tuple[object, ...], Band]
    counts: dict[tuple[object, ...], int]
    phase: Floats
    n_cycles: int
    n_people: int
    history: tuple[str, ...]
    simulated: bool
    people: People = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    options: dict[str, Any] = field(repr=False)

    @cached_property
    def assumptions(self) -> pd.DataFrame:
        """What is checked of the residuals, one row a check.

        Columns: ``effect``, ``check`` (normal residuals, equal variances, sphericity), ``value``
        (share of nodes below alpha; epsilon), ``p`` (smallest over the nodes times the resels; none
        of sphericity, for which is corrected) and ``found``.
        """
        return _assumptions(self.effects, self.options["alpha"])

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors of the formula."""
        return tuple(_factor_names(self.people.frame, self.terms))

    def levels(self, factor: str) -> list[object]:
        """Return the levels of a factor, in order.

        Parameters
        ----------
        factor : str
            A factor of the formula.

        Returns
        -------
        list
            The first is what the others are compared with.
        """
        return list(_factor(self.people.frame, factor).levels)

    def __getitem__(self, name: str) -> Effect:
        for effect in self.effects:
            if effect.name == name:
                return effect
        names = [effect.name for effect in self.effects]
        raise SchemaError(
            expected=f"an effect: {', '.join(names)}",
            got=name,
            fix=did_you_mean(name, names),
        )

    @property
    def sentence(self) -> str:
        """What was found, in words for a methods section."""
        people = f"{self.n_people} people ({self.n_cycles} cycles"
        conditions = f" and {' and '.join(self.within)})" if self.within else ")"
        if self.options["method"] == "mixed":
            conditions = ", all in the model)"
        else:
            people += ", averaged per person"
        found = " ".join(in_percent(effect.inference, self.phase) for effect in self.effects)
        return f"{self.formula}: {people}{conditions}. {found}"

    def table(self) -> pd.DataFrame:
        """Return one row a cluster, or a scalar's effect, with differences and effect sizes.

        Columns: ``effect``, ``statistic``, ``df``, ``critical``, ``largest``, ``p`` (of the whole
        curve), ``start``, ``end`` (percent of the gait cycle), ``cluster_p``, ``difference``,
        ``difference_low``, ``difference_high``, ``size``, ``size_name``: the last five at the
        node of the cluster where the statistic is largest. Effects without a cluster have one row.
        """
        rows = []
        for effect in self.effects:
            z = np.atleast_1d(effect.inference.z)
            shown: list[tuple[Cluster | None, int]] = [(None, int(np.abs(z).argmax()))]
            if effect.inference.clusters:
                shown = [(each, _peak(z, each)) for each in effect.inference.clusters]
            for cluster, node in shown:
                ends = (np.nan, np.nan) if cluster is None else self._percent(cluster.endpoints)
                apart = effect.difference
                rows.append(
                    {
                        "effect": effect.name,
                        "statistic": effect.inference.statistic,
                        "df": ", ".join(f"{value:.4g}" for value in effect.inference.df),
                        "critical": effect.inference.zstar,
                        "largest": float(z[node]),
                        "p": effect.inference.p,
                        "start": ends[0],
                        "end": ends[1],
                        "cluster_p": np.nan if cluster is None else cluster.P,
                        "difference": np.nan if apart is None else apart.value[node],
                        "difference_low": np.nan if apart is None else apart.low[node],
                        "difference_high": np.nan if apart is None else apart.high[node],
                        "size": effect.size.value[node],
                        "size_name": effect.size_name,
                    }
                )
        return pd.DataFrame(rows)

    def _percent(self, endpoints: tuple[float, float]) -> tuple[float, float]:
        start, end = np.interp(endpoints, np.arange(len(self.phase)), self.phase)
        return float(start), float(end)

    def posthoc(self, factor: str, correction: Correction = "holm") -> pd.DataFrame:
        """Compare every two levels of a factor.

        Parameters
        ----------
        factor : str
            A factor of the formula.
        correction : {"holm", "max"}
            Holm's correction of the pairs' p (each of the largest value over the curve); or the
            largest value over all pairs and nodes as one family, by permutation (as Tukey's over
            pairs; variances are taken to be equal).

        Returns
        -------
        DataFrame, one row a pair
            ``first``, ``second``, ``n``, ``largest`` (t, positive where the second is larger),
            ``at`` (percent of the gait cycle), ``p``, ``p_adjusted``, ``rejected`` and
            ``difference`` there.

        Raises
        ------
        SchemaError
            If it is no factor of the formula, or several channels were tested together.
        """
        from locomotion_analysis.statistics.posthoc import pairs

        return pairs((self,), factor, correction)

    def plot(self, ax: "Axes | None" = None, effect: str | None = None) -> "Axes":
        """Draw the means with their bands, and shade where the effect was found.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: a new figure.
        effect : str, optional
            Effect whose clusters are shaded; default: the first.
        """
        from locomotion_analysis.statistics.plots import plot_means

        return plot_means(self, ax, effect=effect)

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
        from locomotion_analysis.statistics.comparison_report import comparison_page

        return comparison_page(self).html(path)


def _peak(z: Floats, cluster: Cluster) -> int:
    start, end = cluster.endpoints
    nodes = np.arange(len(z))
    inside = (
        (nodes >= start) & (nodes <= end) if start <= end else (nodes >= start) | (nodes <= end)
    )
    return int(np.where(inside, np.abs(z), -1.0).argmax())


def in_percent(found: Inference, phase: Floats) -> str:
    """Return the sentence of an inference with percent of the gait cycle in the place of nodes."""
    if found.is_scalar or not found.clusters or len(phase) == 0:
        return found.sentence
    nodes = np.arange(len(phase))
    clusters = tuple(
        replace(each, endpoints=tuple(np.interp(each.endpoints, nodes, phase)))
        for each in found.clusters
    )
    return (
        replace(found, clusters=clusters)
        .sentence.replace("nodes ", "")
        .replace(" (p", " % of the gait cycle (p")
    )


def compare(
    data: LocomotionData | pd.DataFrame,
    formula: str,
    *,
    within: str | Sequence[str] = (),
    method: Method | Literal["mixed"] = "rft",
    alpha: float = 0.05,
    equal_var: bool = False,
    ss_type: int = 2,
    roi: tuple[float, float] | None = None,
    circular: bool = False,
    iterations: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare groups and conditions of people by curves or scalars.

    Cycles are averaged for each person and condition, each leg first, and people are what is
    counted. What was averaged and left out stands in ``history``.

    Parameters
    ----------
    data : LocomotionData or DataFrame
        Cycles; or a table of scalars (features, scores) with a column or index level ``subject``.
    formula : str
        Before ``~`` a channel, or a column of numbers; several joined by ``+`` are tested together
        (Hotelling, MANOVA). After it text columns are factors and numbers are covariates
        (``pathology * task + speed_m_s``); ``1`` alone tests the mean against zero; ``a / b`` is b
        nested in a (``pathology / clinic``): each factor is tested against the one nested in it,
        the last against people.
    within : str or sequence of str
        Factors of the formula whose levels the same people have.
    method : {"rft", "permutation", "fdr", "mixed"}
        As for :meth:`CurveTest.inference`; or a multilevel model of all cycles at every node
        (:func:`mixed`), which keeps people who lack a condition. Its effects are those of single
        levels against the first, and its formula may say what differs between people
        (``(task | subject)``); else their level does, and the factors in `within`.
    alpha : float
        Error rate over the whole curve.
    equal_var : bool
        Whether groups have one variance; else, for one factor between people and nothing beside
        it, Welch's statistic.
    ss_type : {2, 3}
        Type of the sums of squares where groups are of unequal size.
    roi : tuple of float, optional
        Part of the gait cycle to test, percent.
    circular : bool
        Whether 100 % is followed by 0 %.
    iterations, seed : int
        Of permutations.

    Returns
    -------
    Comparison

    Raises
    ------
    SchemaError
        If names are unknown, a factor between people varies within a person, effects cannot be
        told apart, groups are too small, or nothing varies at a node.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=16, n_cycles=3, tasks=["level_walking"])
    >>> found = compare(data, "knee_flexion_angle_ipsi_rad ~ sex")
    >>> found.n_people, found.effects[0].inference.statistic
    (16, 'T')
    """
    read = Formula.parse(formula)
    responses = tuple(name.strip() for name in read.response.split("+"))
    inside = (within,) if isinstance(within, str) else tuple(within)
    terms = tuple(term for term in read.terms if term)
    if read.nested:
        terms = _nested_terms(read, inside, method)
    _refuse_method(method)
    _refuse_formula(read, inside, bars=method == "mixed")
    columns = tuple(dict.fromkeys(name for term in terms for name in term))
    everybody = people_of(data, responses, columns, inside, roi)
    _refuse_lonely(everybody, terms)
    people = _with_all_conditions(everybody, inside)
    left = everybody.n_people - people.n_people
    refuse_empty_nodes(people.rows, " + ".join(responses))
    options = {
        "method": method,
        "alpha": alpha,
        "equal_var": equal_var,
        "ss_type": ss_type,
        "circular": circular,
        "iterations": iterations,
        "seed": seed,
        "nested": list(read.nested),
    }
    lack = "1 person lacks" if left == 1 else f"{left} people lack"
    if method == "mixed":
        from locomotion_analysis.statistics.comparison_mixed import effects_by_mixed

        people = replace(
            everybody, history=tuple(f"means drawn: {told}" for told in everybody.history)
        )
        effects, told = effects_by_mixed(data, read, responses, inside, roi, options)
        if left:
            told = (f"{lack} a condition: kept, by the multilevel model", *told)
    else:
        effects = effects_of(people, terms, inside, options)
        told = (f"{lack} a condition: left out",) if left else ()
    means, counts = _means_of_cells(people, _factor_names(people.frame, terms), alpha)
    return Comparison(
        formula=formula,
        responses=responses,
        within=inside,
        effects=effects,
        means=means,
        counts=counts,
        phase=people.phase,
        n_cycles=people.n_cycles,
        n_people=people.n_people,
        history=(*people.history, *told),
        simulated=people.simulated,
        people=people,
        terms=terms,
        options=options,
    )


def _nested_terms(read: Formula, within: Sequence[str], method: str) -> tuple[Term, ...]:
    """Return the effects of nested factors, which stand alone."""
    chain = {read.nested[:size] for size in range(1, len(read.nested) + 1)}
    if {term for term in read.terms if term} != chain or within or method == "mixed":
        raise SchemaError(
            expected="nested factors alone (a / b), between people, by rft, permutation or fdr",
            got=read.text,
            where="formula",
            fix="leave out what stands beside them; or mixed() with (1 | clinic) on one row a person",
        )
    return tuple((name,) for name in read.nested)


def _refuse_method(method: str) -> None:
    known = (*get_args(Method), "mixed")
    if method not in known:
        fix = did_you_mean(method, known, "choose one of these")
        raise SchemaError(
            expected=f"a method: {', '.join(known)}",
            got=repr(method),
            where="method",
            fix="call bayesian() with the formula" if method == "bayes" else fix,
        )


def _refuse_lonely(people: People, terms: Sequence[Term]) -> None:
    """Refuse a level of a factor that one person has: nothing varies between people there."""
    for name in _factor_names(people.frame, terms):
        own = people.frame.groupby(name, observed=True)["person"].nunique()
        if own.min() < 2:
            raise SchemaError(
                expected="at least two people in each group",
                got=", ".join(f"{n} in {level}" for level, n in own.items()),
                where=name,
                fix="add people; cycles of the same person do not help",
            )


def _refuse_formula(read: Formula, within: Sequence[str], *, bars: bool) -> None:
    if read.random and not bars:
        raise SchemaError(
            expected="fixed effects; people are averaged, and stand in within=",
            got=read.text,
            where="formula",
            fix='use method="mixed", or mixed(), for effects that differ between people',
        )
    unknown = [name for name in within if name not in read.columns]
    if unknown:
        raise SchemaError(
            expected="factors of the formula in within=",
            got=unknown[0],
            where="within",
            fix=did_you_mean(unknown[0], read.columns, f"add it to {read.text}"),
        )
    if not read.terms:
        raise SchemaError(expected="something after ~", got=read.text, where="formula")
    if () not in read.terms:
        raise SchemaError(
            expected="a model with a mean",
            got=read.text,
            where="formula",
            fix="leave out 0 and - 1",
        )


def _factor_names(frame: pd.DataFrame, terms: Sequence[Term]) -> list[str]:
    names = dict.fromkeys(name for term in terms for name in term)
    return [
        name
        for name in names
        if pd.api.types.is_bool_dtype(frame[name]) or not pd.api.types.is_numeric_dtype(frame[name])
    ]


def effects_of(
    people: People, terms: Sequence[Term], within: Sequence[str], options: Mapping[str, Any]
) -> tuple[Effect, ...]:
    """Test the effects of a model; `options` are those of :func:`compare`."""
    return tuple(_effect(test, options) for test in hypotheses(people, terms, within, options))


def hypotheses(
    people: People, terms: Sequence[Term], within: Sequence[str], options: Mapping[str, Any]
) -> list[Hypothesis]:
    """Return the hypotheses of the terms of a model."""
    frame, rows = people.frame, people.rows
    if not terms:
        n = len(rows)
        if n < 2:
            raise SchemaError(expected="at least two people", got=str(n), where="data")
        kind: Kind = "T" if rows.shape[2] == 1 else "T2"
        basis, none = np.full((1, n), n**-0.5), np.zeros((0, n))
        signs = Exchange.rows(n, "signs")
        return [
            Hypothesis(
                "mean", kind, rows, basis, none, n - 1.0, signs, None, None, n**-0.5, n**-0.5
            )
        ]
    names = _factor_names(frame, terms)
    factors = [_factor(frame, name) for name in names]
    if options["nested"]:
        return nested(rows, factors)
    covariates = {
        name: frame[name].to_numpy(float)
        for name in dict.fromkeys(name for term in terms for name in term)
        if name not in names
    }
    numbers = [name for name in within if name not in names]
    if numbers:
        raise SchemaError(
            expected="a factor in within=",
            got=f"{numbers[0]}, a column of numbers",
            where="within",
            fix="make it text, for example frame[name].astype(str)",
        )
    codes, kept = coded(frame["person"].to_numpy(), "person", len(frame))
    subjects = Factor("person", codes, [people.names[int(str(code))] for code in kept])
    ordered = [name for name in names if name in within]
    smooth = None
    if ordered and rows.shape[1] > 1:
        between = [factor for factor in factors if factor.name not in within]
        crossed = [factor for factor in factors if factor.name in within]
        smooth = residuals_of_conditions(
            rows, [*between, *crossed], subjects, len(between), three_way=False
        )
    tests = factorial(
        rows,
        factors,
        terms,
        subjects=subjects,
        within=ordered,
        covariates=covariates,
        ss_type=options["ss_type"],
        residuals=smooth,
    )
    alone = len(terms) == 1 and len(terms[0]) == 1 and rows.shape[2] == 1
    if alone and factors and not ordered and not options["equal_var"]:
        group = np.zeros(len(subjects.levels), dtype=np.int64)
        group[subjects.codes] = factors[0].codes
        tests = [replace(tests[0], group=group)]
    return [_signed(test) for test in tests]


def _signed(test: Hypothesis) -> Hypothesis:
    """Return an effect of one degree of freedom as t, positive where its difference is."""
    if test.kind != "F" or len(test.basis) != 1:
        return test
    if test.group is not None:
        # Welch's t is of group 0 minus group 1.
        return replace(test, kind="T", group=1 - test.group, scale=abs(test.scale))
    side = np.sign(test.scale)
    return replace(test, kind="T", basis=test.basis * side, scale=abs(test.scale))


def _is_category(values: "pd.Series[Any]") -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _factor(frame: pd.DataFrame, name: str) -> Factor:
    values = frame[name]
    if _is_category(values):
        known = values.cat.remove_unused_categories()
        return Factor(name, known.cat.codes.to_numpy().astype(np.int64), list(known.cat.categories))
    return Factor(name, *coded(values.astype(str).to_numpy(), name, len(frame)))


def _effect(test: Hypothesis, options: Mapping[str, Any]) -> Effect:
    statistic = _spherical(tested(test))
    found = statistic.inference(
        options["alpha"],
        method=options["method"],
        circular=options["circular"],
        iterations=options["iterations"],
        seed=options["seed"],
    )
    z = np.atleast_1d(np.asarray(statistic.z, dtype=np.float64))
    if test.kind != "T":
        share = _explained(test) if test.kind == "F" else np.full(len(z), np.nan)
        name = "partial η²" if test.kind == "F" else "none"
        return Effect(test.effect, found, None, Band(share, share, share), name, statistic)
    apart, size = _difference(test)
    error = np.divide(np.abs(apart), np.abs(z), out=np.full(len(z), np.nan), where=z != 0)
    # False discoveries have no simultaneous band: that of the field stands in its place.
    reach = found.zstar
    if options["method"] == "fdr":
        reach = statistic.inference(options["alpha"], circular=options["circular"]).zstar
    difference = Band(apart, apart - reach * error, apart + reach * error)
    ratio = np.divide(size, apart, out=np.full(len(z), np.nan), where=apart != 0)
    sized = Band(size, difference.low * ratio, difference.high * ratio)
    name = "Hedges' g" if test.exchange.of == "units" else "Cohen's d"
    if test.group is None and np.isnan(test.size_scale):
        name = "partial r"
    return Effect(test.effect, found, difference, sized, name, statistic)


def _explained(test: Hypothesis) -> Floats:
    """Return partial eta squared: the effect's share of its sum of squares and the error's."""
    found = estimated(test)
    return np.asarray(found.squares / (found.squares + found.error))


def _difference(test: Hypothesis) -> tuple[Floats, Floats]:
    """Return the difference of an effect of one degree of freedom, and its standardised size."""
    if test.group is not None:
        rows = test.rows[:, :, 0]
        parts = [rows[test.group == code] for code in (0, 1)]
        apart = np.nanmean(parts[0], axis=0) - np.nanmean(parts[1], axis=0)
        count = [np.isfinite(part).sum(axis=0) for part in parts]
        pooled = sum(
            np.nanvar(part, axis=0, ddof=1) * (n - 1) for part, n in zip(parts, count, strict=True)
        )
        total = count[0] + count[1] - 2
        return apart, apart / np.sqrt(pooled / total) * (1 - 3 / (4 * total - 1))
    found = estimated(test)
    coefficient = found.coefficients[0]
    apart = test.scale * coefficient
    if np.isnan(test.size_scale):
        share = np.sqrt(found.squares / (found.squares + found.error))
        return apart, np.copysign(share, coefficient)
    size = test.size_scale * coefficient / np.sqrt(found.error / found.df_error)
    if test.exchange.of == "units":
        size = size * (1 - 3 / (4 * found.df_error - 1))
    return apart, size


def _with_all_conditions(people: People, within: Sequence[str]) -> People:
    """Return the people who have every condition: means, counts and tests are of the same."""
    if not within:
        return people
    condition = people.frame.groupby(list(within), observed=True).ngroup()
    own = condition.groupby(people.frame["person"]).transform("nunique")
    rows = np.flatnonzero(own == condition.nunique())
    if not len(rows):
        return people  # the design says what is wrong
    return replace(
        people, frame=people.frame.iloc[rows].reset_index(drop=True), rows=people.rows[rows]
    )


def _means_of_cells(
    people: People, factors: Sequence[str], alpha: float
) -> tuple[dict[tuple[object, ...], Band], dict[tuple[object, ...], int]]:
    if people.rows.shape[2] > 1:
        return {}, {}
    means, counts = {}, {}
    grouped = (
        people.frame.groupby(list(factors), sort=True, observed=True).indices
        if factors
        else {(): slice(None)}
    )
    for key, rows in grouped.items():
        label = key if isinstance(key, tuple) else (key,)
        part = people.rows[rows, :, 0]
        count = np.isfinite(part).sum(axis=0)
        mean = np.nansum(part, axis=0) / np.maximum(count, 1)
        counts[label] = len(part)
        spread = np.full(len(mean), np.nan)
        if len(part) > 2:
            residuals = part - mean
            squares = np.nansum(residuals**2, axis=0)
            error = np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1))
            whole = (1.0, 0.0)
            if len(mean) > 1:
                whole = resels(len(mean), fwhm(residuals))
            reach = Field("T", (1.0, len(part) - 1.0), whole, len(mean)).critical(alpha / 2)
            spread = reach * error
        means[label] = Band(mean, mean - spread, mean + spread)
    return means, counts


def _assumptions(effects: Sequence[Effect], alpha: float) -> pd.DataFrame:
    """Check normality, equal variances and sphericity of the residuals."""
    from scipy import stats

    rows: list[dict[str, object]] = []
    for effect in effects:
        if effect.test is None:
            continue
        test = effect.test.hypothesis
        if test.rows.shape[2] > 1:
            continue
        residuals = estimated(test).residuals
        curves = residuals.T
        resels_of = max(1.0, sum(effect.inference.resels)) if len(curves) > 1 else 1.0
        if np.isfinite(curves).sum(axis=1).min() >= 4:
            p = np.array([stats.shapiro(at[np.isfinite(at)]).pvalue for at in curves])
            smallest = min(1.0, float(p.min()) * resels_of)
            rows.append(
                {
                    "effect": effect.name,
                    "check": "normal residuals (Shapiro-Wilk)",
                    "value": float((p < alpha).mean()),
                    "p": smallest,
                    "found": f"{100 * (p < alpha).mean():.0f} % of nodes below {alpha:g}",
                }
            )
        groups = _groups_of(test)
        parts = [residuals[rows_of] for rows_of in groups]
        if len(groups) > 1 and min(np.isfinite(part).sum(axis=0).min() for part in parts) > 2:
            p = np.asarray(stats.levene(*parts, nan_policy="omit").pvalue)
            verdict = "; not needed (Welch)" if test.group is not None else ""
            rows.append(
                {
                    "effect": effect.name,
                    "check": "equal variances (Brown-Forsythe)",
                    "value": float(np.mean(p < alpha)),
                    "p": min(1.0, float(np.min(p)) * resels_of),
                    "found": f"{100 * np.mean(p < alpha):.0f} % of nodes below {alpha:g}{verdict}",
                }
            )
        if effect.test.epsilon < 1.0:
            rows.append(
                {
                    "effect": effect.name,
                    "check": "sphericity (Greenhouse-Geisser)",
                    "value": effect.test.epsilon,
                    "p": np.nan,
                    "found": "not needed (permutation)"
                    if effect.inference.method == "permutation"
                    else f"degrees of freedom times ε = {effect.test.epsilon:.2f}",
                }
            )
    return pd.DataFrame(rows, columns=["effect", "check", "value", "p", "found"])


def _groups_of(test: Hypothesis) -> list[Any]:
    per_unit = len(test.exchange.unit) // len(test.exchange.block)
    if per_unit > 1 or test.exchange.of != "units":
        return []
    model = np.round(np.vstack([test.nuisance, test.basis]).T, 9) + 0.0
    _, codes = np.unique(model, axis=0, return_inverse=True)
    return [np.flatnonzero(codes.ravel() == code) for code in range(int(codes.max()) + 1)]


def _spherical(statistic: CurveTest) -> CurveTest:
    """Return the test with Greenhouse and Geisser's degrees of freedom, where it needs them.

    Epsilon is that of the mean covariance over the nodes (Greenhouse & Geisser 1959).
    """
    test = statistic.hypothesis
    per_unit = len(test.exchange.unit) // len(test.exchange.block)
    if per_unit == 1 or test.kind != "F":
        return statistic
    parts = estimated(test).residuals.reshape(-1, per_unit, statistic.n_nodes)
    parts = parts / np.sqrt(np.nansum(parts**2, axis=(0, 1)))
    known = np.where(np.isnan(parts), 0.0, parts)
    covariance = np.einsum("umq,unq->mn", known, known)
    epsilon = float(np.trace(covariance) ** 2 / (per_unit * (covariance**2).sum()))
    df = statistic.df[0] * epsilon, statistic.df[1] * epsilon
    return replace(statistic, df=df, epsilon=epsilon)
