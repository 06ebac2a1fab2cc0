"""Pictures of the quality report, as PNG inside the page."""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.result import Samples
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, Channel
from locomotion_analysis.standard.normative import normative_curves
from locomotion_analysis.standard.ranges import range_bands

if TYPE_CHECKING:  # a service that validates draws nothing
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#999999"

MOST_PANELS = 12
MOST_ROWS = 40
_UNITS = {"rad": "rad", "rad_s": "rad/s", "Nm_kg": "Nm/kg", "W_kg": "W/kg", "BW": "BW", "m": "m"}
_PANELS_A_ROW = 3


def readable(channel: str) -> str:
    """Return a channel's name for people, without the unit."""
    parsed = Channel.parse(channel)
    side = f", {parsed.side}" if parsed.side else ""
    return parsed.quantity.replace("_", " ").replace("grf", "ground force") + side


def png(figure: "Figure") -> str:
    """Return a figure as a data address for an ``img`` tag."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def heat_map(pass_rate: pd.DataFrame) -> "Figure":
    """Draw the share of cycles without error or warning, by subject and task and by channel.

    The rows with the lowest share are shown where there are more than fit.
    """
    from matplotlib.figure import Figure

    rows = pass_rate["subject"] + " · " + pass_rate["task"].map(lambda t: TASKS.get(t, t))
    wide = pass_rate.assign(row=rows).pivot_table(
        index="row", columns="channel", values="pass_rate", aggfunc="mean", sort=False
    )
    wide = wide.loc[wide.mean(axis=1).sort_values(kind="stable").index[:MOST_ROWS]]
    height, width = 1.9 + 0.2 * len(wide), 3.6 + 0.22 * wide.shape[1]
    figure = Figure(figsize=(max(width, 6.0), height), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(100 * wide, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    axes.set_xticks(range(wide.shape[1]), [readable(str(name)) for name in wide], rotation=60,
                    ha="right", fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(wide)), list(wide.index), fontsize=8)
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes, label="cycles without error or warning, %", shrink=0.8)
    return figure


def worst_panels(pass_rate: pd.DataFrame, samples: Samples) -> list[tuple[str, str]]:
    """Return the task and channel pairs with most failing cycles, failing ones first."""
    share = pass_rate.groupby(["task", "channel"], sort=False)[["failed", "cycles"]].sum()
    order = (share["failed"] / share["cycles"]).sort_values(ascending=False, kind="stable").index
    return [pair for pair in order if pair in samples][:MOST_PANELS]


def curve_panels(pairs: list[tuple[str, str]], samples: Samples) -> "Figure":
    """Draw sample curves over the healthy band; those with a finding stand out."""
    from matplotlib.figure import Figure

    columns = min(_PANELS_A_ROW, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.9 * rows), layout="constrained")
    for number, pair in enumerate(pairs, start=1):
        axes = figure.add_subplot(rows, columns, number)
        _draw_band(axes, *pair)
        good, bad = samples[pair]
        _draw_curves(axes, good, BLUE, 0.35)
        _draw_curves(axes, bad, VERMILLION, 0.7)
        _finish(axes, *pair, good, bad)
    return figure


def _draw_band(axes: "Axes", task: str, channel: str) -> None:
    if task not in TASKS:
        return
    rows, low, high = range_bands(task, "healthy")
    if channel in rows:
        row = rows[channel]
        axes.fill_between(PHASE_PERCENT, low[row], high[row], color=GREY, alpha=0.35, lw=0)
        found = normative_curves(task).of(channel)
        if found is not None:
            axes.plot(PHASE_PERCENT, found[0], color="black", lw=1.2, ls="--")


def _draw_curves(axes: "Axes", curves: NDArray[np.float32], colour: str, alpha: float) -> None:
    if len(curves):
        axes.plot(PHASE_PERCENT, curves.T, color=colour, alpha=alpha, lw=0.8)


def _finish(
    axes: "Axes", task: str, channel: str, good: NDArray[np.float32], bad: NDArray[np.float32]
) -> None:
    axes.set_title(f"{TASKS.get(task, task)}: {readable(channel)}", fontsize=9)
    axes.set_xlabel("gait cycle, %" if task in TASKS else "cycle, %", fontsize=8)
    axes.set_ylabel(_UNITS.get(Channel.parse(channel).unit, ""), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.set_xlim(0, 100)
    axes.spines[["top", "right"]].set_visible(False)
    shown = f"{len(good)} without, {len(bad)} with a finding"
    axes.text(0.99, 0.98, shown, transform=axes.transAxes, ha="right", va="top", fontsize=7)
