"""Every figure: drawn on the axes given, from the table's numbers, labelled and marked."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from locomotion_analysis.evaluation import BiomechanicalModelEvaluator, agreement, plots
from locomotion_analysis.evaluation.checks import PermutationTest
from locomotion_analysis.evaluation.early_classification import EarlyClassification
from locomotion_analysis.evaluation.probability import (
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)

LEARNED = pd.DataFrame({"n_subjects": [4.0, 8.0], "score": [0.6, 0.7], "low": [0.5, 0.6],
                        "high": [0.7, 0.8], "metric": "balanced_accuracy"})  # fmt: skip
GROUPS = pd.DataFrame({"group": ["female", "male"], "n_subjects": [12, 3], "score": [0.8, 0.5],
                       "low": [0.7, 0.2], "high": [0.9, 0.8], "difference": [0.3, np.nan],
                       "metric": "accuracy"})  # fmt: skip
DISTURBED = pd.DataFrame({"score": [0.8, 0.6], "low": [0.7, 0.5], "high": [0.9, 0.7], "metric": "mae"},
                         index=pd.Index(["as measured", "without knee"], name="test"))  # fmt: skip
PERMUTED = PermutationTest("mae", 3.0, np.array([4.0, 5.0, 5.5]), 0.25, "across", True)

PARTS = pd.DataFrame({"share": [0.4, 0.8, np.nan], "metric": "accuracy", "score": [0.6, 0.7, 0.8],
                      "low": [0.5, 0.6, 0.7], "high": [0.7, 0.8, 0.9], "baseline": 0.5})  # fmt: skip
TOLD = pd.DataFrame({"share": [0.4, 0.8], "answered": [0.2, 0.5]})


def marked(table, simulated=True):
    table.attrs["simulated"] = simulated
    return table


@pytest.fixture
def results(table):
    X = table.X.copy()
    X.attrs["simulated"] = True
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=5)
    return (
        evaluator.evaluate_classification(GaussianNB(), X, table.y, table.groups),
        evaluator.evaluate_regression(LinearRegression(), X, table.age, table.groups),
    )


def drawings(results):
    classes, numbers = results
    return {
        plots.plot_early_classification: EarlyClassification(
            marked(PARTS.copy()), TOLD, TOLD, (), "time", 1.1, 0.9
        ),
        plots.plot_roc: roc_curve(classes),
        plots.plot_precision_recall: precision_recall_curve(classes),
        plots.plot_calibration: calibration_curve(classes),
        plots.plot_agreement: numbers,
        plots.plot_learning_curve: marked(LEARNED.copy()),
        plots.plot_permutation_test: PERMUTED,
        plots.plot_fairness: marked(GROUPS.copy()),
        plots.plot_robustness: marked(DISTURBED.copy()),
        plots.plot_confusion_matrix: classes,
        plots.plot_scores: classes,
        plots.plot_subject_scores: classes,
        plots.plot_predictions: numbers,
        plots.plot_feature_importances: numbers,
    }


def test_all_are_labelled_marked_and_drawn_where_asked(results):
    drawn = drawings(results)
    assert {draw.__name__ for draw in drawn} == set(plots.__all__)
    for draw, what in drawn.items():
        mine = Figure().subplots()
        ax = draw(what, ax=mine)
        assert ax is mine
        assert ax.get_xlabel(), draw
        assert ax.get_title(loc="right") == "SIMULATED DATA", draw
        assert draw(what).figure is not mine.figure
        ax.figure.canvas.draw()


def test_real_data_is_not_marked():
    ax = plots.plot_fairness(marked(GROUPS.copy(), simulated=False))
    assert ax.get_title(loc="right") == ""


def test_curves_are_the_tables_numbers(results):
    curve = roc_curve(results[0])
    ax = plots.plot_roc(curve)
    lines = {line.get_label(): line for line in ax.lines}
    own = curve[curve["class"] == "stair_ascent"]
    # "Stair ascent" is what the field calls it.
    assert lines["Stair ascent"].get_ydata() == pytest.approx(own["true_positive_rate"].to_numpy())
    assert len(ax.lines) == 4


def test_calibration_points_stand_at_their_bins(results):
    curve = calibration_curve(results[0])
    ax = plots.plot_calibration(curve)
    points = np.concatenate(
        [each.get_offsets() for each in ax.collections if len(each.get_offsets())]
    )
    for row in curve.itertuples():
        assert np.isclose(points, [row.predicted, row.observed]).all(axis=1).any()


def test_agreement_draws_bias_and_limits(results):
    ax = plots.plot_agreement(results[1])
    heights = {line.get_ydata()[0] for line in ax.lines}
    expected = agreement(results[1]).loc[["bias", "lower_limit", "upper_limit"], "value"]
    assert set(expected) <= heights


def test_small_groups_are_hollow():
    ax = plots.plot_fairness(marked(GROUPS.copy()))
    faces = ax.collections[-1].get_facecolors()
    assert faces[1] == pytest.approx([1, 1, 1, 1])
    assert faces[0] != pytest.approx([1, 1, 1, 1])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Female (n = 12)", "Male (n = 3)"]


def test_permutations_and_learning_curve_show_the_score():
    ax = plots.plot_permutation_test(PERMUTED)
    assert ax.lines[0].get_xdata()[0] == 3.0
    assert "p = 0.25" in ax.get_legend().get_texts()[-1].get_text()
    assert ax.get_xlabel() == "Mean absolute error"
    curve = plots.plot_learning_curve(marked(LEARNED.copy()))
    assert curve.lines[0].get_ydata().tolist() == [0.6, 0.7]
