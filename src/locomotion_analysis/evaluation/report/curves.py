"""Mean curves of each class, with the spread between subjects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    PANEL_INCHES,
    axes_for,
    colour,
    curve_axes,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 12
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


def plot_class_curves(
    data: LocomotionData,
    labels: NDArray[Any],
    classes: Sequence[Any],
    channel: str,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw mean ± 1 SD between subjects of every class, and its mean measured toe-off.

    Parameters
    ----------
    data : LocomotionData
        Cycles to draw.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.
    classes : sequence
        Classes in the order of their colours.
    channel : str
        Channel to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``; angles in degrees.
    """
    ax = axes_for(ax, *PANEL_INCHES, data)
    factor = shown_unit(channel)[1]
    groups, curves = data.groups, data.curves(channel)
    toe_off = data.cycles.get("stance_percent")
    for position, name in enumerate(classes):
        chosen = labels == name
        if not chosen.any():
            continue
        drawn = class_curve(curves[chosen], groups[chosen], factor)
        low, high = drawn.mean - drawn.deviation, drawn.mean + drawn.deviation
        shade = colour(position)
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.15, linewidth=0)
        ax.plot(
            PHASE_PERCENT, drawn.mean, color=shade, linestyle=line_style(position), linewidth=1.6,
            label=f"{value_title(name)} (n = {drawn.n_subjects} subjects)",
        )  # fmt: skip
        if toe_off is not None and toe_off[chosen].notna().any():
            end_of_stance = float(toe_off[chosen].mean())
            ax.axvline(end_of_stance, color=shade, linewidth=0.8, linestyle=":")
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    curve_axes(ax, channel)
    return ax
