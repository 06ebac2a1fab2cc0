"""The bodies of requests and answers: JSON, tables (Parquet, Arrow, CSV) and V2 tensors.

A request is read into rows (:class:`Asked`), and refused where nothing may be predicted from it:
what is missing, not finite, or cannot be right. Bodies come from anywhere: sizes are looked at
before values.
"""

import json
import math
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import ValidationError

from locomotion_analysis.budget import refuse_unpacked
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.derived import with_derived, with_hint
from locomotion_analysis.data.parquet import (
    csv_width,
    parse_csv,
    parts_from_table,
    read_plain_table,
)
from locomotion_analysis.data.unpacked import arrow_bytes, is_text, written_out
from locomotion_analysis.errors import (
    FileReadError,
    LocomotionWarning,
    SchemaError,
    UnpackedSizeError,
    listed,
)
from locomotion_analysis.production.bundle.manifest import ChannelRange
from locomotion_analysis.production.service.contract import (
    ARROW_FILE,
    CSV,
    INPUT,
    OCTETS,
    PARQUET,
    Cycle,
    Description,
    InferRequest,
    Job,
    PredictRequest,
    RefusedError,
    Reply,
    RequestInput,
    Served,
    output_metadata,
)
from locomotion_analysis.quality import CHECKS, diagnose
from locomotion_analysis.quality.validation import cycle_findings
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, canonical_name
from locomotion_analysis.standard.channels import is_channel

# What a request asks, once it is read and checked


SUBJECT = "subject"


@dataclass(frozen=True, eq=False)
class Asked:
    """Rows to predict.

    Attributes
    ----------
    rows : DataFrame or LocomotionData
        Features in the trained order, or cycles.
    warnings : list of str
        What the caller should know of them.
    history : list of str
        What was assumed, converted and left out on the way to the cycles; in `warnings`, too.
    quality : DataFrame or None
        Findings of the quality checks, with a column ``row``; None for features.
    tensors : object
        Of the V2 protocol: which outputs are wanted, and how.
    explain : bool
        Whether to tell what each answer hangs on.
    token : str
        Of the request alone.
    """

    rows: pd.DataFrame | LocomotionData
    warnings: list[str] = field(default_factory=list)
    quality: pd.DataFrame | None = None
    tensors: Any = None
    explain: bool = False
    token: str = ""
    history: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def alike(self) -> tuple[Any, ...]:
        """Requests in which this is equal can be predicted together without changing an answer.

        Which features cycles have depends on their channels, columns and tasks: only those that
        agree in all of them are put together.
        """
        if isinstance(self.rows, pd.DataFrame):
            return ("features", self.explain, self.rows.index.name)
        cycles = self.rows.cycles
        return (
            self.explain,
            self.rows.channels,
            tuple((name, str(dtype)) for name, dtype in cycles.dtypes.items()),
            tuple(sorted(cycles["task"].unique())),
        )


def together(several: list[Asked]) -> pd.DataFrame | LocomotionData:
    """Return the rows of requests that are alike, one after the other.

    Each request keeps its subjects to itself: features that compare the strides of a subject
    must not see another request's.
    """
    if len(several) == 1:
        return several[0].rows
    tables = [each.rows for each in several if isinstance(each.rows, pd.DataFrame)]
    if tables:
        return pd.concat(tables, ignore_index=tables[0].index.name is None)
    own = []
    for number, each in enumerate(several):
        if isinstance(each.rows, LocomotionData):
            names = f"{number} " + each.rows.cycles["dataset"].astype(str)
            cycles = each.rows.cycles.assign(dataset=names)
            own.append(LocomotionData(cycles, each.rows.block, each.rows.channels))
    return LocomotionData.concat(own)


# Which findings of the quality checks say that a curve cannot be right, not only unusual


MOST_WIDTHS = 8.0
"""How many times the width of the training people's range a curve may lie outside it.

People differ from those of the training by less than that; degrees in the place of radians (57),
newtons in the place of body weights or newton metres not divided by mass lie farther.
"""

LEAST_TURNED = 0.1
"""Widths outside the range before a sign is doubted: less is what one more patient may add."""

SHOWN = 20
_NEVER_RIGHT = ("GAIT002", "GAIT006", "GAIT007", "GAIT105")


def refuse_impossible(
    data: LocomotionData, found: pd.DataFrame, trained: Mapping[str, ChannelRange]
) -> None:
    """Raise for curves in another unit or with the other sign, and for what is never right.

    All else that a quality check finds, errors included, may be how a patient walks: it is no
    reason to refuse. Nor is what the training data had as well: a curve within their range.

    Parameters
    ----------
    data : LocomotionData
        Cycles of a request, finite where the model needs them.
    found : DataFrame
        Findings of the quality checks, with a column ``row``.
    trained : mapping of str to ChannelRange
        The range of each channel in the training.

    Raises
    ------
    RefusedError
        422 naming cycle and channel.
    """
    never = found[found["code"].isin(_NEVER_RIGHT)]
    places = [
        (int(row), str(name) or "the cycle", _said(code, value))
        for row, name, code, value in zip(
            *(never[each] for each in ("row", "channel", "code", "value")), strict=True
        )
    ]
    errors = found[found["severity"] == "error"]
    doubted = set(zip(errors["channel"], errors["row"], strict=True))
    for name in data.channels:
        if name not in trained:
            continue
        low, high, width = astuple(trained[name])
        curves = data.curves(name)
        off = np.nan_to_num(np.maximum(low - curves, curves - high).max(axis=1))
        far = (off > MOST_WIDTHS * width) & (width > 0)
        for row in np.flatnonzero(far):
            ends = f"{curves[row].min():.3g} to {curves[row].max():.3g}"
            told = f"{ends}, where the training had {low:.3g} to {high:.3g}: another unit?"
            places.append((int(row), name, told))
        near = np.flatnonzero((off > LEAST_TURNED * width) & ~far)
        turned = _turned_over(data, name, [row for row in near.tolist() if (name, row) in doubted])
        places += [(row, name, "the sign is the other way round") for row in turned]
    if places:
        details = [
            {"where": f"cycle {row}, {name}", "problem": told}
            for row, name, told in sorted(places)[:SHOWN]
        ]
        more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
        raise RefusedError(
            422,
            expected="curves and metadata that can be, in the units and signs of the training",
            got=details[0]["problem"] + more,
            where=details[0]["where"],
            fix="GET /v1/model lists units and signs; locomotion doctor finds what is otherwise",
            details=details,
        )


def _said(code: str, value: Any) -> str:
    """Return a finding in words."""
    return CHECKS[code].title + (f" ({value:.4g})" if np.isfinite(float(value)) else "")


def _turned_over(data: LocomotionData, name: str, rows: list[int]) -> list[int]:
    """Return the rows whose curve the convention doctor would turn over."""
    if not rows:
        return []
    cycles = data.cycles.iloc[rows]
    found = diagnose(data.take(rows)).only(kinds=["flip"], channels=[name])
    people = {(each.dataset, each.subject) for each in found.prescriptions}
    own = zip(cycles["dataset"].astype(str), cycles["subject"].astype(str), strict=True)
    return [row for row, who in zip(rows, own, strict=True) if who in people]


# What a request must hold before anything is predicted from it


T = TypeVar("T")
_LARGEST = float(np.finfo(np.float32).max)


def features_by_subject(
    table: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the features of a table, indexed by subject where it says whose row is whose.

    Parameters
    ----------
    table : DataFrame
        One row a cycle or trial.
    names : sequence of str
        Features of the model. Other columns, such as the target or the name of a trial, are left
        out.

    Returns
    -------
    features : DataFrame
    told : list of str
        What was left out, and whether people are known.
    """
    wanted = set(names)
    table = table.rename(columns=lambda name: name if name in wanted else canonical_name(str(name)))
    own = [name for name in table if name in wanted]
    others = [str(name) for name in table if name not in wanted and name != SUBJECT]
    told = [f"columns that the model does not use: {', '.join(others)}"] if others else []
    if SUBJECT in table:
        whose = pd.Index(table[SUBJECT].astype(str), name=SUBJECT)
        return table[own].set_axis(whose, axis=0), told
    if others:
        told.append("no column subject: answers are of rows, not of people")
    return table[own], told


def checked_features(frame: pd.DataFrame, served: Served) -> Asked:
    """Return features in the trained order; an index of subjects is kept.

    Raises
    ------
    RefusedError
        422 naming row and feature, for values that are infinite, or NaN where training had none.
    SchemaError
        If features are missing or unknown.
    """
    if not len(frame.columns):
        channels = served.channel_names
        raise SchemaError(
            expected=f"gait cycles with the {len(channels)} channels of the training, or their features"
            if channels
            else f"the {len(served.schema.names)} features of the training",
            got="a table without one of them",
            where="columns",
            fix="`locomotion bundle-inspect` and GET /v1/model list what the model needs",
        )
    values = frame.select_dtypes("number").to_numpy(np.float64)
    names = list(frame.select_dtypes("number").columns)
    allowed = np.isin(names, served.schema.with_gaps)
    # Models compute with single precision: what it cannot hold is infinite to them.
    wrong = (np.abs(values) > _LARGEST) | (np.isnan(values) & ~allowed)
    if wrong.any():
        places = [
            {"where": f"row {row}, feature {names[column]}", "problem": str(values[row, column])}
            for row, column in np.argwhere(wrong)[:SHOWN]
        ]
        raise _not_finite(places, int(wrong.sum()), "a finite number of every feature")
    ordered, told = _warned(lambda: served.schema.check(frame))
    rows = pd.DataFrame(ordered).reset_index(drop=True)
    return Asked(rows.set_axis(frame.index, axis=0) if frame.index.name == SUBJECT else rows, told)


def checked_cycles(data: LocomotionData, served: Served) -> Asked:
    """Return cycles that have what the model needs, with the findings of the quality checks.

    Channels that follow from others (:mod:`~locomotion_analysis.data.derived`) are derived, and the
    warnings say so.

    Raises
    ------
    RefusedError
        422 naming cycle and channel: a channel is not there, a value is NaN or infinite, or a
        curve cannot be right (another unit, the other sign). What is merely unusual is answered,
        and told as a finding.
    """
    data = with_derived(data, served.channel_names)
    missing = [name for name in served.channel_names if name not in data.channels]
    if missing:
        raise RefusedError(
            422,
            expected=f"the {len(served.channel_names)} channels of the training",
            got=f"{len(missing)} missing: {listed(missing)}",
            where="cycles",
            fix=with_hint(
                "`locomotion bundle-inspect` and GET /v1/model list them with units and signs",
                data,
                missing,
            ),
            details=[{"where": name, "problem": "missing"} for name in missing],
        )
    places: list[dict[str, str]] = []
    count = 0
    for name in served.channel_names:
        curves = data.curves(name)
        wrong = ~np.isfinite(curves)
        for cycle in np.flatnonzero(wrong.any(axis=1)):
            count += 1
            point = int(wrong[cycle].argmax())
            if len(places) < SHOWN:
                place = f"cycle {cycle}, channel {name}, at {PHASE_PERCENT[point]:.1f} %"
                places.append({"where": place, "problem": str(curves[cycle, point])})
    if places:
        raise _not_finite(places, count, "finite values in every channel the model needs")
    found, told = _warned(lambda: cycle_findings(data))
    refuse_impossible(data, found, served.trained_ranges)
    history = [str(entry) for entry in data.history]
    return Asked(data, told + history, found[found["severity"] != "info"], history=history)


def not_measured(data: LocomotionData, names: Sequence[str]) -> pd.DataFrame:
    """Return which of some channels were not fully measured, shape (n_cycles, n_channels).

    Channels that the data do not have are left out: that they are missing is told elsewhere.
    """
    there = [name for name in names if name in data.channels]
    return pd.DataFrame(
        {name: ~np.isfinite(data.curves(name)).all(axis=1) for name in there},
        index=range(len(data)),
    )


def _not_finite(places: list[dict[str, str]], count: int, expected: str) -> RefusedError:
    return RefusedError(
        422,
        expected=expected,
        got=places[0]["problem"] + (f" (and {count - 1} more)" if count > 1 else ""),
        where=places[0]["where"],
        fix="fill the gap where you know how, or leave the cycle out",
        details=places,
    )


def _warned(call: Callable[[], T]) -> tuple[T, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        result = call()
    ours = [each.message for each in caught if issubclass(each.category, LocomotionWarning)]
    return result, [str(each) for each in ours]


# Requests in JSON: named cycles or named features


def read_json(body: bytes, max_rows: int) -> pd.DataFrame | LocomotionData:
    """Read a request.

    Raises
    ------
    RefusedError
        400 where it is no JSON, 422 where something in it is wrong: it names cycle and channel.
    """
    try:
        asked = PredictRequest.model_validate_json(body)
    except ValidationError as error:
        raise refused(error) from None
    rows = asked.cycles if asked.features is None else asked.features
    refuse_many(len(rows or []), max_rows)
    if asked.features is not None:
        return _table(asked.features)
    return _cycles(asked.cycles or [])


def refuse_many(n_rows: int, max_rows: int) -> None:
    """Raise if there are more rows than one request may have."""
    if n_rows > max_rows:
        raise RefusedError(
            413,
            expected=f"at most {max_rows} rows in a request",
            got=f"{n_rows}",
            fix="send them in several requests",
        )


def refused(error: ValidationError) -> RefusedError:
    """Return what is wrong with a request, place by place."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return RefusedError(400, expected="JSON (UTF-8)", got=found[0]["msg"], where="body")
    details = [{"where": _place(each["loc"]), "problem": each["msg"]} for each in found[:20]]
    return RefusedError(
        422,
        expected="a request as /openapi.json describes it, with finite numbers",
        got=details[0]["problem"] + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""),
        where=details[0]["where"],
        details=details,
    )


def _place(loc: tuple[int | str, ...]) -> str:
    words = [str(part)[:100] for part in loc]
    if len(loc) > 1 and loc[0] == "cycles":
        rest = words[2:]
        if len(rest) > 1 and rest[0] == "curves":
            rest = [f"channel {rest[1]}", *(f"point {word}" for word in rest[2:3])]
        return ", ".join([f"cycle {words[1]}", *rest])
    if len(loc) > 1 and loc[0] == "features":
        return ", ".join([f"row {words[1]}", *(f"feature {word}" for word in words[2:3])])
    return ", ".join(words) or "body"


def _table(rows: list[dict[str, float | None]]) -> pd.DataFrame:
    names = list(rows[0])
    for number, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            raise RefusedError(
                422,
                expected="the same features in every row (null: not measured)",
                got=f"others: {', '.join(sorted(row.keys() ^ rows[0].keys())[:5])}",
                where=f"row {number}",
            )
    values = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    return pd.DataFrame(values.reshape(len(rows), len(names)), columns=names)


def _cycles(asked: list[Cycle]) -> LocomotionData:
    channels = list(asked[0].curves)
    rows = []
    for number, cycle in enumerate(asked):
        if cycle.curves.keys() != asked[0].curves.keys():
            raise RefusedError(
                422,
                expected="the same channels in every cycle",
                got=f"others: {', '.join(sorted(cycle.curves.keys() ^ set(channels))[:5])}",
                where=f"cycle {number}",
            )
        own = {
            "subject": cycle.subject,
            "task": cycle.task,
            "task_id": cycle.task_id or cycle.task,
            "step": number if cycle.step is None else cycle.step,
        }
        taken = sorted((own.keys() | {"dataset"}) & cycle.columns.keys())
        if taken:
            raise RefusedError(
                422,
                expected="other names than those of a cycle's key in columns",
                got=", ".join(taken),
                where=f"cycle {number}",
            )
        rows.append({"dataset": "request", **own, **cycle.columns})
    block = np.array([[cycle.curves[name] for cycle in asked] for name in channels])
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        return LocomotionData(pd.DataFrame(rows), block.astype(np.float32), channels)


# Answers as JSON


PROBABILITY = "p_"


def prediction_reply(
    asked: Asked, answers: pd.DataFrame, model: Description, request_id: str
) -> Reply:
    """Return the answer to ``POST /v1/predict``."""
    probable = probability_columns(answers)
    others = [str(name) for name in answers.columns if name not in probable]
    told = (answers[name].tolist() for name in others)
    rows: list[dict[str, Any]] = [
        dict(zip(others, row, strict=True)) for row in zip(*told, strict=True)
    ]
    if probable:
        classes = [str(each) for each in model.classes or ()]
        for row, each in zip(rows, answers[probable].to_numpy(np.float64), strict=True):
            row["probabilities"] = dict(zip(classes, each.tolist(), strict=True))
    for row in rows:
        if "contributions" in row:
            row["contributions"] = row.pop("contributions")  # the longest stands last
        if row.get("outside"):
            reason = row.get("reason") or ""
            row["warning"] = f"outside the training data: {reason}".rstrip(": ")
    if isinstance(asked.rows, LocomotionData) or asked.rows.index.name == SUBJECT:
        names = [str(name) for name in answers.index.names if name != "dataset"]
        keys = zip(*(answers.index.get_level_values(name).tolist() for name in names), strict=True)
        rows = [
            {**dict(zip(names, key, strict=True)), **row}
            for key, row in zip(keys, rows, strict=True)
        ]
    quality = []
    if asked.quality is not None:
        found = asked.quality
        for row, name, severity, code, value in zip(
            *(found[each] for each in ("row", "channel", "severity", "code", "value")), strict=True
        ):
            finding = {"cycle": row, "channel": name, "severity": severity}
            quality.append({**finding, "finding": f"{code}: {_said(code, value)}"})
    content = {
        "model": model.name,
        "version": model.version,
        "target": model.target,
        "unit": model.unit,
        "predictions": rows,
        "people": by_person(rows, model),
        "simulated": _is_simulated(asked, model),
        "warnings": asked.warnings,
        "history": asked.history,
        "quality": quality,
        "request_id": request_id,
    }
    return Reply(200, as_json(content), rows=len(rows))


def _is_simulated(asked: Asked, model: Description) -> bool:
    """Tell whether the model learned from simulated gait, or is asked of it."""
    trained = bool((model.told.get("training") or {}).get("simulated", False))
    return trained or (isinstance(asked.rows, LocomotionData) and asked.rows.is_simulated)


def by_person(rows: Sequence[Mapping[str, Any]], model: Description) -> list[dict[str, Any]]:
    """Return one answer a person: the majority vote of the cycles, or the mean of a quantity.

    Parameters
    ----------
    rows : sequence of mapping
        Answers of cycles, with their ``subject``; empty list where it is not known.
    model : Description
        Its classes; of equal votes the first class is called.

    Returns
    -------
    list of dict
        ``subject`` (and ``task``, where that is the target), ``cycles``, ``prediction``,
        ``outside`` (cycles out of distribution), ``imputed`` (features filled, the most in one
        cycle). Of classes: ``votes``, ``probabilities`` (mean over the cycles) and ``set``, the
        union of the cycles' prediction sets; of a quantity: ``low`` and ``high``, their
        outermost limits. The set of one cycle holds the truth as often as was promised, and a
        set that contains it no less often.
    """
    keys = ("subject", "task") if model.target == "task" else ("subject",)
    people: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if all(key in row for key in keys):
            people.setdefault(tuple(row[key] for key in keys), []).append(row)
    return [
        {**dict(zip(keys, person, strict=True)), "cycles": len(own), **_together_called(own, model)}
        for person, own in people.items()
    ]


def _together_called(own: list[Mapping[str, Any]], model: Description) -> dict[str, Any]:
    """Return what the cycles of one person say together."""
    given = [row["prediction"] for row in own]
    found: dict[str, Any]
    if model.classes is None:
        found = {"prediction": float(np.mean(given))}
        if "low" in own[0]:
            found["low"] = min(row["low"] for row in own)
            found["high"] = max(row["high"] for row in own)
    else:
        counts = {str(name): given.count(name) for name in model.classes}
        called = max(model.classes, key=lambda name: counts[str(name)])
        found = {"prediction": called, "votes": counts}
        if "probabilities" in own[0]:
            found["probabilities"] = {
                name: float(np.mean([row["probabilities"][name] for row in own])) for name in counts
            }
        if "set" in own[0]:
            held = {name for row in own for name in row["set"]}
            found["set"] = [name for name in model.classes if name in held]
    found["outside"] = sum(bool(row.get("outside")) for row in own)
    found["imputed"] = max(row.get("imputed", 0) for row in own)
    return found


def as_json(content: Any) -> bytes:
    """Return JSON in which what is not a finite number is null."""
    return json.dumps(plain(content), ensure_ascii=False, allow_nan=False).encode()


def plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return None if value is pd.NA or value is pd.NaT else str(value)


def probability_columns(answers: pd.DataFrame) -> list[str]:
    """Return the columns of an answer that are probabilities, in the order of the classes."""
    return [str(name) for name in answers.columns if str(name).startswith(PROBABILITY)]


# Requests as a file: Parquet, Arrow or CSV, with cycles or features


def read_table(
    body: bytes, media_type: str, max_rows: int, max_values: int
) -> pd.DataFrame | LocomotionData:
    """Read a file of cycles (it has channels) or of features.

    Raises
    ------
    RefusedError
        400 where the file is damaged, 413 where it holds more than is allowed. A small file can
        claim or unpack to any size: its counts are looked at before its values.
    SchemaError, CycleShapeError, DuplicateCycleError
        As :meth:`~locomotion_analysis.data.LocomotionData.from_parquet`.
    """
    try:
        table = _table_of(body, media_type, 8 * max_values)
        if not any(is_channel(canonical_name(name)) for name in table.column_names):
            refuse_many(len(table), max_rows)
            frame: pd.DataFrame = table.to_pandas()
            return frame
        long = any(canonical_name(name) == "phase_ipsi" for name in table.column_names)
        refuse_many(-(-len(table) // N_PHASES) if long else len(table), max_rows)
        parts = parts_from_table(table, "request")
        return LocomotionData(parts.cycles, parts.block, parts.channels, parts.history)
    except UnpackedSizeError as error:
        raise RefusedError(
            413,
            expected=f"a table of at most {max_values} values, 8 bytes each",
            got=error.got,
            where="body",
            fix="send it in several requests",
        ) from None


def _table_of(body: bytes, media_type: str, most: int) -> pa.Table:
    try:
        return _read(body, media_type, most)
    except (RefusedError, UnpackedSizeError):
        raise
    except FileReadError as error:
        raise RefusedError(
            400, expected=error.expected, got=error.got, where="body", fix=error.fix
        ) from None
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        told = f" ({str(error).splitlines()[0][:200]})" if str(error) else ""
        raise RefusedError(
            400,
            expected=f"a table as {media_type}",
            got=f"one that is cut off, damaged or of another kind{told}"
            if body
            else "an empty file",
            where="body",
            fix="copy or export the file again",
        ) from error


def _read(body: bytes, media_type: str, most: int) -> pa.Table:
    """Read a table that takes at most `most` bytes, told by its pages before one is unpacked."""
    if media_type == PARQUET:
        _refuse_wide(pq.read_schema(pa.BufferReader(body)))
        return read_plain_table(body, most, "body")
    if media_type == CSV:
        if (n_columns := csv_width(body)) > _MOST_COLUMNS:
            raise _too_wide(n_columns)
        return parse_csv(body)
    # A file is a stream between two marks, and a list of its batches that need not be true.
    stream = pa.py_buffer(body)
    if media_type == ARROW_FILE:
        if not body.startswith(_ARROW_MARK):
            raise _malformed("an Arrow file", "another beginning")
        stream = stream.slice(len(_ARROW_MARK))
    refuse_unpacked(arrow_bytes(stream), most, "body")
    with pa.ipc.open_stream(stream) as reader:
        schema = reader.schema
        _refuse_wide(schema)
        batches = list(reader)
        for batch in batches:
            batch.validate(full=True)
        table = pa.Table.from_batches(batches, schema)
    kinds = [each.value_type if pa.types.is_dictionary(each) else each for each in schema.types]
    return written_out(table, pa.schema(zip(schema.names, kinds, strict=True)), most, "body")


_ARROW_MARK = b"ARROW1\0\0"
_MOST_COLUMNS = 20_000


def _refuse_wide(schema: pa.Schema) -> None:
    """Raise for more columns than a model has inputs, or types that repeat what is stored once."""
    if len(schema) > _MOST_COLUMNS:
        raise _too_wide(len(schema))
    for name, stored in zip(schema.names, schema.types, strict=True):
        kind = stored
        if pa.types.is_dictionary(kind) or _is_list(kind):
            kind = kind.value_type
        if not (
            pa.types.is_primitive(kind)
            or pa.types.is_null(kind)
            or pa.types.is_decimal(kind)
            or is_text(kind)
        ):
            raise RefusedError(
                422,
                expected="columns of numbers, of text, or of lists of numbers",
                got=f"{stored}"[:200],
                where=f"column {name[:100]}",
                fix="write the column as one of these",
            )


def _too_wide(n_columns: int) -> RefusedError:
    return RefusedError(
        413,
        expected=f"a table of at most {_MOST_COLUMNS} columns",
        got=f"{n_columns}",
        where="body",
        fix="send the columns that GET /v1/model lists",
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


# Requests and answers of the Open Inference Protocol V2, with its binary tensor extension


DATATYPES = {"FP64": "<f8", "FP32": "<f4", "INT64": "<i8", "INT32": "<i4"}


@dataclass(frozen=True)
class Wanted:
    """Outputs to send, whether each is binary, and the request's own id."""

    outputs: dict[str, bool]
    id: str | None


def read_tensors(
    job: Job, model: Description, max_rows: int, max_values: int
) -> tuple[pd.DataFrame, Wanted]:
    """Read the features of a request.

    Raises
    ------
    RefusedError
        400 where the request is not as the protocol says, 413 where it is too large.
    """
    length = len(job.body) if job.header_bytes is None else job.header_bytes
    if not 0 <= length <= len(job.body):
        raise _malformed(f"a JSON part of at most {len(job.body)} bytes", f"{length}")
    try:
        asked = InferRequest.model_validate_json(job.body[:length])
    except ValidationError as error:
        found = refused(error)
        found.status = 400
        raise found from None
    tensor = asked.inputs[0]
    names = model.columns
    if tensor.name != INPUT or len(tensor.shape) != 2 or tensor.shape[1] != len(names):
        raise _malformed(
            f"one input {INPUT} of shape [-1, {len(names)}]",
            f"{tensor.name[:50]} of shape {tensor.shape}",
        )
    n_rows = tensor.shape[0]
    if n_rows < 1:
        raise _malformed("at least one row", f"{n_rows}")
    refuse_many(n_rows, max_rows)
    if math.prod(tensor.shape) > max_values:
        raise RefusedError(413, expected=f"at most {max_values} values", got=f"{tensor.shape}")
    values = _values(tensor, job.body[length:])
    wanted = Wanted(_outputs(asked, model), asked.id)
    return pd.DataFrame(values.reshape(tensor.shape), columns=list(names)), wanted


def _values(tensor: RequestInput, binary: bytes) -> NDArray[np.float64]:
    if tensor.datatype not in DATATYPES:
        raise _malformed(f"a datatype of {', '.join(DATATYPES)}", tensor.datatype)
    dtype = np.dtype(DATATYPES[tensor.datatype])
    n_values = math.prod(tensor.shape)
    if tensor.data is None:
        size = tensor.parameters.get("binary_data_size")
        if size != len(binary) or len(binary) != n_values * dtype.itemsize:
            raise _malformed(
                f"data, or {n_values * dtype.itemsize} bytes after the JSON",
                f"{len(binary)} bytes (binary_data_size {size!r})",
            )
        return np.frombuffer(binary, dtype).astype(np.float64)
    if binary:
        raise _malformed("either data or bytes after the JSON", "both")
    flat = tensor.data
    if any(isinstance(row, list) for row in flat):
        if not all(isinstance(row, list) for row in flat):
            raise _malformed("rows of numbers, or numbers", "both")
        flat = [value for row in flat for value in row]
    if len(flat) != n_values:
        raise _malformed(f"{n_values} values, as the shape says", f"{len(flat)}")
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in flat):
        raise _malformed("numbers", "something else", 422)
    if dtype.kind == "i":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        if not all(low <= each <= high and each == int(each) for each in flat):
            raise _malformed(f"whole numbers of {tensor.datatype}", "another one", 422)
    try:
        return np.array(flat, dtype=np.float64)
    except OverflowError:
        raise _malformed("finite numbers", "a number of hundreds of digits", 422) from None


def _outputs(asked: InferRequest, model: Description) -> dict[str, bool]:
    there = [output["name"] for output in output_metadata(model)]
    usual = asked.parameters.get("binary_data_output") is True
    if not asked.outputs:
        return dict.fromkeys(there, usual)
    unknown = [output.name[:50] for output in asked.outputs if output.name not in there]
    if unknown:
        raise _malformed(f"outputs among {', '.join(there)}", ", ".join(unknown[:5]))
    return {
        output.name: output.parameters.get("binary_data", usual) is True for output in asked.outputs
    }


def tensor_reply(answers: pd.DataFrame, model: Description, wanted: Wanted) -> Reply:
    """Return the answer to ``POST /v2/models/.../infer``."""
    outputs, binary = [], b""
    for described in output_metadata(model):
        name, datatype = described["name"], described["datatype"]
        if name not in wanted.outputs:
            continue
        if name == "probabilities":
            values = answers[probability_columns(answers)].to_numpy(np.float64)
        elif datatype == "BYTES":
            values = answers[name].astype(str).to_numpy(object)
        else:
            values = answers[name].to_numpy(np.float64 if datatype == "FP64" else np.bool_)
        output = {"name": name, "datatype": datatype, "shape": list(values.shape)}
        if wanted.outputs[name]:
            packed = values.tobytes()
            if datatype == "BYTES":
                texts = [text.encode() for text in values.ravel()]
                packed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
            output["parameters"] = {"binary_data_size": len(packed)}
            binary += packed
        else:
            output["data"] = values.ravel().tolist()
        outputs.append(output)
    content: dict[str, Any] = {
        "model_name": model.name,
        "model_version": model.version,
        "outputs": outputs,
    }
    if wanted.id is not None:
        content["id"] = wanted.id
    header = as_json(content)
    if not binary:
        return Reply(200, header, rows=len(answers))
    return Reply(200, header + binary, OCTETS, len(header), len(answers))


def _malformed(expected: str, got: str, status: int = 400) -> RefusedError:
    return RefusedError(status, expected=expected, got=got[:200], where="request")
