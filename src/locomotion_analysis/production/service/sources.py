"""Where the model to serve lies, and whether it was replaced."""

from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from locomotion_analysis.errors import FileReadError

Stamp = tuple[str, int, int, int]


class Source(Protocol):
    """Says which bundle is to be served now."""

    def path(self) -> Path:
        """Return the bundle's file."""
        ...


@dataclass(frozen=True)
class FileSource:
    """A bundle that is served as long as its file is the same."""

    file: Path

    def path(self) -> Path:
        """Return the file."""
        return self.file


def stamp(source: Source) -> Stamp:
    """Return what changes when another bundle is to be served.

    Raises
    ------
    FileReadError
        If there is no file.
    """
    path = source.path()
    try:
        stat = path.stat()
    except OSError as error:
        raise FileReadError(
            expected="a bundle", got=str(error.strerror), where=str(path), fix="check the path"
        ) from error
    if not S_ISREG(stat.st_mode):
        raise FileReadError(
            expected="a bundle", got="a folder", where=str(path), fix="name the bundle's file"
        )
    return (str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


def source_of(text: str) -> Source:
    """Return the source a text names.

    Parameters
    ----------
    text : str
        A bundle's file, or ``REGISTRY#champion``: the champion of a registry, whichever version
        that is at the time.
    """
    place, mark, which = text.rpartition("#")
    if not mark or Path(text).is_file():
        return FileSource(Path(text))
    from locomotion_analysis.production.registry import Registry, StageSource

    return StageSource(Registry(place), which)
