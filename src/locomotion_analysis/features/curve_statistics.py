"""Groups kinematic and kinetic: ``<channel>_<aggregation>`` for every channel."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.feature import DESCRIPTIVE, Feature, FeatureSpec, LeftOut
from locomotion_analysis.features.view import CycleView

KINEMATIC = ("angle", "velocity", "acceleration")
KINETIC = ("moment", "power", "grf", "cop")


def kinematic_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield the statistics of all angles, velocities and accelerations."""
    yield from _statistics(view, "kinematic", KINEMATIC)


def kinetic_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield the statistics of all moments, powers, ground reaction forces and their centres."""
    yield from _statistics(view, "kinetic", KINETIC)


def _statistics(
    view: CycleView, group: str, measurements: tuple[str, ...]
) -> Iterator[Feature | LeftOut]:
    yield from view.unmeasured(*measurements)
    channels = view.of_measurement(*measurements)
    if not channels:
        yield LeftOut(
            group, f"the data has no channel of {', '.join(measurements)} with a measured cycle"
        )
    for channel, parsed in channels.items():
        for name, how in view.aggregations.items():
            spec = FeatureSpec(
                name=f"{channel}_{name}",
                group=group,
                unit=how.unit or parsed.unit,
                formula=how.formula,
                source=DESCRIPTIVE,
                requires=(channel,),
            )
            yield Feature(spec, partial(view.statistic, channel, name))
