"""Fetching one file: resumed, from the first server that has it, and checked."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from locomotion_analysis._version import __version__
from locomotion_analysis.datasets.catalog.answer import Answer
from locomotion_analysis.datasets.catalog.checks import check_file
from locomotion_analysis.datasets.catalog.entry import RemoteFile
from locomotion_analysis.datasets.catalog.partial import DiskFullError, Partial
from locomotion_analysis.errors import DownloadError
from locomotion_analysis.progress import Progress

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
            found = _checked(file, collected, sha256, url)
        except DiskFullError:
            raise
        except DownloadError as error:
            failures.append(error)
            continue
        collected.finish(target)
        return found
    raise failures[0] if len(failures) == 1 else _none_worked(file, failures)


def _receive(url: str, file: RemoteFile, collected: Partial) -> None:
    """Ask for the rest of the file until it is whole, as long as every try brings some of it."""
    from requests.exceptions import RequestException

    origin = collected.origin(url)
    most = collected.size if origin else 0
    if origin and origin["total"] == most:
        return
    while True:
        try:
            _ask(url, file, collected)
            return
        except RequestException as error:
            if collected.size <= most:
                raise _refused(url, collected, error) from None
            most = collected.size


def _ask(url: str, file: RemoteFile, collected: Partial) -> None:
    """Send one request, for what is not here yet."""
    from pooch import HTTPDownloader

    answer = Answer(url, file, collected)
    try:
        with collected:
            HTTPDownloader(
                chunk_size=CHUNK_BYTES,
                timeout=TIMEOUT_S,
                headers=_HEADERS | answer.wanted_range(),
                hooks={"response": answer.look},
            )(url, collected, None)
    finally:
        answer.close()


def _checked(file: RemoteFile, collected: Partial, sha256: str | None, url: str) -> str:
    """Return the SHA-256 of the bytes here; what is not the file is thrown away."""
    try:
        return check_file(collected.path, file, sha256, url)
    except DownloadError:
        collected.discard()
        raise


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


def _none_worked(file: RemoteFile, failures: list[DownloadError]) -> DownloadError:
    return DownloadError(
        expected=f"{file.name} from one of {len(failures)} servers",
        got="; ".join(f"{error.where}: {error.got}" for error in failures),
        where=file.name,
        fix="try again later",
    )
