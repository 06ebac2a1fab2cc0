"""Curves in another unit than their name says."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.quality import treatment
from locomotion_analysis.quality.patient import Patient
from locomotion_analysis.quality.prescription import Prescription
from locomotion_analysis.standard import TO_STANDARD, Channel

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

UNIT_TOLERANCE = 4.0
"""A corrected curve may be this many times larger or smaller than the norm."""

UNIT_SUSPICION = 8.0
"""Times larger or smaller than the norm before a unit is suspected."""

_SMALLEST_SIZE = {"angle": 0.05, "velocity": 0.3, "moment": 0.08, "power": 0.15, "grf": 0.02}
_USUAL_SIZE = {"angle": 0.35, "velocity": 2.0, "moment": 0.5, "power": 0.8, "grf": 0.3, "cop": 0.1}
_USUAL_MASS_KG = 70.0
_UNITS = {
    "angle": {"deg": TO_STANDARD["deg"][1]},
    "velocity": {"deg_s": TO_STANDARD["deg_s"][1]},
    "moment": {"Nm": 1.0, "Nmm_kg": TO_STANDARD["Nmm_kg"][1]},
    "power": {"W": 1.0, "mW_kg": TO_STANDARD["mW_kg"][1]},
    "grf": {"N": 1.0, "% BW": 0.01},
    "cop": {"mm": TO_STANDARD["mm"][1], "cm": TO_STANDARD["cm"][1]},
}
_PER_MASS = ("Nm", "W", "N")


def wrong_units(patient: Patient) -> list[Prescription]:
    """Curves many times larger or smaller than the norm, which another unit would explain."""
    size = np.sqrt(np.mean(np.square(patient.curves, dtype=np.float64), axis=-1))
    norm = np.sqrt(np.mean(np.square(patient.mean, dtype=np.float64), axis=-1))
    found = []
    for channel, name in enumerate(patient.channels):
        measured = Channel.parse(name).measurement
        units = _UNITS.get(measured, {})
        smallest = _SMALLEST_SIZE.get(measured, 0.0)
        by_norm = patient.by_subject((size[channel] / np.maximum(norm[channel], smallest))[None])[0]
        by_habit = patient.by_subject((size[channel] / _USUAL_SIZE.get(measured, 1.0))[None])[0]
        times = np.where(np.isfinite(by_norm), by_norm, by_habit)
        for subject in np.flatnonzero(times > UNIT_SUSPICION):
            each = _unit_of(patient, name, int(subject), float(times[subject]), units)
            if each is not None:
                found.append(each)
                own = patient.subject_of == subject
                patient.curves[channel, own] *= _known_factor(patient, each, own)
    return found


def _unit_of(
    patient: Patient, name: str, subject: int, times: float, units: dict[str, float]
) -> Prescription | None:
    own = patient.subject_of == subject
    mass = float(patient.profiles.groups["mass_kg"].to_numpy()[own].mean())
    known = mass if np.isfinite(mass) else _USUAL_MASS_KG
    factors = {
        unit: factor * (_mass_factor(unit, known) if unit in _PER_MASS else 1.0)
        for unit, factor in units.items()
    }
    if not factors:
        return None
    unit = min(factors, key=lambda key: abs(np.log(times * factors[key])))
    left = float(times * factors[unit])
    if not 1 / UNIT_TOLERANCE < left < UNIT_TOLERANCE:
        return None
    per_mass = unit in _PER_MASS
    amount = units[unit] if not per_mass or np.isfinite(mass) else np.nan
    evidence = f"{times:.3g} times the norm; {left:.2f} times as {unit}"
    if amount != amount:
        evidence += "; needs mass_kg, which is not known"
    off = abs(np.log(left)) / np.log(UNIT_TOLERANCE)
    return patient.prescribe("scale", subject, (name,), amount, 0.5 * off, evidence, unit)


def _mass_factor(unit: str, mass_kg: float) -> float:
    return float(treatment.mass_factor(unit, np.array([mass_kg]))[0])


def _known_factor(patient: Patient, each: Prescription, own: Mask) -> Floats:
    """Factor for the profiles of a subject; with a usual mass where none is known."""
    amount = 1.0 if each.amount != each.amount else each.amount
    factor = np.full(int(own.sum()), amount)
    if each.unit in _PER_MASS:
        mass = patient.profiles.groups["mass_kg"].to_numpy(dtype=np.float64)[own]
        factor = factor * treatment.mass_factor(
            each.unit, np.where(np.isfinite(mass), mass, _USUAL_MASS_KG)
        )
    return factor.astype(np.float32)[:, None]
