"""Who was recorded in a C3D file, by its parameters alone."""

import ezc3d
import numpy as np
import pytest

from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest import ReadOptions, convert, who_is_who
from locomotion_analysis.ingest.c3d.content import (
    C3DContent,
    read_c3d_content,
    read_c3d_parameters,
)
from locomotion_analysis.ingest.c3d.people import c3d_people
from locomotion_analysis.ingest.c3d.reader import C3DReader


def _people(labels, wanted="", **groups):
    parameters = {"POINT": {"LABELS": labels}, **groups}
    entries = {
        group: {
            n.upper(): {"shape": [len(values)], "value": values} for n, values in content.items()
        }
        for group, content in parameters.items()
    }
    content = C3DContent(np.empty((0, 0, 3)), np.empty((0, 0)), 100.0, 0.0, 0, entries)
    return c3d_people(content, wanted)


def _names(*texts):
    return {"NAMES": list(texts)}


def _events(*subjects):
    return {"SUBJECTS": list(subjects), "LABELS": ["Foot Strike"] * len(subjects)}


BOTH = ["A:LHEE", "A:LKneeAngles", "B:LHEE", "B:LKneeAngles"]
PLAIN = ["LHEE", "LKneeAngles"]


@pytest.mark.parametrize(
    ("labels", "groups", "expected"),
    [
        (PLAIN, {"SUBJECTS": _names("P1")}, ("P1", "SUBJECTS:NAMES")),
        (PLAIN, {"SUBJECT": {"NAME": ["FOO BAR"]}}, ("FOO BAR", "SUBJECT:NAME")),
        (PLAIN, {"SUBJECTS": _names("Walker", "B07")}, ("B07", "SUBJECTS:NAMES")),
        (PLAIN, {"SUBJECTS": _names("FullBody52", "B07")}, ("B07", "SUBJECTS:NAMES")),
        (PLAIN, {"SUBJECTS": _names(""), "EVENT": _events("B07")}, ("B07", "EVENT:SUBJECTS")),
        (PLAIN, {"SUBJECTS": _names("CGM2"), "EVENT": _events("B07")}, ("B07", "EVENT:SUBJECTS")),
        (["B7:LHEE"], {"SUBJECTS": _names("PlugInGait")}, ("B7", "the labels' prefix")),
        (["x:LHEE"], {"SUBJECTS": _names("P1")}, ("P1", "SUBJECTS:NAMES")),
        (BOTH, {"SUBJECTS": _names("A", "B"), "EVENT": _events("B")}, ("B", "SUBJECTS:NAMES")),
        (BOTH, {"SUBJECTS": _names("A"), "EVENT": _events("a ")}, ("A", "SUBJECTS:NAMES")),
        (PLAIN, {"SUBJECTS": _names("FullBody52")}, ("FullBody52", "SUBJECTS:NAMES")),
        (PLAIN, {}, ("", "")),
    ],
)
def test_the_person_of_a_file(labels, groups, expected):
    (person,) = _people(labels, **groups)
    assert (person.name, person.named_by) == expected


def test_an_aid_has_no_share_in_the_person():
    labels = ["B07:LHEE", "Walker:W1", "LKneeAngles"]
    groups = {"SUBJECTS": _names("Walker", "B07"), "EVENT": _events("B07", "Walker", "")}
    (person,) = _people(labels, **groups, PROCESSING={"Bodymass": [71.0]})
    assert [person.owns_label(label) for label in labels] == [True, False, True]
    assert [person.owns_event(name) for name in ("B07", "b07", "Walker", "")] == [1, 1, 0, 1]
    assert person.metadata == {"mass_kg": 71.0}
    assert "Walker" in "".join(map(str, person.history))


def test_two_people_each_have_their_own():
    groups = {"SUBJECTS": _names("A", "B"), "EVENT": _events("A", "B", "A")}
    one, two = _people(BOTH, **groups, PROCESSING={"Bodymass": [71.0]})
    assert (one.name, two.name) == ("A", "B")
    assert [one.owns_label(label) for label in BOTH] == [True, True, False, False]
    assert [two.owns_event(name) for name in ("A", "B", "")] == [False, True, False]
    assert one.metadata == two.metadata == {}
    assert "mass_kg: the file does not say whose" in "".join(map(str, one.history))
    (chosen,) = _people(BOTH, "b", **groups)
    assert chosen.name == "B"


def test_prefixes_that_the_file_explains():
    groups = {"SUBJECTS": {"NAMES": ["Anna", "Bert"], "LABEL_PREFIXES": ["A:", "B:"]}}
    one, _ = _people(BOTH, **groups, EVENT=_events("Anna", "Bert"))
    assert one.name == "Anna"
    assert one.owns_label("A:LHEE")


@pytest.mark.parametrize(
    ("labels", "groups", "wanted"),
    [
        (BOTH, {"SUBJECTS": _names("A", "B")}, ""),
        (BOTH, {"EVENT": _events("C", "C")}, ""),
        (PLAIN, {"SUBJECTS": _names("A", "B"), "EVENT": _events("B")}, ""),
        (PLAIN, {"SUBJECTS": _names("A"), "EVENT": _events("B")}, ""),
        (BOTH, {"SUBJECTS": _names("A", "B"), "EVENT": _events("A")}, "C"),
    ],
)
def test_several_people_that_nothing_tells_apart_are_refused_by_name(labels, groups, wanted):
    with pytest.raises(SchemaError) as caught:
        _people(labels, wanted, **groups)
    assert "people, A (" in caught.value.got
    assert "B (" in caught.value.got
    assert "--subject" in caught.value.fix


@pytest.fixture
def pair(tmp_path):
    """A strides in 1.1 s, B in 1.0 s: knees peak at 72 % of each one's own stride."""
    time_s = np.arange(600) / 100
    file = ezc3d.c3d()
    curves, events = {}, []
    for who, period, first in (("A", 1.1, 0.1), ("B", 1.0, 0.35)):
        for letter, side, begin in (("L", "Left", first), ("R", "Right", first + period / 2)):
            phase = np.mod((time_s - begin) / period, 1.0)
            knee = 5 + 58 * np.exp(-(((phase - 0.72) / 0.08) ** 2))
            curves[f"{who}:{letter}KneeAngles"] = knee
            for stride in range(5):
                strike = begin + stride * period
                events += [(strike, side, "Foot Strike", who)]
                events += [(strike + 0.6 * period, side, "Foot Off", who)]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(curves)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    points = np.ones((4, 4, 600))
    points[0] = np.stack(list(curves.values()))
    file["data"]["points"] = points
    file.add_parameter("POINT", "ANGLES", list(curves))
    file.add_parameter("POINT", "ANGLE_UNITS", ["deg"])
    file.add_parameter("SUBJECTS", "NAMES", ["A", "B"])
    events.sort()
    for instant, side, kind, who in events:
        file.add_event([0, instant], context=side, label=kind, subject=who)
    path = tmp_path / "pair.c3d"
    file.write(str(path))
    return path


def test_two_people_of_one_file_are_cut_at_their_own_steps(pair):
    data = convert([pair]).data
    assert set(data.groups) == {"A", "B"}
    knee = data.curves("knee_flexion_angle_ipsi_rad")
    np.testing.assert_allclose(knee.argmax(axis=1) / 149 * 100, 72.0, atol=1.5)
    duration = data.cycles.groupby("subject")["cycle_duration_s"].mean()
    assert duration.to_dict() == pytest.approx({"A": 1.1, "B": 1.0}, abs=0.005)
    only = convert([pair], subject="B").data
    assert set(only.groups) == {"B"}
    assert who_is_who([pair])["subject"].tolist() == ["A", "B"]


def test_parameters_are_those_of_the_parser(shared_data):
    """ezc3d's reading of the same parameters, Intel and DEC."""
    folder = shared_data / "raw/c3d_corpus/C3DSamples/c3d.org"
    files = ["sample01/Eb015pr.c3d", "sample01/Eb015vr.c3d", "sample02/DEC_INT.C3D"]
    paths = [folder / name for name in files]
    paths += sorted((shared_data / "raw/c3d_plugin_gait").glob("*.c3d"))
    for path in paths:
        ours, theirs = read_c3d_parameters(path), read_c3d_content(path)
        for group, name in (("SUBJECTS", "NAMES"), ("SUBJECT", "NAME"), ("POINT", "LABELS")):
            assert ours.texts(group, name) == theirs.texts(group, name)
        for group, name in (("PROCESSING", "Bodymass"), ("POINT", "RATE"), ("ANALOG", "SCALE")):
            np.testing.assert_allclose(ours.numbers(group, name), theirs.numbers(group, name))


def test_damaged_parameters_are_one_error(write_c3d):
    path = write_c3d(np.zeros((20, 1)), SUBJECTS={"NAMES": ["S3"]})
    original = path.read_bytes()
    generator = np.random.default_rng(5)
    for _ in range(200):
        data = bytearray(original)
        for place in generator.integers(512, len(original), size=6):
            data[place] = generator.integers(256)
        path.write_bytes(data)
        try:
            C3DReader().people(path, ReadOptions())
        except LocomotionError as error:
            assert "trial.c3d" in str(error)


@pytest.mark.parametrize("stated", [70.0, 58.5])
def test_a_height_that_may_be_inches_is_left_out_and_said(stated):
    """PROCESSING states no unit; SUBJECT:Height of ELITE's programs is in centimetres."""
    (person,) = _people(PLAIN, PROCESSING={"Height": [stated], "LLegLength": [35.4]})
    assert "height_m" not in person.metadata
    assert "leg_length_m" not in person.metadata
    assert f"height_m: {stated:g} may be centimetres or inches" in str(person.history)
    (child,) = _people(PLAIN, SUBJECT={"Height": [stated]})
    assert child.metadata["height_m"] == pytest.approx(stated / 100)
    (vicon,) = _people(PLAIN, PROCESSING={"Height": [1750.0], "LLegLength": [880.0]})
    assert vicon.metadata == {"height_m": 1.75, "leg_length_m": 0.88}
