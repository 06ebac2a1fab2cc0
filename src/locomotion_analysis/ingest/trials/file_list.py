"""Which of the files a user named are recordings."""

from collections.abc import Iterable
from pathlib import Path

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.reader import reader_for, readers
from locomotion_analysis.ingest.tables.column_map import ColumnMap

_NEEDS_MAP = "table"
_NOTES = ("license", "licence", "readme", "notice", "copying", "changelog")
_ANY_TEXT = {".txt", ".csv", ".tsv"}


def recordings_among(
    paths: Iterable[Path | str], column_map: ColumnMap | None
) -> tuple[list[Path], list[Path]]:
    """List the files to read, and the files of folders that are passed over.

    A file that the user names is always read. Of a folder, and all below it, those are that a
    reader knows by their content or claims by their ending; a table only with a column map, for
    nothing else tells a table of curves from any other, and not one that the map joins to others.

    Returns
    -------
    files, skipped : list of Path
        Without duplicates, folders in name order.
    """
    companions = {join.file for join in column_map.join} if column_map else set()
    files: dict[Path, None] = {}
    skipped: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            files[path] = None
            continue
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            wanted = file.name not in companions and _is_recording(file, column_map)
            (files if wanted else skipped)[file] = None
    return list(files), [file for file in skipped if file not in files]


def _is_recording(file: Path, column_map: ColumnMap | None) -> bool:
    if file.name.lower().startswith(_NOTES):
        return False
    try:
        reader = reader_for(file)
    except FileReadError:
        # An empty walk.c3d is a recording that failed, not a note beside recordings.
        own = {suffix for known in readers() for suffix in known.suffixes} - _ANY_TEXT
        return file.suffix.lower() in own
    return column_map is not None or reader.name != _NEEDS_MAP
