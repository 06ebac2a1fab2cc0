"""Group kinematic: how the joints and segments of one leg move together."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.coordination import coordination
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

PAIRS = {
    "hip_knee": ("hip_flexion_angle", "knee_flexion_angle"),
    "knee_ankle": ("knee_flexion_angle", "ankle_dorsiflexion_angle"),
    "thigh_shank": ("thigh_sagittal_angle", "shank_sagittal_angle"),
    "shank_foot": ("shank_sagittal_angle", "foot_sagittal_angle"),
}
"""Neighbours, the proximal one first: name -> quantities."""

RELATIVE_PHASE = (
    "continuous relative phase: difference of arctan2(velocity / largest speed, angle scaled to "
    "-1..1 by its range), proximal less distal"
)
_PHASE_SOURCE = (
    "Hamill et al. 1999, Clinical Biomechanics 14:297; mean absolute relative phase: Stergiou et "
    "al. 2001, Clinical Biomechanics 16:213"
)
_DIAGRAM_SOURCE = (
    "Hershler & Milner 1980, American Journal of Physical Medicine 59:73; "
    "Goswami 1998, Gait & Posture 8:15"
)
_WHAT = {
    "marp": ("rad", f"mean of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "marp_stance": ("rad", f"mean over stance of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "marp_swing": ("rad", f"mean over swing of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "cyclogram_area": ("rad2", "area enclosed by the angle-angle diagram", _DIAGRAM_SOURCE),
    "cyclogram_perimeter": ("rad", "perimeter of the angle-angle diagram", _DIAGRAM_SOURCE),
    "correlation": ("1", "Pearson correlation of the two angles over the cycle", _DIAGRAM_SOURCE),
}
_OF_PARTS = ("marp_stance", "marp_swing")


def pairs_of_neighbours(schema: Schema) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, side and the two channels of each pair of neighbours that is at hand."""
    for pair, (proximal, distal) in PAIRS.items():
        for side in ("ipsi", "contra"):
            channels = (f"{proximal}_{side}_rad", f"{distal}_{side}_rad")
            if all(name in schema.channels for name in channels):
                yield pair, side, *channels


def coordination_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield relative phase and angle-angle diagrams of hip-knee, knee-ankle and the segments."""
    found = list(pairs_of_neighbours(schema))
    if not found:
        yield LeftOut("coordination", "no two neighbouring joints or segments of one leg")
    for pair, side, proximal, distal in found:
        specs = tuple(
            FeatureSpec(
                name=f"{pair}_{what}_{side}" + (f"_{unit}" if unit != "1" else ""),
                group="kinematic",
                unit=unit,
                formula=formula,
                source=source,
                requires=(proximal, distal, *(("stance_percent",) if what in _OF_PARTS else ())),
            )
            for what, (unit, formula, source) in _WHAT.items()
        )
        yield Family(specs, partial(_values, proximal, distal, side))


def _values(proximal: str, distal: str, side: str, view: CycleView) -> Values:
    return coordination(
        view.curves(proximal),
        view.curves(distal),
        *leg_events(view, side).stance_and_swing,
    )
