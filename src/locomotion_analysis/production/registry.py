"""Versions of a model, which of them serves, and everything that was ever done to them.

A registry is one state file beside the bundles, in a folder or wherever fsspec reaches: every
change is one replacement of that file. It recognises the people a version was trained on without
naming them, and is the source of a service that follows the champion.
"""

import getpass
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import pandas as pd

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.files import locked, write_all
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.pseudonyms import (
    further_keys,
    hidden,
    is_for_testing,
    is_key,
    keys_of,
    mark_of,
    new_key,
    wrapped,
)
from locomotion_analysis.typed_tree import document

__all__ = ["Registry"]

# What a registry knows: its versions, the order of champions, and everything ever done


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
        account's secret key; None where they are not known.
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
        What decides who is kept for testing, 32 bytes as hexadecimal digits; no secret.
    champions : tuple of int
        Versions in the order they became champion; the last one is it.
    versions : tuple of Version
        All of them, by number.
    log : tuple of LogEntry
        Everything done, oldest first.
    mark : str
        Of the secret keys that the subjects' names are hashed with, which lie elsewhere; empty
        before there are any.
    """

    format: int
    key: str
    champions: tuple[int, ...]
    versions: tuple[Version, ...]
    log: tuple[LogEntry, ...]
    mark: str = ""

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
        numbers = [each.number for each in state.versions]
        odd_stage = [each.stage for each in state.versions if each.stage not in STAGES]
        serving = [each.number for each in state.versions if each.stage == CHAMPION]
        champions = list(state.champions)
        if not is_key(state.key):
            raise FileReadError(
                expected="a registry with a key of 64 hexadecimal digits",
                got=repr(state.key)[:20],
                where="registry.json",
                fix="restore the file from a backup",
            )
        if (
            numbers != list(range(1, len(numbers) + 1))
            or odd_stage
            or serving != champions[-1:]
            or not set(champions) <= set(numbers)
        ):
            raise FileReadError(
                expected="versions 1, 2, 3 ... of known stages, and one champion at most",
                got=f"versions {numbers}, champions {champions}, serving {serving}"[:200],
                where="registry.json",
                fix="restore the file from a backup",
            )
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


# Where a registry lies: a folder of this machine, or any place fsspec reaches


class Storage(Protocol):
    """A folder of whole files."""

    url: str

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all."""
        ...

    def local(self, name: str) -> Path | None:
        """Return the file's path on this machine, None where it is elsewhere."""
        ...

    def alone(self) -> Any:
        """Return a context in which no other program changes the registry."""
        ...


class LocalStorage:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder)

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None where there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            raise self._no_folder() from None

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all."""
        write_all({self.folder / name: content}, private=True)

    def local(self, name: str) -> Path | None:
        """Return the file's path."""
        return self.folder / name

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other program changes the registry, and keep others waiting."""
        if self.folder.exists() and not self.folder.is_dir():
            raise self._no_folder()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.folder / ".lock"):
            yield

    def _no_folder(self) -> FileReadError:
        return FileReadError(
            expected="a folder for the registry",
            got="a file of that name",
            where=self.url,
            fix="name another folder",
        )


class RemoteStorage:
    """A place that fsspec reaches; object stores replace an object whole.

    There is no lock: let one program at a time change the registry. Reading is always safe.
    """

    def __init__(self, url: str) -> None:
        fsspec = require("fsspec", "registry")
        self.url = url
        self._system, root = fsspec.core.url_to_fs(url)
        self._root = PurePosixPath(root)

    def read(self, name: str) -> bytes | None:
        """Return an object's content, None where there is none."""
        try:
            return bytes(self._system.cat_file(str(self._root / name)))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write an object in one step."""
        place = self._root / name
        self._system.makedirs(str(place.parent), exist_ok=True)
        self._system.pipe_file(str(place), content)

    def local(self, name: str) -> Path | None:  # noqa: ARG002 - as of a local folder
        """Return None: the object is elsewhere."""
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do nothing: see the class."""
        yield


def storage_of(place: str | os.PathLike[str]) -> Storage:
    """Return the storage a path or URL names.

    Raises
    ------
    MissingExtraError
        If it is a URL and fsspec is not installed.
    """
    text = os.fspath(place)
    if "://" not in text:
        return LocalStorage(Path(text))
    if text.startswith("file://"):
        return LocalStorage(Path(text.removeprefix("file://")))
    return RemoteStorage(text)


# What may be done to a registry, each as a function from one state to the next


def added(state: State, version: Version) -> State:
    """Return the state with a further version.

    Raises
    ------
    SchemaError
        If the same file is there already.
    """
    for each in state.versions:
        if each.sha256 == version.sha256:
            raise SchemaError(
                expected="a bundle that is not in the registry yet",
                got=f"the file of version {each.number}",
                where=version.name,
                fix=f"promote version {each.number}",
            )
    return replace(state, versions=(*state.versions, version))


def promoted(state: State, number: int) -> State:
    """Return the state with this version as champion, the old champion archived.

    Raises
    ------
    SchemaError
        If it is champion already, or predicts something else than the champion.
    """
    version = state.version(number)
    if version.stage == CHAMPION:
        raise SchemaError(
            expected="a version that is not champion",
            got=f"version {number}, which is",
            fix="nothing needs to be done",
        )
    if state.champions:
        old = state.version(state.champions[-1])
        if old.target != version.target:
            raise SchemaError(
                expected=f"a model of {old.target}, as the champion",
                got=f"version {number}, a model of {version.target}",
                fix="keep a registry for each target: callers expect one answer",
            )
        state = state.with_stage(old.number, ARCHIVED)
    return replace(state.with_stage(number, CHAMPION), champions=(*state.champions, number))


def rolled_back(state: State) -> State:
    """Return the state with the champion before this one.

    Raises
    ------
    SchemaError
        If there was none.
    """
    if len(state.champions) < 2:
        raise SchemaError(
            expected="an earlier champion to go back to",
            got=f"{len(state.champions)} champion(s) ever",
            fix="promote another version",
        )
    *earlier, before, now = state.champions
    state = state.with_stage(now, ARCHIVED).with_stage(before, CHAMPION)
    return replace(state, champions=(*earlier, before))


def archived(state: State, number: int) -> State:
    """Return the state with a candidate put away.

    Raises
    ------
    SchemaError
        If it is no candidate.
    """
    stage = state.version(number).stage
    if stage != CANDIDATE:
        raise SchemaError(
            expected="a candidate",
            got=f"version {number}, {stage}",
            fix="promote another version: the champion is archived by that",
        )
    return state.with_stage(number, ARCHIVED)


def with_mark(state: State, where: str) -> State:
    """Return the state with its names hashed with a secret key, if they are not yet."""
    return state if state.mark else with_more_keys(state, where)


def with_more_keys(state: State, where: str) -> State:
    """Return the state with its names hashed with all keys of the account, or one more."""
    keys, further = further_keys(state.mark, state.key, where)
    versions = tuple(
        each
        if each.trained_on is None
        else replace(each, trained_on=tuple(sorted(wrapped(c, further) for c in each.trained_on)))
        for each in state.versions
    )
    return replace(state, versions=versions, mark=mark_of(keys, state.key))


def logged(state: State, entry: LogEntry) -> State:
    """Return the state with a further line in its log."""
    return replace(state, log=(*state.log, entry))


# The registry: add, promote, roll back, archive; every change is one replacement of one file


_STATE = "registry.json"


class Registry:
    """Versions of the models of one target.

    Parameters
    ----------
    place : path-like or str
        Folder, or a URL for fsspec (extra ``registry``), such as ``s3://bucket/gait``. It is made
        with the first version.
    key : str, optional
        64 hexadecimal digits that decide who is kept for testing. Drawn at random where None;
        registries with the same key split alike. Once the registry is there, its own key
        counts. It is no secret: that lies outside the registry (``pseudonyms``).

    Notes
    -----
    A bundle is written first, then ``registry.json``, which holds versions, stages and log, is
    replaced in one step. A program killed at any moment leaves the old state or the new one.

    Examples
    --------
    >>> import tempfile
    >>> registry = Registry(tempfile.mkdtemp())
    >>> registry.champion is None
    True
    """

    def __init__(self, place: str | os.PathLike[str], key: str | None = None) -> None:
        self._storage = storage_of(place)
        if key is not None and not is_key(key):
            raise SchemaError(
                expected="a key of 64 hexadecimal digits",
                got=f"{len(key)} characters",
                where="key",
                fix="make one with secrets.token_hex(32)",
            )
        self._new_key = key
        self._checked: set[tuple[str, int, int]] = set()

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, by number."""
        return self._state().versions

    @property
    def champion(self) -> Version | None:
        """The version that serves; None before the first promotion."""
        return next((each for each in self.versions if each.stage == CHAMPION), None)

    @property
    def table(self) -> pd.DataFrame:
        """One row a version: number, stage, name, target, digest."""
        columns = ["number", "stage", "name", "target", "digest"]
        rows = [[getattr(each, name) for name in columns] for each in self.versions]
        return pd.DataFrame(rows, columns=columns)

    @property
    def log(self) -> pd.DataFrame:
        """Everything ever done, oldest first: at, action, version, by, why."""
        columns = ["at", "action", "version", "by", "why"]
        rows = [[getattr(each, name) for name in columns] for each in self._state().log]
        return pd.DataFrame(rows, columns=columns)

    def add(
        self,
        bundle: str | os.PathLike[str],
        trained_on: Iterable[object] | None = None,
        why: str = "",
    ) -> Version:
        """Take in a bundle as a candidate.

        Parameters
        ----------
        bundle : path-like
            What ``locomotion bundle`` wrote. It is opened, and must give its golden answers.
        trained_on : iterable, optional
            Names of the subjects it was trained on; kept as keyed hashes. Retraining needs them
            to test on people the champion has not seen.
        why : str
            For the log.

        Returns
        -------
        Version

        Raises
        ------
        BundleError
            If the bundle is damaged or does not answer as where it was made.
        SchemaError
            If the same bundle is there already.
        """
        opened = open_bundle(bundle)
        opened.check_golden()
        content = Path(bundle).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        with self._storage.alone():
            state = self._state()
            seen = None
            if trained_on is not None:
                state = with_mark(state, self._storage.url)
                keys = keys_of(state.mark, state.key, self._storage.url)
                seen = hidden(state.key, trained_on, keys)
            version = Version(
                number=len(state.versions) + 1,
                file=f"versions/{len(state.versions) + 1:04d}-{sha256[:12]}.bundle",
                sha256=sha256,
                digest=opened.digest,
                name=opened.manifest.name,
                target=opened.manifest.target,
                stage=CANDIDATE,
                trained_on=seen,
            )
            state = added(state, version)
            self._storage.write(version.file, content)
            self._replace(state, "added", version.number, why)
        return version

    def promote(self, number: int, why: str = "") -> Version:
        """Make a version the champion; the old one is archived. A service switches by itself.

        Parameters
        ----------
        number : int
            Number of the version.
        why : str
            Reason, for the log.

        Returns
        -------
        Version
            The new champion.

        Raises
        ------
        FileReadError
            If there is no such version, or its file was changed.
        SchemaError
            If it is champion already, or predicts something else than the champion.
        """
        return self._change("promoted", lambda state: promoted(state, number), why)

    def roll_back(self, why: str = "") -> Version:
        """Go back to the champion before this one.

        Parameters
        ----------
        why : str
            Reason, for the log.

        Returns
        -------
        Version
            The champion from now on.

        Raises
        ------
        FileReadError
            If its file was changed.
        SchemaError
            If there was none.
        """
        return self._change("rolled back", rolled_back, why)

    def archive(self, number: int, why: str = "") -> Version:
        """Archive a candidate.

        Parameters
        ----------
        number : int
            Number of the version.
        why : str
            Reason, for the log.

        Returns
        -------
        Version

        Raises
        ------
        SchemaError
            If it is no candidate.
        """
        with self._storage.alone():
            state = archived(self._state(), number)
            self._replace(state, "archived", number, why)
        return state.version(number)

    def note(self, number: int, action: str, why: str) -> None:
        """Write into the log what was decided without a change of stages.

        Parameters
        ----------
        number : int
            Number of the version that the decision is about.
        action, why : str
            What was decided, and the reason.
        """
        with self._storage.alone():
            self._replace(self._state(), action, number, why)

    def fetch(self, which: str | int, cache: Path) -> Path:
        """Return the file of a version on this machine.

        Parameters
        ----------
        which : str or int
            ``"champion"``, or a version's number.
        cache : Path
            Folder for bundles that lie elsewhere.

        Raises
        ------
        FileReadError
            If there is no such version, or its file was changed since it was added.
        """
        version = self.find(which)
        local = self._storage.local(version.file)
        path = local or cache / Path(version.file).name
        # A copy of ours, or a file that was hashed before and has not been touched since.
        if path.is_file() and (local is None or _identity(path, version) in self._checked):
            return path
        content = self._checked_content(version)
        if local is None:
            write_all({path: content}, private=True)
        self._checked.add(_identity(path, version))
        return path

    def find(self, which: str | int) -> Version:
        """Return a version.

        Parameters
        ----------
        which : int or str
            Its number, or ``"champion"``.

        Returns
        -------
        Version

        Raises
        ------
        FileReadError
            If there is none.
        """
        if str(which) == CHAMPION:
            found = self.champion
            if found is None:
                raise FileReadError(
                    expected="a champion",
                    got=f"{len(self.versions)} version(s), none of them promoted",
                    where=self._storage.url,
                    fix="promote one: locomotion registry promote",
                )
            return found
        if not str(which).isdigit():
            raise FileReadError(
                expected='"champion" or the number of a version', got=repr(which),
                where=self._storage.url,
            )  # fmt: skip
        return self._state().version(int(which))

    def has_seen(self, version: Version, subjects: Iterable[object]) -> list[bool]:
        """Return which subjects a version was trained on.

        Parameters
        ----------
        version : Version
        subjects : iterable
            Names of subjects.

        Returns
        -------
        list of bool
            True for each subject that was among the training people, by the hash of the name.

        Raises
        ------
        FileReadError
            If the version's training people are not known.
        """
        if version.trained_on is None:
            raise FileReadError(
                expected="a version whose training subjects are known",
                got=f"version {version.number}, added without them",
                where=self._storage.url,
                fix="add it again with trained_on=, or --run and its run folder",
            )
        state, known = self._state(), set(version.trained_on)
        keys = keys_of(state.mark, state.key, self._storage.url) if state.mark else ()
        return [hidden(state.key, [subject], keys)[0] in known for subject in subjects]

    def rotate_key(self) -> None:
        """Hash the subjects' names with a further secret key.

        The newest key of the key file is taken, or made if this registry has it already. Names
        are not known, so the hashes are hashed: who wants to try names needs all the keys.

        Raises
        ------
        FileReadError
            If the key it was hashed with is not ours, or a new one has to be set by hand.
        """
        with self._storage.alone():
            state = with_more_keys(self._state(), self._storage.url)
            self._storage.write(_STATE, state.to_json())

    def for_testing(self, subjects: Iterable[object]) -> list[bool]:
        """Return which subjects are kept for testing; always the same in one registry.

        Three in ten are, by a keyed hash of the name.

        Parameters
        ----------
        subjects : iterable
            Names of subjects.

        Returns
        -------
        list of bool
            True for each subject that is tested and never trained on.

        Examples
        --------
        >>> import tempfile
        >>> registry = Registry(tempfile.mkdtemp(), key="0" * 64)
        >>> registry.for_testing(["P1", "P2"]) == registry.for_testing(["P1", "P2"])
        True
        """
        with self._storage.alone():
            key = self._state(made=True).key
        return [is_for_testing(key, subject) for subject in subjects]

    def _state(self, *, made: bool = False) -> State:
        content = self._storage.read(_STATE)
        if content is None:
            fresh = State(FORMAT, self._new_key or new_key(), (), (), ())
            if made:
                self._storage.write(_STATE, fresh.to_json())
            return fresh
        try:
            return State.from_json(content)
        except FileReadError as error:
            raise error.at(self._storage.url) from None

    def _change(self, action: str, step: Callable[[State], State], why: str) -> Version:
        """Take a step that makes another version the champion, if its file is as it was added."""
        with self._storage.alone():
            state = step(self._state())
            champion = state.version(state.champions[-1])
            self._checked_content(champion)
            self._replace(state, action, champion.number, why)
        return champion

    def _replace(self, state: State, action: str, number: int, why: str) -> None:
        entry = LogEntry(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", action, number, _user(), why)
        self._storage.write(_STATE, logged(state, entry).to_json())

    def _checked_content(self, version: Version) -> bytes:
        content = self._storage.read(version.file)
        found = None if content is None else hashlib.sha256(content).hexdigest()
        if content is None or found != version.sha256:
            raise FileReadError(
                expected=f"SHA-256 {version.sha256[:16]}… of version {version.number}",
                got="no file" if found is None else f"{found[:16]}…",
                where=f"{self._storage.url}/{version.file}",
                fix="restore the file, or promote another version",
            )
        return content


def _identity(path: Path, version: Version) -> tuple[str, int, int]:
    stat = path.stat()
    return version.sha256, stat.st_mtime_ns, stat.st_size


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


# A registry as the source of a service: whichever version is champion is served


class StageSource:
    """The bundle of a stage, or of a version, of a registry.

    Parameters
    ----------
    registry : Registry
        Where the versions are.
    which : str
        ``champion``, or a version's number.
    """

    def __init__(self, registry: Registry, which: str = "champion") -> None:
        self._registry, self._which = registry, which
        self._cache = Path(tempfile.mkdtemp(prefix="locomotion-registry-"))
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)

    def path(self) -> Path:
        """Return the bundle's file on this machine, whole and as it was added.

        Raises
        ------
        FileReadError
            If there is no such version, or its file was changed.
        """
        return self._registry.fetch(self._which, self._cache)
