"""What a column map says, checked and typed."""

import codecs
from dataclasses import dataclass, field
from typing import Any, Literal

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.typed_tree import NOWHERE, Place

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
