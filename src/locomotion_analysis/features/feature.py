"""What a feature is, and what a table of features carries besides its numbers."""

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


def left_out_message(left_out: tuple[LeftOut, ...]) -> str:
    """Return one sentence that names everything left out, grouped by reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in left_out:
        by_reason.setdefault(entry.reason, []).append(entry.name)
    parts = [f"{', '.join(names)} ({reason})" for reason, names in by_reason.items()]
    return "features left out: " + "; ".join(parts)
