"""What is known about the cycles that were predicted, matched by the cycle key."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError


def rows_of_predictions(results: Mapping[str, Any], cycles: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of `cycles` that each held-out prediction is of.

    Parameters
    ----------
    results : dict
        What an evaluation returned; its predictions carry the cycle key as index.
    cycles : DataFrame
        ``data.cycles``: one row a cycle, with the columns of the key.

    Raises
    ------
    SchemaError
        If the predictions carry no cycle key, or `cycles` lacks one of their cycles.
    """
    index = results["predictions"].index
    names = [name for name in index.names if name is not None]
    if "subject" not in names or not set(names) <= set(cycles.columns):
        raise SchemaError(
            expected="predictions indexed by the cycle key, whose columns the cycles have",
            got=f"an index of {names or 'positions'}",
            where="results['predictions']",
            fix="evaluate with X (or y) as prepare_ml_features returns it, and pass data.cycles",
        )
    key = pd.MultiIndex.from_frame(cycles[names])
    wanted = index if isinstance(index, pd.MultiIndex) else pd.MultiIndex.from_arrays([index])
    if not key.is_unique:
        raise SchemaError(
            expected="one cycle a key",
            got=f"{int(key.duplicated().sum())} cycles that share theirs",
            where=f"columns {', '.join(names)}",
            fix="give X the whole cycle key as its index",
        )
    rows: NDArray[np.intp] = key.get_indexer(wanted)
    if (rows < 0).any():
        raise SchemaError(
            expected="every predicted cycle among the cycles",
            got=f"{int((rows < 0).sum()):,} of {len(rows):,} not there",
            where="cycles",
            fix="pass the cycles of the data that X was made from",
        )
    return rows
