"""Words on the page for names in the data."""

import math

import pytest

from locomotion_analysis.reporting import channel_title, feature_title, shown_unit, value_title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("knee_flexion_angle_ipsi_rad", "Knee flexion"),
        ("knee_flexion_moment_ipsi_Nm_kg", "Knee flexion moment"),
        ("hip_power_contra_W_kg", "Hip power, other leg"),
        ("grf_vertical_ipsi_BW", "Vertical ground reaction force"),
        ("pelvis_anterior_tilt_angle_rad", "Pelvis anterior tilt"),
        ("hip_flexion_velocity_ipsi_rad_s", "Hip flexion velocity"),
    ],
)
def test_channel_title(name, title):
    assert channel_title(name) == title


def test_angles_are_drawn_in_degrees_and_forces_as_they_are():
    unit, factor = shown_unit("knee_flexion_angle_ipsi_rad")
    assert unit == "°"
    assert math.pi / 3 * factor == pytest.approx(60.0)
    assert shown_unit("grf_vertical_ipsi_BW") == ("BW", 1.0)


def test_feature_names_of_channels_are_told_apart_from_other_names():
    assert feature_title("hip_flexion_velocity_ipsi_rad_s_max") == "Hip flexion velocity: max"
    assert feature_title("knee_flexion_angle_ipsi_rad_phase_of_max") == "Knee flexion: phase of max"
    assert feature_title("step_length_m") == "Step length (m)"
    assert feature_title("grf_anterior_asymmetry_rom") == "GRF anterior asymmetry ROM"


def test_tasks_have_the_standard_titles():
    assert value_title("run") == "Running"
    assert value_title("hip_osteoarthritis") == "Hip osteoarthritis"
