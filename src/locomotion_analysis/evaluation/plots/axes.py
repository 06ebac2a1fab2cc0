"""Axes to draw on, marks they must carry, and names of the scores."""

from typing import TYPE_CHECKING

from locomotion_analysis.evaluation.report.style import WARNING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "macro_f1": "F1, mean of classes",
    "mae": "Mean absolute error",
    "rmse": "Root mean square error",
    "r2": "R²",
}


def axes_for(ax: "Axes | None", width: float, height: float, *, simulated: bool) -> "Axes":
    """Return the axes given, or new ones; simulated data is marked above them."""
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(width, height), layout="constrained").subplots()
        ax.spines[["top", "right"]].set_visible(False)
    if simulated:
        ax.set_title("SIMULATED DATA", loc="right", fontsize=8.5, fontweight="bold", color=WARNING)
    return ax
