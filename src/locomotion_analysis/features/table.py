"""One row of named features a cycle, with what was left out and why."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.aggregations import checked_aggregations
from locomotion_analysis.features.asymmetry import asymmetry_features
from locomotion_analysis.features.columns import impossible_counts
from locomotion_analysis.features.curve_statistics import (
    KINEMATIC,
    KINETIC,
    kinematic_features,
    kinetic_features,
)
from locomotion_analysis.features.feature import Feature, FeatureTable, LeftOut, left_out_message
from locomotion_analysis.features.ground_force import ground_force_features
from locomotion_analysis.features.spatial import spatial_features
from locomotion_analysis.features.stance_swing import stance_swing_features
from locomotion_analysis.features.temporal import temporal_features
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.features.work import impulse_features, work_features

_logger = logging.getLogger(__name__)

Family = Callable[[CycleView], Iterator[Feature | LeftOut]]


def derived_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield asymmetry, stance and swing extremes, work, impulses and force peaks."""
    yield from view.unmeasured(*KINEMATIC, *KINETIC)
    yield from asymmetry_features(view)
    yield from stance_swing_features(view)
    yield from work_features(view)
    yield from impulse_features(view)
    yield from ground_force_features(view)


_FAMILIES: dict[str, Family] = {
    "kinematic": kinematic_features,
    "kinetic": kinetic_features,
    "temporal": temporal_features,
    "spatial": spatial_features,
    "derived": derived_features,
}

FEATURE_GROUPS = tuple(_FAMILIES)
"""Names of the feature groups."""

DEFAULT_GROUPS = ("kinematic", "kinetic", "temporal")
DEFAULT_AGGREGATIONS = ("mean", "std", "max", "min")


def feature_table(
    data: LocomotionData,
    features: Sequence[str] = DEFAULT_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
) -> FeatureTable:
    """Compute features of every cycle and keep account of what the data cannot give.

    Each cycle's features depend on that cycle alone. A curve with a point that is not measured
    makes that channel's features NaN in that cycle and touches nothing else.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    features : sequence of str
        Groups of :data:`FEATURE_GROUPS`. *kinematic* and *kinetic*: every aggregation of every
        channel, named ``<channel>_<aggregation>``. *temporal* and *spatial*: durations,
        lengths and speed. *derived*: asymmetry between the legs, stance and swing extremes,
        joint work, impulses, vertical force peaks.
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
    view = CycleView(data, checked_aggregations(aggregations))
    planned = [entry for group in groups for entry in _FAMILIES[group](view)]
    table = _computed(data, [entry for entry in planned if isinstance(entry, Feature)])
    left_out = [entry for entry in planned if isinstance(entry, LeftOut)]
    table = replace(table, left_out=tuple(dict.fromkeys([*left_out, *table.left_out])))
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
    unknown = [name for name in wanted if name not in _FAMILIES]
    if unknown or not wanted:
        raise SchemaError(
            expected=f"feature groups among {', '.join(FEATURE_GROUPS)}",
            got=", ".join(map(repr, unknown)) or "none",
            where="features",
            fix="use these names; single channels are chosen with data.array or "
            "prepare_sequential_features",
        )
    return wanted


def _computed(data: LocomotionData, features: list[Feature]) -> FeatureTable:
    """Evaluate all features; those without any value are left out and named."""
    rows = np.empty((len(features), len(data)), dtype=np.float64)
    for row, feature in zip(rows, features, strict=True):
        row[:] = feature.values()
    known: NDArray[np.bool_] = np.any(~np.isnan(rows), axis=1)
    specs = [feature.spec for feature in features]
    kept = [spec for spec, has_values in zip(specs, known, strict=True) if has_values]
    empty = [spec for spec, has_values in zip(specs, known, strict=True) if not has_values]
    frame = pd.DataFrame(rows[known].T, index=data.key, columns=[spec.name for spec in kept])
    frame.attrs["simulated"] = data.is_simulated
    reason = "its inputs are never known for the same cycle"
    return FeatureTable(frame, tuple(kept), tuple(LeftOut(spec.name, reason) for spec in empty))


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
