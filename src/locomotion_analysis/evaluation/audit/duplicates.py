"""Cycles whose curves are the same, point by point."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData

_DECIMALS = 5
_CYCLES_AT_ONCE = 4096
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Copies among the cycles.

    Attributes
    ----------
    across_subjects : int
        Cycles that are a copy of a cycle of another subject.
    within_subjects : int
        Cycles that are a copy of an earlier cycle of the same subject only.
    examples : tuple of str
        The first groups of subjects that share a cycle.
    """

    across_subjects: int
    within_subjects: int
    examples: tuple[str, ...]


def duplicated_cycles(data: LocomotionData) -> Duplicates:
    """Count the cycles whose curves equal those of another cycle to five decimals.

    Parameters
    ----------
    data : LocomotionData
        The cycles; one without any measured value is nobody's copy.
    """
    prints = pd.Series(_prints(data), index=pd.RangeIndex(len(data)))
    subjects = pd.Series(data.groups.astype(str))
    prints = prints[prints.notna()]
    people = subjects[prints.index].groupby(prints).agg(["nunique", "size"])
    shared = people.index[people["nunique"] > 1]
    own = people[people["nunique"] == 1]
    named = subjects[prints.index].groupby(prints).unique()
    examples = dict.fromkeys(", ".join(sorted(named[each])) for each in shared)
    return Duplicates(
        across_subjects=int(prints.isin(shared).sum()),
        within_subjects=int((own["size"] - 1).sum()),
        examples=tuple(examples)[:_SHOWN],
    )


def _prints(data: LocomotionData) -> list[bytes | None]:
    """Return a hash of each cycle's curves, in blocks so that no second copy of all is made."""
    found: list[bytes | None] = []
    for start in range(0, len(data), _CYCLES_AT_ONCE):
        rows = np.arange(start, min(start + _CYCLES_AT_ONCE, len(data)))
        # Adding 0 makes -0 and 0 the same bytes.
        curves = np.round(data.take(rows).array(), _DECIMALS) + np.float32(0)
        measured = ~np.isnan(curves).all(axis=(1, 2))
        found += [
            hashlib.blake2b(curve.tobytes(), digest_size=16).digest() if known else None
            for curve, known in zip(curves, measured, strict=True)
        ]
    return found
