"""Reference cohort of the clinical gait scores: frozen, with its version."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PROFILE_CHANNELS = (
    "pelvis_anterior_tilt_angle_rad",
    "pelvis_obliquity_up_angle_rad",
    "pelvis_internal_rotation_angle_rad",
    "hip_flexion_angle_ipsi_rad",
    "hip_adduction_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
"""The gait variables the reference cohort has, in the order of the table."""

EXTRA_CHANNELS = (
    "hip_internal_rotation_angle_ipsi_rad",
    "foot_progression_internal_angle_ipsi_rad",
)
"""The two other variables of the Gait Profile Score: reference means are published curves."""


@dataclass(frozen=True, eq=False)
class ScoreReference:
    """Healthy adults walking on the level, and the basis of the Gait Deviation Index.

    Attributes
    ----------
    version : str
        Changes whenever a number changes.
    source : str
        Who was measured, or simulated.
    mean : ndarray, shape (7, 150)
        Mean curves of `PROFILE_CHANNELS`, rad.
    mean_squares : ndarray, shape (n_cycles, 7)
        Squared Gait Variable Scores of the healthy cycles, rad^2.
    basis : ndarray, shape (7, 15, 150)
        Vectors whose scalar products with the seven curves (rad) are the scores c (degrees).
    centre : ndarray, shape (15,)
        Mean score of the healthy.
    log_distance : tuple of float
        Mean and SD of ln |c - centre| of the healthy cycles.
    fidelity : float
        Part of the pooled cohort's sum of squares that the 15 vectors hold.
    gillette_names : tuple of str
    gillette_mean, gillette_covariance : ndarray, shapes (k,) and (k, k)
        Discrete parameters of the healthy cycles.
    variability_names : tuple of str
    variability_mean, variability_sd, variability_weight : ndarray, shape (m,)
        Stride-to-stride fluctuations of the healthy subjects, and their first component.
    log_variability : tuple of float
        Mean and SD of the logarithm of the healthy subjects' distance.
    """

    version: str
    source: str
    mean: Array
    mean_squares: Array
    basis: Array
    centre: Array
    log_distance: tuple[float, float]
    fidelity: float
    gillette_names: tuple[str, ...]
    gillette_mean: Array
    gillette_covariance: Array
    variability_names: tuple[str, ...]
    variability_mean: Array
    variability_sd: Array
    variability_weight: Array
    log_variability: tuple[float, float]

    def log_profile(self, channels: tuple[str, ...]) -> tuple[float, float]:
        """Return mean and SD of the healthy cycles' ln GPS (GPS in degrees) over some channels.

        Parameters
        ----------
        channels : tuple of str
            Among `PROFILE_CHANNELS`.
        """
        columns = [PROFILE_CHANNELS.index(name) for name in channels]
        profile = np.degrees(np.sqrt(self.mean_squares[:, columns].mean(axis=1)))
        return float(np.log(profile).mean()), float(np.log(profile).std(ddof=1))


@cache
def score_reference() -> ScoreReference:
    """Return the frozen reference of the clinical scores.

    Returns
    -------
    ScoreReference

    Examples
    --------
    >>> reference = score_reference()
    >>> reference.basis.shape
    (7, 15, 150)
    """
    place = files("locomotion_analysis.standard") / "tables" / "score_reference.npz"
    with as_file(place) as path, np.load(path, allow_pickle=False) as stored:
        table = {name: stored[name] for name in stored.files}
    arrays = {
        name: _frozen(table[name])
        for name in (
            "mean",
            "mean_squares",
            "basis",
            "centre",
            "gillette_mean",
            "gillette_covariance",
            "variability_mean",
            "variability_sd",
            "variability_weight",
        )
    }
    return ScoreReference(
        version=str(table["version"]),
        source=str(table["source"]),
        fidelity=float(table["fidelity"]),
        log_distance=_pair(table["log_distance"]),
        log_variability=_pair(table["log_variability"]),
        gillette_names=tuple(table["gillette_names"].tolist()),
        variability_names=tuple(table["variability_names"].tolist()),
        **arrays,
    )


def _frozen(values: NDArray[np.generic]) -> Array:
    array = np.ascontiguousarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _pair(values: NDArray[np.generic]) -> tuple[float, float]:
    mean, sd = (float(value) for value in values)
    return mean, sd
