"""Tables that need no column map: their columns say what they are.

Parquet in the standard layouts, of gait cycles or over time, and the text records of pressure
insoles, whose 19 columns always stand in one order.
"""

import gzip
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.budget import most_unpacked_bytes, refuse_unpacked
from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.columns import (
    float32_values,
    label,
    refuse_missing_codes,
    standard_quantity,
)
from locomotion_analysis.data.identity import MEASURES, MISSING, SIDE_WORDS
from locomotion_analysis.data.parquet import read_plain_table
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import SIDES, ReadOptions, Recording, Stream
from locomotion_analysis.ingest.tables.cells import (
    check_rising,
    naming,
    parse_number,
    parse_rows,
    repeated_instants,
)
from locomotion_analysis.ingest.tables.mapped import TableReader
from locomotion_analysis.standard import (
    PHASE_COLUMN,
    TIME_COLUMNS,
    Channel,
    canonical_name,
    is_channel,
)

_PARQUET = b"PAR1"
_REPEATED = "rows that repeat an instant, or the last one printed again"
_COLUMN = "column subject"
Array = NDArray[np.float64]


class CyclesParquetReader:
    """Parquet with whole gait cycles, in the long layout or one row a cycle."""

    name = "cycles_parquet"
    description = "Standard Parquet of gait cycles: long layout, or one row a cycle"
    suffixes = (".parquet",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the file begins as Parquet does."""
        return head.startswith(_PARQUET)

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Return the one person of a file, as far as its footer says that it is one."""
        return _people_of_parquet(path)

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read the cycles; by the map where no column is a standard channel.

        Raises
        ------
        FileReadError, SchemaError
            As :meth:`~locomotion_analysis.LocomotionData.from_parquet`.
        """
        if options.column_map is not None and not has_channels(path):
            return TableReader().read(path, options)
        return LocomotionData.from_parquet(path)


def has_channels(path: Path) -> bool:
    """Return whether a column of a Parquet file is a standard channel, of whichever side."""
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError):
        return True  # damaged: reading it says so
    return any(
        is_channel(canonical_name(re.sub("_(left|right)_", "_ipsi_", name))) for name in names
    )


def _people_of_parquet(path: Path) -> list[Recording]:
    """Return the names that the statistics in a Parquet file's footer give, where one is all."""
    try:
        footer = pq.read_metadata(path)
        names = [canonical_name(name) for name in footer.schema.names]
    except (
        pa.ArrowInvalid,
        UnicodeDecodeError,
        OSError,
    ):  # damaged, or a name that is no UTF-8: reading it says so
        return [Recording(source=str(path))]
    said = {}
    for name in ("subject", "task", "trial", "task_id"):
        values: set[Any] = set()
        for group in range(footer.num_row_groups if name in names else 0):
            known = footer.row_group(group).column(names.index(name)).statistics
            bounds = known is not None and known.has_min_max and known.null_count == 0
            values |= {known.min, known.max} if bounds else {None, ""}
        if len(values) == 1:
            said[name] = _word(values.pop())
    return [
        Recording(
            source=str(path),
            subject=said.get("subject", ""),
            task=said.get("task", ""),
            trial=said.get("trial", said.get("task_id", "")),
            named_by=_COLUMN if "subject" in names else "",
        )
    ]


# Records of pressure insoles: time, eight forces a foot, and the totals.

_INSOLE_COLUMNS = (
    "time",
    *(f"{foot}{sensor}" for foot in "LR" for sensor in range(1, 9)),
    "left total",
    "right total",
)
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 256 * 1024**2
"""Text of a record of 24 hours; a file that unpacks to more is not one."""
_TOTAL_TOLERANCE_N = 1.0
_STUDY_NAME = re.compile(r"^((Ga|Ju|Si)(Co|Pt)\d+)_(\d+)$")
_STUDY_GROUPS = {"Co": "healthy", "Pt": "parkinsons"}
_USUAL, _COUNTING = 1, ("Ga", 10)
"""Numbers of a usual walk, and of the study's walk while counting down by sevens."""


class InsoleReader:
    """Text of 19 columns: time, 8 + 8 insole forces (N), left and right total; plain or gzip.

    The format of PhysioNet's *Gait in Parkinson's disease*; names such as ``GaCo01_02`` give
    subject, walk and group (doi 10.13026/C24H3N). Its ``format.txt`` names two walks: 01 is the
    usual one, and 10 of the study ``Ga`` the one with a second task, subtracting sevens.
    """

    name = "insole"
    description = "Insole records: time, 8 + 8 forces and both totals, plain or gzip"
    suffixes = (".txt", ".txt.gz")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the first row is 19 numbers, the last two the sums of the others."""
        if head.startswith(_GZIP):
            try:
                head = zlib.decompressobj(wbits=31).decompress(head, 64 * 1024)
            except zlib.error:
                return False
        lines = head.splitlines()
        if len(lines) < 2:
            return False
        try:
            row = np.array([parse_number(cell.decode("ascii")) for cell in lines[0].split()])
        except (ValueError, UnicodeDecodeError):
            return False
        return len(row) == len(_INSOLE_COLUMNS) and bool(_totals_agree(row[np.newaxis]).all())

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Return whose record a file is, by the study's way of naming files."""
        match = _STUDY_NAME.match(path.name.split(".")[0])
        if match is None:
            return [Recording(source=str(path))]
        subject, study, group, trial = match.groups()
        usual = "level_walking" if int(trial) == _USUAL else ""
        return [
            Recording(
                source=str(path),
                subject=subject,
                task="dual_task_walking" if (study, int(trial)) == _COUNTING else usual,
                trial=trial,
                named_by="the study's file name",
                metadata={"pathology": _STUDY_GROUPS[group]},
            )
        ]

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Read one record: the vertical force under each foot, N.

        Raises
        ------
        FileReadError
            If the file is cut off, or unpacks to more than 256 MiB.
        SchemaError
            If rows are ragged, no numbers, or time does not rise.
        """
        with naming(path):
            lines = _text(path).splitlines()
            numbers = [k for k, line in enumerate(lines, 1) if line.strip()]
            values = parse_rows([lines[k - 1].split() for k in numbers], _INSOLE_COLUMNS, numbers)
            gone = repeated_instants(values[:, 0], values)
            values, numbers = (
                values[~gone],
                [k for k, out in zip(numbers, gone, strict=True) if not out],
            )
            time_s = values[:, 0].copy()
            check_rising(time_s, numbers)
        history = [HistoryEntry("dropped", "16 single sensor forces: no standard channel", 16)]
        if gone.any():
            history.append(HistoryEntry("dropped", _REPEATED, int(gone.sum())))
        if disagree := int((~_totals_agree(values)).sum()):
            detail = "rows whose totals are not the sums of their sensors; the totals were taken"
            history.append(HistoryEntry("read", detail, disagree))
        (named,) = self.people(path, options)
        if named.subject:
            said = f"subject {named.subject}, walk {named.trial}, {named.metadata['pathology']}"
            if named.task == "dual_task_walking":
                said += ", task dual_task_walking (subtracting sevens)"
            elif named.task:
                said += f", task {named.task} (the usual walk)"
            else:
                said += "; what was asked of the person in this walk the format does not say"
            history.append(HistoryEntry("read", f"file name {path.name}: {said}"))
        signals = {
            "grf_vertical_left_N": values[:, -2].copy(),
            "grf_vertical_right_N": values[:, -1].copy(),
        }
        return [replace(named, streams=(Stream(time_s, signals),), history=tuple(history))]


def _text(path: Path) -> str:
    """Return the text of a file, plain or gzip, of a size that is safe."""
    most = most_unpacked_bytes(path.stat().st_size, _MOST_BYTES)
    with path.open("rb") as stream:
        opened = gzip.open if stream.read(2) == _GZIP else open
    try:
        with opened(path, "rb") as stream:
            raw = stream.read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileReadError(
            expected="a whole gzip file",
            got=f"one that is cut off or damaged ({error})",
            where=str(path),
            fix="copy or download the file again",
        ) from None
    refuse_unpacked(len(raw), most, str(path), "its text")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise SchemaError(expected="numbers as text", got="other bytes") from None


def _totals_agree(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    left = np.abs(values[:, 1:9].sum(axis=1) - values[:, 17]) <= _TOTAL_TOLERANCE_N
    right = np.abs(values[:, 9:17].sum(axis=1) - values[:, 18]) <= _TOTAL_TOLERANCE_N
    agree: NDArray[np.bool_] = left & right
    return agree


# Standard Parquet over time: not yet cut into gait cycles.

_SIDE_COLUMNS = ("side", "leg", "limb", "foot", "body_side", "ipsi_side")
_TRIAL_COLUMNS = ("dataset", "subject", "task", "task_id", "trial")
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
        if not head.startswith(_PARQUET):
            return False
        try:
            names = pq.read_schema(path).names
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError):
            return path.suffix != ".parquet" or b"time" in head
        return _time_column(names) is not None and not set(names) & set(_PHASES)

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Return the one person of a file, as far as its footer says that it is one."""
        return _people_of_parquet(path)

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read one recording a subject, task and trial; by the map where no column is a channel.

        Raises
        ------
        FileReadError
            If the file is damaged.
        SchemaError
            If no column is a channel, or time does not rise within a trial.
        """
        if options.column_map is not None and not has_channels(path):
            return TableReader().read(path, options)
        try:
            frame = read_plain_table(path).to_pandas()
            named = [name for name in frame.index.names if name is not None and name not in frame]
            frame = frame.reset_index(level=named) if named else frame
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
            raise FileReadError(
                expected="a Parquet file",
                got=f"one that is cut off or damaged ({str(error).splitlines()[0]})",
                where=str(path),
                fix="copy or write the file again",
            ) from None
        try:
            frame, history = _with_standard_names(frame)
            time = _time_column([str(name) for name in frame.columns])
            if time is None or len(frame) == 0:
                got = f"{len(frame)} rows of {', '.join(map(str, frame.columns[:8]))}"
                raise SchemaError(expected="rows with a column time_s", got=got)
            groups = [name for name in _TRIAL_COLUMNS if name in frame]
            if not groups:
                return [_trial(frame, time, path, history)]
            parts = frame.groupby(groups, sort=False, dropna=False, observed=True)
            return [_trial(part, time, path, history) for _, part in parts]
        except LocomotionError as error:
            raise error.at(str(path)) from None


def _with_standard_names(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Rename the columns that are known under another name, whichever side they are of."""
    changed = {}
    for old in map(str, frame.columns):
        sided = old.replace("_left_", "_ipsi_").replace("_right_", "_contra_")
        name = canonical_name(sided)
        if sided != old and is_channel(name):
            name = name.replace("_ipsi_", "_left_").replace("_contra_", "_right_")
        if name != old and name not in frame:
            changed[old] = name
    history = [HistoryEntry("renamed", f"column {old} -> {name}") for old, name in changed.items()]
    return frame.rename(columns=changed), history


def _trial(part: pd.DataFrame, time: str, path: Path, history: list[HistoryEntry]) -> Recording:
    own = list(history)
    time_s = _seconds(part[time], time, own)
    constants = {name: part[name].iloc[0] for name in _TRIAL_COLUMNS if name in part}
    where = ", ".join(f"{name}={value}" for name, value in constants.items())
    if "subject" in constants and _word(constants["subject"]).strip().lower() in MISSING:
        raise SchemaError(
            expected="a subject in every row",
            got="rows without one",
            where=where,
            fix="fill the column in, or remove those rows",
        )
    signals = _signals(part, own)
    if len(time_s) and signals:
        gone = repeated_instants(time_s, np.column_stack(list(signals.values())))
        if gone.any():
            own.append(HistoryEntry("dropped", _REPEATED, int(gone.sum())))
            time_s, part = time_s[~gone], part[~gone]
            signals = {name: values[~gone] for name, values in signals.items()}
    try:
        check_rising(time_s)
    except LocomotionError as error:
        raise error.at(where or "the whole table") from None
    metadata: dict[str, Any] = {}
    used = (*constants, time, "side", _side_column(part))
    for column in part.columns:
        name = str(column)
        if name in used or _sided(name, "right") is not None:
            continue
        values = part[column].dropna().drop_duplicates()
        if len(values) > 1 and name in MEASURES:
            raise SchemaError(
                expected=f"one {name} in a trial",
                got=", ".join(map(str, values.tolist()[:4])),
                where=where or "the whole table",
                fix="correct the column, or tell the trials apart by a column trial",
            )
        if len(values) > 1:
            detail = f"column {name}: changes over time and is no channel name"
            own.append(HistoryEntry("dropped", detail))
            continue
        value = values.iloc[0] if len(values) else part[column].iloc[0]
        value = value.item() if isinstance(value, np.generic) else value
        quantity = standard_quantity(name)
        if quantity and quantity[0] not in part and isinstance(value, (int, float)):
            name, value = quantity[0], round(value * quantity[1], 6)
            own.append(HistoryEntry("converted", f"column {column} -> {name}"))
        metadata[name] = value
    return Recording(
        source=str(path),
        subject=_word(constants.get("subject")),
        named_by=_COLUMN if "subject" in constants else "",
        task=_word(constants.get("task")),
        trial=_word(constants.get("trial", constants.get("task_id"))),
        streams=(Stream(time_s, signals),),
        metadata=metadata,
        history=tuple(own),
    )


def _seconds(values: "pd.Series[Any]", name: str, history: list[HistoryEntry]) -> Array:
    """Return times in seconds; timestamps and durations count from the first."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind in "mM":
        history.append(HistoryEntry("converted", f"{name}: {values.dtype} -> s from the first row"))
        seconds: Array = (values - values.iloc[0]).dt.total_seconds().to_numpy(dtype=np.float64)
        return seconds
    if not pd.api.types.is_numeric_dtype(values):
        raise SchemaError(
            expected="times in seconds, or timestamps",
            got=f"{values.iloc[0]!r}",
            where=f"column {name}",
            fix="write the time as seconds",
        )
    times: Array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return times


def _numbers(values: "pd.Series[Any]", name: str) -> Array:
    """Return a channel's numbers; raise for text and codes for missing, as reading cycles does."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        refuse_missing_codes(numbers, name)
        return numbers
    column = pa.chunked_array([pa.Array.from_pandas(values)])
    return float32_values(column, name).astype(np.float64)


def _side_column(part: pd.DataFrame) -> str | None:
    """Return the column that says which leg is ipsi: side, or another word for it with a side."""
    known = {*SIDE_WORDS, *SIDES}
    for name in [name for name in _SIDE_COLUMNS if name in part]:
        words = {label(value).strip().lower() for value in part[name].dropna().unique()}
        if name == "side" or (words and words <= known):
            return name
    return None


def _ipsi(part: pd.DataFrame, history: list[HistoryEntry]) -> str:
    """Return the side of the leg called ipsi, by the column side."""
    column = _side_column(part)
    said = [] if column is None else part[column].dropna().unique().tolist()
    words = sorted(
        {text for value in said if (text := label(value).strip()).lower() not in MISSING}
    )
    if not words:
        history.append(HistoryEntry("assumed", "ipsi = right: no column side says it"))
        return "right"
    sides = {SIDE_WORDS.get(word.lower(), word.lower()) for word in words}
    if len(sides) != 1 or not sides <= set(SIDES):
        raise SchemaError(
            expected="one side a trial, left or right (L or R)",
            got=", ".join(words[:5]),
            where=f"column {column}",
            fix="write left or right, and tell trials of either side apart by a column trial",
        )
    side = sides.pop()
    history.append(HistoryEntry("renamed", f"ipsi -> {side}, by the column {column}"))
    return side


def _signals(part: pd.DataFrame, history: list[HistoryEntry]) -> dict[str, NDArray[np.float64]]:
    channels = [name for name in map(str, part.columns) if _sided(name, "right") is not None]
    sided = any("_ipsi_" in name or "_contra_" in name for name in channels)
    ipsi = _ipsi(part, history) if sided else "right"
    signals: dict[str, NDArray[np.float64]] = {}
    for column in map(str, part.columns):
        named = _sided(column, ipsi)
        if named is None:
            continue
        name, factor = named
        values = _numbers(part[column], column)
        if name in signals:
            raise SchemaError(expected="one column a channel", got=f"{name} twice")
        signals[name] = values * factor
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


def _time_column(names: list[str]) -> str | None:
    return next((name for name in names if name.lower() in TIME_COLUMNS), None)


def _word(value: Any) -> str:
    return "" if value is None or pd.isna(value) else label(value)
