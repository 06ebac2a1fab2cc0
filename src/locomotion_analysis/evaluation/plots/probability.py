"""Calibration, ROC and precision-recall curves, one line a class."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.evaluation.plots.axes import axes_for
from locomotion_analysis.evaluation.report.labels import value_title
from locomotion_analysis.evaluation.report.style import MUTED, colour, light_grid, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.6, 4.4)


def plot_calibration(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw how often probabilities came true, with 95 % intervals over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.calibration_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. The area of a point grows with its cycles.
    """
    ax = axes_for(ax, *_SIZE, simulated=curve.attrs.get("simulated", False))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle="--", label="perfect")
    largest = curve["n_cycles"].max()
    for position, name, own in _of_classes(curve):
        shade = colour(position)
        error = (own["observed"] - own["low"], own["high"] - own["observed"])
        ax.errorbar(
            own["predicted"],
            own["observed"],
            yerr=[each.clip(lower=0) for each in error],
            color=shade,
            linestyle=line_style(position),
            linewidth=1.4,
            elinewidth=0.8,
            capsize=2,
            label=value_title(name),
        )
        ax.scatter(own["predicted"], own["observed"], s=60 * own["n_cycles"] / largest, color=shade)
    ax.set(xlabel="Predicted probability", ylabel="Share of cycles that are of the class")
    return _square(ax)


def plot_roc(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the receiver operating characteristic with its 95 % band over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.roc_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, simulated=curve.attrs.get("simulated", False))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle="--", label="chance")
    _bands(ax, curve, "false_positive_rate", "true_positive_rate")
    ax.set(xlabel="False positive rate (1 − specificity)", ylabel="True positive rate (recall)")
    return _square(ax)


def plot_precision_recall(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw precision against recall with its 95 % band over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.precision_recall_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, simulated=curve.attrs.get("simulated", False))
    _bands(ax, curve, "recall", "precision")
    ax.set(xlabel="Recall", ylabel="Precision")
    return _square(ax)


def _bands(ax: "Axes", curve: pd.DataFrame, across: str, up: str) -> None:
    for position, name, own in _of_classes(curve):
        shade = colour(position)
        ax.fill_between(own[across], own["low"], own["high"], color=shade, alpha=0.13, linewidth=0)
        ax.plot(
            own[across],
            own[up],
            color=shade,
            linestyle=line_style(position),
            linewidth=1.6,
            label=value_title(name),
        )


def _of_classes(curve: pd.DataFrame) -> Iterator[tuple[int, object, pd.DataFrame]]:
    for position, name in enumerate(curve["class"].unique()):
        yield position, name, curve[curve["class"] == name]


def _square(ax: "Axes") -> "Axes":
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_aspect("equal")
    light_grid(ax, "both")
    ax.legend(loc="best", fontsize=8)
    return ax
