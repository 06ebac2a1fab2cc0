"""A bundle's answers to a whole file: gait cycles, or a table of features."""

import io
import os
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.columns import rename_aliases
from locomotion_analysis.data.derived import with_derived
from locomotion_analysis.data.feature_tables import holds_curves
from locomotion_analysis.data.parquet import open_parquet, read_csv_table, read_parquet_table
from locomotion_analysis.errors import LocomotionWarning, SchemaError, listed
from locomotion_analysis.files import write_all
from locomotion_analysis.production.service.bodies import (
    Asked,
    checked_cycles,
    checked_features,
    not_measured,
    probability_columns,
)
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.standard import KEY, canonical_name

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle import Bundle

__all__ = ["answers", "predict_cycles", "predict_features", "read_rows", "write_predictions"]

REJECTED = "rejected"
"""Column that says why a cycle was not answered; empty where it was."""


def answers(bundle: "Bundle", rows: LocomotionData | pd.DataFrame) -> pd.DataFrame:
    """Predict for rows of either kind: :func:`predict_cycles` or :func:`predict_features`.

    Parameters
    ----------
    bundle : Bundle
    rows : LocomotionData or DataFrame
        From :func:`read_rows`.

    Returns
    -------
    DataFrame
        One row a cycle, or a row of features.
    """
    if isinstance(rows, LocomotionData):
        return predict_cycles(bundle, rows)
    return predict_features(bundle, rows)


def read_rows(
    path: str | os.PathLike[str], features: Collection[str] = ()
) -> LocomotionData | pd.DataFrame:
    """Read gait cycles, or a table of features where no column is a channel.

    Parameters
    ----------
    path : path-like
        Parquet or CSV.
    features : collection of str
        Names of a model's features: other columns of a CSV table stay the text they are, so that
        nobody's name loses its zeros.

    Returns
    -------
    LocomotionData or DataFrame
    """
    place = Path(path)
    if place.is_dir():
        return LocomotionData.from_parquet(place)
    # The whole of a table is read once: what it is stands in its names.
    is_csv = place.suffix.lower() == ".csv"
    table = read_csv_table(place) if is_csv else None
    names = open_parquet(place).schema_arrow.names if table is None else table.column_names
    if holds_curves(names):
        return LocomotionData.from_csv(place) if is_csv else LocomotionData.from_parquet(place)
    if table is None:
        whole = read_parquet_table(place)[0].replace_schema_metadata(None)
    else:
        others = [name for name in names if canonical_name(name) not in features]
        whole = read_csv_table(place, others) if features else table
    frame: pd.DataFrame = rename_aliases(whole)[0].to_pandas()
    return frame


def predict_cycles(bundle: "Bundle", data: LocomotionData) -> pd.DataFrame:
    """Predict for each gait cycle, with the checks of the service.

    A cycle in which a channel that the model needs was not fully measured is not answered, and its
    row says so. Curves that cannot be right (another unit, the other sign) are an error: the others
    of the file will hardly be better.

    Parameters
    ----------
    bundle : Bundle
    data : LocomotionData
        Cycles with the channels of the bundle.

    Returns
    -------
    DataFrame
        One row a cycle (of a paired model: a leg), the cycle key first, then the columns of
        :meth:`~locomotion_analysis.production.bundle.Bundle.predict_features`, the findings of the
        quality checks (``quality``), and ``rejected``.

    Channels that the model needs and that follow from others, such as angular velocities, are derived;
    a warning says so.

    Raises
    ------
    SchemaError
        If a channel is missing, or no cycle can be answered.
    RefusedError
        For curves that cannot be right; cycle and channel are named.
    """
    served = ServedBundle(bundle)
    whole, asked, lacking = measured_cycles(served, data)
    bad = lacking.any(axis=1).to_numpy()
    found = served.predict_cycles(whole, explain=False)
    if served.paired:
        return _plain(found.reset_index().assign(**{REJECTED: ""}))
    table = found.reset_index(drop=True).assign(quality=_findings(asked.quality, len(whole)))
    table.index = pd.Index(np.flatnonzero(~bad))
    table = table.reindex(range(len(data)))
    table[REJECTED] = ""
    for row in np.flatnonzero(bad):
        names = listed(lacking.columns[lacking.iloc[row]])
        table.loc[row, REJECTED] = f"not fully measured: {names}"
    return _plain(pd.concat([data.cycles[list(KEY)], table], axis=1))


def measured_cycles(
    served: ServedBundle, data: LocomotionData
) -> tuple[LocomotionData, Asked, pd.DataFrame]:
    """Return the cycles in which all that a model needs was measured, checked as the service does.

    Parameters
    ----------
    served : ServedBundle
    data : LocomotionData
        Cycles with the channels of the bundle.

    Returns
    -------
    whole : LocomotionData
        The cycles that can be answered.
    asked : Asked
        The same, with the findings of the quality checks.
    lacking : DataFrame of bool, shape (n_cycles, n_needed_channels)
        Which channel was not fully measured, of all cycles of `data`.

    Raises
    ------
    SchemaError, RefusedError
        As :func:`predict_cycles`.
    """
    data = with_derived(data, served.channel_names)
    missing = [name for name in served.channel_names if name not in data.channels]
    if missing:
        checked_cycles(data, served)  # raises, in the words of the service
    lacking = not_measured(data, served.channel_names)
    bad = lacking.any(axis=1).to_numpy()
    if bad.all():
        raise SchemaError(
            expected="cycles in which the channels of the model were measured",
            got=f"none of {len(data)}: gaps in {', '.join(lacking.columns[lacking.any()][:5])}",
            where="cycles", fix="see `locomotion info` for the gaps of each channel",
        )  # fmt: skip
    whole = data.take(~bad) if bad.any() else data
    asked = checked_cycles(whole, served)
    known = {str(entry) for entry in whole.history if entry.action != "derived"}
    for text in dict.fromkeys(text for text in asked.warnings if text not in known):
        warnings.warn(text, LocomotionWarning, stacklevel=3)
    return whole, asked, lacking


def predict_features(bundle: "Bundle", frame: pd.DataFrame) -> pd.DataFrame:
    """Predict for each row of a table of features.

    Parameters
    ----------
    bundle : Bundle
    frame : DataFrame
        The features of ``bundle.schema.names``; other columns (names, targets) are kept in front.

    Returns
    -------
    DataFrame
        One row a row of `frame`.

    Raises
    ------
    SchemaError
        If features are missing.
    """
    served = ServedBundle(bundle)
    own = [name for name in frame if name in set(served.schema.names)]
    asked = checked_features(frame[own], served)
    for text in dict.fromkeys(asked.warnings):
        warnings.warn(text, LocomotionWarning, stacklevel=2)
    assert isinstance(asked.rows, pd.DataFrame)  # noqa: S101 - of features, for the types
    found = served.predict_features(asked.rows, explain=False)
    others = frame.drop(columns=own).reset_index(drop=True)
    return _plain(pd.concat([others, found.reset_index(drop=True)], axis=1))


def write_predictions(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write predictions as CSV or Parquet, by the ending, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        From :func:`predict_cycles` or :func:`predict_features`.
    path : path-like
        Ends in ``.csv`` or ``.parquet``.

    Raises
    ------
    SchemaError
        If the ending is neither.
    """
    place = check_ending(path)
    if place.suffix.lower() == ".csv":
        write_all({place: csv_text(table)})
    else:
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        write_all({place: buffer.getvalue()})


def check_ending(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file of answers, if it is one that can be written."""
    place = Path(path)
    if place.suffix.lower() not in (".csv", ".parquet"):
        raise SchemaError(
            expected="a file that ends in .csv or .parquet",
            got=place.name,
            where="file to write",
            fix="end it in .csv or .parquet",
        )
    return place


def _findings(found: pd.DataFrame | None, n_rows: int) -> list[str]:
    """Return the findings of each row as one text."""
    told: list[list[str]] = [[] for _ in range(n_rows)]
    if found is not None:
        for row, code, channel in zip(
            *(found[name] for name in ("row", "code", "channel")), strict=True
        ):
            if 0 <= row < n_rows:
                told[row].append(f"{code} {channel}".strip())
    return ["; ".join(dict.fromkeys(each)) for each in told]


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with prediction sets as text, the probabilities beside the prediction."""
    if "set" in table:
        sets = table["set"].map(
            lambda each: "; ".join(map(str, each)) if isinstance(each, list | tuple) else ""
        )
        table = table.assign(set=sets)
    probable = probability_columns(table)
    names = list(map(str, table.columns))
    first = names[: names.index("prediction") + 1]
    rest = [name for name in table if name not in {*first, *probable}]
    return table[[*first, *probable, *rest]]
