"""The hardest cycles: those that the model got most wrong, found and drawn.

A hardest cycle is one that the model got most wrong, drawn over the bands of the class it is of
and the class it was taken for.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import rows_of_predictions
from locomotion_analysis.evaluation.probability import has_probabilities, held_out_probabilities
from locomotion_analysis.evaluation.subject_scores import tested_subjects
from locomotion_analysis.plots.curves import class_curve, main_channels
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    PALETTE,
    PANEL_INCHES,
    axes_for,
    curve_axes,
    figure,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["hardest_cycles", "plot_gallery"]


_GALLERY_CHANNELS = 3


def hardest_cycles(results: Mapping[str, Any], cycles: pd.DataFrame, n: int = 6) -> pd.DataFrame:
    """Return the cycles that were most wrong, one a subject.

    Most wrong is the wrong class with the largest probability over the true one; without
    probabilities, a wrong class from a subject whose cycles are most often wrong; of a number,
    the largest error.

    Parameters
    ----------
    results : dict
        What an evaluation returned, its predictions indexed by the cycle key.
    cycles : DataFrame
        ``data.cycles``.
    n : int
        How many at most, one of each subject: a subject's cycles tend to be wrong together.

    Returns
    -------
    DataFrame
        Worst first: ``row`` (position in `cycles`), ``subject``, ``y_true``, ``y_pred`` and
        ``wrongness`` (probability of the predicted class minus that of the true one; share of
        the subject's cycles that are wrong; or absolute error). Empty if nothing is wrong.

    Raises
    ------
    SchemaError
        If predictions and cycles cannot be matched, or `n` is not positive.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> from locomotion_analysis.features import feature_table
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> X, y = feature_table(data, ["temporal"]).frame, data.cycles["pathology"].to_numpy()
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(DummyClassifier(), X, y, data.groups)
    >>> hardest_cycles(results, data.cycles, n=2).columns.tolist()
    ['row', 'subject', 'y_true', 'y_pred', 'wrongness']
    """
    if n < 1:
        raise SchemaError(expected="at least one cycle", got=str(n), where="n", fix="ask for more")
    table = results["predictions"]
    subject, names = tested_subjects(results)
    wrong = _wrongness(results, subject)
    found = pd.DataFrame(
        {
            "row": rows_of_predictions(results, cycles),
            "subject": names[subject],
            "y_true": table["y_true"].to_numpy(),
            "y_pred": table["y_pred"].to_numpy(),
            "wrongness": wrong,
        }
    )
    worst = found[found["wrongness"] > 0].sort_values("wrongness", ascending=False, kind="stable")
    return worst.drop_duplicates("subject").head(n).reset_index(drop=True)


def _wrongness(results: Mapping[str, Any], subject: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how wrong each held-out cycle is; 0 for those that are right."""
    table = results["predictions"]
    true, predicted = (table[name].to_numpy() for name in ("y_true", "y_pred"))
    if results["kind"] == "regression":
        return np.asarray(np.abs(predicted.astype(float) - true.astype(float)))
    wrong = true != predicted
    if not has_probabilities(results):
        share = np.bincount(subject, wrong) / np.bincount(subject)
        return np.where(wrong, share[subject], 0.0)
    given = held_out_probabilities(results)
    called = pd.Index(given.classes).get_indexer(pd.Index(predicted))
    probability = given.probability[np.arange(len(called)), called]
    own = (given.probability * given.truth).sum(axis=1)
    # A model whose threshold is not one half may choose the class of smaller probability.
    return np.where(wrong, np.maximum(probability - own, np.finfo(float).tiny), 0.0)


def plot_hard_cycle(
    data: LocomotionData,
    row: int,
    channel: str,
    labels: NDArray[Any],
    bands: Sequence[Any],
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw one cycle over mean ± 1 SD between subjects of classes, its own subject left out.

    Parameters
    ----------
    data : LocomotionData
        All cycles.
    row : int
        Position of the cycle.
    channel : str
        Channel to draw.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.
    bands : sequence
        Classes to draw as bands, the true one first; of cycles of the same task.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *PANEL_INCHES, data)
    factor = shown_unit(channel)[1]
    curves, groups = data.curves(channel), data.groups
    tasks = data.cycles["task"].to_numpy()
    # Where the task is what is predicted, a band of the same task would be one class only.
    comparable = np.array(groups != groups[row])
    if not set(bands) <= set(tasks):
        comparable &= tasks == tasks[row]
    for position, name in enumerate(bands):
        chosen = comparable & (labels == name) & np.isfinite(curves).any(axis=1)
        if not chosen.any():
            continue
        band = class_curve(curves[chosen], groups[chosen], factor)
        low, high = band.mean - band.deviation, band.mean + band.deviation
        shade = PALETTE[position]
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.2, linewidth=0,
                        label=f"{value_title(name)} (mean ± SD)")  # fmt: skip
        ax.plot(PHASE_PERCENT, band.mean, color=shade, linewidth=0.9, linestyle="--")
    ax.plot(PHASE_PERCENT, curves[row] * factor, color=INK, linewidth=1.5, label="this cycle")
    curve_axes(ax, channel)
    return ax


def plot_gallery(
    data: LocomotionData,
    hardest: pd.DataFrame,
    labels: NDArray[Any],
    channels: Sequence[str] | None = None,
) -> "Figure":
    """Draw the hardest cycles, one row a cycle, one column a channel.

    Parameters
    ----------
    data : LocomotionData
        The cycles that were predicted.
    hardest : DataFrame
        From :func:`hardest_cycles`.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle; of a number, its third.
    channels : sequence of str, optional
        Default: the first three of the ipsilateral leg.

    Returns
    -------
    matplotlib.figure.Figure
        Its axes can be restyled.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> from locomotion_analysis.features import feature_table
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> X, y = feature_table(data, ["temporal"]).frame, data.cycles["pathology"].to_numpy()
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(DummyClassifier(), X, y, data.groups)
    >>> hardest = hardest_cycles(results, data.cycles, n=2)
    >>> len(plot_gallery(data, hardest, y, ["knee_flexion_angle_ipsi_rad"]).axes)
    2
    """
    channels = list(channels or main_channels(data, _GALLERY_CHANNELS))
    width, height = PANEL_INCHES[0] * len(channels), PANEL_INCHES[1] * len(hardest) + 0.7
    with figure(width, height, data) as made:
        grid = made.subplots(len(hardest), len(channels), squeeze=False, sharex=True)
        for axes, cycle in zip(grid, hardest.to_dict("records"), strict=True):
            for ax, channel in zip(axes, channels, strict=True):
                plot_hard_cycle(
                    data, int(cycle["row"]), channel, labels, hard_cycle_bands(cycle, labels), ax
                )
            axes[0].set_title(
                f"{hard_cycle_title(cycle)}\n{axes[0].get_title(loc='left')}", loc="left"
            )
    return made


def hard_cycle_bands(cycle: dict[Any, Any], labels: NDArray[Any]) -> list[Any]:
    """Return the classes to draw a cycle over: the true one, and the one it was taken for."""
    known = set(labels)
    classes = [name for name in (cycle["y_true"], cycle["y_pred"]) if name in known]
    return classes or [labels[int(cycle["row"])]]


def hard_cycle_title(cycle: dict[Any, Any]) -> str:
    """Say whose cycle it is, and what it was taken for."""
    true, called = cycle["y_true"], cycle["y_pred"]
    if isinstance(true, float):
        return f"{cycle['subject']}: {true:.3g} predicted as {called:.3g}"
    return f"{cycle['subject']}: {value_title(true)} taken for {value_title(called)} (wrong by {cycle['wrongness']:.2f})"
