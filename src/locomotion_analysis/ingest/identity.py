"""Who was recorded: where a name is taken from, and when one name may not be one person.

A name counts where it is trustworthy: the one in the file if it is a person's, else the file's
name, else its folder's; or where the user says. Names that differ by blanks, case or Unicode form
are one. What is not known to be one person is refused, with the ways to settle it: bodies that
differ under one name, and names that differ by separators or leading zeros.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import (
    is_marker_set,
    is_nobody,
    is_walking_aid,
    loose_name,
    same_name,
)
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.bodies import Body, differences
from locomotion_analysis.ingest.path_names import (
    PathPattern,
    bare_name,
    folder_of_person,
    is_code,
    is_weak,
    subject_and_trial,
    words_of,
)
from locomotion_analysis.ingest.recording import Recording
from locomotion_analysis.standard import TASKS

_MOST_LISTED = 4
Similar = Literal["refuse", "same", "different"]
Subjects = Mapping[str, Mapping[str, Any]]

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
    file = min((path for path, _ in parts), key=lambda path: len(words_of(path)))
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
        task, task_by = rules.task, "--task" if rules.task else "the strides"
        if task:
            entries.append(HistoryEntry("assumed", f"task = {task} (given)"))
    own = next((part.trial for _, part in parts if part.trial), "")
    if "trial" in in_path:
        more = "" if alone or not own else f"_{own}"
        trial, trial_by = in_path["trial"] + more, "pattern"
    elif own:
        trial, trial_by = own, "file name" if own == bare_name(file) else "the file"
    else:
        by_file = found.by not in ("folder", "pattern")
        trial = subject_and_trial(file)[1] if by_file else "_".join(words_of(file))
        trial_by = "file name"
        entries.append(HistoryEntry("assumed", f"trial {trial}, from the file name {file.name}"))
    return Identity(
        subject, task, trial, found.by, task_by, trial_by, found.guess, folders, tuple(entries)
    )


def refuse_pooling(
    file: Path, names: Iterable[str], rules: NameRules, *, as_written: bool = False
) -> None:
    """Refuse to name several people of one file after the file.

    Parameters
    ----------
    file : Path
    names : iterable of str
        What the file calls those in it.
    rules : NameRules
    as_written : bool
        Whether names are kept as they are written, be it a marker set's.

    Raises
    ------
    SchemaError
        If the names are of several, and the subject would be taken from the path: as the user says,
        or as one of them is no person's.
    """
    written = {same_name(name): name for name in names}
    by_path = rules.subject_from not in ("", "name")
    nobody = is_nobody if as_written else _is_no_person
    if len(written) > 1 and (by_path or any(map(nobody, written.values()))):
        shown = ", ".join(map(repr, [*written.values()][:_MOST_LISTED]))
        raise SchemaError(
            expected="one person in a file named after it",
            got=f"{len(written)} subjects, {shown}",
            where=str(file),
            fix="take the names in the file: --subject-from name; fill in those that name nobody",
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


def _whose(parts: Sequence[tuple[Path, Recording]], file: Path, rules: NameRules) -> _Found:
    """Return the subject of a trial: from where the user says, or the most trustworthy place."""
    stated = _stated_name(parts, rules)
    written = _written_name(parts)
    by_name = next((part.named_by for _, part in parts if part.named_by), "") or "the file"
    word, rest = subject_and_trial(file)
    if rules.subject_from == "folder":
        return _Found(file.absolute().parent.name, "folder", folders=1)
    if rules.subject_from == "file":
        return _Found(word, "file name")
    if rules.subject_from == "name" or stated:
        return _Found(stated or written, by_name)
    if not is_weak(word):
        # Where the whole name is one word, nothing tells the subject from the trial.
        return _Found(word, "file name", guess=rest == word)
    folder, above = folder_of_person(file)
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
    if codes := [part for part in rest.split("_") if is_code(part)]:
        before, _, after = "_".join(words_of(file)).partition(codes[0])
        pattern = f"{'*_' if before else ''}{{subject}}{'_{trial}' if after else ''}"
        raise SchemaError(
            expected="the name of a person",
            got=f"{word!r}, which names nobody, in a file's name where {codes[0]} may",
            where=str(file),
            fix=f"--subject-from '{pattern}' if it does; else --subject-from file or folder",
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


def _is_no_person(name: str) -> bool:
    return is_nobody(name) or is_marker_set(name) or is_walking_aid(name)


def _is_person(name: str) -> bool:
    return not _is_no_person(name)


def _in_paths(parts: Sequence[tuple[Path, Recording]], pattern: PathPattern) -> dict[str, str]:
    """Return the fields of the shortest trial name; the files have to agree on who and what."""
    found = [pattern.match(path) for path, _ in parts]
    for other in found[1:]:
        for name in ("subject", "task"):
            if other.get(name) != found[0].get(name):
                raise SchemaError(
                    expected=f"files of one trial to be of one {name}",
                    got=f"{found[0].get(name)} and {other.get(name)} by the pattern",
                    fix="correct the pattern of subject_from",
                )
    return min(found, key=lambda fields: len(fields.get("trial", "")))


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


def _with_o(name: str) -> str:
    return same_name(name).replace("0", "o")


def row_of(
    name: str, subjects: Collection[str], similar: Similar = "refuse"
) -> tuple[str | None, list[str]]:
    """Return the table's name for a subject (None where it has none or several), and all alike."""
    if name in subjects:
        return name, [name]
    keys: list[Callable[[str], str]] = [same_name, _with_o]
    if similar == "same":
        keys.append(loose_name)
    found: list[str] = []
    for key in keys:
        found = [known for known in subjects if key(known) == key(name)]
        if found:
            break
    return (found[0] if len(found) == 1 else None), found


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
        ([subject_and_trial(file)[0] for file in files], "files whose names begin with"),
        ([file.absolute().parent.name for file in files], "files in folders"),
    ):
        codes = [word for word in dict.fromkeys(words) if is_code(word)]
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
        if len({same_name(name) for name in names}) == 1:
            continue
        rows = {row_of(name, rules.subjects)[0] for name in names} - {None}
        if len(rows) == len(names):
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
