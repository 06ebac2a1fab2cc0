"""What is done to the held-out cycles: a channel taken away, noise added."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.inputs import Features

Array = NDArray[np.float64]
Perturbation = Callable[[Array, NDArray[np.intp], Array, np.random.Generator], Array]
"""``(training rows, their person and label, test rows, generator)`` to perturbed test rows."""

# Words in a feature's name that say where it was measured. Scores of the whole leg need all joints.
_WHOLE_LEG = {"gps", "gdi", "map"}
_PARTS = {
    "pelvis": {"pelvis", "pelvic"} | _WHOLE_LEG,
    "trunk": {"trunk"},
    "hip": {"hip"} | _WHOLE_LEG,
    "knee": {"knee", "crouch"} | _WHOLE_LEG,
    "ankle": {"ankle", "dorsiflexor", "plantarflexor"} | _WHOLE_LEG,
    "thigh": {"thigh"},
    "shank": {"shank"},
    "foot": {"foot"},
    "force plates": {"grf", "cop", "force", "moment", "power", "work", "impulse"},
}
NOISE = (0.5, 1.0, 2.0)


def missing_channels(X: Features, channels: Sequence[str] | None = None) -> dict[str, Perturbation]:
    """Return perturbations that take away what one joint, segment or the force plates gave.

    Both legs are taken, and every feature whose name says that it was made from them: without
    the knee go its angle, velocity, moment and power, and its share in cyclograms. What is left
    is what an imputer would put there, the mean of the training rows.

    Parameters
    ----------
    X : DataFrame of shape (n_cycles, n_features), or array (n_cycles, n_points, n_channels)
        Features with the names this package gives them, or sequences.
    channels : sequence of str, optional
        Names of the channels of sequences, in their order.

    Returns
    -------
    dict
        Name, for example ``"without knee"``, to perturbation; only what `X` holds.

    Raises
    ------
    SchemaError
        If the channels of sequences are not named, or their number differs.
    """
    named = X.columns if isinstance(X, pd.DataFrame) else _checked(X, channels)
    words = [set(str(name).split("_")) for name in named]
    chosen = {
        part: np.array([bool(each & meant) for each in words]) for part, meant in _PARTS.items()
    }
    return {
        f"without {part}": _without(columns) for part, columns in chosen.items() if columns.any()
    }


def noise_levels(multiples: Sequence[float] = NOISE) -> dict[str, Perturbation]:
    """Return perturbations that add normal noise of the spread between a person's own cycles.

    The standard deviation of each feature (point and channel, of sequences) within a person and
    label is measured on the training rows.

    Parameters
    ----------
    multiples : sequence of float
        Multiples of that standard deviation.
    """
    return {f"noise {each:g} × within-subject SD": _noisy(each) for each in multiples}


def _without(columns: NDArray[np.bool_]) -> Perturbation:
    def take_away(
        train: Array,
        unit: NDArray[np.intp],  # noqa: ARG001 - all perturbations are called alike
        test: Array,
        rng: np.random.Generator,  # noqa: ARG001
    ) -> Array:
        changed = test.copy()
        known = np.isfinite(train[..., columns])
        total = np.where(known, train[..., columns], 0.0).sum(axis=0)
        # A feature that no training row has stays missing.
        with np.errstate(invalid="ignore"):
            changed[..., columns] = total / known.sum(axis=0)
        return changed

    return take_away


def _noisy(multiple: float) -> Perturbation:
    def disturb(
        train: Array, unit: NDArray[np.intp], test: Array, rng: np.random.Generator
    ) -> Array:
        flat = train.reshape(len(train), -1)
        within = flat - pd.DataFrame(flat).groupby(unit).transform("mean").to_numpy()
        known = np.isfinite(within)
        cycles = np.bincount(unit)[unit] > 1
        freedom = known[cycles].sum(axis=0) - len(np.unique(unit[cycles]))
        squared = np.where(known, within, 0.0)[cycles] ** 2
        spread = np.sqrt(squared.sum(axis=0) / np.maximum(freedom, 1)).reshape(train.shape[1:])
        return np.asarray(test + multiple * spread * rng.standard_normal(test.shape))

    return disturb


def _checked(X: NDArray[Any], channels: Sequence[str] | None) -> Sequence[str]:
    if channels is None or len(channels) != X.shape[-1]:
        raise SchemaError(
            expected=f"the names of the {X.shape[-1]} channels of X",
            got="none" if channels is None else f"{len(channels)}",
            where="channels",
            fix="pass the features you gave prepare_sequential_features",
        )
    return channels
