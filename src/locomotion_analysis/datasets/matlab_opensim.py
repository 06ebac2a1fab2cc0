"""Gait cycles as files of MATLAB (``.mat``) and of OpenSim (``.sto``)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parts import history_to_json
from locomotion_analysis.datasets.export_checks import check_exportable, plain_columns
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import atomic_folder, atomic_path
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_PERCENT

_LONGEST_NAME = 63
_MOST_VARIABLE_BYTES = 2**31
CYCLES = "cycles.csv"


def export_matlab(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one ``.mat`` file (version 5) that MATLAB, Octave and ``scipy.io.loadmat`` read.

    ``curves`` is a structure of one matrix a channel, single, (n_cycles, 150), NaN where not
    measured, under the channel's name, which ends in the unit; ``cycles`` one of a column a field,
    numbers (n_cycles, 1) or cells of text; ``phase_percent`` (1, 150); ``history`` is JSON. Row k of
    each is the same cycle.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        File to write, whole or not at all.

    Raises
    ------
    SchemaError
        If a name is longer than MATLAB's 63 characters, or there are more than 2 GB of curves.
    FileReadError
        If something lies at `path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from scipy.io import loadmat
    >>> from locomotion_analysis.simulation import simulate
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "walk.mat"
    >>> export_matlab(simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"]), path)
    >>> loadmat(path, simplify_cells=True)["curves"]["knee_flexion_angle_ipsi_rad"].shape
    (6, 150)
    """
    from scipy.io import savemat

    check_exportable(data, path)
    if data.block.nbytes >= _MOST_VARIABLE_BYTES:
        raise SchemaError(
            expected="at most 2 GB of curves, as much as a .mat file of version 5 holds",
            got=f"{data.block.nbytes / 1e9:.1f} GB",
            where=str(path),
            fix="write .h5 (HDF5), which MATLAB reads with h5read, or choose cycles or channels",
        )
    columns = {name: _column(values) for name, values in plain_columns(data.cycles).items()}
    fields = {re.sub(r"\W", "_", name): values for name, values in columns.items()}
    wrong = [name for name in (*fields, *data.channels) if not _is_field(name)]
    if wrong or len(fields) < len(columns):
        raise SchemaError(
            expected=f"names that MATLAB takes: a letter first, at most {_LONGEST_NAME} characters, "
            "different in letters and digits",
            got=", ".join(wrong) or ", ".join(columns),
            where="columns of the cycles",
            fix="rename or drop the column before",
        )
    content = {
        "curves": {name: data.curves(name) for name in data.channels},
        "cycles": fields,
        "phase_percent": PHASE_PERCENT[None, :],
        "history": history_to_json(data.history),
    }
    with atomic_path(path) as temporary:
        savemat(
            str(temporary), content, appendmat=False, long_field_names=True, do_compression=True
        )


def _is_field(name: str) -> bool:
    return re.fullmatch(rf"[A-Za-z]\w{{0,{_LONGEST_NAME - 1}}}", name, re.ASCII) is not None


def _column(values: NDArray[Any]) -> NDArray[Any]:
    """Return a column as MATLAB's: n rows; text as cells."""
    return (values.astype(object) if values.dtype.kind == "U" else values)[:, None]


def export_opensim(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write a folder with one OpenSim storage file (``.sto``) a gait cycle.

    Each has the time in seconds from 0 to the duration of the cycle, 150 rows, and the channels that
    were measured in it under their own names, in SI units and radians (``inDegrees=no``). They
    are channels of this library, not coordinates of a model: rename them to those of yours.
    ``cycles.csv`` says which file is which cycle, with all that is known of it.

    Parameters
    ----------
    data : LocomotionData
        The cycles, with the column ``cycle_duration_s``.
    path : path-like
        Folder to write, whole or not at all.

    Raises
    ------
    SchemaError
        If the duration of a cycle is not known: there is no time without.
    FileReadError
        If something lies at `path`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "walk"
    >>> export_opensim(simulate(n_subjects=2, n_cycles=1, tasks=["level_walking"]), folder)
    >>> sorted(file.name for file in folder.iterdir())[1]
    'sim_0001_level_walking_level_0.sto'
    """
    check_exportable(data, path)
    cycles = data.cycles
    given = cycles.get("cycle_duration_s", pd.Series(np.nan, cycles.index))
    duration = pd.to_numeric(given, errors="coerce").to_numpy(float)
    unknown = ~(duration > 0)
    if unknown.any():
        raise SchemaError(
            expected="the duration of every cycle (column cycle_duration_s, s): OpenSim's files are "
            "over time",
            got=f"{int(unknown.sum())} of {len(data)} cycles without",
            where="cycle_duration_s",
            fix="leave these cycles out (--where 'cycle_duration_s > 0'), or write another format",
        )
    names = _file_names(cycles)
    with atomic_folder(path) as folder:
        for row, name in enumerate(names):
            time = PHASE_PERCENT / 100.0 * duration[row]
            (folder / name).write_text(_storage(data, row, time, name), encoding="utf-8")
        cycles.assign(file=names).to_csv(folder / CYCLES, index=False)


def _storage(data: LocomotionData, row: int, time: NDArray[np.float64], name: str) -> str:
    """Return the text of the file of one cycle."""
    curves = data.block[:, row]
    measured = np.asarray(np.isfinite(curves).any(axis=1))
    channels = [each for each, there in zip(data.channels, measured, strict=True) if there]
    values = np.column_stack([time, *curves[measured]])
    head = [
        Path(name).stem,
        "version=1",
        f"nRows={N_PHASES}",
        f"nColumns={values.shape[1]}",
        "inDegrees=no",
        "endheader",
        "\t".join(["time", *channels]),
    ]
    lines = ("\t".join(f"{value:.9g}" for value in line) for line in values)
    return "\n".join([*head, *lines]) + "\n"


def _file_names(cycles: pd.DataFrame) -> list[str]:
    """Return a name a cycle: subject, task, and where it is another one its task_id, then the step."""
    several = len(cycles["dataset"].unique()) > 1
    kept = [name for name in KEY if name != "dataset" or several]
    if (cycles["task"] == cycles["task_id"]).all():
        kept.remove("task_id")
    return list(_different("_".join(map(str, row)) for row in cycles[kept].itertuples(index=False)))


def _different(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]+", "-", name)
        number, new = 1, plain
        while new.lower() in seen:  # names that differ by case or signs alone
            number += 1
            new = f"{plain}-{number}"
        seen.add(new.lower())
        yield f"{new}.sto"
