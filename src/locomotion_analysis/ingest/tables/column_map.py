"""The declarative map from a laboratory's table to standard channels."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.tables.map_parts import (
    channel_spec,
    event_spec,
    filter_spec,
    join_spec,
    text_spec,
    time_factor,
    value_spec,
)
from locomotion_analysis.ingest.tables.map_yaml import Node, read_yaml
from locomotion_analysis.ingest.tables.specs import (
    FORMATS,
    LAYOUTS,
    ChannelSpec,
    EventSpec,
    FilterSpec,
    JoinSpec,
    TextSpec,
    ValueSpec,
)

_KEYS = {
    "curves": ("points", "cycles"),
    "long": ("phase", "cycles"),
    "time_series": ("time", "recording", "events"),
}
_COMMON = ("layout", "dataset", "format", "text", "derive", "join", "where", "channels")
_REQUIRED = {"curves": ("cycles",), "long": ("phase", "cycles"), "time_series": ("time",)}


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
        root = read_yaml(Path(path))
        layout = root.mapping(required=("layout", "channels"))["layout"].text(LAYOUTS)
        entries = root.mapping((*_COMMON, *_KEYS[layout]), required=_REQUIRED[layout])
        parts = {name: _PARTS[name](node, layout) for name, node in entries.items()}
        rate = parts.pop("rate_hz", None)
        time = parts.pop("time", None)
        if isinstance(time, float):
            rate, time = time, None
        cycles = parts.pop("cycles", parts.pop("recording", {}))
        if layout != "time_series":
            _refuse_nameless(entries["cycles"])
        return cls(source=Path(path), time=time, rate_hz=rate, cycles=cycles, **parts)


def _layout(node: Node, layout: str) -> str:  # noqa: ARG001
    return node.text(LAYOUTS)


def _channels(node: Node, layout: str) -> tuple[ChannelSpec, ...]:
    entries = node.mapping()
    if not entries:
        raise node.error("at least one channel")
    channels = tuple(channel_spec(name, entry, layout) for name, entry in entries.items())
    names = [channel.name for channel in channels]
    for channel in channels:
        if names.count(channel.name) > 1:
            raise SchemaError(
                expected="every channel once", got=f"{channel.name} twice", where=channel.where
            )
    return channels


def _values(node: Node, layout: str) -> dict[str, ValueSpec]:  # noqa: ARG001
    return {name: value_spec(entry, field=name) for name, entry in node.mapping().items()}


def _phase(node: Node, layout: str) -> ValueSpec:  # noqa: ARG001
    return value_spec(node, field="phase_percent")


def _time(node: Node, layout: str) -> ValueSpec | float:  # noqa: ARG001
    entries = node.mapping(("column", "unit", "rate_hz"))
    if "rate_hz" in entries:
        rate = entries["rate_hz"].number()
        if rate <= 0 or "column" in entries:
            raise node.error("either a column or a rate_hz above zero")
        return rate
    node.mapping(required=("column",))
    factor = time_factor(entries["unit"]) if "unit" in entries else 1.0
    return ValueSpec("column", entries["column"].text(), factor=factor, unit="s", where=node.where)


def _refuse_nameless(node: Node) -> None:
    node.mapping(required=("subject", "task"))


_PARTS: dict[str, Callable[[Node, str], Any]] = {
    "layout": _layout,
    "channels": _channels,
    "cycles": _values,
    "recording": _values,
    "derive": _values,
    "phase": _phase,
    "time": _time,
    "points": lambda node, _: node.whole(least=2),
    "dataset": lambda node, _: node.text(),
    "format": lambda node, _: node.text(FORMATS),
    "text": lambda node, _: text_spec(node),
    "join": lambda node, _: tuple(join_spec(item) for item in node.items()),
    "where": lambda node, _: tuple(filter_spec(item) for item in node.items()),
    "events": lambda node, _: tuple(
        event_spec(name, entry) for name, entry in node.mapping().items()
    ),
}
