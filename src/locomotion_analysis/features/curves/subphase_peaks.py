"""Group kinetic: named peaks of moments and of horizontal forces, and when they come."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.parts import (
    MAXIMUM,
    MAXIMUM_AT,
    MINIMUM,
    MINIMUM_AT,
    part_statistics,
)
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel

_WINTER = "Winter 1991, The Biomechanics and Motor Control of Human Gait"
_KNEE_LOAD = "Miyazaki et al. 2002, Annals of the Rheumatic Diseases 61:617"
_FORCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


@dataclass(frozen=True)
class Peak:
    """A named peak: 0 contact, 1 toe-off, 2 next contact; sign -1 for the channel's negative."""

    name: str
    sign: int
    begin: float
    end: float


PEAKS = {
    "hip_flexion_moment": (
        Peak("hip_extensor_moment_peak", -1, 0.0, 0.5),
        Peak("hip_flexor_moment_peak", 1, 0.5, 1.2),
        Peak("hip_extensor_moment_swing_peak", -1, 1.5, 2.0),
    ),
    "knee_flexion_moment": (
        Peak("knee_extensor_moment_peak1", -1, 0.05, 0.5),
        Peak("knee_flexor_moment_peak", 1, 0.4, 0.9),
        Peak("knee_extensor_moment_peak2", -1, 0.75, 1.1),
        Peak("knee_flexor_moment_swing_peak", 1, 1.5, 2.0),
    ),
    "ankle_dorsiflexion_moment": (
        Peak("dorsiflexor_moment_peak", 1, 0.0, 0.3),
        Peak("plantarflexor_moment_peak", -1, 0.3, 1.0),
    ),
    "hip_adduction_moment": (
        Peak("hip_abductor_moment_peak1", -1, 0.0, 0.5),
        Peak("hip_abductor_moment_peak2", -1, 0.5, 1.0),
    ),
    "knee_adduction_moment": (
        Peak("knee_external_adduction_moment_peak1", -1, 0.0, 0.5),
        Peak("knee_external_adduction_moment_peak2", -1, 0.5, 1.0),
    ),
    "grf_anterior": (
        Peak("braking_force_peak", -1, 0.0, 0.5),
        Peak("propulsive_force_peak", 1, 0.5, 1.0),
    ),
    "grf_lateral": (
        Peak("lateral_force_peak", 1, 0.0, 0.3),
        Peak("medial_force_peak1", -1, 0.0, 0.5),
        Peak("medial_force_peak2", -1, 0.5, 1.0),
    ),
}
"""Peaks by quantity. Internal moments; the external knee adduction moment is the negative of the
internal one. A peak in the named direction is positive."""


def subphase_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield size and phase of the named moment and force peaks of both legs."""
    for name, channel in schema.of_measurement("moment", "grf").items():
        peaks = PEAKS.get(channel.quantity, ())
        if peaks:
            specs = tuple(spec for peak in peaks for spec in _specs(name, channel, peak))
            yield Family(specs, partial(_values, name, channel.side, peaks))


def _specs(name: str, channel: Channel, peak: Peak) -> Iterator[FeatureSpec]:
    extreme = "max" if peak.sign > 0 else "-min"
    where = (
        f"{name} over {peak.begin:g} to {peak.end:g} of the stride "
        "(0 contact, 1 toe-off, 2 next contact of this leg)"
    )
    feature = f"{peak.name}_{channel.side}_{channel.unit}"
    source = _source(channel)
    requires = (name, "stance_percent")
    yield FeatureSpec(feature, "kinetic", channel.unit, f"{extreme} of {where}", source, requires)
    formula = f"phase of the {extreme.removeprefix('-')} of {where}, since contact"
    yield FeatureSpec(f"{feature}_phase", "kinetic", "% of cycle", formula, source, requires)


def _source(channel: Channel) -> str:
    if channel.measurement == "grf":
        return _FORCE
    return _KNEE_LOAD if channel.quantity == "knee_adduction_moment" else _WINTER


def _values(
    channel: str, side: str | None, peaks: tuple[Peak, ...], view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    windows = events.parts(*((peak.begin, peak.end) for peak in peaks))
    found = part_statistics(view.curves(channel), *windows)
    for part, peak in enumerate(peaks):
        yield found[MAXIMUM, part] if peak.sign > 0 else -found[MINIMUM, part]
        yield events.percent(found[MAXIMUM_AT if peak.sign > 0 else MINIMUM_AT, part])
