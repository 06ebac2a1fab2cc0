"""Groups kinematic and kinetic: ``<channel>_<aggregation>`` for every channel."""

from collections.abc import Iterator

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut
from locomotion_analysis.features.schema import Schema

KINEMATIC = ("angle", "velocity", "acceleration")
KINETIC = ("moment", "power", "grf", "cop")


def kinematic_statistics_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the statistics of all angles, velocities and accelerations."""
    yield _statistics(schema, "kinematic", KINEMATIC)


def kinetic_statistics_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the statistics of all moments, powers, ground reaction forces and their centres."""
    yield _statistics(schema, "kinetic", KINETIC)


def _statistics(schema: Schema, group: str, measurements: tuple[str, ...]) -> Family | LeftOut:
    channels = schema.of_measurement(*measurements)
    if not channels:
        return LeftOut(group, f"the data has no channel of {', '.join(measurements)}")
    specs = tuple(
        FeatureSpec(
            name=f"{channel}_{name}",
            group=group,
            unit=how.unit or parsed.unit,
            formula=how.formula,
            source=DESCRIPTIVE,
            requires=(channel,),
        )
        for channel, parsed in channels.items()
        for name, how in schema.aggregations.items()
    )
    pairs = [(channel, name) for channel in channels for name in schema.aggregations]
    return Family(specs, lambda view: (view.statistic(*pair) for pair in pairs))
