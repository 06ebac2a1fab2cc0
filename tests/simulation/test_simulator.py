"""What is asked of the simulator, and what it gives and writes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import (
    WALKING_TASKS,
    simulate,
    simulate_treatment,
    simulator,
    write_simulation,
)
from locomotion_analysis.standard import is_channel

# ----------------------------------------------------------------------
# What a caller of simulate can rely on


def small(**changed):
    asked = {"n_subjects": 4, "n_cycles": 2, "tasks": ["level_walking", "stair_ascent"]} | changed
    return simulate(**asked)


def rows_of(data, frame):
    """Curves of the cycles whose key is in `frame`."""
    return data.block[:, data.key.get_indexer(pd.MultiIndex.from_frame(frame))]


def test_defaults():
    data = simulate()
    c = data.cycles
    assert len(data) == 36 * 5 * 10
    assert set(c["task"]) == set(WALKING_TASKS)
    counts = c.groupby("pathology")["subject"].nunique()
    assert counts.to_dict() == {"healthy": 12, "stroke": 12, "parkinsons": 12}
    assert data.is_simulated
    assert data.history[0].action == "simulated"
    assert "seed 0" in data.history[0].detail
    assert np.isfinite(data.block).all()
    assert all(is_channel(name) for name in data.channels)


def test_both_sides_of_everything_but_pelvis_and_trunk():
    names = small().channels
    ipsi = {n for n in names if "_ipsi_" in n}
    assert {n.replace("_ipsi_", "_contra_") for n in ipsi} == {n for n in names if "_contra_" in n}
    assert len(names) == 2 * 29 + 6


def test_same_seed_same_data_other_seed_other_data():
    one, again, other = small(seed=3), small(seed=3), small(seed=4)
    np.testing.assert_array_equal(one.block, again.block)
    pd.testing.assert_frame_equal(one.cycles, again.cycles)
    assert not np.allclose(one.block, other.block)


@pytest.mark.parametrize(
    "more",
    [
        {"n_subjects": 130},
        {"n_cycles": 5},
        {"tasks": ["stair_descent", "stair_ascent", "level_walking"]},
    ],
)
def test_asking_for_more_leaves_the_rest_unchanged(more):
    few, many = small(), small(**more)
    key = few.key.to_frame(index=False)
    np.testing.assert_allclose(few.block, rows_of(many, key), rtol=0, atol=1e-6)
    both = few.cycles.merge(many.cycles, on=list(key), suffixes=("", "_many"))
    assert len(both) == len(few)
    np.testing.assert_allclose(both["speed_m_s"], both["speed_m_s_many"], rtol=1e-12)


def test_strides_take_turns_and_mirror():
    data = small(n_subjects=30, pathologies=["stroke"], tasks=["level_walking"])
    c = data.cycles
    assert (c.groupby("subject")["side"].nunique() == 2).all()
    assert set(c["affected_side"]) == {"left", "right"}
    left, right = (data.select(where=f"side == '{s}'") for s in ("left", "right"))
    knee = [
        np.degrees(left.curves("knee_flexion_angle_contra_rad").max(axis=1)),
        np.degrees(right.curves("knee_flexion_angle_ipsi_rad").max(axis=1)),
    ]
    assert np.corrcoef(knee)[0, 1] > 0.9


def test_contralateral_leg_is_half_a_cycle_late():
    data = small(n_subjects=30, pathologies=["healthy"], tasks=["level_walking"])
    ipsi = data.curves("knee_flexion_angle_ipsi_rad").mean(axis=0)[:-1]
    contra = data.curves("knee_flexion_angle_contra_rad").mean(axis=0)[:-1]
    lag = [np.corrcoef(np.roll(ipsi, shift), contra)[0, 1] for shift in range(149)]
    assert abs(int(np.argmax(lag)) - 74.5) < 3


def test_healthy_have_no_affected_side():
    c = small(n_subjects=6).cycles
    assert (c.loc[c["pathology"] == "healthy", "affected_side"] == "none").all()


def test_double_support_is_what_two_stances_exceed_the_cycle_by():
    c = small(n_subjects=60, n_cycles=2, tasks=["level_walking"], pathologies=["healthy"]).cycles
    expected = 2 * c["stance_percent"].mean() - 100
    assert c["double_support_percent"].mean() == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"n_subjects": 0}, "n_subjects"),
        ({"n_cycles": 0}, "n_cycles"),
        ({"n_cycles": 2.5}, "2.5"),
        ({"pathologies": ["flu"]}, "healthy, stroke, parkinsons"),
        ({"pathologies": []}, "healthy"),
        ({"tasks": ["flying"]}, "stair_ascent"),
        ({"tasks": "level_walking"}, "a list"),
        ({"tasks": ["level_walking", "level_walking"]}, "once"),
        ({"seed": -1}, "seed"),
    ],
)
def test_impossible_requests_say_what_is_possible(wrong, names):
    with pytest.raises(SchemaError, match=names):
        small(**wrong)


# ----------------------------------------------------------------------
# Running and sit to stand, and speeds that are asked for

SIDES = ("ipsi", "contra")


@pytest.fixture(scope="module")
def runs():
    return simulate(30, 4, ["run"], ["healthy"], speeds=[2.5, 3.5, 4.5])


@pytest.fixture(scope="module")
def rises():
    return simulate(40, 3, ["sit_to_stand"], ["healthy", "stroke"], seed=2)


def test_speeds_asked_for_are_run(runs):
    means = runs.cycles.groupby("task_id")["speed_m_s"].mean()
    assert list(means.index) == ["run_2.50m_s", "run_3.50m_s", "run_4.50m_s"]
    np.testing.assert_allclose(means, [2.5, 3.5, 4.5], rtol=0.02)


def test_running_has_a_flight_phase(runs):
    total = sum(runs.curves(f"grf_vertical_{side}_BW") for side in SIDES)
    assert ((total == 0).mean(axis=1) > 0.1).all()
    assert runs.cycles["stance_percent"].between(27, 44).all()
    assert (runs.cycles["double_support_percent"] == 0).all()


@pytest.mark.parametrize(("speed", "peak", "knee"), [(2.5, 2.36, 93), (3.5, 2.60, 107)])
def test_running_peaks_are_those_published(runs, speed, peak, knee):
    some = runs.select(task_id=f"run_{speed:.2f}m_s")
    found = some.curves("grf_vertical_ipsi_BW").max(axis=1).mean()
    assert found == pytest.approx(peak, abs=0.15)
    swing = np.degrees(some.curves("knee_flexion_angle_ipsi_rad")[:, 60:].max(axis=1).mean())
    assert swing == pytest.approx(knee, abs=9)


def test_each_speed_has_strides_of_its_own():
    data = simulate(2, 2, ["level_walking"], ["healthy"], speeds=[1.0, 1.4])
    slow, fast = (
        data.select(task_id=f"level_{v}0m_s").curves("hip_power_ipsi_W_kg") for v in (1.0, 1.4)
    )
    assert not np.allclose(slow, fast)


def test_a_rise_starts_seated_and_ends_upright(rises):
    knee = np.degrees(rises.curves("knee_flexion_angle_ipsi_rad").mean(axis=0))
    assert knee[0] > 75
    assert abs(knee[-1]) < 15
    rate = rises.curves("knee_flexion_velocity_ipsi_rad_s")
    assert np.abs(rate[:, [0, -1]]).max() < 1e-6


def test_both_legs_rise_together(rises):
    healthy = rises.select(pathology="healthy")
    knee = [healthy.curves(f"knee_flexion_angle_{side}_rad").mean(axis=0) for side in SIDES]
    assert np.abs(np.degrees(knee[0] - knee[1])).max() < 4
    force = sum(healthy.curves(f"grf_vertical_{side}_BW") for side in SIDES).mean(axis=0)
    assert force[:10].mean() < 0.4
    assert force[-1] == pytest.approx(1.0, abs=0.1)


def test_a_rise_has_no_steps(rises):
    assert rises.cycles[["speed_m_s", "step_length_m", "stance_percent"]].isna().all().all()
    assert rises.cycles["cycle_duration_s"].between(0.8, 8).all()


def test_stroke_rises_on_the_other_leg(rises):
    paretic = rises.select(where="pathology == 'stroke' and side == affected_side")
    own, other = (paretic.curves(f"grf_vertical_{side}_BW")[:, 80:].mean() for side in SIDES)
    assert own < 0.9 * other


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"speeds": [9.0]}, "0.4 to 2.0 in level_walking"),
        ({"speeds": [1.2, 1.2]}, "different speeds"),
        ({"speeds": [3.0]}, "level_walking"),
        ({"tasks": ["run"], "pathologies": ["transfemoral_amputation"]}, "transfemoral_amputation"),
    ],
)
def test_what_cannot_be_done_is_refused(asked, says):
    with pytest.raises(SchemaError, match=says):
        simulate(**{"n_subjects": 2, "n_cycles": 2, "tasks": ["level_walking"]} | asked)


# ----------------------------------------------------------------------
# Before and after: who gets better, and how well it can be foreseen


@pytest.fixture(scope="module")
def people():
    c = simulate_treatment(400, 1, seed=1).cycles
    return c.pivot(index="subject", columns="session")


def test_everybody_has_both_sessions_under_keys_of_their_own():
    data = simulate_treatment(5, 3, "cerebral_palsy")
    assert not data.key.duplicated().any()
    assert set(data.cycles.groupby("subject")["session"].nunique()) == {2}
    assert data.cycles["task_id"].str.endswith(("_pre", "_post")).all()


def test_before_is_what_simulate_gives():
    both = simulate_treatment(4, 2, "knee_osteoarthritis", seed=3)
    before = simulate(4, 2, ["level_walking"], ["knee_osteoarthritis"], seed=3)
    np.testing.assert_array_equal(both.select(session="pre").block, before.block)


def test_severity_falls_and_speed_rises(people):
    assert (people["severity", "post"] < people["severity", "pre"]).all()
    assert (people["speed_m_s", "post"] - people["speed_m_s", "pre"]).mean() > 0.02


def test_responders_are_those_who_lost_three_tenths(people):
    lost = 1 - people["severity", "post"] / people["severity", "pre"]
    assert ((lost >= 0.3) == people["responder", "pre"].astype(bool)).all()
    assert 0.3 < people["responder", "pre"].mean() < 0.7


def test_response_can_be_foreseen_in_part(people):
    X = pd.concat([people[name, "pre"] for name in ("age", "bmi", "severity")], axis=1)
    X = (X - X.mean()) / X.std()
    y = people["responder", "pre"].astype(bool)
    found = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")[:, 1]
    assert 0.60 < roc_auc_score(y, found) < 0.85


def test_the_healthy_are_not_treated():
    with pytest.raises(SchemaError, match="knee_osteoarthritis"):
        simulate_treatment(2, 2, "healthy")


# ----------------------------------------------------------------------
# Streams to disk: the same cycles, whole or not at all, and going on after a stop

ASKED = {"n_subjects": 7, "n_cycles": 3, "tasks": ["level_walking", "sit_to_stand"], "seed": 4}


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(simulator, "_CYCLES_A_PART", 12)
    monkeypatch.setattr(simulator, "_CYCLES_A_TABLE", {"cycle": 12, "long": 6})


@pytest.mark.parametrize(
    ("name", "layout"), [("a.parquet", "cycle"), ("a.parquet", "long"), ("parts", "cycle")]
)
def test_what_is_written_is_what_simulate_returns(tmp_path, small_parts, name, layout):
    told = []
    out = tmp_path / name
    assert write_simulation(out, **ASKED, layout=layout, progress=lambda *t: told.append(t)) == 42
    read, made = LocomotionData.from_parquet(out), simulate(**ASKED)
    np.testing.assert_array_equal(read.block, made.block)
    assert list(read.cycles["subject"]) == list(made.cycles["subject"])
    assert read.is_simulated
    assert told[-1][1:] == (7, 7)


@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_number_of_workers_changes_nothing(n_workers, monkeypatch):
    monkeypatch.setattr(simulator, "CYCLES_AT_ONCE", 4)
    one, many = simulate(**ASKED, n_workers=1), simulate(**ASKED, n_workers=n_workers)
    np.testing.assert_array_equal(one.block, many.block)


def test_a_folder_goes_on_where_it_stopped(tmp_path, small_parts):
    out = tmp_path / "parts"
    write_simulation(out, **ASKED)
    first, *others = sorted(out.glob("*.parquet"))
    kept = first.stat().st_mtime_ns
    whole = LocomotionData.from_parquet(out).block
    for path in others:
        path.unlink()
    write_simulation(out, **ASKED)
    assert first.stat().st_mtime_ns == kept
    np.testing.assert_array_equal(LocomotionData.from_parquet(out).block, whole)


def test_a_folder_of_something_else_is_left_alone(tmp_path, small_parts):
    out = tmp_path / "parts"
    write_simulation(out, **ASKED)
    with pytest.raises(SchemaError, match="another simulation"):
        write_simulation(out, **ASKED | {"seed": 5})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(SchemaError, match="something else"):
        write_simulation(tmp_path / "mine", **ASKED)


def test_a_folder_whose_beginning_was_killed_is_begun_again(tmp_path, small_parts):
    left = tmp_path / "parts" / f".{simulator._MANIFEST}.abc.locomotion-writing"
    left.mkdir(parents=True)
    (left / "new").write_text("{")
    write_simulation(tmp_path / "parts", **ASKED)
    assert not left.exists()


def test_a_crash_leaves_no_half_file(tmp_path, small_parts, monkeypatch):
    def crash(*_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(simulator, "joined", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        write_simulation(tmp_path / "a.parquet", **ASKED)
    assert not list(tmp_path.iterdir())


def test_long_walks_are_cut_without_a_seam():
    few = simulate(1, simulator.CYCLES_AT_ONCE, ["level_walking"], ["healthy"])
    many = simulate(1, simulator.CYCLES_AT_ONCE + 10, ["level_walking"], ["healthy"])
    np.testing.assert_allclose(few.block, many.block[:, : len(few)], atol=1e-6)
    assert np.isfinite(many.block).all()
