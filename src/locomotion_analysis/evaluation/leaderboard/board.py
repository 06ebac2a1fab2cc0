"""The result: models in order, with intervals, and what may be said of the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from locomotion_analysis.evaluation.comparison import PairedComparison, paired_comparison
from locomotion_analysis.evaluation.leaderboard.training_table import TrainingTable
from locomotion_analysis.models.supervised import Recipe
from locomotion_analysis.selection.subject_folds import Fold

_METRICS = {
    "classification": ("balanced_accuracy", "accuracy", "macro_f1"),
    "regression": ("mae", "rmse", "r2"),
}
_WORDS = {"balanced_accuracy": "balanced accuracy", "mae": "mean absolute error"}


@dataclass(frozen=True)
class Entry:
    """One model: its recipe, the evaluator's results, how long it took and what it held.

    Attributes
    ----------
    recipe : Recipe
        What was evaluated.
    results : dict
        What the evaluator returned.
    seconds : float
        Wall time of all folds.
    peak_bytes : int or None
        Most memory of the process it ran in; None where the system does not tell.
    """

    recipe: Recipe
    results: dict[str, Any]
    seconds: float
    peak_bytes: int | None


@dataclass(frozen=True)
class Leaderboard:
    """Models compared on the same folds of the same people.

    Attributes
    ----------
    table_of : TrainingTable
        Features and target.
    entries : tuple of Entry
        Best first; of equal scores the simpler (a baseline, then the order of the recipes).
    folds : list of (train, test)
        Row positions.
    random_state : int
        Seed of everything.
    cautions : tuple of str
        Reasons to doubt the scores.
    notes : tuple of str
        What was left out.
    """

    table_of: TrainingTable
    entries: tuple[Entry, ...]
    folds: list[Fold]
    random_state: int
    cautions: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def metric(self) -> str:
        """The score models are ordered by: ``balanced_accuracy`` or ``mae``."""
        return _METRICS[self.table_of.kind][0]

    @property
    def winner(self) -> Entry:
        """The first."""
        return self.entries[0]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a model: score with its 95 % interval over subjects, further scores.

        Columns ``model``, ``title``, the first metric with ``low`` and ``high``, the other
        metrics, and for classes ``roc_auc`` (mean of one class against the rest; NaN without
        probabilities). Errors are in the target's unit.
        """
        return pd.DataFrame([self._row(entry) for entry in self.entries])

    def _row(self, entry: Entry) -> dict[str, Any]:
        first, *others = _METRICS[self.table_of.kind]
        results = entry.results
        low, high = results["intervals"][first]
        row = {
            "model": entry.recipe.name,
            "title": entry.recipe.title,
            first: results[first],
            "low": low,
            "high": high,
            **{name: results[name] for name in others},
        }
        return row if self.table_of.kind == "regression" else {**row, "roc_auc": _auc(results)}

    def comparison(self, model: str) -> PairedComparison:
        """Compare the winner (a) with another model (b) by name.

        Parameters
        ----------
        model : str
            Name of the other model.

        Raises
        ------
        KeyError
            If it is not on the board.
        """
        other = {entry.recipe.name: entry for entry in self.entries}[model]
        return paired_comparison(
            self.winner.results, other.results, self.metric, random_state=self.random_state
        )

    @cached_property
    def verdict(self) -> tuple[str, ...]:
        """What may be said of the winner, in sentences."""
        score = self.table.iloc[0]
        first = self.winner.recipe
        sentences = [
            (
                f"{first.title} leads with a {_WORDS[self.metric]} of {score[self.metric]:.3g} "
                f"(95 % interval {score['low']:.3g} to {score['high']:.3g} over "
                f"{self.winner.results['n_subjects']} subjects)."
            )
        ]
        if len(self.entries) > 1:
            sentences.append(
                f"It is the best of {len(self.entries)} by these same scores, so its own is "
                "slightly too good."
            )
        if first.baseline:
            sentences.append(
                f"No model does better than {first.title.lower()}, which knows no gait."
            )
        others = self.entries[1:]
        if others:
            sentences.append(self._against(others[0], "the next"))
        for baseline in ("majority", "mean", "speed_only", "before_only"):
            known = [entry for entry in others[1:] if entry.recipe.name == baseline]
            sentences += [self._against(entry, "the baseline") for entry in known]
        return tuple(sentences)

    def _against(self, other: Entry, place: str) -> str:
        found = self.comparison(other.recipe.name)
        low, high = found.interval
        figures = (
            f"difference {found.difference:+.3g}, 95 % interval {low:+.3g} to {high:+.3g}, "
            f"p = {found.p_value:.2g}"
        )
        words = "distinguishable" if found.better == "a" else "not distinguishable"
        return f"It is {words} from {place}, {other.recipe.title.lower()} ({figures})."


def ordered(entries: Sequence[Entry], metric: str) -> tuple[Entry, ...]:
    """Put the best first; ties stay in the given order."""
    sign = 1.0 if metric == "mae" else -1.0
    return tuple(sorted(entries, key=lambda entry: sign * float(entry.results[metric])))


def _auc(results: dict[str, Any]) -> float:
    table, classes = results["predictions"], results["classes"]
    names = [f"probability_{label}" for label in classes]
    if not set(names) <= set(table):
        return float("nan")
    probability, true = table[names].to_numpy(), table["y_true"].to_numpy()
    areas = [
        roc_auc_score(true == label, probability[:, number]) for number, label in enumerate(classes)
    ]
    return float(np.mean(areas))
