"""Gait events sample by sample: each is told as soon as the samples so far are sure of it.

The rules are those of :mod:`locomotion_analysis.ingest.events`, without a look ahead: no filter that
needs the samples after, and no maximum before what follows it has been seen.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import Event, Recording, Stream
from locomotion_analysis.ingest.direction import feet_from_angles
from locomotion_analysis.ingest.foot_forces import CONTACT_N, RELEASE_N
from locomotion_analysis.ingest.force_zero import USUAL_WEIGHT_N
from locomotion_analysis.ingest.phase import MAX_GAP_S
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.ingest.strides import MIN_STRIDE_S
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

__all__ = ["LiveEvents", "SeenEvent"]

CONFIRM_S = 0.02
"""How long a force stays above or below its threshold before the foot is said to be down or up, s."""
SWING_M, CONFIRM_M = 0.1, 0.02
"""Fore-aft path of a foot from one turning point to the next, and the way back that shows it, m."""


class SeenEvent(NamedTuple):
    """A gait event, and when it was known.

    Attributes
    ----------
    event : Event
        Instant, side and kind.
    source : str
        ``force`` or ``angles``.
    known_s : float
        Time of the sample that showed it, s.
    """

    event: Event
    source: str
    known_s: float


class Foot(Protocol):
    """Watches one foot."""

    source: str

    def push(self, time_s: float, sample: Mapping[str, float]) -> list[tuple[float, str]] | None:
        """Return instants and kinds of the events a sample shows; None where it holds no value."""
        ...

    def reset(self) -> None:
        """Forget what was seen: the next sample begins anew."""
        ...


class FootByForce:
    """Heel strike and toe-off where the vertical force crosses 10 N.

    A contact begins at the crossing of 10 N upwards, once the force has stayed above it for 0.02 s
    and reached 20 N, and ends at the crossing downwards, once it has stayed below for 0.02 s: the
    thresholds of :func:`~locomotion_analysis.ingest.contacts`, on the force as it comes. Crossings
    are interpolated between samples. What is too short for a step is told all the same: whether two
    strikes make a stride is judged from all events of it.

    Parameters
    ----------
    channel : str
        Name of the vertical force of the foot, N or BW.
    mass_kg : float or None
        For a force in BW; 700 N where it is not known.
    """

    source = "force"

    def __init__(self, channel: str, mass_kg: float | None) -> None:
        weight = USUAL_WEIGHT_N if mass_kg is None else mass_kg * STANDARD_GRAVITY_M_S2
        scale = weight if channel.endswith("_BW") else 1.0
        self._channel = channel
        self._release, self._contact = RELEASE_N / scale, CONTACT_N / scale
        self.reset()

    def reset(self) -> None:
        """Forget what was seen; whether the foot is down is told by the next sample."""
        self._down: bool | None = None
        self._last = (math.nan, math.nan)
        self._crossed: float | None = None
        self._highest = 0.0

    def push(self, time_s: float, sample: Mapping[str, float]) -> list[tuple[float, str]] | None:
        """Return the event that a sample shows; None where it was not measured."""
        force = sample[self._channel]
        if math.isnan(force):
            return None
        before_s, before = self._last
        self._last = (time_s, force)
        loaded = force >= self._release
        if self._down is None:
            self._down = loaded
            return []
        if loaded == self._down:
            self._crossed = None
            return []
        if self._crossed is None:
            share = (self._release - before) / (force - before)
            self._crossed, self._highest = before_s + share * (time_s - before_s), force
        self._highest = max(self._highest, force)
        sure = time_s - self._crossed >= CONFIRM_S
        if not sure or (loaded and self._highest < self._contact):
            return []
        instant, self._crossed, self._down = self._crossed, None, loaded
        return [(instant, HEEL_STRIKE if loaded else TOE_OFF)]


class Furthest:
    """Tells a maximum of a path when the path has come back from it.

    Parameters
    ----------
    rise : float
        From the lowest value since the last maximum to this one, at least.
    back : float
        Way back that shows a maximum.
    apart_s : float
        Shortest time between two maxima, s.
    """

    def __init__(self, rise: float, back: float, apart_s: float) -> None:
        self._rise, self._back, self._apart_s = rise, back, apart_s
        self._low, self._high, self._high_s, self._last_s = math.inf, -math.inf, 0.0, -math.inf

    def push(self, time_s: float, value: float) -> float | None:
        """Return the instant of the maximum that a value shows, or None."""
        if value < self._low:
            self._low = self._high = value
            self._high_s = time_s
        elif value > self._high:
            self._high, self._high_s = value, time_s
        elif self._high - value >= self._back and self._high - self._low >= self._rise:
            instant = self._high_s
            self._low = self._high = value
            self._high_s = time_s
            if instant - self._last_s >= self._apart_s:
                self._last_s = instant
                return instant
        return None


class FootByAngles:
    """Heel strike where the heel is furthest before the hip, toe-off where the toe is furthest behind.

    Heel and toe are placed as :func:`~locomotion_analysis.ingest.angle_events` places them, of who
    walks forward. A turning point counts from 0.1 m after the one before, and is told when the foot
    has come back from it by 0.02 m: at walking speed a fiftieth of a second later.

    Parameters
    ----------
    side : {"left", "right"}
    channels : sequence of str
        Of the stream; hip and knee flexion of the leg are among them.
    """

    source = "angles"

    def __init__(self, side: str, channels: Sequence[str]) -> None:
        self._side = side
        own = (f"_{side}_", "pelvis_")
        self._names = [
            name for name in channels if "_angle_" in name and any(part in name for part in own)
        ]
        self.reset()

    def reset(self) -> None:
        """Forget the path of the foot."""
        self._front, self._behind = (Furthest(SWING_M, CONFIRM_M, MIN_STRIDE_S) for _ in range(2))

    def push(self, time_s: float, sample: Mapping[str, float]) -> list[tuple[float, str]] | None:
        """Return the events that a sample shows; None where the foot cannot be placed."""
        signals = {name: np.array([sample[name]]) for name in self._names}
        stream = Stream(np.array([time_s]), signals)
        placed = feet_from_angles(Recording(source="stream", streams=(stream,)))
        if placed is None:
            return None
        heel, toe = placed[1][self._side]
        if not np.isfinite(heel).all():
            return None
        strike = self._front.push(time_s, float(heel[0, 0]))
        leaves = self._behind.push(time_s, -float(toe[0, 0]))
        found = ((strike, HEEL_STRIKE), (leaves, TOE_OFF))
        return [(instant, kind) for instant, kind in found if instant is not None]


class LiveEvents:
    """Heel strikes and toe-offs of both feet, sample by sample.

    A foot's events come from its vertical force where there is one, else from the angles of its hip
    and knee (ankle and pelvic tilt where there).

    Parameters
    ----------
    channels : sequence of str
        Names with the side of the body: ``grf_vertical_left_N`` (or ``_BW``),
        ``hip_flexion_angle_left_rad``, ``knee_flexion_angle_left_rad``, ...
    mass_kg : float, optional
        Body mass, for the threshold of a force in BW.

    Attributes
    ----------
    sources : dict of str to str
        For each foot whose events can be seen, ``force`` or ``angles``.
    lost : dict of str to float
        Feet of which nothing was measured for longer than 0.1 s, and since when, s.

    Raises
    ------
    SchemaError
        If the events of neither foot can be seen.

    Examples
    --------
    >>> live = LiveEvents(["grf_vertical_left_N"])
    >>> forces = [0.0] * 20 + [600.0] * 60 + [0.0] * 20
    >>> seen = [event for k, N in enumerate(forces)
    ...         for event in live.push(k / 100, {"grf_vertical_left_N": N})]
    >>> [(each.event.kind, round(each.event.time_s, 3), each.known_s) for each in seen]
    [('heel_strike', 0.19, 0.22), ('toe_off', 0.8, 0.82)]
    """

    def __init__(self, channels: Sequence[str], mass_kg: float | None = None) -> None:
        self._feet: dict[str, Foot] = {}
        for side in SIDES:
            forces = [f"grf_vertical_{side}_{unit}" for unit in ("N", "BW")]
            legs = [f"{joint}_flexion_angle_{side}_rad" for joint in ("hip", "knee")]
            if force := next((name for name in forces if name in channels), None):
                self._feet[side] = FootByForce(force, mass_kg)
            elif all(name in channels for name in legs):
                self._feet[side] = FootByAngles(side, channels)
        if not self._feet:
            raise SchemaError(
                expected="the vertical force of a foot (grf_vertical_left_N or _BW), or the angles "
                "of its hip and knee (hip_flexion_angle_left_rad, knee_flexion_angle_left_rad)",
                got=", ".join(channels[:6]) or "no channels",
                where="channels of the stream",
                fix="name the channels by the side of the body, left or right",
            )
        self.sources = {side: foot.source for side, foot in self._feet.items()}
        self.lost: dict[str, float] = {}
        self._known_s: dict[str, float] = {}

    def push(self, time_s: float, sample: Mapping[str, float]) -> list[SeenEvent]:
        """Return the events that a sample shows.

        Parameters
        ----------
        time_s : float
            Later than the sample's before.
        sample : mapping of str to float
            Every channel; NaN where not measured.
        """
        seen = []
        for side, foot in self._feet.items():
            found = foot.push(time_s, sample)
            if found is None:
                since = self._known_s.setdefault(side, time_s)
                if time_s - since > MAX_GAP_S and side not in self.lost:
                    self.lost[side] = since
                    foot.reset()
                continue
            self._known_s[side] = time_s
            self.lost.pop(side, None)
            seen += [
                SeenEvent(Event(instant, side, kind), foot.source, time_s)
                for instant, kind in found
            ]
        return sorted(seen)

    def reset(self) -> None:
        """Forget what was seen, as after a gap in the stream."""
        for foot in self._feet.values():
            foot.reset()
        self._known_s.clear()
        self.lost.clear()
