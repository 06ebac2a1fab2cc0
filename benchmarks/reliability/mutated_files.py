"""Files that are damaged at random: `python -m benchmarks.reliability.mutated_files`.

Each copy has bytes changed, cut out, repeated or put in, and is read by the door that a user comes
through, in a child process. It may be read or refused with one error of this package; any other
exception, and a process that ends, counts against us.
"""

import io
import os
import random
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import h5py
import numpy as np
from benchmarks.reliability.section import arguments, publish, section
from openpyxl import Workbook
from scipy.io import savemat

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest import ColumnMap, ReadOptions
from locomotion_analysis.ingest.tables.mapped import TableReader
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.monitoring import PredictionStore
from locomotion_analysis.production.monitoring.store import Watched
from locomotion_analysis.production.registry import Registry
from locomotion_analysis.production.service import bodies
from locomotion_analysis.production.service.contract import ARROW_STREAM, CSV, PARQUET
from locomotion_analysis.simulation import simulate

CHANNEL = "knee_flexion_angle_ipsi_rad"
MAP = f"layout: curves\nchannels: {{{CHANNEL}: {{array: X}}}}\ncycles: {{subject: A, task: run}}\n"


def with_map(path: Path) -> object:
    """Read a table by a column map."""
    return TableReader().read(
        path, ReadOptions(column_map=ColumnMap.from_yaml(path.parent / "map"))
    )


def body(kind: str) -> Callable[[Path], object]:
    """Return a reader of a request's body."""
    return lambda path: bodies.read_table(path.read_bytes(), kind, 4_096, 50_000_000)


def read_store(path: Path) -> object:
    """Read the answers of a store."""
    store = PredictionStore(path, create=False)
    try:
        return store.read("v1")
    finally:
        store.close()


def read_registry(path: Path) -> object:
    """Open a registry whose state is the file."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    (folder / "registry.json").write_bytes(path.read_bytes())
    return Registry(folder).find("champion")


READERS = {
    "cycles.parquet": LocomotionData.from_parquet,
    "long.parquet": LocomotionData.from_parquet,
    "long.csv": LocomotionData.from_csv,
    "curves.npz": with_map,
    "curves.h5": with_map,
    "curves.mat": with_map,
    "curves.xlsx": with_map,
    "gait.bundle": open_bundle,
    "watch.sqlite": read_store,
    "registry.reg": read_registry,
    "request.pq": body(PARQUET),
    "request.arrows": body(ARROW_STREAM),
    "request.csv": body(CSV),
    "request.json": lambda path: bodies.read_json(path.read_bytes(), 4_096),
}
SLOW = ("gait.bundle", "curves.mat", "curves.xlsx")


def originals(folder: Path, bundle: Path) -> dict[str, bytes]:
    """Return a good file of each kind."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = simulate(3, 2, ["level_walking"], ["healthy"])
    few = data.select(channels=[CHANNEL])
    data.to_parquet(folder / "cycles.parquet")
    few.to_parquet(folder / "long.parquet", layout="long")
    table = pq.read_table(folder / "long.parquet").replace_schema_metadata(None)
    table.to_pandas().to_csv(folder / "long.csv", index=False)
    X = few.curves(CHANNEL).astype(float)
    np.savez(folder / "curves.npz", X=X)
    savemat(folder / "curves.mat", {"X": X})
    with h5py.File(folder / "curves.h5", "w") as file:
        file.create_dataset("X", data=X, compression="gzip")
    book = Workbook()
    book.active.append([f"k_{point}" for point in range(150)])
    for row in X:
        book.active.append(row.tolist())
    book.save(folder / "curves.xlsx")
    (folder / "gait.bundle").write_bytes(bundle.read_bytes())
    store = PredictionStore(folder / "watch.sqlite")
    names = [f"S{number}" for number in range(12)]
    store.append(
        Watched("v1", ("a",), ()), np.zeros((12, 1)), ["x"] * 12, [False] * 12, names, names
    )
    store.close()
    registry = Registry(folder / "own")
    registry.add(bundle, ["S1"], "first")
    registry.promote(1, "first")
    (folder / "registry.reg").write_bytes((folder / "own" / "registry.json").read_bytes())
    (folder / "request.pq").write_bytes((folder / "long.parquet").read_bytes())
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    (folder / "request.arrows").write_bytes(stream.getvalue())
    (folder / "request.csv").write_bytes((folder / "long.csv").read_bytes())
    curve = ",".join(f"{value:.4f}" for value in X[0])
    cycle = f'{{"subject": "S1", "task": "level_walking", "step": 0, "curves": {{"{CHANNEL}": [{curve}]}}}}'
    (folder / "request.json").write_text(f'{{"cycles": [{cycle}]}}')
    return {name: (folder / name).read_bytes() for name in READERS}


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return a copy with one to eight places changed, cut out, repeated or put in."""
    out = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(max(1, len(out)))
        n = rng.choice((1, 1, 2, 4, 16, 200))
        how = rng.randrange(5)
        if how == 0:
            out[at : at + n] = rng.randbytes(n)
        elif how == 1:
            del out[at : at + n]
        elif how == 2:
            out[at:at] = out[max(0, at - n) : at]
        elif how == 3:
            out[at : at + n] = bytes([rng.choice((0, 0xFF, 0x7F, 0x80))]) * n
        else:
            del out[at if rng.random() < 0.1 else len(out) :]
    return bytes(out)


def outcome(name: str, path: Path) -> str:
    """Read a file; return what came of it."""
    warnings.simplefilter("ignore")
    try:
        READERS[name](path)
    except LocomotionError as error:
        return "refused" if error.expected and error.got else "an error with empty parts"
    except Exception as error:  # noqa: BLE001 - what is counted
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def main() -> None:
    """Damage files of every kind, and print what came of reading them."""
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="a good one")
    parser.add_argument("--files", type=int, default=100, help="of each kind")
    asked = parser.parse_args()
    rng = random.Random(1)
    rows = ["| file | tried | read | refused with one error | other exceptions | processes that ended |",
            "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LOCOMOTION_SUBJECT_KEY"] = "ab" * 32
        (folder / "map").write_text(MAP)
        good = originals(folder, asked.bundle)
        pool = ProcessPoolExecutor(1)
        for file, content in good.items():
            n_files = asked.files // 3 if file in SLOW else asked.files
            found: Counter[str] = Counter()
            for number in range(n_files):
                path = folder / f"{number}_{file}"
                path.write_bytes(mutated(content, rng))
                try:
                    told = pool.submit(outcome, file, path).result()
                except BrokenProcessPool:
                    told, pool = "ended", ProcessPoolExecutor(1)
                path.unlink()
                kind = told if told in ("read", "refused", "ended") else "other"
                found[kind] += 1
                if kind in ("other", "ended"):
                    print(file, number, told, flush=True)
            totals += found
            kinds = ("read", "refused", "other", "ended")
            rows.append(
                f"| `{file}` | {n_files} | {' | '.join(str(found[each]) for each in kinds)} |"
            )
        pool.shutdown()
    text = [
        (
            f"{sum(totals.values()):,} files, damaged at one to eight places each. One that is still read is "
            "one whose damage is not to be seen: a changed digit is a number too. `request` files are bodies that "
            "the service reads."
        ),
        "\n".join(rows),
    ]
    publish(section("Damaged files", "mutated_files", text), asked.page)


if __name__ == "__main__":
    main()
