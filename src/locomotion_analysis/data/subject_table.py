"""One row a person, drawn together from the cycles."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.standard import KEY

_PERSON = ["dataset", "subject"]
_OF_A_PERSON = (
    "age",
    "sex",
    "height_m",
    "mass_kg",
    "bmi",
    "leg_length_m",
    "pathology",
    "affected_side",
)
_SHOWN = 3


def subject_table(data: LocomotionData) -> pd.DataFrame:
    """Return one row a subject: demographics, tasks, trials and cycles.

    A column of the cycles is a subject's when it is one of age, sex, height_m, mass_kg, bmi,
    leg_length_m, pathology and affected_side, or when it never changes within a subject (and
    some subject has more than one cycle). Missing values beside a known one are passed over.

    Parameters
    ----------
    data : LocomotionData
        The cycles.

    Returns
    -------
    DataFrame
        Columns ``dataset``, ``subject``, the subject's columns, ``tasks`` (names, joined by a
        comma), ``trials``, ``cycles`` and ``conflicts``: which of the demographics have several
        values and which (``"age: 30.0, 31.0"``), empty where none. A value in conflict is
        missing in its own column, since the data do not say which is right.

    Warns
    -----
    LocomotionWarning
        If a subject has conflicting values.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> table = subject_table(simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"]))
    >>> table[["subject", "pathology", "tasks", "cycles"]].values.tolist()[0]
    ['sim_0001', 'healthy', 'level_walking', 2]
    """
    cycles = data.cycles
    groups = cycles.groupby(_PERSON, sort=False)
    candidates = [name for name in cycles if name not in KEY]
    distinct = groups[candidates].nunique()
    names = [name for name in candidates if _is_of_a_subject(str(name), distinct, len(cycles))]
    names.sort(
        key=lambda name: _OF_A_PERSON.index(name) if name in _OF_A_PERSON else len(_OF_A_PERSON)
    )
    table = groups[names].first().where(distinct[names] <= 1) if names else distinct[[]].copy()
    table["tasks"] = groups["task"].agg(lambda task: ", ".join(sorted(task.unique())))
    trials = cycles[[*_PERSON, "task", "task_id"]].drop_duplicates()
    table["trials"] = trials.groupby(_PERSON, sort=False).size()
    table["cycles"] = groups.size()
    table["conflicts"] = _conflicts(cycles, distinct[names])
    _warn_of_conflicts(table["conflicts"])
    return table.reset_index()


def _is_of_a_subject(name: str, distinct: pd.DataFrame, n_cycles: int) -> bool:
    never_changes = bool((distinct[name] <= 1).all()) and n_cycles > len(distinct)
    return name in _OF_A_PERSON or never_changes


def _conflicts(cycles: pd.DataFrame, distinct: pd.DataFrame) -> "pd.Series[str]":
    texts = np.full(len(distinct), "", dtype=object)
    number = cycles.groupby(_PERSON, sort=False).ngroup()
    for person in np.flatnonzero((distinct > 1).any(axis=1)):
        own = cycles[number == person]
        names = distinct.columns[distinct.iloc[person] > 1]
        texts[person] = "; ".join(_named(own[name]) for name in names)
    return pd.Series(texts, index=distinct.index, dtype="str")


def _named(values: "pd.Series[Any]") -> str:
    return f"{values.name}: " + ", ".join(sorted(map(str, values.dropna().unique())))


def _warn_of_conflicts(conflicts: "pd.Series[str]") -> None:
    found = conflicts[conflicts != ""]
    if found.empty:
        return
    subjects = found.index.get_level_values("subject")
    first = [f"{who} ({text})" for who, text in zip(subjects[:_SHOWN], found, strict=False)]
    warnings.warn(
        f"{len(found)} of {len(conflicts)} subjects have conflicting values, which are left "
        f"missing: {', '.join(first)}{', …' if len(found) > _SHOWN else ''}",
        LocomotionWarning,
        stacklevel=3,
    )
