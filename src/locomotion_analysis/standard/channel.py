"""The channel-name grammar, parsed once and compared by part, never by position."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard.units import TO_STANDARD, UNITS, standard_unit

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
