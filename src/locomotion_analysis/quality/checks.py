"""The checks: a code, severity, title and remedy each, and what they look for.

``GAIT0xx`` structure, ``GAIT1xx`` physiology, ``GAIT2xx`` physics, ``GAIT3xx`` outlier strides.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.quality.batch import (
    Batch,
    Floats,
    Hits,
    distance_limits,
    group_codes,
    group_medians,
    resting_extremes,
    stride_distances,
)
from locomotion_analysis.quality.norm_fit import out_of_phase, over_stance_alone
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_PERCENT, TASKS, Channel
from locomotion_analysis.standard.channels import JOINTS
from locomotion_analysis.standard.norms import NOT_CYCLIC

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes
    ----------
    code : str
        ``GAIT0xx`` structure, ``GAIT1xx`` physiology, ``GAIT2xx`` physics, ``GAIT3xx`` outliers.
    severity : {"error", "warning", "info"}
        error: the data cannot be right. warning: look at it. info: something is not there.
    title : str
        What a finding says, in one line.
    fix : str
        What to do about it, in one line.
    """

    code: str
    severity: Severity
    title: str
    fix: str


_ROWS: tuple[tuple[str, Severity, str, str], ...] = (
    ("GAIT001", "error", "subject on both sides of a split", "split by subject"),
    ("GAIT002", "error", "two cycles with one key", "number the steps of a subject differently"),
    ("GAIT003", "warning", "the same curves under another key", "remove the copy"),
    ("GAIT004", "warning", "gap within a curve", "fill short gaps when converting, or drop it"),
    ("GAIT005", "info", "channel not measured in this cycle", "nothing, or leave the channel out"),
    ("GAIT006", "error", "infinite value", "find the division by zero upstream"),
    ("GAIT007", "error", "not on the phase grid of 150 points", "resample the cycles"),
    ("GAIT008", "warning", "curve without any change", "write NaN where nothing was measured"),
    ("GAIT009", "info", "channel of one leg only", "add the other leg where it was measured"),
    ("GAIT010", "info", "metadata not there", "add the column; see locomotion info"),
    ("GAIT011", "warning", "last samples all the same", "locomotion doctor: stretched grid"),
    ("GAIT012", "warning", "one name, several bodies", "give each person a name of their own"),
    ("GAIT013", "warning", "named like a marker set", "name who was measured"),
    ("GAIT014", "info", "names that differ by blanks or case", "write each name one way"),
    (
        "GAIT015",
        "warning",
        "names that differ by separators or zeros",
        "one person: name it one way",
    ),
    ("GAIT016", "warning", "a name that names nobody", "name who was measured, or drop the cycles"),
    ("GAIT017", "warning", "two names with one gait", "look who they are; one person: one name"),
    (
        "GAIT018",
        "info",
        "known for part of the cycle only",
        "nothing: it could not be measured there",
    ),
    ("GAIT019", "error", "no swing: force over the stance alone", "cut whole strides, or name it"),
    ("GAIT101", "error", "outside the rails of the task", "locomotion doctor, then the recording"),
    ("GAIT102", "warning", "outside the band of healthy adults", "look at the curve"),
    ("GAIT103", "warning", "unknown task: ranges not checked", "use a standard task name"),
    ("GAIT104", "info", "no published range for this channel and task", "check it by eye"),
    ("GAIT105", "warning", "metadata outside human range", "correct the unit or the value"),
    ("GAIT106", "warning", "joint rests at one value", "widen the model's limit of the joint"),
    ("GAIT107", "warning", "level off, shape as the norm", "see what the model calls zero"),
    ("GAIT108", "error", "begins half a cycle off", "cut at the contact of its own foot"),
    ("GAIT201", "error", "segment chain does not close", "check segment and pelvis conventions"),
    ("GAIT202", "error", "power is not moment times velocity", "check units, sides and signs"),
    ("GAIT203", "error", "both legs do not carry one body weight", "check mass, plates and sides"),
    ("GAIT204", "error", "velocity is not the angle's derivative", "check unit and duration"),
    ("GAIT205", "error", "angle jumps between two samples", "unwrap or drop the stride"),
    ("GAIT206", "error", "ground pulls the foot down", "check the sign and zero of the plate"),
    ("GAIT301", "warning", "stride unlike the subject's others", "look at the stride"),
    ("GAIT302", "info", "too few strides to judge outliers", "nothing, or record more strides"),
)

CHECKS: dict[str, Check] = {row[0]: Check(*row) for row in _ROWS}
"""Code -> check."""

ELSEWHERE = ("GAIT001",)
"""Codes that another room raises: the leak check of splits, in ``selection``."""


def known_codes(codes: Iterable[str]) -> frozenset[str]:
    """Return `codes` in upper case; raise for one that does not exist.

    A prefix names all its codes: ``GAIT3`` or ``GAIT3xx`` is every outlier check.

    Raises
    ------
    SchemaError
        If a code is unknown.
    """
    found: set[str] = set()
    for code in codes:
        prefix = code.upper().rstrip("X")
        matching = {name for name in CHECKS if name.startswith(prefix)} if prefix else set()
        if not matching or not prefix.startswith("GAIT"):
            raise SchemaError(
                expected=f"codes of checks ({', '.join(CHECKS)})",
                got=repr(code),
                fix="see docs/checks",
            )
        found |= matching
    return frozenset(found)


# Structure (GAIT0xx): keys, copies, gaps, missing sides and metadata


EXPECTED_METADATA = (
    "cycle_duration_s", "speed_m_s", "side", "age", "sex", "height_m", "mass_kg", "pathology",
)  # fmt: skip
"""Columns later steps can use: time integrals, speed-matched norms, normalisation, targets."""

SHORTEST_TAIL = 3
"""Equal last samples that are more than a coincidence of rounding."""

_HASH_SAMPLES = slice(0, None, 7)
_MULTIPLIER, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_MAY_BE_CONSTANT = ("grf", "cop")
_DERIVED = ("velocity", "acceleration")
"""Checked against the curves they derive from, not against ranges."""


def structure_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT004, 005, 006, 008, 011 and 018: what is missing or not alive in single curves."""
    facts, absent = batch.facts, batch.facts.missing == N_PHASES
    row, cycle = np.nonzero((facts.missing > 0) & ~absent)
    gaps = np.isnan(batch.block[row, cycle])
    first, count = gaps.argmax(axis=1), facts.missing[row, cycle]
    unknown = _not_to_be_known(batch, row, cycle, gaps)
    for code, own in (("GAIT004", ~unknown), ("GAIT018", unknown)):
        yield Hits.at(code, cycle[own], row[own], PHASE_PERCENT[first[own]], count[own], 0, 0)
    measured_somewhere = ~absent.all(axis=1, keepdims=True)
    yield Hits.where("GAIT005", absent & measured_somewhere)
    yield Hits.where("GAIT006", facts.infinite > 0, value=np.inf)
    flat = facts.tail == N_PHASES
    yield Hits.where("GAIT008", flat, value=batch.block[:, :, 0])
    forces = [Channel.parse(name).measurement in _MAY_BE_CONSTANT for name in batch.channels]
    # Force is zero through swing, so a constant end means nothing there.
    ends = (facts.tail >= SHORTEST_TAIL) & ~flat & ~np.array(forces)[:, None]
    ends &= batch.block[:, :, -1] != 0
    yield Hits.where(
        "GAIT011", ends, phase=PHASE_PERCENT[N_PHASES - facts.tail.clip(1)], value=facts.tail,
        low=1, high=SHORTEST_TAIL - 1,
    )  # fmt: skip


_KINETIC = ("grf", "cop", "moment", "power")
_LONGEST_FILLED_S = 0.1
"""`locomotion convert` fills shorter gaps: what is left of them is a fault."""

_USUAL_CYCLE_S = 1.1
_FOOT_IN_THE_AIR_BW = 0.05


def _not_to_be_known(
    batch: Batch, row: NDArray[np.intp], cycle: NDArray[np.intp], gaps: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which gaps are where nothing was to be known, as the history or the force says.

    Either `convert` set forces and moments to NaN in stances without a plate: then a gap is as
    long as a part of a stance, or it begins or ends the cycle. Or it masked a quantity that the
    history names. Or the centre of pressure of a foot in the air.
    """
    parsed = [Channel.parse(name) for name in batch.channels]
    kinds = np.array([channel.measurement for channel in parsed])
    masked = " ".join(e.detail for e in batch.data.history if e.action == "masked")
    named = np.array(
        [
            channel.quantity in masked
            or (channel.measurement == "velocity" and "velocities" in masked)
            for channel in parsed
        ],
        dtype=bool,
    )
    unknown = named[row]
    if masked:
        seconds = batch.cycles.reindex(columns=["cycle_duration_s"]).to_numpy(dtype=np.float64)
        seconds = np.nan_to_num(seconds[cycle, 0], nan=_USUAL_CYCLE_S)
        long = gaps.mean(axis=1) * seconds >= _LONGEST_FILLED_S
        unknown |= np.isin(kinds[row], _KINETIC) & (long | gaps[:, 0] | gaps[:, -1])
    for at in np.flatnonzero(kinds == "cop"):
        vertical = f"grf_vertical_{Channel.parse(batch.channels[at]).side}_BW"
        if vertical in batch.channels:
            own = np.flatnonzero(row == at)
            force = batch.block[batch.channels.index(vertical), cycle[own]]
            unknown[own] |= ~(gaps[own] & (force >= _FOOT_IN_THE_AIR_BW)).any(axis=1)
    return unknown


@dataclass
class Seen:
    """What was seen in earlier batches: 16 bytes a cycle.

    Attributes
    ----------
    keys, curves : ndarray of uint64, sorted
        Hashes of the keys and of the curves.
    """

    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    curves: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def hits(self, batch: Batch) -> Iterator[Hits]:
        """GAIT002 and GAIT003: cycles that were there before, by key or by curves."""
        hashes = pd.util.hash_pandas_object(batch.cycles[list(KEY)], index=False)
        key = hashes.to_numpy().astype(np.uint64)
        again, self.keys = _again(key, self.keys)
        yield Hits.at("GAIT002", np.flatnonzero(again))
        curve, alive = _hash_curves(batch)
        copied, self.curves = _again(curve[alive], self.curves)
        yield Hits.at("GAIT003", np.flatnonzero(alive)[copied])


def _again(
    found: NDArray[np.uint64], seen: NDArray[np.uint64]
) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Return which hashes occurred before, and the sorted hashes with the new ones."""
    place = np.searchsorted(seen, found)
    before = np.zeros(len(found), dtype=bool)
    if len(seen):
        before = seen[np.minimum(place, len(seen) - 1)] == found
    again = before | pd.Series(found).duplicated().to_numpy()
    new = np.sort(found[~again])
    return again, np.insert(seen, np.searchsorted(seen, new), new)


def _hash_curves(batch: Batch) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Hash each cycle's curves bit by bit; a cycle without any change is not looked at."""
    bits = batch.block[:, :, _HASH_SAMPLES].view(np.uint32).astype(np.uint64)
    total = np.zeros(len(batch), dtype=np.uint64)
    for of_cycles in bits.swapaxes(1, 2).reshape(-1, len(batch)):
        total = (total ^ of_cycles) * _MULTIPLIER
        total ^= total >> _SHIFT
    moving = (batch.facts.tail < N_PHASES) & (batch.facts.missing < N_PHASES)
    return total, np.asarray(moving.any(axis=0))


@dataclass
class Inventory:
    """Which channels and columns each dataset has, counted over batches."""

    cycles: Counter[str] = field(default_factory=Counter)
    measured: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)
    unranged: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, batch: Batch) -> None:
        """Count the batch's cycles by channel measured and column filled in."""
        datasets = batch.cycles["dataset"]
        there = batch.facts.missing < N_PHASES
        codes, tasks = batch.tasks
        checked_by_range = [
            Channel.parse(name).measurement not in _DERIVED for name in batch.channels
        ]
        unranged = [
            (code, task, row)
            for code, task in enumerate(tasks)
            for row in np.flatnonzero(checked_by_range & np.isnan(batch.rails[code, :, 0, 0]))
            if task in TASKS
        ]
        for dataset in datasets.unique():
            own = (datasets == dataset).to_numpy()
            self.cycles[dataset] += int(own.sum())
            for name, row in zip(batch.channels, there, strict=True):
                self.measured[dataset, name] += int((row & own).sum())
            for code, task, row in unranged:
                count = int((there[row] & own & (codes == code)).sum())
                self.unranged[dataset, task, batch.channels[row]] += count
            for name in EXPECTED_METADATA:
                if name in batch.cycles:
                    self.filled[dataset, name] += int(batch.cycles.loc[own, name].notna().sum())

    def findings(self) -> Iterator[tuple[str, str, str, str, int]]:
        """GAIT009, 010 and 104: (code, dataset, task, channel or column, cycles concerned)."""
        for (dataset, task, name), count in self.unranged.items():
            if count:
                yield "GAIT104", dataset, task, name, count
        for dataset, n_cycles in self.cycles.items():
            has = {name for (of, name), n in self.measured.items() if of == dataset and n}
            for name in sorted(has):
                opposite = Channel.parse(name).opposite()
                if opposite is not None and opposite.name not in has:
                    yield "GAIT009", dataset, "", opposite.name, n_cycles
            for name in EXPECTED_METADATA:
                lacking = n_cycles - self.filled[dataset, name]
                if lacking:
                    yield "GAIT010", dataset, "", name, lacking


# Physiology (GAIT1xx): what a human body does in a task, by phase and channel


MOST_OUTSIDE_PERCENT = 15.0
"""Percent of the cycle a curve may leave the healthy band before it is reported.

A band of 3 standard deviations holds pointwise; a whole curve of a healthy person leaves it now
and then for a moment, most often because an event comes a little early or late.
"""

FAR_OUTSIDE = 0.5
"""Share of the band's width beyond which even a moment outside it is reported."""

METADATA_RANGE: dict[str, tuple[float, float]] = {
    "cycle_duration_s": (0.35, 8.0),
    "stance_percent": (20.0, 90.0),
    "double_support_percent": (0.0, 80.0),
    "speed_m_s": (0.0, 12.0),
    "cadence_steps_min": (20.0, 300.0),
    "step_length_m": (0.0, 2.5),
    "stride_length_m": (0.0, 5.0),
    "step_width_m": (-0.1, 0.6),
    "toe_clearance_m": (-0.05, 0.3),
    "com_vertical_range_m": (0.0, 0.3),
    "com_lateral_range_m": (0.0, 0.5),
    "margin_of_stability_anterior_m": (-1.5, 1.0),
    "margin_of_stability_lateral_m": (-0.3, 0.5),
    "incline_deg": (-35.0, 35.0),
    "age": (1.0, 115.0),
    "height_m": (0.6, 2.4),
    "mass_kg": (7.0, 250.0),
    "leg_length_m": (0.25, 1.35),
}
"""Outside these a value is in another unit or a typing error."""


_LEAST_LEVEL, _SAME_SHAPE = 0.6, 0.4
"""Of half the healthy band's width (3 standard deviations): a smaller level is no reason to leave
the band, and a larger root mean square of the rest is another shape."""


def physiology_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT019, 101, 102, 107 and 108: what a body does, at its phase of the cycle.

    Cycles that hold the stance alone, or begin half a cycle off, are named for that: their phases
    are not those of the ranges.
    """
    stance = over_stance_alone(batch.block, batch.channels) & _in_cyclic_tasks(batch)
    shifted = out_of_phase(batch.data) & ~stance
    yield Hits.at("GAIT019", np.flatnonzero(stance))
    yield Hits.at("GAIT108", np.flatnonzero(shifted))
    in_phase = ~(stance | shifted)
    beyond = (batch.facts.beyond > 0) & in_phase
    yield _at_worst(batch, "GAIT101", beyond, batch.facts.beyond_at, batch.rails)
    strange = _strange(batch.facts.outside, batch.facts.outside_by, _width_at_worst(batch))
    strange &= ~beyond & in_phase
    level = _off_by_level(batch, strange)
    strange[level.channel, level.cycle] = False
    yield level
    yield _at_worst(batch, "GAIT102", strange, batch.facts.outside_at, batch.band)


def _off_by_level(batch: Batch, strange: NDArray[np.bool_]) -> Hits:
    """GAIT107: the angles of `strange` that a constant would bring to the norm's shape."""
    angles = [Channel.parse(name).measurement == "angle" for name in batch.channels]
    row, cycle = np.nonzero(strange & np.array(angles, dtype=bool)[:, None])
    low, high = batch.band[batch.table_of[cycle], row].swapaxes(0, 1)
    off, half = batch.block[row, cycle] - (low + high) / 2, (high - low) / 2
    known = np.isfinite(off)
    level = np.where(known, off, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    rest = np.where(known, (off - level[:, None]) / half, 0.0)
    shape = np.sqrt(np.square(rest).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    allowed = half.mean(axis=1)
    own = (np.abs(level) >= _LEAST_LEVEL * allowed) & (shape <= _SAME_SHAPE)
    return Hits.at(
        "GAIT107", cycle[own], row[own], value=level[own], low=-allowed[own], high=allowed[own]
    )


def _in_cyclic_tasks(batch: Batch) -> NDArray[np.bool_]:
    codes, names = batch.tasks
    return np.array([name in TASKS and name not in NOT_CYCLIC for name in names], dtype=bool)[codes]


def _strange(
    outside: NDArray[np.int32], by: NDArray[np.float32], width: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Tell which curves are outside the band for long, or far outside for a moment."""
    found: NDArray[np.bool_] = outside > MOST_OUTSIDE_PERCENT / 100 * N_PHASES
    return found | ((outside > 0) & (by > FAR_OUTSIDE * width))


def _width_at_worst(batch: Batch) -> NDArray[np.float32]:
    """Width of the healthy band where each curve is farthest outside it."""
    row, cycle = np.nonzero(batch.facts.outside > 0)
    width = np.full(batch.facts.outside.shape, np.nan, dtype=np.float32)
    low, high = _bounds(batch, batch.band, row, cycle, batch.facts.outside_at[row, cycle])
    width[row, cycle] = high - low
    return width


REST_SHARE = 0.2
"""Part of the cycle for which a joint stays at its lowest or highest value when it is stopped."""

_REST_RAD = np.radians(1.0)
_SAME_LEVEL_RAD = np.radians(0.2)
_LEAST_MOTION_RAD = np.radians(15.0)
_FEWEST_RESTS = 4
_MOST_RESTS = 0.8


def rest_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT106: a joint that stops at one and the same value in stride after stride.

    A body turns round a little elsewhere in every stride and leg; the limit of a model's
    coordinate, or of a sensor, is the same in all of them.
    """
    rows = np.array(
        [row for row, name in enumerate(batch.channels) if _is_joint_angle(name)], dtype=np.intp
    )
    cycles = np.flatnonzero(_in_cyclic_tasks(batch))
    if not len(rows) or not len(cycles):
        return
    level, share = resting_extremes(batch.block[np.ix_(rows, cycles)], _REST_RAD)
    moves = level[1] - level[0] >= _LEAST_MOTION_RAD
    names = np.array([Channel.parse(batch.channels[row]).quantity for row in rows])
    quantity = np.unique(names, return_inverse=True)[1]
    group = (quantity[:, None] * (batch.groups.max() + 1) + batch.groups[cycles]).ravel()
    for end in range(2):
        value = level[end].ravel().astype(np.float64)
        rests = (moves & (share[end] >= REST_SHARE)).ravel()
        known, count = np.bincount(group, ~np.isnan(value)), np.bincount(group, rests)
        mean = np.bincount(group, np.where(rests, value, 0.0)) / np.maximum(count, 1)
        off = np.where(rests, value - mean[group], 0.0)
        sd = np.sqrt(np.bincount(group, np.square(off)) / np.maximum(count - 1, 1))
        same = (count >= _FEWEST_RESTS) & (count >= _MOST_RESTS * known) & (sd <= _SAME_LEVEL_RAD)
        row, cycle = np.nonzero((rests & same[group]).reshape(moves.shape))
        yield Hits.at("GAIT106", cycles[cycle], rows[row], value=level[end][row, cycle])


def _is_joint_angle(name: str) -> bool:
    channel = Channel.parse(name)
    return channel.measurement == "angle" and channel.joint in JOINTS


def _at_worst(
    batch: Batch,
    code: str,
    mask: NDArray[np.bool_],
    at: NDArray[np.int32],
    tables: NDArray[np.float32],
) -> Hits:
    """Return the hits of the curves of `mask`, each at its worst sample."""
    row, cycle = np.nonzero(mask)
    sample = at[row, cycle]
    low, high = _bounds(batch, tables, row, cycle, sample)
    value = batch.block[row, cycle, sample]
    return Hits.at(code, cycle, row, PHASE_PERCENT[sample], value, low, high)


def _bounds(
    batch: Batch,
    tables: NDArray[np.float32],
    row: NDArray[np.intp],
    cycle: NDArray[np.intp],
    sample: NDArray[np.int32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    low, high = tables[batch.table_of[cycle], row, :, sample].T
    return low, high


def task_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT103: tasks for which nothing is published."""
    codes, names = batch.tasks
    unknown = np.array([name not in TASKS for name in names])
    yield Hits.at("GAIT103", np.flatnonzero(unknown[codes]))


def metadata_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT105: durations, speeds and bodies that no human has."""
    for name, (low, high) in METADATA_RANGE.items():
        if name in batch.cycles and batch.cycles[name].dtype.kind in "fiu":
            values = batch.cycles[name].to_numpy(dtype=np.float64)
            wrong = np.flatnonzero((values < low) | (values > high))
            yield Hits.at("GAIT105", wrong, value=values[wrong], low=low, high=high, column=name)


# Physics (GAIT2xx): curves that must agree with each other


CHAIN_TOLERANCE_RAD = 0.1
"""RMS of the closure error; segment and joint angles from the same markers differ by less."""

POWER_TOLERANCE = 0.6
"""Share of the power's RMS. Published joint powers have frontal and transverse parts too, and
correlate with sagittal moment x velocity from 0.83 (hip) to 0.998 (ankle)."""

POWER_FLOOR_W_KG = 0.25

BALANCE_TOLERANCE_BW = 0.15

VELOCITY_TOLERANCE = 0.3
VELOCITY_FLOOR_RAD_S = 0.3

JUMP_RAD = 0.2
"""Largest change of an angle in 0.67 % of a cycle: 50 rad/s in a runner's stride of 0.6 s."""

PULL_BW = -0.1

_MOTION = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
_CHAIN = (
    ("thigh_sagittal_angle_{side}_rad", "hip_flexion_angle_{side}_rad",
     "pelvis_anterior_tilt_angle_rad", -1.0),
    ("shank_sagittal_angle_{side}_rad", "thigh_sagittal_angle_{side}_rad",
     "knee_flexion_angle_{side}_rad", -1.0),
    ("foot_sagittal_angle_{side}_rad", "shank_sagittal_angle_{side}_rad",
     "ankle_dorsiflexion_angle_{side}_rad", 1.0),
)  # fmt: skip
_SIDES = ("ipsi", "contra")


def angle_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT201 and GAIT205: a segment chain that does not close, and angles that jump.

    The chain: thigh = hip - pelvic tilt, shank = thigh - knee, foot = shank + ankle. A jump is
    faster than any joint can move.
    """
    angles = np.array([Channel.parse(name).measurement == "angle" for name in batch.channels])
    jump, at = batch.facts.jump, batch.facts.jump_at
    mask = (jump > JUMP_RAD) & np.isfinite(jump) & angles[:, None]
    yield Hits.where("GAIT205", mask, phase=PHASE_PERCENT[at], value=jump, low=0, high=JUMP_RAD)
    for side, names in product(_SIDES, _CHAIN):
        segment, parent, joint = (name.format(side=side) for name in names[:3])
        found = batch.having((segment, parent, joint))
        if found is None:
            continue
        error = rms(found[0] - found[1] - np.float32(names[3]) * found[2])
        cycle = np.flatnonzero(error > CHAIN_TOLERANCE_RAD)
        channel = batch.channels.index(segment)
        yield Hits.at(
            "GAIT201", cycle, channel, value=error[cycle], low=0, high=CHAIN_TOLERANCE_RAD
        )


def force_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT203 and GAIT206: vertical forces that do not carry the body, or pull it down.

    Over a periodic cycle the mean vertical force of both legs is the body weight.
    """
    names = [f"grf_vertical_{side}_BW" for side in _SIDES]
    both = batch.having(names)
    if both is not None:
        means = np.stack([np.trapezoid(curve, axis=1) / (curve.shape[1] - 1) for curve in both])
        total = means.sum(axis=0)
        codes, tasks = batch.tasks
        cyclic = np.array([task not in NOT_CYCLIC for task in tasks])[codes]
        cycle = np.flatnonzero(cyclic & (np.abs(total - 1.0) > BALANCE_TOLERANCE_BW))
        channel = batch.channels.index(names[0])
        low, high = 1.0 - BALANCE_TOLERANCE_BW, 1.0 + BALANCE_TOLERANCE_BW
        yield Hits.at("GAIT203", cycle, channel, value=total[cycle], low=low, high=high)
    for name in names:
        found = batch.having([name])
        if found is None:
            continue
        lowest = found[0].min(axis=1)
        cycle = np.flatnonzero(lowest < PULL_BW)
        phase = PHASE_PERCENT[found[0][cycle].argmin(axis=1)]
        yield Hits.at(
            "GAIT206", cycle, batch.channels.index(name), phase, lowest[cycle], PULL_BW, np.inf
        )


def derived_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT202 and GAIT204: powers and velocities unlike the curves they derive from.

    Power = moment x angular velocity; velocity = derivative of the angle over the cycle's
    duration. Each is checked where all its curves are there.
    """
    for side, (joint, motion) in product(_SIDES, _MOTION.items()):
        velocity = f"{joint}_{motion}_velocity_{side}_rad_s"
        found = batch.having((velocity, f"{joint}_{motion}_angle_{side}_rad"))
        if found is not None and "cycle_duration_s" in batch.cycles:
            duration = batch.cycles["cycle_duration_s"].to_numpy(dtype=np.float32)
            pair = found[0], derivative(found[1], duration)
            yield _differs(
                batch, "GAIT204", velocity, pair, VELOCITY_TOLERANCE, VELOCITY_FLOOR_RAD_S
            )
        power = f"{joint}_power_{side}_W_kg"
        found = batch.having((power, f"{joint}_{motion}_moment_{side}_Nm_kg", velocity))
        if found is not None:
            pair = found[0], found[1] * found[2]
            yield _differs(batch, "GAIT202", power, pair, POWER_TOLERANCE, POWER_FLOOR_W_KG)


def rms(curves: Floats) -> NDArray[np.float64]:
    """Root mean square over the cycle; NaN where a sample is missing."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", curves, curves, dtype=np.float64)
    root: NDArray[np.float64] = np.sqrt(squares / curves.shape[1])
    return root


def derivative(angle: Floats, duration_s: Floats) -> Floats:
    """Time derivative of angles by central differences, one-sided at the ends."""
    rate = np.empty_like(angle)
    rate[:, 1:-1] = (angle[:, 2:] - angle[:, :-2]) / 2
    rate[:, 0] = angle[:, 1] - angle[:, 0]
    rate[:, -1] = angle[:, -1] - angle[:, -2]
    rate *= ((angle.shape[1] - 1) / duration_s)[:, None]
    return rate


def _differs(
    batch: Batch,
    code: str,
    name: str,
    pair: tuple[Floats, Floats],
    tolerance: float,
    floor: float,
) -> Hits:
    """Find cycles whose two curves differ by more than a share of their own size."""
    size = np.maximum(rms(pair[0]), rms(pair[1]))
    error = rms(pair[0] - pair[1])
    allowed = tolerance * np.maximum(size, floor)
    cycle = np.flatnonzero(error > allowed)
    channel = batch.channels.index(name)
    return Hits.at(code, cycle, channel, value=error[cycle], low=0, high=allowed[cycle])


# Outlier strides (GAIT3xx): unlike the others of the same leg, subject and task


FEWEST_STRIDES = 5
"""A median of fewer says little about what is usual."""

SPREADS = 6.0
"""Scaled median deviations beyond the median distance at which a stride stands out."""

SMALLEST_DISTANCE = {
    "angle": 0.10, "velocity": 1.0, "acceleration": 20.0, "moment": 0.25, "power": 0.8,
    "grf": 0.12, "cop": 0.04,
}  # fmt: skip
"""RMS distance, in the channel's own unit, below which no stride stands out.

About three within-subject standard deviations of healthy walking (hip 1.7 deg, moments
0.07 Nm/kg, vertical force 3.7 % of body weight).
"""

STRIDES_OF = ["dataset", "subject", "task", "task_id", "side"]
"""One leg of one person doing one thing at one setting."""

_SAMPLES = slice(0, None, 5)
_MOST_GROUPS = 2000


@dataclass
class Strides:
    """Judges strides batch by batch; groups cut by a batch's end wait for their rest.

    Memory is bounded: at most 2,000 groups are remembered, each by a curve a channel.

    Attributes
    ----------
    channels : tuple of str
        Those of the batches so far; other channels begin anew.
    usual : dict
        Group -> its median curves and largest usual distances.
    waiting : dict
        Group -> keys and curves of strides that are too few to judge so far.
    n_unjudged : int
        Strides given up as too few.
    """

    channels: tuple[str, ...] = ()
    usual: OrderedDict[tuple[str, ...], tuple[Floats, Floats]] = field(default_factory=OrderedDict)
    waiting: OrderedDict[tuple[str, ...], tuple[pd.DataFrame, Floats]] = field(
        default_factory=OrderedDict
    )
    n_unjudged: int = 0

    def hits(self, batch: Batch) -> Iterator[Hits | pd.DataFrame]:
        """GAIT301 as hits of this batch, or as rows for strides of earlier ones."""
        if batch.channels != self.channels:
            self._forget(batch.channels)
        codes, groups = group_codes(batch.cycles, STRIDES_OF)
        names = list(groups.itertuples(index=False, name=None))
        curves = np.ascontiguousarray(batch.block[:, :, _SAMPLES])
        enough = np.bincount(codes) >= FEWEST_STRIDES
        many = np.flatnonzero(enough[codes])
        if len(many):
            present, own = np.unique(codes[many], return_inverse=True)
            centre, limits, distances = _usual(self.channels, curves[:, many], own)
            for index, code in enumerate(present[-_MOST_GROUPS:], len(present[:-_MOST_GROUPS])):
                self._remember(names[code], centre[:, index], limits[:, index])
            allowed = limits[:, own]
            channel, stride = np.nonzero(distances > allowed)
            yield Hits.at(
                "GAIT301", many[stride], channel, value=distances[channel, stride], low=0,
                high=allowed[channel, stride],
            )  # fmt: skip
        for code in np.flatnonzero(~enough):
            name, rows = names[code], np.flatnonzero(codes == code)
            yield from self._judge_few(name, batch, rows, curves[:, rows])

    def finish(self) -> int:
        """Return how many strides were in groups too small to judge (GAIT302)."""
        self._forget(())
        return self.n_unjudged

    def _judge_few(
        self, name: tuple[str, ...], batch: Batch, rows: NDArray[np.intp], curves: Floats
    ) -> Iterator[Hits | pd.DataFrame]:
        """Judge strides by what is known of their group, or let them wait until they are enough."""
        if name in self.usual:
            alone = np.zeros(len(rows), dtype=np.intp)
            centre, limits = self.usual[name]
            distances = stride_distances(curves, alone, centre[:, None])
            channel, stride = np.nonzero(distances > limits[:, None])
            yield Hits.at(
                "GAIT301", rows[stride], channel, value=distances[channel, stride], low=0,
                high=limits[channel],
            )  # fmt: skip
            return
        keys = batch.keys.iloc[rows]
        if name in self.waiting:
            earlier_keys, earlier_curves = self.waiting.pop(name)
            keys = pd.concat([earlier_keys, keys])
            curves = np.concatenate([earlier_curves, curves], axis=1)
        if len(keys) < FEWEST_STRIDES:
            self.waiting[name] = keys, curves
            if len(self.waiting) > _MOST_GROUPS:
                self.n_unjudged += len(self.waiting.popitem(last=False)[1][0])
            return
        alone = np.zeros(len(keys), dtype=np.intp)
        centre, limits, distances = _usual(self.channels, curves, alone)
        self._remember(name, centre[:, 0], limits[:, 0])
        channel, stride = np.nonzero(distances > limits)
        yield keys.iloc[stride].assign(
            code="GAIT301", severity="warning", channel=np.array(self.channels)[channel],
            phase=np.nan, value=distances[channel, stride], low=0.0, high=limits[channel, 0],
        )  # fmt: skip

    def _remember(self, name: tuple[str, ...], centre: Floats, limits: Floats) -> None:
        self.usual[name] = centre.copy(), limits.copy()
        if len(self.usual) > _MOST_GROUPS:
            self.usual.popitem(last=False)

    def _forget(self, channels: tuple[str, ...]) -> None:
        self.n_unjudged += sum(len(keys) for keys, _ in self.waiting.values())
        self.waiting.clear()
        self.usual.clear()
        self.channels = channels


def _usual(
    channels: tuple[str, ...], curves: Floats, codes: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """Median curve and largest usual distance of each group, and every stride's distance."""
    smallest = [SMALLEST_DISTANCE[Channel.parse(name).measurement] for name in channels]
    centre = group_medians(curves, codes)
    distances = stride_distances(curves, codes, centre)
    limits = distance_limits(distances, codes, np.array(smallest, dtype=np.float32), SPREADS)
    return centre, limits, distances
