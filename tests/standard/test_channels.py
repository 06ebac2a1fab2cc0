"""Channel names, aliases, units and tasks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import (
    PHASE_PERCENT,
    TASKS,
    Channel,
    canonical_name,
    is_channel,
    standard_unit,
    toe_off_percent,
)

NAMES = [
    "knee_flexion_angle_ipsi_rad",
    "hip_internal_rotation_angle_contra_rad",
    "ankle_dorsiflexion_moment_ipsi_Nm_kg",
    "hip_power_ipsi_W_kg",
    "grf_vertical_contra_BW",
    "cop_anterior_ipsi_m",
    "pelvis_anterior_tilt_angle_rad",
    "pelvis_sagittal_angle_rad",
    "foot_progression_internal_angle_ipsi_rad",
    "knee_flexion_velocity_ipsi_rad_s",
    "knee_flexion_angle_ipsi_deg",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_parsed_name_is_written_back_unchanged(name):
    assert Channel.parse(name).name == name


@pytest.mark.parametrize("name", [n for n in NAMES if "pelvis" not in n])
def test_opposite_twice_is_the_same_channel(name):
    channel = Channel.parse(name)
    other = channel.opposite()
    assert {channel.side, other.side} == {"ipsi", "contra"}
    assert other.opposite() == channel
    assert other.quantity == channel.quantity


def test_midline_segments_have_no_opposite():
    assert Channel.parse("pelvis_anterior_tilt_angle_rad").opposite() is None


@pytest.mark.parametrize(
    "name",
    [
        "knee_flexion_angle_rad",  # a leg's joint without a side
        "pelvis_anterior_tilt_angle_ipsi_rad",  # a midline segment with one
        "knee_flexion_angle_ipsi_Nm",  # a unit of another measurement
        "knee_angle_ipsi_rad",  # no motion
        "grf_flexion_ipsi_BW",
        "subject",
        "phase_ipsi",
        "",
        "knee_flexion_angle_ipsi_rad ",
    ],
)
def test_other_names_are_refused_with_an_example(name):
    assert not is_channel(name)
    with pytest.raises(SchemaError, match="knee_flexion_angle_ipsi_rad"):
        Channel.parse(name)


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_and_never_changed(text):
    if is_channel(text):
        assert Channel.parse(text).name == text
    else:
        with pytest.raises(SchemaError):
            Channel.parse(text)


@pytest.mark.parametrize(
    ("alias", "standard"),
    [
        ("phase_percent", "phase_ipsi"),
        ("ankle_flexion_angle_contra_rad", "ankle_dorsiflexion_angle_contra_rad"),
        ("knee_flexion_angular_velocity_ipsi_rad_s", "knee_flexion_velocity_ipsi_rad_s"),
        ("vertical_grf_ipsi_BW", "grf_vertical_ipsi_BW"),
        ("subject_id", "subject"),
        ("anything_else", "anything_else"),
        ("vertical_grf_both", "vertical_grf_both"),
    ],
)
def test_names_of_the_field_become_standard(alias, standard):
    assert canonical_name(alias) == standard
    assert canonical_name(standard) == standard


def test_units_convert_exactly():
    assert standard_unit("deg")[1] * 180 == pytest.approx(3.141592653589793)
    assert standard_unit("Nmm_kg") == ("Nm_kg", 1e-3)
    assert standard_unit("rad") == ("rad", 1.0)
    with pytest.raises(KeyError):
        standard_unit("furlong")


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
