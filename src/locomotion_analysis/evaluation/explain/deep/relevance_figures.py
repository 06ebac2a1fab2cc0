"""Figures of what a network looks at, drawn on the gait cycle."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.deep.cycle_relevance import CycleRelevance
from locomotion_analysis.evaluation.explain.phase_figures import (
    draw_toe_off,
    mean_toe_off,
    title_of,
)
from locomotion_analysis.evaluation.explain.sequences import ALL_CHANNELS
from locomotion_analysis.evaluation.report.curves import class_curve
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    axes_for,
    colour,
    curve_axes,
    gait_cycle_axis,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_CHANNELS = 15
# Violet against, orange for: told apart with any colour vision, white in between.
_FOR_AND_AGAINST = "PuOr_r"


def plot_relevance(
    found: CycleRelevance,
    data: LocomotionData | None = None,
    channel: str = ALL_CHANNELS,
    *,
    by_outcome: bool = False,
    signed: bool = False,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the relevance along the gait cycle, mean of subjects with 95 % interval.

    Parameters
    ----------
    found : CycleRelevance
        What was explained.
    data : LocomotionData, optional
        Its cycles, to mark toe-off, and simulated data as such.
    channel : str
        A channel, or ``"all channels"``.
    by_outcome : bool
        Whether each outcome gets a line of its own.
    signed : bool
        False: size. True: what spoke for the outcome less what spoke against it.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.
    """
    axes = axes_for(axes, 6.6, 2.9, () if data is None else data)
    for position, outcome in enumerate(_outcomes(found) if by_outcome else [None]):
        profile = found.profile(channel, outcome, signed=signed)
        shade = colour(position)
        label = "" if outcome is None else value_title(outcome)
        axes.stairs(
            profile["relevance"],
            found.edges,
            color=shade,
            linestyle=line_style(position),
            linewidth=1.8,
            baseline=None,
            label=label,
        )
        low, high = (np.append(profile[end], profile[end].iloc[-1]) for end in ("low", "high"))
        axes.fill_between(found.edges, low, high, step="post", color=shade, alpha=0.18, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    if by_outcome:
        axes.legend(loc="best", fontsize=8, frameon=False)
    axes.set_title(title_of(channel), loc="left")
    sized = not signed and found.points_both_ways
    axes.set_ylabel(found.quantity.capitalize() + (", size" if sized else ""))
    draw_toe_off(axes, None if data is None else mean_toe_off(data))
    gait_cycle_axis(axes)
    return axes


def plot_relevance_on_curves(
    found: CycleRelevance,
    data: LocomotionData,
    channel: str,
    outcome: Any,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the mean curve of the cycles explained as an outcome, coloured by what spoke for and against it.

    Parameters
    ----------
    found : CycleRelevance
        What was explained.
    data : LocomotionData
        The same cycles in the same order.
    channel : str
        A channel of both. Where `found` did not tell channels apart, the colour is that of all.
    outcome : object
        One of ``found.outcomes``: the thick line is the mean of the cycles explained as this, the
        thin one that of the others.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Raises
    ------
    SchemaError
        If `data` has other cycles, or not this channel or outcome.
    """
    _check_same_cycles(found, data, channel)
    told_apart = found.channels != (ALL_CHANNELS,)
    profile = found.profile(channel if told_apart else ALL_CHANNELS, outcome, signed=True)
    axes = axes_for(axes, 6.2, 3.3, data)
    chosen = found.outcomes == outcome
    factor = shown_unit(channel)[1]
    curves = data.curves(channel)
    if not chosen.all():
        others = class_curve(curves[~chosen], data.groups[~chosen], factor)
        axes.plot(PHASE_PERCENT, others.mean, color=INK, linewidth=0.9, label="all others")
    drawn = class_curve(curves[chosen], data.groups[chosen], factor)
    middles = (found.edges[1:] + found.edges[:-1]) / 2
    relevance = np.interp(PHASE_PERCENT, middles, profile["relevance"])
    _coloured_line(axes, drawn.mean, relevance, found.quantity.capitalize())
    label = f"explained: {value_title(outcome)} (n = {drawn.n_subjects} subjects)"
    axes.plot([], [], color="0.6", linewidth=6, label=label)
    axes.legend(loc="best", fontsize=8, frameon=False)
    curve_axes(axes, channel)
    draw_toe_off(axes, mean_toe_off(data))
    return axes


def plot_relevance_map(
    found: CycleRelevance,
    data: LocomotionData | None = None,
    outcome: Any = None,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw what spoke for and against an outcome, at every phase, on the channels of most weight.

    Parameters
    ----------
    found : CycleRelevance
        What was explained, channel by channel.
    data : LocomotionData, optional
        Its cycles, to mark toe-off, and simulated data as such.
    outcome : object, optional
        One of ``found.outcomes``; all cycles where None.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. At most 15 channels are drawn.
    """
    channels = found.by_channel(outcome, n_bootstrap=1)["channel"].head(_MOST_CHANNELS)
    profiles = [found.profile(c, outcome, signed=True, n_bootstrap=1) for c in channels]
    values = np.array([profile["relevance"] for profile in profiles])
    axes = axes_for(axes, 7.6, 1.4 + 0.3 * len(channels), () if data is None else data)
    top = max(float(np.abs(values).max()), np.finfo(float).tiny)
    rows = np.arange(len(channels) + 1) - 0.5
    image = axes.pcolormesh(
        found.edges, rows, values, cmap=_FOR_AND_AGAINST, vmin=-top, vmax=top, rasterized=True
    )
    axes.figure.colorbar(image, ax=axes, pad=0.02).set_label(found.quantity.capitalize())
    axes.set_yticks(range(len(channels)), [title_of(channel) for channel in channels])
    axes.invert_yaxis()
    if outcome is not None:
        axes.set_title(value_title(outcome), loc="left")
    draw_toe_off(axes, None if data is None else mean_toe_off(data))
    gait_cycle_axis(axes)
    axes.grid(visible=False)
    return axes


def _outcomes(found: CycleRelevance) -> list[Any]:
    return sorted(pd.unique(found.outcomes), key=str)


def _coloured_line(
    axes: "Axes", curve: NDArray[np.float64], values: NDArray[np.float64], label: str
) -> None:
    from matplotlib.collections import LineCollection

    points = np.column_stack([PHASE_PERCENT, curve])
    pieces = np.stack([points[:-1], points[1:]], axis=1)
    top = max(float(np.abs(values).max()), np.finfo(float).tiny)
    # Grey below the colours: where nothing spoke the line is white.
    axes.plot(PHASE_PERCENT, curve, color="0.6", linewidth=7, solid_capstyle="round")
    line = LineCollection(list(pieces), cmap=_FOR_AND_AGAINST, linewidths=5)
    line.set_array((values[1:] + values[:-1]) / 2)
    line.set_clim(-top, top)
    axes.add_collection(line)
    axes.figure.colorbar(line, ax=axes, pad=0.02).set_label(label)


def _check_same_cycles(found: CycleRelevance, data: LocomotionData, channel: str) -> None:
    if len(data.cycles) != len(found.values) or (data.groups != found.subjects).any():
        raise SchemaError(
            expected=f"the {len(found.values)} cycles that were explained, in the same order",
            got=f"{len(data.cycles)} cycles, or other subjects",
            where="data",
            fix="select the same cycles, for example data.take(test)",
        )
    if channel not in data.channels:
        raise SchemaError(
            expected=f"a channel among {', '.join(data.channels)}",
            got=repr(channel),
            where="channel",
        )
