"""Where a result came from: files by their hash, versions, machine, time."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from locomotion_analysis._version import __version__
from locomotion_analysis.files import sha256

__all__ = ["provenance"]

_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "pyarrow")


def source_files(source: str | os.PathLike[str] | None) -> list[Path]:
    """Return the file, the Parquet files of the folder, or nothing where `source` is None."""
    if source is None:
        return []
    place = Path(source)
    return sorted(place.glob("**/*.parquet")) if place.is_dir() else [place]


def provenance(files: Sequence[Path]) -> dict[str, Any]:
    """Return what somebody needs to repeat a result.

    Parameters
    ----------
    files : sequence of Path
        The files that were read; empty where the data was made in memory.

    Returns
    -------
    dict
        ``files`` (name, bytes, sha256), ``versions``, ``platform`` and ``created`` (UTC).

    Examples
    --------
    >>> list(provenance([]))
    ['files', 'versions', 'platform', 'created']
    """
    return {
        "files": [
            {"name": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)}
            for file in files
        ],
        "versions": {
            "locomotion-analysis": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
        "platform": platform.platform(terse=True),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def named_files(origin: Mapping[str, Any]) -> str:
    """Return the names of the first files of a :func:`provenance`, for a line below a title."""
    names = [file["name"] for file in origin["files"]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more if names else "Data made in memory"
