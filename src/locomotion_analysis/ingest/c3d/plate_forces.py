"""Force plates: from the raw channels of a C3D file to force, centre of pressure, free moment.

All four classical kinds end in one form, force F and moment M about the middle of the working
surface in the plate's axes (C3D user guide, "The FORCE_PLATFORM group"); from there

    x = -My / Fz,  y = Mx / Fz,  Tz = Mz - x Fy + y Fx.
"""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.c3d.axes import LaboratoryAxes
from locomotion_analysis.ingest.c3d.content import C3DContent
from locomotion_analysis.ingest.c3d.plate_geometry import PlateSetup, plate_setups
from locomotion_analysis.ingest.recording import Plate

LOADED_N = 20.0
"""Vertical force from which the centre of pressure is given."""

_STILL_N, _UNLOADED_N = 5.0, 50.0

Array = NDArray[np.float64]


def c3d_force_plates(
    content: C3DContent, axes: LaboratoryAxes
) -> tuple[tuple[Plate, ...], list[HistoryEntry]]:
    """Turn the plates' channels into laboratory axes (z up, force on the person).

    A plate can only push a person up. A plate whose loaded vertical force is negative stores
    the force on the plate, and its force and free moment change sign (recorded).

    Parameters
    ----------
    content : C3DContent
    axes : LaboratoryAxes

    Returns
    -------
    tuple of Plate
    list of HistoryEntry
        Plates left out and why, units assumed, baselines taken off, signs changed.
    """
    setups, history = plate_setups(content, axes.metres_per_unit)
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
        Type 1: Fx Fy Fz Px Py Mz; types 2 and 4: Fx Fy Fz Mx My Mz at the sensor's origin, for
        type 4 before the calibration matrix; type 3: Fx12 Fx34 Fy14 Fy23 Fz1 Fz2 Fz3 Fz4.

    Returns
    -------
    tuple of ndarray, each of shape (n, 3)
    """
    if setup.kind == 1:
        force, (x, y) = raw[:, :3], raw[:, 3:5].T * setup.unit_m
        twist = raw[:, 5] * setup.moment_Nm + x * force[:, 1] - y * force[:, 0]
        return force, np.column_stack([y * force[:, 2], -x * force[:, 2], twist])
    if setup.kind == 3:
        return _piezo_wrench(setup, raw)
    calibrated = raw @ setup.calibration.T if setup.kind == 4 else raw
    force, moment = calibrated[:, :3], calibrated[:, 3:] * setup.moment_Nm
    return force, moment + np.cross(force, setup.origin_m)


def _piezo_wrench(setup: PlateSetup, raw: Array) -> tuple[Array, Array]:
    """Eight channels of a type 3 plate, its sensors at (±a, ±b) below the surface."""
    x12, x34, y14, y23, z1, z2, z3, z4 = raw.T
    a, b, depth = setup.origin_m
    fx, fy, fz = x12 + x34, y14 + y23, z1 + z2 + z3 + z4
    mx = b * (z1 + z2 - z3 - z4) + fy * depth
    my = a * (-z1 + z2 + z3 - z4) - fx * depth
    mz = b * (x34 - x12) + a * (y14 - y23)
    return np.column_stack([fx, fy, fz]), np.column_stack([mx, my, mz])


def _in_laboratory(
    setup: PlateSetup, raw: Array, time_s: Array, axes: LaboratoryAxes
) -> tuple[Plate, list[HistoryEntry]]:
    force, moment = surface_wrench(setup, raw)
    turn = axes.rotate(_plate_axes(setup.corners).T).T
    vertical = (force @ turn.T)[:, 2]
    sign = -1.0 if vertical.size and vertical[np.argmax(np.abs(vertical))] < -LOADED_N else 1.0
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
    return plate, [
        HistoryEntry(
            "converted", f"plate {setup.number}: force x -1, it held the force on the plate"
        )
    ]


def _plate_axes(corners: Array) -> Array:
    """Columns: the plate's x, y, z in the file's axes (corners 1 to 4: ++, -+, --, +-)."""
    x = corners[0] - corners[1]
    x = x / np.linalg.norm(x)
    z = np.cross(x, corners[0] - corners[3])
    z = z / np.linalg.norm(z)
    return np.column_stack([x, np.cross(z, x), z])


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
    if abs(mean) > _UNLOADED_N or spread > _STILL_N:
        detail = f"plate {setup.number}: FORCE_PLATFORM:ZERO ignored, Fz is {mean:.0f} ± {spread:.0f} N there"
        return setup.raw, [HistoryEntry("assumed", detail)]
    detail = f"plate {setup.number}: baseline of frames {first + 1} to {last} taken off (Fz {mean:.1f} N)"
    return setup.raw - span.mean(axis=0), [HistoryEntry("converted", detail)]
