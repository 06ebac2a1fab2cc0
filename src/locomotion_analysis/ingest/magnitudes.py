"""Whether numbers are as large as what they are said to be, or of another unit.

A wrong unit is wrong by 57 (degrees), 1000 (kN, mm) or a body weight, so wide limits tell it. They
are held against what is usual in a recording, never against single samples.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.foot_forces import CONTACT_N, contacts
from locomotion_analysis.ingest.force_zero import USUAL_WEIGHT_N
from locomotion_analysis.ingest.recording import SIDES, Recording

_BENDING = ("hip_flexion_angle_", "knee_flexion_angle_")
_BENT_RAD = 3.5
"""No hip, knee or ankle bends so far (200 degrees)."""
_STILL_RAD, _MOVING_RAD = 0.004, 0.05
"""Range of all hips and knees: below the first they are locked, between the two (3 degrees) the numbers
are radians under a unit of degrees, unless one of them would be an impossible angle then."""
_LARGEST = {"grf_vertical_": 10.0, "_moment_": 20.0, "_power_": 150.0}
"""Body weights, Nm/kg and W/kg: about three times the peaks of sprinting."""
_UNITS = {"_BW": "body weights", "_Nm_kg": "Nm/kg", "_W_kg": "W/kg"}


def refuse_wrong_units(channels: Sequence[str], block: NDArray[np.floating], where: str) -> None:
    """Raise where the curves of strides cannot have the unit they are said to have.

    Parameters
    ----------
    channels : sequence of str
    block : ndarray, shape (n_channels, n_strides, n_points)
        In standard units.
    where : str
        The file, for the message.

    Raises
    ------
    UnitError
        At the first of the :func:`unit_doubts`.
    """
    for doubt in unit_doubts(channels, block):
        raise doubt.at(where)


def unit_doubts(channels: Sequence[str], block: NDArray[np.floating]) -> Iterator[UnitError]:
    """Yield what speaks against the units of strides, as the errors that it would be.

    A hip, knee or ankle beyond 200 degrees, hips and knees that all move by less than 3, a vertical
    force, moment or power far beyond sprinting.

    Parameters
    ----------
    channels : sequence of str
    block : ndarray, shape (n_channels, n_strides, n_points)
        In standard units.
    """
    known = {
        name: curves
        for name, curves in zip(channels, block, strict=True)
        if np.isfinite(curves).any()
    }
    yield from _impossible_angles(spans := _angle_spans(known))
    legs = np.array([span for name, span in spans.items() if name.startswith(_BENDING)])
    moved = float(np.ptp(legs, axis=1).max()) if len(legs) else 0.0
    if _STILL_RAD < moved < _MOVING_RAD and np.degrees(np.abs(legs).max()) < _BENT_RAD:
        yield UnitError(
            expected="hips and knees that move as in walking",
            got=f"a range of at most {np.degrees(moved):.1f} degrees",
            fix="correct the unit: numbers in radians look like this where degrees are stated",
        )
    for name, curves in known.items():
        unit = next((word for ending, word in _UNITS.items() if name.endswith(ending)), None)
        limit = next((most for part, most in _LARGEST.items() if part in name), None)
        if unit is None or limit is None:
            continue
        rows = np.isfinite(curves).any(axis=1)
        peak = float(np.median(np.nanmax(np.abs(curves[rows]), axis=1)))
        if peak > limit:
            yield UnitError(
                expected=f"{name} of at most {limit:g} {unit}",
                got=f"peaks of {peak:.4g}",
                fix="correct its unit, or the mass of the person",
            )


_WALKED_BW = (0.6, 2.2)
"""Between which the largest vertical force of a step lies in walking; one foot bears the weight."""
_WALKS = ("level_walking", "incline_walking", "decline_walking", "backward_walking")


def weight_doubts(
    channels: Sequence[str],
    block: NDArray[np.floating],
    tasks: Sequence[str],
    mass_kg: float | None,
) -> list[HistoryEntry]:
    """Say where steps of a walk are too light or too heavy for the mass they are divided by.

    Parameters
    ----------
    channels : sequence of str
    block : ndarray, shape (n_channels, n_strides, n_points)
    tasks : sequence of str, shape (n_strides,)
        Walks alone are looked at.
    mass_kg : float or None
        Which mass that is.
    """
    name = "grf_vertical_ipsi_BW"
    if name not in channels or mass_kg is None:
        return []
    force = block[list(channels).index(name)][np.isin(np.asarray(tasks, dtype=str), _WALKS)]
    force = force[np.isfinite(force[:, : force.shape[1] // 2]).all(axis=1)]  # a whole stance
    peak = float(np.median(np.nanmax(force, axis=1))) if len(force) else np.nan
    if np.isnan(peak) or _WALKED_BW[0] <= peak <= _WALKED_BW[1]:
        return []
    text = f"steps of {peak:.2f} BW at most (median) with {mass_kg:g} kg: "
    text += "is the mass in kg, and the weight not borne by a harness or crutches?"
    return [HistoryEntry("doubtful", text, len(force))]


def refuse_impossible_angles(signals: Mapping[str, NDArray[np.floating]]) -> None:
    """Raise where a hip, knee or ankle is where no joint goes.

    Parameters
    ----------
    signals : mapping of str to ndarray, shape (n,)
        Over time, angles in rad among them.

    Raises
    ------
    UnitError
        If one of them is beyond 200 degrees for more than a few samples.
    """
    for doubt in _impossible_angles(_angle_spans(signals)):
        raise doubt


def _angle_spans(signals: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.float64]]:
    """Return the 2.5th and the 97.5th percentile of hips, knees and ankles, rad."""
    return {
        name: np.nanpercentile(values, (2.5, 97.5))
        for name, values in signals.items()
        if name.startswith((*_BENDING, "ankle_dorsiflexion_angle_")) and np.isfinite(values).any()
    }


def _impossible_angles(spans: Mapping[str, NDArray[np.float64]]) -> Iterator[UnitError]:
    for name, span in spans.items():
        if (most := float(np.abs(span).max())) > _BENT_RAD:
            yield UnitError(
                expected="angles that a joint can have",
                got=f"{name} of {most:.4g} rad ({np.degrees(most):.0f} degrees)",
                fix="correct the unit (degrees said to be radians?); angular speeds are no angles",
            )


_WALKING_RAD = 0.3
"""Range of a hip or knee from which a leg surely moves."""


def refuse_one_still_leg(recording: Recording) -> None:
    """Raise where hip and knee of one leg move by less than 3 degrees and the other leg walks.

    Parameters
    ----------
    recording : Recording
        With strides.

    Raises
    ------
    UnitError
        If the columns of the two legs must be of different units. Joints that are locked (one
        knee, or a leg that does not move at all) are none of it.
    """
    for stream in recording.streams:
        spans = {name: float(np.ptp(span)) for name, span in _angle_spans(stream.signals).items()}
        legs = [[spans.get(f"{name}{side}_rad") for name in _BENDING] for side in SIDES]
        if any(moves is None for leg in legs for moves in leg):
            continue
        most = [max(moves for moves in leg if moves is not None) for leg in legs]
        for side, own, other in zip(SIDES, most, most[::-1], strict=True):
            if _STILL_RAD < own < _MOVING_RAD and other > _WALKING_RAD:
                raise UnitError(
                    expected="both legs to move as in walking",
                    got=f"hip and knee of the {side} leg within {np.degrees(own):.1f} degrees, "
                    f"of the other within {np.degrees(other):.0f}",
                    where=recording.source,
                    fix="correct the unit of that leg's columns: radians where degrees are stated?",
                )


def refuse_small_forces(recording: Recording) -> None:
    """Raise where vertical forces have the course of steps and none is as large as one.

    Parameters
    ----------
    recording : Recording
        In which no force is large enough for a contact.

    Raises
    ------
    UnitError
        If a force stays below 20 N, never pulls, and has two contacts or more once it is enlarged
        to the weight of a person. Noise of a plate that nobody stands on has both signs.
    """
    forces = [
        (name, stream.time_s, stream.signals[name])
        for stream in recording.streams
        for side in SIDES
        if (name := f"grf_vertical_{side}_N") in stream.signals
    ]
    forces += [
        (f"force plate {number}", plate.time_s, plate.force_N[:, 2])
        for number, plate in enumerate(recording.plates, 1)
    ]
    for name, time_s, force in forces:
        peak = float(np.nanmax(force, initial=0.0))
        if not 0.0 < peak < CONTACT_N or float(np.nanmin(force)) < -0.1 * peak:
            continue
        if len(contacts(time_s, force * (USUAL_WEIGHT_N / peak))) > 1:
            raise UnitError(
                expected=f"vertical forces in newtons, {CONTACT_N:g} N and more in every step",
                got=f"steps of at most {peak:.3g} in {name}",
                where=recording.source,
                fix="state the unit (kN or BW), or convert the numbers to newtons",
            )
