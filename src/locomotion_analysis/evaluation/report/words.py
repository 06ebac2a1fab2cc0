"""The sentences of a report."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.report.labels import value_title

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_result import StudyResult


def subtitle(study: "StudyResult") -> str:
    """Return one line: which file, which task, when."""
    files = [file["name"] for file in study.provenance["files"]]
    named = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    tasks = ", ".join(value_title(name).lower() for name in study.data.cycles["task"].unique())
    return f"{named or 'Data made in memory'} · {tasks} · {study.provenance['created'][:10]}"


def verdict(study: "StudyResult") -> list[str]:
    """Return what the headline means, against the baseline."""
    head = study.headline
    if head.beats_baseline:
        meaning = (
            "Better than the baseline: the whole interval lies on its better side. What the model "
            "learned carries over to people it has not met."
        )
    elif head.below_baseline:
        meaning = "Worse than the baseline: the model learned nothing that carries over."
    else:
        meaning = (
            "Not told apart from the baseline: the interval includes it. With this data the model "
            "shows no skill on people it has not met."
        )
    return [meaning, _measured(study)]


def _measured(study: "StudyResult") -> str:
    counts = f"{study.data.cycles['subject'].nunique():,} subjects in {study.n_splits} folds"
    if study.kind == "classification":
        return (
            "Balanced accuracy is the mean of the classes' recalls, so a large class cannot carry "
            f"it. Cross-validated over {counts}; the baseline always names the largest class."
        )
    return f"Cross-validated over {counts}; the baseline always predicts the training mean."


def facts(study: "StudyResult") -> list[tuple[str, str]]:
    """Return the study's size in numbers."""
    cycles = study.data.cycles
    distinct = study.y.nunique()
    asked = f"{distinct} classes" if study.kind == "classification" else "continuous"
    return [
        ("Subjects", f"{cycles['subject'].nunique():,}"),
        ("Gait cycles", f"{len(cycles):,}"),
        ("Channels", f"{len(study.data.channels):,}"),
        ("Features", f"{study.X.shape[1]:,}"),
        (f"Target {study.target}", asked),
        ("Model", study.model.split(":")[0]),
    ]


def curves(study: "StudyResult") -> str:
    """Return how the mean curves were made."""
    thirds = (
        ""
        if study.kind == "classification"
        else f" The classes are the thirds of {value_title(study.target).lower()}."
    )
    toe_off = (
        " Dotted lines: mean measured toe-off."
        if "stance_percent" in study.data.cycles
        and study.data.cycles["stance_percent"].notna().any()
        else ""
    )
    return (
        "Line: mean over subjects, each subject's cycles averaged first. Band: ± 1 SD between "
        "subjects. 0 % is the contact of the ipsilateral foot; flexion, dorsiflexion, adduction "
        "and forward forces are positive, moments are internal, power is positive where it is "
        f"generated.{toe_off}{thirds}"
    )


def scores(study: "StudyResult") -> str:
    """Return how scores and intervals were made."""
    how = (
        f"Each of the {study.n_splits} folds was predicted by a model fitted on the other folds, "
        "with imputation and scaling fitted there too. Intervals are percentiles of a bootstrap "
        "over subjects, not cycles."
    )
    chosen = (
        f"{value_title(study.target)} holds {study.y.nunique()} different values, so it was "
        f"treated as {'classes' if study.kind == 'classification' else 'a number (regression)'}."
    )
    return f"{how} {chosen}"


def subject_scores(study: "StudyResult") -> "tuple[pd.Series[float], str]":
    """Return one score a subject and what it is."""
    if study.kind == "classification":
        return study.results["per_subject_accuracy"].astype(float), "Accuracy"
    return study.results["per_subject_error"]["mae"], "Mean absolute error"


def subjects(study: "StudyResult") -> str:
    """Return what the spread over subjects says."""
    values, label = subject_scores(study)
    low, median, high = np.percentile(values, [10, 50, 90])
    text = f"{label} of a subject's cycles: median {median:.2f}, 10th to 90th percentile {low:.2f} to {high:.2f}."
    if study.kind == "classification":
        lost = int((values == 0).sum())
        text += f" Of {lost} subject{'s' * (lost != 1)} not one cycle was right." if lost else ""
    return text


def importances(study: "StudyResult") -> str:
    """Return what the importances are, or why there are none."""
    if study.results["feature_importances"] is None:
        return "This model gives no importance of its features."
    return "The twenty features that weigh most, mean over the folds."


def reading(study: "StudyResult") -> str:
    """Return how to read the scores of this kind of study."""
    if study.kind == "classification":
        return (
            "Precision is the share of cycles called a class that are of it; recall is the share "
            "of a class's cycles that were found; F1 is their harmonic mean."
        )
    return (
        "Mean absolute error is in the target's own unit. R² is 1 for perfect predictions and 0 "
        "for always predicting the mean; it can be negative."
    )
