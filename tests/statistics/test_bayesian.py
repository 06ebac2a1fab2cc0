"""Bayesian models against exact integrals, dense likelihoods, published posteriors and REML."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from locomotion_analysis import extras
from locomotion_analysis.cli import main
from locomotion_analysis.errors import ConvergenceError, MissingExtraError, SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import Prior, bayesian, mixed
from locomotion_analysis.statistics.bayesian import (
    _concentrations,
    _correlation_factor,
    _eliminated,
)

KNEE = "knee_flexion_angle_ipsi_rad"
SCHOOLS = {"Intercept": Prior("normal", 5.0), "sd[Intercept]": Prior("half_cauchy", 5.0)}


@pytest.fixture(scope="module")
def published(shared_data):
    folder = shared_data / "statistics"
    return folder, json.loads((folder / "multilevel.json").read_text())


def strides(n_people=8, n_rows=6):
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(n_people), n_rows)
    frame = pd.DataFrame({"subject": person, "speed": rng.normal(1.2, 0.2, len(person))})
    frame["group"] = np.where(person % 2, "stroke", "healthy")
    frame["y"] = rng.normal(size=n_people)[person] + frame["speed"] + rng.normal(size=len(person))
    return frame


@pytest.mark.parametrize("blocks", [(1,), (2,), (3,), (1, 2)])
def test_people_are_integrated_out_as_by_whole_covariance_matrices(blocks):
    rng = np.random.default_rng(sum(blocks))
    q, n = sum(blocks), 7
    Z, r, sigma = rng.normal(size=(n, q)), rng.normal(size=n), 0.7
    partial = rng.uniform(-0.9, 0.9, (len(_concentrations(blocks)), 1))
    sd = rng.uniform(0.3, 2.0, q)
    entries = _correlation_factor(blocks, partial, np.sqrt)
    factor = np.zeros((q, q))
    for (i, k), value in entries.items():
        factor[i, k] = np.squeeze(value * sd[i])
    assert np.sqrt((factor**2).sum(axis=1)) == pytest.approx(sd)
    V = Z @ factor @ factor.T @ Z.T + sigma**2 * np.eye(n)
    logs, explained = _eliminated(
        (Z.T @ Z)[np.newaxis],
        {key: value * sd[key[0]] / sigma for key, value in entries.items()},
        [np.array([[each]]) for each in Z.T @ r / sigma],
        np.sqrt,
        np.log,
    )
    likelihood = -n * np.log(sigma) - logs - 0.5 * (r @ r / sigma**2 - explained)
    expected = stats.multivariate_normal(np.zeros(n), V).logpdf(r) + n / 2 * np.log(2 * np.pi)
    assert np.squeeze(likelihood) == pytest.approx(expected)


def test_correlations_of_three_effects_have_the_variance_of_lkj():
    """Marginals of LKJ(1) over d effects are beta, their variance 1 / (d + 1) (Lewandowski 2009)."""
    rng = np.random.default_rng(0)
    partial = np.stack([2 * rng.beta(a, a, 40_000) - 1 for a in _concentrations((3,))])
    entries = _correlation_factor((3,), partial, np.sqrt)
    L = np.zeros((40_000, 3, 3))
    for (i, k), value in entries.items():
        L[:, i, k] = value
    R = L @ L.swapaxes(1, 2)
    for i, k in ((1, 0), (2, 0), (2, 1)):
        assert R[:, i, k].var() == pytest.approx(1 / 4, rel=0.03)


@pytest.mark.slow
def test_eight_schools_is_the_exact_integral_and_the_published_posterior(published):
    told = published[1]["eight schools, non-centred"]
    y, se = np.array(told["y"], float), np.array(told["sigma"], float)
    frame = pd.DataFrame({"y": y, "se": se, "school": list("ABCDEFGH")})
    options = {"priors": SCHOOLS, "standard_error": "se"}
    fit = bayesian("y ~ 1 + (1 | school)", frame, draws=2000, **options)
    mu, tau = np.linspace(-30, 40, 701)[:, None], (np.arange(6000) + 0.5)[None] / 50
    log = stats.norm(0, 5).logpdf(mu) - np.log1p((tau / 5) ** 2)
    for one, s in zip(y, se, strict=True):
        log = log + stats.norm(mu, np.hypot(tau, s)).logpdf(one)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    error = fit.fixed.loc["Intercept", "sd"] / np.sqrt(fit.sampling.loc["Intercept", "ess_bulk"])
    found = fit.fixed.loc["Intercept"]
    assert found["mean"] == pytest.approx((weight * mu).sum(), abs=3 * error)
    assert found["mean"] == pytest.approx(told["mean_mu"], abs=2 * np.hypot(error, 0.06))
    spread = fit.random.loc["sd[Intercept]"]
    error = spread["sd"] / np.sqrt(fit.sampling.loc["sd[Intercept]", "ess_bulk"])
    assert spread["mean"] == pytest.approx((weight * tau).sum(), abs=3.5 * error)
    assert spread["mean"] == pytest.approx(told["mean_tau"], abs=2 * np.hypot(error, 0.06))
    theta = found["mean"] + fit.people.loc["Intercept"]
    assert theta.to_numpy() == pytest.approx(np.array(told["mean_theta"]), abs=0.3)
    above = fit.probability("Intercept")
    assert above["above"] == pytest.approx((weight * (mu > 0)).sum(), abs=0.02)
    again = bayesian("y ~ 1 + (1 | school)", frame, draws=2000, **options)
    pd.testing.assert_frame_equal(fit.fixed, again.fixed)
    assert fit.prior.loc["sd[Intercept]", "prior"] == "HalfCauchy(5)"
    with pytest.raises(ConvergenceError, match="effective sample size"):
        bayesian("y ~ 1 + (1 | school)", frame, draws=40, **options)


@pytest.mark.slow
def test_sleepstudy_agrees_with_its_restricted_likelihood(published):
    folder, _ = published
    frame = pd.read_csv(folder / "sleepstudy.csv")
    fit = bayesian("Reaction ~ Days + (Days | Subject)", frame)
    reml = mixed("Reaction ~ Days + (Days | Subject)", frame)
    for name in ("Intercept", "Days"):
        own, other = fit.fixed.loc[name], reml.fixed.loc[name]
        error = own["sd"] / np.sqrt(fit.sampling["ess_bulk"].min())
        assert own["mean"] == pytest.approx(other["estimate"], abs=3 * error + 0.02 * other["se"])
        # Variances are not known but averaged over: a little wider.
        assert other["se"] < own["sd"] < 1.4 * other["se"]
    assert fit.random.loc["sd[residual]", "mean"] == pytest.approx(25.6, rel=0.03)
    assert fit.random.loc["sd[Days]", "low"] < 5.92 < fit.random.loc["sd[Days]", "high"]
    together = np.corrcoef(fit.people.to_numpy().ravel(), reml.people.to_numpy().ravel())
    assert together[0, 1] > 0.99
    assert (fit.check["observed"] > fit.check["low"]).all()
    assert "Days ~ Normal(0, " in str(fit)
    both = fit.contrast({"Intercept": 1, "Days": 5})
    assert both["mean"].item() == pytest.approx(fit.fixed["mean"] @ [1, 5])
    margin = fit.probability("Days", margin=10.0)
    assert margin["above"] + margin["within"] == pytest.approx(1.0)
    assert fit.plot("Days").get_ylabel() == "Density"
    assert "LKJ(1)" in fit.to_html()


@pytest.mark.slow
def test_the_band_of_a_curve_agrees_with_the_exact_fits_of_its_points(tmp_path):
    data = simulate(14, 3, ["level_walking"], ["healthy", "stroke"], seed=4)
    fit = bayesian(f"{KNEE} ~ pathology + (1 | subject)", data)
    exact = mixed(f"{KNEE} ~ pathology + (1 | subject)", data).fixed.loc["pathology[stroke]"]
    own = fit.fixed.loc["pathology[stroke]"]
    scale = exact["se"].max()
    assert np.abs(own["mean"] - exact["estimate"]).max() < 0.25 * scale
    ratio = (
        (own["band_high"] - own["band_low"]) / (exact["band_high"] - exact["band_low"])
    ).median()
    assert 0.8 < ratio < 1.2
    drawn = fit.draws("pathology[stroke]")
    inside = (drawn >= own["band_low"].to_numpy()) & (drawn <= own["band_high"].to_numpy())
    assert inside.all(axis=1).mean() == pytest.approx(0.95, abs=0.002)
    assert (
        (drawn[:, 70] > own["low"].iloc[70]) & (drawn[:, 70] < own["high"].iloc[70])
    ).mean() == (pytest.approx(0.95, abs=0.002))
    chance = fit.probability("pathology[stroke]", margin=0.1)
    assert chance.shape == (150, 4)
    assert fit.plot("pathology[stroke]").get_xlabel() == "Gait cycle (%)"
    fit.to_html(tmp_path / "knee.html")
    assert "SIMULATED" in (tmp_path / "knee.html").read_text()
    assert any("principal components" in note for note in fit.notes)


@pytest.mark.slow
def test_the_command_writes_the_page_and_its_tables(tmp_path, capsys):
    data = simulate(14, 3, ["level_walking"], ["healthy", "stroke"], seed=4)
    data.to_parquet(tmp_path / "cycles.parquet")
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "cycles.parquet"), "--formula", f"{KNEE} ~ pathology",
              "--method", "bayes", "--out", str(tmp_path / "out")])  # fmt: skip
    assert not ended.value.code
    assert "R-hat" in capsys.readouterr().out
    effects = pd.read_csv(tmp_path / "out" / "effects.csv")
    assert len(effects) == 2 * 150
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert numbers["formula"].endswith("+ (1 | subject)")
    assert numbers["simulated"]
    assert "Posterior predictive check" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("formula", "options", "said"),
    [
        ("y ~ speeed + (1 | subject)", {}, "did you mean speed"),
        ("y ~ speed", {}, r"\(1 \| subject\)"),
        ("y ~ speed + copy + (1 | subject)", {}, "copy is a sum of multiples of speed"),
        ("y ~ 1 + (1 | subject)", {"priors": {"sped": Prior("normal", 1.0)}}, "sd\\[Intercept\\]"),
        ("y ~ 1 + (1 | subject)", {"priors": {"Intercept": Prior("half_normal", 1.0)}}, "normal"),
        ("y ~ 1 + (1 | subject)", {"priors": {"Intercept": Prior("normal", -1.0)}}, "positive"),
        ("same ~ 1 + (1 | subject)", {}, "varies"),
        ("y ~ 1 + (1 | subject)", {"standard_error": "sse"}, "columns of the data"),
    ],
)
def test_a_wrong_question_is_one_clear_error(formula, options, said):
    frame = strides().assign(same=1.0)
    frame["copy"] = 2 * frame["speed"]
    with pytest.raises(SchemaError, match=said):
        bayesian(formula, frame, **options)


def test_without_the_library_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[bayes\]"):
        bayesian("y ~ speed + (1 | subject)", strides())
