"""How a training went: losses by epoch, and losses by learning rate."""

from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.models.deep import LearningRateSweep
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.6, 3.2)
_LOSSES = (("train_loss", "training subjects", "-"), ("valid_loss", "subjects set aside", "--"))


def plot_training(
    history: pd.DataFrame, ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw the losses of each epoch, and the epoch whose network was kept.

    Parameters
    ----------
    history : DataFrame
        ``history_`` of a fitted network.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    simulated : bool
        Mark the figure as drawn from simulated gait.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes_for(ax, *_SIZE, {"simulated": simulated})
    for color, (column, label, line) in zip(PALETTE, _LOSSES, strict=False):
        if column in history:
            ax.plot(history["epoch"], history[column], line, color=color, label=label)
    if "valid_loss" in history:
        best = int(history["epoch"].iloc[int(history["valid_loss"].to_numpy().argmin())])
        ax.axvline(best, color=INK, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
    ax.set(xlabel="Epoch", ylabel="Loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax


def plot_learning_rates(
    sweep: LearningRateSweep, ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw the loss against the learning rate, and the rate suggested.

    Parameters
    ----------
    sweep : LearningRateSweep
        From :func:`~locomotion_analysis.models.deep.sweep_learning_rate`.
    ax, simulated
        As for :func:`plot_training`.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, {"simulated": simulated})
    ax.plot(sweep.rates, sweep.losses, color=PALETTE[0])
    suggested = sweep.suggested
    ax.axvline(
        suggested, color=INK, linewidth=0.8, linestyle=":", label=f"suggested: {suggested:.1e}"
    )
    ax.set_xscale("log")
    ax.set(xlabel="Learning rate", ylabel="Training loss, moving average")
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax
