"""What a cycle is wanted for, as numbers: task, speed, pathology, the person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.core import Learned, Learner

CONDITIONS = (
    "task",
    "speed_m_s",
    "incline_deg",
    "pathology",
    "age",
    "sex",
    "height_m",
    "mass_kg",
)
"""Columns of ``data.cycles`` that cycles are generated for, where the data have them."""


@dataclass(frozen=True)
class NamedCondition:
    """A column of names: one input a name, and none set where it is not known."""

    column: str
    names: tuple[str, ...]
    may_be_unknown: bool

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return len(self.names)

    def encode(self, values: "pd.Series[Any]") -> NDArray[np.float32]:
        """Return one row a value; raise for a name of no training cycle."""
        text = values.astype(object).where(values.notna(), None).map(_as_text)
        unseen = set(text.dropna()) - set(self.names)
        if unseen:
            raise SchemaError(
                expected=f"{self.column} of {', '.join(self.names)}, as in training",
                got=", ".join(sorted(unseen)),
                where=f"conditions, column {self.column}",
            )
        return np.stack([text == name for name in self.names], axis=1).astype(np.float32)


@dataclass(frozen=True)
class NumberCondition:
    """A column of numbers: in its spread, with whether it is known beside."""

    column: str
    mean: float
    spread: float
    lowest: float
    highest: float
    may_be_unknown: bool

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return 2

    def encode(self, values: "pd.Series[Any]") -> NDArray[np.float32]:
        """Return one row a value; raise for what is no number."""
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        wrong = np.isinf(numbers) | (np.isnan(numbers) & values.notna().to_numpy())
        if wrong.any():
            raise SchemaError(
                expected="finite numbers",
                got=repr(values.iloc[int(wrong.argmax())]),
                where=f"conditions, column {self.column}",
            )
        known = np.isfinite(numbers)
        scaled = np.where(known, (numbers - self.mean) / self.spread, 0.0)
        return np.stack([scaled, known], axis=1).astype(np.float32)

    def outside(self, values: "pd.Series[Any]") -> int:
        """Return how many values no training cycle came near."""
        numbers = pd.to_numeric(values, errors="coerce")
        return int(((numbers < self.lowest) | (numbers > self.highest)).sum())


def _conditions_from(
    written: Sequence[Mapping[str, Any]],
) -> tuple[NamedCondition | NumberCondition, ...]:
    """Return the conditions that a file holds."""
    return tuple(
        NamedCondition(**{**each, "names": tuple(each["names"])})
        if "names" in each
        else NumberCondition(**each)
        for each in written
    )


class ConditionEncoder(Learner):
    """Columns of cycles as inputs of a network, learnt from the training cycles.

    Parameters
    ----------
    columns : sequence of str
        Columns to use.

    Attributes
    ----------
    conditions_ : tuple of NamedCondition or NumberCondition
        One a column that some training cycle has.

    Examples
    --------
    >>> cycles = pd.DataFrame({"task": ["run", "level_walking"], "speed_m_s": [3.0, 1.0]})
    >>> ConditionEncoder(["task", "speed_m_s"]).fit(cycles).encode(cycles).tolist()
    [[0.0, 1.0, 1.0, 1.0], [1.0, 0.0, -1.0, 1.0]]
    """

    _learned: ClassVar[Learned] = {"columns": tuple, "conditions_": _conditions_from}

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)

    def fit(self, cycles: pd.DataFrame) -> Self:
        """Learn names and spreads.

        Raises
        ------
        SchemaError
            If a column is not there, or empty.
        """
        for column in self.columns:
            if column not in cycles or cycles[column].isna().all():
                raise SchemaError(
                    expected=f"a column {column} with values",
                    got="no such column" if column not in cycles else "an empty one",
                    where="conditions",
                    fix="leave it out of `conditions`",
                )
        self.conditions_ = tuple(_condition(cycles[column]) for column in self.columns)
        return self

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return sum(condition.width for condition in self.conditions_)

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """Which inputs are numbers in their spread, shape (width,)."""
        return np.concatenate(
            [
                np.arange(condition.width) == (0 if isinstance(condition, NumberCondition) else -1)
                for condition in self.conditions_
            ]
        )

    def encode(self, wanted: pd.DataFrame) -> NDArray[np.float32]:
        """Return the inputs, shape (n_cycles, width).

        Raises
        ------
        SchemaError
            If a column is not there, a name was not in the training, or a value is missing in a
            column that was complete there.
        """
        missing = [c.column for c in self.conditions_ if c.column not in wanted]
        if missing or not len(wanted):
            raise SchemaError(
                expected=f"a row a cycle, with columns {', '.join(self.columns)}",
                got=f"no column {', '.join(missing)}" if missing else "no row",
                where="conditions",
            )
        for condition in self.conditions_:
            unknown = int(wanted[condition.column].isna().sum())
            if unknown and not condition.may_be_unknown:
                raise SchemaError(
                    expected="a value in every row, as in training",
                    got=f"{unknown} of {len(wanted)} rows without",
                    where=f"conditions, column {condition.column}",
                )
        return np.concatenate([c.encode(wanted[c.column]) for c in self.conditions_], axis=1)

    def extrapolated(self, wanted: pd.DataFrame) -> dict[str, int]:
        """Return, by column, how many rows lie outside what the training covered."""
        numbers = (c for c in self.conditions_ if isinstance(c, NumberCondition))
        counts = {c.column: c.outside(wanted[c.column]) for c in numbers}
        return {column: count for column, count in counts.items() if count}


def _condition(values: "pd.Series[Any]") -> NamedCondition | NumberCondition:
    column, unknown = str(values.name), bool(values.isna().any())
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return NamedCondition(
            column, tuple(sorted(map(_as_text, values.dropna().unique()))), unknown
        )
    numbers = values.dropna().to_numpy(np.float64)
    return NumberCondition(
        column,
        float(numbers.mean()),
        float(numbers.std()) or 1.0,
        float(numbers.min()),
        float(numbers.max()),
        unknown,
    )


def _as_text(value: Any) -> Any:
    return None if value is None else str(value)
