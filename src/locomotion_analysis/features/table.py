"""Tables of features: one row a cycle, with what was left out and why, and the column to predict.

:class:`FeaturePlan` says which features there are for some channels and columns; the families listed
at its head are the whole catalogue.
"""

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from functools import cached_property, partial
from itertools import compress
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import (
    LocomotionWarning,
    SchemaError,
    TargetError,
    did_you_mean,
    listed,
)
from locomotion_analysis.features.clinical import (
    efficiency_families,
    flag_families,
    gillette_families,
    norm_deviation_families,
    profile_families,
)
from locomotion_analysis.features.coordination import (
    coordination_families,
    deviation_phase_families,
    vector_coding_families,
)
from locomotion_analysis.features.curves import (
    angle_harmonic_families,
    derivative_families,
    event_value_families,
    force_harmonic_families,
    kinematic_peak_families,
    kinematic_stance_swing_families,
    kinematic_statistics_families,
    kinetic_peak_families,
    kinetic_stance_swing_families,
    kinetic_statistics_families,
    stance_swing_families,
    subphase_peak_families,
)
from locomotion_analysis.features.forces import (
    cop_path_families,
    ground_force_families,
    ground_force_loading_families,
    impulse_families,
    power_burst_families,
    running_force_families,
    support_moment_families,
    work_families,
)
from locomotion_analysis.features.given import GIVEN, columns_to_learn_from, given_families
from locomotion_analysis.features.nonlinear import signal_families, stride_time_families
from locomotion_analysis.features.spec import (
    DEFAULT_AGGREGATIONS,
    CycleView,
    Family,
    FamilyFactory,
    FeatureSpec,
    FeatureTable,
    LeftOut,
    Schema,
    full_schema,
    impossible_counts,
    left_out_message,
)
from locomotion_analysis.features.symmetry import asymmetry_families, symmetry_families
from locomotion_analysis.features.time_and_distance import (
    balance_families,
    normalised_length_families,
    other_step_families,
    spatial_families,
    step_time_families,
    temporal_families,
    toe_out_families,
)
from locomotion_analysis.features.variability import (
    curve_variability_families,
    stability_families,
    variability_families,
)
from locomotion_analysis.quality.identity import identity_findings
from locomotion_analysis.standard import canonical_name

# The catalogue: families by group, and the plan of what some data can give

_FACTORIES: dict[str, tuple[FamilyFactory, ...]] = {
    "kinematic": (
        kinematic_statistics_families,
        event_value_families,
        kinematic_peak_families,
        kinematic_stance_swing_families,
        derivative_families,
        coordination_families,
        angle_harmonic_families,
    ),
    "kinetic": (
        kinetic_statistics_families,
        kinetic_peak_families,
        kinetic_stance_swing_families,
        subphase_peak_families,
        power_burst_families,
        support_moment_families,
        ground_force_loading_families,
        running_force_families,
        cop_path_families,
        force_harmonic_families,
    ),
    "temporal": (
        temporal_families,
        step_time_families,
    ),
    "spatial": (
        spatial_families,
        normalised_length_families,
        other_step_families,
        toe_out_families,
        balance_families,
    ),
    "derived": (
        asymmetry_families,
        stance_swing_families,
        work_families,
        impulse_families,
        ground_force_families,
        symmetry_families,
        efficiency_families,
        variability_families,
        curve_variability_families,
        deviation_phase_families,
        vector_coding_families,
        stability_families,
        stride_time_families,
        signal_families,
    ),
    "clinical": (
        profile_families,
        gillette_families,
        norm_deviation_families,
        flag_families,
    ),
    GIVEN: (given_families,),
}

_MAIN = frozenset(
    {
        kinematic_statistics_families,
        kinetic_statistics_families,
        temporal_families,
        spatial_families,
        asymmetry_families,
        work_families,
        impulse_families,
        ground_force_families,
    }
)
"""What a group is asked for in the first place: a warning is due where the data lack it."""

FEATURE_GROUPS = tuple(group for group in _FACTORIES if group != GIVEN)
"""Names of the groups of features that are computed from curves."""


@dataclass(frozen=True)
class FeaturePlan:
    """The features of some groups, known before any curve is read.

    Attributes
    ----------
    schema : Schema
        Names of channels and columns.
    families : tuple of Family
        What is computed together.
    left_out : tuple of LeftOut
        What the names already rule out, with the reason.
    minor : frozenset of str
        Features whose absence is no reason for a warning.
    """

    schema: Schema
    families: tuple[Family, ...]
    left_out: tuple[LeftOut, ...]
    minor: frozenset[str]

    @classmethod
    def of(cls, schema: Schema, groups: Sequence[str] = FEATURE_GROUPS) -> Self:
        """Plan the features of some groups."""
        factories = dict.fromkeys(factory for group in groups for factory in _FACTORIES[group])
        entries = [(entry, factory in _MAIN) for factory in factories for entry in factory(schema)]
        families = [(entry, main) for entry, main in entries if isinstance(entry, Family)]
        left_out = (
            replace(entry, minor=not main) for entry, main in entries if isinstance(entry, LeftOut)
        )
        minor = {spec.name for family, main in families if not main for spec in family.specs}
        return cls(
            schema,
            tuple(_each_once([family for family, _ in families])),
            tuple(dict.fromkeys(left_out)),
            frozenset(minor),
        )

    def giving(self, names: Iterable[str]) -> Self:
        """Return the plan without the families that give none of these features."""
        wanted = set(names)
        families = (
            family for family in self.families if any(spec.name in wanted for spec in family.specs)
        )
        return replace(self, families=tuple(families))

    @cached_property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """Catalogue entries, one a column."""
        return tuple(spec for family in self.families for spec in family.specs)

    @cached_property
    def uses_stance(self) -> bool:
        """Whether a feature hangs on the end of stance."""
        return uses_stance(self.specs)

    @property
    def across_cycles(self) -> bool:
        """Whether cycles of one dataset, subject, task and task_id must come together."""
        return any(family.across_cycles for family in self.families)

    def compute(self, data: LocomotionData) -> NDArray[np.float64]:
        """Return the features of some cycles, shape (n_cycles, n_features)."""
        return self.compute_view(CycleView(data, self.schema.aggregations)).T

    def compute_view(self, view: CycleView) -> NDArray[np.float64]:
        """Return the features of a view, one row a feature: (n_features, n_cycles)."""
        rows = np.empty((len(self.specs), len(view)), dtype=np.float64)
        start = 0
        for family in self.families:
            stop = start + len(family.specs)
            for row, values in zip(rows[start:stop], family.compute(view), strict=True):
                row[:] = values
            start = stop
        return rows


def uses_stance(specs: Iterable[FeatureSpec]) -> bool:
    """Return whether a feature is computed from the end of stance."""
    return any("stance_percent" in spec.requires and spec.group != GIVEN for spec in specs)


def _each_once(families: Sequence[Family]) -> Iterator[Family]:
    """Yield the families without features of a name that stands in an earlier one.

    A statistic that was asked for (`argmax_phase`, `rom`) may be in the catalogue anyway.
    """
    seen: set[str] = set()
    for family in families:
        new = [spec.name not in seen for spec in family.specs]
        seen.update(spec.name for spec in family.specs)
        if all(new):
            yield family
        elif any(new):
            specs = tuple(compress(family.specs, new))
            yield replace(family, specs=specs, compute=partial(_some_rows, family, new))


def _some_rows(family: Family, wanted: Sequence[bool], view: CycleView) -> Iterator[NDArray[Any]]:
    return compress(family.compute(view), wanted)


# One row of named features a cycle, with what was left out and why

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
        Groups of ``FEATURE_GROUPS``. *kinematic* and *kinetic*: every aggregation of every
        channel, named ``<channel>_<aggregation>``, then peaks, values at the gait events,
        coordination, harmonics, loading. *temporal* and *spatial*: durations, lengths and
        speed. *derived*: asymmetry between the legs, stance and swing extremes, joint work,
        impulses, vertical force peaks, variability between strides. *clinical*: scores.
        :func:`describe_features` lists them.
    aggregations : sequence of str
        Statistics of ``AGGREGATIONS``, or ``qNN``.

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
    return _computed(FeaturePlan.of(Schema.of_data(data, aggregations), groups), data, groups)


def _computed(plan: FeaturePlan, data: LocomotionData, groups: Sequence[str]) -> FeatureTable:
    """Compute a plan, and keep account of what has no value in any cycle.

    Raises
    ------
    SchemaError
        If nothing at all has.
    """
    view = CycleView(data, plan.schema.aggregations)
    rows = plan.compute_view(view)
    known: NDArray[np.bool_] = ~np.all(np.isnan(rows), axis=1)
    kept = tuple(spec for spec, has_values in zip(plan.specs, known, strict=True) if has_values)
    empty = (spec for spec, has_values in zip(plan.specs, known, strict=True) if not has_values)
    left_out = dict.fromkeys([*plan.left_out, *(_why_empty(spec, plan, view) for spec in empty)])
    values = rows if known.all() else rows[known]
    names = [spec.name for spec in kept]
    frame = pd.DataFrame(values.T, index=data.key, columns=names, copy=False)
    frame.attrs["simulated"] = data.is_simulated
    frame.attrs["identity"] = [list(astuple(each)) for each in identity_findings(data, gait=False)]
    if not kept:
        raise SchemaError(
            expected=f"data that gives features of {', '.join(groups)}",
            got=left_out_message(tuple(left_out)) if left_out else "no cycle at all",
            where="features",
            fix=f"ask for other groups of {', '.join(FEATURE_GROUPS)}, or add channels",
        )
    notes = [
        f"{name} is not above zero in {count} cycles: treated as unknown"
        for name, count in impossible_counts(view.cycles).items()
    ]
    for note in notes:
        _logger.warning("%s", note)
    if uses_stance(kept):
        notes.append(view.stance.note())
        assumed = bool((view.stance.source == "published").any())
        _logger.log(logging.WARNING if assumed else logging.INFO, "%s", notes[-1])
    return FeatureTable(frame, kept, tuple(left_out), tuple(notes))


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
    >>> sorted(table["unit"].unique())
    ['% of cycle', '1', 'rad', 'rad2', 'rad_s', 'rad_s2']
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
            fix=did_you_mean(
                unknown[0] if unknown else "",
                FEATURE_GROUPS,
                "use these names; single channels are chosen with data.array or "
                "prepare_sequential_features",
            ),
        )
    return wanted


def _why_empty(spec: FeatureSpec, plan: FeaturePlan, view: CycleView) -> LeftOut:
    """Blame a channel that no cycle has in full, else the combination of what goes in."""
    for name in spec.requires:
        if name in view.channels and not view.complete(name).any():
            return LeftOut(name, "not fully measured in any cycle")
    reason = "its inputs are never known for the same cycle"
    return LeftOut(spec.name, reason, minor=spec.name in plan.minor)


# The catalogue of features as a table


def feature_catalogue(groups: Sequence[str] | None = None) -> pd.DataFrame:
    """Return every feature there is where all channels and columns exist.

    Parameters
    ----------
    groups : sequence of str, optional
        Feature groups; all where None.

    Returns
    -------
    DataFrame, one row a feature
        Columns name, unit, group, formula, source, requires (comma-separated).

    Examples
    --------
    >>> feature_catalogue(["temporal"]).columns.tolist()
    ['name', 'unit', 'group', 'formula', 'source', 'requires']
    """
    plan = FeaturePlan.of(full_schema(), checked_groups(groups or FEATURE_GROUPS))
    table = pd.DataFrame([asdict(spec) for spec in plan.specs])
    table = table.assign(requires=table["requires"].map(", ".join))
    return table[["name", "unit", "group", "formula", "source", "requires"]]


# The column to predict, and the features that would give it away

_LENGTHS = frozenset({"stride_length_m", "step_length_m"})
_TIMES = frozenset({"cycle_duration_s", "cadence_steps_min"})
_TIED = {
    # speed = stride length / duration: of the three, at most one other may stay.
    "speed_m_s": _LENGTHS,
    "stride_length_m": _LENGTHS | {"speed_m_s"},
    "step_length_m": _LENGTHS | {"speed_m_s"},
    "cycle_duration_s": _LENGTHS | _TIMES,
    "cadence_steps_min": _LENGTHS | _TIMES,
}
"""Target -> columns that determine it exactly, alone or with one more."""

_MOST_CLASSES = 20
"""A numeric target with more distinct values is a quantity, not a label."""


def labelled_cycles(data: LocomotionData, target: str) -> tuple[LocomotionData, "pd.Series[Any]"]:
    """Return the cycles whose target is known, and that target.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    target : str
        A column of ``data.cycles``, or an alias of one.

    Raises
    ------
    TargetError
        If there is no such column, or it is empty.
    """
    cycles = data.cycles
    name = target if target in cycles else canonical_name(target)
    if name not in cycles:
        raise TargetError(
            expected=f"a column of data.cycles ({listed(cycles.columns)})",
            got=repr(target),
            where="target",
            fix=did_you_mean(name, cycles.columns, "choose one of these columns"),
        )
    known = cycles[name].notna().to_numpy()
    if not known.any():
        raise TargetError(
            expected=f"a value of {name} for some cycles",
            got=f"none in {len(cycles)} cycles",
            where=f"target {name}",
            fix="choose another column, or fill this one in",
        )
    if not known.all():
        _logger.warning("dropped %d of %d cycles without %s", (~known).sum(), len(known), name)
        data = data.take(np.flatnonzero(known))
    values = cycles.loc[known, name]
    return data, pd.Series(values.array, index=data.key, name=name)


def is_quantity(y: NDArray[Any]) -> bool:
    """Return whether a target is a number to regress on: fractions, or over 20 values."""
    if y.dtype.kind not in "iuf":
        return False
    return bool((y % 1 != 0).any()) or len(np.unique(y)) > _MOST_CLASSES


def without_giveaways(table: FeatureTable, y: "pd.Series[Any]") -> FeatureTable:
    """Drop the features that contain the target, are computed from it, or equal it."""
    name = str(y.name)
    given_away = _TIED.get(name, frozenset()) | {name}
    drop = np.array(
        [bool(given_away & {spec.name, *spec.requires}) for spec in table.specs], dtype=bool
    )
    if pd.api.types.is_numeric_dtype(y) and not pd.api.types.is_bool_dtype(y):
        values = y.to_numpy(np.float64)[:, None]
        drop |= np.isclose(table.frame.to_numpy(), values, rtol=1e-9, atol=0.0).all(axis=0)
    if not drop.any():
        return table
    specs = tuple(spec for spec, gone in zip(table.specs, drop, strict=True) if not gone)
    gone = tuple(
        LeftOut(spec.name, f"it would give the target {name} away")
        for spec, dropped in zip(table.specs, drop, strict=True)
        if dropped
    )
    return replace(
        table, frame=table.frame.loc[:, ~drop], specs=specs, left_out=(*table.left_out, *gone)
    )


# From cycles to ``X, y`` for scikit-learn


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
    if labelled.channels:
        table = feature_table(labelled, features, aggregations)
    else:
        table = _given_table(labelled, str(y.name), features)
    table = without_giveaways(table, y)
    if table.frame.shape[1] == 0:
        raise SchemaError(
            expected=f"features that do not contain the target {y.name}",
            got=left_out_message(table.left_out),
            where="features",
            fix="ask for more feature groups",
        )
    return table, y


def _given_table(data: LocomotionData, target: str, features: Sequence[str]) -> FeatureTable:
    """Return the columns of a table of features that a target may be learned from."""
    names = [name for name in features if name not in FEATURE_GROUPS]
    columns, left_out = columns_to_learn_from(data.cycles, target, names)
    plan = FeaturePlan.of(Schema.of((), data.columns), [GIVEN]).giving(columns)
    table = _computed(plan, data, [GIVEN])
    in_order = [name for name in columns if name in table.frame]
    specs = {spec.name: spec for spec in table.specs}
    return replace(
        table,
        frame=table.frame[in_order],
        specs=tuple(specs[name] for name in in_order),
        left_out=(*left_out, *table.left_out),
    )


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
        (see :func:`~locomotion_analysis.features.feature_table`). Of data without channels (a
        table of features): columns; all that may be learned from where groups are named.
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
