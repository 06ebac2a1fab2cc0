"""Figures of groups: how many, where they lie, what explains them, how they differ.

Each draws on given axes and returns them; so does the figure of a component of the curves.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.discovery import LARGE, EffectCurve
from locomotion_analysis.models.unsupervised import CurvePCA
from locomotion_analysis.reporting.names import feature_title, shown_unit
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    RULE,
    axes_for,
    colour,
    curve_axes,
    light_grid,
    line_style,
    row_axes,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_mode"]


Floats = NDArray[np.float64]
_MARKERS = "osD^vPX"
_MOST_LEAVES = 60


def plot_silhouette(
    validity: pd.DataFrame, chosen: int | None = None, ax: "Axes | None" = None
) -> "Axes":
    """Draw the mean silhouette width over the number of groups; a ring marks the chosen one."""
    ax = axes_for(ax, 4.6, 3.4)
    several = validity.dropna(subset=["silhouette"])
    ax.plot(several["clusters"], several["silhouette"], "o-", color=PALETTE[0])
    ax.set_ylabel("Mean silhouette width")
    return _over_counts(ax, validity, several["silhouette"], several["clusters"], chosen)


def plot_gap(validity: pd.DataFrame, chosen: int | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the gap statistic with its standard error over the number of groups."""
    ax = axes_for(ax, 4.6, 3.4)
    ax.errorbar(
        validity["clusters"],
        validity["gap"],
        yerr=validity["gap_se"],
        fmt="o-",
        color=PALETTE[0],
        capsize=3,
    )
    ax.set_ylabel("Gap statistic (± SE)")
    return _over_counts(ax, validity, validity["gap"], validity["clusters"], chosen)


def plot_scatter(
    points: Floats,
    labels: NDArray[np.int64],
    names: tuple[str, str] = ("Component 1", "Component 2"),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw units in the plane, one colour and marker a group.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Scores of two components, or an embedding.
    labels : ndarray of int, shape (n,)
        Group of each, from 0.
    names : (str, str)
        Labels of the axes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where None.
    """
    ax = axes_for(ax, 4.6, 3.4)
    for group in range(int(labels.max()) + 1):
        own = labels == group
        ax.scatter(
            points[own, 0],
            points[own, 1],
            s=24 if len(points) < 300 else 9,
            marker=_MARKERS[group % len(_MARKERS)],
            color=colour(group),
            alpha=0.75,
            linewidths=0,
            label=f"Group {group + 1} ({own.sum():,})",
        )
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    light_grid(ax, "both")
    return ax


def plot_dendrogram(
    linkage: Floats, n_groups: int, names: Sequence[str] | None = None, ax: "Axes | None" = None
) -> "Axes":
    """Draw Ward's tree with the height at which it was cut.

    Parameters
    ----------
    linkage : ndarray, shape (n - 1, 4)
        ``linkage_`` of the clusters.
    n_groups : int
        Where it was cut.
    names : sequence of str, optional
        Name of each leaf; not drawn where there are more than 60, and the tree is then cut to
        its last 60 branches.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where None.
    """
    from scipy.cluster.hierarchy import dendrogram

    ax = axes_for(ax, 4.8, 3.6)
    leaves = len(linkage) + 1
    few = leaves <= _MOST_LEAVES
    heights = np.sort(linkage[:, 2])
    cut = float(heights[-n_groups + 1 :].min() + heights[-n_groups]) / 2 if n_groups < leaves else 0
    dendrogram(
        linkage,
        p=_MOST_LEAVES,
        truncate_mode=None if few else "lastp",
        labels=list(names) if few and names is not None else None,
        no_labels=not few or names is None,
        link_color_func=lambda _: INK,
        ax=ax,
    )
    ax.axhline(cut, color=PALETTE[1], linestyle="--", label=f"cut into {n_groups} groups")
    ax.tick_params(axis="x", labelrotation=90, labelsize=6.5)
    ax.set_xlabel("" if few else f"Last {_MOST_LEAVES} branches of {leaves:,} units")
    ax.set_ylabel("Height (Ward's distance)")
    ax.legend(loc="upper right")
    return ax


def plot_explained(explained: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the share of the grouping each variable explains, with what chance gives."""
    ax = axes_for(ax, 4.8, 0.9 + 0.3 * len(explained))
    shown = explained.dropna(subset=["share"])
    rows = row_axes(ax, [feature_title(name) for name in shown["variable"]])
    low, high = shown["low_by_chance"], shown["high_by_chance"]
    ax.barh(rows, high - low, left=low, height=0.6, color=RULE, label="by chance (95 %)")
    ax.plot(shown["share"], rows, "D", color=PALETTE[1], markersize=6, label="found")
    ax.axvline(0.0, color=MUTED, linewidth=0.7)
    ax.set_xlim(min(-0.05, float(low.min()) - 0.02), 1.02)
    ax.set_xlabel("Share of the grouping explained (0 chance, 1 all of it)")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False)
    return ax


def plot_effects(
    effects: Sequence[EffectCurve], channel: int, name: str, ax: "Axes | None" = None
) -> "Axes":
    """Draw each group's difference from the others over the cycle, with its band.

    Parameters
    ----------
    effects : sequence of EffectCurve
        One a group.
    channel : int
        Which channel.
    name : str
        The channel's name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where None.
    """
    ax = axes_for(ax, 4.6, 3.4)
    for group, effect in enumerate(effects):
        shade, low, high = colour(group), effect.low[:, channel], effect.high[:, channel]
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.15, linewidth=0)
        ax.plot(
            PHASE_PERCENT,
            effect.value[:, channel],
            color=shade,
            linestyle=line_style(group),
            label=f"Group {group + 1}",
        )
    ax.axhspan(-LARGE, LARGE, color=RULE, alpha=0.5, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.5)
    curve_axes(ax, name)
    ax.set_ylabel("Hedges' g")
    return ax


def _over_counts(
    ax: "Axes",
    validity: pd.DataFrame,
    values: "pd.Series[float]",
    counts: "pd.Series[int]",
    chosen: int | None,
) -> "Axes":
    if chosen is not None:
        at = values[counts == chosen]
        ax.scatter(
            [chosen] * len(at), at, s=150, c="none", edgecolors=PALETTE[1], label="shown here"
        )
        ax.legend()
    ax.set_xticks(validity["clusters"])
    ax.set_xlabel("Number of groups")
    light_grid(ax)
    return ax


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

    Examples
    --------
    >>> from locomotion_analysis.models.unsupervised import FunctionalPCA
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"])
    >>> knee = ["knee_flexion_angle_ipsi_rad"]
    >>> plot_mode(FunctionalPCA(n_components=2).fit(data.array(knee)), knee).get_ylabel()
    'Angle (°)'
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
