"""Choice of hyperparameters on subject-disjoint folds."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - opens the import below
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised.optuna_search import best_by_optuna

SearchSpace = Mapping[str, Sequence[Any]]
Search = Literal["halving", "optuna"]

_FACTOR = 3
_LEAST_ROWS = 10
"""Rows of the rarest class that the first, smallest round shall train on."""


def best_parameters(
    pipeline: Any,
    space: SearchSpace,
    X: pd.DataFrame,
    y: Any,
    cv: Any,
    scoring: str,
    search: Search = "halving",
    random_state: int = 0,
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
    search : {"halving", "optuna"}
        Successive halving, or the trials of :func:`best_by_optuna`.
    random_state : int
        Seed of the rows that halving tries on, or of optuna's trials.

    Raises
    ------
    SchemaError
        If there is no such search.
    MissingExtraError
        If optuna is asked for and not installed.
    """
    known_search(search)
    if all(len(values) == 1 for values in space.values()):
        return {name: values[0] for name, values in space.items()}
    kept = {name: list(values) for name, values in space.items()}
    if search == "optuna":
        with _classes_may_lack():
            return best_by_optuna(pipeline, kept, X, y, cv, scoring, random_state)
    common = {"cv": cv, "scoring": scoring, "refit": False, "error_score": "raise"}
    if _rows_of_rarest(y) < 2 * _FACTOR * _LEAST_ROWS:
        tried = GridSearchCV(pipeline, kept, **common)
    else:
        tried = HalvingGridSearchCV(
            pipeline,
            kept,
            factor=_FACTOR,
            min_resources="exhaust",
            random_state=random_state,
            **common,
        )
    with _classes_may_lack():
        tried.fit(X, y)
    return dict(tried.best_params_)


@contextmanager
def _classes_may_lack() -> Iterator[None]:
    """Silence scikit-learn where a validation fold lacks a class that others have."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        yield


def known_search(name: str) -> Search:
    """Return the search of that name.

    Raises
    ------
    SchemaError
        If there is none.
    """
    for known in get_args(Search):
        if name == known:
            return cast("Search", known)
    raise SchemaError(
        expected=f"a search among {', '.join(get_args(Search))}",
        got=repr(name),
        where="search",
        fix="name one of these",
    )


def _rows_of_rarest(y: Any) -> int:
    values = np.asarray(y)
    return (
        len(values)
        if values.dtype.kind == "f"
        else int(np.unique(values, return_counts=True)[1].min())
    )
