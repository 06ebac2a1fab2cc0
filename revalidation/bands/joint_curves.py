"""Check 8: joint curves of healthy adults at 1.3 m/s."""

from functools import partial
from typing import Any

from revalidation.channels import ANKLE, ANKLE_MOMENT, ANKLE_POWER, HIP, KNEE
from revalidation.choice import LEVEL, USUAL_M_S
from revalidation.figure import Band, Measure
from revalidation.peaks import extent, highest, lowest, when_highest, when_lowest

_SWING, _ROUND_TOE_OFF, _STANCE = (55.0, 95.0), (50.0, 80.0), (0.0, 62.0)


def _band(name: str, low: float, high: float, unit: str, measure: Measure) -> Band:
    return Band("8", name, low, high, unit, "Schwartz 2008, Winter 1991, Fukuchi 2018", measure)


def _at_usual_speed(measure: Any, channel: str, **part: Any) -> Measure:
    return partial(measure, tasks=LEVEL, channel=channel, speed_m_s=USUAL_M_S, **part)


BANDS = (
    _band("swing knee", 58.0, 67.0, "deg", _at_usual_speed(highest, KNEE, part=_SWING)),
    _band("swing knee, when", 69.0, 75.0, "%", _at_usual_speed(when_highest, KNEE, part=_SWING)),
    _band("hip range", 38.0, 48.0, "deg", _at_usual_speed(extent, HIP)),
    _band(
        "ankle minimum", -24.0, -15.0, "deg", _at_usual_speed(lowest, ANKLE, part=_ROUND_TOE_OFF)
    ),
    _band(
        "ankle minimum, when",
        60.0,
        67.0,
        "%",
        _at_usual_speed(when_lowest, ANKLE, part=_ROUND_TOE_OFF),
    ),
    _band(
        "plantarflexor moment",
        -1.7,
        -1.3,
        "Nm/kg",
        _at_usual_speed(lowest, ANKLE_MOMENT, part=_STANCE),
    ),
    _band(
        "plantarflexor moment, when",
        45.0,
        51.0,
        "%",
        _at_usual_speed(when_lowest, ANKLE_MOMENT, part=_STANCE),
    ),
    _band("ankle power", 2.5, 4.3, "W/kg", _at_usual_speed(highest, ANKLE_POWER)),
)
