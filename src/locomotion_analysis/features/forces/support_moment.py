"""Group kinetic: the support moment and what each joint gives to it."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.parts import MAXIMUM, MAXIMUM_AT, MEAN, part_statistics
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_SOURCE = "Winter 1980, Journal of Biomechanics 13:923"
_JOINTS = {
    "hip": "hip_flexion_moment",
    "knee": "knee_flexion_moment",
    "ankle": "ankle_dorsiflexion_moment",
}
_MOMENT = "extensor moment of the leg, -(hip + knee + ankle) with flexor and dorsiflexor positive"
_IMPULSE_UNIT = {"Nm": "Nm_s", "Nm_kg": "Nm_s_kg"}
_PARTS = ((0.0, 0.5), (0.5, 1.0), (0.0, 1.0))


def support_moment_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peaks, stance mean and impulse of the support moment, and the joints' shares."""
    found = list(_legs(schema))
    if not found:
        yield LeftOut("support moment", "no leg with the moments of hip, knee and ankle")
    elif not schema.has("cycle_duration_s"):
        yield LeftOut("impulse of the support moment", "the data has no cycle_duration_s")
    for side, unit, channels in found:
        impulse = schema.has("cycle_duration_s")
        specs = tuple(_specs(side, unit, channels, impulse=impulse))
        yield Family(specs, partial(_values, channels, side, impulse))


def _legs(schema: Schema) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for side in ("ipsi", "contra"):
        for unit in ("Nm_kg", "Nm"):
            channels = tuple(f"{joint}_{side}_{unit}" for joint in _JOINTS.values())
            if all(name in schema.channels for name in channels):
                yield side, unit, channels


def _specs(
    side: str, unit: str, channels: tuple[str, ...], *, impulse: bool
) -> Iterator[FeatureSpec]:
    start, requires = "support_moment", (*channels, "stance_percent")
    rows = [
        (
            f"{start}_peak1_{side}_{unit}",
            unit,
            f"max over the first half of stance of the {_MOMENT}",
        ),
        (f"{start}_peak1_{side}_{unit}_phase", "% of cycle", "phase of peak 1, since contact"),
        (
            f"{start}_peak2_{side}_{unit}",
            unit,
            f"max over the second half of stance of the {_MOMENT}",
        ),
        (f"{start}_peak2_{side}_{unit}_phase", "% of cycle", "phase of peak 2, since contact"),
        (f"{start}_stance_mean_{side}_{unit}", unit, f"mean over stance of the {_MOMENT}"),
    ]
    for joint in _JOINTS:
        formula = f"stance mean of the {joint}'s extensor moment / that of the support moment * 100"
        rows.append((f"{start}_{joint}_share_{side}_{unit}_percent", "%", formula))
    for name, of_unit, formula in rows:
        yield FeatureSpec(name, "kinetic", of_unit, formula, _SOURCE, requires)
    if impulse:
        yield FeatureSpec(
            name=f"{start}_impulse_{side}_{_IMPULSE_UNIT[unit]}",
            group="kinetic",
            unit=_IMPULSE_UNIT[unit],
            formula=f"stance mean * stance time of the {_MOMENT}",
            source=_SOURCE,
            requires=(*requires, "cycle_duration_s"),
        )


def _values(
    channels: tuple[str, ...], side: str, impulse: bool, view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    found = part_statistics(_support(channels, view), *events.parts(*_PARTS))
    for part in range(2):
        yield found[MAXIMUM, part]
        yield events.percent(found[MAXIMUM_AT, part])
    mean = found[MEAN, 2]
    yield mean
    stance = events.parts((0.0, 1.0))
    for channel in channels:
        own = -part_statistics(view.curves(channel), *stance)[MEAN, 0]
        yield np.divide(100.0 * own, mean, out=np.full_like(mean, np.nan), where=mean > 0)
    if impulse:
        yield mean * events.stance / 100.0 * view.duration_s


def _support(channels: tuple[str, ...], view: CycleView) -> NDArray[np.float32]:
    hip, knee, ankle = (view.curves(name) for name in channels)
    with np.errstate(invalid="ignore", over="ignore"):
        total: NDArray[np.float32] = -(hip + knee + ankle)
    total.flags.writeable = False
    return total
