import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError, UnitError
from locomotion_analysis.ingest import ColumnMap

CURVES = """\
layout: curves
points: 101
channels:
  knee_flexion_angle_ipsi_rad: {array: X, unit: deg, sign: -1}
cycles:
  subject: {column: id}
  task: run
"""
SERIES = """\
layout: time_series
time: {column: t, unit: ms}
channels:
  knee_flexion_angle_left_rad: {column: LKnee, unit: deg}
events:
  heel_strike_left: {column: LHS}
"""


def load(tmp_path, text):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    return ColumnMap.from_yaml(path)


def test_units_and_signs_become_one_factor(tmp_path):
    (channel,) = load(tmp_path, CURVES).channels
    assert channel.factor == pytest.approx(-np.pi / 180)
    assert channel.source == "X"


@pytest.mark.parametrize(
    ("name", "unit", "factor"),
    [
        ("knee_flexion_moment_ipsi_Nm_kg", "Nmm_kg", 1e-3),
        ("grf_vertical_ipsi_N", "kN", 1e3),
        ("hip_power_ipsi_W_kg", "mW_kg", 1e-3),
        ("hip_flexion_velocity_ipsi_rad_s", "deg_s", np.pi / 180),
        ("cop_anterior_ipsi_m", "mm", 1e-3),
    ],
)
def test_every_convertible_unit(tmp_path, name, unit, factor):
    text = CURVES.replace("knee_flexion_angle_ipsi_rad", name).replace("deg, sign: -1", unit)
    (channel,) = load(tmp_path, text).channels
    assert channel.name == name
    assert channel.factor == pytest.approx(factor)


def test_a_channel_named_in_degrees_is_stored_in_radians(tmp_path):
    text = CURVES.replace("angle_ipsi_rad", "angle_ipsi_deg").replace(", unit: deg, sign: -1", "")
    (channel,) = load(tmp_path, text).channels
    assert channel.name == "knee_flexion_angle_ipsi_rad"
    assert channel.factor == pytest.approx(np.pi / 180)


def test_a_curve_down_the_rows_of_a_column_needs_its_number_of_points(tmp_path):
    text = CURVES.replace("array: X", "column: X")
    assert load(tmp_path, text).channels[0].kind == "column"
    with pytest.raises(SchemaError, match="a whole curve a row"):
        load(tmp_path, text.replace("points: 101\n", ""))


def test_time_may_be_a_column_or_a_rate(tmp_path):
    assert load(tmp_path, SERIES).time.factor == 1e-3
    text = SERIES.replace("{column: t, unit: ms}", "{rate_hz: 100}")
    assert load(tmp_path, text).rate_hz == 100.0


def test_words_that_yaml_takes_for_something_else_stay_column_names(tmp_path):
    text = SERIES.replace("LKnee", "on").replace("LHS", "no").replace("column: t", "column: y")
    column_map = load(tmp_path, text)
    assert column_map.channels[0].source == "on"
    assert column_map.events[0].source == "no"
    assert column_map.time.source == "y"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("layout: curves", "layout: curvs", 1, "did you mean curves"),
        ("points: 101", "pionts: 101", 2, "did you mean points"),
        ("points: 101", "points: 1", 2, "at least 2"),
        ("points: 101", "points: 10.5", 2, "whole number"),
        ("unit: deg", "unit: degree", 4, "'degree'"),
        ("unit: deg", "unit: Nm", 4, "same quantity"),
        ("sign: -1", "sign: 2", 4, "one of 1"),
        ("sign: -1", "sgin: -1", 4, "did you mean sign"),
        ("array: X,", "", 4, "exactly one of column, columns, array"),
        ("array: X", "array: X, column: Y", 4, "exactly one of"),
        ("array: X", "columns: knee", 4, "knee_{point}"),
        ("knee_flexion_angle_ipsi_rad", "knee_angle", 4, "a channel <joint>"),
        ("knee_flexion_angle_ipsi_rad", "knee_flexion_angle_left_rad", 4, "sides ipsi, contra"),
        ("{column: id}", "{column: id, unit: kg}", 6, "no unit"),
        ("{column: id}", "{value: a, column: b}", 6, "exactly one of"),
        ("{column: id}", "{equal: [a]}", 6, "two columns"),
        ("{column: id}", "{file_name: '('}", 6, "regular expression"),
        ("{column: id}", "{file_name: 'a'}", 6, "one group"),
        ("subject:", "sbject:", 5, "the key subject"),
        ("  task: run", "  task: run\n  task: run", 8, "'task' twice"),
        ("  task: run", "  task: run\n  height_m: {column: h, unit: furlong}", 8, "'furlong'"),
        ("  task: run", "  task: run\nwhere: {column: a}", 8, "equals, in, min or max"),
        ("  task: run", "  task: run\njoin: {file: b.csv}", 8, "the key match"),
        ("  task: run", "  task: run\ntext: {delimiter: '||'}", 8, "one character"),
        ("  task: run", "  task: run\ntext: {encoding: utf-99}", 8, "text encoding"),
        ("  task: run", "  task: run\ntext: {header: 1}", 8, "true or false"),
        ("  task: run", "  task: run\nformat: xls", 8, "one of text"),
        ("  task: run", "  task: run\ntime: {column: t}", 8, "one of the keys"),
        ("  task: run", "  task: [", 8, "YAML"),
        ("  task: run", "  task: &a run\n  task_id: *a", 7, "an anchor"),
        ("  task: run", "  task: !!python/object:os.system run", 7, "plain value"),
    ],
)
def test_every_mistake_is_pointed_at_with_its_line(tmp_path, old, new, line, message):
    assert old in CURVES
    with pytest.raises((SchemaError, UnitError)) as caught:
        load(tmp_path, CURVES.replace(old, new))
    assert message in str(caught.value)
    found = int(caught.value.where.split("line ")[1].split(",")[0])
    assert line <= found <= line + 1
    assert "map.yaml" in caught.value.where


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("angle_left_rad", "angle_ipsi_rad", "left or right side"),
        ("heel_strike_left", "heel_strike", "heel_strike_left"),
        ("{column: LHS}", "{column: LHS, times: x}", "exactly one of"),
        ("unit: ms", "unit: hours", "'hours'"),
        ("{column: t, unit: ms}", "{rate_hz: 0}", "above zero"),
        ("{column: t, unit: ms}", "{rate_hz: fast}", "a number"),
        ("{column: t, unit: ms}", "{}", "the key column"),
    ],
)
def test_mistakes_over_time(tmp_path, old, new, message):
    assert old in SERIES
    with pytest.raises((SchemaError, UnitError), match=message):
        load(tmp_path, SERIES.replace(old, new))


def test_channels_that_become_one_are_refused(tmp_path):
    twice = "  knee_flexion_angle_ipsi_deg: {array: Y}\ncycles:"
    with pytest.raises(SchemaError, match="twice"):
        load(tmp_path, CURVES.replace("cycles:", twice))


@pytest.mark.parametrize("raw", [b"", b"# nothing\n", b"\xff\xfe\x00", b"just words", b"[1, 2]"])
def test_files_that_are_no_map(tmp_path, raw):
    path = tmp_path / "map.yaml"
    path.write_bytes(raw)
    with pytest.raises(LocomotionError, match=r"map\.yaml"):
        ColumnMap.from_yaml(path)
    with pytest.raises(FileReadError):
        ColumnMap.from_yaml(tmp_path / "absent.yaml")


def test_a_bomb_of_aliases_is_refused(tmp_path):
    lines = ["a0: &a0 [x, x]"] + [f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 60)]
    with pytest.raises(SchemaError, match="an anchor"):
        load(tmp_path, "\n".join(lines))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["layout", "channels", "cycles", "time", "text", "where", "join", "events", "points", "phase"]
)


@given(
    layout=st.sampled_from(["curves", "long", "time_series"]), rest=st.dictionaries(KEYS, VALUES)
)
def test_whatever_a_map_says_the_error_is_our_own(tmp_path_factory, layout, rest):
    path = tmp_path_factory.mktemp("maps") / "map.yaml"
    path.write_text(yaml.safe_dump({"layout": layout} | rest), encoding="utf-8")
    try:
        ColumnMap.from_yaml(path)
    except LocomotionError as error:
        assert "map.yaml" in str(error)
