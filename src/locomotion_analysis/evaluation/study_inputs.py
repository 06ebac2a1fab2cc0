"""What every study begins with: target, features, folds, model, and the warnings it keeps."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.locomotion_data import refuse_other
from locomotion_analysis.errors import LocomotionWarning, TargetError, did_you_mean, listed
from locomotion_analysis.features.spec import FeatureTable, LeftOut, left_out_message
from locomotion_analysis.features.table import FEATURE_GROUPS, labelled_feature_table
from locomotion_analysis.models import ModelKind, default_classifier, default_regressor
from locomotion_analysis.progress import Progress
from locomotion_analysis.reporting.names import value_title
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv
from locomotion_analysis.selection.splitters import Fold
from locomotion_analysis.standard import canonical_name

_logger = logging.getLogger(__name__)

STUDY_AGGREGATIONS = ("mean", "std", "max", "min", "rom")
"""Statistics of every curve that a study's features are made of unless others are asked for."""

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
    refuse_other(data)
    target = target if target in data.cycles else canonical_name(target)
    if target not in data.cycles:
        raise TargetError(
            expected=f"a column among {listed(data.columns)}",
            got=repr(target),
            fix=did_you_mean(target, data.columns, "choose one of these columns"),
        )
    if target == "subject":
        raise TargetError(
            expected="a target that people share",
            got="the subject, which also decides who is tested",
            fix="choose another column",
        )
    column = data.cycles[target]
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
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not numeric or column.nunique() <= MOST_NUMERIC_CLASSES:
        return StudyTarget(target, "classification", data, values, column.to_numpy())
    of_subject = values.groupby(data.groups).mean()
    third = (of_subject.rank(method="first") - 1) * len(_THIRDS) // len(of_subject)
    labels = np.array(_THIRDS, dtype=object)[third.astype(int)[data.groups].to_numpy()]
    return StudyTarget(target, "regression", data, values.astype(float), labels)


def without_protocol_features(
    table: FeatureTable, cycles: pd.DataFrame, labels: NDArray[Any]
) -> FeatureTable:
    """Leave out features made from a column that stands still in one class and not in all.

    One laboratory writes the speed the treadmill was set to, another the speed it measured: the
    first column has one value, and a model names the laboratory without a look at the gait. On
    the BMC-RIC running recordings (46 runners at 2.5 m/s) a forest so reaches a balanced accuracy
    of 0.89; without the speed 0.50, which is chance.

    Parameters
    ----------
    table : FeatureTable
        Features.
    cycles : DataFrame
        One row a cycle, with the columns that features may require.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.

    Returns
    -------
    FeatureTable
        What was dropped stands in ``left_out`` with the class it would tell.

    Warns
    -----
    LocomotionWarning
        If a feature was left out.
    """
    still = protocol_columns(cycles, labels)
    dropped = {
        spec.name: column
        for spec in table.specs
        # A feature that is a column of its own is that column, whatever could stand in for it.
        for column in ((spec.name,) if spec.name in cycles else spec.requires)
        if column in still
    }
    if not dropped:
        return table
    reasons = {
        column: f"{column} has one value in every cycle of {value_title(still[column])} and "
        "others elsewhere: it tells how the class was recorded, not how its people move"
        for column in dict.fromkeys(dropped.values())
    }
    warnings.warn(
        f"Left out {', '.join(dropped)}: {'; '.join(reasons.values())}.",
        LocomotionWarning,
        stacklevel=2,
    )
    gone = (LeftOut(feature, reasons[column]) for feature, column in dropped.items())
    return replace(
        table,
        frame=table.frame.drop(columns=list(dropped)),
        specs=tuple(spec for spec in table.specs if spec.name not in dropped),
        left_out=(*table.left_out, *gone),
    )


def protocol_columns(cycles: pd.DataFrame, labels: NDArray[Any]) -> dict[str, Any]:
    """Return the numeric columns with one value in all of a class and more than one in all data.

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle. A class of one subject does not count: a person has one height.

    Returns
    -------
    dict
        Column name to the first class in which it stands still.
    """
    numbers = cycles.drop(columns="step").select_dtypes("number")
    distinct = numbers.groupby(labels).nunique()
    people = cycles["subject"].groupby(labels).nunique().to_numpy()
    varies = numbers.nunique().to_numpy() > 1
    still = distinct.eq(1) & (people > 1)[:, None] & varies
    return {str(name): still[name].idxmax() for name in still.columns[still.any()]}


def study_features(
    asked: StudyTarget,
    kind: Kind,
    progress: Progress,
    groups: Sequence[str] | None = None,
    aggregations: Sequence[str] = STUDY_AGGREGATIONS,
) -> FeatureTable:
    """Extract the features that a model may learn a target from.

    Parameters
    ----------
    asked : StudyTarget
        Cycles and target.
    kind : {"classification", "regression"}
        What is made of the target; of classes, features that tell how a class was recorded are
        left out (:func:`without_protocol_features`).
    progress : callable
        Called as ``progress(stage, done, total)``.
    groups : sequence of str, optional
        Feature groups, or of a table of features columns; all that the data can give where None.
    aggregations : sequence of str
        Statistics of every curve.

    Raises
    ------
    SchemaError
        If a group or statistic is not known, or no feature is left.
    """
    progress("features", 0, 1)
    table, _ = labelled_feature_table(
        asked.data, asked.target, groups or FEATURE_GROUPS, aggregations
    )
    if table.left_out and not asked.data.channels:
        # Of curves most data lack a part of the catalogue; of a table each column is somebody's.
        _logger.warning("%s", left_out_message(table.left_out))
    if kind == "classification":
        table = without_protocol_features(table, asked.data.cycles, asked.labels)
    progress("features", 1, 1)
    return table


def study_folds(
    kind: Kind, y: "pd.Series[Any]", groups: NDArray[Any], n_splits: int, random_state: int
) -> tuple[Any, list[Fold]]:
    """Return the splitter of a study and its folds; no subject is in two.

    Raises
    ------
    TargetError
        If every class has one subject.
    SplitLeakError
        If there are fewer subjects, or subjects of a class, than folds.
    """
    people = pd.Series(groups)
    alone = kind == "classification" and people.groupby(y.to_numpy()).nunique().max() == 1
    if alone and len(set(groups)) > 1:
        raise TargetError(
            expected="classes that several people share",
            got=f"{y.nunique()} classes of one subject each: whoever is left out to be tested "
            "takes the class along",
            where=f"column {y.name}",
            fix="choose another target, or merge classes",
        )
    splitter = SubjectStratifiedKFold if kind == "classification" else SubjectQuantileKFold
    made = splitter(n_splits=n_splits, random_state=random_state)
    return made, check_cv(made, None, y, groups)


def study_model(model: Any, kind: Kind, random_state: int) -> tuple[Any, str]:
    """Return an unfitted estimator and the words that name it.

    Parameters
    ----------
    model : {"forest", "linear"} or scikit-learn estimator
        A name stands for a ready-made model with the given seed.
    kind : {"classification", "regression"}
        What it shall predict.
    random_state : int
        Seed of a ready-made model.
    """
    if not isinstance(model, str):
        return model, " ".join(repr(model).split())
    ready = default_classifier if kind == "classification" else default_regressor
    estimator = ready(cast("ModelKind", model), random_state=random_state)
    return estimator, f"{model}: {' '.join(repr(estimator).split())}"


@contextmanager
def kept_warnings(*, ours_go_on: bool = True) -> Iterator[list[str]]:
    """Collect our own warnings for the result, and give all of them on afterwards.

    They are given on when the work fails, too: what was warned of may be why.

    Parameters
    ----------
    ours_go_on : bool
        Whether to give on our own, besides those of other libraries.

    Yields
    ------
    list of str
        Texts of our own warnings, once each; empty until the end.
    """
    texts: list[str] = []
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", LocomotionWarning)
            yield texts
    finally:
        ours = [each for each in caught if issubclass(each.category, LocomotionWarning)]
        texts += dict.fromkeys(str(each.message) for each in ours)
        for each in caught:
            if ours_go_on or each not in ours:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
