"""One row of named features a cycle, with what was left out and why."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.columns import impossible_counts
from locomotion_analysis.features.feature import (
    FeatureSpec,
    FeatureTable,
    LeftOut,
    left_out_message,
)
from locomotion_analysis.features.plan import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS, Schema
from locomotion_analysis.features.view import CycleView

_logger = logging.getLogger(__name__)

DEFAULT_GROUPS = ("kinematic", "kinetic", "temporal")


def feature_table(
    data: LocomotionData,
    features: Sequence[str] = DEFAULT_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
) -> FeatureTable:
    """Compute features of every cycle and keep account of what the data cannot give.

    Each cycle's features depend on that cycle alone, except the variability between strides. A
    curve with a point that is not measured
    makes that channel's features NaN in that cycle and touches nothing else.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    features : sequence of str
        Groups of :data:`FEATURE_GROUPS`. *kinematic* and *kinetic*: every aggregation of every
        channel, named ``<channel>_<aggregation>``, then peaks, values at the gait events,
        coordination, harmonics, loading. *temporal* and *spatial*: durations, lengths and
        speed. *derived*: asymmetry between the legs, stance and swing extremes, joint work,
        impulses, vertical force peaks, variability between strides. *clinical*: scores.
        :func:`describe_features` lists them.
    aggregations : sequence of str
        Statistics of :data:`AGGREGATIONS`, or ``qNN``.

    Returns
    -------
    FeatureTable
        The frame, its catalogue entries, what was left out and what was assumed.

    Raises
    ------
    SchemaError
        If a name is unknown, or nothing at all can be computed.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> table = feature_table(simulate(n_subjects=3, n_cycles=2), ["temporal"])
    >>> [spec.unit for spec in table.specs if spec.name == "cycle_duration_s"]
    ['s']
    """
    groups = checked_groups(features)
    plan = FeaturePlan.of(Schema.of_data(data, aggregations), groups)
    view = CycleView(data, plan.schema.aggregations)
    table = _known_columns(plan, view)
    if table.frame.shape[1] == 0:
        raise SchemaError(
            expected=f"data that gives features of {', '.join(groups)}",
            got=left_out_message(table.left_out) if table.left_out else "no cycle at all",
            where="features",
            fix=f"ask for other groups of {', '.join(FEATURE_GROUPS)}, or add channels",
        )
    return replace(table, notes=(*_impossible_notes(view), *_stance_notes(table, view)))


def describe_features(
    data: LocomotionData,
    features: Sequence[str] = FEATURE_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
) -> pd.DataFrame:
    """Return the catalogue of what can be computed from a dataset, one row a feature.

    Parameters
    ----------
    data, features, aggregations
        As for :func:`feature_table`.

    Returns
    -------
    DataFrame
        Columns name, group, unit, formula, source, requires.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> table = describe_features(simulate(n_subjects=3, n_cycles=2), ["kinematic"], ["rom"])
    >>> table["unit"].unique().tolist()
    ['rad', 'rad_s']
    """
    return feature_table(data, features, aggregations).describe()


def checked_groups(names: Sequence[str] | str) -> list[str]:
    """Return the feature groups asked for, each once, in the order given.

    Raises
    ------
    SchemaError
        If there is none of that name.
    """
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in FEATURE_GROUPS]
    if unknown or not wanted:
        raise SchemaError(
            expected=f"feature groups among {', '.join(FEATURE_GROUPS)}",
            got=", ".join(map(repr, unknown)) or "none",
            where="features",
            fix="use these names; single channels are chosen with data.array or "
            "prepare_sequential_features",
        )
    return wanted


def _known_columns(plan: FeaturePlan, view: CycleView) -> FeatureTable:
    """Compute the features; those without any value are left out and named."""
    rows = plan.compute_view(view)
    known: NDArray[np.bool_] = ~np.all(np.isnan(rows), axis=1)
    kept = tuple(spec for spec, has_values in zip(plan.specs, known, strict=True) if has_values)
    empty = (spec for spec, has_values in zip(plan.specs, known, strict=True) if not has_values)
    left_out = dict.fromkeys([*plan.left_out, *(_why_empty(spec, plan, view) for spec in empty)])
    values = rows if known.all() else rows[known]
    frame = pd.DataFrame(
        values.T, index=view.data.key, columns=[spec.name for spec in kept], copy=False
    )
    frame.attrs["simulated"] = view.data.is_simulated
    return FeatureTable(frame, kept, tuple(left_out))


def _why_empty(spec: FeatureSpec, plan: FeaturePlan, view: CycleView) -> LeftOut:
    """Blame a channel that no cycle has in full, else the combination of what goes in."""
    for name in spec.requires:
        if name in view.channels and not view.complete(name).any():
            return LeftOut(name, "not fully measured in any cycle")
    reason = "its inputs are never known for the same cycle"
    return LeftOut(spec.name, reason, minor=spec.name in plan.minor)


def _stance_notes(table: FeatureTable, view: CycleView) -> list[str]:
    """Say where the end of stance came from, if a feature depends on it."""
    if not any("stance_percent" in spec.requires for spec in table.specs):
        return []
    note = view.stance.note()
    assumed = bool((view.stance.source == "published").any())
    _logger.log(logging.WARNING if assumed else logging.INFO, "%s", note)
    return [note]


def _impossible_notes(view: CycleView) -> list[str]:
    notes = [
        f"{name} is not above zero in {count} cycles: treated as unknown"
        for name, count in impossible_counts(view.cycles).items()
    ]
    for note in notes:
        _logger.warning("%s", note)
    return notes
