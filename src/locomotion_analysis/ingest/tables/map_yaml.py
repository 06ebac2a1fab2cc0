"""YAML with the line of every value, so that a mistake can be pointed at."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from locomotion_analysis.errors import FileReadError, SchemaError

_MOST_BYTES = 1024**2


@dataclass(frozen=True)
class Node:
    """One value of a YAML document.

    Attributes
    ----------
    kind : str
        ``"mapping"``, ``"list"`` or ``"scalar"``.
    value : dict of str to Node, list of Node, or a plain value
    raw : str
        A scalar as it is written (``on`` stays ``on``).
    where : str
        File and line.
    """

    kind: str
    value: Any
    raw: str
    where: str

    def error(self, expected: str, got: str = "", fix: str = "") -> SchemaError:
        """Return an error that points at this value."""
        return SchemaError(expected=expected, got=got or self.told(), where=self.where, fix=fix)

    def told(self) -> str:
        """Return the value in a few words."""
        if self.kind == "mapping":
            return f"a mapping with {', '.join(self.value) or 'nothing'}"
        return f"a list of {len(self.value)}" if self.kind == "list" else repr(self.raw)

    def mapping(
        self, allowed: Collection[str] | None = None, required: Collection[str] = ()
    ) -> dict[str, "Node"]:
        """Return the entries, after a look at the keys.

        Raises
        ------
        SchemaError
            If this is no mapping, a key is unknown, or one is missing.
        """
        if self.kind != "mapping":
            raise self.error(f"a mapping with {', '.join(allowed or required) or 'entries'}")
        entries: dict[str, Node] = self.value
        for key, entry in entries.items():
            if allowed is not None and key not in allowed:
                near = get_close_matches(key, list(allowed), 1)
                fix = f"did you mean {near[0]}?" if near else ""
                raise entry.error(f"one of the keys {', '.join(allowed)}", repr(key), fix)
        missing = [key for key in required if key not in entries]
        if missing:
            raise self.error(f"the key {missing[0]}", f"only {', '.join(entries) or 'nothing'}")
        return entries

    def items(self) -> list["Node"]:
        """Return the entries of a list; a single value counts as a list of one."""
        return self.value if self.kind == "list" else [self]

    def text(self, choices: Collection[str] | None = None) -> str:
        """Return a scalar as written, one of `choices` if there are any."""
        if self.kind != "scalar":
            raise self.error("one value")
        if choices is not None and self.raw not in choices:
            near = get_close_matches(self.raw, list(choices), 1)
            fix = f"did you mean {near[0]}?" if near else ""
            raise self.error(f"one of {', '.join(choices)}", fix=fix)
        return self.raw

    def number(self) -> float:
        """Return a number."""
        if self.kind != "scalar" or isinstance(self.value, bool):
            raise self.error("a number")
        try:
            return float(self.value)
        except (TypeError, ValueError):
            raise self.error("a number") from None

    def whole(self, least: int = 0) -> int:
        """Return a whole number of at least `least`."""
        value = self.number()
        if value != int(value) or value < least:
            raise self.error(f"a whole number of at least {least}")
        return int(value)

    def yes(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.error("true or false")
        return self.value


def read_yaml(path: Path) -> Node:
    """Read one YAML document.

    Raises
    ------
    FileReadError
        If there is no such file.
    SchemaError
        If it is no YAML, has a key twice, or uses anchors.
    """
    if not path.is_file():
        raise FileReadError(expected="a YAML file", got="nothing at that path", where=str(path))
    raw = path.read_bytes()
    if len(raw) > _MOST_BYTES:
        raise FileReadError(expected="a map of at most 1 MiB", got="more", where=str(path))
    try:
        loader = yaml.SafeLoader(raw.decode("utf-8-sig"))
        try:
            root = loader.get_single_node()
            if root is None:
                raise SchemaError(expected="a map", got="an empty file", where=str(path))
            return _node(root, loader, str(path), set())
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise FileReadError(expected="text in UTF-8", got="other", where=str(path)) from None
    except yaml.YAMLError as error:
        raise _no_yaml(error, path) from None
    except RecursionError:
        raise SchemaError(expected="a map", got="too many levels", where=str(path)) from None


def _node(node: yaml.Node, loader: yaml.SafeLoader, file: str, seen: set[int]) -> Node:
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
            child = _node(value, loader, file, seen)
            entries[name] = Node(child.kind, child.value, child.raw, place)
        return Node("mapping", entries, "", where)
    if isinstance(node, yaml.SequenceNode):
        return Node("list", [_node(item, loader, file, seen) for item in node.value], "", where)
    return Node("scalar", _plain(node, loader, where), str(node.value), where)


def _plain(node: yaml.Node, loader: yaml.SafeLoader, where: str) -> Any:
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        raise SchemaError(
            expected="a plain value", got=repr(node.value), where=where, fix="put it in quotes"
        ) from None


def _no_yaml(error: yaml.YAMLError, path: Path) -> SchemaError:
    mark = getattr(error, "problem_mark", None)
    where = str(path) if mark is None else f"{path}, line {mark.line + 1}"
    problem = str(getattr(error, "problem", "") or "something else")
    return SchemaError(expected="YAML", got=problem, where=where)
