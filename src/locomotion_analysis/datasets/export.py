"""Gait cycles in the forms other libraries read: NumPy, PyTorch, Hugging Face, xarray, netCDF.

The split of each subject can be put beside each cycle before. No form holds pickle.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.columns import plain_text
from locomotion_analysis.data.parquet import parquet_files, read_csv_table, read_parquet_table
from locomotion_analysis.data.parts import history_from_json, history_to_json
from locomotion_analysis.datasets.export_checks import check_exportable, plain_columns
from locomotion_analysis.datasets.matlab_opensim import export_matlab, export_opensim
from locomotion_analysis.errors import (
    CycleShapeError,
    SchemaError,
    SplitLeakError,
    counted,
    did_you_mean,
)
from locomotion_analysis.extras import require, require_installed
from locomotion_analysis.files import atomic_folder, atomic_path, json_text
from locomotion_analysis.reporting.markdown import markdown_text
from locomotion_analysis.selection.splitters import PARTS, check_lengths, check_split
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, Channel

__all__ = ["export", "from_xarray", "to_xarray", "with_splits"]


# The split of each subject beside each cycle

SPLIT = "split"
_SHOWN = 3


def with_splits(data: LocomotionData, subjects: pd.DataFrame) -> LocomotionData:
    """Return the cycles with the split of their subject as a column ``split``.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    subjects : DataFrame
        Columns ``subject`` and ``split``, and ``dataset`` where names occur in several. Several
        rows of a subject must agree.

    Returns
    -------
    LocomotionData
        A column ``split`` that was there before is replaced, which the history says.

    Raises
    ------
    SplitLeakError
        If a subject has two splits.
    SchemaError
        If a column is missing, or a subject of the data has no split.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> table = pd.DataFrame(
    ...     {"subject": data.cycles["subject"].unique(), "split": ["train", "train", "test"]}
    ... )
    >>> with_splits(data, table).cycles["split"].tolist()
    ['train', 'train', 'train', 'train', 'test', 'test']
    """
    absent = [name for name in ("subject", SPLIT) if name not in subjects]
    if absent:
        raise SchemaError(
            expected="a table of subjects with columns subject and split",
            got=f"no column {', '.join(absent)} among {', '.join(map(str, subjects.columns))}",
        )
    person = [name for name in ("dataset", "subject") if name in subjects]
    rows = subjects[[*person, SPLIT]].dropna(subset=[SPLIT]).drop_duplicates()
    rows = rows.assign(**{name: rows[name].astype("str") for name in person})
    twice = rows["subject"][rows.duplicated(person)].drop_duplicates()
    if len(twice):
        raise SplitLeakError(
            expected="one split a subject",
            got=f"{len(twice)} subjects with several: {_some(twice)}",
            where="column split",
            fix="give every subject one split",
        )
    cycles = data.cycles.drop(columns=SPLIT, errors="ignore")
    joined = cycles.merge(rows, on=person, how="left", validate="many_to_one")
    without = joined["subject"][joined[SPLIT].isna()].drop_duplicates()
    if len(without):
        raise SchemaError(
            expected="a split for every subject of the data",
            got=f"{counted(len(without), 'subject')} without one: {_some(without)}",
            where="column split",
            fix="add them, or leave their cycles out with data.select",
        )
    counts = joined[SPLIT].value_counts(sort=False)
    detail = ", ".join(f"{name} {count}" for name, count in counts.items()) + " cycles"
    replaced = " (column split replaced)" if SPLIT in data.cycles else ""
    entry = HistoryEntry("split", f"by subject: {detail}{replaced}", len(joined))
    return LocomotionData(joined, data.block, data.channels, (*data.history, entry))


def read_splits(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of subjects and their split, for :func:`with_splits`.

    Parameters
    ----------
    path : path-like
        A CSV file with one header row, or a Parquet file.

    Raises
    ------
    FileReadError
        If there is no such file, or it is damaged or of another kind.
    """
    place = Path(path)
    if place.suffix.lower() == ".csv":
        table = read_csv_table(place)
    else:
        table, _ = read_parquet_table(parquet_files(place)[0])
    frame: pd.DataFrame = plain_text(table).to_pandas()
    return frame


def _some(names: "pd.Series[str]") -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


# A folder that Hugging Face ``datasets`` loads

_SHARD_BYTES = 500_000_000
_BYTES_A_CURVE = 4 * N_PHASES
_SPLIT_NAME = re.compile(r"(?!all$)\w+")  # "all" is what the library calls every split together

_README = """# {title}

{headline}{simulated}

| split | subjects | cycles |
|---|---|---|
{splits}

{about_splits}

Each row is one gait cycle. A channel is a list of {n_points} float32 on the phase grid
`numpy.linspace(0, 100, {n_points})` (percent of the ipsilateral cycle); the name ends in the
unit, and NaN means not measured. Together, `dataset`, `subject`, `task`, `task_id` and `step`
name a cycle.

```python
from datasets import load_dataset

cycles = load_dataset("path/to/this/folder", split="{first}").with_format("numpy")
curve = cycles[0]["{channel}"]
```

## What was done to the data

{history}
"""


class SplitFiles(NamedTuple):
    """The cycles of a split, the files they were written to, and their size as Arrow arrays."""

    name: str
    rows: NDArray[np.intp]
    paths: list[Path]
    num_bytes: int


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
    usual = [name for name in PARTS if name in names]
    others = sorted(set(names) - set(usual))
    with atomic_folder(path) as folder:
        files = [
            _write_split(data, np.flatnonzero(names == name), name, folder / "data")
            for name in (*usual, *others)
        ]
        text = _readme(data, files, Path(path).name, is_split=split is not None)
        (folder / "README.md").write_text(text, encoding="utf-8")


def _checked_splits(data: LocomotionData, split: Sequence[str] | None) -> NDArray[np.object_]:
    """Return the split of each cycle; raise for a name that will not do, or a shared subject."""
    if split is None:
        return np.full(len(data), "train", dtype=object)
    check_lengths(data=data, split=split)
    names = pd.Series(split).to_numpy(dtype=object)
    bad = [
        name
        for name in dict.fromkeys(names)
        if not isinstance(name, str) or not _SPLIT_NAME.fullmatch(name)
    ]
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


def _readme(
    data: LocomotionData, files: Sequence[SplitFiles], title: str, *, is_split: bool
) -> str:
    """Return the README of a folder of Parquet files: YAML for the library, words for people."""
    groups = data.groups
    rows = [f"| {f.name} | {len(set(groups[f.rows]))} | {len(f.rows)} |" for f in files]
    words = _README.format(
        title=markdown_text(title),
        headline=markdown_text(repr(data).splitlines()[0].removeprefix("LocomotionData: ")),
        simulated=".\n\n**Simulated: no person was measured.**" if data.is_simulated else ".",
        splits="\n".join(rows),
        about_splits="No subject is in two splits."
        if is_split
        else "No split was made: all cycles are called `train`. Split by `subject`.",
        n_points=data.block.shape[2],
        first=files[0].name,
        channel=data.channels[0],
        history="\n".join(f"- {markdown_text(entry)}" for entry in data.history)
        or "Nothing is recorded.",
    )
    # A column may be empty in one split: the type is that of the splits where it is not.
    schemas = [pq.read_schema(path) for f in files for path in f.paths]
    fields = pa.unify_schemas(schemas, promote_options="permissive")
    front = {
        "pretty_name": title,
        "tags": ["gait", "biomechanics", "time-series", *["simulated"] * data.is_simulated],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": f.name, "path": f"data/{f.name}-*"} for f in files],
            }
        ],
        "dataset_info": {
            "features": [_feature(field) for field in fields],
            "splits": [
                {"name": f.name, "num_bytes": f.num_bytes, "num_examples": len(f.rows)}
                for f in files
            ],
            "download_size": sum(path.stat().st_size for f in files for path in f.paths),
            "dataset_size": sum(f.num_bytes for f in files),
        },
    }
    matter = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    return f"---\n{matter}---\n\n{words}"


def _feature(field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_fixed_size_list(kind):
        # "sequence" is what releases before 4.0 wrote, and all releases read.
        return {"name": field.name, "sequence": "float32", "length": kind.list_size}
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    numbers = {"double": "float64", "float": "float32"}
    dtype = "string" if text else numbers.get(str(kind), str(kind))
    return {"name": field.name, "dtype": dtype}


# Arrays: NumPy, PyTorch, xarray


def export_numpy(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one ``.npz`` that ``numpy.load`` reads without pickle.

    The archive holds ``curves``, float32 of shape (n_cycles, 150, n_channels), NaN where not
    measured; ``channels``, their names, which end in the unit; ``phase_percent``, shape (150,);
    ``cycles/<column>`` for each column of the cycle table
    (:func:`~locomotion_analysis.datasets.export_checks.plain_columns`); ``history``, JSON.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        File to write, whole or not at all.

    Raises
    ------
    FileReadError
        If something lies at `path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "walk.npz"
    >>> export_numpy(simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"]), path)
    >>> with np.load(path) as archive:
    ...     archive["curves"].shape, str(archive["cycles/task"][0])
    ((6, 150, 64), 'level_walking')
    """
    check_exportable(data, path)
    arrays: dict[str, Any] = {
        "curves": data.array(),
        "channels": np.array(data.channels, dtype=np.str_),
        "phase_percent": PHASE_PERCENT,
        "history": np.array(history_to_json(data.history)),
    }
    for name, values in plain_columns(data.cycles).items():
        arrays[f"cycles/{name}"] = values
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


TENSORS, INDEX, NOTE = "tensors.safetensors", "index.json", "README.md"

_NOTE = """# Gait cycles as PyTorch tensors

{headline}

```python
import json
from safetensors.torch import load_file

tensors = load_file("tensors.safetensors")
index = json.load(open("index.json"))
curves, measured = tensors["curves"], tensors["measured"]   # (cycles, 150, channels), (cycles, channels)
curves = curves.nan_to_num(0.0)                             # NaN: not measured
target, names = tensors["cycles/task"], index["classes"]["task"]   # codes and their names
groups = tensors["cycles/subject"]                          # split by these
```

`index.json` names the channels (last axis of `curves`; the name ends in the unit), the classes of
every text column (code -1: missing) and what was done to the data. `phase_percent` is the phase
of the middle axis. Never let one subject stand in training and in test.
"""


def export_torch(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write a folder of tensors (safetensors) with an index (JSON); neither is pickle.

    ``tensors.safetensors`` holds ``curves``, float32 (n_cycles, 150, n_channels), NaN where not
    measured; ``measured``, bool (n_cycles, n_channels), whether a curve was measured throughout;
    ``phase_percent``, float32 (150,); and ``cycles/<column>`` for each column of the cycle table:
    numbers as they are, text as int64 codes whose names ``index.json`` lists, -1 where missing.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        Folder to write, whole or not at all.

    Raises
    ------
    MissingExtraError
        If safetensors is not installed.
    FileReadError
        If something lies at `path`.

    See Also
    --------
    locomotion_analysis.features.stream_torch_dataset : train from a Parquet file directly.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from safetensors.numpy import load_file
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "walk"
    >>> export_torch(simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"]), folder)
    >>> load_file(folder / "tensors.safetensors")["curves"].shape
    (6, 150, 64)
    """
    check_exportable(data, path)
    require_installed("safetensors", "deep")
    from safetensors.numpy import save_file

    curves = data.array()
    tensors: dict[str, NDArray[Any]] = {
        "curves": curves,
        "measured": np.asarray(np.isfinite(curves).all(axis=1)),
        "phase_percent": PHASE_PERCENT.astype(np.float32),
    }
    classes: dict[str, list[str]] = {}
    for name, values in plain_columns(data.cycles).items():
        if values.dtype.kind == "U":
            classes[name] = sorted(set(values[values != ""].tolist()))
            codes = np.searchsorted(np.array(classes[name], dtype=values.dtype), values)
            tensors[f"cycles/{name}"] = np.where(values == "", -1, codes).astype(np.int64)
        else:
            tensors[f"cycles/{name}"] = values
    index = {
        "channels": list(data.channels),
        "classes": classes,
        "simulated": data.is_simulated,
        "history": json.loads(history_to_json(data.history)),
    }
    with atomic_folder(path) as folder:
        save_file(tensors, folder / TENSORS)
        (folder / INDEX).write_text(json_text(index), encoding="utf-8")
        headline = markdown_text(repr(data).splitlines()[0])
        (folder / NOTE).write_text(_NOTE.format(headline=headline), encoding="utf-8")


_CYCLE, _PHASE = "cycle", "phase"
_HISTORY = "locomotion_analysis_history"
_TRUTH = "true_is_one"


def to_xarray(data: LocomotionData) -> Any:
    """Return the cycles as an xarray dataset of dimensions (cycle, phase).

    Parameters
    ----------
    data : LocomotionData
        The cycles.

    Returns
    -------
    xarray.Dataset
        One variable a channel, float32 of dimensions (cycle, phase), with its unit; nothing is
        copied. Coordinates: ``phase`` in percent, and each column of the cycle table along
        ``cycle`` (missing text is ``""``). The history is an attribute, JSON.

    Raises
    ------
    MissingExtraError
        If xarray is not installed.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> walk = to_xarray(simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"]))
    >>> knee = walk["knee_flexion_angle_ipsi_rad"]
    >>> dict(knee.sizes), dict(knee.groupby("pathology").mean("cycle").sizes)
    ({'cycle': 6, 'phase': 150}, {'pathology': 3, 'phase': 150})
    """
    xarray = require("xarray", "xarray")
    variables = {
        name: ((_CYCLE, _PHASE), curves, {"units": Channel.parse(name).unit})
        for name, curves in zip(data.channels, data.block, strict=True)
    }
    phase = {"units": "percent", "long_name": "percent of the ipsilateral gait cycle"}
    coordinates: dict[str, Any] = {_PHASE: (_PHASE, PHASE_PERCENT, phase)}
    cycles = data.cycles
    for name, values in plain_columns(cycles).items():
        if name in (_CYCLE, _PHASE, *data.channels):
            raise SchemaError(
                expected="columns of cycles whose names are free in xarray",
                got=repr(name),
                where="column of cycles",
                fix="rename the column",
            )
        # Truth with gaps is stored as 1.0, 0.0 and NaN, and comes back as truth.
        is_truth = pd.api.types.is_bool_dtype(cycles[name].dropna().infer_objects())
        notes = {_TRUTH: 1} if is_truth and values.dtype.kind == "f" else {}
        coordinates[name] = (_CYCLE, values, notes)
    attributes = {_HISTORY: history_to_json(data.history), "simulated": int(data.is_simulated)}
    return xarray.Dataset(variables, coordinates, attributes)


def from_xarray(dataset: Any) -> LocomotionData:
    """Return the gait cycles of an xarray dataset as :func:`to_xarray` makes it.

    Parameters
    ----------
    dataset : xarray.Dataset
        Variables of dimensions (cycle, phase) are channels; what has the dimension cycle alone
        is a column of the cycle table. Anything else is left out, and the history says so.

    Returns
    -------
    LocomotionData

    Raises
    ------
    CycleShapeError
        If `phase` is not the phase grid.
    SchemaError
        If there is no channel, or the cycle key is incomplete.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    >>> bool((from_xarray(to_xarray(data)).block == data.block).all())
    True
    """
    phase = np.asarray(dataset[_PHASE]) if _PHASE in dataset.variables else np.empty(0)
    if phase.shape != PHASE_PERCENT.shape or not np.allclose(phase, PHASE_PERCENT, atol=1e-3):
        raise CycleShapeError(
            expected=f"a coordinate {_PHASE}: numpy.linspace(0, 100, {len(PHASE_PERCENT)})",
            got=f"{len(phase)} values" if len(phase) else f"no values of {_PHASE}",
            fix="resample the curves to that grid: dataset.interp(phase=PHASE_PERCENT)",
        )
    channels, columns, others = [], {}, []
    for name, values in dataset.variables.items():
        if set(values.dims) == {_CYCLE, _PHASE}:
            channels.append(str(name))
        elif values.dims == (_CYCLE,) and name != _CYCLE:
            columns[str(name)] = _column(values)
        elif name not in (_CYCLE, _PHASE):
            others.append(str(name))
    if not channels:
        raise SchemaError(
            expected=f"at least one variable of dimensions ({_CYCLE}, {_PHASE})",
            got=f"variables {', '.join(map(str, dataset.data_vars)) or 'none'}",
        )
    curves = [dataset[name].transpose(_CYCLE, _PHASE).to_numpy() for name in channels]
    history = list(history_from_json(dataset.attrs.get(_HISTORY, "[]"), _HISTORY))
    if others:
        detail = f"variables of other dimensions: {', '.join(others)}"
        history.append(HistoryEntry("dropped", detail, len(others)))
    return LocomotionData(pd.DataFrame(columns), np.stack(curves), channels, history)


def export_xarray(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one netCDF-4 file, compressed; ``xarray.open_dataset`` and netCDF tools read it.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        File to write, whole or not at all.

    Raises
    ------
    MissingExtraError
        If xarray or h5netcdf is not installed.
    FileReadError
        If something lies at `path`.
    """
    check_exportable(data, path)
    require_installed("h5netcdf", "xarray")
    dataset = to_xarray(data)
    packed = {name: {"zlib": True, "complevel": 1, "shuffle": True} for name in data.channels}
    with atomic_path(path) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf", encoding=packed)


def _column(values: Any) -> "pd.Series[Any]":
    """Return a column of the cycle table as it was before :func:`plain_columns`."""
    plain: NDArray[Any] = values.to_numpy()
    if plain.dtype.kind in "UTO":
        text = pd.Series(plain, dtype="str")
        return text.where(text != "")
    if values.attrs.get(_TRUTH):
        truth = pd.Series(plain.astype(bool), dtype=object)
        return truth.where(~np.isnan(plain), None)
    return pd.Series(plain)


def export_csv(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one CSV file, 150 rows a cycle."""
    check_exportable(data, path)
    data.to_csv(path)


def export_parquet(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one Parquet file, 150 rows a cycle as other tools of the field read."""
    check_exportable(data, path)
    data.to_parquet(path, layout="long")


ExportFormat = Literal[
    "csv", "parquet", "mat", "sto", "xarray", "hdf5", "numpy", "torch", "huggingface"
]

EXPORT_FORMATS: dict[str, Callable[[LocomotionData, str | os.PathLike[str]], None]] = {
    "csv": export_csv,
    "parquet": export_parquet,
    "mat": export_matlab,
    "sto": export_opensim,
    "xarray": export_xarray,
    "hdf5": export_xarray,
    "numpy": export_numpy,
    "torch": export_torch,
    "huggingface": export_hugging_face,
}
"""Writers by name. netCDF-4 is HDF5: one writer serves both."""

_FORMAT_OF: dict[str, ExportFormat] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".mat": "mat",
    ".nc": "xarray",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".npz": "numpy",
}


def format_of(path: str | os.PathLike[str]) -> ExportFormat:
    """Return the format that a file's ending says.

    Raises
    ------
    SchemaError
        If it says none: folders have no ending.

    Examples
    --------
    >>> format_of("walk.mat")
    'mat'
    """
    ending = Path(path).suffix.lower()
    if ending not in _FORMAT_OF:
        raise SchemaError(
            expected=f"a file that ends in {', '.join(_FORMAT_OF)}",
            got=Path(path).name,
            where="name of the file to write",
            fix="for a folder name the format: sto, torch or huggingface (--to)",
        )
    return _FORMAT_OF[ending]


def export(
    data: LocomotionData,
    path: str | os.PathLike[str],
    format: ExportFormat | None = None,  # noqa: A002 - the word users know from pandas and Matplotlib
) -> None:
    """Write a dataset in the form another program or library reads.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        File, or folder (sto, torch, huggingface) to write, whole or not at all.
    format : {"csv", "parquet", "mat", "sto", "xarray", "hdf5", "numpy", "torch", "huggingface"}, optional
        The ending of `path` says it where None.

    Raises
    ------
    SchemaError
        If the format is unknown, or the ending says another one.
    FileReadError
        If something lies at `path`.
    MissingExtraError
        If the format needs a library that is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "walk.npz"
    >>> export(simulate(2, 1, ["level_walking"]), path, format="numpy")
    >>> np.load(path)["curves"].shape
    (2, 150, 64)
    """
    if format is None:
        format = format_of(path)  # noqa: A001
    if format not in EXPORT_FORMATS:
        raise SchemaError(
            expected=f"a format of {', '.join(EXPORT_FORMATS)}",
            got=repr(format),
            where="format",
            fix=did_you_mean(format, EXPORT_FORMATS),
        )
    said = _FORMAT_OF.get(Path(path).suffix.lower(), format)
    if EXPORT_FORMATS[said] is not EXPORT_FORMATS[format]:
        raise SchemaError(
            expected=f"a name that fits the format {format}",
            got=f"{Path(path).name}, the name of a file of {said}",
            where="name of the file to write",
            fix="name the format or the ending, not two different ones",
        )
    EXPORT_FORMATS[format](data, path)
