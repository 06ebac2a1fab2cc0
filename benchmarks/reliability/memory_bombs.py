"""Peak memory of small files that unpack to much: `python -m benchmarks.reliability.memory_bombs`.

Each file is made, read in a process of its own by the door that a user or a client comes through,
and refused there. What the process takes at most, beyond what it held before, is measured with
`resource.getrusage`, with that of the child process that parses MATLAB files and workbooks.
The table goes into docs/reference/reliability.md with `--page docs/reference/reliability.md`.
"""

import gzip
import io
import multiprocessing
import resource
import sys
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.reliability.section import arguments, publish, section
from openpyxl import Workbook
from scipy.io import savemat

from locomotion_analysis.budget import LEAST_BYTES, RATIO, VARIABLE
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.features.streaming import open_for_batches
from locomotion_analysis.ingest import ColumnMap, ReadOptions
from locomotion_analysis.ingest.isolated import isolated_parser
from locomotion_analysis.ingest.tables.mapped import TableReader
from locomotion_analysis.ingest.tables.unmapped import InsoleReader, TimeParquetReader
from locomotion_analysis.production.bundle.reference import read_cycles, read_table
from locomotion_analysis.production.service import bodies
from locomotion_analysis.production.service.contract import (
    ARROW_FILE,
    ARROW_STREAM,
    CSV,
    PARQUET,
    ServiceSettings,
)
from locomotion_analysis.standard import PHASE_PERCENT

MEBIBYTE = 1 << 20
LIBRARIES = [
    "benchmarks.reliability.section",
    "locomotion_analysis.features.streaming",
    "locomotion_analysis.ingest",
    "locomotion_analysis.production.service.worker",
    "h5py",
    "openpyxl",
    "scipy.io",
]
"""Loaded once, by the process that the readers are copied from."""
LIMITS = ServiceSettings()
CHANNEL = "knee_flexion_angle_ipsi_rad"
MAP = f"""\
layout: curves
channels: {{{CHANNEL}: {{array: X}}}}
cycles: {{subject: A, task: run}}
"""
TEMPLATE = f"""\
layout: curves
channels: {{{CHANNEL}: {{columns: "k_{{point}}"}}}}
cycles: {{subject: {{template: "S{{who:0999999999d}}"}}, task: run}}
"""


# The files


def long_text(n_rows: int, n_bytes: int, **more: Any) -> bytes:
    """Return Parquet in which every row has one long text, stored once."""
    text = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(n_rows, np.int32)), pa.array(["a" * n_bytes])
    )
    return parquet(pa.table({**more, "note": text}), store_schema=False)


def parquet(table: pa.Table, **options: Any) -> bytes:
    """Return a table as Parquet."""
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", **options)
    return stream.getvalue()


def same_number(n_rows: int) -> bytes:
    """Return Parquet of one number, again and again, in which the runs alone are stored."""
    repeated = pa.chunked_array([pa.array(np.zeros(MEBIBYTE))] * (n_rows // MEBIBYTE))
    return parquet(pa.table({CHANNEL: repeated, "phase_ipsi": repeated}), row_group_size=n_rows)


def packed_stream(n_values: int, opened: Callable[..., Any]) -> bytes:
    """Return Arrow whose one buffer is zeros, compressed."""
    stream = io.BytesIO()
    table = pa.table({"x": np.zeros(n_values)})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with opened(stream, table.schema, options=options) as writer:
        writer.write_table(table)
    return stream.getvalue()


def cycles_with_text(n_cycles: int, n_bytes: int) -> bytes:
    """Return honest gait cycles with one long text beside them, stored once."""
    n_rows = n_cycles * len(PHASE_PERCENT)
    return long_text(
        n_rows,
        n_bytes,
        subject=pa.array(["A"] * n_rows),
        task=pa.array(["level_walking"] * n_rows),
        task_id=pa.array(["1"] * n_rows),
        step=pa.array(np.repeat(np.arange(n_cycles), len(PHASE_PERCENT))),
        phase_ipsi=pa.array(np.tile(PHASE_PERCENT, n_cycles)),
        **{CHANNEL: pa.array(np.zeros(n_rows, np.float32))},
    )


def empty_chunks(path: Path) -> None:
    """Write HDF5 of 1.3 million compressed chunks with nothing in them."""
    with h5py.File(path, "w") as file:
        file.create_dataset("X", (1_300_000,), "f8", chunks=(1,), compression="gzip")


def same_curve(path: Path) -> None:
    """Write HDF5 whose rows all point at one long curve."""
    with h5py.File(path, "w", libver="latest") as file:
        kind = h5py.vlen_dtype(np.float64)
        data = file.create_dataset("X", (1000,), kind)
        data[0] = np.zeros(100_000)
        place = data.id.get_offset()
    raw = bytearray(path.read_bytes())
    one = bytes(raw[place : place + 16])
    raw[place : place + 16 * 1000] = one * 1000
    path.write_bytes(bytes(raw))


def zeros_npz(path: Path) -> None:
    """Write an archive of zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("X.npy", "w", force_zip64=True) as stream,
    ):
        head = {"descr": "<f8", "fortran_order": False, "shape": (900 * MEBIBYTE // 8,)}
        np.lib.format.write_array_header_1_0(stream, head)
        for _ in range(900):
            stream.write(bytes(MEBIBYTE))


def nested_mat(path: Path) -> None:
    """Write a MATLAB cell of zeros: the size of what is in a cell does not stand in its head."""
    cell = np.empty(1, object)
    cell[0] = np.zeros(25 * MEBIBYTE)
    savemat(path, {"X": cell}, do_compression=True)


def shared_text(path: Path) -> None:
    """Write a workbook whose 2,000 cells are one text of 2 MB, stored once."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(2_000):
        sheet.append(["X"])
    book.save(path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b't="inlineStr"><is><t>X</t></is>', b't="s"><v>0</v>'
    )
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{_SHEETS}/main" count="1"><si><t>{"X" * 2_000_000}</t></si></sst>'.encode()
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}" /></Types>'.encode(),
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)


_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006"


# How each is read


def request(kind: str) -> Callable[[Path], object]:
    """Return a reader of a request's body."""
    return lambda path: bodies.read_table(
        path.read_bytes(), kind, LIMITS.max_rows, LIMITS.max_values
    )


def with_map(path: Path, text: str = MAP) -> object:
    """Read a table by a column map."""
    place = path.with_suffix(".yaml")
    place.write_text(text)
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def as_bytes(content: Callable[[], bytes]) -> Callable[[Path], object]:
    """Return a writer of what `content` returns."""
    return lambda path: path.write_bytes(content())


@dataclass(frozen=True)
class Bomb:
    """A small file, what writes it and what reads it."""

    door: str
    what: str
    suffix: str
    write: Callable[[Path], object]
    read: Callable[[Path], object]


def wide_csv() -> bytes:
    """Return CSV of a million columns."""
    return b",".join(b"%d" % k for k in range(1_000_000)) + b"\n"


def one_row() -> bytes:
    """Return a table of one curve."""
    heading = ",".join(["who", *(f"k_{point}" for point in range(150))])
    return f"{heading}\n{','.join(['1'] + ['0.1'] * 150)}\n".encode()


BOMBS = {
    "service-text": Bomb(
        "service, Parquet",
        "one text of 1 MB in 3,000 rows",
        "parquet",
        as_bytes(lambda: long_text(3_000, 1_000_000)),
        request(PARQUET),
    ),
    "service-run": Bomb(
        "service, Parquet",
        "one number 134 million times, twice",
        "parquet",
        as_bytes(lambda: same_number(128 * MEBIBYTE)),
        request(PARQUET),
    ),
    "service-stream": Bomb(
        "service, Arrow stream",
        "150 million zeros (zstd)",
        "arrows",
        as_bytes(lambda: packed_stream(150_000_000, pa.ipc.new_stream)),
        request(ARROW_STREAM),
    ),
    "service-file": Bomb(
        "service, Arrow file",
        "150 million zeros (zstd)",
        "arrow",
        as_bytes(lambda: packed_stream(150_000_000, pa.ipc.new_file)),
        request(ARROW_FILE),
    ),
    "service-csv": Bomb(
        "service, CSV", "a million columns", "csv", as_bytes(wide_csv), request(CSV)
    ),
    "from_parquet-text": Bomb(
        "LocomotionData.from_parquet",
        "20 cycles, one text of 20 MB in each",
        "parquet",
        as_bytes(lambda: cycles_with_text(20, 20_000_000)),
        LocomotionData.from_parquet,
    ),
    "from_parquet-run": Bomb(
        "LocomotionData.from_parquet",
        "one number 134 million times, twice",
        "parquet",
        as_bytes(lambda: same_number(128 * MEBIBYTE)),
        LocomotionData.from_parquet,
    ),
    "scan-run": Bomb(
        "LocomotionData.scan",
        "one number 134 million times, twice",
        "parquet",
        as_bytes(lambda: same_number(128 * MEBIBYTE)),
        lambda path: list(LocomotionData.scan(path)),
    ),
    "features-run": Bomb(
        "locomotion features",
        "one number 134 million times, twice",
        "parquet",
        as_bytes(lambda: same_number(128 * MEBIBYTE)),
        open_for_batches,
    ),
    "bundle-table": Bomb(
        "bundle, table of features",
        "one text of 1 MB in 3,000 rows",
        "parquet",
        as_bytes(lambda: long_text(3_000, 1_000_000)),
        lambda path: read_table(path.read_bytes(), path.name),
    ),
    "bundle-cycles": Bomb(
        "bundle, gait cycles",
        "one number 134 million times, twice",
        "parquet",
        as_bytes(lambda: same_number(128 * MEBIBYTE)),
        lambda path: read_cycles(path.read_bytes(), path.name),
    ),
    "time-parquet": Bomb(
        "convert, Parquet over time",
        "one text of 1 MB in 3,000 rows",
        "parquet",
        as_bytes(lambda: long_text(3_000, 1_000_000, time_s=np.arange(3_000) / 100)),
        lambda path: TimeParquetReader().read(path, ReadOptions()),
    ),
    "hdf5-chunks": Bomb(
        "convert, HDF5", "1.3 million empty compressed chunks", "h5", empty_chunks, with_map
    ),
    "hdf5-curve": Bomb(
        "convert, HDF5",
        "1,000 rows that are one curve of 100,000 values",
        "h5",
        same_curve,
        with_map,
    ),
    "npz": Bomb("convert, NPZ", "900 MiB of zeros", "npz", zeros_npz, with_map),
    "mat": Bomb("convert, MATLAB", "a cell of 200 MiB of zeros", "mat", nested_mat, with_map),
    "xlsx": Bomb(
        "convert, Excel", "one text of 2 MB in 2,000 cells", "xlsx", shared_text, with_map
    ),
    "gzip": Bomb(
        "convert, insole record (gzip)",
        "250 MiB of zeros",
        "txt.gz",
        as_bytes(lambda: gzip.compress(bytes(250 * MEBIBYTE))),
        lambda path: InsoleReader().read(path, ReadOptions()),
    ),
    "template": Bomb(
        "column map",
        "a name of 999,999,999 digits, in 300 bytes of map",
        "csv",
        as_bytes(one_row),
        lambda path: with_map(path, TEMPLATE),
    ),
}


# Measuring


@dataclass(frozen=True)
class Measured:
    """What reading a file took, and how it was refused; no parts where it was not."""

    size: int
    peak: int
    error: str
    parts: tuple[str, str, str, str] | None


def measure(name: str, folder: Path) -> Measured:
    """Make a file, and read it in a process that has done nothing else."""
    bomb = BOMBS[name]
    path = folder / f"{name}.{bomb.suffix}"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    bomb.write(path)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        told = pool.submit(_read, name, path).result()
    return Measured(path.stat().st_size, *told)


def _read(name: str, path: Path) -> tuple[int, str, tuple[str, str, str, str] | None]:
    """Read a file; return the bytes it took beyond those before, and its refusal."""
    before = _most_held(resource.RUSAGE_SELF)
    parts, error = None, "read"
    try:
        BOMBS[name].read(path)
    except LocomotionError as refusal:
        parts = (refusal.expected, refusal.got, refusal.where, refusal.fix)
        error = type(refusal).__name__
    except MemoryError:
        error = "MemoryError"
    own = _most_held(resource.RUSAGE_SELF) - before
    isolated_parser().close()  # counted once it has ended
    return max(own, _most_held(resource.RUSAGE_CHILDREN)), error, parts


def _most_held(whose: int) -> int:
    return resource.getrusage(whose).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# The page


def table(measured: dict[str, Measured]) -> str:
    """Return the figures as a table in Markdown."""
    rows = [
        "| read by | what is in the file | file | peak memory | answer |",
        "|---|---|---:|---:|---|",
    ]
    for name, found in measured.items():
        bomb = BOMBS[name]
        rows.append(
            f"| {bomb.door} | {bomb.what} | {found.size:,} bytes | "
            f"{found.peak / MEBIBYTE:,.0f} MiB | {found.error} |"
        )
    return "\n".join(rows)


def paragraphs(measured: dict[str, Measured]) -> list[str]:
    """Return what the page says."""
    return [
        (
            f"A file may unpack to {RATIO} times its own size, or to {LEAST_BYTES // MEBIBYTE} MiB if that is "
            "more. The service allows 8 bytes for each of the `max_values` numbers of a request. What a file "
            "unpacks to is told by its page headers, buffers and chunks before one of them is unpacked; what "
            "tells nothing beforehand is counted while it is read, or read in a child process whose memory is "
            f"limited. A file that is what it says it is and still is refused is read with `{VARIABLE}` set to "
            "the bytes that a file may take."
        ),
        (
            "Peak memory is what reading took beyond what the process held before (`getrusage`); for MATLAB "
            "files and workbooks, if that is more, all of the child process, its libraries included."
        ),
        table(measured),
    ]


def main() -> None:
    """Measure all files, print the table, and write it into a page if one is named."""
    parser = arguments(__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BOMBS)}")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = {name: measure(name, Path(folder)) for name in asked.names or BOMBS}
    heading = "Small files that unpack to much"
    publish(section(heading, "memory_bombs", paragraphs(measured)), asked.page)


if __name__ == "__main__":
    main()
