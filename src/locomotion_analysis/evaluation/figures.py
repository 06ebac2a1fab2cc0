"""The figure of an evaluation: four panels."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.class_names import TaskNames, class_names
from locomotion_analysis.evaluation.classification_panels import draw_classification
from locomotion_analysis.evaluation.panel_style import VERMILLION
from locomotion_analysis.evaluation.regression_panels import draw_regression
from locomotion_analysis.files import atomic_path

_SIZE_INCHES = (12.0, 9.5)
_PAD_INCHES = 0.12
_DPI = 150


def plot_evaluation(
    results: dict[str, Any],
    task_names: TaskNames | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    show: bool = False,
) -> Figure:
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
    figure = _new_figure(show)
    if results["kind"] == "regression":
        draw_regression(figure, results)
    else:
        names = results["class_names"]
        if task_names is not None:
            names = class_names(np.array(results["classes"]), task_names)
        draw_classification(figure, results, names)
    if notice := overlap_notice(results):
        figure.suptitle(notice, color=VERMILLION, fontweight="bold", fontsize=12)
    if path is not None:
        save_figure(figure, path)
    if show:
        import matplotlib.pyplot as plt

        plt.show()
    return figure


def overlap_notice(results: dict[str, Any]) -> str:
    """Return what must stand on every figure of these results; empty if nothing must."""
    notices = []
    if results["subject_overlap"]:
        notices.append(
            "SUBJECT OVERLAP: the same people may be in training and test; not a score for new people"
        )
    if results["simulated"]:
        notices.append("Simulated data")
    return "\n".join(notices)


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file, whole or not at all.

    Raises
    ------
    SchemaError
        If the ending is not one of a picture format.
    """
    ending = Path(path).suffix[1:].lower() or "png"
    supported = figure.canvas.get_supported_filetypes()
    if ending not in supported:
        raise SchemaError(
            expected="a file name with one of the endings " + ", ".join(sorted(supported)),
            got=f".{ending}",
            where=str(path),
            fix="for example report.png",
        )
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=ending, dpi=_DPI)


def _new_figure(show: bool) -> Figure:
    layout = ConstrainedLayoutEngine(w_pad=_PAD_INCHES, h_pad=_PAD_INCHES)
    if not show:
        return Figure(figsize=_SIZE_INCHES, layout=layout)
    import matplotlib.pyplot as plt

    figure: Figure = plt.figure(figsize=_SIZE_INCHES, layout=layout)
    return figure
