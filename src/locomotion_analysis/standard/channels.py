"""The vocabulary of gait cycles: columns, phase grid, units, channel names, aliases and tasks.

A channel's name is ``<joint|segment>_<motion>_<measurement>_<side>_<unit>`` or
``<grf|cop>_<axis>_<side>_<unit>``. It is parsed once, and compared by its parts.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError

# Columns beside the channels

KEY = ("dataset", "subject", "task", "task_id", "step")
"""Columns that together name one gait cycle."""

PHASE_COLUMN = "phase_ipsi"
"""Percent of the ipsilateral gait cycle, 0 to 100."""

TIME_COLUMNS = ("time", "time_s", "timestamp", "t")
"""Columns that mark a table as a recording over time, not yet cut into cycles."""

METADATA: dict[str, str] = {
    "cycle_duration_s": "time between the two ipsilateral heel strikes, s",
    "stance_percent": "ipsilateral toe-off, percent of the cycle",
    "double_support_percent": "both feet on the ground, percent of the cycle",
    "speed_m_s": "walking speed, m/s",
    "cadence_steps_min": "steps per minute",
    "step_length_m": "step length, m",
    "stride_length_m": "stride length, m",
    "step_width_m": "step width, m",
    "toe_clearance_m": "minimum height of the toe in mid-swing above its own in stance, m",
    "com_vertical_range_m": "up and down of the centre of mass over the stride, m",
    "com_lateral_range_m": "from side to side of the centre of mass over the stride, m",
    "margin_of_stability_anterior_m": "margin of stability forward at heel strike, m",
    "margin_of_stability_lateral_m": "margin of stability sideways at heel strike, m",
    "incline_deg": "slope of the ground, degrees, uphill positive",
    "side": "side of the ipsilateral leg: left or right",
    "age": "age, years",
    "sex": "female or male",
    "height_m": "body height, m",
    "mass_kg": "body mass, kg",
    "leg_length_m": "leg length, m",
    "pathology": "diagnosis, or healthy",
    "simulated": "true where no person was measured",
}
"""Known metadata of a cycle and what each means."""


LEG_LENGTH_PER_HEIGHT = 0.53
"""Trochanter height over body height (Drillis & Contini 1966)."""


# Phase grid

N_PHASES = 150
"""Samples a gait cycle."""

PHASE_PERCENT: NDArray[np.float64] = np.linspace(0.0, 100.0, N_PHASES)
"""Percent of the ipsilateral cycle: 0 is heel strike, 100 the next ipsilateral heel strike."""
PHASE_PERCENT.setflags(write=False)


def resample_curves(
    curves: ArrayLike, n_points: int = N_PHASES, axis: int = -1
) -> NDArray[np.floating[Any]]:
    """Bring curves from an even grid over 0 to 100 % to another, linearly.

    Parameters
    ----------
    curves : array_like, shape (..., m, ...)
        Curves whose first point is 0 % and whose last is 100 % of the cycle, m >= 2.
    n_points : int
        Points of the new grid.
    axis : int
        Axis of the points.

    Returns
    -------
    ndarray, shape (..., n_points, ...)
        First and last value kept; float32 stays float32, everything else becomes float64. NaN
        spreads to the points next to it.

    Raises
    ------
    SchemaError
        If a curve has fewer than two points.

    Examples
    --------
    >>> resample_curves([[0.0, 1.0, 4.0]], 5).tolist()
    [[0.0, 0.5, 1.0, 2.5, 4.0]]
    """
    given = np.asarray(curves)
    if given.dtype != np.float32:
        given = given.astype(np.float64)
    n_given = given.shape[axis] if given.ndim else 0
    if n_given < 2:
        raise SchemaError(expected="curves of at least two points", got=f"{n_given} point(s)")
    if n_given == n_points:
        return given
    position = np.linspace(0.0, n_given - 1.0, n_points)
    before = position.astype(np.intp)
    along = [1] * given.ndim
    along[axis] = n_points
    share = (position - before).astype(given.dtype).reshape(along)
    start = given.take(before, axis)
    step = given.take(np.minimum(before + 1, n_given - 1), axis) - start
    # start + share * step keeps a constant to the last bit; a NaN beside an exact grid point
    # does not spread to it.
    resampled: NDArray[np.floating[Any]] = np.where(share == 0, start, start + share * step)
    return resampled


# Units, and the exact conversions into them

STANDARD_GRAVITY_M_S2 = 9.80665
"""Acceleration of free fall by which a body weight is defined, exactly (3rd CGPM, 1901)."""

UNITS: dict[str, str] = {
    "rad": "angle in radians",
    "rad_s": "angular velocity in radians per second",
    "rad_s2": "angular acceleration in radians per second squared",
    "Nm": "moment in newton metres",
    "Nm_kg": "moment per kilogram of body mass",
    "W": "power in watts",
    "W_kg": "power per kilogram of body mass",
    "N": "force in newtons",
    "BW": "force in body weights",
    "m": "length in metres",
}
"""Unit in a channel's name -> what it means."""

TO_STANDARD: dict[str, tuple[str, float]] = {
    "deg": ("rad", math.pi / 180.0),
    "deg_s": ("rad_s", math.pi / 180.0),
    "deg_s2": ("rad_s2", math.pi / 180.0),
    "Nmm": ("Nm", 1e-3),
    "Nmm_kg": ("Nm_kg", 1e-3),
    "mW_kg": ("W_kg", 1e-3),
    "kN": ("N", 1e3),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
}
"""Unit met in the field -> (standard unit, exact factor)."""

TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
"""Unit of time -> seconds."""


def _spelled(units: dict[str, float]) -> dict[str, float]:
    """Return each word of ``"inches inch in"`` -> the factor of all of them."""
    return {word: factor for words, factor in units.items() for word in words.split()}


_LENGTHS = _spelled(
    {
        "m metre metres meter meters": 1.0,
        "cm centimetre centimetres centimeter centimeters": 1e-2,
        "mm millimetre millimetres millimeter millimeters": 1e-3,
        "in inch inches": 0.0254,
        "ft foot feet": 0.3048,
    }
)
_AGES = _spelled(
    {
        "years year yrs yr y a": 1.0,
        "months month mos mo": 1.0 / 12.0,
        "weeks week wks wk w": 7.0 / 365.25,
        "days day d": 1.0 / 365.25,
    }
)
_MASSES = _spelled(
    {
        "kg kgs kilogram kilograms kilogramme kilogrammes": 1.0,
        "g gram grams gramme grammes": 1e-3,
        "lb lbs pound pounds": 0.45359237,
        "st stone stones": 6.35029318,
        "N newton newtons": 1.0 / STANDARD_GRAVITY_M_S2,
    }
)
"""A weight in newtons is that of its mass under standard gravity."""
_FIELD_UNITS: dict[str, dict[str, float]] = {
    "_m_s": {"m_s": 1.0, "km_h": 1.0 / 3.6, "cm_s": 1e-2, "mph": 0.44704},
    "_m": _LENGTHS,
    "_kg": _MASSES,
    "_s": TIMES,
    "_deg": {"deg": 1.0, "rad": 180.0 / math.pi},
    "_percent": {"percent": 1.0, "fraction": 100.0},
}


def field_units(name: str) -> dict[str, float]:
    """Return the units in which a column of the cycles or of a subject may come.

    Parameters
    ----------
    name : str
        Standard name, for example ``"height_m"`` or ``"age"``.

    Returns
    -------
    dict of str to float
        Unit -> factor into the standard one, ``value_in_standard = factor * value``; empty where
        the column is no quantity.

    Examples
    --------
    >>> field_units("height_m")["cm"], field_units("sex")
    (0.01, {})
    """
    if name == "age":
        return dict(_AGES)
    return next((units for end, units in _FIELD_UNITS.items() if name.endswith(end)), {})


def standard_unit(unit: str) -> tuple[str, float]:
    """Return the standard unit of `unit` and the factor that converts into it.

    Parameters
    ----------
    unit : str
        A unit suffix, for example ``"deg"`` or ``"Nm_kg"``.

    Returns
    -------
    tuple of (str, float)
        Standard unit and factor: ``value_in_standard = factor * value``.

    Raises
    ------
    KeyError
        If the unit is unknown.

    Examples
    --------
    >>> standard_unit("Nmm_kg")
    ('Nm_kg', 0.001)
    """
    return (unit, 1.0) if unit in UNITS else TO_STANDARD[unit]


# Channel names

JOINTS = ("hip", "knee", "ankle", "subtalar", "mtp", "lumbar", "shoulder", "elbow", "wrist", "neck")
SEGMENTS = ("pelvis", "trunk", "head", "thigh", "shank", "foot")
MIDLINE = ("pelvis", "trunk", "head", "lumbar", "neck")
SIDES = ("ipsi", "contra")
_OPPOSITE = {"ipsi": "contra", "contra": "ipsi"}

_BASE_UNITS = {
    "angle": ("rad",),
    "velocity": ("rad_s",),
    "acceleration": ("rad_s2",),
    "moment": ("Nm", "Nm_kg"),
    "power": ("W", "W_kg"),
    "grf": ("N", "BW"),
    "cop": ("m",),
}
_AXES = ("vertical", "anterior", "lateral")
_UNIT_PATTERN = "|".join(sorted([*UNITS, *TO_STANDARD], key=len, reverse=True))
_BODY = re.compile(
    rf"^(?P<joint>{'|'.join(JOINTS + SEGMENTS)})(?:_(?P<motion>[a-z]+(?:_[a-z]+)*?))?"
    rf"_(?P<measurement>angle|velocity|acceleration|moment|power)"
    rf"(?:_(?P<side>ipsi|contra))?_(?P<unit>{_UNIT_PATTERN})$"
)
_PLATE = re.compile(
    rf"^(?P<joint>grf|cop)_(?P<motion>{'|'.join(_AXES)})"
    rf"_(?P<side>ipsi|contra)_(?P<unit>{_UNIT_PATTERN})$"
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured curve, named by its parts.

    Attributes
    ----------
    joint : str
        Joint, segment, ``"grf"`` (ground reaction force) or ``"cop"`` (centre of pressure).
    motion : str or None
        Positive direction or axis, for example ``"flexion"``; None for a joint's power.
    measurement : str
        ``angle, velocity, acceleration, moment, power, grf`` or ``cop``.
    side : str or None
        ``"ipsi"``, ``"contra"``, or None for a midline segment.
    unit : str
        A unit of :data:`~locomotion_analysis.standard.UNITS`, or one that converts to it.

    Examples
    --------
    >>> knee = Channel.parse("knee_flexion_angle_ipsi_rad")
    >>> knee.joint, knee.motion, knee.side
    ('knee', 'flexion', 'ipsi')
    >>> knee.opposite().name
    'knee_flexion_angle_contra_rad'
    """

    joint: str
    motion: str | None
    measurement: str
    side: str | None
    unit: str

    @classmethod
    def parse(cls, name: str) -> Self:
        """Parse a channel name.

        Parameters
        ----------
        name : str
            For example ``"hip_flexion_moment_contra_Nm_kg"`` or ``"grf_vertical_ipsi_BW"``.

        Raises
        ------
        SchemaError
            If the name does not follow the grammar.
        """
        parts = _parts(name)
        if parts is None:
            raise SchemaError(
                expected="a channel <joint>_<motion>_<measurement>_<side>_<unit>, "
                "for example knee_flexion_angle_ipsi_rad",
                got=repr(name),
                fix=f"use sides {SIDES} and one of the units {tuple(UNITS)}",
            )
        return cls(*parts)

    @property
    def name(self) -> str:
        """The channel's name as it stands in a table."""
        middle = None if self.joint in ("grf", "cop") else self.measurement
        parts = (self.joint, self.motion, middle, self.side, self.unit)
        return "_".join(part for part in parts if part)

    @property
    def quantity(self) -> str:
        """The channel's name without side and unit, for example ``knee_flexion_angle``."""
        return replace(self, side=None, unit="").name

    def standard(self) -> tuple[Self, float]:
        """Return the channel in its standard unit, and the factor into it.

        Examples
        --------
        >>> channel, factor = Channel.parse("cop_anterior_ipsi_mm").standard()
        >>> channel.name, factor
        ('cop_anterior_ipsi_m', 0.001)
        """
        unit, factor = standard_unit(self.unit)
        return replace(self, unit=unit), factor

    def opposite(self) -> Self | None:
        """Return the same channel of the other side, or None for a midline segment."""
        return None if self.side is None else replace(self, side=_OPPOSITE[self.side])


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, str | None, str, str | None, str] | None:
    match = _PLATE.match(name) or _BODY.match(name)
    if match is None:
        return None
    found = match.groupdict()
    joint, motion, side, unit = found["joint"], found["motion"], found["side"], found["unit"]
    measurement = found.get("measurement") or joint
    base = TO_STANDARD[unit][0] if unit in TO_STANDARD else unit
    if base not in _BASE_UNITS[measurement]:
        return None
    if (side is None) != (joint in MIDLINE) or (motion is None and measurement != "power"):
        return None
    return joint, motion, measurement, side, unit


def is_channel(name: str) -> bool:
    """Return whether `name` follows the channel grammar (standard or convertible unit).

    Examples
    --------
    >>> is_channel("knee_flexion_angle_ipsi_rad"), is_channel("subject")
    (True, False)
    """
    return _parts(name) is not None


# Aliases: names that the field's documents use

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

_SUBJECT = re.compile(
    r"(?:subject|participant|patient|proband)[ _-]?(?:id|code|nr|no|number)|subject|participant",
    re.IGNORECASE,
)

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
    if _SUBJECT.fullmatch(name):
        return "subject"
    renamed = name
    for pattern, replacement in _PATTERNS:
        renamed = pattern.sub(replacement, renamed)
    return renamed if is_channel(renamed) else name


# Tasks, and the published end of stance in each

TASKS: dict[str, str] = {
    "level_walking": "Level walking",
    "incline_walking": "Incline walking",
    "decline_walking": "Decline walking",
    "stair_ascent": "Stair ascent",
    "stair_descent": "Stair descent",
    "run": "Running",
    "sit_to_stand": "Sit to stand",
    "stand_to_sit": "Stand to sit",
    "turning": "Turning while walking",
    "dual_task_walking": "Walking with a second task",
    "backward_walking": "Walking backward",
}
"""Task name -> title for people; the order numbers the simulator's seeds, so new ones come last."""

STANCE_PERCENT: dict[str, float] = {
    "level_walking": 59.0,
    "incline_walking": 59.0,
    "decline_walking": 59.0,
    "stair_ascent": 64.5,
    "stair_descent": 67.0,
    "run": 36.0,
    "dual_task_walking": 59.0,
}
"""Toe-off in percent of the cycle at a task's usual speed, where the speed is not known.

Walking: Schwartz, Rozumalski & Trost 2008 at their free speed. Stairs: Beaulieu et al. 2008.
Running: middle of Fukuchi, Fukuchi & Duarte 2017 between 2.5 and 4.5 m/s. A second task: as level
walking; what it changes in young healthy adults is explained by the slower speed (Beauchet et al.
2005, doi:10.1186/1743-0003-2-26). Turns have no published figure: the two feet differ; nor
has walking backward.
"""

_WALKING = ("level_walking", "incline_walking", "decline_walking", "dual_task_walking")
_RUN_SPEED_M_S = (2.5, 3.5, 4.5)
_RUN_STANCE_PERCENT = (39.4, 34.8, 32.8)
_ADULT_LEG_LENGTH_M = 0.9


def toe_off_percent(
    task: str, speed_m_s: ArrayLike | None = None, leg_length_m: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the published toe-off of a task, for cycles without a force plate.

    Walking: ``52.8 + 2.64 / v*`` with ``v* = v / sqrt(g L)``, fitted to the five speeds of
    Schwartz, Rozumalski & Trost 2008 (J Biomech 41:1639). Running: duty factor against speed
    of Fukuchi, Fukuchi & Duarte 2017 (PeerJ 5:e3298), linear between 2.5 and 4.5 m/s.

    Parameters
    ----------
    task : str
        A task of :data:`TASKS`.
    speed_m_s : array_like, optional
        Speed of each cycle, m/s; NaN where unknown.
    leg_length_m : array_like, optional
        Leg length, m; 0.9 where unknown.

    Returns
    -------
    ndarray
        Toe-off, percent of the cycle, in the shape of `speed_m_s`; NaN for a task without
        a stance phase, or one that is not known.

    Examples
    --------
    >>> float(toe_off_percent("level_walking", 1.3).round(1))
    58.8
    >>> bool(toe_off_percent("sit_to_stand") != toe_off_percent("sit_to_stand"))
    True
    """
    usual = STANCE_PERCENT.get(task, np.nan)
    if speed_m_s is None or task not in (*_WALKING, "run"):
        return np.full(np.shape(0.0 if speed_m_s is None else speed_m_s), usual)
    speed = np.asarray(speed_m_s, dtype=np.float64)
    if task == "run":
        stance = np.interp(speed, _RUN_SPEED_M_S, _RUN_STANCE_PERCENT)
    else:
        leg = np.asarray(
            _ADULT_LEG_LENGTH_M if leg_length_m is None else leg_length_m, dtype=np.float64
        )
        leg = np.where(np.isfinite(leg), leg, _ADULT_LEG_LENGTH_M)
        froude_root = np.maximum(speed / np.sqrt(STANDARD_GRAVITY_M_S2 * leg), 0.15)
        stance = 52.8 + 2.64 / froude_root
    return np.where(np.isfinite(speed), stance, usual)
