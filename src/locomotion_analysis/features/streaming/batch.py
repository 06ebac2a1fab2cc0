"""From a batch of cycles to a table of features: the one function every engine runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.combine import concatenate
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.features.plan import FeaturePlan
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.streaming.rows import Segment, read_segment
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import KEY, N_PHASES

_FORCES = tuple(
    f"grf_vertical_{side}_{unit}" for side in ("ipsi", "contra") for unit in ("BW", "N")
)


@dataclass(frozen=True)
class Recipe:
    """What to compute, by name: small, comparable and the same on every machine.

    Attributes
    ----------
    channels, columns : tuple of str
        Standard channel names and columns of `cycles` of the whole source.
    groups, aggregations : tuple of str
        Feature groups and statistics.
    dataset : str
        Name of the dataset where the source has no such column.
    batch_cycles : int
        Most cycles of a batch.
    """

    channels: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    dataset: str
    batch_cycles: int = 0


@lru_cache(maxsize=4)
def plan_of(recipe: Recipe) -> FeaturePlan:
    """Return the features of a recipe; every process makes its own."""
    schema = Schema.of(recipe.channels, [*KEY, *recipe.columns], recipe.aggregations)
    return FeaturePlan.of(schema, recipe.groups)


@lru_cache(maxsize=4)
def channels_needed(recipe: Recipe) -> tuple[str, ...]:
    """Return the channels the features of a recipe are computed from, in order."""
    required = {name for spec in plan_of(recipe).specs for name in spec.requires}
    if not required.issubset(recipe.channels):
        # Toe-off and support times, named as columns, come from the vertical forces.
        required.update(_FORCES)
    needed = tuple(name for name in recipe.channels if name in required)
    return needed or recipe.channels[:1]


def read_batch(batch: Sequence[Segment], recipe: Recipe) -> LocomotionData:
    """Read the cycles of a batch, with every channel and column of the recipe."""
    channels = channels_needed(recipe)
    pieces = [
        _completed(read_segment(s, channels, recipe.dataset, recipe.batch_cycles), channels)
        for s in batch
    ]
    parts = pieces[0] if len(pieces) == 1 else concatenate(pieces)
    absent = [name for name in recipe.columns if name not in parts.cycles]
    cycles = parts.cycles.assign(**dict.fromkeys(absent, np.nan)) if absent else parts.cycles
    return LocomotionData._from_parts(  # noqa: SLF001 - the rows were checked when read
        Parts(cycles, parts.block, parts.channels, parts.history)
    )


def _completed(parts: Parts, channels: Sequence[str]) -> Parts:
    """Bring the channels into one order; one that a file does not have is NaN."""
    if parts.channels == tuple(channels):
        return parts
    block = np.full((len(channels), len(parts.cycles), N_PHASES), np.nan, dtype=np.float32)
    for row, name in zip(block, channels, strict=True):
        if name in parts.channels:
            row[:] = parts.block[parts.channels.index(name)]
    return Parts(parts.cycles, block, tuple(channels), parts.history)


def extract_batch(data: LocomotionData, plan: FeaturePlan) -> pa.Table:
    """Return the features of some cycles as an Arrow table.

    Parameters
    ----------
    data : LocomotionData
        Cycles with every channel and column of the plan; for features between strides, all
        cycles of each dataset, subject, task and task_id.
    plan : FeaturePlan
        The features.

    Returns
    -------
    pyarrow.Table, one row a cycle
        The cycle key, then each feature as float32, NaN where it cannot be known.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2)
    >>> table = extract_batch(data, FeaturePlan.of(Schema.of_data(data), ["temporal"]))
    >>> table.column_names[:5]
    ['dataset', 'subject', 'task', 'task_id', 'step']
    """
    return extract_view(CycleView(data), plan)


def extract_view(view: CycleView, plan: FeaturePlan) -> pa.Table:
    """Return the features of a view as an Arrow table (see :func:`extract_batch`)."""
    values = plan.compute_view(view).astype(np.float32)
    names = [spec.name for spec in plan.specs]
    columns = {name: _key_column(view.cycles[name]) for name in KEY}
    columns.update({name: pa.array(row) for name, row in zip(names, values, strict=True)})
    return pa.table(columns)


def _key_column(values: "pd.Series[str]") -> pa.Array:
    try:
        column = pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers in one file, text in the next
        column = pa.Array.from_pandas(values.astype(str))
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column
