"""Figures of predicted kinetics on the gait cycle."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.evaluation.kinetics.result import KineticsEvaluation
from locomotion_analysis.evaluation.report.curves import class_curve
from locomotion_analysis.reporting.names import channel_title, shown_unit
from locomotion_analysis.reporting.style import INK, MUTED, axes_for, colour, light_grid
from locomotion_analysis.standard import PHASE_PERCENT, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("--", ":", "-.", "-")


def plot_predicted_kinetics(
    found: KineticsEvaluation,
    channel: str,
    model: str = "network",
    rows: NDArray[np.bool_] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw measured and predicted curves: means of subjects, mean ± 1 SD between them.

    Parameters
    ----------
    found : KineticsEvaluation
        From :func:`evaluate_kinetics`.
    channel : str
        A target.
    model : str
        A model.
    rows : ndarray of bool, shape (n_cycles,), optional
        Cycles to draw, for example those of one task; all where None.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. A predicted band narrower than the measured one means that
        the model does not tell people apart as much as they differ.
    """
    ax = axes_for(ax, 5.6, 3.6, found.data)
    unit, factor = shown_unit(channel)
    true, predicted = found.curves(model, channel)
    drawn = np.isfinite(true).all(axis=1) & (True if rows is None else rows)
    for position, (name, curves) in enumerate(
        (("Measured", true), (f"Predicted: {model}", predicted))
    ):
        band = class_curve(curves[drawn], found.data.groups[drawn], factor)
        shade = (MUTED, colour(0))[position]
        low, high = band.mean - band.deviation, band.mean + band.deviation
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.22, linewidth=0)
        ax.plot(
            PHASE_PERCENT,
            band.mean,
            color=shade,
            linestyle=("-", "--")[position],
            linewidth=1.8,
            label=f"{name} (n = {band.n_subjects} subjects)",
        )
    _finish(ax, channel, f"{_quantity(channel)} ({unit})")
    return ax


def plot_error_along_cycle(
    found: KineticsEvaluation,
    channel: str,
    models: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the error of each model along the cycle, with its 95 % interval over subjects.

    Parameters
    ----------
    found : KineticsEvaluation
        From :func:`evaluate_kinetics`.
    channel : str
        A target.
    models : sequence of str, optional
        Models to draw; all where None.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, 5.6, 3.6, found.data)
    unit, factor = shown_unit(channel)
    chosen = list(found.predicted) if models is None else models
    for position, model in enumerate(chosen):
        table = found.along_cycle(model, channel)
        shade = colour(position)
        ax.fill_between(
            PHASE_PERCENT,
            table["low"] * factor,
            table["high"] * factor,
            color=shade,
            alpha=0.18,
            linewidth=0,
        )
        style = "-" if position == len(chosen) - 1 else _STYLES[position % len(_STYLES)]
        ax.plot(
            PHASE_PERCENT, table["rmse"] * factor, style, color=shade, linewidth=1.8, label=model
        )
    ax.set_ylim(bottom=0.0)
    if np.isfinite(found.toe_off).any():
        off = float(np.nanmean(found.toe_off))
        ax.axvline(off, color=MUTED, linestyle=":", linewidth=1.2, label="mean toe-off")
    _finish(ax, channel, f"Root mean square error ({unit})")
    return ax


def _quantity(channel: str) -> str:
    return "Moment" if Channel.parse(channel).measurement == "moment" else "Force"


def _finish(ax: "Axes", channel: str, label: str) -> None:
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    ax.set_title(channel_title(channel), loc="left", fontsize=9.5, fontweight="bold")
    ax.set(xlim=(0, 100), xlabel="Gait cycle (%)", ylabel=label)
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4, fontsize=8, frameon=False)
