"""Every code is triggered by its fault and silent without it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.quality import CHECKS, validate
from locomotion_analysis.quality.checks import ELSEWHERE, known_codes
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
    curves[HIP][2] += 0.5


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
    "GAIT101": _absurd,
    "GAIT102": _unusual,
    "GAIT103": _unknown_task,
    "GAIT105": _long_cycle,
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


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_and_named(code, changed, sound):
    result = validate(changed(FAULTS[code]))
    assert code in _codes(result)
    assert code not in _codes(validate(sound))


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


def test_patients_are_held_to_the_rails_only(patients):
    result = validate(patients)
    assert "GAIT102" not in _codes(result)
    assert result.error_cycles.mean() < 0.05


def test_every_code_is_tested_and_has_a_page():
    tested = {*FAULTS, "GAIT002", "GAIT007", "GAIT104", "GAIT302", *ELSEWHERE}
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
