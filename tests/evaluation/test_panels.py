"""Figures: what they show, and that they are written only where told."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_feature_importances
from locomotion_analysis.reporting import feature_title


@pytest.fixture
def evaluator(table):
    made = BiomechanicalModelEvaluator(n_bootstrap=50)
    forest = RandomForestClassifier(5, random_state=0)
    made.evaluate_classification(forest, table.X, table.y, table.groups)
    return made


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_four_panels_show_the_numbers_of_the_result(evaluator):
    figure = evaluator.plot_results()
    folds, confusion, classes, summary = figure.axes[:4]
    bars = [bar.get_height() for bar in folds.patches[:5]]
    assert bars == pytest.approx(evaluator.results["cv_scores"])
    counts = [int(text.split("\n")[0]) for text in texts(confusion)]
    assert counts == evaluator.results["confusion_matrix"].ravel().tolist()
    assert len(classes.patches) == 9
    low, high = evaluator.results["intervals"]["balanced_accuracy"]
    line = f"{evaluator.results['balanced_accuracy']:.3f}    {low:.3f} to {high:.3f}"
    assert line in texts(summary)[0]
    assert "20 subjects, 360 cycles" in texts(summary)[0]


def test_nothing_is_written_unless_told(evaluator, table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = plt.get_fignums()
    evaluator.plot_results(["Incline", "Level Walking", "Stair Ascent"])
    assert list(tmp_path.iterdir()) == []
    assert plt.get_fignums() == before
    evaluator.plot_results(path="report.png")
    evaluator.plot_results(path=Path("folder/report.pdf"))
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["report.pdf", "report.png"]
    assert Path("report.png").read_bytes()[:4] == b"\x89PNG"
    assert Path("folder/report.pdf").read_bytes()[:4] == b"%PDF"


def test_a_failed_write_leaves_the_old_file(evaluator, tmp_path, monkeypatch):
    old = tmp_path / "report.png"
    old.write_text("old")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluator.plot_results(path=old)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_window_opens_only_when_asked(evaluator, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.get_fignums()))
    evaluator.plot_results()
    assert shown == []
    figure = evaluator.plot_results(show=True)
    assert [figure.number in numbers for numbers in shown] == [True]
    plt.close(figure)


def test_names_can_be_given_when_drawing(evaluator):
    names = {"level_walking": "Level", "incline_walking": "Up", "stair_ascent": "Stairs"}
    confusion = evaluator.plot_results(names).axes[1]
    assert [label.get_text() for label in confusion.get_yticklabels()] == ["Up", "Level", "Stairs"]
    with pytest.raises(SchemaError, match="3 different names"):
        evaluator.plot_results(["Level", "Up"])


def test_refusals(evaluator, tmp_path):
    with pytest.raises(SchemaError, match="evaluate_classification first"):
        BiomechanicalModelEvaluator().plot_results()
    with pytest.raises(SchemaError, match=r"\.docx"):
        evaluator.plot_results(path=tmp_path / "report.docx")
    assert list(tmp_path.iterdir()) == []


def test_simulated_data_says_so(evaluator, table):
    table.X.attrs["simulated"] = True
    results = evaluator.evaluate_classification(
        LogisticRegression(), table.X, table.y, table.groups
    )
    assert results["simulated"] is True
    assert evaluator.plot_results().get_suptitle() == "SIMULATED DATA"
    assert plot_feature_importances(results).get_title(loc="right") == "SIMULATED DATA"


def test_importances_are_drawn_largest_on_top(evaluator):
    axes = plot_feature_importances(evaluator.results, top=2)
    names = [label.get_text() for label in axes.get_yticklabels()]
    largest = evaluator.results["feature_importances"]["feature"].head(2)
    assert names == [feature_title(name) for name in largest]
    assert axes.patches[0].get_y() > axes.patches[1].get_y()
    own = evaluator.plot_results().axes[0]
    assert plot_feature_importances(evaluator.results, ax=own) is own


def test_importances_of_a_model_that_has_none(table):
    results = BiomechanicalModelEvaluator(n_bootstrap=10).evaluate_classification(
        KNeighborsClassifier(), table.X, table.y, table.groups
    )
    with pytest.raises(SchemaError, match="permutation_importance"):
        plot_feature_importances(results)


def test_regression_panels(table):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=50)
    results = evaluator.evaluate_regression(LinearRegression(), table.X, table.age, table.groups)
    folds, agreement, subjects, summary = evaluator.plot_results().axes
    assert [bar.get_height() for bar in folds.patches[:5]] == pytest.approx(results["cv_mae"])
    assert len(agreement.collections[0].get_offsets()) == 360
    assert agreement.get_xlabel() == "Observed age"
    drawn = subjects.lines[0].get_ydata()
    assert np.allclose(drawn, np.sort(results["per_subject_error"]["mae"]))
    assert "Bias" in texts(summary)[0]


def test_unknown_subjects_can_be_drawn(table):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=50)
    evaluator.evaluate_regression(
        LinearRegression(), table.X, table.age, allow_subject_overlap=True
    )
    assert "unknown subjects" in texts(evaluator.plot_results().axes[3])[0]
