"""The table of public datasets that comes with the package."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from locomotion_analysis.datasets.catalog.entry import (
    CatalogEntry,
    ConversionNote,
    Listing,
    RemoteFile,
)
from locomotion_analysis.errors import SchemaError

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = files("locomotion_analysis.datasets.catalog")


@cache
def entries() -> dict[str, CatalogEntry]:
    """Return all entries by name."""
    text = (_FOLDER / "entries.yaml").read_text(encoding="utf-8")
    return {name: _entry(name, known) for name, known in yaml.safe_load(text).items()}


def catalog_entry(name: str) -> CatalogEntry:
    """Return what the catalogue knows of one dataset.

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
        raise SchemaError(
            expected=f"a dataset among {', '.join(known)}",
            got=repr(name),
            where="the catalogue of public datasets",
            fix="`locomotion datasets catalog` lists them",
        )
    return known[name]


def catalog() -> "pd.DataFrame":
    """Return the public datasets, one row each.

    Returns
    -------
    pandas.DataFrame
        Index `name`; columns ``title``, ``subjects``, ``size_mb`` (10**6 bytes; NaN where not
        known), ``licence`` (SPDX), ``doi``, ``converts`` (whether ``locomotion convert`` reads
        it), ``checked`` (whether the addresses were seen in use), ``citation`` and ``page``.

    Examples
    --------
    >>> bool(catalog().loc["gaitrec", "converts"])
    False
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
            "checked": entry.checked,
            "citation": entry.citation,
            "page": entry.page,
        }
        for entry in entries().values()
    ]
    return pd.DataFrame(rows).astype({"size_mb": float}).set_index("name")


def column_map_path(name: str) -> Path:
    """Return the file of the column map that goes with a dataset.

    Parameters
    ----------
    name : str
        A dataset of the catalogue.

    Raises
    ------
    SchemaError
        If the dataset is not known, or comes without a map.
    """
    column_map = catalog_entry(name).conversion.column_map
    if column_map is None:
        having = [entry.name for entry in entries().values() if entry.conversion.column_map]
        raise SchemaError(
            expected=f"a dataset with a column map ({', '.join(having)})", got=repr(name)
        )
    return Path(str(_FOLDER / "maps" / column_map))


def _entry(name: str, known: dict[str, Any]) -> CatalogEntry:
    return CatalogEntry(
        name=name,
        **{
            **known,
            "conversion": ConversionNote(**known["conversion"]),
            "files": tuple(_file(**file) for file in known.get("files", ())),
            "listings": tuple(Listing(**listing) for listing in known.get("listings", ())),
        },
    )


def _file(
    name: str, urls: list[str], size: int | None = None, published_hash: str | None = None
) -> RemoteFile:
    return RemoteFile(name, tuple(urls), size, published_hash)
