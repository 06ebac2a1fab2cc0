"""Whether the bytes that came are the file that was published."""

import re
from pathlib import Path

from locomotion_analysis.datasets.catalog.entry import RemoteFile
from locomotion_analysis.errors import DownloadError

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
    with path.open("rb") as stream:
        if not file.may_be_html and _HTML.match(stream.read(_HEAD_BYTES)):
            raise html_page(file, where)
    if file.size is not None and path.stat().st_size != file.size:
        raise wrong_size(file, path.stat().st_size, where)
    return _checked_hash(path, file, sha256, where)


def _checked_hash(path: Path, file: RemoteFile, sha256: str | None, where: str) -> str:
    from pooch import file_hash

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


def html_page(file: RemoteFile, where: str) -> DownloadError:
    """Return the error for an HTML page in place of data."""
    return DownloadError(
        expected=f"the data file {file.name}",
        got="an HTML page (a log-in, consent or error page); it is not kept",
        where=where,
        fix="open the address in a browser: the publisher may ask something first",
    )


def wrong_size(file: RemoteFile, size: int, where: str) -> DownloadError:
    """Return the error for a file of another length than the publisher says."""
    return DownloadError(
        expected=f"{file.name} of {file.size:,} bytes",
        got=f"a file of {size:,} bytes; it is not kept",
        where=where,
        fix="try again later; the publisher may have replaced the file",
    )
