"""The figures of a report with the words that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.report import score_figures
from locomotion_analysis.evaluation.report.curves import curves_figure, main_channels
from locomotion_analysis.evaluation.report.labels import channel_title, feature_title, value_title
from locomotion_analysis.evaluation.report.style import as_data_uri

if TYPE_CHECKING:
    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.evaluation.study_result import StudyResult

MOST_CLASSES = 8
_MOST_TASKS = 6
_MOST_FEATURES = 20


@dataclass(frozen=True, slots=True)
class Picture:
    """An image for the page: address, the text that stands for it, and what to look at."""

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class CurvePicture:
    """Mean curves of one task; the title is empty where there is one task only."""

    title: str
    picture: Picture


def curve_pictures(study: "StudyResult") -> list[CurvePicture]:
    """Return the mean curves of each class, one picture a task, the largest task first.

    Where the task itself is predicted, tasks are the classes of one picture.
    """
    tasks = study.data.cycles["task"]
    if study.target == "task" or len(tasks.unique()) == 1:
        return _of_task(study.data, study.labels, "")
    made = []
    for task in tasks.value_counts(sort=True).index[:_MOST_TASKS]:
        rows = np.flatnonzero(tasks == task)
        made += _of_task(study.data.take(rows), study.labels[rows], value_title(task))
    return made


def scores_picture(study: "StudyResult") -> Picture | None:
    """Return the scores against the baseline; None for errors, whose units differ."""
    if study.kind == "regression":
        return None
    drawn = score_figures.scores_figure(study.scores, simulated=study.data.is_simulated)
    told = "; ".join(
        f"{each.name} {each.text()}, baseline {each.text('baseline')}" for each in study.scores
    )
    caption = "Scores with 95 % intervals over subjects, against the baseline."
    return Picture(as_data_uri(drawn), f"Scores with intervals: {told}.", caption)


def errors_picture(study: "StudyResult") -> Picture:
    """Return what was taken for what: confusion matrix, or predicted against observed."""
    return _agreement(study) if study.kind == "regression" else _confusion(study)


def subjects_picture(study: "StudyResult", values: "pd.Series[float]", label: str) -> Picture:
    """Return the spread of a score over the subjects."""
    drawn = score_figures.subjects_figure(
        np.asarray(values, dtype=np.float64), label, simulated=study.data.is_simulated
    )
    alt = f"Histogram of {label.lower()} over {len(values)} subjects, median {values.median():.2f}."
    return Picture(as_data_uri(drawn), alt, "One count a subject.")


def importances_picture(study: "StudyResult") -> Picture | None:
    """Return the features that weigh most, or None where the model tells of none."""
    weights = study.results["feature_importances"]
    if weights is None:
        return None
    largest = weights.head(_MOST_FEATURES)
    names = [feature_title(str(name)) for name in largest["feature"]]
    drawn = score_figures.importances_figure(
        names,
        largest["importance"].to_numpy(float),
        largest["std"].to_numpy(float),
        simulated=study.data.is_simulated,
    )
    alt = f"Bars of feature importance; the largest are {', '.join(names[:5])}."
    return Picture(as_data_uri(drawn), alt, "Mean over the folds, largest first.")


def _confusion(study: "StudyResult") -> Picture:
    names = [value_title(name) for name in study.results["classes"]]
    matrix = study.results["confusion_matrix"]
    drawn = score_figures.confusion_figure(matrix, names, simulated=study.data.is_simulated)
    found = ", ".join(
        f"{name} {row[position] / max(row.sum(), 1):.0%}"
        for position, (name, row) in enumerate(zip(names, matrix, strict=True))
    )
    alt = f"Confusion matrix. Share of each true class that was found: {found}."
    caption = "Rows are the true classes: share of the row, and number of cycles."
    return Picture(as_data_uri(drawn), alt, caption)


def _agreement(study: "StudyResult") -> Picture:
    label = value_title(study.target).lower()
    drawn = score_figures.agreement_figure(
        study.y.to_numpy(float),
        study.results["predictions"]["y_pred"].to_numpy(float),
        study.data.groups,
        label,
        simulated=study.data.is_simulated,
    )
    alt = f"Predicted against observed {label}: {study.headline.name.lower()} {study.headline.text()}."
    return Picture(as_data_uri(drawn), alt, "On the line a prediction is perfect.")


def _of_task(
    data: "LocomotionData", labels: "np.ndarray[tuple[int], np.dtype[np.object_]]", title: str
) -> list[CurvePicture]:
    channels = main_channels(data)
    if not channels:
        return []
    counts = pd.Series(labels).value_counts()
    classes = _in_order(labels, counts.index[:MOST_CLASSES].to_list())
    drawn = curves_figure(data, labels, classes, channels)
    shown = ", ".join(value_title(name) for name in classes)
    what = ", ".join(channel_title(channel) for channel in channels)
    rest = len(counts) - len(classes)
    caption = "Mean ± SD over subjects." + (
        f" {rest} smaller classes are not drawn." if rest > 0 else ""
    )
    alt = f"Mean curves with one standard deviation over the gait cycle, of {shown}: {what}."
    return [CurvePicture(title, Picture(as_data_uri(drawn), alt, caption))]


def _in_order(
    labels: "np.ndarray[tuple[int], np.dtype[np.object_]]", chosen: Sequence[object]
) -> list[object]:
    wanted = set(chosen)
    return [name for name in dict.fromkeys(sorted(labels, key=str)) if name in wanted]
