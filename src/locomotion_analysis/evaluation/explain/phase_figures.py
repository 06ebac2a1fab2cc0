"""Figures of what a sequence model looks at, drawn on the gait cycle."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.sequences import ALL_CHANNELS, PhaseImportance
from locomotion_analysis.evaluation.report.curves import class_curve
from locomotion_analysis.reporting.names import channel_title, shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    axes_for,
    colour,
    curve_axes,
    gait_cycle_axis,
)
from locomotion_analysis.standard import PHASE_PERCENT, is_channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHADE = "#6b4fa0"


def plot_phase_importance(
    found: PhaseImportance,
    channel: str = ALL_CHANNELS,
    *,
    toe_off: float | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the importance of each window of the gait cycle with its interval.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    channel : str
        A channel, or ``"all channels"``: the window taken from all of them at once.
    toe_off : float, optional
        End of stance, % of the cycle, drawn as a dotted line.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.
    """
    axes = axes_for(axes, 4.8, 2.8, found.importance)
    curve = found.curve(channel)
    edges = np.append(curve["start"], curve["end"].iloc[-1])
    axes.stairs(curve["importance"], edges, color=PALETTE[0], linewidth=2.0, baseline=None)
    low, high = (np.append(curve[end], curve[end].iloc[-1]) for end in ("low", "high"))
    axes.fill_between(edges, low, high, step="post", color=PALETTE[0], alpha=0.2, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    draw_toe_off(axes, toe_off)
    axes.set_title(title_of(channel))
    axes.set_ylabel(found.importance.effect)
    gait_cycle_axis(axes)
    return axes


def plot_phase_importance_on_curves(
    found: PhaseImportance,
    data: LocomotionData,
    labels: NDArray[Any],
    channel: str,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the classes' mean curves of a channel on the gait cycle, shaded where it matters.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    data : LocomotionData
        The cycles.
    labels : ndarray, shape (n_cycles,)
        Class of each.
    channel : str
        A channel of both.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. The shade is the window's importance; windows
        whose interval includes zero are left white. The dotted line is the mean toe-off, where
        it was measured.
    """
    if channel not in data.channels:
        raise SchemaError(
            expected=f"a channel among {', '.join(data.channels)}",
            got=repr(channel),
            where="channel",
        )
    axes = axes_for(axes, 5.4, 3.2, data)
    curve = found.curve(channel)
    largest = max(float(found.table["importance"].max()), np.finfo(float).tiny)
    for start, end, importance in curve.loc[
        curve["low"] > 0, ["start", "end", "importance"]
    ].to_numpy(float):
        strength = 0.5 * importance / largest
        axes.axvspan(start, end, color=_SHADE, alpha=strength, linewidth=0)
    factor = shown_unit(channel)[1]
    for position, name in enumerate(dict.fromkeys(sorted(labels, key=str))):
        chosen = labels == name
        drawn = class_curve(data.curves(channel)[chosen], data.groups[chosen], factor)
        axes.plot(
            PHASE_PERCENT,
            drawn.mean,
            color=colour(position),
            linewidth=1.8,
            label=f"{value_title(name)} (n = {drawn.n_subjects})",
        )
    draw_toe_off(axes, mean_toe_off(data))
    curve_axes(axes, channel)
    axes.legend(loc="best")
    return axes


def plot_phase_map(found: PhaseImportance, axes: "Axes | None" = None) -> "Axes":
    """Draw the importance of every window on every channel as a map.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. Dots mark windows whose interval lies above zero.
    """
    axes = axes_for(axes, 4.8, 1.3 + 0.34 * len(found.channels), found.importance)
    curves = [found.curve(channel) for channel in found.channels]
    values = np.array([curve["importance"] for curve in curves])
    edges = np.append(found.windows[:, 0], found.windows[-1, 1])
    rows = np.arange(len(curves) + 1) - 0.5
    top = max(float(np.nanmax(values)), np.finfo(float).eps)
    image = axes.pcolormesh(edges, rows, values, cmap="Purples", vmin=0.0, vmax=top)
    for row, curve in enumerate(curves):
        told = curve[curve["low"] > 0]
        middle = (told["start"] + told["end"]) / 2
        axes.plot(middle, np.full(len(told), row), "o", color=INK, ms=5, mec="white", mew=1.0)
    axes.set_yticks(range(len(curves)), [title_of(channel) for channel in found.channels])
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.invert_yaxis()
    axes.figure.colorbar(image, ax=axes, pad=0.02).set_label(found.importance.effect)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Gait cycle (%)")
    return axes


def mean_toe_off(data: LocomotionData) -> float | None:
    """Return the mean measured end of stance, % of the cycle; None where none was measured."""
    if "stance_percent" not in data.cycles:
        return None
    known = data.cycles["stance_percent"].dropna()
    return float(known.mean()) if len(known) else None


def draw_toe_off(axes: "Axes", toe_off: float | None) -> None:
    """Draw the end of stance, % of the cycle, as a dotted line; nothing where None."""
    if toe_off is None:
        return
    axes.axvline(toe_off, color=MUTED, linestyle=":", linewidth=1.2)
    axes.annotate(
        "toe-off",
        (toe_off, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -9),
        textcoords="offset points",
        fontsize=8,
        color=MUTED,
    )


def title_of(channel: str) -> str:
    """Return the name of a channel, or of all channels, in words."""
    return channel_title(channel) if is_channel(channel) else value_title(channel)
