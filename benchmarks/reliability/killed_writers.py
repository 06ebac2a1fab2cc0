"""Writers that are killed: `python -m benchmarks.reliability.killed_writers`.

A process writes without pause until it is ended with SIGKILL at a random moment. What lies at the
target must be one of the versions that were written, whole; what a store said it had taken must be
in it. The next writer removes what the killed ones left.
"""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks.reliability.section import arguments, publish, section

from locomotion_analysis import LocomotionData
from locomotion_analysis.files import atomic_folder, atomic_path, write_all
from locomotion_analysis.production.monitoring import PredictionStore
from locomotion_analysis.production.monitoring.store import Watched
from locomotion_analysis.simulation import simulate

SIZE = 2_000_000
WATCHED = Watched("v1", ("a",), ())
DATA = simulate(4, 4, ["level_walking"], ["healthy"])


def one_file(folder: Path, number: int, told: Callable[[bytes], object]) -> None:
    """Write one file."""
    with atomic_path(folder / "file") as new:
        new.write_bytes(bytes([number % 251]) * SIZE)
    told(b".")


def two_files(folder: Path, number: int, told: Callable[[bytes], object]) -> None:
    """Write two files that belong together."""
    content = bytes([number % 251]) * SIZE
    write_all({folder / "file": content, folder / "other": content})
    told(b".")


def cycles(folder: Path, number: int, told: Callable[[bytes], object]) -> None:
    """Write gait cycles as Parquet."""
    DATA.take(range(1 + number % 16)).to_parquet(folder / "cycles.parquet")
    told(b".")


def folders(folder: Path, _: int, told: Callable[[bytes], object]) -> None:
    """Write a folder of two files."""
    with atomic_folder(folder / f"made_{len(list(folder.glob('made_*')))}") as new:
        for name in ("a", "b"):
            (new / name).write_bytes(bytes(SIZE // 4))
    told(b".")


def store(folder: Path, number: int, told: Callable[[bytes], object]) -> None:
    """Append four answers to a store, and only then say that they are kept."""
    with_rows = PredictionStore(folder / "watch.sqlite")
    for _ in range(10_000):
        names = [f"S{number}"] * 4
        with_rows.append(WATCHED, np.zeros((4, 1)), ["x"] * 4, [False] * 4, names, names)
        told(b"....")


def whole_bytes(folder: Path, _: int) -> bool:
    """Tell whether each file is of one version."""
    return all(
        len(content) == SIZE and len(set(content)) == 1
        for content in (path.read_bytes() for path in folder.glob("[fo]*"))
    )


def whole_cycles(folder: Path, _: int) -> bool:
    """Tell whether the cycles can be read, and are those that were written."""
    path = folder / "cycles.parquet"
    if not path.exists():
        return True
    found = LocomotionData.from_parquet(path)
    return np.array_equal(found.block, DATA.block[:, : len(found)])


def whole_folders(folder: Path, _: int) -> bool:
    """Tell whether each folder has all of its files."""
    return all(
        sorted(each.stat().st_size for each in made.iterdir()) == [SIZE // 4] * 2
        for made in folder.glob("made_*")
    )


def whole_store(folder: Path, n_told: int) -> bool:
    """Tell whether all rows are there that the writers said were kept."""
    if not n_told:
        return True
    found = PredictionStore(folder / "watch.sqlite", create=False)
    n_rows = len(found.read("v1").predictions)
    found.close()
    return n_rows >= n_told and n_rows % 4 == 0


WRITERS = {
    "one file of 2 MB (`atomic_path`)": (one_file, whole_bytes),
    "two files of 2 MB that belong together (`write_all`)": (two_files, whole_bytes),
    "gait cycles (`to_parquet`)": (cycles, whole_cycles),
    "a folder (`atomic_folder`)": (folders, whole_folders),
    "a store of predictions": (store, whole_store),
}


def killed(write: Callable[..., None], folder: Path, wait_s: float) -> int:
    """Let a process write until it is killed; return how much it said was done."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        for number in range(1_000_000):
            write(folder, number, lambda done: os.write(tell, done))
        os._exit(0)
    os.close(tell)
    first = os.read(told, 1)  # the time of the libraries' first use is not what is tried
    time.sleep(wait_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    done = len(first)
    while more := os.read(told, 1 << 16):
        done += len(more)
    os.close(told)
    return done


def main() -> None:
    """Kill writers of each kind, and print what was lost."""
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each kind of writer")
    asked = parser.parse_args()
    rng = random.Random(0)
    rows = ["| what is written | kills | writes finished | lost or broken | left lying, after the next writer |",
            "|---|---:|---:|---:|---|"]  # fmt: skip
    for what, (write, is_whole) in WRITERS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            done = broken = 0
            for _ in range(asked.kills):
                done += killed(write, folder, rng.uniform(0, 0.05))
                broken += not is_whole(folder, done)
            left = leftovers(folder)
            write_once(write, folder)
            after = leftovers(folder)
        rows.append(f"| {what} | {asked.kills} | {done:,} | {broken} | {left}, then {after} |")
    text = [
        (
            "A process writes without pause until it is ended with SIGKILL, at most 50 ms after its first "
            "finished write. Afterwards what lies there must be whole and of one of the versions written; of a "
            "store each row must be there that it said it had kept. Of two files that belong together each is "
            "whole; a kill between the two renames leaves one new and one old."
        ),
        "\n".join(rows),
    ]
    publish(section("Writers that are killed", "killed_writers", text), asked.page)


def leftovers(folder: Path) -> int:
    """Return how many staging folders of killed writers lie about."""
    return len(list(folder.glob(".*.locomotion-writing")))


def write_once(write: Callable[..., None], folder: Path) -> None:
    """Write once more, in a process of its own that is let be."""
    child = os.fork()
    if child == 0:
        if write is store:
            PredictionStore(folder / "watch.sqlite").close()
        else:
            write(folder, 1, lambda _: None)
        os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
