from pathlib import Path

import ezc3d
import numpy as np
import pytest

from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.c3d.content import C3DContent, read_c3d_content
from locomotion_analysis.ingest.c3d.plates import (
    LOADED_N,
    LaboratoryAxes,
    c3d_force_plates,
    plate_setups,
    surface_wrench,
)

Z_UP_MM = LaboratoryAxes(np.eye(3), 1e-3, ())
CORNERS = np.array(  # 600 x 400 mm, z of the plate down, as plates stand in laboratories
    [[600.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 400.0, 0.0], [600.0, 400.0, 0.0]]
).T


def parameter(values: object) -> dict[str, object]:
    if isinstance(values, list) and isinstance(values[0], str):
        return {"value": values, "shape": [len(values)]}
    array = np.asarray(values)
    return {"value": array.ravel(order="F").tolist(), "shape": list(array.shape)}


N_NMM = ["N", "N", "N", "Nmm", "Nmm", "Nmm"]


def content(
    analogs: np.ndarray, kind: int, units: list[str] = N_NMM, **force_platform: object
) -> C3DContent:
    """One plate in a file of 10 frames at 100 Hz with 1000 Hz of analogue samples."""
    stated = {
        "USED": [1],
        "TYPE": [kind],
        "CHANNEL": np.arange(1, analogs.shape[1] + 1)[:, np.newaxis],
        "CORNERS": CORNERS[..., np.newaxis],
        "ORIGIN": np.array([[0.0], [0.0], [-40.0]]),
        **force_platform,
    }
    return C3DContent(
        points=np.zeros((len(analogs) // 10, 1, 3)),
        analogs=analogs,
        point_rate_hz=100.0,
        analog_rate_hz=1000.0,
        first_frame=0,
        _parameters={
            "FORCE_PLATFORM": {name: parameter(value) for name, value in stated.items()},
            "ANALOG": {"UNITS": parameter(units)},
        },
    )


def pressed(force: tuple[float, float, float], x_mm: float, y_mm: float, twist: float = 0.0):
    """Channels of a type 2 plate that is pressed at (x, y) of its surface, plate axes."""
    point = np.array([x_mm, y_mm, -40.0])  # from the sensors, 40 mm below the surface
    moment = np.cross(point, force) + np.array([0.0, 0.0, twist])
    return np.tile(np.concatenate([force, moment]), (100, 1))


@pytest.mark.parametrize(
    "name",
    [
        "opensim_s01/S01_0003_Gait.c3d",  # type 3, with the maker's polynomial
        "c3d_corpus/C3DSamples/c3d.org/sample10/TYPE-4.C3D",
        "c3d_corpus/C3DSamples/others/FunctionalWalk.c3d",  # type 2
        "c3d_plugin_gait/HC030A05.c3d",  # type 2, ORIGIN with the wrong sign
        "c3d_corpus/C3DSamples/others/ADemo1_rewrite_c3d_pc_integer.c3d",  # type 3, half metre
        "c3d_corpus/C3DSamples/others/Res16bits.c3d",  # six plates of type 4
    ],
)
def test_types_2_to_4_agree_with_ezc3d(shared_data, name):
    path = shared_data / "raw" / name
    reference = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"]
    found = read_c3d_content(path)
    found._parameters["FORCE_PLATFORM"].pop("ZERO", None)  # ezc3d takes no baseline off
    plates, _ = c3d_force_plates(found, Z_UP_MM)
    assert len(plates) == len(reference)
    for ours, theirs in zip(plates, reference, strict=True):
        np.testing.assert_allclose(ours.force_N, theirs["force"].T, atol=1e-6)
        loaded = ours.force_N[:, 2] > 50
        cop = theirs["center_of_pressure"].T / 1000.0
        np.testing.assert_allclose(ours.cop_m[loaded], cop[loaded], atol=1e-6)


def test_forces_and_centre_of_pressure_are_those_of_the_published_export(shared_data):
    folder = shared_data / "raw/opensim_s01"
    found = read_c3d_content(folder / "S01_0002_Gait.c3d")
    lines = (folder / "S01_0002_Gait_forces.sto").read_text().splitlines()
    table = np.array([line.split("\t") for line in lines[6:]], dtype=float)
    plates, _ = c3d_force_plates(found, Z_UP_MM)
    setups, _ = plate_setups(found, 1e-3)
    for k, (plate, setup) in enumerate(zip(plates, setups, strict=True)):
        force, point = table[:, 1 + 9 * k : 4 + 9 * k], table[:, 4 + 9 * k : 7 + 9 * k]
        np.testing.assert_allclose(plate.force_N, force[:, [0, 2, 1]] * [1, -1, 1], atol=1e-9)
        loaded = force[:, 1] > 100
        # The export does not apply the plates' polynomial (up to 9 mm near the edge) ...
        apart = plate.cop_m[loaded] - (point[:, [0, 2, 1]] * [1, -1, 1])[loaded]
        assert np.abs(apart).max() < 0.01
        # ... and without it every digit agrees.
        raw_force, raw_moment = surface_wrench(setup, setup.raw)
        local = np.column_stack([-raw_moment[:, 1], raw_moment[:, 0]]) / raw_force[:, 2:]
        across = np.linalg.norm(np.diff(local[loaded], axis=0), axis=1)
        exported = np.linalg.norm(np.diff(point[loaded], axis=0), axis=1)
        np.testing.assert_allclose(across, exported, atol=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_press_at_a_known_place(sign):
    """A foot at (450, 100) of the laboratory, whichever of force and counter-force is stored."""
    # Plate x = laboratory x, plate y = -laboratory y, plate z down; middle at (300, 200).
    raw = sign * pressed((-30.0, 10.0, -700.0), 150.0, 100.0, twist=-2000.0)
    (plate,), history = c3d_force_plates(content(raw, 2), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[5], [-30.0, -10.0, 700.0], atol=1e-9)
    np.testing.assert_allclose(plate.cop_m[5], [0.45, 0.1, 0.0], atol=1e-9)
    np.testing.assert_allclose(plate.free_moment_Nm, 2.0, atol=1e-9)
    assert any("force on the plate" in entry.detail for entry in history) == (sign < 0)


def test_type_1_gives_the_same_press():
    raw = np.tile([-30.0, 10.0, -700.0, 150.0, 100.0, -2000.0], (100, 1))
    units = ["N", "N", "N", "mm", "mm", "Nmm"]
    (plate,), _ = c3d_force_plates(content(raw, 1, units), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[0], [-30.0, -10.0, 700.0], atol=1e-9)
    np.testing.assert_allclose(plate.cop_m[0], [0.45, 0.1, 0.0], atol=1e-9)
    np.testing.assert_allclose(plate.free_moment_Nm, 2.0, atol=1e-9)


def test_type_4_applies_its_matrix():
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(6, 6))
    truth = pressed((-30.0, 10.0, -700.0), 150.0, 100.0)
    raw = np.linalg.solve(matrix, truth.T).T
    (plate,), _ = c3d_force_plates(content(raw, 4, CAL_MATRIX=matrix[..., np.newaxis]), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[0], [-30.0, -10.0, 700.0], atol=1e-6)
    np.testing.assert_allclose(plate.cop_m[0], [0.45, 0.1, 0.0], atol=1e-6)


@pytest.mark.parametrize("kind", [6, 7])
@pytest.mark.parametrize("unit", ["N", "lbf"])
def test_types_6_and_7_give_the_force_of_their_four_sensors(kind, unit):
    generator = np.random.default_rng(kind)
    a, b, depth = 250.0, 150.0, 40.0
    places = np.array([[a, b, depth], [-a, b, depth], [-a, -b, depth], [a, -b, depth]])
    sensors = generator.normal([0.0, 0.0, -175.0], 10.0, (4, 3))
    force = sensors.sum(axis=0)
    moment = np.cross(places, sensors).sum(axis=0)  # about the middle of the surface, z down
    x, y = -moment[1] / force[2], moment[0] / force[2]
    if kind == 6:
        channels = sensors.ravel()
    else:
        along_x = sensors[[0, 2], 0] + sensors[[1, 3], 0]
        along_y = sensors[[0, 1], 1] + sensors[[3, 2], 1]
        channels = np.concatenate([along_x, along_y, sensors[:, 2]])
    size = len(channels)
    matrix = np.eye(size) + generator.normal(0.0, 0.05, (size, size))
    raw = np.tile(np.linalg.solve(matrix, channels), (100, 1)) / {"N": 1.0, "lbf": 4.4482216}[unit]
    found = content(
        raw,
        kind,
        [unit] * size,
        ORIGIN=np.array([[a], [b], [-depth]]),
        CAL_MATRIX=matrix[..., np.newaxis],
    )
    (plate,), _ = c3d_force_plates(found, Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[3], force * [1, -1, -1], rtol=1e-6)
    np.testing.assert_allclose(plate.cop_m[3], [0.3 + x / 1e3, 0.2 - y / 1e3, 0.0], atol=1e-8)
    twist = moment[2] - x * force[1] + y * force[0]
    np.testing.assert_allclose(plate.free_moment_Nm[3], -twist / 1e3, rtol=1e-5)
    plates, history = c3d_force_plates(content(raw, kind, [unit] * size), Z_UP_MM)
    assert not plates
    assert f"type {kind} without a {size} x {size} CAL_MATRIX" in history[0].detail


def test_centre_of_pressure_is_missing_where_the_plate_is_not_loaded():
    raw = pressed((0.0, 0.0, -700.0), 0.0, 0.0)
    raw[:50] *= 0.5 * LOADED_N / 700.0
    (plate,), _ = c3d_force_plates(content(raw, 2), Z_UP_MM)
    assert np.isnan(plate.cop_m[:50]).all()
    assert np.isfinite(plate.cop_m[50:]).all()


def test_a_baseline_is_taken_off_only_where_the_plate_is_unloaded():
    drift = np.array([3.0, -2.0, 15.0, 100.0, 50.0, -20.0])
    raw = pressed((0.0, 0.0, -700.0), 150.0, 100.0)
    raw[:50] = 0.0
    (plate,), history = c3d_force_plates(content(raw + drift, 2, ZERO=[1, 4]), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[:50], 0.0, atol=1e-9)
    np.testing.assert_allclose(plate.force_N[60], [0.0, 0.0, 700.0], atol=1e-9)
    assert any("baseline of frames 1 to 4" in entry.detail for entry in history)
    (loaded,), history = c3d_force_plates(content(raw + drift, 2, ZERO=[7, 10]), Z_UP_MM)
    np.testing.assert_allclose(loaded.force_N[60, 2], 685.0)
    assert any("ZERO ignored" in entry.detail for entry in history)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"TYPE": [9]}, "its type is 9"),
        ({"TYPE": [5]}, "its type is 5 (eight channels and a 6 x 8 matrix"),
        ({"TYPE": [6], "CHANNEL": np.arange(1, 13)[:, np.newaxis]}, "channels 1 to 12 of 6"),
        ({"CHANNEL": np.arange(5, 11)[:, np.newaxis]}, "channels 5 to 10 of 6"),
        ({"CHANNEL": np.arange(1, 4)[:, np.newaxis]}, "3 of its 6 channels"),
        ({"CORNERS": np.zeros((3, 4, 1))}, "corners are missing"),
        ({"USED": [2]}, "plate 2: its type is 0"),
    ],
)
def test_a_plate_that_is_not_described_is_left_out_with_the_reason(changed, reason):
    raw = pressed((0.0, 0.0, -700.0), 0.0, 0.0)
    _, history = c3d_force_plates(content(raw, 2, **changed), Z_UP_MM)
    assert any(reason in entry.detail for entry in history if entry.action == "dropped")


def test_the_vertical_is_turned_with_the_laboratory():
    turned = LaboratoryAxes(np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), 1e-3, ())
    y_up = CORNERS[[0, 2, 1]] * np.array([[1.0], [1.0], [-1.0]])
    raw = pressed((-30.0, 10.0, -700.0), 150.0, 100.0)
    found = content(raw, 2, CORNERS=y_up[..., np.newaxis])
    (plate,), _ = c3d_force_plates(found, turned)
    np.testing.assert_allclose(plate.force_N[0], [-30.0, -10.0, 700.0], atol=1e-9)
    np.testing.assert_allclose(plate.cop_m[0, 2], 0.0, atol=1e-9)


def test_an_unloaded_plate_stays_as_it_is(shared_data):
    path = Path(shared_data) / "raw/c3d_plugin_gait/HC036A01.c3d"
    plates, _ = c3d_force_plates(read_c3d_content(path), Z_UP_MM)
    assert np.isnan(plates[1].cop_m).all()
    weight = plates[0].force_N[:, 2].mean() / 9.81
    assert weight == pytest.approx(33.0, rel=0.05)  # the file's PROCESSING:Bodymass


@pytest.mark.parametrize(
    ("units", "in_one_N", "in_one_Nm"),
    [
        (["kN"] * 3 + ["kNm"] * 3, 1e-3, 1e-3),
        (["kN"] * 3 + ["N.m"] * 3, 1e-3, 1.0),
        (["lbf"] * 3 + ["in-lbf"] * 3, 0.224808943, 8.850745767),  # NIST SP 811
        (["lbf"] * 3 + ["ft lb"] * 3, 0.224808943, 0.737562149),
        (["kgf"] * 3 + ["N*cm"] * 3, 0.101971621, 100.0),
        (["Newtons"] * 3 + ["V"] * 3, 1.0, 1000.0),  # volts say nothing: N times POINT:UNITS
    ],
)
def test_units_of_the_channels(units, in_one_N, in_one_Nm):
    raw = pressed((-30.0, 10.0, -700.0), 150.0, 100.0, twist=-2000.0)
    raw = raw * np.repeat([in_one_N, in_one_Nm / 1000.0], 3)
    (plate,), history = c3d_force_plates(content(raw, 2, units), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[5], [-30.0, -10.0, 700.0], rtol=1e-8)
    np.testing.assert_allclose(plate.cop_m[5], [0.45, 0.1, 0.0], atol=1e-8)
    np.testing.assert_allclose(plate.free_moment_Nm, 2.0, rtol=1e-7)
    assert any(entry.action == "assumed" for entry in history) == ("V" in units)


def test_each_channel_has_its_own_unit():
    raw = pressed((-30.0, 10.0, -700.0), 150.0, 100.0) * [1, 1e-3, 1e-3, 1e-3, 1, 1e-1]
    units = ["N", "kN", "kN", "Nm", "Nmm", "Ncm"]
    (plate,), _ = c3d_force_plates(content(raw, 2, units), Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[0], [-30.0, -10.0, 700.0], atol=1e-9)
    np.testing.assert_allclose(plate.cop_m[0], [0.45, 0.1, 0.0], atol=1e-9)


def test_sensors_and_positions_have_units_too():
    # 700 N over four sensors (type 3); a place in metres (type 1).
    raw = np.tile([0.0, 0.0, 0.0, 0.0, *[-0.175] * 4], (100, 1))
    setup = content(raw, 3, ["kN"] * 8, ORIGIN=np.array([[250.0], [150.0], [-40.0]]))
    (plate,), _ = c3d_force_plates(setup, Z_UP_MM)
    np.testing.assert_allclose(plate.force_N[0], [0.0, 0.0, 700.0], atol=1e-9)
    raw = np.tile([0.0, 0.0, -700.0, 0.15, 0.1, 0.0], (100, 1))
    (plate,), _ = c3d_force_plates(content(raw, 1, ["N", "N", "N", "m", "m", "Nm"]), Z_UP_MM)
    np.testing.assert_allclose(plate.cop_m[0], [0.45, 0.1, 0.0], atol=1e-9)


@pytest.mark.parametrize("unit", ["kg", "MPa", "dyn", "Nm"])
def test_a_unit_that_is_no_force_is_refused(unit):
    raw = pressed((0.0, 0.0, -700.0), 0.0, 0.0)
    with pytest.raises(UnitError, match=unit) as caught:
        c3d_force_plates(content(raw, 2, ["N", "N", unit, *N_NMM[3:]]), Z_UP_MM, where="a.c3d")
    assert "a.c3d: plate 1" in str(caught.value)


@pytest.mark.parametrize(
    ("unit_m", "changed", "reason"),
    [
        (1.0, {}, "its size is 600 m x 400 m"),
        (1e-3, {"CORNERS": CORNERS[..., np.newaxis] / 1000}, "its size is 0.0006 m x 0.0004 m"),
        (1.0, {"CORNERS": CORNERS[..., np.newaxis] / 1000}, "its ORIGIN is 40 m away"),
    ],
)
def test_plates_in_another_unit_than_the_markers_are_left_out(unit_m, changed, reason):
    raw = pressed((0.0, 0.0, -700.0), 0.0, 0.0)
    axes = LaboratoryAxes(np.eye(3), unit_m, ())
    plates, history = c3d_force_plates(content(raw, 2, **changed), axes)
    assert not plates
    assert any(reason in entry.detail for entry in history if entry.action == "dropped")


@pytest.mark.parametrize("scales", [{"SCALE": [1, 1, 0, 1, 1, 1]}, {"GEN_SCALE": [0.0]}])
def test_a_plate_without_a_calibration_is_left_out(scales):
    found = content(pressed((0.0, 0.0, -700.0), 0.0, 0.0), 2)
    scales = {"SCALE": [1.0] * 6} | scales
    found._parameters["ANALOG"].update({name: parameter(v) for name, v in scales.items()})
    plates, history = c3d_force_plates(found, Z_UP_MM)
    assert not plates
    assert any("SCALE is 0 for channel" in entry.detail for entry in history)


@pytest.mark.parametrize("factor", [0.1, 10.0, 1000.0])
def test_plates_whose_corners_are_in_another_unit_are_left_out_and_named(factor):
    raw = np.tile(pressed((0.0, 0.0, -700.0), 0.0, 0.0), (100, 1))
    corners = factor * CORNERS[..., np.newaxis]
    plates, history = c3d_force_plates(content(raw, 2, CORNERS=corners), Z_UP_MM)
    assert plates == ()
    assert "if CORNERS are in POINT:UNITS" in str(history[0])


@pytest.mark.parametrize("missing", [slice(3, 5), slice(60, 62)])
def test_a_sample_that_is_missing_hides_no_force(missing):
    """The sign was that of the largest force, and the largest of all is what is missing."""
    for force in ((0.0, 10.0, -700.0), (0.0, -10.0, 700.0)):  # on the plate and on the person
        analogs = pressed(force, 300.0, 200.0)
        whole, _ = c3d_force_plates(content(analogs, 2), Z_UP_MM)
        analogs[missing] = np.nan
        plates, _ = c3d_force_plates(content(analogs, 2, ZERO=[1, 3]), Z_UP_MM)
        expected = whole[0].force_N.copy()
        expected[missing] = np.nan
        np.testing.assert_allclose(plates[0].force_N, expected)
        assert expected[50, 2] == 700.0


def test_corners_that_are_no_numbers_leave_the_plate_out():
    stated = np.full((3, 4, 1), np.nan)
    setups, history = plate_setups(content(pressed((0, 0, -700), 0, 0), 2, CORNERS=stated), 1e-3)
    assert setups == []
    assert "corners are missing" in str(history)
