"""Writing the figures of bench_features.py into docs/reference/benchmarks.md."""

from pathlib import Path

import matplotlib as mpl
from features_table import Line, Own, as_markdown, tables
from measured_page import DOCS, machine, write_part

FIGURE = DOCS / "benchmarks-features.svg"
OURS, THEIRS, GREY = "#0072B2", "#D55E00", "#666666"


def write_page(own: list[Own], lines: list[Line], data: str, sentence: str) -> None:
    """Replace the measured part of the page, and draw the figure."""
    draw(own[0].us, [line for line in lines if line.theirs_us is not None], FIGURE)
    ours, rivals = (as_markdown(rows) for rows in tables(own, lines))
    picture = f"![Cost of the same features a gait cycle]({FIGURE.name})"
    write_part("features", [f"{data}, {machine()}.", ours, sentence, picture, rivals])


def draw(floor_us: float, lines: list[Line], path: Path) -> None:
    """Draw one row a rival: its cost and ours, on a logarithmic scale."""
    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "locomotion-analysis"
    from matplotlib import pyplot as plt

    lines = sorted(lines, key=lambda line: line.theirs_us / line.ours_us)
    figure, axes = plt.subplots(figsize=(8.0, 0.9 + 0.38 * len(lines)), layout="constrained")
    theirs, ours = [line.theirs_us for line in lines], [line.ours_us for line in lines]
    rows = range(len(lines))
    axes.hlines(rows, ours, theirs, color="#cccccc", lw=2, zorder=1)
    axes.scatter(ours, rows, color=OURS, marker="o", s=45, zorder=2, label="locomotion-analysis")
    axes.scatter(theirs, rows, color=THEIRS, marker="s", s=45, zorder=2, label="the other way")
    axes.axvline(floor_us, color=GREY, ls="--", lw=1, zorder=0, label="one read of the curves")
    for row, line in zip(rows, lines, strict=True):
        ratio = line.theirs_us / line.ours_us
        text = f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"
        right = max(line.theirs_us, line.ours_us)
        axes.annotate(text, (right, row), (8, 0), textcoords="offset points", va="center")
    axes.set(xscale="log", xlabel="microseconds a gait cycle, same features of every channel")
    axes.set_yticks(list(rows), [line.rival.label for line in lines])
    axes.set_xlim(floor_us / 2, max(theirs) * 6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
