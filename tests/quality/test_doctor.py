"""The doctor finds what was put in, nothing else, and mends it once."""

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import apply, diagnose, treat_file
from locomotion_analysis.quality.norm_fit import shifted_distances, start_distances
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT, normative_curves

HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
MOMENT = "knee_flexion_moment_ipsi_Nm_kg"
FORCE = "grf_vertical_ipsi_BW"


def _scale(name, factor, per_mass=False):
    def change(curves, cycles):
        curves[name] *= factor
        if per_mass:
            curves[name] *= cycles["mass_kg"].to_numpy(np.float32)[:, None]

    return change


def _axes(curves, cycles):
    fore = curves["grf_anterior_ipsi_BW"].copy()
    curves["grf_anterior_ipsi_BW"][:] = curves["grf_lateral_ipsi_BW"]
    curves["grf_lateral_ipsi_BW"][:] = fore


def _sides(curves, cycles):
    for name in [n for n in curves if "_ipsi_" in n]:
        own, other = curves[name], curves[name.replace("_ipsi_", "_contra_")]
        own[:], other[:] = other.copy(), own.copy()


def _late(curves, cycles):
    for curve in curves.values():
        curve[:, :-1] = np.roll(curve[:, :-1], 30, axis=1)
        curve[:, -1] = curve[:, 0]


FAULTS = {
    "degrees": (_scale(KNEE, 180 / np.pi), "scale", KNEE, np.pi / 180),
    "Nm": (_scale(MOMENT, 1.0, per_mass=True), "scale", MOMENT, 1.0),
    "Nmm/kg": (_scale(MOMENT, 1000.0), "scale", MOMENT, 1e-3),
    "N": (_scale(FORCE, 9.80665, per_mass=True), "scale", FORCE, 1.0),
    "% BW": (_scale(FORCE, 100.0), "scale", FORCE, 0.01),
    "hip sign": (_scale(HIP, -1.0), "flip", HIP, None),
    "ankle sign": (_scale(ANKLE, -1.0), "flip", ANKLE, None),
    "moment sign": (
        _scale("ankle_dorsiflexion_moment_contra_Nm_kg", -1.0),
        "flip",
        "ankle_dorsiflexion_moment_contra_Nm_kg",
        None,
    ),
    "velocity sign": (
        _scale("knee_flexion_velocity_contra_rad_s", -1.0),
        "flip",
        "knee_flexion_velocity_contra_rad_s",
        None,
    ),
    "power sign": (_scale("ankle_power_ipsi_W_kg", -1.0), "flip", "ankle_power_ipsi_W_kg", None),
    "axes": (_axes, "swap_axes", "grf_anterior_ipsi_BW", None),
    "sides": (_sides, "swap_sides", KNEE, None),
    "start": (_late, "shift", KNEE, 20.0),
}


def test_distances_by_shift_are_those_of_rolled_curves():
    random = np.random.default_rng(4)
    curves, mean = random.normal(size=(2, 3, 150)).astype(np.float32)
    sd = random.uniform(0.5, 2.0, size=(3, 150)).astype(np.float32)
    offset_sd = np.array([0.0, 1.5, 0.9])
    as_is, flipped = shifted_distances(curves, mean, sd, offset_sd)
    for lag in (0, 1, 40, 148):
        for sign, found in ((1, as_is), (-1, flipped)):
            rolled = sign * np.roll(curves[:, :-1], -lag, axis=1)
            again = np.concatenate([rolled, rolled[:, :1]], axis=1)
            direct = start_distances(again, mean, sd, offset_sd)[0]
            np.testing.assert_allclose(found[:, lag], direct, rtol=1e-4)
    plain = np.mean(((curves[0] - mean[0]) / sd[0])[:-1] ** 2)
    np.testing.assert_allclose(as_is[0, 0], plain, rtol=1e-4)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_convention_is_found_and_mended(fault, changed, sound):
    change, kind, channel, amount = FAULTS[fault]
    wrong = changed(change)
    diagnosis = diagnose(wrong)
    assert {each.kind for each in diagnosis.prescriptions} == {kind}
    assert {each.subject for each in diagnosis.prescriptions} == set(sound.cycles["subject"])
    assert all(channel in each.channels for each in diagnosis.prescriptions)
    if amount is not None:
        amounts = [each.amount for each in diagnosis.prescriptions]
        np.testing.assert_allclose(amounts, amount, atol=4.0 if kind == "shift" else 1e-9)
    fixed = apply(wrong, diagnosis)
    assert not diagnose(fixed)
    assert apply(fixed, diagnosis) is fixed
    if kind != "shift":
        np.testing.assert_allclose(fixed.block, sound.block, rtol=2e-6, atol=1e-6)


def _stance_alone(curves, cycles):
    """Every curve from contact to toe-off, spread over the whole grid."""
    lasts = [np.flatnonzero(row > 0.01)[-1] for row in curves[FORCE]]
    for curve in curves.values():
        for row, last in zip(curve, lasts, strict=True):
            row[:] = np.interp(np.linspace(0, last, 150), np.arange(last + 1), row[: last + 1])


@pytest.mark.parametrize("with_vertical", [True, False])
@pytest.mark.parametrize("are_swapped", [True, False])
def test_force_axes_are_told_apart_over_the_stance_alone(
    are_swapped, with_vertical, changed, sound
):
    def change(curves, cycles):
        _stance_alone(curves, cycles)
        if are_swapped:
            _axes(curves, cycles)

    forces = ["grf_anterior_ipsi_BW", "grf_lateral_ipsi_BW", FORCE][: 2 + with_vertical]
    diagnosis = diagnose(changed(change).select(channels=forces))
    kinds = {(p.kind, p.channels) for p in diagnosis.prescriptions}
    assert kinds == ({("swap_axes", ("grf_anterior_ipsi_BW",))} if are_swapped else set())
    assert {(p.kind, set(p.channels) <= set(forces)) for p in diagnosis.remarks} == {
        ("stance", True)
    }
    assert {p.subject for p in diagnosis.remarks} == set(sound.cycles["subject"])
    assert "stance" in repr(diagnosis)
    assert not diagnose(changed(lambda curves, cycles: None).select(channels=forces)).remarks


@pytest.mark.parametrize("off", [0.6, -0.6])
def test_the_level_of_a_whole_angle_is_named_with_its_size_and_left(off, changed, sound):
    tilt = "pelvis_anterior_tilt_angle_rad"
    ill = sound.cycles["subject"].iloc[0]

    def change(curves, cycles):
        curves[tilt][(cycles["subject"] == ill).to_numpy()] += off

    wrong = changed(change)
    diagnosis = diagnose(wrong)
    assert not diagnosis
    assert apply(wrong, diagnosis) is wrong
    remark = next(each for each in diagnosis.remarks if each.subject == ill)
    assert (remark.kind, remark.channels) == ("offset", (tilt,))
    own = (sound.cycles["subject"] == ill).to_numpy()
    norm = normative_curves("level_walking").of(tilt)[0].mean()
    expected = off + np.median(sound.curves(tilt)[own]) - norm
    assert remark.amount == pytest.approx(expected, abs=0.02)
    row = diagnosis.only(kinds=["offset"], channels=[tilt]).remark_summary.iloc[0]
    assert row["degrees"] == pytest.approx(np.degrees(expected), abs=1.2)
    assert f"{np.degrees(remark.amount):+.0f} degrees" in remark.evidence
    assert f"{row['degrees']:+.0f} degrees; 1 subject, " in repr(diagnosis)


ROTATIONS = (
    "pelvis_internal_rotation_angle_rad",
    "trunk_internal_rotation_angle_rad",
    "foot_progression_internal_angle_ipsi_rad",
    "foot_progression_internal_angle_contra_rad",
)


@pytest.mark.parametrize("task", ["turning", "level_walking"])
@pytest.mark.parametrize("turn", [np.pi / 2, -np.pi, 4 * np.pi])
def test_turns_are_not_taken_for_degrees(task, turn, changed):
    def change(curves, cycles):
        for name in ROTATIONS:
            curves[name] += np.linspace(0, turn, 150, dtype=np.float32)
        return cycles.assign(task=task)

    assert not diagnose(changed(change))


def test_a_walk_against_the_axis_of_the_laboratory_is_not_taken_for_degrees(changed):
    def change(curves, cycles):
        for name in ROTATIONS:
            curves[name] += np.pi

    assert not diagnose(changed(change))


def test_rotations_in_degrees_are_still_found(changed):
    def change(curves, cycles):
        for name in ROTATIONS:
            curves[name] *= 180 / np.pi

    found = {(p.kind, *p.channels) for p in diagnose(changed(change)).prescriptions}
    assert found == {("scale", name) for name in ROTATIONS}


def test_only_the_faulty_subject_is_corrected(changed, sound):
    ill = sound.cycles["subject"].iloc[0]

    def change(curves, cycles):
        curves[KNEE][(cycles["subject"] == ill).to_numpy()] *= -1

    diagnosis = diagnose(changed(change))
    assert [(p.kind, p.subject, p.channels) for p in diagnosis.prescriptions] == [
        ("flip", ill, (KNEE,))
    ]


def test_a_flipped_angle_takes_its_velocity_and_power_along(changed, sound):
    names = (HIP, "hip_flexion_velocity_ipsi_rad_s", "hip_power_ipsi_W_kg")

    def change(curves, cycles):
        for name in names:
            curves[name] *= -1

    wrong = changed(change)
    diagnosis = diagnose(wrong)
    assert {p.channels for p in diagnosis.prescriptions} == {(name,) for name in names}
    np.testing.assert_array_equal(apply(wrong, diagnosis).block, sound.block)


@pytest.mark.parametrize("end", ["held", "zero"])
def test_a_curve_padded_to_the_grid_is_stretched(end, changed, sound):
    grid = np.linspace(0, 100, 101)

    def change(curves, cycles):
        for curve in curves.values():
            for row in curve:
                row[:101] = np.interp(grid, PHASE_PERCENT, row)
                row[101:] = row[100] if end == "held" else 0.0

    wrong = changed(change)
    diagnosis = diagnose(wrong)
    assert {(p.kind, p.amount) for p in diagnosis.prescriptions} == {("stretch", 101)}
    fixed = apply(wrong, diagnosis)
    assert not diagnose(fixed)
    assert np.abs(fixed.curves(KNEE) - sound.curves(KNEE)).max() < 0.01


def test_repeated_samples_are_interpolated(changed, sound):
    nearest = np.round(np.linspace(0, 100, 150)).astype(int)
    grid = np.linspace(0, 100, 101)

    def change(curves, cycles):
        for curve in curves.values():
            for row in curve:
                row[:] = np.interp(grid, PHASE_PERCENT, row)[nearest]

    wrong = changed(change)
    diagnosis = diagnose(wrong)
    assert {(p.kind, p.amount) for p in diagnosis.prescriptions} == {("unstep", 101)}
    fixed = apply(wrong, diagnosis)
    assert not diagnose(fixed)
    assert np.abs(fixed.curves(KNEE) - sound.curves(KNEE)).max() < 0.01


def test_a_mass_that_is_not_known_is_asked_for(changed):
    wrong = changed(_scale(MOMENT, 1.0, per_mass=True))
    nameless = LocomotionData(
        wrong.cycles.drop(columns="mass_kg"), wrong.block, list(wrong.channels)
    )
    diagnosis = diagnose(nameless)
    assert {p.unit for p in diagnosis.prescriptions} == {"Nm"}
    assert all("needs mass_kg" in p.evidence for p in diagnosis.prescriptions)
    assert apply(nameless, diagnosis) is nameless


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_proposed_for_healthy_and_ill_simulated_walkers(seed):
    assert not diagnose(simulate(30, 5, seed=seed))


def test_nothing_is_proposed_for_severe_patients(patients):
    assert not diagnose(patients)


def test_a_file_is_treated_as_memory_is(changed, tmp_path):
    wrong = changed(_scale(HIP, -1.0))
    source, target = tmp_path / "wrong.parquet", tmp_path / "fixed.parquet"
    wrong.to_parquet(source)
    diagnosis = diagnose(source, batch_cycles=10)
    treat_file(source, diagnosis, target, batch_cycles=10)
    fixed = LocomotionData.from_parquet(target)
    np.testing.assert_array_equal(fixed.block, apply(wrong, diagnose(wrong)).block)
    assert apply(fixed, diagnosis) is fixed
    assert sum(entry.action == "treated" for entry in fixed.history) == 1


def test_a_leg_without_its_partner_is_not_exchanged(changed):
    wrong = changed(_sides)
    diagnosis = diagnose(wrong)
    one_leg = wrong.select(channels=[name for name in wrong.channels if "_contra_" not in name])
    np.testing.assert_array_equal(apply(one_leg, diagnosis).block, one_leg.block)


def test_curves_unlike_the_norm_from_any_start_are_not_begun_later(changed):
    def change(curves, cycles):
        rng = np.random.default_rng(5)
        phase = np.linspace(0, 2 * np.pi, 150)
        for curve in curves.values():
            waves, shift = rng.integers(3, 6), rng.uniform(0, 2 * np.pi)
            curve[:] = 3 * np.std(curve) * np.cos(waves * phase - shift)

    assert "shift" not in {each.kind for each in diagnose(changed(change)).prescriptions}


def test_part_of_a_diagnosis_can_be_applied(changed):
    def change(curves, cycles):
        curves[HIP] *= -1
        curves[KNEE] *= 180 / np.pi

    diagnosis = diagnose(changed(change))
    assert {p.kind for p in diagnosis.only(kinds=["flip"]).prescriptions} == {"flip"}
    assert {p.channels for p in diagnosis.only(channels=[KNEE]).prescriptions} == {(KNEE,)}


@pytest.mark.parametrize("unit", ["degrees", "radians"])
def test_the_running_originals_have_hip_and_ankle_upside_down(unit, shared_data):
    standard = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    with np.load(shared_data / "raw" / "curve_tables" / "running" / "bmc_ric_cycles.npz") as file:
        curves, columns = file["X"], file["cols"].tolist()
    grid = np.linspace(0, 100, 101)
    block = np.stack(
        [
            np.stack([np.interp(PHASE_PERCENT, grid, row) for row in curves[..., columns.index(c)]])
            for c in ("Hip_Z", "Knee_Z", "Ankle_Z")
        ]
    )
    if unit == "radians":
        block = np.radians(block)
    raw = LocomotionData(standard.cycles, block, [HIP, KNEE, ANKLE])
    diagnosis = diagnose(raw)
    found = {(p.kind, *p.channels) for p in diagnosis.prescriptions}
    flips = {("flip", HIP), ("flip", ANKLE)}
    scales = {("scale", name) for name in (HIP, KNEE, ANKLE)}
    assert found == (flips | scales if unit == "degrees" else flips)
    assert len(diagnosis.prescriptions) == 46 * len(found)
    fixed = apply(raw, diagnosis)
    for name in (HIP, KNEE, ANKLE):
        np.testing.assert_allclose(fixed.curves(name), standard.curves(name), atol=1e-5)
    assert not diagnose(fixed)


def test_nothing_is_proposed_for_the_running_file(shared_data):
    assert not diagnose(shared_data / "standard" / "running_phase.parquet")


def test_half_the_hip_file_runs_on_the_other_legs_clock(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "hip_oa_phase.parquet")
    diagnosis, cycles = diagnose(data), data.cycles
    own_clock = cycles["affected"] | (
        (cycles["pathology"] == "healthy") & (cycles["side"] == "right")
    )
    other = set(zip(cycles["subject"][~own_clock], cycles["side"][~own_clock], strict=True))
    found = {(p.subject, p.side) for p in diagnosis.prescriptions}
    assert {(p.kind, p.amount) for p in diagnosis.prescriptions} == {("shift", 50.0)}
    assert found == other
    assert not diagnose(apply(data, diagnosis))
