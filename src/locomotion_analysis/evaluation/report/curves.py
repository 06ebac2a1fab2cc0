"""Mean curves of each class, with the spread between subjects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.report.labels import channel_title, shown_unit, value_title
from locomotion_analysis.evaluation.report.style import (
    INK,
    colour,
    figure,
    light_grid,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
_COLUMNS = 3
# One row a quantity, one column a joint: the order a gait laboratory prints its reports in.
_FIRST = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "hip_power",
    "knee_power",
    "ankle_power",
    "grf_vertical",
    "grf_anterior",
    "hip_adduction_angle",
)


_PANEL_INCHES = (3.4, 2.15)
_MARGINS_INCHES = (0.5, 0.85)
_QUANTITIES = {
    "angle": "Angle",
    "velocity": "Velocity",
    "acceleration": "Acceleration",
    "moment": "Moment",
    "power": "Power",
    "grf": "Force",
    "cop": "Position",
}


@dataclass(frozen=True, slots=True)
class ClassCurve:
    """Mean over subjects and standard deviation between them, each of shape (150,)."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    n_subjects: int


def main_channels(data: LocomotionData, most: int = MOST_PANELS) -> list[str]:
    """Return the measured channels worth showing first, at most `most`, in page order.

    Sagittal angles, moments, powers and ground forces of the ipsilateral leg come first,
    then whatever else of that leg and the trunk was measured, then the other leg.
    """
    measured = [name for name in data.channels if not np.isnan(data.curves(name)).all()]

    def rank(name: str) -> tuple[bool, int]:
        channel = Channel.parse(name)
        known = channel.quantity in _FIRST
        return channel.side == "contra", _FIRST.index(channel.quantity) if known else len(_FIRST)

    return sorted(measured, key=rank)[:most]


def class_curve(
    curves: NDArray[np.float32], subjects: NDArray[Any], factor: float = 1.0
) -> ClassCurve:
    """Average cycles within each subject first, then over the subjects.

    A subject with a hundred cycles so counts as much as one with three, and the spread is
    that between people, which is what a reader takes it for.

    Parameters
    ----------
    curves : ndarray, shape (n_cycles, 150)
        Curves of one class; NaN is left out.
    subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    factor : float
        Converts into the unit shown.
    """
    of_subject = pd.DataFrame(curves.astype(np.float64) * factor).groupby(subjects).mean()
    of_subject = of_subject.dropna(how="all")
    mean = of_subject.mean().to_numpy()
    deviation = of_subject.std(ddof=1).fillna(0.0).to_numpy()
    return ClassCurve(mean, deviation, len(of_subject))


def curves_figure(
    data: LocomotionData, labels: NDArray[Any], classes: Sequence[Any], channels: Sequence[str]
) -> "Figure":
    """Draw one panel a channel with mean ± 1 SD of every class.

    Parameters
    ----------
    data : LocomotionData
        Cycles to draw.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.
    classes : sequence
        Classes in the order of their colours.
    channels : sequence of str
        Channels, one panel each.
    """
    columns = min(_COLUMNS, len(channels))
    rows = -(-len(channels) // columns)
    width, height = _PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows + sum(_MARGINS_INCHES)
    # Placed by hand: the automatic layout would draw every figure twice to measure it.
    with figure(max(width, 6.6), height, simulated=data.is_simulated, layout=None) as made:
        made.subplots_adjust(**_margins(max(width, 6.6), height, columns))
        grid = made.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes, channel in zip(grid, channels, strict=False):
            _panel(axes, data, labels, classes, channel)
        for axes in grid[len(channels) :]:
            axes.set_axis_off()
        for axes in grid[max(0, len(channels) - columns) : len(channels)]:
            axes.set_xlabel("Gait cycle (%)")
            axes.tick_params(labelbottom=True)
        handles, names = grid[0].get_legend_handles_labels()
        made.legend(handles, names, loc="lower left", ncols=min(4, len(names)))
    return made


def _margins(width: float, height: float, columns: int) -> dict[str, float]:
    top, bottom = _MARGINS_INCHES
    panels = (height - top - bottom) / _PANEL_INCHES[1]
    return {
        "left": 0.6 / width,
        "right": (0.6 + columns * _PANEL_INCHES[0] - 0.7) / width if columns > 1 else 4.4 / width,
        "top": 1.0 - top / height,
        "bottom": bottom / height,
        "wspace": 0.28,
        "hspace": 0.32 if panels > 1 else 0.0,
    }


def _panel(
    axes: "Axes", data: LocomotionData, labels: NDArray[Any], classes: Sequence[Any], channel: str
) -> None:
    unit, factor = shown_unit(channel)
    groups, curves, toe_off = data.groups, data.curves(channel), _measured_toe_off(data)
    for position, name in enumerate(classes):
        chosen = labels == name
        if not chosen.any():
            continue
        drawn = class_curve(curves[chosen], groups[chosen], factor)
        _draw(axes, drawn, position, value_title(name))
        if toe_off is not None and np.isfinite(toe_off[chosen]).any():
            end_of_stance = float(np.nanmean(toe_off[chosen]))
            axes.axvline(end_of_stance, color=colour(position), linewidth=0.8, linestyle=":")
    axes.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    axes.set_title(channel_title(channel))
    axes.set_ylabel(f"{_QUANTITIES[Channel.parse(channel).measurement]} ({unit})")
    axes.set_xlim(0, 100)
    axes.set_xticks(range(0, 101, 20))
    light_grid(axes)


def _measured_toe_off(data: LocomotionData) -> NDArray[np.float64] | None:
    cycles = data.cycles
    return cycles["stance_percent"].to_numpy(float) if "stance_percent" in cycles else None


def _draw(axes: "Axes", drawn: ClassCurve, position: int, title: str) -> None:
    low, high = drawn.mean - drawn.deviation, drawn.mean + drawn.deviation
    shade = colour(position)
    axes.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.15, linewidth=0)
    axes.plot(
        PHASE_PERCENT,
        drawn.mean,
        color=shade,
        linestyle=line_style(position),
        linewidth=1.6,
        label=f"{title} (n = {drawn.n_subjects} subjects)",
    )
