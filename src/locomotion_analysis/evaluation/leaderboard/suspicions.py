"""Signs that a target is told by something other than gait: a column, a subject's name."""

import logging
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.audit.giveaways import single_scores
from locomotion_analysis.evaluation.leaderboard.training_table import TrainingTable
from locomotion_analysis.selection.subject_folds import Fold

_logger = logging.getLogger(__name__)

_SHOWN = 5


def suspicions(table: TrainingTable, folds: list[Fold]) -> list[str]:
    """Return a sentence for each reason to doubt the scores before looking at them.

    Parameters
    ----------
    table : TrainingTable
        Features and target.
    folds : list of (train, test)
        Folds of subjects.
    """
    told = []
    if table.kind == "classification":
        told += subject_in_disguise(table.y, table.groups)
    y = table.y.to_numpy()
    found = single_scores(table.X, table.cycles, str(table.y.name), y, table.kind, folds)
    perfect = [each for each in found if each.degree == "perfectly"]
    inside = [each.name for each in perfect if each.place == "feature"]
    _note_columns([each.name for each in perfect if each.place != "feature"], str(table.y.name))
    if inside:
        told.append(
            f"Each of these features tells {table.y.name} perfectly by itself, on people it was "
            f"not chosen on: {_named(inside)}. Make sure that it is measured before the target is "
            "known."
        )
    return told


def _note_columns(names: list[str], target: str) -> None:
    # No danger as long as they are no features, so that a line in the log is enough.
    if names:
        _logger.warning(
            "columns that tell %s perfectly, and are not among the features: %s; must not be added",
            target,
            _named(names),
        )


def subject_in_disguise(y: "pd.Series[Any]", groups: NDArray[Any]) -> list[str]:
    """Return a warning where most classes have one subject each.

    Parameters
    ----------
    y : Series of shape (n_rows,)
        Classes.
    groups : ndarray of shape (n_rows,)
        Subject of each row.

    Examples
    --------
    >>> import numpy as np
    >>> subject_in_disguise(pd.Series(list("aabb"), name="shoe"), np.array([1, 1, 2, 2]))[0][:45]
    '2 of 2 values of shoe belong to one subject e'
    """
    people = pd.Series(groups).groupby(y.to_numpy()).nunique()
    alone = int((people == 1).sum())
    if alone * 2 < len(people):
        return []
    return [
        (
            f"{alone} of {len(people)} values of {y.name} belong to one subject each: predicting it "
            "is recognising people, and a model cannot name a value of somebody it has not met."
        )
    ]


def _named(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
