"""Curves as rows of a table: what a network takes, named point by point.

A bundle tells where a row lies, how it drifts and what an answer hangs on by its features. Those
of a network are the points of its curves: ``<channel>_point_000`` at 0 % of the cycle and so on,
channel by channel.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.standard import N_PHASES

Parts = dict[str, list[str]]
_TENTHS = 10


def point_names(channels: Sequence[str], n_points: int = N_PHASES) -> tuple[str, ...]:
    """Return the names of the points of some channels.

    Examples
    --------
    >>> point_names(["knee_flexion_angle_ipsi_rad"])[-1]
    'knee_flexion_angle_ipsi_rad_point_149'
    """
    return tuple(f"{name}_point_{point:03d}" for name in channels for point in range(n_points))


def curve_rows(data: LocomotionData, channels: Sequence[str]) -> pd.DataFrame:
    """Return cycles as rows of points, shape (n_cycles, n_channels * n_points).

    Parameters
    ----------
    data : LocomotionData
        Cycles; a channel they do not have is NaN.
    channels : sequence of str
        Channels in the trained order.
    """
    values = np.full((len(data), len(channels), N_PHASES), np.nan)
    there = set(data.channels)
    for at, name in enumerate(channels):
        if name in there:
            values[:, at] = data.curves(name)
    flat = values.reshape(len(data), -1)
    return pd.DataFrame(flat, index=data.key, columns=list(point_names(channels)), copy=False)


def point_schema(schema: PredictionSchema) -> PredictionSchema:
    """Return the schema of rows of points, from the one of curves."""
    n_points, _ = schema.shape
    names = point_names(schema.names, n_points)
    return replace(
        schema,
        kind="features",
        names=names,
        units=tuple(unit for unit in schema.units for _ in range(n_points)),
        with_gaps=point_names(schema.with_gaps, n_points),
        shape=(len(names),),
    )


def point_parts(channels: Sequence[str]) -> tuple[Parts, Parts]:
    """Return the points of each joint, and of each tenth of the cycle."""
    # Evaluation imports what draws; a service that only predicts does without.
    from locomotion_analysis.evaluation.explain.feature_groups import feature_groups

    joints = {
        joint: list(point_names(names))
        for joint, names in feature_groups(channels, "joint").items()
    }
    phases: Parts = {}
    for name in point_names(channels):
        tenth = int(name[-3:]) * _TENTHS // N_PHASES
        phases.setdefault(f"{10 * tenth} to {10 * tenth + 10} % of the cycle", []).append(name)
    return joints, phases
