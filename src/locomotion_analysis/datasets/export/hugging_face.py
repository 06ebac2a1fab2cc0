"""Gait cycles as a folder that Hugging Face ``datasets`` loads."""

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.export.checks import check_exportable
from locomotion_analysis.datasets.export.frozen_splits import SPLIT
from locomotion_analysis.datasets.export.hugging_face_card import SplitFiles, dataset_card
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import atomic_folder
from locomotion_analysis.standard import N_PHASES

_SHARD_BYTES = 500_000_000
_BYTES_A_CURVE = 4 * N_PHASES
_SPLIT_NAME = re.compile(r"(?!all$)\w+")  # "all" is what the library calls every split together
_USUAL_ORDER = ("train", "validation", "test")


def export_hugging_face(
    data: LocomotionData, path: str | os.PathLike[str], split: Sequence[str] | None = None
) -> None:
    """Write a folder for ``datasets.load_dataset(folder)``, or for the Hugging Face hub.

    ``data/<split>-00000-of-00001.parquet`` hold one row a cycle: the columns of the cycle table
    and one list of 150 float32 a channel (null or NaN: not measured). ``README.md`` describes
    them, first in YAML (splits, columns and their types), then in words.
    :meth:`LocomotionData.from_parquet` reads the folder back.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        Folder to write, whole or not at all.
    split : sequence of str, shape (n_cycles,), optional
        Name of the split of each cycle, for example "train" or "test". Where None, the column
        ``split`` of the cycles (see :func:`with_splits`); where there is none, all cycles are
        "train", since the library must call them something, and the README says so.

    Raises
    ------
    SplitLeakError
        If a subject has cycles in two splits.
    SchemaError
        If a cycle has no split, or a name is not letters, digits and underscores, or is "all".
    FileReadError
        If something lies at `path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "walk"
    >>> export_hugging_face(data, folder, split=["train"] * 4 + ["test"] * 2)
    >>> sorted(file.name for file in folder.glob("data/*"))
    ['test-00000-of-00001.parquet', 'train-00000-of-00001.parquet']
    """
    check_exportable(data, path)
    if split is None and SPLIT in data.cycles:
        split = data.cycles[SPLIT].tolist()
    names = _checked_splits(data, split)
    with atomic_folder(path) as folder:
        files = [
            _write_split(data, np.flatnonzero(names == name), name, folder / "data")
            for name in sorted(set(names), key=_in_usual_order)
        ]
        card = dataset_card(data, files, Path(path).name, is_split=split is not None)
        (folder / "README.md").write_text(card, encoding="utf-8")


def _checked_splits(data: LocomotionData, split: Sequence[str] | None) -> NDArray[np.object_]:
    from locomotion_analysis.selection import check_split
    from locomotion_analysis.selection.subjects import check_lengths

    if split is None:
        return np.full(len(data), "train", dtype=object)
    check_lengths(data=data, split=split)
    names = pd.Series(split).to_numpy(dtype=object)
    bad = [name for name in dict.fromkeys(names) if not _is_split_name(name)]
    if bad:
        raise SchemaError(
            expected="a split for every cycle, named with letters, digits and underscores, not all",
            got=", ".join(map(repr, bad)),
            where="split",
        )
    for name in dict.fromkeys(names):
        others = names != name
        if others.any():
            check_split(data.groups[~others], data.groups[others])
    return names


def _in_usual_order(name: str) -> tuple[int, str]:
    place = _USUAL_ORDER.index(name) if name in _USUAL_ORDER else len(_USUAL_ORDER)
    return place, name


def _is_split_name(name: object) -> bool:
    return isinstance(name, str) and _SPLIT_NAME.fullmatch(name) is not None


def _write_split(
    data: LocomotionData, rows: NDArray[np.intp], name: str, folder: Path
) -> SplitFiles:
    """Write the cycles of one split in as many files as keep each below 500 MB of curves."""
    per_file = max(1, _SHARD_BYTES // (_BYTES_A_CURVE * max(1, len(data.channels))))
    edges = [*range(0, len(rows), per_file), len(rows)]
    shards = list(pairwise(edges))
    paths = []
    for number, (start, stop) in enumerate(shards):
        paths.append(folder / f"{name}-{number:05d}-of-{len(shards):05d}.parquet")
        data.take(rows[start:stop]).to_parquet(paths[-1])
    table = pa.Table.from_pandas(data.cycles.iloc[rows], preserve_index=False)
    curve_bytes = len(rows) * len(data.channels) * _BYTES_A_CURVE
    return SplitFiles(name, rows, paths, num_bytes=table.nbytes + curve_bytes)
