"""The declarative map from a laboratory's table to standard channels.

``...Entry`` classes are the parts of a map as they stand in its file, ``...Spec`` classes what
they come to once checked: names of columns, factors into standard units, line of the map.
"""

import codecs
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.standard import (
    TIMES,
    TO_STANDARD,
    UNITS,
    Channel,
    field_units,
    is_channel,
    standard_unit,
)
from locomotion_analysis.typed_tree import NOWHERE, Node, Place, typed, yaml_tree

_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "\\t": "\t"}


@dataclass(frozen=True)
class TextSpec:
    """How a text table is written; None: read off the file.

    Attributes
    ----------
    delimiter : str or None
        One character, or ``tab, comma, semicolon, space``.
    decimal : str or None
        ``"."`` or ``","``.
    skip_rows : int
        Lines before the heading.
    header : bool
        Without a heading the columns are called ``1``, ``2``, ...
    encoding : str
    """

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    skip_rows: int = 0
    header: bool = True
    encoding: str = "utf-8-sig"

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if self.delimiter is not None:
            delimiter = _DELIMITERS.get(self.delimiter, self.delimiter)
            object.__setattr__(self, "delimiter", delimiter)
            if len(delimiter) != 1:
                expected = "one character, or tab, comma, semicolon, space"
                raise SchemaError(expected=expected, got=repr(delimiter), where="delimiter")
        if self.skip_rows < 0:
            raise SchemaError(
                expected="a whole number of at least 0", got=str(self.skip_rows), where="skip_rows"
            )
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            expected = "a text encoding such as utf-8 or cp1252"
            raise SchemaError(
                expected=expected, got=repr(self.encoding), where="encoding"
            ) from None


@dataclass(frozen=True)
class ValueSpec:
    """One value a row: a column, a constant, or something made of columns.

    Attributes
    ----------
    kind : str
        ``column, value, template, count_within, equal`` or ``file_name``.
    source : Any
        The column, the constant, the template, the list of columns, or the pattern.
    mapping : mapping of str to value
        Value in the file -> value wanted.
    factor, offset : float
        ``wanted = factor * value + offset``, for numbers.
    unit : str
        Unit in the file, where the factor comes from one.
    where : str
        File and line of the map.
    """

    kind: str
    source: Any
    mapping: dict[str, Any] = field(default_factory=dict)
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    where: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether the value is computed with."""
        return self.factor != 1.0 or self.offset != 0.0 or bool(self.unit)


@dataclass(frozen=True)
class ChannelSpec:
    """Where a channel's numbers are.

    Attributes
    ----------
    name : str
        Channel in its standard unit.
    kind : str
        ``column`` (a number a row), ``columns`` (a pattern with ``{point}``) or ``array``.
    source : str
    entry : str or None
        Position along the last axis of a three-dimensional array, or a name in `entries`.
    entries : str or None
        Variable with the names along that axis.
    points_first : bool
        Whether the points run along the first axis and the cycles along the second.
    factor : float
        From the file's unit and sign to the standard ones.
    told : str
        Unit and sign in words, for the history.
    where : str
    """

    name: str
    kind: str
    source: str
    entry: str | None = None
    entries: str | None = None
    points_first: bool = False
    factor: float = 1.0
    told: str = ""
    where: str = ""


@dataclass(frozen=True)
class JoinSpec:
    """A second table, its rows found by one or more columns.

    Attributes
    ----------
    file : str
        Beside the data file, or beside the map.
    match : mapping of str to str
        Column of that table -> column here.
    repeated : str
        Whether repeated rows are an ``error``, or the ``first`` one counts.
    text : TextSpec
    where : str
    """

    file: str
    match: dict[str, str]
    repeated: Literal["first", "error"] = "error"
    text: TextSpec = field(default_factory=TextSpec)
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if not self.match:
            expected = "at least one pair {their column: our column}"
            raise SchemaError(expected=expected, got="none", where="match")


@dataclass(frozen=True)
class FilterSpec:
    """Rows to keep: `column` is among the values, and within the limits."""

    column: str
    equals: str | None = None
    values: tuple[str, ...] | None = field(default=None, metadata={"key": "in"})
    least: float | None = field(default=None, metadata={"key": "min"})
    most: float | None = field(default=None, metadata={"key": "max"})
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if self.allowed is None and self.least is None and self.most is None:
            raise SchemaError(expected="equals, in, min or max", got="only column")

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """Values as text, or None where any will do."""
        return self.values if self.equals is None else (self.equals,)


@dataclass(frozen=True)
class EventSpec:
    """Where one kind of event of one side is.

    Attributes
    ----------
    side, kind : str
    source : str
        Name of a column or variable.
    is_times : bool
        Whether it holds times; else it is zero except at (the onset of) an event.
    factor : float
        Into seconds.
    where : str
    """

    side: str
    kind: str
    source: str
    is_times: bool
    factor: float = 1.0
    where: str = ""


# The parts of a map as they stand in its file.

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


# What the parts come to.


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
    plain = name
    if layout == "time_series":
        plain = name.replace("_left_", "_ipsi_").replace("_right_", "_contra_")
        if "_ipsi_" in name or "_contra_" in name:
            fix = "over time a foot is left or right; ipsi and contra begin with the cycles"
            expected = "a channel of the left or right side"
            raise SchemaError(expected=expected, got=repr(name), where=entry.where, fix=fix)
    if not is_channel(plain):
        sides = SIDES if layout == "time_series" else ("ipsi", "contra")
        raise SchemaError(
            expected="a channel <joint>_<motion>_<measurement>_<side>_<unit>, for example "
            f"knee_flexion_angle_{sides[0]}_rad",
            got=repr(name),
            where=entry.where,
            fix=f"use sides {sides[0]}, {sides[1]} and a unit of {', '.join(UNITS)}",
        )
    channel = Channel.parse(plain)
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
    """Return the one kind that an entry states, or raise."""
    found = [kind for kind in kinds if getattr(entry, kind) is not None]
    if len(found) != 1:
        got = " and ".join(found) or "none of them"
        raise SchemaError(expected=f"exactly one of {', '.join(kinds)}", got=got)
    return found[0]


# The whole map.

_Layout = Literal["curves", "long", "time_series"]


@dataclass(frozen=True, kw_only=True)
class _Entries:
    """What a map of any layout may hold."""

    layout: _Layout
    channels: dict[str, ChannelEntry]
    dataset: str = ""
    format: Literal["text", "npz", "hdf5", "mat"] | None = None
    text: TextSpec = field(default_factory=TextSpec)
    derive: dict[str, Node] = field(default_factory=dict)
    join: tuple[JoinSpec, ...] = ()
    where: tuple[FilterSpec, ...] = ()

    def __post_init__(self) -> None:
        if not self.channels:
            raise SchemaError(expected="at least one channel", got="none", where="channels")


@dataclass(frozen=True, kw_only=True)
class _CycleEntries(_Entries):
    cycles: dict[str, Node]

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("subject", "task"):
            if name not in self.cycles:
                got = f"only {', '.join(self.cycles) or 'nothing'}"
                raise SchemaError(expected=f"the key {name}", got=got, where="cycles")


@dataclass(frozen=True, kw_only=True)
class _CurveEntries(_CycleEntries):
    points: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.points is not None and self.points < 2:
            expected = "a whole number of at least 2"
            raise SchemaError(expected=expected, got=str(self.points), where="points")


@dataclass(frozen=True, kw_only=True)
class _LongEntries(_CycleEntries):
    phase: Node


@dataclass(frozen=True, kw_only=True)
class _SeriesEntries(_Entries):
    time: TimeEntry
    recording: dict[str, Node] = field(default_factory=dict)
    events: dict[str, EventEntry] = field(default_factory=dict)


@dataclass(frozen=True)
class _LayoutEntry:
    layout: _Layout


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """How the columns or arrays of a file become channels.

    Attributes
    ----------
    source : Path
        The map's own file.
    layout : str
        ``curves`` (one curve a cycle), ``long`` (one row a cycle and point) or ``time_series``.
    channels : tuple of ChannelSpec
    cycles : mapping of str to ValueSpec
        Key and metadata of a cycle, or of the recording.
    points : int or None
        Points a curve must have.
    phase : ValueSpec or None
        Percent of the cycle, for ``long``.
    time : ValueSpec or None
        Seconds, for ``time_series``.
    rate_hz : float or None
        In place of a time column.
    dataset, format, text, derive, join, where, events
        As in the file.
    """

    source: Path
    layout: str
    channels: tuple[ChannelSpec, ...]
    cycles: dict[str, ValueSpec] = field(default_factory=dict)
    points: int | None = None
    phase: ValueSpec | None = None
    time: ValueSpec | None = None
    rate_hz: float | None = None
    dataset: str = ""
    format: str | None = None
    text: TextSpec = field(default_factory=TextSpec)
    derive: dict[str, ValueSpec] = field(default_factory=dict)
    join: tuple[JoinSpec, ...] = ()
    where: tuple[FilterSpec, ...] = ()
    events: tuple[EventSpec, ...] = ()

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str]) -> Self:
        """Read and check a map.

        Parameters
        ----------
        path : path-like
            A YAML file; ``docs/maps`` has examples.

        Raises
        ------
        FileReadError
            If there is no such file.
        SchemaError
            If it is no YAML, or a key, channel or value is wrong; with the line.
        UnitError
            If a unit is unknown, or of another quantity than its channel; with the line.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "map.yaml"
        >>> _ = path.write_text('''
        ... layout: time_series
        ... time: {column: t, unit: ms}
        ... channels:
        ...   knee_flexion_angle_left_rad: {column: LKnee, unit: deg, sign: -1}
        ... ''')
        >>> ColumnMap.from_yaml(path).channels[0].factor
        -0.017453292519943295
        """
        root = yaml_tree(Path(path))
        layout = {key: node for key, node in root.entries().items() if key == "layout"}
        known = typed(_LayoutEntry, Node(layout, "", root.where)).layout
        parts: dict[str, Any] = {}
        entries: _Entries
        if known == "time_series":
            entries = typed(_SeriesEntries, root)
            time, cycles = entries.time, entries.recording
            parts["rate_hz"] = time.rate_hz
            if time.column is not None:
                factor = TIMES[time.unit]
                parts["time"] = ValueSpec(
                    "column", time.column, factor=factor, unit="s", where=time.where
                )
            parts["events"] = tuple(event_spec(*item) for item in entries.events.items())
        elif known == "long":
            entries = typed(_LongEntries, root)
            cycles = entries.cycles
            parts["phase"] = value_spec("phase_percent", entries.phase)
        else:
            entries = typed(_CurveEntries, root)
            cycles, parts["points"] = entries.cycles, entries.points
        channels = tuple(channel_spec(*item, known) for item in entries.channels.items())
        names = [channel.name for channel in channels]
        for channel in channels:
            if names.count(channel.name) > 1:
                raise SchemaError(
                    expected="every channel once", got=f"{channel.name} twice", where=channel.where
                )
        return cls(
            source=Path(path),
            layout=known,
            channels=channels,
            cycles={name: value_spec(name, node) for name, node in cycles.items()},
            dataset=entries.dataset,
            format=entries.format,
            text=entries.text,
            derive={name: value_spec(name, node) for name, node in entries.derive.items()},
            join=entries.join,
            where=entries.where,
            **parts,
        )
