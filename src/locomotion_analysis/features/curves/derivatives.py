"""Group kinematic: peak velocity and acceleration of every angle."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.derivatives import derivative_peaks
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import PHASE_PERCENT

_SOURCE = "Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed., ch. 3"
_WHAT = {
    "velocity_max": ("rad_s", "largest central difference of the angle over time"),
    "velocity_min": ("rad_s", "smallest central difference of the angle over time"),
    "velocity_max_phase": ("% of cycle", "phase of the (first) velocity_max"),
    "velocity_min_phase": ("% of cycle", "phase of the (first) velocity_min"),
    "acceleration_max": ("rad_s2", "largest second central difference of the angle over time"),
    "acceleration_min": ("rad_s2", "smallest second central difference of the angle over time"),
}


def derivative_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the peaks of the derivatives of each angle over time, at the inner 148 samples."""
    if not schema.has("cycle_duration_s"):
        yield LeftOut("velocity and acceleration peaks", "the data has no cycle_duration_s")
        return
    for name, channel in schema.of_measurement("angle").items():
        if channel.unit != "rad":
            continue
        specs = tuple(
            FeatureSpec(
                name=f"{name}_{what}",
                group="kinematic",
                unit=unit,
                formula=formula,
                source=_SOURCE,
                requires=(name,) if "phase" in what else (name, "cycle_duration_s"),
            )
            for what, (unit, formula) in _WHAT.items()
        )
        yield Family(specs, partial(_values, name))


def _values(channel: str, view: CycleView) -> Values:
    found = derivative_peaks(view.curves(channel))
    found[:2] /= view.duration_s
    found[2:4] *= PHASE_PERCENT[1]
    found[4:] /= view.duration_s**2
    return found
