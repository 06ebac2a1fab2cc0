"""Standard tables over time in Parquet: not yet cut into gait cycles."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.metadata import label
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import SIDES, Recording, Stream
from locomotion_analysis.ingest.tables.numbers import check_rising
from locomotion_analysis.standard import (
    PHASE_COLUMN,
    TIME_COLUMNS,
    Channel,
    canonical_name,
    is_channel,
)

_MAGIC = b"PAR1"
_GROUPS = ("dataset", "subject", "task", "task_id", "trial")
_PHASES = (PHASE_COLUMN, "phase_percent", "phase_contra")


class TimeParquetReader:
    """Parquet with a time column and standard channels, one row an instant.

    Channels carry the body's sides (``knee_flexion_angle_left_rad``), or ipsi and contra with a
    column ``side`` that says which side is ipsi. Rows are grouped by dataset, subject, task and
    trial, as far as there are such columns.
    """

    name = "time_parquet"
    description = "Standard Parquet over time: time_s and standard channels"
    suffixes = (".parquet",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether the file is Parquet with a time column and no phase column."""
        if not head.startswith(_MAGIC):
            return False
        try:
            names = pq.read_schema(path).names
        except (pa.ArrowInvalid, OSError):
            return path.suffix != ".parquet" or b"time" in head
        return _time_column(names) is not None and not set(names) & set(_PHASES)

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read one recording a subject, task and trial.

        Raises
        ------
        FileReadError
            If the file is damaged.
        SchemaError
            If no column is a channel, or time does not rise within a trial.
        """
        try:
            frame = pq.read_table(path).to_pandas()
        except (pa.ArrowInvalid, OSError) as error:
            raise FileReadError(
                expected="a Parquet file",
                got=f"one that is cut off or damaged ({str(error).splitlines()[0]})",
                where=str(path),
                fix="copy or write the file again",
            ) from None
        try:
            return _recordings(frame, path)
        except LocomotionError as error:
            raise error.at(str(path)) from None


def _recordings(frame: pd.DataFrame, path: Path) -> list[Recording]:
    frame, history = _renamed(frame)
    time = _time_column([str(name) for name in frame.columns])
    if time is None or len(frame) == 0:
        got = f"{len(frame)} rows of {', '.join(map(str, frame.columns[:8]))}"
        raise SchemaError(expected="rows with a column time_s", got=got)
    groups = [name for name in _GROUPS if name in frame]
    if not groups:
        return [_recording(frame, time, path, history)]
    parts = frame.groupby(groups, sort=False, dropna=False, observed=True)
    return [_recording(part, time, path, history) for _, part in parts]


def _renamed(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    names = {str(name): _canonical(str(name)) for name in frame.columns}
    changed = {old: new for old, new in names.items() if old != new and new not in frame}
    history = [HistoryEntry("renamed", f"column {old} -> {new}") for old, new in changed.items()]
    return frame.rename(columns=changed), history


def _canonical(name: str) -> str:
    sided = name.replace("_left_", "_ipsi_").replace("_right_", "_contra_")
    known = canonical_name(sided)
    if sided == name or not is_channel(known):
        return known
    return known.replace("_ipsi_", "_left_").replace("_contra_", "_right_")


def _recording(part: pd.DataFrame, time: str, path: Path, history: list[HistoryEntry]) -> Recording:
    own = list(history)
    time_s = part[time].to_numpy(dtype=np.float64)
    constants = {name: part[name].iloc[0] for name in _GROUPS if name in part}
    where = ", ".join(f"{name}={value}" for name, value in constants.items())
    try:
        check_rising(time_s)
    except LocomotionError as error:
        raise error.at(where or "the whole table") from None
    signals = _signals(part, own)
    metadata = _metadata(part, {*constants, time}, own)
    return Recording(
        source=str(path),
        subject=_word(constants.get("subject")),
        task=_word(constants.get("task")),
        trial=_word(constants.get("trial", constants.get("task_id"))),
        streams=(Stream(time_s, signals),),
        metadata=metadata,
        history=tuple(own),
    )


def _signals(part: pd.DataFrame, history: list[HistoryEntry]) -> dict[str, NDArray[np.float64]]:
    ipsi = _ipsilateral(part, history)
    signals: dict[str, NDArray[np.float64]] = {}
    for column in map(str, part.columns):
        named = _sided(column, ipsi)
        if named is None or not pd.api.types.is_numeric_dtype(part[column]):
            continue
        name, factor = named
        if name in signals:
            raise SchemaError(expected="one column a channel", got=f"{name} twice")
        signals[name] = part[column].to_numpy(dtype=np.float64) * factor
        if name != column:
            action = "converted" if factor != 1.0 else "renamed"
            history.append(HistoryEntry(action, f"{column} -> {name}, factor {factor:.9g}"))
    if not signals:
        raise SchemaError(
            expected="channels such as knee_flexion_angle_left_rad or grf_vertical_right_N",
            got=f"columns {', '.join(map(str, part.columns[:12]))}",
            fix="rename the columns, or describe them with --map map.yaml",
        )
    return signals


def _ipsilateral(part: pd.DataFrame, history: list[HistoryEntry]) -> str:
    if not any("_ipsi_" in str(name) for name in part.columns):
        return "right"
    said = str(part["side"].iloc[0]).lower() if "side" in part else ""
    if said in SIDES:
        history.append(HistoryEntry("renamed", f"ipsi -> {said}, by the column side"))
        return said
    history.append(HistoryEntry("assumed", "ipsi = right: no column side says it"))
    return "right"


def _sided(column: str, ipsi: str) -> tuple[str, float] | None:
    """Return a channel's name with left or right and its factor, or None for other columns."""
    contra = SIDES[1 - SIDES.index(ipsi)]
    plain = column
    for side in SIDES:
        plain = plain.replace(f"_{side}_", "_ipsi_" if side == ipsi else "_contra_")
    if not is_channel(plain):
        return None
    channel, factor = Channel.parse(plain).standard()
    return channel.name.replace("_ipsi_", f"_{ipsi}_").replace("_contra_", f"_{contra}_"), factor


def _metadata(part: pd.DataFrame, used: set[str], history: list[HistoryEntry]) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    for column in part.columns:
        name = str(column)
        if name in used or name == "side" or _sided(name, "right") is not None:
            continue
        if len(part[column].drop_duplicates()) == 1:
            value = part[column].iloc[0]
            metadata[name] = value.item() if isinstance(value, np.generic) else value
        else:
            detail = f"column {name}: changes over time and is no channel name"
            history.append(HistoryEntry("dropped", detail))
    return metadata


def _time_column(names: list[str]) -> str | None:
    return next((name for name in names if name.lower() in TIME_COLUMNS), None)


def _word(value: Any) -> str:
    return "" if value is None or pd.isna(value) else label(value)
