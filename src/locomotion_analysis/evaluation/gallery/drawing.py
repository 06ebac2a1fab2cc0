"""A cycle drawn over the bands of the class it is of and the class it was taken for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.report.curves import class_curve, main_channels
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, curve_axes, figure
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHANNELS = 3
_PANEL = (3.3, 2.2)


def plot_hard_cycle(
    data: LocomotionData,
    row: int,
    channel: str,
    labels: NDArray[Any],
    bands: Sequence[Any],
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw one cycle over mean ± 1 SD between subjects of classes, its own subject left out.

    Parameters
    ----------
    data : LocomotionData
        All cycles.
    row : int
        Position of the cycle.
    channel : str
        Channel to draw.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.
    bands : sequence
        Classes to draw as bands, the true one first; of cycles of the same task.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_PANEL, data)
    factor = shown_unit(channel)[1]
    curves, groups = data.curves(channel), data.groups
    tasks = data.cycles["task"].to_numpy()
    # Where the task is what is predicted, a band of the same task would be one class only.
    comparable = np.array(groups != groups[row])
    if not set(bands) <= set(tasks):
        comparable &= tasks == tasks[row]
    for position, name in enumerate(bands):
        chosen = comparable & (labels == name) & np.isfinite(curves).any(axis=1)
        if not chosen.any():
            continue
        band = class_curve(curves[chosen], groups[chosen], factor)
        low, high = band.mean - band.deviation, band.mean + band.deviation
        shade = PALETTE[position]
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.2, linewidth=0,
                        label=f"{value_title(name)} (mean ± SD)")  # fmt: skip
        ax.plot(PHASE_PERCENT, band.mean, color=shade, linewidth=0.9, linestyle="--")
    ax.plot(PHASE_PERCENT, curves[row] * factor, color=INK, linewidth=1.5, label="this cycle")
    curve_axes(ax, channel)
    return ax


def plot_gallery(
    data: LocomotionData,
    hardest: pd.DataFrame,
    labels: NDArray[Any],
    channels: Sequence[str] | None = None,
) -> "Figure":
    """Draw the hardest cycles, one row a cycle, one column a channel.

    Parameters
    ----------
    data : LocomotionData
        The cycles that were predicted.
    hardest : DataFrame
        From :func:`hardest_cycles`.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle; of a number, its third.
    channels : sequence of str, optional
        Default: the first three of the ipsilateral leg.

    Returns
    -------
    matplotlib.figure.Figure
        Its axes can be restyled.
    """
    channels = list(channels or main_channels(data, CHANNELS))
    width, height = _PANEL[0] * len(channels), _PANEL[1] * len(hardest) + 0.7
    with figure(width, height, data) as made:
        grid = made.subplots(len(hardest), len(channels), squeeze=False, sharex=True)
        for axes, cycle in zip(grid, hardest.to_dict("records"), strict=True):
            for ax, channel in zip(axes, channels, strict=True):
                plot_hard_cycle(
                    data, int(cycle["row"]), channel, labels, hard_cycle_bands(cycle, labels), ax
                )
            axes[0].set_title(
                f"{hard_cycle_title(cycle)}\n{axes[0].get_title(loc='left')}", loc="left"
            )
    return made


def hard_cycle_bands(cycle: dict[Any, Any], labels: NDArray[Any]) -> list[Any]:
    """Return the classes to draw a cycle over: the true one, and the one it was taken for."""
    known = set(labels)
    classes = [name for name in (cycle["y_true"], cycle["y_pred"]) if name in known]
    return classes or [labels[int(cycle["row"])]]


def hard_cycle_title(cycle: dict[Any, Any]) -> str:
    """Say whose cycle it is, and what it was taken for."""
    true, called = cycle["y_true"], cycle["y_pred"]
    if isinstance(true, float):
        return f"{cycle['subject']}: {true:.3g} predicted as {called:.3g}"
    return f"{cycle['subject']}: {value_title(true)} taken for {value_title(called)} (wrong by {cycle['wrongness']:.2f})"
