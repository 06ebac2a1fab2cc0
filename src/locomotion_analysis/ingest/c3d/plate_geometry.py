"""The FORCE_PLATFORM group of a C3D file: which channels, where, in what units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.c3d.content import C3DContent

_CHANNELS = {1: 6, 2: 6, 3: 8, 4: 6}
_MOMENT_UNITS = {"nm": 1.0, "nmm": 1e-3, "ntmm": 1e-3, "ncm": 1e-2, "newtonmeters": 1.0}
_FORCE_UNITS = ("n", "nt", "newton", "newtons")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlateSetup:
    """One force plate as the file describes it.

    Attributes
    ----------
    number : int
        Counted from 1.
    kind : int
        C3D type 1 to 4.
    raw : ndarray, shape (n, 6 or 8)
        Its analogue channels.
    corners : ndarray, shape (4, 3)
        In file axes and units.
    origin_m : ndarray, shape (3,)
        Types 2 and 4: from the sensor's origin to the middle of the surface, z negative;
        type 3: half distances of the sensors and their depth, negative.
    calibration : ndarray, shape (6, 6)
    cop_polynomial : ndarray, shape (6, 2)
        The maker's correction of the centre of pressure; zeros where there is none.
    moment_Nm : float
        Newton metres in one unit of the moment channels.
    unit_m : float
        Metres in one unit of length.
    """

    number: int
    kind: int
    raw: Array
    corners: Array
    origin_m: Array
    calibration: Array
    cop_polynomial: Array
    moment_Nm: float
    unit_m: float


def plate_setups(content: C3DContent, unit_m: float) -> tuple[list[PlateSetup], list[HistoryEntry]]:
    """Return the plates that are fully described, and why the others are left out.

    Parameters
    ----------
    content : C3DContent
    unit_m : float
        Metres in one unit of ``POINT:UNITS``.
    """
    setups: list[PlateSetup] = []
    history: list[HistoryEntry] = []
    for index in range(_plate_count(content)):
        reason = _reason_to_leave_out(content, index)
        if reason:
            history.append(HistoryEntry("dropped", f"plate {index + 1}: {reason}"))
            continue
        setup, entries = _setup(content, index, unit_m)
        setups.append(setup)
        history += entries
    return setups, history


def _plate_count(content: C3DContent) -> int:
    kinds = content.numbers("FORCE_PLATFORM", "TYPE").size
    used = content.number("FORCE_PLATFORM", "USED")
    return kinds if used is None else max(int(used), 0)


def _reason_to_leave_out(content: C3DContent, index: int) -> str:
    kinds = content.numbers("FORCE_PLATFORM", "TYPE").ravel(order="F")
    kind = int(kinds[index]) if index < kinds.size else 0
    stored = content.analogs.shape[1] if len(content.analogs) else 0
    channels = _of_plate(content, "CHANNEL", index, 2)
    corners = _of_plate(content, "CORNERS", index, 3)
    if kind not in _CHANNELS:
        return f"its type is {kind}, not 1, 2, 3 or 4"
    if channels.size < _CHANNELS[kind]:
        return f"{channels.size} of its {_CHANNELS[kind]} channels are named"
    channels = channels[: _CHANNELS[kind]]
    if channels.min() < 1 or channels.max() > stored:
        return f"it needs channels {channels.min():.0f} to {channels.max():.0f} of {stored} stored"
    if corners.shape != (3, 4) or np.linalg.matrix_rank(corners - corners[:, :1]) < 2:
        return "its corners are missing or lie on one line"
    if kind == 4 and _of_plate(content, "CAL_MATRIX", index, 3).shape != (6, 6):
        return "type 4 without a 6 x 6 CAL_MATRIX"
    return ""


def _setup(content: C3DContent, index: int, unit_m: float) -> tuple[PlateSetup, list[HistoryEntry]]:
    kind = int(content.numbers("FORCE_PLATFORM", "TYPE").ravel(order="F")[index])
    channels = _of_plate(content, "CHANNEL", index, 2)[: _CHANNELS[kind]].astype(int) - 1
    origin, history = _origin(content, index)
    moment_Nm, assumed = _moment_unit(content, channels, kind, unit_m, index + 1)
    polynomial = _of_plate(content, "FPCOPPOLY", index, 3)
    has_polynomial = kind == 3 and polynomial.shape == (6, 2) and polynomial.any()
    if has_polynomial:
        detail = f"plate {index + 1}: centre of pressure corrected with the file's FPCOPPOLY"
        history.append(HistoryEntry("converted", detail))
    setup = PlateSetup(
        number=index + 1,
        kind=kind,
        raw=content.analogs[:, channels],
        corners=_of_plate(content, "CORNERS", index, 3).T,
        origin_m=origin * unit_m,
        calibration=_of_plate(content, "CAL_MATRIX", index, 3),
        cop_polynomial=polynomial if has_polynomial else np.zeros((6, 2)),
        moment_Nm=moment_Nm,
        unit_m=unit_m,
    )
    return setup, [*history, *assumed]


def _origin(content: C3DContent, index: int) -> tuple[Array, list[HistoryEntry]]:
    stated = _of_plate(content, "ORIGIN", index, 2)
    origin = stated[:3].copy() if stated.size >= 3 else np.zeros(3)
    if origin[2] <= 0:
        return origin, []
    # The sensors are below the surface and z points down: a positive z is Vicon's old slip.
    detail = f"plate {index + 1}: ORIGIN z {origin[2]:g} is below the surface, sign turned"
    origin *= -1.0 if abs(origin[2]) > np.abs(origin[:2]).max() else np.array([1.0, 1.0, -1.0])
    return origin, [HistoryEntry("assumed", detail)]


def _moment_unit(
    content: C3DContent, channels: NDArray[np.int64], kind: int, unit_m: float, number: int
) -> tuple[float, list[HistoryEntry]]:
    if kind == 3:
        return 1.0, []
    units = [_bare(unit) for unit in content.texts("ANALOG", "UNITS")]
    force, moment = (units[k] if k < len(units) else "" for k in channels[[2, 5]])
    if moment in _MOMENT_UNITS and force in _FORCE_UNITS:
        return _MOMENT_UNITS[moment], []
    detail = (
        f"plate {number}: forces in N and moments in N times POINT:UNITS; its channels say "
        f"{force or 'nothing'!r} and {moment or 'nothing'!r}"
    )
    return _MOMENT_UNITS.get(moment, unit_m), [HistoryEntry("assumed", detail)]


def _bare(unit: str) -> str:
    return "".join(letter for letter in unit.lower() if letter.isalpha())


def _of_plate(content: C3DContent, name: str, index: int, dimensions: int) -> Array:
    """Return one plate's part of a parameter whose last dimension counts plates."""
    values = content.numbers("FORCE_PLATFORM", name)
    if values.ndim == dimensions - 1 and index == 0:  # the writer left the last dimension out
        return values
    if values.ndim != dimensions or index >= values.shape[-1]:
        return np.empty(0)
    return values[..., index]
