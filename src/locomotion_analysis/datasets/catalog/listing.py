"""Publishers' lists of files, read into one form."""

import json
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from locomotion_analysis.datasets.catalog.entry import Listing, RemoteFile
from locomotion_analysis.errors import DownloadError

_SUM_LINE = re.compile(r"^(?P<hash>[0-9a-fA-F]{64})\s+\*?(?P<name>.+)$")
_HASHES = {"sha256": re.compile(r"[0-9a-f]{64}"), "md5": re.compile(r"[0-9a-f]{32}")}


def article_urls(listing: Listing, text: str) -> list[str]:
    """Return the addresses of the articles that a figshare collection holds.

    Parameters
    ----------
    listing : Listing
        Of kind ``figshare_collection``.
    text : str
        The answer.

    Raises
    ------
    DownloadError
        If the answer is not such a list.
    """
    base = listing.url.partition("/collections/")[0]
    try:
        return [f"{base}/articles/{int(article['id'])}" for article in _json(text)]
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(listing, error) from None


def listed_files(listing: Listing, text: str) -> tuple[RemoteFile, ...]:
    """Return the files a publisher's list names.

    Where a list names a file twice, the later upload counts (figshare keeps superseded ones).

    Parameters
    ----------
    listing : Listing
    text : str
        The answer; of a figshare collection, one article's.

    Raises
    ------
    DownloadError
        If the answer is not such a list, is empty, or names a file outside its folder.
    """
    read = _sums if listing.kind == "sha256sums" else _READ_JSON[listing.kind]
    try:
        found = {file.name: file for file in read(listing, text)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(listing, error) from None
    if not found:
        raise _unreadable(listing, "it names no file")
    return tuple(found.values())


def _sums(listing: Listing, text: str) -> list[RemoteFile]:
    files = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _SUM_LINE.match(line)
        if match is None:
            message = f"the line {line[:60]!r} is no SHA-256 and name"
            raise ValueError(message)
        url = urljoin(listing.url, quote(match["name"]))
        files.append(_file(listing, match["name"], url, None, f"sha256:{match['hash']}"))
    return files


def _figshare(listing: Listing, text: str) -> list[RemoteFile]:
    known = [file for file in _json(text)["files"] if not file.get("is_link_only")]
    known.sort(key=lambda file: int(file["id"]))
    return [
        _file(listing, file["name"], file["download_url"], file["size"], _tagged("md5", md5))
        for file in known
        for md5 in (file.get("computed_md5") or file.get("supplied_md5"),)
    ]


def _mendeley(listing: Listing, text: str) -> list[RemoteFile]:
    return [
        _file(
            listing,
            file["filename"],
            file["content_details"]["download_url"],
            file["content_details"]["size"],
            _tagged("sha256", file["content_details"].get("sha256_hash")),
        )
        for file in _json(text)
    ]


_READ_JSON = {
    "figshare_article": _figshare,
    "figshare_collection": _figshare,
    "mendeley": _mendeley,
}


def _json(text: str) -> Any:
    return json.loads(text)


def _tagged(algorithm: str, digits: str | None) -> str | None:
    return f"{algorithm}:{digits}" if digits else None


def _file(
    listing: Listing, name: str, url: str, size: int | None, published_hash: str | None
) -> RemoteFile:
    """Build a file from what a server said, which is not to be trusted."""
    name = f"{listing.folder}/{name}" if listing.folder else name
    name = name.removeprefix("./")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or set(name) & set('\\:\0"<>|?*'):
        message = f"the file name {name!r} does not stay in its folder"
        raise ValueError(message)
    if urlsplit(url).scheme not in {"https", urlsplit(listing.url).scheme}:
        message = f"the address {url!r} is not https"
        raise ValueError(message)
    if published_hash is not None:
        algorithm, _, digits = published_hash.lower().partition(":")
        if not _HASHES[algorithm].fullmatch(digits):
            message = f"{digits!r} is no {algorithm}"
            raise ValueError(message)
        published_hash = f"{algorithm}:{digits}"
    return RemoteFile(name, (url,), None if size is None else int(size), published_hash)


def _unreadable(listing: Listing, why: object) -> DownloadError:
    return DownloadError(
        expected=f"the publisher's list of files ({listing.kind})",
        got=f"something else: {why}" if str(why) else "something else",
        where=listing.url,
        fix="try again later; the publisher may have changed the list",
    )
