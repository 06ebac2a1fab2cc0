"""Gait cycles as an xarray dataset, in memory and as netCDF."""

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.history import history_from_json, history_to_json
from locomotion_analysis.datasets.export.checks import check_exportable
from locomotion_analysis.datasets.export.plain_columns import plain_columns
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.extras import require, require_installed
from locomotion_analysis.files import atomic_path
from locomotion_analysis.standard import PHASE_PERCENT, Channel

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
        notes = {_TRUTH: 1} if _is_gappy_truth(cycles[name], values) else {}
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
    _check_grid(dataset)
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
    history = list(history_from_json(dataset.attrs.get(_HISTORY, "[]")))
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


def _check_grid(dataset: Any) -> None:
    phase = np.asarray(dataset[_PHASE]) if _PHASE in dataset.variables else np.empty(0)
    if phase.shape != PHASE_PERCENT.shape or not np.allclose(phase, PHASE_PERCENT, atol=1e-3):
        raise CycleShapeError(
            expected=f"a coordinate {_PHASE}: numpy.linspace(0, 100, {len(PHASE_PERCENT)})",
            got=f"{len(phase)} values" if len(phase) else f"no values of {_PHASE}",
            fix="resample the curves to that grid: dataset.interp(phase=PHASE_PERCENT)",
        )


def _column(values: Any) -> "pd.Series[Any]":
    plain: NDArray[Any] = values.to_numpy()
    if plain.dtype.kind in "UTO":
        text = pd.Series(plain, dtype="str")
        return text.where(text != "")
    if values.attrs.get(_TRUTH):
        truth = pd.Series(plain.astype(bool), dtype=object)
        return truth.where(~np.isnan(plain), None)
    return pd.Series(plain)


def _is_gappy_truth(column: "pd.Series[Any]", plain: NDArray[Any]) -> bool:
    known = column.dropna().infer_objects()
    return plain.dtype.kind == "f" and pd.api.types.is_bool_dtype(known)
