"""What a feature is, and what features are computed from.

A family of features decides by names alone (:class:`Schema`) which features there are, and computes
them from a :class:`CycleView`: the cycles with what several families need of them, each intermediate
result found once (statistics of the curves, the end of stance, the events of both legs).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError, counted
from locomotion_analysis.features.kernels.forces import loaded_percent, swing, toe_off
from locomotion_analysis.features.kernels.statistics import (
    CORE_STATISTICS,
    Curves,
    Index,
    Values,
    core_statistics,
    quantiles,
)
from locomotion_analysis.standard import (
    KEY,
    LEG_LENGTH_PER_HEIGHT,
    METADATA,
    N_PHASES,
    PHASE_PERCENT,
    STANDARD_GRAVITY_M_S2,
    Channel,
    toe_off_percent,
)

# Statistics that turn one curve of 150 points into one number


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A statistic of each curve.

    Attributes
    ----------
    formula : str
        Definition, for the catalogue.
    unit : str or None
        Unit of the result; None for the curve's own unit.
    """

    formula: str
    unit: str | None = None


_PHASE_UNIT = "% of cycle"

AGGREGATIONS: dict[str, Aggregation] = {
    "mean": Aggregation("mean over the 150 points"),
    "std": Aggregation("sample standard deviation (ddof=1, as pandas)"),
    "max": Aggregation("largest value"),
    "min": Aggregation("smallest value"),
    "peak": Aggregation("largest value (same as max)"),
    "rom": Aggregation("range of motion: max - min"),
    "range": Aggregation("max - min (same as rom)"),
    "rms": Aggregation("root of the mean square"),
    "median": Aggregation("middle value"),
    "argmax_phase": Aggregation("phase of the (first) largest value", _PHASE_UNIT),
    "argmin_phase": Aggregation("phase of the (first) smallest value", _PHASE_UNIT),
}
"""Statistics by name; besides these, ``qNN`` is the NN % quantile (q05, q25, q75, q95, ...)."""

SAME_AS = {"peak": "max", "range": "rom"}
"""Two names of one statistic."""

_QUANTILE = re.compile(r"^q(\d{2})$")


def aggregation(name: str) -> Aggregation:
    """Look up a statistic by name.

    Parameters
    ----------
    name : str
        A key of :data:`AGGREGATIONS`, or ``qNN`` for a quantile (linear interpolation).

    Raises
    ------
    SchemaError
        If there is none of that name; the message lists them.

    Examples
    --------
    >>> aggregation("q25").formula
    '25 % quantile'
    """
    if name in AGGREGATIONS:
        return AGGREGATIONS[name]
    match = _QUANTILE.match(name) if isinstance(name, str) else None
    if match is None:
        raise SchemaError(
            expected=f"aggregations among {', '.join(AGGREGATIONS)}, or qNN (q05, q25, q95)",
            got=repr(name),
            where="aggregations",
            fix="use one of these; joint work and impulses are in the feature group 'derived'",
        )
    return Aggregation(f"{int(match.group(1))} % quantile")


def quantile_level(name: str) -> float:
    """Return the share of points below a quantile.

    Parameters
    ----------
    name : str
        ``median`` or ``qNN``.

    Raises
    ------
    SchemaError
        If it is neither.

    Examples
    --------
    >>> quantile_level("median"), quantile_level("q05")
    (0.5, 0.05)
    """
    if name == "median":
        return 0.5
    aggregation(name)
    return int(name.removeprefix("q")) / 100.0


def checked_aggregations(names: Sequence[str] | str) -> dict[str, Aggregation]:
    """Return the statistics asked for, each once, in the order given."""
    wanted = [names] if isinstance(names, str) else list(names)
    return {name: aggregation(name) for name in wanted}


# Features and tables of them

DESCRIPTIVE = "descriptive statistic"
"""Source of a feature that needs no paper."""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One entry of the feature catalogue.

    Attributes
    ----------
    name : str
        Column name.
    group : str
        ``kinematic, kinetic, temporal, spatial, derived`` or ``clinical``.
    unit : str
        Unit of the value; ``"1"`` for a ratio.
    formula : str
        How it is computed.
    source : str
        Paper the definition comes from, with doi where it has one.
    requires : tuple of str
        Channels and columns of `cycles` that go into it.
    """

    name: str
    group: str
    unit: str
    formula: str
    source: str
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was asked for and could not be given.

    Attributes
    ----------
    name : str
        A group, feature, channel or family of features.
    reason : str
        Why.
    minor : bool
        Whether it is a part of the catalogue that most data lack (a path of the centre of
        pressure, a support moment): kept in the account, no reason for a warning.
    """

    name: str
    reason: str
    minor: bool = False


@dataclass(frozen=True)
class FeatureTable:
    """Features of some cycles.

    Attributes
    ----------
    frame : DataFrame, shape (n_cycles, n_features)
        float64, indexed by the cycle key.
    specs : tuple of FeatureSpec
        One for each column, in the same order.
    left_out : tuple of LeftOut
        What was asked for and is not among the columns.
    notes : tuple of str
        What was assumed, for example where the end of stance came from.
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[LeftOut, ...]:
        """What was left out and is worth a warning."""
        return tuple(entry for entry in self.left_out if not entry.minor)

    def describe(self) -> pd.DataFrame:
        """Return the catalogue entries of the columns, one row a feature."""
        return pd.DataFrame([asdict(spec) for spec in self.specs])


_MOST_NAMED = 8


def left_out_message(left_out: Sequence[LeftOut]) -> str:
    """Return one sentence of what was left out by reason; eight names, then how many more."""
    parts = []
    for why, names in left_out_by_reason(left_out).items():
        more = len(names) - _MOST_NAMED
        shown = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        parts.append(f"{shown} ({why})")
    return "features left out: " + "; ".join(parts)


def left_out_by_reason(left_out: Sequence[LeftOut]) -> dict[str, list[str]]:
    """Return the names of all that was left out for each reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in left_out:
        by_reason.setdefault(entry.reason, []).append(entry.name)
    return by_reason


# Metadata columns of the cycles, as numbers

POSTURAL_TASKS = ("sit_to_stand", "stand_to_sit")
"""Tasks without steps."""

_ABOVE_ZERO = (
    "cycle_duration_s",
    "cadence_steps_min",
    "stride_length_m",
    "step_length_m",
    "leg_length_m",
    "height_m",
    "mass_kg",
)


def number_column(cycles: pd.DataFrame, name: str) -> Values:
    """Return a column as float64, NaN where it is absent, no number, or impossible (<= 0)."""
    if name not in cycles:
        return np.full(len(cycles), np.nan)
    column = cycles[name]
    if not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "fi"):
        column = pd.to_numeric(column, errors="coerce")
    values = column.to_numpy(np.float64, na_value=np.nan)
    impossible = ~np.isfinite(values)
    if name in _ABOVE_ZERO:
        impossible |= values <= 0
    return np.where(impossible, np.nan, values)


def impossible_counts(cycles: pd.DataFrame) -> dict[str, int]:
    """Return, by column, how many durations, lengths and masses are zero or less."""
    present = [name for name in _ABOVE_ZERO if name in cycles]
    numbers = cycles[present].apply(pd.to_numeric, errors="coerce")
    return {name: int(count) for name, count in (numbers <= 0).sum().items() if count}


def first_known(*candidates: Values) -> Values:
    """Return, for each cycle, the first candidate that is not NaN."""
    result = candidates[0]
    for values in candidates[1:]:
        result = np.where(np.isnan(result), values, result)
    return result


# The end of stance of each cycle: measured where it can be, published where it cannot

CONTACT_FORCE_N = 20.0
"""Vertical force above which the foot is on the ground (Fukuchi et al. 2017, PeerJ 5:e3298)."""

_USUAL_MASS_KG = 70.0
_SOURCES = np.array(["metadata", "grf", "published", "unknown"])
_DIFFERENT_PERCENT = 10.0
"""Toe-offs of the column and of the force further apart than this are not of one foot or unit."""


_END_OF_STANCE = {
    "metadata": "by the column stance_percent",
    "grf": "by the vertical force",
    "published": "the published value of the task",
    "unknown": "unknown",
}


@dataclass(frozen=True)
class Stance:
    """Where stance ends.

    Attributes
    ----------
    percent : ndarray, shape (n_cycles,)
        Toe-off of the ipsilateral foot, percent of the cycle; NaN for a task without steps.
    source : ndarray of str, shape (n_cycles,)
        ``"metadata"`` (column stance_percent), ``"grf"`` (vertical force), ``"published"``
        (literature, by task and speed) or ``"unknown"``.
    disputed : int
        Cycles whose column and whose force differ by more than 10 % of the cycle.
    """

    percent: Values
    source: NDArray[np.str_]
    disputed: int = 0

    @property
    def measured(self) -> Values:
        """The percent where it was measured, NaN where it is a published value."""
        return np.where(np.isin(self.source, ("grf", "metadata")), self.percent, np.nan)

    def note(self) -> str:
        """Return how many cycles each source served."""
        counts = ", ".join(
            f"{_END_OF_STANCE[name]} in {counted(count, 'cycle')}"
            for name, count in Counter(self.source.tolist()).most_common()
        )
        note = f"end of stance: {counts}"
        if self.disputed:
            note += (
                f"; the column stance_percent and the vertical force differ by more than "
                f"{_DIFFERENT_PERCENT:g} % of the cycle in {self.disputed}"
            )
        return note


def stance_percent(data: LocomotionData) -> Stance:
    """Find toe-off of every cycle.

    In this order: the column ``stance_percent``, whose events were found in the recording
    itself; where the vertical ground reaction force falls below 20 N for the longest time (on
    force in body weights: 20 N over the subject's weight, or over that of 70 kg where the mass is
    unknown), interpolated between samples of the cycle; the published toe-off of the task at the
    cycle's speed.

    Parameters
    ----------
    data : LocomotionData
        The cycles.

    Returns
    -------
    Stance

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> stance = stance_percent(simulate(n_subjects=3, n_cycles=2))
    >>> sorted(set(stance.source.tolist()))
    ['metadata']
    """
    return CycleView(data).stance


def _stance_of(view: "CycleView") -> Stance:
    told = view.column("stance_percent")
    metadata = np.where((told > 0) & (told < 100), told, np.nan)
    ground = view.ground_force("ipsi")
    # Who stands up unloads the feet, and lifts none.
    force = np.full(len(view), np.nan) if ground is None else toe_off(*ground)
    force = np.where(view.steps, force, np.nan)
    percent = first_known(metadata, force)
    unmeasured = np.isnan(percent)
    if unmeasured.any():
        speed, leg = view.column("speed_m_s"), view.leg_length_m
        for task in dict.fromkeys(view.tasks[unmeasured]):
            own = unmeasured & (view.tasks == task)
            percent[own] = toe_off_percent(task, speed[own], leg[own])
    known = [np.isfinite(metadata), np.isfinite(force), np.isfinite(percent)]
    disputed = int(np.sum(np.abs(metadata - force) > _DIFFERENT_PERCENT))
    return Stance(percent, _SOURCES[np.select(known, [0, 1, 2], default=3)], disputed)


class GroundForce(NamedTuple):
    """Vertical force of one foot and what it takes to be on the ground.

    Attributes
    ----------
    force : ndarray of float32, shape (n_cycles, 150)
        BW or N.
    threshold : ndarray, shape (n_cycles,)
        20 N in the force's unit.
    """

    force: NDArray[np.float32]
    threshold: Values


# Names of the channels and columns at hand: all that decides which features there are

DEFAULT_AGGREGATIONS = ("mean", "std", "max", "min")


@dataclass(frozen=True)
class Schema:
    """What there is to compute features from, by name.

    Attributes
    ----------
    channels : mapping of str to Channel
        Parsed channel names, in their order.
    columns : frozenset of str
        Columns of `cycles`.
    aggregations : mapping of str to Aggregation
        Statistics of each curve that were asked for.
    """

    channels: Mapping[str, Channel]
    columns: frozenset[str]
    aggregations: Mapping[str, Aggregation]

    @classmethod
    def of(
        cls,
        channels: Sequence[str],
        columns: Sequence[str],
        aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
    ) -> Self:
        """Parse channel names and look the statistics up.

        Raises
        ------
        SchemaError
            If a channel or statistic is unknown.
        """
        parsed = {name: Channel.parse(name) for name in channels}
        return cls(parsed, frozenset(columns), checked_aggregations(aggregations))

    @classmethod
    def of_data(
        cls, data: LocomotionData, aggregations: Sequence[str] = DEFAULT_AGGREGATIONS
    ) -> Self:
        """Return the names in a dataset."""
        return cls.of(data.channels, data.columns, aggregations)

    def of_measurement(self, *measurements: str) -> dict[str, Channel]:
        """Return the channels of some measurements (angle, moment, grf, ...)."""
        return {
            name: channel
            for name, channel in self.channels.items()
            if channel.measurement in measurements
        }

    def has(self, *columns: str) -> bool:
        """Return whether all these columns exist."""
        return self.columns.issuperset(columns)

    @property
    def has_speed(self) -> bool:
        """Whether there is :attr:`CycleView.speed_m_s`: measured, or stride length over duration."""
        return self.has("speed_m_s") or self.has("stride_length_m", "cycle_duration_s")

    @property
    def has_stride_length(self) -> bool:
        """Whether there is :attr:`CycleView.stride_length_m`: measured, or speed times duration."""
        return self.has("stride_length_m") or self.has("speed_m_s", "cycle_duration_s")

    @property
    def has_leg_length(self) -> bool:
        """Whether leg lengths are measured or can be told from the body height."""
        return self.has("leg_length_m") or self.has("height_m")

    def force(self, axis: str, side: str) -> str | None:
        """Return the channel of a leg's ground reaction force, in BW before N, or None."""
        names = (f"grf_{axis}_{side}_{unit}" for unit in ("BW", "N"))
        return next((name for name in names if name in self.channels), None)

    def pairs(self, *measurements: str) -> dict[str, tuple[str, str]]:
        """Return (ipsilateral, contralateral) channel names by quantity, of both legs' channels.

        A quantity in two units (Nm and Nm/kg) is paired once, in the unit that comes first.
        """
        found: dict[str, tuple[str, str]] = {}
        for name, channel in self.of_measurement(*measurements).items():
            other = channel.opposite()
            if channel.side == "ipsi" and other is not None and other.name in self.channels:
                found.setdefault(channel.quantity, (name, other.name))
        return found


_JOINT_MOTIONS = (
    "hip_flexion",
    "hip_adduction",
    "hip_internal_rotation",
    "knee_flexion",
    "knee_adduction",
    "knee_internal_rotation",
    "ankle_dorsiflexion",
    "ankle_inversion",
    "ankle_internal_rotation",
)
_JOINTS = ("hip", "knee", "ankle")
_MIDLINE = tuple(
    f"{segment}_{motion}_angle_rad"
    for segment in ("pelvis", "trunk")
    for motion in ("anterior_tilt", "obliquity_up", "internal_rotation")
)
_SEGMENTS = tuple(f"{segment}_sagittal" for segment in ("thigh", "shank", "foot"))
_FORCE_AXES = ("vertical", "anterior", "lateral")


def full_schema(aggregations: Sequence[str] = DEFAULT_AGGREGATIONS) -> Schema:
    """Return a schema with every standard channel of both legs and every metadata column.

    Parameters
    ----------
    aggregations : sequence of str
        Statistics of each curve.

    Examples
    --------
    >>> "hip_flexion_moment_contra_Nm_kg" in full_schema().channels
    True
    """
    channels = list(_MIDLINE)
    for side in ("ipsi", "contra"):
        channels += [f"{motion}_angle_{side}_rad" for motion in (*_JOINT_MOTIONS, *_SEGMENTS)]
        channels.append(f"foot_progression_internal_angle_{side}_rad")
        channels += [f"{motion}_velocity_{side}_rad_s" for motion in _JOINT_MOTIONS]
        channels += [f"{motion}_moment_{side}_Nm_kg" for motion in _JOINT_MOTIONS]
        channels += [f"{joint}_power_{side}_W_kg" for joint in _JOINTS]
        channels += [f"grf_{axis}_{side}_BW" for axis in _FORCE_AXES]
        channels += [f"cop_{axis}_{side}_m" for axis in ("anterior", "lateral")]
    return Schema.of(channels, [*KEY, *METADATA], aggregations)


# The cycles as the feature families see them

_CORE_ROWS = {name: row for row, name in enumerate(CORE_STATISTICS)}
_CORE_ROWS |= {name: _CORE_ROWS[other] for name, other in SAME_AS.items()}


class CycleView:
    """Read-only view of a dataset that computes each intermediate result once.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    aggregations : iterable of str
        The statistics that will be asked for, where known: all quantiles are found in one go.
    """

    def __init__(self, data: LocomotionData, aggregations: Iterable[str] = ()) -> None:
        self.data = data
        self._levels = {quantile_level(name) for name in aggregations if name not in _CORE_ROWS}
        self.cycles: pd.DataFrame = data.cycles
        self.channels = {name: Channel.parse(name) for name in data.channels}
        self._positions = {name: row for row, name in enumerate(data.channels)}
        self._quantiles: dict[float, Values] = {}
        self._columns: dict[str, Values] = {}

    def __len__(self) -> int:
        return len(self.cycles)

    def curves(self, channel: str) -> Curves:
        """Return one channel, (n_cycles, 150)."""
        return self.data.curves(channel)

    def complete(self, channel: str) -> NDArray[np.bool_]:
        """Return which cycles have all 150 points of a channel."""
        return ~np.isnan(self.statistic(channel, "mean"))

    def statistic(self, channel: str, name: str) -> Values:
        """Return a statistic of each curve of a channel; NaN where a point is not measured.

        Parameters
        ----------
        channel : str
            A channel of the data.
        name : str
            A statistic of :data:`AGGREGATIONS`, ``qNN``, or a row of
            :data:`~locomotion_analysis.features.kernels.statistics.CORE_STATISTICS`.
        """
        row = _CORE_ROWS.get(name)
        if row is None:
            level = quantile_level(name)
            if level not in self._quantiles:
                # Sorting a curve once serves all the quantiles that were asked for.
                levels = sorted({level, *self._levels} - set(self._quantiles))
                found = quantiles(self.data.block, np.array(levels))
                self._quantiles.update(zip(levels, found, strict=True))
            values: Values = self._quantiles[level][self._positions[channel]]
        else:
            values = self._core[self._positions[channel], row].astype(np.float64)
        return values

    @cached_property
    def _core(self) -> Curves:
        return core_statistics(self.data.block, self.stance_index)

    def column(self, name: str) -> Values:
        """Return a metadata column as numbers, NaN where unknown; not to be written to."""
        if name not in self._columns:
            self._columns[name] = number_column(self.cycles, name)
        return self._columns[name]

    @cached_property
    def duration_s(self) -> Values:
        """Duration of each cycle, NaN where unknown: never a number of rows."""
        return self.column("cycle_duration_s")

    @cached_property
    def speed_m_s(self) -> Values:
        """Walking speed: as measured, else stride length over duration."""
        return first_known(
            self.column("speed_m_s"), self.column("stride_length_m") / self.duration_s
        )

    @cached_property
    def stride_length_m(self) -> Values:
        """Stride length: as measured, else speed times duration."""
        return first_known(
            self.column("stride_length_m"), self.column("speed_m_s") * self.duration_s
        )

    @cached_property
    def stance(self) -> Stance:
        """End of stance of each cycle."""
        return _stance_of(self)

    @cached_property
    def stance_index(self) -> NDArray[np.int64]:
        """Number of grid points in stance: the first of swing; -1 where stance is unknown."""
        percent = self.stance.percent
        index = np.searchsorted(PHASE_PERCENT, percent, side="right")
        return np.where(np.isnan(percent), -1, index)

    @cached_property
    def tasks(self) -> NDArray[np.object_]:
        """Task of each cycle."""
        return self.cycles["task"].to_numpy(dtype=object)

    @cached_property
    def steps(self) -> NDArray[np.bool_]:
        """Whether each cycle belongs to a task with steps."""
        return ~np.isin(self.tasks, POSTURAL_TASKS)

    @cached_property
    def runs(self) -> NDArray[np.bool_]:
        """Whether each cycle is one of running."""
        return np.asarray(self.tasks == "run", dtype=bool)

    @cached_property
    def leg_length_m(self) -> Values:
        """Measured leg length, or 0.53 of the body height where only that is known."""
        estimated = LEG_LENGTH_PER_HEIGHT * self.column("height_m")
        return first_known(self.column("leg_length_m"), estimated)

    def ground_force(self, side: str) -> GroundForce | None:
        """Return the vertical force of a side with its contact threshold, or None without one."""
        for unit in ("BW", "N"):
            name = f"grf_vertical_{side}_{unit}"
            if name in self.channels:
                threshold = np.full(len(self), CONTACT_FORCE_N)
                if unit == "BW":
                    mass = self.column("mass_kg")
                    mass = np.where(np.isnan(mass), _USUAL_MASS_KG, mass)
                    threshold /= mass * STANDARD_GRAVITY_M_S2
                return GroundForce(self.curves(name), threshold)
        return None

    @cached_property
    def double_support_percent(self) -> Values:
        """Share of the cycle with both feet loaded: the column, else from both vertical forces."""
        metadata = self.column("double_support_percent")
        own, other = self.ground_force("ipsi"), self.ground_force("contra")
        if own is None or other is None:
            return metadata
        return first_known(metadata, np.where(self.steps, loaded_percent(*own, *other), np.nan))

    def integral(self, channel: str, sign: int) -> Values:
        """Integrate the positive (+1) or negative (-1) part of a channel.

        Trapezoid rule over time (s) where the data have a column of durations, else over phase
        (1 = one cycle).
        """
        over_phase = self.statistic(channel, "positive" if sign > 0 else "negative")
        return over_phase * self.duration_s if "cycle_duration_s" in self.cycles else over_phase


# Families: features that are computed together


@dataclass(frozen=True, slots=True)
class Family:
    """Features that are computed together.

    Attributes
    ----------
    specs : tuple of FeatureSpec
        What they are, all of one group.
    compute : callable
        From the cycles at hand to one row of numbers a feature: an array of shape
        (n_specs, n_cycles) or an iterable of n_specs arrays of shape (n_cycles,). NaN where a
        value cannot be known.
    across_cycles : bool
        Whether a cycle's value depends on the other cycles of the same dataset, subject, task
        and task_id, so that these must be handed over together.
    """

    specs: tuple[FeatureSpec, ...]
    compute: Callable[[CycleView], Iterable[NDArray[Any]]]
    across_cycles: bool = False


FamilyFactory = Callable[[Schema], Iterator[Family | LeftOut]]
"""What families there are for some channels and columns. It sees names only, never values, so
that every batch of a stream and every machine gives the same columns."""


def scalar(
    spec: FeatureSpec, values: Callable[[CycleView], Values], *, known: bool, missing: str
) -> Family | LeftOut:
    """Return a family of one feature, or say why there is none.

    Parameters
    ----------
    spec : FeatureSpec
        What it is.
    values : callable
        Gives one number a cycle, NaN where unknown.
    known : bool
        Whether the data has what it takes.
    missing : str
        The reason to give when it has not.
    """
    if not known:
        return LeftOut(spec.name, missing)
    return Family((spec,), lambda view: (values(view),))


# The events of each leg's own stride, and parts of the stride between them

EVENTS = {
    "contact": "initial contact",
    "opposite_toe_off": "toe-off of the opposite foot",
    "midstance": "half of stance",
    "opposite_contact": "initial contact of the opposite foot",
    "toe_off": "toe-off",
    "midswing": "half of swing",
}
"""Events of one leg's stride, in the order of walking."""

OTHER_LEG = "the other leg's events: its force, else double support in halves, else symmetry"
"""Where the events of the contralateral leg come from; in full: :func:`leg_events`."""

_STEP = 100.0 / (N_PHASES - 1)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LegEvents:
    """Events of one leg, percent of the cycle, NaN where unknown.

    Attributes
    ----------
    start : ndarray, shape (n_cycles,)
        Initial contact of this leg in the ipsilateral cycle: 0 for the ipsilateral leg itself.
    stance, opposite_toe_off, opposite_contact : ndarray, shape (n_cycles,)
        Counted from this leg's own contact, 0 to 100.
    measured : ndarray of bool, shape (n_cycles,)
        Whether the contralateral leg's contact and toe-off come from its vertical force and the
        ipsilateral toe-off is no published value.
    """

    start: Values
    stance: Values
    opposite_toe_off: Values
    opposite_contact: Values
    measured: NDArray[np.bool_]

    @cached_property
    def phases(self) -> Values:
        """Return the :data:`EVENTS` in the ipsilateral cycle, below 200: (6, n_cycles)."""
        own = [
            np.where(np.isnan(self.start), np.nan, 0.0),
            self.opposite_toe_off,
            self.stance / 2.0,
            self.opposite_contact,
            self.stance,
            (self.stance + 100.0) / 2.0,
        ]
        return np.stack(own) + self.start

    def part(self, begin: float, end: float) -> tuple[Index, Index]:
        """Return the first and last sample of a part of the stride, both (n_cycles,).

        Parameters
        ----------
        begin, end : float
            0 is contact, 1 toe-off, 2 the next contact, linear between.
        """
        first = np.ceil(self.phase(begin) / _STEP - _ROUNDING)
        last = np.floor(self.phase(end) / _STEP + _ROUNDING)
        known = np.isfinite(first)
        return (
            np.where(known, first, 0).astype(np.int64),
            np.where(known, last, -1).astype(np.int64),
        )

    def parts(self, *shares: tuple[float, float]) -> tuple[Index, Index]:
        """Return :meth:`part` of several parts, each (n_parts, n_cycles)."""
        found = [self.part(*share) for share in shares]
        return np.stack([first for first, _ in found]), np.stack([last for _, last in found])

    @cached_property
    def stance_and_swing(self) -> tuple[Index, Index]:
        """First and last samples of stance and of swing, each (2, n_cycles)."""
        first, last = self.parts((0.0, 1.0), (1.0, 2.0))
        first[1] = np.where(last[0] >= first[0], last[0] + 1, 0)
        return first, last

    def percent(self, sample: Values) -> Values:
        """Return the phase of a sample, percent of the cycle since this leg's contact."""
        return sample * _STEP - self.start

    def phase(self, share: float) -> Values:
        """Return the phase of a share of the stride, percent of the ipsilateral cycle, to 200.

        Parameters
        ----------
        share : float
            0 is contact, 1 toe-off, 2 the next contact, linear between.
        """
        if share <= 1.0:
            return self.start + share * self.stance
        return self.start + self.stance + (share - 1.0) * (100.0 - self.stance)


_found: WeakKeyDictionary[CycleView, dict[str, LegEvents]] = WeakKeyDictionary()


def leg_events(view: CycleView, side: str | None) -> LegEvents:
    """Return the events of a leg; those of the ipsilateral leg for a midline channel.

    The ipsilateral toe-off is that of :func:`stance_percent`. The contralateral leg's contact and
    toe-off: where its vertical force rises above and falls below 20 N; else from
    ``double_support_percent``, in equal halves before and after single support; else half a cycle
    after those of the ipsilateral leg. A contralateral stance usually runs past the end of the
    cycle and is taken up at its beginning.

    Parameters
    ----------
    view : CycleView
    side : {"ipsi", "contra"} or None
    """
    if view not in _found:
        toe_off = view.stance.percent
        both = view.column("double_support_percent")
        halves = (both > 0) & (both < toe_off)
        other_off = np.where(halves, both / 2.0, (toe_off + 50.0) % 100.0)
        half_cycle = np.where(np.isnan(toe_off), np.nan, 50.0)
        other_on = np.where(halves, toe_off - both / 2.0, half_cycle)
        measured = np.zeros(len(view), dtype=bool)
        ground = view.ground_force("contra")
        if ground is not None:
            force_off, force_on = swing(*ground)
            from_force = np.isfinite(force_off) & np.isfinite(toe_off)
            other_off = np.where(from_force, force_off, other_off)
            other_on = np.where(from_force, force_on, other_on)
            measured = from_force & np.isfinite(view.stance.measured)
        zero = np.where(np.isnan(toe_off), np.nan, 0.0)
        ipsi = LegEvents(zero, toe_off, other_off, other_on, measured)
        contra = LegEvents(
            start=other_on,
            stance=(other_off - other_on) % 100.0,
            opposite_toe_off=(toe_off - other_on) % 100.0,
            opposite_contact=(zero - other_on) % 100.0,
            measured=measured,
        )
        _found[view] = {"ipsi": ipsi, "contra": contra}
    return _found[view][side or "ipsi"]
