"""The zero of a force: what a plate shows while nobody stands on it, and zeros that are none.

A plate that was not set to zero adds the same force to every sample. Thresholds of a few newtons then
find no contact, or one that never ends. While the foot swings the force is known to be zero, so
that the offset is seen, subtracted and recorded.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.recording import SIDES, Plate, Recording, Stream

USUAL_WEIGHT_N = 700.0
"""Scale of a force in body weights where only a threshold depends on it, N."""
SMALLEST_OFFSET_N = 5.0
"""A quarter of the force at which a contact begins: less moves an event by 1 to 3 ms, N."""
_UNLOADED_SHARE, _UNLOADED_N = 0.15, 50.0
_NOISE_N = 10.0
_FEWEST, _FEWEST_SHARE = 16, 0.05
_THROUGHOUT = 0.9


def unloaded(vertical_N: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the samples in which nobody stands on the plate.

    Parameters
    ----------
    vertical_N : ndarray, shape (n,)
        N; NaN was not measured.

    Returns
    -------
    ndarray of bool, shape (n,)
        The narrowest band that holds half of all samples below 15 % of the largest force (or 50
        N). None where that band is wider than 10 N, or holds less than 5 % of the samples.

    Examples
    --------
    >>> force = np.where(np.arange(200) % 100 < 60, 715.0, 15.0)
    >>> int(unloaded(force).sum())
    80
    """
    none = np.zeros(len(vertical_N), dtype=bool)
    known = vertical_N[np.isfinite(vertical_N)]
    if not len(known):
        return none
    low = np.sort(known[known < max(_UNLOADED_SHARE * float(known.max()), _UNLOADED_N)])
    half = len(low) // 2
    if half < max(_FEWEST, _FEWEST_SHARE * len(known)):
        return none
    widths = low[half:] - low[: len(low) - half]
    start = int(np.argmin(widths))
    if widths[start] > _NOISE_N:
        return none
    with np.errstate(invalid="ignore"):
        band: NDArray[np.bool_] = (vertical_N >= low[start]) & (vertical_N <= low[start + half])
    return band


_LONGEST_FLIGHT_S = 0.3
_LOADED_SHARE, _BORNE_SHARE, _DOUBLE_SUPPORT = 0.5, 0.3, 0.05


def without_dropouts(recording: Recording) -> Recording:
    """Take zeros of both feet that begin and end under load for a gap in what was measured.

    Some programs write 0 where the force is missing. A foot does not leave the ground from half of
    its largest force within a sample, and land so again, while the other is in the air: both
    zeros are none. Flights of a runner end on the other foot and last less than 0.3 s.

    Parameters
    ----------
    recording : Recording
        With the vertical force under each foot, or force plates named by foot.

    Returns
    -------
    Recording
        With NaN in the forces there; the history counts the gaps.
    """
    count = 0
    streams = []
    for stream in recording.streams:
        unit = next((u for u in ("N", "BW") if f"grf_vertical_left_{u}" in stream.signals), "")
        names = [f"grf_vertical_{side}_{unit}" for side in SIDES]
        signals = dict(stream.signals)
        if set(names) <= set(signals):
            forces = np.stack([signals[name] for name in names])
            missing, found = _dropouts(stream.time_s, forces)
            count += found
            for name in [name for name in signals if found and name.startswith(("grf_", "cop_"))]:
                signals[name] = np.where(missing, np.nan, signals[name])
        streams.append(Stream(stream.time_s, signals))
    plates = list(recording.plates)
    if [plate.foot for plate in plates] in (["left", "right"], ["right", "left"]):
        first, second = (plate.force_N for plate in plates)
        if len(first) == len(second):
            forces = np.stack([first[:, 2], second[:, 2]])
            missing, found = _dropouts(plates[0].time_s, forces)
            count += found
            nowhere = np.where(missing, np.nan, 0.0)[:, np.newaxis]
            plates = [replace(plate, force_N=plate.force_N + nowhere) for plate in plates]
    if not count:
        return recording
    text = "zeros of both feet, between forces of a loaded foot, are no measurements"
    changed = replace(recording, streams=tuple(streams), plates=tuple(plates))
    return changed.then(HistoryEntry("assumed", text, count))


def _dropouts(
    time_s: NDArray[np.float64], forces: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], int]:
    """Return which samples of two vertical forces, shape (2, n), are none, and in how many gaps."""
    missing = np.zeros(len(time_s), dtype=bool)
    if not np.isfinite(forces).any(axis=1).all():
        return missing, 0
    loaded = forces >= _LOADED_SHARE * np.nanmax(forces, axis=1, keepdims=True)
    loaded &= forces > _UNLOADED_N / USUAL_WEIGHT_N
    total = forces.sum(axis=0)
    walks = (forces > 0.0).all(axis=0).mean() > _DOUBLE_SUPPORT
    zero = np.concatenate([[False], (forces == 0.0).all(axis=0), [False]])
    edges = np.diff(zero.astype(np.int8))
    count = 0
    for begin, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if begin == 0 or end == len(time_s):
            continue
        before, after = loaded[:, begin - 1], loaded[:, end]
        short = time_s[end] - time_s[begin - 1] <= _LONGEST_FLIGHT_S
        flight = not walks and short and not (before & after).any()
        borne = walks and total[[begin - 1, end]].min() >= _BORNE_SHARE * np.nanmax(total)
        if borne or (before.any() and after.any() and not flight):
            missing[begin:end] = True
            count += 1
    return missing, count


def set_to_zero(recording: Recording) -> Recording:
    """Subtract the offsets of force plates and of forces under the feet.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Recording
        With the mean of the unloaded samples subtracted from all components of a force whose
        vertical one is 5 N or more from zero there. The history says which, and which forces
        are never near zero, so that no contact can be seen in them. The centre of pressure
        stays as the file gives it.
    """
    plates, entries = [], []
    for number, plate in enumerate(recording.plates, 1):
        zero, said = _offset(plate.force_N.T, f"force plate {number}")
        entries += said
        plates.append(plate if zero is None else _less(plate, zero))
    streams = []
    for stream in recording.streams:
        signals = dict(stream.signals)
        for side in SIDES:
            for unit, newton in (("N", 1.0), ("BW", USUAL_WEIGHT_N)):
                names = [
                    f"grf_{axis}_{side}_{unit}" for axis in ("anterior", "lateral", "vertical")
                ]
                given = [name for name in names if name in signals]
                if names[-1] not in given:
                    continue
                forces = np.stack([signals[name] * newton for name in given])
                zero, said = _offset(forces, f"force under the {side} foot")
                entries += said
                if zero is not None:
                    for name, part in zip(given, zero, strict=True):
                        signals[name] = signals[name] - part / newton
        streams.append(Stream(stream.time_s, signals))
    if not entries:
        return recording
    return replace(recording, plates=tuple(plates), streams=tuple(streams)).then(*entries)


def _offset(
    forces_N: NDArray[np.float64], what: str
) -> tuple[NDArray[np.float64] | None, list[HistoryEntry]]:
    """Return the offset of each component (vertical last), None without one, and what to say."""
    vertical = forces_N[-1]
    known = vertical[np.isfinite(vertical)]
    band = unloaded(vertical)
    if not band.any():
        throughout = len(known) > _THROUGHOUT * len(vertical)
        if throughout and float(known.min()) > _NOISE_N:
            text = f"contacts in the {what}: it never falls below {known.min():.0f} N"
            return None, [HistoryEntry("missing", text)]
        return None, []
    if abs(float(vertical[band].mean())) < SMALLEST_OFFSET_N:
        return None, []
    zero: NDArray[np.float64] = np.array([np.nanmean(part[band]) for part in forces_N])
    text = f"{what}: {zero[-1]:+.1f} N, which it shows unloaded (vertical; other axes likewise)"
    return zero, [HistoryEntry("subtracted", text)]


def _less(plate: Plate, zero: NDArray[np.float64]) -> Plate:
    return replace(plate, force_N=plate.force_N - zero)
