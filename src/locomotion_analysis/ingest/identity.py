"""Who was recorded: where a name is taken from, and when one name may not be one person.

A name counts where it is trustworthy: the one in the file if it is a person's, else the file's
name, else its folder's; or where the user says. Names that differ by blanks, case or Unicode form
are one. What is not known to be one person is refused, with the ways to settle it: bodies that
differ under one name, and names that differ by separators or leading zeros.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import (
    is_marker_set,
    is_nobody,
    is_walking_aid,
    loose_name,
    same_name,
)
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import SIDES, Recording
from locomotion_analysis.ingest.strides import DEFAULT_TASK
from locomotion_analysis.standard import TASKS

Similar = Literal["refuse", "same", "different"]
Subjects = Mapping[str, Mapping[str, Any]]

# What a file's name says: which trial it is of, and whose.

ROLES = frozenset({
    "ik", "id", "so", "grf", "grfs", "force", "forces", "marker", "markers", "kinematics",
    "kinetics", "dynamics", "inverse", "inversekinematics", "inversedynamics", "angles", "moments",
    "mocap", "external", "loads", "externalloads", "analog",
})  # fmt: skip
"""Words that say what part of a trial a file holds, not which trial it is."""
_TRIAL_WORDS = ROLES | frozenset({
    "walk", "walking", "gait", "run", "running", "jog", "jogging", "sprint", "stairs", "stair",
    "ramp", "level", "incline", "decline", "ascent", "descent", "up", "down", "turn", "turning",
    "trial", "test", "static", "dynamic", "standing", "stand", "sit", "cal", "calib", "calibration",
    "functional", "normal", "slow", "fast", "free", "self", "selected", "comfortable", "preferred",
    "overground", "treadmill", "barefoot", "shod", "left", "right", "pre", "post", "new",
    "motion", "capture", "rec", "record", "recording", "take", "file", "data", "raw", "result",
    "results", "output", "export", "exported", "cycles", "curves", "pig", "the", "of", "and",
})  # fmt: skip
"""Words that say what was recorded rather than who."""
_FOLDER_WORDS = _TRIAL_WORDS | frozenset({
    "study", "lab", "laboratory", "group", "session", "day", "visit", "cohort", "set", "batch",
    "part", "week", "month", "year", "condition", "site", "block", "version", "v", "t", "c", "d", "b",
    "opensim", "mot", "trc", "project", "tmp", "temp", "sample", "samples", "folder",
})  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CODE = re.compile(r"[A-Za-z]{1,8}[-_ ]?\d{1,5}[A-Za-z]{0,2}")


def bare_name(path: Path) -> str:
    """Return the file name without its endings (``.txt.gz`` are two)."""
    name = Path(path.name)
    return Path(name.stem).stem if name.suffix.lower() == ".gz" else name.stem


def cut_roles(words: list[str]) -> list[str]:
    """Take the words that name a part of a trial off the end; the first word stays."""
    last = len(words)
    while last > 1 and words[last - 1].lower() in ROLES:
        last -= 1
    return words[:last]


def subject_and_trial(path: Path) -> tuple[str, str]:
    """Guess subject and trial from a file name: the first word, and the rest.

    Examples
    --------
    >>> subject_and_trial(Path("S01_0002_Gait_forces.sto"))
    ('S01', '0002_Gait')
    >>> subject_and_trial(Path("walk.c3d"))
    ('walk', 'walk')
    """
    words = cut_roles(bare_name(path).split("_"))
    return words[0], "_".join(words[1:]) or words[0]


def is_weak(word: str) -> bool:
    """Whether a word of a file's name says what was recorded rather than who.

    Examples
    --------
    >>> is_weak("walk01"), is_weak("results"), is_weak("0002"), is_weak("P01"), is_weak("anna")
    (True, True, True, False, False)
    """
    return is_nobody(word) or is_marker_set(word) or _only(_TRIAL_WORDS, word)


def _only(known: frozenset[str], name: str) -> bool:
    """Whether all words of a name, numbers aside, are among the known ones."""
    return all(word.lower() in known for word in _WORD.findall(name))


def _is_code(name: str) -> bool:
    """Whether a word is like the code of a person in a study: ``P01``, ``sub-003``, not ``day2``."""
    code = _CODE.fullmatch(name) is not None
    return code and not is_weak(name) and not _only(_FOLDER_WORDS, name)


def _folder_of_person(file: Path) -> tuple[str, int]:
    """Return the folder that is called like a person, and how many folders up it is; or nothing.

    Folders of sessions, days or tasks between it and the file are passed.
    """
    for above, folder in enumerate(file.absolute().parents, 1):
        if _is_code(folder.name):
            return folder.name, above
        if not folder.name or not _only(_FOLDER_WORDS, folder.name):
            break
    return "", 0


# A pattern over the path.

_LONGEST_PATTERN = 500
_FIELDS = ("subject", "task", "trial")


class PathPattern:
    """Where subject, task and trial stand in the path of a file.

    Parameters
    ----------
    text : str
        Such as ``{subject}/{task}_{trial}.c3d``: held against the end of the path, folder by
        folder; ``*`` is anything within one name. ``{task}`` is a known task, ``_``, ``-`` and
        blanks being one. Without an ending it is held against the name without the words that
        name a part of a trial (``_IK``, ``_forces``) and the ending.

    Raises
    ------
    SchemaError
        If there is no ``{subject}``, another field, one twice, or two without text between.

    Examples
    --------
    >>> PathPattern("{subject}/{task}_{trial}").match(Path("P01/level-walking_03_IK.mot"))
    {'subject': 'P01', 'task': 'level_walking', 'trial': '03'}
    """

    def __init__(self, text: str) -> None:
        self.text = text
        parts = text.replace("\\", "/").split("/")
        self._parts = [re.split(r"(\{[^{}]*\}|\*)", re.sub(r"\*+", "*", part)) for part in parts]
        self._parts = [[piece for piece in part if piece] for part in self._parts]
        pieces = [piece for part in self._parts for piece in part]
        fields = [piece[1:-1] for piece in pieces if piece.startswith("{")]
        beside = any(
            _is_open(one) and _is_open(two) for part in self._parts for one, two in pairwise(part)
        )
        plain = "".join(piece for piece in pieces if not _is_open(piece))
        if (
            "subject" not in fields
            or not set(fields) <= set(_FIELDS)
            or len(set(fields)) < len(fields)
            or beside
            or "{" in plain
            or "}" in plain
            or len(text) > _LONGEST_PATTERN
        ):
            raise SchemaError(
                expected="name, file, folder, or a pattern over the path with {subject} once, and "
                "{task} and {trial} at most once, text between them",
                got=text if len(text) <= _LONGEST_PATTERN else f"{len(text)} letters",
                where="subject_from",
                fix="for example {subject}/{task}_{trial}.c3d",
            )
        self.folders = len(self._parts) - 1 - min(
            (k for k, part in enumerate(self._parts) if any(t.startswith("{") for t in part))
        )  # fmt: skip
        """How many folders above the file hold a field."""

    def match(self, path: Path) -> dict[str, str]:
        """Return the fields of one path.

        Raises
        ------
        SchemaError
            If the path is not of the pattern, or its task is not known.
        """
        found = self._fields(path, TASKS)
        if found is not None:
            return found
        free = self._fields(path, None)
        if free is None:
            raise SchemaError(
                expected=f"a path that ends like {self.text}",
                got="a path of another form",
                where=str(path),
                fix="correct the pattern of subject_from, or convert this file by itself",
            )
        raise SchemaError(
            expected=f"a task of {', '.join(TASKS)} where the pattern has {{task}}",
            got=repr(free["task"]),
            fix="put * in the place of {task} and name the task with --task",
        )

    def _fields(self, path: Path, tasks: Collection[str] | None) -> dict[str, str] | None:
        parts = path.absolute().parts
        if len(parts) < len(self._parts):
            return None
        *folders, name = parts[-len(self._parts) :]
        folders = ["" if folder == path.absolute().anchor else folder for folder in folders]
        bare = bare_name(path)
        found: dict[str, str] = {}
        for pieces, folder in zip(self._parts, folders, strict=False):
            fields = _fit(pieces, folder, tasks)
            if fields is None:
                return None
            found |= fields
        for candidate in ("_".join(cut_roles(bare.split("_"))), bare, name):
            fields = _fit(self._parts[-1], candidate, tasks)
            if fields is not None:
                return found | fields
        return None


def _is_open(piece: str) -> bool:
    return piece == "*" or piece.startswith("{")


def _task(text: str) -> str:
    return re.sub(r"[\s-]", "_", text.lower())


def _fit(pieces: list[str], text: str, tasks: Collection[str] | None) -> dict[str, str] | None:
    """Return the fields of one name of a path, each as short as can be, or None.

    From the end, the places are found where the rest of the pattern fits; so the work grows with
    the length of pattern and name, whatever stands in them.
    """
    fits: list[set[int]] = [{len(text)}]
    for piece in reversed(pieces):
        after = fits[0]
        if piece == "*":
            before = set(range(max(after, default=-1) + 1))
        elif piece == "{task}" and tasks is not None:
            before = {
                end - len(task)
                for end in after
                for task in tasks
                if end >= len(task) and _task(text[end - len(task) : end]) == task
            }
        elif piece.startswith("{"):
            before = set(range(max(after, default=0)))
        else:
            starts = (end - len(piece) for end in after)
            before = {start for start in starts if start >= 0 and text.startswith(piece, start)}
        fits.insert(0, before)
    if 0 not in fits[0]:
        return None
    found, place = {}, 0
    for piece, after in zip(pieces, fits[1:], strict=True):
        if not _is_open(piece):
            place += len(piece)
            continue
        is_field = piece != "*"
        ends = sorted(end for end in after if end >= place + is_field)
        if piece == "{task}" and tasks is not None:
            ends = [end for end in ends if _task(text[place:end]) in tasks]
        if is_field:
            value = text[place : ends[0]]
            found[piece[1:-1]] = _task(value) if piece == "{task}" else value
        place = ends[0]
    return found


# Who one trial is of.


@dataclass(frozen=True)
class NameRules:
    """What a user says about whose the files are.

    Attributes
    ----------
    subject_from : {"", "name", "file", "folder"} or PathPattern
        Where the subject's name stands; "" for the first of these that is trustworthy.
    task : str
        For recordings that do not say theirs; level walking where "".
    similar : {"refuse", "same", "different"}
        What names are that differ by separators or leading zeros.
    same_person : frozenset of str
        Names whose files are of one person though the bodies differ.
    subjects : mapping of str to mapping
        The table of subjects.
    """

    subject_from: str | PathPattern = ""
    task: str = ""
    similar: Similar = "refuse"
    same_person: frozenset[str] = frozenset()
    subjects: Subjects = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        subject_from: str | None,
        task: str | None,
        similar: str,
        same_person: Iterable[str],
        subjects: Subjects | None,
    ) -> "NameRules":
        """Check what a user says.

        Raises
        ------
        SchemaError
            If a word is not known, or the pattern is none.
        """
        if task is not None and task not in TASKS:
            raise SchemaError(
                expected=f"a task of {', '.join(TASKS)}", got=repr(task), where="task"
            )
        if similar not in ("refuse", "same", "different"):
            raise SchemaError(
                expected="refuse, same or different", got=repr(similar), where="similar_names"
            )
        source: str | PathPattern = subject_from or ""
        if source not in ("", "name", "file", "folder"):
            source = PathPattern(str(source))
        people = frozenset(map(same_name, same_person))
        return cls(source, task or "", similar, people, subjects or {})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Identity:
    """Subject, task and trial of one recording, and where each was found.

    Attributes
    ----------
    subject, task, trial : str
    subject_by, task_by, trial_by : str
        ``file name``, ``folder``, ``pattern``, ``--task``, or what the file calls it.
    guess : bool
        Whether the subject is a weak guess.
    folders : int
        How many folders above the file are named after the subject, the task or the trial.
    history : tuple of HistoryEntry
    """

    subject: str
    task: str
    trial: str
    subject_by: str
    task_by: str
    trial_by: str
    guess: bool = False
    folders: int = 0
    history: tuple[HistoryEntry, ...] = ()

    def name(self, recording: Recording) -> Recording:
        """Return the recording with subject, task and trial, and where they are from."""
        named = replace(recording, subject=self.subject, task=self.task, trial=self.trial)
        return named.then(*self.history)


def identify(
    parts: Sequence[tuple[Path, Recording]], rules: NameRules, *, alone: bool = True
) -> Identity:
    """Say whose a trial is, and which.

    Parameters
    ----------
    parts : sequence of (Path, Recording)
        The files of one trial and what they hold.
    rules : NameRules
    alone : bool
        Whether the recording is the only one of its file.

    Raises
    ------
    SchemaError
        If the files name different people, or nobody can be named.
    """
    file = min((path for path, _ in parts), key=lambda p: len(cut_roles(bare_name(p).split("_"))))
    in_path: dict[str, str] = {}
    if isinstance(rules.subject_from, PathPattern):
        in_path = _in_paths(parts, rules.subject_from)
        found = _Found(in_path["subject"], "pattern", folders=rules.subject_from.folders)
    else:
        found = _whose(parts, file, rules)
    subject = " ".join(found.name.split())
    if is_nobody(subject):
        raise SchemaError(
            expected="the name of a person",
            got=f"{subject!r}, which names nobody" if subject else "a file that names nobody",
            where=str(file),
            fix=f"say where the name stands: {_WAYS}",
        )
    entries = _told(parts, file, subject, found)
    folders = found.folders
    if not folders and same_name(file.absolute().parent.name) == same_name(subject):
        folders = 1
    task = next((part.task for _, part in parts if part.task), "")
    task_by = "the file"
    if "task" in in_path:
        task, task_by = in_path["task"], "pattern"
    elif not task:
        task, task_by = rules.task or DEFAULT_TASK, "--task" if rules.task else "assumed"
        who = "given" if rules.task else "no file says another"
        entries.append(HistoryEntry("assumed", f"task = {task} ({who})"))
    own = next((part.trial for _, part in parts if part.trial), "")
    if "trial" in in_path:
        more = "" if alone or not own else f"_{own}"
        trial, trial_by = in_path["trial"] + more, "pattern"
    elif own:
        trial, trial_by = own, "file name" if own == bare_name(file) else "the file"
    else:
        by_file = found.by not in ("folder", "pattern")
        trial = subject_and_trial(file)[1] if by_file else "_".join(_words_of(file))
        trial_by = "file name"
        entries.append(HistoryEntry("assumed", f"trial {trial}, from the file name {file.name}"))
    return Identity(
        subject, task, trial, found.by, task_by, trial_by, found.guess, folders, tuple(entries)
    )


_WAYS = (
    "--subject-from file, folder or a pattern such as {subject}/{trial}; name, if the file names "
    "a person after all"
)


@dataclass(frozen=True)
class _Found:
    """A subject's name, where it was found, and how many folders it took."""

    name: str
    by: str
    guess: bool = False
    folders: int = 0


def _words_of(file: Path) -> list[str]:
    return cut_roles(bare_name(file).split("_"))


def _whose(parts: Sequence[tuple[Path, Recording]], file: Path, rules: NameRules) -> _Found:
    """Return the subject of a trial: from where the user says, or the most trustworthy place."""
    stated = _stated_name(parts, rules)
    written = _written_name(parts)
    by_name = next((part.named_by for _, part in parts if part.named_by), "") or "the file"
    word, *rest = _words_of(file)
    if rules.subject_from == "folder":
        return _Found(file.absolute().parent.name, "folder", folders=1)
    if rules.subject_from == "file":
        return _Found(word, "file name")
    if rules.subject_from == "name" or stated:
        return _Found(stated or written, by_name)
    if not is_weak(word):
        # Where the whole name is one word, nothing tells the subject from the trial.
        return _Found(word, "file name", guess=not rest)
    folder, above = _folder_of_person(file)
    if folder:
        return _Found(folder, "folder", folders=above)
    if written:
        kind = "a walking aid" if is_walking_aid(written) else "a marker set or template"
        kind = "nobody" if is_nobody(written) else kind
        raise SchemaError(
            expected="the name of a person",
            got=f"{written!r}, the name of {kind}, and the file's name is nobody's either",
            where=str(file),
            fix=f"say where the name stands: {_WAYS}",
        )
    return _Found(word, "file name", guess=True)


def _written_name(parts: Sequence[tuple[Path, Recording]]) -> str:
    """Return the first name that a file writes, a person's or not."""
    return next((part.subject for _, part in parts if part.subject.strip()), "")


def _stated_name(parts: Sequence[tuple[Path, Recording]], rules: NameRules) -> str:
    """Return the person's name that the files state, "" where they state none."""
    found = [(part.subject, path) for path, part in parts if _is_person(part.subject)]
    key = loose_name if rules.similar == "same" else same_name
    if len({key(name) for name, _ in found}) > 1 and rules.subject_from in ("", "name"):
        names = ", ".join(f"{name} ({path.name})" for name, path in found)
        raise SchemaError(
            expected="files of one trial to be of one person",
            got=names,
            fix="name the files so that the trials are apart, or settle it with --subject-from file",
        )
    return found[0][0] if found else ""


def _is_person(name: str) -> bool:
    return not (is_nobody(name) or is_marker_set(name) or is_walking_aid(name))


def _in_paths(parts: Sequence[tuple[Path, Recording]], pattern: PathPattern) -> dict[str, str]:
    """Return the fields of the first path; all paths of a trial have to agree on who and what."""
    found = [pattern.match(path) for path, _ in parts]
    for other in found[1:]:
        for name in ("subject", "task"):
            if other.get(name) != found[0].get(name):
                raise SchemaError(
                    expected=f"files of one trial to be of one {name}",
                    got=f"{found[0].get(name)} and {other.get(name)} by the pattern",
                    fix="correct the pattern of subject_from",
                )
    return found[0]


def _told(
    parts: Sequence[tuple[Path, Recording]], file: Path, subject: str, found: _Found
) -> list[HistoryEntry]:
    """Say where the subject is from, as far as it is not simply what the file says."""
    written = _written_name(parts)
    where = {
        "file name": f"the file name {file.name}",
        "folder": f"the folder {found.name}",
        "pattern": f"the path {file.name} by the pattern",
    }.get(found.by)
    if where is None or same_name(written) == same_name(subject):
        if written in ("", subject):
            return []
        return [HistoryEntry("renamed", f"subject {written!r} is {subject!r}")]
    if written.strip():
        what = "" if _is_person(written) else ", which is no person's name"
        return [HistoryEntry("replaced", f"subject {written!r}{what}: {subject}, from {where}")]
    if found.guess:
        return [
            HistoryEntry("guessed", f"subject {subject}, from {where}: no better place names it")
        ]
    return [HistoryEntry("assumed", f"subject {subject}, from {where}")]


def with_subject(
    recording: Recording, subjects: Subjects, similar: Similar = "refuse"
) -> Recording:
    """Add what a table of subjects knows of the recording's subject; the table wins.

    Parameters
    ----------
    recording : Recording
        With its subject known.
    subjects : mapping of str to mapping
        Subject -> ``mass_kg, height_m, age, sex, ...``. A name that is not there as it is
        written is the one that differs by case, blanks or Unicode form, or else by zeros in place
        of the letter o.
    similar : {"refuse", "same", "different"}
        With "same", or else the one that differs by separators or leading zeros.
    """
    if not subjects:
        return recording
    row, found = row_of(recording.subject, subjects, similar)
    if row is None:
        text = f"subject {recording.subject}: not in the table of subjects"
        if found:
            text += f", and {', '.join(found)} are equally like it"
        elif alike := [n for n in subjects if loose_name(n) == loose_name(recording.subject)]:
            text += f", which has {', '.join(alike)} (one person, with --similar-names same)"
        return recording.then(HistoryEntry("missing", text))
    if row != recording.subject:
        text = f"subject {recording.subject} is {row} of the table of subjects"
        recording = recording.then(HistoryEntry("assumed", text))
    known = subjects[row]
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


def row_of(
    name: str, subjects: Collection[str], similar: Similar = "refuse"
) -> tuple[str | None, list[str]]:
    """Return the table's name for a subject (None where it has none or several), and all alike."""
    keys = [str, same_name, lambda text: same_name(text).replace("0", "o")]
    if similar == "same":
        keys.append(loose_name)
    found: list[str] = []
    for key in keys:
        found = [known for known in subjects if key(known) == key(name)]
        if found:
            break
    return (found[0] if len(found) == 1 else None), found


# Bodies: what of a person does not change from one file to the next.

_GROWN_UP_YEARS = 20.0


@dataclass(frozen=True)
class Measure:
    """How much one quantity may differ between files of one person.

    Attributes
    ----------
    words : str
    at_most : float
        Largest difference; of the smaller value where `relative`.
    a_year : float
        What growth may add to it for each year between two ages, before 20.
    relative : bool
    """

    words: str
    at_most: float
    a_year: float = 0.0
    relative: bool = False

    def agree(self, low: float, high: float, years: float) -> bool:
        """Whether two values may be of one person."""
        allowed = self.at_most + self.a_year * years
        return high - low <= allowed * (low if self.relative else 1.0)


MEASURES: dict[str, Measure] = {
    # A fifth is more than weight loss or a pregnancy; children gain up to a quarter a year.
    "mass_kg": Measure("body mass, kg", 0.20, 0.25, relative=True),
    # Shoes, time of the day and whoever measured make 3 cm; children grow up to 10 cm a year.
    "height_m": Measure("height, m", 0.05, 0.10),
    "leg_length_m": Measure("leg length, m", 0.05, 0.06),
    "age": Measure("age, years", 10.0),
}
_DISTANCE = Measure("distance of markers, m", 0.05, 0.03)
"""Markers that are put on again land within 2 cm or so at either end."""
_SEXES = {"f": "female", "w": "female", "woman": "female", "m": "male", "man": "male"}
_FIXED = {"sex": "sex", "date_of_birth": "date of birth", "birth_date": "date of birth"}
_LEAST_FRAMES = 3
_PLACES = {
    "asis": r"ASIS?|IAS",
    "knee": r"KNEE?(?:LAT)?|FLE|LFE|LE|LFC",
    "ankle": r"ANK(?:LE)?(?:LAT)?|FAL|LM|LMAL",
}
Body = dict[str, Any]
"""Quantity -> value: keys of :data:`MEASURES`, sex, date of birth, pairs of markers (m)."""


def body_of(recording: Recording) -> Body:
    """Return what a recording says of the body: metadata, and distances of markers on one bone.

    The distances are the medians over the frames of ASIS to ASIS, and of knee to ankle of either
    leg; only markers of the same names are compared.
    """
    return known_of(recording.metadata) | _distances(recording)


def known_of(metadata: Mapping[str, Any]) -> Body:
    """Return what metadata says of the body."""
    body: Body = {}
    for name in MEASURES:
        value = metadata.get(name)
        if isinstance(value, int | float | np.number) and np.isfinite(value) and value > 0:
            body[name] = float(value)
    for name, words in _FIXED.items():
        value = metadata.get(name)
        if value is not None and not pd.isna(value) and not is_nobody(str(value)):
            text = str(value).strip().lower()
            body[words] = _SEXES.get(text, text) if name == "sex" else text
    return body


def _distances(recording: Recording) -> Body:
    places = {}
    for label, xyz in recording.markers.items():
        plain = re.sub(r"[^A-Z0-9]", "", label.rpartition(":")[2].upper())
        for place, names in _PLACES.items():
            match = re.fullmatch(rf"(L|LEFT|R|RIGHT)(?:{names})", plain)
            if match:
                places.setdefault((place, match[1][0]), (plain, xyz))
    pairs = [(("asis", "L"), ("asis", "R"))]
    pairs += [(("knee", side[0].upper()), ("ankle", side[0].upper())) for side in SIDES]
    body: Body = {}
    for one, other in pairs:
        if one in places and other in places:
            (first, start), (second, end) = places[one], places[other]
            lengths: NDArray[np.float64] = np.linalg.norm(end - start, axis=1)
            lengths = lengths[np.isfinite(lengths)]
            if len(lengths) >= _LEAST_FRAMES:
                body[f"{first} to {second}"] = float(np.median(lengths))
    return body


def differences(bodies: Sequence[tuple[str, Body]]) -> list[str]:
    """Say in which quantities bodies differ by more than one person's may.

    Parameters
    ----------
    bodies : sequence of (str, Body)
        Where each was found, and what is known of it.

    Examples
    --------
    >>> differences([("a.c3d", {"mass_kg": 52.0}), ("b.c3d", {"mass_kg": 97.0})])
    ['body mass, kg: 52 (a.c3d), 97 (b.c3d)']
    >>> differences([("a.c3d", {"mass_kg": 70.0}), ("b.c3d", {"mass_kg": 74.0})])
    []
    """
    found = []
    for name in dict.fromkeys(key for _, body in bodies for key in body):
        known = [(body[name], where, body.get("age")) for where, body in bodies if name in body]
        if name in _FIXED.values():
            if len({value for value, _, _ in known}) > 1:
                found.append(_listed(name, known))
            continue
        low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
        ages = [age for age in (low[2], high[2]) if age is not None]
        growing = len(ages) > 1 and min(ages) < _GROWN_UP_YEARS
        measure = MEASURES.get(name, _DISTANCE)
        if not measure.agree(low[0], high[0], abs(ages[1] - ages[0]) if growing else 0.0):
            words = measure.words if name in MEASURES else f"{name}, m"
            found.append(_listed(words, known))
    return found


_MOST_LISTED = 4


def _listed(words: str, known: Sequence[tuple[Any, str, Any]]) -> str:
    values: dict[str, str] = {}
    for value, where, _ in sorted(known, key=lambda k: (str(type(k[0])), k[0])):
        values.setdefault(f"{value:.3g}" if isinstance(value, float) else str(value), where)
    told = [f"{value} ({where})" for value, where in values.items()]
    if len(told) > _MOST_LISTED:
        told = [*told[: _MOST_LISTED - 1], "...", told[-1]]
    return f"{words}: {', '.join(told)}"


# All names together: which are one person, and which must not be.


@dataclass(frozen=True)
class Claim:
    """A name that one file gives.

    Attributes
    ----------
    file : Path
    name : str
    bodies : tuple of Body
        What the file says of the body of the one it names.
    guess : bool
        Whether the name is a weak guess.
    """

    file: Path
    name: str
    bodies: tuple[Body, ...] = ()
    guess: bool = False


@dataclass(frozen=True)
class Settled:
    """What became of the claims, in their order: a name, or why there is none."""

    names: list[str]
    problems: list[LocomotionError | None]
    history: list[HistoryEntry]


def settle(claims: Sequence[Claim], rules: NameRules) -> Settled:
    """Say which claims are of one person, and refuse those that nobody can tell.

    Spellings that differ by blanks, case or Unicode form are one name, the first that comes;
    unless the table of subjects has several of them, which then stay apart. Names that differ by
    separators or leading zeros are refused, or what `rules` say; apart too where the table has
    each. One name over bodies that differ is refused, unless `rules` say that it is one person; so
    is a word such as ``walk`` that was taken for a name in several folders.

    Parameters
    ----------
    claims : sequence of Claim
    rules : NameRules

    Returns
    -------
    Settled
    """
    settled = Settled([claim.name for claim in claims], [None] * len(claims), [])
    spellings: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
    for index, claim in enumerate(claims):
        spellings[same_name(claim.name)].setdefault(claim.name, []).append(index)
    in_table = defaultdict(set)
    for known in rules.subjects:
        in_table[same_name(known)].add(known)
    people: dict[str, list[int]] = {}
    for key, written in spellings.items():
        if len(in_table[key]) > 1:
            people |= _by_table(written, in_table[key], settled)
        else:
            first, *others = written
            people[first] = sorted(index for indices in written.values() for index in indices)
            for other in others:
                text = f"subject {other!r} is {first!r}: blanks, case and Unicode form do not count"
                settled.history.append(HistoryEntry("renamed", text, len(written[other])))
    people = _similar(people, rules, settled)
    for name, indices in people.items():
        for index in indices:
            settled.names[index] = name
        if same_name(name) in rules.same_person:
            continue
        of_person = [claims[index] for index in indices]
        if told := _in_other_words([claim.file for claim in of_person], name):
            settled.history.append(told)
        if error := _several_under(name, of_person):
            _refuse(indices, error, settled)
    return settled


def _several_under(name: str, claims: Sequence[Claim]) -> SchemaError | None:
    """Return why the claims of one name cannot be one person's, or None."""
    folders = sorted({str(claim.file.absolute().parent) for claim in claims if claim.guess})
    if len(folders) > 1 and is_weak(name):
        return SchemaError(
            expected="the name of a person",
            got=f"{name!r} in the names of files in {len(folders)} folders, "
            f"{', '.join(folders[:_MOST_LISTED])}: a word that names nobody",
            fix="say where the name stands: --subject-from folder, or a pattern such as "
            "{subject}/{trial}",
        )
    bodies = [(claim.file.name, body) for claim in claims for body in claim.bodies]
    reasons = differences(bodies)
    if not reasons:
        return None
    words = " and ".join(dict.fromkeys(claim.name for claim in claims))
    return SchemaError(
        expected=f"one person under the name {words}",
        got=f"{words}: bodies that differ, {'; '.join(reasons)}",
        fix="name people by their files or folders (--subject-from file, folder or a pattern), or "
        "list each spelling in the table of subjects; if it is one person, --same-person "
        f"{name!r}",
    )


def _in_other_words(files: Sequence[Path], name: str) -> HistoryEntry | None:
    """Say that files of one name are called, or lie in folders called, like several people."""
    own = loose_name(name)
    for words, what in (
        ([_words_of(file)[0] for file in files], "files whose names begin with"),
        ([file.absolute().parent.name for file in files], "files in folders"),
    ):
        codes = [word for word in dict.fromkeys(words) if _is_code(word)]
        if len(codes) > 1 and not any(loose_name(code).startswith(own) for code in codes):
            more = ", ..." if len(codes) > _MOST_LISTED else ""
            said = (
                f"subject {name} is one person, in {what} {', '.join(codes[:_MOST_LISTED])}{more}"
            )
            return HistoryEntry("assumed", said, len(files))
    return None


def _by_table(
    written: dict[str, list[int]], known: set[str], settled: Settled
) -> dict[str, list[int]]:
    """Keep apart the spellings that the table has; refuse those that are like several."""
    for name, indices in written.items():
        if name not in known:
            error = SchemaError(
                expected=f"one of {', '.join(sorted(known))}, which the table of subjects has",
                got=f"{name}, which is equally like each",
                fix="write the names in the files as in the table",
            )
            _refuse(indices, error, settled)
    return {name: indices for name, indices in written.items() if name in known}


def _similar(
    people: dict[str, list[int]], rules: NameRules, settled: Settled
) -> dict[str, list[int]]:
    """Join or refuse names that differ by separators or leading zeros, as `rules` say."""
    if rules.similar == "different":
        return people
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in people:
        alike[loose_name(name)].append(name)
    kept = dict(people)
    for names in alike.values():
        keys = {same_name(name) for name in names}
        rows = {row_of(name, rules.subjects)[0] for name in names} - {None}
        if len(keys) == 1 or len(rows) == len(names):
            continue
        first, *others = names
        if rules.similar == "same":
            kept[first] = sorted(index for name in names for index in kept.pop(name))
            for other in others:
                text = f"subject {other!r} is {first!r}: similar names are the same, as given"
                settled.history.append(HistoryEntry("renamed", text, len(people[other])))
            continue
        error = SchemaError(
            expected="names that are one person's or two, beyond doubt",
            got=f"{', '.join(names)}, which differ by separators or leading zeros",
            fix="--similar-names same if they are one person, --similar-names different if not; "
            "or list each in the table of subjects",
        )
        for name in names:
            _refuse(kept.pop(name), error, settled)
    return kept


def _refuse(indices: Iterable[int], error: SchemaError, settled: Settled) -> None:
    for index in indices:
        settled.problems[index] = SchemaError(expected=error.expected, got=error.got, fix=error.fix)
