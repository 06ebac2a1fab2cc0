"""What curves run over: padding behind shorter strides, and stance alone."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions
from locomotion_analysis.ingest.tables.mapped import TableReader

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"
FORCE = "grf_vertical_ipsi_BW"
LENGTHS = (101, 80, 120, 95)
MAP = """\
layout: curves
channels:
  knee_flexion_angle_ipsi_rad: {array: knee, unit: deg}
cycles:
  subject: {column: who}
  task: level_walking
"""
BOTH = MAP.replace("cycles:", f"  {HIP}: {{array: hip, unit: deg}}\ncycles:")


def read(path, text):
    place = path.parent / "map.yaml"
    place.write_text(text)
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def read_arrays(tmp_path, text=MAP, **arrays):
    n = len(next(iter(arrays.values())))
    np.savez(tmp_path / "walk.npz", who=np.array([f"P{k}" for k in range(n)]), **arrays)
    return read(tmp_path / "walk.npz", text)


def said(data):
    return "\n".join(map(str, data.history))


def humps(lengths=LENGTHS, fill=np.nan, width=None, begin=0, peak=60.0):
    """Half a sine over each row's own length, its peak at 50 % of it."""
    rows = np.full((len(lengths), width or max(lengths) + begin), fill)
    for row, n in zip(rows, lengths, strict=True):
        row[begin : begin + n] = peak * np.sin(np.pi * np.linspace(0, 1, n))
    return rows


def peaks(data, channel=KNEE):
    return data.curves(channel).argmax(axis=1) / 149 * 100


# --- padding --------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [0, 7])
@pytest.mark.parametrize("width", [None, 200])
def test_strides_padded_with_nan_are_resampled_each_over_its_own_length(tmp_path, begin, width):
    data = read_arrays(tmp_path, knee=humps(width=width, begin=begin))
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)
    wanted = 60 * np.sin(np.pi * np.linspace(0, 1, 150))
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)), np.tile(wanted, (4, 1)), atol=0.05)
    n = 4 if width or begin else 3
    assert "80 to 120 points" in said(data) if n == 4 else "80 to 101 points" in said(data)
    assert f"of 4 ({n})" in said(data)


def test_channels_padded_alike_and_gaps_within(tmp_path):
    knee, hip = humps(), humps(peak=20.0)
    hip[1, 30:50] = np.nan
    data = read_arrays(tmp_path, BOTH, knee=knee, hip=hip)
    gap = np.isnan(data.curves(HIP)[1])
    assert gap[[57, 92]].all()  # points 31 to 50 of 80 are 38 to 62 % of the stride
    assert not gap[[54, 95]].any()
    assert not np.isnan(data.curves(KNEE)).any()
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)


@pytest.mark.parametrize("kind", ["mat", "h5"])
def test_strides_of_their_own_length_in_a_cell_of_matlab_or_in_hdf5(tmp_path, kind):
    strides = [row[np.isfinite(row)] for row in humps()]
    path = tmp_path / f"a.{kind}"
    if kind == "mat":
        cell = np.empty((1, 4), dtype=object)
        cell[0] = [stride[None] for stride in strides]
        savemat(path, {"knee": cell, "who": np.array(list("ABCD"), dtype=object)})
    else:
        with h5py.File(path, "w") as file:
            made = file.create_dataset("knee", (4,), dtype=h5py.vlen_dtype(np.float64))
            made[:] = np.array(strides, dtype=object)
            file["who"] = ["A", "B", "C", "D"]
    data = read(path, MAP)
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)
    assert "80 to 101 points in wider rows" in said(data)


def test_columns_of_a_text_table_padded_with_blanks(tmp_path):
    rows = ["who," + ",".join(f"k{i}" for i in range(60))]
    for name, n in (("A", 60), ("B", 40), ("C", 50)):
        curve = [f"{60 * np.sin(np.pi * x):.5f}" for x in np.linspace(0, 1, n)]
        rows.append(",".join([name, *curve, *[""] * (60 - n)]))
    (tmp_path / "walk.csv").write_text("\n".join(rows) + "\n")
    data = read(tmp_path / "walk.csv", MAP.replace("array: knee", "columns: 'k{point}'"))
    np.testing.assert_allclose(peaks(data), 50.0, atol=1.1)


def test_a_row_that_fills_the_width_in_one_channel_has_gaps_in_the_others(tmp_path):
    knee, force = humps((100, 100)), humps((100, 60), peak=1.0)
    text = MAP.replace("cycles:", f"  {FORCE}: {{array: force}}\ncycles:")
    force[0, 60:] = np.nan
    data = read_arrays(tmp_path, text, knee=knee, force=force)
    assert np.isnan(data.curves(FORCE)[1, 90:]).all()
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)


@pytest.mark.parametrize(
    ("text", "arrays", "message"),
    [
        (MAP + "points: 120\n", {"knee": humps()}, "begin or end in missing values"),
        (BOTH, {"knee": humps(), "hip": humps((101, 79, 120, 95))}, "differ in length"),
        (MAP, {"knee": humps((101, 101, 101, 99))}, r"1 of 4 curves"),
        (
            MAP.replace(KNEE, FORCE).replace("deg", "BW"),
            {"knee": humps((60, 63, 61), width=101, peak=1.0)},
            "the swing phase",
        ),
        (MAP, {"knee": humps((1, 80, 120), width=120)}, "at least two measured points"),
        (MAP, {"knee": humps(fill=0.0)}, "0 over 19 of 120 points"),
        (MAP, {"knee": humps((90, 90), 0.0, begin=9)}, "begin in one repeated value"),
    ],
)
def test_where_it_is_open_what_is_padding_the_map_is_asked(tmp_path, text, arrays, message):
    with pytest.raises(CycleShapeError, match=message) as caught:
        read_arrays(tmp_path, text, **arrays)
    assert "cycle" in caught.value.where
    assert "length: {column" in caught.value.fix or "two measured" in message


def test_the_last_value_repeated_is_padding_too(tmp_path):
    ramp = np.minimum(np.arange(120.0)[None], np.array([[80.0], [119.0]]))
    with pytest.raises(CycleShapeError, match="end in one repeated value: 80 over 40 of 120"):
        read_arrays(tmp_path, knee=ramp)


def test_rounded_numbers_and_channels_at_rest_are_no_padding(tmp_path):
    x = np.linspace(0, 2 * np.pi, 101)
    rounded = np.round(3 + 2 * np.cos(x))[None]  # many equal neighbours throughout
    data = read_arrays(tmp_path, BOTH, knee=np.tile(rounded, (2, 1)), hip=np.zeros((2, 101)))
    assert len(data) == 2
    force = humps((60, 60), 0.0, 101, peak=1.0)  # no force in the swing
    text = MAP.replace("cycles:", f"  {FORCE}: {{array: force}}\ncycles:")
    assert len(read_arrays(tmp_path, text, knee=humps((101, 101)), force=force)) == 2


@pytest.mark.parametrize("fill", [np.nan, 0.0, 17.0])
def test_a_stated_length_says_what_is_padding(tmp_path, fill):
    text = MAP + "length: {column: n}\npoints: 120\n"
    data = read_arrays(tmp_path, text, knee=humps(fill=fill), n=np.array(LENGTHS))
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)
    assert "80 to 101 points in wider rows" in said(data)


def test_a_stated_length_of_the_whole_width_makes_the_ends_gaps(tmp_path):
    knee = humps((101, 101, 99), width=101)
    data = read_arrays(tmp_path, MAP + "length: 101\n", knee=knee)
    assert np.isnan(data.curves(KNEE)[2, -2:]).all()
    np.testing.assert_allclose(np.nanmax(data.curves(KNEE)[2]), np.deg2rad(60), rtol=1e-3)


@pytest.mark.parametrize("length", ["121", "1", "80.5", "{column: n}"])
def test_a_length_that_cannot_be_is_refused(tmp_path, length):
    with pytest.raises(CycleShapeError, match="a length of 2 to 120") as caught:
        n = np.array([101, 80, np.nan, 95])
        read_arrays(tmp_path, MAP + f"length: {length}\n", knee=humps(), n=n)
    assert "cycle" in caught.value.where


# --- stance ---------------------------------------------------------------------------------

STANCE = MAP.replace(KNEE, FORCE).replace("array: knee, unit: deg", "array: force, unit: BW")


def stance_force(n=101, rows=4):
    """Two humps and a valley, loaded to the end, as between contact and toe-off."""
    s = np.sin(np.pi * np.linspace(0, 1, n))
    return np.tile(1.1 * s**0.6 * (1 - 0.25 * s**4), (rows, 1))


@pytest.mark.parametrize("task", ["level_walking", "stair_ascent", "Gait", "run"])
def test_forces_of_the_stance_alone_are_refused_with_what_to_state(tmp_path, task):
    with pytest.raises(SchemaError, match="stance phase only") as caught:
        read_arrays(tmp_path, STANCE.replace("level_walking", task), force=stance_force())
    assert "span: stance" in caught.value.fix
    assert "toe_off" in caught.value.fix
    assert "map.yaml, line 3" in caught.value.where


def test_forces_of_the_other_foot_over_its_stance_alone_are_refused(tmp_path):
    text = STANCE.replace("ipsi", "contra")
    with pytest.raises(SchemaError, match="stance phase only") as caught:
        read_arrays(tmp_path, text, force=stance_force())
    assert "cycles of their own, with `side`" in caught.value.fix
    own = np.concatenate([stance_force(61)[:, :60], np.zeros((4, 41))], axis=1)  # a whole stride
    whole = np.roll(own[:, :100], 50, axis=1)  # of the other foot: from 50 to 110 %
    data = read_arrays(tmp_path, text, force=np.concatenate([whole, whole[:, :1]], axis=1))
    assert "suspect" not in said(data)


def test_running_forces_of_the_stance_alone_have_one_hump(tmp_path):
    with pytest.raises(SchemaError, match="stance phase only"):
        read_arrays(tmp_path, STANCE.replace("level_walking", "run"), force=humps((101, 101)))
    data = read_arrays(tmp_path, STANCE, force=humps((101, 101), peak=1.0))
    assert "suspect" in said(data)  # not what a walk looks like, so it is said only


@pytest.mark.parametrize(
    ("text", "toe_off"),
    [
        (STANCE + "span: stance\ntoe_off: {column: off, unit: fraction}\n", [60, 62, 64, 66]),
        (STANCE + "span: stance\ntoe_off: 61.5\n", [61.5] * 4),
        (
            STANCE + "  stance_percent: {column: off, unit: fraction}\nspan: stance\n",
            [60, 62, 64, 66],
        ),
        (STANCE + "span: stance\n", [59.0] * 4),
    ],
)
def test_stance_curves_are_put_between_contact_and_toe_off(tmp_path, text, toe_off):
    ramp = np.tile(np.linspace(0, 1, 101), (4, 1))
    text = text.replace("cycles:", f"  {KNEE}: {{array: knee}}\ncycles:")
    data = read_arrays(
        tmp_path, text, force=stance_force(), knee=ramp, off=np.array([0.6, 0.62, 0.64, 0.66])
    )
    phase = np.linspace(0, 100, 150)
    for row, off in enumerate(toe_off):
        force, knee = data.curves(FORCE)[row], data.curves(KNEE)[row]
        assert (force[phase > off] == 0).all()
        assert np.isnan(knee[phase > off]).all()
        np.testing.assert_allclose(knee[phase <= off], phase[phase <= off] / off, atol=1e-6)
    assert "placed: curves of the stance" in said(data)
    if "toe_off" in text or "stance_percent" in text:
        np.testing.assert_allclose(data.cycles["stance_percent"].to_numpy(float), toe_off)
    else:
        assert "assumed: toe-off at 59 to 59 % of the cycle, the published value" in said(data)
        assert "stance_percent" not in data.cycles


def test_forces_of_the_stance_beside_angles_of_the_stride(tmp_path):
    text = STANCE.replace("unit: BW}", f"unit: BW, span: stance}}\n  {KNEE}: {{array: knee}}")
    data = read_arrays(
        tmp_path, text + "toe_off: 60\n", force=stance_force(), knee=humps((101,) * 4)
    )
    np.testing.assert_allclose(peaks(data), 50.0, atol=0.7)
    assert data.curves(FORCE)[:, 95:].max() == 0.0


@pytest.mark.parametrize("length", ["", "length: {column: n}\n"])
@pytest.mark.parametrize("beside", [False, True])
def test_padded_stance_curves_are_placed_by_their_own_length(tmp_path, length, beside):
    force = np.full((3, 120), np.nan)
    for row, n in zip(force, (120, 90, 100), strict=True):
        row[:n] = np.linspace(0, 1, n)
    text = STANCE.replace("unit: BW", "unit: BW, span: stance") + f"toe_off: 60\n{length}"
    if beside and not length:  # angles over the whole stride in rows of the same width
        text = text.replace("cycles:", f"  {KNEE}: {{array: knee}}\ncycles:")
    knee = humps((120, 120, 120))
    data = read_arrays(tmp_path, text, force=force, knee=knee, n=np.array([120, 90, 100]))
    phase = np.linspace(0, 100, 150)
    inside = phase <= 60
    np.testing.assert_allclose(
        data.curves(FORCE)[:, inside], np.tile(phase[inside] / 60, (3, 1)), atol=1e-6
    )


def test_stance_over_phase_in_a_long_table(tmp_path):
    rows = ["who,pct,F"]
    curve = stance_force()[0]
    rows += [f"{who},{p},{f:.5f}" for who in "AB" for p, f in zip(range(101), curve, strict=True)]
    (tmp_path / "walk.csv").write_text("\n".join(rows) + "\n")
    text = f"""\
layout: long
phase: {{column: pct}}
channels: {{{FORCE}: {{column: F, unit: BW}}}}
cycles: {{subject: {{column: who}}, task: level_walking, step: 0}}
"""
    with pytest.raises(SchemaError, match="stance phase only"):
        read(tmp_path / "walk.csv", text)
    data = read(tmp_path / "walk.csv", text + "span: stance\ntoe_off: 62\n")
    phase = np.linspace(0, 100, 150)
    wanted = np.where(phase <= 62, np.interp(phase / 0.62, np.arange(101), curve), 0.0)
    np.testing.assert_allclose(data.curves(FORCE), np.tile(wanted, (2, 1)), atol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STANCE.replace("array: force", "array: Fz_st"), "says stance: Fz_st"),
        (STANCE.replace("array: force", "array: stanceForce"), "says stance"),
        (MAP.replace("array: knee", "array: knee_swing"), "says swing"),
        (STANCE + "span: stance\ntoe_off: 0.6\n", "got: 0.6|between 15 and 95"),
        (STANCE + "span: stance\ntoe_off: {column: off}\n", "got: nan"),
        (STANCE.replace("level_walking", "sit_to_stand") + "span: stance\n", "a toe-off between"),
        (STANCE.replace("ipsi", "contra") + "span: stance\n", "own leg"),
        (STANCE + "toe_off: 60\n", "beside a toe_off"),
    ],
)
def test_a_part_of_the_stride_that_is_not_stated_well_is_refused(tmp_path, text, message):
    off = np.array([60.0, np.nan, 60.0, 60.0])
    names = ("force", "Fz_st", "stanceForce", "knee_swing")
    with pytest.raises(SchemaError, match=message):
        read_arrays(tmp_path, text, **dict.fromkeys(names, stance_force()), off=off)


def test_whole_strides_may_have_such_a_name(tmp_path):
    text = MAP.replace("array: knee", "array: knee_st") + "span: stride\n"
    assert len(read_arrays(tmp_path, text, knee_st=humps((101, 101)))) == 2
    (tmp_path / "walk.npz").rename(tmp_path / "stance_curves.npz")
    with pytest.raises(SchemaError, match="says stance: stance_curves"):
        read(
            tmp_path / "stance_curves.npz", text.replace("span: stride\n", "").replace("_st", "_x")
        )


# --- axes -----------------------------------------------------------------------------------

CUBE = MAP.replace("array: knee", "array: X, entry: 2")


def cube():
    """Six cycles, three channels of 101 points: the third a ramp to the number of its cycle."""
    third = np.arange(1.0, 7.0)[:, None] * np.linspace(0, 1, 101)
    return np.stack([np.zeros((6, 101)), -np.ones((6, 101)) + third, third], axis=1)


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)]
)
@pytest.mark.parametrize("how", ["points", "points and cycles", "axes"])
def test_three_axes_in_any_order(tmp_path, order, how):
    names = [("cycle", "channel", "point")[axis] for axis in order]
    text = CUBE + ("points: 101\n" if "points" in how else "")
    if how == "axes":
        text = text.replace("entry: 2", f"entry: 2, axes: [{', '.join(names)}]")
    if how == "points":  # cycles before channels, where nothing counts them
        text = text.replace("{column: who}", "A")
        if names.index("channel") < names.index("cycle"):
            return
    np.savez(tmp_path / "a.npz", X=cube().transpose(order), who=np.array(list("ABCDEF")))
    data = read(tmp_path / "a.npz", text)
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), np.arange(1, 7), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((6, 3, 101), CUBE.replace("{column: who}", "A")),
        ((6, 101, 3), CUBE.replace("{column: who}", "A")),
        ((6, 50, 101), CUBE),
        ((6, 3, 100), CUBE + "points: 101\n"),
        ((6, 6, 101), CUBE.replace("{column: who}", "A")),
    ],
)
def test_three_axes_that_can_be_read_in_two_ways_are_refused(tmp_path, shape, text):
    np.savez(tmp_path / "a.npz", X=np.zeros(shape), who=np.array(list("ABCDEF")))
    with pytest.raises(CycleShapeError, match="one way to read the three axes") as caught:
        read(tmp_path / "a.npz", text)
    assert "axes: [cycle, channel, point]" in caught.value.fix


def test_points_down_an_array_that_the_cycles_contradict(tmp_path):
    np.savez(tmp_path / "a.npz", knee=np.zeros((101, 4)), who=np.array(list("ABCD")))
    with pytest.raises(CycleShapeError, match=r"\(4 cycles, points\)") as caught:
        read(tmp_path / "a.npz", MAP)
    assert "points_axis: first" in caught.value.fix


def test_two_axes_of_which_nothing_says_where_the_points_are(tmp_path):
    np.savez(tmp_path / "a.npz", knee=np.random.default_rng(0).normal(size=(101, 6)))
    text = MAP.replace("{column: who}", "A")
    with pytest.raises(CycleShapeError, match="on which axis the points are"):
        read(tmp_path / "a.npz", text)
    first = text.replace("array: knee", "array: knee, points_axis: first")
    assert len(read(tmp_path / "a.npz", first)) == 6
