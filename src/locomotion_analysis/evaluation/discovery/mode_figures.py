"""Pictures of the components: the mean curve and what two standard deviations make of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.report.labels import channel_title, shown_unit
from locomotion_analysis.evaluation.report.style import INK, PALETTE, figure, light_grid
from locomotion_analysis.models.unsupervised import CurvePCA

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_INCHES = (2.9, 1.9)


def plot_mode(
    pca: CurvePCA,
    channels: Sequence[str],
    component: int = 0,
    channel: int = 0,
    deviations: float = 2.0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the mean curve of a channel and the curves a component makes of it.

    Parameters
    ----------
    pca : CurvePCA or FunctionalPCA
        Fitted.
    channels : sequence of str
        Names of the channels it was fitted on.
    component, channel : int
        Which of them, from 0.
    deviations : float
        Standard deviations of the score to either side.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes
        Angles in degrees; solid the mean, ``+`` and dashed above, ``-`` and dotted below.
    """
    if ax is None:
        with figure(4.0, 3.0, simulated=False) as made:
            ax = made.subplots()
    unit, factor = shown_unit(channels[channel])
    modes = pca.back_project(deviations)
    phase = np.linspace(0.0, 100.0, len(modes.mean))
    curves = (
        (modes.high[component, :, channel], PALETTE[1], "--", f"+{deviations:g} SD"),
        (modes.mean[:, channel], INK, "-", "mean"),
        (modes.low[component, :, channel], PALETTE[0], ":", f"−{deviations:g} SD"),
    )
    for values, shade, line, name in curves:
        width = 1.4 if name == "mean" else 1.8
        ax.plot(phase, values * factor, color=shade, linestyle=line, linewidth=width, label=name)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Gait cycle (%)")
    ax.set_ylabel(f"{channel_title(channels[channel])} ({unit})")
    light_grid(ax)
    return ax


def modes_figure(
    pca: CurvePCA,
    channels: Sequence[str],
    components: int,
    drawn: Sequence[int],
    *,
    simulated: bool,
) -> "Figure":
    """Draw one row a component and one column a channel of those `drawn`, by position."""
    width = max(6.6, 0.4 + _PANEL_INCHES[0] * len(drawn))
    with figure(width, 0.7 + _PANEL_INCHES[1] * components, simulated=simulated) as made:
        grid = made.subplots(components, len(drawn), squeeze=False, sharex=True, sharey="col")
        for (row, column), axes in np.ndenumerate(grid):
            plot_mode(pca, channels, row, drawn[column], ax=axes)
            share = pca.channel_share_[row, drawn[column]]
            axes.set_title(f"Component {row + 1}: {share:.0%} in this channel", fontsize=8.5)
            if row < components - 1:
                axes.set_xlabel("")
        handles, names = grid[0, 0].get_legend_handles_labels()
        made.legend(handles, names, loc="outside lower left", ncols=3)
    return made
