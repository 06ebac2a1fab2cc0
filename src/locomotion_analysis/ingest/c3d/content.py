"""What a C3D file holds, with the quirks of its parameter section taken out.

The first block is checked before a parser is let near the file; the parser runs in a child
process.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.ingest.isolated import isolated_parser

_MOST_BYTES_PER_FILE_BYTE = 25
_LARGEST_RATE_HZ = 1e6
_RATE_TOLERANCE = 0.01


@dataclass(frozen=True)
class C3DContent:
    """Points, analogue channels and parameters of one C3D file.

    Attributes
    ----------
    points : ndarray, shape (n_frames, n_points, 3)
        As stored; NaN where a point was not seen.
    analogs : ndarray, shape (n_samples, n_channels)
    point_rate_hz, analog_rate_hz : float
    first_frame : int
        Number of the first frame, counted from 0 at the start of the capture.
    header_events : tuple of (float, str)
        Time on the capture's clock (s) and label of the events in the header block.
    recoded : tuple of str
        Text parameters that are not UTF-8 and were read as Windows-1252, of which Latin-1 is a
        part.
    """

    points: NDArray[np.float64]
    analogs: NDArray[np.float64]
    point_rate_hz: float
    analog_rate_hz: float
    first_frame: int
    _parameters: Mapping[str, Mapping[str, Mapping[str, Any]]]
    header_events: tuple[tuple[float, str], ...] = ()
    recoded: tuple[str, ...] = ()

    @property
    def point_time_s(self) -> NDArray[np.float64]:
        """Time of each frame on the capture's clock, s: 0 at the capture's first frame."""
        return (self.first_frame + np.arange(len(self.points))) / self.point_rate_hz

    @property
    def analog_time_s(self) -> NDArray[np.float64]:
        """Time of each analogue sample on the same clock, s."""
        start = self.first_frame / self.point_rate_hz
        return start + np.arange(len(self.analogs)) / self.analog_rate_hz

    def numbers(self, group: str, name: str) -> NDArray[np.float64]:
        """Return a numeric parameter in its own shape, empty where it is not there.

        Its continuations (``TIMES2``, ...) go on along the last dimension.
        """
        parts: list[NDArray[np.float64]] = []
        for entry in self._entries(group, name):
            if isinstance(entry["value"][0], str):
                break
            part = np.asarray(entry["value"], np.float64).reshape(entry["shape"], order="F")
            if parts and part.ndim == parts[0].ndim - 1:  # one column, its dimension left out
                part = part[..., np.newaxis]
            if parts and part.shape[:-1] != parts[0].shape[:-1]:
                break
            parts.append(part)
        return np.concatenate(parts, axis=-1) if len(parts) > 1 else (parts or [np.empty(0)])[0]

    def number(self, group: str, name: str) -> float | None:
        """Return the first value of a numeric parameter, or None."""
        values = self.numbers(group, name).ravel(order="F")
        return float(values[0]) if values.size and np.isfinite(values[0]) else None

    def texts(self, group: str, name: str) -> list[str]:
        """Return a text parameter, stripped, with its continuations (``LABELS2``, ...)."""
        return [
            value.strip()
            for entry in self._entries(group, name)
            for value in entry["value"]
            if isinstance(value, str)
        ]

    def _entries(self, group: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Yield a parameter and its continuations: one holds at most 255 values."""
        parameters = self._parameters.get(group.upper(), {})
        for part in count(1):
            entry = parameters.get(f"{name.upper()}{part if part > 1 else ''}")
            if entry is None or not entry["value"]:
                return
            yield entry


def read_c3d_content(path: Path) -> C3DContent:
    """Read a C3D file in a child process.

    Raises
    ------
    FileReadError
        If it is empty, cut off, malformed, contradicts itself, or makes the parser crash or hang.
    MissingExtraError
        If ezc3d is not installed.
    """
    require_installed("ezc3d", "io")
    header = check_c3d_header(path)
    most_bytes = _MOST_BYTES_PER_FILE_BYTE * path.stat().st_size
    meta, arrays = isolated_parser().parse("c3d", path, most_bytes)
    content = C3DContent(
        points=np.ascontiguousarray(arrays["points"].transpose(2, 1, 0)),
        analogs=np.ascontiguousarray(arrays["analogs"].T),
        point_rate_hz=meta["point_rate"],
        analog_rate_hz=meta["analog_rate"],
        first_frame=meta["first_frame"],
        _parameters={
            group.upper(): {name.upper(): entry for name, entry in content.items()}
            for group, content in meta["parameters"].items()
        },
        header_events=tuple(
            (meta["first_frame"] / meta["point_rate"] + time, label.strip())
            for time, label in meta["header_events"]
            if label.strip() and meta["point_rate"] > 0
        ),
        recoded=tuple(meta["recoded"]),
    )
    if content.points.size == 0 and content.analogs.size == 0:
        raise FileReadError(
            expected="a C3D file with points or analogue channels",
            got="a file with neither",
            where=str(path),
        )
    for kind, values, rate in (
        ("point", content.points, content.point_rate_hz),
        ("analogue", content.analogs, content.analog_rate_hz),
    ):
        if values.size and not 0 < rate < _LARGEST_RATE_HZ:
            raise FileReadError(
                expected=f"a positive {kind} rate", got=f"{rate} Hz", where=str(path)
            )
    if content.points.size and content.number("POINT", "SCALE") == 0:
        raise FileReadError(
            expected="POINT:SCALE to be the length of one stored step",
            got="POINT:SCALE 0, which puts every point at the origin",
            where=str(path),
            fix=_FIX,
        )
    _check_rates(content, header, path)
    return replace(content, analogs=_analogs_by_the_rule(content, header.is_real))


def read_c3d_parameters(path: Path) -> C3DContent:
    """Read the header and the parameters of a C3D file, and nothing behind them.

    Returns
    -------
    C3DContent
        Without points and analogue channels.

    Raises
    ------
    FileReadError
        If the header promises what is not there, or the parameters are no chain of entries.
    """
    header = check_c3d_header(path)
    with path.open("rb") as stream:
        start = (stream.read(1)[0] - 1) * _BLOCK
        stream.seek(start)
        blocks, processor = stream.read(4)[2:]
        section = stream.read((blocks or _MOST_BLOCKS) * _BLOCK - 4)
    try:
        parameters = _parameter_section(section, processor)
    except (IndexError, struct.error, ValueError):
        raise _refused(path, "a parameter section that ends within an entry") from None
    nothing = np.empty((0, 0, 3)), np.empty((0, 0))
    return C3DContent(*nothing, header.point_rate_hz, 0.0, 0, parameters)


_MOST_BLOCKS = 255
_TYPES = {1: "i1", 2: "<i2", 4: "<f4"}


def _parameter_section(section: bytes, processor: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return group -> parameter -> shape and values, from the chain of entries."""
    names: dict[int, str] = {}
    found: dict[int, dict[str, dict[str, Any]]] = {}
    place = 0
    while place < len(section) - 1 and section[place]:
        length = abs(struct.unpack_from("b", section, place)[0])  # negative: locked
        number = struct.unpack_from("b", section, place + 1)[0]
        place += 2
        name = section[place : place + length].decode("latin-1").upper()
        place += length
        (step,) = struct.unpack_from("<H", section, place)
        if number < 0:
            names[-number] = name
        else:
            found.setdefault(number, {})[name] = _parameter(section, place + 2, processor)
        if step == 0:
            break
        place += step
    return {names[number]: group for number, group in found.items() if number in names}


def _parameter(section: bytes, place: int, processor: int) -> dict[str, Any]:
    kind, n_dimensions = struct.unpack_from("bB", section, place)
    place += 2
    shape = list(section[place : place + n_dimensions])
    place += n_dimensions
    if kind == -1:
        width, cells = (shape or [1])[0], shape[1:]
        count = int(np.prod(cells, dtype=np.int64))
        data = section[place : place + width * count]
        texts = [data[k * width : (k + 1) * width] for k in range(count)] if width else []
        return {"shape": cells or [1], "value": [_text(text) for text in texts]}
    item = np.dtype(_TYPES[kind]) if kind in _TYPES else np.dtype("i1")
    count = int(np.prod(shape, dtype=np.int64))
    data = section[place : place + item.itemsize * count]
    if kind == 4 and processor == _DEC:
        values = [_real(data[k : k + 4], processor) for k in range(0, len(data), 4)]
    else:
        values = np.frombuffer(data, item).tolist()
    return {"shape": shape or [1], "value": values}


def _text(stored: bytes) -> str:
    stored = stored.partition(b"\0")[0].rstrip()
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("cp1252", "backslashreplace")


def _check_rates(content: C3DContent, header: "C3DHeader", path: Path) -> None:
    """Hold the rates in the parameters against the frames that the header describes."""
    rates = f"POINT:RATE {content.point_rate_hz:g} Hz"
    if _differ(header.point_rate_hz, content.point_rate_hz):
        raise FileReadError(
            expected="one rate of the frames",
            got=f"{rates}, but {header.point_rate_hz:g} Hz in the header: the rates disagree",
            where=str(path),
            fix=_FIX,
        )
    channels = content.analogs.shape[1] if content.analogs.size else 0
    stated = header.analogs_per_frame / channels if channels else 0.0
    by_rate = content.analog_rate_hz / content.point_rate_hz if content.point_rate_hz else 0.0
    if _differ(stated, by_rate):
        raise FileReadError(
            expected="ANALOG:RATE to be POINT:RATE times the analogue samples a frame",
            got=(
                f"{rates} and ANALOG:RATE {content.analog_rate_hz:g} Hz, {by_rate:g} samples a "
                f"frame, but frames of {stated:g} samples of {channels} channels: the rates and "
                "the samples a frame disagree"
            ),
            where=str(path),
            fix=_FIX,
        )


def _differ(stated: float, other: float) -> bool:
    """Return whether two numbers differ, where both are stated."""
    return stated > 0 and other > 0 and abs(stated - other) > _RATE_TOLERANCE * stated


_WORD = 1 << 16


def _analogs_by_the_rule(content: C3DContent, is_real: bool) -> NDArray[np.float64]:
    """Return (stored - OFFSET) x SCALE x GEN_SCALE.

    ezc3d takes the size of OFFSET and reads every integer as signed. ``ANALOG:FORMAT`` says
    whether integers and offsets are: 40000 and -25536 are the same 16 bits.
    """
    channels = content.analogs.shape[1]
    offset, scale = np.zeros(channels), np.zeros(channels)
    for name, values in (("OFFSET", offset), ("SCALE", scale)):
        stored = content.numbers("ANALOG", name).ravel(order="F")[:channels]
        values[: stored.size] = stored
    general = content.number("ANALOG", "GEN_SCALE")
    scale *= 1.0 if general is None else general
    taken, true = np.abs(offset), offset
    analogs = content.analogs
    if next(iter(content.texts("ANALOG", "FORMAT")), "").upper() == "UNSIGNED":
        true = np.mod(offset, _WORD)
        if not is_real:
            unit = np.where(scale == 0, 1.0, scale)
            negative = analogs / unit + taken < -0.5
            analogs = analogs + _WORD * scale * negative
    return analogs + (taken - true) * scale


def zeros_as_nan(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (n, 3), NaN in frames of three exact zeros: how "not seen" is written."""
    return np.where((xyz == 0.0).all(axis=1, keepdims=True), np.nan, xyz)


def unit_letters(unit: str) -> str:
    """Return a unit as the letters of its name: ``N.mm``, ``Nmm`` and ``n mm`` are one."""
    return "".join(letter for letter in unit.lower() if letter.isalpha())


# The header. Layout: https://www.c3d.org/docs/C3D_User_Guide.pdf, "The header section".

_BLOCK = 512
KEY = 0x50
_INTEL, _DEC, _SGI = 84, 85, 86
_SIGN_BYTE = {_INTEL: 3, _DEC: 1, _SGI: 0}
_FIX = "export the file again from the program that recorded it"


@dataclass(frozen=True)
class C3DHeader:
    """What the first block says of the frames.

    Attributes
    ----------
    analogs_per_frame : int
        Analogue values a frame: channels times samples.
    point_rate_hz : float
    is_real : bool
        Whether points and analogue values are stored as real numbers, else as integers.
    """

    analogs_per_frame: int
    point_rate_hz: float
    is_real: bool


def check_c3d_header(path: Path) -> C3DHeader:
    """Compare what a C3D file's header promises with the bytes that are there.

    Parameters
    ----------
    path : Path
        File to check.

    Returns
    -------
    C3DHeader

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
        if head[1] != KEY:
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
    return C3DHeader(analogs, _real(head[20:24], processor), is_real)


def _real(stored: bytes, processor: int) -> float:
    """Return a real number of the header; DEC stores its words in the other order, times 4."""
    if processor == _DEC:
        return float(struct.unpack("<f", stored[2:] + stored[:2])[0]) / 4
    return float(struct.unpack("<f", stored)[0])


def _refused(path: Path, got: str) -> FileReadError:
    return FileReadError(expected="a C3D file", got=got, where=str(path), fix=_FIX)
