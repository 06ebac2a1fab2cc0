"""Figures of comparisons: means with bands, the statistic with its critical value, differences."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.reporting.names import (
    ShownQuantity,
    feature_title,
    in_sentence,
    value_title,
)
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    axes_for,
    colour,
    curve_axes,
    gait_cycle_axis,
    light_grid,
    line_style,
)
from locomotion_analysis.statistics.curve_inference import SYMBOLS, Cluster, Inference
from locomotion_analysis.statistics.fields import Floats
from locomotion_analysis.statistics.formula import INTERCEPT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from locomotion_analysis.statistics.comparison import Comparison

_SHADE = "#E69F00"
_MOST_INSIDE = 4


def plot_means(found: "Comparison", ax: "Axes | None" = None, effect: str | None = None) -> "Axes":
    """Draw the mean of each group with its band, and shade where an effect was found.

    Parameters
    ----------
    found : Comparison
        Result.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    effect : str, optional
        Effect whose clusters are shaded; default: the first.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; angles in degrees.

    Raises
    ------
    SchemaError
        If several channels were tested together.
    """
    if not found.means:
        raise SchemaError(
            expected="one channel", got=" + ".join(found.responses), where="plot",
            fix="compare each channel by its own formula",
        )  # fmt: skip
    ax = axes_for(ax, 5.6, 3.6, found)
    name = found.responses[0]
    factor = ShownQuantity.of(name).factor
    if not len(found.phase):
        return _dots(found, ax)
    for position, (levels, band) in enumerate(found.means.items()):
        label = ", ".join(value_title(level) for level in levels) or "Mean"
        ax.plot(
            found.phase,
            factor * band.value,
            color=colour(position),
            linestyle=line_style(position),
            linewidth=1.8,
            label=f"{label} (n = {found.counts[levels]})",
        )
        low, high = factor * band.low, factor * band.high
        ax.fill_between(found.phase, low, high, color=colour(position), alpha=0.18, linewidth=0)
    chosen = found[effect] if effect else found.effects[0]
    _shade(ax, chosen.inference.clusters, found.phase)
    curve_axes(ax, name)
    if len(found.means) > _MOST_INSIDE:
        # Beside the curves, not over them.
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        ax.legend(frameon=False, fontsize=8)
    return ax


def _dots(found: "Comparison", ax: "Axes") -> "Axes":
    labels = [", ".join(map(value_title, levels)) or "Mean" for levels in found.means]
    places = np.arange(len(labels))
    for position, (place, band) in enumerate(zip(places, found.means.values(), strict=True)):
        reach = [[band.value[0] - band.low[0]], [band.high[0] - band.value[0]]]
        ax.errorbar([place], band.value, yerr=reach, fmt="o", color=colour(position), capsize=3)
    counts = list(found.counts.values())
    ax.set_xticks(places, [f"{text}\n(n = {n})" for text, n in zip(labels, counts, strict=True)])
    ax.set_xlim(-0.6, len(labels) - 0.4)
    ax.set_ylabel(feature_title(found.responses[0]))
    light_grid(ax)
    return ax


def plot_inference(
    found: Inference,
    ax: "Axes | None" = None,
    *,
    phase: Floats | None = None,
    about: object = (),
) -> "Axes":
    """Draw the statistic curve, its critical value and the clusters with their P.

    Parameters
    ----------
    found : Inference
        Result on a curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    phase : ndarray, shape (n_nodes,), optional
        Gait cycle of the nodes, percent; default: node numbers.
    about : object
        What the figure is drawn from, for the marks it must carry.

    Raises
    ------
    SchemaError
        If a scalar was tested.
    """
    if isinstance(found.z, float):
        raise SchemaError(expected="the test of a curve", got="the test of a scalar", where="plot")
    ax = axes_for(ax, 5.6, 3.0, about)
    drawn = np.arange(len(found.z), dtype=np.float64) if phase is None else phase
    symbol = SYMBOLS[found.statistic]
    ax.plot(drawn, found.z, color=INK, linewidth=1.5)
    ax.axhline(0.0, color=MUTED, linewidth=0.5)
    if np.isfinite(found.zstar):
        for side in (1, -1) if found.two_tailed else (1,):
            ax.axhline(side * found.zstar, color=colour(1), linestyle="--", linewidth=1.0)
        ax.annotate(
            f"critical {symbol} = {found.zstar:.2f}",
            (1.0, found.zstar),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=8,
            color=colour(1),
        )
    for each in found.clusters:
        height = each.sign * found.zstar
        where = _inside(each, len(found.z)) & (each.sign * found.z > found.zstar)
        ax.fill_between(drawn, height, found.z, where=where.tolist(), color=_SHADE, alpha=0.55)
    if phase is None:
        ax.set_xlabel("Node")
        ax.set_xlim(drawn[0], drawn[-1])
        light_grid(ax)
    else:
        gait_cycle_axis(ax)
    ax.set_title(effect_title(found.effect), loc="left")
    ax.set_ylabel(symbol)
    return ax


def plot_difference(found: "Comparison", effect: str, ax: "Axes | None" = None) -> "Axes":
    """Draw the difference of an effect of one degree of freedom with its simultaneous band.

    Parameters
    ----------
    found : Comparison
        Result on a curve.
    effect : str
        Name of the effect.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Raises
    ------
    SchemaError
        If the effect has no difference: more than two levels, or several channels.
    """
    chosen = found[effect]
    if chosen.difference is None:
        raise SchemaError(
            expected="an effect of one degree of freedom", got=effect, where="plot_difference",
            fix="use posthoc() for the pairs of levels",
        )  # fmt: skip
    ax = axes_for(ax, 5.6, 3.0, found)
    _, axis, _, factor = ShownQuantity.of(found.responses[0])
    band = chosen.difference
    ax.fill_between(
        found.phase, factor * band.low, factor * band.high, color=MUTED, alpha=0.25, linewidth=0
    )
    ax.plot(found.phase, factor * band.value, color=INK, linewidth=1.5)
    ax.axhline(0.0, color=MUTED, linewidth=0.7)
    _shade(ax, chosen.inference.clusters, found.phase)
    gait_cycle_axis(ax)
    ax.set_title(difference_title(found, effect), loc="left")
    ax.set_ylabel(axis)
    return ax


def draw_effect(
    ax: "Axes", rows: "pd.DataFrame", middle: str, of: tuple[str, str], interval: str, label: str
) -> None:
    """Draw an effect on a curve, its column `middle`, with what holds each point and the whole.

    `of` are the response and the effect: a slope has the unit of the response per covariate.
    """
    response, effect = of
    _, quantity, _, factor = ShownQuantity.of(response)
    x, drawn = rows.index.to_numpy(float), rows.astype(float) * factor
    for low, high, shade, said in (
        ("band_low", "band_high", 0.15, "whole curve"),
        ("low", "high", 0.3, "each point"),
    ):
        ax.fill_between(
            x, drawn[low].to_numpy(), drawn[high].to_numpy(), color=colour(0), alpha=shade,
            linewidth=0, label=f"{interval}, {said}",
        )  # fmt: skip
    ax.plot(x, drawn[middle].to_numpy(), color=colour(0), linewidth=1.8, label=label)
    ax.axhline(0.0, color=INK, linewidth=0.5, zorder=0)
    gait_cycle_axis(ax)
    slopes = [
        in_sentence(feature_title(part))
        for part in effect.split(":")
        if "[" not in part and part != INTERCEPT
    ]
    ax.set_ylabel(f"{quantity} per {' and '.join(slopes)}" if slopes else quantity)


def effect_title(effect: str) -> str:
    """Return an effect in words: ``Pathology × task``, ``Speed (m/s)``, ``Pathology: stroke``."""
    parts = []
    for part in effect.split(":"):
        name, _, level = part.removesuffix("]").partition("[")
        title = name if name == INTERCEPT else feature_title(name)
        parts.append(f"{title}: {in_sentence(level)}" if level else title)
    return " × ".join(parts)


def difference_title(found: "Comparison", effect: str) -> str:
    """Return what a difference is of: ``Stroke minus healthy``, ``Slope over speed_m_s``."""
    parts = [part.partition("[")[0] for part in effect.split(":")]
    if any(part not in found.factors for part in parts):
        return "Mean" if effect in ("mean", INTERCEPT) else f"Slope over {effect_title(effect)}"
    if len(parts) > 1:
        return "Difference of differences, " + " × ".join(map(value_title, parts))
    levels = found.levels(parts[0])
    first, second = levels[0], effect.removesuffix("]").partition("[")[2] or levels[1]
    return f"{value_title(second)} minus {in_sentence(first)}"


def _inside(cluster: Cluster, n_nodes: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    start, end = cluster.endpoints
    nodes = np.arange(n_nodes)
    if start <= end:
        return np.asarray((nodes >= start) & (nodes <= end))
    return np.asarray((nodes >= start) | (nodes <= end))


def _shade(ax: "Axes", clusters: tuple[Cluster, ...], phase: Floats) -> None:
    nodes = np.arange(len(phase))
    for each in clusters:
        start, end = np.interp(each.endpoints, nodes, phase)
        spans = [(start, end)] if start <= end else [(start, phase[-1]), (phase[0], end)]
        for low, high in spans:
            ax.axvspan(low, high, color=_SHADE, alpha=0.16, linewidth=0, zorder=0)
