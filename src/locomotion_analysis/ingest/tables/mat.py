"""MATLAB files, read by scipy in a child process."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.isolated import isolated_parser
from locomotion_analysis.ingest.tables.arrays import hdf5_variables
from locomotion_analysis.ingest.tables.variables import MOST_BYTES, Variables, too_large

_HDF5 = b"\x89HDF\r\n\x1a\n"


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
    if _HDF5 in (head[:8], head[512:520]):
        return hdf5_variables(path, matlab=True)
    try:
        meta, arrays = isolated_parser().parse("mat", path, MOST_BYTES)
    except FileReadError as error:
        raise _refused(path, error.got) from None
    if "unpacked_bytes" in meta:
        raise too_large(str(path), meta["unpacked_bytes"])
    if not arrays:
        raise _refused(path, "it holds no numbers or text")
    return Variables(str(path), tuple(arrays), lambda name: _plain(arrays[name]))


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(object) if values.dtype.kind == "U" else values


def _refused(path: Path, why: str) -> FileReadError:
    return FileReadError(
        expected="a readable MATLAB file (version 5 to 7.3)",
        got=why,
        where=str(path),
        fix="copy the file again, or save it again with -v7",
    )
