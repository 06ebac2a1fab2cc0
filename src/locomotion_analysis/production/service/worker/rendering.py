"""Answers as JSON."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.jobs import Reply
from locomotion_analysis.production.service.served import Description
from locomotion_analysis.production.service.worker.asked import Asked
from locomotion_analysis.quality import CHECKS

PROBABILITY = "p_"


def prediction_reply(
    asked: Asked, answers: pd.DataFrame, model: Description, request_id: str
) -> Reply:
    """Return the answer to ``POST /v1/predict``."""
    rows = _rows(answers, model)
    if isinstance(asked.rows, LocomotionData):
        names = [str(name) for name in answers.index.names if name != "dataset"]
        keys = answers.index.to_frame(index=False)[names].itertuples(index=False, name=None)
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
            told = CHECKS[code].title + (f" ({value:.4g})" if np.isfinite(float(value)) else "")
            finding = {"cycle": row, "channel": name, "severity": severity}
            quality.append({**finding, "finding": f"{code}: {told}"})
    content = {
        "model": model.name,
        "version": model.version,
        "target": model.target,
        "unit": model.unit,
        "predictions": rows,
        "warnings": asked.warnings,
        "quality": quality,
        "request_id": request_id,
    }
    return Reply(200, as_json(content), rows=len(rows))


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


def _rows(answers: pd.DataFrame, model: Description) -> list[dict[str, Any]]:
    probable = probability_columns(answers)
    others = [str(name) for name in answers.columns if name not in probable]
    classes = model.classes or ()
    rows = answers[others].to_dict("records")
    if probable:
        values = answers[probable].to_numpy(np.float64)
        for row, each in zip(rows, values, strict=True):
            row["probabilities"] = dict(zip(map(str, classes), each.tolist(), strict=True))
    if "contributions" in others:
        for row in rows:
            row["contributions"] = row.pop("contributions")  # the longest stands last
    for row in rows:
        if row.get("outside"):
            reason = row.get("reason") or ""
            row["warning"] = f"outside the training data: {reason}".rstrip(": ")
    return [{str(key): value for key, value in row.items()} for row in rows]
