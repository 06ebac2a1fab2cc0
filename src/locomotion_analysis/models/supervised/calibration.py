"""Calibrated probabilities and the decision, learned from predictions for held-out subjects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

LEAST_PROBABILITY = 1e-3
"""Lower ones are taken for this before their logarithm is."""


def calibrator(held_out: NDArray[np.float64], y: Any) -> LogisticRegression:
    """Return the map from a classifier's probabilities to calibrated ones.

    Logistic regression of the class on the log of the probabilities: Platt scaling for two
    classes, Dirichlet calibration (Kull et al. 2019, NeurIPS 32) for more.

    Parameters
    ----------
    held_out : ndarray of shape (n_rows, n_classes)
        Probabilities for rows the classifier was not fitted on.
    y : array-like of shape (n_rows,)
        Their classes.
    """
    return LogisticRegression(max_iter=2000).fit(_log(held_out), y)


def calibrated(scale: LogisticRegression, raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return calibrated probabilities, shape (n_rows, n_classes), of raw ones."""
    return np.asarray(scale.predict_proba(_log(raw)))


def best_threshold(probability: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the probability from which to call the class, for the highest balanced accuracy.

    Parameters
    ----------
    probability : ndarray of shape (n_rows,)
        Probability of the class for rows held out.
    positive : ndarray of bool of shape (n_rows,)
        Whether they are of the class.

    Examples
    --------
    >>> best_threshold(np.array([0.1, 0.2, 0.3, 0.4]), np.array([False, False, True, True]))
    0.25
    """
    false_alarms, found, thresholds = roc_curve(positive, probability)
    best = int(np.argmax(found - false_alarms))
    below = probability[probability < thresholds[best]]
    # Half way to the next lower value: the edge of one training row is no place for a limit.
    lower = below.max() if below.size else 0.0
    upper = min(1.0, float(thresholds[best]))
    return float((upper + lower) / 2)


def _log(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    logs = np.log(np.clip(probability, LEAST_PROBABILITY, 1))
    return logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs
