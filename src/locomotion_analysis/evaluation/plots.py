"""Figures of an evaluation, each on axes of your own; all take what the tables' functions return."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.checks import PermutationTest
from locomotion_analysis.evaluation.metrics import headline_scores
from locomotion_analysis.evaluation.subject_scores import agreement, tested_subjects
from locomotion_analysis.reporting.names import (
    METRIC_NAMES,
    feature_title,
    in_sentence,
    p_equals,
    value_title,
)
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    axes_for,
    colour,
    light_grid,
    line_style,
    row_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from locomotion_analysis.evaluation.early_classification import EarlyClassification


__all__ = [
    "plot_agreement",
    "plot_calibration",
    "plot_confusion_matrix",
    "plot_early_classification",
    "plot_fairness",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_permutation_test",
    "plot_precision_recall",
    "plot_predictions",
    "plot_robustness",
    "plot_roc",
    "plot_scores",
    "plot_subject_scores",
]

ROWS_WIDTH = 4.8
"""Width of a figure of rows with names, inches."""
_SQUARE = (4.6, 4.4)
_SMALL = (4.6, 3.2)
_FEW_CLASSES = 4
_IMPORTANCE = {
    "feature_importances_": "Importance reported by the model",
    "coef_": "Mean |coefficient|",
}
_LIMITS = {"bias": ("-", "bias"), "lower_limit": ("--", "95 % limits of agreement"),
           "upper_limit": ("--", "_upper")}  # fmt: skip


def rows_height(rows: int) -> float:
    """Return the height of a figure of that many rows, inches."""
    return 0.9 + 0.25 * rows


def plot_scores(results: Mapping[str, Any], ax: "Axes | None" = None) -> "Axes":
    """Draw every score of a classification with its 95 % interval, and the baseline's.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> plot_scores(results).get_xlabel()
    'Score'
    """
    found = headline_scores(results, results["kind"])
    ax = axes_for(ax, ROWS_WIDTH, 0.5 + rows_height(len(found)), results)
    rows = row_axes(ax, [score.name for score in found])
    values = np.array([score.value for score in found])
    ends = np.array([(score.value - score.low, score.high - score.value) for score in found])
    ax.errorbar(
        values, rows, xerr=np.clip(ends.T, 0.0, None), fmt="o", color=PALETTE[0], capsize=3,
        markersize=7, label="model, 95 % interval over subjects",
    )  # fmt: skip
    ax.plot(
        [score.baseline for score in found], rows, "D", color="white",
        markeredgecolor=PALETTE[1], markersize=6, label="baseline",
    )  # fmt: skip
    ax.set_xlim(min(0.0, float((values - ends[:, 0]).min())) - 0.02, 1.02)
    ax.set_xlabel("Score")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=2, fontsize=8, frameon=False)
    return ax


def plot_confusion_matrix(
    results: Mapping[str, Any], ax: "Axes | None" = None, names: Sequence[str] | None = None
) -> "Axes":
    """Draw how many cycles of each true class were predicted as which, shaded by their share.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    names : sequence of str, optional
        Names of the classes; default: those of the evaluation.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> plot_confusion_matrix(results).get_xlabel()
    'Predicted'
    """
    titles = [value_title(name) for name in names or results["class_names"]]
    counts = np.asarray(results["confusion_matrix"])
    ax = axes_for(ax, *confusion_size(len(titles)), results)
    true_total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, true_total, out=np.zeros(counts.shape), where=true_total > 0)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    size = 9.0 if len(titles) <= _FEW_CLASSES else 7.0
    for row, column in np.ndindex(*counts.shape):
        shade = "white" if share[row, column] > 0.55 else INK
        text = f"{counts[row, column]:,}\n{share[row, column]:.0%}"
        ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=size)
    ticks = range(len(titles))
    ax.set_xticks(ticks, titles, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks(ticks, titles)
    ax.set(xlabel="Predicted", ylabel="True")
    ax.tick_params(length=0, labelcolor=INK)
    ax.spines[:].set_visible(False)
    return ax


def confusion_size(n_classes: int) -> tuple[float, float]:
    """Return width and height of a confusion matrix of so many classes, inches."""
    side = min(max(2.3, 0.75 * n_classes), 5.4)
    return side + 1.6, side + 1.0


def plot_predictions(results: Mapping[str, Any], ax: "Axes | None" = None) -> "Axes":
    """Draw predictions against observations: cycles as small points, means of subjects as large.

    Parameters
    ----------
    results : dict
        What ``evaluate_regression`` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. On the line a prediction is perfect.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None], 2.0, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_regression
    >>> results = run(LinearRegression(), X, subjects / 10, subjects)
    >>> plot_predictions(results).get_xlabel()
    'Observed target'
    """
    target = in_sentence(feature_title(results["target"] or "target"))
    ax = axes_for(ax, *_SQUARE, results)
    values = results["predictions"][["y_true", "y_pred"]]
    ends = [values.to_numpy().min(), values.to_numpy().max()]
    ax.plot(ends, ends, color=MUTED, linewidth=1.0, label="perfect")
    _cycles_and_subjects(ax, results, lambda table: (table["y_true"], table["y_pred"]))
    ax.set(xlabel=f"Observed {target}", ylabel=f"Predicted {target}")
    ax.set_aspect("equal", adjustable="datalim")
    light_grid(ax, "both")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize=8, frameon=False)
    return ax


def plot_agreement(results: Mapping[str, Any], ax: "Axes | None" = None) -> "Axes":
    """Draw errors against the mean of predicted and observed, with bias and limits.

    Bland and Altman's figure.

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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None], 2.0, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_regression
    >>> results = run(LinearRegression(), X, subjects / 10, subjects)
    >>> plot_agreement(results).get_ylabel()
    'Predicted minus observed'
    """
    ax = axes_for(ax, 5.4, 3.8, results)
    measures = agreement(results)
    _cycles_and_subjects(
        ax, results, lambda table: (table.mean(axis=1), table["y_pred"] - table["y_true"])
    )
    for name, (style, legend) in _LIMITS.items():
        value, low, high = measures.loc[[name]].to_numpy(dtype=float)[0]
        ax.axhline(value, color=PALETTE[1], linestyle=style, label=legend)
        ax.axhspan(low, high, color=PALETTE[1], alpha=0.1, linewidth=0)
    ax.axhline(0.0, color=MUTED, linewidth=0.6)
    target = in_sentence(feature_title(results["target"] or "target"))
    ax.set(xlabel=f"Mean of predicted and observed {target}", ylabel="Predicted minus observed")
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=8, frameon=False)
    return ax


def _cycles_and_subjects(
    ax: "Axes",
    results: Mapping[str, Any],
    place: Callable[[pd.DataFrame], tuple["pd.Series[float]", "pd.Series[float]"]],
) -> None:
    values = results["predictions"][["y_true", "y_pred"]].reset_index(drop=True)
    x, y = place(values)
    ax.scatter(x, y, s=5, color="#b9c4cc", zorder=1, rasterized=True, label="cycle")
    if "subject" not in results["predictions"]:
        return
    means = values.groupby(tested_subjects(results)[0]).mean()
    x, y = place(means)
    ax.scatter(x, y, s=22, color=PALETTE[0], zorder=3, label="mean of a subject")


def plot_subject_scores(results: Mapping[str, Any], ax: "Axes | None" = None) -> "Axes":
    """Draw how the score is spread over the subjects, with its median.

    Parameters
    ----------
    results : dict
        What an evaluation returned; of a classification the accuracy of each subject's cycles is
        drawn, of a regression their mean absolute error.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> plot_subject_scores(results).get_ylabel()
    'Subjects'
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes_for(ax, 4.6, 3.0, results)
    values, label = subject_scores(results)
    bins = 12 if results["kind"] == "regression" else [step / 10 for step in range(11)]
    ax.hist(values, bins=bins, color=PALETTE[4], edgecolor="white", linewidth=1.0)
    median = float(values.median())
    ax.axvline(median, color=PALETTE[0], linewidth=1.6, label=f"median {median:.3g}")
    ax.set(xlabel=label, ylabel="Subjects")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=8, frameon=False)
    return ax


def subject_scores(results: Mapping[str, Any]) -> "tuple[pd.Series[float], str]":
    """Return one score a subject and what it is."""
    if results["kind"] == "regression":
        return results["per_subject_error"]["mae"], METRIC_NAMES["mae"]
    return results["per_subject_accuracy"].astype(float), METRIC_NAMES["accuracy"]


def plot_feature_importances(
    results: Mapping[str, Any], top: int = 20, ax: "Axes | None" = None
) -> "Axes":
    """Draw the most important features, largest on top, with ± 1 SD over the folds.

    Parameters
    ----------
    results : dict
        What an evaluation returned.
    top : int
        How many features.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Raises
    ------
    SchemaError
        If the models reported no importances.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> [label.get_text() for label in plot_feature_importances(results).get_yticklabels()]
    ['X1', 'X0']
    """
    table = results.get("feature_importances")
    if table is None:
        raise SchemaError(
            expected="importances: a model with feature_importances_ or coef_, on a feature table",
            got="none",
            where="results['feature_importances']",
            fix="use sklearn.inspection.permutation_importance on held-out subjects",
        )
    shown = table.head(top)
    ax = axes_for(ax, ROWS_WIDTH, rows_height(len(shown)), results)
    rows = row_axes(ax, [feature_title(str(name)) for name in shown["feature"]])
    ends = {"ecolor": MUTED, "elinewidth": 0.8}
    ax.barh(
        rows, shown["importance"], xerr=shown["std"], color=PALETTE[0], height=0.68, error_kw=ends
    )
    ax.set_xlim(left=0)
    ax.set_xlabel(f"{_IMPORTANCE[results['importance_kind']]}\n(mean ± SD over folds)")
    return ax


def plot_fairness(table: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the score of each group of people with its 95 % interval over subjects.

    Parameters
    ----------
    table : DataFrame
        From :func:`~locomotion_analysis.evaluation.fairness_table`. Groups that are not compared
        are drawn hollow.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, fairness_table
    >>> from locomotion_analysis.features import feature_table
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> X, y = feature_table(data, ["temporal"]).frame, data.cycles["pathology"].to_numpy()
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(DummyClassifier(), X, y, data.groups)
    >>> plot_fairness(fairness_table(results, data.cycles)).get_xlabel()
    'Balanced accuracy'
    """
    names = [f"{value_title(row.group)} (n = {row.n_subjects})" for row in table.itertuples()]
    ax = _drawn(table, names, table["difference"].isna().to_numpy(), ax)
    ax.set_xlabel(METRIC_NAMES[table["metric"].iloc[0]])
    return ax


def plot_robustness(table: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the score on disturbed cycles, or in other laboratories, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        From :func:`~locomotion_analysis.evaluation.checks.robustness` or
        :func:`~locomotion_analysis.evaluation.checks.other_laboratory`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. The dashed line is the score as measured.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation.checks import noise_levels, robustness
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> table = robustness(LogisticRegression(), X, subjects % 2, subjects, noise_levels())
    >>> plot_robustness(table).get_xlabel()
    'Balanced accuracy'
    """
    names = [str(name)[:1].upper() + str(name)[1:] for name in table.index]
    ax = _drawn(table, names, np.zeros(len(table), dtype=bool), ax)
    if table.index.name == "test":
        ax.axvline(table["score"].iloc[0], color=MUTED, linewidth=1.0, linestyle="--")
    ax.set_xlabel(METRIC_NAMES[table["metric"].iloc[0]])
    return ax


def _drawn(
    table: pd.DataFrame, names: Sequence[str], hollow: NDArray[np.bool_], ax: "Axes | None"
) -> "Axes":
    ax = axes_for(ax, ROWS_WIDTH, rows_height(len(table)), table)
    rows = row_axes(ax, names)
    ax.hlines(rows, table["low"], table["high"], color=PALETTE[0], linewidth=1.4)
    faces = np.where(hollow, "white", PALETTE[0])
    ax.scatter(table["score"], rows, s=36, c=faces, edgecolors=PALETTE[0], zorder=3)
    return ax


def plot_calibration(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw observed against predicted probabilities, with 95 % intervals over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.calibration_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. The area of a point grows with its cycles.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> from locomotion_analysis.evaluation.probability import calibration_curve
    >>> plot_calibration(calibration_curve(results)).get_xlabel()
    'Predicted probability'
    """
    ax = axes_for(ax, *_SQUARE, curve)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle="--", label="perfect")
    largest = curve["n_cycles"].max()
    for position, name, own in _of_classes(curve):
        shade = colour(position)
        error = (own["observed"] - own["low"], own["high"] - own["observed"])
        ax.errorbar(
            own["predicted"],
            own["observed"],
            yerr=[each.clip(lower=0) for each in error],
            color=shade,
            linestyle=line_style(position),
            linewidth=1.4,
            elinewidth=0.8,
            capsize=2,
            label=value_title(name),
        )
        ax.scatter(own["predicted"], own["observed"], s=60 * own["n_cycles"] / largest, color=shade)
    ax.set(xlabel="Predicted probability", ylabel="Share of cycles that are of the class")
    return _square(ax)


def plot_roc(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the receiver operating characteristic with its 95 % band over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.roc_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> from locomotion_analysis.evaluation.probability import roc_curve
    >>> plot_roc(roc_curve(results)).get_ylabel()
    'True positive rate (recall)'
    """
    ax = axes_for(ax, *_SQUARE, curve)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle="--", label="chance")
    _bands(ax, curve, "false_positive_rate", "true_positive_rate")
    ax.set(xlabel="False positive rate (1 − specificity)", ylabel="True positive rate (recall)")
    return _square(ax)


def plot_precision_recall(curve: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw precision against recall with its 95 % band over subjects.

    Parameters
    ----------
    curve : DataFrame
        From :func:`~locomotion_analysis.evaluation.probability.precision_recall_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> results = run(LogisticRegression(), X, subjects % 2, subjects)
    >>> from locomotion_analysis.evaluation.probability import precision_recall_curve
    >>> plot_precision_recall(precision_recall_curve(results)).get_xlabel()
    'Recall'
    """
    ax = axes_for(ax, *_SQUARE, curve)
    _bands(ax, curve, "recall", "precision")
    ax.set(xlabel="Recall", ylabel="Precision")
    return _square(ax)


def _bands(ax: "Axes", curve: pd.DataFrame, across: str, up: str) -> None:
    for position, name, own in _of_classes(curve):
        shade = colour(position)
        ax.fill_between(own[across], own["low"], own["high"], color=shade, alpha=0.13, linewidth=0)
        ax.plot(
            own[across],
            own[up],
            color=shade,
            linestyle=line_style(position),
            linewidth=1.6,
            label=value_title(name),
        )


def _of_classes(curve: pd.DataFrame) -> Iterator[tuple[int, object, pd.DataFrame]]:
    for position, name in enumerate(curve["class"].unique()):
        yield position, name, curve[curve["class"] == name]


def _square(ax: "Axes") -> "Axes":
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_aspect("equal")
    light_grid(ax, "both")
    ax.legend(loc="best", fontsize=8)
    return ax


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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import permutation_test
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> test = permutation_test(
    ...     LogisticRegression(), X, subjects % 2, subjects, n_permutations=19, n_jobs=1
    ... )
    >>> plot_permutation_test(test).get_xlabel()
    'Balanced accuracy'
    """
    ax = axes_for(ax, *_SMALL, test)
    ax.hist(
        test.permuted, bins="auto", color=PALETTE[4], edgecolor="white", label="permuted labels"
    )
    label = f"true labels ({p_equals(test.p_value)})"
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

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import learning_curve
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> curve = learning_curve(LogisticRegression(), X, subjects % 2, subjects, shares=(0.5, 1.0))
    >>> plot_learning_curve(curve).get_xlabel()
    'Subjects trained on'
    """
    ax = axes_for(ax, *_SMALL, curve)
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


def plot_early_classification(found: "EarlyClassification", ax: "Axes | None" = None) -> "Axes":
    """Draw the score over the known share of the cycle, and how many cycles are classified by then.

    Parameters
    ----------
    found : EarlyClassification
        From :func:`~locomotion_analysis.evaluation.early_classification.evaluate_early_classification`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. Band: 95 % over subjects. Dashed: the score of whole cycles.

    Examples
    --------
    >>> from locomotion_analysis.evaluation.early_classification import evaluate_early_classification
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(24, 2, ["level_walking"], ["healthy", "stroke"])
    >>> found = evaluate_early_classification(
    ...     data, "pathology", channels=["knee_flexion_angle_ipsi_rad"], shares=(0.4, 0.8), n_splits=3
    ... )
    >>> plot_early_classification(found).get_xlabel()
    'Known, % of 1.15 s, the median cycle'
    """
    ax = axes_for(ax, *_SQUARE, found.scores)
    metric = METRIC_NAMES[found.scores["metric"].iloc[0]]
    part, whole = found.scores.iloc[:-1], found.scores.iloc[-1]
    shade = colour(0)
    percent = 100 * part["share"]
    ax.fill_between(percent, part["low"], part["high"], color=shade, alpha=0.15, linewidth=0)
    ax.plot(percent, part["score"], "o-", color=shade, linewidth=1.6, label=metric)
    ax.axhline(whole["score"], color=shade, linewidth=1.0, linestyle="--", label="of whole cycles")
    ax.plot(
        percent, part["baseline"], color=MUTED, linewidth=1.0, linestyle=":",
        label="most frequent class",
    )  # fmt: skip
    ax.step(
        100 * found.stopping["share"], found.stopping["answered"], where="post", color=colour(1),
        linewidth=1.4, label=f"cycles told at {found.confidence:.0%} confidence",
    )  # fmt: skip
    of = f"{found.reference_s:.2f} s, the median cycle" if found.clock == "time" else "the cycle"
    ax.set(
        xlim=(0, 102),
        ylim=(-0.02, 1.02),
        xlabel=f"Known, % of {of}",
        ylabel="Score, share of cycles",
    )
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=8, frameon=False)
    return ax
