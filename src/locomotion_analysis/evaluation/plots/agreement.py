"""Bland and Altman's figure: error against size."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from locomotion_analysis.evaluation.agreement import agreement
from locomotion_analysis.evaluation.metric_sums import tested_subjects
from locomotion_analysis.evaluation.plots.axes import axes_for
from locomotion_analysis.evaluation.report.labels import value_title
from locomotion_analysis.evaluation.report.style import MUTED, PALETTE, RULE, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = {"bias": ("-", "bias"), "lower_limit": ("--", "95 % limits of agreement"),
          "upper_limit": ("--", "_upper")}  # fmt: skip


def plot_agreement(results: Mapping[str, Any], ax: "Axes | None" = None) -> "Axes":
    """Draw errors against the mean of predicted and observed, with bias and limits.

    Parameters
    ----------
    results : dict
        What ``evaluate_regression`` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``: cycles grey, means of subjects blue, bands the 95 % intervals
        over subjects.
    """
    ax = axes_for(ax, 5.4, 3.8, simulated=results["simulated"])
    measures = agreement(results)
    values = results["predictions"][["y_true", "y_pred"]].reset_index(drop=True)
    subject, _ = tested_subjects(results)
    for table, size, shade, label in (
        (values, 5, RULE, "cycle"),
        (values.groupby(subject).mean(), 22, PALETTE[0], "mean of a subject"),
    ):
        ax.scatter(
            table.mean(axis=1), table["y_pred"] - table["y_true"], s=size, color=shade,
            label=label, rasterized=True,
        )  # fmt: skip
    for name, (style, legend) in _LINES.items():
        value, low, high = measures.loc[[name]].to_numpy(dtype=float)[0]
        ax.axhline(value, color=PALETTE[1], linestyle=style, label=legend)
        ax.axhspan(low, high, color=PALETTE[1], alpha=0.1, linewidth=0)
    ax.axhline(0.0, color=MUTED, linewidth=0.6)
    target = value_title(results["target"] or "target").lower()
    ax.set(xlabel=f"Mean of predicted and observed {target}", ylabel="Predicted minus observed")
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=8)
    return ax
