"""A model on a live stream: each stride is answered as the service answers its cycle."""

import json
import math
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.ingest.walking import FIRST_S, MASS_KG, Walk

from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest import Recording, Stream, cycles_of

pytest.importorskip("skops")
pytest.importorskip("pydantic")

from locomotion_analysis.production import stream as streams
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.production.stream import GaitStream, read_samples, stream_samples

KEPT = Path(__file__).parent / "bundle" / "old" / "format_1.bundle"
KNOWN = {"mass_kg": MASS_KG, "speed_m_s": 1.2}


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(KEPT)


@pytest.fixture(scope="module")
def signals():
    walk = Walk(seconds=3.5)
    found = dict(walk.angles())
    found |= {f"grf_vertical_{side}_N": walk.force(side, walk.time)[0][:, 2] for side in FIRST_S}
    return walk.time, found


@pytest.fixture(scope="module")
def samples(signals):
    time_s, found = signals
    return [
        {"time_s": float(t), **{name: float(values[k]) for name, values in found.items()}}
        for k, t in enumerate(time_s)
    ]


@pytest.fixture(scope="module")
def outputs(bundle, samples):
    return run(bundle, samples)


def run(bundle, samples, **options):
    channels = [name for name in samples[0] if name != "time_s"]
    with GaitStream(bundle, channels, **{"rate_hz": 100, "known": KNOWN, **options}) as stream:
        found = [output for sample in samples for output in stream.push(sample)]
        return [*found, *stream.finish()]


def of_kind(outputs, kind):
    return [each for each in outputs if each["kind"] == kind]


def findings(outputs):
    return [each["finding"] for each in of_kind(outputs, "finding")]


def test_every_stride_has_one_answer(outputs):
    strikes = [each for each in of_kind(outputs, "event") if each["event"] == "heel_strike"]
    ended = [
        (one["side"], one["time_s"], other["time_s"])
        for side in FIRST_S
        for own in [[each for each in strikes if each["side"] == side]]
        for one, other in pairwise(own)
    ]
    answered = [
        (each["side"], each["start_s"], each["end_s"]) for each in of_kind(outputs, "prediction")
    ]
    assert sorted(answered) == sorted(ended)
    assert len(answered) == 5
    assert not of_kind(outputs, "rejected")
    assert not findings(outputs)


def test_answers_are_those_of_the_whole_recording(bundle, signals, outputs):
    """Converted at once with the same events, each cycle then answered by itself."""
    from locomotion_analysis.ingest import Event

    time_s, found = signals
    events = tuple(
        sorted(
            Event(each["time_s"], each["side"], each["event"]) for each in of_kind(outputs, "event")
        )
    )
    data = cycles_of(
        Recording(source="walk", subject="S1", task="level_walking", metadata=KNOWN,
                  streams=(Stream(time_s, found),), events=events)
    )  # fmt: skip
    served = ServedBundle(bundle)
    answers = of_kind(outputs, "prediction")
    assert len(data) == len(answers)
    for row, told in enumerate(answers):
        expected = served.predict_cycles(data.take([row]), explain=False).iloc[0]
        assert told["prediction"] == expected["prediction"]
        assert told["set"] == expected["set"]
        for name, p in told["probabilities"].items():
            assert p == pytest.approx(expected[f"p_{name}"], abs=1e-6)


def test_answers_are_the_same_when_the_kept_part_moves_on(bundle, samples, outputs, monkeypatch):
    monkeypatch.setattr(streams, "_WINDOW_S", 1.4)
    again = of_kind(run(bundle, samples), "prediction")
    expected = of_kind(outputs, "prediction")
    for one, other in zip(again, expected, strict=True):
        assert {**one, "took_s": 0} == {**other, "took_s": 0}


def test_what_comes_out_is_json_in_the_words_of_the_service(outputs):
    told = of_kind(json.loads(json.dumps(outputs, allow_nan=False)), "prediction")[0]
    assert set(told["probabilities"]) == {"healthy", "parkinsons"}
    assert told["step"] == 0
    assert told["warning"].startswith("outside the training data")
    assert {"GAIT101"} <= {each["finding"][:7] for each in told["quality"]}
    assert told["took_s"] > 0


def test_a_gap_in_time_is_told_and_no_stride_crosses_it(bundle, samples):
    outputs = run(bundle, [each for each in samples if not 2.0 < each["time_s"] < 2.3])
    assert findings(outputs) == ["gap"]
    detail = of_kind(outputs, "finding")[0]["detail"]
    assert "no samples since 2 s" in detail
    for each in of_kind(outputs, "prediction"):
        assert each["end_s"] < 2.0 or each["start_s"] > 2.3


def test_a_few_lost_samples_are_bridged_and_said(bundle, samples):
    lost = [each for each in samples if not 1.30 < each["time_s"] < 1.36]
    outputs = run(bundle, lost)
    assert not findings(outputs)
    crossing = [e for e in of_kind(outputs, "prediction") if e["start_s"] < 1.3 < e["end_s"]]
    assert crossing
    assert all("bridged" in each["warnings"][0] for each in crossing)


def test_a_late_sample_is_left_out_and_told(bundle, samples, outputs):
    moved = [*samples[:100], samples[101], samples[100], samples[99], *samples[102:]]
    found = run(bundle, moved)
    assert findings(found) == ["late_sample", "late_sample"]
    assert len(of_kind(found, "prediction")) == len(of_kind(outputs, "prediction"))


def test_a_clock_that_begins_anew_is_told(bundle, samples):
    outputs = run(bundle, [*samples[:250], *samples])
    assert findings(outputs) == ["clock_restarted"]
    assert len(of_kind(outputs, "prediction")) == 3 + 5


def test_a_missing_channel_is_named(bundle, samples):
    spoilt = {name: v for name, v in samples[30].items() if name != "hip_flexion_angle_left_rad"}
    with pytest.raises(SchemaError, match="hip_flexion_angle_left_rad missing") as error:
        run(bundle, [*samples[:30], spoilt])
    assert "after the one at 0.29 s" in error.value.where


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 1.0}, "speed added"),
        ({"time_s": math.nan}, "time_s = nan"),
        ({"knee_flexion_angle_left_rad": math.inf}, "knee_flexion_angle_left_rad = inf"),
        ({"knee_flexion_angle_left_rad": "x"}, "could not convert"),
    ],
)
def test_a_sample_that_cannot_be_right_is_refused(bundle, samples, change, message):
    with pytest.raises(SchemaError, match=message):
        run(bundle, [*samples[:30], {**samples[30], **change}])


def test_nan_in_a_channel_rejects_its_strides_alone(bundle, samples):
    name = "hip_flexion_angle_right_rad"
    spoilt = [{**each, name: math.nan} if 2.0 < each["time_s"] < 2.3 else each for each in samples]
    outputs = run(bundle, spoilt)
    rejected = of_kind(outputs, "rejected")
    assert rejected
    for each in rejected:
        assert each["start_s"] < 2.3
        assert each["end_s"] > 2.0
        assert "hip_flexion_angle" in each["reason"]
    assert not findings(outputs)


def test_a_force_that_is_not_measured_is_told_and_no_stride_crosses_it(bundle, samples):
    name = "grf_vertical_left_N"
    spoilt = [{**each, name: math.nan} if 2.0 < each["time_s"] < 2.3 else each for each in samples]
    outputs = run(bundle, spoilt)
    assert findings(outputs) == ["not_measured"]
    assert "left foot" in of_kind(outputs, "finding")[0]["detail"]
    left = [each for each in of_kind(outputs, "prediction") if each["side"] == "left"]
    assert left
    assert all(each["end_s"] < 2.0 or each["start_s"] > 2.3 for each in left)


def test_who_stands_is_said_to_have_no_heel_strike(bundle, samples):
    still = [{**samples[0], "time_s": k / 100} for k in range(700)]
    assert findings(run(bundle, still)) == ["no_strike"]


@pytest.mark.parametrize("scale", [1000.0, 2.0])
def test_another_rate_or_unit_of_time_is_refused(bundle, samples, scale):
    wrong = [{**each, "time_s": scale * each["time_s"]} for each in samples]
    with pytest.raises(SchemaError, match="100 samples a second, time in seconds"):
        run(bundle, wrong)


def test_what_the_model_needs_must_be_in_the_stream(bundle, samples):
    channels = [name for name in samples[0] if name not in ("time_s",) and "knee" not in name]
    with pytest.raises(SchemaError, match="knee_flexion_angle_ipsi_rad"):
        GaitStream(bundle, channels, 100, known=KNOWN)
    with pytest.raises(UnitError, match="body mass"):
        GaitStream(bundle, list(samples[0])[1:], 100)
    with pytest.raises(SchemaError, match="side of the body"):
        GaitStream(bundle, ["knee_flexion_angle_ipsi_rad"], 100)
    with pytest.raises(SchemaError, match="above 0"):
        GaitStream(bundle, list(samples[0])[1:], 0, known=KNOWN)


def test_one_leg_alone_is_answered_for_its_strides(bundle, samples):
    left = [{n: v for n, v in each.items() if "_right_" not in n} for each in samples]
    outputs = run(bundle, left)
    assert {each["side"] for each in of_kind(outputs, "prediction")} == {"left"}
    assert len(of_kind(outputs, "prediction")) == 3


@pytest.fixture(scope="module")
def of_angles(tmp_path_factory):
    """A model that asks for no force."""
    from tests.production.bundle.tampering import few_channels

    from locomotion_analysis.evaluation.training import train
    from locomotion_analysis.production.bundle import write_bundle
    from locomotion_analysis.simulation import simulate

    data = simulate(12, 2, ["level_walking"], ["healthy", "parkinsons"], seed=5)
    data = few_channels(data, ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"))
    folder = tmp_path_factory.mktemp("angles")
    train(data, "pathology", folder / "run", recipes=["linear"], n_splits=3)
    return write_bundle(folder / "run", folder / "angles.bundle")


@pytest.mark.slow
@pytest.mark.parametrize(("backward", "kind"), [(False, "prediction"), (True, "rejected")])
def test_strides_told_by_angles_are_answered_unless_walked_backward(of_angles, backward, kind):
    walk = Walk(seconds=4.0, backward=backward)
    samples = [
        {"time_s": float(t), **{name: float(v[k]) for name, v in walk.angles().items()}}
        for k, t in enumerate(walk.time)
    ]
    outputs = run(of_angles, samples)
    other = {"prediction": "rejected", "rejected": "prediction"}[kind]
    assert of_kind(outputs, kind)
    assert not of_kind(outputs, other)
    if backward:
        assert "backward" in of_kind(outputs, kind)[0]["reason"]


# Samples as text


def as_csv(samples):
    yield ",".join(samples[0])
    for each in samples:
        yield ",".join("" if math.isnan(v) else repr(v) for v in each.values())


def as_json(samples):
    for each in samples:
        yield json.dumps({n: None if math.isnan(v) else v for n, v in each.items()})


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_samples_are_read_as_they_were_written(samples, write):
    gap = {**samples[1], "knee_flexion_angle_left_rad": math.nan}
    read = list(read_samples(write([samples[0], gap, samples[2]])))
    assert read[0] == samples[0]
    assert read[2] == samples[2]
    assert math.isnan(read[1]["knee_flexion_angle_left_rad"])


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["time_s,a", "0.1"], "line 2"),
        (["time_s,a", "0.1,x"], "line 2"),
        (['{"time_s": 0.1', ""], "line 1"),
        (['{"time_s": [1]}'], "line 1"),
    ],
)
def test_a_line_that_is_no_sample_is_named(lines, where):
    with pytest.raises(SchemaError) as error:
        list(read_samples(lines, "device"))
    assert error.value.where == f"device, {where}"


def test_a_device_that_falls_silent_is_told_once(bundle, samples):
    told = threading.Event()

    def device():
        yield from samples[:50]
        assert told.wait(60)
        yield from samples[50:80]

    outputs = []
    for output in stream_samples(bundle, device(), 100, stall_s=0.5, known=KNOWN):
        outputs.append(output)
        if output["kind"] == "finding":
            told.set()
    assert findings(outputs) == ["stalled"]
    assert of_kind(outputs, "finding")[0]["time_s"] == pytest.approx(0.49)


@pytest.mark.parametrize("error", [OSError(5, "unplugged"), SystemExit("unplugged")])
def test_an_error_of_the_device_comes_through(bundle, samples, error):
    def device():
        yield from samples[:50]
        raise error

    with pytest.raises(type(error), match="unplugged"):
        list(stream_samples(bundle, device(), 100, known=KNOWN))


def test_no_sample_at_all_is_refused(bundle):
    with pytest.raises(SchemaError, match="expected samples"):
        list(stream_samples(bundle, [], 100))


# Real recordings


def test_events_of_a_real_walk_are_known_in_time(shared_data):
    """Overground, two plates at 1000 Hz: the force of each foot, against the whole recording's."""
    from locomotion_analysis.ingest import ReadOptions, find_events, reader_for
    from locomotion_analysis.production.live_events import LiveEvents

    errors = []
    for path in sorted((shared_data / "raw/opensim_s01").glob("S01_000[2-7]_Gait.c3d")):
        whole = find_events(reader_for(path).read(path, ReadOptions())[0])
        truth = [e for e, s in zip(whole.events, whole.sources, strict=True) if s == "force"]
        for each in whole.forces.recording.streams:
            names = [name for name in each.signals if name.startswith("grf_vertical_")]
            if not names:
                continue
            live = LiveEvents(names)
            for k, instant in enumerate(each.time_s.tolist()):
                sample = {name: float(np.nan_to_num(each.signals[name][k])) for name in names}
                for seen in live.push(instant, sample):
                    same = [
                        e for e in truth
                        if (e.side, e.kind) == (seen.event.side, seen.event.kind)
                    ]  # fmt: skip
                    errors.append(min(abs(seen.event.time_s - e.time_s) for e in same))
                    assert seen.known_s - seen.event.time_s < 0.03
    assert len(errors) >= 20
    assert max(errors) < 0.02
