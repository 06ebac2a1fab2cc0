"""How many subjects, trials and cycles stand behind each value, and behind each channel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import Channel

_BY = ("dataset", "task", "pathology", "side")
_PERSON = ["dataset", "subject"]
_TRIAL = ["dataset", "subject", "task", "task_id"]


@dataclass(frozen=True)
class Description:
    """What a dataset holds (see :func:`describe`).

    Attributes
    ----------
    counts : DataFrame
        One row a column and value: ``column``, ``value`` (missing where not known),
        ``subjects``, ``trials`` (a task_id of a subject and task), ``cycles`` (each cycle is one
        stride of the ipsilateral leg) and ``cycles_percent``.
    channels : DataFrame
        One row a channel: ``channel``, ``unit``, the percent of cycles in which it was measured
        throughout, in part and not at all (``measured_percent``, ``partly_percent``,
        ``absent_percent``), and ``subjects`` with at least one cycle measured throughout.
    """

    counts: pd.DataFrame
    channels: pd.DataFrame


def describe(data: LocomotionData, by: Sequence[str] = _BY) -> Description:
    """Count subjects, trials and cycles by value, and how much of each channel was measured.

    :meth:`LocomotionData.summary` crosses dataset, task and pathology; this looks at one column
    at a time, so that its rows stay few.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    by : sequence of str
        Columns of ``data.cycles``. Those of the default that the data do not have are left out.

    Returns
    -------
    Description

    Raises
    ------
    SchemaError
        If a column asked for is not in the data.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking", "stair_ascent"])
    >>> describe(data, by=["task"]).counts[["value", "subjects", "cycles"]].values.tolist()
    [['level_walking', 3, 6], ['stair_ascent', 3, 6]]
    """
    cycles = data.cycles
    asked = [name for name in by if name in cycles] if by is _BY else list(by)
    _require_columns(cycles, asked)
    codes = pd.DataFrame({"person": _codes(cycles, _PERSON), "trial": _codes(cycles, _TRIAL)})
    counts = [_counts_of(cycles[name], codes) for name in asked]
    return Description(pd.concat(counts, ignore_index=True), _channels(data, codes["person"]))


def _require_columns(cycles: pd.DataFrame, names: list[str]) -> None:
    absent = [name for name in names if name not in cycles]
    if absent or not names:
        raise SchemaError(
            expected=f"columns of cycles ({', '.join(cycles.columns)})",
            got=", ".join(map(repr, absent)) or "no column at all",
            where="describe",
        )


def _codes(cycles: pd.DataFrame, names: list[str]) -> NDArray[np.intp]:
    return np.asarray(cycles.groupby(names, sort=False).ngroup(), dtype=np.intp)


def _counts_of(values: "pd.Series[str]", codes: pd.DataFrame) -> pd.DataFrame:
    groups = codes.groupby(values, sort=False, dropna=False, observed=True)
    table = pd.DataFrame(
        {
            "subjects": groups["person"].nunique(),
            "trials": groups["trial"].nunique(),
            "cycles": groups.size(),
        }
    )
    table["cycles_percent"] = 100.0 * table["cycles"] / len(values)
    table = table.sort_values("cycles", ascending=False, kind="stable")
    table = table.rename_axis("value").reset_index()
    table["value"] = table["value"].astype(object)
    table.insert(0, "column", str(values.name))
    return table


def _channels(data: LocomotionData, person: "pd.Series[int]") -> pd.DataFrame:
    rows = []
    for name, curves in zip(data.channels, data.block, strict=True):
        known = np.isfinite(curves)
        whole, some = known.all(axis=1), known.any(axis=1)
        counts = np.array([whole.sum(), (some & ~whole).sum(), (~some).sum()])
        shares = counts / (len(data) or np.nan)
        subjects = int(person[whole].nunique())
        rows.append((name, Channel.parse(name).unit, *(100.0 * s for s in shares), subjects))
    percents = ["measured_percent", "partly_percent", "absent_percent"]
    return pd.DataFrame(rows, columns=["channel", "unit", *percents, "subjects"])
