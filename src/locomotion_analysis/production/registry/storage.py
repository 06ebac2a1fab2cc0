"""Where a registry lies: a folder of this machine, or any place fsspec reaches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.extras import require
from locomotion_analysis.files import locked, write_all


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
        write_all({self.folder / name: content})

    def local(self, name: str) -> Path | None:
        """Return the file's path."""
        return self.folder / name

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other program changes the registry, and keep others waiting."""
        if self.folder.exists() and not self.folder.is_dir():
            raise self._no_folder()
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
