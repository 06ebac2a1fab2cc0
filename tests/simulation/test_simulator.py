"""What a caller of simulate can rely on."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import WALKING_TASKS, simulate
from locomotion_analysis.standard import is_channel


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
