"""The cycle table as arrays of numbers and text, without Python objects."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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
    return {str(name): _plain(cycles[name]) for name in cycles.columns}


def _plain(values: "pd.Series[Any]") -> NDArray[Any]:
    missing = values.isna().to_numpy()
    kind = values[~missing].infer_objects().dtype
    if pd.api.types.is_bool_dtype(kind) and not missing.any():
        return values.to_numpy(dtype=bool)
    if pd.api.types.is_integer_dtype(kind) and not missing.any():
        return values.to_numpy(dtype=np.int64)
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return values.astype(object).where(~missing, np.nan).to_numpy(dtype=np.float64)
    # Pandas gives str(NaN) for a gap, so gaps are set after the conversion.
    text = np.array([str(value) for value in values], dtype=np.str_)
    text[missing] = ""
    return text
