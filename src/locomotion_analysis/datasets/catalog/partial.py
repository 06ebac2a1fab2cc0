"""A file of which only the beginning may be here yet."""

import errno
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from locomotion_analysis.errors import DownloadError
from locomotion_analysis.files import json_text, move_into_place, write_all
from locomotion_analysis.progress import Progress


class Partial:
    """The bytes of one file that have arrived, and from where.

    Beside them a small file keeps the address and the server's mark of the version (ETag or
    Last-Modified), so that only the same version of the same file is ever continued.

    Parameters
    ----------
    path : Path
        Where the bytes are collected.
    name : str
        Name of the file, for messages and progress.
    progress : callable, optional
    """

    def __init__(self, path: Path, name: str, progress: Progress | None) -> None:
        self.path = path
        self._notes = path.with_name(f"{path.name}.from.json")
        self.name = name
        self._progress = progress
        self._stream: Any = None
        self.total = 0

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def origin(self, url: str) -> dict[str, Any] | None:
        """Return what is noted of the bytes here, if they can be continued from `url`."""
        try:
            notes: dict[str, Any] = json.loads(self._notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        fits = notes.get("url") == url and (notes.get("version") or notes.get("total"))
        return notes if fits and self.size else None

    def start(self, url: str, version: str | None, total: int) -> None:
        """Throw away what is here, and note where the new bytes come from."""
        self.discard()
        self.total = total
        notes = {"url": url, "version": version, "total": total}
        write_all({self._notes: json_text(notes)})

    def discard(self) -> None:
        """Remove the bytes and the note."""
        self._notes.unlink(missing_ok=True)
        if self._stream is None:
            self.path.unlink(missing_ok=True)
        elif self.size:  # an open file is not unlinked on every system
            self._stream.truncate(0)

    def finish(self, target: Path) -> None:
        """Flush the bytes to the disk and give them the file's name, in one step."""
        move_into_place(self.path, target)
        self.discard()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open("ab")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stream, self._stream = self._stream, None
        try:
            stream.close()
        except OSError as failure:
            raise _told(failure, self.path) from None
        if self.size == 0:
            self.discard()

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises
        ------
        DownloadError
            If the disk is full; what is here stays.
        """
        try:
            self._stream.write(chunk)
            self._stream.flush()
        except OSError as error:
            raise _told(error, self.path) from None
        if self._progress is not None:
            self._progress(self.name, self.size, self.total)

    def flush(self) -> None:
        """Do nothing: every write is flushed."""


class DiskFullError(DownloadError):
    """There is no room for the file."""


def refuse_without_room(folder: Path, n_bytes: int) -> None:
    """Raise unless the disk has room for `n_bytes` more.

    Raises
    ------
    DiskFullError
        With the bytes needed and the bytes free.
    """
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise DiskFullError(
            expected=f"{n_bytes / 1e6:,.1f} MB free on the disk",
            got=f"{free / 1e6:,.1f} MB",
            where=str(folder),
            fix="make room, fetch fewer files (--file), or set LOCOMOTION_CACHE to another disk",
        )


def _told(error: OSError, path: Path) -> Exception:
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return error
    return DiskFullError(
        expected="room on the disk for the download",
        got=error.strerror or "a full disk",
        where=str(path.parent),
        fix="make room and run the same again: it goes on where it stopped; "
        "or set LOCOMOTION_CACHE to another disk",
    )
