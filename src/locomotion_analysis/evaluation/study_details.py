"""The tables of a study that need no further fit: classes, probabilities, people, errors."""

from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.agreement import agreement
from locomotion_analysis.evaluation.by_class import class_metrics
from locomotion_analysis.evaluation.by_subject import subject_calls, subject_level_metrics
from locomotion_analysis.evaluation.fairness import fairness_table
from locomotion_analysis.evaluation.gallery.hardest import hardest_cycles
from locomotion_analysis.evaluation.probability import calibration_scores, discrimination_scores
from locomotion_analysis.evaluation.probability.held_out import has_probabilities


def study_details(results: dict[str, Any], data: LocomotionData) -> dict[str, pd.DataFrame]:
    """Return the tables that these results allow.

    Parameters
    ----------
    results : dict
        What an evaluation of all cycles of `data` returned.
    data : LocomotionData
        The cycles.

    Returns
    -------
    dict
        ``fairness`` and ``hardest_cycles``; of a classification ``class_metrics``,
        ``subject_level`` where each subject has one class, ``discrimination`` and
        ``calibration`` where the model gives probabilities; of a regression ``agreement``.
    """
    tables = {
        "fairness": fairness_table(results, data.cycles),
        "hardest_cycles": hardest_cycles(results, data.cycles),
    }
    if results["kind"] == "regression":
        return {**tables, "agreement": agreement(results)}
    tables["class_metrics"] = class_metrics(results)
    if subject_calls(results).index.is_unique:
        tables["subject_level"] = subject_level_metrics(results)
    if has_probabilities(results):
        tables["discrimination"] = discrimination_scores(results)
        tables["calibration"] = calibration_scores(results)
    return tables
