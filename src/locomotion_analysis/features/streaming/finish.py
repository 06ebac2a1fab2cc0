"""The end of a run: the parts joined into one file, and the account of what was done."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, left_out_by_reason
from locomotion_analysis.features.streaming.batch import Recipe, plan_of
from locomotion_analysis.features.streaming.output import Survey, write_joined
from locomotion_analysis.features.streaming.source import Bad, SourceFile
from locomotion_analysis.features.streaming.work import Notes, Task
from locomotion_analysis.files import remove_leftovers


@dataclass(frozen=True)
class Extraction:
    """A finished run.

    Attributes
    ----------
    path : Path
        The Parquet file of features, one row a cycle.
    n_cycles : int
        Its rows.
    specs : tuple of FeatureSpec
        One for each feature column, in order.
    left_out : tuple of LeftOut
        What was asked for and is not among the columns.
    skipped : tuple of (str, str)
        Files left out as they cannot be read, with the reason.
    kept_cycles : int
        Cycles of parts that an earlier, unfinished run had computed.
    history : tuple of HistoryEntry
        What was read, assumed, skipped; also in the file.
    """

    path: Path
    n_cycles: int
    specs: tuple[FeatureSpec, ...]
    left_out: tuple[LeftOut, ...]
    skipped: tuple[tuple[str, str], ...]
    kept_cycles: int
    history: tuple[HistoryEntry, ...]


def parts_folder(out: Path) -> Path:
    """Return the folder in which a run that writes `out` keeps its finished parts."""
    return out.with_name(f"{out.name}.parts")


def finish(
    out: Path,
    tasks: Sequence[Task],
    recipe: Recipe,
    files: Sequence[SourceFile],
    bad: Sequence[Bad],
    kept_cycles: int,
) -> Extraction:
    """Join the parts, remove them, and say what was skipped and assumed."""
    plan = plan_of(recipe)
    paths = [Path(task.path) for task in tasks]
    survey = Survey(paths, len(plan.specs))
    skipped = tuple((entry.path, str(entry.error)) for entry in bad)
    empty = [
        LeftOut(spec.name, "its inputs are never known for the same cycle")
        for spec, known in zip(plan.specs, survey.known, strict=True)
        if not known
    ]
    left_out = (*plan.left_out, *empty)
    run = _history_of_run(survey.notes, skipped)
    history = (*_history_of(files), *run, *_history_of_left_out(left_out))
    write_joined(out, paths, plan.specs, survey, history)
    _remove_parts(parts_folder(out))
    for text in (*survey.notes.warnings, *(f"left out: {path}: {why}" for path, why in skipped)):
        warnings.warn(text, LocomotionWarning, stacklevel=3)
    specs = [spec for spec, known in zip(plan.specs, survey.known, strict=True) if known]
    return Extraction(
        out,
        sum(task.part.n_cycles for task in tasks),
        tuple(specs),
        left_out,
        skipped,
        kept_cycles,
        history,
    )


def _history_of(files: Sequence[SourceFile]) -> list[HistoryEntry]:
    return list(dict.fromkeys(entry for file in files for entry in file.history))


def _history_of_run(notes: Notes, skipped: Sequence[tuple[str, str]]) -> list[HistoryEntry]:
    entries = [
        HistoryEntry("assumed", f"end of stance from: {source}", count)
        for source, count in sorted(notes.stance.items())
    ]
    entries += [
        HistoryEntry("dropped", f"{name} not above zero: treated as unknown", count)
        for name, count in sorted(notes.impossible.items())
    ]
    entries += [HistoryEntry("noted", text) for text in notes.warnings]
    entries += [HistoryEntry("skipped", f"{path}: {why}") for path, why in skipped]
    return entries


def _history_of_left_out(left_out: Sequence[LeftOut]) -> list[HistoryEntry]:
    return [
        HistoryEntry("left out", f"{', '.join(names)}: {reason}", len(names))
        for reason, names in left_out_by_reason(left_out).items()
    ]


def _remove_parts(folder: Path) -> None:
    """Remove the files this module writes; the folder only if nothing else is in it."""
    remove_leftovers(folder)
    for path in folder.glob("*.arrow"):
        path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
