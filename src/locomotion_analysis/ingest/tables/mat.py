"""MATLAB files: what they unpack to is counted, and nothing is read that is not there."""

import zlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.tables.arrays import hdf5_variables
from locomotion_analysis.ingest.tables.mat_matrix import DamagedError, element_at, flat, matrix
from locomotion_analysis.ingest.tables.variables import MOST_BYTES, Variables, too_large

_HEADER_BYTES = 128
_COMPRESSED, _MATRIX = 15, 14
_CHUNK = 1024**2
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ORDERS = {b"IM": "<", b"MI": ">"}


def mat_variables(path: Path) -> Variables:
    """Read a MATLAB file of version 5 to 7.3; the fields of a struct are ``name.field``.

    Versions 5 to 7 are read here, by the published format, because a damaged file can crash the
    usual parser and with it the whole process. Numbers, text, cells of text and structs of
    these are variables; sparse matrices, objects and functions are not.

    Raises
    ------
    FileReadError
        If it is damaged, of version 4, or would unpack to too much (a zip bomb).
    MissingExtraError
        If it is of version 7.3 and h5py is not installed.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if _HDF5 in (head[:8], head[512:520]):
        return hdf5_variables(path, matlab=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise too_large(str(path), size)
    try:
        arrays: dict[str, NDArray[Any]] = {}
        for body, order in _matrices(path):
            name, value = matrix(body, order, 0)
            arrays.update(flat(name, value))
    except (DamagedError, zlib.error) as error:
        raise _refused(path, error) from None
    if not arrays:
        raise _refused(path, "it holds no numbers or text")
    return Variables(str(path), tuple(arrays), arrays.__getitem__)


def _matrices(path: Path) -> list[tuple[memoryview, str]]:
    """Return the bodies of the variables, unpacked in bounded steps."""
    content = memoryview(path.read_bytes())
    order = _ORDERS.get(bytes(content[126:_HEADER_BYTES]))
    if order is None:
        raise DamagedError("no MATLAB header of version 5 to 7.3 (save with -v7)")
    bodies, total, rest = [], 0, content[_HEADER_BYTES:]
    while len(rest):
        kind, body, rest = element_at(rest, order, padded=False)
        if kind == _COMPRESSED:
            kind, body, _ = element_at(_unpacked(body, MOST_BYTES - total, path), order)
        total += len(body)
        if kind == _MATRIX:
            bodies.append((body, order))
    return bodies


def _unpacked(packed: memoryview, room: int, path: Path) -> memoryview:
    engine, unpacked, rest = zlib.decompressobj(), bytearray(), bytes(packed)
    while not engine.eof:
        part = engine.decompress(rest, _CHUNK)
        rest = engine.unconsumed_tail
        if not part and not rest and not engine.eof:
            raise DamagedError("a compressed variable is cut off")
        unpacked += part
        if len(unpacked) > room:
            raise too_large(str(path), float(len(unpacked)))
    return memoryview(unpacked)


def _refused(path: Path, why: object) -> FileReadError:
    return FileReadError(
        expected="a readable MATLAB file (version 5 to 7.3)",
        got=str(why),
        where=str(path),
        fix="copy the file again, or save it again with -v7",
    )
