"""Who is who: what speaks against a name, and what does not."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import identity_findings, validate
from locomotion_analysis.quality.identity import name_findings
from locomotion_analysis.simulation import simulate

CHANNELS = [
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
]
PHASE = np.linspace(0, 2 * np.pi, 150)


def walkers(names, cycles=6, spread=0.02, seed=0, own=None, **columns):
    """Cycles of each name; each has a gait of its own, or that of the name in `own`."""
    rng = np.random.default_rng(seed)
    people = [own.get(name, name) if own else name for name in names]
    gait = {name: rng.normal(0, 0.3, (len(CHANNELS), 4)) for name in dict.fromkeys(people)}
    waves = np.stack([np.sin(PHASE), np.cos(PHASE), np.sin(2 * PHASE), np.cos(2 * PHASE)])
    shapes = np.stack([gait[name] for name in people for _ in range(cycles)])
    curves = (shapes + rng.normal(0, spread, shapes.shape)) @ waves
    frame = pd.DataFrame(
        {
            "dataset": "lab",
            "subject": np.repeat(names, cycles),
            "task": "level_walking",
            "step": np.tile(np.arange(cycles), len(names)),
            **{name: np.repeat(values, cycles) for name, values in columns.items()},
        }
    )
    return LocomotionData(frame, curves.transpose(1, 0, 2), CHANNELS)


def codes(data):
    return [(each.code, set(each.subjects)) for each in identity_findings(data)]


NAMES = [f"P{number}" for number in range(8)]


def test_people_of_their_own_are_nothing_to_report():
    assert identity_findings(walkers(NAMES)) == []


def test_one_gait_under_two_names_is_found():
    assert codes(walkers(NAMES, own={"P3": "P5"})) == [("GAIT017", {"P3", "P5"})]


@pytest.mark.parametrize("left", [1, 2])
def test_few_channels_tell_nobody(left):
    data = walkers(NAMES, own={"P3": "P5"}).select(channels=CHANNELS[:left])
    assert identity_findings(data) == []


def test_few_cycles_are_not_compared():
    assert codes(walkers(NAMES, cycles=3, own={"P3": "P5"})) == []


def test_gaits_that_nobody_can_be_told_by_are_not_reported():
    assert identity_findings(walkers(NAMES, spread=1.0)) == []


def test_a_channel_that_some_lack_does_not_make_them_one():
    data = walkers(NAMES)
    block = data.block.copy()
    block[0, :24] = np.nan
    assert identity_findings(LocomotionData(data.cycles, block, CHANNELS)) == []


def test_gaits_are_compared_over_batches():
    data = walkers(NAMES, own={"P3": "P5"})
    found = validate(data, batch_cycles=4)
    assert [text[:8] for text in found.identity] == ["GAIT017:"]
    row = found.summary[found.summary["code"] == "GAIT017"].iloc[0]
    assert (row["subject"], row["findings"]) == ("P3, P5", 12)


def test_one_name_over_two_bodies_is_found_over_batches():
    masses = [70.0] * 8
    data = walkers(NAMES, mass_kg=masses)
    cycles = data.cycles
    cycles.loc[cycles["subject"].eq("P2") & (cycles["step"] > 2), "mass_kg"] = 90.0
    changed = LocomotionData(cycles, data.block, CHANNELS)
    assert codes(changed) == [("GAIT012", {"P2"})]
    assert any("'P2' has several bodies (mass_kg: 70, 90)" in text
               for text in validate(changed, batch_cycles=3).identity)  # fmt: skip


def test_sessions_explain_a_change_of_mass():
    data = walkers(["P1"], mass_kg=[70.0])
    late = data.cycles["step"] > 2
    cycles = data.cycles.assign(mass_kg=70.0 + 12.0 * late)
    apart = cycles.assign(session=np.where(late, "M6", "M0"))
    assert codes(LocomotionData(cycles, data.block, CHANNELS)) == [("GAIT012", {"P1"})]
    assert codes(LocomotionData(apart, data.block, CHANNELS)) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["S1", "S01", "S-1", "S2"], [("GAIT015", ("S1", "S01", "S-1"))]),
        (["S1", "S10", "S100", "1_12", "11_2"], []),
        (["FullBody52", "S1"], [("GAIT013", ("FullBody52",))]),
        (["AIM01", "AIM02", "IOR_3", "Gait0001"], []),
        (["lab/Plug-in Gait", "lab/S1"], [("GAIT013", ("lab/Plug-in Gait",))]),
        (["anonymous", "S1"], [("GAIT016", ("anonymous",))]),
        (["S1", "s1"], [("GAIT014", ("S1", "s1"))]),
        ([1, 2, 12], []),
    ],
)
def test_names_alone(names, expected):
    assert [(each.code, each.subjects) for each in name_findings(names)] == expected


def test_bodies_settle_names_that_may_be_one():
    assert codes(walkers(["S1", "S01"], sex=["female", "female"])) == [("GAIT015", {"S1", "S01"})]
    assert codes(walkers(["S1", "S01"], sex=["female", "male"])) == []


def test_names_read_as_one_are_told_of(tmp_path):
    frame = walkers(["S1", "P2"]).dataframe
    subject = frame["subject"].astype(str)
    frame["subject"] = subject.mask(subject.eq("S1") & (frame["step"] > 2), "s1 ")
    frame.to_parquet(tmp_path / "walk.parquet")
    found = validate(tmp_path / "walk.parquet", batch_cycles=2)
    (told,) = found.identity
    assert told.startswith("GAIT014: Read as one: subject 's1 ' -> 'S1'")


def test_spellings_in_two_datasets_are_told_of():
    one, other = walkers(["S1", "P2"]), walkers(["s1", "P3"], seed=1)
    other = LocomotionData(other.cycles.assign(dataset="clinic"), other.block, CHANNELS)
    found = identity_findings(LocomotionData.concat([one, other]))
    assert [(each.code, each.dataset) for each in found] == [("GAIT014", "clinic, lab")]


@pytest.mark.parametrize(
    "asked",
    [
        {"n_subjects": 60, "n_cycles": 6},
        {"n_subjects": 40, "n_cycles": 4, "pathologies": ["healthy", "stroke", "parkinsons"]},
    ],
)
def test_simulated_people_are_who_they_are(asked):
    assert identity_findings(simulate(**asked)) == []


@pytest.mark.parametrize("name", ["running", "hip_oa"])
def test_real_people_are_who_they_are(name, shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / f"{name}_phase.parquet")
    assert identity_findings(data) == []


def test_runners_under_two_names_are_found(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    cycles = data.cycles
    turn = cycles.groupby("subject").cumcount() % 2
    cycles["subject"] += pd.Series(["a", "b"])[turn].to_numpy()
    found = identity_findings(LocomotionData(cycles, data.block, data.channels))
    pairs = {frozenset(each.subjects) for each in found}
    assert len(found) > 40
    assert pairs <= {frozenset((f"{name}a", f"{name}b")) for name in set(data.groups)}
