"""Reliability against the published table of Shrout and Fleiss, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import mixed, reliability, reliability_table

# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_the_published_example():
    found = reliability(JUDGED).iloc[0]
    assert found["icc"] == pytest.approx(0.2898, abs=6e-5)  # table 4: .29
    # As printed by the package psych (R) for these data.
    assert found[["icc_low", "icc_high"]].tolist() == pytest.approx([0.019, 0.76], abs=2e-3)
    assert found["sem_consistency"] ** 2 == pytest.approx(1.02, abs=6e-3)  # table 3: residual
    of_judges = (32.49 - 1.02) / 6
    assert found["sem_agreement"] ** 2 == pytest.approx(1.02 + of_judges, abs=1e-2)
    assert found["p_shift"] == pytest.approx(stats.f.sf(32.49 / 1.02, 3, 15), rel=1e-2)


def test_variance_components_are_those_of_a_mixed_model():
    """Consistency: people random, occasions fixed, as REML gives them for whole tables."""
    rng = np.random.default_rng(0)
    table = rng.normal(60, 5, (12, 1)) + np.array([0.0, 1.0, 3.0]) + rng.normal(0, 2, (12, 3))
    found = reliability(table).iloc[0]
    frame = pd.DataFrame(table).melt(ignore_index=False, var_name="day").reset_index(names="who")
    frame["day"] = frame["day"].astype(str)
    fit = mixed("value ~ day + (1 | who)", frame)
    rest, people = (fit.random[f"sd[{name}]"].item() ** 2 for name in ("residual", "Intercept"))
    assert found["sem_consistency"] ** 2 == pytest.approx(rest, rel=1e-6)
    shift = found["sem_agreement"] ** 2 - found["sem_consistency"] ** 2
    assert found["icc"] == pytest.approx(people / (people + rest + shift), rel=1e-6)
    assert shift == pytest.approx(np.var(table.mean(axis=0), ddof=1) - rest / 12, rel=1e-6)
    assert found["mdc_agreement"] == pytest.approx(1.959964 * np.sqrt(2) * found["sem_agreement"])


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    n, k, points = 15, 4, 2000
    people, occasions, rest = 3.0, 1.0, 2.0
    table = (
        rng.normal(0, people, (n, 1, points))
        + rng.normal(0, occasions, (1, k, points))
        + rng.normal(0, rest, (n, k, points))
    )
    found = reliability(table)
    variance = people**2 + occasions**2 + rest**2
    for name, truth in (
        ("icc", people**2 / variance),
        ("sem_consistency", rest),
        ("sem_agreement", np.hypot(rest, occasions)),
        ("mdc_consistency", 1.959964 * np.sqrt(2) * rest),
    ):
        held = ((found[f"{name}_low"] <= truth) & (truth <= found[f"{name}_high"])).mean()
        assert 0.93 <= held <= 0.98, name  # standard error 0.005


def test_the_detectable_change_is_what_measurement_alone_seldom_exceeds():
    rng = np.random.default_rng(2)
    found = reliability(rng.normal(0, 5, (400, 1)) + rng.normal(0, 2, (400, 3))).iloc[0]
    change = np.diff(rng.normal(0, 2, (20000, 2)), axis=1)
    assert np.mean(np.abs(change) > found["mdc_consistency"]) == pytest.approx(0.05, abs=0.01)


def test_cycles_are_averaged_before_they_are_compared():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        [
            (f"P{who}", day, 1 + 0.1 * who + 0.05 * rng.normal())
            for who in range(6)
            for day in (1, 2)
            for _ in range(4)
        ],
        columns=["subject", "session", "speed"],
    )
    means = frame.groupby(["subject", "session"])["speed"].mean().unstack()
    found = reliability_table(frame, ["speed"])
    assert found.loc["speed"].iloc[0].to_numpy() == pytest.approx(
        reliability(means.to_numpy()).iloc[0].to_numpy()
    )
    with pytest.warns(LocomotionWarning, match=r"1 people .* \(P0\)"):
        fewer = reliability_table(frame.iloc[4:], ["speed"])
    assert fewer["n_people"].item() == 5


def test_curves_have_a_row_a_point():
    data = simulate(5, 4, ["level_walking"], seed=1)
    cycles = data.cycles
    cycles["session"] = cycles["step"] % 2
    sessions = type(data)(cycles, data.block, data.channels)
    name = "knee_flexion_angle_ipsi_rad"
    found = reliability_table(sessions, [name, "speed_m_s"])
    assert len(found.loc[name]) == 150
    assert len(found.loc["speed_m_s"]) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (JUDGED[:2], "three people"),
        (JUDGED[:, :1], "two occasions"),
        (np.where(JUDGED == 9, np.nan, JUDGED), "2 missing"),
        (JUDGED[:, :1] + np.array([0.0, 1.0]), "up to a shift"),
    ],
)
def test_what_cannot_be_judged_is_refused(table, said):
    with pytest.raises(SchemaError, match=said):
        reliability(table)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(SchemaError, match="did you mean session"):
        reliability_table(pd.DataFrame({"subject": ["a"], "session": [1]}), ["sesion"])


def test_intervals_hold_their_value_however_little_people_differ():
    """Below zero the published degrees of freedom may vanish."""
    rng = np.random.default_rng(0)
    for _ in range(400):
        measured = rng.normal(size=(rng.integers(3, 8), rng.integers(2, 5)))
        found = reliability(measured).iloc[0]
        assert found["icc_low"] <= found["icc"] <= found["icc_high"]


def test_one_name_in_two_datasets_is_two_people():
    rng = np.random.default_rng(1)
    visits = pd.DataFrame({"subject": np.repeat(list("abcdef"), 2), "session": [1, 2] * 6})
    visits["speed"] = np.repeat(rng.normal(1.2, 0.2, 6), 2) + rng.normal(0, 0.05, 12)
    namesakes = visits.assign(
        dataset=np.repeat(["x", "y"], 6),
        subject=visits["subject"].replace({"d": "a", "e": "b", "f": "c"}),
    )
    pd.testing.assert_frame_equal(
        reliability_table(namesakes, ["speed"]), reliability_table(visits, ["speed"])
    )
