"""Level walking at three speeds (typically developing children, mean age 10.5 years)."""

from functools import partial

from revalidation.channels import (
    ANKLE,
    FORE_AFT,
    HIP,
    HIP_MOMENT,
    KNEE,
    KNEE_MOMENT,
    TILT,
    VERTICAL,
)
from revalidation.choice import LEVEL
from revalidation.figure import Measure, Published
from revalidation.peaks import at_contact, average, highest, lowest

_STANCE, _SWING = (0.0, 62.0), (55.0, 95.0)
_FIRST, _VALLEY, _SECOND = (6.0, 30.0), (20.0, 45.0), (38.0, 62.0)
_SPEEDS_M_S = (0.86, 1.28, 1.66)  # v* 0.29, 0.43 and 0.56 with a leg of 0.9 m
_WINDOW_M_S = 0.12

Values = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

_ROWS: tuple[tuple[str, str, Measure, Values], ...] = (
    (
        "hip flexion at contact",
        "deg",
        partial(at_contact, channel=HIP),
        ((33.2, 4.8), (36.3, 5.2), (39.4, 5.8)),
    ),
    (
        "least hip flexion",
        "deg",
        partial(lowest, channel=HIP),
        ((-2.1, 5.8), (-5.7, 6.5), (-7.9, 6.6)),
    ),
    (
        "swing knee",
        "deg",
        partial(highest, channel=KNEE, part=_SWING),
        ((56.1, 5.4), (60.5, 4.8), (61.5, 5.5)),
    ),
    (
        "stance dorsiflexion",
        "deg",
        partial(highest, channel=ANKLE, part=_STANCE),
        ((14.3, 3.0), (12.8, 3.6), (11.3, 3.8)),
    ),
    (
        "least dorsiflexion",
        "deg",
        partial(lowest, channel=ANKLE, part=(50.0, 80.0)),
        ((-16.2, 6.6), (-22.4, 7.4), (-22.3, 7.6)),
    ),
    (
        "pelvic tilt",
        "deg",
        partial(average, channel=TILT),
        ((11.5, 4.3), (11.9, 4.8), (13.0, 4.7)),
    ),
    (
        "hip extensor moment",
        "Nm/kg",
        partial(lowest, channel=HIP_MOMENT, part=_FIRST),
        ((-0.53, 0.14), (-0.86, 0.19), (-1.21, 0.27)),
    ),
    (
        "knee extensor moment",
        "Nm/kg",
        partial(lowest, channel=KNEE_MOMENT, part=_FIRST),
        ((-0.21, 0.12), (-0.39, 0.18), (-0.55, 0.24)),
    ),
    (
        "first vertical peak",
        "BW",
        partial(highest, channel=VERTICAL, part=_FIRST),
        ((1.03, 0.07), (1.13, 0.11), (1.27, 0.15)),
    ),
    (
        "valley",
        "BW",
        partial(lowest, channel=VERTICAL, part=_VALLEY),
        ((0.89, 0.06), (0.78, 0.07), (0.64, 0.11)),
    ),
    (
        "second vertical peak",
        "BW",
        partial(highest, channel=VERTICAL, part=_SECOND),
        ((1.05, 0.07), (1.10, 0.09), (1.15, 0.12)),
    ),
    (
        "braking",
        "BW",
        partial(lowest, channel=FORE_AFT, part=_STANCE),
        ((-0.117, 0.025), (-0.175, 0.041), (-0.227, 0.047)),
    ),
    (
        "propulsion",
        "BW",
        partial(highest, channel=FORE_AFT, part=_STANCE),
        ((0.135, 0.019), (0.198, 0.027), (0.240, 0.038)),
    ),
)


def _at(measure: Measure, speed: float) -> Measure:
    window = (speed - _WINDOW_M_S, speed + _WINDOW_M_S)
    return partial(measure, tasks=LEVEL, speed_m_s=window)


FIGURES = tuple(
    Published(f"level {v:g} m/s: {name}", mean, sd, unit, "Schwartz 2008", _at(measure, v))
    for name, unit, measure, values in _ROWS
    for v, (mean, sd) in zip(_SPEEDS_M_S, values, strict=True)
)
