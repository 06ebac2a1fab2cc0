"""Groups kinematic and kinetic: first harmonics of the main curves."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.fourier import harmonic_basis, harmonics
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import N_PHASES, Channel

N_HARMONICS = 4
"""Harmonics of the stride frequency: 1 to 4 hold nearly all of a joint angle's variance."""

_BASIS = harmonic_basis(N_PHASES, N_HARMONICS)
_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "hip_adduction")
_MIDLINE = ("pelvis", "trunk")
_FORCES = ("grf_vertical", "grf_anterior")
_ANGLE_SOURCE = "Chau 2001, Gait & Posture 13:49"
_FORCE_SOURCE = "Schneider & Chao 1983, Journal of Biomechanics 16:591"


def angle_harmonic_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield amplitude and phase of harmonics 1 to 4 of the main joint, pelvis and trunk angles."""
    for name, channel in schema.of_measurement("angle").items():
        if channel.joint in _MIDLINE or f"{channel.joint}_{channel.motion}" in _ANGLES:
            yield _family(name, channel, "kinematic", _ANGLE_SOURCE)


def force_harmonic_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield amplitude and phase of harmonics 1 to 4 of vertical and fore-aft force."""
    for name, channel in schema.of_measurement("grf").items():
        if channel.quantity in _FORCES:
            yield _family(name, channel, "kinetic", _FORCE_SOURCE)


def _family(name: str, channel: Channel, group: str, source: str) -> Family:
    series = "x(t) = a0 + sum A_k cos(2 pi k t - p_k), t from 0 to 1 in the ipsilateral cycle"
    amplitudes, phases = (
        [
            FeatureSpec(
                name=f"{name}_harmonic{order}_{what}",
                group=group,
                unit=unit,
                formula=f"{letter}_{order} of {series}",
                source=source,
                requires=(name,),
            )
            for order in range(1, N_HARMONICS + 1)
        ]
        for what, unit, letter in (("amplitude", channel.unit, "A"), ("phase", "rad", "p"))
    )
    return Family((*amplitudes, *phases), partial(_values, name))


def _values(channel: str, view: CycleView) -> Values:
    return harmonics(view.curves(channel), _BASIS)
