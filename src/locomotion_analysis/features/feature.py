"""What a feature is, and what a table of features carries besides its numbers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[np.float64]

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
    parts = [f"{_some(names)} ({why})" for why, names in left_out_by_reason(left_out).items()]
    return "features left out: " + "; ".join(parts)


def left_out_by_reason(left_out: Sequence[LeftOut]) -> dict[str, list[str]]:
    """Return the names of all that was left out for each reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in left_out:
        by_reason.setdefault(entry.reason, []).append(entry.name)
    return by_reason


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if more <= 0 else f"{shown} and {more} more"
