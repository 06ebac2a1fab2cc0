"""What is missing from the training rows of a fold: a feature's values, a class."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.inputs import Features
from locomotion_analysis.selection.subject_folds import Fold

_SHOWN = 3


def check_features_in_training(X: Features, folds: list[Fold]) -> None:
    """Tell which features have no value in the training rows of a fold.

    Raises
    ------
    SchemaError
        If no feature of a fold has one: there is nothing to learn from.

    Warns
    -----
    LocomotionWarning
        If some have none: that fold's model does without them.
    """
    present = _present(X)
    if present.all():
        return
    empty = [~present[train].any(axis=0) for train, _ in folds]
    for number, missing in enumerate(empty, start=1):
        if missing.all():
            raise SchemaError(
                expected="at least one feature with a value in the training rows of every fold",
                got="NaN in all of them",
                where=f"fold {number} of {len(folds)}",
                fix="look at X.isna(); leave out the subjects that were not measured",
            )
    somewhere = np.logical_or.reduce(empty)
    if not somewhere.any():
        return
    names = _named(_names(X), somewhere)
    numbers = ", ".join(str(n) for n, missing in enumerate(empty, start=1) if missing.any())
    warnings.warn(
        f"No value in the training rows of fold {numbers}: {names}. The models of these folds do "
        "without; leave the features out, or the subjects who lack them.",
        LocomotionWarning,
        stacklevel=5,
    )


def warn_of_untrained_classes(
    codes: NDArray[np.intp], classes: NDArray[Any], folds: list[Fold]
) -> None:
    """Tell which folds test a class that they were not trained on.

    Warns
    -----
    LocomotionWarning
        Naming folds and classes: no model can name a class it has not met.
    """
    told = []
    for number, (train, test) in enumerate(folds, start=1):
        unknown = np.setdiff1d(codes[test], codes[train])
        if unknown.size:
            told.append(f"fold {number}: {', '.join(map(str, classes[unknown]))}")
    if told:
        warnings.warn(
            f"Tested on classes that were not trained on ({'; '.join(told)}). Their cycles count "
            "as wrong; each class needs subjects in at least two folds.",
            LocomotionWarning,
            stacklevel=5,
        )


def _present(X: Features) -> NDArray[np.bool_]:
    """Return whether each feature (channel, of sequences) of each row has a value."""
    if isinstance(X, pd.DataFrame):
        return X.notna().to_numpy()
    if X.dtype.kind != "f":
        return np.ones((len(X), 1), dtype=bool)
    known = np.asarray(~np.isnan(X))
    return known if X.ndim == 2 else np.asarray(known.any(axis=1))


def _names(X: Features) -> list[str]:
    if isinstance(X, pd.DataFrame):
        return [str(name) for name in X.columns]
    return [f"column {position}" for position in range(X.shape[-1])]


def _named(names: list[str], chosen: NDArray[np.bool_]) -> str:
    found = [name for name, is_chosen in zip(names, chosen, strict=True) if is_chosen]
    return ", ".join(found[:_SHOWN]) + (
        f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    )
