"""How people differ from the mean and their strides from each other, and what measuring adds.

Deviations are smooth curves: an offset and four harmonics for angles, five bumps for moments, three
in stance for forces. They are correlated across joints; a person's two legs share most of them.

Between people: SD of Schwartz et al. 2008 and Pinzone et al. 2014 (Gait Posture 40:286). Between
strides: SD of the open recordings of Falisse et al. 2019 (J R Soc Interface 16:20190402) and
Fukuchi et al. 2017; hip rotation, foot progression and trunk between strides, and harmonics 3 and 4,
of the same order. All of them were measured with markers on the skin: what measuring adds is part of
the published SD, and the rest is as much smaller.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from locomotion_analysis.simulation.base import (
    FORCE_CHANNELS,
    LEG_CHANNELS,
    N_COEFFICIENTS,
    Array,
    cycle_bump,
    stance_bump,
)
from locomotion_analysis.simulation.people import Population

N_ATOMS = 9
N_FORCE_ATOMS = 3
N_LEG = len(LEG_CHANNELS) * N_ATOMS
N_FORCE = len(FORCE_CHANNELS) * N_FORCE_ATOMS
N_NOISE_ATOMS = 6
SHARED_BY_LEGS = 0.82
LARGEST_DEVIATION = 2.2
"""In standard deviations; who is further from the mean is not called healthy."""

_UNCLIPPED_SD = 1.04
"""Of the normal numbers that have unit SD once they are kept within the largest deviation."""

IS_ANGLE = np.array([name.endswith("_angle") for name in LEG_CHANNELS])
N_NOISE = int(IS_ANGLE.sum()) * N_NOISE_ATOMS
N_STRIDE_ATOMS = N_ATOMS + N_NOISE_ATOMS + 5
N_DEVIATION_NORMALS = N_LEG + N_FORCE + N_NOISE
"""Standard normals of one stride of one leg."""

# Between subjects: SD of (offset, harmonic 1, harmonic 2); between strides: the same.
# Harmonics 3 and 4 vary by these shares of harmonic 2. Pelvis and trunk curves are halves that
# the two legs add up; equal halves cancel every other harmonic.
_FINE_SHARES = {"midline": (0.5, 0.3), "leg": (0.2, 0.1)}
_SUBJECT_ANGLE_SD = {
    "hip_flexion_angle": (5.35, 1.9, 0.75),
    "knee_flexion_angle": (4.15, 3.08, 2.21),
    "ankle_dorsiflexion_angle": (3.85, 2.15, 1.7),
    "hip_adduction_angle": (2.47, 1.52, 0.76),
    "hip_internal_rotation_angle": (8.99, 1.93, 1.07),
    "knee_adduction_angle": (3.58, 1.92, 1.15),
    "foot_progression_internal_angle": (6.79, 1.95, 1.26),
    "pelvis_anterior_tilt_angle": (2.54, 0.318, 0.318),
    "pelvis_obliquity_up_angle": (0.705, 1.03, 0.282),
    "pelvis_internal_rotation_angle": (1.13, 1.79, 0.376),
    "trunk_anterior_tilt_angle": (4.6, 0.69, 0.69),
    "trunk_obliquity_up_angle": (1.5, 1.69, 0.564),
    "trunk_internal_rotation_angle": (1.72, 1.72, 0.572),
}
_STRIDE_ANGLE_SD = {
    "hip_flexion_angle": (1.1, 1.0, 0.7),
    "knee_flexion_angle": (0.75, 0.9, 0.8),
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
    "hip_flexion_moment": (0.246, 0.153, 0.153, 0.203, 0.112),
    "knee_flexion_moment": (0.165, 0.17, 0.21, 0.155, 0.07),
    "ankle_dorsiflexion_moment": (0.16, 0.24, 0.29, 0.215, 0.015),
    "hip_adduction_moment": (0.16, 0.23, 0.21, 0.16, 0.034),
    "knee_adduction_moment": (0.099, 0.148, 0.148, 0.099, 0.0165),
}
_STRIDE_MOMENT_SD = {
    "hip_flexion_moment": (0.085, 0.051, 0.051, 0.0595, 0.0425),
    "knee_flexion_moment": (0.068, 0.051, 0.051, 0.0425, 0.0255),
    "ankle_dorsiflexion_moment": (0.034, 0.0425, 0.051, 0.051, 0.00425),
    "hip_adduction_moment": (0.034, 0.0425, 0.0425, 0.034, 0.0085),
    "knee_adduction_moment": (0.0255, 0.0298, 0.0298, 0.0255, 0.00425),
}
_FORCE_BUMPS = ((22.0, 9.0), (50.0, 14.0), (80.0, 9.0))
_SUBJECT_FORCE_SD = ((0.09, 0.11, 0.11), (0.060, 0.035, 0.053), (0.012, 0.010, 0.012))
_STRIDE_FORCE_SD = ((0.035, 0.025, 0.028), (0.012, 0.006, 0.010), (0.010, 0.008, 0.010))

# Correlations of subjects' deviations across channels; the rest are zero.
_CORRELATIONS = {
    ("hip_flexion_angle", "knee_flexion_angle"): 0.55,
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


def _spread(
    angles: Mapping[str, tuple[float, ...]], moments: Mapping[str, tuple[float, ...]]
) -> Array:
    """SD of each atom of each leg channel, shape (n_channels, 9)."""
    rows = np.zeros((len(LEG_CHANNELS), N_ATOMS))
    for row, name in zip(rows, LEG_CHANNELS, strict=True):
        if name in angles:
            offset, first, second = angles[name]
            where = "midline" if name.startswith(("pelvis", "trunk")) else "leg"
            fine = [share * second for share in _FINE_SHARES[where]]
            row[:] = [offset, *np.repeat([first, second, *fine], 2)]
        else:
            row[: len(_MOMENT_BUMPS)] = moments[name]
    return rows


def _mixing() -> Array:
    correlations = np.eye(len(LEG_CHANNELS))
    for (one, other), value in _CORRELATIONS.items():
        i, j = LEG_CHANNELS.index(one), LEG_CHANNELS.index(other)
        correlations[i, j] = correlations[j, i] = value
    return np.asarray(np.linalg.cholesky(correlations), dtype=np.float64)


_MIXING = _mixing()
_HARMONICS = np.eye(N_ATOMS, N_COEFFICIENTS)
MOMENT_ATOMS = np.stack([cycle_bump(*place) for place in _MOMENT_BUMPS])
"""Fourier coefficients of the bumps of moments, shape (5, 41)."""
FORCE_ATOMS = np.stack([stance_bump(*place) for place in _FORCE_BUMPS])
"""Sine coefficients of the bumps of forces, shape (3, 24)."""


def _sizes(normals: Array, spread: Array) -> Array:
    """Turn normals (..., 162) into sizes of atoms (..., n_channels, 9), channels correlated."""
    shaped = normals.reshape(*normals.shape[:-1], len(LEG_CHANNELS), N_ATOMS)
    sizes: Array = (_MIXING @ shaped) * spread
    return sizes


# People


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
    drawn = np.clip(_UNCLIPPED_SD * normals[:, : 3 * width], -LARGEST_DEVIATION, LARGEST_DEVIATION)
    shared, left, right = np.split(drawn, 3, axis=1)
    own = np.stack([left, right], axis=1)
    mixed = np.sqrt(SHARED_BY_LEGS) * shared[:, None] + np.sqrt(1 - SHARED_BY_LEGS) * own
    sizes = _sizes(mixed[..., :N_LEG], _SUBJECT_SPREAD)
    legs = np.empty((*sizes.shape[:-1], N_COEFFICIENTS))
    legs[..., IS_ANGLE, :] = sizes[..., IS_ANGLE, :] @ _HARMONICS
    legs[..., ~IS_ANGLE, :] = sizes[..., ~IS_ANGLE, : len(_MOMENT_BUMPS)] @ MOMENT_ATOMS
    forces = mixed[..., N_LEG:].reshape(*mixed.shape[:-1], len(FORCE_CHANNELS), N_FORCE_ATOMS)
    return legs, (forces * np.array(_SUBJECT_FORCE_SD)) @ FORCE_ATOMS


# Strides

STRIDE_MEMORY = 0.33
"""Correlation of a leg's deviation in one stride and the next.

Assumed: that of healthy stride times, whose scaling exponent of 0.76 means 0.35.
"""


@dataclass(frozen=True)
class StrideDeviations:
    """How strides differ from their subject's mean: sizes of atoms, in the order of the strides.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, n_strides, 18, 20)
        Of the offset and the harmonics 1 to 7, degrees, and of :data:`MOMENT_ATOMS`, Nm/kg. The
        harmonics 5 to 7 are what measuring adds to the angles; they remember nothing.
    forces : ndarray, shape (n_subjects, n_strides, 3, 3)
        Of :data:`FORCE_ATOMS`, body weights.
    """

    legs: Array
    forces: Array

    def some(self, strides: slice) -> "StrideDeviations":
        """Return some of the strides of each subject."""
        return StrideDeviations(self.legs[:, strides], self.forces[:, strides])


def remembering(normals: Array, memory: float, lag: int) -> Array:
    """Turn white noise into a stationary autoregressive series of unit variance.

    ``x[t] = m x[t - lag] + sqrt(1 - m^2) e[t]``, and ``x[t] = e[t]`` of the first `lag`, which so
    stand for all that was before.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, n_strides, ...)
    memory : float
        Correlation at `lag`.
    lag : int
        Strides.

    Examples
    --------
    >>> white = np.random.default_rng(0).standard_normal((1, 20_000))
    >>> x = remembering(white, 0.5, lag=2)[0]
    >>> round(float(np.corrcoef(x[2:], x[:-2])[0, 1]), 1)
    0.5
    """
    driven: Array = (1 - memory**2) ** 0.5 * normals
    driven[:, :lag] = normals[:, :lag]
    series: Array = lfilter([1.0], [1.0, *[0.0] * (lag - 1), -memory], driven, axis=1)
    return series


def stride_deviations(normals: Array, size: Array, *, series: bool) -> StrideDeviations:
    """Deviations of strides that take turns between the legs.

    A leg's curves remember its stride before. Forces remember the other leg's step before as well,
    since the body that both lift has one height and one speed.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, n_strides, 249)
        Standard normals.
    size : ndarray, shape (n_subjects,)
        Relative size of the subject's deviations.
    series : bool
        False for movements that each stand alone.
    """
    legs, forces, noise = np.split(normals, [N_LEG, N_LEG + N_FORCE], axis=-1)
    if series:
        legs = remembering(legs, STRIDE_MEMORY, lag=2)
        forces = remembering(forces, np.sqrt(STRIDE_MEMORY), lag=1)
    relative = size[:, None, None, None]
    sizes = relative * _sizes(legs, _STRIDE_SPREAD)
    shape = (*forces.shape[:-1], len(FORCE_CHANNELS), N_FORCE_ATOMS)
    pushes = relative * forces.reshape(shape) * np.array(_STRIDE_FORCE_SD)
    # What the peaks gain, mid stance loses: weight and speed stay.
    pushes[..., :2, 1] = -(pushes[..., :2, ::2] @ _WIDTHS[::2]) / _WIDTHS[1]
    atoms = np.zeros((*sizes.shape[:-1], N_STRIDE_ATOMS))
    first = N_ATOMS + N_NOISE_ATOMS
    atoms[..., IS_ANGLE, :N_ATOMS] = sizes[..., IS_ANGLE, :]
    atoms[..., IS_ANGLE, N_ATOMS:first] = (
        noise.reshape(*noise.shape[:-1], -1, N_NOISE_ATOMS) * _NOISE_SD
    )
    atoms[..., ~IS_ANGLE, first:] = sizes[..., ~IS_ANGLE, : len(_MOMENT_BUMPS)]
    return StrideDeviations(atoms, pushes)


def stride_atoms(basis: Array) -> Array:
    """Curves that strides' deviations are made of, (..., 20, n), from the Fourier basis (..., 41, n)."""
    smooth = basis[..., : N_ATOMS + N_NOISE_ATOMS, :]
    return np.concatenate([smooth, MOMENT_ATOMS @ basis], axis=-2)


# What measuring adds

_NOISE_SD_DEG = {"flexion": 0.12, "adduction": 0.12, "rotation": 0.25, "progression": 0.15}
_FINER_NOISE_DEG = 0.08

_ARTEFACT_DEG = {
    "hip_flexion_angle": 1.0,
    "hip_adduction_angle": 1.5,
    "hip_internal_rotation_angle": 4.0,
    "knee_adduction_angle": 2.5,
}
ARTEFACT_CHANNELS = [LEG_CHANNELS.index(name) for name in _ARTEFACT_DEG]
ARTEFACT_KNEE_DEG = 60.0


def artefact_gains(people: Population) -> Array:
    """How far the skin over the thigh carries its markers as the knee bends, degrees a degree.

    Soft tissue moves with the flexion below it (Cappozzo et al. 1996, Clin Biomech 11:90), so the
    error of an angle follows the knee, in a way of each leg's own. Size at the swing knee's 60
    degrees: of the order that the review of Peters et al. 2010 (Gait Posture 31:1) and Leardini et
    al. 2005 (Gait Posture 21:212) report, most out of the sagittal plane.

    Returns
    -------
    ndarray, shape (n_subjects, 2, 4)
        Of the left and the right leg's :data:`ARTEFACT_CHANNELS`.
    """
    drawn = np.clip(people.normals["artefact"], -LARGEST_DEVIATION, LARGEST_DEVIATION)
    sizes = np.array(list(_ARTEFACT_DEG.values())) / ARTEFACT_KNEE_DEG
    gains: Array = drawn.reshape(len(people), 2, -1) * sizes
    return gains


def _noise_sd() -> Array:
    """SD of each harmonic of each angle's noise, shape (13, 6).

    What the usual low-pass filter of 6 Hz lets through is harmonics up to the seventh. Of the order
    of instrumental errors (Chiari et al. 2005, Gait Posture 21:197); assumed.
    """
    angles = [name for name in LEG_CHANNELS if name.endswith("_angle")]
    sd = [
        next((size for part, size in _NOISE_SD_DEG.items() if part in name), _FINER_NOISE_DEG)
        for name in angles
    ]
    return np.repeat(np.array(sd)[:, None], N_NOISE_ATOMS, axis=1)


_NOISE_SD = _noise_sd()
_SUBJECT_SPREAD = _spread(_SUBJECT_ANGLE_SD, _SUBJECT_MOMENT_SD)
_STRIDE_SPREAD = _spread(_STRIDE_ANGLE_SD, _STRIDE_MOMENT_SD)
_WIDTHS = np.array([width for _, width in _FORCE_BUMPS])
