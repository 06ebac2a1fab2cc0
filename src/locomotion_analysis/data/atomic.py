"""Writing that leaves either the old file whole or the new one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locomotion_analysis.errors import FileReadError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an error.

    The temporary file lies in the same folder; it is flushed to the disk (fsync) and moved
    with ``os.replace``. After an error it is removed and the old file is as it was.

    Parameters
    ----------
    path : path-like
        Where the finished file shall be. Its folder is made if need be.

    Yields
    ------
    pathlib.Path
        Where to write.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "out.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    target = Path(path)
    if target.is_dir():
        raise FileReadError(
            expected="the name of a file to write",
            got="a folder",
            where=str(target),
            fix="add a file name to the path",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` when the block ends without an error.

    The temporary folder lies beside `path`; its files are flushed to the disk (fsync) before it
    is renamed. After an error it is removed. A folder cannot be replaced in one step as a file
    can, so `path` must not exist yet.

    Parameters
    ----------
    path : path-like
        Where the finished folder shall be. Its parent is made if need be.

    Yields
    ------
    pathlib.Path
        The folder to write into.

    Raises
    ------
    FileReadError
        If something lies at `path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "out"
    >>> with atomic_folder(target) as temporary:
    ...     _ = (temporary / "part.txt").write_text("whole")
    >>> [file.name for file in target.iterdir()]
    ['part.txt']
    """
    target = Path(path)
    refuse_existing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _flush_to_disk(file)
        temporary.chmod(0o777 & ~_umask())
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_existing(path: str | os.PathLike[str]) -> None:
    """Raise :class:`FileReadError` if a file or folder lies at `path`."""
    place = Path(path)
    if place.exists():
        raise FileReadError(
            expected="a path where nothing lies yet",
            got="a folder" if place.is_dir() else "a file",
            where=str(place),
            fix="remove it first, or choose another name",
        )


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
