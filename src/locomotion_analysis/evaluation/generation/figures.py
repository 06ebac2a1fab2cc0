"""Figures of real and generated cycles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.generation.memorisation import Memorisation
from locomotion_analysis.evaluation.report.curves import main_channels
from locomotion_analysis.reporting.names import channel_title, shown_unit, value_title
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, figure, light_grid
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (3.1, 2.0)
_CHANNELS = 3
_GROUPS = 4


def plot_generated_band(
    real: LocomotionData, generated: LocomotionData, channel: str, ax: "Axes | None" = None
) -> "Axes":
    """Draw mean ± 1 SD of real and of generated cycles of a channel.

    Parameters
    ----------
    real, generated : LocomotionData
        Cycles of the same conditions.
    channel : str
        A channel of both.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure. Grey and solid is real, coloured and dashed is
        generated; the spread is between cycles.
    """
    ax = axes_for(ax, 4.6, 3.2, real if ax is None else ())
    unit, factor = shown_unit(channel)
    for data, name, shade, line in (
        (real, "real", INK, "-"),
        (generated, "generated", PALETTE[1], "--"),
    ):
        curves = data.curves(channel).astype(np.float64) * factor
        curves = curves[np.isfinite(curves).all(axis=1)]
        mean, spread = curves.mean(axis=0), curves.std(axis=0)
        ax.fill_between(
            PHASE_PERCENT, mean - spread, mean + spread, color=shade, alpha=0.17, linewidth=0
        )
        label = f"{name} (n = {len(curves)} cycles)"
        ax.plot(PHASE_PERCENT, mean, color=shade, linestyle=line, linewidth=1.7, label=label)
    ax.set(xlim=(0, 100), xlabel="Gait cycle (%)", ylabel=f"{channel_title(channel)} ({unit})")
    ax.legend(loc="best")
    light_grid(ax)
    return ax


def generated_bands_figure(
    real: LocomotionData,
    generated: LocomotionData,
    by: str = "pathology",
    channels: Sequence[str] | None = None,
    most: int = _GROUPS,
) -> "Figure":
    """Draw one row a group and one column a channel.

    Parameters
    ----------
    real, generated : LocomotionData
        One generated cycle for each real one, in their order.
    by : str
        Column of groups, one row each; the first `most` in order of the alphabet.
    channels : sequence of str, optional
        Default: the first three of the ipsilateral leg.
    most : int
        Rows at most.

    Returns
    -------
    matplotlib.figure.Figure
        Channels across, groups down.

    Raises
    ------
    SchemaError
        If there is no such column, or the cycles are not in pairs.
    """
    groups = real.cycles[by].astype(str).to_numpy() if by in real.cycles else None
    if groups is None or len(real) != len(generated):
        raise SchemaError(
            expected=f"real cycles with a column {by}, and one generated cycle for each",
            got=f"{len(generated)} generated for {len(real)} real cycles",
            where="by" if groups is None else "generated",
        )
    channels = list(channels or main_channels(generated, _CHANNELS))
    names = sorted(set(groups))[:most]
    width, height = _PANEL[0] * len(channels), _PANEL[1] * len(names) + 0.8
    with figure(max(width, 6.0), height, real) as made:
        grid = made.subplots(len(names), len(channels), squeeze=False, sharex=True, sharey="col")
        for (row, column), ax in np.ndenumerate(grid):
            rows = np.flatnonzero(groups == names[row])
            plot_generated_band(real.take(rows), generated.take(rows), channels[column], ax)
            ax.get_legend().remove()
            # A label a panel would be longer than the panel is high.
            ax.set_title(ax.get_ylabel() if row == 0 else "", fontsize=8)
            ax.set_ylabel(value_title(names[row]) if column == 0 else "")
            if row < len(names) - 1:
                ax.set_xlabel("")
        handles, _ = grid[0, 0].get_legend_handles_labels()
        words = ["real (mean ± SD of cycles)", "generated (mean ± SD of cycles)"]
        made.legend(handles, words, loc="outside lower left", ncols=2)
    return made


def plot_nearest_distances(
    found: Memorisation, ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw how near generated and held-out cycles come to a training cycle.

    Parameters
    ----------
    found : Memorisation
        From :func:`memorisation`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure. Left of the dotted line lie strides of one person.
    simulated : bool
        Whether the "real" cycles are simulated; marked above the axes.
    """
    ax = axes_for(ax, 5.2, 3.4, {"simulated": simulated})
    pairs = (
        (found.held_out_distance, "real cycles of other people", INK, "-"),
        (found.generated_distance, "generated cycles", PALETTE[1], "--"),
    )
    top = max(float(values.max()) for values, *_ in pairs)
    edges = np.linspace(0.0, top * 1.02, 41)
    for values, name, shade, line in pairs:
        share = 100 * np.histogram(values, edges)[0] / len(values)
        ax.stairs(share, edges, color=shade, linestyle=line, linewidth=1.7, label=name)
    if np.isfinite(found.stride_distance):
        ax.axvline(
            found.stride_distance,
            color=PALETTE[0],
            linestyle=":",
            label="next stride of the same person (median)",
        )
    ax.set(xlabel="Distance to the nearest training cycle (SD of channels)", ylabel="Cycles (%)")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(top=1.45 * ax.get_ylim()[1])  # room for the legend
    ax.legend(loc="upper right", fontsize=8, frameon=False)
    light_grid(ax)
    return ax
