"""Names of people, of marker sets and of walking aids."""

import unicodedata

import pytest

from locomotion_analysis.data.identity import (
    is_marker_set,
    is_nobody,
    is_walking_aid,
    loose_name,
    same_name,
)


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


@pytest.mark.parametrize("name", ["", "  ", "NA", "n/a", "-", "NaN", "Unknown", "None", "Subject"])
def test_nobody(name: str) -> None:
    assert is_nobody(name)


@pytest.mark.parametrize("name", ["0", "Nadia", "S1", "Nane", "Subject 1", "NA01"])
def test_somebody(name: str) -> None:
    assert not is_nobody(name)


@pytest.mark.parametrize(
    "name",
    ["FullBody52", "Plug-in Gait", "PlugInGait FullBody Ai", "CGM2.3", "Helen Hayes", "IOR gait",
     "LowerBody", "markerset_v2", "CAST lower limb", "Theia3D", "gait2354"],
)  # fmt: skip
def test_marker_sets(name: str) -> None:
    assert is_marker_set(name)
    assert not is_walking_aid(name)


@pytest.mark.parametrize("name", ["P01", "Castillo", "Igor", "Modelski", "Piggott", "S1", "Walker"])
def test_people_are_no_marker_sets(name: str) -> None:
    assert not is_marker_set(name)


@pytest.mark.parametrize(
    "name", ["Walker", "Crutch_L", "left cane", "Box 1", "Wand", "exoskeleton"]
)
def test_walking_aids(name: str) -> None:
    assert is_walking_aid(name)


@pytest.mark.parametrize("name", ["Walker Smith", "Boxer", "B07", "Caney", "Wanda"])
def test_people_are_no_walking_aids(name: str) -> None:
    assert not is_walking_aid(name)
