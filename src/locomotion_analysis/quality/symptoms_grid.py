"""Curves that were put on the phase grid wrongly."""

import numpy as np

from locomotion_analysis.quality import treatment
from locomotion_analysis.quality.patient import MOST_CYCLES, Patient, is_angle
from locomotion_analysis.quality.prescription import Prescription
from locomotion_analysis.standard import N_PHASES


def stretched_grids(patient: Patient) -> list[Prescription]:
    """Curves padded to the grid: their last samples are copies of one, or zeros."""
    tails = patient.profiles.tails
    counts = tails.groupby(patient.subject_of).sum()
    total = counts.sum(axis=1)
    found = []
    for subject in counts.index[total > 0]:
        tail = int(counts.loc[subject].idxmax())
        share = float(counts.loc[subject].max() / total[subject])
        if 3 <= tail <= N_PHASES - 20 and share >= MOST_CYCLES:
            keep = N_PHASES - tail + 1
            evidence = f"{share:.0%} of the cycles end in {tail} equal samples"
            found.append(
                patient.prescribe(
                    "stretch", int(subject), patient.channels, keep, 1 - share, evidence
                )
            )
            own = patient.subject_of == subject
            patient.curves[:, own] = treatment.stretched(patient.curves[:, own], keep)
    return found + _stepped_grids(patient)


def _stepped_grids(patient: Patient) -> list[Prescription]:
    """Curves whose samples were repeated instead of interpolated."""
    moving = [is_angle(name) for name in patient.channels]
    if not any(moving):
        return []
    found = []
    for subject in range(len(patient.subjects)):
        own = patient.subject_of == subject
        still = (np.diff(patient.curves[np.ix_(moving, own)], axis=-1) == 0).all(axis=(0, 1))
        n_values = N_PHASES - int(still.sum())
        expected = np.diff(np.round(np.linspace(0, n_values - 1, N_PHASES))) == 0
        if 20 <= n_values < N_PHASES - 5 and np.array_equal(still, expected):
            evidence = f"{N_PHASES - n_values} of {N_PHASES} samples repeat the one before"
            found.append(
                patient.prescribe("unstep", subject, patient.channels, n_values, 0.0, evidence)
            )
            patient.curves[:, own] = treatment.unstepped(patient.curves[:, own], n_values)
    return found
