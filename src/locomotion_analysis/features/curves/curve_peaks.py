"""Groups kinematic and kinetic: range of every curve and the phases of its extremes."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.aggregations import aggregation
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_STATISTICS = ("rom", "argmax_phase", "argmin_phase")


def kinematic_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield range and phases of the extremes of angles, velocities and accelerations."""
    yield from _families(schema, "kinematic", "angle", "velocity", "acceleration")


def kinetic_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield range and phases of the extremes of moments, powers and ground reaction forces."""
    yield from _families(schema, "kinetic", "moment", "power", "grf")


def _families(schema: Schema, group: str, *measurements: str) -> Iterator[Family | LeftOut]:
    """Leave out what the statistics asked for already give: a name stands once."""
    wanted = [name for name in _STATISTICS if name not in schema.aggregations]
    if not wanted:
        return
    for channel, parsed in schema.of_measurement(*measurements).items():
        specs = tuple(
            FeatureSpec(
                name=f"{channel}_{name}",
                group=group,
                unit=aggregation(name).unit or parsed.unit,
                formula=aggregation(name).formula,
                source=DESCRIPTIVE,
                requires=(channel,),
            )
            for name in wanted
        )
        yield Family(specs, partial(_values, channel, tuple(wanted)))


def _values(channel: str, names: tuple[str, ...], view: CycleView) -> Iterator[Values]:
    for name in names:
        yield view.statistic(channel, name)
