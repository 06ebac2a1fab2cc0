"""Group clinical: how far each curve is from the published norm of its task and speed."""

from collections.abc import Iterator
from functools import cache, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.deviation import mean_square_z
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import TASKS, Channel
from locomotion_analysis.standard.normative import NOT_CYCLIC, conditions, shift
from locomotion_analysis.standard.ranges import SD_FLOOR

_SOURCE = (
    "norm: locomotion_analysis.standard.normative_curves; SD of at least 3 deg, 0.04 Nm/kg, "
    "0.1 W/kg, 0.02 BW (Pinzone et al. 2014, Gait Posture 40:286)"
)


def norm_deviation_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield ``<channel>_norm_rmse_z`` of every channel that has published curves.

    About 1 for the healthy; the norm is that of the cycle's task, linear in its speed (slope on
    ramps). Without a speed the spread over the tabulated speeds is part of the norm.
    """
    known = [name for name in schema.channels if np.isfinite(norm_table(name)[0]).any()]
    if not known:
        yield LeftOut("deviation from the norm", "no channel has published normative curves")
        return
    specs = tuple(_spec(name) for name in known)
    yield Family(specs, partial(_deviations, channels=tuple(known)))


def _spec(channel: str) -> FeatureSpec:
    return FeatureSpec(
        name=f"{channel}_norm_rmse_z",
        group="clinical",
        unit="1",
        formula="sqrt(mean over the cycle of ((x - norm mean) / norm SD)^2), at the cycle's task "
        "and speed (slope on ramps)",
        source=_SOURCE,
        requires=(channel, "speed_m_s", "incline_deg"),
    )


def _deviations(view: CycleView, channels: tuple[str, ...]) -> Iterator[Values]:
    place, share = norm_rows(view)
    mean, variance = _norm_tables(channels)
    rows = np.array([view.data.channels.index(name) for name in channels])
    yield from np.sqrt(mean_square_z(view.data.block, rows, place, share, mean, variance))


@lru_cache(maxsize=4)
def _norm_tables(channels: tuple[str, ...]) -> tuple[Values, Values]:
    """Stack mean and variance of some channels, (n_channels, n_rows, 150)."""
    means, variances = zip(*(norm_table(name) for name in channels), strict=True)
    return np.stack(means), np.stack(variances)


@cache
def _nodes(task: str) -> tuple[NDArray[np.intp], Values, str]:
    """Return a task's conditions in order, their speed or slope, and which of the two it is."""
    _, _, _, speed, incline = conditions(task)
    on_speed = len(set(incline.tolist())) == 1
    along = speed if on_speed else incline
    order = np.argsort(along)
    return order, along[order], "speed_m_s" if on_speed else "incline_deg"


@cache
def _first_rows() -> dict[str, int]:
    """Return each task's first row; its last is the norm without speed or slope."""
    sizes = [len(_nodes(task)[1]) + 1 for task in TASKS]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return {task: int(start) for task, start in zip(TASKS, starts, strict=True)}


def norm_rows(view: CycleView) -> tuple[NDArray[np.int64], Values]:
    """Return each cycle's row of the norm tables, and its share of the row after it.

    Returns
    -------
    row : ndarray of int64, shape (n_cycles,)
        -1 for a task without norm.
    share : ndarray, shape (n_cycles,)
    """
    task = view.cycles["task"].to_numpy(dtype=object)
    row, share = np.full(len(view), -1, dtype=np.int64), np.zeros(len(view))
    for name, start in _first_rows().items():
        own = task == name
        if not own.any():
            continue
        _, nodes, column = _nodes(name)
        at = view.column(column)[own]
        known = np.isfinite(at) & np.isfinite(nodes).all()
        position = np.interp(np.where(known, at, 0.0), nodes, np.arange(len(nodes)))
        below = np.minimum(position.astype(np.int64), len(nodes) - 1)
        row[own] = start + np.where(known, below, len(nodes))
        share[own] = np.where(known, position - below, 0.0)
    return row, share


@cache
def norm_table(channel: str) -> tuple[Values, Values]:
    """Return mean and variance of a channel for all tasks' conditions.

    Returns
    -------
    mean, variance : ndarray, shape (n_rows, 150)
        NaN for tasks in which the channel has no norm (for most channels: all).
    """
    parsed = Channel.parse(channel)
    tables = [_task_table(task, parsed) for task in TASKS]
    mean = np.concatenate([table[0] for table in tables])
    variance = np.concatenate([table[1] for table in tables])
    return mean, variance


def _task_table(task: str, channel: Channel) -> tuple[Values, Values]:
    names, mean, sd, _, _ = conditions(task)
    order, nodes, _ = _nodes(task)
    other = channel.opposite()
    name = other.name if channel.side == "contra" and other is not None else channel.name
    if name not in names:
        nothing = np.full((len(nodes) + 1, mean.shape[-1]), np.nan)
        return nothing, nothing
    lag = 50.0 if channel.side == "contra" and task not in NOT_CYCLIC else 0.0
    curves = shift(mean[order, names.index(name)], lag)
    spread = shift(sd[order, names.index(name)], lag)
    variance = np.maximum(spread, SD_FLOOR[channel.measurement]) ** 2
    centre = curves.mean(axis=0, keepdims=True)
    overall = variance.mean(axis=0, keepdims=True) + curves.var(axis=0, keepdims=True)
    return np.concatenate([curves, centre]), np.concatenate([variance, overall])
