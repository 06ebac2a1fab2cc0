"""The first block of a C3D file, checked before a parser is let near it.

Layout: https://www.c3d.org/docs/C3D_User_Guide.pdf, "The header section".
"""

import struct
from pathlib import Path

from locomotion_analysis.errors import FileReadError

_BLOCK = 512
_KEY = 0x50
_INTEL, _DEC, _SGI = 84, 85, 86
_SIGN_BYTE = {_INTEL: 3, _DEC: 1, _SGI: 0}
_FIX = "export the file again from the program that recorded it"


def looks_like_c3d(head: bytes) -> bool:
    """Return whether `head` starts as a C3D file does: parameter block number, then ``0x50``."""
    return len(head) > 1 and head[0] >= 2 and head[1] == _KEY and not _is_text(head)


def check_c3d_header(path: Path) -> None:
    """Compare what a C3D file's header promises with the bytes that are there.

    Parameters
    ----------
    path : Path
        File to check.

    Raises
    ------
    FileReadError
        If the file is empty, cut off, of another format, written for SGI/MIPS processors, or
        holds neither points nor analogue channels.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(_BLOCK)
        if not head:
            raise _refused(path, "an empty file")
        if len(head) < _BLOCK:
            raise _refused(path, f"{size} bytes, less than the 512 of a C3D header")
        if head[1] != _KEY:
            raise _refused(path, f"no C3D file: its second byte is {head[1]:#04x}, not 0x50")
        start = (head[0] - 1) * _BLOCK
        stream.seek(max(start, 0))
        parameters = stream.read(4)
    if head[0] < 2 or len(parameters) < 4:
        raise _refused(path, f"a parameter section at block {head[0]}, which is not there")
    processor = parameters[3]
    if processor == _SGI:
        raise FileReadError(
            expected="a C3D file in Intel or DEC number format",
            got="SGI/MIPS number format, which ezc3d does not read",
            where=str(path),
            fix="convert it to Intel format, for example with Mokka or the c3d.org tools",
        )
    if processor not in _SIGN_BYTE:
        raise _refused(path, f"the unknown processor code {processor}")
    _check_data_section(path, head, size, processor)


def _check_data_section(path: Path, head: bytes, size: int, processor: int) -> None:
    points, analogs, first, last = struct.unpack_from("<4H", head, 2)
    (block,) = struct.unpack_from("<H", head, 16)
    if points == 0 and analogs == 0:
        raise _refused(path, "a file with neither points nor analogue channels")
    if last < first:
        raise _refused(path, f"a first frame ({first}) after the last ({last})")
    is_real = bool(head[12 + _SIGN_BYTE[processor]] & 0x80)
    frames = last - first + 1
    needed = (block - 1) * _BLOCK + frames * (4 * points + analogs) * (4 if is_real else 2)
    if block < 2 or needed > size:
        raise _refused(
            path,
            f"{size} bytes, but its header promises {frames} frames of {points} points and "
            f"{analogs} analogue samples, {needed} bytes: the file is cut off or its header wrong",
        )


def _is_text(head: bytes) -> bool:
    return all(byte in b"\t\n\r" or byte >= 32 for byte in head[:64])


def _refused(path: Path, got: str) -> FileReadError:
    return FileReadError(expected="a C3D file", got=got, where=str(path), fix=_FIX)
