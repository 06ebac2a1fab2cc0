"""The registry: add, promote, roll back, archive; every change is one replacement of one file."""

import getpass
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.files import write_all
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.registry import transitions
from locomotion_analysis.production.registry.state import (
    CANDIDATE,
    CHAMPION,
    FORMAT,
    LogEntry,
    State,
    Version,
)
from locomotion_analysis.production.registry.storage import storage_of
from locomotion_analysis.production.registry.subjects import hidden, is_for_testing

_STATE = "registry.json"


class Registry:
    """Versions of the models of one target.

    Parameters
    ----------
    place : path-like or str
        Folder, or a URL for fsspec (extra ``registry``), such as ``s3://bucket/gait``. It is made
        with the first version.
    key : str, optional
        64 hexadecimal digits: secret of the hashes of subjects, and so of who is kept for
        testing. Drawn at random where None; registries with the same key split alike. Once the
        registry is there, its own key counts.

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
        if key is not None and not re.fullmatch(r"[0-9a-f]{64}", key):
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
            seen = None if trained_on is None else hidden(state.key, trained_on)
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
            state = transitions.added(state, version)
            self._storage.write(version.file, content)
            self._replace(state, "added", version.number, why)
        return version

    def promote(self, number: int, why: str = "") -> Version:
        """Make a version the champion; the old one is archived. A service follows at once.

        Raises
        ------
        FileReadError
            If there is no such version, or its file was changed.
        SchemaError
            If it is champion already, or predicts something else than the champion.
        """
        return self._change("promoted", lambda state: transitions.promoted(state, number), why)

    def roll_back(self, why: str = "") -> Version:
        """Go back to the champion before this one, and return it.

        Raises
        ------
        FileReadError
            If its file was changed.
        SchemaError
            If there was none.
        """
        return self._change("rolled back", transitions.rolled_back, why)

    def archive(self, number: int, why: str = "") -> Version:
        """Put a candidate away.

        Raises
        ------
        SchemaError
            If it is no candidate.
        """
        with self._storage.alone():
            state = transitions.archived(self._state(), number)
            self._replace(state, "archived", number, why)
        return state.version(number)

    def note(self, number: int, action: str, why: str) -> None:
        """Write into the log what was decided without a change of stages."""
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
            write_all({path: content})
        self._checked.add(_identity(path, version))
        return path

    def find(self, which: str | int) -> Version:
        """Return a version by number, or the champion.

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
        """Tell of each subject whether a version was trained on it.

        Raises
        ------
        FileReadError
            If that is not known of the version.
        """
        if version.trained_on is None:
            raise FileReadError(
                expected="a version whose training subjects are known",
                got=f"version {version.number}, added without them",
                where=self._storage.url,
                fix="add it again with trained_on=, or --run and its run folder",
            )
        key, known = self._state().key, set(version.trained_on)
        return [hidden(key, [subject])[0] in known for subject in subjects]

    def for_testing(self, subjects: Iterable[object]) -> list[bool]:
        """Tell of each subject whether it is kept for testing; in one registry always the same."""
        with self._storage.alone():
            key = self._state(made=True).key
        return [is_for_testing(key, subject) for subject in subjects]

    def _state(self, *, made: bool = False) -> State:
        content = self._storage.read(_STATE)
        if content is None:
            fresh = State(FORMAT, self._new_key or secrets.token_hex(32), (), (), ())
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
        self._storage.write(_STATE, transitions.logged(state, entry).to_json())

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
