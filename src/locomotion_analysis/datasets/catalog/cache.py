"""Where downloads lie, and the record of what they were."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locomotion_analysis.errors import DownloadError
from locomotion_analysis.files import json_text, write_all

CACHE_VARIABLE = "LOCOMOTION_CACHE"


def cache_folder() -> Path:
    """Return the folder that holds all downloads.

    It is the environment variable ``LOCOMOTION_CACHE`` where that is set, else the platform's
    cache folder for this package.
    """
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("locomotion-analysis", appauthor=False)


class Ledger:
    """SHA-256 of every file that was ever downloaded for a dataset.

    The first download of a file writes its line; later downloads of a file whose publisher
    gives no SHA-256 must have the same one (trust on first use). The file ``ledger.json`` is
    meant to be read: delete a line to trust a file anew.

    Parameters
    ----------
    folder : Path
        The dataset's folder in the cache.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.json"

    def sha256(self, name: str) -> str | None:
        """Return the hash on record for the file `name`.

        Raises
        ------
        DownloadError
            If the ledger is damaged.
        """
        line = self._lines().get(name)
        return None if line is None else str(line["sha256"])

    def record(self, name: str, sha256: str, size: int, trust: str) -> None:
        """Write the line of a file that is not on record yet; others' lines stay."""
        lines = self._lines()
        if lines.get(name, {}).get("sha256") == sha256:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines[name] = {"sha256": sha256, "size": size, "trust": trust, "first_seen": now}
        write_all({self.path: json_text(dict(sorted(lines.items())))})

    def _lines(self) -> dict[str, dict[str, Any]]:
        if not self.path.is_file():
            return {}
        try:
            lines: dict[str, dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
            for line in lines.values():
                int(line["sha256"], 16)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DownloadError(
                expected="the ledger of downloaded files, in JSON",
                got=f"a damaged one ({error!r})",
                where=str(self.path),
                fix="mend it, or delete it to trust the files anew",
            ) from None
        return lines
