"""The files behind what a user named."""

import os
from pathlib import Path


def source_files(source: str | os.PathLike[str] | None) -> list[Path]:
    """Return the file, the Parquet files of the folder, or nothing where `source` is None."""
    if source is None:
        return []
    place = Path(source)
    return sorted(place.glob("**/*.parquet")) if place.is_dir() else [place]
