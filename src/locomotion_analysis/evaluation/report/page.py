"""The report of a study as one self-contained HTML page."""

from typing import TYPE_CHECKING, Any

from locomotion_analysis._version import __version__
from locomotion_analysis.evaluation.report import tables, words
from locomotion_analysis.evaluation.report.check_sections import check_sections
from locomotion_analysis.evaluation.report.detail_sections import detail_sections
from locomotion_analysis.evaluation.report.labels import value_title
from locomotion_analysis.evaluation.report.pictures import (
    curve_pictures,
    errors_picture,
    importances_picture,
    scores_picture,
    subjects_picture,
)
from locomotion_analysis.evaluation.report.templates import template

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_result import StudyResult


def render_report(study: "StudyResult") -> str:
    """Return the report as the text of one HTML file.

    Everything is inside: styles, figures as SVG, no script, no address of another place. All
    text that comes from the data is escaped.

    Parameters
    ----------
    study : StudyResult
        What was found.
    """
    return template("report.html.j2").render(_content(study))


def _content(study: "StudyResult") -> dict[str, Any]:
    return {
        **_head(study),
        **_body(study),
        "sections": [*detail_sections(study), *check_sections(study)],
        "left_out": tables.left_out_table(study),
        "provenance_table": tables.provenance_table(study),
        "history": [*(str(entry) for entry in study.data.history), *study.notes],
        "reading": words.reading(study),
        "version": __version__,
        "created": study.provenance["created"],
    }


def _head(study: "StudyResult") -> dict[str, Any]:
    head = study.headline
    return {
        "title": f"Predicting {value_title(study.target).lower()} from gait",
        "subtitle": words.subtitle(study),
        "simulated": study.data.is_simulated,
        "headline": {
            "name": head.name,
            **{part: head.text(part) for part in ("value", "low", "high", "baseline")},
            "sentences": words.verdict(study),
        },
        "facts": words.facts(study),
        "cautions": study.cautions,
    }


def _body(study: "StudyResult") -> dict[str, Any]:
    values, label = words.subject_scores(study)
    classes = tables.class_table(study) if study.kind == "classification" else None
    return {
        "data_tables": tables.data_tables(study),
        "curves_text": words.curves(study),
        "curves": curve_pictures(study),
        "scores_text": words.scores(study),
        "score_table": tables.score_table(study),
        "scores_picture": scores_picture(study),
        "errors_picture": errors_picture(study),
        "class_table": classes,
        "fold_table": tables.fold_table(study),
        "subjects_text": words.subjects(study),
        "subjects_picture": subjects_picture(study, values, label),
        "subjects_table": tables.subjects_table(study, values, label),
        "importances_text": words.importances(study),
        "importances_picture": importances_picture(study),
    }
