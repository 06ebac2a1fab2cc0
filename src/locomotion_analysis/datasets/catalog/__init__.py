"""Public gait datasets: what there is, under which licence, and how to get it."""

from locomotion_analysis.datasets.catalog.cache import cache_folder
from locomotion_analysis.datasets.catalog.entry import (
    CatalogEntry,
    ConversionNote,
    Listing,
    RemoteFile,
)
from locomotion_analysis.datasets.catalog.fetching import fetch, fetch_entry
from locomotion_analysis.datasets.catalog.table import catalog, catalog_entry, column_map_path

__all__ = [
    "CatalogEntry",
    "ConversionNote",
    "Listing",
    "RemoteFile",
    "cache_folder",
    "catalog",
    "catalog_entry",
    "column_map_path",
    "fetch",
    "fetch_entry",
]
