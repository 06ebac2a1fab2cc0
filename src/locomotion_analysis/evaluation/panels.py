"""An evaluation in four panels: folds, errors, classes or subjects, and a summary."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.plots import plot_confusion_matrix, plot_predictions
from locomotion_analysis.files import atomic_path
from locomotion_analysis.reporting.names import METRIC_NAMES, TaskNames, class_names, value_title
from locomotion_analysis.reporting.style import PALETTE, figure, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_SIZE_INCHES = (10.5, 8.6)
_DPI = 150
_BLUE, _VERMILLION, _GREEN, _SKY, _ORANGE = (PALETTE[place] for place in (0, 1, 2, 4, 5))
_MEASURES = {"precision": _BLUE, "recall": _ORANGE, "f1-score": _GREEN}
_MOST_FOLDS_NUMBERED = 20


def plot_evaluation(
    results: dict[str, Any],
    task_names: TaskNames | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    show: bool = False,
) -> "Figure":
    """Draw the results of an evaluation in four panels.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    task_names : sequence of str or mapping from class to name, optional
        Names of the classes; default: those of the evaluation.
    path : path-like, optional
        File to write (PNG, PDF, SVG by its ending); without it nothing is written.
    show : bool
        Open a window (pyplot).

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    SchemaError
        If `results` are empty, names do not fit, or the file's ending is no picture format.
    """
    if not results:
        raise SchemaError(
            expected="results of an evaluation",
            got="none",
            fix="call evaluate_classification first",
        )
    names = results.get("class_names")
    if task_names is not None:
        names = class_names(np.array(results["classes"]), task_names)
    with figure(*_SIZE_INCHES, results, window=show) as made:
        (folds, errors), (parts, summary) = made.subplots(2, 2)
        if results["kind"] == "regression":
            _draw_regression(folds, errors, parts, summary, results)
        else:
            _draw_classification(folds, errors, parts, summary, results, names or ())
    if path is not None:
        save_figure(made, path)
    if show:
        from matplotlib import pyplot as plt

        plt.show()
    return made


def save_figure(made: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure to a file, whole or not at all.

    Raises
    ------
    SchemaError
        If the ending is not one of a picture format.
    """
    ending = Path(path).suffix[1:].lower() or "png"
    supported = made.canvas.get_supported_filetypes()
    if ending not in supported:
        raise SchemaError(
            expected="a file name with one of the endings " + ", ".join(sorted(supported)),
            got=f".{ending}",
            where=str(path),
            fix="for example report.png",
        )
    with atomic_path(path) as temporary:
        made.savefig(temporary, format=ending, dpi=_DPI)


def _draw_classification(
    folds: "Axes", errors: "Axes", parts: "Axes", summary: "Axes",
    results: dict[str, Any], names: Sequence[str],
) -> None:  # fmt: skip
    _draw_folds(folds, results, "cv_scores", "accuracy")
    folds.set(ylim=(0, 1.02), ylabel="Accuracy")
    _titled(folds, "Accuracy of each fold")
    plot_confusion_matrix(results, errors, names)
    errors.set_title("Confusion matrix")
    reports = [results["classification_report"][name] for name in results["class_names"]]
    ticks, width = np.arange(len(names)), 0.26
    for offset, (measure, shade) in enumerate(_MEASURES.items(), start=-1):
        values = [report[measure] for report in reports]
        parts.bar(ticks + offset * width, values, width, color=shade, label=measure.capitalize())
    labels = [
        f"{value_title(name)} ({report['support']:.0f})"
        for name, report in zip(names, reports, strict=True)
    ]
    parts.set_xticks(ticks, labels, rotation=30, ha="right", rotation_mode="anchor")
    parts.set(ylim=(0, 1.02), xlabel="Class (held-out cycles)", ylabel="Score")
    _titled(parts, "Precision, recall and F1 of each class")
    macro = results["classification_report"]["macro avg"]
    lines = [
        f"Accuracy of folds: {results['mean_accuracy']:.3f} ± {results['std_accuracy']:.3f} (SD)",
        f"Precision and recall, mean of classes: {macro['precision']:.3f}, {macro['recall']:.3f}",
    ]
    _write_summary(
        summary, results, ("accuracy", "balanced_accuracy", "macro_f1"), lines,
        "most frequent class of the training rows",
    )  # fmt: skip


def _draw_regression(
    folds: "Axes", errors: "Axes", parts: "Axes", summary: "Axes", results: dict[str, Any]
) -> None:
    error = f"Mean absolute error of {results['target'] or 'target'}"
    _draw_folds(folds, results, "cv_mae", "mae")
    folds.set_ylabel(error)
    _titled(folds, "Error of each fold")
    plot_predictions(results, errors)
    _titled(errors, "Held-out predictions")
    if results["per_subject_error"] is None:
        parts.axis("off")
        parts.text(0.5, 0.5, "Subjects unknown", ha="center", transform=parts.transAxes)
    else:
        each = np.sort(results["per_subject_error"]["mae"].to_numpy())
        median, baseline = np.median(each), results["baseline"]["mae"]
        parts.plot(np.arange(1, len(each) + 1), each, "o", color=_BLUE, markersize=4)
        parts.axhline(median, color=_BLUE, linewidth=1, label=f"median subject {median:#.3g}")
        parts.axhline(
            baseline, color=_VERMILLION, linestyle="--", label=f"baseline {baseline:#.3g}"
        )
        parts.set(xlabel="Subjects, by error", ylabel=error)
        _titled(parts, "Error of each subject")
        parts.set_ylim(bottom=0)
    bias, interval = results["bias"], results["intervals"].get("bias")
    spread = f" ({interval[0]:#.3g} to {interval[1]:#.3g})" if interval else ""
    lines = [
        f"Error of folds: {results['mean_mae']:#.3g} ± {results['std_mae']:#.3g} (SD)",
        f"Bias (predicted minus true): {bias:#.3g}{spread}",
    ]
    _write_summary(summary, results, ("mae", "rmse", "r2"), lines, "mean of the training rows")


def _draw_folds(axes: "Axes", results: dict[str, Any], folds: str, metric: str) -> None:
    """Draw one bar a fold, their mean, the pooled score's interval, and the baseline."""
    values, mean = results[folds], results[f"mean_{metric}"]
    interval, baseline = results["intervals"].get(metric), results["baseline"][metric]
    axes.bar(np.arange(1, len(values) + 1), values, color=_SKY, width=0.7)
    axes.axhline(mean, color=_BLUE, label=f"mean {mean:#.3g}")
    if interval is not None:
        text = f"95 % interval {interval[0]:#.3g} to {interval[1]:#.3g}"
        axes.axhspan(*interval, color=_BLUE, alpha=0.18, linewidth=0, label=text)
    axes.axhline(baseline, color=_VERMILLION, linestyle="--", label=f"baseline {baseline:#.3g}")
    axes.set_xlabel("Fold")
    if len(values) <= _MOST_FOLDS_NUMBERED:
        axes.set_xticks(np.arange(1, len(values) + 1))


def _titled(axes: "Axes", title: str) -> None:
    """Write the title, and the legend in one line between title and data."""
    axes.set_title(title, pad=22)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.2,
    )  # fmt: skip
    light_grid(axes)


def _write_summary(
    axes: "Axes", results: dict[str, Any], metrics: Sequence[str], extra: list[str], baseline: str
) -> None:
    """Write scores, intervals and sizes in a panel without axes."""
    codes = Counter(text.partition(":")[0] for text in results.get("identity", ()))
    doubts = ", ".join(f"{code} ({count})" for code, count in codes.items())
    lines = [f"Who is who is open: {doubts}", ""] if doubts else []
    lines.append(f"{'':<24}{'score':>8}  {'95 % interval':^18}  {'baseline':>8}")
    for name in metrics:
        low, high = results["intervals"].get(name, (np.nan, np.nan))
        interval = f"{_rounded(low)} to {_rounded(high)}" if np.isfinite(low) else "none"
        score, base = _rounded(results[name]), _rounded(results["baseline"][name])
        lines.append(f"{METRIC_NAMES[name]:<24}{score:>8}  {interval:^18}  {base:>8}")
    subjects, cycles = results["n_subjects"], results["n_cycles"]
    counted = (
        [f"{cycles} cycles of unknown subjects, hence no intervals"]
        if subjects is None
        else [
            f"{subjects} subjects, {cycles} cycles, {len(results['cv_scores'])} folds",
            "Intervals: 95 % over subjects",
        ]
    )
    axes.axis("off")
    axes.set_title("Summary")
    text = axes.text(
        0.0, 0.93, "\n".join([*lines, "", *extra, "", *counted, f"Baseline: {baseline}"]),
        va="top", family="monospace", fontsize=8, linespacing=1.6, transform=axes.transAxes,
    )  # fmt: skip
    # Its width must not push the panels together.
    text.set_in_layout(False)


def _rounded(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1 else f"{value:#.4g}"
