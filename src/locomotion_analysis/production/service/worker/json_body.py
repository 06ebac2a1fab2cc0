"""Requests in JSON: named cycles or named features."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.predict_request import Cycle, PredictRequest
from locomotion_analysis.production.service.refusal import RefusedError


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
    for number, cycle in enumerate(asked):
        if cycle.curves.keys() != asked[0].curves.keys():
            raise RefusedError(
                422,
                expected="the same channels in every cycle",
                got=f"others: {', '.join(sorted(cycle.curves.keys() ^ set(channels))[:5])}",
                where=f"cycle {number}",
            )
    frame = pd.DataFrame([_described(cycle, number) for number, cycle in enumerate(asked)])
    block = np.array([[cycle.curves[name] for cycle in asked] for name in channels])
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        return LocomotionData(frame, block.astype(np.float32), channels)


def _described(cycle: Cycle, number: int) -> dict[str, Any]:
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
    return {"dataset": "request", **own, **cycle.columns}
