"""The named columns or arrays of one file, loaded when they are asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.metadata import label
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.numbers import numbers_in

MOST_BYTES = 1024**3
"""Largest size one file may unpack to."""


@dataclass
class Variables:
    """Names of a file's variables and how to load one.

    Attributes
    ----------
    where : str
        The file.
    names : tuple of str
    load : callable
        Name -> array; text columns are arrays of str.
    decimal : str or None
        Decimal mark of text; None: a single comma counts as one.
    lines : sequence of int, optional
        Line of each row in a text file, for messages.
    history : list of HistoryEntry
    """

    where: str
    names: tuple[str, ...]
    load: Callable[[str], NDArray[Any]]
    decimal: str | None = None
    lines: Sequence[int] | None = None
    history: list[HistoryEntry] = field(default_factory=list)
    _loaded: dict[str, NDArray[Any]] = field(default_factory=dict)

    def get(self, name: str, asked_by: str = "") -> NDArray[Any]:
        """Return one variable.

        Raises
        ------
        SchemaError
            If the file has no such variable.
        """
        if name not in self._loaded:
            if name not in self.names:
                raise self._unknown(name, asked_by)
            self._loaded[name] = self.load(name)
        return self._loaded[name]

    def _unknown(self, name: str, asked_by: str) -> SchemaError:
        near = get_close_matches(name, self.names, 1)
        shown = ", ".join(self.names[:12]) + (" ..." if len(self.names) > 12 else "")
        return SchemaError(
            expected=f"a column or variable {name!r}",
            got=f"{shown or 'none'}",
            where=f"{self.where}" + (f", asked for by {asked_by}" if asked_by else ""),
            fix=f"did you mean {near[0]!r}?" if near else "",
        )


def as_numbers(
    values: NDArray[Any], name: str, decimal: str | None = None, lines: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Return an array of numbers or of their text as float64; missing as NaN.

    Raises
    ------
    SchemaError
        If a value is no number; with its place.
    """
    if values.dtype.kind in "fiub":
        numbers = values.astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers
    if values.dtype.kind == "S":
        values = labels(values)
    if values.dtype.kind in "c" or values.dtype.names:
        raise SchemaError(expected=f"real numbers in {name}", got=f"{values.dtype}")

    def place(row: int) -> str:
        return f"{f'row {row}' if lines is None else f'line {lines[row]}'}, column {name}"

    return numbers_in(values.ravel().tolist(), place, decimal).reshape(values.shape)


def labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as text for comparing: whole numbers without a decimal point."""
    flat = [
        label(value.decode(errors="replace") if isinstance(value, bytes) else value).strip()
        for value in values.ravel().tolist()
    ]
    return np.array(flat, dtype=object).reshape(values.shape)


def too_large(where: str, n_bytes: float, name: str = "") -> FileReadError:
    """Return the error for a file that unpacks to more than is safe."""
    what = f"variable {name}" if name else "it"
    return FileReadError(
        expected=f"a file that unpacks to at most {MOST_BYTES / 1024**3:g} GiB",
        got=f"{what} would need {n_bytes / 1024**3:.3g} GiB",
        where=where,
        fix="split it, or check that it is what it says it is",
    )
