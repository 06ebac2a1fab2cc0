"""Public datasets: the table that comes with the package, and fetching them into the cache.

Publishers list their files in different forms, which are read into one. Every file in the cache
is checked against its publisher's hash and the one of its first download.
"""

import math
import os
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from locomotion_analysis.datasets.download import (
    CatalogEntry,
    Ledger,
    Listing,
    ListingKind,
    RemoteFile,
    cache_folder,
    check_file,
    download,
    refuse_without_room,
    stays_in_folder,
)
from locomotion_analysis.errors import DownloadError, LocomotionWarning, SchemaError, did_you_mean
from locomotion_analysis.files import atomic_path, locked, plain_json
from locomotion_analysis.progress import Progress
from locomotion_analysis.typed_tree import Node, typed, yaml_tree

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["catalog", "catalog_entry", "fetch"]


# The table of public datasets

_FOLDER = files("locomotion_analysis.datasets") / "entries"
_FOLDER_OF_MAPS = Path(str(_FOLDER / "maps"))


@cache
def entries() -> dict[str, CatalogEntry]:
    """Return all entries by name."""
    known: dict[str, CatalogEntry] = {}
    for file in ("datasets.yaml", "locohub.yaml"):
        with as_file(_FOLDER / file) as path:
            tree = yaml_tree(path).entries()
        for name, entry in tree.items():
            named = {"name": Node(name, name, ""), **entry.entries()}
            known[name] = typed(CatalogEntry, Node(named, "", name))
    return known


def catalog_entry(name: str) -> CatalogEntry:
    """Return what the catalogue knows of one dataset.

    Parameters
    ----------
    name : str
        Its name in the first column of :func:`catalog`.

    Returns
    -------
    CatalogEntry
        Licence, citation, files and whether they can be converted.

    Raises
    ------
    SchemaError
        If there is no dataset of that name.

    Examples
    --------
    >>> catalog_entry("gaitpdb").licence
    'ODC-By-1.0'
    """
    known = entries()
    if name not in known:
        meant = did_you_mean(name, known)
        meant += "; " if meant else ""
        raise SchemaError(
            expected=f"a dataset among the {len(known)} of the catalogue ({some([*known])})",
            got=repr(name),
            where="the catalogue of public datasets",
            fix=f"{meant}`locomotion datasets catalog` lists them",
        )
    return known[name]


def catalog() -> "pd.DataFrame":
    """Return the public datasets, one row each.

    Returns
    -------
    pandas.DataFrame
        Index `name`; columns ``title``, ``subjects``, ``size_mb`` (10**6 bytes; NaN where not
        known), ``licence`` (SPDX), ``doi``, ``converts`` (whether it becomes gait cycles),
        ``tried_on`` (what the conversion was tried on: recordings of the dataset, its published
        layout, or nothing), ``checked`` (whether the addresses were seen in use), ``citation`` and ``page``.

    Examples
    --------
    >>> bool(catalog().loc["gaitrec", "converts"])
    True
    """
    import pandas as pd

    rows = [
        {
            "name": entry.name,
            "title": entry.title,
            "subjects": entry.subjects,
            "size_mb": entry.size_mb,
            "licence": entry.licence,
            "doi": entry.doi,
            "converts": entry.conversion.possible,
            "tried_on": entry.conversion.tried_on,
            "checked": entry.checked,
            "citation": entry.citation,
            "page": entry.page,
        }
        for entry in entries().values()
    ]
    return pd.DataFrame(rows).astype({"size_mb": float}).set_index("name")


def column_map_paths(name: str) -> tuple[Path, ...]:
    """Return the files of the column maps that go with a dataset.

    Parameters
    ----------
    name : str
        A dataset of the catalogue.

    Raises
    ------
    SchemaError
        If the dataset is not known, or comes without a map.
    """
    maps = catalog_entry(name).conversion.column_maps
    if not maps:
        having = [entry.name for entry in entries().values() if entry.conversion.column_maps]
        raise SchemaError(
            expected=f"a dataset with a column map ({', '.join(having)})", got=repr(name)
        )
    return tuple(column_map_path(file) for file in maps)


def column_map_path(file: str) -> Path:
    """Return where a column map that comes with the package lies."""
    return _FOLDER_OF_MAPS / file


def known_files(entry: CatalogEntry) -> tuple[RemoteFile, ...]:
    """Return the files of a dataset that are known here: no network is asked.

    They are those of the catalogue, and those of the publisher's lists that were fetched once.
    """
    store = DatasetStore(cache_folder() / "datasets" / entry.name, True, None)
    try:
        return store.files_of(entry)
    except DownloadError:  # no list in the cache
        return entry.files


# Fetching

_MOST_NAMED = 5


def fetch(
    name: str,
    *,
    pattern: str = "*",
    to: str | os.PathLike[str] | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Download a dataset of the catalogue, and return where its files are.

    Every file is checked each time: against the hash its publisher gives, and, where that is
    no SHA-256, also against the one recorded when it was first fetched. A download that was cut
    off goes on where it stopped; only whole, checked files ever bear their names.

    Parameters
    ----------
    name : str
        A dataset of :func:`~locomotion_analysis.datasets.catalog.catalog`.
    pattern : str
        Which files, with ``*`` and ``?``: matched with the whole name and with the last part.
    to : path-like, optional
        Folder to copy the files to. A file there with other content is never overwritten.
    offline : bool
        Take files from the cache only.
    progress : callable, optional
        Called as ``progress(file name, bytes here, bytes in all)``.

    Returns
    -------
    list of pathlib.Path
        In `to`, else in the cache: the folder ``LOCOMOTION_CACHE``, or the platform's own.

    Raises
    ------
    SchemaError
        If the dataset is not known, or no file matches.
    DownloadError
        If a server stalls, cuts off, answers with something else, or has a file of another
        hash; if the disk is full; with `offline`, if a file is not in the cache.

    Warns
    -----
    LocomotionWarning
        If the addresses are unchecked, a file in the cache was damaged, or a hash was recorded
        on first use.

    Examples
    --------
    >>> paths = fetch("gaitpdb", pattern="demographics.txt")  # doctest: +SKIP
    """
    return fetch_entry(
        catalog_entry(name), pattern=pattern, to=to, offline=offline, progress=progress
    )


def fetch_entry(
    entry: CatalogEntry,
    *,
    pattern: str = "*",
    to: str | os.PathLike[str] | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Download a dataset that need not be in the catalogue; see :func:`fetch`."""
    if not (entry.files or entry.listings):
        raise DownloadError(
            expected=f"an address of the files of {entry.name}",
            got="none: nobody was seen using one",
            where=entry.name,
            fix=f"get the files at {entry.page}, then `locomotion datasets make {entry.name} FILES`",
        )
    if not (entry.checked or offline):
        _warn(f"{entry.name}: the addresses could not be checked ({entry.evidence})")
    store = DatasetStore(cache_folder() / "datasets" / entry.name, offline, progress)
    known = store.files_of(entry)
    files = [
        file
        for file in known
        if fnmatchcase(file.name, pattern) or fnmatchcase(PurePosixPath(file.name).name, pattern)
    ]
    if not files:
        raise SchemaError(
            expected=f"a pattern that fits a file of {entry.name}: "
            f"{some([file.name for file in known])}",
            got=repr(pattern),
            where=entry.name,
        )
    missing = [file for file in files if not store.has(file)]
    if missing and offline:
        raise DownloadError(
            expected=f"all files of {entry.name} in the cache, as it is to be read offline",
            got=f"{len(missing)} missing or damaged: {some([file.name for file in missing])}",
            where=str(store.folder),
            fix=f"run `locomotion datasets fetch {entry.name}` once with a network",
        )
    if missing:
        store.folder.mkdir(parents=True, exist_ok=True)
        refuse_without_room(store.folder, sum(file.size or 0 for file in missing))
    for file in missing:
        store.get(file)
    first = [file.name for file in missing if file.published_hash is None]
    if first:
        _warn(
            f"{entry.name}: the publisher gives no hash of {some(first)}; the SHA-256 of the "
            f"first download is in {store.ledger.path} and holds from now on"
        )
    paths = [store.path(file) for file in files]
    if to is None:
        return paths
    return [_copied(path, Path(to) / file.name) for file, path in zip(files, paths, strict=True)]


def _copied(source: Path, target: Path) -> Path:
    """Copy a file unless it is there already, and return the copy."""
    import filecmp
    import shutil

    if target.exists():
        if target.is_file() and filecmp.cmp(source, target, shallow=False):
            return target
        raise DownloadError(
            expected=f"no other file at {target}",
            got="one with different content, which is left as it is",
            where=str(target),
            fix="move it away, or name another folder",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    refuse_without_room(target.parent, source.stat().st_size)
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    return target


def some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    told = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told


def _warn(message: str) -> None:
    warnings.warn(message, LocomotionWarning, stacklevel=3)


# The files of one dataset in the cache


class DatasetStore:
    """Holds a dataset's files, its publisher's lists and the ledger of hashes.

    Parameters
    ----------
    folder : Path
        ``files/`` holds the data, ``lists/`` what the publisher said, ``partial/`` what is
        being downloaded.
    offline : bool
        Whether the network may not be asked.
    progress : callable, optional
    """

    def __init__(self, folder: Path, offline: bool, progress: Progress | None) -> None:
        self.folder = folder
        self.ledger = Ledger(folder)
        self._offline = offline
        self._progress = progress

    def path(self, file: RemoteFile) -> Path:
        """Return where the file lies, or will."""
        return self.folder / "files" / file.name

    def files_of(self, entry: CatalogEntry) -> tuple[RemoteFile, ...]:
        """Return the files the entry knows, and those its publisher's lists name.

        A list is asked for once and kept, so that a dataset does not change under its users.
        What the entry knows of a file goes before what a list says.
        """
        listed: dict[str, RemoteFile] = {}
        for place, listing in enumerate(entry.listings):
            for file in self._listed(f"{place}-{listing.kind}", listing):
                if file.name in listed:
                    message = f"{entry.name}: two lists name {file.name}; the first one counts"
                    warnings.warn(message, LocomotionWarning, stacklevel=4)
                listed.setdefault(file.name, file)
        return tuple((listed | {file.name: file for file in entry.files}).values())

    def has(self, file: RemoteFile) -> bool:
        """Return whether the file is here and has the hashes it must have."""
        path = self.path(file)
        if not path.is_file():
            return False
        sha256 = self._sha256(file)
        try:
            check_file(path, file, sha256, str(path))
        except DownloadError as error:
            what = f"{error.got.removesuffix('; it is not kept')}, not {error.expected}"
            message = f"{path} was changed in the cache: {what}"
            warnings.warn(message, LocomotionWarning, stacklevel=4)
            return False
        return True

    def get(self, file: RemoteFile) -> None:
        """Download a file and put its hash on record.

        Raises
        ------
        DownloadError
            If it cannot be had.
        """
        path = self.path(file)
        with locked(self.folder / ".lock", math.inf):
            sha256 = self._sha256(file)
            if path.is_file():  # another process may have brought it while this one waited
                with suppress(DownloadError):
                    check_file(path, file, sha256, "")
                    return
            partial = self.folder / "partial" / "files" / file.name
            found = download(file, path, partial, sha256=sha256, progress=self._progress)
            trust = f"published {file.algorithm}" if file.algorithm else "first use"
            self.ledger.record(file.name, found, path.stat().st_size, trust)

    def _sha256(self, file: RemoteFile) -> str | None:
        """Return the hash on record, where the publisher's own is not as strong."""
        return None if file.algorithm == "sha256" else self.ledger.sha256(file.name)

    def _listed(self, name: str, listing: Listing) -> list[RemoteFile]:
        text = self._list(name, listing.url)
        if listing.kind != "figshare_collection":
            return list(self._read(name, listing, text))
        files: list[RemoteFile] = []
        for url in article_urls(listing, text):
            article = f"{name}-{url.rpartition('/')[2]}"
            files += self._read(article, listing, self._list(article, url))
        return files

    def _read(self, name: str, listing: Listing, text: str) -> tuple[RemoteFile, ...]:
        try:
            return listed_files(listing, text)
        except DownloadError:
            self._list_path(name).unlink()  # asked for anew next time
            raise

    def _list_path(self, name: str) -> Path:
        return self.folder / "lists" / f"{name}.txt"

    def _list(self, name: str, url: str) -> str:
        path = self._list_path(name)
        if not path.is_file():
            if self._offline:
                raise DownloadError(
                    expected="the publisher's list of files in the cache, as it is to be read "
                    "offline",
                    got=f"no list: {self.folder.name} was not fetched yet",
                    where=str(path),
                    fix="fetch it once with a network",
                )
            with locked(self.folder / ".lock", math.inf):
                asked = RemoteFile("the publisher's list of files", (url,))
                download(asked, path, self.folder / "partial" / "lists" / path.name)
        return path.read_text(encoding="utf-8-sig")


# Publishers' lists of files, read into one form

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
        return [f"{base}/articles/{int(article['id'])}" for article in plain_json(text)]
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
    try:
        found = {file.name: file for file in _READERS[listing.kind](listing, text)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(listing, error) from None
    if not found:
        raise _unreadable(listing, "it names no file")
    return tuple(found.values())


def _sums(listing: Listing, text: str) -> list[RemoteFile]:
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _SUM_LINE.match(line)
        if match is None:
            message = f"the line {line[:60]!r} is no SHA-256 and name"
            raise ValueError(message)
        url = urljoin(listing.url, quote(match["name"]))
        found.append(_listed_file(listing, match["name"], url, None, f"sha256:{match['hash']}"))
    return found


def _figshare(listing: Listing, text: str) -> list[RemoteFile]:
    known = [file for file in plain_json(text)["files"] if not file.get("is_link_only")]
    known.sort(key=lambda file: int(file["id"]))
    return [
        _listed_file(listing, file["name"], file["download_url"], file["size"], _tagged("md5", md5))
        for file in known
        for md5 in (file.get("computed_md5") or file.get("supplied_md5"),)
    ]


def _mendeley(listing: Listing, text: str) -> list[RemoteFile]:
    return [
        _listed_file(
            listing,
            file["filename"],
            file["content_details"]["download_url"],
            file["content_details"]["size"],
            _tagged("sha256", file["content_details"].get("sha256_hash")),
        )
        for file in plain_json(text)
    ]


_READERS: dict[ListingKind, Callable[[Listing, str], list[RemoteFile]]] = {
    "sha256sums": _sums,
    "figshare_article": _figshare,
    "figshare_collection": _figshare,
    "mendeley": _mendeley,
}


def _tagged(algorithm: str, digits: str | None) -> str | None:
    return f"{algorithm}:{digits}" if digits else None


def _listed_file(
    listing: Listing, name: str, url: str, size: int | None, published_hash: str | None
) -> RemoteFile:
    """Build a file from what a server said, which is not to be trusted."""
    name = f"{listing.folder}/{name}" if listing.folder else name
    name = name.removeprefix("./")
    if not stays_in_folder(name):
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
