"""What a leaderboard is run on: features, target, subjects, and what was left out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import TargetError
from locomotion_analysis.evaluation.report.cautions import cautions
from locomotion_analysis.evaluation.study_inputs import study_target, without_protocol_features
from locomotion_analysis.features import FEATURE_GROUPS, labelled_feature_table
from locomotion_analysis.models.supervised import PROBLEMS, Problem
from locomotion_analysis.models.supervised.paired_features import paired_features, paired_target
from locomotion_analysis.models.supervised.recipe import Kind
from locomotion_analysis.standard import canonical_name

AGGREGATIONS = ("mean", "std", "max", "min", "rom")


@dataclass(frozen=True)
class TrainingTable:
    """Features and target, one row a cycle (a leg, of treatment).

    Attributes
    ----------
    problem : Problem
        What is predicted, and the recipes for it.
    X : DataFrame, shape (n_rows, n_features)
        Features with the key of each row as index.
    y : Series, shape (n_rows,)
        Target.
    cycles : DataFrame, shape (n_rows, ...)
        The other columns known of each row.
    units : dict
        Unit of each feature.
    notes : tuple of str
        What was left out or assumed.
    cautions : tuple of str
        What in the data itself calls for caution (see ``evaluation.report.cautions``).
    """

    problem: Problem
    X: pd.DataFrame
    y: "pd.Series[Any]"
    cycles: pd.DataFrame
    units: dict[str, str]
    notes: tuple[str, ...]
    cautions: tuple[str, ...]

    @property
    def groups(self) -> NDArray[Any]:
        """Subject of each row."""
        return self.X.index.get_level_values("subject").to_numpy()

    @property
    def kind(self) -> Kind:
        """Kind of target."""
        return self.problem.kind


def problem_of(data: LocomotionData, target: str) -> Problem:
    """Return the problem whose target a column is, or the one whose kind of target it holds.

    Raises
    ------
    TargetError
        If there is no such column.
    """
    name = target if target in data.cycles else canonical_name(target)
    for problem in PROBLEMS.values():
        if problem.target == name:
            return problem
    kind = study_target(data, target).kind
    return PROBLEMS["pathology" if kind == "classification" else "age"]


def training_table(data: LocomotionData, target: str, problem: Problem) -> TrainingTable:
    """Extract the features that a model may learn the target from.

    Raises
    ------
    TargetError
        If the target is absent, has one value, or does not fit the kind of problem.
    SchemaError
        If no feature is left, or treatment's sessions are not known.
    """
    asked = study_target(data, target)
    y = _values(asked.values, problem)
    table, _ = labelled_feature_table(asked.data, asked.target, FEATURE_GROUPS, AGGREGATIONS)
    if problem.kind == "classification":
        table = without_protocol_features(table, asked.data.cycles, asked.labels)
    dropped = len(data) - len(asked.data)
    notes = [f"{dropped:,} cycles without {asked.target} left out"] if dropped else []
    notes += [f"{each.name}: {each.reason}" for each in table.missed]
    notes += list(table.notes)
    X, cycles = table.frame, asked.data.cycles
    units = {spec.name: spec.unit for spec in table.specs}
    if problem.paired:
        paired, told = paired_features(X, cycles)
        y = paired_target(y, cycles, paired)
        units = {name: units[name.rsplit("_", 1)[0]] for name in map(str, paired)}
        paired.attrs = dict(X.attrs)
        X, cycles, notes = paired, paired.index.to_frame(index=False), notes + told
    beware = tuple(cautions(asked.data, asked.labels))
    return TrainingTable(problem, X, y, cycles, units, tuple(notes), beware)


def _values(values: "pd.Series[Any]", problem: Problem) -> "pd.Series[Any]":
    if problem.kind == "classification":
        return pd.Series(np.asarray(values.to_list()), index=values.index, name=values.name)
    if not pd.api.types.is_numeric_dtype(values):
        raise TargetError(
            expected=f"numbers, to train {problem.name}",
            got=f"{values.iloc[0]!r}",
            where=f"column {values.name}",
            fix="name a column of numbers, or another task",
        )
    return values.astype(float)
