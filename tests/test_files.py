"""Files are written whole or not at all, by one writer or many, and whoever is killed."""

import errno
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis import files
from locomotion_analysis.errors import FileLockedError, FileReadError
from locomotion_analysis.files import (
    atomic_folder,
    atomic_path,
    json_text,
    locked,
    move_into_place,
    output_folder,
    read_json,
    refuse_source,
    remove_leftovers,
    sha256,
    write_all,
)

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and signals of POSIX")


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def fail(*_):
    raise ZeroDivisionError


# --- one file ----------------------------------------------------------------------------------


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "a" / "out.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names(path.parent) == ["out.txt"]


def test_a_search_for_data_does_not_find_what_is_not_whole(tmp_path):
    with atomic_path(tmp_path / "out.parquet") as temporary:
        temporary.write_text("half")
        assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("place", ["folder", "file/out", "file/deeper/out"])
def test_a_place_that_cannot_be_a_file_is_named(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises(FileReadError, match=r"got: a (folder|file of that name)"):
        write_all({tmp_path / place: "new"})
    assert names(tmp_path) == ["file", "folder"]


@posix
def test_a_device_is_not_replaced():
    with pytest.raises(FileReadError, match="a device"), atomic_path("/dev/null"):
        pass


@posix
def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real", tmp_path / "link"
    link.symlink_to(real)
    for text in ("made", "replaced"):
        write_all({link: text})
        assert link.is_symlink()
        assert real.read_text() == text
    assert names(tmp_path / "far") == ["real"]


@posix
def test_a_new_file_has_ordinary_permissions(tmp_path):
    write_all({tmp_path / "x": "1"})
    (tmp_path / "y").write_text("1")
    assert mode(tmp_path / "x") == mode(tmp_path / "y")
    with atomic_folder(tmp_path / "folder"):
        pass
    (tmp_path / "plain").mkdir()
    assert mode(tmp_path / "folder") == mode(tmp_path / "plain")


@posix
@pytest.mark.parametrize("kept", [0o640, 0o444, 0o600, 0o664])
def test_an_old_file_keeps_its_mode(tmp_path, kept):
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(kept)
    write_all({path: "new"})
    assert (path.read_text(), mode(path)) == ("new", kept)


@posix
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="gives a file away")
def test_an_old_file_keeps_its_owner(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    os.chown(path, 12345, 23456)
    path.chmod(0o640)
    write_all({path: "new"})
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (12345, 23456, 0o640)


@posix
def test_a_private_file_is_never_open_to_others(tmp_path):
    path = tmp_path / "keys"
    seen = []

    def write(new):
        seen.append((mode(new), mode(new.parent)))
        new.write_text("secret")

    write_all({path: write}, private=True)
    assert seen == [(0o600, 0o700)]
    assert mode(path) == 0o600
    path.chmod(0o646)
    write_all({path: "other"}, private=True)
    assert mode(path) == 0o640


@posix
def test_the_umask_is_never_touched(tmp_path):
    """Another thread that makes files meanwhile gets the modes it always gets."""
    done, modes = threading.Event(), set()

    def watch():
        number = 0
        while not done.is_set():
            number += 1
            path = tmp_path / "watch" / str(number)
            path.touch()
            modes.add(mode(path))

    (tmp_path / "watch").mkdir()
    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(30):
        write_all({tmp_path / f"{number % 5}": "x"})
    done.set()
    watcher.join(60)
    assert len(modes) == 1


# --- several files -----------------------------------------------------------------------------


def test_no_file_takes_its_place_before_all_are_complete(tmp_path):
    first, second = tmp_path / "a", tmp_path / "new" / "b"
    first.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_all({first: "new", second: fail})
    assert first.read_text() == "old"
    assert names(tmp_path) == ["a", "new"]
    assert not names(tmp_path / "new")


def test_text_bytes_and_functions_are_written_and_none_removes(tmp_path):
    (tmp_path / "gone").write_text("of an earlier run")
    write_all(
        {
            tmp_path / "text": "ö\r\n\n",
            tmp_path / "bytes": b"\0",
            tmp_path / "made": lambda path: path.write_text("m"),
            tmp_path / "gone": None,
            tmp_path / "never": None,
        }
    )
    assert names(tmp_path) == ["bytes", "made", "text"]
    assert (tmp_path / "text").read_bytes() == "ö\r\n\n".encode()


def test_what_an_earlier_run_wrote_stays_if_this_one_fails(tmp_path):
    (tmp_path / "gone").write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_all({tmp_path / "gone": None, tmp_path / "a": fail})
    assert names(tmp_path) == ["gone"]


_WRITE_PAIRS = """
import sys
from pathlib import Path
from locomotion_analysis.files import write_all
folder = Path(sys.argv[1])
number = 0
while True:
    number += 1
    write_all({folder / name: f"{number}\\n" * 50_000 for name in ("a", "b")})
    print(number, flush=True)
"""


@posix
def test_a_killed_writer_leaves_whole_files_and_the_next_one_clears_up(tmp_path):
    for pause in (0.0, 0.003, 0.011):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITE_PAIRS, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        for name in ("a", "b"):
            lines = (tmp_path / name).read_text().splitlines()
            assert len(lines) == 50_000
            assert len(set(lines)) == 1
    write_all({tmp_path / "a": "", tmp_path / "b": ""})
    assert names(tmp_path) == ["a", "b"]


_STOP_WHILE_WRITING = """
import sys
from locomotion_analysis.files import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    with atomic_path(temporary) as inner:
        print("writing", flush=True)
        sys.stdin.read()
"""


def _until_told(command):
    """Start a program that ends with its standard input, which the end of a with block closes."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@posix
@pytest.mark.parametrize(
    "clear", [lambda path: write_all({path: "x"}), lambda path: remove_leftovers(path.parent)]
)
def test_what_a_living_writer_makes_is_let_be_and_a_dead_ones_is_removed(tmp_path, clear):
    path = tmp_path / "out [1]*.txt"
    with _until_told([sys.executable, "-c", _STOP_WHILE_WRITING, str(path)]) as process:
        process.stdout.readline()
        clear(path)
        (kept,) = [each for each in tmp_path.iterdir() if each != path]
        assert (kept / "new").read_text() == "half"
        process.send_signal(signal.SIGKILL)
    assert kept.exists()
    clear(path)
    assert not kept.exists()


@posix
def test_the_next_folder_removes_what_a_killed_writer_of_another_left(tmp_path):
    path = tmp_path / "out.txt"
    with _until_told([sys.executable, "-c", _STOP_WHILE_WRITING, str(path)]) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert names(tmp_path) != []
    with atomic_folder(tmp_path / "another"):
        pass
    assert names(tmp_path) == ["another"]


def test_a_folder_of_somebody_else_is_no_leftover(tmp_path):
    own = tmp_path / ".x.abc.locomotion-writing"
    own.mkdir()
    (own / "thesis").write_text("mine")
    write_all({tmp_path / "x": "1"})
    assert (own / "thesis").read_text() == "mine"


def test_many_threads_write_one_file(tmp_path):
    path = tmp_path / "x"
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda n: write_all({path: f"{n}" * 1000}), range(80)))
    assert len(set(path.read_text())) <= 2
    assert names(tmp_path) == ["x"]


def test_a_file_written_otherwise_is_moved_into_place(tmp_path):
    (tmp_path / "part").write_text("all")
    move_into_place(tmp_path / "part", tmp_path / "new" / "whole")
    assert (tmp_path / "new" / "whole").read_text() == "all"
    assert names(tmp_path) == ["new"]


# --- what a loss of power leaves ---------------------------------------------------------------


class Disk:
    """What is asked of the system, in order: (call, inode, bytes in the file at that moment)."""

    def __init__(self, monkeypatch):
        self.calls = []
        fsync = os.fsync
        moves = {name: getattr(os, name) for name in ("replace", "rename", "unlink")}

        def flush(handle):
            self._note("flush", os.fstat(handle))
            fsync(handle)

        def change(name, path, *others, **options):
            self._note("unlink" if name == "unlink" else "move", Path(path).stat())
            moves[name](path, *others, **options)

        monkeypatch.setattr(os, "fsync", flush)
        for name in moves:
            monkeypatch.setattr(os, name, partial(change, name))

    def _note(self, call, found):
        size = None if stat.S_ISDIR(found.st_mode) else found.st_size
        self.calls.append((call, found.st_ino, size))

    def after_last(self, call):
        """Return what follows the last such call."""
        last = max(place for place, each in enumerate(self.calls) if each[0] == call)
        return self.calls[last + 1 :]

    def before_first(self, call):
        """Return what comes before the first such call."""
        return self.calls[: [each[0] for each in self.calls].index(call)]


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def flushed(path):
    """Return the call by which all of a file, or the names in a folder, reach the disk."""
    found = path.stat()
    return ("flush", found.st_ino, None if path.is_dir() else found.st_size)


def _by_atomic_path(path):
    with atomic_path(path) as new:
        new.write_text("all of it")


def _by_write_all(path):
    write_all({path: "all of it"})


def _by_moving(path):
    part = path.with_name("part")
    part.write_text("all of it")
    move_into_place(part, path)


@posix
@pytest.mark.parametrize("write", [_by_atomic_path, _by_write_all, _by_moving])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_is_on_the_disk_before_it_takes_its_name_and_the_name_after(
    tmp_path, disk, write, old
):
    path = tmp_path / "out.txt"
    if old is not None:
        path.write_text(old)
    write(path)
    moved = ("move", path.stat().st_ino, len("all of it"))
    assert disk.before_first("move")[-1] == flushed(path)
    assert moved in disk.calls
    assert disk.after_last("move")[0] == flushed(tmp_path)


@posix
def test_files_that_belong_together_are_all_on_the_disk_before_one_takes_its_name(tmp_path, disk):
    one, other = tmp_path / "one", tmp_path / "far" / "other"
    for folder in (tmp_path / "far", tmp_path / "gone"):
        folder.mkdir()
    gone = tmp_path / "gone" / "earlier"
    gone.write_text("of an earlier run")
    write_all({one: "1", other: b"two", gone: None})
    before = disk.before_first("unlink")
    assert {flushed(one), flushed(other)} <= set(before)
    assert not any(call == "move" for call, *_ in before)
    assert sorted(disk.after_last("move")) == sorted(
        map(flushed, (tmp_path, tmp_path / "far", tmp_path / "gone"))
    )


@posix
def test_a_folder_and_all_in_it_are_on_the_disk_before_it_takes_its_name(tmp_path, disk):
    target = tmp_path / "out"
    with atomic_folder(target) as new:
        (new / "deep").mkdir()
        (new / "deep" / "part").write_text("deep")
        (new / "top").write_text("top of it")
        assert not any(call == "flush" for call, *_ in disk.calls)
    inside = (target, target / "deep", target / "deep" / "part", target / "top")
    assert sorted(disk.before_first("move")[-4:]) == sorted(map(flushed, inside))
    assert disk.after_last("move")[0] == flushed(tmp_path)


@posix
def test_a_new_folder_is_known_to_the_disk_before_a_file_is_in_it(tmp_path, disk):
    path = tmp_path / "a" / "b" / "out.txt"
    write_all({path: "text"})
    assert {flushed(tmp_path), flushed(tmp_path / "a")} <= set(disk.before_first("move"))
    assert disk.after_last("move") == [flushed(tmp_path / "a" / "b")]


@posix
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES, errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("of_folder", [True, False])
def test_what_the_disk_refuses_is_an_error_but_for_folders_that_cannot_be_flushed(
    tmp_path, monkeypatch, number, of_folder
):
    def refuse(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode) == of_folder:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    path = tmp_path / "out.txt"
    path.write_text("old")
    if of_folder and number in {errno.EINVAL, errno.EACCES}:
        write_all({path: "new"})
        assert path.read_text() == "new"
        return
    told = FileReadError if number in {errno.EIO, errno.ENOSPC} else OSError
    with pytest.raises(told, match=os.strerror(number)):
        write_all({path: "new"})
    if not of_folder:
        assert path.read_text() == "old"
    assert names(tmp_path) == ["out.txt"]


# --- folders -----------------------------------------------------------------------------------


def test_the_folder_appears_whole(tmp_path):
    target = tmp_path / "new" / "out"
    with atomic_folder(target) as folder:
        (folder / "data").mkdir()
        (folder / "data" / "part").write_text("x")
        assert not target.exists()
    assert (target / "data" / "part").read_text() == "x"
    assert names(target.parent) == ["out"]


def test_after_an_error_no_folder_is_left(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "out") as folder:
        (folder / "part").write_text("x")
        raise ZeroDivisionError
    assert not names(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_lies_there_is_not_touched(tmp_path, kind):
    target = tmp_path / "out"
    target.mkdir() if kind == "folder" else target.write_text("old")
    with pytest.raises(FileReadError, match=f"a {kind}"), atomic_folder(target):
        pass
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("record", "ours"),
    [
        ({"versions": {"locomotion-analysis": "0"}}, True),
        ({"provenance": {"versions": {"locomotion-analysis": "0"}}}, True),
        ({"versions": {"numpy": "2"}}, False),
        ({"versions": None}, False),
        ([1], False),
        (None, False),
    ],
)
def test_only_files_of_an_earlier_run_are_written_over(tmp_path, record, ours):
    (tmp_path / "report.html").write_text("somebody's")
    if record is not None:
        (tmp_path / "run.json").write_text(json.dumps(record))
    if ours:
        assert output_folder(tmp_path, ["report.html", "run.json"], "run.json") == tmp_path
    else:
        with pytest.raises(FileReadError, match=r"report\.html"):
            output_folder(tmp_path, ["report.html", "run.json"], "run.json")


def test_a_folder_with_other_things_in_it_may_be_written_into(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert output_folder(tmp_path, ["report.html"], "run.json") == tmp_path
    assert output_folder(tmp_path / "new", ["report.html"], "run.json") == tmp_path / "new"
    with pytest.raises(FileReadError, match="a file of that name"):
        output_folder(tmp_path / "notes.txt", ["report.html"], "run.json")


@posix
def test_a_file_that_another_removes_meanwhile_is_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_flush", lambda _: None)  # many tries in little time
    path, done = tmp_path / "x", threading.Event()

    def remove():
        while not done.is_set():
            path.touch()
            path.unlink(missing_ok=True)

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for number in range(400):
            write_all({path: f"{number}"})
    finally:
        done.set()
        remover.join(60)


def test_a_folder_that_another_made_first_is_not_replaced(tmp_path):
    made = tmp_path / "out"
    with (
        pytest.raises(FileReadError, match="a path where nothing lies yet"),
        atomic_folder(made),
        atomic_folder(made) as other,
    ):
        (other / "theirs").touch()
    assert names(tmp_path) == ["out"]
    assert names(made) == ["theirs"]


@posix
def test_what_one_clears_and_another_writes_anew_is_not_cleared_again(tmp_path, monkeypatch):
    """Of two who clear a folder up, the second finds a writer who began as the first ended."""
    own = tmp_path / ".x.abc.locomotion-writing"
    own.mkdir()

    def first_is_faster(handle):
        (own / "lock").unlink()
        (own / "lock").touch()  # the writer's, who made the folder a moment ago
        (own / "new").write_text("half")
        return taken(handle)

    taken = files._taken
    monkeypatch.setattr(files, "_taken", first_is_faster)
    remove_leftovers(tmp_path)
    assert (own / "new").read_text() == "half"


# --- locks -------------------------------------------------------------------------------------


@posix
def test_who_waits_for_a_lock_that_is_removed_waits_for_the_one_in_its_place(tmp_path):
    lock, order = tmp_path / "lock", []
    first, second = locked(lock), locked(lock)
    with ThreadPoolExecutor(1) as beside:
        first.__enter__()
        opened = threading.Event()

        def wait():
            opened.set()
            with locked(lock, 60):
                order.append("waited")

        waiting = beside.submit(wait)
        assert opened.wait(60)
        time.sleep(0.1)  # it has the file open by now; where not, the test asks less
        lock.unlink()
        second.__enter__()
        first.__exit__(None, None, None)
        time.sleep(0.1)
        order.append("second done")
        second.__exit__(None, None, None)
        waiting.result(60)
    assert order == ["second done", "waited"]


def test_threads_take_turns(tmp_path):
    count = tmp_path / "count"
    count.write_text("0")

    def add_one(_):
        with locked(tmp_path / "lock"):
            before = int(count.read_text())
            time.sleep(0.001)
            count.write_text(str(before + 1))

    with ThreadPoolExecutor(8) as several:
        list(several.map(add_one, range(40)))
    assert count.read_text() == "40"


_HOLD = """
import sys
from locomotion_analysis.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@posix
def test_a_lock_of_another_program_is_told_after_a_while_and_free_when_it_dies(tmp_path):
    lock = tmp_path / "new" / "lock"
    with _until_told([sys.executable, "-c", _HOLD, str(lock)]) as process:
        process.stdout.readline()
        with (
            pytest.raises(FileLockedError, match=r"held for more than 0\.05 s"),
            locked(lock, 0.05),
        ):
            pass
        process.send_signal(signal.SIGKILL)
    with locked(lock, 0):
        pass


def test_an_error_gives_the_lock_back(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", 0):
        pass


# --- JSON and hashes ---------------------------------------------------------------------------

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(_VALUES)
def test_json_comes_back_as_it_was(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_all({path: json_text(value)})
    assert read_json(path, "a value") == value


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"number": number})


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_json_file_is_named(tmp_path, content):
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileReadError, match=r"(?s)expected a thing.*x\.json.*make it again"):
        read_json(path, "a thing", "make it again")


@given(st.binary(max_size=5000))
def test_the_hash_is_that_of_the_content(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "hashed"
    path.write_bytes(content)
    assert sha256(path) == hashlib.sha256(content).hexdigest()


_FULL = """
import resource, sys
from pathlib import Path
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import atomic_folder, atomic_path, write_all

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # the disk takes no more
place = Path(sys.argv[1])
def in_folder():
    with atomic_folder(place / "folder") as new:
        (new / "part").write_bytes(bytes(5000))
def by_path():
    with atomic_path(place / "file") as new:
        new.write_bytes(bytes(5000))
for write in (in_folder, by_path, lambda: write_all({place / "file": bytes(5000)})):
    try:
        write()
    except FileReadError as error:
        assert str(place) in error.where and error.fix
    else:
        raise AssertionError
"""


@posix
def test_a_disk_that_takes_no_more_is_one_error_and_leaves_the_old_file(tmp_path):
    (tmp_path / "file").write_text("old")
    subprocess.run([sys.executable, "-c", _FULL, str(tmp_path)], check=True)
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file"]


@posix
@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write")
def test_a_folder_that_may_not_be_written_to_is_one_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(FileReadError, match="Permission denied"):
        write_all({tmp_path / "file": "x"})


def test_what_the_writer_itself_fails_of_stays_its_own_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file"):
        (tmp_path / "other").read_bytes()


def test_what_is_read_is_not_written_over(tmp_path):
    source, folder = tmp_path / "a.csv", tmp_path / "lab"
    folder.mkdir()
    for path in (source, folder / "b.csv"):
        path.write_text("x")
    refuse_source(tmp_path / "new.csv", source, folder)
    refuse_source(folder / "b.csv", source, folder)  # of a folder only Parquet is read
    (tmp_path / "link.csv").symlink_to(source)
    for path in (source, tmp_path / "link.csv", folder):
        with pytest.raises(FileReadError, match="another file to write"):
            refuse_source(path, source, folder)
    with pytest.raises(FileReadError, match="outside the folder that is read"):
        refuse_source(folder / "below" / "new.parquet", source, folder)


def test_a_folder_that_may_not_be_written_to_is_told_before_the_work(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and may(path, mode))
    with pytest.raises(FileReadError, match="one that may not"):
        output_folder(closed / "new" / "study", ["report.html"], "metrics.json")
    assert output_folder(tmp_path / "new", ["report.html"], "metrics.json") == tmp_path / "new"
