"""The protocol every file format is read through, and the table of readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.recording import Recording

HEAD_BYTES = 4096


@dataclass(frozen=True)
class ReadOptions:
    """What a user says about files that the files do not say themselves.

    Attributes
    ----------
    column_map : ColumnMap or None
        How a table's columns become channels.
    subjects : mapping of str to mapping
        Subject name -> metadata (``mass_kg``, ``age``, ...).
    """

    column_map: Any = None
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@runtime_checkable
class Reader(Protocol):
    """One file format."""

    @property
    def name(self) -> str:
        """Short name, for example ``c3d``."""
        ...

    @property
    def description(self) -> str:
        """What the format holds, one line."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Usual endings, for people; recognition goes by content."""
        ...

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether the file's first bytes are of this format."""
        ...

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read recordings over time, or curves that are already gait cycles."""
        ...


_READERS: list[Reader] = []


def register(reader: Reader) -> Reader:
    """Add a reader; the first that recognises a file reads it."""
    _READERS.append(reader)
    return reader


def readers() -> tuple[Reader, ...]:
    """Return the registered readers in the order they are asked."""
    return tuple(_READERS)


def reader_for(path: Path) -> Reader:
    """Return the reader that recognises the content of `path`.

    Raises
    ------
    FileReadError
        If there is no such file, it is empty, or no reader knows it.
    """
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing at that path"
        raise FileReadError(expected="a file to read", got=got, where=str(path))
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise FileReadError(expected="a recording", got="an empty file", where=str(path))
    for reader in _READERS:
        if reader.recognises(path, head):
            return reader
    raise FileReadError(
        expected=f"one of the formats {', '.join(reader.name for reader in _READERS)}",
        got=f"a file no reader recognises (it begins with {head[:16]!r})",
        where=str(path),
        fix="`locomotion formats` lists them; a table of curves needs --map map.yaml",
    )
