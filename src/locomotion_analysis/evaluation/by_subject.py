"""What a classifier says about each person, from all of the person's cycles."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.by_class import class_metrics
from locomotion_analysis.evaluation.metric_sums import contributions, tested_subjects


def subject_calls(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return the class that most of each person's cycles were given.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.

    Returns
    -------
    DataFrame
        One row a subject and true class (several rows where a subject has several, as of
        tasks), indexed by ``subject``: ``y_true``, ``y_called`` (by majority of its cycles; of
        equal counts the first class), ``share`` (of its cycles that were given that class),
        ``accuracy`` (share that was right), ``right`` and ``n_cycles``.

    Raises
    ------
    SplitLeakError
        If subjects are unknown.
    """
    subject, names = tested_subjects(results)
    counts = contributions(results)(subject, len(names))
    who, true = np.nonzero(counts.sum(axis=2))
    given, classes = counts[who, true], np.asarray(results["classes"], dtype=object)
    called, n_cycles = given.argmax(axis=1), given.sum(axis=1)
    return pd.DataFrame(
        {
            "y_true": classes[true],
            "y_called": classes[called],
            "share": given.max(axis=1) / n_cycles,
            "accuracy": given[np.arange(len(who)), true] / n_cycles,
            "right": called == true,
            "n_cycles": n_cycles,
        },
        index=pd.Index(names[who], name="subject"),
    )


def subject_level_metrics(
    results: Mapping[str, Any], n_bootstrap: int = 1000, random_state: int = 0
) -> pd.DataFrame:
    """Return the scores of each class when a person is called by the majority of cycles.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Returns
    -------
    DataFrame
        As :func:`~locomotion_analysis.evaluation.class_metrics`, counting people (a person with
        cycles of two classes once in each).

    Raises
    ------
    SplitLeakError
        If subjects are unknown.
    """
    calls = subject_calls(results)
    table = pd.DataFrame(
        {
            "subject": calls.index.to_numpy(),
            "y_true": calls["y_true"].to_numpy(),
            "y_pred": calls["y_called"].to_numpy(),
        }
    )
    of_people = {**results, "predictions": table}
    return class_metrics(of_people, n_bootstrap, random_state).drop(columns="n_cycles")
