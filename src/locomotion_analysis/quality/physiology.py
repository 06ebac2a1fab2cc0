"""Physiology (GAIT1xx): what a human body does in a task, by phase and channel."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.hits import Hits
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, TASKS

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
    "incline_deg": (-35.0, 35.0),
    "age": (1.0, 115.0),
    "height_m": (0.6, 2.4),
    "mass_kg": (7.0, 250.0),
    "leg_length_m": (0.25, 1.35),
}
"""Outside these a value is in another unit or a typing error."""


def curve_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT101 and GAIT102: values outside the rails, or curves outside the healthy band."""
    beyond = batch.facts.beyond > 0
    yield _where(batch, "GAIT101", beyond, batch.facts.beyond_at, batch.rails)
    long_outside = batch.facts.outside > MOST_OUTSIDE_PERCENT / 100 * N_PHASES
    row, cycle = np.nonzero((batch.facts.outside > 0) & ~long_outside)
    low, high = _bounds(batch, batch.band, row, cycle, batch.facts.outside_at[row, cycle])
    long_outside[row, cycle] = batch.facts.outside_by[row, cycle] > FAR_OUTSIDE * (high - low)
    strange = long_outside & ~beyond
    yield _where(batch, "GAIT102", strange, batch.facts.outside_at, batch.band)


def _where(
    batch: Batch,
    code: str,
    mask: NDArray[np.bool_],
    at: NDArray[np.int32],
    tables: NDArray[np.float32],
) -> Hits:
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
