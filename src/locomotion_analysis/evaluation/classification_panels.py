"""The four panels of a classification."""

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from locomotion_analysis.evaluation.panel_style import (
    BLUE,
    GREEN,
    MIDDLE_OF_SCALE,
    ORANGE,
    counted,
    draw_folds,
    quiet_axes,
    score_table,
    titled,
    write_summary,
)

_MEASURES = {"precision": BLUE, "recall": ORANGE, "f1-score": GREEN}
_SCORES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "F1, mean of classes",
}
_FEW = 4
_WRAP = 14


def draw_classification(figure: Figure, results: dict[str, Any], names: list[str]) -> None:
    """Draw folds, confusion matrix, classes and summary into an empty figure."""
    axes = figure.subplots(2, 2)
    draw_folds(
        axes[0, 0],
        results["cv_scores"],
        results["mean_accuracy"],
        results["intervals"].get("accuracy"),
        results["baseline"]["accuracy"],
    )
    axes[0, 0].set(ylim=(0, 1.02), ylabel="Accuracy")
    titled(axes[0, 0], "Accuracy of each fold")
    _draw_confusion(axes[0, 1], results["confusion_matrix"], names)
    _draw_classes(axes[1, 0], results, names)
    write_summary(axes[1, 1], _summary(results))


def _draw_confusion(axes: Axes, counts: NDArray[np.int64], names: list[str]) -> None:
    true_total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, true_total, out=np.zeros(counts.shape), where=true_total > 0)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    size = 10 if len(names) <= _FEW else 7
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if share[row, column] > MIDDLE_OF_SCALE else "black"
        text = f"{counts[row, column]}\n{share[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    _label_classes(axes, names)
    axes.set_yticks(np.arange(len(names)), _readable(names))
    axes.set(xlabel="Predicted", ylabel="True", title="Confusion matrix")
    axes.figure.colorbar(image, ax=axes, label="Share of the true class", shrink=0.85)


def _draw_classes(axes: Axes, results: dict[str, Any], names: list[str]) -> None:
    reports = [results["classification_report"][name] for name in results["class_names"]]
    ticks, width = np.arange(len(names)), 0.26
    for offset, (measure, colour) in enumerate(_MEASURES.items(), start=-1):
        values = [report[measure] for report in reports]
        axes.bar(ticks + offset * width, values, width, color=colour, label=measure.capitalize())
    counts = [f"({report['support']:.0f})" for report in reports]
    _label_classes(axes, [f"{name} {n}" for name, n in zip(names, counts, strict=True)])
    axes.set(ylim=(0, 1.02), xlabel="Class (held-out cycles)", ylabel="Score")
    titled(axes, "Precision, recall and F1 of each class")
    quiet_axes(axes)


def _label_classes(axes: Axes, names: list[str]) -> None:
    labels, ticks = _readable(names), np.arange(len(names))
    if len(names) > _FEW:
        axes.set_xticks(ticks, labels, rotation=40, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(ticks, ["\n".join(textwrap.wrap(label, _WRAP)) for label in labels])


def _readable(names: list[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]


def _summary(results: dict[str, Any]) -> list[str]:
    macro = results["classification_report"]["macro avg"]
    return [
        *score_table(results, _SCORES),
        "",
        f"Accuracy of folds: {results['mean_accuracy']:.3f} ± {results['std_accuracy']:.3f} (SD)",
        f"Precision and recall, mean of classes: {macro['precision']:.3f}, {macro['recall']:.3f}",
        "",
        counted(results),
        "Baseline: most frequent class of the training rows",
    ]
