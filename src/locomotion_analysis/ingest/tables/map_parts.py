"""The parts of a column map: as they stand in the file, and what they come to."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.ingest.tables.specs import ChannelSpec, EventSpec, ValueSpec
from locomotion_analysis.standard import (
    TIMES,
    TO_STANDARD,
    UNITS,
    Channel,
    field_units,
    is_channel,
    standard_unit,
)
from locomotion_analysis.typed_tree import NOWHERE, Node, Place, typed

_VALUE_KINDS = ("column", "value", "template", "count_within", "equal", "file_name")
_CHANNEL_KINDS = ("column", "columns", "array")


@dataclass(frozen=True)
class ValueEntry:
    """A value as it stands in a map."""

    column: str | None = None
    value: Any = None
    template: str | None = None
    count_within: tuple[str, ...] | None = None
    equal: tuple[str, ...] | None = None
    file_name: str | None = None
    mapping: dict[str, Any] = field(default_factory=dict, metadata={"key": "map"})
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        _only(self, _VALUE_KINDS)
        if self.equal is not None and len(self.equal) != 2:
            got = ", ".join(self.equal)
            raise SchemaError(expected="two columns to compare", got=got, where="equal")
        if self.file_name is not None:
            try:
                groups = re.compile(self.file_name).groups
            except re.error as error:
                got = f"{self.file_name!r} ({error})"
                raise SchemaError(
                    expected="a regular expression", got=got, where="file_name"
                ) from None
            if groups != 1:
                raise SchemaError(
                    expected="a regular expression with one group",
                    got=repr(self.file_name),
                    where="file_name",
                )


@dataclass(frozen=True)
class ChannelEntry:
    """A channel as it stands in a map."""

    column: str | None = None
    columns: str | None = None
    array: str | None = None
    entry: str | None = None
    entries: str | None = None
    points_axis: Literal["first", "last"] = "last"
    unit: str | None = None
    sign: Literal["1", "+1", "-1"] = "1"
    scale: float = 1.0
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        _only(self, _CHANNEL_KINDS)
        if self.columns is not None and self.columns.count("{point}") != 1:
            raise SchemaError(
                expected="a pattern such as knee_{point}", got=repr(self.columns), where="columns"
            )
        if self.unit is not None and self.unit not in UNITS and self.unit not in TO_STANDARD:
            known = ", ".join((*UNITS, *TO_STANDARD))
            raise UnitError(expected=f"one of the units {known}", got=repr(self.unit), where="unit")


@dataclass(frozen=True)
class TimeEntry:
    """Time as it stands in a map: a column, or a rate in its place."""

    column: str | None = None
    unit: Literal["s", "ms", "us", "min"] = "s"
    rate_hz: float | None = None
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if self.rate_hz is None and self.column is None:
            raise SchemaError(expected="the key column", got="none")
        if self.rate_hz is not None and (self.rate_hz <= 0 or self.column is not None):
            raise SchemaError(
                expected="either a column or a rate_hz above zero", got=f"{self.rate_hz:g}"
            )


@dataclass(frozen=True)
class EventEntry:
    """Events as they stand in a map."""

    column: str | None = None
    times: str | None = None
    unit: Literal["s", "ms", "us", "min"] = "s"
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        _only(self, ("column", "times"))


def value_spec(name: str, node: Node) -> ValueSpec:
    """Return where the value of a field comes from; a bare value is a constant."""
    if not isinstance(node.value, dict):
        return ValueSpec("value", typed(Any, node), where=node.where)
    entry = typed(ValueEntry, node)
    kind = _only(entry, _VALUE_KINDS)
    factor = entry.scale
    if entry.unit is not None:
        units = field_units(name)
        if not units:
            expected = f"no unit: {name} is not a quantity that ends in a unit"
            raise SchemaError(expected=expected, got=entry.unit, where=entry.where)
        if entry.unit not in units:
            raise UnitError(
                expected=f"one of {', '.join(units)}", got=repr(entry.unit), where=entry.where
            )
        factor *= units[entry.unit]
    return ValueSpec(
        kind=kind,
        source=getattr(entry, kind),
        mapping=entry.mapping,
        factor=factor,
        offset=entry.offset,
        unit=entry.unit or "",
        where=entry.where,
    )


def channel_spec(name: str, entry: ChannelEntry, layout: str) -> ChannelSpec:
    """Return where a channel's numbers are, and their unit and sign."""
    channel = _channel(name, entry.where, layout)
    kind = _only(entry, _CHANNEL_KINDS)
    if (kind == "columns") > (layout == "curves"):
        expected = "column or array (columns are for layout curves)"
        raise SchemaError(expected=expected, got=kind, where=entry.where)
    if layout == "curves" and kind == "column":
        expected = "columns or array (a whole curve a row)"
        raise SchemaError(expected=expected, got=kind, where=entry.where)
    own = entry.unit or channel.unit
    standard, factor = standard_unit(own)
    wanted, per_unit = standard_unit(channel.unit)
    if standard != wanted:
        raise UnitError(
            expected=f"a unit of the same quantity as {name}",
            got=own,
            where=entry.where,
            fix="rename the channel, or correct the unit",
        )
    factor *= float(entry.sign) * entry.scale
    return ChannelSpec(
        name=f"{name.removesuffix(channel.unit)}{wanted}" if per_unit != 1.0 else name,
        kind=kind,
        source=getattr(entry, kind),
        entry=entry.entry,
        entries=entry.entries,
        points_first=entry.points_axis == "first",
        factor=factor,
        told=f"{own} x {factor:.9g}" + ("" if entry.unit else " (by its name)"),
        where=entry.where,
    )


def event_spec(name: str, entry: EventEntry) -> EventSpec:
    """Return where the events of one kind and side are."""
    known = {f"{kind}_{side}": (side, kind) for kind in (HEEL_STRIKE, TOE_OFF) for side in SIDES}
    if name not in known:
        raise SchemaError(expected=f"one of {', '.join(known)}", got=repr(name), where=entry.where)
    kind = _only(entry, ("column", "times"))
    factor = TIMES[entry.unit]
    return EventSpec(*known[name], getattr(entry, kind), kind == "times", factor, entry.where)


def _only(entry: Any, kinds: tuple[str, ...]) -> str:
    found = [kind for kind in kinds if getattr(entry, kind) is not None]
    if len(found) != 1:
        got = " and ".join(found) or "none of them"
        raise SchemaError(expected=f"exactly one of {', '.join(kinds)}", got=got)
    return found[0]


def _channel(name: str, where: str, layout: str) -> Channel:
    plain = name
    if layout == "time_series":
        plain = name.replace("_left_", "_ipsi_").replace("_right_", "_contra_")
        if "_ipsi_" in name or "_contra_" in name:
            fix = "over time a foot is left or right; ipsi and contra begin with the cycles"
            expected = "a channel of the left or right side"
            raise SchemaError(expected=expected, got=repr(name), where=where, fix=fix)
    if not is_channel(plain):
        sides = SIDES if layout == "time_series" else ("ipsi", "contra")
        raise SchemaError(
            expected="a channel <joint>_<motion>_<measurement>_<side>_<unit>, for example "
            f"knee_flexion_angle_{sides[0]}_rad",
            got=repr(name),
            where=where,
            fix=f"use sides {sides[0]}, {sides[1]} and a unit of {', '.join(UNITS)}",
        )
    return Channel.parse(plain)
