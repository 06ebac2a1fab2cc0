"""What a request asks, once it is read and checked."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData


@dataclass(frozen=True, eq=False)
class Asked:
    """Rows to predict.

    Attributes
    ----------
    rows : DataFrame or LocomotionData
        Features in the trained order, or cycles.
    warnings : list of str
        What the caller should know of them.
    quality : DataFrame or None
        Findings of the quality checks, with a column ``row``; None for features.
    tensors : object
        Of the V2 protocol: which outputs are wanted, and how.
    explain : bool
        Whether to tell what each answer hangs on.
    """

    rows: pd.DataFrame | LocomotionData
    warnings: list[str] = field(default_factory=list)
    quality: pd.DataFrame | None = None
    tensors: Any = None
    explain: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def alike(self) -> tuple[Any, ...]:
        """Requests in which this is equal can be predicted together without changing an answer.

        Which features cycles have depends on their channels, columns and tasks: only those that
        agree in all of them are put together.
        """
        if isinstance(self.rows, pd.DataFrame):
            return ("features", self.explain)
        cycles = self.rows.cycles
        return (
            self.explain,
            self.rows.channels,
            tuple((name, str(dtype)) for name, dtype in cycles.dtypes.items()),
            tuple(sorted(cycles["task"].unique())),
        )


def together(several: list[Asked]) -> pd.DataFrame | LocomotionData:
    """Return the rows of requests that are alike, one after the other.

    Each request keeps its subjects to itself: features that compare the strides of a subject
    must not see another request's.
    """
    if len(several) == 1:
        return several[0].rows
    tables = [each.rows for each in several if isinstance(each.rows, pd.DataFrame)]
    if tables:
        return pd.concat(tables, ignore_index=True)
    own = []
    for number, each in enumerate(several):
        if isinstance(each.rows, LocomotionData):
            names = f"{number} " + each.rows.cycles["dataset"].astype(str)
            cycles = each.rows.cycles.assign(dataset=names)
            own.append(LocomotionData(cycles, each.rows.block, each.rows.channels))
    return LocomotionData.concat(own)
