"""What a study predicts: the column, its rows, and whether it is classes or a number."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import TargetError
from locomotion_analysis.standard import canonical_name

Kind = Literal["classification", "regression"]

MOST_NUMERIC_CLASSES = 10
_THIRDS = ("lower third", "middle third", "upper third")


@dataclass(frozen=True, slots=True)
class StudyTarget:
    """The cycles that have a target, with what to predict and how to group it for show.

    Attributes
    ----------
    target : str
        Standard name of the column.
    kind : {"classification", "regression"}
        A number with more than ten different values is regression, all else classes.
    data : LocomotionData
        Cycles that have a target.
    values : Series, shape (n_cycles,)
        The target, indexed by the cycle key.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle; for regression the third of the subjects its subject falls in.
    """

    target: str
    kind: Kind
    data: LocomotionData
    values: "pd.Series[Any]"
    labels: NDArray[Any]


def study_target(data: LocomotionData, target: str) -> StudyTarget:
    """Choose the cycles that have a target, and say what kind of target it is.

    Parameters
    ----------
    data : LocomotionData
        All cycles.
    target : str
        A column of ``data.cycles``, or an alias of one.

    Raises
    ------
    TargetError
        If there is no such column, it is the subject itself, or holds fewer than two values.
    """
    target = target if target in data.cycles else canonical_name(target)
    column = _column(data, target)
    known = column.notna().to_numpy()
    if not known.all():
        entry = HistoryEntry("dropped", f"cycles without {target}", int((~known).sum()))
        data = data.take(np.flatnonzero(known)).with_history(entry)
        column = column[known]
    if column.nunique() < 2:
        raise TargetError(
            expected="at least two different values to tell apart",
            got=f"only {column.iloc[0]}" if len(column) else "no value in any cycle",
            where=f"column {target}",
            fix="choose another column, or keep more cycles",
        )
    values = pd.Series(column.to_numpy(), index=data.key, name=target)
    if _is_number(column):
        return StudyTarget(
            target, "regression", data, values.astype(float), _thirds(values, data.groups)
        )
    return StudyTarget(target, "classification", data, values, column.to_numpy())


def _column(data: LocomotionData, target: str) -> "pd.Series[Any]":
    cycles = data.cycles
    if target not in cycles:
        near = get_close_matches(target, [str(name) for name in cycles], n=1)
        raise TargetError(
            expected=f"a column among {', '.join(map(str, cycles))}",
            got=repr(target),
            fix=f"did you mean {near[0]}?" if near else "choose one of these columns",
        )
    if target == "subject":
        raise TargetError(
            expected="a target that people share",
            got="the subject, which also decides who is tested",
            fix="choose another column",
        )
    return cycles[target]


def _is_number(column: "pd.Series[Any]") -> bool:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(numeric and column.nunique() > MOST_NUMERIC_CLASSES)


def _thirds(values: "pd.Series[Any]", subjects: NDArray[Any]) -> NDArray[Any]:
    of_subject = values.groupby(subjects).mean()
    third = (of_subject.rank(method="first") - 1) * len(_THIRDS) // len(of_subject)
    return np.array(_THIRDS, dtype=object)[third.astype(int)[subjects].to_numpy()]
