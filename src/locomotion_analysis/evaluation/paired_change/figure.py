"""A curve before and after, over people it is compared with."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.report.curves import class_curve
from locomotion_analysis.models.supervised.paired_features import known_sessions
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    axes_for,
    colour,
    curve_axes,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_sessions(
    data: LocomotionData,
    channel: str,
    reference: LocomotionData | None = None,
    sessions: tuple[str, str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the mean curve of both sessions, of the people who were seen in both.

    Lines are means over people; the shaded band is mean ± 1 SD between people of `reference`.

    Parameters
    ----------
    data : LocomotionData
        Cycles with a column ``session``.
    channel : str
        Channel to draw.
    reference : LocomotionData, optional
        People to compare with, for example the healthy ones.
    sessions : tuple of two str, optional
        Names of the sessions before and after, where they are not recognised.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``; angles in degrees.

    Raises
    ------
    SchemaError
        If there are no two sessions, or nobody was seen in both.
    """
    before, after = known_sessions(data.cycles, sessions)
    factor = shown_unit(channel)[1]
    session = data.cycles["session"].astype(str).to_numpy()
    both = np.intersect1d(data.groups[session == before], data.groups[session == after])
    if not len(both):
        raise SchemaError(
            expected="people seen in both sessions",
            got=f"nobody in both {before} and {after}",
            where="column session",
            fix="give a person the same subject name in both sessions",
        )
    ax = axes_for(ax, 5.6, 3.6, data)
    if reference is not None:
        band = class_curve(reference.curves(channel), reference.groups, factor)
        ax.fill_between(
            PHASE_PERCENT,
            band.mean - band.deviation,
            band.mean + band.deviation,
            color=MUTED,
            alpha=0.25,
            linewidth=0,
            label=f"Reference, mean ± 1 SD (n = {band.n_subjects} subjects)",
        )
    for position, name in enumerate((before, after)):
        rows = (session == name) & np.isin(data.groups, both)
        drawn = class_curve(data.curves(channel)[rows], data.groups[rows], factor)
        ax.plot(
            PHASE_PERCENT,
            drawn.mean,
            color=colour(position),
            linestyle=line_style(position),
            linewidth=1.8,
            label=f"{value_title(name)} (n = {drawn.n_subjects} subjects)",
        )
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    curve_axes(ax, channel)
    ax.legend(frameon=False, fontsize=8)
    return ax
