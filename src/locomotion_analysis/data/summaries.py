"""What is in a dataset, as a table and as text."""

import html

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.standard import TASKS

_NUMERIC = ("age", "height_m", "mass_kg", "speed_m_s", "cycle_duration_s")


def summarise(cycles: pd.DataFrame) -> pd.DataFrame:
    """Return one row a dataset, task and pathology (where known)."""
    by = [name for name in ("dataset", "task", "pathology") if name in cycles]
    groups = cycles.groupby(by, sort=False, dropna=False, observed=True)
    table = pd.DataFrame({"subjects": groups["subject"].nunique(), "cycles": groups.size()})
    table["cycles_per_subject"] = table["cycles"] / table["subjects"]
    for name in _NUMERIC:
        if name in cycles and pd.api.types.is_numeric_dtype(cycles[name]):
            table[f"mean_{name}"] = groups[name].mean()
    return table.reset_index()


def missing_percent(block: NDArray[np.float32], channels: tuple[str, ...]) -> "pd.Series[float]":
    """Return the percent of cycles in which each channel was not (fully) measured."""
    gaps = [np.count_nonzero(np.isnan(curves).any(axis=1)) for curves in block]
    shares = 100.0 * np.array(gaps) / (block.shape[1] or np.nan)
    return pd.Series(shares, index=list(channels), name="missing_percent", dtype=np.float64)


def headline(cycles: pd.DataFrame, n_channels: int, *, simulated: bool) -> str:
    """Return one line: how many cycles, subjects, tasks and channels."""
    subjects = cycles[["dataset", "subject"]].drop_duplicates().shape[0]
    tasks = cycles["task"].nunique()
    text = (
        f"{len(cycles):,} gait cycles, {subjects:,} subjects, "
        f"{tasks} task{'s' if tasks != 1 else ''}, {n_channels} channels"
    )
    return text + (" — simulated" if simulated else "")


def as_text(cycles: pd.DataFrame, channels: tuple[str, ...], *, simulated: bool) -> str:
    """Return the repr of a dataset."""
    tasks = cycles["task"].value_counts()
    lines = [f"LocomotionData: {headline(cycles, len(channels), simulated=simulated)}"]
    lines.append("  tasks: " + ", ".join(f"{name} {count:,}" for name, count in tasks.items()))
    if "pathology" in cycles:
        counts = cycles["pathology"].value_counts(dropna=False)
        lines.append("  pathology: " + ", ".join(f"{k} {v:,}" for k, v in counts.items()))
    lines.append("  channels: " + _shortened(channels))
    return "\n".join(lines)


def as_html(cycles: pd.DataFrame, channels: tuple[str, ...], *, simulated: bool) -> str:
    """Return the notebook view of a dataset."""
    table = summarise(cycles)
    table["task"] = table["task"].map(lambda name: TASKS.get(name, name))
    title = html.escape(headline(cycles, len(channels), simulated=simulated))
    names = html.escape(", ".join(channels))
    return (
        f"<div><strong>LocomotionData</strong>: {title}"
        f"{table.to_html(index=False, float_format='{:.3g}'.format)}"
        f"<details><summary>{len(channels)} channels</summary>{names}</details></div>"
    )


def _shortened(names: tuple[str, ...], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f", ... and {rest} more" if rest > 0 else "")
