"""What a request must hold before anything is predicted from it."""

import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.production.service.refusal import RefusedError
from locomotion_analysis.production.service.served import Served
from locomotion_analysis.production.service.worker.asked import Asked
from locomotion_analysis.production.service.worker.impossible import refuse_impossible
from locomotion_analysis.quality import validate
from locomotion_analysis.standard import KEY, PHASE_PERCENT

_SHOWN = 20
T = TypeVar("T")


def checked_features(frame: pd.DataFrame, served: Served) -> Asked:
    """Return features in the trained order.

    Raises
    ------
    RefusedError
        422 naming row and feature, for values that are infinite, or NaN where training had none.
    SchemaError
        If features are missing or unknown.
    """
    values = frame.select_dtypes("number").to_numpy(np.float64)
    names = list(frame.select_dtypes("number").columns)
    allowed = np.isin(names, served.schema.with_gaps)
    wrong = np.isinf(values) | (np.isnan(values) & ~allowed)
    if wrong.any():
        places = [
            {"where": f"row {row}, feature {names[column]}", "problem": str(values[row, column])}
            for row, column in np.argwhere(wrong)[:_SHOWN]
        ]
        raise _not_finite(places, int(wrong.sum()), "a finite number of every feature")
    ordered, told = _warned(lambda: served.schema.check(frame))
    return Asked(pd.DataFrame(ordered).reset_index(drop=True), told)


def checked_cycles(data: LocomotionData, served: Served) -> Asked:
    """Return cycles that have what the model needs, with the findings of the quality checks.

    Raises
    ------
    RefusedError
        422 naming cycle and channel: a channel is not there, a value is NaN or infinite, or a
        curve cannot be right (another unit, the other sign). What is merely unusual is answered,
        and told as a finding.
    """
    missing = [name for name in served.channel_names if name not in data.channels]
    if missing:
        raise RefusedError(
            422,
            expected=f"the {len(served.channel_names)} channels of the training",
            got=f"{len(missing)} missing: {', '.join(missing[:5])}",
            where="cycles",
            fix="GET /v1/model lists them with units and signs",
            details=[{"where": name, "problem": "missing"} for name in missing],
        )
    _refuse_not_finite(data, served.channel_names)
    found, told = _warned(lambda: validate(data).findings)
    key = pd.MultiIndex.from_frame(data.cycles[list(KEY)].astype(str))
    found = found.assign(
        row=key.get_indexer(pd.MultiIndex.from_frame(found[list(KEY)].astype(str)))
    )
    refuse_impossible(data, found, served.trained_ranges)
    history = [str(entry) for entry in data.history]
    return Asked(data, told + history, found[found["severity"] != "info"])


def _refuse_not_finite(data: LocomotionData, needed: tuple[str, ...]) -> None:
    places: list[dict[str, str]] = []
    count = 0
    for name in needed:
        curves = data.curves(name)
        wrong = ~np.isfinite(curves)
        for cycle in np.flatnonzero(wrong.any(axis=1)):
            count += 1
            point = int(wrong[cycle].argmax())
            if len(places) < _SHOWN:
                place = f"cycle {cycle}, channel {name}, at {PHASE_PERCENT[point]:.1f} %"
                places.append({"where": place, "problem": str(curves[cycle, point])})
    if places:
        raise _not_finite(places, count, "finite values in every channel the model needs")


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
