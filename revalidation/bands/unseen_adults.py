"""Check 16: mean curves against adults whose curves the simulator was not fitted to."""

from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import Channel
from locomotion_analysis.standard.norms import SD_FLOOR
from revalidation.channels import ANKLE, ANKLE_MOMENT, ANKLE_POWER, HIP_MOMENT, KNEE, KNEE_MOMENT
from revalidation.choice import LEVEL, Speeds, choose
from revalidation.figure import Band, NotInDataError
from revalidation.published.winter import SPEED_M_S, adult_curves

_WINDOW: Speeds = (SPEED_M_S - 0.05, SPEED_M_S + 0.05)


def within_one_sd(data: LocomotionData, channel: str) -> float:
    """Return the part of the cycle where the mean curve is within 1 SD of the adults', percent.

    The SD is at least what laboratories differ by
    (:data:`~locomotion_analysis.standard.norms.SD_FLOOR`): published moments and powers have
    hardly any in swing.
    """
    walks = choose(data, LEVEL, speed_m_s=_WINDOW)
    curves = walks.by_trial(walks.curves(channel))
    whole = curves[np.isfinite(curves).all(axis=1)]
    if not len(whole):
        raise NotInDataError(f"{channel} not measured over the whole cycle in {walks.what}")
    mean, sd = adult_curves(channel)
    floor = SD_FLOOR[Channel.parse(channel).measurement]
    least = np.degrees(floor) if channel.endswith("_rad") else floor
    return float(100.0 * (np.abs(whole.mean(axis=0) - mean) <= np.maximum(sd, least)).mean())


# The mean curves of Schwartz 2008 with adult amplitudes are themselves within 1 SD of Winter's
# adults over 97 to 100 % of the cycle in moments, and 94 to 97 % in angles and powers.
_LOWEST = {
    KNEE: 90.0,
    ANKLE: 90.0,
    HIP_MOMENT: 95.0,
    KNEE_MOMENT: 95.0,
    ANKLE_MOMENT: 95.0,
    "hip_power_ipsi_W_kg": 90.0,
    "knee_power_ipsi_W_kg": 90.0,
    ANKLE_POWER: 90.0,
}

BANDS = tuple(
    Band(
        "16",
        f"within 1 SD of unseen adults, {channel}",
        lowest,
        100.0,
        "%",
        "Winter 1991",
        partial(within_one_sd, channel=channel),
    )
    for channel, lowest in _LOWEST.items()
)
