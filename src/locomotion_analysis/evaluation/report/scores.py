"""The evaluator's results as scores with intervals and a baseline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CLASSIFICATION = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "macro_f1": "F1, mean of classes",
}
_REGRESSION = {"mae": "Mean absolute error", "rmse": "Root mean square error", "r2": "R²"}
_ERRORS = ("mae", "rmse")


@dataclass(frozen=True, slots=True)
class Score:
    """One metric with its 95 % interval, and what the baseline reaches.

    Attributes
    ----------
    name : str
        Metric in words.
    value, low, high : float
        Score and its interval, bootstrapped over subjects.
    baseline : float
        Score of the model that knows no gait.
    gain_low, gain_high : float
        Interval of what the model is better by, in the same draws of subjects; above zero is
        better, whichever way the score runs.
    smaller_is_better : bool
        Whether the score is an error.
    """

    name: str
    value: float
    low: float
    high: float
    baseline: float
    gain_low: float
    gain_high: float
    smaller_is_better: bool = False

    @property
    def beats_baseline(self) -> bool:
        """Whether the whole interval of the gain lies above zero."""
        return self.gain_low > 0

    @property
    def below_baseline(self) -> bool:
        """Whether the whole interval of the gain lies below zero."""
        return self.gain_high < 0

    def text(self, part: str = "value") -> str:
        """Return the value, an end of the interval or the baseline, rounded for reading."""
        number = float(getattr(self, part))
        return f"{number:.3g}" if self.smaller_is_better else f"{number:.2f}"


def scores(results: Mapping[str, Any], kind: str) -> list[Score]:
    """Return the evaluator's metrics, the one to quote first.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.
    kind : {"classification", "regression"}
        Which of the two.
    """
    names = _CLASSIFICATION if kind == "classification" else _REGRESSION
    return [_score(results, key, name) for key, name in names.items()]


def _score(results: Mapping[str, Any], key: str, name: str) -> Score:
    low, high = results["intervals"][key]
    gain = results["intervals"][f"{key}_minus_baseline"]
    smaller = key in _ERRORS
    gain_low, gain_high = (-gain[1], -gain[0]) if smaller else gain
    return Score(
        name, results[key], low, high, results["baseline"][key], gain_low, gain_high, smaller
    )
