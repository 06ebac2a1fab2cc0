"""What the catalogue knows of one public dataset."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

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


@dataclass(frozen=True)
class ConversionNote:
    """Whether and how ``locomotion convert`` reads the dataset.

    Attributes
    ----------
    possible : bool
        Whether the files, or some of them, become gait cycles.
    how : str
        The command; where it is not possible, why not.
    column_map : str or None
        Name of a column map that comes with the package.
    """

    possible: bool
    how: str
    column_map: str | None = None


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
    doi : str
        Of the data; of the paper where the data have none.
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
    doi: str
    licence: str
    citation: str
    page: str
    size_mb: float | None
    conversion: ConversionNote
    checked: bool
    evidence: str
    files: tuple[RemoteFile, ...] = ()
    listings: tuple[Listing, ...] = ()
