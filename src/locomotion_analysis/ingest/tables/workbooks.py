"""The sheets of Excel and OpenDocument workbooks as rows of text, read in a child process."""

import zipfile
from pathlib import Path

from locomotion_analysis.budget import most_unpacked_bytes, refuse_unpacked
from locomotion_analysis.errors import FileReadError, MissingExtraError, SchemaError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.ingest.isolated import isolated_parser
from locomotion_analysis.ingest.tables.map_entries import TextSpec

Rows = list[tuple[int, list[str]]]
"""Line (or row of a sheet) and its cells."""

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_EXCEL_PARTS = (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/")
_LIBRARIES = {"xlsx": ("openpyxl", "Excel"), "ods": ("odf", "OpenDocument")}
MOST_BYTES = 1024**3
"""Largest size one table may unpack to."""


def most_table_bytes(path: Path) -> int:
    """Return how many bytes a table's file may unpack to."""
    return most_unpacked_bytes(path.stat().st_size, MOST_BYTES)


def workbook_kind(head: bytes) -> str | None:
    """Return ``xlsx, ods, xls`` or None for a file that begins so."""
    if head.startswith(OLE):
        return "xls"
    if not head.startswith(ZIP):
        return None
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name == b"mimetype" and _ODS in head[:512]:
        return "ods"
    return "xlsx" if name.startswith(_EXCEL_PARTS) else None


def sheets_of(path: Path, kind: str, decimal: str | None = None) -> dict[str, Rows]:
    """Read all sheets of a workbook that hold a cell.

    Parameters
    ----------
    path : path
    kind : {"xlsx", "ods", "xls"}
    decimal : {None, ".", ","}
        Decimal mark to write the numbers of cells with, so that they go the way of text.

    Returns
    -------
    dict of str to list of (int, list of str)
        Sheet -> number of the row and its cells. A whole number has no decimal mark, a date is
        written year-month-day.

    Raises
    ------
    MissingExtraError
        If the library that reads such workbooks is not installed.
    FileReadError
        If the workbook is damaged, of an old kind, would unpack to too much, or holds a formula
        without its value.
    """
    if kind == "xls":
        raise FileReadError(
            expected="an Excel workbook in the format .xlsx",
            got="one of before 2007 (.xls), or one that a password protects",
            where=str(path),
            fix="save it as .xlsx or as CSV, without a password",
        )
    library, name = _LIBRARIES[kind]
    try:
        require_installed(library, "excel")
    except MissingExtraError as error:
        raise MissingExtraError(
            expected=error.expected,
            got=f"an {name} workbook, and it is not installed",
            where=str(path),
            fix=error.fix,
        ) from None
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path, name, str(error)) from None
    most = most_table_bytes(path)
    refuse_unpacked(size, most, str(path))
    try:
        meta, _ = isolated_parser().parse(kind, path, most)
    except FileReadError as error:
        raise _damaged(path, name, error.got) from None
    if "formula" in meta:
        raise FileReadError(
            expected="a value in every cell",
            got=f"a formula that was never computed in {meta['formula']}",
            where=str(path),
            fix="open the workbook in a spreadsheet program, save it, and convert it again",
        )
    return {
        sheet: [(row, [_text(cell, decimal) for cell in cells]) for row, cells in rows]
        for sheet, rows in meta["sheets"].items()
    }


def workbook_rows(path: Path, kind: str, spec: TextSpec) -> tuple[str, Rows]:
    """Return the name and the rows of the sheet that a map states, or of the only one.

    Raises
    ------
    SchemaError
        If there is no such sheet, or several and none is stated.
    """
    sheets = sheets_of(path, kind, spec.decimal)
    names = ", ".join(sheets) or "only empty ones"
    if spec.sheet is None and len(sheets) == 1:
        return next(iter(sheets.items()))
    if spec.sheet is None or spec.sheet not in sheets:
        raise SchemaError(
            expected="one sheet" if spec.sheet is None else f"a sheet {spec.sheet!r}",
            got=names,
            where=str(path),
            fix="state it in the map: text: {sheet: NAME}",
        )
    return spec.sheet, sheets[spec.sheet]


def _text(cell: str | float | None, decimal: str | None) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return repr(cell).replace(".", decimal or ".")


def _damaged(path: Path, name: str, why: str) -> FileReadError:
    return FileReadError(
        expected=f"a readable {name} workbook",
        got=why,
        where=str(path),
        fix="save it again, or save the sheet as CSV",
    )
