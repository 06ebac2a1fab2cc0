"""How evenly the classes of a dataset are filled."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.errors import TargetError

_PERSON = ["dataset", "subject"]


@dataclass(frozen=True)
class ClassBalance:
    """Subjects and cycles of each class (see :func:`class_balance`).

    Attributes
    ----------
    by : str
        The column.
    table : DataFrame
        One row a class, the one of most subjects first: ``subjects``, ``cycles``,
        ``subjects_percent``, ``cycles_percent``, ``cycles_per_subject``. A subject with cycles
        of two classes counts in both.
    unlabelled_cycles : int
        Cycles without a class; they are not in the table.
    shared_subjects : int
        Subjects with cycles of more than one class.
    """

    by: str
    table: pd.DataFrame
    unlabelled_cycles: int
    shared_subjects: int

    @property
    def subject_imbalance(self) -> float:
        """Subjects of the largest class over those of the smallest; 1 is even."""
        return float(self.table["subjects"].max() / self.table["subjects"].min())

    @property
    def cycle_imbalance(self) -> float:
        """Cycles of the largest class over those of the smallest; 1 is even."""
        return float(self.table["cycles"].max() / self.table["cycles"].min())

    @property
    def majority_percent(self) -> float:
        """Percent of the cycles in the largest class: the accuracy of always naming it."""
        return float(self.table["cycles_percent"].max())


def class_balance(data: LocomotionData, by: str) -> ClassBalance:
    """Count subjects and cycles of each class.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    by : str
        A column of ``data.cycles`` that holds classes, for example ``"pathology"``.

    Returns
    -------
    ClassBalance

    Raises
    ------
    TargetError
        If there is no such column, or no cycle has a value of it.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=5, n_cycles=2, pathologies=["healthy", "stroke"])
    >>> balance = class_balance(data, "pathology")
    >>> balance.table["subjects"].to_dict(), balance.subject_imbalance
    ({'healthy': 3, 'stroke': 2}, 1.5)
    """
    cycles = data.cycles
    if by not in cycles or cycles[by].isna().all():
        raise TargetError(
            expected=f"a column of classes among {', '.join(cycles.columns)}",
            got=f"{by!r}, {'without a value' if by in cycles else 'no such column'}",
            where="class_balance",
        )
    labelled = cycles[cycles[by].notna()]
    person = labelled.groupby(_PERSON, sort=False).ngroup()
    groups = person.groupby(labelled[by], observed=True)
    table = pd.DataFrame({"subjects": groups.nunique(), "cycles": groups.size()})
    table["subjects_percent"] = 100.0 * table["subjects"] / person.nunique()
    table["cycles_percent"] = 100.0 * table["cycles"] / len(labelled)
    table["cycles_per_subject"] = table["cycles"] / table["subjects"]
    classes_of_person = labelled[by].groupby(person).nunique()
    return ClassBalance(
        by=by,
        table=table.sort_values("subjects", ascending=False, kind="stable"),
        unlabelled_cycles=len(cycles) - len(labelled),
        shared_subjects=int(np.sum(classes_of_person > 1)),
    )
