"""Which features there are for some channels and columns, and the numbers of each cycle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import compress
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.between_strides.curve_variability import (
    curve_variability_families,
)
from locomotion_analysis.features.between_strides.stability import stability_families
from locomotion_analysis.features.between_strides.variability import variability_families
from locomotion_analysis.features.clinical.efficiency import efficiency_families
from locomotion_analysis.features.clinical.flags import flag_families
from locomotion_analysis.features.clinical.gillette import gillette_families
from locomotion_analysis.features.clinical.norm_deviation import norm_deviation_families
from locomotion_analysis.features.clinical.profile import profile_families
from locomotion_analysis.features.curves.coordination import coordination_families
from locomotion_analysis.features.curves.curve_peaks import (
    kinematic_peak_families,
    kinetic_peak_families,
)
from locomotion_analysis.features.curves.curve_statistics import (
    kinematic_statistics_families,
    kinetic_statistics_families,
)
from locomotion_analysis.features.curves.derivatives import derivative_families
from locomotion_analysis.features.curves.deviation_phase import deviation_phase_families
from locomotion_analysis.features.curves.event_values import event_value_families
from locomotion_analysis.features.curves.fourier import (
    angle_harmonic_families,
    force_harmonic_families,
)
from locomotion_analysis.features.curves.stance_swing import stance_swing_families
from locomotion_analysis.features.curves.stance_swing_statistics import (
    kinematic_stance_swing_families,
    kinetic_stance_swing_families,
)
from locomotion_analysis.features.curves.subphase_peaks import subphase_peak_families
from locomotion_analysis.features.family import Family, FamilyFactory
from locomotion_analysis.features.feature import FeatureSpec, LeftOut
from locomotion_analysis.features.forces.cop_path import cop_path_families
from locomotion_analysis.features.forces.ground_force import ground_force_families
from locomotion_analysis.features.forces.ground_force_loading import ground_force_loading_families
from locomotion_analysis.features.forces.power_bursts import power_burst_families
from locomotion_analysis.features.forces.support_moment import support_moment_families
from locomotion_analysis.features.forces.work import impulse_families, work_families
from locomotion_analysis.features.gait_events.normalised_lengths import (
    normalised_length_families,
    other_step_families,
    toe_out_families,
)
from locomotion_analysis.features.gait_events.spatial import spatial_families
from locomotion_analysis.features.gait_events.step_times import step_time_families
from locomotion_analysis.features.gait_events.temporal import temporal_families
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.symmetry.asymmetry import asymmetry_families
from locomotion_analysis.features.symmetry.indices_by_leg import symmetry_families
from locomotion_analysis.features.view import CycleView

_FACTORIES: dict[str, tuple[FamilyFactory, ...]] = {
    "kinematic": (
        kinematic_statistics_families,
        event_value_families,
        kinematic_peak_families,
        kinematic_stance_swing_families,
        derivative_families,
        coordination_families,
        angle_harmonic_families,
    ),
    "kinetic": (
        kinetic_statistics_families,
        kinetic_peak_families,
        kinetic_stance_swing_families,
        subphase_peak_families,
        power_burst_families,
        support_moment_families,
        ground_force_loading_families,
        cop_path_families,
        force_harmonic_families,
    ),
    "temporal": (
        temporal_families,
        step_time_families,
    ),
    "spatial": (
        spatial_families,
        normalised_length_families,
        other_step_families,
        toe_out_families,
    ),
    "derived": (
        asymmetry_families,
        stance_swing_families,
        work_families,
        impulse_families,
        ground_force_families,
        symmetry_families,
        efficiency_families,
        variability_families,
        curve_variability_families,
        deviation_phase_families,
        stability_families,
    ),
    "clinical": (
        profile_families,
        gillette_families,
        norm_deviation_families,
        flag_families,
    ),
}

_MAIN = frozenset(
    {
        kinematic_statistics_families,
        kinetic_statistics_families,
        temporal_families,
        spatial_families,
        asymmetry_families,
        work_families,
        impulse_families,
        ground_force_families,
    }
)
"""What a group is asked for in the first place: a warning is due where the data lack it."""

FEATURE_GROUPS = tuple(_FACTORIES)
"""Names of the feature groups."""


@dataclass(frozen=True)
class FeaturePlan:
    """The features of some groups, known before any curve is read.

    Attributes
    ----------
    schema : Schema
        Names of channels and columns.
    families : tuple of Family
        What is computed together.
    left_out : tuple of LeftOut
        What the names already rule out, with the reason.
    minor : frozenset of str
        Features whose absence is no reason for a warning.
    """

    schema: Schema
    families: tuple[Family, ...]
    left_out: tuple[LeftOut, ...]
    minor: frozenset[str]

    @classmethod
    def of(cls, schema: Schema, groups: Sequence[str] = FEATURE_GROUPS) -> Self:
        """Plan the features of some groups."""
        factories = dict.fromkeys(factory for group in groups for factory in _FACTORIES[group])
        entries = [(entry, factory in _MAIN) for factory in factories for entry in factory(schema)]
        families = [(entry, main) for entry, main in entries if isinstance(entry, Family)]
        left_out = (
            replace(entry, minor=not main) for entry, main in entries if isinstance(entry, LeftOut)
        )
        minor = {spec.name for family, main in families if not main for spec in family.specs}
        return cls(
            schema,
            tuple(_each_once([family for family, _ in families])),
            tuple(dict.fromkeys(left_out)),
            frozenset(minor),
        )

    @cached_property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """Catalogue entries, one a column."""
        return tuple(spec for family in self.families for spec in family.specs)

    @property
    def across_cycles(self) -> bool:
        """Whether cycles of one dataset, subject, task and task_id must come together."""
        return any(family.across_cycles for family in self.families)

    def compute(self, data: LocomotionData) -> NDArray[np.float64]:
        """Return the features of some cycles, shape (n_cycles, n_features)."""
        return self.compute_view(CycleView(data, self.schema.aggregations)).T

    def compute_view(self, view: CycleView) -> NDArray[np.float64]:
        """Return the features of a view, one row a feature: (n_features, n_cycles)."""
        rows = np.empty((len(self.specs), len(view)), dtype=np.float64)
        start = 0
        for family in self.families:
            stop = start + len(family.specs)
            for row, values in zip(rows[start:stop], family.compute(view), strict=True):
                row[:] = values
            start = stop
        return rows


def _each_once(families: Sequence[Family]) -> Iterator[Family]:
    """Yield the families without features of a name that stands in an earlier one.

    A statistic that was asked for (`argmax_phase`, `rom`) may be in the catalogue anyway.
    """
    seen: set[str] = set()
    for family in families:
        new = [spec.name not in seen for spec in family.specs]
        seen.update(spec.name for spec in family.specs)
        if all(new):
            yield family
        elif any(new):
            specs = tuple(compress(family.specs, new))
            yield replace(family, specs=specs, compute=partial(_some_rows, family, new))


def _some_rows(family: Family, wanted: Sequence[bool], view: CycleView) -> Iterator[NDArray[Any]]:
    return compress(family.compute(view), wanted)
