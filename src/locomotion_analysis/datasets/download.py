"""Fetching one published file: resumed, from the first server that has it, and checked.

Downloads lie in one cache folder, with a ledger of the hash each file had when it first came.
"""

import errno
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal, Self, get_args

from locomotion_analysis._version import __version__
from locomotion_analysis.errors import DownloadError, SchemaError
from locomotion_analysis.files import json_text, move_into_place, plain_json, write_all
from locomotion_analysis.progress import Progress

__all__ = ["cache_folder"]

CACHE_VARIABLE = "LOCOMOTION_CACHE"


def cache_folder() -> Path:
    """Return the folder that holds all downloads.

    It is the environment variable ``LOCOMOTION_CACHE`` where that is set, else the platform's
    cache folder for this package.

    Returns
    -------
    Path
        The folder in ``LOCOMOTION_CACHE``, else the cache folder of the platform.
    """
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("locomotion-analysis", appauthor=False)


class Ledger:
    """SHA-256 of every file that was ever downloaded for a dataset.

    The first download of a file writes its line; later downloads of a file whose publisher
    gives no SHA-256 must have the same one (trust on first use). The file ``ledger.json`` is
    meant to be read: delete a line to trust a file anew.

    Parameters
    ----------
    folder : Path
        The dataset's folder in the cache.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.json"

    def sha256(self, name: str) -> str | None:
        """Return the hash on record for the file `name`.

        Raises
        ------
        DownloadError
            If the ledger is damaged.
        """
        line = self._lines().get(name)
        return None if line is None else str(line["sha256"])

    def record(self, name: str, sha256: str, size: int, trust: str) -> None:
        """Write the line of a file that is not on record yet; others' lines stay."""
        lines = self._lines()
        if lines.get(name, {}).get("sha256") == sha256:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines[name] = {"sha256": sha256, "size": size, "trust": trust, "first_seen": now}
        write_all({self.path: json_text(dict(sorted(lines.items())))})

    def _lines(self) -> dict[str, dict[str, Any]]:
        if not self.path.is_file():
            return {}
        try:
            lines: dict[str, dict[str, Any]] = plain_json(self.path.read_bytes())
            for line in lines.values():
                int(line["sha256"], 16)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DownloadError(
                expected="the ledger of downloaded files, in JSON",
                got=f"a damaged one ({error!r})",
                where=str(self.path),
                fix="mend it, or delete it to trust the files anew",
            ) from None
        return lines


# What the catalogue knows of one public dataset

ListingKind = Literal["sha256sums", "figshare_article", "figshare_collection", "mendeley"]


@dataclass(frozen=True)
class RemoteFile:
    """One file on a publisher's server.

    Attributes
    ----------
    name : str
        Path below the dataset's folder, with forward slashes.
    urls : tuple of str
        Addresses of the same file, tried in this order.
    size : int or None
        Bytes, where the publisher says.
    published_hash : str or None
        ``"sha256:<hex>"`` or ``"md5:<hex>"``, where the publisher gives one.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    published_hash: str | None = None

    def __post_init__(self) -> None:
        if not stays_in_folder(self.name):
            raise SchemaError(
                expected="the name of a file below the dataset's folder",
                got=repr(self.name),
                where="name",
                fix="use a relative path with forward slashes, without ..",
            )

    @property
    def algorithm(self) -> str | None:
        """Name of the publisher's hash algorithm."""
        return None if self.published_hash is None else self.published_hash.partition(":")[0]

    @property
    def may_be_html(self) -> bool:
        """Whether an HTML page is what the name promises."""
        return PurePosixPath(self.name).suffix.lower() in {".html", ".htm"}


@dataclass(frozen=True)
class Listing:
    """Where a publisher lists the files of a dataset, with their sizes and hashes.

    Attributes
    ----------
    kind : {"sha256sums", "figshare_article", "figshare_collection", "mendeley"}
        How the answer is written.
    url : str
        Address of the list.
    folder : str
        Put before the names, where several lists name the same files.
    """

    kind: ListingKind
    url: str
    folder: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(ListingKind):
            raise SchemaError(
                expected=f"one of {', '.join(get_args(ListingKind))}",
                got=repr(self.kind),
                where="kind",
            )


@dataclass(frozen=True)
class ConversionPart:
    """Files of a dataset that are read alike.

    Attributes
    ----------
    files : tuple of str
        Their names, with ``*`` and ``?``; ``.gz`` may stand behind each.
    column_map : str or None
        Name of the column map that they are read by; it comes with the package.
    task : str or None
        Task of recordings that do not say theirs.
    subject_from : str or None
        Where the subject's name stands, as for ``locomotion convert``.
    """

    files: tuple[str, ...] = ("*",)
    column_map: str | None = None
    task: str | None = None
    subject_from: str | None = None


@dataclass(frozen=True)
class ConversionNote:
    """Whether and how a dataset becomes gait cycles.

    Attributes
    ----------
    possible : bool
        Whether the files, or some of them, become gait cycles.
    how : str
        What is read and what is not; where it is not possible, why not.
    tried_on : {"recordings", "layout", "nothing"}
        What the conversion was tried on: files of this dataset, tables made up in its published
        layout, or neither.
    parts : tuple of ConversionPart
        Files and how each is read; a file that fits several is read by each.
    subjects : tuple of str
        Names under which the table of subjects may lie among the files; empty where there is
        none.
    """

    possible: bool
    how: str
    tried_on: Literal["recordings", "layout", "nothing"] = "nothing"
    parts: tuple[ConversionPart, ...] = (ConversionPart(),)
    subjects: tuple[str, ...] = ()

    @property
    def column_maps(self) -> tuple[str, ...]:
        """Names of the column maps that are used."""
        return tuple(part.column_map for part in self.parts if part.column_map is not None)


@dataclass(frozen=True)
class CatalogEntry:
    """One public dataset.

    Attributes
    ----------
    name : str
        What ``fetch`` is called with.
    title : str
    subjects : int
        Number of people, as the publication says.
    doi : str or None
        Of the data; of the paper where the data have none; None where neither was seen.
    licence : str
        SPDX identifier, or ``LicenseRef-not-stated``.
    citation : str
        The reference to give.
    page : str
        Where a person reads about the dataset.
    size_mb : float or None
        All files together, in 10**6 bytes, where known.
    conversion : ConversionNote
    checked : bool
        Whether somebody's use of these addresses was seen.
    evidence : str
        What was seen, or what was not.
    files : tuple of RemoteFile
        Files whose address is known beforehand.
    listings : tuple of Listing
        Lists that name the other files.
    """

    name: str
    title: str
    subjects: int
    doi: str | None
    licence: str
    citation: str
    page: str
    size_mb: float | None
    conversion: ConversionNote
    checked: bool
    evidence: str
    files: tuple[RemoteFile, ...] = ()
    listings: tuple[Listing, ...] = ()

    def __post_init__(self) -> None:
        if not stays_in_folder(self.name) or "/" in self.name:
            raise SchemaError(
                expected="a name that can be a folder's",
                got=repr(self.name),
                where="name",
                fix="use letters, digits, - and _",
            )


def stays_in_folder(name: str) -> bool:
    """Tell whether a name with forward slashes means a file below its folder, on any system."""
    path = PurePosixPath(name)
    odd = set(name) & set('\\:"<>|?*') or not name.isprintable()
    return bool(path.name) and not path.is_absolute() and ".." not in path.parts and not odd


# Whether the bytes that came are the file that was published

_HTML = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_HEAD_BYTES = 4096


def check_file(path: Path, file: RemoteFile, sha256: str | None, where: str) -> str:
    """Return the SHA-256 of a file that is no HTML page and has the size and hashes it must have.

    Parameters
    ----------
    path : Path
        The bytes.
    file : RemoteFile
        What they shall be.
    sha256 : str or None
        Hash on record from an earlier download.
    where : str
        Where the bytes came from, for messages.

    Raises
    ------
    DownloadError
        If they are not the file; with both hashes where one is wrong.
    """
    from pooch import file_hash

    with path.open("rb") as stream:
        if not file.may_be_html and _HTML.match(stream.read(_HEAD_BYTES)):
            raise _html_page(file, where)
    if file.size is not None and path.stat().st_size != file.size:
        raise _wrong_size(file, path.stat().st_size, where)
    found = {"sha256": str(file_hash(str(path), "sha256"))}
    known = [] if sha256 is None else [("sha256", sha256, "that it had when first fetched")]
    if file.published_hash is not None:
        algorithm, _, digits = file.published_hash.partition(":")
        known.append((algorithm, digits, "that its publisher gives"))
    for algorithm, wanted, whose in known:
        if algorithm not in found:
            found[algorithm] = str(file_hash(str(path), algorithm))
        if found[algorithm] != wanted.lower():
            raise DownloadError(
                expected=f"{file.name} with the {algorithm} {whose}, {wanted}",
                got=f"a file with {algorithm} {found[algorithm]}; it is not kept",
                where=where,
                fix="try again later; if the publisher has replaced the file and you trust the "
                "new one, delete its line from ledger.json in the cache folder",
            )
    return found["sha256"]


def _html_page(file: RemoteFile, where: str) -> DownloadError:
    return DownloadError(
        expected=f"the data file {file.name}",
        got="an HTML page (a log-in, consent or error page); it is not kept",
        where=where,
        fix="open the address in a browser: the publisher may ask something first",
    )


def _wrong_size(file: RemoteFile, size: int, where: str) -> DownloadError:
    return DownloadError(
        expected=f"{file.name} of {file.size:,} bytes",
        got=f"a file of {size:,} bytes; it is not kept",
        where=where,
        fix="try again later; the publisher may have replaced the file",
    )


# A file of which only the beginning may be here yet


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
            notes: dict[str, Any] = plain_json(self._notes.read_bytes())
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
            raise _as_disk_full(failure, self.path) from None
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
            raise _as_disk_full(error, self.path) from None
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


def _as_disk_full(error: OSError, path: Path) -> Exception:
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return error
    return DiskFullError(
        expected="room on the disk for the download",
        got=error.strerror or "a full disk",
        where=str(path.parent),
        fix="make room and run the same again: it goes on where it stopped; "
        "or set LOCOMOTION_CACHE to another disk",
    )


# A server's answer, looked at before its body is read

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Answer:
    """Asks for what is not here yet, and refuses what cannot be the file.

    Parameters
    ----------
    url : str
    file : RemoteFile
    collected : Partial
        What has arrived of it.
    """

    def __init__(self, url: str, file: RemoteFile, collected: Partial) -> None:
        self._url = url
        self._file = file
        self._collected = collected
        self._origin = collected.origin(url)
        self._here = collected.size
        self._response: Any = None

    def wanted_range(self) -> dict[str, str]:
        """Return the request's headers that ask for the rest of the same version of the file."""
        if self._origin is None:
            return {}
        version = self._origin["version"]
        condition = {"If-Range": version} if version else {}
        return {"Range": f"bytes={self._here}-", **condition}

    def look(self, response: Any, **_: Any) -> None:
        """Make ready for the body; called with the head of every answer, redirects included.

        Raises
        ------
        DownloadError
            If the body is an HTML page, of the wrong length, or another part than was asked
            for; if the disk has no room for it.
        """
        self._response = response
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._collected.discard()
        if response.is_redirect or not response.ok:
            return
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/html" and not self._file.may_be_html:
            raise self._discarded(_html_page(self._file, self._url))
        here, total = self._place(response)
        if self._file.size is not None and total not in {0, self._file.size}:
            raise self._discarded(_wrong_size(self._file, total, self._url))
        refuse_without_room(self._collected.path.parent, max(total - here, 0))
        if here == 0:
            self._collected.start(self._url, _version(response), total)
        self._collected.total = total

    def close(self) -> None:
        """Free the connection."""
        if self._response is not None:
            self._response.close()

    def _place(self, response: Any) -> tuple[int, int]:
        """Return where the body starts in the file, and how long the file is (0: not told)."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            encoded = "Content-Encoding" in response.headers
            return 0, 0 if encoded else int(response.headers.get("Content-Length", 0))
        told = response.headers.get("Content-Range", "")
        if (ranged := _CONTENT_RANGE.match(told)) and self._origin is not None:
            start, total = int(ranged[1]), int(ranged[2])
            if start == self._here and self._origin["total"] in {0, total}:
                return start, total
        raise self._discarded(
            DownloadError(
                expected=f"the rest of {self._file.name} from byte {self._here:,}",
                got=f"another part ({told or 'not told which'})",
                where=self._url,
                fix="run the same again: it starts anew",
            )
        )

    def _discarded(self, error: DownloadError) -> DownloadError:
        self._collected.discard()
        return error


def _version(response: Any) -> str | None:
    """Return the server's mark of this version of the file, if it can stand in ``If-Range``."""
    if "Content-Encoding" in response.headers:
        return None
    tag: str | None = response.headers.get("ETag")
    if tag is not None and not tag.startswith("W/"):
        return tag
    modified: str | None = response.headers.get("Last-Modified")
    return modified


# Fetching

TIMEOUT_S = 30.0
"""Seconds without a byte after which a server counts as stalled."""
CHUNK_BYTES = 1 << 16
_HEADERS = {
    "User-Agent": f"locomotion-analysis/{__version__}",
    "Accept-Encoding": "identity",  # a resumed download counts the file's own bytes
}


def download(
    file: RemoteFile,
    target: Path,
    partial: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> str:
    """Fetch a file, trying its addresses in order.

    Bytes are collected in `partial`; `target` appears only when the file is whole and has the
    right hash. A later call goes on where this one was cut off.

    Parameters
    ----------
    file : RemoteFile
    target, partial : Path
        On one file system.
    sha256 : str, optional
        Hash the file must have beside the publisher's own.
    progress : callable, optional
        Called as ``progress(file name, bytes here, bytes in all)``.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    DownloadError
        If no address gave the right file, with what each gave; if the disk is full.
    """
    collected = Partial(partial, file.name, progress)
    failures: list[DownloadError] = []
    for url in file.urls:
        try:
            _receive(url, file, collected)
        except DiskFullError:
            raise
        except DownloadError as error:
            failures.append(error)
            continue
        try:
            found = check_file(partial, file, sha256, url)
        except DownloadError as error:
            collected.discard()
            failures.append(error)
            continue
        collected.finish(target)
        return found
    if len(failures) == 1:
        raise failures[0]
    raise DownloadError(
        expected=f"{file.name} from one of {len(failures)} servers",
        got="; ".join(f"{error.where}: {error.got}" for error in failures),
        where=file.name,
        fix="try again later",
    )


def _receive(url: str, file: RemoteFile, collected: Partial) -> None:
    """Ask for the rest of the file until it is whole, as long as every try brings some of it."""
    from pooch import HTTPDownloader
    from requests.exceptions import RequestException

    origin = collected.origin(url)
    most = collected.size if origin else 0
    if origin and origin["total"] == most:
        return
    while True:
        answer = Answer(url, file, collected)  # asks for what is not here yet
        try:
            with collected:
                HTTPDownloader(
                    chunk_size=CHUNK_BYTES,
                    timeout=TIMEOUT_S,
                    headers=_HEADERS | answer.wanted_range(),
                    hooks={"response": answer.look},
                )(url, collected, None)
            return
        except RequestException as error:
            if collected.size <= most:
                raise _refused(url, collected, error) from None
            most = collected.size
        finally:
            answer.close()


def _refused(url: str, collected: Partial, error: Exception) -> DownloadError:
    """Put a failed request into words."""
    from requests.exceptions import HTTPError

    size = collected.size
    fix = "run the same again: it goes on where it stopped" if size else "try again later"
    if isinstance(error, HTTPError):
        answer: Any = error.response
        got = f"status {answer.status_code} ({answer.reason})"
        if answer.status_code == HTTPStatus.NOT_FOUND:
            fix = "the publisher has moved or removed it: see the dataset's page"
    elif "timed out" in str(error).lower():
        got = f"a server that stalled: no byte for {TIMEOUT_S:g} s"
    elif size:
        got = "a connection that was cut off"
    else:
        got = f"no answer ({type(error).__name__})"
    kept = f"; {size:,} bytes are kept" if size else ""
    return DownloadError(
        expected=f"the bytes of {collected.name}", got=f"{got}{kept}", where=url, fix=fix
    )
