"""Where a foot lands, of a heel whose landing is known by how it was made."""

from pathlib import Path

import numpy as np
import pytest

from locomotion_analysis.ingest import Event, find_events
from locomotion_analysis.ingest.events import LATE_MS
from locomotion_analysis.ingest.landing import at_landings

PAGE = Path(__file__).parents[2] / "docs/reference/gait-events.md"
LANDS = {"left": np.arange(0.4, 6.0, 1.1), "right": np.arange(0.95, 6.0, 1.1)}
TIME = np.arange(0.0, 6.5, 0.01)


def _height(side, noise_m=0.0, seed=0):
    """Heel that falls at 0.3 m/s onto the ground, rests there for 0.5 s and rises again."""
    part = np.mod(TIME - LANDS[side][0], 1.1)
    height = np.interp(part, [0.0, 0.5, 0.7, 0.9, 1.1], [0.03, 0.03, 0.15, 0.09, 0.03])
    return height + noise_m * np.random.default_rng(seed).standard_normal(len(TIME))


def _strikes(early_s=0.04, spread_s=0.0):
    random = np.random.default_rng(1)
    return sorted(
        Event(float(t - early_s + spread_s * random.uniform(-1.0, 1.0)), side, "heel_strike")
        for side, lands in LANDS.items()
        for t in lands
    )


def _late(events):
    return np.array(
        [e.time_s - LANDS[e.side][np.abs(LANDS[e.side] - e.time_s).argmin()] for e in events]
    )


@pytest.mark.parametrize("early_s", [-0.02, 0.0, 0.04, 0.07])
@pytest.mark.parametrize("noise_m", [0.0, 3e-4])
def test_strikes_that_are_early_are_moved_to_the_landing(early_s, noise_m):
    heights = {side: _height(side, noise_m, i) for i, side in enumerate(LANDS)}
    moved, n_seen = at_landings(_strikes(early_s, 0.01), TIME, heights)
    assert n_seen == len(moved) == 11
    assert np.abs(_late(moved)).max() < (0.006 if noise_m else 0.003)


def test_without_a_steady_landing_nothing_moves():
    random = np.random.default_rng(0)
    noise = {side: 0.05 + 1e-3 * random.standard_normal(len(TIME)) for side in LANDS}
    strikes = _strikes()
    assert at_landings(strikes, TIME, noise) == (strikes, 0)
    still = {side: np.full_like(TIME, 0.05) for side in LANDS}
    assert at_landings(strikes, TIME, still) == (strikes, 0)
    assert at_landings([], TIME, still) == ([], 0)


def test_a_landing_in_a_gap_has_the_usual_lag():
    heights = {side: _height(side) for side in LANDS}
    heights["left"][np.abs(TIME - LANDS["left"][2]) < 0.06] = np.nan
    moved, n_seen = at_landings(_strikes(), TIME, heights)
    assert n_seen == 10
    assert np.abs(_late(moved)).max() < 0.003


def test_a_foot_that_never_lands_with_the_heel_keeps_all_strikes_on_one_bias():
    """Half of the landings known: a mix would make one side's steps longer."""
    heights = {"left": _height("left"), "right": np.full_like(TIME, 0.08)}
    moved, n_seen = at_landings(_strikes(), TIME, heights)
    assert n_seen in (0, 6)
    assert np.ptp(_late(moved)) < 0.004


def test_no_strike_leaves_the_recording():
    heights = {"left": _height("left")}
    given = [Event(float(t - 0.04), "left", "heel_strike") for t in LANDS["left"]]
    short = TIME < 5.88
    moved, _ = at_landings(given, TIME[short], {"left": heights["left"][short]})
    assert moved[-1].time_s == TIME[short][-1]


def test_the_ankle_stands_in_for_the_heel(walker):
    markers = walker.markers()
    for letter in "LR":
        markers[f"{letter}ANK"] = markers.pop(f"{letter}HEE") + np.array([0.05, 0.0, 0.05])
    found = find_events(walker.recording(markers=markers, marker_time_s=walker.time_s))
    for side in ("left", "right"):
        strikes = found.times(side, "heel_strike")
        assert len(strikes) >= 4
        assert np.abs(strikes[:, None] - walker.strikes(side)).min(axis=1).max() < 0.02
    mean, sd = LATE_MS["landing of the ankle"]["heel_strike"]
    assert any(
        "no heel marker, the ankle in its place" in e.detail and f"{mean:+d} +- {sd} ms" in e.detail
        for e in found.history
    )


def test_the_errors_that_the_history_states_are_those_of_the_page():
    page = PAGE.read_text(encoding="utf-8")
    heel, toe = page.split("| toe off | found")[:2]
    for method, of_kinds in LATE_MS.items():
        for kind, (mean, sd) in of_kinds.items():
            table = heel if kind == "heel_strike" else toe
            row = next(line for line in table.splitlines() if f"| ours, {method} |" in line)
            assert [cell.strip() for cell in row.split("|")[3:5]] == [f"{mean:+d}", str(sd)]
