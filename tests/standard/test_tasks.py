import numpy as np
import pytest

from locomotion_analysis.standard import PHASE_PERCENT, TASKS, toe_off_percent


def test_phase_grid_has_150_points_with_both_contacts_and_cannot_be_changed():
    assert len(PHASE_PERCENT) == 150
    assert PHASE_PERCENT[0] == 0.0
    assert PHASE_PERCENT[-1] == 100.0
    with pytest.raises(ValueError, match="read-only"):
        PHASE_PERCENT[0] = 1.0


@pytest.mark.parametrize(
    ("froude_root", "published"), [(0.17, 68), (0.29, 62), (0.43, 59), (0.56, 58), (0.69, 56)]
)
def test_toe_off_follows_schwartz_2008(froude_root, published):
    leg = 0.9
    speed = froude_root * np.sqrt(9.80665 * leg)
    assert toe_off_percent("level_walking", speed, leg) == pytest.approx(published, abs=1.0)


@pytest.mark.parametrize(("speed", "published"), [(2.5, 39.4), (3.5, 34.8), (4.5, 32.8)])
def test_running_duty_factor_follows_fukuchi_2017(speed, published):
    assert toe_off_percent("run", speed) == pytest.approx(published)


def test_unknown_speed_falls_back_to_the_usual_value_and_unknown_task_to_nan():
    mixed = toe_off_percent("level_walking", [1.3, np.nan])
    assert mixed[0] != mixed[1] == 59.0
    assert np.isnan(toe_off_percent("hopping"))
    assert np.isnan(toe_off_percent("sit_to_stand", [1.0, 2.0])).all()


def test_unknown_leg_length_is_taken_as_an_adults():
    assert toe_off_percent("run", 2.5, np.nan) == toe_off_percent("run", 2.5)
    assert toe_off_percent("level_walking", 1.2, np.nan) == toe_off_percent(
        "level_walking", 1.2, 0.9
    )


def test_faster_walking_has_shorter_stance_everywhere():
    stance = toe_off_percent("level_walking", np.linspace(0.5, 2.0, 30))
    assert (np.diff(stance) < 0).all()
    assert {"level_walking", "run", "sit_to_stand"} <= set(TASKS)
