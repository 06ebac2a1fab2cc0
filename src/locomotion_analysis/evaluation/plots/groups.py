"""Dots and intervals by group of people or kind of disturbance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.plots.axes import METRIC_NAMES, axes_for
from locomotion_analysis.evaluation.report.labels import value_title
from locomotion_analysis.evaluation.report.style import INK, MUTED, PALETTE, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _MARGIN, _ROW = 7.4, 0.9, 0.3


def plot_fairness(table: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the score of each group of people with its 95 % interval over subjects.

    Parameters
    ----------
    table : DataFrame
        From :func:`~locomotion_analysis.evaluation.fairness_table`. Groups of too few subjects
        are drawn hollow.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    names = [f"{value_title(row.group)} (n = {row.n_subjects})" for row in table.itertuples()]
    ax = _drawn(table, names, table["difference"].isna().to_numpy(), ax)
    ax.set_xlabel(METRIC_NAMES[table["metric"].iloc[0]])
    return ax


def plot_robustness(table: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the score on disturbed cycles, or in other laboratories, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        From :func:`~locomotion_analysis.evaluation.robustness.robustness` or
        :func:`~locomotion_analysis.evaluation.robustness.other_laboratory`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. The dashed line is the score as measured.
    """
    names = [str(name)[:1].upper() + str(name)[1:] for name in table.index]
    ax = _drawn(table, names, np.zeros(len(table), dtype=bool), ax)
    if table.index.name == "test":
        ax.axvline(table["score"].iloc[0], color=MUTED, linewidth=1.0, linestyle="--")
    ax.set_xlabel(METRIC_NAMES[table["metric"].iloc[0]])
    return ax


def _drawn(
    table: pd.DataFrame, names: Sequence[str], hollow: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    ax: "Axes | None",
) -> "Axes":  # fmt: skip
    height = _MARGIN + _ROW * len(table)
    ax = axes_for(ax, _WIDTH, height, simulated=table.attrs.get("simulated", False))
    rows = np.arange(len(table))[::-1]
    score = table["score"].to_numpy()
    ax.hlines(rows, table["low"], table["high"], color=PALETTE[0], linewidth=1.4)
    faces = np.where(hollow, "white", PALETTE[0])
    ax.scatter(score, rows, s=36, c=faces, edgecolors=PALETTE[0], zorder=3)
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", labelcolor=INK, length=0)
    ax.set_ylim(-0.6, len(table) - 0.4)
    light_grid(ax, "x")
    return ax
