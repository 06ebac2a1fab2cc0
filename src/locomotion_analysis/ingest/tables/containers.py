"""The named columns or arrays of one file, loaded when they are asked for.

Text tables are taken apart into cells as laboratories write them (decimal commas, quoted cells,
ragged rows); NPZ and HDF5 files are looked at before they are unpacked; MATLAB files are read in a
child process.
"""

import csv
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib import format as npy
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.columns import label
from locomotion_analysis.data.identity import MISSING
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.ingest.isolated import isolated_parser
from locomotion_analysis.ingest.tables.column_map import TextSpec

# Numbers as they stand in the text files of laboratories.

_THOUSANDS = r"^([+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(,.*)?$"
_COMMA_GROUPS = r"^\s*[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(\.[0-9]*)?\s*$"
_UNSURE = "?"
_SHOWN = {
    ".": r"^[+-]?(?:[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?|[1-9][0-9]{0,2}(?:,[0-9]{3})+"
    r"(?:\.[0-9]*|,[0-9]{3}))$",
    ",": r"^[+-]?(?:0|[0-9]{4,}|[0-9]{1,3}(?:\.[0-9]{3})+)?,[0-9]+(?:[eE][+-]?[0-9]+)?$"
    r"|^[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})(?:[eE][+-]?[0-9]+)?$",
    _UNSURE: r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$",
}
"""What a cell looks like that shows its decimal mark, or leaves it open."""
_MICROSOFT_NAN = re.compile(r"^-?(?:1\.#(?:qnan|ind|snan|inf)0*|nan\((?:ind|snan)\))$")


def parse_number(text: str) -> float:
    """Return the number in one cell; NaN where the cell says that there is none.

    Parameters
    ----------
    text : str
        Point or comma as the decimal mark; an infinity counts as not measured.

    Raises
    ------
    ValueError
        If the cell holds something else.

    Examples
    --------
    >>> parse_number(" 68,9 "), parse_number("1.5e-3"), parse_number("NaN")
    (68.9, 0.0015, nan)
    """
    cell = text.strip().strip('"').strip().lower()
    if cell in MISSING or _MICROSOFT_NAN.match(cell):
        return math.nan
    if "_" in cell:
        raise ValueError(text)  # Python's own float would read 1_000
    if cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    value = float(cell)
    return value if math.isfinite(value) else math.nan


def parse_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[str], line_numbers: Sequence[int]
) -> NDArray[np.float64]:
    """Return text cells as an array of shape (n_rows, n_columns).

    Parameters
    ----------
    rows : sequence of sequences of str
        Every row with one cell a column.
    columns : sequence of str
        For the message.
    line_numbers : sequence of int
        Line of the file each row stands on, for the message.

    Raises
    ------
    SchemaError
        If a row is too short or too long, or a cell is no number.
    """
    lengths = np.array([len(row) for row in rows])
    wrong = lengths != len(columns)
    if wrong.any():
        first = int(wrong.argmax())
        raise SchemaError(
            expected=f"{len(columns)} cells a row, one for each column",
            got=f"{int(lengths[first])} ({int(wrong.sum())} of {len(rows)} rows differ)",
            where=f"line {line_numbers[first]}",
            fix="the file is cut off or damaged there: export it again",
        )

    def place(cell: int) -> str:
        return f"line {line_numbers[cell // len(columns)]}, column {columns[cell % len(columns)]}"

    values = numbers_in([cell for row in rows for cell in row], place)
    return values.reshape(len(rows), len(columns))


def numbers_in(
    cells: Sequence[Any], place: Callable[[int], str], decimal: str | None = None
) -> NDArray[np.float64]:
    """Return cells of text, or of text among numbers, as numbers.

    Parameters
    ----------
    cells : sequence of str, number or None
    place : callable
        Position -> where the cell stands, for the message.
    decimal : {None, ".", ","}
        The only decimal mark there is; with a comma, points may set thousands apart
        (``1.234,5``), with a point commas (``1,234.5``). None: as :func:`parse_number`.

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        NaN for what says that it is missing, and for infinities.

    Raises
    ------
    SchemaError
        If a cell is no number.
    """
    text = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    if decimal == ",":
        grouped = pc.match_substring_regex(text, _THOUSANDS)
        text = pc.if_else(grouped, pc.replace_substring(text, ".", ""), text)
    if decimal == ".":
        grouped = pc.match_substring_regex(text, _COMMA_GROUPS)
        text = pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)
    plain = pc.utf8_trim_whitespace(text)
    if decimal == ",":
        plain = pc.replace_substring(pc.replace_substring(plain, ".", "_"), ",", ".")
    missing = pc.is_in(pc.utf8_lower(plain), pa.array(sorted(MISSING)))
    values: NDArray[np.float64]
    try:
        found = pc.if_else(missing, None, plain).cast(pa.float64())
        values = found.to_numpy(zero_copy_only=False).copy()
    except pa.ArrowInvalid:  # a comma, another spelling of missing, or no number
        values = np.empty(len(text))
        for position, cell in enumerate(plain.to_pylist()):
            try:
                own = cell or ""
                values[position] = parse_number(own.replace(",", "_") if decimal == "." else own)
            except ValueError:
                got = repr(text[position].as_py())
                raise SchemaError(expected="a number", got=got, where=place(position)) from None
    values[~np.isfinite(values)] = np.nan
    return values


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file before the place of an error raised inside that does not name the file."""
    try:
        yield
    except LocomotionError as error:
        raise error if str(path) in error.where else error.at(str(path)) from None


def check_rising(time_s: NDArray[np.float64], line_numbers: Sequence[int] | None = None) -> None:
    """Raise unless there are two or more times and they rise strictly.

    Raises
    ------
    SchemaError
        With the first row (or line of the file) that is not later than the one before.
    """
    if len(time_s) < 2:
        got = f"{len(time_s)} row(s) of data"
        raise SchemaError(expected="at least two instants", got=got, fix="record longer")
    steps = np.diff(time_s)
    wrong = ~(steps > 0)
    if wrong.any():
        row = int(wrong.argmax()) + 1
        place = f"line {line_numbers[row]}" if line_numbers is not None else f"row {row}"
        raise SchemaError(
            expected="times that rise from row to row",
            got=f"{time_s[row]:g} s after {time_s[row - 1]:g} s ({int(wrong.sum())} such rows)",
            where=place,
            fix="sort the rows by time and remove repeated ones",
        )


def refuse_repeated(columns: Sequence[str]) -> None:
    """Raise if a column name occurs twice.

    Raises
    ------
    SchemaError
        With the repeated names.
    """
    repeated = sorted({name for name in columns if list(columns).count(name) > 1})
    if repeated:
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated[:8])} more than once",
            fix="remove or rename the repeated columns",
        )


# The variables of one file.

MOST_BYTES = 1024**3
"""Largest size one file may unpack to."""


@dataclass
class Variables:
    """Names of a file's variables and how to load one.

    Attributes
    ----------
    where : str
        The file.
    names : tuple of str
    load : callable
        Name -> array; text columns are arrays of str.
    decimal : str or None
        Decimal mark of text; None: a single comma counts as one.
    lines : sequence of int, optional
        Line of each row in a text file, for messages.
    history : list of HistoryEntry
    """

    where: str
    names: tuple[str, ...]
    load: Callable[[str], NDArray[Any]]
    decimal: str | None = None
    lines: Sequence[int] | None = None
    history: list[HistoryEntry] = field(default_factory=list)
    _loaded: dict[str, NDArray[Any]] = field(default_factory=dict)
    _marks: dict[str, set[str]] = field(default_factory=dict)

    def decimal_of(self, name: str) -> str | None:
        """Return the decimal mark of a text column: the stated one, else that its cells show.

        A comma before three digits (``1,250``) shows nothing by itself; then the other columns
        tell.

        Raises
        ------
        SchemaError
            If they do not.
        """
        if self.decimal is not None or self.lines is None:
            return self.decimal
        own = self._marks_of(name)
        if own == {_UNSURE}:
            own = set().union(*map(self._marks_of, self.names)) - {_UNSURE}
            if len(own) != 1:
                cells = self.get(name).tolist()
                row = next(k for k, cell in enumerate(cells) if re.match(_COMMA_GROUPS, str(cell)))
                raise SchemaError(
                    expected="a decimal mark: nothing in the table tells 1,250 from 1250",
                    got=repr(cells[row]),
                    where=f"line {self.lines[row]}, column {name}",
                    fix='state it in the map: text: {decimal: "."} or text: {decimal: ","}',
                )
        return next((mark for mark in (",", ".") if mark in own), None)

    def _marks_of(self, name: str) -> set[str]:
        if name not in self._marks:
            cells = pc.utf8_trim_whitespace(pa.array(self.get(name).tolist(), pa.string()))
            self._marks[name] = {
                mark
                for mark, pattern in _SHOWN.items()
                if pc.any(pc.match_substring_regex(cells, pattern)).as_py()
            }
            if self._marks[name] & {".", ","}:
                self._marks[name] -= {_UNSURE}
        return self._marks[name]

    def get(self, name: str, asked_by: str = "") -> NDArray[Any]:
        """Return one variable.

        Raises
        ------
        SchemaError
            If the file has no such variable.
        """
        if name not in self._loaded:
            if name not in self.names:
                near = get_close_matches(name, self.names, 1)
                shown = ", ".join(self.names[:12]) + (" ..." if len(self.names) > 12 else "")
                raise SchemaError(
                    expected=f"a column or variable {name!r}",
                    got=f"{shown or 'none'}",
                    where=f"{self.where}" + (f", asked for by {asked_by}" if asked_by else ""),
                    fix=f"did you mean {near[0]!r}?" if near else "",
                )
            self._loaded[name] = self.load(name)
        return self._loaded[name]


def as_numbers(
    values: NDArray[Any], name: str, decimal: str | None = None, lines: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Return an array of numbers or of their text as float64; missing as NaN.

    Raises
    ------
    SchemaError
        If a value is no number; with its place.
    """
    if values.dtype.kind in "fiub":
        numbers = values.astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers
    if values.dtype.kind == "S":
        values = labels(values)
    if values.dtype.kind in "c" or values.dtype.names:
        raise SchemaError(expected=f"real numbers in {name}", got=f"{values.dtype}")

    def place(row: int) -> str:
        return f"{f'row {row}' if lines is None else f'line {lines[row]}'}, column {name}"

    return numbers_in(values.ravel().tolist(), place, decimal).reshape(values.shape)


def labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as text for comparing: whole numbers without a decimal point."""
    flat = [label(value).strip() for value in values.ravel().tolist()]
    return np.array(flat, dtype=object).reshape(values.shape)


def too_large(where: str, n_bytes: float, name: str = "") -> FileReadError:
    """Return the error for a file that unpacks to more than is safe."""
    what = f"variable {name}" if name else "it"
    return FileReadError(
        expected=f"a file that unpacks to at most {MOST_BYTES / 1024**3:g} GiB",
        got=f"{what} would need {n_bytes / 1024**3:.3g} GiB",
        where=where,
        fix="split it, or check that it is what it says it is",
    )


# Arrays in NPZ, HDF5 and MATLAB files.

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zipfile, numpy and h5py raise over damaged files."""
_HEADERS: dict[tuple[int, int], Callable[..., Any]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def npz_variables(path: Path) -> Variables:
    """Read an archive of arrays; nothing in it is executed.

    Raises
    ------
    FileReadError
        If it is damaged, holds Python objects, or would unpack to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except _BROKEN as error:
        raise _damaged(path, "NPZ", error) from None
    if sum(sizes.values()) > MOST_BYTES:
        raise too_large(str(path), sum(sizes.values()))
    names = tuple(name.removesuffix(".npy") for name in sizes if name.endswith(".npy"))

    def load(name: str) -> NDArray[Any]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
                version = npy.read_magic(stream)  # type: ignore[no-untyped-call]
                if version not in _HEADERS:
                    raise _damaged(path, "NPZ", f"{name} is of version {version}")
                shape, _, dtype = _HEADERS[version](stream)
                room = archive.getinfo(f"{name}.npy").file_size
                if not dtype.hasobject and prod(shape) * dtype.itemsize > room:
                    raise _damaged(path, "NPZ", f"{name} says it has shape {shape}")
            with np.load(path, allow_pickle=False) as arrays:
                values: NDArray[Any] = arrays[name]
                return values
        except _BROKEN as error:
            if "allow_pickle" in str(error):
                raise FileReadError(
                    expected=f"numbers or text in {name}",
                    got="Python objects (a pickle), which could run any code",
                    where=str(path),
                    fix="save it again as an array of numbers or of text",
                ) from None
            raise _damaged(path, "NPZ", error) from None

    return Variables(str(path), names, load)


def hdf5_variables(path: Path, *, matlab: bool = False) -> Variables:
    """Read the data sets of an HDF5 file, by their path inside it.

    Parameters
    ----------
    path : path
    matlab : bool
        Whether it is a MATLAB 7.3 file, whose arrays stand there with their axes reversed.

    Raises
    ------
    MissingExtraError
        If h5py is not installed.
    FileReadError
        If the file is damaged, a data set lies in another file, or is too large.
    """
    h5py = require("h5py", "io")
    names: list[str] = []

    def collect(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            names.append(name)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)
    except _BROKEN as error:
        raise _damaged(path, "HDF5", error) from None

    def load(name: str) -> NDArray[Any]:
        try:
            with h5py.File(path, "r") as file:
                dataset = file[name]
                if dataset.external or dataset.is_virtual:
                    raise _damaged(path, "HDF5", f"{name} lies in another file")
                needed = prod(dataset.shape or ()) * dataset.dtype.itemsize
                if needed > MOST_BYTES:
                    raise too_large(str(path), needed, name)
                if h5py.check_ref_dtype(dataset.dtype) is not None:
                    raise _damaged(
                        path, "HDF5", f"{name} holds references (a MATLAB cell or struct)"
                    )
                if h5py.check_string_dtype(dataset.dtype) is not None:
                    return np.asarray(dataset.asstr()[()], dtype=object)
                is_text = matlab and dataset.attrs.get("MATLAB_class") == b"char"
                values: NDArray[Any] = np.asarray(dataset[()])
        except _BROKEN as error:
            raise _damaged(path, "HDF5", error) from None
        if is_text:
            return np.array(
                ["".join(map(chr, row)) for row in np.atleast_2d(values.T)], dtype=object
            )
        return values.T if matlab else values

    return Variables(str(path), tuple(names), load)


def _damaged(path: Path, kind: str, why: object) -> FileReadError:
    told = str(why).splitlines()
    return FileReadError(
        expected=f"a readable {kind} file",
        got=told[0] if told else "a damaged one",
        where=str(path),
        fix="copy the file again, or save it again as plain arrays",
    )


def mat_variables(path: Path) -> Variables:
    """Read a MATLAB file of version 5 to 7.3; the fields of a struct are ``name.field``.

    Numbers, text, cells of text or of single numbers, and structs of these are variables; sparse
    matrices, complex numbers, objects and functions are not.

    Raises
    ------
    FileReadError
        If it is damaged, or would unpack to too much (a zip bomb).
    MissingExtraError
        If it is of version 7.3 and h5py is not installed.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if HDF5_MAGIC in (head[:8], head[512:520]):
        return hdf5_variables(path, matlab=True)
    try:
        meta, arrays = isolated_parser().parse("mat", path, MOST_BYTES)
    except FileReadError as error:
        raise _refused(path, error.got) from None
    if "unpacked_bytes" in meta:
        raise too_large(str(path), meta["unpacked_bytes"])
    if not arrays:
        raise _refused(path, "it holds no numbers or text")
    variables = {
        name: values.astype(object) if values.dtype.kind == "U" else values
        for name, values in arrays.items()
    }
    return Variables(str(path), tuple(variables), variables.__getitem__)


def _refused(path: Path, why: str) -> FileReadError:
    return FileReadError(
        expected="a readable MATLAB file (version 5 to 7.3)",
        got=why,
        where=str(path),
        fix="copy the file again, or save it again with -v7",
    )


# Tables in text.

_DELIMITERS = ("\t", ";", ",")
_NOTES = re.compile(r'"[^"]*"|\[[^\]]*\]|\([^)]*\)')
"""Parts of a heading in which a delimiter is none: quoted, or a unit in brackets."""


@dataclass(frozen=True)
class TextTable:
    """Cells of a text table.

    Attributes
    ----------
    names : list of str
        Of the columns.
    cells : ndarray of str, shape (n_rows, n_columns)
    lines : list of int
        Line of the file on which each row stands.
    history : list of HistoryEntry
    """

    names: list[str]
    cells: NDArray[Any]
    lines: list[int]
    history: list[HistoryEntry]


def text_variables(path: Path, spec: TextSpec) -> Variables:
    """Read a text table; its columns are the variables, as text.

    Raises
    ------
    FileReadError
        If it is empty, too large or not text in the map's encoding.
    SchemaError
        If a name repeats, or a row has more cells than the heading.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise too_large(str(path), size)
    try:
        text = path.read_bytes().decode(spec.encoding)
    except (UnicodeDecodeError, LookupError):
        raise FileReadError(
            expected=f"text in {spec.encoding}",
            got="other bytes",
            where=str(path),
            fix="state its encoding in the map: text: {encoding: cp1252}",
        ) from None
    table = read_cells(text, path, spec)
    refuse_repeated(table.names)
    if not len(table.cells):
        raise FileReadError(expected="rows under the heading", got="none", where=str(path))
    return Variables(
        where=str(path),
        names=tuple(table.names),
        load=lambda name: table.cells[:, table.names.index(name)],
        decimal=spec.decimal,
        lines=table.lines,
        history=table.history,
    )


def read_cells(text: str, path: Path, spec: TextSpec) -> TextTable:
    """Take a text apart into cells; rows and last columns without any are left out.

    Parameters
    ----------
    text : str
    path : Path
        Where it is from, for messages.
    spec : TextSpec
        How it is written; its encoding is not used.

    Raises
    ------
    FileReadError
        If it is binary, empty or has a quote without an end.
    SchemaError
        If a row has more cells than the heading.
    """
    if "\0" in text:
        raise FileReadError(expected="a text table", got="a binary file", where=str(path))
    lines = text.splitlines()[spec.skip_rows :]
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileReadError(expected="a table", got="an empty file", where=str(path))
    delimiter = spec.delimiter or max(_DELIMITERS, key=_NOTES.sub("", first).count)
    if delimiter == " ":
        rows = [(place, line.split()) for place, line in enumerate(lines, spec.skip_rows + 1)]
    else:
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            rows = [(reader.line_num + spec.skip_rows, row) for row in reader]
        except csv.Error as error:
            raise FileReadError(
                expected="a table of cells", got=str(error), where=str(path)
            ) from None
    rows = [(place, row) for place, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise FileReadError(expected="a table", got="empty cells only", where=str(path))
    names = [str(place + 1) for place in range(len(rows[0][1]))]
    if spec.header:
        names = [cell.strip() for cell in rows.pop(0)[1]]
        while len(names) > 1 and not names[-1]:
            names.pop()
        names = [name or f"column {place + 1}" for place, name in enumerate(names)]
    width, short = len(names), 0
    for place, row in rows:
        if any(cell.strip() for cell in row[width:]):
            raise SchemaError(
                expected=f"at most {width} cells a row",
                got=f"{len(row)}",
                where=f"{path}, line {place}",
                fix="check the delimiter and quote cells that hold it",
            )
        short += len(row) < width
    even = [(row + [""] * width)[:width] for _, row in rows]
    history = []
    if short:
        detail = f"{path.name}: short rows, their last cells taken as missing"
        history.append(HistoryEntry("filled", detail, short))
    cells = np.array(even, dtype=object).reshape(len(rows), width)
    return TextTable(names, cells, [place for place, _ in rows], history)
