"""Running at three speeds: 26 runners, mean of each runner's peaks."""

from functools import partial

from revalidation.channels import (
    ANKLE,
    ANKLE_MOMENT,
    ANKLE_POWER,
    HIP_MOMENT,
    KNEE,
    KNEE_MOMENT,
    VERTICAL,
)
from revalidation.figure import Measure, Published
from revalidation.peaks import highest, lowest

_RUN = ("run",)
_SPEEDS_M_S = (2.5, 3.5, 4.5)
_WINDOW_M_S = 0.3
_STANCE, _SWING = (0.0, 40.0), (45.0, 95.0)

Values = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

_ROWS: tuple[tuple[str, str, Measure, Values], ...] = (
    (
        "vertical peak",
        "BW",
        partial(highest, channel=VERTICAL),
        ((2.36, 0.14), (2.60, 0.15), (2.73, 0.19)),
    ),
    (
        "plantarflexor moment",
        "Nm/kg",
        partial(lowest, channel=ANKLE_MOMENT),
        ((-2.45, 0.26), (-2.69, 0.29), (-2.82, 0.31)),
    ),
    (
        "knee extensor moment",
        "Nm/kg",
        partial(lowest, channel=KNEE_MOMENT),
        ((-2.85, 0.35), (-3.22, 0.40), (-3.39, 0.44)),
    ),
    (
        "hip extensor moment",
        "Nm/kg",
        partial(lowest, channel=HIP_MOMENT),
        ((-1.67, 0.21), (-2.13, 0.23), (-2.71, 0.34)),
    ),
    (
        "swing knee",
        "deg",
        partial(highest, channel=KNEE, part=_SWING),
        ((93.0, 9.0), (107.0, 9.0), (114.0, 7.0)),
    ),
    (
        "stance dorsiflexion",
        "deg",
        partial(highest, channel=ANKLE, part=_STANCE),
        ((25.0, 2.0), (26.0, 2.0), (26.0, 2.0)),
    ),
    (
        "ankle power",
        "W/kg",
        partial(highest, channel=ANKLE_POWER),
        ((8.7, 1.5), (12.5, 1.9), (16.0, 2.2)),
    ),
)


def _at(measure: Measure, speed: float) -> Measure:
    return partial(measure, tasks=_RUN, speed_m_s=(speed - _WINDOW_M_S, speed + _WINDOW_M_S))


FIGURES = tuple(
    Published(f"run {v:g} m/s: {name}", mean, sd, unit, "Fukuchi 2017", _at(measure, v))
    for name, unit, measure, values in _ROWS
    for v, (mean, sd) in zip(_SPEEDS_M_S, values, strict=True)
)
