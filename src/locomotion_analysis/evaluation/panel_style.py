"""Colours and axes that the panels share (Okabe and Ito's colour-blind-safe palette)."""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, VERMILLION, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
MIDDLE_OF_SCALE = 0.55
MAX_FOLDS_NUMBERED = 20


def quiet_axes(axes: Axes, grid: Literal["both", "x", "y"] = "y") -> None:
    """Take away the frame's upper and right side and draw a light grid below the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="0.9")
    axes.set_axisbelow(True)


def titled(axes: Axes, title: str, ncols: int = 3) -> None:
    """Write the title, and the legend in one line between title and data."""
    axes.set_title(title, pad=26)
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=ncols, frameon=False, fontsize=9
    )


def draw_folds(
    axes: Axes,
    values: list[float],
    mean: float,
    interval: tuple[float, float] | None,
    baseline: float,
) -> None:
    """Draw one bar a fold, their mean, the pooled score's interval, and the baseline."""
    axes.bar(np.arange(1, len(values) + 1), values, color=SKY, width=0.7)
    axes.axhline(mean, color=BLUE, label=f"mean {mean:#.3g}")
    if interval is not None:
        text = f"95 % interval {interval[0]:#.3g} to {interval[1]:#.3g}"
        axes.axhspan(*interval, color=BLUE, alpha=0.18, linewidth=0, label=text)
    axes.axhline(baseline, color=VERMILLION, linestyle="--", label=f"baseline {baseline:#.3g}")
    axes.set_xlabel("Fold")
    if len(values) <= MAX_FOLDS_NUMBERED:
        axes.set_xticks(np.arange(1, len(values) + 1))
    quiet_axes(axes)


def score_table(results: dict[str, Any], titles: dict[str, str]) -> list[str]:
    """Return the summary's table: score, its 95 % interval and the baseline's score."""
    lines = [f"{'':<20}{'score':>8}  {'95 % interval':^18}  {'baseline':>8}"]
    for name, title in titles.items():
        low, high = results["intervals"].get(name, (np.nan, np.nan))
        interval = f"{_rounded(low)} to {_rounded(high)}" if np.isfinite(low) else "none"
        score, baseline = _rounded(results[name]), _rounded(results["baseline"][name])
        lines.append(f"{title:<20}{score:>8}  {interval:^18}  {baseline:>8}")
    return lines


def _rounded(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1 else f"{value:#.4g}"


def counted(results: dict[str, Any]) -> str:
    """Return how much was tested, and what the intervals are of."""
    subjects = results["n_subjects"]
    if subjects is None:
        return f"{results['n_cycles']} cycles of unknown subjects, hence no intervals"
    return (
        f"{subjects} subjects, {results['n_cycles']} cycles, {len(results['cv_scores'])} folds\n"
        "Intervals: bootstrap over subjects"
    )


def write_summary(axes: Axes, lines: list[str]) -> None:
    """Write the lines in a panel without axes."""
    axes.axis("off")
    axes.set_title("Summary")
    text = axes.text(
        0.0,
        0.93,
        "\n".join(lines),
        va="top",
        family="monospace",
        fontsize=9,
        linespacing=1.6,
        transform=axes.transAxes,
    )
    # Its width must not push the panels together.
    text.set_in_layout(False)
