"""The split of each subject, decided once and written down, put beside each cycle."""

import os
from pathlib import Path

import pandas as pd

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.columns import plain_text
from locomotion_analysis.data.files import parquet_files, read_csv_table, read_parquet_table
from locomotion_analysis.errors import SchemaError, SplitLeakError

SPLIT = "split"
_SHOWN = 3


def with_splits(data: LocomotionData, subjects: pd.DataFrame) -> LocomotionData:
    """Return the cycles with the split of their subject as a column ``split``.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    subjects : DataFrame
        Columns ``subject`` and ``split``, and ``dataset`` where names occur in several. Several
        rows of a subject must agree.

    Returns
    -------
    LocomotionData
        A column ``split`` that was there before is replaced, which the history says.

    Raises
    ------
    SplitLeakError
        If a subject has two splits.
    SchemaError
        If a column is missing, or a subject of the data has no split.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> table = pd.DataFrame(
    ...     {"subject": data.cycles["subject"].unique(), "split": ["train", "train", "test"]}
    ... )
    >>> with_splits(data, table).cycles["split"].tolist()
    ['train', 'train', 'train', 'train', 'test', 'test']
    """
    person = _person_columns(subjects)
    rows = subjects[[*person, SPLIT]].dropna(subset=[SPLIT]).drop_duplicates()
    rows = rows.assign(**{name: rows[name].astype("str") for name in person})
    twice = rows["subject"][rows.duplicated(person)].drop_duplicates()
    if len(twice):
        raise SplitLeakError(
            expected="one split a subject",
            got=f"{len(twice)} subjects with several: {_some(twice)}",
            where="column split",
            fix="give every subject one split",
        )
    cycles = data.cycles.drop(columns=SPLIT, errors="ignore")
    joined = cycles.merge(rows, on=person, how="left", validate="many_to_one")
    without = joined["subject"][joined[SPLIT].isna()].drop_duplicates()
    if len(without):
        raise SchemaError(
            expected="a split for every subject of the data",
            got=f"{len(without)} subjects without one: {_some(without)}",
            where="column split",
            fix="add them, or leave their cycles out with data.select",
        )
    counts = joined[SPLIT].value_counts(sort=False)
    detail = ", ".join(f"{name} {count}" for name, count in counts.items()) + " cycles"
    replaced = " (column split replaced)" if SPLIT in data.cycles else ""
    entry = HistoryEntry("split", f"by subject: {detail}{replaced}", len(joined))
    return LocomotionData(joined, data.block, data.channels, (*data.history, entry))


def read_splits(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of subjects and their split, for :func:`with_splits`.

    Parameters
    ----------
    path : path-like
        A CSV file with one header row, or a Parquet file.

    Raises
    ------
    FileReadError
        If there is no such file, or it is damaged or of another kind.
    """
    place = Path(path)
    if place.suffix.lower() == ".csv":
        table = read_csv_table(place)
    else:
        table, _ = read_parquet_table(parquet_files(place)[0])
    frame: pd.DataFrame = plain_text(table).to_pandas()
    return frame


def _person_columns(subjects: pd.DataFrame) -> list[str]:
    absent = [name for name in ("subject", SPLIT) if name not in subjects]
    if absent:
        raise SchemaError(
            expected="a table of subjects with columns subject and split",
            got=f"no column {', '.join(absent)} among {', '.join(map(str, subjects.columns))}",
        )
    return [name for name in ("dataset", "subject") if name in subjects]


def _some(names: "pd.Series[str]") -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
