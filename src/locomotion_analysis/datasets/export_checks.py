"""What every export needs: data worth writing, a free path, columns without Python objects."""

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import refuse_existing


def check_exportable(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Refuse data without a curve, and a path where something lies.

    Raises
    ------
    SchemaError
        If there is no cycle or no channel.
    FileReadError
        If something lies at `path`.
    """
    refuse_existing(path)
    if not len(data) or not data.channels:
        raise SchemaError(
            expected="at least one cycle and one channel to export",
            got=f"{len(data)} cycles, {len(data.channels)} channels",
            where=str(path),
        )


def plain_columns(cycles: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return each column as an array that can be stored without pickle.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle.

    Returns
    -------
    dict of str to ndarray of shape (n_cycles,)
        Whole numbers without gaps as int64; other numbers as float64, missing as NaN; truth
        values as bool, or where some are missing as 1.0, 0.0 and NaN; everything else as text,
        missing as ``""``.

    Examples
    --------
    >>> plain_columns(pd.DataFrame({"sex": ["female", None], "age": [30, None]}))
    {'sex': array(['female', ''], dtype='<U6'), 'age': array([30., nan])}
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, values in cycles.items():
        plain: NDArray[Any]
        missing = values.isna().to_numpy()
        kind = values[~missing].infer_objects().dtype
        if pd.api.types.is_bool_dtype(kind) and not missing.any():
            plain = values.to_numpy(dtype=bool)
        elif pd.api.types.is_integer_dtype(kind) and not missing.any():
            plain = values.to_numpy(dtype=np.int64)
        elif pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
            plain = values.astype(object).where(~missing, np.nan).to_numpy(dtype=np.float64)
        else:
            # Pandas gives str(NaN) for a gap, so gaps are set after the conversion.
            plain = np.array([str(value) for value in values], dtype=np.str_)
            plain[missing] = ""
        arrays[str(name)] = plain
    return arrays
