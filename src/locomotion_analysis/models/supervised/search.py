"""Choice of hyperparameters by successive halving on subject-disjoint folds."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - opens the import below
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

SearchSpace = Mapping[str, Sequence[Any]]

_FACTOR = 3
_LEAST_ROWS = 10
"""Rows of the rarest class that the first, smallest round shall train on."""


def best_parameters(
    pipeline: Any, space: SearchSpace, X: pd.DataFrame, y: Any, cv: Any, scoring: str
) -> dict[str, Any]:
    """Return the combination of the grid that scores best on subjects held out.

    Successive halving (Jamieson and Talwalkar 2016, AISTATS): all combinations are tried on a
    third of the training rows of each fold, the better third of them on all rows. Data too small
    for that are searched in full.

    Parameters
    ----------
    pipeline : scikit-learn estimator
        Left as it is.
    space : mapping of str to sequence
        Values to try of each parameter.
    X : DataFrame, shape (n_cycles, n_features)
        Features with the cycle key as index.
    y : array-like, shape (n_cycles,)
        Target.
    cv : splitter
        Folds of subjects.
    scoring : str
        scikit-learn's name of the score.
    """
    if all(len(values) == 1 for values in space.values()):
        return {name: values[0] for name, values in space.items()}
    kept = {name: list(values) for name, values in space.items()}
    common = {"cv": cv, "scoring": scoring, "refit": False, "error_score": "raise"}
    if _rows_of_rarest(y) < 2 * _FACTOR * _LEAST_ROWS:
        search = GridSearchCV(pipeline, kept, **common)
    else:
        search = HalvingGridSearchCV(
            pipeline, kept, factor=_FACTOR, min_resources="exhaust", random_state=0, **common
        )
    with warnings.catch_warnings():
        # A validation fold may lack a class that others have.
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        search.fit(X, y)
    return dict(search.best_params_)


def _rows_of_rarest(y: Any) -> int:
    values = np.asarray(y)
    return (
        len(values)
        if values.dtype.kind == "f"
        else int(np.unique(values, return_counts=True)[1].min())
    )
