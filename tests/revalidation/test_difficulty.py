"""A cohort without signal, and one whose labels can be read off, are both refused."""

import numpy as np
import pandas as pd
import pytest
from revalidation.bands import DIFFICULTY
from revalidation.bands.learning import CLASSES
from revalidation.figure import check

from locomotion_analysis.data import LocomotionData

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"
PHASE = np.linspace(0, 2 * np.pi, 150)


def bands(number):
    return [band for band in DIFFICULTY if band.number == number]


def cohort(labels, apart, by=None, **columns):
    """Two strides a person; the mean knee of a class (of `by`) lies `apart` SDs from the next."""
    rng = np.random.default_rng(0)
    people = np.array(labels)
    ranks = np.unique(people if by is None else by, return_inverse=True)[1]
    offset = rng.normal(size=len(people)) + apart * ranks
    knee = np.radians(30 + 5 * offset)[:, None] + rng.normal(0.5, 0.1, (len(people), 1)) * np.sin(
        PHASE
    )
    hip = np.radians(5 * rng.normal(size=len(people)))[:, None] + rng.normal(
        0.4, 0.1, (len(people), 1)
    ) * np.cos(PHASE)
    curves = np.repeat([knee, hip], 2, axis=1)
    curves = curves + 0.01 * rng.normal(size=(2, 2 * len(people), 1))
    table = pd.DataFrame(
        {
            "dataset": "made",
            "subject": [f"P{i:03d}" for i in range(len(people))],
            "task": "level_walking",
            "pathology": people,
            "age": 70.0,
            **columns,
        }
    )
    cycles = table.loc[table.index.repeat(2)].reset_index(drop=True)
    cycles["step"] = np.arange(len(cycles)) % 2
    return LocomotionData(cycles, curves, [KNEE, HIP])


def figure(data, number):
    return next(check(data, bands(number)))


@pytest.mark.parametrize(("apart", "verdict"), [(0.0, "outside"), (2.7, "ok")], ids=str)
def test_six_classes(apart, verdict):
    found = figure(
        cohort(np.repeat([*list(CLASSES)[:5], "transtibial_amputation"], 20), apart), "D1"
    )
    assert found.verdict == verdict, found


@pytest.mark.parametrize(("apart", "verdict"), [(1.4, "ok"), (20.0, "outside")], ids=str)
def test_healthy_or_osteoarthritis(apart, verdict):
    found = figure(cohort(np.repeat(["healthy", "knee_osteoarthritis"], 60), apart), "D2")
    assert found.verdict == verdict, found


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "outside"), (1.3, "ok")], ids=str)
def test_fallers(shift, verdict):
    faller = np.arange(160) % 2 == 0
    people = np.repeat(["healthy", "fall_risk"], 80)
    found = figure(cohort(people, shift, by=faller, faller=faller), "D3")
    assert found.verdict == verdict, found


def test_young_people_are_no_fallers():
    young = cohort(np.repeat(["healthy", "fall_risk"], 30), 0.0, faller=True, age=30.0)
    assert "people" in figure(young, "D3").missing


def test_classes_that_are_not_there_are_named():
    found = figure(cohort(np.repeat(["healthy", "stroke"], 20), 0.0), "D1")
    assert found.verdict == "not in the data"
    assert "amputation" in found.missing


def test_published_curves_are_inside_the_ranges(hand_made):
    figures = [f for f in check(hand_made, bands("D4")) if not f.missing]
    assert len(figures) == 8
    assert [f for f in figures if f.verdict != "ok"] == []


def test_curves_that_were_not_measured_do_not_count_as_inside(hand_made):
    walks = hand_made.select(task=["level_walking"])
    wrong = np.where(np.arange(len(walks)) < 48, np.nan, 3.0)[:, None] * np.ones(150)
    half = LocomotionData(walks.cycles, [wrong], [KNEE])
    inside = {f.name: f for f in check(half, bands("D4"))}
    assert inside["healthy strides inside the rails, level_walking"].measured == 0.0
    unknown = LocomotionData(
        walks.cycles, [walks.curves(KNEE)], ["knee_adduction_velocity_ipsi_rad_s"]
    )
    assert "no measured channel" in next(check(unknown, bands("D4"))).missing


def test_curves_off_the_ranges_are_refused(broken):
    lifted = broken({KNEE: lambda x: x + 2.0})
    assert {f.verdict for f in check(lifted, bands("D4")) if "strides" in f.name} == {
        "outside",
        "not in the data",
    }
    scaled = broken({name: lambda x: 3 * x for name in lifted.channels if "moment" in name})
    assert next(f for f in check(scaled, bands("D4")) if "curves" in f.name).verdict == "outside"
