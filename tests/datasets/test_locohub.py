"""LocoHub's phase-indexed files: every canonical column, and its tasks and packed strings."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data.columns import tidy_cycles

PHASE = np.linspace(0.0, 100.0, 150)
JOINTS = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
PLANES = ("sagittal", "frontal", "transverse")
TRUNKS = [f"{body}_{plane}" for body in ("pelvis", "trunk") for plane in PLANES]
LIMBS = ("thigh_sagittal", "shank_sagittal", "foot_sagittal")
MOTIONS = [
    f"{joint}_{motion}"
    for joint, first in (("hip", "flexion"), ("knee", "flexion"), ("ankle", "dorsiflexion"))
    for motion in (first, "adduction", "rotation")
]


def _of_both_legs(*patterns):
    return [pattern.format(side) for pattern in patterns for side in ("ipsi", "contra")]


CANONICAL = [
    *_of_both_legs(*(f"{joint}_angle_{{}}_rad" for joint in JOINTS)),
    *_of_both_legs(*(f"{joint}_velocity_{{}}_rad_s" for joint in JOINTS)),
    *_of_both_legs(*(f"{joint}_acceleration_{{}}_rad_s2" for joint in JOINTS)),
    *(f"{trunk}_{kind}" for trunk in TRUNKS for kind in ("angle_rad", "velocity_rad_s")),
    *_of_both_legs(*(f"{limb}_angle_{{}}_rad" for limb in LIMBS)),
    *_of_both_legs(*(f"{limb}_velocity_{{}}_rad_s" for limb in LIMBS)),
    *_of_both_legs(*(f"{motion}_moment_{{}}_Nm" for motion in MOTIONS)),
    *_of_both_legs(*(f"{motion}_moment_{{}}_Nm_kg" for motion in MOTIONS)),
    *_of_both_legs(*(f"{joint}_assistance_moment_{{}}_Nm_kg" for joint in JOINTS)),
    *_of_both_legs(*(f"{joint}_biological_moment_{{}}_Nm_kg" for joint in JOINTS)),
    *_of_both_legs(*(f"grf_{axis}_{{}}_N" for axis in ("vertical", "anterior", "lateral"))),
    *_of_both_legs(*(f"grf_{axis}_{{}}_BW" for axis in ("vertical", "anterior", "lateral"))),
    *_of_both_legs(*(f"cop_{axis}_{{}}_m" for axis in ("anterior", "lateral", "vertical"))),
]
"""The groups of ``feature_constants.py`` in LocoHub, written out by its naming rule."""


@pytest.fixture(scope="module")
def frame():
    """Two people in a walking task, with every canonical column."""
    rows = []
    for subject in ("UM21_AB01", "UM21_AB02"):
        for step in (1, 2):
            curves = {
                name: np.sin(2 * np.pi * PHASE / 100 + place)
                for place, name in enumerate(CANONICAL)
            }
            one = pd.DataFrame(curves).assign(
                subject=subject,
                subject_metadata="age:25,sex:M,height_m:1.75,weight_kg:70,leg_dominance:right",
                task="incline_walking",
                task_id="incline_10deg",
                task_info="incline_deg:10,speed_m_s:1.1,treadmill:true",
                step=step,
                phase_ipsi=PHASE,
                phase_contra=(PHASE + 50) % 100,
            )
            rows.append(one)
    return pd.concat(rows, ignore_index=True)


def test_every_canonical_column_is_a_channel_with_the_values_of_the_file(frame, tmp_path):
    assert len(CANONICAL) == len(set(CANONICAL)) == 108
    frame.to_parquet(tmp_path / "umich_2021_phase.parquet")
    data = LocomotionData.from_parquet(tmp_path / "umich_2021_phase.parquet")
    assert set(data.channels) == set(CANONICAL)
    for place, name in enumerate(CANONICAL):
        expected = np.sin(2 * np.pi * PHASE / 100 + place)
        np.testing.assert_allclose(data.curves(name)[3], expected, atol=1e-6)


def test_its_strings_become_columns(frame, tmp_path):
    frame.to_parquet(tmp_path / "um21.parquet")
    row = LocomotionData.from_parquet(tmp_path / "um21.parquet").cycles.iloc[0]
    assert (row["age"], row["sex"], row["height_m"], row["mass_kg"]) == (25, "male", 1.75, 70)
    assert (row["incline_deg"], row["speed_m_s"], row["treadmill"]) == (10, 1.1, True)
    assert row["leg_dominance"] == "right"


def _tidy(**columns):
    cycles = pd.DataFrame({"subject": ["A", "B", "C"], "task": "squats", "step": 1} | columns)
    tidied, history = tidy_cycles(cycles, "here")
    return tidied, [str(entry) for entry in history]


def test_what_is_lifted_or_climbed_is_no_measure_of_the_body():
    cycles, told = _tidy(
        subject_metadata="weight_kg:70,height_m:1.75",
        task_info=["weight_kg:20", "height_m:0.15", "speed_m_s:1"],
    )
    assert cycles["mass_kg"].tolist() == [70, 70, 70]
    assert cycles["height_m"].tolist() == [1.75] * 3
    assert cycles["load_kg"].tolist()[:1] == [20]
    assert cycles["step_height_m"].tolist()[1:2] == [0.15]
    assert any("weight_kg as load_kg" in line and "not of the body" in line for line in told)


def test_a_pathology_behind_a_task_goes_into_its_own_column():
    cycles, told = _tidy(task=["level_walking_stroke", "run_pd", "level_walking"])
    assert cycles["task"].tolist() == ["level_walking", "run", "level_walking"]
    assert cycles["pathology"].tolist()[:2] == ["stroke", "parkinsons"]
    assert cycles["pathology"].isna().tolist() == [False, False, True]
    assert any("run_pd -> run, pathology parkinsons" in line for line in told)


def test_a_pathology_that_is_stated_is_kept_and_other_names_stay():
    cycles, _ = _tidy(
        task=["level_walking_stroke", "level_walking_fast", "walk_backward"],
        pathology="hemiparesis",
    )
    assert cycles["task"].tolist() == ["level_walking", "level_walking_fast", "backward_walking"]
    assert cycles["pathology"].tolist() == ["hemiparesis"] * 3


def test_a_task_that_somebody_did_both_ways_keeps_its_name():
    cycles, told = _tidy(subject="A", task=["level_walking", "level_walking_stroke", "run"])
    assert cycles["task"].tolist() == ["level_walking", "level_walking_stroke", "run"]
    assert not any("pathology" in line for line in told)
