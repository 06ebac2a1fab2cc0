"""AddBiomechanics' B3D files: joint angles, moments and ground reactions of solved trials.

Schema: ``SubjectOnDisk.proto`` of nimblephysics. Eight bytes of little-endian length, a header
message, then for each frame of each trial one sensor frame and one frame for each processing
pass. All sensor frames have one size and all pass frames another, both given in the header, so
a trial is read as one table of bytes.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.opensim import (
    OpenSimTable,
    axes_entry,
    coordinate_columns,
    coordinate_stream,
    lab_axes,
    pelvis_pose,
)
from locomotion_analysis.ingest.recording import Plate, ReadOptions, Recording
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

Array = NDArray[np.float64]
_MARKERS = 2
_UP = 1
_LOADED_N = 20.0


# The wire format of Protocol Buffers, as much of it as a reader needs.
#
# Encoding: https://protobuf.dev/programming-guides/encoding/. Nothing is allocated for a length
# that the bytes at hand do not cover, so a message that lies about its size cannot take memory.

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTH = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
_UINT64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    Attributes
    ----------
    number : int
        Field number of the schema.
    wire_type : int
        ``VARINT, FIXED64, BYTES`` or ``FIXED32``.
    start, stop : int
        Where its value lies in the message, without tag and length.
    integer : int
        The value of a VARINT, else 0.
    """

    number: int
    wire_type: int
    start: int
    stop: int
    integer: int = 0


def read_varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """Return the integer that starts at `position`, and the position after it.

    Raises
    ------
    FileReadError
        If it runs over the end or is longer than ten bytes.

    Examples
    --------
    >>> read_varint(bytes([0x96, 0x01]), 0)
    (150, 2)
    """
    value = 0
    for count in range(_LONGEST_VARINT):
        if position + count >= len(data):
            raise _broken(f"an integer cut off at byte {position}")
        byte = data[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value & _UINT64, position + count + 1
    raise _broken(f"an integer longer than {_LONGEST_VARINT} bytes at byte {position}")


def fields(data: bytes | memoryview) -> Iterator[Field]:
    """Walk over the fields of a message, in the order they were written.

    Raises
    ------
    FileReadError
        If a value runs over the end of the message, or a tag is impossible.

    Examples
    --------
    >>> [(field.number, field.integer) for field in fields(bytes([0x08, 0x96, 0x01]))]
    [(1, 150)]
    """
    position = 0
    while position < len(data):
        tag_at = position
        tag, position = read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise _broken(f"field number 0 at byte {tag_at}")
        if wire_type == VARINT:
            value, stop = read_varint(data, position)
            yield Field(number, wire_type, position, stop, value)
        elif wire_type == BYTES:
            length, position = read_varint(data, position)
            stop = position + length
            if stop > len(data):
                raise _broken(_overrun(number, length, len(data) - position))
            yield Field(number, wire_type, position, stop)
        elif wire_type in _WIDTH:
            stop = position + _WIDTH[wire_type]
            if stop > len(data):
                raise _broken(_overrun(number, _WIDTH[wire_type], len(data) - position))
            yield Field(number, wire_type, position, stop)
        else:
            raise _broken(f"field {number} of the unknown wire type {wire_type}")
        position = stop


class Message:
    """A parsed message: values by field number, the proto3 default where there is none.

    Parameters
    ----------
    data : bytes or memoryview

    Raises
    ------
    FileReadError
        If the bytes are no message.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._fields: defaultdict[int, list[Field]] = defaultdict(list)
        for field in fields(self._data):
            self._fields[field.number].append(field)

    def integer(self, number: int) -> int:
        """Return an int32, int64 or enum field; negative ones are ten bytes on the wire."""
        value = self._last(number, VARINT)
        return 0 if value is None else _signed(value.integer)

    def double(self, number: int) -> float:
        """Return a double field."""
        field = self._last(number, FIXED64)
        return 0.0 if field is None else float(np.frombuffer(self._bytes(field), "<f8")[0])

    def text(self, number: int) -> str:
        """Return a string field; bytes that are not UTF-8 are replaced."""
        return next(reversed(self.texts(number)), "")

    def texts(self, number: int) -> list[str]:
        """Return a repeated string field."""
        return [bytes(part).decode("utf-8", errors="replace") for part in self._parts(number)]

    def messages(self, number: int) -> list["Message"]:
        """Return a repeated message field."""
        return [Message(part) for part in self._parts(number)]

    def integers(self, number: int) -> NDArray[np.int64]:
        """Return a repeated integer, enum or bool field, packed or not."""
        values: list[int] = []
        for field in self._fields[number]:
            if field.wire_type == VARINT:
                values.append(_signed(field.integer))
            elif field.wire_type == BYTES:
                data, position = self._bytes(field), 0
                while position < len(data):
                    value, position = read_varint(data, position)
                    values.append(_signed(value))
        return np.asarray(values, dtype=np.int64)

    def _last(self, number: int, wire_type: int) -> Field | None:
        found = [field for field in self._fields[number] if field.wire_type == wire_type]
        return found[-1] if found else None

    def _parts(self, number: int) -> list[memoryview]:
        return [self._bytes(field) for field in self._fields[number] if field.wire_type == BYTES]

    def _bytes(self, field: Field) -> memoryview:
        return self._data[field.start : field.stop]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _overrun(number: int, length: int, left: int) -> str:
    return f"field {number} with a length of {length} bytes where {left} are left"


def _broken(got: str) -> FileReadError:
    return FileReadError(
        expected="a well-formed protobuf message",
        got=got,
        fix="the file is damaged or of another kind: download or export it again",
    )


# The header and the tables of frames.

_LENGTH = struct.Struct("<q")
_FIX = "the file is cut off or damaged: download it again"
_LARGEST_HEADER = 1 << 34
_MOST_DOFS = 1000
_LARGEST_VALUE = 1e9


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
    return header


def _header(message: Message, data_start: int) -> B3DHeader:
    """Take the header message apart; the numbers are the schema's field numbers."""
    trials = []
    for part in message.messages(9):
        passes = part.messages(5)
        trials.append(
            B3DTrial(
                name=part.text(1),
                n_frames=part.integer(3),
                timestep_s=part.double(4),
                missing_force=part.integers(2),
                pass_types=tuple(one.integer(1) for one in passes),
                observed=tuple(one.integers(2) for one in passes),
            )
        )
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
        trials=tuple(trials),
        sensor_bytes=message.integer(3),
        pass_bytes=message.integer(4),
        data_start=data_start,
    )


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
    where = f"{path}, trial {trial.name}"
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
        width = _frame_bytes(header, trial)
        data = stream.read(trial.n_frames * width)
    table = np.frombuffer(data, np.uint8).reshape(trial.n_frames, width)
    frames = table[:, offset : offset + length]
    # The first frame gives the layout, and all others are held to it.
    try:
        layout = list(fields(frames[0].tobytes()))
    except FileReadError as error:
        raise error.at(where) from None
    values: dict[int, Array] = {}
    between = np.ones(length, dtype=bool)
    for field in layout:
        if field.wire_type != BYTES or (field.stop - field.start) % 8:
            raise _refused(where, f"frame field {field.number} is no list of numbers")
        between[field.start : field.stop] = False
        block = np.ascontiguousarray(frames[:, field.start : field.stop])
        values[field.number] = block.view("<f8").astype(np.float64)
        if (np.abs(values[field.number]) > _LARGEST_VALUE).any():
            raise _refused(where, f"frame field {field.number} with values beyond 1e9")
    other = np.flatnonzero((frames[:, between] != frames[0, between]).any(axis=1))
    if other.size:
        raise _refused(where, f"frame {other[0] + 1} has another layout than frame 1")
    return values


def _frame_bytes(header: B3DHeader, trial: B3DTrial) -> int:
    return header.sensor_bytes + len(trial.pass_types) * header.pass_bytes


def _refused(where: Path | str, got: str) -> FileReadError:
    what = "an AddBiomechanics B3D file"
    return FileReadError(expected=what, got=got, where=str(where), fix=_FIX)


# One solved trial: the model's degrees of freedom over time.

_POSITION, _VELOCITY, _TORQUE, _WRENCH = 1, 2, 4, 5
_DYNAMICS = 1
_PASS_NAMES = {0: "kinematics", 1: "dynamics", 2: "low-pass filter"}
_COORDINATE = re.compile(r"<Coordinate\s+name\s*=\s*[\"']([^\"']+)[\"']")
_FOLLOWERS = ("_beta",)
_ROOT_FORCES = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
_FIXED = 1e-9
"""Path of a degree of freedom over a trial below which it is locked, rad or m."""


@dataclass(frozen=True)
class B3DSolution:
    """One pass over one trial.

    Attributes
    ----------
    names : list of str
        Coordinates of the OpenSim model, one a degree of freedom.
    position, velocity, torque : ndarray, shape (n_frames, n_dofs)
        rad or m, per second, Nm or N; NaN where not observed or not solved.
    wrench : ndarray, shape (n_frames, 6 * n_bodies)
        Torque about the origin and force of each contact body, y up.
    history : tuple of HistoryEntry
    """

    names: list[str]
    position: Array
    velocity: Array
    torque: Array
    wrench: Array
    history: tuple[HistoryEntry, ...]


def read_solution(path: Path, header: B3DHeader, index: int) -> B3DSolution:
    """Read the last dynamics pass of a trial, else its last pass.

    Raises
    ------
    FileReadError
        If the trial has markers only, or its frames do not fit the header.
    """
    trial = header.trials[index]
    if not trial.pass_types:
        raise FileReadError(
            expected="a trial with a processing pass (joint angles)",
            got=f"trial {trial.name} with markers only",
            where=str(path),
            fix="process the subject with AddBiomechanics first: joint angles are not computed here",
        )
    dynamics = [k for k, kind in enumerate(trial.pass_types) if kind == _DYNAMICS]
    chosen = dynamics[-1] if dynamics else len(trial.pass_types) - 1
    frames = read_b3d_frames(path, header, index, chosen)
    names = _degree_names(header, chosen, path)
    shape = (trial.n_frames, header.n_dofs)
    values = [
        frames.get(number, np.full(shape, np.nan)) for number in (_POSITION, _VELOCITY, _TORQUE)
    ]
    for value in values:
        if value.shape != shape:
            raise FileReadError(
                expected=f"{header.n_dofs} values a frame",
                got=f"{value.shape[1]}",
                where=f"{path}, trial {trial.name}",
            )
    position, velocity, torque = values
    wrench = frames.get(_WRENCH, np.empty((trial.n_frames, 0)))
    _check_flags(trial, chosen, header.n_dofs, path)
    torque, wrench, history = _without_missing_forces(trial, torque, wrench)
    # The solver leaves the first frame at zero.
    still = (np.nan_to_num(velocity) == 0.0).all(axis=1)
    if still.any():
        velocity = np.where(still[:, np.newaxis], np.nan, velocity)
        detail = "velocities of frames that were not solved: zero in every joint"
        history.append(HistoryEntry("masked", detail, int(still.sum())))
    kind = _PASS_NAMES.get(trial.pass_types[chosen], "unknown")
    used = HistoryEntry("read", f"pass {chosen + 1} of {len(trial.pass_types)} ({kind})")
    seen = trial.observed[chosen]
    if seen.size == header.n_dofs and not seen.all():
        unseen = [name for name, flag in zip(names, seen, strict=True) if not flag]
        position, velocity, torque = (
            np.where(seen.astype(bool), x, np.nan) for x in (position, velocity, torque)
        )
        detail = f"degrees of freedom that were not observed: {', '.join(unseen)}"
        history.append(HistoryEntry("dropped", detail, len(unseen)))
    return B3DSolution(names, position, velocity, torque, wrench, (used, *history))


def _degree_names(header: B3DHeader, chosen: int, path: Path) -> list[str]:
    """Return the names of the degrees of freedom, in the order of the model's text.

    Coordinates that follow another one (the patella's ``knee_angle_r_beta``) are none.
    """
    texts = [*header.models[chosen : chosen + 1], *header.models]
    text = next((text for text in texts if text), "")
    names = [name for name in _COORDINATE.findall(text) if not name.endswith(_FOLLOWERS)]
    if len(names) != header.n_dofs or len(set(names)) != len(names):
        raise FileReadError(
            expected=f"a model with {header.n_dofs} coordinates, the file's degrees of freedom",
            got=f"{len(names)} coordinates",
            where=str(path),
        )
    return names


_REASONS = {
    1: "no force though the body accelerates",
    2: "a force from outside that no plate measured",
    3: "torques that do not fit the motion",
    4: "forces that do not fit the motion",
    5: "a foot beside the plates",
    6: "a missing impact",
    7: "a short break in the force",
    8: "forces moved by the solver",
    9: "a clipped force, interpolated",
}
"""``MissingGRFReason`` of the schema, in words."""


def _check_flags(trial: B3DTrial, chosen: int, n_dofs: int, path: Path) -> None:
    """Refuse flags that cannot be laid over the frames, or over the degrees of freedom."""
    for what, flags, count in (
        ("frame", trial.missing_force, trial.n_frames),
        ("degree of freedom", trial.observed[chosen], n_dofs),
    ):
        if flags.size not in (0, count):
            raise FileReadError(
                expected=f"one flag a {what}, {count}",
                got=f"{flags.size}: which ones were measured is not known",
                where=f"{path}, trial {trial.name}",
                fix=_FIX,
            )


def _without_missing_forces(
    trial: B3DTrial, torque: Array, wrench: Array
) -> tuple[Array, Array, list[HistoryEntry]]:
    """Blank moments and forces in frames whose forces are incomplete or were not solved."""
    history = []
    unsolved = ~np.nan_to_num(torque).any(axis=1)
    missing = np.zeros(trial.n_frames, dtype=bool)
    if trial.missing_force.size:
        missing = trial.missing_force != 0
    if not np.nan_to_num(wrench).any() and not unsolved.all():
        history.append(HistoryEntry("dropped", "moments: there is no ground reaction at all"))
        torque = np.full_like(torque, np.nan)
    elif unsolved.any():
        count = int(unsolved.sum())
        history.append(HistoryEntry("masked", "moments of frames that were not solved", count))
    if missing.any():
        reasons, counts = np.unique(trial.missing_force[missing], return_counts=True)
        told = ", ".join(
            f"{_REASONS.get(int(reason), f'reason {reason}')} ({count})"
            for reason, count in zip(reasons, counts, strict=True)
        )
        detail = f"moments and forces of frames whose ground reaction is incomplete: {told}"
        history.append(HistoryEntry("dropped", detail, int(missing.sum())))
    torque = np.where((unsolved | missing)[:, None], np.nan, torque)
    return torque, np.where(missing[:, None], np.nan, wrench), history


def residual_entry(solution: B3DSolution, mass_kg: float) -> HistoryEntry:
    """Say how far the moments are from mechanics: the force left over at the pelvis."""
    columns = [k for k, name in enumerate(solution.names) if name in _ROOT_FORCES]
    left_over = np.linalg.norm(solution.torque[:, columns], axis=1)
    if len(columns) != len(_ROOT_FORCES) or not np.isfinite(left_over).any():
        return HistoryEntry("read", "moments without a force at the pelvis to judge them by")
    newton = float(np.nanmedian(left_over))
    part = f", {newton / (mass_kg * STANDARD_GRAVITY_M_S2):.2f} BW" if mass_kg > 0 else ""
    return HistoryEntry("read", f"moments leave a force of {newton:.0f} N{part} at the pelvis")


# Ground reactions: one wrench a foot, about the laboratory's origin.

_BODY_SIDE = re.compile(r"_(?P<side>[lr])$")
_SIDES = {"l": "left", "r": "right"}


def ground_reactions(
    time_s: Array, wrench: Array, bodies: Sequence[str]
) -> tuple[tuple[Plate, ...], list[HistoryEntry]]:
    """Turn contact wrenches into force and centre of pressure under each foot.

    With the torque T about the origin and the floor at height 0, the centre of pressure is
    x = -Ty / Fz, y = Tx / Fz (z up).

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    wrench : ndarray, shape (n, 6 * n_bodies)
        For each body torque (Nm) and force (N) in the laboratory, y up.
    bodies : sequence of str
        Contact bodies, for example ``calcn_r``.

    Returns
    -------
    tuple of Plate
        One a foot, in laboratory axes with z up; centres of pressure NaN below 20 N.
    list of HistoryEntry
    """
    if wrench.shape[1] != 6 * len(bodies) or not np.nan_to_num(wrench).any():
        return (), [HistoryEntry("dropped", "ground reactions: the chosen pass has none")]
    forces: dict[str, Array] = {}
    torques: dict[str, Array] = {}
    unnamed = []
    for k, body in enumerate(bodies):
        match = _BODY_SIDE.search(body)
        if match is None:
            unnamed.append(body)
            continue
        side = _SIDES[match["side"]]
        torque = lab_axes(wrench[:, 6 * k : 6 * k + 3], _UP)
        force = lab_axes(wrench[:, 6 * k + 3 : 6 * k + 6], _UP)
        # A foot may be more than one body (heel and toes): wrenches about one point add up.
        forces[side] = forces.get(side, 0.0) + force
        torques[side] = torques.get(side, 0.0) + torque
    plates = []
    for side, force in forces.items():
        torque = torques[side]
        vertical = np.where(force[:, 2] >= _LOADED_N, force[:, 2], np.nan)
        x, y = -torque[:, 1] / vertical, torque[:, 0] / vertical
        cop = np.column_stack([x, y, 0.0 * vertical])
        twist = torque[:, 2] - np.nan_to_num(x * force[:, 1] - y * force[:, 0])
        plates.append(Plate(time_s, force, cop, np.where(np.isnan(vertical), 0.0, twist), side))
    history = [axes_entry(_UP, "markers, forces and centres of pressure")]
    if unnamed:
        detail = f"contact bodies that name no foot: {', '.join(unnamed)}"
        history.append(HistoryEntry("dropped", detail, len(unnamed)))
    return tuple(plates), history


# The reader.


class B3DReader:
    """Reads every trial of a B3D file; needs no other library.

    Examples
    --------
    >>> B3DReader().recognises(Path("x.b3d"), bytes([40, 0, 0, 0, 0, 0, 0, 0, 8, 33, 24, 9]))
    True
    """

    name = "b3d"
    description = "AddBiomechanics B3D: angles, moments and ground reactions of solved trials"
    suffixes = (".b3d",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the first bytes are of a B3D file."""
        return looks_like_b3d(head)

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Return the trials that the header lists, without their frames."""
        header = read_b3d_header(path)
        known = _metadata(header)
        return [
            Recording(source=str(path), trial=trial.name, metadata=known) for trial in header.trials
        ]

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read all trials.

        Parameters
        ----------
        path : Path
        options : ReadOptions
            Not needed: a B3D file describes itself.

        Returns
        -------
        list of Recording
            One a trial. Times start at 0 s.

        Raises
        ------
        FileReadError
            If the file is cut off, or its header promises what is not there.
        """
        header = read_b3d_header(path)
        return [_recording(path, header, index) for index in range(len(header.trials))]


def _recording(path: Path, header: B3DHeader, index: int) -> Recording:
    trial = header.trials[index]
    time_s = np.arange(trial.n_frames, dtype=np.float64) * trial.timestep_s
    solution = read_solution(path, header, index)
    moves = np.nan_to_num(np.ptp(solution.position, axis=0), nan=np.inf) > _FIXED
    value = "/jointset/joint/{}/value"
    columns, parts = [], []
    for values, pattern, wanted in (
        (solution.position, value, moves),
        (solution.velocity, "/jointset/joint/{}/speed", moves),
        (solution.torque, "{}_moment", np.ones_like(moves)),
    ):
        kept = np.flatnonzero(np.isfinite(values).any(axis=0) & wanted)
        columns += [pattern.format(solution.names[k]) for k in kept]
        parts.append(values[:, kept])
    locked = [name for name, moving in zip(solution.names, moves, strict=True) if not moving]
    # Under the names OpenSim's own tables have, what is known of those serves here too.
    table = OpenSimTable(time_s, tuple(columns), np.hstack(parts), in_degrees=False, history=())
    stream, history = coordinate_stream(table)
    seen = np.flatnonzero(np.isfinite(solution.position).any(axis=0))
    places = tuple(value.format(solution.names[k]) for k in seen)
    pelvis, of_pelvis = pelvis_pose(
        replace(table, columns=places, values=solution.position[:, seen])
    )
    plates, force_history = ground_reactions(time_s, solution.wrench, header.contact_bodies)
    observed = read_b3d_frames(path, header, index, None).get(_MARKERS)
    markers = {}
    if observed is not None and observed.shape[1] == 3 * len(header.marker_names):
        for k, name in enumerate(header.marker_names):
            if np.isfinite(observed[:, 3 * k]).any():
                markers[name] = lab_axes(observed[:, 3 * k : 3 * k + 3], _UP)
    named = " ".join([*coordinate_columns(table), *of_pelvis, *locked])
    if rest := [name for name in solution.names if name not in named]:
        detail = f"degrees of freedom without a standard channel: {', '.join(rest)}"
        history.append(HistoryEntry("dropped", detail, len(rest)))
    if locked:
        detail = f"angles and velocities that the model holds fixed: {', '.join(locked)}"
        history.append(HistoryEntry("dropped", detail, len(locked)))
    recording = Recording(
        source=str(path),
        trial=trial.name,
        streams=() if stream is None else (stream,),
        plates=plates,
        pelvis=pelvis,
        markers=markers,
        marker_time_s=time_s,
        metadata=_metadata(header),
    )
    read = f"{path.name}: {trial.name}, {trial.n_frames} frames at {1 / trial.timestep_s:g} Hz"
    return recording.then(
        HistoryEntry("read", read),
        *solution.history,
        residual_entry(solution, header.mass_kg),
        *history,
        *force_history,
    )


def _metadata(header: B3DHeader) -> dict[str, Any]:
    """Return what the header knows of the person."""
    known: dict[str, Any] = {}
    if header.mass_kg > 0:
        known["mass_kg"] = header.mass_kg
    if header.height_m > 0:
        known["height_m"] = header.height_m
    if header.age > 0:
        known["age"] = float(header.age)
    if header.sex in ("female", "male"):
        known["sex"] = header.sex
    if "healthy" in header.tags:
        known["pathology"] = "healthy"
    return known
