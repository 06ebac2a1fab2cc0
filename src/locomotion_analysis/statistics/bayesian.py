r"""Bayesian multilevel models of numbers and of whole curves, with people as groups.

The formulas are those of :func:`~locomotion_analysis.statistics.mixed`. Given the fixed effects and
the variances, the effects of people are normal and are integrated out in closed form; PyMC's
sampler (nutpie) sees the few parameters that are left, whose posterior has none of the narrow
places of a hierarchical model, and whose cost does not grow with the number of cycles. The effects
of people are then drawn from their exact conditional distribution.

Curves are brought to a few coordinates, each of which has the same model as a number.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import ConvergenceError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.reporting.style import is_simulated
from locomotion_analysis.statistics.bayesian_posterior import (
    RESIDUAL,
    Basis,
    BayesianModel,
    Design,
    Draws,
    correlated_pairs,
    effect_tables,
    effects_of_people,
    in_units,
    predictive_check,
    scaled_sums,
)
from locomotion_analysis.statistics.formula import (
    INTERCEPT,
    Coding,
    Formula,
    columns_of,
    refuse_aliased,
)
from locomotion_analysis.statistics.mixed_likelihood import Sums
from locomotion_analysis.statistics.mixed_models import (
    check_size,
    grouping_of,
    inputs_of,
    rows_left_out,
)

__all__ = ["BayesianModel", "Prior", "bayesian"]

Values = NDArray[np.float64]

EXTRA = "bayes"
_CHAINS = 4
LARGEST_RHAT = 1.01
LEAST_ESS = 400
_MOST_DIVERGENT = 0.01
_PRIOR_DRAWS = 4000
_KEPT_VARIANCE = 0.995
_MOST_COMPONENTS = 12
_CONCENTRATION = 1.0


@dataclass(frozen=True, slots=True)
class Prior:
    """A prior distribution, in the unit of what it is of.

    Attributes
    ----------
    family : {"normal", "half_normal", "half_cauchy"}
        Normal for effects, the others for standard deviations.
    scale : float
        Standard deviation of the (whole) normal; half of the half-Cauchy lies below it.
    mean : float
        Of a normal.

    Examples
    --------
    >>> print(Prior("normal", 5.0), Prior("half_cauchy", 2.5))
    Normal(0, 5) HalfCauchy(2.5)
    """

    family: Literal["normal", "half_normal", "half_cauchy"]
    scale: float
    mean: float = 0.0

    def __str__(self) -> str:
        name = self.family.title().replace("_", "")
        mean = f"{self.mean:.4g}, " if self.family == "normal" else ""
        return f"{name}({mean}{self.scale:.4g})"


def bayesian(
    formula: str,
    data: pd.DataFrame | LocomotionData,
    *,
    priors: Mapping[str, Prior] | None = None,
    standard_error: str | None = None,
    level: float = 0.95,
    draws: int = 1000,
    random_state: int = 0,
) -> BayesianModel:
    r"""Sample the posterior of a multilevel model of a number, or of curves.

    Needs ``pip install 'locomotion-analysis[bayes]'``.

    Parameters
    ----------
    formula : str
        As for :func:`~locomotion_analysis.statistics.mixed`:
        ``stride_length_m ~ speed_m_s * pathology + (speed_m_s | subject)``.
    data : DataFrame or LocomotionData
        Rows to model. Of LocomotionData the response may be a channel.
    priors : dict of str to Prior, optional
        Priors of a number's model in place of the default ones, by the names in ``fixed`` and
        ``random`` (``speed_m_s``, ``sd[Intercept]``, ``sd[residual]``).
    standard_error : str, optional
        Column with the known standard error of each row, as in a meta-analysis; no residual is
        then estimated.
    level : float
        Of intervals and bands.
    draws : int
        Draws of each of four chains, after as many for adaptation.
    random_state : int
        Seed: the same gives the same numbers.

    Returns
    -------
    BayesianModel
        Posterior, prior, predictive check and the sampler's diagnostics.

    Raises
    ------
    SchemaError
        If the formula cannot be read, columns are missing, an effect is a sum of others, there are
        too few people or rows, or a prior is of nothing in the model.
    ConvergenceError
        If the chains disagree (R-hat above 1.01), are too short (effective sample size below 400)
        or diverge in more than 1 of 100 draws.
    MissingExtraError
        If the extra is not installed.

    Warns
    -----
    LocomotionWarning
        If rows have missing values and are left out.

    Notes
    -----
    **Priors.** With *s* the standard deviation of the response and :math:`s_j` that of a column:
    effects :math:`\beta_j \sim N(0, (2.5\,s/s_j)^2)`; the intercept, at the means of the other
    columns, :math:`N(\bar y, (2.5\,s)^2)`; standard deviations between people (of their level at
    the means, too) half-normal with scale :math:`s/s_j`, of the residual with *s*; correlations
    LKJ(1) [1]_, which is uniform. These rule out only
    what is absurd for data of this spread, and stand in ``prior``.

    **Convergence** is judged as in Vehtari et al. 2021 [2]_, by ranks and folded ranks.

    **Curves** are projected on the functional principal components that hold 99.5 % of their
    variance (at most 12), and these turned so that both the residuals and people's means are
    uncorrelated between coordinates. Each coordinate then has the model of a number. The band of an
    effect is its mean :math:`\pm c` standard deviations of the point, with *c* the quantile over
    the draws of the largest standardised departure along the curve: a simultaneous band.
    Correlations between people's slopes of different coordinates are left out.

    References
    ----------
    .. [1] Lewandowski, Kurowicka and Joe, "Generating random correlation matrices based on vines
       and extended onion method", J Multivar Anal 100, 2009, doi:10.1016/j.jmva.2009.04.008.
    .. [2] Vehtari, Gelman, Simpson, Carpenter and Bürkner, "Rank-normalization, folding, and
       localization: an improved R-hat", Bayesian Anal 16(2), 2021, doi:10.1214/20-BA1221.
    """
    read = Formula.parse(formula)
    group = grouping_of(read)
    frame, response, nodes = inputs_of(read, data, None)
    error = None
    if standard_error is not None:
        table = data.cycles if isinstance(data, LocomotionData) else data
        error = columns_of(table, [standard_error])[standard_error].to_numpy(float)
    is_curve = response.shape[1] > 1
    if is_curve and (priors or error is not None):
        raise SchemaError(
            expected="priors and standard errors of a number", got=f"the curves {read.response}"
        )
    known = frame.notna().all(axis=1).to_numpy() & np.isfinite(response).all(axis=1)
    if error is not None:
        known &= error > 0
    notes = rows_left_out(known)
    frame, response = frame[known], response[known]
    person, people = pd.factorize(frame[group])
    design = _design(read, frame, response, person, None if error is None else error[known])
    if error is None:
        check_size(design.X, design.Z, people, read)
    flat = response.std(axis=0) <= 1e-12 * np.abs(response).max(axis=0)
    if flat.all() or (flat.any() and not is_curve):
        raise SchemaError(expected="a response that varies", got="none", where=read.response)
    basis = None
    if is_curve:
        coordinates, basis, note = _coordinates(design)
        design = design._replace(Y=coordinates)
        notes.append(note)
    own = _priors(design, priors or {})
    posterior, sampling = _sampled(design, own, draws, random_state)
    before = _from_prior(design, own, random_state)
    index = pd.Index(nodes, name="phase_percent" if is_curve else None)
    tables = []
    for drawn in (posterior, before):
        beta, spread, correlation = in_units(design, drawn, basis)
        tables.append(
            (beta, *effect_tables(design, beta, spread, correlation, level, index, is_curve))
        )
    (effects, fixed, random), (prior_effects, prior_fixed, prior_random) = tables
    prior = pd.concat([prior_fixed, prior_random])
    prior.insert(0, "prior", [own[name].text for name in prior.index.get_level_values(0)])
    if basis is not None:
        notes.append(_left_of_effects(design.names, basis, fixed))
    of_people = effects_of_people(design, posterior)
    if basis is not None:
        of_people = basis.curves(of_people)
    titles = (
        pd.MultiIndex.from_product([design.effects, nodes], names=["effect", index.name])
        if is_curve
        else pd.Index(design.effects)
    )
    own_effects = of_people.transpose(1, 2, 0).reshape(-1, len(people))
    check = predictive_check(design, posterior, basis, response, random_state)
    return BayesianModel(
        formula, fixed, random, prior, pd.DataFrame(own_effects, index=titles, columns=people), check,
        sampling, len(frame), len(people), level, tuple(notes), is_simulated(data), effects,
        prior_effects,
    )  # fmt: skip


# What is modelled


def _design(
    read: Formula,
    frame: pd.DataFrame,
    response: Values,
    person: NDArray[np.intp],
    error: Values | None,
) -> Design:
    X, names = Coding.of(read.terms, frame).matrix(frame)
    if not names:
        raise SchemaError(expected="a fixed effect", got="none", where=f"formula {read.text}")
    refuse_aliased(X, names)
    columns, effects, blocks = [], [], []
    for each in read.random:
        values, titles = Coding.of(each.terms, frame).matrix(frame)
        refuse_aliased(values, titles)
        columns.append(values)
        effects += titles
        blocks.append(len(titles))
    Z, back, start = np.hstack(columns), np.eye(len(effects)), 0
    for size in blocks:
        if effects[start] == INTERCEPT:
            rest = slice(start + 1, start + size)
            back[start, rest] = -Z[:, rest].mean(axis=0)
            Z[:, rest] += back[start, rest]
        start += size
    centre = np.zeros(len(names))
    if INTERCEPT in names:
        centre = X.mean(axis=0) * [name != INTERCEPT for name in names]
    return Design(
        X - centre, Z, response, person, names, effects, tuple(blocks), centre, back, error,
    )  # fmt: skip


def _coordinates(design: Design) -> tuple[Values, Basis, str]:
    """Bring curves to coordinates that are uncorrelated within and between people."""
    from scipy.linalg import eigh

    curves = design.Y
    mean = curves.mean(axis=0) * (INTERCEPT in design.names)
    _, singular, components = np.linalg.svd(curves - mean, full_matrices=False)
    share = np.cumsum(singular**2) / (singular**2).sum()
    rank = min(int(np.searchsorted(share, _KEPT_VARIANCE)) + 1, _MOST_COMPONENTS, len(share))
    scores = (curves - mean) @ components[:rank].T
    rest = scores - design.X @ np.linalg.lstsq(design.X, scores, rcond=None)[0]
    of_person = np.eye(design.n_people)[design.person]
    means = np.linalg.lstsq(of_person, rest, rcond=None)[0]
    within = rest - means[design.person]
    values = within.T @ within / len(rest)
    ridge = 1e-6 * np.trace(values) / rank * np.eye(rank)
    _, turned = eigh(means.T @ means / len(means), values + ridge)
    turned = turned[:, ::-1]
    shapes = np.linalg.inv(turned) @ components[:rank]
    coordinates = scores @ turned
    left = curves - mean - coordinates @ shapes
    left_effects = np.linalg.lstsq(design.X, left, rcond=None)[0]
    note = (
        f"curves were brought to {rank} principal components, which hold "
        f"{100 * share[rank - 1]:.1f} % of their variance"
    )
    return coordinates, Basis(mean, shapes, left.std(axis=0), left_effects), note


def _left_of_effects(names: Sequence[str], basis: Basis, fixed: pd.DataFrame) -> str:
    """Say how much of an effect the components cannot show, beside the width of its band."""
    half = (fixed["band_high"] - fixed["band_low"]).to_numpy().reshape(len(names), -1) / 2
    largest = 100 * float(np.abs(basis.left_effects / half).max())
    return f"what the components leave of an effect is at most {largest:.0f} % of its band's half width"


# Priors


class _Own(NamedTuple):
    """A prior of each coordinate: mean and scale of shape (K,)."""

    family: str
    mean: Values
    scale: Values
    text: str


def _priors(design: Design, given: Mapping[str, Prior]) -> dict[str, _Own]:
    spread = design.Y.std(axis=0)
    is_curve = design.Y.shape[1] > 1
    found: dict[str, _Own] = {}

    def add(name: str, default: Prior, scale: Values, mean: Values) -> None:
        prior = given.get(name)
        normal = default.family == "normal"
        if prior is None:
            text = f"{default.family.title().replace('_', '')}, each component by its spread"
            own = default if is_curve else Prior(default.family, float(scale[0]), float(mean[0]))
            found[name] = _Own(default.family, mean, scale, text if is_curve else str(own))
            return
        if (prior.family == "normal") != normal or not prior.scale > 0:
            raise SchemaError(
                expected="a normal prior" if normal else "a half_normal or half_cauchy prior",
                got=str(prior),
                where=f"priors[{name!r}]",
                fix="scales are positive; effects are normal, standard deviations are not negative",
            )
        found[name] = _Own(
            prior.family, np.array([prior.mean]), np.array([prior.scale]), str(prior)
        )

    for at, name in enumerate(design.names):
        if name == INTERCEPT:
            add(name, Prior("normal", 1.0), 2.5 * spread, design.Y.mean(axis=0))
        else:
            column = design.X[:, at].std() or float(np.abs(design.X[:, at]).max())
            add(name, Prior("normal", 1.0), 2.5 * spread / column, 0.0 * spread)
    for at, name in enumerate(design.effects):
        column = 1.0 if name == INTERCEPT else design.Z[:, at].std() or 1.0
        add(f"sd[{name}]", Prior("half_normal", 1.0), spread / column, 0.0 * spread)
    if design.error is None:
        add(RESIDUAL, Prior("half_normal", 1.0), spread, 0.0 * spread)
    unknown = [name for name in given if name not in found]
    if unknown:
        raise SchemaError(
            expected=f"priors of {', '.join(found)}", got=", ".join(unknown), where="priors"
        )
    for first, second in correlated_pairs(design.blocks):
        name = f"correlation[{design.effects[first]}, {design.effects[second]}]"
        found[name] = _Own("lkj", spread, spread, f"LKJ({_CONCENTRATION:g})")
    return found


def _concentrations(blocks: Sequence[int]) -> list[float]:
    """Return the beta parameter of each partial correlation that makes the matrix LKJ."""
    return [
        _CONCENTRATION + (size - 2 - column) / 2
        for size in blocks
        for row in range(size)
        for column in range(row)
    ]


def _correlation_factor(blocks: Sequence[int], partial: Any, root: Any) -> dict[Any, Any]:
    """Return the Cholesky factor of a correlation matrix from partial correlations, by entries.

    ``partial`` has an entry a pair; the same arithmetic serves arrays and PyMC's expressions.
    """
    entries: dict[tuple[int, int], Any] = {}
    start = at = 0
    for size in blocks:
        for i in range(start, start + size):
            left: Any = 1.0
            for k in range(start, i):
                entries[i, k] = partial[at] * root(left)
                left = left * (1 - partial[at] ** 2)
                at += 1
            entries[i, i] = root(left) if i > start else 1.0
        start += size
    return entries


# Sampling


def _sampled(
    design: Design, own: Mapping[str, _Own], draws: int, seed: int
) -> tuple[Draws, pd.DataFrame]:
    """Sample what is left when the effects of people are integrated out."""
    pytensor = require("pytensor", EXTRA)
    # Before anything is compiled: the search for BLAS warns where a pip install has none, and the
    # products here are small.
    pytensor.config.blas__ldflags = ""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", FutureWarning
        )  # once a day ArviZ announces its next version
        pymc, nutpie, arviz = (require(name, EXTRA) for name in ("pymc", "nutpie", "arviz"))
    sums, spread = scaled_sums(design)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries about their own versions
        compiled = nutpie.compile_pymc_model(_pymc_model(pymc, design, own, sums, spread))
        trace = nutpie.sample(
            compiled, draws=draws, tune=draws, chains=_CHAINS, seed=seed, progress_bar=False
        )
        names = [name for name in ("beta", "sd", "sigma", "partial") if name in trace.posterior]
        values = {name: trace.posterior[name].to_numpy() for name in names}
        posterior = trace.posterior[names]
        measures = {
            "r_hat": arviz.rhat(posterior),
            "ess_bulk": arviz.ess(posterior, method="bulk"),
            "ess_tail": arviz.ess(posterior, method="tail"),
        }
    n_coordinates = design.Y.shape[1]
    labels = {
        "beta": design.names,
        "sd": [f"sd[{name}]" for name in design.effects],
        "sigma": [RESIDUAL],
        "partial": [
            f"partial correlation {k + 1}" for k in range(len(correlated_pairs(design.blocks)))
        ],
    }
    titles = [
        name if n_coordinates == 1 else f"{name}, component {k + 1}"
        for kind in names
        for name in labels[kind]
        for k in range(n_coordinates)
    ]
    sampling = pd.DataFrame(
        {
            measure: np.concatenate([table[name].to_numpy().ravel() for name in names])
            for measure, table in measures.items()
        },
        index=titles,
    )
    divergent = float(trace.sample_stats["diverging"].mean())
    _refuse_unsampled(sampling, divergent)
    flat = {name: each.reshape(-1, *each.shape[2:]) for name, each in values.items()}
    n = len(flat["beta"])
    sigma = spread * flat["sigma"] if "sigma" in flat else np.zeros((n, n_coordinates))
    factor = _factor(design, flat["sd"] * spread, flat.get("partial"))
    return Draws(flat["beta"] * spread, factor, sigma), sampling


def _refuse_unsampled(sampling: pd.DataFrame, divergent: float) -> None:
    ess = sampling[["ess_bulk", "ess_tail"]].min(axis=1)
    told = []
    if not (sampling["r_hat"] <= LARGEST_RHAT).all():
        at = int(sampling["r_hat"].fillna(np.inf).to_numpy().argmax())
        told.append(f"R-hat {sampling['r_hat'].iloc[at]:.3f} of {sampling.index[at]}")
    if not (ess >= LEAST_ESS).all():
        at = int(ess.fillna(0).to_numpy().argmin())
        told.append(f"an effective sample size of {ess.iloc[at]:.0f} of {sampling.index[at]}")
    if divergent > _MOST_DIVERGENT:
        told.append(f"{100 * divergent:.1f} % divergent draws")
    if told:
        raise ConvergenceError(
            expected=f"chains that agree: R-hat at most {LARGEST_RHAT}, effective sample size at "
            f"least {LEAST_ESS}, divergent draws at most {_MOST_DIVERGENT:.0%}",
            got="; ".join(told),
            where="sampling",
            fix="take more draws, leave out random effects that the data cannot tell, or give "
            "narrower priors",
        )


def _pymc_model(
    pymc: Any, design: Design, own: Mapping[str, _Own], sums: Sums, spread: Values
) -> Any:
    r"""Return the model in units of the response's spread.

    With :math:`L` the factor of people's covariance over σ and :math:`A_i = I + L'Z_i'Z_iL`,

    .. math:: -2\log p = \sum_i n_i\log\sigma^2 + \log|A_i| + (r_i'r_i
              - r_i'Z_iL A_i^{-1} L'Z_i'r_i)/\sigma^2, \quad r_i = y_i - X_i\beta.
    """
    pt: Any = require("pytensor.tensor", EXTRA)
    q, K = design.Z.shape[1], design.Y.shape[1]
    XX, Xy = sums.XX.sum(axis=0), sums.Xy.sum(axis=1).T
    root = np.linalg.cholesky(XX).T
    ols = np.linalg.solve(XX, Xy)
    squares = sums.yy.sum(axis=1) - (Xy * ols).sum(axis=0)

    def spread_of(name: str, shape: str) -> Any:
        each = own[name]
        scale = each.scale / spread
        kind = pymc.HalfCauchy if each.family == "half_cauchy" else pymc.HalfNormal
        return kind(shape, scale, shape=K)

    with pymc.Model() as model:
        fixed = [own[name] for name in design.names]
        beta = pymc.Normal(
            "beta",
            np.stack([each.mean / spread for each in fixed]),
            np.stack([each.scale / spread for each in fixed]),
            shape=(len(fixed), K),
        )
        each_sd = [spread_of(f"sd[{name}]", f"sd_{at}") for at, name in enumerate(design.effects)]
        pymc.Deterministic("sd", pt.concatenate([sd[np.newaxis] for sd in each_sd]))
        sigma = spread_of(RESIDUAL, "sigma") if design.error is None else pt.ones(K)
        partial: Any = ()
        if concentrations := _concentrations(design.blocks):
            shape = np.tile(np.array(concentrations)[:, np.newaxis], K)
            raw = pymc.Beta("raw", shape, shape, shape=shape.shape)
            partial = pymc.Deterministic("partial", 2 * raw - 1)
        L = {
            key: value * each_sd[key[0]] / sigma
            for key, value in _correlation_factor(design.blocks, partial, pt.sqrt).items()
        }
        rest = squares + pt.sum(pt.sqr(pt.dot(root, ols - beta)), axis=0)
        Zr = [(sums.Zy[:, :, i].T - pt.dot(sums.ZX[:, i], beta)) / sigma for i in range(q)]
        # Cholesky's decomposition of A of every person and coordinate, entry by entry: few
        # effects, and plain sums of arrays compile fast.
        log_roots, explained = _eliminated(sums.ZZ, L, Zr, pt.sqrt, pt.log)
        pymc.Potential(
            "likelihood",
            -sums.rows.sum() * pt.sum(pt.log(sigma))
            - pt.sum(log_roots)
            - 0.5 * (pt.sum(rest / pt.sqr(sigma)) - pt.sum(explained)),
        )
    return model


def _eliminated(ZZ: Values, L: Mapping[Any, Any], Zr: Sequence[Any], root: Any, log: Any) -> Any:
    """Return log |A|/2 and u'A⁻¹u of every person and coordinate, u = L'Z'r."""
    q = len(Zr)

    def entry(i: int, k: int) -> Any:
        return L.get((i, k), 0.0)

    A = {
        (i, j): sum(
            ZZ[:, k, m][:, np.newaxis] * (entry(k, i) * entry(m, j))
            for k in range(q)
            for m in range(q)
            if (k, i) in L and (m, j) in L
        )
        + float(i == j)
        for i in range(q)
        for j in range(i + 1)
    }
    u = [sum(Zr[k] * entry(k, i) for k in range(q) if (k, i) in L) for i in range(q)]
    C: dict[tuple[int, int], Any] = {}
    logs: Any = 0.0
    squares: Any = 0.0
    solved: list[Any] = []
    for j in range(q):
        C[j, j] = root(A[j, j] - sum(C[j, k] ** 2 for k in range(j)))
        for i in range(j + 1, q):
            C[i, j] = (A[i, j] - sum(C[i, k] * C[j, k] for k in range(j))) / C[j, j]
        solved.append((u[j] - sum(C[j, k] * solved[k] for k in range(j))) / C[j, j])
        logs = logs + log(C[j, j])
        squares = squares + solved[j] ** 2
    return logs, squares


def _factor(design: Design, sd: Values, partial: Values | None) -> Values:
    """Return the factor of people's covariance, shape (n_draws, q, q, K)."""
    n, q, K = sd.shape
    entries = _correlation_factor(
        design.blocks, () if partial is None else partial.swapaxes(0, 1), np.sqrt
    )
    factor = np.zeros((n, q, q, K))
    for (i, k), value in entries.items():
        factor[:, i, k] = value * sd[:, i]
    return factor


def _from_prior(design: Design, own: Mapping[str, _Own], seed: int) -> Draws:
    rng = np.random.default_rng(seed)
    shape = (_PRIOR_DRAWS, design.Y.shape[1])

    def drawn(name: str) -> Values:
        each = own[name]
        if each.family == "normal":
            return np.asarray(each.mean + each.scale * rng.standard_normal(shape))
        whole = rng.standard_cauchy if each.family == "half_cauchy" else rng.standard_normal
        return np.asarray(each.scale * np.abs(whole(shape)))

    beta = np.stack([drawn(name) for name in design.names], axis=1)
    sd = np.stack([drawn(f"sd[{name}]") for name in design.effects], axis=1)
    partial = [2 * rng.beta(a, a, shape) - 1 for a in _concentrations(design.blocks)]
    sigma = drawn(RESIDUAL) if design.error is None else np.zeros(shape)
    return Draws(beta, _factor(design, sd, np.stack(partial, axis=1) if partial else None), sigma)
