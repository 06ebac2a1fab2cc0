"""Few-subject learning curves as they are drawn."""

import numpy as np
from benchmarks.research.few_subjects import plot_few_subject_curves
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from locomotion_analysis.evaluation import few_subject_curves

GROUPS = np.repeat(np.arange(30), 4)
KIND = GROUPS % 2
CLEAR = np.random.default_rng(0).normal(3 * KIND[:, None], 1, (120, 3))


def test_the_figure_draws_every_model_with_its_interval():
    curves = few_subject_curves(
        {"logistic": LogisticRegression(), "majority": DummyClassifier()},
        CLEAR, KIND, GROUPS, reference="majority", subjects=[2, 5], n_draws=3, n_bootstrap=50,
    )  # fmt: skip
    ax = plot_few_subject_curves(curves)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["logistic", "majority"]
    assert ax.get_xlabel() == "Training subjects"
    assert ax.get_ylabel() == "Balanced accuracy"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2", "5"]
    for container in ax.containers:
        own = curves.scores[curves.scores["model"] == container.get_label()]
        np.testing.assert_allclose(container.lines[0].get_ydata().astype(float), own["score"])
