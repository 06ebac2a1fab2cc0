"""How the joints and segments of one leg move together, and how much that differs between strides.

Two neighbours' angles at a time: continuous relative phase and the angle-angle diagram (group
kinematic), vector coding (group derived), and the spread of both between strides (group derived).
"""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.kernels.series import (
    coordination,
    coupling,
    coupling_deviation,
    deviation,
)
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    leg_events,
)
from locomotion_analysis.features.variability import groups_of

# Neighbours, their continuous relative phase and their angle-angle diagram

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
    "al. 2001, Clinical Biomechanics"
)
_DIAGRAM_SOURCE = (
    "Hershler & Milner 1980, American Journal of Physical Medicine 59:109; "
    "Goswami 1998, Gait & Posture 8:15"
)
_WHAT_IS_COORDINATED = {
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
            for what, (unit, formula, source) in _WHAT_IS_COORDINATED.items()
        )
        yield Family(specs, partial(_coordination, proximal, distal, side))


def _coordination(proximal: str, distal: str, side: str, view: CycleView) -> Values:
    parts = leg_events(view, side).stance_and_swing
    return coordination(view.curves(proximal), view.curves(distal), *parts)


_DEVIATION_PHASE_SOURCE = (
    "Stergiou et al. 2001, Clinical Biomechanics; circular standard deviation: "
    "Lamb & Stoeckl 2014, Clinical Biomechanics 29:484"
)
_DEVIATION_PHASE = (
    "mean over the cycle of the circular standard deviation between strides of one leg of a "
    f"subject in a task (left and right averaged) of the {RELATIVE_PHASE}"
)


def deviation_phase_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the deviation phase of each pair of neighbours; NaN for a single stride."""
    for pair, side, proximal, distal in pairs_of_neighbours(schema):
        spec = FeatureSpec(
            name=f"{pair}_deviation_phase_{side}_rad",
            group="derived",
            unit="rad",
            formula=_DEVIATION_PHASE,
            source=_DEVIATION_PHASE_SOURCE,
            requires=(proximal, distal),
        )
        yield Family((spec,), partial(_deviation_phase, proximal, distal), across_cycles=True)


def _deviation_phase(proximal: str, distal: str, view: CycleView) -> list[Values]:
    groups = groups_of(view)
    per_series = deviation(view.curves(proximal), view.curves(distal), groups.order, groups.starts)
    return [groups.pooled(per_series)[groups.group]]


# Vector coding: the direction in which the angle-angle diagram goes from sample to sample

COUPLING_ANGLE = (
    "coupling angle: direction from one sample to the next in the diagram of the distal angle over "
    "the proximal one, atan2(distal change, proximal change), 0 to 2 pi; samples between which "
    "neither moves have none"
)
_CODING_SOURCE = (
    "Chang, Van Emmerik & Hamill 2008 (doi:10.1016/j.jbiomech.2008.07.024); "
    "Needham, Naemi & Chockalingam 2014 (doi:10.1016/j.jbiomech.2013.12.032)"
)
_SHARE = "share of the cycle with coupling angles within pi/8 of {}"
_WHAT_IS_CODED = {
    "coupling_mean": ("rad", f"circular mean over the cycle of the {COUPLING_ANGLE}"),
    "coupling_mean_stance": ("rad", f"circular mean over stance of the {COUPLING_ANGLE}"),
    "coupling_mean_swing": ("rad", f"circular mean over swing of the {COUPLING_ANGLE}"),
    "in_phase": ("%", _SHARE.format("pi/4 or 5 pi/4: both turn the same way")),
    "anti_phase": ("%", _SHARE.format("3 pi/4 or 7 pi/4: they turn against each other")),
    "proximal_phase": ("%", _SHARE.format("0 or pi: the proximal one alone turns")),
    "distal_phase": ("%", _SHARE.format("pi/2 or 3 pi/2: the distal one alone turns")),
}
_CODED_PARTS = ("coupling_mean_stance", "coupling_mean_swing")
_SUFFIX = {"rad": "rad", "%": "percent"}
_VARIABILITY = (
    "mean over the cycle of the angular deviation sqrt(2 (1 - R)) between strides of one leg of a "
    "subject in a task (left and right averaged) of the coupling angle; R the length of the mean "
    "unit vector; at least two strides"
)


def vector_coding_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean coupling angles, coordination patterns and the coupling's variability."""
    found = list(pairs_of_neighbours(schema))
    if not found:
        yield LeftOut("vector coding", "no two neighbouring joints or segments of one leg")
    for pair, side, proximal, distal in found:
        specs = tuple(
            FeatureSpec(
                name=f"{pair}_{what}_{side}_{_SUFFIX[unit]}",
                group="derived",
                unit=unit,
                formula=formula,
                source=_CODING_SOURCE,
                requires=(proximal, distal, *(("stance_percent",) if what in _CODED_PARTS else ())),
            )
            for what, (unit, formula) in _WHAT_IS_CODED.items()
        )
        yield Family(specs, partial(_coupling, proximal, distal, side))
        spec = FeatureSpec(
            name=f"{pair}_coupling_variability_{side}_rad",
            group="derived",
            unit="rad",
            formula=_VARIABILITY,
            source=_CODING_SOURCE,
            requires=(proximal, distal),
        )
        yield Family((spec,), partial(_coupling_deviation, proximal, distal), across_cycles=True)


def _coupling(proximal: str, distal: str, side: str, view: CycleView) -> Values:
    parts = leg_events(view, side).stance_and_swing
    return coupling(view.curves(proximal), view.curves(distal), *parts)


def _coupling_deviation(proximal: str, distal: str, view: CycleView) -> list[Values]:
    groups = groups_of(view)
    per_series = coupling_deviation(
        view.curves(proximal), view.curves(distal), groups.order, groups.starts
    )
    return [groups.pooled(per_series)[groups.group]]
