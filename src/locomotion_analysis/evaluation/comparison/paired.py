"""How much better one of two models is on the same folds, and whether one can tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.comparison.corrected_t import corrected_t_test
from locomotion_analysis.evaluation.comparison.same_folds import check_same_folds
from locomotion_analysis.evaluation.metric_sums import (
    ERRORS,
    chosen_metric,
    contributions,
    metric_values,
    tested_subjects,
)

SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """How two models compare on the same people.

    Attributes
    ----------
    metric : str
        What was compared.
    score_a, score_b : float
        Score of each model on all held-out cycles.
    difference : float
        `score_a` minus `score_b`.
    interval : tuple of float
        95 % interval of the difference, bootstrapped over subjects.
    fold_differences : tuple of float
        Difference in each fold.
    t, p_value : float
        Corrected resampled t test of the fold differences (Nadeau and Bengio 2003).
    n_subjects : int
        Subjects tested.
    smaller_is_better : bool
        Whether the metric is an error.
    """

    metric: str
    score_a: float
    score_b: float
    difference: float
    interval: Interval
    fold_differences: tuple[float, ...]
    t: float
    p_value: float
    n_subjects: int
    smaller_is_better: bool

    @property
    def distinguishable(self) -> bool:
        """Whether the models can be told apart.

        The bootstrap asks whether other people tested would turn the difference round, the
        t test whether other people trained on would; both must deny it.
        """
        low, high = self.interval
        return (low > 0 or high < 0) and self.p_value < SIGNIFICANCE

    @property
    def better(self) -> str | None:
        """The better model, ``"a"`` or ``"b"``; None where they cannot be told apart."""
        if not self.distinguishable:
            return None
        return "a" if (self.difference > 0) != self.smaller_is_better else "b"

    def text(self) -> str:
        """Return the comparison in one line."""
        low, high = self.interval
        found = "told apart" if self.distinguishable else "not told apart"
        return (
            f"{self.metric} {self.score_a:.3g} against {self.score_b:.3g}: difference "
            f"{self.difference:+.3g} (95 % interval {low:+.3g} to {high:+.3g} over "
            f"{self.n_subjects} subjects, p = {self.p_value:.2g} over "
            f"{len(self.fold_differences)} folds), {found}"
        )


def paired_comparison(
    results_a: Mapping[str, Any],
    results_b: Mapping[str, Any],
    metric: str | None = None,
    *,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> PairedComparison:
    """Compare two models that were evaluated on the same folds of the same people.

    Parameters
    ----------
    results_a, results_b : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned for each.
    metric : str, optional
        ``balanced_accuracy`` (default), ``accuracy`` or ``macro_f1`` of a classification;
        ``mae`` (default), ``rmse`` or ``r2`` of a regression.
    n_bootstrap : int
        Draws of subjects.
    random_state : int
        Seed.

    Returns
    -------
    PairedComparison
        Difference, its interval over subjects and the corrected t test over folds.

    Raises
    ------
    SchemaError
        If rows, targets or folds of the two differ, or there is no such metric.
    SplitLeakError
        If subjects are unknown.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> run = BiomechanicalModelEvaluator().evaluate_classification
    >>> line, guess = (run(m, X, subjects % 2, subjects) for m in (LogisticRegression(), DummyClassifier()))
    >>> paired_comparison(line, guess).better
    'a'
    """
    check_same_folds(results_a, results_b)
    metric = chosen_metric(results_a["kind"], metric)
    subject, names = tested_subjects(results_a)
    fold = results_a["predictions"]["fold"].to_numpy() - 1
    weights = subject_weights(len(names), n_bootstrap, random_state)
    whole, folds, draws = [], [], []
    for results in (results_a, results_b):
        sums = contributions(results)
        whole.append(float(metric_values(metric, sums(np.zeros_like(fold), 1))[0]))
        folds.append(metric_values(metric, sums(fold, int(fold.max()) + 1)))
        draws.append(metric_values(metric, resampled_sums(weights, sums(subject, len(names)))))
    of_folds = folds[0] - folds[1]
    t, p_value = corrected_t_test(of_folds, _tested_per_trained(results_a["fold_sizes"]))
    return PairedComparison(
        metric=metric,
        score_a=whole[0],
        score_b=whole[1],
        difference=whole[0] - whole[1],
        interval=percentile_interval(draws[0] - draws[1]),
        fold_differences=tuple(of_folds.tolist()),
        t=t,
        p_value=p_value,
        n_subjects=len(names),
        smaller_is_better=metric in ERRORS,
    )


def _tested_per_trained(fold_sizes: list[tuple[int, int]]) -> float:
    """Return the subjects tested over the subjects trained on, mean of the folds."""
    return float(np.mean([tested / trained for trained, tested in fold_sizes]))
