"""What a trained model expects of the data it predicts on."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import write_all
from locomotion_analysis.models.prediction_columns import (
    checked_values,
    columns_with_gaps,
    in_trained_order,
    names_of,
    numeric,
)
from locomotion_analysis.models.prediction_target import (
    described_target,
    known_labels,
    known_quantity,
)
from locomotion_analysis.standard import Channel
from locomotion_analysis.standard.channel import is_channel

FORMAT = 1
"""Raised when older versions of this package can no longer read the file."""

Kind = Literal["features", "sequences"]
_SEQUENCE_DIMENSIONS = 3


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
        target = described_target(y, len(values), quantity)
        known = dict(units or {})
        return cls(
            kind="sequences" if values.ndim == _SEQUENCE_DIMENSIONS else "features",
            names=columns,
            units=tuple(known.get(name, _unit_of_channel(name)) for name in columns),
            with_gaps=columns_with_gaps(values, columns),
            dtype=str(values.dtype),
            shape=tuple(values.shape[1:]),
            target=target.name,
            target_unit=known.get(str(target.name)),
            classes=target.classes,
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
            `X`, its features or channels as in :attr:`names`.

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

        Raises
        ------
        TargetError
            If a label is none of :attr:`classes`, or a value is missing or not a number.
        """
        return known_quantity(y) if self.classes is None else known_labels(y, self.classes)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the schema as JSON, whole or not at all."""
        write_all({Path(path): self.to_json() + "\n"})

    def to_json(self) -> str:
        """Return the schema as JSON text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`write` wrote.

        Raises
        ------
        FileReadError
            If the file is missing, damaged or of a later format.
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

        Raises
        ------
        FileReadError
            If the text is damaged or of a later format.
        """
        try:
            content = json.loads(text)
            if content.pop("format") > FORMAT:
                raise _unreadable("a later format", "update the package")
            known = {key: _frozen(value) for key, value in content.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable(f"{type(error).__name__}: {error}") from error
        names = {field.name for field in fields(cls)}
        if set(known) != names or known["kind"] not in get_args(Kind):
            raise _unreadable(", ".join(sorted(names ^ set(known))) or f"kind {known['kind']!r}")
        return cls(**known)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _unit_of_channel(name: str) -> str | None:
    return Channel.parse(name).unit if is_channel(name) else None


def _unreadable(got: str, fix: str = "save the model and its schema again") -> FileReadError:
    return FileReadError(expected="a prediction schema in JSON", got=got, fix=fix)
