"""What the fitted models say their features weigh, averaged over the folds."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from locomotion_analysis.evaluation.inputs import Features


def fold_importances(model: Any, X: Features) -> "tuple[str, pd.Series[float]] | None":
    """Read the importances of one fitted model, by feature name.

    The last step of a Pipeline (also inside a search) is asked for ``feature_importances_``,
    then for ``coef_``, of which the mean absolute value over classes is taken. Names come from
    the steps before it, through ``get_feature_names_out``.

    Parameters
    ----------
    model : fitted scikit-learn estimator
        The model of one fold.
    X : DataFrame or ndarray of shape (n_cycles, n_features)
        What it was fitted on; gives the names.

    Returns
    -------
    tuple of str and Series, or None
        The attribute and its values; None where the model has neither, or for sequences.
    """
    if X.ndim != 2:
        return None
    names: Any = np.asarray(X.columns) if isinstance(X, pd.DataFrame) else None
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif isinstance(model, Pipeline):
            names, model = _names_after(model, names, X.shape[1]), model[-1]
        else:
            break
    for kind in ("feature_importances_", "coef_"):
        if hasattr(model, kind):
            weights = np.abs(np.atleast_2d(np.asarray(getattr(model, kind), dtype=float)))
            if kind == "feature_importances_":
                weights = np.atleast_2d(np.asarray(model.feature_importances_, dtype=float))
            return kind, _named(weights.mean(axis=0), names)
    return None


def _names_after(pipeline: Pipeline, names: Any, n_inputs: int) -> Any:
    if len(pipeline.steps) == 1:
        return names
    inputs = names if names is not None else [f"x{number}" for number in range(n_inputs)]
    try:
        return pipeline[:-1].get_feature_names_out(inputs)
    except (AttributeError, ValueError):  # a step that does not name what it returns
        return None


def _named(weights: NDArray[np.float64], names: Any) -> "pd.Series[float]":
    if names is None or len(names) != len(weights):
        names = [f"x{number}" for number in range(len(weights))]
    return pd.Series(weights, index=pd.Index([str(name) for name in names]))


def mean_importances(per_fold: "list[pd.Series[float]]") -> pd.DataFrame | None:
    """Average importances over folds, most important first.

    Parameters
    ----------
    per_fold : list of Series
        Importances by feature name, one Series a fold.

    Returns
    -------
    DataFrame or None
        Columns ``feature``, ``importance`` (mean over folds; 0 where a fold's model did not
        keep the feature), ``std`` (over folds) and ``n_folds`` (models that kept it).
    """
    if not per_fold:
        return None
    table = pd.concat(per_fold, axis=1)
    kept = table.notna().sum(axis=1)
    filled = table.fillna(0.0).to_numpy()
    frame = pd.DataFrame(
        {
            "feature": table.index.to_numpy(),
            "importance": filled.mean(axis=1),
            "std": filled.std(axis=1),
            "n_folds": kept.to_numpy(),
        }
    )
    return frame.sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)
