"""Pictures of the components: the mean curve and what two standard deviations make of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.models.unsupervised import CurvePCA
from locomotion_analysis.reporting.names import shown_unit
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, curve_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = axes_for(ax, 4.0, 3.0)
    factor = shown_unit(channels[channel])[1]
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
    curve_axes(ax, channels[channel])
    return ax
