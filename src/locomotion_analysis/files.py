"""Files written whole or not at all, locks between programs, hashes."""

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from locomotion_analysis.errors import FileLockedError, FileReadError

Content: TypeAlias = str | bytes | Callable[[Path], object] | None
"""What a file shall hold: text (written as UTF-8), bytes, or what a function writes to the path
it is given; None for no file."""

_SUFFIX = ".locomotion-writing"
_NEW = "new"  # without the target's ending: whoever searches a folder for data must not find it
_LOCK = "lock"
_SECONDS_BETWEEN_TRIES = 0.01


@contextmanager
def atomic_path(path: str | os.PathLike[str], *, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an error.

    The temporary file lies beside `path`, in a folder that only this writer may enter; it is
    flushed to the disk (fsync) and moved with ``os.replace``. After an error it is removed and
    the old file is as it was. What a killed writer left is removed by the next writer of the
    same file, if no living program holds it.

    Parameters
    ----------
    path : path-like
        Where the finished file shall be. Its folder is made if need be. Where it is a symbolic
        link, the file it leads to is replaced and the link stays.
    private : bool
        Whether a new file is for its owner alone (mode 0600), from its first byte on. An older
        file keeps its mode, and its owner where the system allows it; a private one is closed
        to others than owner and group.

    Yields
    ------
    pathlib.Path
        Where to write.

    Raises
    ------
    FileReadError
        If a folder or a device lies at `path`, a file where its folder should be, or the disk is
        full or may not be written to.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "out.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    with _told_what_the_disk_refuses(path):
        target = _file_to_write(path)
        with _new_file(target, private=private) as new:
            yield new
            _complete(new, target, private=private)
            new.replace(target)
            _flush(target.parent)


def write_all(contents: Mapping[Path, Content], *, private: bool = False) -> None:
    """Write files that belong together: all are complete on the disk before one takes its place.

    After an error in any of them, all old files are as they were.

    Parameters
    ----------
    contents : mapping of Path to str, bytes, callable or None
        Text (written as UTF-8, line ends as they are) or bytes; a function is called with the
        path to write to; for None the file is removed, so that what an earlier run wrote is not
        taken for part of this one. Files take their places in this order.
    private : bool
        As for :func:`atomic_path`.

    Raises
    ------
    FileReadError
        As for :func:`atomic_path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> write_all({folder / "a.txt": "text", folder / "b.json": json_text({"a": 1})})
    >>> read_json(folder / "b.json", "numbers")
    {'a': 1}
    """
    with ExitStack() as open_files:
        open_files.enter_context(_told_what_the_disk_refuses(next(iter(contents), "")))
        targets = {_file_to_write(path): content for path, content in contents.items()}
        complete: list[tuple[Path, Path]] = []
        for target, content in targets.items():
            if content is None:
                continue
            new = open_files.enter_context(_new_file(target, private=private))
            if callable(content):
                content(new)
            else:
                new.write_bytes(content.encode() if isinstance(content, str) else content)
            _complete(new, target, private=private)
            complete.append((new, target))
        for target, content in targets.items():
            if content is None:
                target.unlink(missing_ok=True)
        for new, target in complete:
            new.replace(target)
        for folder in {target.parent for target in targets}:
            _flush(folder)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` when the block ends without an error.

    The temporary folder lies beside `path`; its files and folders are flushed to the disk
    (fsync) before it is renamed. After an error it is removed. A folder cannot be replaced in
    one step as a file can, so `path` must not exist yet.

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
        If something lies at `path`, or the disk is full or may not be written to.

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
    with _told_what_the_disk_refuses(path):
        _make_folder(target.parent)
        # A folder of this name is made once: what its killed writer left, no other would look for.
        remove_leftovers(target.parent)
        with _staging(target) as new:
            new.mkdir()
            yield new
            for inner in (*new.rglob("*"), new):
                _flush(inner)
            try:
                new.rename(target)
            except OSError:
                refuse_existing(target)  # another writer of that name came first
                raise
            _flush(target.parent)


def move_into_place(path: Path, target: Path) -> None:
    """Give a finished file, of the same file system, its name; it is flushed to the disk before.

    Parameters
    ----------
    path : Path
        The file, written by some other means than the functions here.
    target : Path
        Its name from now on; its folder is made if need be, an older file replaced.
    """
    with _told_what_the_disk_refuses(target):
        place = _file_to_write(target)
        _complete(path, place, private=False)
        path.replace(place)
        _flush(place.parent)


def fault_of(error: Exception) -> str:
    """Return what an error of reading says, in words for whoever named the file.

    Examples
    --------
    >>> fault_of(FileNotFoundError(2, "No such file or directory", "x.json"))
    'nothing at that path'
    """
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "nothing at that path"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"


def refuse_existing(path: str | os.PathLike[str]) -> None:
    """Raise :class:`FileReadError` if a file or folder lies at `path`."""
    place = Path(path)
    if os.path.lexists(place):
        raise FileReadError(
            expected="a path where nothing lies yet",
            got="a folder" if place.is_dir() else "a file",
            where=str(place),
            fix="remove it first, or choose another name",
        )


def refuse_source(path: str | os.PathLike[str], *sources: str | os.PathLike[str]) -> None:
    """Raise :class:`FileReadError` if the file to write is read, by its name or in a folder.

    Of a folder every Parquet file is read, so that a new one there would be read the next time.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> refuse_source(folder / "new.csv", folder)
    """
    place = Path(path).resolve()
    for source in map(Path, sources):
        if source.resolve() == place and place.exists():
            raise FileReadError(
                expected="another file to write than those that are read",
                got="what is read",
                where=str(path),
                fix="choose another name",
            )
        if place.suffix.lower() == ".parquet" and source.resolve() in place.parents:
            raise FileReadError(
                expected="a file outside the folder that is read",
                got=f"a Parquet file in {source}, of which every one is read",
                where=str(path),
                fix="choose another folder; remove what an earlier run wrote there",
            )


def output_folder(path: str | os.PathLike[str], names: Iterable[str], record: str) -> Path:
    """Return a folder to write results into; files that are not ours are not written over.

    Parameters
    ----------
    path : path-like
        The folder; it need not exist.
    names : iterable of str
        Files that will be written.
    record : str
        The JSON file among a run's files that holds its provenance, and so tells whether files
        of these names are an earlier run's.

    Returns
    -------
    pathlib.Path
        The folder, not made yet if it does not exist.

    Raises
    ------
    FileReadError
        If `path` is a file, may not be written to, or holds files of these names that this
        package did not write.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> output_folder(folder, ["report.html", "metrics.json"], "metrics.json") == folder
    True
    """
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise _no_folder(folder)
    nearest = next(each for each in (folder, *folder.resolve().parents) if each.is_dir())
    if not os.access(nearest, os.W_OK):  # told before the long work, not after it
        raise FileReadError(
            expected="a folder that may be written to",
            got=f"one that may not: {nearest}",
            where=str(folder),
            fix="name another folder",
        )
    there = sorted(name for name in names if (folder / name).exists())
    if there and not _is_ours(folder / record):
        raise FileReadError(
            expected="a new folder, or one that an earlier run of this command wrote",
            got=f"files of another origin: {', '.join(there)}",
            where=str(folder),
            fix="name another folder, or move these files away",
        )
    return folder


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed writers left in a folder; what a living program writes is let be.

    Parameters
    ----------
    folder : Path
        Where files were written.
    name : str, optional
        Name of the file whose writers are meant; of all files where None.
    """
    start = "." if name is None else f".{name}."
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in entries if each.name.startswith(start)]
    except OSError:  # no such folder, or one that may not be listed
        return
    for found in (folder / each for each in names if each.endswith(_SUFFIX)):
        with suppress(OSError):
            ours = (each.name.lstrip(".").startswith((_NEW, _LOCK)) for each in found.iterdir())
            if found.is_symlink() or not all(ours):
                continue
            handle = _held(found / _LOCK, 0o600, _taken)
            if handle is not None:  # the system took it away from a program that died
                shutil.rmtree(found, ignore_errors=True)
                os.close(handle)


def json_text(content: Any) -> str:
    """Return JSON text as all files of this package hold it; NaN and infinity are refused.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no such number.
    """
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def plain_json(content: bytes | str) -> Any:
    """Return what JSON text of unknown origin holds.

    Parameters
    ----------
    content : bytes or str
        UTF-8.

    Raises
    ------
    ValueError
        If it is no JSON text, is nested too deeply, or has a name twice in one object, NaN or
        infinity: of these the standard knows nothing, and readers differ.

    Examples
    --------
    >>> plain_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name that occurs twice in one object")
        return found

    def refuse(name: str) -> None:
        raise ValueError(f"{name}, which is no number of JSON")

    text = content.decode("utf-8") if isinstance(content, bytes) else content
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: str | os.PathLike[str], expected: str, fix: str = "") -> Any:
    """Return what a JSON file holds.

    Parameters
    ----------
    path : path-like
        File to read.
    expected : str
        What it should be, for the error.
    fix : str
        What to do about a missing or damaged one, for the error.

    Raises
    ------
    FileReadError
        If it is missing, or no plain JSON in UTF-8 (:func:`plain_json`).
    """
    try:
        return plain_json(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise FileReadError(
            expected=expected, got=fault_of(error), where=str(path), fix=fix
        ) from error


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as hexadecimal text; it is read in blocks."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def locked(
    path: str | os.PathLike[str], timeout_s: float = 60.0, *, required: bool = True
) -> Iterator[None]:
    """Hold a file's lock, against other threads and other programs.

    The system takes the lock away from a program that dies. It cannot be taken twice by one
    thread.

    Parameters
    ----------
    path : path-like
        File to lock; made if need be, with its folder, and left behind.
    timeout_s : float
        Most seconds to wait for whoever holds it; ``math.inf`` for as long as it takes.
    required : bool
        Whether a file system without locks is an error (OSError); nobody is kept out there if not.

    Raises
    ------
    FileLockedError
        If it is still held then.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "lock"
    >>> with locked(path):
    ...     pass  # what nobody else may do meanwhile
    """
    place = Path(path)
    _make_folder(place.parent)
    taken = _taken if required else _taken_or_without_locks
    deadline = time.monotonic() + timeout_s
    while (handle := _held(place, 0o666, taken)) is None:
        if time.monotonic() >= deadline:
            raise FileLockedError(
                expected="a file that nobody else is changing",
                got=f"a lock that is held for more than {timeout_s:g} s"
                if timeout_s
                else "one that another program is working on",
                where=str(place),
                fix="wait until the other program is done, or end it",
            )
        time.sleep(_SECONDS_BETWEEN_TRIES)
    try:
        yield
    finally:
        with suppress(OSError):  # a file system without locks
            _give_back(handle)  # a forked child that outlives us holds the handle too
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _give_back(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENAMETOOLONG}


@contextmanager
def _told_what_the_disk_refuses(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the disk refuses into an error that says what to do; other errors pass."""
    try:
        yield
    except OSError as error:
        folder, named = Path(os.path.realpath(path)).parent, error.filename
        ours = isinstance(named, str) and Path(named).is_relative_to(folder)
        if error.errno not in _REFUSED and not (ours and isinstance(error, PermissionError)):
            raise
        raise FileReadError(
            expected="a disk that takes the whole file",
            got=error.strerror or str(error),
            where=os.fspath(path),
            fix="make room or name another folder; an older file of that name is as it was",
        ) from error


def _file_to_write(path: str | os.PathLike[str]) -> Path:
    """Return the file that `path` means, in a folder that is there."""
    target = Path(os.path.realpath(path))
    there = _status(target)
    if there is not None and not stat.S_ISREG(there.st_mode):
        raise FileReadError(
            expected="the name of a file to write",
            got="a folder" if stat.S_ISDIR(there.st_mode) else "a device or pipe",
            where=str(path),
            fix="add a file name to the path",
        )
    _make_folder(target.parent)
    return target


def _status(path: Path) -> os.stat_result | None:
    """Return what the system tells of a path, once: another program may remove it at any time."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _no_folder(folder) from None
    for each in missing:
        _flush(each.parent)


def _no_folder(folder: Path) -> FileReadError:
    return FileReadError(
        expected="a folder to write into",
        got="a file of that name",
        where=str(folder),
        fix="name another folder",
    )


def _is_ours(record: Path) -> bool:
    """Return whether a JSON file holds the provenance that runs of this package write."""
    try:
        content = read_json(record, "a record")
        return "locomotion-analysis" in content.get("provenance", content)["versions"]
    except (FileReadError, KeyError, TypeError, AttributeError):
        return False


@contextmanager
def _new_file(target: Path, *, private: bool) -> Iterator[Path]:
    with _staging(target) as new:
        # The system applies the umask. Asking for the umask would set it, for all threads.
        mode = 0o600 if private else 0o666
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield new


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Yield a free path in a folder beside `target` that is this writer's alone."""
    remove_leftovers(target.parent, target.name)
    folder, handle = _own_folder(target)
    try:
        yield folder / _NEW
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _own_folder(target: Path) -> tuple[Path, int]:
    """Return a new folder and the open lock that tells other writers that it is in use."""
    while True:
        made = tempfile.mkdtemp(prefix=f".{target.name}.", suffix=_SUFFIX, dir=target.parent)
        lock = Path(made) / _LOCK
        # Until the lock is taken, another writer may think the folder a leftover.
        with suppress(FileNotFoundError):
            handle = _held(lock, 0o600, _taken_or_without_locks)
            if handle is not None:
                return lock.parent, handle


def _held(place: Path, mode: int, taken: Callable[[int], bool]) -> int | None:
    """Return a handle that holds the lock of the file at a path; None where another holds it."""
    handle = os.open(place, os.O_RDWR | os.O_CREAT, mode)
    with ExitStack() as opened:
        opened.callback(os.close, handle)
        if taken(handle):
            # The lock of a file that was removed, or replaced, in between keeps nobody out.
            there = _status(place)
            if there is not None and os.path.samestat(os.fstat(handle), there):
                opened.pop_all()
                return handle
    return None


def _taken_or_without_locks(handle: int) -> bool:
    try:
        return _taken(handle)
    except OSError:  # a file system without locks: nobody else takes it either
        return True


def _complete(new: Path, target: Path, *, private: bool) -> None:
    """Flush a new file to the disk, with the mode and owner of the one it replaces."""
    _flush(new)
    mode = 0o600 if private else stat.S_IMODE(new.stat().st_mode)
    old = _status(target)
    if old is not None:
        mode = stat.S_IMODE(old.st_mode) & (0o770 if private else 0o7777)
        for owner in (old.st_uid, -1):  # the group alone, where the owner may not be set
            if (old.st_uid, old.st_gid) != (new.stat().st_uid, new.stat().st_gid):
                with suppress(PermissionError):
                    os.chown(new, owner, old.st_gid)
    if mode != stat.S_IMODE(new.stat().st_mode):
        new.chmod(mode)


def _flush(path: Path) -> None:
    """Have the system write a file, or a folder's list of names, to the disk."""
    is_folder = path.is_dir()
    try:
        handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        # Windows opens no folder, some network disks flush none, and some may not be listed.
        if not is_folder or error.errno not in {errno.EINVAL, errno.EACCES}:
            raise
