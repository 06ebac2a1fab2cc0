"""Features that a table holds already: its columns of numbers, and which of them tell nothing.

A model may learn from a measure of the gait. It must not learn from names of rows, trials or
people, and cannot from text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.errors import SchemaError, did_you_mean, listed
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    left_out_message,
    number_column,
)
from locomotion_analysis.standard import KEY, METADATA

GIVEN = "given"
"""Group of the features that are columns of a table."""

_WORDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
_NAMES_OF_ROWS = {"id", "index", "row", "trial", "session", "record", "file", "filename", "nr", ""}
_MOST_PARSED = 0.5
"""Share of the values of a column of text that are numbers, from which it is one with a fault."""


def given_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield each column that is not of the key as a feature."""
    for name in sorted(schema.columns - set(KEY)):
        told = METADATA.get(name, "")
        spec = FeatureSpec(
            name=name,
            group=GIVEN,
            unit=told.rpartition(", ")[2] if ", " in told else "",
            formula=told or "a column of the table",
            source="the table",
            requires=(name,),
        )
        yield Family((spec,), partial(_column, name))


def _column(name: str, view: CycleView) -> list[Values]:
    return [number_column(view.cycles, name)]


def columns_to_learn_from(
    cycles: pd.DataFrame, target: str, names: Sequence[str] = ()
) -> tuple[list[str], list[LeftOut]]:
    """Choose the columns of a table of features that a model may learn a target from.

    Left out and told are columns with one value, names of rows, trials, sessions or people, dates,
    text known to describe people (sex, side, ...), and text of which every value goes with one
    value of the target.

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle or trial; those with a target.
    target : str
        Column that is predicted.
    names : sequence of str
        Columns asked for; all where empty.

    Returns
    -------
    columns : list of str
        In the order of the table.
    left_out : list of LeftOut
        The others, and why.

    Raises
    ------
    SchemaError
        If a column asked for does not exist, a column is text that cannot be told to be a name,
        or none is left.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("aabb"), "trial": [1, 2, 1, 2], "rom": [6.0, 6.5, 4, 4.2]})
    >>> columns_to_learn_from(table.assign(ill=[0, 0, 1, 1]), "ill")[0]
    ['rom']
    """
    there = [str(name) for name in cycles if name not in KEY and name != target]
    unknown = [name for name in names if name not in there]
    if unknown:
        raise SchemaError(
            expected=f"columns among {listed(there)}",
            got=", ".join(map(repr, unknown)),
            where="features",
            fix=did_you_mean(unknown[0], there, "name columns of the table"),
        )
    kept, left_out = [], []
    for name in there:
        if names and name not in names:
            continue
        reason = _why_not(cycles, name, target)
        if reason is None:
            kept.append(name)
        else:
            left_out.append(LeftOut(name, reason))
    if not kept:
        raise SchemaError(
            expected="columns of numbers to learn from",
            got=left_out_message(left_out) if left_out else f"none beside {target}",
            where="features",
            fix="add measures of the gait, one a column",
        )
    return kept, left_out


def _why_not(cycles: pd.DataFrame, name: str, target: str) -> str | None:
    """Return why nothing may be learned from a column; None where it may."""
    values = cycles[name]
    known = values.dropna()
    if known.nunique() < 2:
        return "one value in every row" if len(known) else "no row has a value"
    if pd.api.types.is_bool_dtype(values):
        return None
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        return "a date or time"
    numeric = pd.api.types.is_numeric_dtype(values)
    if numeric and np.mod(known.to_numpy(np.float64), 1).any():
        return None
    words = [word.lower() for word in _WORDS.split(name.strip())]
    if words[-1] == "id" or (len(words) == 1 and words[0] in _NAMES_OF_ROWS):
        return "the name of a row, trial or session"
    return _numbers_rows(cycles, name) if numeric else _what_text(cycles, name, target)


def _what_text(cycles: pd.DataFrame, name: str, target: str) -> str:
    """Return what a column of text is.

    Raises
    ------
    SchemaError
        If it could be a measure.
    """
    known = cycles[name].dropna()
    people, targets = (cycles.loc[known.index, other] for other in ("subject", target))
    _refuse_faulty_numbers(known, name)
    if name.lower() in METADATA:
        return "text, kept to compare groups of people"
    if known.is_unique:
        return "text that differs in every row"
    if _goes_with(known, people) and _goes_with(people, known):
        return "another name of the subject"
    if _goes_with(targets, known):
        return f"text of which every value goes with one value of {target}"
    raise SchemaError(
        expected="numbers in the columns to learn from",
        got=f"text, for example {known.iloc[0]!r} ({known.nunique()} different values)",
        where=f"column {name}",
        fix="make it numbers (pandas.get_dummies), remove it, or name the columns to learn from "
        "with --features (features=)",
    )


def _goes_with(values: "pd.Series[Any]", others: "pd.Series[Any]") -> bool:
    """Return whether each of some other values goes with a single one."""
    return bool(values.groupby(others).nunique().max() == 1)


def _numbers_rows(cycles: pd.DataFrame, name: str) -> str | None:
    """Return why whole numbers are names: they count rows or people without a gap."""
    known = cycles[name].dropna()
    counted = known.nunique() > 2 and known.max() - known.min() + 1 == known.nunique()
    if counted and known.is_unique:
        return "the number of the row"
    people = cycles.loc[known.index, "subject"]
    pairs = pd.DataFrame({"number": known, "subject": people}).drop_duplicates()
    if counted and pairs["number"].is_unique and pairs["subject"].is_unique:
        return "the number of the subject"
    return None


def _refuse_faulty_numbers(known: "pd.Series[Any]", name: str) -> None:
    """Raise where most of a column of text are numbers, or would be with a decimal point.

    Raises
    ------
    SchemaError
        It names the first value that is none.
    """
    texts = known.astype(str).str.strip()
    numbers = pd.to_numeric(texts, errors="coerce").notna()
    with_points = pd.to_numeric(texts.str.replace(",", ".", n=1), errors="coerce").notna()
    if with_points.mean() <= _MOST_PARSED or numbers.all():
        return
    row = int((~numbers).to_numpy().argmax())
    raise SchemaError(
        expected="numbers, with a point before decimals",
        got=f"text {known.iloc[row]!r} in row {known.index[row] + 1} "
        f"({int((~numbers).sum())} of {len(known)} values are no numbers)",
        where=f"column {name}",
        fix="write decimals with a point, and leave missing values empty",
    )
