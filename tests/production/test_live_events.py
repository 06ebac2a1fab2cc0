"""Gait events sample by sample, against those of the whole recording and of the walk itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks
from tests.ingest.walking import FIRST_S, STANCE, STRIDE_S, Walk

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import Event, contacts, find_events
from locomotion_analysis.production.live_events import Furthest, LiveEvents

HZ = 100.0


def live(signals, time):
    events = LiveEvents(list(signals))
    columns = {name: values.tolist() for name, values in signals.items()}
    return [
        seen
        for k, instant in enumerate(time.tolist())
        for seen in events.push(instant, {name: values[k] for name, values in columns.items()})
    ]


def forces(walk, unit="N", weight=1.0):
    return {
        f"grf_vertical_{side}_{unit}": walk.force(side, walk.time)[0][:, 2] / weight
        for side in FIRST_S
    }


def nearest_ms(seen, truth):
    """How far each event is from the nearest true one of its foot and kind."""
    return np.array(
        [
            min(
                (each.event.time_s - t.time_s for t in truth
                 if (t.side, t.kind) == (each.event.side, each.event.kind)), key=abs,
            )
            for each in seen
        ]
    ) * 1e3  # fmt: skip


@pytest.fixture(scope="module")
def walk():
    return Walk(seconds=8.0)


@pytest.fixture(scope="module")
def true_events():
    return [
        Event(first + STRIDE_S * (number + share), side, kind)
        for side, first in FIRST_S.items()
        for number in range(-1, 9)
        for share, kind in ((0.0, "heel_strike"), (STANCE, "toe_off"))
    ]


def test_events_of_the_force_are_those_of_the_walk(walk, true_events):
    seen = live(forces(walk), walk.time)
    whole = [each for each in true_events if 0.0 <= each.time_s <= 7.9]
    assert len(seen) == len(whole)
    assert np.abs(nearest_ms(seen, true_events)).max() < 10.0  # a sample
    assert {each.source for each in seen} == {"force"}


def test_events_of_the_force_are_those_of_the_whole_recording(walk):
    for name, values in forces(walk).items():
        spans = contacts(walk.time, values)
        own = [each.event.time_s for each in live({name: values}, walk.time)]
        offline = np.sort(spans[np.isfinite(spans)])
        inner = [t for t in own if offline[0] - 0.05 < t]
        assert np.abs(np.array(inner)[: len(offline)] - offline[: len(inner)]).max() < 0.02


def test_a_force_in_body_weights_gives_the_events_of_one_in_newtons(walk):
    newtons = live(forces(walk), walk.time)
    events = LiveEvents(list(forces(walk, "BW")), mass_kg=70.0)
    weights = {name: v.tolist() for name, v in forces(walk, "BW", 70.0 * 9.80665).items()}
    seen = [
        each
        for k, instant in enumerate(walk.time.tolist())
        for each in events.push(instant, {name: v[k] for name, v in weights.items()})
    ]
    assert [e.event.time_s for e in seen] == pytest.approx([e.event.time_s for e in newtons])


def test_a_foot_is_said_to_be_down_within_three_samples(walk):
    seen = live(forces(walk), walk.time)
    late = np.array([each.known_s - each.event.time_s for each in seen])
    assert late.min() >= 0.02 - 1e-9
    assert late.max() <= 0.03 + 1e-9


def test_noise_that_does_not_last_is_no_step():
    force = np.zeros(300)
    force[100:160], force[40], force[200:202] = 600.0, 45.0, 15.0
    seen = live({"grf_vertical_left_N": force}, np.arange(300) / HZ)
    assert [(each.event.kind, round(each.event.time_s, 1)) for each in seen] == [
        ("heel_strike", 1.0),
        ("toe_off", 1.6),
    ]


def test_events_of_angles_are_those_of_the_whole_recording(walk):
    whole = find_events(walk.of_model(plates=(), pelvis=None))
    seen = live(walk.angles(), walk.time)
    assert {each.source for each in seen} == {"angles"} == set(whole.sources)
    assert len(seen) == len(whole.events)
    assert np.abs(nearest_ms(seen, whole.events)).max() <= 20.0 + 1e-6  # of its filter
    assert max(each.known_s - each.event.time_s for each in seen) < 0.06


def test_the_force_comes_before_the_angles_foot_by_foot(walk):
    events = LiveEvents([*walk.angles(), "grf_vertical_left_N"])
    assert events.sources == {"left": "force", "right": "angles"}


def test_what_tells_no_event_is_refused():
    with pytest.raises(SchemaError, match="vertical force of a foot"):
        LiveEvents(["knee_flexion_angle_left_rad", "grf_vertical_ipsi_N"])


def test_a_foot_that_is_not_measured_is_lost_and_found_again(walk):
    signals = forces(walk)
    signals["grf_vertical_left_N"] = signals["grf_vertical_left_N"].copy()
    signals["grf_vertical_left_N"][240:290] = math.nan
    events, lost = LiveEvents(list(signals)), []
    for k, instant in enumerate(walk.time.tolist()):
        events.push(instant, {name: values[k] for name, values in signals.items()})
        lost.append(dict(events.lost))
    assert lost[239] == lost[248] == {}
    assert lost[280] == {"left": pytest.approx(2.39)}
    assert lost[291] == {}


@given(
    st.lists(st.floats(0.3, 1.0), min_size=3, max_size=8),
    st.floats(0.0, 6.0),
)
def test_maxima_are_those_of_the_whole_path(heights, phase):
    """Against scipy, on waves whose every maximum is prominent."""
    time = np.arange(0, len(heights), 0.01)
    size = np.interp(time, np.arange(len(heights)), heights)
    path = size * np.sin(2 * np.pi * time + phase)
    furthest = Furthest(rise=0.1, back=0.02, apart_s=0.4)
    found = [furthest.push(*each) for each in zip(time.tolist(), path.tolist(), strict=True)]
    seen = [instant for instant in found if instant is not None]
    peaks = time[find_peaks(path, prominence=0.1)[0]]
    late = [k / HZ - instant for k, instant in enumerate(found) if instant is not None]
    inside = peaks[(peaks > 0.5) & (peaks < time[-1] - 0.2)]
    assert [t for t in seen if 0.5 < t < time[-1] - 0.2] == pytest.approx(inside.tolist())
    assert all(0.0 < each < 0.2 for each in late)
