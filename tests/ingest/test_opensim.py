from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError, UnitError
from locomotion_analysis.ingest import ReadOptions, reader_for
from locomotion_analysis.ingest.direction import along_progression
from locomotion_analysis.ingest.foot_forces import foot_forces
from locomotion_analysis.ingest.opensim import (
    OpenSimReader,
    TRCReader,
    follow_knee_sign,
    read_opensim_table,
)
from locomotion_analysis.ingest.recording import PelvisPose

MASS_KG = 68.9  # subject S01
TIME = np.arange(0.0, 1.0, 0.1)


def read(path):
    (recording,) = OpenSimReader().read(path, ReadOptions())
    return recording


def write(path, columns, header="inDegrees=yes\n", delimiter="\t", title="Coordinates"):
    names = delimiter.join(columns)
    rows = (delimiter.join(f"{v:.10g}" for v in row) for row in zip(*columns.values(), strict=True))
    path.write_text(f"{title}\n{header}endheader\n{names}\n" + "\n".join(rows) + "\n")
    return path


def signals_of(recording):
    return {name: v for stream in recording.streams for name, v in stream.signals.items()}


def said(recording):
    return "\n".join(map(str, recording.history))


def body_of(path):
    """The table by numpy, independently of the reader."""
    lines = path.read_text().splitlines()
    start = lines.index("endheader") + 1
    names = lines[start].split()
    values = np.loadtxt(lines[start + 1 :])
    return dict(zip(names, values.T, strict=True))


def test_rotations_are_turned_to_radians_and_translations_left_alone(tmp_path):
    columns = {"time": TIME, "pelvis_tx": TIME, "hip_flexion_r": 30.0 * np.cos(TIME)}
    recording = read(write(tmp_path / "a.mot", columns))
    assert recording.channels == ("hip_flexion_angle_right_rad",)
    hip = signals_of(recording)["hip_flexion_angle_right_rad"]
    np.testing.assert_allclose(hip, np.pi / 6 * np.cos(TIME), rtol=1e-9)
    assert "pelvis_tx" in said(recording)


def test_radians_stay_radians(tmp_path):
    columns = {"time": TIME, "hip_flexion_r": TIME}
    recording = read(write(tmp_path / "a.sto", columns, header="inDegrees=no\n"))
    np.testing.assert_allclose(signals_of(recording)["hip_flexion_angle_right_rad"], TIME)


@pytest.mark.parametrize("header", ["", "inDegrees=no\n"])
def test_degrees_are_seen_where_the_header_is_silent_or_wrong(tmp_path, header):
    columns = {"time": TIME, "knee_angle_l": 60.0 * TIME}
    recording = read(write(tmp_path / "a.mot", columns, header=header))
    knee = signals_of(recording)["knee_flexion_angle_left_rad"]
    np.testing.assert_allclose(knee, np.deg2rad(60.0 * TIME))
    assert "assumed: rotations in degrees" in said(recording)


def test_a_knee_that_bends_towards_the_negative_is_turned_round(tmp_path):
    knee = -60.0 * np.sin(np.pi * TIME) ** 2
    recording = read(write(tmp_path / "a.mot", {"time": TIME, "knee_angle_r": knee}))
    np.testing.assert_allclose(
        signals_of(recording)["knee_flexion_angle_right_rad"], -np.deg2rad(knee), atol=1e-12
    )
    moments = write(tmp_path / "a.sto", {"time": TIME, "knee_angle_r_moment": 10.0 * TIME})
    followed = follow_knee_sign(recording, read(moments))
    moment = signals_of(followed)["knee_flexion_moment_right_Nm"]
    np.testing.assert_allclose(moment, -10.0 * TIME)
    assert follow_knee_sign(recording, followed) is followed


@pytest.mark.parametrize("knee", [5.0 * np.sin(TIME), 40.0 * np.cos(3.0 * TIME)])
def test_an_ambiguous_knee_keeps_its_sign_and_says_so(tmp_path, knee):
    recording = read(write(tmp_path / "a.mot", {"time": TIME, "knee_angle_r": knee}))
    value = signals_of(recording)["knee_flexion_angle_right_rad"]
    np.testing.assert_allclose(value, np.deg2rad(knee), atol=1e-9)
    assert "assumed: knee_angle positive in flexion" in said(recording)


def test_pelvis_tilt_list_and_lumbar_extension_change_sign(tmp_path):
    names = ["pelvis_tilt", "pelvis_list", "pelvis_rotation", "lumbar_extension"]
    columns = {"time": TIME} | {name: np.rad2deg(0.1 + TIME / 10) for name in names}
    signals = signals_of(read(write(tmp_path / "a.mot", columns)))
    signs = {name.rsplit("_angle", 1)[0]: float(np.sign(v[0])) for name, v in signals.items()}
    assert signs == {
        "pelvis_anterior_tilt": -1.0,
        "pelvis_obliquity_up": -1.0,
        "pelvis_internal_rotation": 1.0,
        "lumbar_flexion": -1.0,
    }


def test_the_pelvis_says_where_it_is_and_which_way_it_faces(tmp_path):
    columns = {"time": TIME, "pelvis_tx": TIME, "pelvis_ty": 1 + 0 * TIME, "pelvis_tz": 0.2 * TIME}
    columns |= {"pelvis_rotation": 178 + TIME, "hip_flexion_l": 20 * TIME}
    recording = read(write(tmp_path / "a.mot", columns))
    # OpenSim's z points to the right of x, so that y of axes with z up is -z.
    np.testing.assert_allclose(
        recording.pelvis.position_m, np.column_stack([TIME, -0.2 * TIME]), atol=1e-9
    )
    np.testing.assert_allclose(recording.pelvis.heading_rad, np.deg2rad(178 + TIME))
    assert "which way it faces: pelvis_tx, pelvis_tz, pelvis_rotation" in said(recording)
    assert "columns without a standard channel: pelvis_ty" in said(recording)


def test_a_walk_towards_minus_x_has_the_pelvis_of_a_walk_towards_x(tmp_path):
    """Rotations about z, x and y in this order: facing back, tilt and list change their sign."""
    time = np.arange(0.0, 3.0, 0.01)
    still = 0 * time
    legs = {f"{name}_{s}": 20 * np.sin(6 * time + (s == "r") * np.pi)
            for s in "lr" for name in ("hip_flexion", "knee_angle")}  # fmt: skip
    found = []
    for facing, sign in ((0.0, 1.0), (180.0, -1.0)):
        columns = {"time": time, "pelvis_tilt": still - sign * 10, "pelvis_list": still + sign * 4}
        columns |= {"pelvis_rotation": facing + 3 + still, "pelvis_tx": sign * 1.2 * time} | legs
        recording = read(write(tmp_path / "a.mot", columns))
        found.append(signals_of(along_progression(recording)))
    for name, value in (
        ("anterior_tilt", 10.0),
        ("obliquity_up", -4.0),
        ("internal_rotation", 3.0),
    ):
        for signals in found:
            angle = np.rad2deg(signals[f"pelvis_{name}_angle_rad"])
            np.testing.assert_allclose(angle, value, atol=0.1)


def test_locked_coordinates_are_no_measurements(tmp_path):
    columns = {"time": TIME, "hip_flexion_r": TIME + 9, "mtp_angle_r": 0 * TIME}
    recording = read(write(tmp_path / "a.mot", columns))
    assert recording.channels == ("hip_flexion_angle_right_rad",)
    assert "mtp_angle_r: zero throughout" in said(recording)


def test_states_by_path_give_angles_and_velocities(tmp_path):
    columns = {
        "time": TIME,
        "/jointset/hip_r/hip_flexion_r/value": TIME,
        "/jointset/hip_r/hip_flexion_r/speed": 2 * TIME,
        "/forceset/soleus_r/activation": TIME,
    }
    recording = read(write(tmp_path / "a.sto", columns, header="inDegrees=no\n"))
    assert set(recording.channels) == {
        "hip_flexion_angle_right_rad",
        "hip_flexion_velocity_right_rad_s",
    }
    assert "activation" in said(recording)


def wrench_at(point, force, torque, origin):
    """The same load about another point, by the definition of a moment."""
    return torque + np.cross(point - origin, force)


def test_forces_become_a_plate_with_z_up_and_the_moment_at_the_centre_of_pressure(tmp_path):
    n, rng = len(TIME), np.random.default_rng(3)
    force = np.column_stack([rng.normal(0, 50, n), rng.uniform(300, 900, n), rng.normal(0, 30, n)])
    cop = np.column_stack([rng.uniform(0, 0.5, n), np.zeros(n), rng.uniform(-0.3, 0.3, n)])
    free = np.column_stack([np.zeros(n), rng.normal(0, 5, n), np.zeros(n)])
    at_origin = wrench_at(cop, force, free, np.zeros(3))
    columns = {"time": TIME}
    for name, vector in (("v", force), ("p", np.zeros((n, 3))), ("m", at_origin)):
        columns |= {f"ground_force_1_{name}_{k + 1}": vector[:, k] for k in range(3)}
    (plate,) = read(write(tmp_path / "a.sto", columns)).plates
    np.testing.assert_allclose(plate.force_N, force[:, [0, 2, 1]] * [1, -1, 1], rtol=1e-8)
    np.testing.assert_allclose(plate.cop_m, cop[:, [0, 2, 1]] * [1, -1, 1], atol=1e-8)
    np.testing.assert_allclose(plate.free_moment_Nm, free[:, 1], atol=1e-7)


def test_forces_on_the_plate_are_turned_to_forces_on_the_person(tmp_path):
    columns = {"time": TIME, "ground_force_vx": TIME, "ground_force_vy": TIME - 700}
    recording = read(write(tmp_path / "a.mot", columns | {"ground_force_vz": TIME}))
    (plate,) = recording.plates
    assert (plate.force_N[:, 2] > 600).all()
    assert "those on the plate" in said(recording)


def foot_columns(prefix, contact, forward):
    fore = np.where(contact, forward * np.sin(np.linspace(-np.pi / 2, np.pi / 2, len(contact))), 0)
    vertical = np.where(contact, 700.0, 0.0)
    axes = {"vx": 100 * fore, "vy": vertical, "vz": np.where(contact, 20.0, 0.0)}
    points = {"px": np.linspace(0, 1, len(contact)), "py": 0 * fore, "pz": 0 * fore + 0.1}
    return {f"{prefix}{name}": values for name, values in (axes | points).items()}


@pytest.mark.parametrize("forward", [1.0, -1.0])
def test_forces_named_by_foot_are_in_the_directions_of_the_person(tmp_path, forward):
    time = np.arange(0, 1, 0.01)
    contact = (time > 0.2) & (time < 0.8)
    columns = {"time": time} | foot_columns("ground_force_r_", contact, forward)
    columns |= foot_columns("ground_force_l_", contact, forward)
    recording = read(write(tmp_path / "a.mot", columns))
    assert {plate.foot for plate in recording.plates} == {"left", "right"}
    assert not signals_of(recording)
    alone = foot_forces(recording, []).recording
    assert set(alone.channels) == {"grf_vertical_left_N", "grf_vertical_right_N"}
    assert "nothing tells which way the person faces" in said(alone)

    heading = np.zeros(100) if forward > 0 else np.full(100, np.pi)
    pelvis = PelvisPose(time, np.zeros((100, 2)), heading)
    signals = signals_of(foot_forces(replace(recording, pelvis=pelvis), []).recording)
    fore = signals["grf_anterior_right_N"]
    assert fore[25] < -10  # braking first
    assert fore[75] > 10
    # +z of OpenSim is to the right of a walk towards +x: lateral for the right foot.
    assert np.sign(signals["grf_lateral_right_N"][50]) == forward
    assert np.sign(signals["grf_lateral_left_N"][50]) == -forward
    assert signals["cop_anterior_left_m"][50] == pytest.approx(forward * 50 / 99)


def test_one_sided_names_stay_plates(tmp_path):
    columns = {"time": TIME} | foot_columns("ground_force_", TIME > 0.3, 1.0)
    columns |= foot_columns("1_ground_force_", TIME > 0.5, 1.0)
    recording = read(write(tmp_path / "a.mot", columns))
    assert len(recording.plates) == 2
    assert not recording.streams


def test_a_file_without_known_columns_names_them(tmp_path):
    path = write(tmp_path / "a.sto", {"time": TIME, "soleus_r": TIME})
    with pytest.raises(SchemaError, match=r"soleus_r") as caught:
        read(path)
    assert str(path) in caught.value.where


def test_content_decides_what_is_recognised(tmp_path):
    reader = OpenSimReader()
    path = write(tmp_path / "renamed.c3d", {"time": TIME, "hip_flexion_r": TIME})
    assert reader.recognises(path, path.read_bytes())
    assert not reader.recognises(path, b"PathFileType\t4\t(X/Y/Z)\nendheader\n")
    assert not reader.recognises(path, b"\x02P\x00endheader\n")
    assert not reader.recognises(path, b"time,knee\n0,1\n")


# --- the real trials ------------------------------------------------------------------------

TRIALS = [f"S01_000{k}" for k in range(2, 8)]


@pytest.mark.parametrize("trial", TRIALS)
def test_real_kinematics_agree_with_the_file(shared_data, trial):
    path = shared_data / "raw" / "opensim_s01" / f"{trial}_IK.mot"
    recording, body = read(path), body_of(path)
    (stream,) = recording.streams
    np.testing.assert_array_equal(stream.time_s, body["time"])
    for side in ("right", "left"):
        knee = np.rad2deg(stream.signals[f"knee_flexion_angle_{side}_rad"])
        np.testing.assert_allclose(knee, body[f"knee_angle_{side[0]}"], atol=1e-9)
        assert 48 < knee.max() < 72
        ankle = np.rad2deg(stream.signals[f"ankle_dorsiflexion_angle_{side}_rad"])
        np.testing.assert_allclose(ankle, body[f"ankle_angle_{side[0]}"], atol=1e-9)
    assert "x -1: the model's knee" not in said(recording)


@pytest.mark.parametrize(
    ("trial", "sides"),
    [(trial, ["right"] if trial == "S01_0006" else ["right", "left"]) for trial in TRIALS],
)
def test_real_moments_are_internal_and_in_newton_metres(shared_data, trial, sides):
    recording = read(shared_data / "raw" / "opensim_s01" / f"{trial}_ID.sto")
    per_kg = {name: v / MASS_KG for name, v in signals_of(recording).items()}
    for side in sides:
        # Free to fast walking: plantarflexors 1.2 to 1.6 Nm/kg and more, negative;
        # hip abductors 0.6 to 1.1, negative; knee flexion and extension both below 1.3.
        assert -2.2 < per_kg[f"ankle_dorsiflexion_moment_{side}_Nm"].min() < -1.2
        assert per_kg[f"ankle_dorsiflexion_moment_{side}_Nm"].max() < 0.4
        assert -1.3 < per_kg[f"hip_adduction_moment_{side}_Nm"].min() < -0.6
        assert np.abs(per_kg[f"knee_flexion_moment_{side}_Nm"]).max() < 1.3


def test_a_leg_without_a_value_is_left_out_and_said(shared_data):
    recording = read(shared_data / "raw" / "opensim_s01" / "S01_0006_ID.sto")
    assert not [name for name in recording.channels if "_left_" in name and "hip" in name]
    assert "hip_flexion_l_moment" in said(recording)
    assert "no value in any row" in said(recording)
    assert all(np.isfinite(values).any() for values in signals_of(recording).values())


def test_real_thigh_is_vertical_to_the_segment_chain(shared_data):
    """thigh = hip - anterior tilt: 24 degrees forward at contact, -20 at its hindmost."""
    recording = read(shared_data / "raw" / "opensim_s01" / "S01_0002_IK.mot")
    signals = signals_of(recording)
    tilt = signals["pelvis_anterior_tilt_angle_rad"]
    thigh = np.rad2deg(signals["hip_flexion_angle_right_rad"] - tilt)
    time = recording.streams[0].time_s
    contact = np.abs(time - 0.064).argmin()
    assert 18 < thigh[contact] < 38
    assert -28 < thigh.min() < -8


def test_real_pelvic_obliquity_rises_with_the_right_side(shared_data):
    folder = shared_data / "raw" / "opensim_s01"
    (markers,) = TRCReader().read(folder / "S01_0002_Gait_markers.trc", ReadOptions())
    names = ["R_ILIAC", "L_ILIAC", "SACRUM", "R_GTROCH", "L_GTROCH"]
    cloud = np.stack([markers.markers[name] for name in names], axis=1)
    cloud -= cloud.mean(axis=1, keepdims=True)
    # Kabsch 1976: the rotation of the pelvis markers since the first frame.
    u, _, vt = np.linalg.svd(np.einsum("mi,fmj->fij", cloud[0], cloud))
    turn = np.einsum("fij,fjk->fik", u, vt).transpose(0, 2, 1)
    right_up = np.arcsin(turn[:, 2] @ [0.0, -1.0, 0.0])  # laboratory y points to the left
    recording = read(folder / "S01_0002_IK.mot")
    obliquity = signals_of(recording)["pelvis_obliquity_up_angle_rad"]
    assert np.corrcoef(right_up, obliquity)[0, 1] > 0.5


def test_real_forces_stand_under_the_foot_that_is_down(shared_data):
    folder = shared_data / "raw" / "opensim_s01"
    (markers,) = TRCReader().read(folder / "S01_0002_Gait_markers.trc", ReadOptions())
    plates = read(folder / "S01_0002_Gait_forces.sto").plates
    assert len(plates) == 2
    for plate, foot in zip(plates, "RL", strict=True):
        vertical = plate.force_N[:, 2]
        assert 1.2 < vertical.max() / (MASS_KG * 9.81) < 1.5
        middle = plate.time_s[vertical > 400].mean()
        frame = np.abs(markers.marker_time_s - middle).argmin()
        heel = markers.markers[f"{foot}_HEEL"][frame]
        toe = markers.markers[f"{foot}_FOOT_LAT"][frame]
        cop = plate.cop_m[np.abs(plate.time_s - middle).argmin()]
        assert heel[0] - 0.05 < cop[0] < toe[0] + 0.1
        assert abs(cop[1] - heel[1]) < 0.08
        assert np.isnan(plate.cop_m[vertical < 5]).all()


# --- attacks --------------------------------------------------------------------------------


def attacked(path, text):
    path.write_text(text)
    with pytest.raises(LocomotionError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "text",
    ["", "\n", "endheader\n", "inDegrees=yes\nendheader\n", "Coordinates\nnRows=3\n", "\x00\x01\n"],
)
def test_files_without_a_table_are_refused(tmp_path, text):
    assert isinstance(attacked(tmp_path / "a.mot", text), FileReadError)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0\t1\n0.1\t2\n0.05\t3\n", "times that rise"),
        ("0\t1\n0.1\t2\n0.1\t3\n0.2\t3\n", "times that rise"),
        ("0\t1\nnan\t2\n0.1\t3\n", "times that rise"),
        ("0\t1\n", "at least two instants"),
        ("0\t1\n0.1\tabc\n", "a number"),
        ("0\t1\n0.1\n", "2 cells a row"),
        ("0\t1\t5\n0.1\t2\t6\n", "2 cells a row"),
    ],
)
def test_damaged_bodies_are_refused_with_the_line(tmp_path, rows, message):
    error = attacked(tmp_path / "a.mot", f"x\nendheader\ntime\thip_flexion_r\n{rows}")
    assert message in str(error)


def test_repeated_columns_are_refused(tmp_path):
    text = "x\nendheader\ntime\thip_flexion_r\thip_flexion_r\n0\t1\t2\n1\t2\t3\n"
    assert "hip_flexion_r more than once" in str(attacked(tmp_path / "a.mot", text))


def test_a_real_file_cut_anywhere_is_read_or_refused(shared_data, tmp_path):
    whole = (shared_data / "raw" / "opensim_s01" / "S01_0002_IK.mot").read_bytes()
    for share in np.linspace(0, 1, 23):
        path = tmp_path / "cut.mot"
        path.write_bytes(whole[: int(share * len(whole))])
        try:
            recording = read(path)
        except LocomotionError as error:
            assert str(path) in str(error)
        else:
            assert len(recording.streams[0].time_s) >= 2


HEADERS = [
    "Coordinates\nversion=1\nnRows={rows}\nnColumns={columns}\ninDegrees=yes\nendheader\n",
    "name x\ndatacolumns {columns}\ndatarows {rows}\nendheader\n",
    "some words: with = signs\n\nEndHeader  \n\n",
    "",
]
CELLS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@given(
    values=hnp.arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(1, 5)), elements=CELLS),
    header=st.sampled_from(HEADERS),
    delimiter=st.sampled_from(["\t", ",", " ", "   ", "\t  "]),
    end=st.sampled_from(["\n", "\r\n"]),
    lie=st.integers(-3, 30),
    trailing=st.booleans(),
)
def test_any_table_is_read_back_whatever_its_header_says(
    tmp_path_factory, values, header, delimiter, end, lie, trailing
):
    names = ["time", *(f"c{k}" for k in range(values.shape[1]))]
    rows = [[f"{k / 100:.2f}", *map(repr, map(float, row))] for k, row in enumerate(values)]
    tail = delimiter if trailing and delimiter == "\t" else ""
    text = header.format(rows=len(values) + lie, columns=len(names))
    text += "\n".join(delimiter.join(row) + tail for row in [names, *rows]) + "\n\n"
    path = tmp_path_factory.mktemp("tables") / "a.sto"
    path.write_bytes(text.replace("\n", end).encode())
    table = read_opensim_table(path)
    assert table.columns == tuple(names[1:])
    np.testing.assert_array_equal(table.values, values)
    np.testing.assert_allclose(table.time_s, np.arange(len(values)) / 100)
    told_wrong = "{rows}" in header and lie != 0
    assert any("rows, counted in the body" in str(entry) for entry in table.history) == told_wrong


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "-nan(ind)", "1.#QNAN", "-1.#IND", "inf"])
def test_cells_without_a_number_are_missing(tmp_path, cell):
    path = tmp_path / "a.mot"
    path.write_text(f"endheader\ntime\ta\tb\n0\t1\t2\n0.1\t{cell}\t3\n")
    table = read_opensim_table(path)
    assert np.isnan(table.column("a")[1])
    assert table.column("b").tolist() == [2.0, 3.0]


def test_decimal_commas_between_tabs_are_numbers(tmp_path):
    path = tmp_path / "a.mot"
    path.write_text("endheader\ntime\ta\n0,0\t1,5\n0,1\t-2,25\n")
    table = read_opensim_table(path)
    assert table.column("a").tolist() == [1.5, -2.25]
    assert table.time_s.tolist() == [0.0, 0.1]


@pytest.mark.parametrize(("word", "value"), [("yes", True), ("no", False), ("YES", True)])
def test_in_degrees_is_what_the_header_says(tmp_path, word, value):
    path = tmp_path / "a.mot"
    path.write_text(f"inDegrees = {word}\nendheader\ntime a\n0 1\n1 2\n")
    assert read_opensim_table(path).in_degrees is value


def test_time_may_stand_in_any_column(tmp_path):
    path = tmp_path / "a.mot"
    path.write_text("endheader\na Time b\n5 0 7\n6 1 8\n")
    table = read_opensim_table(path)
    assert table.columns == ("a", "b")
    assert table.time_s.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a.sto", "Speeds"),
        ("a.sto", "Joint Velocities"),
        ("a.sto", "Accelerations"),
        ("a.sto", "PositionErrors"),
        ("a.sto", "Static Optimization"),
        ("a.sto", "ActuatorForces"),
        ("a.sto", "Actuator Powers"),
        ("a.sto", "Controls,,,"),
        ("a.sto", "Inverse Dynamics Generalized Forces"),
        ("S01_walk1_Kinematics_u.sto", "Results"),
        ("S01_walk1_Kinematics_dudt.sto", "made by hand"),
        ("S01_walk1_StaticOptimization_force.sto", "made by hand"),
    ],
)
def test_what_is_no_angle_is_refused_by_name(tmp_path, name, title):
    path = write(tmp_path / name, {"time": TIME, "hip_flexion_r": 20 * TIME}, title=title)
    with pytest.raises(SchemaError, match="hold no angles"):
        read(path)


@pytest.mark.parametrize("beside", ["soleus_r", "glut_med1_l", "FX", "knee_angle_r_reserve"])
def test_coordinates_beside_muscles_or_residuals_are_forces(tmp_path, beside):
    columns = {"time": TIME, "knee_angle_r": 20 * TIME, beside: TIME}
    with pytest.raises(SchemaError, match=f"{beside} stands beside"):
        read(write(tmp_path / "a.sto", columns, title="Results"))


def test_moments_and_states_are_read_whatever_else_the_file_holds(tmp_path):
    columns = {"time": TIME, "knee_angle_r": TIME, "hip_flexion_r_moment": 10 * TIME}
    columns["/forceset/hip_flexion_r"] = TIME
    recording = read(write(tmp_path / "a.sto", columns, title="Speeds"))
    assert recording.channels == ("hip_flexion_moment_right_Nm",)
    assert "dropped: knee_angle_r: speeds (the first line is 'Speeds')" in said(recording)
    assert "/forceset/hip_flexion_r" in said(recording)


@pytest.mark.parametrize("title", ["S01_slow_speed_2", "walk.mot", "Results", ""])
def test_any_other_first_line_leaves_angles_alone(tmp_path, title):
    path = write(
        tmp_path / "S01_normal_speed.mot", {"time": TIME, "ankle_angle_r": TIME}, title=title
    )
    assert read(path).channels == ("ankle_dorsiflexion_angle_right_rad",)


@pytest.mark.parametrize("mark", ["/", "|"])
def test_speeds_have_the_unit_of_their_angles(tmp_path, mark):
    path = "/jointset/knee_r/knee_angle_r"
    columns = {"time": TIME, f"{path}{mark}value": 90 * TIME, f"{path}{mark}speed": 90 + 0 * TIME}
    signals = signals_of(read(write(tmp_path / "a.sto", columns, title="states")))
    speed = signals["knee_flexion_velocity_right_rad_s"]
    np.testing.assert_allclose(speed, np.pi / 2)  # a quarter of a turn in each second


def test_radians_under_a_header_that_says_degrees_are_refused(tmp_path):
    columns = {"time": TIME, "hip_flexion_r": 0.4 * np.cos(7 * TIME), "knee_angle_r": 1.1 * TIME}
    with pytest.raises(UnitError, match="look like radians"):
        read(write(tmp_path / "a.mot", columns))
    still = {"time": TIME, "hip_flexion_r": 2 + 0.1 * TIME, "knee_angle_r": 1 + 0.1 * TIME}
    hip = signals_of(read(write(tmp_path / "b.mot", still)))["hip_flexion_angle_right_rad"]
    assert hip[0] == pytest.approx(0.034906585)  # 2 degrees: somebody who stands


@pytest.mark.parametrize(("header", "wrong"), [("inDegrees=no\n", 10.0), ("", 400.0)])
def test_single_samples_do_not_change_the_unit(tmp_path, header, wrong):
    time = np.arange(0, 5, 0.01)
    knee = 0.6 - 0.5 * np.cos(6 * time)
    knee[[100, 300]] = wrong
    columns = {"time": time, "knee_angle_r": knee}
    columns["pelvis_rotation"] = np.linspace(-9, 9, 500)  # somebody who turns round and round
    signals = signals_of(read(write(tmp_path / "a.mot", columns, header=header)))
    assert np.median(signals["knee_flexion_angle_right_rad"]) == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("word", ["maybe", "radians", ""])
def test_a_word_for_in_degrees_that_is_neither_yes_nor_no_is_refused(tmp_path, word):
    columns = {"time": TIME, "ankle_angle_r": 10 * TIME}
    with pytest.raises(UnitError, match="inDegrees=yes or inDegrees=no"):
        read(write(tmp_path / "a.mot", columns, header=f"inDegrees={word}\n"))


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_tables_saved_by_a_spreadsheet_are_read_as_they_were(tmp_path, mark, quote):
    lines = ["Coordinates", "nRows=3", "nColumns=3", "inDegrees=yes", "endheader"]
    lines = [f"{quote}{line}{quote}{mark * 2}" for line in lines]
    rows = [["time", "hip_flexion_r", "ankle_angle_l"], ["0", "30", "9"], ["0.01", "-90", ""]]
    rows += [["0.02", "180", "18"], ["", "", ""]]
    lines += [mark.join(quote + cell + quote for cell in row) for row in rows]
    (tmp_path / "a.mot").write_text("\n".join(lines) + "\n")
    assert OpenSimReader().recognises(tmp_path / "a.mot", (tmp_path / "a.mot").read_bytes())
    recording = read(tmp_path / "a.mot")
    signals = signals_of(recording)
    hip = signals["hip_flexion_angle_right_rad"]
    np.testing.assert_allclose(hip, [0.5235987756, -1.5707963268, 3.1415926536])
    ankle = signals["ankle_dorsiflexion_angle_left_rad"]
    np.testing.assert_allclose(ankle, [0.1570796327, np.nan, 0.3141592654])
    assert "counted in the body" not in said(recording)


def test_semicolons_leave_the_comma_to_decimals(tmp_path):
    text = "Coordinates;\ninDegrees=no;\nendheader;\ntime;hip_flexion_r\n0,0;0,5\n0,1;0,75\n"
    (tmp_path / "a.mot").write_text(text)
    table = read_opensim_table(tmp_path / "a.mot")
    np.testing.assert_allclose(table.values[:, 0], [0.5, 0.75])
    np.testing.assert_allclose(table.time_s, [0.0, 0.1])


def test_rows_that_repeat_an_instant_without_news_are_left_out_and_said(tmp_path):
    time = [0.0, 0.1, 0.1, 0.2, 0.3, 0.3, 0.3]  # a row twice, the end three times
    columns = {"time": time, "hip_flexion_r": [0.0, 10.0, 10.0, 20.0, 30.0, 30.5, 31.0]}
    table = read_opensim_table(write(tmp_path / "a.mot", columns))
    np.testing.assert_allclose(table.time_s, [0.0, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(table.values[:, 0], [0.0, 10.0, 20.0, 30.0])
    assert "dropped: rows that repeat an instant: line 7, line 10, line 11 (3)" in str(
        table.history[-1]
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_single_samples_do_not_turn_the_knee_round(tmp_path, sign):
    time = np.arange(0, 5, 0.01)
    knee = 35 - 30 * np.cos(6 * time)
    knee[[100, 300]] = -70.0
    columns = {"time": time, "knee_angle_r": sign * knee, "knee_angle_l": sign * knee}
    signals = signals_of(read(write(tmp_path / "a.mot", columns)))
    for side in ("left", "right"):
        middle = np.degrees(np.median(signals[f"knee_flexion_angle_{side}_rad"]))
        assert middle == pytest.approx(35, abs=4)


def test_knees_that_bend_to_opposite_sides_are_refused(tmp_path):
    time = np.arange(0, 5, 0.01)
    knee = 35 - 30 * np.cos(6 * time)
    path = write(tmp_path / "a.mot", {"time": time, "knee_angle_r": -knee, "knee_angle_l": knee})
    with pytest.raises(SchemaError, match="right_rad from -65 to -5 degrees"):
        read(path)


@pytest.mark.parametrize(
    ("name", "error"), [("S01_walk.mot", UnitError), ("S01_velocities.sto", SchemaError)]
)
def test_speeds_without_a_title_are_no_angles(tmp_path, name, error):
    time = np.arange(0, 5, 0.01)
    speed = 400 * np.sin(6 * time)
    path = write(tmp_path / name, {"time": time, "knee_angle_r": speed}, title="Results")
    with pytest.raises(error, match=r"angles that a joint can have|hold no angles"):
        read(path)


def test_times_in_milliseconds_are_refused(tmp_path):
    path = write(
        tmp_path / "a.mot", {"time": 10.0 * np.arange(100), "hip_flexion_r": np.arange(100)}
    )
    with pytest.raises(SchemaError, match="times in seconds, at least two instants a second"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_tables_that_a_spreadsheet_saved_as_unicode_text_are_read(shared_data, tmp_path, encoding):
    folder = shared_data / "raw/opensim_gait2354"
    for name in ("subject01_walk1.trc", "subject01_walk1_grf.mot"):
        source = next(folder.rglob(name))
        copy = tmp_path / name
        copy.write_text(source.read_text(), encoding=encoding)
        own, again = (reader_for(p).read(p, ReadOptions())[0] for p in (source, copy))
        assert again.channels == own.channels
        assert list(again.markers) == list(own.markers)
