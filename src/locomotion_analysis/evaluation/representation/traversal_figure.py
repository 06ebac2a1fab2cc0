"""Latent coordinates of an autoencoder drawn as what they do to the curves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.reporting.names import channel_title, shown_unit
from locomotion_analysis.reporting.style import INK, figure, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from locomotion_analysis.models.deep.representation import CurveAutoencoder

_PANEL_INCHES = (2.9, 1.9)
# Colour-blind-safe and readable in grey: below the mean to blue, above to vermillion.
_BELOW, _ABOVE = ("#56B4E9", "#0072B2"), ("#E69F00", "#D55E00")
_LINES_BELOW, _LINES_ABOVE = (":", "-."), ("--", (0, (5, 1)))


def plot_traversal(
    autoencoder: "CurveAutoencoder",
    channels: Sequence[str],
    latent: int,
    channel: int = 0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a channel along one latent coordinate, from 2 standard deviations below to 2 above.

    Parameters
    ----------
    autoencoder : CurveAutoencoder
        Fitted.
    channels : sequence of str
        Names of the channels it was fitted on.
    latent, channel : int
        Which of them, from 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes
        Angles in degrees.
    """
    if ax is None:
        with figure(4.0, 3.0) as made:
            ax = made.subplots()
    unit, factor = shown_unit(channels[channel])
    moved = autoencoder.traverse(latent)
    phase = np.linspace(0.0, 100.0, moved.curves.shape[1])
    looks = [
        (_BELOW[1], _LINES_BELOW[0]),
        (_BELOW[0], _LINES_BELOW[1]),
        (INK, "-"),
        (_ABOVE[0], _LINES_ABOVE[0]),
        (_ABOVE[1], _LINES_ABOVE[1]),
    ]
    for deviation, curve, (shade, line) in zip(moved.deviations, moved.curves, looks, strict=True):
        name = "mean" if deviation == 0 else f"{deviation:+g} SD".replace("-", "−")
        values = curve[:, channel] * factor
        ax.plot(phase, values, color=shade, linestyle=line, linewidth=1.6, label=name)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Gait cycle (%)")
    ax.set_ylabel(f"{channel_title(channels[channel])} ({unit})")
    light_grid(ax)
    return ax


def traversals_figure(
    autoencoder: "CurveAutoencoder",
    channels: Sequence[str],
    n_latents: int = 3,
    drawn: Sequence[int] | None = None,
    *,
    simulated: bool,
) -> "Figure":
    """Draw one row a coordinate, those that move the curves farthest first, one column a channel.

    Parameters
    ----------
    autoencoder : CurveAutoencoder
        Fitted.
    channels : sequence of str
        Names of the channels it was fitted on.
    n_latents : int
        Coordinates drawn.
    drawn : sequence of int, optional
        Channels drawn, by position; all where not given.
    simulated : bool
        Whether it was fitted on simulated data.
    """
    columns = list(range(len(channels))) if drawn is None else list(drawn)
    latents = autoencoder.latent_order()[:n_latents]
    width = max(6.6, 0.4 + _PANEL_INCHES[0] * len(columns))
    height = 0.7 + _PANEL_INCHES[1] * len(latents)
    with figure(width, height, {"simulated": simulated}) as made:
        grid = made.subplots(len(latents), len(columns), squeeze=False, sharex=True, sharey="col")
        for (row, column), axes in np.ndenumerate(grid):
            plot_traversal(autoencoder, channels, int(latents[row]), columns[column], ax=axes)
            axes.set_title(f"Coordinate {latents[row] + 1}", fontsize=8.5)
            if row < len(latents) - 1:
                axes.set_xlabel("")
        handles, names = grid[0, 0].get_legend_handles_labels()
        made.legend(handles, names, loc="outside lower left", ncols=5)
    return made
