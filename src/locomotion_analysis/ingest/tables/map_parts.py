"""The parts of a column map, from YAML to checked values."""

import codecs
import math
import re
from dataclasses import replace
from typing import Any

from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.ingest.tables.map_yaml import Node
from locomotion_analysis.ingest.tables.specs import (
    ChannelSpec,
    EventSpec,
    FilterSpec,
    JoinSpec,
    TextSpec,
    ValueSpec,
)
from locomotion_analysis.standard import TO_STANDARD, UNITS, Channel, is_channel, standard_unit

_TEXT_KEYS = ("delimiter", "decimal", "skip_rows", "header", "encoding")
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "\\t": "\t"}
_VALUE_KINDS = ("column", "value", "template", "count_within", "equal", "file_name")
_VALUE_KEYS = (*_VALUE_KINDS, "map", "unit", "scale", "offset")
_CHANNEL_KINDS = ("column", "columns", "array")
_CHANNEL_KEYS = (*_CHANNEL_KINDS, "entry", "entries", "points_axis", "unit", "sign", "scale")
_LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "in": 0.0254}
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
_FIELD_UNITS: tuple[tuple[str, dict[str, float]], ...] = (
    ("_m_s", {"m_s": 1.0, "km_h": 1.0 / 3.6, "cm_s": 1e-2, "mph": 0.44704}),
    ("_m", _LENGTHS),
    ("_kg", {"kg": 1.0, "g": 1e-3, "lb": 0.45359237}),
    ("_s", _TIMES),
    ("_deg", {"deg": 1.0, "rad": 180.0 / math.pi}),
    ("_percent", {"percent": 1.0, "fraction": 100.0}),
    ("age", {"years": 1.0, "months": 1.0 / 12.0}),
)


def text_spec(node: Node) -> TextSpec:
    """Return how a text table is written."""
    entries = node.mapping(_TEXT_KEYS)
    spec = TextSpec()
    if "delimiter" in entries:
        text = entries["delimiter"].text()
        delimiter = _DELIMITERS.get(text, text)
        if len(delimiter) != 1:
            raise entries["delimiter"].error("one character, or tab, comma, semicolon, space")
        spec = replace(spec, delimiter=delimiter)
    if "decimal" in entries:
        spec = replace(spec, decimal=entries["decimal"].text((".", ",")))
    if "skip_rows" in entries:
        spec = replace(spec, skip_rows=entries["skip_rows"].whole())
    if "header" in entries:
        spec = replace(spec, header=entries["header"].yes())
    if "encoding" in entries:
        spec = replace(spec, encoding=_encoding(entries["encoding"]))
    return spec


def value_spec(node: Node, field: str) -> ValueSpec:
    """Return where a value comes from; a bare value is a constant."""
    if node.kind == "scalar":
        return ValueSpec("value", node.value, where=node.where)
    entries = node.mapping(_VALUE_KEYS)
    kind = _only(node, entries, _VALUE_KINDS)
    factor, unit = _field_factor(entries, field)
    if "scale" in entries:
        factor *= entries["scale"].number()
    return ValueSpec(
        kind=kind,
        source=_value_source(entries[kind], kind),
        mapping={key: _scalar(item) for key, item in entries["map"].mapping().items()}
        if "map" in entries
        else {},
        factor=factor,
        offset=entries["offset"].number() if "offset" in entries else 0.0,
        unit=unit,
        where=node.where,
    )


def channel_spec(name: str, node: Node, layout: str) -> ChannelSpec:
    """Return where a channel's numbers are, and their unit and sign."""
    channel = _channel(name, node, layout)
    entries = node.mapping(_CHANNEL_KEYS)
    kind = _only(node, entries, _CHANNEL_KINDS)
    if layout != "curves" and kind == "columns":
        raise node.error("column or array", "columns (they are for layout curves)")
    if layout == "curves" and kind == "column":
        raise node.error("columns or array (a whole curve a row)", "column")
    if kind == "columns" and entries["columns"].text().count("{point}") != 1:
        raise entries["columns"].error("a pattern such as knee_{point}")
    unit, own = channel.unit, _unit(entries["unit"]) if "unit" in entries else channel.unit
    standard, factor = standard_unit(own)
    wanted, per_unit = standard_unit(unit)
    if standard != wanted:
        raise UnitError(
            expected=f"a unit of the same quantity as {name}",
            got=own,
            where=entries["unit"].where,
            fix="rename the channel, or correct the unit",
        )
    sign = _sign(entries["sign"]) if "sign" in entries else 1.0
    scale = entries["scale"].number() if "scale" in entries else 1.0
    told = f"{own} x {factor * sign * scale:.9g}" + ("" if "unit" in entries else " (by its name)")
    return ChannelSpec(
        name=_with_unit(name, channel, wanted) if per_unit != 1.0 else name,
        kind=kind,
        source=entries[kind].text(),
        entry=entries["entry"].text() if "entry" in entries else None,
        entries=entries["entries"].text() if "entries" in entries else None,
        points_first=_points_first(entries),
        factor=factor * sign * scale,
        told=told,
        where=node.where,
    )


def join_spec(node: Node) -> JoinSpec:
    """Return a second table."""
    entries = node.mapping(("file", "match", "repeated", "text"), required=("file", "match"))
    match = {theirs: ours.text() for theirs, ours in entries["match"].mapping().items()}
    if not match:
        raise entries["match"].error("at least one pair {their column: our column}")
    repeated = entries["repeated"].text(("first", "error")) if "repeated" in entries else "error"
    text = text_spec(entries["text"]) if "text" in entries else TextSpec()
    return JoinSpec(entries["file"].text(), match, repeated == "first", text, node.where)


def filter_spec(node: Node) -> FilterSpec:
    """Return a condition on rows."""
    entries = node.mapping(("column", "equals", "in", "min", "max"), required=("column",))
    values: tuple[str, ...] | None = None
    if "equals" in entries:
        values = (entries["equals"].text(),)
    elif "in" in entries:
        values = tuple(item.text() for item in entries["in"].items())
    least = entries["min"].number() if "min" in entries else None
    most = entries["max"].number() if "max" in entries else None
    if values is None and least is None and most is None:
        raise node.error("equals, in, min or max")
    return FilterSpec(entries["column"].text(), values, least, most, node.where)


def event_spec(name: str, node: Node) -> EventSpec:
    """Return where the events of one kind and side are."""
    known = {f"{kind}_{side}": (side, kind) for kind in (HEEL_STRIKE, TOE_OFF) for side in SIDES}
    if name not in known:
        raise node.error(f"one of {', '.join(known)}", repr(name))
    entries = node.mapping(("column", "times", "unit"))
    kind = _only(node, entries, ("column", "times"))
    factor = time_factor(entries["unit"]) if "unit" in entries else 1.0
    return EventSpec(*known[name], entries[kind].text(), kind == "times", factor, node.where)


def time_factor(node: Node) -> float:
    """Return the seconds in a unit of time."""
    return _factor(node, _TIMES)


def _only(node: Node, entries: dict[str, Node], kinds: tuple[str, ...]) -> str:
    found = [kind for kind in kinds if kind in entries]
    if len(found) != 1:
        got = " and ".join(found) or f"only {', '.join(entries) or 'nothing'}"
        raise node.error(f"exactly one of {', '.join(kinds)}", got)
    return found[0]


def _value_source(node: Node, kind: str) -> Any:
    if kind == "value":
        return _scalar(node)
    if kind in ("count_within", "equal"):
        columns = tuple(item.text() for item in node.items())
        if kind == "equal" and len(columns) != 2:
            raise node.error("two columns to compare")
        return columns
    text = node.text()
    if kind == "file_name":
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise node.error("a regular expression", f"{text!r} ({error})") from None
        if pattern.groups != 1:
            raise node.error("a regular expression with one group", repr(text))
    return text


def _scalar(node: Node) -> Any:
    node.text()
    return node.value


def _field_factor(entries: dict[str, Node], field: str) -> tuple[float, str]:
    if "unit" not in entries:
        return 1.0, ""
    node = entries["unit"]
    for ending, units in _FIELD_UNITS:
        if field == ending or (ending.startswith("_") and field.endswith(ending)):
            return _factor(node, units), node.text()
    raise node.error(f"no unit: {field} is not a quantity that ends in a unit", node.text())


def _factor(node: Node, units: dict[str, float]) -> float:
    unit = node.text()
    if unit not in units:
        raise UnitError(expected=f"one of {', '.join(units)}", got=repr(unit), where=node.where)
    return units[unit]


def _unit(node: Node) -> str:
    unit = node.text()
    if unit not in UNITS and unit not in TO_STANDARD:
        known = ", ".join((*UNITS, *TO_STANDARD))
        raise UnitError(expected=f"one of the units {known}", got=repr(unit), where=node.where)
    return unit


def _sign(node: Node) -> float:
    return {"1": 1.0, "+1": 1.0, "-1": -1.0}[node.text(("1", "+1", "-1"))]


def _points_first(entries: dict[str, Node]) -> bool:
    node = entries.get("points_axis")
    return node is not None and node.text(("first", "last")) == "first"


def _channel(name: str, node: Node, layout: str) -> Channel:
    plain = name
    if layout == "time_series":
        plain = name.replace("_left_", "_ipsi_").replace("_right_", "_contra_")
        if "_ipsi_" in name or "_contra_" in name:
            fix = "over time a foot is left or right; ipsi and contra begin with the cycles"
            raise node.error("a channel of the left or right side", repr(name), fix)
    if not is_channel(plain):
        sides = SIDES if layout == "time_series" else ("ipsi", "contra")
        raise SchemaError(
            expected="a channel <joint>_<motion>_<measurement>_<side>_<unit>, for example "
            f"knee_flexion_angle_{sides[0]}_rad",
            got=repr(name),
            where=node.where,
            fix=f"use sides {sides[0]}, {sides[1]} and a unit of {', '.join(UNITS)}",
        )
    return Channel.parse(plain)


def _with_unit(name: str, channel: Channel, unit: str) -> str:
    return f"{name.removesuffix(channel.unit)}{unit}"


def _encoding(node: Node) -> str:
    try:
        codecs.lookup(node.text())
    except LookupError:
        raise node.error("a text encoding such as utf-8 or cp1252") from None
    return node.text()
