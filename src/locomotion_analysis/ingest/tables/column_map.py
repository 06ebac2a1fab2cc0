"""The declarative map from a laboratory's table to standard channels."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.tables.map_parts import (
    ChannelEntry,
    EventEntry,
    TimeEntry,
    channel_spec,
    event_spec,
    value_spec,
)
from locomotion_analysis.ingest.tables.specs import (
    ChannelSpec,
    EventSpec,
    FilterSpec,
    JoinSpec,
    TextSpec,
    ValueSpec,
)
from locomotion_analysis.standard import TIMES
from locomotion_analysis.typed_tree import Node, typed, yaml_tree

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
