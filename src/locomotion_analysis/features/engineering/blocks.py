"""Which features belong together: kinematic, kinetic, or neither, by parsed channel name."""

from functools import lru_cache

from locomotion_analysis.features.curves.curve_statistics import KINEMATIC, KINETIC
from locomotion_analysis.standard import Channel, is_channel


@lru_cache(maxsize=16384)
def channel_of(feature: str) -> Channel | None:
    """Return the channel a feature is named after, or None.

    Examples
    --------
    >>> channel_of("knee_flexion_moment_ipsi_Nm_kg_q95").measurement
    'moment'
    >>> channel_of("cycle_duration_s") is None
    True
    """
    parts = feature.split("_")
    prefixes = ("_".join(parts[:size]) for size in range(len(parts), 2, -1))
    name = next((prefix for prefix in prefixes if is_channel(prefix)), None)
    return None if name is None else Channel.parse(name)


def block_of(feature: str) -> str:
    """Return the block of a feature: ``kinematic``, ``kinetic`` or ``other``.

    Statistics and extremes of angles, velocities and accelerations are kinematic, those of
    moments, powers, ground reaction forces and their centre kinetic. What is not named after a
    channel (durations, lengths, asymmetries, work, impulses) is ``other`` and stays as it is.

    Examples
    --------
    >>> block_of("knee_flexion_angle_ipsi_rad_rom"), block_of("hip_power_ipsi_W_kg_max")
    ('kinematic', 'kinetic')
    """
    channel = channel_of(feature)
    if channel is None:
        return "other"
    if channel.measurement in KINEMATIC:
        return "kinematic"
    return "kinetic" if channel.measurement in KINETIC else "other"
