"""What a registry knows: its versions, the order of champions, and everything ever done."""

import json
from dataclasses import asdict, dataclass, replace

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.production.typed_json import document

FORMAT = 1
"""Raised when older versions of this package can no longer read a registry."""

CANDIDATE, CHAMPION, ARCHIVED = "candidate", "champion", "archived"
STAGES = (CANDIDATE, CHAMPION, ARCHIVED)


@dataclass(frozen=True)
class Version:
    """One model of a registry.

    Attributes
    ----------
    number : int
        Counted from 1.
    file : str
        Name of the bundle in the registry's folder ``versions``.
    sha256 : str
        Hash of the file.
    digest : str
        Of the bundle's manifest: names the model wherever it lies.
    name, target : str
        Title and column predicted.
    stage : str
        ``candidate``, ``champion`` or ``archived``.
    trained_on : tuple of str or None
        Subjects it was trained on, as keyed hashes that nobody can turn back without the
        registry's key; None where they are not known.
    """

    number: int
    file: str
    sha256: str
    digest: str
    name: str
    target: str
    stage: str
    trained_on: tuple[str, ...] | None


@dataclass(frozen=True)
class LogEntry:
    """Something that was done to a registry.

    Attributes
    ----------
    at : str
        When (UTC, ISO 8601).
    action : str
        ``added``, ``promoted``, ``rolled back``, ``archived`` or ``kept``.
    version : int
        The version it was done to.
    by, why : str
        Whose account, and the reason given.
    """

    at: str
    action: str
    version: int
    by: str
    why: str


@dataclass(frozen=True)
class State:
    """Everything in one file, so that one replacement of it changes all or nothing.

    Attributes
    ----------
    format : int
        Of the file.
    key : str
        Secret of the subject hashes, 32 bytes as hexadecimal digits.
    champions : tuple of int
        Versions in the order they became champion; the last one is it.
    versions : tuple of Version
        All of them, by number.
    log : tuple of LogEntry
        Everything done, oldest first.
    """

    format: int
    key: str
    champions: tuple[int, ...]
    versions: tuple[Version, ...]
    log: tuple[LogEntry, ...]

    def to_json(self) -> bytes:
        """Return the state as JSON."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "State":
        """Return the state that :meth:`to_json` wrote.

        Raises
        ------
        FileReadError
            If it is damaged, contradicts itself, or is of another format.
        """
        state = document(cls, content, "a registry", FORMAT, "registry.json")
        _check_consistent(state)
        return state

    def version(self, number: int) -> Version:
        """Return a version by its number.

        Raises
        ------
        FileReadError
            If there is none.
        """
        for each in self.versions:
            if each.number == number:
                return each
        known = ", ".join(str(each.number) for each in self.versions) or "none"
        raise FileReadError(
            expected=f"a version among {known}", got=str(number), fix="add the bundle first"
        )

    def with_stage(self, number: int, stage: str) -> "State":
        """Return the state with one version in another stage."""
        versions = tuple(
            replace(each, stage=stage) if each.number == number else each for each in self.versions
        )
        return replace(self, versions=versions)


def _check_consistent(state: State) -> None:
    numbers = [each.number for each in state.versions]
    odd_stage = [each.stage for each in state.versions if each.stage not in STAGES]
    serving = [each.number for each in state.versions if each.stage == CHAMPION]
    last = list(state.champions[-1:])
    if (
        numbers != list(range(1, len(numbers) + 1))
        or odd_stage
        or serving != last
        or not set(state.champions) <= set(numbers)
    ):
        raise FileReadError(
            expected="versions 1, 2, 3 ... of known stages, and one champion at most",
            got=f"versions {numbers}, champions {list(state.champions)}, serving {serving}"[:200],
            where="registry.json",
            fix="restore the file from a backup",
        )
