"""What lies just inside each limit of the checks and of the doctor, and just outside."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import diagnose, identity_findings, validate
from locomotion_analysis.quality.identity import Met
from locomotion_analysis.quality.norm_fit import over_stance_alone, start_costs
from locomotion_analysis.standard import N_PHASES, normative_curves

KNEE, FORCE = "knee_flexion_angle_ipsi_rad", "grf_vertical_ipsi_BW"
TILT = "pelvis_anterior_tilt_angle_rad"
WAVE = np.sin(np.linspace(0, 2 * np.pi, N_PHASES))


def one_person(curves, **columns):
    """Strides of one person; `curves` by channel, one row a stride."""
    n = len(next(iter(curves.values())))
    cycles = {"dataset": "lab", "subject": "S1", "task": "level_walking", "step": range(n)}
    frame = pd.DataFrame(cycles | columns)
    return LocomotionData(frame, np.stack([*curves.values()]), [*curves])


def steps_with(code, data, **options):
    found = validate(data, **options).findings.query("code == @code")
    return sorted(found["step"].tolist())


# --- the cycle table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "inside", "outside"),
    [
        ("cycle_duration_s", (0.35, 8.0), (0.34, 8.01)),
        ("stance_percent", (20.0, 90.0), (19.9, 90.1)),
        ("double_support_percent", (0.0, 80.0), (-0.1, 80.1)),
        ("speed_m_s", (0.0, 12.0), (-0.1, 12.1)),
        ("cadence_steps_min", (20.0, 300.0), (19.0, 301.0)),
        ("step_length_m", (0.0, 2.5), (-0.01, 2.51)),
        ("stride_length_m", (0.0, 5.0), (-0.01, 5.01)),
        ("step_width_m", (-0.1, 0.6), (-0.11, 0.61)),
        ("incline_deg", (-35.0, 35.0), (-35.1, 35.1)),
        ("age", (1.0, 115.0), (0.9, 115.1)),
        ("height_m", (0.6, 2.4), (0.59, 2.41)),
        ("mass_kg", (7.0, 250.0), (6.9, 250.1)),
        ("leg_length_m", (0.25, 1.35), (0.24, 1.36)),
    ],
)
def test_a_column_is_held_to_its_range(column, inside, outside):
    data = one_person({KNEE: np.tile(WAVE, (4, 1))}, **{column: [*inside, *outside]})
    assert steps_with("GAIT105", data) == [2, 3]


# --- strides -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "smallest"),
    [
        (KNEE, 0.10),
        ("knee_flexion_velocity_ipsi_rad_s", 1.0),
        ("knee_flexion_acceleration_ipsi_rad_s2", 20.0),
        ("knee_flexion_moment_ipsi_Nm_kg", 0.25),
        ("knee_power_ipsi_W_kg", 0.8),
        (FORCE, 0.12),
        ("cop_anterior_ipsi_m", 0.04),
    ],
)
def test_strides_that_hardly_differ_stand_out_from_a_distance_on(channel, smallest):
    """Of equal strides the median deviation is 0: the smallest distance is the limit."""
    curves = np.tile(smallest * WAVE, (9, 1))
    curves[3] += 0.97 * smallest
    curves[5] += 1.03 * smallest
    assert steps_with("GAIT301", one_person({channel: curves})) == [5]


@pytest.mark.parametrize("batch_cycles", [3, 6, 7, 100])
def test_a_stride_stands_out_whichever_batch_it_is_in(batch_cycles):
    """A limit is the largest distance allowed: the stride at it does not stand out."""
    curves = np.zeros((8, N_PHASES))
    curves[1], curves[7] = 1.0, 1.5
    data = one_person({"knee_flexion_velocity_ipsi_rad_s": curves})
    assert steps_with("GAIT301", data, batch_cycles=batch_cycles) == [7]


def test_an_angle_may_jump_by_a_fifth_of_a_radian_and_no_more():
    curves = np.zeros((2, N_PHASES), dtype=np.float32)
    curves[0, 60:] = np.float32(0.2)
    curves[1, 60:] = np.nextafter(np.float32(0.2), np.float32(1.0))
    assert steps_with("GAIT205", one_person({KNEE: curves})) == [1]


@pytest.mark.parametrize(("n_strides", "stopped"), [(3, False), (4, True)])
def test_a_stop_is_told_from_four_strides_on(n_strides, stopped):
    curves = np.tile(np.maximum(0.5 * WAVE, -0.3), (n_strides, 1))
    found = steps_with("GAIT106", one_person({KNEE: curves}))
    assert found == (list(range(n_strides)) if stopped else [])


def test_an_end_of_zeros_is_no_constant_end():
    """Zeros are padding, which the doctor mends; the first sample does not matter."""
    curves = np.tile(WAVE + 0.2, (3, 1))
    curves[0, 100:] = 0.0
    curves[1] -= curves[1, 0]
    curves[1, 100:] = 0.3
    assert steps_with("GAIT011", one_person({KNEE: curves})) == [1]


def test_the_level_of_a_single_sample_is_its_own():
    """Far outside the band, one sample is a level; as much farther is as much more."""
    curves = np.full((3, N_PHASES), np.nan)
    mean, sd = normative_curves("level_walking").of(KNEE)
    curves[:, 75] = mean[75] + 3 * sd[75] * np.array([0.0, 2.6, 2.9])
    data = one_person({KNEE: curves}, pathology="healthy")
    found = validate(data).findings.query("code == 'GAIT107'")
    assert found["step"].tolist() == [1, 2]
    first, second = found["value"].astype(float)
    assert second - first == pytest.approx(0.9 * sd[75], rel=1e-3)


# --- where a cycle begins, and what it holds ---------------------------------------------------


def test_a_curve_far_from_the_norm_counts_25_at_most():
    cost = np.array([[100.0], [1.0], [30.0]])
    votes = np.array([[True], [True], [False]])
    assert start_costs(cost, cost + 1, votes).tolist() == [(25.0 + 1.0) / 2]


def _stance(low_at=(), low=0.0, ends=0.1):
    load = np.ones(N_PHASES)
    load[[0, -1]] = ends
    load[list(low_at)] = low
    return load


@pytest.mark.parametrize(
    ("load", "alone"),
    [
        (_stance(), True),
        # Late is from sample 104 (70 %) to sample 126 (85 %).
        (_stance([103], 0.2), True),
        (_stance([104], 0.2), False),
        (_stance([126], 0.2), False),
        (_stance([127], 0.2), True),
        (_stance([110], 0.26), True),
        (_stance([110], 0.24), False),
        # A swing is a tenth of the cycle below a twentieth of the peak.
        (_stance(range(20, 34), 0.04), True),
        (_stance(range(20, 35), 0.04), False),
        (_stance(range(20, 35), 0.06), True),
        (_stance(ends=0.49), True),
        (_stance(ends=0.51), False),
    ],
)
def test_what_makes_a_stance_alone(load, alone):
    assert over_stance_alone(load[None, None].astype(np.float32), (FORCE,)).tolist() == [alone]


# --- the doctor --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "usual", "factor", "unit"),
    [
        (KNEE, 0.35, 180 / np.pi, "deg"),
        ("knee_flexion_velocity_ipsi_rad_s", 2.0, 180 / np.pi, "deg_s"),
        ("knee_flexion_moment_ipsi_Nm_kg", 0.5, 1000.0, "Nmm_kg"),
        ("knee_power_ipsi_W_kg", 0.8, 1000.0, "mW_kg"),
        (FORCE, 0.3, 100.0, "% BW"),
        ("cop_anterior_ipsi_m", 0.1, 1000.0, "mm"),
    ],
)
def test_without_a_norm_a_unit_is_told_by_the_usual_size(channel, usual, factor, unit):
    curve = usual * factor * np.sqrt(2.0) * np.cos(np.linspace(0, 2 * np.pi, N_PHASES))
    curve *= usual * factor / np.sqrt(np.mean(curve**2))
    (found,) = diagnose(one_person({channel: np.tile(curve, (5, 1))}, task="turning")).prescriptions
    assert (found.kind, found.unit) == ("scale", unit)
    assert found.evidence == f"{factor:.3g} times the norm; 1.00 times as {unit}"
    assert found.explanation.endswith(f"(they look like {unit})")
    assert found.amount == pytest.approx(1 / factor)
    assert found.confidence == 1.0


@pytest.mark.parametrize(
    ("channel", "factor"),
    [
        (KNEE, 180 / np.pi),
        ("ankle_dorsiflexion_moment_ipsi_Nm_kg", 1000.0),
        ("ankle_power_ipsi_W_kg", 1000.0),
        (FORCE, 100.0),
    ],
)
def test_beside_a_norm_a_unit_is_told_by_the_size_of_the_norm(channel, factor):
    mean = normative_curves("level_walking", 1.3).of(channel)[0]
    data = one_person({channel: np.tile(2.0 * factor * mean, (5, 1))}, speed_m_s=1.3)
    (found,) = diagnose(data).prescriptions
    assert found.evidence.startswith(f"{2 * factor:.3g} times the norm; 2.00 times as")
    # Half as sure at the square root of the factor of 4 that is tolerated.
    assert found.confidence == pytest.approx(0.75, abs=0.001)


def test_padding_is_as_sure_as_the_share_of_cycles_that_have_it():
    curves = np.tile(WAVE + 0.2, (10, 1))
    curves[1:, 101:] = curves[1:, 100:101]
    (found,) = diagnose(one_person({KNEE: curves})).prescriptions
    assert (found.kind, found.amount, found.confidence) == ("stretch", 101, 0.9)
    curves[1:3] = WAVE + 0.2
    assert not diagnose(one_person({KNEE: curves}))


@pytest.mark.parametrize("off", [0.6, -1.2])
def test_a_level_is_the_surer_the_larger_it_is(off):
    """Half as sure of a level at its limit; without it where it is nearer."""
    mean, sd = normative_curves("level_walking", 1.3).of(TILT)
    data = one_person({TILT: np.tile(mean + off, (5, 1))}, speed_m_s=1.3)
    (found,) = diagnose(data).remarks
    limit = max(2.5 * np.maximum(sd, np.radians(3.0)).mean(), 0.25)
    assert found.amount == pytest.approx(off, abs=1e-4)
    assert found.confidence == pytest.approx(1 - limit / abs(off) / 2, abs=1e-3)
    near = one_person({TILT: np.tile(mean + 0.95 * limit, (5, 1))}, speed_m_s=1.3)
    assert not diagnose(near).remarks


# --- who is who --------------------------------------------------------------------------------


def _met(own):
    """Two names met in each other's cycles; six others find themselves in `own` of six cycles."""
    cycles = {("lab", name): 6 for name in "ABCDEFGH"}
    nearest = {(("lab", "A"), ("lab", "B")): 6, (("lab", "B"), ("lab", "A")): 6}
    others = [name for name in cycles if name[1] not in "AB"]
    for name, next_name in zip(others, others[1:] + others[:1], strict=True):
        nearest |= {(name, name): own, (name, next_name): 6 - own}
    met = Met()
    met.cycles.update(cycles)
    met.nearest.update(nearest)
    return met.alike()


def test_two_names_are_one_gait_only_where_gaits_tell_people():
    pair = (("lab", "A"), ("lab", "B"))
    assert _met(6) == {pair: 1.0}
    assert _met(0) == {}


def test_gaits_are_compared_only_where_asked_for():
    rng = np.random.default_rng(0)
    names = ["P1", "P2", "P3", "P1b"]
    gait = {name: rng.normal(0, 0.3, (3, 2)) for name in names[:3]} | {"P1b": None}
    gait["P1b"] = gait["P1"]
    waves = np.stack([WAVE, np.cos(np.linspace(0, 2 * np.pi, N_PHASES))])
    shapes = np.stack([gait[name] for name in names for _ in range(6)])
    curves = ((shapes + rng.normal(0, 0.02, shapes.shape)) @ waves).transpose(1, 0, 2)
    joints = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
    channels = {f"{j}_angle_ipsi_rad": c for j, c in zip(joints, curves, strict=True)}
    data = one_person(channels, subject=np.repeat(names, 6), step=np.tile(range(6), 4))
    assert [each.code for each in identity_findings(data)] == ["GAIT017"]
    assert identity_findings(data, gait=False) == []
