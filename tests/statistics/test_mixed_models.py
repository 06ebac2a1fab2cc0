"""Mixed models against published fits, dense likelihoods and t tests on people's means."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.features.table import feature_table
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import mixed

# Box and Tiao 1973, Bayesian Inference in Statistical Analysis, table 5.1.4: six batches of five.
DYESTUFF_2 = """
7.298 3.846 2.434 9.566 7.990 5.220 6.556 0.608 11.788 -0.892 0.110 10.386 13.434 5.510 8.166
2.212 4.852 7.092 9.288 4.980 0.282 9.014 4.458 9.446 7.198 1.722 4.782 8.106 0.758 3.758
"""


@pytest.fixture(scope="module")
def published(shared_data):
    folder = shared_data / "statistics"
    figures = json.loads((folder / "multilevel.json").read_text())
    return {
        name.split(":")[0]: (pd.read_csv(folder / each["file"]), each)
        for name, each in figures.items()
        if "file" in each
    }


def strides(seed=0, n_people=14, slope=True):
    """People with unequal numbers of strides at their own speeds."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), rng.integers(3, 9, n_people))
    frame = pd.DataFrame(
        {
            "subject": [f"P{k:02d}" for k in person],
            "group": np.where(person % 2, "stroke", "healthy"),
            "speed": rng.normal(1.2, 0.3, len(person)),
        }
    )
    level = rng.normal(0, 0.6, n_people)[person]
    own = rng.normal(0, 0.8, n_people)[person] if slope else 0.0
    noise = rng.normal(0, 0.3, len(person))
    frame["y"] = 2 + level + (1 + own) * frame["speed"] + 0.4 * (person % 2) + noise
    return frame


def test_sleepstudy_is_as_published(published):
    frame, told = published["sleepstudy"]
    fit = mixed("Reaction ~ Days + (Days | Subject)", frame)
    assert fit.fixed["estimate"].to_dict() == pytest.approx(told["fixed_effects"], abs=1e-6)
    random = fit.random.iloc[0]
    assert random["sd[Intercept]"] == pytest.approx(told["sd_subject"]["Intercept"], abs=6e-4)
    assert random["sd[Days]"] == pytest.approx(told["sd_subject"]["Days"], abs=6e-4)
    assert random["correlation[Intercept, Days]"] == pytest.approx(told["correlation"], abs=6e-4)
    assert random["sd[residual]"] == pytest.approx(told["sd_residual"], abs=6e-4)
    quality = fit.quality.iloc[0]
    assert quality["criterion"] == pytest.approx(told["REML_criterion"], abs=1e-6)
    assert not quality["singular"]
    new = pd.DataFrame({"Days": range(6)})
    assert fit.predict(new, person=False) == pytest.approx(
        told["population_prediction_days_0_to_5"], abs=6e-4
    )
    ml = mixed("Reaction ~ Days + (Days | Subject)", frame, reml=False).quality.iloc[0]
    assert ml["criterion"] == pytest.approx(told["ML_deviance"], abs=6e-4)
    assert ml["aic"] == pytest.approx(told["ML_AIC"], abs=6e-3)
    assert ml["bic"] == pytest.approx(told["ML_BIC"], abs=6e-2)


def test_tests_and_shares_of_sleepstudy_are_those_of_the_packages_in_r(published):
    """Printed by lmerTest (df, t, p), performance (ICC, R²) for this model."""
    fit = mixed("Reaction ~ Days + (Days | Subject)", published["sleepstudy"][0])
    days = fit.fixed.loc["Days"]
    assert days["df"] == pytest.approx(17.0, abs=1e-4)
    assert days["se"] == pytest.approx(1.546, abs=6e-4)
    assert days["t"] == pytest.approx(6.771, abs=6e-4)
    assert days["p"] == pytest.approx(3.26e-6, abs=6e-9)
    quality = fit.quality.iloc[0]
    assert quality["icc"] == pytest.approx(0.722, abs=6e-4)
    assert quality["r2_marginal"] == pytest.approx(0.279, abs=6e-4)
    assert quality["r2_conditional"] == pytest.approx(0.799, abs=6e-4)


def test_dyestuff_is_as_published(published):
    frame, told = published["Dyestuff"]
    fit = mixed("Yield ~ 1 + (1 | Batch)", frame)
    assert fit.fixed.loc["Intercept", "estimate"] == pytest.approx(told["Intercept"], abs=1e-6)
    random = fit.random.iloc[0]
    # The analysis of variance gives 1764.05; the published fit stopped 7e-6 of it away.
    assert random["sd[Intercept]"] ** 2 == pytest.approx(told["var_batch_REML"], rel=1e-5)
    assert random["sd[residual]"] == pytest.approx(told["sd_residual"], rel=1e-6)
    assert fit.quality["criterion"].item() == pytest.approx(told["REML_criterion"], abs=1e-6)
    ml = mixed("Yield ~ 1 + (1 | Batch)", frame, reml=False)
    assert ml.quality["criterion"].item() == pytest.approx(told["ML_deviance"], abs=1e-6)


def test_a_singular_fit_says_so():
    """Published: no variance between batches, criteria 161.8283 and 162.8730 (lme4's manual)."""
    frame = pd.DataFrame(
        {"y": np.array(DYESTUFF_2.split(), float), "batch": np.repeat(list("ABCDEF"), 5)}
    )
    with pytest.warns(LocomotionWarning, match="no variance"):
        fit = mixed("y ~ 1 + (1 | batch)", frame)
    assert fit.fixed.loc["Intercept", "estimate"] == pytest.approx(5.6656)
    assert fit.random["sd[Intercept]"].item() < 1e-6
    assert fit.random["sd[residual]"].item() == pytest.approx(3.7157, abs=6e-5)
    assert fit.quality["criterion"].item() == pytest.approx(161.8283, abs=6e-5)
    assert fit.quality["singular"].item()
    assert fit.notes
    assert np.isfinite(fit.fixed.to_numpy()).all()
    with pytest.warns(LocomotionWarning):
        ml = mixed("y ~ 1 + (1 | batch)", frame, reml=False)
    assert ml.quality["criterion"].item() == pytest.approx(162.8730, abs=6e-5)
    assert fit.fixed.loc["Intercept", "df"] == 5  # six batches, not thirty rows


def test_rows_are_no_people_where_a_fit_is_singular():
    """Speed has no effect of its own in anybody: rows would give some 190 degrees of freedom."""
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(10), 20)
    frame = pd.DataFrame({"subject": people, "group": np.where(people < 4, "a", "b")})
    frame["speed"], frame["side"] = rng.uniform(1, 2, 200), rng.normal(size=200)
    frame["y"] = rng.normal(size=200)
    for _, own in frame.groupby("subject"):
        line = np.polynomial.Polynomial.fit(own["speed"], own["y"], 1)
        frame.loc[own.index, "y"] -= line(own["speed"])
    with pytest.warns(LocomotionWarning, match="singular"):
        fit = mixed("y ~ speed * group + side + (speed | subject)", frame)
    df = fit.fixed["df"]
    contained = df.index != "side"
    assert (df[contained] == 8).all()  # ten people, two such effects of each random one
    assert df["side"] > 100


class Dense:
    """The same model written with whole covariance matrices."""

    def __init__(self, frame, X, Z, reml):
        self.y, self.X, self.reml = frame["y"].to_numpy(), X, reml
        same = frame["subject"].to_numpy()[:, None] == frame["subject"].to_numpy()
        self.made = [Z[:, [a]] * Z[:, b] * same for a, b in ((0, 0), (1, 0), (1, 1))]

    def parts(self, phi):
        l00, l10, l11, log_variance = phi
        covariance = (l00**2, l00 * l10, l10**2 + l11**2)
        first, cross, second = self.made
        V = covariance[0] * first + covariance[1] * (cross + cross.T) + covariance[2] * second
        V = np.exp(log_variance) * (V + np.eye(len(self.y)))
        inverse = np.linalg.inv(V)
        C = np.linalg.inv(self.X.T @ inverse @ self.X)
        return V, C, C @ self.X.T @ inverse @ self.y

    def criterion(self, phi):
        V, C, beta = self.parts(phi)
        value = -2 * stats.multivariate_normal(self.X @ beta, V).logpdf(self.y)
        if self.reml:
            value -= np.linalg.slogdet(C)[1] + self.X.shape[1] * np.log(2 * np.pi)
        return value


def hessian(f, at, h=2e-4):
    eye = h * np.eye(len(at))
    return np.array(
        [
            [
                (f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / (4 * h * h)
                for b in eye
            ]
            for a in eye
        ]
    )


@pytest.mark.parametrize("reml", [True, False])
def test_a_fit_is_the_minimum_of_the_dense_likelihood(reml):
    frame = strides(7)
    X = np.c_[np.ones(len(frame)), frame["speed"], frame["group"] == "stroke"].astype(float)
    dense = Dense(frame, X, X[:, :2], reml)
    start = np.array([1.0, 0.0, 1.0, -2.0])
    best = optimize.minimize(dense.criterion, start, method="BFGS", options={"gtol": 1e-4})
    fit = mixed("y ~ speed + group + (speed | subject)", frame, reml=reml)
    assert fit.quality["criterion"].item() == pytest.approx(best.fun, abs=1e-6)
    _, C, beta = dense.parts(best.x)
    assert fit.fixed["estimate"].to_numpy() == pytest.approx(beta, abs=1e-5)
    assert fit.fixed["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(C)), rel=1e-4)
    # Satterthwaite's degrees of freedom, every derivative by differences.
    A = 2 * np.linalg.inv(hessian(dense.criterion, best.x))
    steps = 1e-4 * np.eye(4)
    slope = [(dense.parts(best.x + s)[1] - dense.parts(best.x - s)[1]) / 2e-4 for s in steps]
    g = np.array([np.diag(each) for each in slope])
    df = 2 * np.diag(C) ** 2 / np.einsum("mj,mn,nj->j", g, A, g)
    assert fit.fixed["df"].to_numpy() == pytest.approx(df, rel=2e-3)


def test_people_of_two_groups_are_compared_as_a_t_test_compares_their_means():
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(16), 6)
    frame = pd.DataFrame({"subject": person, "group": np.where(person < 7, "a", "b")})
    frame["y"] = rng.normal(size=16)[person] + 0.5 * rng.normal(size=96) + (person < 7)
    fit = mixed("y ~ group + (1 | subject)", frame)
    means = frame.groupby(["group", "subject"])["y"].mean()
    expected = stats.ttest_ind(means["b"], means["a"])
    found = fit.fixed.loc["group[b]"]
    assert found["df"] == pytest.approx(14, rel=1e-5)
    assert found["t"] == pytest.approx(expected.statistic, rel=1e-6)
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-4)
    ends = expected.confidence_interval(0.95)
    assert found[["low", "high"]].tolist() == pytest.approx([ends.low, ends.high], rel=1e-5)
    # A person's effect is the shrunken mean of what the fixed effects leave.
    between, within = (
        fit.random["sd[Intercept]"].item() ** 2,
        fit.random["sd[residual]"].item() ** 2,
    )
    rest = frame["y"] - frame.groupby("group")["y"].transform("mean")
    shrunken = rest.groupby(frame["subject"]).mean() * between / (between + within / 6)
    assert fit.people.loc["Intercept"].to_numpy() == pytest.approx(shrunken.to_numpy(), rel=1e-6)
    assert fit.quality["icc"].item() == pytest.approx(between / (between + within))


def test_covariates_in_other_units_give_the_same_model():
    frame = strides(2)
    metres = mixed("y ~ speed * group + (speed | subject)", frame)
    frame["speed"] = 5000 + 1000 * frame["speed"]
    shifted = mixed("y ~ speed * group + (speed | subject)", frame)
    assert shifted.quality["criterion"].item() - 2 * 2 * np.log(1000) == pytest.approx(
        metres.quality["criterion"].item(), abs=1e-5
    )
    assert shifted.fixed.loc["speed", "df"] == pytest.approx(
        metres.fixed.loc["speed", "df"], rel=1e-3
    )
    assert shifted.random["sd[speed]"].item() == pytest.approx(
        metres.random["sd[speed]"].item() / 1000, rel=1e-4
    )


def test_uncorrelated_effects_have_no_correlation_and_fit_no_better():
    frame = strides(3)
    free = mixed("y ~ speed + (speed | subject)", frame)
    apart = mixed("y ~ speed + (speed || subject)", frame)
    assert list(apart.random) == ["sd[Intercept]", "sd[speed]", "sd[residual]"]
    assert apart.quality["criterion"].item() >= free.quality["criterion"].item() - 1e-6


def test_a_contrast_is_the_difference_under_another_coding():
    frame = strides(5, n_people=18)
    frame["group"] = np.array(list("abc"))[pd.factorize(frame["subject"])[0] % 3]
    fit = mixed("y ~ group + (1 | subject)", frame)
    found = fit.contrast({"group[b]": -1, "group[c]": 1}).iloc[0]
    frame["group"] = pd.Categorical(frame["group"], categories=list("bac"))
    expected = mixed("y ~ group + (1 | subject)", frame).fixed.loc["group[c]"]
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-4)


def test_predictions_with_the_person_know_more_than_without():
    frame = strides(9)
    fit = mixed("y ~ speed + (speed | subject)", frame)
    error = {p: np.std(frame["y"] - fit.predict(frame, person=p)) for p in (True, False)}
    assert error[True] < 0.6 * error[False]
    stranger = frame.assign(subject="new")
    assert fit.predict(stranger, person=False) == pytest.approx(fit.predict(frame, person=False))
    with pytest.raises(SchemaError, match="person=False"):
        fit.predict(stranger)


def test_the_bootstrap_over_people_agrees_with_satterthwaite_where_all_is_normal():
    frame = strides(7, n_people=50)
    fit = mixed("y ~ speed + group + (speed | subject)", frame)
    drawn = fit.bootstrap(200)
    for effect in ("Intercept", "speed", "group[stroke]"):
        width = fit.fixed.loc[effect, "high"] - fit.fixed.loc[effect, "low"]
        assert drawn.loc[effect, "high"] - drawn.loc[effect, "low"] == pytest.approx(
            width, rel=0.25
        )
        assert drawn.loc[effect, "low"] < fit.fixed.loc[effect, "estimate"]
        assert drawn.loc[effect, "high"] > fit.fixed.loc[effect, "estimate"]
    sd = fit.random["sd[speed]"].item()
    assert drawn.loc["sd[speed]", "low"] < sd < drawn.loc["sd[speed]", "high"]
    assert drawn.attrs["left_out"] == 0


def curves(frame, seed, n_points=12, effect=0.0):
    """Smooth curves of people: their own level, a smooth departure, smooth noise of a stride."""
    rng = np.random.default_rng(seed)
    kernel = np.exp(-0.5 * ((np.arange(n_points)[:, None] - np.arange(n_points)) / 2.0) ** 2)
    kernel /= np.linalg.norm(kernel, axis=1, keepdims=True)
    person, people = pd.factorize(frame["subject"])
    own = rng.normal(size=(len(people), n_points)) @ kernel.T
    noise = rng.normal(size=(len(frame), n_points)) @ kernel.T
    group = (frame["group"] == "stroke").to_numpy(float)[:, None]
    return own[person] + 0.7 * noise + effect * group * np.linspace(0, 1, n_points)


def test_every_point_of_a_curve_is_the_model_of_that_point():
    frame = strides(8)
    values = curves(frame, 8, effect=4.0) + frame[["speed"]].to_numpy() * np.linspace(-1, 1, 12)
    formula = "c ~ speed + group + (speed | subject)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)  # some points are singular
        whole = mixed(formula, frame, values)
        for point in (0, 5, 11):
            one = mixed(formula, frame.assign(c=values[:, point]))
            own = whole.fixed.xs(point, level="phase_percent")[list(one.fixed)]
            assert own.to_numpy() == pytest.approx(one.fixed.to_numpy(), rel=2e-3, abs=1e-12)
            assert whole.quality.loc[point, "criterion"] == pytest.approx(
                one.quality["criterion"].item(), abs=1e-6
            )
    assert whole.predict(frame).shape == values.shape
    assert (whole.fixed["band_low"] < whole.fixed["low"]).all()
    assert (whole.fixed["p_curve"] >= whole.fixed["p"] - 1e-3).all()
    assert whole.fixed.loc["group[stroke]"].loc[11, "p_curve"] < 0.05
    assert whole.plot("group[stroke]").get_xlabel() == "Gait cycle (%)"


@pytest.mark.slow
def test_the_band_holds_the_whole_curve_as_often_as_it_says():
    frame = strides(9, n_people=16)
    held, each_point = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)
        for seed in range(120):
            effect = mixed("c ~ group + (1 | subject)", frame, curves(frame, seed)).fixed
            rows = effect.loc["group[stroke]"]
            held.append(((rows["band_low"] <= 0) & (rows["band_high"] >= 0)).all())
            each_point.append(((rows["low"] <= 0) & (rows["high"] >= 0)).all())
    # Standard error 0.02; intervals of each point hold far fewer curves.
    assert 0.91 <= np.mean(held) <= 1.0
    assert np.mean(each_point) < 0.88


def test_strides_of_locomotion_data_with_its_features_and_channels():
    data = simulate(14, 4, ["level_walking"], ["healthy", "stroke"], seed=3)
    data_frame = data.cycles
    fit = mixed("stride_length_m ~ speed_m_s + (1 | subject)", data)
    assert fit.fixed["estimate"].to_numpy() == pytest.approx(
        mixed("stride_length_m ~ speed_m_s + (1 | subject)", data_frame)
        .fixed["estimate"]
        .to_numpy()
    )
    assert fit.simulated
    name = "walk_ratio_m_min"
    joined = data_frame.assign(**{name: feature_table(data, ["spatial"]).frame[name].to_numpy()})
    expected = mixed(f"{name} ~ speed_m_s + (1 | subject)", joined)
    of_feature = mixed(f"{name} ~ speed_m_s + (1 | subject)", data)
    assert of_feature.fixed.to_numpy() == pytest.approx(expected.fixed.to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)
        curve = mixed("knee_flexion_angle_ipsi_rad ~ pathology + (1 | subject)", data)
    assert len(curve.random) == 150
    assert curve.people.shape == (150, 14)


def test_rows_without_a_value_are_left_out_and_counted():
    frame = strides(10)
    whole = mixed("y ~ speed + (1 | subject)", frame.drop(index=[3, 7]))
    frame.loc[3, "y"] = np.nan
    frame.loc[7, "speed"] = np.nan
    with pytest.warns(LocomotionWarning, match=f"2 of {len(frame)} rows"):
        fit = mixed("y ~ speed + (1 | subject)", frame)
    assert fit.fixed.to_numpy() == pytest.approx(whole.fixed.to_numpy())
    assert "2 of" in fit.notes[0]


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("y ~ speeed + (1 | subject)", "did you mean speed"),
        ("y ~ speed", r"\(1 \| subject\)"),
        ("y ~ speed + (1 | subject) + (1 | group)", "one grouping column"),
        ("y ~ speed + copy + (1 | subject)", "copy is a sum of multiples of speed"),
        ("y ~ group + subject + (1 | subject)", "subject"),
        ("group ~ speed + (1 | subject)", "a number to explain"),
        ("same ~ speed + (1 | subject)", "varies"),
        ("y ~ 1 + (subject | subject)", "more rows than random effects"),
    ],
)
def test_a_wrong_question_is_one_clear_error(formula, said):
    frame = strides(11).assign(same=1.0)
    frame["copy"] = 2 * frame["speed"]
    with pytest.raises(SchemaError, match=said):
        mixed(formula, frame)


def test_the_order_of_rows_changes_nothing():
    data = simulate(10, 3, ["level_walking"], seed=2)
    knee = "knee_flexion_angle_ipsi_rad"
    shuffled = data.take(np.random.default_rng(0).permutation(len(data)))
    one, other = (mixed(f"{knee} ~ speed_m_s + (1 | subject)", each) for each in (data, shuffled))
    pd.testing.assert_frame_equal(one.fixed, other.fixed, rtol=1e-6)
    pd.testing.assert_frame_equal(one.people, other.people, atol=1e-6)


def test_one_name_in_two_datasets_is_not_taken_for_one_person():
    """Two laboratories that number their people alike would differ far beyond chance."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(16), 5)
    frame = pd.DataFrame({"dataset": np.where(people < 8, "x", "y"), "subject": people % 8})
    frame["y"] = rng.normal(size=16)[people] + rng.normal(0, 0.1, 80)
    with pytest.raises(SchemaError, match="in several"):
        mixed("y ~ dataset + (1 | subject)", frame)
    apart = mixed("y ~ dataset + (1 | person)", frame.assign(person=people))
    means = frame.groupby(people)["y"].mean()
    t = stats.ttest_ind(means[8:], means[:8])
    assert apart.fixed.loc["dataset[y]", "p"] == pytest.approx(t.pvalue, rel=1e-3)


def test_too_few_people_are_refused():
    frame = strides(12)
    with pytest.raises(SchemaError, match="2 people"):
        mixed("y ~ speed + (1 | subject)", frame[frame["subject"] < "P02"])
    with pytest.raises(SchemaError, match="curves of shape"):
        mixed("c ~ speed + (1 | subject)", frame, np.zeros((3, 5)))
