"""Columns of a table of gait cycles: which is what, under which standard name, of which type.

The channels become curves; the others describe a cycle and become one row of it, with the key
complete and packed strings (``age:30,sex:female``) taken apart.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from locomotion_analysis.budget import LEAST_BYTES
from locomotion_analysis.data.identity import (
    MISSING,
    NAMELESS,
    SEXES,
    SIDE_WORDS,
    People,
    one_name_a_person,
)
from locomotion_analysis.data.parts import HistoryEntry, with_truth_type
from locomotion_analysis.data.unpacked import is_text, written_out
from locomotion_analysis.errors import DuplicateCycleError, SchemaError
from locomotion_analysis.standard import (
    KEY,
    PHASE_COLUMN,
    TASKS,
    TIME_COLUMNS,
    Channel,
    canonical_name,
    field_units,
    is_channel,
)

_OTHER_PHASES = ("phase_contra", "phase_ipsi_dp", "phase_contra_dp", "phase_percent")
_PACKED = ("task_info", "subject_metadata")
_OF_THE_TASK = {"weight_kg": "load_kg", "height_m": "step_height_m"}
"""What a key of ``task_info`` means there: a load and a step, no measures of the body."""
_SUFFIXES = {
    "stroke": "stroke",
    "cva": "stroke",
    "pd": "parkinsons",
    "cp": "cerebral_palsy",
    "sci": "spinal_cord_injury",
    "ms": "multiple_sclerosis",
    "tfa": "transfemoral_amputation",
    "tta": "transtibial_amputation",
    "tka": "total_knee_arthroplasty",
    "tha": "total_hip_arthroplasty",
}
"""What LocoHub puts behind the task of people with a pathology -> that pathology."""
_TASK_ALIASES = {"walk_backward": "backward_walking"}
_REQUIRED = ("subject", "task", "step")
_ZERO_IN_FRONT = r"0\d"
"""How an identifier such as 007 begins, which as a number would lose its zeros."""
_NO_LABEL = MISSING - {"none"}
"""As a label, none may be a value: no walking aid."""


@dataclass(frozen=True)
class Columns:
    """The columns of one table, sorted by their part in the data model.

    Attributes
    ----------
    channels : dict of str to (str, float)
        Standard channel name -> (column in the table, factor into the standard unit).
    metadata : tuple of str
        Columns that describe a cycle.
    """

    channels: dict[str, tuple[str, float]]
    metadata: tuple[str, ...]


def standard_names(columns: Sequence[str]) -> tuple[list[str], list[HistoryEntry]]:
    """Return the standard names of columns, and say which were renamed.

    A column keeps its name where another already has the standard one.
    """
    present = set(columns)
    names, history = [], []
    for name in columns:
        standard = canonical_name(name)
        if standard != name and standard not in present:
            present.add(standard)
            history.append(HistoryEntry("renamed", f"column {name} -> {standard}"))
            names.append(standard)
        else:
            names.append(name)
    return names, history


def rename_aliases(table: pa.Table) -> tuple[pa.Table, list[HistoryEntry]]:
    """Give the columns of `table` their standard names, and say which were renamed."""
    names, history = standard_names(table.column_names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated)} more than once",
            fix="remove or rename the repeated columns",
        )
    return table.rename_columns(names), history


def sort_columns(table: pa.Table) -> tuple[Columns, list[HistoryEntry]]:
    """Sort the columns of a renamed table into channels and metadata."""
    channels: dict[str, tuple[str, float]] = {}
    metadata, history = [], []
    for column in table.column_names:
        if is_channel(column):
            channel, factor = Channel.parse(column).standard()
            standard = channel.name
            if standard in channels:
                raise SchemaError(
                    expected="one column a channel",
                    got=f"{channels[standard][0]} and {column}, both {standard}",
                    fix="remove one of them",
                )
            channels[standard] = (column, factor)
            if factor != 1.0:
                detail = f"{column} -> {standard}, factor {factor:.9g}"
                history.append(HistoryEntry("converted", detail))
        elif column in _OTHER_PHASES:
            history.append(HistoryEntry("dropped", f"column {column}: the grid is {PHASE_COLUMN}"))
        elif column != PHASE_COLUMN:
            metadata.append(column)
    return Columns(channels, tuple(metadata)), history


def refuse_time_indexed(table: pa.Table) -> None:
    """Raise for a recording over time that has not been cut into gait cycles."""
    if PHASE_COLUMN in table.column_names:
        return
    found = [name for name in table.column_names if name.lower() in TIME_COLUMNS]
    if found:
        raise SchemaError(
            expected=f"gait cycles on the phase grid (a column {PHASE_COLUMN})",
            got=f"a recording over time (column {found[0]})",
            fix="cut it into gait cycles first: "
            "`locomotion convert RECORDING --out cycles.parquet`",
        )
    sided = [
        name
        for name in table.column_names
        if not is_channel(name) and is_channel(re.sub("_(left|right)_", "_ipsi_", name))
    ]
    if sided:
        raise SchemaError(
            expected=f"a column {PHASE_COLUMN} (gait cycles), or time_s in seconds (a recording)",
            got=f"neither beside {sided[0]}",
            fix="name the column of times time_s and give it in seconds; then "
            "`locomotion convert RECORDING --out cycles.parquet`",
        )


_FEWEST_POINTS = 20
"""Points of a curve: fewer are no curve's."""


def cycle_scale(values: NDArray[np.float64]) -> float | None:
    """Return what a whole gait cycle is where numbers run through one after the other.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)

    Returns
    -------
    float or None
        100 for percent, 1 for fractions; None where the numbers do not rise from 0 to that, and
        from 0 again, at least twice.

    Examples
    --------
    >>> cycle_scale(np.tile(np.arange(101.0), 3))
    100.0
    """
    begins = np.flatnonzero(np.diff(values, prepend=np.inf) <= 0)
    ends = np.append(begins[1:], len(values)) - 1
    if len(begins) < 2 or (ends - begins + 1).min() < _FEWEST_POINTS:
        return None
    near = 5e-4
    return next(
        (
            whole
            for whole in (100.0, 1.0)
            if (np.abs(values[begins]) <= near * whole).all()
            and (np.abs(values[ends] - whole) <= near * whole).all()
        ),
        None,
    )


_SHOWN_TEXT = 80
_TEXT_BYTES = 1000
"""Most bytes of text a cell may have, on average of a large table."""


def float32_values(column: pa.ChunkedArray, name: str) -> NDArray[np.float32]:
    """Return a numeric column as float32, null as NaN; raise for text and codes for missing."""
    kind = column.type
    if pa.types.is_dictionary(kind) and is_text(kind.value_type):
        kind = kind.value_type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan, dtype=np.float32)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        got = f"{kind} values"
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            got = "numbers stored as text"
            for row, value in enumerate(column):
                text = value.as_py()
                if text is not None and not _is_number(text):
                    got = f"text {text[:_SHOWN_TEXT]!r} in row {row}"
                    break
        raise SchemaError(
            expected=f"numbers in channel {name}",
            got=got,
            where=f"column {name}",
            fix="correct or remove the value; write missing values as empty or NaN",
        )
    if column.null_count:
        column = pc.fill_null(column.cast(pa.float64()), np.nan)
    values: NDArray[np.float32] = column.to_numpy().astype(np.float32, copy=False)
    refuse_missing_codes(values, name)
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text  # Python's own float reads 1_000


def plain_text(table: pa.Table) -> pa.Table:
    """Decode dictionary columns and bytes, so that pandas gets text and not categories.

    Decimal numbers, which databases write, become floats.

    Raises
    ------
    SchemaError
        If bytes are no text in UTF-8.
    UnpackedSizeError
        If the text has far more bytes than names and notes have.
    """
    types = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    types = [pa.float64() if pa.types.is_decimal(kind) else kind for kind in types]
    names = table.column_names
    most = max(LEAST_BYTES, _TEXT_BYTES * len(table) * table.num_columns)
    schema = pa.schema(list(zip(names, types, strict=True)))
    plain = written_out(table, schema, most, "columns of text")
    for place, (name, kind) in enumerate(zip(names, types, strict=True)):
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            try:
                plain = plain.set_column(place, name, plain[name].cast(pa.string()))
            except pa.ArrowInvalid:
                raise _no_text(f"column {name}") from None
    return plain


def _no_text(where: str) -> SchemaError:
    return SchemaError(
        expected="text in UTF-8",
        got="bytes of another encoding",
        where=where,
        fix="write the text in UTF-8",
    )


def require_key_columns(names: list[str]) -> None:
    """Raise unless the columns that name a cycle are among `names`."""
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise SchemaError(
            expected=f"columns {', '.join(_REQUIRED)}, which together name a gait cycle",
            got=f"no column {', '.join(missing)} among {', '.join(names[:12])}"
            + (" ..." if len(names) > 12 else ""),
            fix="add the column, or rename yours to it",
        )


def tidy_cycles(
    cycles: pd.DataFrame, dataset: str, met: People | None = None, *, curves: bool = True
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Give columns their standard names, complete the key, check that it names a cycle once.

    Each person gets one name (:func:`~locomotion_analysis.data.identity.one_name_a_person`).

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle, with at least subject, task and step, under these names or aliases.
        Strings ``key:value,key:value`` are taken apart into columns.
    dataset : str
        Name of the dataset where the frame has no such column.
    met : People, optional
        Those of earlier parts of the same data.
    curves : bool
        Whether the cycles have curves; the columns of a table of features keep their units and
        words, as they are what is learned from.

    Returns
    -------
    DataFrame, list of HistoryEntry
        Key columns first, then the metadata, on a fresh RangeIndex.
    """
    cycles, history = _unpack_strings(cycles.reset_index(drop=True))
    names, renamed = standard_names([str(name) for name in cycles.columns])
    require_key_columns(names)
    cycles, history = cycles.set_axis(names, axis=1), history + renamed
    if "dataset" not in cycles:
        cycles = cycles.assign(dataset=dataset)
        history.append(HistoryEntry("assumed", f"dataset = {dataset!r} (no such column)"))
    if "task_id" not in cycles:
        cycles = cycles.assign(task_id=cycles["task"])
        history.append(HistoryEntry("assumed", "task_id = task (no such column)"))
    texts = {name: _as_text(cycles[name]) for name in ("dataset", "subject", "task", "task_id")}
    cycles, step = cycles.assign(**texts), cycles["step"]
    if pd.api.types.is_float_dtype(step) and bool(step.notna().all() and (step % 1 == 0).all()):
        cycles = cycles.assign(step=step.astype(np.int64))
    for name in cycles:
        if name not in KEY and is_numeric_dtype(cycles[name]):
            refuse_missing_codes(
                cycles[name].to_numpy(np.float64, na_value=np.nan), f"column {name}"
            )
    cycles, tidied = _tidy_labels(with_truth_type(cycles))
    cycles, plain = _plain_tasks(cycles)
    history += tidied + plain
    if curves:
        cycles, words = _plain_words(cycles)
        cycles, converted = _standard_quantities(cycles)
        history += words + converted
    for name in KEY:
        no_name = NAMELESS if name == "subject" else {""}
        blanks = [each for each in cycles[name].unique() if pd.isna(each) or _says(each, no_name)]
        if blanks:
            empty = cycles[name].isin(blanks)
            first = int(empty.to_numpy().argmax())
            told = cycles[name].iloc[first]
            says = f" (the first says {told!r})" if isinstance(told, str) and told.strip() else ""
            raise SchemaError(
                expected=f"a value of {name} for every cycle",
                got=f"{int(empty.sum())} cycle(s) without one{says}",
                where=f"column {name}, first at cycle {first}",
                fix="fill the column in, or remove those rows",
            )
    refuse_duplicates(cycles)
    cycles, named = one_name_a_person(cycles, met)
    rest = [name for name in cycles.columns if name not in KEY]
    return cycles[[*KEY, *rest]], history + named


_CODES = (-99999.0, -9999.0, -999.0, -99.0, 9999.0, 99999.0)
"""What programs write for a value that was not measured."""
_FAR = 5.0


def refuse_missing_codes(values: NDArray[Any], name: str) -> None:
    """Raise where a number that stands for a missing value lies among measured ones.

    Parameters
    ----------
    values : ndarray of float, any shape
        In the unit of the file; NaN where missing.
    name : str
        Of the column, for the message.

    Raises
    ------
    SchemaError
        If -99999, -9999, -999, -99, 9999 or 99999 is there, and at least five times as far from
        zero as any other value (-99 only where no other value is negative).

    Examples
    --------
    >>> refuse_missing_codes(np.array([61.0, -999.0, 58.5]), "knee_rom_deg")
    Traceback (most recent call last):
    ...
    locomotion_analysis.errors.SchemaError: expected measured values in knee_rom_deg, 58.5 to 61
      got: -999 (1 of 3)
      what to do: a code for a missing value? Leave those cells empty
    """
    if not values.size:
        return
    ends = (float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None)))
    code = next((end for end in ends if end in _CODES), None)
    if code is None:
        return
    known = values[np.isfinite(values)]
    others = known[known != code]
    if not others.size or np.abs(others).max() * _FAR > abs(code):
        return
    if code == -99.0 and others.min() < 0.0:
        return
    raise SchemaError(
        expected=f"measured values in {name}, {others.min():g} to {others.max():g}",
        got=f"{code:g} ({len(known) - len(others)} of {values.size})",
        fix="a code for a missing value? Leave those cells empty",
    )


def _plain_tasks(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Take a pathology out of the names of tasks (``level_walking_stroke``), into its column.

    A pathology that the cycles state already is kept, and so is the name of a task that somebody
    did both with and without it.
    """
    tasks, history, found = cycles["task"], [], {}
    for name in tasks.dropna().unique():
        base, _, suffix = str(name).rpartition("_")
        if name in _TASK_ALIASES:
            history.append(HistoryEntry("renamed", f"task {name} -> {_TASK_ALIASES[name]}"))
        elif base in TASKS and suffix in _SUFFIXES and not _share_people(cycles, str(name), base):
            found[name] = base, _SUFFIXES[suffix]
            detail = f"task {name} -> {base}, pathology {_SUFFIXES[suffix]}"
            history.append(HistoryEntry("unpacked", detail, int((tasks == name).sum())))
    if not history:
        return cycles, history
    plain = _TASK_ALIASES | {name: base for name, (base, _) in found.items()}
    cycles = cycles.assign(task=tasks.replace(plain))
    if found:
        said = tasks.map({name: pathology for name, (_, pathology) in found.items()})
        known = cycles.get("pathology", said)
        cycles = cycles.assign(pathology=known.fillna(said))
    return cycles, history


def _share_people(cycles: pd.DataFrame, *tasks: str) -> bool:
    """Return whether somebody did both of two tasks."""
    one, other = (set(cycles.loc[cycles["task"] == task, "subject"]) for task in tasks)
    return bool(one & other)


def _tidy_labels(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Take off the blanks around labels; outside the key, those that say there is none are missing.

    ``stroke`` and ``stroke `` would be two classes. A blank, ``NA`` or a dash is no class.
    """
    history, changed = [], {}
    for name in cycles.columns:
        values = cycles[name]
        if name == "subject" or not pd.api.types.is_string_dtype(values):
            continue
        # Only the distinct values are looked at: they are few.
        distinct = [each for each in values.unique() if isinstance(each, str)]
        blanks = [each for each in distinct if name not in KEY and _says(each, _NO_LABEL)]
        wide = {each: each.strip() for each in distinct if each != each.strip() != ""}
        wide = {each: bare for each, bare in wide.items() if each not in blanks}
        if blanks:
            blank = values.isin(blanks)
            values = changed[name] = values.mask(blank)
            detail = f"{name}: a blank, NA or dash is a missing label"
            history.append(HistoryEntry("read", detail, int(blank.sum())))
        if name not in KEY and (twice := _differ_by_case(distinct)):
            detail = f"{name}: {', '.join(twice)} differ by case alone and are labels of their own"
            history.append(HistoryEntry("doubtful", detail))
        if wide:
            found = values.isin(list(wide))
            changed[name] = values.replace(wide)
            detail = f"{name}: blanks around a label are none of it"
            history.append(HistoryEntry("read", detail, int(found.sum())))
    return cycles.assign(**changed) if changed else cycles, history


def _plain_words(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Write the ``F`` of a sex and the ``L`` of a side out, as in packed strings."""
    history, changed = [], {}
    for name, words in (("sex", SEXES), ("side", SIDE_WORDS)):
        values = cycles.get(name)
        if values is None:
            continue
        words = words | {word: word for word in words.values()}
        given = sorted({str(each) for each in values.dropna().unique()})
        odd = [each for each in given if each.lower() not in words]
        if odd and (name == "side" or is_numeric_dtype(values)):  # a sex may be another
            known = " nor ".join(sorted(set(words.values())))
            history.append(
                HistoryEntry("doubtful", f"{name}: {', '.join(odd[:6])}, neither {known}")
            )
        if not pd.api.types.is_string_dtype(values):
            continue
        told = {each: words.get(each.lower(), each) for each in map(str, values.dropna().unique())}
        if new := {each: word for each, word in told.items() if word != each}:
            said = ", ".join(f"{each} -> {word}" for each, word in sorted(new.items()))
            count = int(values.isin(list(new)).sum())
            history.append(HistoryEntry("renamed", f"{name}: {said}", count))
            changed[name] = values.replace(new)
    return cycles.assign(**changed) if changed else cycles, history


_STEMS = {
    "mass_kg": "mass|body_mass|weight|body_weight",
    "height_m": "height|body_height",
    "leg_length_m": "leg_length",
    "speed_m_s": "speed|walking_speed",
    "age": "age",
}


def standard_quantity(column: str) -> tuple[str, float] | None:
    """Return what a column measures of a person or a walk, and the factor from the unit it names.

    Examples
    --------
    >>> standard_quantity("height_cm"), standard_quantity("height")
    (('height_m', 0.01), None)
    """
    for name, stems in _STEMS.items():
        match = re.fullmatch(rf"(?:{stems})_(?P<unit>\w+)", column.lower())
        units = {word.lower(): factor for word, factor in field_units(name).items()}
        if match is not None and match["unit"] in units and column != name:
            return name, units[match["unit"]]
    return None


def _as_numbers(cycles: pd.DataFrame, name: str) -> tuple[pd.DataFrame, HistoryEntry]:
    """Turn a measure that is stored as text into numbers, or say that it is none."""
    text = cycles[name].str.strip()
    numbers = pd.to_numeric(
        text.str.replace(r"^(\d+),(\d+)$", r"\1.\2", regex=True), errors="coerce"
    )
    wrong = numbers.isna() & text.notna()
    if wrong.any():
        detail = f"{name}: text such as {text[wrong].iloc[0]!r} is no number, so no measure"
        return cycles, HistoryEntry("doubtful", detail, int(wrong.sum()))
    return cycles.assign(**{name: numbers}), HistoryEntry("converted", f"{name}: text to numbers")


def _standard_quantities(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Add the standard columns of those that name their unit (``weight_lbs``)."""
    history = []
    columns = [str(name) for name in cycles.columns]
    for name in [name for name in columns if name in _STEMS or standard_quantity(name)]:
        if pd.api.types.is_string_dtype(cycles[name]):
            cycles, entry = _as_numbers(cycles, name)
            history.append(entry)
    for column in map(str, cycles.columns):
        found = standard_quantity(column)
        if found is None or found[0] in cycles or not is_numeric_dtype(cycles[column]):
            continue
        name, factor = found
        values = (cycles[column] * factor).round(6)
        cycles = cycles.assign(**{name: values})
        history.append(HistoryEntry("converted", f"column {column} -> {name}, factor {factor:.6g}"))
    return cycles, history


def _differ_by_case(labels: Iterable[str]) -> list[str]:
    """Return the first spellings of labels that would be one but for their case."""
    spelled: dict[str, set[str]] = {}
    for each in labels:
        spelled.setdefault(each.strip().casefold(), set()).add(each.strip())
    return [word for words in spelled.values() if len(words) > 1 for word in sorted(words)][:6]


def _says(value: object, words: Collection[str]) -> bool:
    """Whether a value is one of some words, whatever its case and the blanks around it."""
    return isinstance(value, str) and value.strip().lower() in words


def numbered(columns: "Iterable[pd.Series[Any] | NDArray[Any]]") -> NDArray[np.int64]:
    """Return the number of each row's combination of values, in order of appearance.

    Parameters
    ----------
    columns : iterable of Series or ndarray, each of shape (n_rows,)
        At least one. A missing value is a value.

    Examples
    --------
    >>> numbered([pd.Series(["a", "b", "a"]), np.array([1, 1, 2])])
    array([0, 1, 2])
    """
    codes: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
    for column in columns:
        own, values = pd.factorize(column, use_na_sentinel=False)
        codes = pd.factorize(codes * len(values) + own)[0]
    return codes


def refuse_duplicates(cycles: pd.DataFrame) -> None:
    """Raise if two rows carry the same cycle key."""
    repeated = cycles.duplicated(list(KEY))
    if repeated.any():
        first = cycles.iloc[int(repeated.to_numpy().argmax())]
        raise DuplicateCycleError(
            expected="every gait cycle once",
            got=f"{int(repeated.sum())} cycle(s) whose key occurs twice",
            where=", ".join(f"{name}={first[name]}" for name in KEY),
            fix="number the steps of a subject and task differently, or remove the copies",
        )


def _as_text(values: "pd.Series[str]") -> "pd.Series[str]":
    if pd.api.types.is_string_dtype(values) and not isinstance(values.dtype, pd.CategoricalDtype):
        return values
    # Only the distinct values are turned to text: a subject column has few of them.
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    text = pd.Series([label(value) for value in distinct], dtype="str")
    return text.reindex(codes).set_axis(values.index)


def label(value: object) -> str:
    """Return a name as text; 7.0 is 7, since a column of numbers with a gap is stored as floats.

    Raises
    ------
    SchemaError
        If it is bytes that are no text in UTF-8.
    """
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise _no_text(f"name {value!r}") from None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _unpack_strings(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    history = []
    for name in _PACKED:
        if name not in cycles:
            continue
        codes, distinct = pd.factorize(cycles[name], use_na_sentinel=True)
        meaning = _OF_THE_TASK if name == "task_info" else {}
        unpacked = pd.DataFrame([_parse_packed(str(text), meaning) for text in distinct])
        per_cycle = unpacked.reindex(codes).set_axis(cycles.index)
        keys = [str(key) for key in per_cycle]
        if not keys and len(distinct):
            detail = (
                f"{name}: no pairs key:value in {str(distinct[0])[:_SHOWN_TEXT]!r}, left as it is"
            )
            history.append(HistoryEntry("doubtful", detail))
            continue
        new = [key for key in keys if key not in cycles]
        moved = [f"{old} as {own}" for old, own in meaning.items() if own in new]
        cycles = cycles.drop(columns=name).assign(**{key: _typed(per_cycle[key]) for key in new})
        kept = [key for key in keys if key not in new]
        detail = f"{name} -> columns {', '.join(new) or 'none'}"
        if moved:
            detail += f" ({', '.join(moved)} where it says so: of the task, not of the body)"
        if kept:
            detail += f" (already there and kept: {', '.join(kept)})"
        for key in kept:
            if differ := _n_apart(per_cycle[key], cycles[key]):
                text = f"{key} of {name}: another value than the column {key}, which is kept"
                history.append(HistoryEntry("dropped", text, differ))
        history.append(HistoryEntry("unpacked", detail))
    return cycles, history


def _n_apart(packed: "pd.Series[str]", column: "pd.Series[Any]") -> int:
    """Return in how many rows two columns say different things, numbers by their value."""
    one, other = packed.str.lower(), column.astype("str").str.lower()
    known = one.notna() & column.notna()
    a, b = (pd.to_numeric(each, errors="coerce").to_numpy(np.float64) for each in (one, other))
    same = (one == other) | np.isclose(a, b)
    return int((known & ~same).sum())


def _parse_packed(text: str, meaning: Mapping[str, str]) -> dict[str, str]:
    """Return the pairs of a packed string; sexes in standard words, keys by their meaning.

    A comma parts two pairs where a key follows: ``mass_kg:70,5`` is one. So do ``;`` and ``|``,
    and ``=`` stands for the colon; the braces and quotes of JSON are none of the text.
    """
    pairs = (_PAIR.split(part, 1) for part in _BETWEEN_PAIRS.split(text.strip(" {}")))
    bare = ([each.strip().strip("\"'") for each in pair] for pair in pairs)
    stripped = ((pair[0], pair[1]) for pair in bare if len(pair) == 2)
    return {
        meaning.get(key, f"task_{key}" if meaning and standard_quantity(key) else key): SEXES.get(
            value.lower(), value
        )
        if canonical_name(key) == "sex"
        else value
        for key, value in stripped
        if key
    }


_PAIR = re.compile(r"[:=]")
_BETWEEN_PAIRS = re.compile(r"[,;|](?=[^,;|:=]*[:=])")


def _typed(values: "pd.Series[str]") -> "pd.Series[float] | pd.Series[bool] | pd.Series[str]":
    known = values.dropna().str.lower()
    if known.isin(["true", "false"]).all():
        truth = known.eq("true").reindex(values.index)
        return truth if len(known) == len(values) else truth.astype("boolean")
    if known.str.match(_ZERO_IN_FRONT).any():
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.notna().equals(values.notna()) else values
