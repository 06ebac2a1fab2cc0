"""Group kinematic: the angle of every joint and segment at the events of its leg's stride."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import EVENTS, OTHER_LEG, leg_events
from locomotion_analysis.features.kernels.at_phase import at_phase
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_SOURCE = "Perry & Burnfield 2010, Gait Analysis: Normal and Pathological Function, 2nd ed."


def event_value_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield, for each angle, its values at contact, toe-off and the opposite foot's events.

    A contralateral angle is read at the events of the contralateral leg's own stride.
    """
    for name, channel in schema.of_measurement("angle").items():
        specs = tuple(
            FeatureSpec(
                name=f"{name}_at_{event}",
                group="kinematic",
                unit=channel.unit,
                formula=f"value at {meaning}, linear between samples; {OTHER_LEG}",
                source=_SOURCE,
                requires=(name, "stance_percent"),
            )
            for event, meaning in EVENTS.items()
        )
        yield Family(specs, partial(_values, name, channel.side))


def _values(channel: str, side: str | None, view: CycleView) -> Values:
    return at_phase(view.curves(channel), leg_events(view, side).phases)
