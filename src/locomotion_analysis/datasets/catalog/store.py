"""The files of one dataset in the cache."""

import math
import warnings
from pathlib import Path

from locomotion_analysis.datasets.catalog.cache import Ledger
from locomotion_analysis.datasets.catalog.checks import check_file
from locomotion_analysis.datasets.catalog.download import download
from locomotion_analysis.datasets.catalog.entry import CatalogEntry, Listing, RemoteFile
from locomotion_analysis.datasets.catalog.listing import article_urls, listed_files
from locomotion_analysis.errors import DownloadError, LocomotionWarning
from locomotion_analysis.files import locked
from locomotion_analysis.progress import Progress


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
        known = {file.name: file for file in entry.files}
        listed: dict[str, RemoteFile] = {}
        for place, listing in enumerate(entry.listings):
            for file in self._listed(f"{place}-{listing.kind}", listing):
                if file.name in listed:
                    message = f"{entry.name}: two lists name {file.name}; the first one counts"
                    warnings.warn(message, LocomotionWarning, stacklevel=4)
                listed.setdefault(file.name, file)
        known = {**listed, **known}
        return tuple(known.values())

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
        with locked(self.folder / ".lock", math.inf):
            sha256 = self._sha256(file)
            if self.path(file).is_file() and self._arrived_meanwhile(file, sha256):
                return
            partial = self.folder / "partial" / "files" / file.name
            found = download(
                file,
                self.path(file),
                partial,
                sha256=sha256,
                progress=self._progress,
            )
            size = self.path(file).stat().st_size
            self.ledger.record(file.name, found, size, self._trust(file))

    def _arrived_meanwhile(self, file: RemoteFile, sha256: str | None) -> bool:
        """Whether another process brought the file while this one waited."""
        try:
            check_file(self.path(file), file, sha256, "")
        except DownloadError:
            return False
        return True

    def _sha256(self, file: RemoteFile) -> str | None:
        """Return the hash on record, where the publisher's own is not as strong."""
        return None if file.algorithm == "sha256" else self.ledger.sha256(file.name)

    @staticmethod
    def _trust(file: RemoteFile) -> str:
        return f"published {file.algorithm}" if file.algorithm else "first use"

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
