"""Tables of features: one row a cycle or trial, one number a column, and no curve.

They become a :class:`~locomotion_analysis.data.LocomotionData` without channels: subject, target
and features are columns of its cycles.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from locomotion_analysis.data.columns import (
    cycle_scale,
    plain_text,
    refuse_time_indexed,
    rename_aliases,
    tidy_cycles,
)
from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.data.parquet import (
    open_parquet,
    parquet_files,
    read_csv_table,
    read_parquet_table,
)
from locomotion_analysis.data.parts import HistoryEntry
from locomotion_analysis.errors import LocomotionError, SchemaError, did_you_mean, listed
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_COLUMN, canonical_name, is_channel

__all__ = ["holds_curves", "read_rows", "rows_of_table"]

NOT_STATED = "not_stated"
"""Task of rows whose table has no column of tasks."""

_SUBJECT = "subject"
_COUNTS = re.compile(r"step|stride|trial|cycle_?(?:no|num|id)|^id$|rep", re.I)
"""Names of columns that count rows, whatever they count to."""
_PEOPLE = re.compile(r"subj|patient|participant|person|people|proband|^id$|^name$|code", re.I)


def read_rows(path: str | os.PathLike[str], subject_column: str | None = None) -> LocomotionData:
    """Read gait cycles, or a table of features where no column is a curve.

    Parameters
    ----------
    path : path-like
        Parquet file, folder of Parquet files, or CSV file.
    subject_column : str, optional
        Column of a table of features that says whose row it is; needed where it is not called
        subject, or by an alias of it.

    Returns
    -------
    LocomotionData
        Of a table of features without channels.

    Raises
    ------
    FileReadError, SchemaError
        If the file cannot be read, or is neither.
    """
    place = Path(path)
    is_csv = place.suffix.lower() == ".csv"
    files = [place] if is_csv else parquet_files(place)
    _refuse_mixture(place, files)
    texts = () if subject_column is None else (subject_column,)
    table = read_csv_table(place, texts) if is_csv else read_parquet_table(files[0])[0]
    if holds_curves(table.column_names):
        if subject_column is not None and canonical_name(subject_column) != _SUBJECT:
            raise SchemaError(
                expected="a table of features, to name its column of subjects",
                got=f"gait cycles with curves, whose subjects stand in the column {_SUBJECT}",
                where=str(place),
                fix="leave --subject-column out",
            )
        return LocomotionData.from_csv(place) if is_csv else LocomotionData.from_parquet(place)
    try:
        tables = [table, *(read_parquet_table(file)[0] for file in files[1:])]
        for each in tables:
            _refuse_repeated(each.column_names)
        plain = [plain_text(each.replace_schema_metadata(None)) for each in tables]
        whole = pa.concat_tables(plain, promote_options="permissive")
        return rows_of_table(whole, subject_column, place.stem)
    except LocomotionError as error:
        raise error.at(str(place)) from None
    except pa.ArrowException as error:
        raise SchemaError(
            expected="tables with the same columns",
            got=str(error).splitlines()[0],
            where=str(place),
            fix="name one of the files, or give all the same columns",
        ) from error


def _refuse_mixture(folder: Path, files: Sequence[Path]) -> None:
    """Raise :class:`SchemaError` where a folder holds gait cycles and tables of features."""
    if len(files) == 1:
        return
    kinds = {holds_curves(open_parquet(file).schema_arrow.names): file for file in files}
    if len(kinds) > 1:
        named = {has: file.relative_to(folder) for has, file in kinds.items()}
        raise SchemaError(
            expected="gait cycles or tables of features, every file of a folder the same",
            got=f"curves in {named[True]}, none in {named[False]}",
            where=str(folder),
            fix=f"name the file ({folder / named[True]}), or move one of them to another folder",
        )


def holds_curves(columns: Sequence[str]) -> bool:
    """Return whether some columns are curves: a phase, or channels by their names.

    Examples
    --------
    >>> holds_curves(["subject", "knee_flexion_angle_ipsi_rad_max"])
    False
    """
    names = [canonical_name(name) for name in columns]
    return PHASE_COLUMN in names or any(map(is_channel, names))


def rows_of_table(
    table: pa.Table, subject_column: str | None = None, dataset: str = "unnamed"
) -> LocomotionData:
    """Take a table of features as gait cycles without curves.

    Parameters
    ----------
    table : pyarrow.Table
        One row a cycle or trial.
    subject_column : str, optional
        As for :func:`~locomotion_analysis.data.feature_tables.read_rows`.
    dataset : str
        Name of the dataset where the table has no such column.
    """
    table, history = _with_subjects(table, subject_column)
    table, renamed = rename_aliases(table)
    if not len(table):
        raise SchemaError(
            expected="at least one row",
            got="a table without rows",
            fix="export it again; were all rows filtered out?",
        )
    cycles = table.to_pandas()
    _refuse_points(cycles)
    history += renamed
    if "task" not in cycles:
        cycles["task"] = NOT_STATED
        history.append(HistoryEntry("assumed", f"task = {NOT_STATED!r} (no such column)"))
    cycles, numbered = _with_steps(cycles)
    history += numbered
    cycles, tidied = tidy_cycles(cycles, dataset, curves=False)
    curves = np.empty((0, len(cycles), N_PHASES), dtype=np.float32)
    return LocomotionData(cycles, curves, (), (*history, *tidied))


def _refuse_points(cycles: pd.DataFrame) -> None:
    """Raise where the rows are the points of curves: a column runs from 0 to 100 % again and again."""
    for name in cycles.select_dtypes("number"):
        values = cycles[name].to_numpy(np.float64, na_value=np.nan)
        if not _COUNTS.search(str(name)) and cycle_scale(values) is not None:
            raise SchemaError(
                expected="one row a cycle or trial",
                got=f"one row a point of a curve: column {name} runs from {values.min():g} to "
                f"{values.max():g} again and again",
                fix="take them as gait cycles: `locomotion convert FILE --write-map map.yaml` "
                "drafts what the columns mean",
            )


def _refuse_repeated(names: Sequence[str]) -> None:
    """Raise where a column occurs twice: which one is meant is not known."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated)} more than once",
            fix="remove or rename the repeated columns",
        )


def _with_subjects(
    table: pa.Table, subject_column: str | None
) -> tuple[pa.Table, list[HistoryEntry]]:
    """Name the column of the subjects so."""
    names = list(table.column_names)
    if subject_column is None:
        words = {name: canonical_name(name.strip().lower().replace(" ", "_")) for name in names}
        found = [name for name in names if canonical_name(name) == _SUBJECT] or [
            name for name in names if words[name] == _SUBJECT
        ]
        if not found:
            refuse_time_indexed(table)
        if len(found) != 1:
            near = found or [name for name in names if _PEOPLE.search(name)][:3]
            raise SchemaError(
                expected="one column subject, which says whose row it is: scores are of people "
                "a model has not met",
                got=f"columns {listed(names)}",
                fix=f"did you mean --subject-column {' or '.join(near)}?"
                if near
                else "name it: --subject-column COLUMN",
            )
        column = found[0]
    elif subject_column not in names:
        raise SchemaError(
            expected=f"a column among {listed(names)}",
            got=repr(subject_column),
            where="subject column",
            fix=did_you_mean(subject_column, names, "name the column of the subjects"),
        )
    else:
        column = subject_column
    history: list[HistoryEntry] = []
    if column != _SUBJECT:
        others = [name for name in names if canonical_name(name) == _SUBJECT and name != column]
        history += [
            HistoryEntry("dropped", f"column {name}: subjects are in {column}") for name in others
        ]
        table = table.drop_columns(others)
        names = [_SUBJECT if name == column else name for name in table.column_names]
        table = table.rename_columns(names)
        history.append(HistoryEntry("renamed", f"column {column} -> {_SUBJECT}"))
    place = names.index(_SUBJECT)
    texts = table[_SUBJECT]
    if pa.types.is_floating(texts.type) and pc.all(pc.equal(pc.floor(texts), texts)).as_py():
        texts = texts.cast(pa.int64())  # whole numbers that a missing one made fractions
    return table.set_column(place, _SUBJECT, texts.cast(pa.string())), history


def _with_steps(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Give the rows of each person and task numbers, where the table does not."""
    key = [name for name in KEY if name in cycles and name != "step"]
    if "step" in cycles and not cycles.duplicated([*key, "step"]).any():
        return cycles, []
    repeated = "step" in cycles
    told = "it repeats itself" if repeated else "no such column"
    cycles = cycles.assign(step=cycles.groupby(key, dropna=False).cumcount() + 1)
    return cycles, [HistoryEntry("assumed", f"step = number of the row of a subject ({told})")]
