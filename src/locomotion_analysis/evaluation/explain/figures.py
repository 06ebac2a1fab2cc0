"""Figures of explanations; each draws on given axes and returns them."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.explain.dependence import PartialDependence
from locomotion_analysis.evaluation.explain.importance import GroupedImportance
from locomotion_analysis.evaluation.explain.shapley import ShapleyValues
from locomotion_analysis.reporting.names import feature_title, value_title
from locomotion_analysis.reporting.style import INK, MUTED, PALETTE, axes_for, light_grid, row_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS = 15


def plot_grouped_importance(found: GroupedImportance, axes: "Axes | None" = None) -> "Axes":
    """Draw what each group is worth, with its interval, the most important on top.

    Parameters
    ----------
    found : GroupedImportance
        From :func:`grouped_importance`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.
    """
    table = found.table.head(_MOST_ROWS)
    axes = axes_for(axes, 4.8, 1.0 + 0.3 * len(table), found)
    names = zip(table["group"], table["n_features"], strict=True)
    rows = row_axes(axes, [f"{value_title(name)} ({size})" for name, size in names])
    value = table["importance"].to_numpy()
    ends = np.clip([value - table["low"], table["high"] - value], 0.0, None)
    told = table["low"].to_numpy() > 0
    axes.barh(rows, value, color=np.where(told, PALETTE[0], "#b9c4cc").tolist(), height=0.62)
    axes.errorbar(value, rows, xerr=ends, fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"{found.effect} without it")
    axes.spines["left"].set_visible(False)
    return axes


def plot_partial_dependence(found: PartialDependence, axes: "Axes | None" = None) -> "Axes":
    """Draw each subject's curve, the mean with its interval, and where subjects were measured.

    Parameters
    ----------
    found : PartialDependence
        From :func:`partial_dependence`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.
    """
    axes = axes_for(axes, 4.6, 3.4, found)
    axes.plot(found.grid, found.of_subject.T, color=MUTED, alpha=0.25, linewidth=0.6)
    axes.plot([], [], color=MUTED, alpha=0.5, linewidth=0.8, label="subject")
    axes.fill_between(found.grid, found.low, found.high, color=PALETTE[0], alpha=0.25, linewidth=0)
    axes.plot(found.grid, found.mean, color=PALETTE[0], linewidth=2.2, label="mean, 95 % interval")
    bottom = axes.get_xaxis_transform()
    axes.plot(found.measured, np.full(len(found.measured), 0.02), "|", color=INK, transform=bottom)
    axes.set_xlim(found.grid[0], found.grid[-1])
    axes.set_xlabel(feature_title(found.variable))
    axes.set_ylabel(value_title(found.outcome))
    axes.legend(loc="best")
    light_grid(axes)
    return axes


def plot_shapley(
    found: ShapleyValues, outcome: str | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw the Shapley values of the features that add most, one point a held-out cycle.

    Parameters
    ----------
    found : ShapleyValues
        From :func:`shapley_values`.
    outcome : str, optional
        Class; the last where None.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. The colour is the rank of the feature's value.
    """
    position = len(found.outcomes) - 1 if outcome is None else found.outcomes.index(outcome)
    outcome = found.outcomes[position]
    names = found.mean_absolute()[outcome].sort_values(ascending=False).index[:_MOST_ROWS]
    axes = axes_for(axes, 4.8, 1.1 + 0.3 * len(names), found)
    rows = row_axes(axes, [feature_title(str(name)) for name in names])
    rng = np.random.default_rng(0)
    for row, name in zip(rows, names, strict=True):
        column = found.features.columns.get_loc(name)
        rank = found.features[name].rank(pct=True).to_numpy()
        heights = row + rng.uniform(-0.28, 0.28, len(rank))
        points = axes.scatter(
            found.values[:, column, position], heights, c=rank, cmap="cividis", s=5, vmin=0, vmax=1
        )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"Shapley value: added to {value_title(outcome).lower()}")
    axes.spines["left"].set_visible(False)
    bar = axes.figure.colorbar(points, ax=axes, ticks=[0, 1], pad=0.02, aspect=30)
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("Feature's value")
    return axes
