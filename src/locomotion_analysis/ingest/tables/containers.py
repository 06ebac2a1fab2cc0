"""The named columns or arrays of one file, loaded when they are asked for.

NPZ and HDF5 files are looked at before they are unpacked; MATLAB files are read in a child process.
"""

import codecs
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib import format as npy
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from locomotion_analysis.budget import LEAST_BYTES, refuse_unpacked
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.columns import plain_text
from locomotion_analysis.data.parquet import read_plain_table
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.ingest.isolated import isolated_parser
from locomotion_analysis.ingest.tables.cells import (
    COMMA_GROUPS,
    POINT_GROUPS,
    SHOWN,
    UNSURE,
    UNSURE_POINT,
    TextTable,
    decoded,
    read_cells,
    refuse_repeated,
    table_of,
)
from locomotion_analysis.ingest.tables.map_entries import TextSpec
from locomotion_analysis.ingest.tables.workbooks import (
    OLE,
    ZIP,
    most_table_bytes,
    workbook_kind,
    workbook_rows,
)

_JSON = re.compile(rb"\s*(?:\{|\[\s*[\[{])")
_PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D} | frozenset(range(0x80, 0x100))


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

        A mark before three digits (``1,250``, ``1.250``) shows nothing by itself; then the other
        columns tell. Without them a point is the decimal mark, unless whole numbers below 1000
        stand beside (``987``, ``1.250``).

        Raises
        ------
        SchemaError
            If it stays open.
        """
        if self.decimal is not None or self.lines is None:
            return self.decimal
        own = self._marks_of(name)
        if own not in ({UNSURE}, {UNSURE_POINT}):
            return next((mark for mark in (",", ".") if mark in own), None)
        others = set().union(*map(self._marks_of, self.names)) - {UNSURE, UNSURE_POINT}
        if len(others) == 1:
            return others.pop()
        cells = [str(cell).strip() for cell in self.get(name).tolist()]
        whole = any(re.fullmatch(r"[+-]?[0-9]{1,3}", cell) for cell in cells)
        if own == {UNSURE_POINT} and (others or not whole):
            return "."
        groups = COMMA_GROUPS if own == {UNSURE} else POINT_GROUPS
        row = next(k for k, cell in enumerate(cells) if re.match(groups, cell))
        raise SchemaError(
            expected="a decimal mark: nothing in the table tells 1,250 from 1250",
            got=repr(cells[row]),
            where=f"line {self.lines[row]}, column {name}",
            fix='state it in the map: text: {decimal: "."} or text: {decimal: ","}',
        )

    def _marks_of(self, name: str) -> set[str]:
        """Return the decimal marks that cells of a column show, or leave open."""
        if name not in self._marks:
            cells = pc.utf8_trim_whitespace(pa.array(self.get(name).tolist(), pa.string()))
            grouped = pc.match_substring_regex(cells, POINT_GROUPS)
            plain = pc.if_else(grouped, None, cells)
            marks = {
                mark
                for mark, pattern in SHOWN.items()
                if pc.any(pc.match_substring_regex(plain, pattern)).as_py()
            }
            marks |= {UNSURE_POINT} if pc.any(grouped).as_py() else set()
            self._marks[name] = (marks & {".", ","}) or marks
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


# Arrays in NPZ, HDF5 and MATLAB files.

_MATLAB_4_KINDS = frozenset(
    1000 * machine + 10 * precision + of
    for machine in (0, 1)
    for precision in range(6)
    for of in (0, 1)
)
_MATLAB_4_NAME = 64
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
    refuse_unpacked(sum(sizes.values()), most_table_bytes(path), str(path))
    names = tuple(name.removesuffix(".npy") for name in sizes if name.endswith(".npy"))

    def load(name: str) -> NDArray[Any]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
                version = npy.read_magic(stream)  # type: ignore[no-untyped-call]
                if version not in _HEADERS:
                    raise _damaged(path, "NPZ", f"{name} is of version {version}")
                shape, _, dtype = _HEADERS[version](stream)
                room = archive.getinfo(f"{name}.npy").file_size
                if not dtype.hasobject and prod(shape) * max(dtype.itemsize, 1) > room:
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
    places: dict[str, str | bytes] = {}
    most, taken = most_table_bytes(path), 0

    def take(n_bytes: int, name: str) -> None:
        """Count what a data set takes; all that are loaded must fit."""
        nonlocal taken
        refuse_unpacked(taken + n_bytes, most, str(path), f"variable {name}")
        taken += n_bytes

    def collect(place: str | bytes, item: Any) -> None:
        if isinstance(item, h5py.Dataset):  # a place that is no UTF-8 is told as bytes
            told = place if isinstance(place, str) else place.decode("utf-8", "backslashreplace")
            places[told] = place

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)
    except _BROKEN as error:
        raise _damaged(path, "HDF5", error) from None

    def load(name: str) -> NDArray[Any]:
        try:
            with h5py.File(path, "r") as file:
                item = file[places[name]]
                if h5py.check_ref_dtype(item.dtype) is not None:
                    why = f"{name} holds references (a MATLAB cell or struct)"
                    raise _damaged(path, "HDF5", why)
                is_text = matlab and item.attrs.get("MATLAB_class") == b"char"
                values, found = _values_of(item, path, partial(take, name=name))
        except _BROKEN as error:
            raise _damaged(path, "HDF5", error) from None
        if is_text:
            return np.array(
                ["".join(map(chr, row)) for row in np.atleast_2d(values.T)], dtype=object
            )
        return values.T if matlab and not found else values

    return Variables(str(path), tuple(places), load)


_CHUNK_BYTES = 2048
"""What the HDF5 library keeps of each chunk while it reads, whether there is anything in it."""


def _values_of(dataset: Any, path: Path, take: Callable[[int], None]) -> tuple[NDArray[Any], bool]:
    """Return the values of a data set, and whether each has its own length or is text."""
    h5py = require("h5py", "io")
    if dataset.external or dataset.is_virtual:
        raise _damaged(path, "HDF5", f"{dataset.name.lstrip('/')} lies in another file")
    shape, chunk = dataset.shape or (), dataset.chunks or ()
    n_chunks = prod(-(-n // own) for n, own in zip(shape, chunk, strict=False))
    chunk_bytes = max(prod(chunk) * dataset.dtype.itemsize, _CHUNK_BYTES) if chunk else 0
    take(max(prod(shape) * dataset.dtype.itemsize, n_chunks * chunk_bytes))
    text = h5py.check_string_dtype(dataset.dtype)
    if isinstance(h5py.check_vlen_dtype(dataset.dtype), np.dtype):
        return _rows_of_one_width(_values_of_own_length(dataset, dataset, path, take), take), True
    if text is not None and text.length is None:
        return _values_of_own_length(dataset, dataset.asstr(), path, take).reshape(shape), True
    if text is not None:
        return np.asarray(dataset.asstr()[()], dtype=object), True
    return np.asarray(dataset[()]), False


def _values_of_own_length(
    dataset: Any, read: Any, path: Path, take: Callable[[int], None]
) -> NDArray[Any]:
    """Return values that each have their own length, in one row, counted while they are read.

    All may point at one place of the file, and none is longer than the file.
    """
    if not dataset.shape:
        return np.array([read[()]], dtype=object)
    row_bytes = prod(dataset.shape[1:]) * path.stat().st_size
    step = max(1, LEAST_BYTES // 8 // max(row_bytes, 1))
    values = np.empty(dataset.shape, dtype=object)
    for start in range(0, len(values), step):
        values[start : start + step] = read[start : start + step]
        part = values[start : start + step].ravel()
        take(sum(getattr(value, "nbytes", len(value)) for value in part))
    return values.ravel()


def _rows_of_one_width(curves: NDArray[Any], take: Callable[[int], None]) -> NDArray[np.float64]:
    """Return curves of several lengths as rows; what is missing behind a shorter one is NaN."""
    width = max(len(curve) for curve in curves)
    take(8 * len(curves) * width)
    rows = np.full((len(curves), width), np.nan)
    for row, curve in zip(rows, curves, strict=True):
        row[: len(curve)] = curve
    return rows


def _damaged(path: Path, kind: str, why: object) -> FileReadError:
    told = str(why).splitlines()
    return FileReadError(
        expected=f"a readable {kind} file",
        got=told[0] if told else "a damaged one",
        where=str(path),
        fix="copy the file again, or save it again as plain arrays",
    )


def mat_variables(path: Path) -> Variables:
    """Read a MATLAB file of version 4 to 7.3; the fields of a struct are ``name.field``.

    Numbers, text, cells of text, of single numbers, of curves (each a row, filled up with NaN to
    the width of the longest) or of matrices of one size (one behind the other, along a first axis),
    and structs and arrays of structs of these are variables. Members of a cell or an array of
    structs that are matrices of several sizes, or structs, are variables each, numbered from 1
    (``data.angles.2.knee``). Sparse matrices, complex numbers, objects and functions are not.

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
        meta, arrays = isolated_parser().parse("mat", path, most_table_bytes(path))
    except FileReadError as error:
        raise _refused(path, error.got) from None
    if "unpacked_bytes" in meta:
        refuse_unpacked(meta["unpacked_bytes"], most_table_bytes(path), str(path))
    if not arrays:
        raise _refused(path, "it holds no numbers or text")
    variables = {
        name: values.astype(object) if values.dtype.kind == "U" else values
        for name, values in arrays.items()
    }
    return Variables(str(path), tuple(variables), variables.__getitem__)


def _refused(path: Path, why: str) -> FileReadError:
    return FileReadError(
        expected="a readable MATLAB file (version 4 to 7.3)",
        got=why,
        where=str(path),
        fix="copy the file again, or save it again with -v7",
    )


def parquet_variables(path: Path) -> Variables:
    """Read a Parquet file; its columns are the variables, and a named index is one too.

    Raises
    ------
    FileReadError
        If it is damaged, or would unpack to too much.
    """
    try:
        frame = plain_text(read_plain_table(path)).to_pandas()
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise _damaged(path, "Parquet", error) from None
    frame = frame.reset_index(level=[name for name in frame.index.names if name is not None])

    def load(name: str) -> NDArray[Any]:
        column = frame[name]
        if column.dtype.kind in "mM":  # as text: a number of nanoseconds would pass for seconds
            return np.array(column.astype(str).tolist(), dtype=object)
        if len(column) and isinstance(column.iloc[0], np.ndarray):
            return _rows_of_one_width(column.to_numpy(), lambda _: None)
        if is_numeric_dtype(column):
            kind = bool if column.dtype == bool else np.float64
            numbers: NDArray[Any] = column.to_numpy(dtype=kind, na_value=np.nan)
            return numbers
        return np.array([None if pd.isna(cell) else cell for cell in column], dtype=object)

    return Variables(str(path), tuple(map(str, frame.columns)), load)


def text_variables(path: Path, spec: TextSpec) -> Variables:
    """Read a text table; its columns are the variables, as text.

    Raises
    ------
    FileReadError
        If it is empty, too large or not text in the map's encoding.
    SchemaError
        If a name repeats, or a row has more cells than the heading.
    """
    refuse_unpacked(path.stat().st_size, most_table_bytes(path), str(path))
    try:
        text = decoded(path.read_bytes(), spec.encoding)
    except (UnicodeDecodeError, LookupError):
        raise FileReadError(
            expected=f"text in {spec.encoding}",
            got="other bytes",
            where=str(path),
            fix="state its encoding in the map: text: {encoding: cp1252}",
        ) from None
    return _variables(read_cells(text, path, spec), path, spec)


def _variables(table: TextTable, path: Path, spec: TextSpec) -> Variables:
    """Return the columns of a table of cells."""
    more = table.more_headings if spec.header else 0
    refuse_repeated(table.names, more)
    if more:
        words = [cell for cell in table.cells[0].tolist() if cell.strip()]
        raise SchemaError(
            expected="numbers under the heading, as in the rows below",
            got=", ".join(map(repr, words[:4])),
            where=f"line {table.lines[0]}",
            fix=f"if that is heading too: text: {{header_rows: {more + spec.header_rows}}}, and "
            "names such as knee|deg",
        )
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


def open_variables(path: Path, text: TextSpec, kind: str | None = None) -> Variables:
    """Open a table or archive by its content.

    Parameters
    ----------
    path : path
    text : TextSpec
        How it is written, if it is text.
    kind : {"text", "npz", "hdf5", "mat", "parquet", "xlsx", "ods"}, optional
        What it has to be.

    Raises
    ------
    FileReadError
        If it is none of these, or not `kind`.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    found = kind_of(head, text.encoding)
    if found is None or (kind is not None and kind != found):
        raise FileReadError(
            expected=f"a file of kind {kind}"
            if kind
            else "text, Excel, ODS, NPZ, Parquet, HDF5 or MATLAB",
            got=found or ("an empty file" if not head else "something else"),
            where=str(path),
        )
    if found == "text":
        return text_variables(path, text)
    if found in ("xlsx", "ods", "xls"):
        sheet, rows = workbook_rows(path, found, text)
        table = table_of(rows[text.skip_rows :], path, text)
        table.history.insert(0, HistoryEntry("read", f"sheet {sheet} of {path.name}"))
        return _variables(table, path, text)
    readers = {
        "npz": npz_variables,
        "hdf5": hdf5_variables,
        "mat": mat_variables,
        "parquet": parquet_variables,
    }
    return readers[found](path)


def _is_matlab_4(head: bytes) -> bool:
    """Return whether a file begins with a matrix of MATLAB 4: five whole numbers and a name."""
    if len(head) < 24:
        return False
    for order in "<>":
        kind, _, _, imaginary, length = struct.unpack(f"{order}5i", head[:20])
        name = head[20 : 20 + length]
        if kind in _MATLAB_4_KINDS and imaginary in (0, 1) and 1 < length <= _MATLAB_4_NAME:
            return name[-1:] == b"\0" and re.fullmatch(rb"[A-Za-z]\w*", name[:-1]) is not None
    return False


def kind_of(head: bytes, encoding: str = "") -> str | None:
    """Return what a file that begins so is: npz, hdf5, mat, parquet, xlsx, ods, xls, text, or None."""
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(ZIP):
        length = int.from_bytes(head[26:28], "little")
        return "npz" if head[30 : 30 + length].endswith(b".npy") else workbook_kind(head)
    if head.startswith(OLE):
        return "xls"
    if head[:128].startswith(b"MATLAB 7.3") or head[512:520] == HDF5_MAGIC:
        return "mat"
    if head.startswith(HDF5_MAGIC):
        return "hdf5"
    if head.startswith(b"MATLAB") and head[126:128] in (b"IM", b"MI"):
        return "mat"
    if _is_matlab_4(head):
        return "mat"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = (
            head[: len(head) // 2 * 2]
            .decode("utf-16", errors="replace")
            .encode("latin-1", "replace")
        )
    elif encoding.lower().replace("-", "").startswith("utf16") and head:
        return "text"
    if _JSON.match(head):
        return None
    if not head or not set(head) <= _PRINTABLE:
        return None
    return "text" if any(mark in head for mark in (b"\t", b";", b",", b" ")) else None
