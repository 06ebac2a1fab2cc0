"""Sections of a report on probabilities, agreement, groups of people and hardest cycles."""

from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.evaluation.gallery import plot_gallery
from locomotion_analysis.evaluation.plots import (
    plot_agreement,
    plot_calibration,
    plot_fairness,
    plot_precision_recall,
    plot_roc,
)
from locomotion_analysis.evaluation.probability import (
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from locomotion_analysis.evaluation.report.labels import value_title
from locomotion_analysis.evaluation.report.pictures import Picture
from locomotion_analysis.evaluation.report.sections import Section, picture
from locomotion_analysis.evaluation.report.style import as_data_uri
from locomotion_analysis.evaluation.report.tables import Table, with_interval

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_result import StudyResult

_BAND_DRAWS = 300
_SQUARE = (4.4, 4.2)
_BARS_WIDTH = 7.4


def detail_sections(study: "StudyResult") -> list[Section]:
    """Return the sections that the study's results allow."""
    made = [_subject_level(study), _probabilities(study), _agreement(study), _groups(study),
            _hardest(study)]  # fmt: skip
    return [section for section in made if section is not None]


def _subject_level(study: "StudyResult") -> Section | None:
    table = study.details.get("subject_level")
    if table is None:
        return None
    rows = [
        (value_title(name), *(with_interval(row, key) for key in ("recall", "specificity")),
         f"{row['n_subjects']:,.0f}")
        for name, row in table.iterrows()
    ]  # fmt: skip
    return Section(
        "people",
        "People called by most of their cycles",
        "Each person gets the class that most of the person's held-out cycles were given. "
        "Recall: share of the people of a class that were called so. Specificity: share of all "
        "others that were not.",
        tables=[Table("Each class, counting people (95 % interval)",
                      ("Class", "Recall", "Specificity", "Subjects"), rows)],
    )  # fmt: skip


def _probabilities(study: "StudyResult") -> Section | None:
    if "calibration" not in study.details:
        return None
    both = study.details["discrimination"].merge(study.details["calibration"], on="class")
    rows = [
        (value_title(row["class"]), with_interval(row, "roc_auc"),
         with_interval(row, "average_precision"), f"{row['prevalence']:.2f}",
         with_interval(row, "brier"), f"{row['prevalence_brier']:.2f}", with_interval(row, "ece"))
        for _, row in both.iterrows()
    ]  # fmt: skip
    columns = ("Class", "ROC AUC", "Average precision", "Prevalence", "Brier",
               "Brier of prevalence", "Calibration error")  # fmt: skip
    areas = "; ".join(f"{row[0]} {row[1]}" for row in rows)
    errors = "; ".join(f"{row[0]} {row[6]}" for row in rows)
    draws = {"n_bootstrap": _BAND_DRAWS}
    return Section(
        "probabilities",
        "Probabilities",
        "Each class against the rest. Ranking: an area under the ROC curve of 0.5 is chance, an "
        "average precision equal to the prevalence is chance. Trust: of the cycles given a "
        "probability of 0.7, seven in ten should be of the class; the Brier score should be below "
        "that of knowing the prevalence alone. Bands and intervals are over subjects.",
        [
            picture(plot_roc, roc_curve(study.results, **draws), _SQUARE,
                    f"ROC curves; areas: {areas}.", "ROC curve with 95 % band."),
            picture(plot_precision_recall, precision_recall_curve(study.results, **draws), _SQUARE,
                    f"Precision-recall curves of {len(rows)} classes.",
                    "Precision and recall with 95 % band."),
            picture(plot_calibration, calibration_curve(study.results, **draws), _SQUARE,
                    f"Calibration curves; calibration errors: {errors}.",
                    "Calibration with 95 % intervals; on the dashed line it is perfect."),
        ],
        [Table("Ranking and calibration (95 % interval)", columns, rows)],
    )  # fmt: skip


def _agreement(study: "StudyResult") -> Section | None:
    if "agreement" not in study.details:
        return None
    table = study.details["agreement"]
    names = {"bias": "Bias (predicted minus observed)", "lower_limit": "Lower limit of agreement",
             "upper_limit": "Upper limit of agreement", "slope": "Slope of calibration",
             "intercept": "Intercept of calibration"}  # fmt: skip
    rows = [
        (names[str(name)], *(f"{row[key]:.3g}" for key in ("value", "low", "high")))
        for name, row in table.iterrows()
    ]
    bias, low, high = table.loc[["bias", "lower_limit", "upper_limit"], "value"]
    alt = f"Error against size; bias {bias:.3g}, limits of agreement {low:.3g} to {high:.3g}."
    return Section(
        "agreement",
        "Agreement",
        "Nineteen in twenty errors lie between the limits of agreement. A slope of calibration "
        "below 1 says that predictions spread too far; one of 1 and an intercept of 0 are perfect.",
        [picture(plot_agreement, study.results, (5.4, 4.0), alt, "Error of cycles and subjects.")],
        [Table("Agreement", ("", "Value", "Low", "High"), rows)],
    )


def _groups(study: "StudyResult") -> Section | None:
    table = study.details["fairness"]
    if table.empty:
        return None
    rows = [
        (value_title(row["group"]), f"{row['n_subjects']:,}", f"{row['n_cycles']:,}",
         with_interval(row, "score", ""), with_interval(row, "difference"), row["note"])
        for _, row in table.iterrows()
    ]  # fmt: skip
    apart = table[(table["difference_low"] > 0) | (table["difference_high"] < 0)]
    found = (
        f"Apart from the rest: {', '.join(apart['group'])}." if len(apart)
        else "No group is told apart from the rest."
    )  # fmt: skip
    told = "; ".join(f"{row[0]} {row[3]}" for row in rows)
    return Section(
        "groups",
        "Groups of people",
        f"{study.headline.name} of each group, and its difference from everyone else. {found} A "
        "difference is a question: the group may be small or hold other classes. Of ten groups "
        "that do not differ, about four in ten studies find one apart by chance.",
        [picture(plot_fairness, table, (_BARS_WIDTH, 0.9 + 0.3 * len(table)),
                 f"{study.headline.name} by group: {told}.",
                 "Score with 95 % interval over subjects; hollow: too few subjects to compare.")],
        [Table("Groups (95 % interval)",
               ("Group", "Subjects", "Cycles", "Score", "Difference", "Note"), rows)],
    )  # fmt: skip


def _hardest(study: "StudyResult") -> Section | None:
    table = study.details["hardest_cycles"]
    if table.empty or not study.data.channels:
        return None
    drawn = plot_gallery(study.data, table, study.labels)
    names = ", ".join(str(name) for name in table["subject"])
    bands = (
        "Blue band: its third of the target" if study.kind == "regression"
        else "Blue band: its true class, orange: what it was taken for"
    )  # fmt: skip
    shown = Picture(
        as_data_uri(drawn),
        f"Curves of the {len(table)} cycles that were most wrong, of {names}.",
        f"Black: the cycle. {bands}, mean ± SD of the other subjects in the same task.",
    )
    return Section("hardest", "Hardest cycles", _hardest_text(study, table), [shown])


def _hardest_text(study: "StudyResult", table: pd.DataFrame) -> str:
    how = (
        "largest error" if study.kind == "regression"
        else "most certain of a wrong class" if "calibration" in study.details
        else "of the subjects most often wrong"
    )  # fmt: skip
    return (
        f"The {len(table)} cycles that were most wrong ({how}), one of each subject. Look for "
        "faulty tracking, a wrong label, or a person who moves like the other class."
    )
