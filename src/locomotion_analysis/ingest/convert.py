"""From files and folders of a laboratory to one dataset of gait cycles.

Each file is read by the reader that knows its content; files of one trial are merged to one
recording with a subject and a trial, and cut into cycles. A file that fails is kept beside the
cycles of the others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    MissingExtraError,
    SchemaError,
)
from locomotion_analysis.ingest.b3d import B3DReader
from locomotion_analysis.ingest.c3d.reader import C3DReader
from locomotion_analysis.ingest.marker_names import place_markers
from locomotion_analysis.ingest.opensim import OpenSimReader, TRCReader, follow_knee_sign
from locomotion_analysis.ingest.recording import Reader, ReadOptions, Recording, Stream
from locomotion_analysis.ingest.strides import cycles_of
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.mapped import TableReader
from locomotion_analysis.ingest.tables.subjects import cycles_with
from locomotion_analysis.ingest.tables.unmapped import (
    CyclesParquetReader,
    InsoleReader,
    TimeParquetReader,
)
from locomotion_analysis.progress import Progress
from locomotion_analysis.standard import TASKS

_HEAD_BYTES = 4096
_NEEDS_MAP = "table"
_NOTES = ("license", "licence", "readme", "notice", "copying", "changelog")
_ANY_TEXT = {".txt", ".csv", ".tsv"}
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
    markers: Mapping[str, Sequence[str]] | None = None,
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
        A task of :data:`~locomotion_analysis.standard.TASKS`, for files that do not say theirs.
        Where neither does, strides with a flight are running, and all others level walking.
    markers : mapping of str to sequence of str, optional
        Place -> labels of the markers there, for names that are not in the table of marker names
        (see :func:`~locomotion_analysis.ingest.place_markers`).
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
    work = TrialCollector(ReadOptions(column_map, subjects or {}, markers or {}), task, fail_fast)
    files, skipped = recordings_among(paths, column_map)
    done = 0
    for group in trial_groups(files):
        work.add_trial(group)
        done += len(group)
        if progress is not None:
            progress("files", done, len(files))
    if not work.pieces:
        if len(work.failures) == 1:
            raise work.failures[0][1]
        lines = [f"{file.name}: {error.got}" for file, error in work.failures]
        lines += [f"{file.name}: of no known format" for file in skipped]
        if len(lines) > _MOST_NAMED:
            lines[_MOST_NAMED:] = [f"and {len(lines) - _MOST_NAMED} more"]
        advice = Counter(error.fix for _, error in work.failures if error.fix).most_common(1)
        raise FileReadError(
            expected="at least one recording with a complete stride",
            got="none: " + ("; ".join(lines) or "no files at all"),
            fix=advice[0][0] if advice else "`locomotion formats` lists what can be read",
        )
    entries = [*getattr(subjects, "history", ())]
    entries += [entry for piece in work.pieces for entry in piece.history]
    if work.failures:
        names = ", ".join(file.name for file, _ in work.failures)
        entries.append(HistoryEntry("failed", f"files {names}", len(work.failures)))
    # Entries that say the same of several files are one, and their counts are added.
    counts: dict[tuple[str, str], int | None] = {}
    for entry in entries:
        name = entry.action, entry.detail
        earlier = counts.get(name)
        counts[name] = earlier if entry.count is None else (earlier or 0) + entry.count
    history = [HistoryEntry(*name, count) for name, count in counts.items()]
    bare = [LocomotionData(piece.cycles, piece.block, piece.channels) for piece in work.pieces]
    joined = LocomotionData.concat(bare) if len(bare) > 1 else bare[0]
    data = LocomotionData(joined.cycles, joined.block, joined.channels, (*history, *joined.history))
    return Conversion(data, tuple(work.failures), tuple(skipped))


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
    """Add a reader; the first that recognises a file reads it."""
    _READERS.append(reader)
    return reader


def readers() -> tuple[Reader, ...]:
    """Return the registered readers in the order they are asked."""
    return tuple(_READERS)


def reader_for(path: Path) -> Reader:
    """Return the reader that recognises the content of `path`.

    Raises
    ------
    FileReadError
        If there is no such file, it is empty, or no reader knows it.
    """
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing at that path"
        raise FileReadError(expected="a file to read", got=got, where=str(path))
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        raise FileReadError(expected="a recording", got="an empty file", where=str(path))
    for reader in _READERS:
        if reader.recognises(path, head):
            return reader
    raise FileReadError(
        expected=f"one of the formats {', '.join(reader.name for reader in _READERS)}",
        got=f"a file no reader recognises (it begins with {head[:16]!r})",
        where=str(path),
        fix="`locomotion formats` lists them; a table of curves needs --map map.yaml",
    )


def recordings_among(
    paths: Iterable[Path | str], column_map: ColumnMap | None
) -> tuple[list[Path], list[Path]]:
    """List the files to read, and the files of folders that are passed over.

    A file that the user names is always read. Of a folder, and all below it, those are that a
    reader knows by their content or claims by their ending; a table only with a column map, for
    nothing else tells a table of curves from any other, and not one that the map joins to others.

    Returns
    -------
    files, skipped : list of Path
        Without duplicates, folders in name order.
    """
    companions = {join.file for join in column_map.join} if column_map else set()
    files: dict[Path, None] = {}
    skipped: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            files[path] = None
            continue
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            wanted = file.name not in companions and _is_recording(file, column_map is not None)
            (files if wanted else skipped)[file] = None
    return list(files), [file for file in skipped if file not in files]


def _is_recording(file: Path, has_map: bool) -> bool:
    if file.name.lower().startswith(_NOTES):
        return False
    try:
        reader = reader_for(file)
    except FileReadError:
        # An empty walk.c3d is a recording that failed, not a note beside recordings.
        own = {suffix for known in readers() for suffix in known.suffixes} - _ANY_TEXT
        return file.suffix.lower() in own
    return has_map or reader.name != _NEEDS_MAP


class TrialCollector:
    """Collects the cycles of trials, and the files that failed.

    Parameters
    ----------
    options : ReadOptions
    task : str or None
        For recordings that do not say theirs.
    fail_fast : bool
        Raise the first failure in place of keeping it.

    Attributes
    ----------
    pieces : list of LocomotionData
    failures : list of (Path, LocomotionError)
    """

    def __init__(self, options: ReadOptions, task: str | None, fail_fast: bool) -> None:
        self._options, self._task, self._fail_fast = options, task, fail_fast
        self.pieces: list[LocomotionData] = []
        self._keys: set[tuple[object, ...]] = set()
        self.failures: list[tuple[Path, LocomotionError]] = []

    def add_trial(self, files: Sequence[Path]) -> None:
        """Read the files of one trial, merge what they hold and cut it into cycles."""
        single: list[tuple[Path, Recording]] = []
        for file in files:
            try:
                content = reader_for(file).read(file, self._options)
            except MissingExtraError:
                raise  # no fault of the file: one command mends it for all of them
            except LocomotionError as error:
                self._fail(file, error)
                continue
            except OSError as error:
                unreadable = FileReadError(
                    expected="a file that can be opened", got=error.strerror or str(error)
                )
                self._fail(file, unreadable)
                continue
            if isinstance(content, LocomotionData):
                self._add_data(file, with_subjects(content, self._options.subjects))
            elif len(content) == 1:
                single.append((file, content[0]))
            else:
                for number, recording in enumerate(content, 1):
                    if not recording.trial:
                        text = f"trial {number}: the file numbers its trials by order"
                        entry = HistoryEntry("assumed", text)
                        recording = replace(recording, trial=str(number)).then(entry)
                    self._add_recordings(file, [recording])
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
                follow_knee_sign(angles, part) if reader_for(file).name == "opensim" else part
                for file, part in single
            ]
            self._add_recordings(single[0][0], of_one_trial)

    def _add_recordings(self, file: Path, parts: list[Recording]) -> None:
        try:
            recording = place_markers(identified(merge(parts), file), self._options.markers)
            recording = with_subject(recording, self._options.subjects)
            if not recording.task and self._task:
                entry = HistoryEntry("assumed", f"task = {self._task} (given)")
                recording = replace(recording, task=self._task).then(entry)
            named = getattr(self._options.column_map, "dataset", "")
            dataset = named or file.resolve().parent.name or "unnamed"
            self._add_data(file, cycles_of(recording, dataset))
        except LocomotionError as error:
            self._fail(file, error)

    def _add_data(self, file: Path, data: LocomotionData) -> None:
        keys = set(data.key)
        if keys & self._keys:
            again = ", ".join(map(str, min(keys & self._keys)))
            error = DuplicateCycleError(
                expected="every gait cycle once",
                got=f"{again} for the second time",
                where=str(file),
                fix="give the trials different names, or leave one out",
            )
            self._fail(file, error)
            return
        self._keys |= keys
        self.pieces.append(data)

    def _fail(self, file: Path, error: LocomotionError) -> None:
        if str(file) not in error.where:
            error = error.at(str(file))
        if self._fail_fast:
            raise error
        self.failures.append((file, error))


# Which files belong to one trial, and whose it is, from their names.

_Words = tuple[str, ...]
_Name = tuple[Path, _Words]
ROLES = frozenset({
    "ik", "id", "so", "grf", "grfs", "force", "forces", "marker", "markers", "kinematics",
    "kinetics", "dynamics", "inverse", "inversekinematics", "inversedynamics", "angles", "moments",
    "mocap", "external", "loads", "externalloads", "analog",
})  # fmt: skip
"""Words that say what part of a trial a file holds, not which trial it is."""


def trial_groups(paths: Sequence[Path]) -> list[list[Path]]:
    """Put files of one trial together.

    Two files of a folder are of one trial when their names agree after the words that name a
    part (``IK, ID, forces, markers, ...``) are taken off the end; a name that had such a word
    also joins the one longer name that begins with it: ``S01_0002_IK.mot``,
    ``S01_0002_Gait_forces.sto`` and ``S01_0002_Gait.c3d`` are one trial.

    Parameters
    ----------
    paths : sequence of Path

    Returns
    -------
    list of list of Path
        In the order of the first file of each.

    Examples
    --------
    >>> files = [Path("S1_02_IK.mot"), Path("S1_02_Gait.c3d"), Path("S1_03_Gait.c3d")]
    >>> [[path.name for path in group] for group in trial_groups(files)]
    [['S1_02_IK.mot', 'S1_02_Gait.c3d'], ['S1_03_Gait.c3d']]
    """
    stems: dict[Path, tuple[_Words, bool]] = {}
    for path in paths:
        words = bare_name(path).lower().split("_")
        cut = _cut_roles(words)
        stems[path] = tuple(cut), len(cut) < len(words)
    longer: defaultdict[_Name, set[_Words]] = defaultdict(set)
    for folder, stem in {(path.parent, stem) for path, (stem, _) in stems.items()}:
        for length in range(1, len(stem)):
            longer[folder, stem[:length]].add(stem)
    groups: defaultdict[_Name, list[Path]] = defaultdict(list)
    for path, (stem, is_part) in stems.items():
        candidates = longer.get((path.parent, stem), set()) if is_part else set()
        groups[path.parent, next(iter(candidates)) if len(candidates) == 1 else stem].append(path)
    return list(groups.values())


def subject_and_trial(path: Path) -> tuple[str, str]:
    """Guess subject and trial from a file name: the first word, and the rest.

    Examples
    --------
    >>> subject_and_trial(Path("S01_0002_Gait_forces.sto"))
    ('S01', '0002_Gait')
    >>> subject_and_trial(Path("walk.c3d"))
    ('walk', 'walk')
    """
    words = _cut_roles(bare_name(path).split("_"))
    return words[0], "_".join(words[1:]) or words[0]


def bare_name(path: Path) -> str:
    """Return the file name without its endings (``.txt.gz`` are two)."""
    name = Path(path.name)
    return Path(name.stem).stem if name.suffix.lower() == ".gz" else name.stem


def _cut_roles(words: list[str]) -> list[str]:
    last = len(words)
    while last > 1 and words[last - 1].lower() in ROLES:
        last -= 1
    return words[:last]


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
        streams=(*first.streams, *(stream for stream in fresh if stream.signals)),
        markers=with_markers.markers,
        marker_time_s=with_markers.marker_time_s,
        plates=first.plates or second.plates,
        pelvis=second.pelvis if first.pelvis is None else first.pelvis,
        events=first.events or second.events,
        metadata={**first.metadata, **second.metadata, **first_known},
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


def identified(recording: Recording, path: Path) -> Recording:
    """Name subject and trial after the file where the recording does not say them."""
    subject, trial = subject_and_trial(path)
    entries = []
    if not recording.subject:
        recording = replace(recording, subject=subject)
        entries.append(f"subject {subject}")
    if not recording.trial:
        recording = replace(recording, trial=trial)
        entries.append(f"trial {trial}")
    if not entries:
        return recording
    detail = f"{' and '.join(entries)}, from the file name {path.name}"
    return recording.then(HistoryEntry("assumed", detail))


def with_subject(recording: Recording, subjects: Mapping[str, Mapping[str, Any]]) -> Recording:
    """Add what a table of subjects knows of the recording's subject; the table wins.

    Parameters
    ----------
    recording : Recording
        With its subject known.
    subjects : mapping of str to mapping
        Subject -> ``mass_kg, height_m, age, sex, ...``. A name that is not there as it is
        written is the one that is alike but for case, or else but for case and zeros in place
        of the letter o.
    """
    if not subjects:
        return recording
    found = [recording.subject] if recording.subject in subjects else []
    plain = recording.subject.casefold()
    found = found or [name for name in subjects if name.casefold() == plain]
    round_ = plain.replace("0", "o")
    found = found or [name for name in subjects if name.casefold().replace("0", "o") == round_]
    if len(found) != 1:
        text = f"subject {recording.subject}: not in the table of subjects"
        if found:
            text += f", and {', '.join(found)} are equally like it"
        return recording.then(HistoryEntry("missing", text))
    if found[0] != recording.subject:
        text = f"subject {recording.subject} is {found[0]} of the table of subjects"
        recording = recording.then(HistoryEntry("assumed", text))
    known = subjects[found[0]]
    changed = [
        f"{name} {recording.metadata[name]} -> {value}"
        for name, value in known.items()
        if name in recording.metadata and recording.metadata[name] != value
    ]
    entries = [HistoryEntry("read", f"subject {recording.subject}: {', '.join(known)}")]
    if changed:
        text = f"subject {recording.subject}, the table over the file: {', '.join(changed)}"
        entries.append(HistoryEntry("replaced", text))
    return replace(recording, metadata={**recording.metadata, **known}).then(*entries)


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
