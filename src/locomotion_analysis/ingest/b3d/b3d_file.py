"""The layout of AddBiomechanics' B3D files.

Schema: ``SubjectOnDisk.proto`` of nimblephysics. Eight bytes of little-endian length, a header
message, then for each frame of each trial one sensor frame and one frame for each processing
pass. All sensor frames have one size and all pass frames another, both given in the header, so
a trial is read as one table of bytes.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.b3d.protobuf import BYTES, Message, fields

_LENGTH = struct.Struct("<q")
_FIX = "the file is cut off or damaged: download it again"
_LARGEST_HEADER = 1 << 34
_MOST_DOFS = 1000
_LARGEST_VALUE = 1e9

Array = NDArray[np.float64]


@dataclass(frozen=True)
class B3DTrial:
    """One trial of the header.

    Attributes
    ----------
    name : str
    n_frames : int
    timestep_s : float
    missing_force : ndarray of int, shape (n_frames,) or (0,)
        0 where the forces are complete, else the reason why they are not.
    pass_types : tuple of int
        0 kinematics, 1 dynamics, 2 low-pass filter; one for each pass.
    observed : tuple of ndarray of int
        For each pass, which degrees of freedom were seen; empty where not said.
    """

    name: str
    n_frames: int
    timestep_s: float
    missing_force: NDArray[np.int64]
    pass_types: tuple[int, ...]
    observed: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True)
class B3DHeader:
    """The header message, checked against the file's size.

    Attributes
    ----------
    n_dofs : int
    models : tuple of str
        OpenSim model text of each pass.
    contact_bodies, marker_names, tags : tuple of str
    sex : str
    height_m, mass_kg : float
        0 where not given.
    age : int
    version : int
    trials : tuple of B3DTrial
    sensor_bytes, pass_bytes : int
        Size of one sensor frame and of one pass frame.
    data_start : int
        Where the first frame lies in the file.
    """

    n_dofs: int
    models: tuple[str, ...]
    contact_bodies: tuple[str, ...]
    marker_names: tuple[str, ...]
    tags: tuple[str, ...]
    sex: str
    height_m: float
    mass_kg: float
    age: int
    version: int
    trials: tuple[B3DTrial, ...]
    sensor_bytes: int
    pass_bytes: int
    data_start: int


def looks_like_b3d(head: bytes) -> bool:
    """Return whether `head` starts with a length and a header's first field, ``num_dofs``."""
    if len(head) < _LENGTH.size + 4 or not 0 < _LENGTH.unpack_from(head)[0] < _LARGEST_HEADER:
        return False
    tag, dofs, following = head[8], head[9], head[10]
    if dofs >= 0x80:  # a second byte of the number
        following = head[11]
    return tag == 0x08 and dofs > 0 and following in (0x10, 0x18, 0x20, 0x2A)


def read_b3d_header(path: Path) -> B3DHeader:
    """Read the header and check that the frames it promises are there.

    Raises
    ------
    FileReadError
        If the header is no protobuf message or promises more than the file holds.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        first = stream.read(_LENGTH.size)
        if len(first) < _LENGTH.size:
            raise _refused(path, f"{size} bytes, less than the 8 of the header's length")
        (length,) = _LENGTH.unpack(first)
        if not 0 < length <= size - _LENGTH.size:
            got = f"a header length of {length} bytes in a file of {size} bytes"
            raise _refused(path, got)
        data = stream.read(length)
    try:
        header = _header(Message(data), _LENGTH.size + length)
    except FileReadError as error:
        raise error.at(str(path)) from None
    _check(header, path, size)
    return header


def _header(message: Message, data_start: int) -> B3DHeader:
    return B3DHeader(
        n_dofs=message.integer(1),
        models=tuple(part.text(2) for part in message.messages(5)),
        contact_bodies=tuple(message.texts(6)),
        marker_names=tuple(message.texts(17)),
        tags=tuple(message.texts(23)),
        sex=message.text(13),
        height_m=message.double(14),
        mass_kg=message.double(15),
        age=message.integer(16),
        version=message.integer(10),
        trials=tuple(_trial(part) for part in message.messages(9)),
        sensor_bytes=message.integer(3),
        pass_bytes=message.integer(4),
        data_start=data_start,
    )


def _trial(message: Message) -> B3DTrial:
    passes = message.messages(5)
    return B3DTrial(
        name=message.text(1),
        n_frames=message.integer(3),
        timestep_s=message.double(4),
        missing_force=message.integers(2),
        pass_types=tuple(part.integer(1) for part in passes),
        observed=tuple(part.integers(2) for part in passes),
    )


def _check(header: B3DHeader, path: Path, size: int) -> None:
    if not 0 < header.n_dofs <= _MOST_DOFS:
        raise _refused(path, f"{header.n_dofs} degrees of freedom")
    if not header.trials:
        raise _refused(path, "a header without trials")
    if header.sensor_bytes <= 0 or header.pass_bytes <= 0:
        raise _refused(path, f"frames of {header.sensor_bytes} and {header.pass_bytes} bytes")
    for trial in header.trials:
        # `not >` also refuses a timestep that is not a number.
        if trial.n_frames <= 0 or not trial.timestep_s > 0 or not np.isfinite(trial.timestep_s):
            got = f"trial {trial.name}: {trial.n_frames} frames of {trial.timestep_s} s"
            raise _refused(path, got)
    needed = header.data_start + sum(
        trial.n_frames * _frame_bytes(header, trial) for trial in header.trials
    )
    if needed > size:
        frames = sum(trial.n_frames for trial in header.trials)
        got = f"{size} bytes where a header of {frames} frames needs {needed}"
        raise _refused(path, got)


def read_b3d_frames(
    path: Path, header: B3DHeader, trial_index: int, pass_index: int | None
) -> dict[int, Array]:
    """Read one trial's sensor frames or the frames of one of its passes.

    Parameters
    ----------
    path : Path
    header : B3DHeader
    trial_index : int
    pass_index : int or None
        None: the sensor frames.

    Returns
    -------
    dict of int to ndarray, shape (n_frames, n_values)
        Field number of the frame's schema -> its values.

    Raises
    ------
    FileReadError
        If the frames do not all have the same layout.
    """
    trial = header.trials[trial_index]
    start = header.data_start + sum(
        before.n_frames * _frame_bytes(header, before) for before in header.trials[:trial_index]
    )
    if pass_index is None:
        offset, length = 0, header.sensor_bytes
    else:
        offset = header.sensor_bytes + pass_index * header.pass_bytes
        length = header.pass_bytes
    with path.open("rb") as stream:
        stream.seek(start)
        table = _table(stream, trial.n_frames, _frame_bytes(header, trial))
    frames = table[:, offset : offset + length]
    try:
        return _columns(frames)
    except FileReadError as error:
        raise error.at(f"{path}, trial {trial.name}") from None


def _table(stream: BinaryIO, rows: int, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(stream.read(rows * width), np.uint8).reshape(rows, width)


def _columns(frames: NDArray[np.uint8]) -> dict[int, Array]:
    """Take the layout from the first frame and hold all others to it."""
    values: dict[int, Array] = {}
    between = np.ones(frames.shape[1], dtype=bool)
    for field in fields(frames[0].tobytes()):
        if field.wire_type != BYTES or (field.stop - field.start) % 8:
            raise _refused(None, f"frame field {field.number} is no list of numbers")
        between[field.start : field.stop] = False
        block = np.ascontiguousarray(frames[:, field.start : field.stop])
        values[field.number] = block.view("<f8").astype(np.float64)
        if (np.abs(values[field.number]) > _LARGEST_VALUE).any():
            raise _refused(None, f"frame field {field.number} with values beyond 1e9")
    other = np.flatnonzero((frames[:, between] != frames[0, between]).any(axis=1))
    if other.size:
        raise _refused(None, f"frame {other[0] + 1} has another layout than frame 1")
    return values


def _frame_bytes(header: B3DHeader, trial: B3DTrial) -> int:
    return header.sensor_bytes + len(trial.pass_types) * header.pass_bytes


def _refused(path: Path | None, got: str) -> FileReadError:
    where = "" if path is None else str(path)
    return FileReadError(expected="an AddBiomechanics B3D file", got=got, where=where, fix=_FIX)
