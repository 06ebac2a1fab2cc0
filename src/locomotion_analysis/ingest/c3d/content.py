"""What a C3D file holds, with the quirks of its parameter section taken out.

The first block is checked before a parser is let near the file; the parser runs in a child
process and gives the parameters and the segment poses. Points and analogue values are read here, as
the header lays them out.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    remarks : tuple of str
        What was read in another way than the file first says.
    poses : ndarray, shape (n_samples, n_segments, 4, 4)
        The ROTATION block: from segment to laboratory axes, the last column where the segment's
        origin is. NaN where a segment was not tracked.
    """

    points: NDArray[np.float64]
    analogs: NDArray[np.float64]
    point_rate_hz: float
    analog_rate_hz: float
    first_frame: int
    _parameters: Mapping[str, Mapping[str, Mapping[str, Any]]]
    header_events: tuple[tuple[float, str], ...] = ()
    recoded: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    poses: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0, 4, 4)))

    @property
    def point_time_s(self) -> NDArray[np.float64]:
        """Time of each frame on the capture's clock, s: 0 at the capture's first frame."""
        return (self.first_frame + np.arange(len(self.points))) / self.point_rate_hz

    @property
    def analog_time_s(self) -> NDArray[np.float64]:
        """Time of each analogue sample on the same clock, s."""
        start = self.first_frame / self.point_rate_hz
        return start + np.arange(len(self.analogs)) / self.analog_rate_hz

    @property
    def poses_per_frame(self) -> int:
        """Samples of the ROTATION block in one frame."""
        return len(self.poses) // max(len(self.points), 1)

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
    first_frame = max(header.first_frame - 1, 0)
    content = C3DContent(
        points=np.empty((0, 0, 3)),
        analogs=np.empty((0, 0)),
        point_rate_hz=meta["point_rate"],
        analog_rate_hz=0.0,
        first_frame=first_frame,
        _parameters={
            group.upper(): {name.upper(): entry for name, entry in content.items()}
            for group, content in meta["parameters"].items()
        },
        header_events=tuple(
            (first_frame / meta["point_rate"] + time, label.strip())
            for time, label in meta["header_events"]
            if label.strip() and meta["point_rate"] > 0
        ),
        recoded=tuple(meta["recoded"]),
        poses=_tracked_poses(arrays),
    )
    if meta["real_offsets"]:
        content = _remarked(content, "ANALOG:OFFSET, real numbers where integers are usual")
    used = content.number("POINT", "USED") or 0.0
    if int(used) % _WORD != header.n_points:
        raise FileReadError(
            expected="POINT:USED to be the points of a frame",
            got=f"{used:.0f}, but {header.n_points} points in the header",
            where=str(path),
            fix=_FIX,
        )
    if content.number("POINT", "SCALE") == 0 and header.n_points:
        raise FileReadError(
            expected="POINT:SCALE to be the length of one stored step",
            got="POINT:SCALE 0, which puts every point at the origin",
            where=str(path),
            fix=_FIX,
        )
    content = _with_data(content, header, path)
    if not (content.points.size or content.analogs.size or content.poses.size):
        raise FileReadError(
            expected="a C3D file with points, analogue channels or segment poses",
            got="a file with neither points, analogue channels nor segment poses",
            where=str(path),
            fix=_FIX,
        )
    for kind, values, rate in (
        ("point", content.points, content.point_rate_hz),
        ("analogue", content.analogs, content.analog_rate_hz),
        ("frame", content.poses, content.point_rate_hz),
    ):
        if values.size and not 0 < rate < _LARGEST_RATE_HZ:
            raise FileReadError(
                expected=f"a positive {kind} rate", got=f"{rate} Hz", where=str(path)
            )
    _check_poses(content, path)
    return content


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


def _remarked(content: C3DContent, remark: str) -> C3DContent:
    return replace(content, remarks=(*content.remarks, remark))


# The frames: points, then analogue values, each frame as long as the header says.

_LARGEST_WORD, _WORD = 0xFFFF, 1 << 16


def _with_data(content: C3DContent, header: "C3DHeader", path: Path) -> C3DContent:
    """Read the points and the analogue values."""
    channels, samples = _channels_and_samples(content, header, path)
    content = _with_rates(content, header, channels, samples, path)
    content, frames = _stated_frames(content, header)
    start = (header.data_block - 1) * _BLOCK
    poses_at = (int(content.number("ROTATION", "DATA_START") or 0) - 1) * _BLOCK
    end = poses_at if poses_at > start else path.stat().st_size
    in_file = (end - start) // header.frame_bytes if header.frame_bytes else header.n_frames
    if frames > in_file:
        raise _refused(path, f"{frames} frames by its parameters, of which {in_file} are there")
    with path.open("rb") as stream:
        stream.seek(start)
        raw = stream.read((frames or in_file) * header.frame_bytes)
    stored = _stored(raw, header).reshape(frames or in_file, -1)
    if not frames:
        frames = _without_empty_end(stored)
        remark = f"{frames} frames: nothing says how many, {in_file - frames} at the end were empty"
        stored, content = stored[:frames], _remarked(content, remark)
    if len(content.poses) % frames:
        raise _refused(path, f"{len(content.poses)} segment poses in {frames} frames")
    n_values = 4 * header.n_points
    points = stored[:, :n_values].reshape(frames, header.n_points, 4)
    scale = 1.0 if header.is_real else abs(content.number("POINT", "SCALE") or header.point_scale)
    seen = points[..., 3:] >= 0  # the residual of a point that was not seen is -1
    analogs = stored[:, n_values:].reshape(frames * samples, channels)
    return replace(
        content,
        points=np.where(seen, points[..., :3] * scale, np.nan),
        analogs=_by_the_rule(content, analogs, is_real=header.is_real),
    )


def _channels_and_samples(content: C3DContent, header: "C3DHeader", path: Path) -> tuple[int, int]:
    """Return the analogue channels, and the samples of each in a frame."""
    values = header.analogs_per_frame
    used = int(content.number("ANALOG", "USED") or 0)
    channels = used if used > 0 else values // max(header.samples_per_frame, 1)
    if not values:
        return 0, 0
    if not channels or values % channels:
        raise _refused(path, f"frames of {values} analogue values for {channels} channels")
    return channels, values // channels


def _with_rates(
    content: C3DContent, header: "C3DHeader", channels: int, samples: int, path: Path
) -> C3DContent:
    """Return the rate of the analogue samples; rates must agree with each other and the frames."""
    rates = f"POINT:RATE {content.point_rate_hz:g} Hz"
    if _differ(header.point_rate_hz, content.point_rate_hz):
        raise FileReadError(
            expected="one rate of the frames",
            got=f"{rates}, but {header.point_rate_hz:g} Hz in the header: the rates disagree",
            where=str(path),
            fix=_FIX,
        )
    if not channels:
        return content
    stated = content.number("ANALOG", "RATE") or 0.0
    by_rate = stated / content.point_rate_hz if content.point_rate_hz else 0.0
    if _differ(samples, by_rate if stated else float(header.samples_per_frame)):
        raise FileReadError(
            expected="ANALOG:RATE to be POINT:RATE times the analogue samples a frame",
            got=(
                f"{rates} and ANALOG:RATE {stated:g} Hz, {by_rate:g} samples a frame, but frames of "
                f"{samples:g} samples of {channels} channels: the rates and the samples a frame "
                "disagree"
            ),
            where=str(path),
            fix=_FIX,
        )
    if stated:
        return replace(content, analog_rate_hz=stated)
    remark = f"ANALOG:RATE, which is not there, as {samples} x POINT:RATE: the samples a frame"
    return _remarked(replace(content, analog_rate_hz=samples * content.point_rate_hz), remark)


def _differ(stated: float, other: float) -> bool:
    """Return whether two numbers differ, where both are stated."""
    return stated > 0 and other > 0 and abs(stated - other) > _RATE_TOLERANCE * stated


def _stated_frames(content: C3DContent, header: "C3DHeader") -> tuple[C3DContent, int]:
    """Return how many frames there are, 0 where nothing says it.

    The header's words end at frame 65535. Beyond, the count is ``POINT:LONG_FRAMES``, else that
    from ``TRIAL:ACTUAL_START_FIELD`` to ``ACTUAL_END_FIELD``, else ``POINT:FRAMES`` as a real
    number (c3d.org, "The C3D frame count").
    """
    counted = content.number("POINT", "FRAMES") or 0.0
    if header.last_frame < _LARGEST_WORD:
        if int(counted) % _WORD not in (0, header.n_frames):
            remark = (
                f"{header.n_frames} frames, as the header has it; POINT:FRAMES says {counted:.0f}"
            )
            content = _remarked(content, remark)
        return content, header.n_frames
    start, end = (_two_words(content, f"ACTUAL_{name}_FIELD") for name in ("START", "END"))
    if start > _LARGEST_WORD:
        content = replace(content, first_frame=start - 1)
    long = int(content.number("POINT", "LONG_FRAMES") or 0)
    by_fields = end - start + 1 if start and end else 0
    return content, long or by_fields or (int(counted) if counted > _LARGEST_WORD else 0)


def _two_words(content: C3DContent, name: str) -> int:
    """Return a number of the TRIAL group from its low and its high word, 0 where it is not there."""
    words = content.numbers("TRIAL", name).ravel()
    if words.size != 2 or not np.isfinite(words).all():
        return 0
    low, high = (int(word) % _WORD for word in words)
    return (high << 16) + low


def _stored(raw: bytes, header: "C3DHeader") -> NDArray[np.float64]:
    """Return the numbers of the data section as they are stored."""
    if not header.is_real:
        return np.frombuffer(raw, "<i2").astype(np.float64)
    if header.processor != _DEC:
        return np.frombuffer(raw, "<f4").astype(np.float64)
    words = np.frombuffer(raw, "<u2").reshape(-1, 2)[:, ::-1]
    return np.ascontiguousarray(words).view("<f4").ravel().astype(np.float64) / 4


def _without_empty_end(stored: NDArray[np.float64]) -> int:
    """Return how many frames there are without empty ones at the end, of one block at most."""
    filled = np.flatnonzero((np.nan_to_num(stored) != 0).any(axis=1))
    last = int(filled[-1]) + 1 if filled.size else len(stored)
    return last if len(stored) - last <= _BLOCK else len(stored)


def _by_the_rule(
    content: C3DContent, stored: NDArray[np.float64], *, is_real: bool
) -> NDArray[np.float64]:
    """Return (stored - OFFSET) x SCALE x GEN_SCALE; NaN in channels without a SCALE.

    ``ANALOG:FORMAT`` says whether integers and offsets are signed: 40000 and -25536 are the same
    16 bits. Without it, an offset of 32768 says so: a signed one would be the end of the scale.
    """
    channels = stored.shape[1]
    offset, scale = np.zeros(channels), np.full(channels, np.nan)
    for name, values in (("OFFSET", offset), ("SCALE", scale)):
        given = content.numbers("ANALOG", name).ravel(order="F")[:channels]
        values[: given.size] = given
    general = content.number("ANALOG", "GEN_SCALE")
    scale *= 1.0 if general is None else general
    encoding = next(iter(content.texts("ANALOG", "FORMAT")), "").upper()
    middle = bool(channels) and bool((np.abs(offset) == _WORD / 2).all())
    if encoding == "UNSIGNED" or (not encoding and middle and not is_real):
        offset = np.mod(offset, _WORD)
        stored = stored if is_real else np.mod(stored, _WORD)
    scaled: NDArray[np.float64] = (stored - offset) * scale
    return scaled


_FLOATS_PER_POSE = 17


def _tracked_poses(arrays: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the ROTATION block (n_samples, n_segments, 4, 4), NaN where its 17th number is -1."""
    if "rotations" not in arrays:
        return np.empty((0, 0, 4, 4))
    tracked = arrays["reliability"] >= 0
    poses = np.where(tracked, arrays["rotations"], np.nan)
    return np.ascontiguousarray(poses.transpose(3, 2, 0, 1))


def _check_poses(content: C3DContent, path: Path) -> None:
    """Refuse a ROTATION block that goes on beyond the end of the file."""
    start = content.number("ROTATION", "DATA_START")
    if not content.poses.size or start is None:
        return
    n_samples, n_segments = content.poses.shape[:2]
    needed = (int(start) - 1) * _BLOCK + 4 * _FLOATS_PER_POSE * n_samples * n_segments
    if (size := path.stat().st_size) < needed:
        raise _refused(
            path,
            f"{size} bytes, but {n_samples} poses of {n_segments} segments from block {start:.0f} "
            f"on need {needed}: the file is cut off",
        )


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
    n_points : int
    analogs_per_frame : int
        Analogue values a frame: channels times samples.
    samples_per_frame : int
        Analogue samples a frame, of each channel; 0 where not said.
    first_frame, last_frame : int
        As the header's words hold them, 65535 at most.
    data_block : int
        Where the frames begin, in blocks of 512 bytes from 1.
    point_rate_hz, point_scale : float
    is_real : bool
        Whether points and analogue values are stored as real numbers, else as integers.
    processor : int
        84 Intel, 85 DEC: how real numbers are stored.
    """

    n_points: int
    analogs_per_frame: int
    samples_per_frame: int
    first_frame: int
    last_frame: int
    data_block: int
    point_rate_hz: float
    point_scale: float
    is_real: bool
    processor: int

    @property
    def n_frames(self) -> int:
        """Frames by the header."""
        return self.last_frame - self.first_frame + 1

    @property
    def frame_bytes(self) -> int:
        """Length of one frame in the file."""
        return (4 * self.n_points + self.analogs_per_frame) * (4 if self.is_real else 2)


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
        If the file is empty, cut off, of another format or written for SGI/MIPS processors.
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
    block, samples = struct.unpack_from("<2H", head, 16)
    if last < first:
        raise _refused(path, f"a first frame ({first}) after the last ({last})")
    header = C3DHeader(
        n_points=points,
        analogs_per_frame=analogs,
        samples_per_frame=samples,
        first_frame=first,
        last_frame=last,
        data_block=block,
        point_rate_hz=_real(head[20:24], processor),
        point_scale=_real(head[12:16], processor),
        is_real=bool(head[12 + _SIGN_BYTE[processor]] & 0x80),
        processor=processor,
    )
    needed = (block - 1) * _BLOCK + header.n_frames * header.frame_bytes
    if block < 2 or needed > size:
        raise _refused(
            path,
            f"{size} bytes, but its header promises {header.n_frames} frames of {points} points and "
            f"{analogs} analogue samples, {needed} bytes: the file is cut off or its header wrong",
        )
    return header


def _real(stored: bytes, processor: int) -> float:
    """Return a real number of the header; DEC stores its words in the other order, times 4."""
    if processor == _DEC:
        return float(struct.unpack("<f", stored[2:] + stored[:2])[0]) / 4
    return float(struct.unpack("<f", stored)[0])


def _refused(path: Path, got: str) -> FileReadError:
    return FileReadError(expected="a C3D file", got=got, where=str(path), fix=_FIX)
