"""Gait cycles as one NumPy archive."""

import os
from typing import Any

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.history import history_to_json
from locomotion_analysis.datasets.export.checks import check_exportable
from locomotion_analysis.datasets.export.plain_columns import plain_columns
from locomotion_analysis.files import atomic_path
from locomotion_analysis.standard import PHASE_PERCENT


def export_numpy(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Write one ``.npz`` that ``numpy.load`` reads without pickle.

    The archive holds ``curves``, float32 of shape (n_cycles, 150, n_channels), NaN where not
    measured; ``channels``, their names, which end in the unit; ``phase_percent``, shape (150,);
    ``cycles/<column>`` for each column of the cycle table
    (:func:`~locomotion_analysis.datasets.export.plain_columns.plain_columns`); ``history``, JSON.

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
    ((6, 150, 41), 'level_walking')
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
