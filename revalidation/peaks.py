"""Extremes of mean curves, as laboratories report them: of each subject, then averaged."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import PHASE_PERCENT
from revalidation.choice import WHOLE, Array, choose, cycle_mean, share
from revalidation.figure import NotInDataError

Part = tuple[float, float]


def highest(
    data: LocomotionData, tasks: Sequence[str], channel: str, part: Part = WHOLE, **chosen: Any
) -> float:
    """Return the highest value of each trial's mean curve, averaged over trials.

    Parameters
    ----------
    data : LocomotionData
    tasks : sequence of str
    channel : str
    part : tuple of float
        From which to which percent of the cycle.
    **chosen
        As for :func:`~revalidation.choice.choose`.

    Returns
    -------
    float
        In the channel's unit; angles in degrees.
    """
    return float(_trials(data, tasks, channel, chosen)[:, share(*part)].max(axis=1).mean())


def lowest(
    data: LocomotionData, tasks: Sequence[str], channel: str, part: Part = WHOLE, **chosen: Any
) -> float:
    """Return the lowest value, otherwise as :func:`highest`."""
    return float(_trials(data, tasks, channel, chosen)[:, share(*part)].min(axis=1).mean())


def extent(data: LocomotionData, tasks: Sequence[str], channel: str, **chosen: Any) -> float:
    """Return highest minus lowest value, otherwise as :func:`highest`."""
    return float(np.ptp(_trials(data, tasks, channel, chosen), axis=1).mean())


def at_contact(data: LocomotionData, tasks: Sequence[str], channel: str, **chosen: Any) -> float:
    """Return the value at initial contact, otherwise as :func:`highest`."""
    return float(_trials(data, tasks, channel, chosen)[:, 0].mean())


def when_highest(
    data: LocomotionData, tasks: Sequence[str], channel: str, part: Part = WHOLE, **chosen: Any
) -> float:
    """Return when the highest value comes, percent of the cycle."""
    window = share(*part)
    at = _trials(data, tasks, channel, chosen)[:, window].argmax(axis=1)
    return float(PHASE_PERCENT[window][at].mean())


def when_lowest(
    data: LocomotionData, tasks: Sequence[str], channel: str, part: Part = WHOLE, **chosen: Any
) -> float:
    """Return when the lowest value comes, percent of the cycle."""
    window = share(*part)
    at = _trials(data, tasks, channel, chosen)[:, window].argmin(axis=1)
    return float(PHASE_PERCENT[window][at].mean())


def _trials(
    data: LocomotionData, tasks: Sequence[str], channel: str, chosen: dict[str, Any]
) -> Array:
    """Return the mean curves of the trials that are whole, (n_trials, 150)."""
    walks = choose(data, tasks, **chosen)
    curves = walks.by_trial(walks.curves(channel))
    whole = curves[np.isfinite(curves).all(axis=1)]
    if not len(whole):
        raise NotInDataError(f"{channel} not measured over the whole cycle in {walks.what}")
    return whole


def average(data: LocomotionData, tasks: Sequence[str], channel: str, **chosen: Any) -> float:
    """Return the mean over the cycle, otherwise as :func:`highest`."""
    return float(cycle_mean(_trials(data, tasks, channel, chosen)).mean())
