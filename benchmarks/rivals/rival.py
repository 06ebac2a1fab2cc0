"""What the benchmark needs to know of another way to the same features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis import LocomotionData

BASIC = ("mean", "std", "min", "max")
CORE = (*BASIC, "rom", "argmax_phase", "argmin_phase", "median", "q25", "q75")
KEY = ["subject", "task", "step"]


@dataclass(frozen=True)
class Rival:
    """Another way to the same features.

    Attributes
    ----------
    name : str
        As the table shows it.
    package : str
        Distribution to install.
    statistics : tuple of str
        Features of a curve, by our names, that both compute and that are timed against each other.
    n_cycles : int
        So many that a run takes a second or so.
    aim : float
        The ratio to reach; 1 for none.
    prepare : callable
        From the data to whatever form suits the rival best; not timed.
    extract : callable
        From that form to the features; timed.
    named : callable
        From the features and the names of the channels to a frame of columns
        ``<channel>_<statistic>``, one row a cycle in order, to check that both computed the same;
        not timed.
    note : str
        What else it computes, or leaves out.
    """

    name: str
    package: str
    statistics: tuple[str, ...]
    n_cycles: int
    aim: float
    prepare: Callable[[LocomotionData], Any]
    extract: Callable[[Any], Any]
    named: Callable[[Any, Sequence[str]], pd.DataFrame]
    note: str = ""

    @property
    def label(self) -> str:
        """Name and number of statistics."""
        return f"{self.name} ({len(self.statistics)} statistics)"

    @property
    def version(self) -> str | None:
        """The version installed, or None."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


def long_frame(data: LocomotionData) -> pd.DataFrame:
    """Return 150 rows a cycle: its key columns and the channels."""
    columns = {name: np.repeat(data.cycles[name], 150).reset_index(drop=True) for name in KEY}
    return pd.DataFrame(columns | {name: data.curves(name).reshape(-1) for name in data.channels})


def numbered_frame(data: LocomotionData) -> pd.DataFrame:
    """Return 150 rows a cycle: its number and the channels."""
    frame = long_frame(data).drop(columns=KEY)
    frame.insert(0, "cycle", frame.index // 150)
    return frame


def phase_of(points: Any) -> Any:
    """Return the phase, in percent, of a position on the grid."""
    return points * (100.0 / 149.0)
