"""Names of people, of marker sets and of walking aids."""

import unicodedata

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import merge_datasets
from locomotion_analysis.data.identity import (
    bodies,
    is_marker_set,
    is_nobody,
    is_walking_aid,
    loose_name,
    same_name,
)
from locomotion_analysis.errors import DuplicateCycleError, SchemaError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("S1 ", "s1"),
        ("Ab 3", "AB3"),
        ("\uff33\uff11", "S1"),
        ("Jos\u00e9", unicodedata.normalize("NFD", "Jos\u00e9")),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert same_name(one) == same_name(other)


def test_separators_and_zeros_are_only_perhaps_one_name() -> None:
    names = ["S1", "S01", "S-1", "s_001", "S 1", "S.1"]
    assert len({same_name(name) for name in names}) == 5  # "S1" and "S 1" differ by a blank alone
    assert {loose_name(name) for name in names} == {"s1"}


@pytest.mark.parametrize(("one", "other"), [("S10", "S1"), ("S100", "S1"), ("1A", "A1"), ("0", "")])
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert loose_name(one) != loose_name(other)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "NA", "n/a", "-", "NaN", "Unknown", "None", "Subject", "New Subject", "untitled"],
)
def test_nobody(name: str) -> None:
    assert is_nobody(name)


@pytest.mark.parametrize("name", ["0", "Nadia", "S1", "Nane", "Subject 1", "NA01"])
def test_somebody(name: str) -> None:
    assert not is_nobody(name)


@pytest.mark.parametrize(
    "name",
    ["FullBody52", "Plug-in Gait", "PlugInGait FullBody Ai", "CGM2.3", "Helen Hayes", "IOR gait",
     "LowerBody", "Animation marker set", "LaiArnoldModified2017", "Newington-Helen Hayes",
     "Cleveland Clinic", "markerset_v2", "CAST lower limb", "Theia3D", "gait2354",
     "PlugInGait FullBody (UPA and FRM)", "Baseline (41)", "Rizzoli Lower Body (26)",
     "Oxford Foot Model", "Qualisys Sports Marker set"],
)  # fmt: skip
def test_marker_sets(name: str) -> None:
    assert is_marker_set(name)
    assert not is_walking_aid(name)


@pytest.mark.parametrize(
    "name",
    ["P01", "Castillo", "Igor", "Modelski", "Piggott", "S1", "Walker", "P01 (post)", "OFM12"],
)
def test_people_are_no_marker_sets(name: str) -> None:
    assert not is_marker_set(name)


@pytest.mark.parametrize(
    "name",
    ["Walker", "Crutch_L", "left cane", "Box 1", "Wand", "exoskeleton", "Walking Stick", "Krücke"],
)
def test_walking_aids(name: str) -> None:
    assert is_walking_aid(name)


@pytest.mark.parametrize("name", ["Walker Smith", "Boxer", "B07", "Caney", "Wanda"])
def test_people_are_no_walking_aids(name: str) -> None:
    assert not is_walking_aid(name)


def test_a_separator_between_numbers_is_part_of_the_name() -> None:
    assert loose_name("1_12") == loose_name("01-12")
    assert len({loose_name(name) for name in ("1_12", "11_2", "112")}) == 3


# One name a person, by whatever way the data come


def frame_of(subjects, steps=None, **columns):
    steps = range(len(subjects)) if steps is None else steps
    names = {"dataset": "lab", "subject": subjects, "task": "level_walking", "step": steps}
    return pd.DataFrame({**names, **columns})


def made(subjects, steps=None, **columns):
    cycles = frame_of(subjects, steps, **columns)
    curves = np.random.default_rng(0).normal(size=(1, len(cycles), 150))
    return LocomotionData(cycles, curves, ["knee_flexion_angle_ipsi_rad"])


def long_table(subjects):
    """A table of the long layout with the names as they are written."""
    frame = made([f"P{number}" for number in range(len(subjects))]).dataframe
    frame["subject"] = np.repeat(subjects, 150)
    return frame


def by_parquet(subjects, folder):
    long_table(subjects).to_parquet(folder / "walk.parquet")
    return LocomotionData.from_parquet(folder / "walk.parquet")


def by_csv(subjects, folder):
    long_table(subjects).to_csv(folder / "walk.csv", index=False)
    return LocomotionData.from_csv(folder / "walk.csv")


def by_frame(subjects, _):
    return LocomotionData.from_dataframe(long_table(subjects))


def by_hand(subjects, _):
    return made(subjects)


def by_joining(subjects, _):
    return LocomotionData.concat([made([name], [at]) for at, name in enumerate(subjects)])


def by_folder(subjects, folder):
    frame = long_table(subjects)
    for at in range(len(subjects)):
        frame[150 * at : 150 * (at + 1)].to_parquet(folder / f"{at}.parquet")
    return LocomotionData.from_parquet(folder)


def by_parts(subjects, folder):
    long_table(subjects).to_parquet(folder / "walk.parquet")
    return LocomotionData.concat(list(LocomotionData.scan(folder / "walk.parquet", 1)))


def by_merging(subjects, _):
    other = LocomotionData(
        frame_of(["Q1"]).assign(dataset="clinic"), np.zeros((1, 1, 150)), made(["S1"]).channels
    )
    return merge_datasets([made(subjects), other]).select(dataset="lab")


WAYS = [
    by_parquet, by_csv, by_frame, by_hand, by_joining, by_folder, by_parts, by_merging,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_spellings_of_one_name_are_one_person(way, tmp_path):
    decomposed = unicodedata.normalize("NFD", "Jos\u00e9")
    data = way(["S1 ", "s1", "S2", "Jos\u00e9", decomposed, " S2"], tmp_path)
    expected = ["S1", "S1", "S2", "Jos\u00e9", "Jos\u00e9", "S2"]
    assert data.cycles["subject"].tolist() == expected
    told = [entry.detail for entry in data.history if entry.action == "renamed"]
    assert sum("subject 's1' -> 'S1'" in text for text in told) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["unknown", " ", "N/A", "?"])
def test_nobody_is_no_person(way, name, tmp_path):
    with pytest.raises(SchemaError, match="a value of subject for every cycle"):
        way(["S1", name], tmp_path)


def test_bodies_tell_two_people_apart():
    data = made(["ab", "AB", "ab", "AB"], mass_kg=[60.0, 90.0, 60.0, 90.0])
    assert data.cycles.groupby("subject")["mass_kg"].first().to_dict() == {"AB": 90.0, "ab": 60.0}
    told = [str(entry) for entry in data.history if "two people" in entry.detail]
    assert len(told) == 1
    assert "'ab' and 'AB' (mass_kg: 60, 90)" in told[0]


def test_people_kept_apart_stay_so_and_are_told_of_once(tmp_path):
    data = made(["ab", "AB"], mass_kg=[60.0, 90.0])
    data.to_parquet(tmp_path / "two.parquet")
    again = LocomotionData.from_parquet(tmp_path / "two.parquet")
    assert set(again.groups) == {"ab", "AB"}
    assert again.history == data.history
    joined = LocomotionData.concat([again.take([0]), again.take([1])])
    assert set(joined.groups) == {"ab", "AB"}


@pytest.mark.parametrize(
    ("subjects", "masses", "words"),
    [
        (["ab", "AB", "Ab"], [60.0, 90.0, np.nan], "'Ab', which may be any of 'ab', 'AB'"),
        (["S1", "S1 "], [60.0, 90.0], "'S1 ' of two people"),
        (["S1 ", "S1"], [60.0, 90.0], "'S1' of two people"),
    ],
)
def test_a_name_that_may_be_anybodys_is_refused(subjects, masses, words):
    with pytest.raises(SchemaError, match=words):
        made(subjects, mass_kg=masses)


def test_one_name_with_one_key_twice_is_refused():
    with pytest.raises(DuplicateCycleError, match="'S1' and 's1', names that differ by"):
        made(["S1", "s1"], [0, 0])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"mass_kg": [70.0, 72.0]}, None),
        ({"mass_kg": [70.0, 84.0]}, "mass_kg: 70, 84"),
        ({"mass_kg": [70.0, 84.0], "session": ["M0", "M6"]}, None),
        ({"mass_kg": [60.0, 95.0], "session": ["M0", "M6"]}, "mass_kg: 60, 95"),
        ({"height_m": [1.70, 1.71]}, None),
        ({"height_m": [1.70, 1.80]}, "height_m: 1.7, 1.8"),
        ({"height_m": [1.20, 1.32], "age": [7.0, 9.0], "session": ["a", "b"]}, None),
        ({"leg_length_m": [0.9375, 0.94]}, None),
        ({"leg_length_m": [0.85, 0.94]}, "leg_length_m: 0.85, 0.94"),
        ({"sex": ["female", "male"]}, "sex: female, male"),
        ({"sex": ["F", "female"]}, None),
        ({"age": [30.0, 31.0]}, None),
        ({"age": [30.0, 45.0]}, "age: 30, 45"),
        ({"birth_date": ["1980-01-02", "1990-01-02"]}, "date of birth: 1980-01-02, 1990-01-02"),
        ({"mass_kg": [70.0, np.nan], "sex": [None, "male"]}, None),
    ],
)
def test_what_can_be_known_of_one_body(columns, words):
    found = bodies(frame_of(["S1", "S1"], **columns))["lab", "S1"].conflicts()
    assert found == ([] if words is None else [words])


def test_namesakes_of_two_datasets_are_told_apart_whatever_the_spelling():
    data = made(["S1", "S2"])
    clinic = LocomotionData(
        frame_of(["s1", "Q1"]).assign(dataset="clinic"), np.zeros((1, 2, 150)), data.channels
    )
    assert set(merge_datasets([data, clinic]).groups) == {"lab/S1", "clinic/s1", "S2", "Q1"}


def test_datasets_whose_names_differ_by_case_are_no_two():
    one, other = made(["S1"], [0]), made(["S1"], [1])
    with pytest.raises(SchemaError, match="differ by blanks or case"):
        merge_datasets({"Lab": one, "lab": other})


def test_a_person_in_several_files_is_told_of(tmp_path):
    for at in range(2):
        made(["S1"], [at]).to_parquet(tmp_path / f"{at}.parquet")
    told = [str(entry) for entry in LocomotionData.from_parquet(tmp_path).history]
    assert "assumed: 2 files; one person in several: S1" in told
