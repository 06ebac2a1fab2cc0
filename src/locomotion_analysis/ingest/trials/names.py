"""Which files belong to one trial, and whose it is, from their names."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

_Words = tuple[str, ...]
_Name = tuple[Path, _Words]

ROLES = frozenset(
    [
        "ik",
        "id",
        "so",
        "grf",
        "grfs",
        "force",
        "forces",
        "marker",
        "markers",
        "kinematics",
        "kinetics",
        "dynamics",
        "inverse",
        "inversekinematics",
        "inversedynamics",
        "angles",
        "moments",
        "mocap",
        "external",
        "loads",
        "externalloads",
        "analog",
    ]
)
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
    stems = {path: _stem_words(path) for path in paths}
    longer: defaultdict[_Name, set[_Words]] = defaultdict(set)
    for folder, words in {(path.parent, words) for path, (words, _) in stems.items()}:
        for length in range(1, len(words)):
            longer[folder, words[:length]].add(words)
    groups: defaultdict[_Name, list[Path]] = defaultdict(list)
    for path, (words, is_part) in stems.items():
        candidates = longer.get((path.parent, words), set()) if is_part else set()
        groups[path.parent, next(iter(candidates)) if len(candidates) == 1 else words].append(path)
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


def _stem_words(path: Path) -> tuple[_Words, bool]:
    words = bare_name(path).lower().split("_")
    cut = _cut_roles(words)
    return tuple(cut), len(cut) < len(words)


def _cut_roles(words: list[str]) -> list[str]:
    last = len(words)
    while last > 1 and words[last - 1].lower() in ROLES:
        last -= 1
    return words[:last]
