"""Pictures of the quality report."""

from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.quality.result import Samples
from locomotion_analysis.reporting.names import channel_title, shown_unit
from locomotion_analysis.reporting.style import INK, MUTED, PALETTE, curve_axes, figure
from locomotion_analysis.standard import PHASE_PERCENT, TASKS
from locomotion_analysis.standard.normative import normative_curves
from locomotion_analysis.standard.ranges import range_bands

if TYPE_CHECKING:  # a service that validates draws nothing
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
MOST_ROWS = 40
_CHANNELS_A_MAP = 12


def heat_maps(pass_rate: pd.DataFrame, of: object) -> "list[Figure]":
    """Draw the share of cycles without error or warning, by subject and task and by channel.

    Rows and channels in which every cycle passes are left out, and the rows with the lowest
    share are shown where there are more than fit; twelve channels stand on a figure, so that
    each can be read on a narrow screen. No figure where every cycle passes.

    Parameters
    ----------
    pass_rate : DataFrame
        ``pass_rate`` of a :class:`QualityResult`.
    of : object
        What is drawn, for the marks of simulated data.
    """
    rows = pass_rate["subject"] + " · " + pass_rate["task"].map(lambda t: TASKS.get(t, t))
    wide = pass_rate.assign(row=rows).pivot_table(
        index="row", columns="channel", values="pass_rate", aggfunc="mean", sort=False
    )
    wide = wide.loc[(wide < 1).any(axis=1), (wide < 1).any()]
    wide = wide.loc[wide.mean(axis=1).sort_values(kind="stable").index[:MOST_ROWS]]
    made = []
    for start in range(0, wide.shape[1], _CHANNELS_A_MAP):
        part = wide.iloc[:, start : start + _CHANNELS_A_MAP]
        with figure(2.6 + 0.22 * part.shape[1], 2.4 + 0.2 * len(part), of) as each:
            axes = each.add_subplot()
            image = axes.imshow(100 * part, cmap="cividis", vmin=0, vmax=100, aspect="auto")
            axes.set_xticks(
                range(part.shape[1]), [channel_title(str(name)) for name in part], rotation=60,
                ha="right", rotation_mode="anchor",
            )  # fmt: skip
            axes.set_yticks(range(len(part)), list(part.index))
            axes.tick_params(length=0)
            each.colorbar(
                image, ax=axes, label="Cycles that pass (%)", location="top", shrink=0.7, aspect=30
            )
        made.append(each)
    return made


def worst_panels(pass_rate: pd.DataFrame, samples: Samples) -> list[tuple[str, str]]:
    """Return the task and channel pairs with most failing cycles, failing ones first."""
    share = pass_rate.groupby(["task", "channel"], sort=False)[["failed", "cycles"]].sum()
    order = (share["failed"] / share["cycles"]).sort_values(ascending=False, kind="stable").index
    return [pair for pair in order if pair in samples][:MOST_PANELS]


def plot_sample_curves(axes: "Axes", pair: tuple[str, str], samples: Samples) -> None:
    """Draw sample curves of a task and channel over the healthy band; those with a finding stand out."""
    task, channel = pair
    factor = shown_unit(channel)[1]
    if task in TASKS:
        rows, low, high = range_bands(task, "healthy")
        if channel in rows:
            row = rows[channel]
            axes.fill_between(
                PHASE_PERCENT, factor * low[row], factor * high[row], color=MUTED, alpha=0.25,
                linewidth=0,
            )  # fmt: skip
            found = normative_curves(task).of(channel)
            if found is not None:
                axes.plot(PHASE_PERCENT, factor * found[0], color=INK, linewidth=1.2, ls="--")
    good, bad = samples[pair]
    for curves, shade, alpha in ((good, PALETTE[0], 0.35), (bad, PALETTE[1], 0.7)):
        if len(curves):
            axes.plot(PHASE_PERCENT, factor * curves.T, color=shade, alpha=alpha, linewidth=0.8)
    curve_axes(axes, channel)
    shown = f"{TASKS.get(task, task)}: {len(good)} without, {len(bad)} with"
    axes.text(
        0.99, 0.98, shown, transform=axes.transAxes, ha="right", va="top", fontsize=7.5,
        color=MUTED,
    )  # fmt: skip
