"""Features that are computed together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from locomotion_analysis.features.feature import FeatureSpec, LeftOut
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView


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
