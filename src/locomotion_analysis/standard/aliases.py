"""Names that the field's documents use for the standard columns and channels."""

import re

from locomotion_analysis.standard.channel import is_channel

_COLUMNS = {
    "phase_percent": "phase_ipsi",
    "phase": "phase_ipsi",
    "gait_cycle_percent": "phase_ipsi",
    "subject_id": "subject",
    "participant": "subject",
    "participant_id": "subject",
    "task_name": "task",
    "step_number": "step",
    "step_id": "step",
    "cycle_id": "step",
    "stride": "step",
    "gender": "sex",
    "body_mass_kg": "mass_kg",
    "weight_kg": "mass_kg",
    "speed": "speed_m_s",
    "walking_speed_m_s": "speed_m_s",
    "stride_time_s": "cycle_duration_s",
    "stride_duration_s": "cycle_duration_s",
}

_PATTERNS = (
    (re.compile(r"_angular_velocity_"), "_velocity_"),
    (re.compile(r"^ankle_flexion_"), "ankle_dorsiflexion_"),
    (re.compile(r"^(vertical|anterior|lateral)_grf_"), r"grf_\1_"),
    (re.compile(r"^(anterior|lateral)_cop_|^cop_(anterior|lateral)_"), r"cop_\1\2_"),
)


def canonical_name(name: str) -> str:
    """Return the standard name of a column or channel.

    Parameters
    ----------
    name : str
        A name as it stands in a file or in somebody's code.

    Returns
    -------
    str
        The standard name; `name` itself when it is no known alias.

    Examples
    --------
    >>> canonical_name("ankle_flexion_angle_ipsi_rad")
    'ankle_dorsiflexion_angle_ipsi_rad'
    >>> canonical_name("phase_percent")
    'phase_ipsi'
    """
    if name in _COLUMNS:
        return _COLUMNS[name]
    renamed = name
    for pattern, replacement in _PATTERNS:
        renamed = pattern.sub(replacement, renamed)
    return renamed if is_channel(renamed) else name
