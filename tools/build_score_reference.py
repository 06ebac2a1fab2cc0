"""Freeze the reference cohort of the clinical gait scores.

Usage: python tools/build_score_reference.py OUTPUT_NPZ

Simulates healthy and ill adults on the level and writes what the scores need: the healthy mean
curves, the healthy Gait Variable Scores, 15 singular vectors of healthy and ill gait together,
and the healthy distribution of every distance. Give VERSION a new value whenever a number of the
table changes.
"""

import sys
from pathlib import Path

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.clinical import PARAMETER_NAMES, gillette_parameters
from locomotion_analysis.features.spec import CycleView
from locomotion_analysis.features.variability import (
    EGVI_INPUTS,
    GVI_INPUTS,
    CycleGroups,
    fluctuations,
    variability_inputs,
)
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.standard.norms import PROFILE_CHANNELS

VERSION = "3"
SEED = 20260
N_HEALTHY, N_ILL, N_CYCLES = 300, 200, 4
N_VECTORS = 15
N_STRIDES = 20


def cohort(pathology: str, n_subjects: int, n_cycles: int = N_CYCLES) -> LocomotionData:
    """One diagnosis on the level."""
    return simulate(n_subjects, n_cycles, ["level_walking"], [pathology], seed=SEED)


def to_51_points() -> np.ndarray:
    """Matrix (51, 150) of linear interpolation to 0, 2, ..., 100 %."""
    unit = np.eye(len(PHASE_PERCENT))
    return np.stack([np.interp(np.linspace(0, 100, 51), PHASE_PERCENT, row) for row in unit], 1)


def gait_vectors(data: LocomotionData) -> np.ndarray:
    """Curves of the seven variables at 51 points, degrees, (n_cycles, 357)."""
    curves = np.degrees(data.array(PROFILE_CHANNELS).astype(np.float64))
    return np.einsum("npc,qp->ncq", curves, to_51_points()).reshape(len(data), -1)


def deviation_index(healthy: LocomotionData, ill: list[LocomotionData]) -> dict[str, np.ndarray]:
    """Basis, centre and healthy distances of the Gait Deviation Index."""
    own = gait_vectors(healthy)
    means = own.reshape(len(own), len(PROFILE_CHANNELS), -1).mean(axis=2)
    offsets = np.repeat(means - means.mean(axis=0), own.shape[1] // means.shape[1], axis=1)
    pooled = np.concatenate([own, *(gait_vectors(data) for data in ill)])
    vectors, sizes, _ = np.linalg.svd(pooled.T, full_matrices=False)
    basis = vectors[:, :N_VECTORS]
    scores = own @ basis
    centre = scores.mean(axis=0)
    distance = np.log(np.linalg.norm(scores - centre, axis=1))
    shape = np.log(np.linalg.norm((own - offsets) @ basis - centre, axis=1))
    folded = np.einsum("qp,cqv->cvp", to_51_points(), basis.reshape(-1, 51, N_VECTORS))
    return {
        "basis": np.degrees(folded),
        "centre": centre,
        "log_distance": np.array([distance.mean(), distance.std(ddof=1)]),
        "log_shape": np.array([shape.mean(), shape.std(ddof=1)]),
        "fidelity": np.array((sizes[:N_VECTORS] ** 2).sum() / (sizes**2).sum()),
    }


def profile(healthy: LocomotionData) -> dict[str, np.ndarray]:
    """Healthy mean curves and squared Gait Variable Scores."""
    curves = healthy.array(PROFILE_CHANNELS).astype(np.float64)
    mean = curves.mean(axis=0).T
    squares = np.mean((curves - mean.T) ** 2, axis=1)
    return {"mean": mean, "mean_squares": squares.astype(np.float32)}


def gillette(healthy: LocomotionData) -> dict[str, np.ndarray]:
    """Mean and covariance of the discrete parameters."""
    values = gillette_parameters(CycleView(healthy), PARAMETER_NAMES)
    return {
        "gillette_names": np.array(PARAMETER_NAMES),
        "gillette_mean": values.mean(axis=0),
        "gillette_covariance": np.cov(values, rowvar=False),
    }


def variability(strides: LocomotionData) -> dict[str, np.ndarray]:
    """Healthy fluctuations, their first component, and the healthy distances."""
    quantities = variability_inputs(CycleView(strides), GVI_INPUTS)
    changes = fluctuations(quantities, CycleGroups.of(strides.cycles))
    mean, sd = changes.mean(axis=0), changes.std(axis=0, ddof=1)
    z = (changes - mean) / sd
    first = np.abs(np.linalg.svd(z, full_matrices=False)[2][0])
    distance = np.log(np.linalg.norm(z * first, axis=1))
    names = [f"{name} change {how}" for name in GVI_INPUTS for how in ("mean", "SD")]
    return {
        "variability_names": np.array(names),
        "variability_mean": mean,
        "variability_sd": sd,
        "variability_weight": first,
        "log_variability": np.array([distance.mean(), distance.std(ddof=1)]),
    }


def enhanced_variability(strides: LocomotionData) -> dict[str, np.ndarray]:
    """Logarithms of healthy fluctuations, their first component, and the healthy sums."""
    quantities = variability_inputs(CycleView(strides), EGVI_INPUTS)
    changes = np.log(fluctuations(quantities, CycleGroups.of(strides.cycles)))
    mean, sd = changes.mean(axis=0), changes.std(axis=0, ddof=1)
    z = (changes - mean) / sd
    first = np.abs(np.linalg.svd(z, full_matrices=False)[2][0])
    total = z @ first
    return {
        "enhanced_names": np.array(
            [f"{n} change {how}" for n in EGVI_INPUTS for how in ("mean", "SD")]
        ),
        "enhanced_mean": mean,
        "enhanced_sd": sd,
        "enhanced_weight": first,
        "enhanced_variability": np.array([total.mean(), total.std(ddof=1)]),
    }


def main(out: Path) -> None:
    """Write the table."""
    healthy = cohort("healthy", N_HEALTHY)
    ill = [cohort(name, N_ILL) for name in ("stroke", "parkinsons")]
    made = healthy.history[0].detail.split(";")[0]
    source = (
        f"{N_HEALTHY} simulated healthy adults x {N_CYCLES} cycles ({made}); basis with "
        f"{N_ILL} after stroke and {N_ILL} with Parkinson's disease; no person was measured"
    )
    strides = cohort("healthy", N_HEALTHY, N_STRIDES)
    table = {
        **profile(healthy),
        **deviation_index(healthy, ill),
        **gillette(healthy),
        **variability(strides),
        **enhanced_variability(strides),
    }
    table = {
        name: values.astype(np.float32) if name in ("mean", "basis") else values
        for name, values in table.items()
    }
    np.savez_compressed(out, version=np.array(VERSION), source=np.array(source), **table)
    print(f"{out}: fidelity {float(table['fidelity']):.5f}, {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
