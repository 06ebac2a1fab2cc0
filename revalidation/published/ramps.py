"""Walking 10 degrees up and down; the spread is that of level walking."""

from functools import partial

from revalidation.channels import ANKLE, KNEE, THIGH
from revalidation.figure import Measure, Published
from revalidation.peaks import at_contact, highest, lowest

_HIP_SD, _KNEE_SD, _ANKLE_SD = 6.1, 6.3, 5.3  # between subjects, level: Schwartz 2008
_SOURCE = "Embry 2018 (fit at 1 m/s); SD of Schwartz 2008, level"
_SLOPES = (("decline_walking", -10.0), ("incline_walking", 10.0))

_ROWS: tuple[tuple[str, float, Measure, tuple[float, float]], ...] = (
    ("knee at contact", _KNEE_SD, partial(at_contact, channel=KNEE), (8.0, 38.0)),
    ("swing knee", _KNEE_SD, partial(highest, channel=KNEE, part=(55.0, 95.0)), (73.0, 62.0)),
    ("thigh at contact", _HIP_SD, partial(at_contact, channel=THIGH), (15.0, 43.0)),
    ("least thigh angle", _HIP_SD, partial(lowest, channel=THIGH), (-14.0, -17.0)),
    ("most dorsiflexion", _ANKLE_SD, partial(highest, channel=ANKLE), (20.0, 23.0)),
)

FIGURES = tuple(
    Published(
        f"{slope:+g} degrees: {name}",
        mean,
        sd,
        "deg",
        _SOURCE,
        partial(measure, tasks=(task,), incline_deg=slope),
    )
    for name, sd, measure, means in _ROWS
    for (task, slope), mean in zip(_SLOPES, means, strict=True)
)
