import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError, UnitError
from locomotion_analysis.ingest import ReadOptions
from locomotion_analysis.ingest.opensim import TRCReader

FACTORS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}


def text_of(names, positions, *, unit="mm", frames=None, markers=None, end="\n"):
    """A file as the format's makers write it; NaN is a blank cell."""
    n = len(positions)
    header = [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigNumFrames",
        f"100\t100\t{frames or n}\t{markers or len(names)}\t{unit}\t100\t{n}",
        "Frame#\tTime\t" + "\t".join(f"{name}\t\t" for name in names),
        "\t\t" + "\t".join(f"{axis}{k + 1}" for k in range(len(names)) for axis in "XYZ"),
        "",
    ]
    rows = []
    for frame, row in enumerate(positions.reshape(n, -1)):
        cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
        rows.append("\t".join([str(frame + 1), f"{frame / 100:.3f}", *cells]))
    return end.join([*header, *rows, ""])


def read(path):
    (recording,) = TRCReader().read(path, ReadOptions())
    return recording


def said(recording):
    return "\n".join(map(str, recording.history))


@given(
    positions=hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 6), st.integers(1, 4), st.just(3)),
        elements=st.one_of(st.floats(1, 3000).map(lambda v: round(v, 4)), st.just(np.nan)),
    ),
    unit=st.sampled_from(sorted(FACTORS)),
    lie=st.integers(1, 99),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_markers_are_read_back(tmp_path_factory, positions, unit, lie, end):
    names = [f"M {k}" for k in range(positions.shape[1])]
    path = tmp_path_factory.mktemp("trc") / "a.trc"
    text = text_of(names, positions, unit=unit, frames=lie, markers=lie, end=end)
    path.write_bytes(text.encode())
    whole = ~np.isnan(positions).any(axis=2)
    if not whole.any():
        with pytest.raises(SchemaError, match="at least one marker"):
            read(path)
        return
    recording = read(path)
    assert list(recording.markers) == [
        n for n, seen in zip(names, whole.any(0), strict=True) if seen
    ]
    for place, name in enumerate(names):
        if name in recording.markers:
            wanted = np.where(whole[:, place, None], positions[:, place] * FACTORS[unit], np.nan)
            got = recording.markers[name]
            if "with y up to z up" in said(recording):
                wanted = wanted[:, [0, 2, 1]] * [1, -1, 1]
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize(("axis", "order"), [(1, [0, 2, 1]), (2, [0, 1, 2]), (0, [1, 2, 0])])
def test_the_axis_from_feet_to_head_becomes_z(tmp_path, axis, order):
    positions = np.full((3, 2, 3), 100.0) + np.arange(3)
    positions[:, 0, axis] = 1700.0
    positions[:, 1, axis] = 50.0
    path = tmp_path / "a.trc"
    path.write_text(text_of(["R_HEAD", "L_HEEL"], positions))
    markers = read(path).markers
    assert markers["R_HEAD"][0, 2] == pytest.approx(1.7)
    assert markers["L_HEEL"][0, 2] == pytest.approx(0.05)
    np.testing.assert_allclose(np.abs(markers["R_HEAD"][0]), positions[0, 0, order] / 1000)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_turned_axes_stay_right_handed(tmp_path, axis):
    frame = np.vstack([np.eye(3) * 100, np.zeros((3, 3))]) + 10.0
    frame[4, axis], frame[5, axis] = 1700.0, 50.0
    path = tmp_path / "a.trc"
    path.write_text(text_of(["A", "B", "C", "O", "HEAD", "R_HEEL"], np.stack([frame, frame])))
    markers = read(path).markers
    edges = np.stack([markers[name][0] - markers["O"][0] for name in "ABC"])
    assert np.linalg.det(edges) == pytest.approx(0.1**3)


def test_a_marker_at_the_origin_was_not_seen(tmp_path):
    positions = np.full((3, 1, 3), 5.0)
    positions[1] = 0.0
    path = tmp_path / "a.trc"
    path.write_text(text_of(["A"], positions))
    recording = read(path)
    assert np.isnan(recording.markers["A"][1]).all()
    assert "not seen" in said(recording)


@pytest.mark.parametrize(
    ("name", "n_markers", "n_frames", "heights"),
    [
        ("Gait.trc", 33, 487, {"R.Heel": (0.0, 0.4), "C7": (1.2, 1.6)}),
        ("MOTEK/T.trc", 41, 89, {"RHEE": (0.0, 0.3), "C7": (1.2, 1.6)}),
        ("SprintCalib.trc", 65, 337, {"C7": (1.2, 1.6)}),
        ("Anto.trc", 34, 128, {"C7": (0.9, 1.2)}),  # in a wheelchair, without feet
    ],
)
def test_real_files_stand_upright_in_metres(shared_data, name, n_markers, n_frames, heights):
    recording = read(shared_data / "raw" / "c3d_corpus" / "TRCSamples" / name)
    assert len(recording.markers) == n_markers
    assert len(recording.marker_time_s) == n_frames
    for marker, (low, high) in heights.items():
        assert low < np.nanmean(recording.markers[marker][:, 2]) < high


def test_real_trial_agrees_with_the_c3d_it_was_made_from(shared_data):
    ezc3d = pytest.importorskip("ezc3d")
    folder = shared_data / "raw" / "opensim_s01"
    recording = read(folder / "S01_0002_Gait_markers.trc")
    data = ezc3d.c3d(str(folder / "S01_0002_Gait.c3d"))
    labels = [label.replace(" ", "_") for label in data["parameters"]["POINT"]["LABELS"]["value"]]
    points = data["data"]["points"][:3] / 1000.0
    common = [name for name in recording.markers if name in labels]
    assert len(common) > 40
    for name in common:
        np.testing.assert_allclose(
            recording.markers[name], points[:, labels.index(name)].T, atol=1e-4
        )


@pytest.mark.parametrize("name", ["Truncated.trc", "10002-20130626160334-Unnamed.trc"])
def test_real_files_without_markers_are_refused(shared_data, name):
    path = shared_data / "raw" / "c3d_corpus" / "TRCSamples" / name
    with pytest.raises(LocomotionError) as caught:
        read(path)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda text: text.replace("\tmm\t", "\tfurlong\t"), UnitError, "furlong"),
        (lambda text: text.replace("\tA\t", "\tB\t"), SchemaError, "B more than once"),
        (lambda text: text.replace("0.020", "0.005"), SchemaError, "times that rise"),
        (lambda text: text.replace("7.5", "seven"), SchemaError, "'seven'"),
        (lambda text: "\n".join(text.splitlines()[:6]), FileReadError, "cut off"),
        (lambda text: "\n".join(text.splitlines()[:7]), SchemaError, "two instants"),
        (lambda text: "PathFileType\t4\n", FileReadError, "cut off"),
    ],
)
def test_damaged_files_are_refused_with_their_name(tmp_path, change, error, message):
    path = tmp_path / "a.trc"
    path.write_text(change(text_of(["A", "B"], np.full((4, 2, 3), 7.5))))
    with pytest.raises(error, match=message) as caught:
        read(path)
    assert "a.trc" in str(caught.value)


def test_short_rows_are_filled_and_surplus_points_left_out(tmp_path):
    lines = text_of(["A", "B"], np.full((3, 2, 3), 7.5)).splitlines()
    lines[7] = lines[7].rsplit("\t", 3)[0]
    lines[8] += "\t1\t2\t3"
    path = tmp_path / "a.trc"
    path.write_text("\n".join(lines))
    recording = read(path)
    assert np.isnan(recording.markers["B"][1]).all()
    assert "short rows" in said(recording)
    assert "without a label) (3)" in said(recording)


def test_only_the_beginning_decides(tmp_path):
    reader = TRCReader()
    assert reader.recognises(tmp_path / "x.mot", b"PathFileType\t4\t(X/Y/Z)\ta.trc\n")
    assert not reader.recognises(tmp_path / "x.trc", b"Coordinates\nendheader\n")


@pytest.mark.parametrize("unnamed", [0, 1, 2, 3])
@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_marker_without_a_name_keeps_its_columns(tmp_path, unnamed, mark):
    names = ["A 1", "B", "C", "D"]
    positions = np.array([[1000.0], [2000.0], [3000.0], [4000.0]]) + np.array([1.0, 2.0, 3.0])
    labels = ["" if k == unnamed else name for k, name in enumerate(names)]
    text = text_of(labels, np.stack([positions] * 4))
    (tmp_path / "a.trc").write_text(text.replace("\t", mark))
    recording = read(tmp_path / "a.trc")
    assert list(recording.markers) == [name for k, name in enumerate(names) if k != unnamed]
    for name, xyz in recording.markers.items():  # 1.001, 2.001, ... whose numbers tell the marker
        assert xyz[0, 0] == pytest.approx(names.index(name) + 1.001)
    assert "without a" in said(recording)


@pytest.mark.parametrize("mark", [",", ";"])
def test_files_saved_by_a_spreadsheet_are_read_as_they_were(tmp_path, mark):
    positions = np.arange(24.0).reshape(4, 2, 3) + 1
    positions[2, 1] = np.nan
    text = text_of(["A", "B 2"], positions, unit="cm")
    lines = [line.ljust(len(line) + 7 - line.count("\t"), "\t") for line in text.splitlines()]
    (tmp_path / "a.trc").write_text("\n".join(lines).replace("\t", mark) + "\n")
    recording = read(tmp_path / "a.trc")
    np.testing.assert_allclose(recording.markers["A"][0], [0.01, -0.03, 0.02])
    np.testing.assert_allclose(recording.markers["B 2"][3], [0.22, -0.24, 0.23])
    assert np.isnan(recording.markers["B 2"][2]).all()
    np.testing.assert_allclose(recording.marker_time_s, [0.0, 0.01, 0.02, 0.03])


def test_names_out_of_step_with_their_columns_are_refused(tmp_path):
    text = text_of(["A", "B", "C"], np.ones((3, 3, 3)))
    for heading in ("Frame#\tTime\tA\t\tC", "Frame# Time A C"):
        changed = [heading if line.startswith("Frame#") else line for line in text.splitlines()]
        (tmp_path / "a.trc").write_text("\n".join(changed) + "\n")
        with pytest.raises(SchemaError, match="2 names over 9 columns"):
            read(tmp_path / "a.trc")


def test_the_last_instant_printed_again_is_left_out_and_said(tmp_path):
    text = text_of(["A"], 5.0 + np.arange(12.0).reshape(4, 1, 3)).replace("4\t0.030", "4\t0.020")
    (tmp_path / "a.trc").write_text(text)
    recording = read(tmp_path / "a.trc")
    np.testing.assert_allclose(recording.marker_time_s, [0.0, 0.01, 0.02])
    np.testing.assert_allclose(recording.markers["A"][-1, 0], 0.011)
    assert "repeat an instant: line 10 (1)" in said(recording)


def test_a_blank_too_few_between_blanks_is_refused(tmp_path):
    text = text_of(["A", "B"], np.ones((3, 2, 3))).replace("\t", " ")
    lines = text.splitlines()
    lines[3], lines[-1] = "Frame# Time A B", lines[-1].rsplit(" ", 1)[0]
    (tmp_path / "a.trc").write_text("\n".join(lines) + "\n")
    with pytest.raises(SchemaError, match="8 cells a row"):
        read(tmp_path / "a.trc")


def test_markers_of_several_people_are_told_apart_by_their_names(tmp_path):
    labels = ["A:LHEE", "A:RHEE", "B:LHEE", "B:RHEE", "Walker:F1"]
    path = tmp_path / "pair.trc"
    path.write_text(text_of(labels, np.arange(1.0, 76.0).reshape(5, 5, 3)))
    with pytest.raises(SchemaError, match="2 people, A, B"):
        read(path)
    (recording,) = TRCReader().read(path, ReadOptions(subject="b"))
    assert (recording.subject, set(recording.markers)) == ("B", {"B:LHEE", "B:RHEE"})
    assert "dropped: markers that are not of B: the file has A, B (3)" in said(recording)
