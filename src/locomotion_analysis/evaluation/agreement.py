"""Agreement of predicted and observed numbers: bias, limits, slope of calibration."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.metric_sums import tested_subjects

_NORMAL_95 = 1.96


def agreement(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    r"""Return bias, limits of agreement and calibration of a regression.

    Limits of agreement: bias ± 1.96 SD of the errors of cycles (Bland and Altman 1986, Lancet
    327:307). Calibration: observed values regressed on predicted ones; slope 1 and intercept 0
    are perfect, a slope below 1 means predictions too extreme (Steyerberg et al. 2010,
    Epidemiology 21:128).

    Parameters
    ----------
    results : dict
        What ``evaluate_regression`` returned.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Returns
    -------
    DataFrame
        Indexed by ``measure`` (``bias``, predicted minus observed, ``lower_limit``,
        ``upper_limit``, ``slope``, ``intercept``): ``value``, ``low``, ``high`` (95 % over
        subjects), in the target's unit. Slope and intercept are NaN where all predictions are
        equal.

    Raises
    ------
    SchemaError
        If the results are of a classification.
    SplitLeakError
        If subjects are unknown.
    """
    if results["kind"] != "regression":
        raise SchemaError(
            expected="results of a regression",
            got=f"a {results['kind']}",
            where="results",
            fix="a classification has calibration_curve",
        )
    subject, names = tested_subjects(results)
    table = results["predictions"]
    observed, predicted = (table[name].to_numpy(float) for name in ("y_true", "y_pred"))
    # Centred, so that the sums of squares do not cancel.
    middle = observed.mean()
    x, y = predicted - middle, observed - middle
    parts = (np.ones_like(x), x, y, x * x, x * y, y * y)
    sums = np.column_stack([np.bincount(subject, part, minlength=len(names)) for part in parts])
    weights = subject_weights(len(names), n_bootstrap, random_state)
    whole, drawn = (
        _measures(each, middle) for each in (sums.sum(axis=0), resampled_sums(weights, sums))
    )
    rows = [(name, float(whole[name]), *percentile_interval(drawn[name])) for name in whole]
    table = pd.DataFrame(rows, columns=["measure", "value", "low", "high"]).set_index("measure")
    return said_simulated(table, results["simulated"])


def _measures(sums: NDArray[np.float64], middle: float) -> dict[str, NDArray[np.float64]]:
    n, x, y, xx, xy, yy = np.moveaxis(sums, -1, 0)
    bias = (x - y) / n
    spread = np.sqrt(np.maximum((xx - 2 * xy + yy) / n - bias**2, 0.0))
    variance = xx - x**2 / n
    varies = variance > 1e-12 * np.maximum(xx, np.finfo(float).tiny)
    slope = np.divide(xy - x * y / n, variance, out=np.full(np.shape(n), np.nan), where=varies)
    return {
        "bias": bias,
        "lower_limit": bias - _NORMAL_95 * spread,
        "upper_limit": bias + _NORMAL_95 * spread,
        "slope": slope,
        "intercept": y / n + middle - slope * (x / n + middle),
    }
