"""An audit as files: one HTML page, one figure, all numbers as JSON."""

import os
from pathlib import Path

from locomotion_analysis.evaluation.audit.figure import audit_figure
from locomotion_analysis.evaluation.audit.optimism import Optimism
from locomotion_analysis.evaluation.audit.result import LeakAudit
from locomotion_analysis.evaluation.audit.verdict import verdict
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.reporting.names import feature_title, value_title
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files

_READING = (
    (
        "Folds of cycles share out single cycles: a person's steps stand on both sides. Folds of "
        "subjects keep all cycles of a person together."
    ),
    (
        "A label drawn at random for each subject can be learned only by recognising the subject."
        " Whatever is above chance for it is recognition, not skill."
    ),
    (
        "Intervals are percentiles of a bootstrap over subjects; optimism is measured on the same"
        " draws of subjects under both kinds of folds."
    ),
    (
        "Folds of subjects do not protect from a column that contains the target, from cycles "
        "that are copied between subjects, or from a laboratory that stands for a class."
    ),
)


def write_audit(audit: LeakAudit, out: str | os.PathLike[str]) -> dict[str, Path]:
    """Write ``audit.html``, ``audit.json`` and ``optimism.png`` into a folder.

    Parameters
    ----------
    audit : LeakAudit
        What was found.
    out : path-like
        Folder; made if need be.

    Returns
    -------
    dict
        ``report``, ``numbers`` and ``figure`` to the paths written.

    Raises
    ------
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.
    """
    folder = output_folder(out, ("audit.html", "audit.json", "optimism.png"), "audit.json")
    paths = {
        "report": folder / "audit.html",
        "numbers": folder / "audit.json",
        "figure": folder / "optimism.png",
    }
    numbers = {"verdict": verdict(audit), **audit.to_json()}
    figure = audit_figure(audit)
    write_all(
        {
            paths["numbers"]: json_text(numbers),
            paths["report"]: render_audit(audit),
            paths["figure"]: lambda path: figure.savefig(path, dpi=200, format="png"),
        }
    )
    return paths


def render_audit(audit: LeakAudit) -> str:
    """Return the audit as the text of one self-contained HTML file."""
    return Page(
        about=audit,
        title=f"Leak audit: {value_title(audit.target).lower()}",
        subtitle=f"{named_files(audit.provenance)} · {audit.model.split(':')[0]}",
        verdict=verdict(audit),
        facts=_facts(audit),
        sections=[_optimism(audit), _singles(audit)],
        reading=_READING,
        provenance=audit.provenance,
        cautions=audit.cautions,
        record=(
            ("Model", audit.model),
            ("Folds", str(audit.n_splits)),
            ("Draws of random labels", str(audit.on_random.n_draws)),
            ("Seed", str(audit.seed)),
            *((f"Left out: {what}", why) for what, why in audit.left_out),
        ),
    ).html()


def _facts(audit: LeakAudit) -> list[tuple[str, str]]:
    least, median, most = audit.cycles_per_subject
    known = audit.recognition
    return [
        ("Subjects", f"{audit.n_subjects:,}"),
        ("Gait cycles", f"{audit.n_cycles:,}"),
        ("Cycles a subject", f"{median} ({least} to {most})"),
        ("Features", f"{audit.n_features:,}"),
        ("Optimism", f"{audit.on_target.points:+.0f} points"),
        ("Subject recognised", "unknown" if known is None else f"{known.accuracy:.1%}"),
    ]


def _optimism(audit: LeakAudit) -> Section:
    scores = {"Target": audit.on_target, "Random label for each subject": audit.on_random}
    told = "; ".join(
        f"{name}: {each.ungrouped:.2f} over folds of cycles, {each.grouped:.2f} over subjects"
        for name, each in scores.items()
    )
    picture = Picture.of(
        audit_figure(audit),
        f"{audit.metric.capitalize()} of the same model under both kinds of folds. {told}.",
        f"The same model under {audit.n_splits} folds of cycles and {audit.n_splits} folds of "
        "subjects. Bars: 95 % intervals over subjects.",
    )
    columns = ("Labels", "Folds of cycles", "Folds of subjects", "Optimism (points)")
    rows = [(name, *_cells(each)) for name, each in scores.items()]
    table = Table(f"{audit.metric.capitalize()}, 95 % interval over subjects", columns, rows)
    return Section("Optimism", (), (picture,), (table,))


def _cells(found: Optimism) -> tuple[str, str, str]:
    parts = (
        (found.ungrouped, found.ungrouped_interval, "{:.3f}"),
        (found.grouped, found.grouped_interval, "{:.3f}"),
        (found.points, found.points_interval, "{:+.1f}"),
    )
    made = [
        f"{form.format(value)} ({form.format(low)} to {form.format(high)})"
        for value, (low, high), form in parts
    ]
    return made[0], made[1], made[2]


def _singles(audit: LeakAudit) -> Section:
    rows = [
        (
            each.name,
            feature_title(each.name) if each.place == "feature" else each.place,
            f"{each.score:.3f}",
            each.degree or "",
        )
        for each in audit.single_scores
    ]
    columns = ("Feature or column", "What it is", audit.metric.capitalize(), "Tells the target")
    text = (
        "Each was given to a small decision tree that saw nothing else, on folds of subjects. "
        "Columns of the cycle table are looked at whether or not the features contain them."
    )
    return Section(
        "Single features and columns", (text,), (), (Table("Best first", columns, rows, 2),)
    )
