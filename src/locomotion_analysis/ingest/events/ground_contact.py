"""When a foot is on the ground, from the vertical ground reaction force."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONTACT_N = 20.0
"""Force a contact has to reach, N."""
RELEASE_N = 10.0
"""Force whose crossing is the contact's first and last instant, N."""
MIN_CONTACT_S = 0.1
MIN_SWING_S = 0.08
CUTOFF_HZ = 15.0
_EARLY_SHARE = 1.0 / 3.0
_EARLY_S = 0.03


def contacts(time_s: ArrayLike, vertical_N: ArrayLike) -> NDArray[np.float64]:
    """Find the ground contacts in a vertical force.

    The force is low-pass filtered without delay (Butterworth, second order each way, 15 Hz).
    A contact is a run above 10 N that reaches 20 N (hysteresis), lasts 0.1 s or longer and is
    0.08 s or more from the next; its instants are the crossings of 10 N, interpolated between
    samples. Thresholds: Tirosh & Sparrow 2003, J Appl Biomech 19:178.

    A recording cut at a heel strike often begins a few samples after it: a force that rises at
    the first sample and is still below a third of the contact's maximum has its contact begin
    there.

    Parameters
    ----------
    time_s : array_like, shape (n,)
        Seconds, even rate.
    vertical_N : array_like, shape (n,)
        Force on the foot, N, up positive. NaN is taken as no force.

    Returns
    -------
    ndarray of float64, shape (n_contacts, 2)
        Start and end, s. NaN where the recording begins or ends within the contact; the first
        sample's time where it begins as the contact does.

    Examples
    --------
    >>> time = np.arange(0.0, 2.0, 0.001)
    >>> force = np.where((time > 0.5) & (time < 1.1), 700.0, 0.0)
    >>> contacts(time, force).round(1).tolist()
    [[0.5, 1.1]]
    """
    time = np.asarray(time_s, dtype=np.float64)
    raw = np.nan_to_num(np.asarray(vertical_N, dtype=np.float64))
    force = _smooth(time, raw)
    loaded = force >= RELEASE_N
    edges = np.diff(np.concatenate([[False], loaded, [False]]).astype(np.int8))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    first, last = _without_short_swings(time, first, last)
    if not len(first):
        return np.empty((0, 2))
    peak = np.array([force[a : b + 1].max() for a, b in zip(first, last, strict=True)])
    keep = (peak >= CONTACT_N) & (time[last] - time[first] >= MIN_CONTACT_S)
    starts = _crossing(time, force, first[keep] - 1)
    if keep.any() and np.isnan(starts[0]) and _rises_from_the_start(time, raw, peak[keep][0]):
        starts[0] = time[0]
    return np.stack([starts, _crossing(time, force, last[keep])], axis=1)


def _rises_from_the_start(
    time: NDArray[np.float64], force: NDArray[np.float64], peak: float
) -> bool:
    soon = int(np.searchsorted(time, time[0] + _EARLY_S))
    return bool(force[0] < _EARLY_SHARE * peak and force[soon] > force[0] + RELEASE_N)


def _smooth(time: NDArray[np.float64], force: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = (len(time) - 1) / (time[-1] - time[0]) if len(time) > 1 else 0.0
    if rate <= 2.2 * CUTOFF_HZ or len(time) < 16:
        return force
    from scipy.signal import butter, sosfiltfilt

    smooth: NDArray[np.float64] = sosfiltfilt(
        butter(2, CUTOFF_HZ, fs=rate, output="sos"), force, padtype="even"
    )
    return smooth


def _without_short_swings(
    time: NDArray[np.float64], first: NDArray[np.intp], last: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    apart = time[first[1:]] - time[last[:-1]] >= MIN_SWING_S
    begins = np.concatenate([[True], apart]) if len(first) else np.empty(0, bool)
    ends = np.concatenate([apart, [True]]) if len(first) else np.empty(0, bool)
    return first[begins], last[ends]


def _crossing(
    time: NDArray[np.float64], force: NDArray[np.float64], before: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Instant at which the force crosses RELEASE_N after sample `before`; NaN at the ends."""
    known = (before >= 0) & (before + 1 < len(force))
    low = np.where(known, before, 0)
    high = np.minimum(low + 1, len(force) - 1)
    step = force[high] - force[low]
    share = np.divide(RELEASE_N - force[low], step, out=np.zeros(len(step)), where=step != 0)
    return np.where(known, time[low] + share * (time[high] - time[low]), np.nan)
