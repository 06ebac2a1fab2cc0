"""Words for people: what a channel, a class, a task or a feature is called on a page."""

import math
import re
from typing import Any

from locomotion_analysis.standard import TASKS, Channel, is_channel

_DEGREES = 180.0 / math.pi
_SHOWN_UNITS: dict[str, tuple[str, float]] = {
    "rad": ("°", _DEGREES),
    "rad_s": ("°/s", _DEGREES),
    "rad_s2": ("°/s²", _DEGREES),
    "Nm_kg": ("Nm/kg", 1.0),
    "W_kg": ("W/kg", 1.0),
}
_SCALAR_UNITS = {
    "steps_min": "steps/min",
    "Nm_s_kg": "Nm·s/kg",
    "BW_s": "BW·s",
    "J_kg": "J/kg",
    "m_s": "m/s",
    "percent": "%",
    "deg": "°",
    "kg": "kg",
    "m": "m",
    "s": "s",
}
_ABBREVIATIONS = {
    "rom": "ROM",
    "std": "SD",
    "grf": "GRF",
    "cop": "CoP",
    "rms": "RMS",
    "cv": "CV",
    "cmc": "CMC",
    "crp": "CRP",
    "bmi": "BMI",
}
_PLATES = {"grf": "ground reaction force", "cop": "centre of pressure"}
_CHANNEL_PREFIX = re.compile(
    r"^(?P<channel>.+?_(?:rad_s2|rad_s|rad|Nm_kg|Nm|W_kg|W|BW|N|m))_(?P<rest>.+)$"
)


def channel_title(name: str) -> str:
    """Return a channel's name in words, for example ``"Knee flexion moment"``.

    Angles go without the word: to the field "knee flexion" is the angle. The other leg is
    named where it is meant.

    Examples
    --------
    >>> channel_title("knee_flexion_angle_ipsi_rad")
    'Knee flexion'
    >>> channel_title("grf_vertical_contra_BW")
    'Vertical ground reaction force, other leg'
    """
    channel = Channel.parse(name)
    motion = (channel.motion or "").replace("_", " ")
    if channel.joint in _PLATES:
        words = f"{motion} {_PLATES[channel.joint]}"
    else:
        # "Knee flexion" is an angle to everybody; "foot sagittal" is not a word.
        plain = channel.measurement == "angle" and channel.motion != "sagittal"
        measurement = "" if plain else channel.measurement
        words = " ".join(part for part in (channel.joint, motion, measurement) if part)
    return words.capitalize() + (", other leg" if channel.side == "contra" else "")


def shown_unit(name: str) -> tuple[str, float]:
    """Return the unit a channel is drawn in and the factor that converts into it.

    Angles are stored in radians and drawn in degrees, which is what the field reads.

    Examples
    --------
    >>> shown_unit("grf_vertical_ipsi_BW")
    ('BW', 1.0)
    >>> shown_unit("knee_flexion_angle_ipsi_rad")[0]
    '°'
    """
    unit = Channel.parse(name).unit
    return _SHOWN_UNITS.get(unit, (unit, 1.0))


def value_title(value: Any) -> str:
    """Return a class, task or column in words.

    Examples
    --------
    >>> value_title("stair_ascent"), value_title("hip_osteoarthritis"), value_title("RIC")
    ('Stair ascent', 'Hip osteoarthritis', 'RIC')
    """
    text = str(value)
    words = TASKS.get(text, text.replace("_", " ").strip())
    return words[:1].upper() + words[1:]


def feature_title(name: str) -> str:
    """Return a feature's name in words, its channel first where it has one.

    Examples
    --------
    >>> feature_title("knee_flexion_angle_ipsi_rad_rom")
    'Knee flexion: ROM'
    >>> feature_title("grf_anterior_asymmetry_max"), feature_title("cadence_steps_min")
    ('GRF anterior asymmetry max', 'Cadence (steps/min)')
    """
    match = _CHANNEL_PREFIX.match(name)
    if match is not None and is_channel(match["channel"]):
        return f"{channel_title(match['channel'])}: {_abbreviated(match['rest'])}"
    unit = next((suffix for suffix in _SCALAR_UNITS if name.endswith(f"_{suffix}")), "")
    words = _abbreviated(name.removesuffix(f"_{unit}") if unit else name)
    return words[:1].upper() + words[1:] + (f" ({_SCALAR_UNITS[unit]})" if unit else "")


def _abbreviated(name: str) -> str:
    return " ".join(_ABBREVIATIONS.get(word, word) for word in name.split("_"))
