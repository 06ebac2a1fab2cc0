"""YAML and JSON of unknown origin as typed values: every entry checked against its annotation.

A document is read into a tree of :class:`Node`, each of which knows its place (file and line, or
the path of names in JSON); :func:`typed` turns a tree into a dataclass. :func:`document` does
both for a JSON file of this package that tells its format.
"""

import re
import sys
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError, did_you_mean
from locomotion_analysis.files import plain_json

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")

_MOST_YAML_BYTES = 1024**2
_EXPONENT = re.compile(r"^[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+$")
_WHOLE = re.compile(r"^[+-]?[0-9]+$")
_FIELD = re.compile(r"^(\w+(?:, \w+)*)(?: : [^\n]*)?\n((?: +[^\n]*\n?|\n)*)", re.MULTILINE)
_PLAIN_TYPES: dict[Any, Any] = {
    str: ["string", "number", "boolean", "null"],  # whatever is written is text too
    float: "number",
    int: "integer",
    bool: "boolean",
    Any: ["string", "number", "boolean", "null"],
}
_hints = cache(get_type_hints)


class Place(str):
    """Where an entry stands; a field of this type is filled in by :func:`typed`."""

    __slots__ = ()


NOWHERE = Place()


@dataclass(frozen=True)
class Node:
    """One value of a document.

    Attributes
    ----------
    value : dict of str to Node, list of Node, or a plain value
    raw : str or None
        A plain value as text: in YAML whatever is written (``on`` stays ``on``), in JSON None for
        numbers, truth values and null, which are no text there.
    where : str
    by_hand : bool
        Whether a person wrote it (YAML): one value then stands for a list of one.
    """

    value: Any
    raw: str | None
    where: str
    by_hand: bool = False

    def error(self, expected: str, got: str = "", fix: str = "") -> SchemaError:
        """Return an error that points at this value."""
        if not got and isinstance(self.value, dict):
            got = f"a mapping with {', '.join(self.value) or 'nothing'}"
        elif not got and isinstance(self.value, list):
            got = f"a list of {len(self.value)}"
        got = got or repr(self.value if self.raw is None else self.raw)[:120]
        return SchemaError(expected=expected, got=got, where=self.where, fix=fix)

    def entries(self) -> "dict[str, Node]":
        """Return the entries of a mapping.

        Raises
        ------
        SchemaError
            If it is none.
        """
        if not isinstance(self.value, dict):
            raise self.error("a mapping")
        return self.value


def typed(kind: type[T], node: Node) -> T:
    """Return a tree as a value of some type, or say which entry does not fit.

    Parameters
    ----------
    kind : type
        A dataclass of text, numbers, truth values, ``Literal``, None, tuples, mappings with text
        keys, and dataclasses; a field without a default must be there. In YAML a single value
        counts as a tuple of one. ``Any`` takes a plain value, ``Node`` whatever there is. The
        metadata ``key`` of a field is its name in the document, where Python forbids that.
    node : Node

    Returns
    -------
    object of `kind`
        An error that its ``__post_init__`` raises with the name of an entry as `where` gets the
        place of that entry.

    Raises
    ------
    SchemaError
        If an entry is missing, unknown, or of another type.

    Examples
    --------
    >>> @dataclass
    ... class Person:
    ...     name: str
    ...     mass_kg: float = 70.0
    >>> typed(Person, json_tree(b'{"name": "A"}', "people.json"))
    Person(name='A', mass_kg=70.0)
    """
    return cast("T", _value(kind, node))


def document(
    kind: type[T], content: bytes | str, what: str, number: int, where: str = "", fix: str = ""
) -> T:
    """Return a JSON file of this package as a dataclass, if it is of the format that we read.

    Parameters
    ----------
    kind : type
        As for :func:`typed`, with a field ``format``.
    content : bytes or str
        UTF-8.
    what : str
        What the file is, for messages, for example ``a registry``.
    number : int
        The format that this version reads.
    where : str
        Name for messages.
    fix : str
        What to do about a damaged one.

    Raises
    ------
    FileReadError
        If it is damaged, or of another format.

    Examples
    --------
    >>> @dataclass
    ... class Names:
    ...     format: int
    ...     names: tuple[str, ...]
    >>> document(Names, '{"format": 1, "names": ["A", "B"]}', "a list of names", 1)
    Names(format=1, names=('A', 'B'))
    """
    try:
        tree = json_tree(content, where)
        told = tree.value.get("format") if isinstance(tree.value, dict) else None
        found = None if told is None else told.value
        if found != number or isinstance(found, bool):
            raise FileReadError(
                expected=f"{what} of format {number}",
                got=f"format {found!r}"[:60],
                where=where,
                fix="update locomotion-analysis (pip install --upgrade locomotion-analysis), "
                "or make it again",
            )
        return typed(kind, tree)
    except SchemaError as error:
        raise FileReadError(
            expected=error.expected, got=error.got, where=error.where, fix=error.fix or fix
        ) from error


def _value(kind: Any, node: Node) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and kind is not Node:
        return _record(cast("type", kind), node)
    if origin in (Union, UnionType):
        return _one_of(inner, node)
    if origin is Literal:
        if isinstance(node.value, dict | list) or node.raw not in inner:
            raise node.error(f"one of {', '.join(inner)}", fix=did_you_mean(node.raw or "", inner))
        return node.raw
    if origin is tuple:
        if not isinstance(node.value, list) and not node.by_hand:
            raise node.error("a list")
        parts = node.value if isinstance(node.value, list) else [node]
        return tuple(_value(inner[0], part) for part in parts)
    if origin is dict:
        return {name: _value(inner[1], entry) for name, entry in node.entries().items()}
    return _plain(kind, node)


def _record(kind: type, node: Node) -> Any:
    known = {field.metadata.get("key", field.name): field for field in fields(kind)}
    hints = _hints(kind)
    places = {name for name, field in known.items() if hints[field.name] is Place}
    allowed = [name for name in known if name not in places]
    if not isinstance(node.value, dict):
        raise node.error(f"a mapping with {', '.join(allowed)}")
    for name, entry in node.value.items():
        if name not in allowed:
            keys = f"one of the keys {', '.join(allowed)}"
            raise entry.error(keys, repr(name), did_you_mean(name, allowed))
    for name in allowed:
        field = known[name]
        if name not in node.value and field.default is field.default_factory is MISSING:
            raise node.error(f"the key {name}", f"only {', '.join(node.value) or 'nothing'}")
    values = {
        known[name].name: _value(hints[known[name].name], entry)
        for name, entry in node.value.items()
    }
    try:
        return kind(**values, **{name: Place(node.where) for name in places})
    except LocomotionError as error:
        error.where = node.value[error.where].where if error.where in node.value else node.where
        raise


def _one_of(kinds: tuple[Any, ...], node: Node) -> Any:
    if node.value is None and NoneType in kinds:
        return None
    if isinstance(node.value, float) and float in kinds:
        kinds = tuple(kind for kind in kinds if kind is not int)  # 1.0 is not taken for 1
    first: SchemaError | None = None
    for kind in kinds:
        if kind is not NoneType:
            try:
                return _value(kind, node)
            except SchemaError as error:
                first = first or error
    raise first or node.error("nothing")


def _plain(kind: Any, node: Node) -> Any:
    value = node.value
    if kind is Node:
        return node
    if isinstance(value, dict | list):
        raise node.error("one value")
    if kind is str:
        if node.raw is None:
            raise node.error("text")
        return node.raw
    if kind is float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -sys.float_info.max <= value <= sys.float_info.max:
            raise node.error("a number")
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    fits = isinstance(value, kind) if kind is not Any else True
    if not fits or (kind is int and isinstance(value, bool)):
        raise node.error({int: "a whole number", bool: "true or false"}[kind])
    return value


def json_schema(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what :func:`typed` takes for a type, in YAML.

    Descriptions come from the docstrings: the first sentence of the record, and the section
    ``Attributes``. What a record checks in ``__post_init__`` is not in it.

    Parameters
    ----------
    kind : type
        As for :func:`typed`. The metadata ``of`` of a field of :class:`Node` is the record that its
        value may be, in place of a plain one.
    definitions : dict
        Record -> schema; those that `kind` needs are added.

    Examples
    --------
    >>> @dataclass
    ... class Person:
    ...     name: str
    ...     visits: tuple[int, ...] = ()
    >>> found = {}
    >>> json_schema(Person, found)
    {'$ref': '#/$defs/Person'}
    >>> found["Person"]["required"], found["Person"]["properties"]["visits"]["anyOf"][0]
    (['name'], {'type': 'integer'})
    """
    return _schema(kind, definitions, None)


def _schema(kind: Any, definitions: dict[str, Any], of: Any) -> dict[str, Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Node:
        plain = _schema(Any, definitions, None)
        return plain if of is None else {"anyOf": [plain, _schema(of, definitions, None)]}
    if is_dataclass(kind):
        return _record_schema(cast("type", kind), definitions)
    if origin in (Union, UnionType):
        parts = [_schema(part, definitions, of) for part in inner if part is not NoneType]
        if NoneType in inner:
            parts.append({"type": "null"})
        return parts[0] if len(parts) == 1 else {"anyOf": parts}
    if origin is Literal:  # in YAML -1 is a number, and its text the entry
        return {"enum": [*inner, *(int(word) for word in inner if _WHOLE.match(word))]}
    if origin is tuple:
        one = _schema(inner[0], definitions, of)
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inner[1], definitions, of)}
    return {"type": _PLAIN_TYPES[kind]}


def _record_schema(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        schema: dict[str, Any] = {"type": "object"}
        definitions[name] = schema
        first, told = _descriptions(kind)
        hints, required, properties = _hints(kind), [], {}
        for field in fields(kind):
            if hints[field.name] is Place:
                continue
            key = str(field.metadata.get("key", field.name))
            own = _schema(hints[field.name], definitions, field.metadata.get("of"))
            properties[key] = {**own, "description": told[key]} if key in told else own
            if field.default is field.default_factory is MISSING:
                required.append(key)
        schema.update(
            description=first, properties=properties, required=required, additionalProperties=False
        )
    return {"$ref": f"#/$defs/{name}"}


def _descriptions(kind: type) -> tuple[str, dict[str, str]]:
    """Return a record's first sentence, and what its docstring and its parents' say of fields."""
    told: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        _, _, section = cleandoc(owner.__doc__ or "").partition("Attributes\n----------\n")
        for names, text in _FIELD.findall(section):
            words = " ".join(text.replace("``", "`").split())
            told.update({name: words for name in names.split(", ") if words})
    return cleandoc(kind.__doc__ or "").split("\n\n")[0], told


def json_tree(content: bytes | str, where: str) -> Node:
    """Return plain JSON as a tree; names that occur twice, NaN and endless nesting are refused.

    Parameters
    ----------
    content : bytes or str
        UTF-8.
    where : str
        What it is, for messages.

    Raises
    ------
    SchemaError
        If it is anything else.
    """

    def node(value: Any, where: str) -> Node:
        if isinstance(value, dict):
            return Node(
                {key: node(each, f"{where}.{key}") for key, each in value.items()}, "", where
            )
        if isinstance(value, list):
            return Node([node(each, f"{where}[{at}]") for at, each in enumerate(value)], "", where)
        return Node(value, value if isinstance(value, str) else None, where)

    try:
        return node(plain_json(content), where)
    except ValueError as error:
        raise SchemaError(expected="plain JSON", got=str(error), where=where) from error
    except RecursionError as error:  # parsed, but too deep to walk
        raise SchemaError(expected="plain JSON", got="nested too deeply", where=where) from error


def yaml_tree(path: Path) -> Node:
    """Read one YAML document, with the line of every value.

    Raises
    ------
    FileReadError
        If there is no such file, or it is larger than 1 MiB or no UTF-8.
    SchemaError
        If it is no YAML, has a key twice, or uses anchors.
    """
    import yaml

    if not path.is_file():
        raise FileReadError(
            expected="a YAML file",
            got="nothing at that path",
            where=str(path),
            fix="check the spelling and the folder you are in",
        )
    raw = path.read_bytes()
    if len(raw) > _MOST_YAML_BYTES:
        raise FileReadError(expected="YAML of at most 1 MiB", got="more", where=str(path))
    try:
        loader = yaml.SafeLoader(raw.decode("utf-8-sig"))
        try:
            root = loader.get_single_node()
            if root is None:
                raise SchemaError(expected="YAML", got="an empty file", where=str(path))
            return _yaml_node(root, loader, str(path), set())
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise FileReadError(expected="text in UTF-8", got="other", where=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = str(path) if mark is None else f"{path}, line {mark.line + 1}"
        problem = str(getattr(error, "problem", "") or "something else")
        raise SchemaError(expected="YAML", got=problem, where=where) from None
    except RecursionError:
        raise SchemaError(expected="YAML", got="too many levels", where=str(path)) from None


def _yaml_node(node: "yaml.Node", loader: "yaml.SafeLoader", file: str, seen: set[int]) -> Node:
    import yaml

    where = f"{file}, line {node.start_mark.line + 1}"
    if id(node) in seen:
        raise SchemaError(expected="plain YAML", got="an anchor and its alias (&, *)", where=where)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            place = f"{file}, line {key.start_mark.line + 1}"
            if name in entries:
                raise SchemaError(expected="every key once", got=f"{name!r} twice", where=place)
            child = _yaml_node(value, loader, file, seen)
            entries[name] = Node(child.value, child.raw, place, by_hand=True)
        return Node(entries, "", where, by_hand=True)
    if isinstance(node, yaml.SequenceNode):
        items = [_yaml_node(item, loader, file, seen) for item in node.value]
        return Node(items, "", where, by_hand=True)
    try:
        value = loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        raise SchemaError(
            expected="a plain value", got=repr(node.value), where=where, fix="put it in quotes"
        ) from None
    if isinstance(value, str) and node.style is None and _EXPONENT.match(value):
        value = float(value)  # YAML 1.1 takes 1e-3 for text
    return Node(value, str(node.value), where, by_hand=True)
