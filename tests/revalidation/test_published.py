"""The further figures, against the published curves they belong to."""

import math

import numpy as np
import pytest
from revalidation.figure import compare
from revalidation.published import FURTHER
from revalidation.published.groups import paretic_propulsion


@pytest.fixture(scope="module")
def comparisons(hand_made):
    return {c.name: c for c in compare(hand_made, FURTHER)}


def test_names_differ_and_every_figure_has_a_source():
    assert len({figure.name for figure in FURTHER}) == len(FURTHER)
    assert all(figure.sd > 0 and figure.source for figure in FURTHER)


@pytest.mark.parametrize("task", ["level", "run", "-10 degrees", "+10 degrees", "stair ascent"])
def test_published_curves_are_near_the_published_figures(comparisons, task):
    found = [c for name, c in comparisons.items() if name.startswith(task) and not c.missing]
    assert found
    deviations = np.abs([c.deviation for c in found])
    assert np.median(deviations) < 1.0
    assert deviations.max() < 3.0, found[int(deviations.argmax())]


def test_a_wrong_sign_stands_out(broken):
    flipped = broken({"knee_flexion_moment_ipsi_Nm_kg": lambda x: -x})
    found = {c.name: c.deviation for c in compare(flipped, FURTHER)}
    assert found["run 2.5 m/s: knee extensor moment"] > 3
    assert found["stair ascent: knee extensor moment"] > 3
    assert abs(found["run 2.5 m/s: swing knee"]) < 3


def test_what_is_not_in_the_data_has_no_deviation(comparisons):
    rising = comparisons["sit to stand: duration"]
    assert math.isnan(rising.measured)
    assert math.isnan(rising.deviation)
    assert "sit_to_stand" in rising.missing


def test_paretic_propulsion_is_the_share_of_the_affected_leg(hand_made):
    cycles = hand_made.cycles.assign(pathology="stroke")
    cycles["affected_side"] = "left"
    block = hand_made.block.copy()
    left = (cycles["side"] == "left").to_numpy()
    ipsi, contra = (hand_made.channels.index(f"grf_anterior_{s}_BW") for s in ("ipsi", "contra"))
    block[ipsi, left] = 0.25 * np.abs(block[contra, left])
    block[contra, left] = np.abs(block[contra, left])
    assert paretic_propulsion(type(hand_made)(cycles, block, hand_made.channels)) == pytest.approx(
        0.2
    )
