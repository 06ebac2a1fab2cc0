"""Downloading a public dataset, or files of it, into the cache."""

import os
import warnings
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from locomotion_analysis.datasets.catalog.cache import cache_folder
from locomotion_analysis.datasets.catalog.entry import CatalogEntry, RemoteFile
from locomotion_analysis.datasets.catalog.partial import refuse_without_room
from locomotion_analysis.datasets.catalog.store import DatasetStore
from locomotion_analysis.datasets.catalog.table import catalog_entry
from locomotion_analysis.errors import DownloadError, LocomotionWarning, SchemaError
from locomotion_analysis.files import atomic_path
from locomotion_analysis.progress import Progress

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
    if not (entry.checked or offline):
        _warn(f"{entry.name}: the addresses could not be checked ({entry.evidence})")
    store = DatasetStore(cache_folder() / "datasets" / entry.name, offline, progress)
    files = _matching(entry, store.files_of(entry), pattern)
    missing = [file for file in files if not store.has(file)]
    if missing and offline:
        raise _not_here(entry, missing, store.folder)
    if missing:
        store.folder.mkdir(parents=True, exist_ok=True)
        refuse_without_room(store.folder, sum(file.size or 0 for file in missing))
    for file in missing:
        store.get(file)
    first = [file.name for file in missing if file.published_hash is None]
    if first:
        _warn(
            f"{entry.name}: the publisher gives no hash of {_some(first)}; the SHA-256 of the "
            f"first download is in {store.ledger.path} and holds from now on"
        )
    paths = [store.path(file) for file in files]
    if to is None:
        return paths
    return [_copied(path, Path(to) / file.name) for file, path in zip(files, paths, strict=True)]


def _matching(entry: CatalogEntry, files: Sequence[RemoteFile], pattern: str) -> list[RemoteFile]:
    chosen = [
        file
        for file in files
        if fnmatchcase(file.name, pattern) or fnmatchcase(PurePosixPath(file.name).name, pattern)
    ]
    if not chosen:
        raise SchemaError(
            expected=f"a pattern that fits a file of {entry.name}: "
            f"{_some([file.name for file in files])}",
            got=repr(pattern),
            where=entry.name,
        )
    return chosen


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


def _not_here(entry: CatalogEntry, missing: Sequence[RemoteFile], folder: Path) -> DownloadError:
    return DownloadError(
        expected=f"all files of {entry.name} in the cache, as it is to be read offline",
        got=f"{len(missing)} missing or damaged: {_some([file.name for file in missing])}",
        where=str(folder),
        fix=f"run `locomotion datasets fetch {entry.name}` once with a network",
    )


def _some(names: Sequence[str]) -> str:
    told = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told


def _warn(message: str) -> None:
    warnings.warn(message, LocomotionWarning, stacklevel=3)
