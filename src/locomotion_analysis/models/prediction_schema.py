"""What a trained model expects of the data it predicts on.

:class:`PredictionSchema` keeps names, order, units and shape of a model's inputs and its labels,
and puts new data beside them: columns by name, values that no model can use, labels it never saw.
"""

import json
import logging
import os
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import (
    CycleShapeError,
    FileReadError,
    LocomotionWarning,
    SchemaError,
    TargetError,
)
from locomotion_analysis.features.table import is_quantity
from locomotion_analysis.files import write_all
from locomotion_analysis.standard import Channel
from locomotion_analysis.standard.channels import is_channel

FORMAT = 1
"""Raised when older versions of this package can no longer read the file."""

Kind = Literal["features", "sequences"]

_SHOWN = 5
_DIMENSIONS = (2, 3)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PredictionSchema:
    """Names, order and kind of a model's inputs, and what it predicts.

    Make it with :meth:`of` from the data a model was trained on, keep it beside the model, and
    pass every new table through :meth:`check`: a model itself looks at positions alone, and
    answers as readily for hip angles in the place of knee angles.

    Attributes
    ----------
    kind : {"features", "sequences"}
        Table of features, or array of curves.
    names : tuple of str
        Features or channels, in the trained order; empty where the arrays carried no names.
    units : tuple of (str or None)
        Unit of each name, None where it is not known.
    with_gaps : tuple of str
        Names (or positions, where there are no names) that had missing values in training.
    dtype : str
        NumPy type of the training values.
    shape : tuple of int
        Of one row: (n_features,) or (n_points, n_channels).
    target : str or None
        Name of the column predicted.
    target_unit : str or None
        Its unit.
    classes : tuple or None
        Sorted labels; None for a quantity.

    Examples
    --------
    >>> X = pd.DataFrame({"speed_m_s": [1.1, 1.3], "age": [60.0, 30.0]})
    >>> schema = PredictionSchema.of(X, pd.Series(["stroke", "healthy"], name="pathology"))
    >>> schema.check(X[["age", "speed_m_s"]]).columns.tolist()
    ['speed_m_s', 'age']
    """

    kind: Kind
    names: tuple[str, ...]
    units: tuple[str | None, ...]
    with_gaps: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    target: str | None
    target_unit: str | None
    classes: tuple[str | int | float | bool, ...] | None

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any,
        names: Sequence[str] | None = None,
        units: Mapping[str, str] | None = None,
        quantity: bool | None = None,
    ) -> Self:
        """Describe the data a model is trained on.

        Parameters
        ----------
        X : DataFrame, or array of shape (n_cycles, n_features) or (n_cycles, n_points, n_channels)
            What the model is fitted on.
        y : array-like, shape (n_cycles,)
            Target; the name of a Series is kept.
        names : sequence of str, optional
            Names of an array's features or channels, for example ``data.channels``. Without
            them only the shape of later arrays can be checked.
        units : mapping of str to str, optional
            Units of features and of the target. Those of channels are read from their names.
        quantity : bool, optional
            Whether `y` is a number to regress on and not a label. By default numbers with
            fractions, or of more than 20 values, are.

        Raises
        ------
        SchemaError
            If names are missing in number or occur twice, or values are not numbers.
        TargetError
            If a target is missing, or a quantity is not a finite number.
        """
        columns = names_of(X, names)
        values = numeric(X, columns)
        target, classes = described_target(y, len(values), quantity)
        known = dict(units or {})
        return cls(
            kind="sequences" if values.ndim == 3 else "features",
            names=columns,
            units=tuple(
                known.get(name, Channel.parse(name).unit if is_channel(name) else None)
                for name in columns
            ),
            with_gaps=columns_with_gaps(values, columns),
            dtype=str(values.dtype),
            shape=tuple(values.shape[1:]),
            target=target,
            target_unit=known.get(str(target)),
            classes=classes,
        )

    def check(self, X: Any, names: Sequence[str] | None = None) -> pd.DataFrame | NDArray[Any]:
        """Return new data in the trained order, or say what does not fit.

        Parameters
        ----------
        X : DataFrame, or array of shape (n_cycles, n_features) or (n_cycles, n_points, n_channels)
            Data to predict on. Columns of a DataFrame are put in order by name, which the log
            records.
        names : sequence of str, optional
            Names of an array's features or channels. They are needed where the model was trained
            on named ones: an array in another order looks the same.

        Returns
        -------
        DataFrame or ndarray
            `X`, its features or channels as in ``names``.

        Raises
        ------
        SchemaError
            If features or channels are missing, unknown, named twice or unnamed, values are
            infinite or not numbers, or one that was complete in training has no value at all.
        CycleShapeError
            If curves have another number of points.

        Warns
        -----
        LocomotionWarning
            If there are gaps where training had none: the model fills them unseen.
        """
        found = names_of(X, names)
        values = numeric(X, found)
        ordered = in_trained_order(X, values, found, self.names, self.shape)
        checked_values(ordered, self.names, self.with_gaps)
        return ordered

    def check_target(self, y: Any) -> NDArray[Any]:
        """Return the labels or numbers that predictions are scored against.

        Parameters
        ----------
        y : array-like, shape (n_rows,)
            True classes or numbers of new rows.

        Returns
        -------
        ndarray, shape (n_rows,)

        Raises
        ------
        TargetError
            If a label is none of ``classes``, or a value is missing or not a number.
        """
        return known_quantity(y) if self.classes is None else known_labels(y, self.classes)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the schema as JSON, whole or not at all.

        Parameters
        ----------
        path : path-like
            File to write; one that is there is replaced.
        """
        write_all({Path(path): self.to_json() + "\n"})

    def to_json(self) -> str:
        """Return the schema as JSON text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`write` wrote.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        PredictionSchema

        Raises
        ------
        FileReadError
            If the file is missing, damaged or of a later format.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "schema.json"
        >>> X = pd.DataFrame({"speed_m_s": [1.1, 1.3]})
        >>> PredictionSchema.of(X, pd.Series([60.0, 30.0], name="age")).write(path)
        >>> PredictionSchema.read(path).names
        ('speed_m_s',)
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(str(error)).at(str(path)) from error
        try:
            return cls.from_json(text)
        except FileReadError as error:
            raise error.at(str(path)) from None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the schema that :meth:`to_json` wrote.

        Parameters
        ----------
        text : str

        Returns
        -------
        PredictionSchema

        Raises
        ------
        FileReadError
            If the text is damaged or of a later format.
        """
        try:
            content = json.loads(text)
            if content.pop("format") > FORMAT:
                raise _unreadable("a later format", "update the package")
            known: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in content.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable(f"{type(error).__name__}: {error}") from error
        names = {field.name for field in fields(cls)}
        if set(known) != names or known["kind"] not in get_args(Kind):
            raise _unreadable(", ".join(sorted(names ^ set(known))) or f"kind {known['kind']!r}")
        return cls(**known)


def _unreadable(got: str, fix: str = "save the model and its schema again") -> FileReadError:
    return FileReadError(expected="a prediction schema in JSON", got=got, fix=fix)


# Features and channels of new data, beside those of the training


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
    unnamed = trained and not values.shape[-1]  # a table without columns lacks all of them
    _check_shape(values.shape[1:], shape, by_name=bool(trained and (found or unnamed)))
    if not found and not trained:
        return values
    if not found and not unnamed:
        raise SchemaError(
            expected=f"columns named as in training ({_listed(trained)})",
            got="an array without names",
            where="X",
            fix="pass a DataFrame, or names= of the columns: in another order they would look the same",
        )
    if not trained:
        raise SchemaError(
            expected="an array",
            got=f"names ({_listed(found)})",
            where="X",
            fix="the model was trained without names, which cannot be compared: train it with names",
        )
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


def _check_same_names(found: tuple[str, ...], trained: tuple[str, ...]) -> None:
    there, known = set(found), set(trained)
    missing = [name for name in trained if name not in there]
    unknown = [name for name in found if name not in known]
    if not missing and not unknown:
        return
    if missing:
        near = {name: get_close_matches(name, unknown, n=1) for name in missing[:_SHOWN]}
        likely = [f"is {match[0]} meant to be {name}?" for name, match in near.items() if match]
        fix = "; ".join(likely) or "compute what is missing, or train a model without it"
    else:
        fix = "choose the columns by name: X[list(schema.names)], data.array(schema.names)"
    parts = [
        f"{len(names)} {word}: {_listed(names)}"
        for word, names in (("missing", missing), ("unknown", unknown))
        if names
    ]
    raise SchemaError(
        expected=f"the {len(trained)} columns of the training, and no others",
        got="; ".join(parts),
        where="X",
        fix=fix,
    )


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


# Targets


def described_target(
    y: Any, n_rows: int, quantity: bool | None
) -> tuple[str | None, tuple[Any, ...] | None]:
    """Return the name of a model's target and its sorted labels, None for a quantity.

    Raises
    ------
    TargetError
        If there is not one value a row, one is missing, or a quantity is not a number.
    """
    values = _complete(y)
    if len(values) != n_rows:
        raise TargetError(
            expected=f"one target a row ({n_rows})", got=f"{len(values)} targets", where="y"
        )
    name = getattr(y, "name", None)
    named = None if name is None else str(name)
    if is_quantity(values) if quantity is None else quantity:
        known_quantity(values)
        return named, None
    return named, tuple(np.unique(values).tolist())


def known_quantity(y: Any) -> NDArray[np.float64]:
    """Return a target as finite numbers.

    Raises
    ------
    TargetError
        If a value is missing, infinite or not a number.
    """
    try:
        values = _complete(y).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TargetError(
            expected="numbers, as the model was trained on", got=str(error), where="y"
        ) from error
    if not np.isfinite(values).all():
        raise TargetError(
            expected="finite numbers",
            got=f"{int((~np.isfinite(values)).sum())} of {len(values)} infinite",
            where="y",
        )
    return values


def known_labels(y: Any, classes: Sequence[Any]) -> NDArray[Any]:
    """Return labels that a model knows.

    Raises
    ------
    TargetError
        If a label is none of `classes`, or missing.
    """
    values = _complete(y)
    known = set(classes)
    unknown = [label for label in np.unique(values).tolist() if label not in known]
    if unknown:
        count = int(pd.Series(values).isin(unknown).sum())
        raise TargetError(
            expected=f"labels the model was trained on ({', '.join(map(repr, classes))})",
            got=f"{', '.join(map(repr, unknown[:_SHOWN]))} in {count} of {len(values)} rows",
            where="y",
            fix="leave these rows out, or train again with subjects of these classes",
        )
    return values


def _complete(y: Any) -> NDArray[Any]:
    column = pd.Series(y)
    missing = int(column.isna().sum())
    if missing:
        raise TargetError(
            expected="a target in every row",
            got=f"{missing} of {len(column)} rows without one",
            where="y",
            fix="leave these rows out",
        )
    values = column.infer_objects().to_numpy()
    # Text of pandas or NumPy, whatever its width: one kind of str.
    return values.astype(str) if values.dtype.kind in "OSU" else values
