"""Figures of a watch: curves then and now, and how each day went."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from locomotion_analysis.production.monitoring.drift.people import PHASES, People
from locomotion_analysis.reporting.names import shown_unit
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    colour,
    curve_axes,
    light_grid,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_then_and_now(axes: "Axes", reference: People, current: People, channel: str) -> None:
    """Draw the mean curve of the training people, ± 1 SD between them, and that of now.

    Parameters
    ----------
    axes : matplotlib Axes
    reference, current : People
        With curves of that channel.
    channel : str
        Its name; angles are drawn in degrees.
    """
    factor = shown_unit(channel)[1]
    phase = PHASE_PERCENT[list(PHASES)]
    then, now = (
        people.curves[:, :, people.channels.index(channel)] * factor
        for people in (reference, current)
    )
    mean, spread = np.nanmean(then, axis=0), np.nanstd(then, axis=0, ddof=1)
    axes.fill_between(phase, mean - spread, mean + spread, color=MUTED, alpha=0.25, linewidth=0)
    axes.plot(phase, mean, color=INK, linewidth=1.4, label=f"Training (n = {len(then)} people)")
    axes.plot(
        phase, np.nanmean(now, axis=0), color=PALETTE[1], linewidth=1.8, linestyle="--",
        label=f"Now (n = {len(now)} people)",
    )  # fmt: skip
    curve_axes(axes, channel)


def plot_days(axes: "Axes", daily: pd.DataFrame) -> None:
    """Draw the share of rows outside the training data, and of each class, by day."""
    days = pd.to_datetime(daily["day"])
    axes.plot(days, daily["outside"], color=INK, marker="o", markersize=3, label="Outside")
    shares = [name for name in map(str, daily) if name.startswith("share_")]
    for place, name in enumerate(shares):
        label = name.removeprefix("share_")
        axes.plot(days, daily[name], color=colour(place), linewidth=1.2, label=f"Called {label}")
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel("Share of rows")
    locator = AutoDateLocator(minticks=2, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    light_grid(axes)
