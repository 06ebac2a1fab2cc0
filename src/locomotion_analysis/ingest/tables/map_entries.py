"""The parts of a column map as they stand in its file, each checked by itself."""

import codecs
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from locomotion_analysis.errors import SchemaError, UnitError, did_you_mean
from locomotion_analysis.standard import TO_STANDARD, UNITS
from locomotion_analysis.typed_tree import NOWHERE, Node, Place

_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "\\t": "\t"}


@dataclass(frozen=True)
class TextSpec:
    """How a table of text or of a workbook is written; None: read off the file.

    Attributes
    ----------
    delimiter : str or None
        Between cells: one character, or ``tab, comma, semicolon, space``.
    decimal : str or None
        ``"."`` or ``","``; the other one may set thousands apart (``1,234.5``).
    skip_rows : int
        Lines before the heading.
    header : bool
        Without a heading the columns are called ``1``, ``2``, ...
    header_rows : int
        Rows of the heading; the name of a column is what stands in them from above, joined by
        ``|``. A cell left empty above (a merged one) says what the cell to its left says.
    encoding : str
        Of the text, for example ``cp1252``.
    sheet : str or None
        Of a workbook; without it the only one.
    """

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    skip_rows: int = 0
    header: bool = True
    header_rows: int = 1
    encoding: str = "utf-8-sig"
    sheet: str | None = None

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
        if self.header_rows < 1 or (self.header_rows > 1 and not self.header):
            expected = "at least 1 row of heading, and `header: true`"
            raise SchemaError(expected=expected, got=str(self.header_rows), where="header_rows")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            expected = "a text encoding such as utf-8 or cp1252"
            raise SchemaError(
                expected=expected, got=repr(self.encoding), where="encoding"
            ) from None


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
        How that table is written.
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
    """Rows to keep: `column` is among the values, and within the limits.

    Attributes
    ----------
    column : str
        Column whose value decides.
    equals : str
        The one value to keep.
    in : tuple of str
        Values to keep.
    min, max : float
        Limits, both included.
    """

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


CHANNEL_UNITS = (*UNITS, *TO_STANDARD)
FILL_IN = "FILL_IN"
"""Stands in a draft where a unit cannot be known; no unit."""
VALUE_KINDS = ("column", "value", "template", "count_within", "equal", "file_name", "one_hot")
CHANNEL_KINDS = ("column", "columns", "array")


@dataclass(frozen=True)
class ValueEntry:
    """A value as it stands in a map.

    Attributes
    ----------
    column : str
        One value a row.
    value : Any
        A constant; written without braces it is one too.
    template : str
        Text with columns in braces: ``{group}_{number:03d}``.
    count_within : tuple of str
        Number of the row among those that agree in these columns, from 0.
    equal : tuple of str
        Whether two columns agree.
    file_name : str
        Regular expression with one group, looked for in the name of the data file.
    one_hot : str or tuple of str
        A matrix of zeros and ones with one row a row; columns by a pattern such as
        ``is_{name}``, or named one by one. The value is the name of the one that is 1.
    entries : str
        Variable with the names of the columns of a `one_hot` matrix; their numbers without it.
    map : mapping of str to value
        Value in the file -> value wanted; every one that occurs must be there.
    unit : str
        Unit in the file, for a quantity whose name ends in its unit.
    scale, offset : float
        ``wanted = scale * value + offset``.
    """

    column: str | None = None
    value: Any = None
    template: str | None = None
    count_within: tuple[str, ...] | None = None
    equal: tuple[str, ...] | None = None
    file_name: str | None = None
    one_hot: str | tuple[str, ...] | None = None
    entries: str | None = None
    mapping: dict[str, Any] = field(default_factory=dict, metadata={"key": "map"})
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        only_one(self, VALUE_KINDS)
        if self.equal is not None and len(self.equal) != 2:
            got = ", ".join(self.equal)
            raise SchemaError(expected="two columns to compare", got=got, where="equal")
        if self.entries is not None and self.one_hot is None:
            raise SchemaError(expected="entries beside one_hot", got="no one_hot", where="entries")
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


Span = Literal["stride", "stance"]
Axis = Literal["cycle", "point", "channel"]
AXES = ("cycle", "point", "channel")
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(:d)?\}")
"""A part of a pattern of column names: ``{subject}``, or ``{trial:d}`` for digits alone."""


def names_like(text: str) -> re.Pattern[str]:
    """Return the pattern of the names that a map's pattern means, its parts as named groups.

    Examples
    --------
    >>> names_like("{subject}_{trial:d}_knee").fullmatch("P1_07_knee").groupdict()
    {'subject': 'P1', 'trial': '07'}
    """
    pattern, end = "", 0
    for match in PLACEHOLDER.finditer(text):
        pattern += re.escape(text[end : match.start()])
        pattern += rf"(?P<{match[1]}>{'[0-9]+' if match[2] else '.+?'})"
        end = match.end()
    return re.compile(pattern + re.escape(text[end:]))


@dataclass(frozen=True)
class ChannelEntry:
    """A channel as it stands in a map.

    Attributes
    ----------
    column : str
        A number a row. With the layout ``curves`` the whole column is the curve of one cycle.
    columns : str
        A pattern: ``knee_{point}`` for one column a point, or ``{subject}_{trial}_knee`` for
        points down the rows and one column a cycle, whose parts in braces become columns. With
        the layout ``time_series`` there is a recording for each that the braces meet.
    array : str
        A variable of an NPZ, HDF5 or MATLAB file.
    entry : str
        Place along the channels of an array of three axes, from 0, or a name among `entries`;
        with the layout ``time_series`` the column of a matrix, from 0.
    entries : str
        Variable with the names of the channels of that array.
    axes : tuple of str
        What the three axes are, for example ``[cycle, channel, point]``.
    points_axis : str
        On which axis the points run.
    begin : int
        Place of the curve's first point in a row that holds several curves, from 0.
    rows : mapping of str to str
        Column -> value: the rows of this channel in a table that stacks quantities.
    rate_hz : float
        Samples a second of a signal that was sampled at another rate than the others.
    span : str
        ``stride``, or ``stance`` for curves from contact to toe-off.
    unit : str
        Unit in the file; without it that of the channel's name.
    sign : str
        ``-1`` where the file's positive direction is the other one.
    scale : float
        Further factor.
    """

    column: str | None = None
    columns: str | None = None
    array: str | None = None
    entry: str | None = None
    entries: str | None = None
    axes: tuple[Axis, ...] | None = None
    points_axis: Literal["first", "middle", "last"] | None = None
    begin: int | None = None
    rows: dict[str, str] = field(default_factory=dict)
    rate_hz: float | None = None
    span: Span | None = None
    unit: str | None = None
    sign: Literal["1", "+1", "-1"] = "1"
    scale: float = 1.0
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        only_one(self, CHANNEL_KINDS)
        if self.columns is not None:
            parts = [match[1] for match in PLACEHOLDER.finditer(self.columns)]
            if not parts or len(set(parts)) != len(parts) or ("point" in parts and len(parts) > 1):
                raise SchemaError(
                    expected="a pattern such as knee_{point}, or {subject}_knee for points down "
                    "the rows",
                    got=repr(self.columns),
                    where="columns",
                )
        if self.axes is not None and sorted(self.axes) != sorted(AXES):
            got = ", ".join(self.axes)
            raise SchemaError(expected=f"{', '.join(AXES)}, each once", got=got, where="axes")
        if self.begin is not None and self.begin < 0:
            raise SchemaError(
                expected="a whole number of at least 0", got=str(self.begin), where="begin"
            )
        if self.rate_hz is not None and self.rate_hz <= 0:
            raise SchemaError(
                expected="a rate above zero", got=f"{self.rate_hz:g}", where="rate_hz"
            )
        if self.unit is not None and self.unit not in UNITS and self.unit not in TO_STANDARD:
            known = ", ".join(CHANNEL_UNITS)
            raise UnitError(
                expected=f"one of the units {known}",
                got=repr(self.unit),
                where="unit",
                fix=did_you_mean(
                    self.unit, CHANNEL_UNITS, "write the unit of the file's numbers so"
                ),
            )


@dataclass(frozen=True)
class TimeEntry:
    """Time as it stands in a map: a column, or a rate in its place.

    Attributes
    ----------
    column : str
        Times that rise from row to row.
    unit : str
        ``s, ms, us`` or ``min``.
    rate_hz : float
        Rows a second, from time zero.
    """

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
    """Events as they stand in a map.

    Attributes
    ----------
    column : str
        Zero but at the events; the first of several marked rows counts.
    times : str
        List of times, for a file of one recording.
    unit : str
        Of `times`: ``s, ms, us`` or ``min``.
    """

    column: str | None = None
    times: str | None = None
    unit: Literal["s", "ms", "us", "min"] = "s"
    where: Place = NOWHERE

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        only_one(self, ("column", "times"))


Layout = Literal["curves", "long", "time_series"]


@dataclass(frozen=True, kw_only=True)
class MapEntries:
    """What a map of any layout may hold.

    Attributes
    ----------
    layout : str
        ``curves``: one curve a cycle and channel; ``long``: one row a cycle and point;
        ``time_series``: one row an instant.
    channels : mapping of str to channel
        Standard channel -> where its numbers are. Sides are ipsi and contra; with the layout
        ``time_series`` left and right.
    draft : bool
        Whether the map holds guesses that nobody has confirmed; such a map converts nothing.
    dataset : str
        Name of the dataset; the file's own without it.
    format : str
        What the file has to be: ``text, npz, hdf5, mat, parquet, xlsx`` or ``ods``.
    text : text
        How a table of text or of a workbook is written.
    derive : mapping of str to value
        New columns, for templates, joins and conditions.
    join : tuple of join
        Further tables, whose columns are looked up row by row.
    where : tuple of condition
        Which rows to keep.
    """

    layout: Layout
    channels: dict[str, ChannelEntry]
    draft: bool = False
    dataset: str = ""
    format: Literal["text", "npz", "hdf5", "mat", "parquet", "xlsx", "ods"] | None = None
    text: TextSpec = field(default_factory=TextSpec)
    derive: dict[str, Node] = field(default_factory=dict, metadata={"of": ValueEntry})
    join: tuple[JoinSpec, ...] = ()
    where: tuple[FilterSpec, ...] = ()

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        if not self.channels:
            raise SchemaError(expected="at least one channel", got="none", where="channels")


@dataclass(frozen=True, kw_only=True)
class CycleMapEntries(MapEntries):
    """What a map of gait cycles may hold.

    Attributes
    ----------
    cycles : mapping of str to value
        Key and metadata of a cycle; subject and task must be there.
    span : str
        ``stride``, or ``stance`` where the curves run from contact to toe-off.
    toe_off : value
        Percent of the cycle at which curves over the stance end.
    """

    cycles: dict[str, Node] = field(metadata={"of": ValueEntry})
    span: Span | None = None
    toe_off: Node | None = field(default=None, metadata={"of": ValueEntry})

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        super().__post_init__()
        for name in ("subject", "task"):
            if name not in self.cycles:
                got = f"only {', '.join(self.cycles) or 'nothing'}"
                raise SchemaError(expected=f"the key {name}", got=got, where="cycles")


@dataclass(frozen=True, kw_only=True)
class CurveMapEntries(CycleMapEntries):
    """A map of whole curves, one a cycle and channel.

    Attributes
    ----------
    points : int
        Points of every curve.
    length : value
        Points of each cycle's curve; what stands after them is padding.
    """

    points: int | None = None
    length: Node | None = field(default=None, metadata={"of": ValueEntry})

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        super().__post_init__()
        if self.points is not None and self.points < 2:
            expected = "a whole number of at least 2"
            raise SchemaError(expected=expected, got=str(self.points), where="points")


@dataclass(frozen=True, kw_only=True)
class LongMapEntries(CycleMapEntries):
    """A map of one row a cycle and point.

    Attributes
    ----------
    phase : value
        Percent of the cycle, 0 to 100; ``unit: fraction`` for 0 to 1.
    """

    phase: Node = field(metadata={"of": ValueEntry})


@dataclass(frozen=True, kw_only=True)
class SeriesMapEntries(MapEntries):
    """A map of recordings over time.

    Attributes
    ----------
    time : time
        A column of times, or a rate.
    recording : mapping of str to value
        Subject, task, trial and metadata; rows that differ in the first three are recordings of
        their own.
    events : mapping of str to event
        ``heel_strike_left, heel_strike_right, toe_off_left, toe_off_right``.
    """

    time: TimeEntry
    recording: dict[str, Node] = field(default_factory=dict, metadata={"of": ValueEntry})
    events: dict[str, EventEntry] = field(default_factory=dict)


@dataclass(frozen=True)
class LayoutEntry:
    """The layout alone, which tells what else there may be."""

    layout: Layout


def only_one(entry: Any, kinds: tuple[str, ...]) -> str:
    """Return the one kind that an entry states, or raise."""
    found = [kind for kind in kinds if getattr(entry, kind) is not None]
    if len(found) != 1:
        got = " and ".join(found) or "none of them"
        raise SchemaError(expected=f"exactly one of {', '.join(kinds)}", got=got)
    return found[0]
