"""Features that tell how a class was recorded, not how its people move."""

import warnings
from dataclasses import replace
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.features.feature import FeatureSpec, FeatureTable, LeftOut
from locomotion_analysis.reporting.names import value_title


def without_protocol_features(
    table: FeatureTable, cycles: pd.DataFrame, labels: NDArray[Any]
) -> FeatureTable:
    """Leave out features made from a column that stands still in one class and not in all.

    One laboratory writes the speed the treadmill was set to, another the speed it measured: the
    first column has one value, and a model names the laboratory without a look at the gait. On
    the BMC-RIC running recordings (46 runners at 2.5 m/s) a forest so reaches a balanced accuracy
    of 0.89; without the speed 0.50, which is chance.

    Parameters
    ----------
    table : FeatureTable
        Features.
    cycles : DataFrame
        One row a cycle, with the columns that features may require.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.

    Returns
    -------
    FeatureTable
        What was dropped stands in ``left_out`` with the class it would tell.

    Warns
    -----
    LocomotionWarning
        If a feature was left out.
    """
    still = protocol_columns(cycles, labels)
    dropped = {
        spec.name: column
        for spec in table.specs
        for column in _made_from(spec, cycles)
        if column in still
    }
    if not dropped:
        return table
    reasons = {
        column: f"{column} has one value in every cycle of {value_title(still[column])} and "
        "others elsewhere: it tells how the class was recorded, not how its people move"
        for column in dict.fromkeys(dropped.values())
    }
    warnings.warn(
        f"Left out {', '.join(dropped)}: {'; '.join(reasons.values())}.",
        LocomotionWarning,
        stacklevel=2,
    )
    gone = (LeftOut(feature, reasons[column]) for feature, column in dropped.items())
    return replace(
        table,
        frame=table.frame.drop(columns=list(dropped)),
        specs=tuple(spec for spec in table.specs if spec.name not in dropped),
        left_out=(*table.left_out, *gone),
    )


def _made_from(spec: FeatureSpec, cycles: pd.DataFrame) -> tuple[str, ...]:
    # A feature that is a column of its own is that column; what could stand in for it is not used.
    return (spec.name,) if spec.name in cycles else spec.requires


def protocol_columns(cycles: pd.DataFrame, labels: NDArray[Any]) -> dict[str, Any]:
    """Return the numeric columns with one value in all of a class and more than one in all data.

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle. A class of one subject does not count: a person has one height.

    Returns
    -------
    dict
        Column name to the first class in which it stands still.
    """
    numbers = cycles.drop(columns="step").select_dtypes("number")
    distinct = numbers.groupby(labels).nunique()
    people = cycles["subject"].groupby(labels).nunique().to_numpy()
    varies = numbers.nunique().to_numpy() > 1
    still = distinct.eq(1) & (people > 1)[:, None] & varies
    return {str(name): still[name].idxmax() for name in still.columns[still.any()]}
