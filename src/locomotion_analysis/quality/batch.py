"""One batch of cycles with what all checks share: bounds and facts of its curves."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality.curve_facts import CurveFacts, curve_facts
from locomotion_analysis.standard import N_PHASES, TASKS
from locomotion_analysis.standard.ranges import Kind, range_bands

HEALTHY = ("healthy", "control", "able_bodied", "none", "")
"""Values of the column pathology that mean no diagnosis."""

TIMING_PERCENT = 2.0
"""How much earlier or later than published an event of a healthy cycle may come.

Step times of the two legs differ by 1 to 3 % in healthy people; without this the other leg's
force would leave its band at every heel strike.
"""

GROUP = ("dataset", "subject", "task")
"""What makes strides comparable: one person doing one thing."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some cycles and where they stand in the whole.

    Attributes
    ----------
    data : LocomotionData
    start : int
        Number of cycles before this batch.
    """

    data: LocomotionData
    start: int = 0

    @cached_property
    def cycles(self) -> pd.DataFrame:
        """One row a cycle."""
        return self.data.cycles

    @property
    def block(self) -> NDArray[np.float32]:
        """All curves, shape (n_channels, n_cycles, 150)."""
        return self.data.block

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names."""
        return self.data.channels

    def __len__(self) -> int:
        return len(self.cycles)

    @cached_property
    def tasks(self) -> tuple[NDArray[np.intp], list[str]]:
        """Task code of each cycle, and the task names."""
        codes, names = pd.factorize(self.cycles["task"])
        return codes, [str(name) for name in names]

    @cached_property
    def groups(self) -> NDArray[np.intp]:
        """Code of dataset, subject and task of each cycle."""
        codes = [pd.factorize(self.cycles[name])[0] for name in GROUP]
        size = [int(code.max()) + 1 for code in codes]
        joint = (codes[0] * size[1] + codes[1]) * size[2] + codes[2]
        return pd.factorize(joint)[0]

    @cached_property
    def is_healthy(self) -> NDArray[np.bool_]:
        """Whether each cycle is of a person without a diagnosis, or nothing is known of one."""
        if "pathology" not in self.cycles:
            return np.ones(len(self), dtype=bool)
        known = self.cycles["pathology"].astype("str").str.lower().fillna("")
        return known.isin([*HEALTHY, "nan", "none", "<na>"]).to_numpy()

    def bounds(self, kind: Kind) -> NDArray[np.float32]:
        """Bounds of every task and channel of the batch, shape (n_tasks, n_channels, 2, 150)."""
        return np.stack([task_bounds(name, self.channels, kind) for name in self.tasks[1]])

    @cached_property
    def band(self) -> NDArray[np.float32]:
        """Healthy band of every task and channel; the last table, all NaN, is for patients."""
        healthy = self.bounds("healthy")
        return np.concatenate([healthy, np.full_like(healthy, np.nan)])

    @cached_property
    def rails(self) -> NDArray[np.float32]:
        """Wide rails of every task and channel; twice, to match `band`."""
        rails = self.bounds("rails")
        return np.concatenate([rails, rails])

    @cached_property
    def table_of(self) -> NDArray[np.intp]:
        """Which of the tables of bounds holds for each cycle."""
        codes, names = self.tasks
        return np.where(self.is_healthy, codes, codes + len(names))

    @cached_property
    def facts(self) -> CurveFacts:
        """Facts of every curve, gathered in one pass."""
        return curve_facts(self.block, self.table_of, self.rails, self.band)

    def having(self, names: Iterable[str]) -> list[NDArray[np.float32]] | None:
        """Return the curves of `names`, or None unless all are there."""
        wanted = list(names)
        if any(name not in self.channels for name in wanted):
            return None
        return [self.block[self.channels.index(name)] for name in wanted]


@lru_cache(maxsize=256)
def task_bounds(task: str, channels: tuple[str, ...], kind: Kind) -> NDArray[np.float32]:
    """Bounds of some channels in a task, shape (n_channels, 2, 150); NaN where there are none."""
    bounds = np.full((len(channels), 2, N_PHASES), np.nan, dtype=np.float32)
    if task in TASKS:
        rows, low, high = range_bands(task, kind, TIMING_PERCENT if kind == "healthy" else 0.0)
        for index, name in enumerate(channels):
            if name in rows:
                bounds[index] = low[rows[name]], high[rows[name]]
    bounds.setflags(write=False)
    return bounds
