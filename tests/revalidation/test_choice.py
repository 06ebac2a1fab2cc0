"""Which cycles are chosen, and what is measured of them."""

import numpy as np
import pytest
from revalidation.bands.timing import LOADED_BW, toe_off_percent
from revalidation.choice import choose, cycle_mean, furthest, share
from revalidation.figure import NotInDataError
from revalidation.peaks import highest, when_highest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import PHASE_PERCENT

VERTICAL, KNEE = "grf_vertical_ipsi_BW", "knee_flexion_angle_ipsi_rad"


def test_share_has_both_ends():
    part = PHASE_PERCENT[share(12, 28)]
    assert 12.0 <= part[0] < 12.0 + PHASE_PERCENT[1]
    assert 28.0 - PHASE_PERCENT[1] < part[-1] <= 28.0
    assert len(PHASE_PERCENT[share(0, 100)]) == 150


def test_cycle_mean_of_a_ramp_is_its_middle():
    assert cycle_mean(np.linspace(0, 3, 150)[None]) == pytest.approx([1.5])


def test_furthest_keeps_the_sign_and_passes_over_gaps():
    assert furthest(np.array([0.5, np.nan, -2.0, 1.0]), 0.0) == -2.0


def test_toe_off_lies_where_the_force_falls_below_the_threshold(hand_made):
    force = np.clip(1.0 - PHASE_PERCENT / 62.5, 0.0, None)
    walks = choose(hand_made, ["level_walking"])
    data = LocomotionData(walks.data.cycles, [np.tile(force, (len(hand_made), 1))], [VERTICAL])
    found = toe_off_percent(choose(data, ["level_walking"]))
    np.testing.assert_allclose(found, 62.5 * (1 - LOADED_BW), atol=1e-4)


def test_a_trial_counts_once_however_many_strides_it_has(hand_made):
    people = hand_made.select(task=["level_walking"])
    rows = np.flatnonzero((people.cycles["step"] == 0) | (people.cycles["subject"] == "P00"))
    uneven = choose(people.take(rows), ["level_walking"])
    speed = uneven.column("speed_m_s")
    assert len(speed) == 27
    assert len(uneven.by_trial(speed)) == 24
    assert uneven.by_trial(speed).mean() == pytest.approx(people.cycles["speed_m_s"].mean())


def test_gaps_take_a_cycle_out_and_nothing_else(hand_made):
    level = hand_made.select(task=["level_walking"])
    block = level.block.copy()
    block[level.channels.index(KNEE), 0] = np.nan
    gappy = LocomotionData(level.cycles, block, level.channels)
    asked = {"tasks": ["level_walking"], "channel": KNEE}
    assert highest(gappy, **asked) == pytest.approx(highest(level, **asked), abs=0.5)
    assert 65 < when_highest(gappy, **asked) < 80


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"tasks": ["hopping"]}, "hopping: 0 people"),
        ({"tasks": ["level_walking"], "pathology": "stroke"}, "stroke level_walking"),
        ({"tasks": ["level_walking"], "where": "subtype == 'crouch'"}, "no column for subtype"),
        ({"tasks": ["level_walking"], "speed_m_s": (3.0, 4.0)}, "3 to 4 m/s"),
        ({"tasks": ["incline_walking"], "incline_deg": 5.0}, r"\+5 degrees"),
    ],
)
def test_what_is_not_there_is_named(hand_made, asked, reason):
    with pytest.raises(NotInDataError, match=reason):
        choose(hand_made, **asked)


def test_a_channel_that_was_never_measured_is_named(hand_made):
    empty = np.full((1, len(hand_made), 150), np.nan)
    data = LocomotionData(hand_made.cycles, empty, [KNEE])
    with pytest.raises(NotInDataError, match="not measured in healthy level_walking"):
        choose(data, ["level_walking"]).curves(KNEE)
