"""The hardest cycles: which they are, and what is drawn behind them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.hardest_cycles import (
    hardest_cycles,
    plot_gallery,
    plot_hard_cycle,
)
from locomotion_analysis.plots.curves import class_curve
from locomotion_analysis.simulation import simulate

HIP = "hip_flexion_angle_ipsi_rad"


def evaluated(table, model):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=5)
    return evaluator.evaluate_classification(model, table.X, table.y, table.groups)


def test_most_wrong_is_most_certain_of_a_wrong_class(table):
    results = evaluated(table, GaussianNB())
    cycles = table.X.index.to_frame(index=False)
    found = hardest_cycles(results, cycles, n=4)
    p = results["predictions"].reset_index(drop=True)
    given = {name: p[f"probability_{name}"] for name in results["classes"]}
    margin = [
        given[b][i] - given[a][i]
        for i, (a, b) in enumerate(zip(p["y_true"], p["y_pred"], strict=True))
    ]
    worst = p.assign(margin=margin)[p["y_true"] != p["y_pred"]].sort_values("margin")
    expected = worst.drop_duplicates("subject", keep="last")["margin"].to_numpy()[::-1][:4]
    assert found["wrongness"].to_numpy() == pytest.approx(expected)
    assert found["subject"].is_unique
    assert (found["y_true"] != found["y_pred"]).all()
    assert (cycles["subject"].iloc[found["row"]].to_numpy() == found["subject"]).all()


def test_without_probabilities_the_subjects_most_often_wrong_come_first(table):
    results = evaluated(table, LinearSVC())
    found = hardest_cycles(results, table.X.index.to_frame(index=False), n=3)
    p = results["predictions"].reset_index(drop=True)
    share = (p["y_true"] != p["y_pred"]).groupby(p["subject"]).mean().sort_values(ascending=False)
    assert found["wrongness"].tolist() == pytest.approx(share.head(3).tolist())


def test_of_numbers_the_largest_errors(table):
    run = BiomechanicalModelEvaluator(n_bootstrap=5).evaluate_regression
    results = run(LinearRegression(), table.X, table.age, table.groups)
    found = hardest_cycles(results, table.X.index.to_frame(index=False), n=1)
    error = (results["predictions"]["y_pred"] - results["predictions"]["y_true"]).abs()
    assert found["wrongness"].item() == pytest.approx(error.max())


def test_nothing_wrong_gives_an_empty_table_and_none_asked_is_refused(table):
    results = evaluated(table, GaussianNB())
    cycles = table.X.index.to_frame(index=False)
    right = results["predictions"].assign(y_pred=results["predictions"]["y_true"])
    assert hardest_cycles({**results, "predictions": right}, cycles).empty
    with pytest.raises(SchemaError, match="at least one cycle"):
        hardest_cycles(results, cycles, n=0)


@pytest.fixture(scope="module")
def walking():
    return simulate(n_subjects=6, n_cycles=2, tasks=["level_walking", "stair_ascent"])


def test_the_cycle_is_drawn_over_the_other_subjects_of_its_task(walking):
    labels = walking.cycles["pathology"].to_numpy()
    ax = plot_hard_cycle(walking, 3, HIP, labels, [labels[3]])
    own = (walking.groups != walking.groups[3]) & (labels == labels[3])
    own &= (walking.cycles["task"] == walking.cycles["task"].iloc[3]).to_numpy()
    band = class_curve(walking.curves(HIP)[own], walking.groups[own], 180 / np.pi)
    mean, cycle = (line.get_ydata() for line in ax.lines)
    assert mean == pytest.approx(band.mean)
    assert cycle == pytest.approx(np.degrees(walking.curves(HIP)[3]), rel=1e-5)
    assert "°" in ax.get_ylabel()
    assert ax.get_title(loc="right") == "SIMULATED DATA"


def test_a_gallery_has_a_row_a_cycle_and_says_what_was_confused(walking):
    hardest = pd.DataFrame({"row": [0, 5], "subject": ["A", "B"], "y_true": ["healthy", "stroke"],
                            "y_pred": ["stroke", "healthy"], "wrongness": [0.9, 0.4]})  # fmt: skip
    figure = plot_gallery(walking, hardest, walking.cycles["pathology"].to_numpy(), [HIP])
    assert len(figure.axes) == 2
    assert "A: Healthy taken for Stroke" in figure.axes[0].get_title(loc="left")
