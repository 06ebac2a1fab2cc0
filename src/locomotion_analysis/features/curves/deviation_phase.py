"""Group derived: how much the coordination of two joints differs from stride to stride."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.between_strides.cycle_groups import groups_of
from locomotion_analysis.features.curves.coordination import RELATIVE_PHASE, pairs_of_neighbours
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.coordination import deviation
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_SOURCE = (
    "Stergiou et al. 2001, Clinical Biomechanics 16:213; circular standard deviation: "
    "Lamb & Stoeckl 2014, Clinical Biomechanics 29:484"
)
_FORMULA = (
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
            formula=_FORMULA,
            source=_SOURCE,
            requires=(proximal, distal),
        )
        yield Family((spec,), partial(_values, proximal, distal), across_cycles=True)


def _values(proximal: str, distal: str, view: CycleView) -> list[Values]:
    groups = groups_of(view)
    per_series = deviation(view.curves(proximal), view.curves(distal), groups.order, groups.starts)
    return [groups.pooled(per_series)[groups.group]]
