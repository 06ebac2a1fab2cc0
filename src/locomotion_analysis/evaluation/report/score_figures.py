"""Figures of how well the model did: scores, errors by class, by subject, by feature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.evaluation.report.scores import Score
from locomotion_analysis.evaluation.report.style import (
    INK,
    MUTED,
    PALETTE,
    RULE,
    figure,
    light_grid,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scores_figure(scores: Sequence[Score], *, simulated: bool) -> "Figure":
    """Draw every score with its interval as a dot and bar, and the baseline as a diamond."""
    with figure(7.4, 0.9 + 0.42 * len(scores), simulated=simulated) as made:
        axes = made.subplots()
        rows = np.arange(len(scores))[::-1]
        values = np.array([score.value for score in scores])
        bars = np.array([(score.value - score.low, score.high - score.value) for score in scores])
        axes.errorbar(
            values,
            rows,
            xerr=np.clip(bars.T, 0.0, None),
            fmt="o",
            color=PALETTE[0],
            capsize=3,
            markersize=7,
            label="model, 95 % interval over subjects",
        )
        axes.plot(
            [score.baseline for score in scores],
            rows,
            "D",
            color="white",
            markeredgecolor=PALETTE[1],
            markersize=6,
            label="baseline",
        )
        axes.set_yticks(rows, [score.name for score in scores])
        axes.tick_params(axis="y", labelcolor=INK, length=0)
        axes.set_ylim(-0.6, len(scores) - 0.4)
        axes.set_xlim(min(0.0, float((values - bars[:, 0]).min())) - 0.02, 1.02)
        axes.set_xlabel("Score")
        light_grid(axes, "x")
        made.legend(loc="outside lower right", ncols=2)
    return made


def confusion_figure(
    matrix: NDArray[np.int64], names: Sequence[str], *, simulated: bool
) -> "Figure":
    """Draw the confusion matrix, shaded by the share of each true class."""
    counts = np.asarray(matrix)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(2.6, 0.85 * len(names))
    with figure(side + 1.9, side + 0.7, simulated=simulated) as made:
        axes = made.subplots()
        axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
        for row, column in np.ndindex(*counts.shape):
            axes.text(
                column,
                row,
                f"{share[row, column]:.0%}\n{counts[row, column]:,}",
                ha="center",
                va="center",
                fontsize=8.5,
                color="white" if share[row, column] > 0.55 else INK,
            )
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("Predicted")
        axes.set_ylabel("True")
        axes.tick_params(length=0, labelcolor=INK)
        axes.spines[:].set_visible(False)
    return made


def subjects_figure(values: NDArray[np.float64], label: str, *, simulated: bool) -> "Figure":
    """Draw how a score is spread over the subjects, with its median.

    Parameters
    ----------
    values : ndarray, shape (n_subjects,)
        Score of each subject.
    label : str
        What the score is; an accuracy is drawn from 0 to 1.
    """
    from matplotlib.ticker import MaxNLocator

    share = label.lower().endswith("accuracy")
    with figure(4.6, 3.0, simulated=simulated) as made:
        axes = made.subplots()
        bins = [step / 10 for step in range(11)] if share else 12
        axes.hist(values, bins=bins, color=PALETTE[4], edgecolor="white", linewidth=1.0)
        median = float(np.median(values))
        axes.axvline(median, color=PALETTE[0], linewidth=1.6, label=f"median {median:.2f}")
        axes.set_xlabel(label)
        axes.set_ylabel("Subjects")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        light_grid(axes)
        made.legend(loc="outside lower center")
    return made


def importances_figure(
    names: Sequence[str],
    values: NDArray[np.float64],
    deviations: NDArray[np.float64],
    *,
    simulated: bool,
) -> "Figure":
    """Draw the importance of features as bars, the largest on top, with ± 1 SD over folds."""
    with figure(7.4, 0.7 + 0.24 * len(names), simulated=simulated) as made:
        axes = made.subplots()
        rows = np.arange(len(names))[::-1]
        errors = {"ecolor": MUTED, "elinewidth": 0.8}
        axes.barh(rows, values, xerr=deviations, color=PALETTE[0], height=0.68, error_kw=errors)
        axes.set_yticks(rows, names)
        axes.tick_params(axis="y", labelcolor=INK, length=0)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(0.0, float((values + deviations).max()) * 1.03 or 1.0)
        axes.set_xlabel("Importance")
        light_grid(axes, "x")
    return made


def agreement_figure(
    observed: NDArray[np.float64],
    predicted: NDArray[np.float64],
    subjects: NDArray[Any],
    label: str,
    *,
    simulated: bool,
) -> "Figure":
    """Draw predictions against observations, cycles as haze and subjects as points."""
    codes = np.unique(subjects, return_inverse=True)[1]
    count = np.bincount(codes)
    means = [np.bincount(codes, weights=each) / count for each in (observed, predicted)]
    low, high = min(observed.min(), predicted.min()), max(observed.max(), predicted.max())
    with figure(4.6, 4.4, simulated=simulated) as made:
        axes = made.subplots()
        axes.plot([low, high], [low, high], color=MUTED, linewidth=1.0, label="perfect")
        axes.scatter(observed, predicted, s=5, color=RULE, zorder=1, rasterized=True, label="cycle")
        axes.scatter(
            means[0], means[1], s=22, color=PALETTE[0], zorder=3, label="mean of a subject"
        )
        axes.set_xlabel(f"Observed {label}")
        axes.set_ylabel(f"Predicted {label}")
        axes.set_aspect("equal", adjustable="datalim")
        light_grid(axes, "both")
        made.legend(loc="outside lower center", ncols=3)
    return made
