"""The reader of tables and arrays through a column map."""

from pathlib import Path

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording
from locomotion_analysis.ingest.tables.arrays import hdf5_variables, npz_variables
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.curves import curves_data, long_data
from locomotion_analysis.ingest.tables.mat import mat_variables
from locomotion_analysis.ingest.tables.series import recordings
from locomotion_analysis.ingest.tables.specs import TextSpec
from locomotion_analysis.ingest.tables.text import text_variables
from locomotion_analysis.ingest.tables.values import MappedValues
from locomotion_analysis.ingest.tables.variables import Variables
from locomotion_analysis.standard import PHASE_COLUMN, canonical_name

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D} | frozenset(range(0x80, 0x100))


class TableReader:
    """CSV, TSV, NPZ, HDF5 and MATLAB files, described by a column map.

    A comma-separated file in the standard long layout needs no map.
    """

    name = "table"
    description = "CSV, TSV, NPZ, HDF5 and MATLAB tables of curves or time series, with --map"
    suffixes = (".csv", ".tsv", ".txt", ".npz", ".h5", ".hdf5", ".mat")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the file is one of these containers, or text in columns."""
        return _kind(head) is not None

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read the file as the map says.

        Raises
        ------
        SchemaError
            If there is no map, or file and map do not fit.
        FileReadError
            If the file is damaged, or unpacks to too much.
        """
        try:
            column_map = options.column_map
            if column_map is None:
                return _without_map(path)
            return _read(path, column_map)
        except LocomotionError as error:
            raise error if str(path) in error.where else error.at(str(path)) from None


def open_variables(path: Path, text: TextSpec, kind: str | None = None) -> Variables:
    """Open a table or archive by its content.

    Parameters
    ----------
    path : path
    text : TextSpec
        How it is written, if it is text.
    kind : {"text", "npz", "hdf5", "mat"}, optional
        What it has to be.

    Raises
    ------
    FileReadError
        If it is none of these, or not `kind`.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    found = _kind(head, text.encoding)
    if found is None or (kind is not None and kind != found):
        raise FileReadError(
            expected=f"a file of kind {kind}" if kind else "text, NPZ, HDF5 or MATLAB",
            got=found or ("an empty file" if not head else "something else"),
            where=str(path),
        )
    if found == "text":
        return text_variables(path, text)
    return {"npz": npz_variables, "hdf5": hdf5_variables, "mat": mat_variables}[found](path)


def _read(path: Path, column_map: ColumnMap) -> list[Recording] | LocomotionData:
    variables = open_variables(path, column_map.text, column_map.format)
    values = MappedValues(column_map, variables, open_variables)
    if column_map.layout == "time_series":
        return recordings(values, column_map)
    layout = curves_data if column_map.layout == "curves" else long_data
    return layout(values, column_map, path.name.split(".")[0])


def _without_map(path: Path) -> LocomotionData:
    with path.open("rb") as stream:
        first = stream.readline(65536).decode("utf-8", errors="replace")
    if any(canonical_name(name.strip(' "\r\n')) == PHASE_COLUMN for name in first.split(",")):
        return LocomotionData.from_csv(path)
    raise SchemaError(
        expected="a column map: a table does not say what its columns mean",
        got="none",
        where=str(path),
        fix="write one (docs/maps has examples) and name it with --map map.yaml",
    )


def _kind(head: bytes, encoding: str = "") -> str | None:
    if head.startswith(_ZIP):
        length = int.from_bytes(head[26:28], "little")
        return "npz" if head[30 : 30 + length].endswith(b".npy") else None
    if head[:128].startswith(b"MATLAB 7.3") or _HDF5 in (head[512:520],):
        return "mat"
    if head.startswith(_HDF5):
        return "hdf5"
    if head.startswith(b"MATLAB") and head[126:128] in (b"IM", b"MI"):
        return "mat"
    if encoding.lower().replace("-", "").startswith("utf16") and head:
        return "text"
    if not head or not set(head) <= _PRINTABLE:
        return None
    return "text" if any(mark in head for mark in (b"\t", b";", b",", b" ")) else None
