"""From cycles to ``X, y`` for scikit-learn."""

import warnings
from collections.abc import Sequence
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.features.feature import FeatureTable, left_out_message
from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS
from locomotion_analysis.features.table import DEFAULT_GROUPS, feature_table
from locomotion_analysis.features.target import labelled_cycles, without_giveaways


def labelled_feature_table(
    data: LocomotionData,
    target: str,
    features: Sequence[str] = DEFAULT_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
) -> tuple[FeatureTable, "pd.Series[Any]"]:
    """Return what :func:`ml_features` returns, with the account of what was left out.

    Parameters
    ----------
    data, target, features, aggregations
        As for :func:`ml_features`.

    Returns
    -------
    table : FeatureTable
        Features, catalogue entries, what was left out and what was assumed.
    y : Series, shape (n_cycles,)
        The target.
    """
    labelled, y = labelled_cycles(data, target)
    table = without_giveaways(feature_table(labelled, features, aggregations), y)
    if table.frame.shape[1] == 0:
        raise SchemaError(
            expected=f"features that do not contain the target {y.name}",
            got=left_out_message(table.left_out),
            where="features",
            fix="ask for more feature groups",
        )
    return table, y


def ml_features(
    data: LocomotionData,
    target: str,
    features: Sequence[str] = DEFAULT_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Return one row of named features a cycle, and the column to predict.

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those whose target is missing are dropped, with a count in the log.
    target : str
        A column of ``data.cycles``. Features that contain it, are computed from it, equal it,
        or determine it together with one other feature (speed = stride length / duration) are
        left out.
    features : sequence of str
        Groups: kinematic, kinetic, temporal, spatial, derived
        (see :func:`~locomotion_analysis.features.feature_table`).
    aggregations : sequence of str
        Statistics of each curve: mean, std (ddof=1), max, min, rom, median, q25, argmax_phase...

    Returns
    -------
    X : DataFrame, shape (n_cycles, n_features)
        float64, indexed by the cycle key: ``X.index.get_level_values("subject")`` are the
        groups. NaN where a curve or a column is not known for that cycle.
    y : Series, shape (n_cycles,)
        The target, with the same index.

    Warns
    -----
    LocomotionWarning
        Once, naming what was asked for and left out, with the reasons. (Parts of the catalogue
        that most data lack stand in the account of :func:`labelled_feature_table` only.)

    Raises
    ------
    TargetError
        If the target is unknown or empty.
    SchemaError
        If a group or aggregation is unknown, or no feature is left.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> X, y = ml_features(simulate(n_subjects=3, n_cycles=2), target="task")
    >>> X.shape[0] == len(y) and X.shape[1] >= 150
    True
    """
    table, y = labelled_feature_table(data, target, features, aggregations)
    if table.missed:
        warnings.warn(left_out_message(table.missed), LocomotionWarning, stacklevel=3)
    return table.frame, y
