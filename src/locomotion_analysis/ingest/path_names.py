"""What the path of a file says: which trial it is of, and whose.

Files of one trial are known by their names; subject and trial stand in a file's name, in its
folder's, or where a pattern of the user says.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

from locomotion_analysis.data.identity import is_marker_set, is_nobody
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import TASKS

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
    "backward", "backwards", "forward", "forwards", "sideways", "dual", "dualtask", "task", "single",
    "cognitive", "tandem", "obstacle", "obstacles", "jump", "hop", "squat", "lunge", "tug", "balance",
    "gehen", "laufen", "rennen", "treppe", "marche", "marcha", "marcia", "cammino", "corsa", "lopen",
})  # fmt: skip
"""Words that say what was recorded rather than who."""
_FOLDER_WORDS = _TRIAL_WORDS | frozenset({
    "study", "lab", "laboratory", "group", "session", "day", "visit", "cohort", "set", "batch",
    "part", "week", "month", "year", "condition", "site", "block", "version", "v", "t", "c", "d", "b",
    "opensim", "mot", "trc", "project", "tmp", "temp", "sample", "samples", "folder",
})  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BEFORE_NUMBER = re.compile(
    r"[a-z]|subj?|subject|pt|pat|patient|part|participant|proband|vp|person|id", re.IGNORECASE
)
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


def words_of(path: Path) -> list[str]:
    """Return the words of a file name that say whose trial it is, and which."""
    return cut_roles(bare_name(path).split("_"))


def subject_and_trial(path: Path) -> tuple[str, str]:
    """Guess subject and trial from a file name: the first word, and the rest.

    Words are set apart by underscores; by blanks and hyphens too where they say what was recorded
    (``P01-walk-02``), as names have those themselves. A letter, or a word such as ``sub``, belongs
    to the number behind it.

    Examples
    --------
    >>> subject_and_trial(Path("S01_0002_Gait_forces.sto"))
    ('S01', '0002_Gait')
    >>> subject_and_trial(Path("P_07_walk.c3d"))
    ('P_07', 'walk')
    >>> subject_and_trial(Path("Ann Lee walk 02.c3d")), subject_and_trial(Path("sub-03_1.c3d"))
    (('Ann Lee', 'walk_02'), ('sub-03', '1'))
    >>> subject_and_trial(Path("walk.c3d"))
    ('walk', 'walk')
    """
    words = words_of(path)
    words[:1] = _apart(words[0])
    numbered = len(words) > 1 and words[1].isdigit()
    first = 2 if numbered and _BEFORE_NUMBER.fullmatch(words[0]) else 1
    subject = "_".join(words[:first])
    return subject, "_".join(words[first:]) or subject


def _apart(word: str) -> list[str]:
    """Return a word, and the words behind a blank or hyphen at its end that say what was recorded."""
    parts = re.split(r"([ -]+)", word)
    end = len(parts)
    while end > 1 and (parts[end - 1].isdigit() or _only(_TRIAL_WORDS, parts[end - 1])):
        end -= 2
    named = "".join(parts[:end])
    if end < len(parts) and parts[end + 1].isdigit() and not any(map(str.isdigit, named)):
        end += 2  # P-01
    behind = parts[end + 1 :: 2]
    if not any(_WORD.search(part) for part in behind):  # numbers alone may be of the name
        return [word]
    return ["".join(parts[:end]), *behind]


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


def is_code(name: str) -> bool:
    """Whether a word is like the code of a person in a study: ``P01``, ``sub-003``, not ``day2``."""
    code = _CODE.fullmatch(name) is not None
    return code and not is_weak(name) and not _only(_FOLDER_WORDS, name)


def folder_of_person(file: Path) -> tuple[str, int]:
    """Return the folder that is called like a person, and how many folders up it is; or nothing.

    Folders of sessions, days or tasks between it and the file are passed.
    """
    for above, folder in enumerate(file.absolute().parents, 1):
        if is_code(folder.name):
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
        found: dict[str, str] = {}
        for pieces, folder in zip(self._parts, folders, strict=False):
            fields = _fit(pieces, folder, tasks)
            if fields is None:
                return None
            found |= fields
        for candidate in ("_".join(words_of(path)), bare_name(path), name):
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


# Which files are of one trial.

_Words = tuple[str, ...]
_Name = tuple[Path, _Words]


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
        cut = cut_roles(words)
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
