"""Velocities and powers whose sign contradicts the curves they derive from."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.quality.fit import correlation
from locomotion_analysis.quality.patient import Patient
from locomotion_analysis.quality.prescription import Prescription

Floats = NDArray[np.float32]

OPPOSITE = {"velocity": -0.8, "power": -0.6}
"""Correlation below which the sign is the other way round. Published powers also have frontal
and transverse parts, so they follow the sagittal product less closely."""


def derived_signs(patient: Patient) -> list[Prescription]:
    """Compare velocities with the angles' derivatives, then powers with moment x velocity."""
    found = []
    for measured, source in (("velocity", _derivatives), ("power", _products)):
        for channel, expected in source(patient):
            likeness = correlation(patient.curves[channel], expected)[None]
            like = patient.by_subject(likeness)[0]
            for subject in np.flatnonzero(like < OPPOSITE[measured]):
                own = patient.subject_of == subject
                patient.curves[channel, own] *= -1
                name = patient.channels[channel]
                what = "angle's derivative" if measured == "velocity" else "moment x velocity"
                evidence = f"correlation with the {what} {like[subject]:.2f}"
                better = float(1.0 + like[subject])
                found.append(
                    patient.prescribe("flip", int(subject), (name,), np.nan, better, evidence)
                )
    return found


def _derivatives(patient: Patient) -> Iterator[tuple[int, Floats]]:
    for channel, name in enumerate(patient.channels):
        angle = name.replace("_velocity_", "_angle_").removesuffix("_s")
        if "_velocity_" in name and angle in patient.channels:
            curves = patient.curves[patient.channels.index(angle)]
            yield channel, np.gradient(curves, axis=-1)


def _products(patient: Patient) -> Iterator[tuple[int, Floats]]:
    for channel, name in enumerate(patient.channels):
        for motion in ("flexion", "dorsiflexion"):
            moment = name.replace("_power_", f"_{motion}_moment_").replace("_W_kg", "_Nm_kg")
            velocity = name.replace("_power_", f"_{motion}_velocity_").replace("_W_kg", "_rad_s")
            if "_power_" in name and moment in patient.channels and velocity in patient.channels:
                rows = [patient.channels.index(other) for other in (moment, velocity)]
                yield channel, patient.curves[rows[0]] * patient.curves[rows[1]]
