"""Whatever a reader hands on, the answer is cycles or one clear error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest import Event, Plate, Recording, Stream, cycles_of
from locomotion_analysis.ingest.recording import PelvisPose

SIGNALS = (
    "knee_flexion_angle_left_rad",
    "hip_flexion_angle_right_rad",
    "knee_flexion_angle_right_rad",
    "grf_vertical_left_N",
    "grf_vertical_right_BW",
    "knee_flexion_moment_left_Nm",
    "pelvis_obliquity_up_angle_rad",
    "no_channel_of_ours",
)
number = st.one_of(st.just(np.nan), st.floats(-2e3, 2e3), st.just(0.0))
event = st.builds(
    Event,
    st.floats(-1.0, 4.0),
    st.sampled_from(["left", "right"]),
    st.sampled_from(["heel_strike", "toe_off"]),
)


@st.composite
def arrays(draw, n, width=None):
    seed = draw(st.integers(0, 2**16))
    scale, holes = draw(st.sampled_from([0.0, 0.3, 900.0])), draw(st.sampled_from([0.0, 0.2, 1.0]))
    random = np.random.default_rng(seed)
    values = scale * random.normal(size=(n,) if width is None else (n, width)).cumsum(axis=0)
    values[random.random(n) < holes] = np.nan
    return values


@st.composite
def recordings(draw):
    n = draw(st.integers(1, 300))
    time = draw(st.sampled_from([0.0, 3.4])) + np.arange(n) * draw(st.sampled_from([0.004, 0.01]))
    names = draw(st.lists(st.sampled_from(SIGNALS), unique=True, max_size=4))
    streams = (Stream(time, {name: draw(arrays(n)) for name in names}),) if names else ()
    places = draw(
        st.lists(
            st.sampled_from(["LHEE", "RHEE", "LTOE", "RTOE", "SACR", "LASI", "RASI"]), unique=True
        )
    )
    plates = tuple(
        Plate(time, draw(arrays(n, 3)), draw(arrays(n, 3)), np.zeros(n), foot)
        for foot in draw(st.sampled_from([(), ("",), ("", ""), ("left", "right")]))
    )
    pelvis = PelvisPose(time, draw(arrays(n, 2)), draw(arrays(n)))
    return Recording(
        source="odd",
        subject="S1",
        streams=streams,
        markers={place: draw(arrays(n, 3)) for place in places},
        marker_time_s=time if places else np.empty(0),
        plates=plates,
        pelvis=draw(st.sampled_from([None, pelvis])),
        events=tuple(sorted(draw(st.lists(event, max_size=12)))),
        metadata=draw(st.sampled_from([{}, {"mass_kg": 70.0, "step": 3, "task": "x"}])),
    )


@settings(max_examples=150, deadline=None)
@given(recordings())
def test_every_recording_becomes_cycles_or_one_error(recording):
    try:
        data = cycles_of(recording)
    except LocomotionError as error:
        assert error.got
        return
    assert len(data) > 0
    assert data.cycles["cycle_duration_s"].between(0.4, 3.0).all()


def test_frames_left_out_are_a_gap_like_any_other(walker):
    keep = ~((walker.time_s > 2.0) & (walker.time_s < 2.5))
    signals = {name: values[keep] for name, values in walker.angles().signals.items()}
    stream = Stream(walker.time_s[keep], signals)
    data = cycles_of(walker.recording(streams=(stream,), events=walker.events()))
    assert np.isnan(data.block).any()
    assert any(e.action == "filled" and "left NaN" in e.detail for e in data.history)


def test_a_signal_without_a_standard_name_is_told(walker):
    signals = {**walker.angles().signals, "emg_left_soleus": walker.time_s}
    stream = Stream(walker.time_s, signals)
    data = cycles_of(walker.recording(streams=(stream,), events=walker.events()))
    assert any(e.action == "dropped" and "emg_left_soleus" in e.detail for e in data.history)


@pytest.mark.parametrize("name", ["subject", "step", "side"])
def test_metadata_never_overrides_the_key(walker, name):
    recording = walker.recording(events=walker.events(), metadata={name: "x", "note": "y"})
    cycles = cycles_of(recording).cycles
    assert set(cycles["note"]) == {"y"}
    assert "x" not in set(cycles[name])
