"""Gait cycles as a folder of tensors that PyTorch reads without this package."""

import json
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.history import history_to_json
from locomotion_analysis.datasets.export.checks import check_exportable
from locomotion_analysis.datasets.export.plain_columns import plain_columns
from locomotion_analysis.extras import require_installed
from locomotion_analysis.files import atomic_folder, json_text
from locomotion_analysis.standard import PHASE_PERCENT

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
    (6, 150, 41)
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
            tensors[f"cycles/{name}"] = _codes(values, classes[name])
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
        headline = repr(data).splitlines()[0]
        (folder / NOTE).write_text(_NOTE.format(headline=headline), encoding="utf-8")


def _codes(values: NDArray[np.str_], classes: list[str]) -> NDArray[np.int64]:
    found = np.searchsorted(np.array(classes, dtype=values.dtype), values)
    return np.where(values == "", -1, found).astype(np.int64)
