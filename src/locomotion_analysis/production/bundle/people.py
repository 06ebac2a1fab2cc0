"""What of the training people goes into a bundle, and what stands in for them.

Drift is measured between people: one mean a person is all that it takes. Inputs with known answers
are means over several people, so that they are nobody's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.training import mean_cycle_of_each, mean_cycles
from locomotion_analysis.standard import KEY

FEWEST_IN_A_MEAN = 5
_MOST_MEANS = 12
_MOST_PEOPLE_OF_MEAN_CYCLES = 2
_KEPT = (*KEY, "side", "simulated")


@dataclass(frozen=True)
class TrainingPeople:
    """Some of the people that a model was trained on.

    Attributes
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Indexed by ``subject``.
    cycles : LocomotionData
        Their gait cycles.
    """

    features: pd.DataFrame
    cycles: LocomotionData


def under_other_names(people: TrainingPeople) -> TrainingPeople:
    """Return people as ``ref_001``, ``ref_002`` ..., without what features are not compared by.

    They are numbered by their values, for the order of a training tells who is of which class.
    Trials are numbered too: their names are often those of files. Of the columns the key, the side
    and whether a cycle was simulated stay; age, sex, mass, height, dates and labels do not.
    """
    means = people.features.groupby(level="subject").mean()
    order = np.lexsort(means.to_numpy(float).T[::-1])
    names = {name: f"ref_{at:03d}" for at, name in enumerate(means.index[order], start=1)}
    features = people.features.rename(index=names).sort_index(kind="stable")
    cycles = people.cycles.cycles
    subject = cycles["subject"].map(names)
    trial = cycles.groupby("subject")["task_id"].transform(lambda each: pd.factorize(each)[0] + 1)
    kept = cycles[[name for name in _KEPT if name in cycles]].assign(
        subject=subject, task_id="trial_" + trial.astype(str).str.zfill(2)
    )
    rows = np.argsort(subject.to_numpy(str), kind="stable")
    block, channels = people.cycles.block[:, rows], people.cycles.channels
    return TrainingPeople(
        features, LocomotionData(kept.iloc[rows].reset_index(drop=True), block, channels)
    )


def one_mean_each(people: TrainingPeople) -> TrainingPeople:
    """Return the mean features and the mean curves of each person, over all that they did."""
    means = people.features.groupby(level="subject").mean()
    return TrainingPeople(means, mean_cycle_of_each(people.cycles))


@dataclass(frozen=True)
class Means:
    """Rows and cycles of nobody.

    Attributes
    ----------
    features : DataFrame, shape (n_means, n_features)
        Each the mean of the means of several people.
    cycles : LocomotionData
        The same of cycles, of up to two such groups of people.
    fewest : int
        People in the smallest of them.
    """

    features: pd.DataFrame
    cycles: LocomotionData
    fewest: int


def means_of_several(
    people: TrainingPeople, truth: "pd.Series[Any]", columns: tuple[str, ...]
) -> Means:
    """Return means over people whose truth is alike: at least five each, where there are as many.

    Parameters
    ----------
    people : TrainingPeople
        Under their own names.
    truth : Series
        Class or number of each row, indexed by subject.
    columns : tuple of str
        Columns of the cycles that features are made of. Numbers become means.
    """
    of_person = people.features.groupby(level="subject").mean()
    known = truth.groupby(level=0).first().reindex(of_person.index)
    ordered = known.sort_values(kind="stable").index
    n_groups = min(_MOST_MEANS, max(1, len(ordered) // FEWEST_IN_A_MEAN))
    parts = np.array_split(np.arange(len(ordered)), n_groups)
    group = pd.Series(np.repeat(np.arange(n_groups), [len(each) for each in parts]), ordered)
    least = min(FEWEST_IN_A_MEAN, *map(len, parts))
    grouped = of_person.groupby(group)
    features = grouped.mean().where(grouped.count() >= least).reset_index(drop=True)
    ends = {0: 1, n_groups - 1: min(n_groups, _MOST_PEOPLE_OF_MEAN_CYCLES)}
    cycles, fewest = _cycles_of_groups(people.cycles, group.map(ends), columns, least)
    return Means(features, cycles, min(least, fewest))


def _cycles_of_groups(
    data: LocomotionData, group: "pd.Series[float]", columns: tuple[str, ...], least: int
) -> tuple[LocomotionData, int]:
    """Return the means of the first, second ... cycle that people of a group have of a condition."""
    conditions = [name for name in ("task", "session", "side") if name in data.cycles]
    if "session" not in columns:
        conditions = [name for name in conditions if name != "session"]
    table = data.cycles[[name for name in data.cycles if name in {*columns, *KEY, *conditions}]]
    table = table.assign(group=table["subject"].map(group))
    table["turn"] = table.groupby(["subject", *conditions], dropna=False).cumcount()
    chosen = np.flatnonzero(table["group"].notna())
    table = table.iloc[chosen].reset_index(drop=True)
    cell = table.groupby(["group", *conditions, "turn"], dropna=False, sort=True).ngroup()
    size = table.groupby(cell)["subject"].nunique()
    # People who did nothing alike have no mean of several; what there is of it is told.
    enough = size[size >= min(least, size.max())]
    mean, cells = mean_cycles(data.take(chosen), cell.to_numpy())
    rows = np.flatnonzero(np.isin(cells, enough.index.to_numpy()))
    numbers = set(table.select_dtypes("number").columns) - {"step", "group", "turn"}
    by_cell = table.groupby(cell)
    found = by_cell.agg({name: "mean" if name in numbers else "first" for name in table}).iloc[rows]
    found["subject"] = "mean_" + found["group"].astype(int).astype(str)
    found["task_id"] = "mean"
    found["step"] = found.groupby(["subject", "task"]).cumcount() + 1
    found = found.drop(columns=["group", "turn"]).reset_index(drop=True)
    return LocomotionData(found, mean[:, rows], data.channels), int(enough.min())
