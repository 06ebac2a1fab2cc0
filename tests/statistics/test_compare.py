"""Comparison of people by a formula: who is counted, what is averaged, what the numbers are."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from locomotion_analysis.cli import main
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import (
    anova1rm,
    anova2nested,
    compare,
    compare_family,
    mixed,
    ttest2,
    ttest_paired,
)
from locomotion_analysis.statistics.comparison_report import comparison_page, run_comparison

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def _cycles(n=16, tasks=("level_walking",), strides=3, effect=0.6, seed=0):
    """People of two groups, two legs, strides that differ less than the people do."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0, 2 * np.pi, 150)
    table, curves = [], []
    for k in range(n):
        own = rng.normal(size=3)
        speed = float(rng.normal(1.2, 0.15))
        for t, task in enumerate(tasks):
            change = rng.normal(size=2) * 0.4
            for step in range(strides):
                noise = rng.normal(size=3) * 0.2
                a, b, c = own + noise
                curve = a * np.sin(phase) + b * np.cos(phase) + c * np.sin(2 * phase)
                curve += change[0] * np.sin(phase) + change[1] * np.cos(3 * phase)
                curve += (k % 2) * effect * np.sin(phase) ** 2 + 0.5 * t + 2.0 * (speed - 1.2)
                curves.append(curve)
                table.append((f"P{k}", task, step, ("left", "right")[step % 2], k % 2, speed))
    frame = pd.DataFrame(table, columns=["subject", "task", "step", "side", "group", "speed_m_s"])
    frame["pathology"] = np.where(frame.pop("group") == 1, "stroke", "healthy")
    block = np.array(curves)
    return LocomotionData(frame, np.stack([block, np.roll(block, 40, axis=1) * 0.5]), [KNEE, HIP])


def _of_people(data, channel=KNEE):
    """Means of each person, each leg first, by pandas."""
    frame = pd.DataFrame(data.curves(channel).astype(float))
    keys = [data.cycles[name] for name in ("subject", "task", "side")]
    legs = frame.groupby([key.to_numpy() for key in keys]).mean()
    return legs.groupby(level=[0, 1]).mean()


def test_people_are_counted_and_not_their_strides():
    data = _cycles()
    means = _of_people(data).droplevel(1)
    group = data.cycles.groupby("subject")["pathology"].first().loc[means.index]
    found = compare(data, f"{KNEE} ~ pathology")
    by_hand = ttest2(means[group == "stroke"].to_numpy(), means[group == "healthy"].to_numpy())
    np.testing.assert_allclose(found.effects[0].inference.z, by_hand.z, rtol=1e-6)
    assert found.effects[0].inference.df == pytest.approx(by_hand.df)
    assert (found.n_people, found.n_cycles) == (16, 48)
    assert "cycles are not people" in found.history[0]
    assert "both legs" in found.history[1]
    assert found.counts == {("healthy",): 8, ("stroke",): 8}


def test_differences_are_those_of_the_means():
    data = _cycles(effect=2.0)
    found = compare(data, f"{KNEE} ~ pathology", equal_var=True)["pathology"]
    means = compare(data, f"{KNEE} ~ pathology").means
    apart = means["stroke",].value - means["healthy",].value
    np.testing.assert_allclose(found.difference.value, apart, atol=1e-9)
    node = int(np.abs(found.inference.z).argmax())
    # Hedges' g of two groups of eight.
    g = found.inference.z[node] * np.sqrt(2 / 8) * (1 - 3 / (4 * 14 - 1))
    assert found.size.value[node] == pytest.approx(g)
    excludes_zero = (found.difference.low > 0) | (found.difference.high < 0)
    np.testing.assert_array_equal(excludes_zero, np.abs(found.inference.z) > found.inference.zstar)


def test_conditions_of_the_same_people_are_pairs():
    data = _cycles(tasks=("level_walking", "stair_ascent"))
    found = compare(data, f"{KNEE} ~ task", within="task")["task"]
    means = _of_people(data)
    one, other = (means.xs(task, level=1).to_numpy() for task in ("level_walking", "stair_ascent"))
    np.testing.assert_allclose(found.inference.z, ttest_paired(other, one).z, rtol=1e-6)
    np.testing.assert_allclose(found.difference.value, (other - one).mean(axis=0), rtol=1e-6)


def test_three_conditions_are_the_repeated_measures_anova():
    data = _cycles(tasks=("level_walking", "stair_ascent", "stair_descent"))
    found = compare(data, f"{KNEE} ~ task", within="task")
    means = _of_people(data)
    subject, task = (pd.factorize(means.index.get_level_values(k))[0] for k in (0, 1))
    by_hand = anova1rm(means.to_numpy(), task, subject)
    np.testing.assert_allclose(found.effects[0].inference.z, by_hand.z, rtol=1e-6)
    # Greenhouse and Geisser's epsilon, from the covariance of the conditions (Maxwell & Delaney).
    of_person = means.to_numpy().reshape(16, 3, 150)
    of_person = of_person - of_person.mean(axis=0)
    spread = of_person - of_person.mean(axis=1, keepdims=True)
    scaled = of_person / np.sqrt((spread**2).sum(axis=(0, 1)))
    S = np.einsum("icq,idq->cd", scaled, scaled)
    S = S - S.mean(axis=0) - S.mean(axis=1)[:, None] + S.mean()
    epsilon = np.trace(S) ** 2 / (2 * (S**2).sum())
    corrected = found.effects[0].inference
    assert corrected.epsilon == pytest.approx(epsilon)
    assert corrected.df == pytest.approx((2 * epsilon, 30 * epsilon))
    assert corrected.zstar > by_hand.inference().zstar
    assert f"ε = {epsilon:.2f}" in corrected.sentence
    assert "sphericity" in " ".join(found.assumptions["check"])


def test_speed_is_corrected_for():
    """The adjusted difference is the least-squares coefficient at every node."""
    data = _cycles(effect=0.0, seed=4)
    found = compare(data, f"{KNEE} ~ pathology + speed_m_s")
    means = _of_people(data).droplevel(1)
    people = data.cycles.groupby("subject")[["pathology", "speed_m_s"]].first().loc[means.index]
    design = np.column_stack([np.ones(16), people["pathology"] == "stroke", people["speed_m_s"]])
    coefficients = np.linalg.lstsq(design, means.to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(found["pathology"].difference.value, coefficients[1], atol=1e-6)
    np.testing.assert_allclose(found["speed_m_s"].difference.value, coefficients[2], atol=1e-6)


def test_missing_conditions_and_nodes_are_said():
    data = _cycles(tasks=("level_walking", "stair_ascent"))
    keep = ~((data.cycles["subject"] == "P3") & (data.cycles["task"] == "stair_ascent"))
    block = data.block[:, keep.to_numpy()].copy()
    block[:, data.cycles[keep]["subject"].to_numpy() == "P5", 100:] = np.nan
    some = LocomotionData(data.cycles[keep], block, data.channels)
    found = compare(some, f"{KNEE} ~ pathology * task", within="task")
    assert found.n_people == 15
    assert "1 person lacks a condition: left out" in found.history
    assert np.isfinite(found.effects[0].inference.z).all()


def test_effects_at_nodes_that_some_people_miss_are_those_of_the_others():
    """Differences, sizes and shares are those of a model of the people measured there."""
    data = _cycles(effect=1.5, strides=1, seed=4)
    block = data.block.copy()
    without = data.cycles["subject"].isin(["P1", "P3", "P4", "P9"]).to_numpy()
    block[:, without, 100:] = np.nan
    some = LocomotionData(data.cycles, block, data.channels)
    others = LocomotionData(data.cycles[~without], data.block[:, ~without], data.channels)
    for options in ({}, {"equal_var": True}):
        for formula in ("1", "pathology", "pathology + speed_m_s"):
            found = compare(some, f"{KNEE} ~ {formula}", **options)
            apart = compare(others, f"{KNEE} ~ {formula}", **options)
            for one, other in zip(found.effects, apart.effects, strict=True):
                np.testing.assert_allclose(one.difference.value[100:], other.difference.value[100:])
                np.testing.assert_allclose(one.size.value[100:], other.size.value[100:])
    assert not found.assumptions.empty
    three = _three_groups()
    block = three.block.copy()
    without = three.cycles["subject"].isin(["P1", "P3", "P4", "P9"]).to_numpy()
    block[:, without, 100:] = np.nan
    some = LocomotionData(three.cycles, block, three.channels)
    found = compare(some, f"{KNEE} ~ pathology", equal_var=True)["pathology"]
    curves = pd.DataFrame(three.curves(KNEE).astype(float))
    people = three.cycles[["subject", "pathology", "side"]]
    whole = curves.groupby([people[name] for name in people]).mean()
    means = whole.groupby(level=[0, 1]).mean().drop(["P1", "P3", "P4", "P9"], level=0)
    around = means - means.mean()
    between = means.groupby(level=1).transform("mean") - means.mean()
    share = (between**2).sum() / (around**2).sum()
    np.testing.assert_allclose(found.size.value[100:], share[100:], rtol=1e-5)


def test_scalars_and_several_channels_go_through_the_same_call():
    data = _cycles()
    table = data.cycles
    speed = compare(table, "speed_m_s ~ pathology").effects[0].inference
    people = table.groupby("subject")[["pathology", "speed_m_s"]].first()
    groups = [
        people.loc[people["pathology"] == name, "speed_m_s"] for name in ("stroke", "healthy")
    ]
    assert speed.p == pytest.approx(stats.ttest_ind(*groups, equal_var=False).pvalue)
    both = compare(data, f"{KNEE} + {HIP} ~ pathology").effects[0].inference
    assert (both.statistic, both.df) == ("T2", (2.0, 14.0))


def _three_groups():
    data = _cycles(n=18)
    cycles = data.cycles.assign(
        pathology=[f"g{int(name[1:]) % 3}" for name in data.cycles["subject"]]
    )
    block = data.block + 1.2 * (cycles["pathology"] == "g2").to_numpy()[:, None]
    hip = np.random.default_rng(1).normal(size=(18, 1)) * np.cos(np.linspace(0, 6 * np.pi, 150))
    block[1] += hip[[int(name[1:]) for name in cycles["subject"]]]
    return LocomotionData(cycles, block, data.channels)


def test_pairs_of_levels_are_one_family():
    three = _three_groups()
    found = compare(three, f"{KNEE} ~ pathology", iterations=500)
    by_holm, by_maximum = found.posthoc("pathology"), found.posthoc("pathology", "max")
    ordered = by_holm.sort_values("p")
    steps = np.maximum.accumulate(ordered["p"].to_numpy() * [3, 2, 1]).clip(max=1)
    np.testing.assert_allclose(ordered["p_adjusted"], steps)
    assert by_maximum["p_adjusted"].iloc[0] > by_maximum["p_adjusted"].iloc[1:].max()


def test_pairs_of_all_channels_are_one_family(tmp_path):
    three = _three_groups()
    options = {"method": "permutation", "iterations": 400}
    found = compare_family(three, f"{KNEE}, {HIP} ~ pathology", **options)
    by_holm, by_maximum = found.posthoc("pathology"), found.posthoc("pathology", "max")
    assert by_holm["channel"].tolist() == [KNEE] * 3 + [HIP] * 3
    alone = [compare(three, f"{name} ~ pathology", **options) for name in (KNEE, HIP)]
    p = np.concatenate([each.posthoc("pathology")["p"] for each in alone])
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(6, 0, -1)).clip(max=1)
    np.testing.assert_allclose(by_holm["p_adjusted"].to_numpy()[order], steps)
    np.testing.assert_allclose(by_holm["p"], p)
    # Over more curves the largest t is larger, and never by more than as if they had nothing in common.
    within = np.concatenate([each.posthoc("pathology", "max")["p_adjusted"] for each in alone])
    assert (by_maximum["p_adjusted"] >= within - 1e-12).all()
    assert (by_maximum["p_adjusted"] > within).any()
    other = [each.posthoc("pathology", "max") for each in alone]
    bound = np.concatenate([2 * table["p_adjusted"] for table in other]) + 0.08
    assert (by_maximum["p_adjusted"] <= bound).all()
    made = run_comparison(
        three, f"{KNEE}, {HIP} ~ pathology", tmp_path / "out", correction="max", **options
    )
    written = pd.read_csv(tmp_path / "out" / "posthoc.csv")
    np.testing.assert_allclose(written["p_adjusted"], by_maximum["p_adjusted"])
    assert made.posthoc["p_adjusted"].tolist() == by_maximum["p_adjusted"].tolist()
    assert made.posthoc["channel"].tolist() == written["channel"].tolist() == [KNEE] * 3 + [HIP] * 3


def test_the_largest_t_of_pairs_is_that_of_pooled_variances():
    three = _three_groups()
    table = compare(three, f"{KNEE} ~ pathology", iterations=300).posthoc("pathology", "max")
    keys = [three.cycles[name].to_numpy() for name in ("subject", "side")]
    legs = pd.DataFrame(three.curves(KNEE).astype(float)).groupby(keys).mean()
    mean = legs.groupby(level=0).mean()
    group = np.array([f"g{int(name[1:]) % 3}" for name in mean.index])
    curves = {name: mean[group == name].to_numpy(float) for name in ("g0", "g1", "g2")}
    pooled = np.mean([own.var(axis=0, ddof=1) for own in curves.values()], axis=0)
    for row in table.itertuples():
        first, second = curves[row.first], curves[row.second]
        away = second.mean(axis=0) - first.mean(axis=0)
        t = away / np.sqrt(pooled * (1 / len(first) + 1 / len(second)))
        node = np.abs(t).argmax()
        assert row.largest == pytest.approx(t[node], rel=1e-4)
        assert row.at == pytest.approx(100 * node / 149)
        assert row.difference == pytest.approx(away[node], rel=1e-4)


def test_pairs_of_channels_of_other_people_have_no_common_exchange():
    three = _three_groups()
    block = three.block.copy()
    block[1, three.cycles["subject"] == "P3"] = np.nan
    lacking = LocomotionData(three.cycles, block, three.channels)
    found = compare_family(lacking, f"{KNEE}, {HIP} ~ pathology", iterations=100)
    assert len(found.posthoc("pathology")) == 6
    with pytest.raises(SchemaError, match="in the same people"):
        found.posthoc("pathology", "max")


def test_a_mixture_of_tasks_is_said():
    data = _cycles(tasks=("level_walking", "stair_ascent"))
    with pytest.warns(LocomotionWarning, match="2 values of task"):
        found = compare(data, f"{KNEE} ~ pathology")
    assert any("means are over 2 values of task" in entry for entry in found.history)


@pytest.mark.parametrize(
    ("formula", "options", "words"),
    [
        (f"{KNEE} ~ patology", {}, "did you mean pathology"),
        ("knee_flexion_angle_ipsi ~ pathology", {}, f"did you mean {KNEE}"),
        (f"{KNEE} ~ task", {}, "several for .*P0"),
        (f"{KNEE} ~ pathology", {"within": "task"}, "factors of the formula in within="),
        (f"{KNEE} ~ pathology", {"within": "pathology"}, "nobody was"),
        (f"{KNEE} ~ pathology + (1 | subject)", {}, r"mixed\(\)"),
        (f"{KNEE} ~ pathology + twin", {}, "aliased"),
        (f"{KNEE} ~ pathology", {"roi": (50, 50)}, "part of the gait cycle"),
        (f"{KNEE} ~ pathology", {"alpha": 2.0}, "between 0 and 1"),
        (f"{KNEE} ~ alone", {}, "at least two people in each group"),
        (f"{KNEE} ~ alone + speed_m_s", {}, "1 in yes"),
        (f"{KNEE} ~ alone", {"method": "mixed"}, "at least two people in each group"),
        (f"{KNEE} ~ task", {"method": "mixed"}, "several for .*P0"),
        (f"{KNEE} ~ pathology + twin", {"method": "mixed"}, "twin is a sum of multiples"),
        (f"{KNEE} ~ pathology", {"method": "permutaton"}, "did you mean permutation"),
        (f"{KNEE} ~ pathology", {"method": "bayes"}, r"bayesian\(\)"),
        (
            f"{KNEE} ~ pathology",
            {"method": "permutation", "iterations": 10, "alpha": 0.01},
            "100 to .* exchanges",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(formula, options, words):
    data = _cycles(tasks=("level_walking", "stair_ascent"))
    cycles = data.cycles.assign(
        twin=(data.cycles["pathology"] == "stroke") * 2.0,
        alone=np.where(data.cycles["subject"] == "P1", "yes", "no"),
    )
    data = LocomotionData(cycles, data.block, data.channels)
    if "task" not in formula and options.get("within") != "task":
        data = data.select(task="level_walking")
    with pytest.raises(SchemaError, match=words):
        compare(data, formula, **options)


def test_nodes_that_do_not_vary_are_said_and_can_be_left_out():
    data = _cycles()
    block = data.block.copy()
    block[:, :, 120:] = 0.0
    flat = LocomotionData(data.cycles, block, data.channels)
    with pytest.raises(SchemaError, match="zero variance at 30 of 150"):
        compare(flat, f"{KNEE} ~ pathology")
    assert len(compare(flat, f"{KNEE} ~ pathology", roi=(0, 80)).phase) == 120


def test_the_command_writes_what_the_function_finds(tmp_path, capsys):
    data = _cycles(effect=3.0)
    data.to_parquet(tmp_path / "cycles.parquet")
    formula = f"{KNEE} ~ pathology"
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "cycles.parquet"), "--formula", formula,
              "--out", str(tmp_path / "out")])  # fmt: skip
    assert not ended.value.code
    assert "exceeded the critical" in capsys.readouterr().out
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
    found = compare(data, formula)
    assert numbers["effects"][0]["zstar"] == pytest.approx(found.effects[0].inference.zstar)
    clusters = pd.read_csv(tmp_path / "out" / "clusters.csv")
    np.testing.assert_allclose(clusters["start"], found.table()["start"])
    assert "People are counted, not cycles" in (tmp_path / "out" / "report.html").read_text()


def test_a_wrong_formula_ends_the_command_with_one_message(tmp_path, capsys):
    _cycles().to_parquet(tmp_path / "cycles.parquet")
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "cycles.parquet"), "--formula", f"{KNEE} ~ patology",
              "--out", str(tmp_path / "out")])  # fmt: skip
    assert ended.value.code == 2
    assert "did you mean pathology" in capsys.readouterr().err


def test_every_kind_of_result_makes_a_page(tmp_path):
    data = _cycles(tasks=("level_walking", "stair_ascent", "stair_descent"))
    one = data.select(task="level_walking")
    for k, (cycles, formula, options) in enumerate(
        [
            (data, f"{KNEE} ~ pathology * task + speed_m_s", {"within": "task"}),
            (one, "speed_m_s ~ pathology", {}),
            (one, f"{KNEE} + {HIP} ~ pathology", {"method": "permutation", "iterations": 100}),
            (one, f"{KNEE} ~ 1", {"method": "fdr"}),
        ]
    ):
        made = run_comparison(cycles, formula, tmp_path / str(k), **options)
        assert made.report_path.stat().st_size > 5000


def test_cycles_cut_at_the_other_foot_are_told_of():
    data = simulate(8, 4, ["level_walking"], ["healthy", "stroke"], seed=4)
    block = data.block.copy()
    block[:, ::2] = np.roll(block[:, ::2, :-1], 75, axis=2)[..., [*range(149), 0]]
    mixed = LocomotionData(data.cycles, block, data.channels)
    found = compare(mixed, f"{KNEE} ~ pathology")
    assert any("GAIT108" in text for text in found.history)
    assert not any("GAIT108" in text for text in compare(data, f"{KNEE} ~ pathology").history)


def test_means_and_tests_are_of_the_people_with_every_condition():
    data = _cycles(10, tasks=("level_walking", "stair_ascent"))
    lacking = (data.groups == "P3") & (data.cycles["task"] == "stair_ascent").to_numpy()
    found = compare(data.take(~lacking), f"{KNEE} ~ task", within="task")
    expected = compare(data.take(data.groups != "P3"), f"{KNEE} ~ task", within="task")
    assert found.n_people == 9
    assert set(found.counts.values()) == {9}
    for key, band in found.means.items():
        assert band.value == pytest.approx(expected.means[key].value)
    assert "1 person lacks a condition: left out" in found.history


def test_a_multilevel_comparison_keeps_people_who_lack_a_condition():
    data = _cycles(14, tasks=("level_walking", "stair_ascent"), effect=1.5)
    lacking = (data.groups == "P3") & (data.cycles["task"] == "stair_ascent").to_numpy()
    some = data.take(~lacking)
    found = compare(some, f"{KNEE} ~ pathology + task", within="task", method="mixed")
    assert found.n_people == 14
    assert any("1 person lacks a condition: kept" in told for told in found.history)
    assert any("(1 + task | subject)" in told for told in found.history)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)
        by_hand = mixed(f"{KNEE} ~ pathology + task + (1 + task | subject)", some)
    task = found["task[stair_ascent]"]
    own = by_hand.fixed.loc["task[stair_ascent]"]
    np.testing.assert_allclose(task.difference.value, own["estimate"], rtol=1e-6)
    np.testing.assert_allclose(task.difference.low, own["band_low"], rtol=1e-6)
    outside = (own["band_low"] > 0) | (own["band_high"] < 0)
    np.testing.assert_array_equal(np.abs(task.inference.z) > task.inference.zstar, outside)
    assert task.inference.p == pytest.approx(own["p_curve"].min())
    assert set(found.counts.values()) == {7, 6}
    assert "multilevel model" in found.sentence
    with pytest.raises(SchemaError, match="contrast"):
        found.posthoc("task")


def test_a_multilevel_comparison_of_two_groups_is_near_the_t_test():
    data = _cycles(strides=2, effect=2.0)  # one of each leg: all weigh the same in both
    one = compare(data, f"{KNEE} ~ pathology", equal_var=True).effects[0]
    other = compare(data, f"{KNEE} ~ pathology", method="mixed").effects[0]
    np.testing.assert_allclose(other.difference.value, one.difference.value, atol=1e-6)
    assert np.corrcoef(other.inference.z, one.inference.z)[0, 1] > 0.99
    scalar = compare(data.cycles, "speed_m_s ~ pathology", method="mixed").effects[0]
    assert scalar.inference.is_scalar


def test_a_single_inference_is_a_page(tmp_path):
    found = compare(_cycles(effect=3.0), f"{KNEE} ~ pathology").effects[0].inference
    page = found.to_html(tmp_path / "t.html")
    assert "Critical t" in page
    assert (tmp_path / "t.html").read_text() == page


@pytest.mark.parametrize(("method", "correction"), [("rft", "holm"), ("permutation", "max")])
def test_channels_that_are_compared_side_by_side_are_one_family(tmp_path, method, correction):
    data = _cycles(effect=1.2)
    formula = f"{KNEE}, {HIP} ~ pathology"
    options = {"method": method, "iterations": 300}
    made = run_comparison(data, formula, tmp_path / "out", **options)
    table = made.found.table()
    alone = [compare(data, f"{name} ~ pathology", **options) for name in (KNEE, HIP)]
    p = np.array([each.effects[0].inference.p for each in alone])
    np.testing.assert_allclose(table["p"], p)
    assert made.found.correction == correction
    if correction == "holm":
        np.testing.assert_allclose(table["p_adjusted"], np.minimum(np.maximum(2 * p.min(), p), 1))
    else:
        # The largest t of both curves under the same exchanges: never smaller than alone.
        assert (table["p_adjusted"] >= p).all()
        assert (table["p_adjusted"] <= np.minimum(2 * p, 1) + 2 / 300).all()
    written = pd.read_csv(tmp_path / "out" / "family.csv")
    np.testing.assert_allclose(written["p_adjusted"], table["p_adjusted"])
    clusters = pd.read_csv(tmp_path / "out" / "clusters.csv")
    assert set(clusters["channel"]) == {KNEE, HIP}


def test_the_command_crosses_what_is_named_between_and_within(tmp_path, capsys):
    data = _cycles(tasks=("level_walking", "stair_ascent"))
    data.to_parquet(tmp_path / "cycles.parquet")
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "cycles.parquet"), "--channels", f"{KNEE},{HIP}",
              "--between", "pathology", "--within", "task", "--out", str(tmp_path / "out")])  # fmt: skip
    assert not ended.value.code
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert numbers["formula"] == f"{KNEE}, {HIP} ~ pathology * task"
    assert {row["effect"] for row in numbers["family"]} == {"pathology", "task", "pathology:task"}
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "cycles.parquet"), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "--formula" in capsys.readouterr().err


@pytest.mark.parametrize("n_groups", [2, 3])
def test_the_page_has_a_difference_where_there_are_two_groups_and_no_empty_column(n_groups):
    phase = np.linspace(0, 2 * np.pi, 150)
    group = np.arange(18) % n_groups
    rng = np.random.default_rng(0)
    curves = np.sin(phase) * (1 + group[:, None]) + rng.normal(0, 0.05, (18, 1)) * np.cos(phase)
    people = pd.DataFrame(
        {"subject": [f"S{k}" for k in range(18)], "task": "level_walking", "step": 0,
         "group": [f"group {each}" for each in group]}
    )  # fmt: skip
    data = LocomotionData(people, curves[None], [KNEE])
    page = comparison_page(compare(data, f"{KNEE} ~ group"))
    (effect,) = [section for section in page.sections if section.title == "Group"]
    (table,) = effect.tables
    assert ("Difference there" in table.columns) is (n_groups == 2)
    assert all(all(row) for row in table.rows)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_factor_within_another_is_what_the_other_is_tested_against():
    data = _cycles(24, effect=1.0)
    number = np.array([int(name[1:]) for name in data.groups])
    cycles = data.cycles.assign(clinic=[f"c{n % 2}{n // 2 % 3}" for n in number])
    nested = LocomotionData(cycles, data.block, data.channels)
    found = compare(nested, f"{KNEE} ~ pathology / clinic")
    means = _of_people(data).droplevel(1)
    own = cycles.groupby("subject")[["pathology", "clinic"]].first().loc[means.index]
    by_hand = anova2nested(
        means.to_numpy(), *(pd.factorize(own[name])[0] for name in ("pathology", "clinic"))
    )
    assert [effect.name for effect in found.effects] == ["pathology", "clinic"]
    for effect, test in zip(found.effects, by_hand, strict=True):
        np.testing.assert_allclose(effect.inference.z, test.z, rtol=1e-5)
        assert effect.inference.df == pytest.approx(test.df)
    assert found.effects[0].inference.df == (1.0, 4.0)
    assert "clinic" in found.to_html()
    with pytest.raises(SchemaError, match="nested factors alone"):
        compare(nested, f"{KNEE} ~ pathology / clinic + speed_m_s")
