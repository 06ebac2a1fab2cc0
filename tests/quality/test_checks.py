"""Every code is triggered by its fault and silent without it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import convert, read_subjects
from locomotion_analysis.quality import CHECKS, validate
from locomotion_analysis.quality.checks import ELSEWHERE, derivative, known_codes
from locomotion_analysis.standard import N_PHASES

HIP, KNEE = "hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"
ROOT = Path(__file__).resolve().parents[2]


def _gap(curves, cycles):
    curves[KNEE][2, 40:45] = np.nan


def _absent(curves, cycles):
    curves[KNEE][2] = np.nan


def _infinite(curves, cycles):
    curves[KNEE][2, 40] = np.inf


def _flat(curves, cycles):
    curves[KNEE][2] = 0.3


def _one_side(curves, cycles):
    curves["hip_adduction_angle_contra_rad"][:] = np.nan


def _no_metadata(curves, cycles):
    return cycles.drop(columns="mass_kg")


def _tail(curves, cycles):
    curves[KNEE][2, 101:] = curves[KNEE][2, 100]


def _copy(curves, cycles):
    for curve in curves.values():
        curve[3] = curve[2]


def _absurd(curves, cycles):
    curves[HIP][2] += 2.5


def _unusual(curves, cycles):
    curves[HIP][2] += 0.5 * np.sin(np.linspace(0, 4 * np.pi, N_PHASES))


def _raised(curves, cycles):
    curves[HIP][2] += 0.5


def _at_a_stop(curves, cycles):
    own = (cycles["subject"] == cycles["subject"].iloc[0]).to_numpy()
    stop = curves[HIP][own].min() + 0.35
    for name in (HIP, HIP.replace("ipsi", "contra")):
        curves[name][own] = np.maximum(curves[name][own], stop)


def _other_foot(curves, cycles):
    for curve in curves.values():
        curve[2] = np.concatenate([np.roll(curve[2, :-1], 74), curve[2, 74:75]])


def _stance_alone(curves, cycles):
    for name in [name for name in curves if name.startswith("grf_") and "_ipsi_" in name]:
        stance = curves[name][2, :90]
        curves[name][2] = np.interp(np.linspace(0, 89, N_PHASES), np.arange(90), stance)


def _unknown_task(curves, cycles):
    return cycles.assign(task="moonwalk")


def _long_cycle(curves, cycles):
    cycles.loc[2, "mass_kg"] = 65_000.0


def _open_chain(curves, cycles):
    curves["shank_sagittal_angle_ipsi_rad"][2] += 0.15


def _wrong_power(curves, cycles):
    curves["ankle_power_ipsi_W_kg"][2] *= -1


def _heavy(curves, cycles):
    curves["grf_vertical_ipsi_BW"][2] *= 1.5


def _wrong_velocity(curves, cycles):
    curves["knee_flexion_velocity_ipsi_rad_s"][2] *= 1.6


def _jump(curves, cycles):
    curves[HIP][2, 60:] += 0.3


def _pull(curves, cycles):
    curves["grf_vertical_ipsi_BW"][2, 110:115] = -0.3


def _odd_stride(curves, cycles):
    curves[KNEE][2] += 0.25 * np.sin(np.linspace(0, np.pi, N_PHASES)).astype(np.float32)


def _first(cycles):
    """Every second cycle of the first person."""
    own = cycles["subject"].eq(cycles["subject"].iloc[0])
    return own & (own.cumsum() % 2 == 0)


def _two_bodies(curves, cycles):
    return cycles.assign(mass_kg=cycles["mass_kg"] + 40.0 * _first(cycles))


def _renamed(name):
    def change(curves, cycles):
        first = cycles["subject"].eq(cycles["subject"].iloc[0])
        return cycles.assign(subject=cycles["subject"].mask(first, name))

    return change


def _also_named(written):
    def change(curves, cycles):
        other = written(cycles["subject"].iloc[0])
        return cycles.assign(subject=cycles["subject"].mask(_first(cycles), other))

    return change


def _twice_named(curves, cycles):
    turn = cycles.groupby(["subject", "side"]).cumcount() % 2
    return cycles.assign(subject=cycles["subject"].where(turn == 0, cycles["subject"] + " again"))


FAULTS = {
    "GAIT003": _copy,
    "GAIT004": _gap,
    "GAIT005": _absent,
    "GAIT006": _infinite,
    "GAIT008": _flat,
    "GAIT009": _one_side,
    "GAIT010": _no_metadata,
    "GAIT011": _tail,
    "GAIT012": _two_bodies,
    "GAIT013": _renamed("FullBody52"),
    "GAIT014": _also_named(str.upper),
    "GAIT015": _also_named(lambda name: name.replace("_", "-")),
    "GAIT016": _renamed("anonymous"),
    "GAIT017": _twice_named,
    "GAIT019": _stance_alone,
    "GAIT101": _absurd,
    "GAIT102": _unusual,
    "GAIT103": _unknown_task,
    "GAIT105": _long_cycle,
    "GAIT106": _at_a_stop,
    "GAIT107": _raised,
    "GAIT108": _other_foot,
    "GAIT201": _open_chain,
    "GAIT202": _wrong_power,
    "GAIT203": _heavy,
    "GAIT204": _wrong_velocity,
    "GAIT205": _jump,
    "GAIT206": _pull,
    "GAIT301": _odd_stride,
}


def _codes(result):
    return set(result.summary["code"])


def test_sound_data_have_no_error_and_no_warning(sound):
    result = validate(sound)
    assert result.ok
    assert _codes(result) <= {"GAIT104"}
    assert result.pass_rate["pass_rate"].eq(1).all()


@pytest.fixture(scope="module")
def codes_of_sound(sound):
    return _codes(validate(sound))


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_and_named(code, changed, codes_of_sound):
    assert code in _codes(validate(changed(FAULTS[code])))
    assert code not in codes_of_sound


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_can_be_ignored(code, changed):
    assert code not in _codes(validate(changed(FAULTS[code]), ignore=[code]))


def test_a_finding_says_which_cycle_where_and_what_is_allowed(changed, sound):
    found = validate(changed(_absurd)).findings.query("code == 'GAIT101'").iloc[0]
    row = sound.cycles.iloc[2]
    assert (found["subject"], found["step"]) == (row["subject"], row["step"])
    assert found["channel"] == HIP
    assert found["value"] > found["high"] > found["low"]
    assert 0 <= found["phase"] <= 100


def test_a_velocity_is_held_against_the_derivative_over_149_intervals():
    """Of degree two central differences are exact, and of degree one those at the ends too."""
    phase = np.linspace(0.0, 1.0, N_PHASES)
    duration = np.array([0.8, 1.1], dtype=np.float32)
    inside = derivative(np.stack([phase**2, 3.0 - phase**2]), duration)[:, 1:-1]
    np.testing.assert_allclose(inside * duration[:, None], [2 * phase[1:-1], -2 * phase[1:-1]])
    line = derivative(np.stack([0.7 * phase, -2.0 * phase]), duration)
    np.testing.assert_allclose(line, np.full((2, N_PHASES), [[0.7 / 0.8], [-2.0 / 1.1]]), rtol=1e-6)


@pytest.mark.parametrize(
    ("scale", "wrong"), [(1.70, True), (1.30, False), (0.80, False), (0.5, True)]
)
def test_the_error_of_a_velocity_is_told_as_a_share_of_its_size(scale, wrong, sound):
    """A velocity k times too large is off by |k - 1| of the derivative, allowed 0.3 of the larger."""
    names = (KNEE, "knee_flexion_velocity_ipsi_rad_s")
    angle = sound.curves(KNEE).astype(np.float64)
    duration = sound.cycles["cycle_duration_s"].to_numpy()
    rate = np.gradient(angle, 1 / 149, axis=1) / duration[:, None]
    data = LocomotionData(sound.cycles, np.stack([angle, scale * rate]), names)
    found = validate(data).findings.query("code == 'GAIT204'")
    assert len(found) == (len(sound) if wrong else 0)
    if wrong:
        size = np.sqrt(np.mean(rate**2, axis=1))
        np.testing.assert_allclose(found["value"].astype(float), abs(scale - 1) * size, rtol=1e-4)
        allowed = 0.3 * max(scale, 1.0) * size
        np.testing.assert_allclose(found["high"].astype(float), allowed, rtol=1e-4)


@pytest.mark.parametrize(
    ("weight", "wrong"), [(1.145, False), (1.155, True), (0.855, False), (0.845, True)]
)
def test_the_mean_force_of_both_legs_is_within_15_percent_of_the_body_weight(weight, wrong, sound):
    """The mean over the cycle is the area over 149 intervals: of a constant, the constant."""
    names = [f"grf_vertical_{side}_BW" for side in ("ipsi", "contra")]
    force = np.full((len(sound), N_PHASES), weight / 2)
    found = validate(LocomotionData(sound.cycles, np.stack([force, force]), names)).findings
    own = found.query("code == 'GAIT203'")
    assert len(own) == (len(sound) if wrong else 0)
    assert own["value"].astype(float).tolist() == pytest.approx([weight] * len(own), abs=1e-6)
    assert set(own["low"]) | set(own["high"]) <= {0.85, 1.15}


def test_a_channel_without_a_published_range_is_reported_once_a_task(sound):
    name = "hip_external_rotation_angle_ipsi_rad"
    block = np.concatenate([sound.block, sound.block[:1]])
    result = validate(LocomotionData(sound.cycles, block, [*sound.channels, name]))
    rows = result.summary.query("code == 'GAIT104' and channel == @name")
    assert rows["findings"].tolist() == [len(sound)]
    assert name not in set(validate(sound).summary["channel"])


def test_few_strides_are_not_judged(sound):
    few = sound.take(np.arange(0, len(sound), 4))
    assert "GAIT302" in _codes(validate(few))
    assert "GAIT302" not in _codes(validate(sound, ignore=["GAIT302"]))


def test_two_cycles_with_one_key_are_found_across_batches(tmp_path, sound):
    folder = tmp_path / "parts"
    for name in ("a", "b"):
        sound.take(range(5)).to_parquet(folder / f"{name}.parquet")
    result = validate(folder)
    assert result.summary.query("code == 'GAIT002'")["findings"].sum() == 5
    assert result.error_cycles.tolist() == [False] * 5 + [True] * 5
    assert "GAIT002" not in _codes(validate(folder / "a.parquet"))


def test_two_cycles_with_one_key_within_a_file_stop_it(tmp_path, sound):
    frame = sound.take([0]).dataframe
    path = tmp_path / "twice.parquet"
    pd.concat([frame, frame]).to_parquet(path)
    result = validate(path)
    assert not result.ok
    assert "GAIT002" in _codes(result)
    assert result.stopped


def test_another_phase_grid_is_a_finding(tmp_path, sound):
    frame = sound.take([0, 1]).dataframe
    path = tmp_path / "short.parquet"
    frame[frame["phase_ipsi"] < 90].to_parquet(path)
    result = validate(path)
    assert "GAIT007" in _codes(result)
    assert "rows a gait cycle" in result.stopped


def _with_history(data, *entries):
    return LocomotionData(data.cycles, data.block, data.channels, (*data.history, *entries))


MASKED = HistoryEntry("masked", "forces and moments set to NaN in stances without a contact", 3)


@pytest.mark.parametrize(
    ("name", "gap", "is_masked", "code"),
    [
        ("grf_vertical_ipsi_BW", slice(0, 90), True, "GAIT018"),
        ("hip_flexion_moment_contra_Nm_kg", slice(75, 150), True, "GAIT018"),
        ("hip_flexion_moment_contra_Nm_kg", slice(0, 6), True, "GAIT018"),
        ("grf_vertical_ipsi_BW", slice(0, 90), False, "GAIT004"),
        ("grf_vertical_ipsi_BW", slice(40, 48), True, "GAIT004"),
        (KNEE, slice(0, 90), True, "GAIT004"),
    ],
)
def test_a_force_that_convert_left_out_is_no_gap_to_fill(
    name, gap, is_masked, code, changed, sound
):
    def change(curves, cycles):
        curves[name][2, gap] = np.nan

    data = _with_history(changed(change), *([MASKED] if is_masked else []))
    found = validate(data).summary.query("code in ('GAIT004', 'GAIT018')")
    assert found[["code", "channel", "findings"]].values.tolist() == [[code, name, 1]]


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("knee_flexion_angle_left_rad: NaN where it cannot be told", "GAIT018"),
        ("velocities of frames that were not solved", "GAIT004"),
        ("ankle_dorsiflexion_angle_left_rad: NaN where it cannot be told", "GAIT004"),
    ],
)
def test_a_quantity_that_convert_masked_is_no_gap_to_fill(detail, code, changed):
    def change(curves, cycles):
        curves[KNEE][2, 20:60] = np.nan

    data = _with_history(changed(change), HistoryEntry("masked", detail, 1))
    found = validate(data).summary.query("code in ('GAIT004', 'GAIT018')")
    assert found[["code", "channel"]].values.tolist() == [[code, KNEE]]


def test_the_centre_of_pressure_of_a_foot_in_the_air_is_no_gap(changed, sound):
    force = sound.curves("grf_vertical_ipsi_BW")

    def change(curves, cycles):
        curves["cop_anterior_ipsi_m"][force < 0.05] = np.nan
        curves["cop_anterior_ipsi_m"][2, 20:30] = np.nan

    data = changed(change)
    found = validate(data).summary.query("channel == 'cop_anterior_ipsi_m'")
    counts = found.groupby("code")["findings"].sum()
    assert (counts["GAIT004"], counts["GAIT018"]) == (1, len(sound) - 1)


@pytest.mark.parametrize("legs", [("ipsi",), ("ipsi", "contra")])
@pytest.mark.parametrize(
    ("name", "stop_deg", "is_highest"),
    [
        ("knee_flexion_angle_{}_rad", 45.0, True),
        ("knee_flexion_angle_{}_rad", 16.0, False),
        ("ankle_dorsiflexion_angle_{}_rad", 5.0, True),
        ("hip_flexion_angle_{}_rad", 3.0, False),
    ],
)
def test_a_stop_is_seen_at_every_joint_and_end(name, stop_deg, is_highest, legs, changed, sound):
    own = (sound.cycles["subject"] == sound.cycles["subject"].iloc[0]).to_numpy()
    names = [name.format(leg) for leg in legs]

    def change(curves, cycles):
        cut = np.minimum if is_highest else np.maximum
        for each in names:
            curves[each][own] = cut(curves[each][own], np.radians(stop_deg))

    chosen = changed(change).select(channels=names)
    rows = validate(chosen).findings.query("code == 'GAIT106'")
    assert set(rows["channel"]) == set(names)
    assert set(rows["subject"]) == set(sound.cycles["subject"][own])
    assert np.degrees(rows["value"].to_numpy(dtype=float)) == pytest.approx(stop_deg, abs=0.01)


def test_a_joint_that_stops_in_one_stride_only_is_a_stride_of_its_own(changed):
    def change(curves, cycles):
        curves[HIP][2] = np.maximum(curves[HIP][2], curves[HIP][2].min() + 0.12)

    assert "GAIT106" not in _codes(validate(changed(change)))


def test_the_level_is_told_with_its_size_and_not_twice(changed):
    rows = validate(changed(_raised)).findings.query("channel == @HIP and severity != 'info'")
    assert set(rows["code"]) == {"GAIT107", "GAIT301"}
    # The simulated walkers differ from the norm by a few degrees themselves.
    assert rows.query("code == 'GAIT107'")["value"].iloc[0] == pytest.approx(0.5, abs=0.25)


def test_a_cycle_at_the_other_foot_is_named_for_that_alone(changed):
    rows = validate(changed(_other_foot)).findings.query("severity == 'error'")
    assert {"GAIT108"} <= set(rows["code"])
    assert not {"GAIT101"} & set(rows["code"])


def test_an_error_of_a_whole_cycle_counts_for_its_curves(changed, sound):
    rates = validate(changed(_other_foot).select(channels=[HIP, KNEE])).pass_rate
    row = rates.query("subject == @sound.cycles['subject'].iloc[2]")
    assert row["failed"].tolist() == [1, 1]


def test_the_hip_at_its_limit_is_seen_on_both_legs_of_the_recordings(shared_data):
    folder = shared_data / "raw" / "opensim_s01"
    data = convert([folder], subjects=read_subjects(folder / "subject_info.csv")).data
    rows = validate(data).findings.query("code == 'GAIT106'")
    both = {HIP, HIP.replace("ipsi", "contra")}
    assert set(rows["channel"]) == both
    # The model's hip extends to -30 degrees.
    assert np.degrees(rows["value"].to_numpy(dtype=float)) == pytest.approx(-29.7, abs=0.2)


def test_patients_are_held_to_the_rails_only(patients):
    result = validate(patients)
    assert "GAIT102" not in _codes(result)
    assert result.error_cycles.mean() < 0.05


def test_every_code_is_tested_and_has_a_page():
    tested = {*FAULTS, "GAIT002", "GAIT007", "GAIT018", "GAIT104", "GAIT302", *ELSEWHERE}
    assert tested == set(CHECKS)
    pages = {path.stem for path in (ROOT / "docs" / "checks").glob("GAIT*.md")}
    assert pages == set(CHECKS)


def test_a_group_of_codes_is_named_by_its_prefix():
    assert known_codes(["GAIT3xx"]) == {"GAIT301", "GAIT302"}
    assert known_codes(["gait101"]) == {"GAIT101"}


@pytest.mark.parametrize("code", ["GAIT999", "E501", "", "x"])
def test_an_unknown_code_is_refused(code):
    with pytest.raises(SchemaError, match="codes of checks"):
        known_codes([code])
