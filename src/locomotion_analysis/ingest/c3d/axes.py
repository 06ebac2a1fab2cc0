"""Laboratory axes and length unit of a C3D file: which way is up, and how long is a unit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.c3d.content import C3DContent

_LENGTH_UNITS = {
    "mm": 1e-3,
    "millimeter": 1e-3,
    "millimeters": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "mete": 1.0,  # c3d.org sample 15 cuts the word to four letters
    "meter": 1.0,
    "meters": 1.0,
    "metre": 1.0,
    "metres": 1.0,
}
_AXES = "XYZ"
_FLAT = 0.1


@dataclass(frozen=True)
class LaboratoryAxes:
    """From the file's axes and unit to metres with z up.

    Attributes
    ----------
    rotation : ndarray, shape (3, 3)
        Rows are the new axes in the file's axes.
    metres_per_unit : float
    history : tuple of HistoryEntry
        What was assumed or converted.
    """

    rotation: NDArray[np.float64]
    metres_per_unit: float
    history: tuple[HistoryEntry, ...]

    def rotate(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn vectors (..., 3) into axes with z up, in their own unit."""
        return vectors @ self.rotation.T

    def metres(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn positions (..., 3) into metres with z up."""
        return self.rotate(positions) * self.metres_per_unit


def laboratory_axes(
    content: C3DContent, markers: NDArray[np.float64], *, where: str
) -> LaboratoryAxes:
    """Find the vertical axis and the length unit.

    The axis is, in this order: the normal of the force plates, of whatever kind; the letter of
    ``POINT:Y_SCREEN``; z, which is then recorded as assumed. Its sign is the side of the plates
    that the markers are on, else the sign of ``POINT:Y_SCREEN``. (Horst's 2018 files say
    ``-Z`` there and are z up: what was measured goes before what was configured.)

    Parameters
    ----------
    content : C3DContent
    markers : ndarray, shape (n_frames, n_markers, 3)
        Points that are markers, in file units.
    where : str
        File name, for errors.

    Raises
    ------
    UnitError
        If the file's length unit is unknown.
    """
    unit, history = _length_unit(content, where)
    axis, sign, source = _vertical(content, markers)
    up = f"{'+' if sign > 0 else '-'}{_AXES[axis]}"
    if source == "assumed":
        history.append(HistoryEntry("assumed", "z is up: no plates and no POINT:Y_SCREEN"))
    elif up != "+Z":
        history.append(HistoryEntry("converted", f"axes turned so that {up} ({source}) is +z"))
    if unit != 1.0:
        history.append(HistoryEntry("converted", f"marker and plate positions x {unit:g} to m"))
    return LaboratoryAxes(_rotation(axis, sign), unit, tuple(history))


def _length_unit(content: C3DContent, where: str) -> tuple[float, list[HistoryEntry]]:
    stated = next(iter(content.texts("POINT", "UNITS")), "")
    if not stated:
        return 1e-3, [HistoryEntry("assumed", "positions are in mm: POINT:UNITS is empty")]
    if stated.lower() not in _LENGTH_UNITS:
        raise UnitError(
            expected=f"POINT:UNITS to be one of {', '.join(_LENGTH_UNITS)}",
            got=repr(stated),
            where=where,
            fix="correct the parameter POINT:UNITS in the C3D file",
        )
    return _LENGTH_UNITS[stated.lower()], []


def _vertical(content: C3DContent, markers: NDArray[np.float64]) -> tuple[int, float, str]:
    screen = next(iter(content.texts("POINT", "Y_SCREEN")), "").upper()
    screen_axis = _AXES.find(screen[-1:]) if screen else -1
    screen_sign = -1.0 if screen.startswith("-") else 1.0
    plates = _plate_corners(content)
    if plates is not None:
        axis = int(np.argmin(np.ptp(plates, axis=0).sum(axis=1)))
        level = plates[:, axis].mean()
        heights = markers[..., axis]
        heights = heights[np.isfinite(heights)] - level
        extent = np.ptp(plates, axis=0).max()
        above = float(np.median(heights)) if heights.size else 0.0
        if abs(above) > _FLAT * extent:
            return axis, float(np.sign(above)), "normal of the plates"
        return axis, screen_sign if axis == screen_axis else 1.0, "normal of the plates"
    if screen_axis >= 0:
        return screen_axis, screen_sign, "POINT:Y_SCREEN"
    return 2, 1.0, "assumed"


def _plate_corners(content: C3DContent) -> NDArray[np.float64] | None:
    """Return the corners (4, 3, n_plates) where every plate lies flat in one axis."""
    corners = content.numbers("FORCE_PLATFORM", "CORNERS")
    used = int(content.number("FORCE_PLATFORM", "USED") or 0)
    if corners.ndim == 2:  # one plate, last dimension left out
        corners = corners[..., np.newaxis]
    if used < 1 or corners.ndim != 3 or corners.shape[:2] != (3, 4) or not corners.any():
        return None
    flat = corners.transpose(1, 0, 2)[..., :used]
    extents = np.sort(np.ptp(flat, axis=0), axis=0)
    return flat if (extents[0] < _FLAT * extents[1]).all() else None


def _rotation(axis: int, sign: float) -> NDArray[np.float64]:
    up = np.zeros(3)
    up[axis] = sign
    forward = np.zeros(3)
    forward[0 if axis != 0 else 1] = 1.0
    return np.stack([forward, np.cross(up, forward), up])
