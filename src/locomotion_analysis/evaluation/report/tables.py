"""The tables of a report, as plain text cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from locomotion_analysis.evaluation.report.labels import channel_title, value_title
from locomotion_analysis.standard import TASKS

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_result import StudyResult

# Column: its title, and how many decimals the field gives.
_MEANS = {
    "age": ("Age (years)", 1),
    "height_m": ("Height (m)", 2),
    "mass_kg": ("Mass (kg)", 1),
    "speed_m_s": ("Speed (m/s)", 2),
    "cycle_duration_s": ("Cycle (s)", 2),
}
_EXTREMES = 5
_NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; cells from column `first_number` on are set right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    first_number: int = 1


def data_tables(study: "StudyResult") -> list[Table]:
    """Return the cycles by class and task, the people by class, and gaps in the channels."""
    tables = [_counts(study), _people(study), _gaps(study)]
    return [table for table in tables if table.rows]


def score_table(study: "StudyResult") -> Table:
    """Return every score with its interval and the baseline."""
    rows = [
        (
            each.name,
            each.text(),
            f"{each.text('low')} to {each.text('high')}",
            each.text("baseline"),
        )
        for each in study.scores
    ]
    return Table(
        "Scores on subjects not trained on", ("", "Model", "95 % interval", "Baseline"), rows
    )


def class_table(study: "StudyResult") -> Table:
    """Return precision, recall and F1 of each class."""
    rows = [
        (
            value_title(name),
            *(with_interval(row, key) for key in ("precision", "recall", "f1")),
            f"{row['n_cycles']:,.0f}",
            f"{row['n_subjects']:,.0f}",
        )
        for name, row in study.details["class_metrics"].iterrows()
    ]
    columns = ("Class", "Precision", "Recall", "F1", "Cycles", "Subjects")
    return Table("Each class (95 % interval)", columns, rows)


def with_interval(row: "pd.Series[Any]", name: str, prefix: str | None = None) -> str:
    """Return a score and its interval as one cell; a dash where it is not defined."""
    start = f"{name}_" if prefix is None else prefix
    value, low, high = row[name], row[f"{start}low"], row[f"{start}high"]
    if pd.isna(value):
        return "–"
    if pd.isna(low):
        return f"{value:.2f}"
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def fold_table(study: "StudyResult") -> Table:
    """Return the score of every fold."""
    name = "Accuracy" if study.kind == "classification" else "R²"
    rows = [
        (f"Fold {number}", f"{score:.3f}")
        for number, score in enumerate(study.results["cv_scores"], 1)
    ]
    return Table("Each fold", ("", name), rows)


def subjects_table(study: "StudyResult", values: "pd.Series[float]", label: str) -> Table:
    """Return the subjects the model does worst on, with what they are."""
    ascending = not study.headline.smaller_is_better
    worst = values.sort_values(ascending=ascending, kind="stable").head(_EXTREMES)
    own = pd.Series(study.labels, dtype=object).groupby(study.data.groups.astype(str)).unique()
    rows = [
        (str(name), ", ".join(map(value_title, own[str(name)])), f"{value:.2f}")
        for name, value in worst.items()
    ]
    columns = ("Subject", value_title(study.target), label)
    return Table("Hardest subjects", columns, rows, first_number=2)


def left_out_table(study: "StudyResult") -> Table:
    """Return what was left out, one row a reason."""
    by_reason: dict[str, list[str]] = {}
    for what, why in study.left_out:
        by_reason.setdefault(why, []).append(what)
    rows = [(_several(names), why) for why, names in by_reason.items()]
    return Table("Left out", ("What", "Why"), rows, first_number=2)


def provenance_table(study: "StudyResult") -> Table:
    """Return files, versions, folds and seed."""
    origin = study.provenance
    files = [
        (f"File {file['name']}", f"{file['bytes']:,} bytes, SHA-256 {file['sha256']}")
        for file in origin["files"]
    ] or [("File", "none: the data was made in memory")]
    versions = ", ".join(f"{name} {number}" for name, number in origin["versions"].items())
    rows = [
        *files,
        ("Versions", versions),
        ("Platform", origin["platform"]),
        ("Model", study.model),
        ("Folds", f"{study.n_splits}, subjects as groups: no subject is in two folds"),
        ("Seed of folds and model", str(study.seed)),
        ("Made (UTC)", origin["created"]),
    ]
    return Table("Where these numbers come from", ("", ""), rows, first_number=2)


def _several(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")


def _counts(study: "StudyResult") -> Table:
    """Return subjects and cycles, tasks down and classes across."""
    frame = pd.DataFrame(
        {
            "label": study.labels,
            "task": "All" if study.target == "task" else study.data.cycles["task"],
            "subject": study.data.groups,
        }
    )
    down, across = ("label", "task") if len(frame["task"].unique()) == 1 else ("task", "label")
    cells = frame.groupby([down, across], sort=True)["subject"].agg(["nunique", "size"])
    columns = list(dict.fromkeys(cells.index.get_level_values(1)))
    names = sorted(set(cells.index.get_level_values(0)), key=_task_order)
    rows = [
        (value_title(name), *(_count(cells, (name, column)) for column in columns))
        for name in names
    ]
    first = value_title(study.target if down == "label" else down)
    return Table("Subjects / cycles", (first, *map(value_title, columns)), rows)


def _task_order(name: Any) -> tuple[int, str]:
    known = list(TASKS)
    return (known.index(name) if name in known else len(known), str(name))


def _count(cells: pd.DataFrame, key: tuple[Any, Any]) -> str:
    if key not in cells.index:
        return "none"
    return f"{cells.loc[key, 'nunique']:,} / {cells.loc[key, 'size']:,}"


def _people(study: "StudyResult") -> Table:
    cycles = study.data.cycles.assign(_label=study.labels)
    known = [name for name in _MEANS if name in cycles and cycles[name].dtype.kind in "fi"]
    # A subject counts once, however many cycles were recorded.
    each = cycles.groupby(["_label", "subject"], sort=True)[known].mean()
    rows = [
        (value_title(label), *(_mean_and_sd(people[name], _MEANS[name][1]) for name in known))
        for label, people in each.groupby(level=0)
        if known
    ]
    columns = (value_title(study.target), *(_MEANS[name][0] for name in known))
    return Table("Mean ± SD over subjects", columns, rows)


def _mean_and_sd(values: "pd.Series[float]", decimals: int) -> str:
    known = values.dropna()
    if known.empty:
        return "unknown"
    spread = f" ± {known.std(ddof=1):.{decimals}f}" if len(known) > 1 else ""
    return f"{known.mean():.{decimals}f}{spread}"


def _gaps(study: "StudyResult") -> Table:
    missing = study.data.missing()
    rows = [
        (channel_title(str(name)), f"{percent:.1f}")
        for name, percent in missing[missing > 0].items()
    ]
    return Table("Channels with gaps", ("Channel", "Cycles not fully measured (%)"), rows)
