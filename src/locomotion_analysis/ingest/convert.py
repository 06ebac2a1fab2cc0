"""From files and folders of a laboratory to one dataset of gait cycles.

Each file is read by the reader that knows its content; files of one trial are merged to one
recording with a subject and a trial, and cut into cycles. When all are read, names are settled: one
person under one name. A file that fails is kept beside the cycles of the others.
"""

import codecs
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from locomotion_analysis.biomechanics import OpenSimModel
from locomotion_analysis.biomechanics.opensim_model import marker_names
from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.identity import MEASURES, TEXTS
from locomotion_analysis.data.parquet import is_own
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    MissingExtraError,
    SchemaError,
    listed,
)
from locomotion_analysis.ingest.b3d import B3DReader
from locomotion_analysis.ingest.bodies import (
    Body,
    body_of,
    differences,
    known_of,
    refuse_other_unit,
)
from locomotion_analysis.ingest.c3d.reader import C3DReader
from locomotion_analysis.ingest.identity import (
    Claim,
    Identity,
    NameRules,
    Similar,
    identify,
    refuse_pooling,
    row_of,
    settle,
    with_subject,
)
from locomotion_analysis.ingest.joint_model import (
    MODELS,
    JointModel,
    MarkerReport,
    is_static,
    needs_static,
    report_of,
    with_joints,
)
from locomotion_analysis.ingest.marker_names import (
    place_markers,
    refuse_labels,
    refuse_names,
    rename_markers,
)
from locomotion_analysis.ingest.opensim import OpenSimReader, TRCReader, follow_knee_sign
from locomotion_analysis.ingest.opensim_joints import with_opensim
from locomotion_analysis.ingest.path_names import trial_groups
from locomotion_analysis.ingest.recording import Reader, ReadOptions, Recording, Stream
from locomotion_analysis.ingest.strides import cycles_of
from locomotion_analysis.ingest.tables.cells import decoded
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.mapped import TableReader
from locomotion_analysis.ingest.tables.subjects import Subjects, cycles_with, subjects_of
from locomotion_analysis.ingest.tables.unmapped import (
    CyclesParquetReader,
    InsoleReader,
    TimeParquetReader,
    has_channels,
)
from locomotion_analysis.progress import Progress

_HEAD_BYTES = 4096
_NEEDS_MAP = "table"
_NOTES = ("license", "licence", "readme", "notice", "copying", "changelog")
_ANY_TEXT = {".txt", ".csv", ".tsv"}
_MOST_NAMED = 20
_MOST_ADVICE = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one file, or of one recording of a file that holds several.

    Attributes
    ----------
    file : Path
    identity : Identity or None
        Subject, task and trial, and where each was found; None where that was not reached.
    cycles : int
        Gait cycles of the trial; 0 in files that failed, and in those of a trial beside its first.
    part_of : Path or None
        The file under which the trial is counted, where this is another file of it.
    error : LocomotionError or None
        Why it failed.
    standing : bool
        A standing (static) trial: it has no strides, and may calibrate the walks of the person.
    """

    file: Path
    identity: Identity | None = None
    cycles: int = 0
    part_of: Path | None = None
    error: LocomotionError | None = None
    standing: bool = False


@dataclass(frozen=True)
class Conversion:
    """Result of :func:`convert`: cycles, table of files, failures.

    Attributes
    ----------
    data : LocomotionData
        The gait cycles of all files that could be converted.
    failures : tuple of (Path, LocomotionError)
        Files that could not, and why.
    skipped : tuple of Path
        Files in a folder that are no recording in any known format (licences, notes).
    earlier : tuple of Path
        Gait cycles in a folder that an earlier run made of the recordings beside them.
    outcomes : tuple of Outcome
        One a file, or more where a file holds several recordings; failures last.
    """

    data: LocomotionData
    failures: tuple[tuple[Path, LocomotionError], ...] = ()
    skipped: tuple[Path, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    earlier: tuple[Path, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """Files x outcome: ``file, subject, task, trial, outcome``, failures last."""
        names = short_names(outcome.file for outcome in self.outcomes)
        rows = []
        for outcome in self.outcomes:
            who = outcome.identity
            text = f"{outcome.cycles} cycle{'s' * (outcome.cycles != 1)}"
            if outcome.error is not None:
                text = f"failed: {outcome.error.got}"
            elif outcome.part_of is not None:
                text = f"in {outcome.part_of.name}"
            elif outcome.standing:
                text = "standing trial"
            guess = " (a guess)" if who and who.guess else ""
            said = (who.subject + guess, who.task, who.trial) if who else ("", "", "")
            rows.append((names[outcome.file], *said, text))
        return pd.DataFrame(rows, columns=["file", "subject", "task", "trial", "outcome"])

    @property
    def notes(self) -> tuple[str, ...]:
        """The history in short: what was guessed, assumed, renamed, dropped; alike lines once.

        What every conversion does (reading, converting units, cutting) is left out.
        """
        alike: dict[tuple[str, str], list[HistoryEntry]] = {}
        for entry in self.data.history:
            if entry.action not in _ROUTINE:
                shape = re.sub(r"\S*\d\S*", "#", entry.detail)
                alike.setdefault((entry.action, shape), []).append(entry)
        first = [action for action in _FIRST if any(action == key for key, _ in alike)]
        order = sorted(
            alike, key=lambda key: first.index(key[0]) if key[0] in first else len(first)
        )
        return tuple(
            f"{alike[key][0]}" + (f" and {len(alike[key]) - 1} alike" if alike[key][1:] else "")
            for key in order
        )


_ROUTINE = frozenset(
    {"read", "converted", "segmented", "shifted", "found", "assigned", "concatenated", "failed"}
)
_FIRST = ("guessed", "replaced", "renamed", "missing", "rejected", "assumed", "dropped")


def short_names(files: Iterable[Path]) -> dict[Path, str]:
    """Return names that tell the files apart: the path below the folder that all are in."""
    paths = dict.fromkeys(files)
    if not paths:
        return {}
    try:
        top = os.path.commonpath([path.absolute().parent for path in paths])
    except ValueError:  # on different drives
        return {path: str(path) for path in paths}
    return {path: os.path.relpath(path.absolute(), top) for path in paths}


def convert(
    paths: Iterable[Path | str] | Path | str,
    *,
    column_map: ColumnMap | Path | str | None = None,
    subjects: Subjects | None = None,
    task: str | None = None,
    subject_from: str | None = None,
    subject: str | None = None,
    similar_names: Similar = "refuse",
    same_person: Iterable[str] = (),
    markers: Mapping[str, Sequence[str]] | None = None,
    marker_map: Mapping[str, str] | None = None,
    model: JointModel | str | os.PathLike[str] = "auto",
    fail_fast: bool = False,
    progress: Progress | None = None,
) -> Conversion:
    """Convert recordings to gait cycles: read, merge, find events, cut, normalise.

    Parameters
    ----------
    paths : path-like, or iterable of path-like
        Files, and folders whose files are taken with all below them. The format of a file is
        known by its content. Files of one trial are merged (see
        :func:`~locomotion_analysis.ingest.trial_groups`).
    column_map : ColumnMap or path-like, optional
        How the columns of tables become channels, or the file that says it.
    subjects : mapping of str to mapping, or path-like, optional
        Subject -> ``mass_kg``, ``age``, ..., or the file of a table
        (see :func:`~locomotion_analysis.ingest.read_subjects`).
    task : str, optional
        A task of :data:`~locomotion_analysis.standard.TASKS`, for files that do not say theirs.
        Where neither does, strides with a flight are running, and all others level walking.
    subject_from : str, optional
        Where the subject's name stands: ``name`` (in the file), ``file`` (first word of its name),
        ``folder``, or a pattern over the path with ``{subject}``, ``{task}``, ``{trial}``, such as
        ``{subject}/{task}_{trial}.c3d``. Not given, it is the first of name, file and folder that
        is trustworthy: the name of a marker set or a walking aid is not.
    subject : str, optional
        The one to take from files that hold several people.
    similar_names : {"refuse", "same", "different"}
        Whether names that differ by separators or leading zeros (``S1``, ``S01``, ``S-1``) are one
        person; refused where that is not said.
    same_person : iterable of str
        Names whose files are of one person though the bodies in them differ.
    markers : mapping of str to sequence of str, optional
        Place -> labels of the markers there, for names that are not in the table of marker names
        (see :func:`~locomotion_analysis.ingest.place_markers`).
    marker_map : mapping of str to str, optional
        Label in the files -> name of the marker in the model
        (see :func:`~locomotion_analysis.ingest.read_marker_map`).
    model : {"auto", "cgm1", "none"} or path-like
        Where joint angles, moments and powers come from: the file, and where it has none the
        conventional gait model on its markers, or key points of the legs (``auto``); that model
        throughout (``cgm1``); the file alone (``none``). A static trial of the same person among
        the files calibrates it.
        Or a file of OpenSim: a model scaled to the person (``.osim``), or a set-up file of inverse
        kinematics (``.xml``) that names one and weighs its markers; all trials are of that person.
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
        If `task`, `similar_names` or `model` is not known, `subject_from` is no pattern, or
        `marker_map` names a label that no file has, or a marker that the model has not.
    LocomotionError
        With `fail_fast`, the first failure.
    MissingExtraError
        If a file needs an optional library; the message gives the command that installs it.
    FileReadError
        If no file gave a cycle; the message names each file and its reason.
    """
    subjects = subjects_of(subjects)
    if isinstance(column_map, str | os.PathLike):
        column_map = ColumnMap.from_yaml(column_map)
    rules = NameRules.of(subject_from, task, similar_names, same_person, subjects)
    options = ReadOptions(column_map, subjects, markers or {}, subject or "", marker_map or {})
    of_joints = _model_of(model)
    if isinstance(of_joints, OpenSimModel):
        refuse_names(options.marker_map, marker_names(of_joints.model), of_joints.model.name)
    work = TrialCollector(options, rules, fail_fast, of_joints)
    files, skipped, earlier = recordings_among(paths, column_map)
    done = 0
    for group in trial_groups(files):
        work.add_trial(group)
        done += len(group)
        if progress is not None:
            progress("files", done, len(files))
    pieces, settled = work.settle()
    if not pieces:
        raise _nothing(work.failures, skipped, earlier)
    entries = [*getattr(subjects, "history", ())]
    entries += [entry for piece in pieces for entry in piece.history]
    entries += settled
    if work.failures:
        names = ", ".join(file.name for file, _ in work.failures)
        entries.append(HistoryEntry("failed", f"files {names}", len(work.failures)))
    # Entries that say the same of several files are one, and their counts are added.
    counts: dict[tuple[str, str], int | None] = {}
    for entry in entries:
        name = entry.action, entry.detail
        before = counts.get(name)
        counts[name] = before if entry.count is None else (before or 0) + entry.count
    history = [HistoryEntry(*name, count) for name, count in counts.items()]
    bare = [LocomotionData(piece.cycles, piece.block, piece.channels) for piece in pieces]
    joined = LocomotionData.concat(bare) if len(bare) > 1 else bare[0]
    data = LocomotionData(joined.cycles, joined.block, joined.channels, (*history, *joined.history))
    outcomes = sorted(work.outcomes, key=lambda outcome: outcome.error is not None)
    return Conversion(data, tuple(work.failures), tuple(skipped), tuple(outcomes), tuple(earlier))


def _model_of(model: str | os.PathLike[str]) -> JointModel | OpenSimModel:
    """Return the model that a name or a file is for."""
    for known in MODELS:
        if model == known:
            return known
    if Path(model).suffix.lower() not in (".osim", ".xml"):
        raise SchemaError(
            expected=f"a model: {', '.join(MODELS)}, or a file of OpenSim (.osim, .xml)",
            got=repr(str(model)),
            where="model",
            fix="name a scaled model (.osim) or a set-up file of inverse kinematics (.xml)",
        )
    return OpenSimModel.read(model)


def _nothing(
    failures: Sequence[tuple[Path, LocomotionError]],
    skipped: Sequence[Path],
    earlier: Sequence[Path],
) -> LocomotionError:
    """Return the error of a conversion that gave no cycle: the one reason, or each with its files."""
    reasons: dict[tuple[str, str], list[tuple[Path, LocomotionError]]] = {}
    for file, error in failures:
        reasons.setdefault((error.got, error.fix), []).append((file, error))
    if len(reasons) == 1:
        (_, error), *others = failures
        if more := [*dict.fromkeys(file.name for file, _ in others if file != failures[0][0])]:
            error.where += f", and {len(more)} more: {', '.join(more[:_MOST_NAMED])}"
        return error
    lines = [
        f"{', '.join([*dict.fromkeys(file.name for file, _ in alike)][:_MOST_NAMED])}: {got}"
        for (got, _), alike in reasons.items()
    ]
    if len(lines) > _MOST_NAMED:
        lines[_MOST_NAMED:] = [f"and {len(lines) - _MOST_NAMED} more"]
    if skipped:
        lines.append(f"of no known format: {listed(file.name for file in skipped)}")
    if earlier:
        lines.append(f"written by an earlier run: {listed(file.name for file in earlier)}")
    advice = Counter(error.fix for _, error in failures if error.fix).most_common(_MOST_ADVICE)
    return FileReadError(
        expected="at least one recording with a complete stride",
        got="none: " + ("; ".join(lines) or "no files at all"),
        fix="; or: ".join(fix for fix, _ in advice)
        or "`locomotion formats` lists what can be read",
    )


# Magic bytes before text, and the formats with the most particular text first.
_READERS: list[Reader] = [
    C3DReader(),
    TimeParquetReader(),
    CyclesParquetReader(),
    OpenSimReader(),
    TRCReader(),
    InsoleReader(),
    B3DReader(),
    TableReader(),
]


def register(reader: Reader) -> Reader:
    """Add a reader for a file format; the first that recognises a file reads it.

    Parameters
    ----------
    reader : Reader
        Has ``name``, ``endings``, ``recognises`` and ``read``.

    Returns
    -------
    Reader
        The same.
    """
    _READERS.append(reader)
    return reader


def readers() -> tuple[Reader, ...]:
    """Return the registered readers in the order they are asked.

    Returns
    -------
    tuple of Reader
    """
    return tuple(_READERS)


def reader_for(path: Path) -> Reader:
    """Return the reader that recognises the content of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Reader

    Raises
    ------
    FileReadError
        If there is no such file, it is empty, or no reader knows it.
    """
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing at that path"
        raise FileReadError(
            expected="a file to read",
            got=got,
            where=str(path),
            fix="name one file"
            if path.is_dir()
            else "check the spelling and the folder you are in",
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        raise FileReadError(
            expected="a recording",
            got="an empty file",
            where=str(path),
            fix="copy or export the file again",
        )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = decoded(head, errors="ignore").encode()
    for reader in _READERS:
        if reader.recognises(path, head):
            return reader
    raise FileReadError(
        expected=f"one of the formats {', '.join(reader.name for reader in _READERS)}",
        got=f"a file no reader recognises (it begins with {head[:16]!r})",
        where=str(path),
        fix="`locomotion formats` lists them; a table of curves needs --map map.yaml",
    )


def unreadable(error: OSError) -> FileReadError:
    """Return the error of a file that the system does not let us read."""
    return FileReadError(expected="a file that can be opened", got=error.strerror or str(error))


class Sources(NamedTuple):
    """What a conversion reads of what it was given, and what it passes over; without duplicates."""

    files: list[Path]
    skipped: list[Path]
    """Files in folders that are no recordings."""
    earlier: list[Path]
    """Gait cycles in folders that an earlier run made of the recordings beside them."""


def recordings_among(
    paths: Iterable[Path | str] | Path | str, column_map: ColumnMap | None
) -> Sources:
    """List the files to read, and the files of folders that are passed over.

    A file that the user names is always read. Of a folder, and all below it, those are that a
    reader knows by their content or claims by their ending; a table only with a column map, for
    nothing else tells a table of curves from any other, and not one that the map joins to others.
    Cycles that this project wrote are read where the folder has no other recordings: beside some,
    they are what an earlier run made of them, and each cycle would be there twice.

    Returns
    -------
    Sources
        Folders in name order.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    companions = {join.file for join in column_map.join} if column_map else set()
    files: dict[Path, None] = {}
    skipped: dict[Path, None] = {}
    earlier: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            files[path] = None
            continue
        wanted = []
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            if file.name not in companions and _is_recording(file, column_map is not None):
                wanted.append(file)
            else:
                skipped[file] = None
        own = [file for file in wanted if is_own(file)]
        if len(own) < len(wanted):
            earlier |= dict.fromkeys(own)
        files |= dict.fromkeys(file for file in wanted if file not in earlier)
    passed_over = ([file for file in some if file not in files] for some in (skipped, earlier))
    return Sources(list(files), *passed_over)


def _is_recording(file: Path, has_map: bool) -> bool:
    if file.name.lower().startswith(_NOTES):
        return False
    try:
        reader = reader_for(file)
    except FileReadError:
        # An empty walk.c3d is a recording that failed, not a note beside recordings.
        own = {suffix for known in readers() for suffix in known.suffixes} - _ANY_TEXT
        return file.suffix.lower() in own
    if reader.name == CyclesParquetReader.name:
        return has_map or has_channels(file)
    return has_map or reader.name != _NEEDS_MAP


@dataclass(frozen=True)
class _Piece:
    """The cycles of one trial, and what is claimed of those they are of."""

    file: Path
    data: LocomotionData
    claims: tuple[Claim, ...]
    rows: range
    """Its places in the outcomes, its own file's first."""
    folder: Path | None = None
    """The folder that the dataset is named after, unless the user or the data name it."""


class TrialCollector:
    """Collects the cycles of trials, and the files that failed.

    Parameters
    ----------
    options : ReadOptions
    rules : NameRules
    fail_fast : bool
        Raise the first failure in place of keeping it.
    model : {"auto", "cgm1", "none"} or OpenSimModel
        As :func:`convert` has it.

    Attributes
    ----------
    outcomes : list of Outcome
    failures : list of (Path, LocomotionError)
    """

    def __init__(
        self,
        options: ReadOptions,
        rules: NameRules,
        fail_fast: bool,
        model: JointModel | OpenSimModel = "auto",
    ) -> None:
        self._options, self._rules, self._fail_fast = options, rules, fail_fast
        self._model = model
        self._modelled = ""
        self._statics: dict[str, tuple[Path, Recording]] = {}
        self._waiting: list[tuple[list[tuple[Path, Recording]], bool]] = []
        self._labels: set[str] = set()
        self._calibrates: dict[Path, Path] = {}
        self._pieces: list[_Piece] = []
        self.outcomes: list[Outcome] = []
        self.failures: list[tuple[Path, LocomotionError]] = []

    def add_trial(self, files: Sequence[Path]) -> None:
        """Read the files of one trial, merge what they hold and cut it into cycles."""
        single: list[tuple[Path, Recording]] = []
        for file in files:
            try:
                content = reader_for(file).read(file, self._options)
                is_data = isinstance(content, LocomotionData)
                if not isinstance(content, LocomotionData):
                    self._labels |= {label for part in content for label in part.markers}
                    names = self._options.marker_map
                    content = [rename_markers(part, names) for part in content]
                refuse_pooling(file, _names_in(content), self._rules, as_written=is_data)
            except MissingExtraError:
                raise  # no fault of the file: one command mends it for all of them
            except LocomotionError as error:
                self._fail(file, error)
                continue
            except OSError as error:
                self._fail(file, unreadable(error))
                continue
            if isinstance(content, LocomotionData):
                self._add_cycles(file, with_subjects(content, self._options.subjects))
            elif len(content) == 1:
                single.append((file, content[0]))
            else:
                for number, recording in enumerate(content, 1):
                    if not recording.trial:
                        text = f"trial {number}: the file numbers its trials by order"
                        entry = HistoryEntry("assumed", text)
                        recording = replace(recording, trial=str(number)).then(entry)
                    self._add_recordings([(file, recording)], alone=False)
        if single:
            # Angles first; C3D events and plates come before copies of them in other files.
            single.sort(
                key=lambda part: (
                    not any("_angle_" in name for name in part[1].channels),
                    not part[1].events,
                    -len(part[1].markers) - len(part[1].plates),
                )
            )
            angles = single[0][1]
            of_one_trial = [
                # Only the angles of the same model tell the sign of its knee moments.
                (
                    file,
                    follow_knee_sign(angles, part) if reader_for(file).name == "opensim" else part,
                )
                for file, part in single
            ]
            self._add_recordings(of_one_trial)

    def settle(self) -> tuple[list[LocomotionData], list[HistoryEntry]]:
        """Give everybody one name, refuse who cannot be told, and return the cycles.

        Returns
        -------
        list of LocomotionData
            With the names of people and datasets as they are now.
        list of HistoryEntry
            Which names were taken for others.

        Raises
        ------
        SchemaError
            If no file had a marker of the marker map.
        """
        if self._labels or not self.failures:
            refuse_labels(self._options.marker_map, self._labels)
        for parts, alone in self._waiting:
            self._add_recordings(parts, alone=alone, last=True)
        self._waiting = []
        dropped = self._standing_trials()
        settled = settle([claim for piece in self._pieces for claim in piece.claims], self._rules)
        datasets = _dataset_names([piece.folder for piece in self._pieces if piece.folder])
        found: list[LocomotionData] = []
        keys: set[tuple[object, ...]] = set()
        place = 0
        for piece in self._pieces:
            own = slice(place, place := place + len(piece.claims))
            problems = [problem for problem in settled.problems[own] if problem]
            if problems:
                self._fail(piece.file, problems[0], row=piece.rows[0])
                continue
            written = [claim.name for claim in piece.claims]
            names = dict(zip(written, settled.names[own], strict=True))
            data = _renamed(piece.data, names, datasets[piece.folder] if piece.folder else "")
            for row in piece.rows:
                who = self.outcomes[row].identity
                if who is not None and who.subject in names:
                    who = replace(who, subject=names[who.subject])
                    self.outcomes[row] = replace(self.outcomes[row], identity=who)
            twice = keys & set(data.key)
            if twice:
                again = ", ".join(map(str, min(twice)))
                error = DuplicateCycleError(
                    expected="every gait cycle once",
                    got=f"{again} for the second time",
                    fix="give the trials different names, or leave one out",
                )
                self._fail(piece.file, error, row=piece.rows[0])
                continue
            keys |= set(data.key)
            found.append(data)
        return found, [*dropped, *settled.history]

    def _standing_trials(self) -> list[HistoryEntry]:
        """Say what became of the standing trials; where there is nothing else, they fail."""
        unused = []
        for row, outcome in enumerate(self.outcomes):
            walk = self._calibrates.get(outcome.file)
            if not outcome.standing:
                continue
            if walk is not None:
                self.outcomes[row] = replace(outcome, part_of=walk)
            elif self._pieces:
                unused.append(outcome.file.name)
            else:
                error = SchemaError(
                    expected="at least one complete stride",
                    got="a standing trial",
                    fix="convert it together with the person's walks",
                )
                self._fail(outcome.file, error, row=row)
        text = f"standing trials, which have no strides: {', '.join(unused)}"
        return [HistoryEntry("dropped", text, len(unused))] if unused else []

    def _may_find_static(self, recording: Recording) -> bool:
        """Return whether a static trial is wanted, and may stand among files not read yet."""
        return (
            not isinstance(self._model, OpenSimModel)
            and recording.subject not in self._statics
            and needs_static(recording, self._model)
        )

    def _with_joints(self, recording: Recording, file: Path) -> Recording:
        """Compute what the model gives, calibrated by the person's static trial."""
        if isinstance(self._model, OpenSimModel):
            self._modelled = self._modelled or recording.subject
            if recording.subject != self._modelled:
                raise SchemaError(
                    expected=f"trials of {self._modelled}, whom the model is taken to be scaled to",
                    got=f"a trial of {recording.subject}",
                    where=str(file),
                    fix="convert the trials of each person with that person's own model",
                )
            return with_opensim(recording, self._model)
        static = self._statics.get(recording.subject)
        if static is None or not needs_static(recording, self._model):
            return with_joints(recording, self._model)
        self._calibrates.setdefault(static[0], file)
        return with_joints(recording, self._model, static[1])

    def _add_recordings(
        self, parts: list[tuple[Path, Recording]], *, alone: bool = True, last: bool = False
    ) -> None:
        file = parts[0][0]
        who = None
        try:
            for _, part in parts:
                refuse_other_unit(part)
            who = identify(parts, self._rules, alone=alone)
            bodies = self._bodies(parts, who)
            merged = merge([part for _, part in parts])
            recording = who.name(merged)
            claim = Claim(file, who.subject, bodies, who.guess)
            recording = with_subject(recording, self._options.subjects, self._rules.similar)
            if is_static(recording):
                self._statics.setdefault(recording.subject, (file, recording))
                self.outcomes.append(Outcome(file, who, standing=True))
                self.outcomes += [Outcome(other, who, part_of=file) for other, _ in parts[1:]]
                return
            if not last and self._may_find_static(recording):
                self._waiting.append((parts, alone))
                return
            recording = self._with_joints(recording, file)
            recording = place_markers(recording, self._options.markers)
            named = getattr(self._options.column_map, "dataset", "")
            folder = None if named else file.resolve().parents[who.folders]
            dataset = named or (folder.name if folder else "") or "unnamed"
            data = cycles_of(recording, dataset)
        except LocomotionError as error:
            self._fail(file, error, who)
        else:
            rows = range(len(self.outcomes), len(self.outcomes) + len(parts))
            self._pieces.append(_Piece(file, data, (claim,), rows, folder))
            tasks = ", ".join(dict.fromkeys(data.cycles["task"]))
            who = replace(who, task=tasks)
            self.outcomes.append(Outcome(file, who, len(data)))
        self.outcomes += [Outcome(other, who, part_of=file) for other, _ in parts[1:]]

    def _bodies(self, parts: list[tuple[Path, Recording]], who: Identity) -> tuple[Body, ...]:
        """Return what the files of a trial say of the body.

        Raises
        ------
        SchemaError
            If no person has it all; what the table of subjects decides aside.
        """
        bodies = [(file.name, body_of(part)) for file, part in parts]
        if differences(bodies):
            row, _ = row_of(who.subject, self._rules.subjects, self._rules.similar)
            known = self._rules.subjects[row] if row else {}
            bodies = [
                (file, {name: value for name, value in body.items() if name not in known})
                for file, body in bodies
            ]
        if reasons := differences(bodies):
            raise SchemaError(
                expected="files of one trial to be of one person",
                got=f"bodies that differ, {'; '.join(reasons)}",
                fix="name the files so that the trials are apart, or give the right values in the "
                "table of subjects",
            )
        return tuple(body for _, body in bodies)

    def _add_cycles(self, file: Path, data: LocomotionData) -> None:
        """Take cycles that are cut already, as of those they name or as the user says."""
        who = None
        try:
            who, data = _named_cycles(file, data, self._rules)
        except LocomotionError as error:
            self._fail(file, error)
            return
        claims = []
        cycles = data.cycles
        told = [name for name in cycles if name in MEASURES or name in TEXTS]
        for name, rows in cycles.groupby("subject", sort=False):
            bodies = rows[told].drop_duplicates().to_dict("records") if told else []
            known = tuple(
                body for row in bodies if (body := known_of({str(k): v for k, v in row.items()}))
            )
            claims.append(Claim(file, str(name), known))
        row = len(self.outcomes)
        self._pieces.append(_Piece(file, data, tuple(claims), range(row, row + 1)))
        self.outcomes.append(Outcome(file, who, len(data)))

    def _fail(
        self,
        file: Path,
        error: LocomotionError,
        who: Identity | None = None,
        row: int | None = None,
    ) -> None:
        if str(file) not in error.where:
            error = error.at(str(file))
        if self._fail_fast:
            raise error
        self.failures.append((file, error))
        if row is None:
            self.outcomes.append(Outcome(file, who, error=error))
        else:
            self.outcomes[row] = replace(self.outcomes[row], cycles=0, error=error)


def _names_in(content: Sequence[Recording] | LocomotionData) -> list[str]:
    if isinstance(content, LocomotionData):
        return [str(name) for name in content.cycles["subject"].unique()]
    return [recording.subject for recording in content]


def _named_cycles(
    file: Path, data: LocomotionData, rules: NameRules
) -> tuple[Identity, LocomotionData]:
    """Return who a file of cycles is of, and the cycles under that name.

    Raises
    ------
    SchemaError
        If it names nobody.
    """
    cycles = data.cycles
    names = [str(name) for name in dict.fromkeys(cycles["subject"])]
    tasks, trials = (list(dict.fromkeys(cycles[name])) for name in ("task", "task_id"))
    if len(names) == 1:
        part = Recording(
            source=str(file),
            subject=names[0],
            task=str(tasks[0]),
            trial=str(trials[0]),
            named_by="column subject",
        )
        who = identify([(file, part)], rules)
        changed: dict[str, str] = {"subject": who.subject} if who.subject != names[0] else {}
        if who.task_by == "pattern":
            changed["task"] = who.task
        if who.trial_by == "pattern":
            changed["task_id"] = who.trial
        if changed:
            named = cycles.assign(**changed)
            history = (*data.history, *who.history)
            data = LocomotionData(named, data.block, data.channels, history)
    else:
        who = Identity(f"{len(names)} subjects", "", "", "column subject", "the file", "the file")
    if len(tasks) > 1:
        who = replace(who, task=f"{len(tasks)} tasks")
    if len(trials) > 1:
        who = replace(who, trial=f"{len(trials)} trials")
    return who, data


def _renamed(data: LocomotionData, names: Mapping[str, str], dataset: str) -> LocomotionData:
    """Return cycles under the names that were settled, of people and of the dataset."""
    cycles = data.cycles
    changed: dict[str, Any] = {}
    if any(old != new for old, new in names.items()):
        changed["subject"] = cycles["subject"].astype(str).map(names)
    if dataset and (cycles["dataset"] != dataset).any():
        changed["dataset"] = dataset
    if not changed:
        return data
    return LocomotionData(cycles.assign(**changed), data.block, data.channels, data.history)


def _dataset_names(folders: Iterable[Path]) -> dict[Path, str]:
    """Name datasets after folders; folders of one name by those above them as well."""
    names = {folder: folder.name or "unnamed" for folder in folders}
    length = 1
    while len(set(names.values())) < len(names):
        length += 1
        counts = Counter(names.values())
        names = {
            folder: "_".join(folder.parts[-length:]).replace(os.sep, "")
            if counts[name] > 1
            else name
            for folder, name in names.items()
        }
        if length > max(len(folder.parts) for folder in names):
            break
    return names


# Several files of one trial to one recording, with a subject and a trial.

_SAME_LENGTH_S = 0.05


def merge(recordings: Sequence[Recording]) -> Recording:
    """Put recordings of one trial together: angles, moments, forces, markers, events.

    Where two hold the same thing the first one's is kept and the history says so: signals by
    name, markers, plates and events each as a whole. Recordings of the same length whose
    clocks start at different times (a C3D counts from the camera's first frame, files made
    from it from zero) are moved to the clock of the first.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one; the one whose clock counts first.

    Returns
    -------
    Recording

    Raises
    ------
    SchemaError
        If two clocks have nothing in common.
    """
    merged = recordings[0]
    for other in recordings[1:]:
        merged = _joined(merged, _on_clock_of(merged, other))
    return merged


def _joined(first: Recording, second: Recording) -> Recording:
    taken = set(first.channels)
    first_known = {name: value for name, value in first.metadata.items() if not pd.isna(value)}
    double = [name for name in second.channels if name in taken]
    fresh = (
        Stream(s.time_s, {n: v for n, v in s.signals.items() if n not in taken})
        for s in second.streams
    )
    entries = [*second.history]
    if double:
        entries.append(_kept(second, f"channels {', '.join(double)}"))
    entries += [
        _kept(second, part)
        for part in ("markers", "plates", "events")
        if len(getattr(first, part)) and len(getattr(second, part))
    ]
    for part in ("subject", "task", "trial"):
        values = getattr(first, part), getattr(second, part)
        if all(values) and values[0] != values[1]:
            entries.append(_kept(second, f"{part} {values[1]!r} (kept: {values[0]!r})"))
    entries += [
        _kept(second, f"{name} {value} (kept: {first_known[name]})")
        for name, value in second.metadata.items()
        if name in first_known and not pd.isna(value) and value != first_known[name]
    ]
    with_markers = first if first.markers else second
    return replace(
        first,
        source=f"{first.source} + {Path(second.source).name}",
        subject=first.subject or second.subject,
        task=first.task or second.task,
        trial=first.trial or second.trial,
        named_by=first.named_by or second.named_by,
        streams=(*first.streams, *(stream for stream in fresh if stream.signals)),
        markers=with_markers.markers,
        marker_time_s=with_markers.marker_time_s,
        plates=first.plates or second.plates,
        pelvis=second.pelvis if first.pelvis is None else first.pelvis,
        events=first.events or second.events,
        metadata={**first.metadata, **second.metadata, **first_known},
        measures={**second.measures, **first.measures},
    ).then(*entries)


def _kept(second: Recording, what: str) -> HistoryEntry:
    text = f"{what} of a {Path(second.source).suffix} file: another file of the trial has them"
    return HistoryEntry("dropped", text)


def _on_clock_of(first: Recording, second: Recording) -> Recording:
    (start, end), (other_start, other_end) = _span(first), _span(second)
    same_length = abs((end - start) - (other_end - other_start)) <= _SAME_LENGTH_S
    shift = start - other_start
    if same_length and abs(shift) > _SAME_LENGTH_S:
        text = f"clock of {Path(second.source).name} by {shift:.3f} s, to start with the others"
        moved = replace(
            second,
            streams=tuple(Stream(s.time_s + shift, s.signals) for s in second.streams),
            marker_time_s=second.marker_time_s + shift,
            plates=tuple(replace(plate, time_s=plate.time_s + shift) for plate in second.plates),
            pelvis=second.pelvis and replace(second.pelvis, time_s=second.pelvis.time_s + shift),
            events=tuple(replace(event, time_s=event.time_s + shift) for event in second.events),
        )
        return moved.then(HistoryEntry("shifted", text))
    if other_start > end or other_end < start:
        raise SchemaError(
            expected="files of one trial recorded at the same time",
            got=f"{start:.2f} to {end:.2f} s and {other_start:.2f} to {other_end:.2f} s",
            where=f"{first.source} and {second.source}",
            fix="convert them one by one, or cut them to the same frames",
        )
    return second


def _span(recording: Recording) -> tuple[float, float]:
    clocks = [stream.time_s for stream in recording.streams]
    clocks += [plate.time_s for plate in recording.plates]
    clocks += [recording.marker_time_s]
    clocks = [clock for clock in clocks if len(clock)]
    if not clocks:
        raise SchemaError(
            expected="a recording over time", got="no samples", where=recording.source
        )
    return float(min(c[0] for c in clocks)), float(max(c[-1] for c in clocks))


def marker_report(
    path: Path | str,
    *,
    subjects: Mapping[str, Mapping[str, Any]] | None = None,
    subject: str | None = None,
    marker_map: Mapping[str, str] | None = None,
) -> MarkerReport:
    """Say which markers of the conventional gait model a file has, and what can be computed.

    Parameters
    ----------
    path : path-like
    subjects : mapping of str to mapping, optional
        Subject -> measures (see :func:`~locomotion_analysis.ingest.read_subjects`).
    subject : str, optional
        The one to take from a file of several people, or whose row of the table is meant.
    marker_map : mapping of str to str, optional
        Label in the file -> name of the marker in the model.

    Returns
    -------
    MarkerReport

    Raises
    ------
    FileReadError
        If the file cannot be read.
    SchemaError
        If it is of several people and which to take is not said, holds no markers, or none of a
        label of the map.
    """
    file = Path(path)
    found = recording_with_markers(file, subjects, subject, marker_map)
    who = identify([(file, found)], NameRules.of(None, None, "refuse", (), subjects))
    recording = replace(found, subject=subject or who.subject)
    return report_of(with_subject(recording, subjects or {}))


def recording_with_markers(
    file: Path,
    subjects: Mapping[str, Mapping[str, Any]] | None = None,
    subject: str | None = None,
    marker_map: Mapping[str, str] | None = None,
) -> Recording:
    """Return the one recording of a file that has markers, renamed; as :func:`marker_report`."""
    options = ReadOptions(None, subjects or {}, {}, subject or "", marker_map or {})
    content = reader_for(file).read(file, options)
    found = (
        [] if isinstance(content, LocomotionData) else [part for part in content if part.markers]
    )
    if len(found) != 1:
        raise SchemaError(
            expected="one recording with markers",
            got=f"{len(found)} of them",
            where=str(file),
            fix="name a C3D or TRC file with markers; of several people one, with --subject",
        )
    refuse_labels(options.marker_map, found[0].markers)
    named = rename_markers(found[0], options.marker_map)
    refuse_other_unit(named)
    return named


def with_subjects(
    data: LocomotionData, subjects: Mapping[str, Mapping[str, Any]]
) -> LocomotionData:
    """Add what a table of subjects knows to cycles that are cut already; as :func:`with_subject`."""
    if not subjects:
        return data
    people = {
        str(name): with_subject(Recording(source="", subject=str(name)), subjects)
        for name in data.cycles["subject"].unique()
    }
    entries = [entry for person in people.values() for entry in person.history]
    return cycles_with(data, {name: who.metadata for name, who in people.items()}, entries)
