"""The declarative map from a laboratory's table to standard channels.

``...Spec`` classes are what the parts of a map come to once checked: names of columns, factors
into standard units, line of the map. As they stand in its file they are in :mod:`.map_entries`.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from locomotion_analysis.errors import SchemaError, UnitError, did_you_mean
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.ingest.tables.map_entries import (
    CHANNEL_KINDS,
    CHANNEL_UNITS,
    FILL_IN,
    VALUE_KINDS,
    ChannelEntry,
    CurveMapEntries,
    CycleMapEntries,
    EventEntry,
    FilterSpec,
    JoinSpec,
    LayoutEntry,
    LongMapEntries,
    MapEntries,
    SeriesMapEntries,
    TextSpec,
    ValueEntry,
    only_one,
)
from locomotion_analysis.standard import (
    TIMES,
    UNITS,
    Channel,
    field_units,
    is_channel,
    standard_unit,
)
from locomotion_analysis.typed_tree import Node, json_schema, typed, yaml_tree


@dataclass(frozen=True)
class ValueSpec:
    """One value a row: a column, a constant, or something made of columns.

    Attributes
    ----------
    kind : str
        ``column, value, template, count_within, equal, file_name`` or ``one_hot``.
    source : Any
        The column, the constant, the template, the list of columns, or the pattern.
    entries : str or None
        Variable with the names of the columns of a one-hot matrix.
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
    entries: str | None = None
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
        ``column`` (a number a row), ``columns`` (a pattern) or ``array``.
    source : str
    entry : str or None
        Place along the channels of a three-dimensional array, or a name in `entries`.
    entries : str or None
        Variable with the names along that axis.
    axes : tuple of str or None
        What the three axes are.
    points_axis : {None, "first", "middle", "last"}
    begin : int or None
        First point in a row that holds several curves.
    rows : mapping of str to str
        Column -> value of the rows that are this channel's.
    rate_hz : float or None
        Samples a second, where it has its own.
    span : {None, "stride", "stance"}
        What the curves run over, as far as the map says.
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
    axes: tuple[str, ...] | None = None
    points_axis: str | None = None
    begin: int | None = None
    rows: dict[str, str] = field(default_factory=dict)
    rate_hz: float | None = None
    span: str | None = None
    factor: float = 1.0
    told: str = ""
    where: str = ""


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


# What the parts come to.


def value_spec(name: str, node: Node) -> ValueSpec:
    """Return where the value of a field comes from; a bare value is a constant."""
    if not isinstance(node.value, dict):
        return ValueSpec("value", typed(Any, node), where=node.where)
    entry = typed(ValueEntry, node)
    kind = only_one(entry, VALUE_KINDS)
    factor = entry.scale
    if entry.unit is not None:
        units = field_units(name)
        if not units:
            expected = f"no unit: {name} is not a quantity that ends in a unit"
            raise SchemaError(expected=expected, got=entry.unit, where=entry.where)
        if entry.unit not in units:
            raise UnitError(
                expected=f"one of {', '.join(units)}",
                got=repr(entry.unit),
                where=entry.where,
                fix=did_you_mean(entry.unit, units, "write one of these"),
            )
        factor *= units[entry.unit]
    return ValueSpec(
        kind=kind,
        source=getattr(entry, kind),
        entries=entry.entries,
        mapping=entry.mapping,
        factor=factor,
        offset=entry.offset,
        unit=entry.unit or "",
        where=entry.where,
    )


_USED = {
    "curves": {"entry", "entries", "axes", "points_axis", "begin", "span", "rows"},
    "long": {"span", "rows"},
    "time_series": {"entry", "rate_hz"},
}
_USES = ("entry", "entries", "axes", "points_axis", "begin", "span", "rows", "rate_hz")


def channel_spec(
    name: str, entry: ChannelEntry, layout: str, span: str | None = None
) -> ChannelSpec:
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
    kind = only_one(entry, CHANNEL_KINDS)
    if kind == "columns" and layout == "long":
        expected = "column or array (columns are for the other layouts)"
        raise SchemaError(expected=expected, got=kind, where=entry.where)
    used = _USED[layout]
    unused = [key for key in _USES if key not in used and getattr(entry, key) not in (None, {})]
    if unused:
        expected = f"only what the layout {layout} uses"
        raise SchemaError(expected=expected, got=", ".join(unused), where=entry.where)
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
        axes=entry.axes,
        points_axis=entry.points_axis,
        begin=entry.begin,
        rows=entry.rows,
        rate_hz=entry.rate_hz,
        span=entry.span or span,
        factor=factor,
        told=f"{own} x {factor:.9g}" + ("" if entry.unit else " (by its name)"),
        where=entry.where,
    )


def event_spec(name: str, entry: EventEntry) -> EventSpec:
    """Return where the events of one kind and side are."""
    known = {f"{kind}_{side}": (side, kind) for kind in (HEEL_STRIKE, TOE_OFF) for side in SIDES}
    if name not in known:
        raise SchemaError(expected=f"one of {', '.join(known)}", got=repr(name), where=entry.where)
    kind = only_one(entry, ("column", "times"))
    factor = TIMES[entry.unit]
    return EventSpec(*known[name], getattr(entry, kind), kind == "times", factor, entry.where)


# The whole map.


def _refuse_unfinished(node: Node) -> None:
    """Raise where a draft has been left to be filled in, and for a draft that is one still."""
    if isinstance(node.value, dict):
        draft = node.value.get("draft")
        if draft is not None and draft.value is True:
            raise SchemaError(
                expected="a map whose guesses somebody has confirmed",
                got="a draft",
                where=draft.where,
                fix=f"check every line that says guess, fill in every {FILL_IN}, then take the "
                "line `draft: true` away",
            )
    parts = node.value.values() if isinstance(node.value, dict) else node.value
    for part in parts if isinstance(node.value, dict | list) else ():
        _refuse_unfinished(part)
    if node.raw == FILL_IN:
        raise SchemaError(
            expected="an entry in place of the draft's own mark",
            got=FILL_IN,
            where=node.where,
            fix="write what holds for the file: a unit of its numbers, the subject, a value",
        )


_LAYOUTS: dict[str, type[MapEntries]] = {
    "curves": CurveMapEntries,
    "long": LongMapEntries,
    "time_series": SeriesMapEntries,
}


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
    length : ValueSpec or None
        Points of each cycle's curve, for ``curves``.
    toe_off : ValueSpec or None
        Percent of the cycle at which curves over the stance end.
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
    length: ValueSpec | None = None
    toe_off: ValueSpec | None = None
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

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of a map, by which editors complete and check one.

        The same stands in the package as ``ingest/tables/column_map.schema.json``. It says which
        entries there are and of what type; units of another quantity, columns that a file lacks
        and the like are found when the map is read.

        Examples
        --------
        >>> sorted(ColumnMap.json_schema()["$defs"]["ChannelEntry"]["properties"])[:3]
        ['array', 'axes', 'begin']
        """
        defs: dict[str, Any] = {}
        layouts = {layout: {**json_schema(kind, defs)} for layout, kind in _LAYOUTS.items()}
        for name, kinds in (("ChannelEntry", CHANNEL_KINDS), ("ValueEntry", VALUE_KINDS)):
            defs[name]["oneOf"] = [
                {"required": [kind], "properties": {kind: {"not": {"type": "null"}}}}
                for kind in kinds
            ]
        defs["ChannelEntry"]["properties"]["unit"]["anyOf"] = [
            {"enum": list(CHANNEL_UNITS)},
            {"type": "null"},
        ]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Column map of locomotion-analysis",
            "type": "object",
            "required": ["layout", "channels"],
            "properties": {"layout": {"enum": list(_LAYOUTS)}},
            "allOf": [
                {"if": {"properties": {"layout": {"const": layout}}}, "then": schema}
                for layout, schema in layouts.items()
            ],
            "$defs": defs,
        }

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
        _refuse_unfinished(root)
        layout = {key: node for key, node in root.entries().items() if key == "layout"}
        known = typed(LayoutEntry, Node(layout, "", root.where)).layout
        parts: dict[str, Any] = {}
        entries: MapEntries
        if known == "time_series":
            entries = typed(SeriesMapEntries, root)
            time, cycles = entries.time, entries.recording
            parts["rate_hz"] = time.rate_hz
            if time.column is not None:
                factor = TIMES[time.unit]
                parts["time"] = ValueSpec(
                    "column", time.column, factor=factor, unit="s", where=time.where
                )
            parts["events"] = tuple(event_spec(*item) for item in entries.events.items())
        elif known == "long":
            entries = typed(LongMapEntries, root)
            cycles = entries.cycles
            parts["phase"] = value_spec("phase_percent", entries.phase)
        else:
            entries = typed(CurveMapEntries, root)
            cycles, parts["points"] = entries.cycles, entries.points
            if entries.length is not None:
                parts["length"] = value_spec("length", entries.length)
        span = None
        if isinstance(entries, CycleMapEntries):
            span = entries.span
            if entries.toe_off is not None:
                parts["toe_off"] = value_spec("stance_percent", entries.toe_off)
        channels = tuple(channel_spec(*item, known, span) for item in entries.channels.items())
        names = [channel.name for channel in channels]
        for channel in channels:
            down = known == "curves" and channel.kind == "column"
            if (
                "points" in parts
                and parts["points"] is None
                and (down or channel.begin is not None)
            ):
                raise SchemaError(
                    expected="columns or array (a whole curve a row), or the key points for one "
                    "curve down the rows of a column, or several in a row",
                    got="no points",
                    where=channel.where,
                )
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
