"""One loader for YAML and JSON: the type decides, and the place is named."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.typed_tree import (
    NOWHERE,
    Node,
    Place,
    document,
    json_schema,
    json_tree,
    typed,
    yaml_tree,
)

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class File:
    name: str
    size: int | None = None


@dataclass(frozen=True)
class Entry:
    title: str
    subjects: int
    share: float
    checked: bool
    kind: Literal["a", "b"] = "a"
    files: tuple[File, ...] = ()
    named: dict[str, File] = field(default_factory=dict)
    least: float | None = field(default=None, metadata={"key": "min"})
    extra: Any = None
    where: Place = NOWHERE

    def __post_init__(self):
        if self.subjects < 0:
            raise SchemaError(expected="at least 0", got=str(self.subjects), where="subjects")


FULL = {
    "title": "x",
    "subjects": 3,
    "share": 0.5,
    "checked": True,
    "kind": "b",
    "files": [{"name": "f", "size": 1}, {"name": "g", "size": None}],
    "named": {"k": {"name": "h"}},
    "min": 1,
}
WANTED = Entry(
    "x", 3, 0.5, True, "b", (File("f", 1), File("g")), {"k": File("h")}, 1.0, None, Place("d.json")
)


def yaml_of(tmp_path, text):
    path = tmp_path / "d.yaml"
    path.write_text(text)
    return typed(Entry, yaml_tree(path))


def test_json_and_yaml_give_the_same_values(tmp_path):
    text = json.dumps(FULL)
    assert typed(Entry, json_tree(text.encode(), "d.json")) == WANTED
    found = yaml_of(tmp_path, text)
    assert asdict(found) | {"where": ""} == asdict(WANTED) | {"where": ""}
    assert found.where == f"{tmp_path / 'd.yaml'}, line 1"


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"subjects": True}, "d.subjects", "a whole number"),
        ({"subjects": 1.5}, "d.subjects", "a whole number"),
        ({"subjects": -1}, "d.subjects", "at least 0"),
        ({"share": "0.5"}, "d.share", "a number"),
        ({"share": True}, "d.share", "a number"),
        ({"share": 10**400}, "d.share", "a number"),
        ({"checked": 1}, "d.checked", "true or false"),
        ({"kind": "c"}, "d.kind", "one of a, b"),
        ({"title": ["x"]}, "d.title", "one value"),
        ({"title": 5}, "d.title", "text"),
        ({"files": [{"name": "f", "size": "big"}]}, "d.files[0].size", "a whole number"),
        ({"files": [{"name": "f"}, {}]}, "d.files[1]", "the key name"),
        ({"named": []}, "d.named", "a mapping"),
        ({"files": {"name": "f"}}, "d.files", "a list"),
        ({"nmaed": {}}, "d.nmaed", "did you mean named"),
        ({"where": "here"}, "d.where", "one of the keys"),
        ({"least": 1}, "d.least", "one of the keys"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(change, where, message):
    with pytest.raises(SchemaError, match="(?s)" + message) as caught:
        typed(Entry, json_tree(json.dumps(FULL | change).encode(), "d"))
    assert caught.value.where == where


def test_one_value_stands_for_a_list_in_yaml(tmp_path):
    text = "title: x\nsubjects: 1\nshare: 1\nchecked: no\nfiles:\n  name: f\n"
    assert yaml_of(tmp_path, text).files == (File("f"),)


def test_yaml_names_the_line_and_keeps_words_as_written(tmp_path):
    text = "title: on\nsubjects: 1e1\nshare: 1e-3\nchecked: no\n"
    found = yaml_of(tmp_path, text)
    assert (found.title, found.subjects, found.share, found.checked) == ("on", 10, 1e-3, False)
    with pytest.raises(SchemaError) as caught:
        yaml_of(tmp_path, text.replace("1e1", "-4"))
    assert caught.value.where.endswith("d.yaml, line 2")


@pytest.mark.parametrize(
    "content", [b"{", b'{"a": 1, "a": 2}', b"NaN", b"[Infinity]", b"\xff", b"[" * 100_000]
)
def test_json_that_is_not_plain_is_refused(content):
    with pytest.raises(SchemaError, match="plain JSON"):
        json_tree(content, "d")


@dataclass(frozen=True)
class Labels:
    format: int
    labels: tuple[str | int | float | bool, ...]


@given(
    st.lists(
        st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_labels_come_back_as_what_they_were(labels):
    content = json.dumps({"format": 1, "labels": labels}).encode()
    found = document(Labels, content, "labels", 1).labels
    assert [(type(each), each) for each in found] == [(type(each), each) for each in labels]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "labels of format 1.*format None"),
        (b'{"format": 2, "labels": []}', "format 2.*x.json.*pip install --upgrade"),
        (b'{"format": true, "labels": []}', "format True"),
        (b'{"format": 1}', "the key labels.*x.json.*make them"),
        (b'{"format": 1, "labels": [null]}', r"x.json.labels\[0\]"),
        (b"{", "plain JSON"),
    ],
)
def test_a_document_of_another_format_or_kind_is_refused(content, message):
    with pytest.raises(FileReadError, match="(?s)" + message):
        document(Labels, content, "labels", 1, "x.json", "make them")


@given(st.binary(max_size=40) | PLAIN.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_document_or_our_error(content):
    try:
        document(Labels, content, "labels", 1)
    except FileReadError as error:
        assert error.expected


def test_yaml_too_large_or_absent_is_refused(tmp_path):
    (tmp_path / "d.yaml").write_text("x" * (1024**2 + 1))
    for name in ("d.yaml", "absent.yaml"):
        with pytest.raises(FileReadError):
            yaml_tree(tmp_path / name)


@given(PLAIN)
def test_a_tree_holds_what_the_json_says_and_any_misfit_is_our_error(value):
    def plain(node: Node) -> Any:
        if isinstance(node.value, dict):
            return {key: plain(entry) for key, entry in node.value.items()}
        return [plain(n) for n in node.value] if isinstance(node.value, list) else node.value

    tree = json_tree(json.dumps(value).encode(), "d")
    assert plain(tree) == value
    try:
        typed(Entry, tree)
    except LocomotionError as error:
        assert error.where.startswith("d")


def test_the_schema_of_a_record_names_types_required_entries_and_other_keys():
    found = {}
    assert json_schema(Entry, found) == {"$ref": "#/$defs/Entry"}
    entry = found["Entry"]
    assert entry["required"] == ["title", "subjects", "share", "checked"]
    assert entry["additionalProperties"] is False
    assert set(entry["properties"]) == {
        "title", "subjects", "share", "checked", "kind", "files", "named", "min", "extra"
    }  # fmt: skip
    assert entry["properties"]["kind"] == {"enum": ["a", "b"]}
    assert entry["properties"]["min"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert entry["properties"]["named"]["additionalProperties"] == {"$ref": "#/$defs/File"}
    one = {"$ref": "#/$defs/File"}
    assert entry["properties"]["files"] == {"anyOf": [one, {"type": "array", "items": one}]}
