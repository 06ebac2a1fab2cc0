"""The JSON Schema of a column map and the records that read one say the same."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest import ColumnMap
from locomotion_analysis.ingest.tables import column_map as module
from locomotion_analysis.ingest.tables import map_entries as records
from locomotion_analysis.typed_tree import typed, yaml_tree

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="it comes with schemathesis")
ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ColumnMap.json_schema()
NAMES = sorted(SCHEMA["$defs"])


def plain(value):
    """YAML's own values with text for keys, as a JSON document has them."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def accepts(value, record=None):
    schema = SCHEMA if record is None else {"$ref": f"#/$defs/{record}", "$defs": SCHEMA["$defs"]}
    return jsonschema_rs.validator_for(schema).is_valid(plain(value))


def test_the_shipped_schema_is_that_of_the_records():
    shipped = Path(module.__file__).with_name("column_map.schema.json")
    assert json.loads(shipped.read_text(encoding="utf-8")) == SCHEMA, (
        "run python tools/build_map_schema.py "
        "src/locomotion_analysis/ingest/tables/column_map.schema.json"
    )


def test_every_entry_of_every_record_is_described():
    for name in NAMES:
        assert SCHEMA["$defs"][name]["description"]
        for key, entry in SCHEMA["$defs"][name]["properties"].items():
            assert entry.get("description"), f"{name}.{key}"


def test_every_entry_stands_on_the_reference_page():
    page = (ROOT / "docs" / "reference" / "column-map.md").read_text(encoding="utf-8")
    for name in NAMES:
        for key in SCHEMA["$defs"][name]["properties"]:
            assert f"`{key}`" in page, f"{name}.{key}"


@pytest.mark.parametrize("name", ["hip_oa", "running"])
def test_the_examples_are_maps(name):
    assert accepts(yaml.safe_load((ROOT / "docs" / "maps" / f"{name}.yaml").read_text()))


CURVES = """\
layout: curves
points: 101
channels:
  knee_flexion_angle_ipsi_rad: {array: X, unit: deg, sign: -1}
cycles:
  subject: {column: id}
  task: run
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("layout: curves", "layout: curvs"),
        ("points: 101", "pionts: 101"),
        ("points: 101", "points: 10.5"),
        ("unit: deg", "unit: degree"),
        ("unit: deg", "unit: FILL_IN"),
        ("sign: -1", "sign: 2"),
        ("sign: -1", "sgin: -1"),
        ("array: X,", ""),
        ("array: X", "array: X, column: Y"),
        ("array: X", "array: X, axes: [cycle, channels, point]"),
        ("{column: id}", "{value: a, column: b}"),
        ("cycles:", "cycls:"),
        ("  task: run", "  task: run\njoin: {file: b.csv}"),
        ("  task: run", "  task: run\ntext: {header: 1}"),
        ("  task: run", "  task: run\nformat: xls"),
        ("  task: run", "  task: run\ntime: {column: t}"),
        ("  task: run", "  task: run\nspan: step"),
    ],
)
def test_an_editor_sees_the_mistakes_that_reading_sees(tmp_path, old, new):
    assert old in CURVES
    assert accepts(yaml.safe_load(CURVES))
    assert not accepts(yaml.safe_load(CURVES.replace(old, new)))
    (tmp_path / "map.yaml").write_text(CURVES.replace(old, new))
    with pytest.raises(LocomotionError):
        ColumnMap.from_yaml(tmp_path / "map.yaml")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 200),
    st.floats(-9, 200, width=16),
    st.sampled_from(["s", "first", "deg", "stance", "a_{point}", "tab", "-1", "curves", "xlsx"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from(["column", "value", "a", "unit"]), SCALARS, max_size=2),
)


@settings(max_examples=400)
@given(name=st.sampled_from(NAMES), content=st.data())
def test_what_is_read_the_schema_accepts(tmp_path_factory, name, content):
    record = getattr(records, name)
    keys = [str(field.metadata.get("key", field.name)) for field in fields(record)]
    keys = [key for key in keys if key in SCHEMA["$defs"][name]["properties"]]
    value = content.draw(st.dictionaries(st.sampled_from([*keys, "other"]), VALUES, max_size=4))
    path = tmp_path_factory.mktemp("maps") / "map.yaml"
    path.write_text(yaml.safe_dump(value))
    try:
        typed(record, yaml_tree(path))
    except LocomotionError:
        return
    assert accepts(yaml.safe_load(path.read_text()), name)
