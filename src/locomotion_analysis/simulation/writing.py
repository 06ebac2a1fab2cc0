"""Write simulations that memory need not hold."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Literal

import pyarrow as pa

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.cycle_layout import write_cycle_columns
from locomotion_analysis.data.files import write_parquet
from locomotion_analysis.data.long_layout import write_long_columns
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import atomic_path, remove_leftovers, write_all
from locomotion_analysis.progress import Progress
from locomotion_analysis.simulation.blocks import CYCLES_AT_ONCE, healthy_or_ill, in_order
from locomotion_analysis.simulation.request import WALKING_TASKS, Request, checked_request
from locomotion_analysis.simulation.simulator import (
    DEFAULT_PATHOLOGIES,
    SIMULATOR_VERSION,
    history_of,
    joined,
)

Layout = Literal["cycle", "long"]
_ROWS = {"cycle": write_cycle_columns, "long": write_long_columns}
_CYCLES_A_TABLE = {"cycle": 1000, "long": 200}
_CYCLES_A_PART = 4000
_MANIFEST = "simulation.json"


def write_simulation(
    out: str | os.PathLike[str],
    n_subjects: int,
    n_cycles: int,
    tasks: Sequence[str] = WALKING_TASKS,
    pathologies: Sequence[str] = DEFAULT_PATHOLOGIES,
    seed: int = 0,
    speeds: Sequence[float] = (),
    layout: Layout = "cycle",
    n_workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Simulate any number of cycles and write them, a few thousand in memory at a time.

    Parameters
    ----------
    out : path-like
        A file that ends in ``.parquet``; else a folder of parts of some 4,000 cycles, each of
        whole subjects. A folder that was begun with the same request goes on where it stopped.
    n_subjects, n_cycles, tasks, pathologies, seed, speeds, n_workers
        As for :func:`simulate`, whose cycles these are.
    layout : {"cycle", "long"}
        One row a cycle, or 150.
    progress : callable, optional
        Told ``(stage, subjects done, all)``.

    Returns
    -------
    int
        Cycles written or found in the folder.

    Raises
    ------
    SchemaError
        As for :func:`simulate`, or if the folder holds something else.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> out = pathlib.Path(tempfile.mkdtemp()) / "walk.parquet"
    >>> write_simulation(out, n_subjects=4, n_cycles=2, tasks=["level_walking"])
    8
    """
    request = checked_request(n_subjects, n_cycles, tasks, pathologies, seed, speeds)
    report = progress or (lambda *_: None)
    if Path(out).suffix == ".parquet":
        _write_file(Path(out), request, layout, n_workers, report)
    else:
        _write_folder(Path(out), request, layout, n_workers, report)
    return n_subjects * request.cycles_a_subject


def _write_file(
    out: Path, request: Request, layout: Layout, n_workers: int | None, progress: Progress
) -> None:
    blocks = request.blocks(_CYCLES_A_TABLE[layout])
    total = request.n_subjects * request.cycles_a_subject
    channels = list(healthy_or_ill(request, range(1)).channels)

    def tables() -> Iterator[pa.Table]:
        made = in_order(partial(_some, request), blocks, n_workers)
        for subjects, data in zip(blocks, made, strict=True):
            yield pa.table(_ROWS[layout](data.cycles, data.block, data.channels))
            progress("simulating subjects", subjects.stop, request.n_subjects)

    with atomic_path(out) as temporary:
        write_parquet(temporary, tables(), history_of(request, total), channels)


def _write_folder(
    folder: Path, request: Request, layout: Layout, n_workers: int | None, progress: Progress
) -> None:
    _begin(folder, {"version": SIMULATOR_VERSION, "layout": layout, **_as_json(request)})
    parts = request.blocks(_CYCLES_A_PART)
    numbered = [(folder / f"part-{number:05d}.parquet", part) for number, part in enumerate(parts)]
    waiting = [pair for pair in numbered if not pair[0].exists()]
    done = request.n_subjects - sum(len(part) for _, part in waiting)
    progress("simulating subjects", done, request.n_subjects)
    for count in in_order(partial(_write_part, request, layout), waiting, n_workers):
        done += count
        progress("simulating subjects", done, request.n_subjects)


def _some(request: Request, subjects: range) -> LocomotionData:
    """Simulate some subjects, few at a time."""
    total = len(subjects) * request.cycles_a_subject
    made = (healthy_or_ill(request, few) for few in request.blocks(CYCLES_AT_ONCE, subjects))
    return joined(made, total, history_of(request, total))


def _write_part(request: Request, layout: Layout, place: tuple[Path, range]) -> int:
    path, subjects = place
    _some(request, subjects).to_parquet(path, layout=layout)
    return len(subjects)


def _as_json(request: Request) -> dict[str, object]:
    return asdict(request)


def _begin(folder: Path, manifest: dict[str, object]) -> None:
    """Write what the folder will hold, or see that it was begun with the same."""
    text = json.dumps(manifest, indent=1)
    place = folder / _MANIFEST
    if place.is_file() and place.read_text() == text:
        return
    remove_leftovers(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SchemaError(
            expected="a new folder, or one that the same request began",
            got="a folder of another simulation" if place.is_file() else "something else there",
            where=str(folder),
            fix="choose another --out, or end the name in .parquet for one file",
        )
    write_all({place: text})
