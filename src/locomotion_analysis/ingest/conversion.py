"""From files and folders of a laboratory to one dataset of gait cycles."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.trials.collector import TrialCollector
from locomotion_analysis.ingest.trials.file_list import recordings_among
from locomotion_analysis.ingest.trials.names import trial_groups
from locomotion_analysis.progress import Progress
from locomotion_analysis.standard import TASKS

_MOST_NAMED = 20


@dataclass(frozen=True)
class Conversion:
    """What became of the files.

    Attributes
    ----------
    data : LocomotionData
        The gait cycles of all files that could be converted.
    failures : tuple of (Path, LocomotionError)
        Files that could not, and why.
    skipped : tuple of Path
        Files in a folder that are no recording in any known format (licences, notes).
    """

    data: LocomotionData
    failures: tuple[tuple[Path, LocomotionError], ...] = ()
    skipped: tuple[Path, ...] = ()


def convert(
    paths: Iterable[Path | str],
    *,
    column_map: ColumnMap | None = None,
    subjects: Mapping[str, Mapping[str, Any]] | None = None,
    task: str | None = None,
    fail_fast: bool = False,
    progress: Progress | None = None,
) -> Conversion:
    """Convert recordings to gait cycles: read, merge, find events, cut, normalise.

    Parameters
    ----------
    paths : iterable of path-like
        Files, and folders whose files are taken with all below them. The format of a file is
        known by its content. Files of one trial are merged (see
        :func:`~locomotion_analysis.ingest.trial_groups`).
    column_map : ColumnMap, optional
        How the columns of tables become channels.
    subjects : mapping of str to mapping, optional
        Subject -> ``mass_kg``, ``age``, ... (see :func:`~locomotion_analysis.ingest.read_subjects`).
    task : str, optional
        A task of :data:`~locomotion_analysis.standard.TASKS`, for files that do not say theirs;
        level walking where neither does.
    fail_fast : bool
        Raise at the first file that fails, in place of going on with the others.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Conversion

    Raises
    ------
    SchemaError
        If `task` is not known.
    LocomotionError
        With `fail_fast`, the first failure.
    MissingExtraError
        If a file needs an optional library; the message gives the command that installs it.
    FileReadError
        If no file gave a cycle; the message names each file and its reason.
    """
    if task is not None and task not in TASKS:
        raise SchemaError(expected=f"a task of {', '.join(TASKS)}", got=repr(task), where="task")
    known = subjects or {}
    work = TrialCollector(ReadOptions(column_map, known), task, fail_fast)
    files, skipped = recordings_among(paths, column_map)
    done = 0
    for group in trial_groups(files):
        work.add_trial(group)
        done += len(group)
        if progress is not None:
            progress("files", done, len(files))
    own = tuple(getattr(subjects, "history", ()))
    return _result(work, own, skipped)


def _result(
    work: TrialCollector, history: tuple[HistoryEntry, ...], skipped: list[Path]
) -> Conversion:
    """Join the cycles; raise if there are none."""
    if not work.pieces:
        raise _nothing(work, skipped)
    entries = [*history, *(entry for piece in work.pieces for entry in piece.history)]
    if work.failures:
        names = ", ".join(file.name for file, _ in work.failures)
        entries.append(HistoryEntry("failed", f"files {names}", len(work.failures)))
    bare = [LocomotionData(piece.cycles, piece.block, piece.channels) for piece in work.pieces]
    joined = LocomotionData.concat(bare) if len(bare) > 1 else bare[0]
    summed = (*_summed(entries), *joined.history)
    data = LocomotionData(joined.cycles, joined.block, joined.channels, summed)
    return Conversion(data, tuple(work.failures), tuple(skipped))


def _nothing(work: TrialCollector, skipped: list[Path]) -> LocomotionError:
    if len(work.failures) == 1:
        return work.failures[0][1]
    lines = [f"{file.name}: {error.got}" for file, error in work.failures]
    lines += [f"{file.name}: of no known format" for file in skipped]
    if len(lines) > _MOST_NAMED:
        lines[_MOST_NAMED:] = [f"and {len(lines) - _MOST_NAMED} more"]
    return FileReadError(
        expected="at least one recording with a complete stride",
        got="none: " + ("; ".join(lines) or "no files at all"),
        fix=_advice(work),
    )


def _advice(work: TrialCollector) -> str:
    """Say what helps most of the files that failed."""
    advice = Counter(error.fix for _, error in work.failures if error.fix)
    if not advice:
        return "`locomotion formats` lists what can be read"
    return advice.most_common(1)[0][0]


def _summed(entries: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Join entries that say the same of several files; their counts are added."""
    counts: dict[tuple[str, str], int | None] = {}
    for entry in entries:
        name = entry.action, entry.detail
        earlier = counts.get(name)
        counts[name] = earlier if entry.count is None else (earlier or 0) + entry.count
    return [HistoryEntry(action, detail, count) for (action, detail), count in counts.items()]
