"""Which held-out cycles the model got most wrong."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.cycle_facts import rows_of_predictions
from locomotion_analysis.evaluation.metric_sums import tested_subjects
from locomotion_analysis.evaluation.probability.held_out import (
    has_probabilities,
    held_out_probabilities,
)


def hardest_cycles(results: Mapping[str, Any], cycles: pd.DataFrame, n: int = 6) -> pd.DataFrame:
    """Return the cycles that were most wrong, one a subject.

    Most wrong is the wrong class with the largest probability over the true one; without
    probabilities, a wrong class from a subject whose cycles are most often wrong; of a number,
    the largest error.

    Parameters
    ----------
    results : dict
        What an evaluation returned, its predictions indexed by the cycle key.
    cycles : DataFrame
        ``data.cycles``.
    n : int
        How many at most, one of each subject: a subject's cycles tend to be wrong together.

    Returns
    -------
    DataFrame
        Worst first: ``row`` (position in `cycles`), ``subject``, ``y_true``, ``y_pred`` and
        ``wrongness`` (probability of the predicted class minus that of the true one; share of
        the subject's cycles that are wrong; or absolute error). Empty if nothing is wrong.

    Raises
    ------
    SchemaError
        If predictions and cycles cannot be matched, or `n` is not positive.
    """
    if n < 1:
        raise SchemaError(expected="at least one cycle", got=str(n), where="n", fix="ask for more")
    table = results["predictions"]
    subject, names = tested_subjects(results)
    wrong = _wrongness(results, subject)
    found = pd.DataFrame(
        {
            "row": rows_of_predictions(results, cycles),
            "subject": names[subject],
            "y_true": table["y_true"].to_numpy(),
            "y_pred": table["y_pred"].to_numpy(),
            "wrongness": wrong,
        }
    )
    worst = found[found["wrongness"] > 0].sort_values("wrongness", ascending=False, kind="stable")
    return worst.drop_duplicates("subject").head(n).reset_index(drop=True)


def _wrongness(results: Mapping[str, Any], subject: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how wrong each held-out cycle is; 0 for those that are right."""
    table = results["predictions"]
    true, predicted = (table[name].to_numpy() for name in ("y_true", "y_pred"))
    if results["kind"] == "regression":
        return np.asarray(np.abs(predicted.astype(float) - true.astype(float)))
    wrong = true != predicted
    if not has_probabilities(results):
        share = np.bincount(subject, wrong) / np.bincount(subject)
        return np.where(wrong, share[subject], 0.0)
    given = held_out_probabilities(results)
    called = pd.Index(given.classes).get_indexer(pd.Index(predicted))
    probability = given.probability[np.arange(len(called)), called]
    own = (given.probability * given.truth).sum(axis=1)
    # A model whose threshold is not one half may choose the class of smaller probability.
    return np.where(wrong, np.maximum(probability - own, np.finfo(float).tiny), 0.0)
