"""Stairs: rise 18 cm, tread 28.5 cm."""

from functools import partial

from locomotion_analysis.data import LocomotionData
from revalidation.channels import ANKLE, HIP, KNEE, KNEE_MOMENT
from revalidation.figure import Measure, Published
from revalidation.peaks import highest, lowest

_UP, _DOWN = ("stair_ascent",), ("stair_descent",)
_PROTOPAPADAKI = "Protopapadaki 2007"


def ascent_minus_descent(data: LocomotionData, measure: Measure) -> float:
    """Return the difference of a figure between going up and going down."""
    up: float = partial(measure, tasks=_UP)(data)
    return up - partial(measure, tasks=_DOWN)(data)


def _up(name: str, mean: float, sd: float, measure: Measure) -> Published:
    found = partial(measure, tasks=_UP)
    return Published(f"stair ascent: {name}", mean, sd, "deg", _PROTOPAPADAKI, found)


def _difference(name: str, mean: float, sd: float, measure: Measure) -> Published:
    found = partial(ascent_minus_descent, measure=measure)
    return Published(f"stairs, up minus down: {name}", mean, sd, "deg", _PROTOPAPADAKI, found)


FIGURES = (
    _up("most hip flexion", 65.0, 7.0, partial(highest, channel=HIP)),
    _up("most knee flexion", 94.0, 7.0, partial(highest, channel=KNEE)),
    _up("most dorsiflexion", 11.0, 4.0, partial(highest, channel=ANKLE)),
    _up("least dorsiflexion", -31.0, 5.0, partial(lowest, channel=ANKLE)),
    Published(
        "stair ascent: knee extensor moment",
        -1.16,
        0.24,
        "Nm/kg",
        "Costigan 2002",
        partial(lowest, tasks=_UP, channel=KNEE_MOMENT),
    ),
    _difference("most hip flexion", 28.1, 4.1, partial(highest, channel=HIP)),
    _difference("most knee flexion", 3.4, 7.2, partial(highest, channel=KNEE)),
    _difference("most dorsiflexion", -9.9, 3.8, partial(highest, channel=ANKLE)),
)
