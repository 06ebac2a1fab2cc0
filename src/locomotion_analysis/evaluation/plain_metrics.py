"""Results as plain types, for a JSON file."""

import math
from typing import Any

import numpy as np
import pandas as pd


def metrics_json(results: dict[str, Any]) -> dict[str, Any]:
    """Turn an evaluation's results into types that ``json.dumps(..., allow_nan=False)`` takes.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` or ``evaluate_regression`` returned.

    Returns
    -------
    dict
        The same, without ``predictions`` (a table of every cycle, which belongs in a table
        file). Arrays become lists, a Series a mapping, a DataFrame a list of records (with the
        index as a column if it has a name), NaN and infinity None.

    Examples
    --------
    >>> import numpy as np
    >>> metrics_json({"accuracy": np.float64(0.5), "intervals": {"accuracy": (0.4, np.nan)}})
    {'accuracy': 0.5, 'intervals': {'accuracy': [0.4, None]}}
    """
    kept = {key: value for key, value in results.items() if key != "predictions"}
    plain: dict[str, Any] = _plain(kept)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        named = value.reset_index() if value.index.name else value
        return [_plain(record) for record in named.to_dict("records")]
    if isinstance(value, pd.Series):
        return _plain(value.to_dict())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple, set, pd.Index)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
