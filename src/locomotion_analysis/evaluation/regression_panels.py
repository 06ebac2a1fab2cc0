"""The four panels of a regression."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from locomotion_analysis.evaluation.panel_style import (
    BLUE,
    SKY,
    VERMILLION,
    counted,
    draw_folds,
    quiet_axes,
    score_table,
    titled,
    write_summary,
)

_SCORES = {"mae": "Mean absolute error", "rmse": "Root mean square", "r2": "R²"}


def draw_regression(figure: Figure, results: dict[str, Any]) -> None:
    """Draw folds, agreement, subjects and summary into an empty figure."""
    target = results["target"] or "target"
    axes = figure.subplots(2, 2)
    draw_folds(
        axes[0, 0],
        results["cv_mae"],
        results["mean_mae"],
        results["intervals"].get("mae"),
        results["baseline"]["mae"],
    )
    error = f"Mean absolute error of {target}"
    axes[0, 0].set(ylabel=error)
    titled(axes[0, 0], "Error of each fold")
    _draw_agreement(axes[0, 1], results["predictions"], target)
    _draw_errors(axes[1, 0], results, error)
    write_summary(axes[1, 1], _summary(results))


def _draw_agreement(axes: Axes, predictions: pd.DataFrame, target: str) -> None:
    true, predicted = predictions["y_true"], predictions["y_pred"]
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    axes.plot(ends, ends, color="0.4", linewidth=1, label="perfect")
    axes.scatter(true, predicted, s=6, color=SKY, alpha=0.5, label="cycle", rasterized=True)
    if "subject" in predictions:
        means = predictions.groupby(predictions["subject"].to_numpy())[["y_true", "y_pred"]].mean()
        axes.scatter(means["y_true"], means["y_pred"], s=22, color=BLUE, label="mean of a subject")
    axes.set(xlabel=f"True {target}", ylabel=f"Predicted {target}")
    titled(axes, "Held-out predictions")
    quiet_axes(axes, grid="both")


def _draw_errors(axes: Axes, results: dict[str, Any], label: str) -> None:
    per_subject = results["per_subject_error"]
    if per_subject is None:
        axes.axis("off")
        axes.text(0.5, 0.5, "Subjects unknown", ha="center", transform=axes.transAxes)
        return
    errors = np.sort(per_subject["mae"].to_numpy())
    baseline = results["baseline"]["mae"]
    axes.plot(np.arange(1, len(errors) + 1), errors, "o", color=BLUE, markersize=4)
    axes.axhline(
        np.median(errors), color=BLUE, linewidth=1, label=f"median subject {np.median(errors):#.3g}"
    )
    axes.axhline(baseline, color=VERMILLION, linestyle="--", label=f"baseline {baseline:#.3g}")
    axes.set(xlabel="Subjects, by error", ylabel=label)
    titled(axes, "Error of each subject")
    axes.set_ylim(bottom=0)
    quiet_axes(axes)


def _summary(results: dict[str, Any]) -> list[str]:
    bias, interval = results["bias"], results["intervals"].get("bias")
    spread = f" ({interval[0]:#.3g} to {interval[1]:#.3g})" if interval else ""
    return [
        *score_table(results, _SCORES),
        "",
        f"Error of folds: {results['mean_mae']:#.3g} ± {results['std_mae']:#.3g} (SD)",
        f"Bias (predicted minus true): {bias:#.3g}{spread}",
        "",
        counted(results),
        "Baseline: mean of the training rows",
    ]
