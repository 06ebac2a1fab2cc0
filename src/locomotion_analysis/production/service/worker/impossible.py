"""Which findings of the quality checks say that a curve cannot be right, not only unusual."""

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.refusal import RefusedError
from locomotion_analysis.production.service.served import Ranges
from locomotion_analysis.quality import diagnose

MOST_WIDTHS = 8.0
"""How many times the width of the training people's range a curve may lie outside it.

People differ from those of the training by less than that; degrees in the place of radians (57),
newtons in the place of body weights or newton metres not divided by mass lie farther.
"""

LEAST_TURNED = 0.1
"""Widths outside the range before a sign is doubted: less is what one more patient may add."""

SHOWN = 20
_NEVER_RIGHT = ("GAIT002", "GAIT006", "GAIT007")


def refuse_impossible(data: LocomotionData, found: pd.DataFrame, trained: Ranges) -> None:
    """Raise for curves in another unit or with the other sign, and for what is never right.

    All else that a quality check finds, errors included, may be how a patient walks: it is no
    reason to refuse. Nor is what the training data had as well: a curve within their range.

    Parameters
    ----------
    data : LocomotionData
        Cycles of a request, finite where the model needs them.
    found : DataFrame
        Findings of the quality checks, with a column ``row``.
    trained : mapping of str to TrainedRange
        The range of each channel in the training.

    Raises
    ------
    RefusedError
        422 naming cycle and channel.
    """
    never = found[found["code"].isin(_NEVER_RIGHT)]
    places = [
        (int(row), str(name) or "the cycle", str(code))
        for row, name, code in zip(never["row"], never["channel"], never["code"], strict=True)
    ]
    errors = found[found["severity"] == "error"]
    for name in data.channels:
        if name not in trained:
            continue
        low, high, width = trained[name]
        curves = data.curves(name)
        off = np.nan_to_num(np.maximum(low - curves, curves - high).max(axis=1))
        far = (off > MOST_WIDTHS * width) & (width > 0)
        for row in np.flatnonzero(far):
            ends = f"{curves[row].min():.3g} to {curves[row].max():.3g}"
            told = f"{ends}, where the training had {low:.3g} to {high:.3g}: another unit?"
            places.append((int(row), name, told))
        doubted = np.zeros(len(data), dtype=bool)
        doubted[errors.loc[errors["channel"] == name, "row"]] = True
        turned = _turned_over(
            data, name, np.flatnonzero(doubted & (off > LEAST_TURNED * width) & ~far)
        )
        places += [(row, name, "the sign is the other way round") for row in turned]
    if places:
        details = [
            {"where": f"cycle {row}, {name}", "problem": told}
            for row, name, told in sorted(places)[:SHOWN]
        ]
        more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
        raise RefusedError(
            422,
            expected="curves in the units and with the signs of the training",
            got=details[0]["problem"] + more,
            where=details[0]["where"],
            fix="GET /v1/model lists units and signs; locomotion doctor finds what is otherwise",
            details=details,
        )


def _turned_over(data: LocomotionData, name: str, rows: np.ndarray) -> list[int]:
    """Return the rows whose curve the convention doctor would turn over."""
    if not len(rows):
        return []
    cycles = data.cycles.iloc[rows]
    found = diagnose(data.take(rows)).only(kinds=["flip"], channels=[name])
    people = {(each.dataset, each.subject) for each in found.prescriptions}
    own = zip(cycles["dataset"].astype(str), cycles["subject"].astype(str), strict=True)
    return [int(row) for row, who in zip(rows, own, strict=True) if who in people]
