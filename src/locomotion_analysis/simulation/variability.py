"""How people differ from the mean and strides from each other.

Deviations are smooth curves: an offset and two harmonics for angles, four for pelvis and trunk, five
bumps for moments, three in stance for forces. They are correlated across joints; a person's two legs share most of them.
Sizes: between-subject SD of Schwartz et al. 2008 and Pinzone et al. 2014 (Gait Posture 40:286),
stride SD of the open recordings of Falisse et al. 2019 (J R Soc Interface
16:20190402) and Fukuchi et al. 2017; hip rotation, foot progression and trunk between strides, and
harmonics 3 and 4, of the same order.
"""

from collections.abc import Mapping

import numpy as np

from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.series import (
    N_COEFFICIENTS,
    cycle_bump,
    stance_bump,
)
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS

N_ATOMS = 9
N_FORCE_ATOMS = 3
N_LEG = len(LEG_CHANNELS) * N_ATOMS
N_FORCE = len(FORCE_CHANNELS) * N_FORCE_ATOMS
SHARED_BY_LEGS = 0.82
LARGEST_DEVIATION = 2.2
"""In standard deviations; who is further from the mean is not called healthy."""

_ANGLES = [i for i, name in enumerate(LEG_CHANNELS) if name.endswith("_angle")]

# Between subjects: SD of (offset, harmonic 1, harmonic 2); between strides: the same.
# Pelvis and trunk curves are halves that the two legs add up, see physics.pelvis. Equal halves
# cancel every other harmonic, so theirs vary up to the fourth: no healthy pelvis is that even.
# Harmonics 3 and 4 vary by these shares of harmonic 2.
_FINE_SHARES = (0.5, 0.3)
_SUBJECT_ANGLE_SD = {
    "hip_flexion_angle": (4.9, 2.6, 1.0),
    "knee_flexion_angle": (3.6, 3.4, 2.8),
    "ankle_dorsiflexion_angle": (3.2, 2.2, 2.0),
    "hip_adduction_angle": (2.6, 1.6, 0.8),
    "hip_internal_rotation_angle": (8.4, 1.8, 1.0),
    "knee_adduction_angle": (2.8, 1.5, 0.9),
    "foot_progression_internal_angle": (5.9, 1.7, 1.1),
    "pelvis_anterior_tilt_angle": (2.4, 0.3, 0.3),
    "pelvis_obliquity_up_angle": (0.75, 1.1, 0.3),
    "pelvis_internal_rotation_angle": (1.2, 1.9, 0.4),
    "trunk_anterior_tilt_angle": (2.0, 0.3, 0.3),
    "trunk_obliquity_up_angle": (0.8, 0.9, 0.3),
    "trunk_internal_rotation_angle": (1.2, 1.2, 0.4),
}
_STRIDE_ANGLE_SD = {
    "hip_flexion_angle": (1.1, 1.0, 0.7),
    "knee_flexion_angle": (0.8, 1.0, 0.9),
    "ankle_dorsiflexion_angle": (0.8, 1.0, 0.9),
    "hip_adduction_angle": (0.7, 0.65, 0.45),
    "hip_internal_rotation_angle": (1.5, 1.0, 0.6),
    "knee_adduction_angle": (0.5, 0.6, 0.4),
    "foot_progression_internal_angle": (1.8, 1.0, 0.6),
    "pelvis_anterior_tilt_angle": (0.6, 0.3, 0.2),
    "pelvis_obliquity_up_angle": (0.2, 0.35, 0.2),
    "pelvis_internal_rotation_angle": (0.5, 0.7, 0.3),
    "trunk_anterior_tilt_angle": (0.5, 0.25, 0.2),
    "trunk_obliquity_up_angle": (0.3, 0.35, 0.2),
    "trunk_internal_rotation_angle": (0.5, 0.6, 0.3),
}
_MOMENT_BUMPS = ((10.0, 6.0), (24.0, 8.0), (40.0, 8.0), (52.0, 6.0), (88.0, 6.0))
_SUBJECT_MOMENT_SD = {
    "hip_flexion_moment": (0.20, 0.12, 0.12, 0.16, 0.09),
    "knee_flexion_moment": (0.17, 0.14, 0.13, 0.12, 0.06),
    "ankle_dorsiflexion_moment": (0.08, 0.12, 0.17, 0.18, 0.01),
    "hip_adduction_moment": (0.09, 0.13, 0.12, 0.09, 0.02),
    "knee_adduction_moment": (0.06, 0.09, 0.09, 0.06, 0.01),
}
_STRIDE_MOMENT_SD = {
    "hip_flexion_moment": (0.10, 0.06, 0.06, 0.07, 0.05),
    "knee_flexion_moment": (0.08, 0.06, 0.06, 0.05, 0.03),
    "ankle_dorsiflexion_moment": (0.04, 0.05, 0.06, 0.06, 0.005),
    "hip_adduction_moment": (0.04, 0.05, 0.05, 0.04, 0.01),
    "knee_adduction_moment": (0.03, 0.035, 0.035, 0.03, 0.005),
}
_FORCE_BUMPS = ((22.0, 9.0), (50.0, 14.0), (80.0, 9.0))
_SUBJECT_FORCE_SD = ((0.10, 0.07, 0.08), (0.028, 0.014, 0.024), (0.012, 0.010, 0.012))
_STRIDE_FORCE_SD = ((0.045, 0.025, 0.03), (0.012, 0.006, 0.010), (0.010, 0.008, 0.010))

# Correlations of subjects' deviations across channels; the rest are zero.
_CORRELATIONS = {
    ("hip_flexion_angle", "knee_flexion_angle"): 0.45,
    ("hip_flexion_angle", "pelvis_anterior_tilt_angle"): 0.70,
    ("knee_flexion_angle", "ankle_dorsiflexion_angle"): 0.35,
    ("knee_flexion_angle", "knee_flexion_moment"): -0.40,
    ("hip_adduction_angle", "pelvis_obliquity_up_angle"): 0.40,
    ("hip_internal_rotation_angle", "foot_progression_internal_angle"): 0.35,
    ("knee_adduction_angle", "knee_adduction_moment"): -0.30,
    ("hip_adduction_moment", "knee_adduction_moment"): 0.45,
    ("pelvis_anterior_tilt_angle", "trunk_anterior_tilt_angle"): 0.30,
    ("hip_flexion_moment", "knee_flexion_moment"): -0.35,
    ("knee_flexion_moment", "ankle_dorsiflexion_moment"): 0.25,
}


def _atoms() -> Array:
    """Return the building curves of each leg channel, shape (n_channels, 9, n_coefficients)."""
    harmonics = np.eye(N_ATOMS, N_COEFFICIENTS)
    bumps = np.zeros_like(harmonics)
    bumps[: len(_MOMENT_BUMPS)] = [cycle_bump(*place) for place in _MOMENT_BUMPS]
    return np.stack([harmonics if i in _ANGLES else bumps for i in range(len(LEG_CHANNELS))])


def _spread(
    angles: Mapping[str, tuple[float, ...]], moments: Mapping[str, tuple[float, ...]]
) -> Array:
    """SD of each atom of each leg channel, shape (n_channels, 9)."""
    rows = np.zeros((len(LEG_CHANNELS), N_ATOMS))
    for row, name in zip(rows, LEG_CHANNELS, strict=True):
        if name in angles:
            offset, first, second = angles[name]
            midline = name.startswith(("pelvis", "trunk"))
            fine = [share * second * midline for share in _FINE_SHARES]
            row[:] = [offset, *np.repeat([first, second, *fine], 2)]
        else:
            row[: len(_MOMENT_BUMPS)] = moments[name]
    return rows


def _mixing() -> Array:
    """Cholesky factor of the correlations between leg channels."""
    matrix = np.eye(len(LEG_CHANNELS))
    for (one, other), value in _CORRELATIONS.items():
        i, j = LEG_CHANNELS.index(one), LEG_CHANNELS.index(other)
        matrix[i, j] = matrix[j, i] = value
    return np.linalg.cholesky(matrix).astype(np.float64)


_FORCE_ATOMS = np.stack([stance_bump(*place) for place in _FORCE_BUMPS])


def _leg_curves(normals: Array, spread: Array) -> Array:
    """Turn normals (..., 162) into coefficients (..., n_channels, n_coefficients)."""
    shaped = normals.reshape(*normals.shape[:-1], len(LEG_CHANNELS), N_ATOMS)
    mixed = np.einsum("ij,...jk->...ik", _mixing(), shaped) * spread
    curves: Array = np.einsum("...ik,ikc->...ic", mixed, _atoms())
    return curves


def _force_curves(normals: Array, spread: tuple[tuple[float, ...], ...]) -> Array:
    shaped = normals.reshape(*normals.shape[:-1], len(FORCE_CHANNELS), N_FORCE_ATOMS)
    curves: Array = (shaped * np.array(spread)) @ _FORCE_ATOMS
    return curves


def subject_deviations(normals: Array) -> tuple[Array, Array]:
    """Deviations of each subject's left and right leg from the template.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, 3 * 171 or more)
        Standard normals: what both legs share, the left's own, the right's own.

    Returns
    -------
    legs : ndarray, shape (n_subjects, 2, 18, 41)
        Fourier coefficients, degrees or Nm/kg.
    forces : ndarray, shape (n_subjects, 2, 3, 24)
        Sine coefficients, body weights.
    """
    width = N_LEG + N_FORCE
    drawn = np.clip(normals[:, : 3 * width], -LARGEST_DEVIATION, LARGEST_DEVIATION)
    shared, left, right = np.split(drawn, 3, axis=1)
    own = np.stack([left, right], axis=1)
    mixed = np.sqrt(SHARED_BY_LEGS) * shared[:, None] + np.sqrt(1 - SHARED_BY_LEGS) * own
    legs = _leg_curves(mixed[..., :N_LEG], _spread(_SUBJECT_ANGLE_SD, _SUBJECT_MOMENT_SD))
    return legs, _force_curves(mixed[..., N_LEG:], _SUBJECT_FORCE_SD)


def stride_deviations(normals: Array, size: Array) -> tuple[Array, Array]:
    """Deviations of each stride of both legs.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, n_cycles, 2 * 171)
        Standard normals, ipsilateral leg first.
    size : ndarray, shape (n_subjects,)
        Relative size of the subject's stride noise.

    Returns
    -------
    legs, forces : ndarray
        Shapes (n_subjects, n_cycles, 2, 18, 41) and (n_subjects, n_cycles, 2, 3, 24).
    """
    each = normals.reshape(*normals.shape[:2], 2, N_LEG + N_FORCE) * size[:, None, None, None]
    legs = _leg_curves(each[..., :N_LEG], _spread(_STRIDE_ANGLE_SD, _STRIDE_MOMENT_SD))
    return legs, _force_curves(each[..., N_LEG:], _STRIDE_FORCE_SD)
