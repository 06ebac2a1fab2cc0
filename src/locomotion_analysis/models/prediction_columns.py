"""Features and channels of new data, put beside those a model was trained on."""

import logging
import warnings
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError

_logger = logging.getLogger(__name__)

_SHOWN = 5
_DIMENSIONS = (2, 3)


def names_of(X: Any, names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of features or channels; none for an array without them.

    Raises
    ------
    SchemaError
        If their number does not fit, one occurs twice, or a DataFrame's own would be overruled.
    """
    if isinstance(X, pd.DataFrame):
        if names is not None:
            raise SchemaError(
                expected="names for arrays alone", got="a DataFrame, which has its own"
            )
        names = [str(name) for name in X.columns]
    if names is None:
        return ()
    width = np.shape(X)[-1] if np.ndim(X) in _DIMENSIONS else None
    if len(names) != width:
        raise SchemaError(expected=f"{width} names, one a column of X", got=f"{len(names)} names")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SchemaError(expected="names that occur once", got=f"twice: {_listed(twice)}")
    return tuple(names)


def numeric(X: Any, names: Sequence[str]) -> NDArray[Any]:
    """Return the values as an array of numbers.

    Raises
    ------
    SchemaError
        If columns are not numbers, or the array is neither a table nor curves.
    """
    if isinstance(X, pd.DataFrame):
        kinds = X.dtypes.unique()  # asking two thousand columns takes longer than a small model
        strange = [kind for kind in kinds if not pd.api.types.is_numeric_dtype(kind)]
        if strange:
            text = [name for name, kind in zip(names, X.dtypes, strict=True) if kind in strange]
            raise SchemaError(expected="columns of numbers", got=f"others: {_listed(text)}")
        plain = len(kinds) == 1 and isinstance(kinds[0], np.dtype)
        values: NDArray[Any] = X.to_numpy(kinds[0] if plain else np.float64)
    else:
        values = np.asarray(X)
    if values.ndim not in _DIMENSIONS or values.dtype.kind not in "biuf":
        raise SchemaError(
            expected="numbers of shape (n_cycles, n_features) or (n_cycles, n_points, n_channels)",
            got=f"{values.dtype} of shape {values.shape}",
            where="X",
            fix="pass what prepare_ml_features or prepare_sequential_features returned",
        )
    return values


def in_trained_order(
    X: Any,
    values: NDArray[Any],
    found: tuple[str, ...],
    trained: tuple[str, ...],
    shape: tuple[int, ...],
) -> pd.DataFrame | NDArray[Any]:
    """Return the data with its features or channels as they were trained.

    Parameters
    ----------
    X : DataFrame or array
        The data, and as `values` an array.
    values : ndarray, shape (n_cycles, ..., n_names)
        Its values.
    found, trained : tuple of str
        Names of the data and of the training; empty where there are none.
    shape : tuple of int
        Of one row in training.

    Raises
    ------
    SchemaError
        If names are missing, unknown, or not given where the training had them.
    CycleShapeError
        If the shape of a row differs in anything but named columns.
    """
    _check_shape(values.shape[1:], shape, by_name=bool(found and trained))
    if not found and not trained:
        return values
    if not trained or not found:
        _refuse_unnamed(found, trained)
    _check_same_names(found, trained)
    frame = isinstance(X, pd.DataFrame)
    if found == trained:
        return X if frame else values
    _logger.info("%d columns put in the trained order by name", len(trained))
    order = [found.index(name) for name in trained]
    return X.iloc[:, order] if frame else values[..., order]


def checked_values(
    X: pd.DataFrame | NDArray[Any], names: tuple[str, ...], with_gaps: tuple[str, ...]
) -> None:
    """Refuse values no model can use, and tell of gaps that training did not have.

    Raises
    ------
    SchemaError
        If values are infinite, or a column that was complete in training has none.

    Warns
    -----
    LocomotionWarning
        Naming columns with gaps that had none in training.
    """
    values = numeric(X, names)
    if values.dtype.kind != "f" or not len(values):
        return
    infinite = _named(np.isinf(values), names)
    if infinite:
        raise SchemaError(
            expected="finite values or NaN", got=f"infinite ones: {_listed(infinite)}"
        )
    missing = np.isnan(values)
    new = [name for name in _named(missing, names) if name not in with_gaps]
    nowhere = set(_named(missing, names, everywhere=True))
    empty = [name for name in new if name in nowhere]
    if empty:
        raise SchemaError(
            expected="a value of everything that was always there in training",
            got=f"nothing but NaN: {_listed(empty)}",
            where="X",
            fix="measure it, or train a model without it",
        )
    if new:
        warnings.warn(
            f"NaN where training had none: {_listed(new)}. The model fills them by what it "
            "learned from others.",
            LocomotionWarning,
            stacklevel=3,
        )


def columns_with_gaps(values: NDArray[Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names (or positions) of columns with a missing value."""
    if values.dtype.kind != "f":
        return ()
    return tuple(_named(np.isnan(values), names))


def _named(
    found: NDArray[np.bool_], names: tuple[str, ...], *, everywhere: bool = False
) -> list[str]:
    across = tuple(range(found.ndim - 1))
    chosen = found.all(axis=across) if everywhere else found.any(axis=across)
    return [names[at] if names else f"column {at}" for at in np.flatnonzero(chosen)]


def _check_shape(found: tuple[int, ...], trained: tuple[int, ...], *, by_name: bool) -> None:
    if len(found) != len(trained):
        kinds = {1: "a table of features", 2: "curves (n_cycles, n_points, n_channels)"}
        raise SchemaError(
            expected=kinds[len(trained)], got=kinds[len(found)], where="X", fix="see schema.kind"
        )
    if found[:-1] != trained[:-1]:
        raise CycleShapeError(
            expected=f"curves of {trained[0]} points", got=f"{found[0]} points", where="X"
        )
    if not by_name and found[-1] != trained[-1]:
        raise SchemaError(
            expected=f"{trained[-1]} columns, as in training", got=f"{found[-1]}", where="X"
        )


def _refuse_unnamed(found: tuple[str, ...], trained: tuple[str, ...]) -> None:
    raise SchemaError(
        expected=f"columns named as in training ({_listed(trained)})" if trained else "an array",
        got="an array without names" if trained else f"names ({_listed(found)})",
        where="X",
        fix="pass a DataFrame, or names= of the columns: in another order they would look the same"
        if trained
        else "the model was trained without names, which cannot be compared: train it with names",
    )


def _check_same_names(found: tuple[str, ...], trained: tuple[str, ...]) -> None:
    there, known = set(found), set(trained)
    missing = [name for name in trained if name not in there]
    unknown = [name for name in found if name not in known]
    if not missing and not unknown:
        return
    parts = [
        f"{len(names)} {word}: {_listed(names)}"
        for word, names in (("missing", missing), ("unknown", unknown))
        if names
    ]
    raise SchemaError(
        expected=f"the {len(trained)} columns of the training, and no others",
        got="; ".join(parts),
        where="X",
        fix=_hint(missing, unknown),
    )


def _hint(missing: list[str], unknown: list[str]) -> str:
    if not missing:
        return "choose the columns by name: X[list(schema.names)], data.array(schema.names)"
    near = {name: get_close_matches(name, unknown, n=1) for name in missing[:_SHOWN]}
    likely = [f"is {match[0]} meant to be {name}?" for name, match in near.items() if match]
    return "; ".join(likely) or "compute what is missing, or train a model without it"


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
