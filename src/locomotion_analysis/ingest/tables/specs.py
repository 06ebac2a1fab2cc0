"""What a column map says, checked and typed."""

from dataclasses import dataclass, field
from typing import Any

LAYOUTS = ("curves", "long", "time_series")
FORMATS = ("text", "npz", "hdf5", "mat")


@dataclass(frozen=True)
class TextSpec:
    """How a text table is written; None: read off the file.

    Attributes
    ----------
    delimiter : str or None
    decimal : str or None
        ``"."`` or ``","``.
    skip_rows : int
        Lines before the heading.
    header : bool
        Without a heading the columns are called ``1``, ``2``, ...
    encoding : str
    """

    delimiter: str | None = None
    decimal: str | None = None
    skip_rows: int = 0
    header: bool = True
    encoding: str = "utf-8-sig"


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
    keep_first : bool
        Whether the first of repeated rows counts; else they are an error.
    text : TextSpec
    where : str
    """

    file: str
    match: dict[str, str]
    keep_first: bool
    text: TextSpec
    where: str = ""


@dataclass(frozen=True)
class FilterSpec:
    """Rows to keep: `column` is among `allowed`, and within `least` and `most`."""

    column: str
    allowed: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None
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
