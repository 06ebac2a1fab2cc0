"""Score in a laboratory that the model has not seen."""

from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.metric_sums import (
    chosen_metric,
    contributions,
    metric_values,
    tested_subjects,
)
from locomotion_analysis.evaluation.study_design import on_one_core
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection import LeaveOneDatasetOut


def other_laboratory(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    metric: str | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Train on all datasets but one and test on that one, for each.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fold.
    X, y, groups : array-like
        As of the evaluator; the index of `X` or `y` names the dataset of each row. `y` of
        floating-point numbers is a regression.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    n_bootstrap, random_state : int
        Draws of subjects for the intervals, and seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each dataset.

    Returns
    -------
    DataFrame
        Indexed by ``dataset`` (the one tested): ``n_subjects``, ``n_cycles``, ``score`` with
        ``low`` and ``high`` (95 % over its subjects), ``metric``.

    Raises
    ------
    SplitLeakError
        If there is one dataset only, or a subject stands in two.
    TargetError
        If all datasets but one hold a single class.
    SchemaError
        If the rows do not say of which dataset they are.
    """
    numbers = pd.api.types.is_float_dtype(np.asarray(y))
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=1, random_state=random_state)
    run = evaluator.evaluate_regression if numbers else evaluator.evaluate_classification
    results = run(on_one_core(model), X, y, groups, cv=LeaveOneDatasetOut(), progress=progress)
    metric = chosen_metric(results["kind"], metric)
    subject, names = tested_subjects(results)
    sums = contributions(results)(subject, len(names))
    table = results["predictions"]
    dataset = table.index.get_level_values("dataset").to_numpy()
    rows = []
    for name in pd.unique(dataset):
        own = np.unique(subject[dataset == name])
        weights = subject_weights(len(own), n_bootstrap, random_state)
        low, high = percentile_interval(metric_values(metric, resampled_sums(weights, sums[own])))
        score = float(metric_values(metric, sums[own].sum(axis=0)))
        rows.append((name, len(own), int((dataset == name).sum()), score, low, high, metric))
    columns = ["dataset", "n_subjects", "n_cycles", "score", "low", "high", "metric"]
    table = pd.DataFrame(rows, columns=columns).set_index("dataset")
    return said_simulated(table, results["simulated"])
