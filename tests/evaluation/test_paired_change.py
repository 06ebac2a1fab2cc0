"""Change within people against formulae written another way, and on real patients."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.paired_change import paired_change, plot_sessions
from locomotion_analysis.models.supervised import paired_features
from locomotion_analysis.simulation import simulate_treatment
from locomotion_analysis.standard import PHASE_PERCENT


@pytest.fixture
def paired():
    rng = np.random.default_rng(1)
    legs = pd.MultiIndex.from_product(
        [[f"S{k:02}" for k in range(20)], ["left", "right"]], names=["subject", "side"]
    )
    columns = ("stiff", "none")
    table = {f"{name}_before": rng.normal(10, 2, 40) for name in columns}
    table["stiff_change"] = rng.normal(3, 1, 40)
    table["none_change"] = rng.normal(0, 1, 40)
    return pd.DataFrame(table, index=legs)


def test_figures_are_those_of_a_paired_comparison_of_people(paired):
    table = paired_change(paired)
    people = paired.groupby("subject").mean()
    change = people["stiff_change"]
    row = table.loc["stiff"]
    assert list(table.index) == ["stiff", "none"]
    assert row["n_subjects"] == 20
    assert row["change"] == pytest.approx(change.mean())
    assert row["after"] == pytest.approx((people["stiff_before"] + change).mean())
    # Cohen's d of paired values is t / sqrt(n).
    t = stats.ttest_1samp(change, 0.0)
    assert row["effect"] == pytest.approx(t.statistic / np.sqrt(20))
    low, high = t.confidence_interval()
    assert row["low"] == pytest.approx(low, abs=0.15)
    assert row["high"] == pytest.approx(high, abs=0.15)


def test_false_discoveries_are_bounded_as_by_hand(paired):
    table = paired_change(paired).sort_values("p")
    by_hand = np.minimum.accumulate((table["p"] * 2 / [1, 2])[::-1])[::-1]
    assert table["q"].to_numpy() == pytest.approx(by_hand.to_numpy())
    assert table.loc["stiff", "q"] < 0.001 < 0.05 < table.loc["none", "q"]


def test_unknown_and_constant_features_do_not_break_the_table(paired):
    paired["gone_before"], paired["gone_change"] = np.nan, np.nan
    paired["still_before"], paired["still_change"] = 1.0, 0.0
    table = paired_change(paired)
    assert "gone" not in table.index
    assert table.loc["still", "p"] == 1.0
    assert np.isnan(table.loc["still", "effect"])


def test_before_and_after_are_of_the_same_legs():
    people = pd.MultiIndex.from_product([range(8), ["left", "right"]], names=["subject", "side"])
    rng = np.random.default_rng(0)
    before, after = rng.normal(50, 5, 16), rng.normal(55, 5, 16)
    after[1] = np.nan
    paired = pd.DataFrame({"rom_before": before, "rom_change": after - before}, index=people)
    row = paired_change(paired).loc["rom"]
    by_person = np.nanmean(np.where(np.isnan(after), np.nan, before).reshape(8, 2), axis=1)
    assert row["before"] == pytest.approx(by_person.mean())
    assert row["after"] == pytest.approx(np.nanmean(after.reshape(8, 2), axis=1).mean())
    with pytest.raises(SchemaError, match="none of 1"):
        paired_change(paired.assign(rom_change=np.nan))


@pytest.mark.parametrize(
    "wrong", [lambda t: t[["stiff_before"]], lambda t: t.reset_index(drop=True), lambda t: t[:8]]
)
def test_a_table_that_cannot_be_compared_is_refused(paired, wrong):
    with pytest.raises(SchemaError):
        paired_change(wrong(paired))


def test_the_figure_shows_people_seen_in_both_sessions_only():
    data = simulate_treatment(6, 2, "knee_osteoarthritis", seed=1)
    gone = (data.groups == data.groups[0]) & (data.cycles["session"] == "post").to_numpy()
    axes = plot_sessions(data.take(np.flatnonzero(~gone)), "knee_flexion_angle_ipsi_rad")
    labels = axes.get_legend_handles_labels()[1]
    assert [text.split("(")[1] for text in labels] == ["n = 5 subjects)"] * 2
    curves = data.take(np.flatnonzero(data.groups != data.groups[0]))
    post = (curves.cycles["session"] == "post").to_numpy()
    by_person = [
        curves.curves("knee_flexion_angle_ipsi_rad")[post & (curves.groups == name)].mean(axis=0)
        for name in np.unique(curves.groups)
    ]
    drawn = [line for line in axes.lines if len(line.get_xdata()) == len(PHASE_PERCENT)][1]
    assert drawn.get_ydata() == pytest.approx(np.degrees(np.mean(by_person, axis=0)), abs=1e-3)


def test_hip_replacement_gives_back_range_of_motion(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "hip_oa_phase.parquet")
    legs = data.select(where="affected")
    with pytest.warns(LocomotionWarning):
        X, _ = legs.prepare_ml_features(target="pathology")
    paired, notes = paired_features(X, legs.cycles)
    row = paired_change(paired).loc["hip_flexion_angle_ipsi_rad_rom"]
    assert notes == ["14 legs left out: seen in one session only"]
    # The same by hand from the curves: 8 degrees more six months after the operation.
    rom = pd.Series(np.ptp(legs.curves("hip_flexion_angle_ipsi_rad"), axis=1)).groupby(
        [legs.groups, legs.cycles["session"].to_numpy()]
    )
    sessions = rom.mean().unstack().dropna()
    found = stats.ttest_rel(sessions["M6"], sessions["M0"])
    low, high = found.confidence_interval()
    assert row["n_subjects"] == len(sessions) == 92
    assert [row["low"], row["high"]] == pytest.approx([low, high], abs=0.005)
    assert 7.0 < np.degrees(row["change"]) < 9.5
