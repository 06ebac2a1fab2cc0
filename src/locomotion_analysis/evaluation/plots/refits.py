"""Figures of studies that fit the model many times: permutations, growing training sets."""

from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.evaluation.permutation import PermutationTest
from locomotion_analysis.evaluation.plots.axes import METRIC_NAMES, axes_for
from locomotion_analysis.evaluation.report.style import PALETTE, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.6, 3.2)


def plot_permutation_test(test: PermutationTest, ax: "Axes | None" = None) -> "Axes":
    """Draw the score beside the scores of permuted labels.

    Parameters
    ----------
    test : PermutationTest
        From :func:`~locomotion_analysis.evaluation.permutation_test`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, simulated=test.simulated)
    ax.hist(
        test.permuted, bins="auto", color=PALETTE[4], edgecolor="white", label="permuted labels"
    )
    label = f"true labels (p = {test.p_value:.2g})"
    ax.axvline(test.score, color=PALETTE[1], linewidth=1.8, label=label)
    ax.set(xlabel=METRIC_NAMES[test.metric], ylabel="Permutations")
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax


def plot_learning_curve(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the score against the number of subjects trained on, with its 95 % band.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.learning_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, simulated=curve.attrs.get("simulated", False))
    subjects = curve["n_subjects"]
    ax.fill_between(
        subjects, curve["low"], curve["high"], color=PALETTE[0], alpha=0.15, linewidth=0,
        label="95 % over tested subjects",
    )  # fmt: skip
    ax.plot(subjects, curve["score"], "o-", color=PALETTE[0], linewidth=1.6)
    ax.set(xlabel="Subjects trained on", ylabel=METRIC_NAMES[curve["metric"].iloc[0]])
    ax.set_xlim(left=0)
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax
