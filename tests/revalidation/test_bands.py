"""Every check accepts gait made from published curves, and refuses it once it is broken."""

from functools import partial

import numpy as np
import pytest
from revalidation.bands import REALISM
from revalidation.figure import check

SIDES = ("ipsi", "contra")
HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
VERTICAL, FORE_AFT = "grf_vertical_ipsi_BW", "grf_anterior_ipsi_BW"
MOMENT, POWER = "ankle_dorsiflexion_moment_ipsi_Nm_kg", "ankle_power_ipsi_W_kg"
PHASE = np.linspace(0, 100, 150)


def scale(factor, x):
    return factor * x


def add(value, x):
    return x + value


def later(percent, x):
    return np.roll(x[:, :-1], round(1.49 * percent), axis=1)[:, np.r_[:149, 0]]


def within(low, high, new, x):
    return np.where((low <= PHASE) & (high >= PHASE), new(x), x)


def from_mean(factor, x):
    """Move people away from the mean."""
    return x.mean(axis=0) + factor * (x - x.mean(axis=0))


def one_offset(x):
    """Let people differ in an offset and in nothing else."""
    return x.mean(axis=0) + x.mean(axis=1, keepdims=True) - x.mean()


def brake_harder(x):
    return np.where(x < 0, 1.3 * x, x)


def noisy(degrees, x):
    return x + np.radians(degrees) * np.tile([[1.0], [1.0], [-1.0], [-1.0]], (len(x) // 4, 1))


BREAKS = {
    # figure -> channels and columns that are changed
    "segment chain, worst cycle": {"pelvis_anterior_tilt_angle_rad": partial(scale, -1)},
    "foot angle 12-28 %, level": {"foot_sagittal_angle_ipsi_rad": partial(add, np.radians(7))},
    "foot minus slope 12-28 %, incline": {"foot_sagittal_angle_ipsi_rad": partial(scale, 0.4)},
    "foot minus slope 12-28 %, decline": {"foot_sagittal_angle_ipsi_rad": partial(scale, 0.4)},
    "vertical force of a healthy leg": {VERTICAL: partial(scale, 1.05)},
    "both legs, worst cycle": {"grf_vertical_contra_BW": partial(scale, 1.05)},
    "net fore-aft impulse, healthy leg": {FORE_AFT: partial(within, 0, 60, partial(add, 0.02))},
    "net fore-aft impulse, both legs": {"grf_anterior_contra_BW": brake_harder},
    "power - M x velocity, worst joint": {"hip_power_contra_W_kg": partial(add, 0.2)},
    "power - M x d(angle)/dt, worst joint": {POWER: partial(scale, 1.5)},
    "correlation with M x velocity": {"knee_flexion_velocity_ipsi_rad_s": partial(later, 3)},
    "correlation with M x d(angle)/dt": {"knee_power_contra_W_kg": partial(scale, -1)},
    **{
        f"toe-off minus law, {speed}": {VERTICAL: partial(within, 54, 100, partial(scale, 0))}
        for speed in ("below 1.15 m/s", "1.15-1.45 m/s", "above 1.45 m/s")
    },
    "double support minus (2 toe-off - 100)": {
        "grf_vertical_contra_BW": partial(within, 0, 7, partial(scale, 0))
    },
    **{
        f"running duty, {speed}": {VERTICAL: partial(within, 20, 50, partial(add, 0.2))}
        for speed in ("below 3 m/s", "3-4 m/s", "above 4 m/s")
    },
    "first vertical peak at 1.3 m/s": {VERTICAL: partial(within, 0, 30, partial(scale, 1.15))},
    "valley at 1.3 m/s": {VERTICAL: partial(within, 20, 45, partial(add, 0.15))},
    "second vertical peak at 1.3 m/s": {VERTICAL: partial(within, 38, 62, partial(scale, 0.9))},
    "rise of the first peak": {VERTICAL: partial(from_mean, 0)},
    "swing knee": {KNEE: partial(scale, 0.85)},
    "swing knee, when": {KNEE: partial(later, 8)},
    "hip range": {HIP: partial(scale, 1.3)},
    "ankle minimum": {ANKLE: partial(scale, -1)},
    "ankle minimum, when": {ANKLE: partial(later, -8)},
    "plantarflexor moment": {MOMENT: partial(scale, -1)},
    "plantarflexor moment, when": {MOMENT: partial(later, 8)},
    "ankle power": {POWER: partial(scale, 0.5)},
    **{
        f"SD between people, {joint}": {channel: partial(from_mean, 2.5)}
        for joint, channel in (("hip", HIP), ("knee", KNEE), ("ankle", ANKLE))
    },
    **{
        f"within / between people, {joint}": {channel: partial(noisy, 4.0)}
        for joint, channel in (("hip", HIP), ("knee", KNEE), ("ankle", ANKLE))
    },
    "hip + knee, first component": {HIP: one_offset, KNEE: partial(from_mean, 0)},
    "hip + knee, first five": {HIP: one_offset, KNEE: one_offset},
    "GPS, healthy": {"hip_internal_rotation_angle_ipsi_rad": partial(add, np.radians(15))},
    "GDI, healthy": {KNEE: partial(scale, -1)},
    "net joint work, level": {POWER: partial(scale, 2)},
    "net joint work, 10 degrees up": {"hip_power_ipsi_W_kg": partial(scale, -1)},
    "net joint work, 10 degrees down": {"knee_power_ipsi_W_kg": partial(scale, -1)},
    "net joint work, stair ascent": {"knee_power_ipsi_W_kg": partial(scale, -1)},
    "net joint work, stair descent": {"knee_power_ipsi_W_kg": partial(scale, -1)},
}
BREAKS_OF_COLUMNS = {
    "power - M x d(angle)/dt, worst joint": {"cycle_duration_s": 1.5},
    "net joint work, 10 degrees up": {"cycle_duration_s": 2.0},
    "foot minus slope 12-28 %, incline": {"incline_deg": -1.0},
    "step length x cadence - speed, worst": {"cadence_steps_min": 1.01},
    **{
        f"{what} off law, {speed}": {column: 1.1}
        for what, column in (("step length", "step_length_m"), ("cadence", "cadence_steps_min"))
        for speed in ("below 1.15 m/s", "1.15-1.45 m/s", "above 1.45 m/s")
    },
}
OF_PATIENTS = ("GDI, stroke", "GDI, crouch gait", "stride-time CV, fall risk")


def bands(name):
    found = [band for band in REALISM if band.name == name]
    assert len(found) == 1
    return found


def verdict(data, name):
    (figure,) = check(data, bands(name))
    return figure.verdict


def test_there_are_twelve_checks_with_different_figures():
    assert {band.number for band in REALISM} == {str(n) for n in range(1, 13)}
    assert len({band.name for band in REALISM}) == len(REALISM)
    assert all(band.low < band.high and band.source for band in REALISM)


@pytest.mark.parametrize(
    "band", [b for b in REALISM if b.name not in OF_PATIENTS], ids=lambda b: b.name
)
def test_published_curves_are_accepted(hand_made, band):
    (figure,) = check(hand_made, [band])
    assert figure.verdict == "ok", figure


@pytest.mark.parametrize("name", OF_PATIENTS)
def test_patients_are_accepted(patients, name):
    (figure,) = check(patients, bands(name))
    assert figure.verdict == "ok", figure


def test_every_figure_is_refused_somewhere():
    of_time = {"stride-time CV, healthy under 60"}
    tested = {*BREAKS, *BREAKS_OF_COLUMNS, *OF_PATIENTS, *of_time}
    assert {band.name for band in REALISM} == tested


@pytest.mark.parametrize("name", BREAKS)
def test_broken_curves_are_refused(broken, name):
    assert verdict(broken(channels=BREAKS[name]), name) == "outside"


@pytest.mark.parametrize("name", BREAKS_OF_COLUMNS)
def test_broken_columns_are_refused(broken, name):
    columns = {
        column: lambda cycles, column=column, factor=factor: factor * cycles[column]
        for column, factor in BREAKS_OF_COLUMNS[name].items()
    }
    assert verdict(broken(columns=columns), name) == "outside"


def test_one_broken_cycle_is_enough_for_the_checks_of_every_cycle(broken):
    one = broken({VERTICAL: partial(scale, 1.1), KNEE: partial(add, 0.02)}, rows=slice(7, 8))
    assert verdict(one, "both legs, worst cycle") == "outside"
    assert verdict(one, "segment chain, worst cycle") == "outside"


def test_patients_who_walk_like_the_healthy_are_refused(hand_made):
    for name, pathology, subtype in (
        ("GDI, stroke", "stroke", ""),
        ("GDI, crouch gait", "cerebral_palsy", "crouch"),
        ("stride-time CV, fall risk", "fall_risk", ""),
    ):
        cycles = hand_made.cycles.assign(pathology=pathology, subtype=subtype)
        healthy = type(hand_made)(cycles, hand_made.block, hand_made.channels)
        assert verdict(healthy, name) == "outside"


def test_strides_without_any_variability_are_refused(broken):
    even = {
        "cycle_duration_s": lambda c: c.groupby("subject")["cycle_duration_s"].transform("mean")
    }
    assert verdict(broken(columns=even), "stride-time CV, healthy under 60") == "outside"


def test_contralateral_legs_are_looked_at_too(broken):
    for side in SIDES:
        flipped = {f"shank_sagittal_angle_{side}_rad": partial(scale, -1)}
        assert verdict(broken(flipped), "segment chain, worst cycle") == "outside"
