"""Force plates of a C3D file: from raw channels to force, centre of pressure, free moment.

Types 1 to 4 (C3D user guide, "The FORCE_PLATFORM group"), 6 and 7 (has-motion.com/wiki, "FP Type")
end in one form, force F and moment M about the middle of the working surface in the plate's axes;
from there

    x = -My / Fz,  y = Mx / Fz,  Tz = Mz - x Fy + y Fx.

The laboratory's axes and unit of length stand here too: plates are what tells them best.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.c3d.content import C3DContent, unit_letters
from locomotion_analysis.ingest.recording import LENGTHS_M, Plate
from locomotion_analysis.standard.channels import STANDARD_GRAVITY_M_S2

# Laboratory axes and length unit: which way is up, and how long is a unit.

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
    markers : ndarray, shape (..., 3)
        Positions of markers, in file units; NaN where one was not seen.
    where : str
        File name, for errors.

    Raises
    ------
    UnitError
        If the file's length unit is unknown.
    """
    history = []
    stated = next(iter(content.texts("POINT", "UNITS")), "")
    if stated and stated.lower() not in LENGTHS_M:
        raise UnitError(
            expected=f"POINT:UNITS to be one of {', '.join(LENGTHS_M)}",
            got=repr(stated),
            where=where,
            fix="correct the parameter POINT:UNITS in the C3D file",
        )
    if not stated:
        history.append(HistoryEntry("assumed", "positions are in mm: POINT:UNITS is empty"))
    unit = LENGTHS_M[stated.lower() or "mm"]
    axis, sign, source = _vertical(content, markers)
    up = f"{'+' if sign > 0 else '-'}{_AXES[axis]}"
    if source == "assumed":
        history.append(HistoryEntry("assumed", "z is up: no plates and no POINT:Y_SCREEN"))
    elif up != "+Z":
        history.append(HistoryEntry("converted", f"axes turned so that {up} ({source}) is +z"))
    if unit != 1.0:
        history.append(HistoryEntry("converted", f"marker and plate positions x {unit:g} to m"))
    vertical, forward = np.zeros(3), np.zeros(3)
    vertical[axis] = sign
    forward[0 if axis != 0 else 1] = 1.0
    rotation = np.stack([forward, np.cross(vertical, forward), vertical])
    return LaboratoryAxes(rotation, unit, tuple(history))


def _vertical(content: C3DContent, markers: NDArray[np.float64]) -> tuple[int, float, str]:
    """Return the vertical axis, its sign, and what told it."""
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


# The FORCE_PLATFORM group: which channels, where, in what units.

_CHANNELS = {1: 6, 2: 6, 3: 8, 4: 6, 6: 12, 7: 8}
_CALIBRATED = {4: 6, 6: 12, 7: 8}
"""Type -> size of the square CAL_MATRIX, applied before anything else."""
_AT_CORNERS = (3, 6, 7)
"""Types with a sensor at each corner."""
_UNREAD = {5: " (eight channels and a 6 x 8 matrix whose units no parameter states)"}
_POUND_N, _INCH_M, _FOOT_M = 4.4482216152605, 0.0254, 0.3048
_FORCES_N: dict[str, float] = {
    **dict.fromkeys(("n", "nt", "newton", "newtons"), 1.0),
    **dict.fromkeys(("kn", "kilonewton", "kilonewtons"), 1e3),
    **dict.fromkeys(("lbf", "lb", "lbs", "poundforce"), _POUND_N),
    **dict.fromkeys(("kgf", "kp"), STANDARD_GRAVITY_M_S2),
}
_MOMENTS_NM: dict[str, float] = {
    **dict.fromkeys(("nm", "ntm", "newtonmeter", "newtonmeters", "newtonmetre"), 1.0),
    **dict.fromkeys(("nmm", "ntmm", "newtonmillimeter", "newtonmillimeters"), 1e-3),
    **dict.fromkeys(("ncm", "ntcm"), 1e-2),
    "knm": 1e3,
    "knmm": 1.0,
    **dict.fromkeys(("lbfft", "ftlbf", "lbft", "ftlb"), _POUND_N * _FOOT_M),
    **dict.fromkeys(("lbfin", "inlbf", "lbin", "inlb"), _POUND_N * _INCH_M),
    "kgfm": STANDARD_GRAVITY_M_S2,
}
_UNSCALED = ("", "v", "volt", "volts", "mv", "millivolts", "adc", "du", "counts", "bits")
"""Units of the converter, which writers leave beside channels that SCALE has made into forces."""
_KINDS = ", ".join(map(str, _CHANNELS))
_SHORTEST_PLATE_M, _LONGEST_PLATE_M = 0.1, 4.0
Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlateSetup:
    """One force plate as the file describes it.

    Attributes
    ----------
    number : int
        Counted from 1.
    kind : int
        C3D type 1 to 4, 6 or 7.
    raw : ndarray, shape (n, 6, 8 or 12)
        Its analogue channels.
    corners : ndarray, shape (4, 3)
        In file axes and units.
    origin_m : ndarray, shape (3,)
        Types 2 and 4: from the sensor's origin to the middle of the surface, z negative;
        others but 1: half distances of the sensors and their depth, negative.
    calibration : ndarray, shape (6, 6), (8, 8) or (12, 12)
        Of types 4, 7 and 6.
    cop_polynomial : ndarray, shape (6, 2)
        The maker's correction of the centre of pressure; zeros where there is none.
    to_SI : ndarray, shape (6, 8 or 12,)
        What one unit of each channel is in N, Nm or m, after the calibration where there is one.
    """

    number: int
    kind: int
    raw: Array
    corners: Array
    origin_m: Array
    calibration: Array
    cop_polynomial: Array
    to_SI: Array


def plate_setups(
    content: C3DContent, unit_m: float, *, where: str = ""
) -> tuple[list[PlateSetup], list[HistoryEntry]]:
    """Return the plates that are fully described, and why the others are left out.

    Parameters
    ----------
    content : C3DContent
    unit_m : float
        Metres in one unit of ``POINT:UNITS``.
    where : str
        File name, for errors.

    Raises
    ------
    UnitError
        If the unit that a channel states is unknown.
    """
    setups: list[PlateSetup] = []
    history: list[HistoryEntry] = []
    stated = content.numbers("FORCE_PLATFORM", "TYPE").size
    used = content.number("FORCE_PLATFORM", "USED")
    for index in range(stated if used is None else max(int(used), 0)):
        reason = _reason_to_leave_out(content, index, unit_m)
        if reason:
            history.append(HistoryEntry("dropped", f"plate {index + 1}: {reason}"))
            continue
        setup, entries = _setup(content, index, unit_m, where)
        setups.append(setup)
        history += entries
    return setups, history


def _reason_to_leave_out(content: C3DContent, index: int, unit_m: float) -> str:
    """Return why a plate cannot be used; empty where it can."""
    kinds = content.numbers("FORCE_PLATFORM", "TYPE").ravel(order="F")
    kind = int(kinds[index]) if index < kinds.size else 0
    stored = content.analogs.shape[1] if len(content.analogs) else 0
    channels = _of_plate(content, "CHANNEL", index, 2)
    corners = _of_plate(content, "CORNERS", index, 3)
    if kind not in _CHANNELS:
        return f"its type is {kind}{_UNREAD.get(kind, '')}, not one of {_KINDS}"
    if channels.size < _CHANNELS[kind]:
        return f"{channels.size} of its {_CHANNELS[kind]} channels are named"
    channels = channels[: _CHANNELS[kind]]
    if channels.min() < 1 or channels.max() > stored:
        return f"it needs channels {channels.min():.0f} to {channels.max():.0f} of {stored} stored"
    square = corners.shape == (3, 4) and np.isfinite(corners).all()
    if not square or np.linalg.matrix_rank(corners - corners[:, :1]) < 2:
        return "its corners are missing or lie on one line"
    sides = np.linalg.norm(corners[:, [1, 2]] - corners[:, [0, 1]], axis=0) * unit_m
    if sides.min() < _SHORTEST_PLATE_M or sides.max() > _LONGEST_PLATE_M:
        size = " x ".join(f"{side:g} m" for side in sides)
        return f"its size is {size} if CORNERS are in POINT:UNITS, so its unit is another"
    origin = np.linalg.norm(_of_plate(content, "ORIGIN", index, 2)) * unit_m
    if origin > _LONGEST_PLATE_M:
        return f"its ORIGIN is {origin:g} m away if it is in POINT:UNITS, so its unit is another"
    unscaled = [k for k in channels.astype(int) if np.isnan(content.analogs[:, k - 1]).all()]
    if unscaled:
        return f"no SCALE is stated for channel {', '.join(map(str, unscaled))}"
    scales = content.numbers("ANALOG", "SCALE").ravel(order="F")
    scales = scales * (
        1.0 if (general := content.number("ANALOG", "GEN_SCALE")) is None else general
    )
    without = [k for k in channels.astype(int) if k <= scales.size and not scales[k - 1]]
    if without:
        named = ", ".join(map(str, without))
        return f"SCALE is 0 for channel {named}, so the calibration is missing"
    n = _CALIBRATED.get(kind, 0)
    if n and _of_plate(content, "CAL_MATRIX", index, 3).shape != (n, n):
        return f"type {kind} without a {n} x {n} CAL_MATRIX"
    return ""


def _setup(
    content: C3DContent, index: int, unit_m: float, where: str
) -> tuple[PlateSetup, list[HistoryEntry]]:
    kind = int(content.numbers("FORCE_PLATFORM", "TYPE").ravel(order="F")[index])
    channels = _of_plate(content, "CHANNEL", index, 2)[: _CHANNELS[kind]].astype(int) - 1
    history = []
    stated = _of_plate(content, "ORIGIN", index, 2)
    origin = stated[:3].copy() if stated.size >= 3 else np.zeros(3)
    if origin[2] > 0:
        # The sensors are below the surface and z points down: a positive z is Vicon's old slip.
        detail = f"plate {index + 1}: ORIGIN z {origin[2]:g} is below the surface, sign turned"
        history.append(HistoryEntry("assumed", detail))
        origin *= -1.0 if abs(origin[2]) > np.abs(origin[:2]).max() else np.array([1.0, 1.0, -1.0])
    units = content.texts("ANALOG", "UNITS")
    stated_units = [units[k] if k < len(units) else "" for k in channels]
    to_SI, assumed = _channel_units(kind, stated_units, unit_m, f"{where}: plate {index + 1}")
    if assumed:
        detail = (
            f"plate {index + 1}: forces in N, moments in N times POINT:UNITS where no unit of force "
            f"or moment is stated; its channels say {', '.join(map(repr, assumed))}"
        )
        history.append(HistoryEntry("assumed", detail))
    polynomial = _of_plate(content, "FPCOPPOLY", index, 3)
    has_polynomial = kind in _AT_CORNERS and polynomial.shape == (6, 2) and polynomial.any()
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
        to_SI=to_SI,
    )
    return setup, history


def _channel_units(
    kind: int, stated: list[str], unit_m: float, where: str
) -> tuple[Array, list[str]]:
    """Return one unit of each channel in SI, and the units that say nothing of force or moment."""
    force, moment, length = (_FORCES_N, 1.0), (_MOMENTS_NM, unit_m), (LENGTHS_M, unit_m)
    if kind in _AT_CORNERS:
        expected = [force] * _CHANNELS[kind]
    elif kind == 1:
        expected = [force] * 3 + [length] * 2 + [moment]
    else:
        expected = [force] * 3 + [moment] * 3
    to_SI, assumed = [], []
    for unit, (known, otherwise) in zip(stated, expected, strict=True):
        letters = unit_letters(unit)
        # Some writers put N beside all channels of a plate.
        says_nothing = letters in _UNSCALED or _FORCES_N.get(letters) == 1.0
        if letters not in known and not says_nothing:
            raise UnitError(
                expected=f"ANALOG:UNITS of a force plate to be one of {', '.join(known)}",
                got=repr(unit),
                where=where,
                fix="correct the parameter ANALOG:UNITS in the C3D file",
            )
        if letters not in known and unit not in assumed:
            assumed.append(unit)
        to_SI.append(known.get(letters, otherwise))
    return np.array(to_SI), assumed


def _of_plate(content: C3DContent, name: str, index: int, dimensions: int) -> Array:
    """Return one plate's part of a parameter whose last dimension counts plates."""
    values = content.numbers("FORCE_PLATFORM", name)
    if values.ndim == dimensions - 1 and index == 0:  # the writer left the last dimension out
        return values
    if values.ndim != dimensions or index >= values.shape[-1]:
        return np.empty(0)
    return values[..., index]


# From the channels to the laboratory.

LOADED_N = 20.0
"""Vertical force from which the centre of pressure is given."""
_STILL_N, _UNLOADED_N = 5.0, 50.0


def c3d_force_plates(
    content: C3DContent, axes: LaboratoryAxes, *, where: str = ""
) -> tuple[tuple[Plate, ...], list[HistoryEntry]]:
    """Turn the plates' channels into laboratory axes (z up, force on the person).

    A plate can only push a person up. A plate whose loaded vertical force is negative stores
    the force on the plate, and its force and free moment change sign (recorded).

    Parameters
    ----------
    content : C3DContent
    axes : LaboratoryAxes
    where : str
        File name, for errors.

    Returns
    -------
    tuple of Plate
    list of HistoryEntry
        Plates left out and why, units assumed, baselines taken off, signs changed.

    Raises
    ------
    UnitError
        If the unit that a plate's channel states is unknown.
    """
    setups, history = plate_setups(content, axes.metres_per_unit, where=where)
    plates = []
    for setup in setups:
        raw, baseline = _without_baseline(content, setup)
        plate, sign = _in_laboratory(setup, raw, content.analog_time_s, axes)
        plates.append(plate)
        history += [*baseline, *sign]
    if plates:
        history.append(
            HistoryEntry("read", f"centre of pressure where Fz >= {LOADED_N:g} N", len(plates))
        )
    return tuple(plates), history


def surface_wrench(setup: PlateSetup, raw: Array) -> tuple[Array, Array]:
    """Return force (N) and moment (Nm) about the middle of the surface, in the plate's axes.

    Parameters
    ----------
    setup : PlateSetup
    raw : ndarray, shape (n, n_channels)
        Type 1: Fx Fy Fz Px Py Mz; types 2 and 4: Fx Fy Fz Mx My Mz at the sensor's origin; types 3
        and 7: Fx12 Fx34 Fy14 Fy23 Fz1 Fz2 Fz3 Fz4; type 6: Fx1 Fy1 Fz1 Fx2 ... Fz4. Types 4, 6
        and 7 before the calibration matrix.

    Returns
    -------
    tuple of ndarray, each of shape (n, 3)
    """
    calibrated = raw @ setup.calibration.T if setup.kind in _CALIBRATED else raw
    values = calibrated * setup.to_SI
    if setup.kind == 1:
        force, (x, y) = values[:, :3], values[:, 3:5].T
        twist = values[:, 5] + x * force[:, 1] - y * force[:, 0]
        return force, np.column_stack([y * force[:, 2], -x * force[:, 2], twist])
    if setup.kind == 6:
        x, y, z = (values[:, k::3] for k in range(3))
        pairs = ((x, 0, 1), (x, 2, 3), (y, 0, 3), (y, 1, 2))
        values = np.column_stack([*(axis[:, i] + axis[:, j] for axis, i, j in pairs), z])
    if setup.kind in _AT_CORNERS:  # sensors at (±a, ±b), `depth` below the surface
        x12, x34, y14, y23, z1, z2, z3, z4 = values.T
        a, b, depth = setup.origin_m
        fx, fy, fz = x12 + x34, y14 + y23, z1 + z2 + z3 + z4
        mx = b * (z1 + z2 - z3 - z4) + fy * depth
        my = a * (-z1 + z2 + z3 - z4) - fx * depth
        mz = b * (x34 - x12) + a * (y14 - y23)
        return np.column_stack([fx, fy, fz]), np.column_stack([mx, my, mz])
    force, moment = values[:, :3], values[:, 3:]
    return force, moment + np.cross(force, setup.origin_m)


def _in_laboratory(
    setup: PlateSetup, raw: Array, time_s: Array, axes: LaboratoryAxes
) -> tuple[Plate, list[HistoryEntry]]:
    """Return force, centre of pressure and free moment, in laboratory axes, on the person."""
    force, moment = surface_wrench(setup, raw)
    # Corners 1 to 4 lie at (+, +), (-, +), (-, -), (+, -) of the plate's x and y.
    x_axis = setup.corners[0] - setup.corners[1]
    x_axis = x_axis / np.linalg.norm(x_axis)
    z_axis = np.cross(x_axis, setup.corners[0] - setup.corners[3])
    z_axis = z_axis / np.linalg.norm(z_axis)
    turn = axes.rotate(np.stack([x_axis, np.cross(z_axis, x_axis), z_axis])).T
    vertical = (force @ turn.T)[:, 2]
    # The largest force tells the sign; where a sample is missing there is none.
    known = np.nan_to_num(vertical)
    sign = -1.0 if known.size and known[np.argmax(np.abs(known))] < -LOADED_N else 1.0
    loaded = sign * vertical >= LOADED_N
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = -moment[:, 1] / force[:, 2], moment[:, 0] / force[:, 2]
        x, y = _corrected_cop(setup, np.where(loaded, x, np.nan), np.where(loaded, y, np.nan))
        twist = moment[:, 2] - x * force[:, 1] + y * force[:, 0]
    local = np.column_stack([x, y, np.zeros_like(x)])
    middle = axes.metres(setup.corners.mean(axis=0))
    plate = Plate(
        time_s=time_s,
        force_N=sign * force @ turn.T,
        cop_m=middle + local @ turn.T,
        free_moment_Nm=sign * twist * turn[2, 2],
    )
    if sign > 0:
        return plate, []
    detail = f"plate {setup.number}: force x -1, it held the force on the plate"
    return plate, [HistoryEntry("converted", detail)]


def _corrected_cop(setup: PlateSetup, x_m: Array, y_m: Array) -> tuple[Array, Array]:
    """Take off the maker's polynomial for the bending of the top plate (``FPCOPPOLY``).

    dx = (p1 y⁴ + p2 y² + p3) x³ + (p4 y⁴ + p5 y² + p6) x, and the same for y with x and y
    exchanged, lengths in mm.
    """
    x, y = x_m * 1e3, y_m * 1e3

    def error(p: Array, u: Array, v: Array) -> Array:
        even = np.stack([v**4, v**2, np.ones_like(v)])
        return np.asarray((p[:3] @ even) * u**3 + (p[3:] @ even) * u)

    px, py = setup.cop_polynomial.T
    return (x - error(px, x, y)) * 1e-3, (y - error(py, y, x)) * 1e-3


def _without_baseline(content: C3DContent, setup: PlateSetup) -> tuple[Array, list[HistoryEntry]]:
    """Take off the channels' mean over the frames of ``FORCE_PLATFORM:ZERO``.

    Only where those frames are in the file and the plate stands still and unloaded in them.
    """
    limits = content.numbers("FORCE_PLATFORM", "ZERO").ravel(order="F")
    if limits.size != 2 or setup.kind == 1 or not content.point_rate_hz:
        return setup.raw, []
    per_frame = round(content.analog_rate_hz / content.point_rate_hz)
    first = int(limits[0]) - 1 - content.first_frame
    last = int(limits[1]) - content.first_frame
    span = setup.raw[max(first, 0) * per_frame : max(last, 0) * per_frame]
    if first < 0 or last - first < 2 or not len(span):
        return setup.raw, []
    vertical = surface_wrench(setup, span)[0][:, 2]
    mean, spread = float(vertical.mean()), float(vertical.std())
    if not (abs(mean) <= _UNLOADED_N and spread <= _STILL_N):  # or not measured
        detail = f"plate {setup.number}: FORCE_PLATFORM:ZERO ignored, Fz is {mean:.0f} ± {spread:.0f} N there"
        return setup.raw, [HistoryEntry("assumed", detail)]
    detail = f"plate {setup.number}: baseline of frames {first + 1} to {last} taken off (Fz {mean:.1f} N)"
    return setup.raw - span.mean(axis=0), [HistoryEntry("converted", detail)]
