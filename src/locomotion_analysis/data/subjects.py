"""Who is in a dataset: subjects and cycles counted, and datasets of different people joined."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.data.identity import same_name
from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.data.parts import HistoryEntry
from locomotion_analysis.errors import (
    LocomotionWarning,
    SchemaError,
    TargetError,
    did_you_mean,
    listed,
)
from locomotion_analysis.standard import KEY, Channel

_PERSON = ["dataset", "subject"]
_TRIAL = ["dataset", "subject", "task", "task_id"]
_BY = ("dataset", "task", "pathology", "side")
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
_SHOWN_SHARED = 5
_SHOWN_DIFFERING = 3


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
            expected=f"a column of classes among {listed(cycles.columns)}",
            got=f"{by!r}, {'without a value' if by in cycles else 'no such column'}",
            where="class_balance",
            fix="" if by in cycles else did_you_mean(by, cycles.columns),
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


@dataclass(frozen=True)
class Description:
    """What a dataset holds (see :func:`describe`).

    Attributes
    ----------
    counts : DataFrame
        One row a column and value: ``column``, ``value`` (missing where not known),
        ``subjects``, ``trials`` (a task_id of a subject and task), ``cycles`` (each cycle is one
        stride of the ipsilateral leg) and ``cycles_percent``.
    channels : DataFrame
        One row a channel: ``channel``, ``unit``, the percent of cycles in which it was measured
        throughout, in part and not at all (``measured_percent``, ``partly_percent``,
        ``absent_percent``), and ``subjects`` with at least one cycle measured throughout.
    """

    counts: pd.DataFrame
    channels: pd.DataFrame


def describe(data: LocomotionData, by: Sequence[str] = _BY) -> Description:
    """Count subjects, trials and cycles by value, and how much of each channel was measured.

    :meth:`~locomotion_analysis.LocomotionData.summary` crosses dataset, task and pathology; this
    looks at one column at a time, so that its rows stay few.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    by : sequence of str
        Columns of ``data.cycles``. Those of the default that the data do not have are left out.

    Returns
    -------
    Description

    Raises
    ------
    SchemaError
        If a column asked for is not in the data.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking", "stair_ascent"])
    >>> describe(data, by=["task"]).counts[["value", "subjects", "cycles"]].values.tolist()
    [['level_walking', 3, 6], ['stair_ascent', 3, 6]]
    """
    cycles = data.cycles
    asked = [name for name in by if name in cycles] if by is _BY else list(by)
    absent = [name for name in asked if name not in cycles]
    if absent or not asked:
        raise SchemaError(
            expected=f"columns of cycles ({', '.join(cycles.columns)})",
            got=", ".join(map(repr, absent)) or "no column at all",
            where="describe",
        )
    person, trial = (cycles.groupby(of, sort=False).ngroup() for of in (_PERSON, _TRIAL))
    codes = pd.DataFrame({"person": person, "trial": trial})
    counts = []
    for name in asked:
        groups = codes.groupby(cycles[name], sort=False, dropna=False, observed=True)
        table = pd.DataFrame(
            {
                "subjects": groups["person"].nunique(),
                "trials": groups["trial"].nunique(),
                "cycles": groups.size(),
            }
        )
        table["cycles_percent"] = 100.0 * table["cycles"] / len(cycles)
        table = table.sort_values("cycles", ascending=False, kind="stable")
        table = table.rename_axis("value").reset_index()
        table["value"] = table["value"].astype(object)
        table.insert(0, "column", str(name))
        counts.append(table)
    rows = []
    for name, curves in zip(data.channels, data.block, strict=True):
        known = np.isfinite(curves)
        whole, some = known.all(axis=1), known.any(axis=1)
        cycles_of_each = np.array([whole.sum(), (some & ~whole).sum(), (~some).sum()])
        percents = 100.0 * (cycles_of_each / (len(data) or np.nan))
        subjects = int(person[whole].nunique())
        rows.append((name, Channel.parse(name).unit, *percents, subjects))
    names = ["channel", "unit", "measured_percent", "partly_percent", "absent_percent", "subjects"]
    return Description(pd.concat(counts, ignore_index=True), pd.DataFrame(rows, columns=names))


_MEASURES = ("age", "height_m", "mass_kg", "speed_m_s", "cycle_duration_s")


def people_summary(data: LocomotionData) -> pd.DataFrame:
    """Return age, height, mass, speed and duration of the cycles over people, one row each.

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those of a person are averaged first, so that each counts once.

    Returns
    -------
    DataFrame
        ``column``, ``subjects`` of whom it is known, ``mean``, ``sd`` (between people), ``min`` and
        ``max``; no row for a column that nobody has.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": list("aab"), "task": "run", "step": [1, 2, 1]})
    >>> data = LocomotionData(cycles.assign(age=[20.0, 20.0, 40.0]), np.zeros((0, 3, 150)), [])
    >>> people_summary(data).values.tolist()
    [['age', 2, 30.0, 14.142135623730951, 20.0, 40.0]]
    """
    cycles = data.cycles
    names = [
        name for name in _MEASURES if name in cycles and pd.api.types.is_numeric_dtype(cycles[name])
    ]
    each = cycles.groupby(_PERSON, sort=False)[names].mean()
    rows = [
        (name, int(known.size), known.mean(), known.std(ddof=1), known.min(), known.max())
        for name in names
        if (known := each[name].dropna()).size
    ]
    return pd.DataFrame(rows, columns=["column", "subjects", "mean", "sd", "min", "max"])


def merge_datasets(
    datasets: Sequence[LocomotionData] | Mapping[str, LocomotionData],
) -> LocomotionData:
    """Join datasets of different people.

    :meth:`~locomotion_analysis.LocomotionData.concat` joins pieces of one dataset, where a
    subject's name is one person. Here a name that stands in two datasets is two people: such
    subjects are renamed ``dataset/subject``, so that splits, groups and intervals take them as two.
    The column ``dataset`` stays.

    Parameters
    ----------
    datasets : sequence or mapping of LocomotionData
        At least two. The names of a mapping replace the column ``dataset`` of each. In a
        sequence, datasets of one name may not share a subject's name.

    Returns
    -------
    LocomotionData
        All cycles; a channel or column that a dataset does not have is NaN or missing there.
        The history holds that of each dataset with the dataset's name before it, then every
        renaming, and every channel and column that was filled.

    Raises
    ------
    SchemaError
        If there are fewer than two datasets, a column is numbers in one and text in another, or
        it cannot be said whether a subject of two datasets is one person or two.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> lab, clinic = (simulate(n_subjects=3, n_cycles=1, seed=seed) for seed in (1, 2))
    >>> both = merge_datasets({"lab": lab, "clinic": clinic})
    >>> sorted(both.cycles["subject"].unique())[:2]
    ['clinic/sim_0001', 'clinic/sim_0002']
    """
    pieces, history = _named_pieces(datasets)
    _refuse_mixed_columns(pieces)
    joined = LocomotionData.concat(
        [LocomotionData(piece.cycles, piece.block, piece.channels) for piece in pieces.values()]
    )
    for name, piece in pieces.items():
        channels = [channel for channel in joined.channels if channel not in piece.channels]
        columns = [str(column) for column in joined.cycles if column not in piece.cycles]
        for what, found in {"channels, NaN": channels, "columns, missing": columns}.items():
            if found:
                detail = f"{name}: no such {what}: {', '.join(found)}"
                history.append(HistoryEntry("filled", detail, len(piece)))
    cycles, renamed = _told_apart(joined.cycles)
    history += renamed
    history.append(HistoryEntry("merged", f"datasets {', '.join(pieces)}", len(cycles)))
    return LocomotionData(cycles, joined.block, joined.channels, history)


def _named_pieces(
    datasets: Sequence[LocomotionData] | Mapping[str, LocomotionData],
) -> tuple[dict[str, LocomotionData], list[HistoryEntry]]:
    """Return the datasets by a name of each, and their histories with the names before."""
    if len(datasets) < 2:
        raise SchemaError(
            expected="at least two datasets to merge",
            got=str(len(datasets)),
            where="datasets",
            fix="name another: locomotion merge NAME=DATA NAME=DATA",
        )
    history = []
    named: dict[str, LocomotionData] = {}
    if isinstance(datasets, Mapping):
        for name, data in datasets.items():
            own = _dataset_names(data)
            cycles, apart = _told_apart(data.cycles)
            cycles = cycles.assign(dataset=name)
            named[name] = LocomotionData(cycles, data.block, data.channels, data.history)
            history += apart
            if own != name:
                history.append(HistoryEntry("renamed", f"dataset {own} -> {name}", len(data)))
    else:
        _refuse_shared_people(datasets)
        for position, data in enumerate(datasets, start=1):
            name = _dataset_names(data)
            named[f"{name} (no. {position})" if name in named else name] = data
    attributed = [
        HistoryEntry(entry.action, f"{name}: {entry.detail}", entry.count)
        for name, data in named.items()
        for entry in data.history
    ]
    return named, attributed + history


def _dataset_names(data: LocomotionData) -> str:
    return " + ".join(data.cycles["dataset"].drop_duplicates().tolist())


def _refuse_shared_people(datasets: Sequence[LocomotionData]) -> None:
    """Raise where datasets of one name have subjects of one name, who may be two people."""
    people = [data.cycles[["dataset", "subject"]].drop_duplicates() for data in datasets]
    forms = Counter(
        form
        for each in people
        for form in set(zip(*(each[name].map(same_name) for name in each), strict=True))
    )
    named = pd.concat(people).drop_duplicates().itertuples(index=False, name=None)
    shared = [pair for pair in named if forms[same_name(pair[0]), same_name(pair[1])] > 1]
    if shared:
        names = ", ".join(sorted({subject for _, subject in shared})[:_SHOWN_SHARED])
        raise SchemaError(
            expected="datasets with names of their own, which tell their subjects apart",
            got=f"{len(shared)} subjects in several datasets of one name ({names}"
            f"{', …' if len(shared) > _SHOWN_SHARED else ''} of {shared[0][0]!r})",
            where="datasets",
            fix="for different people, name the datasets: merge_datasets({name: data, ...}), locomotion merge NAME=DATA NAME=DATA; "
            "for pieces of one dataset, LocomotionData.concat",
        )


def _refuse_mixed_columns(pieces: Mapping[str, LocomotionData]) -> None:
    first: dict[str, tuple[str, bool]] = {}
    for name, piece in pieces.items():
        cycles = piece.cycles
        for column in cycles.columns[cycles.notna().any()]:
            known = cycles[column].dropna().infer_objects()  # true and missing are an object column
            is_number = pd.api.types.is_numeric_dtype(known)
            earlier, was_number = first.setdefault(column, (name, is_number))
            if was_number != is_number:
                kinds = {True: "numbers", False: "text"}
                raise SchemaError(
                    expected="columns of one kind in all datasets",
                    got=f"{kinds[was_number]} in {earlier}, {kinds[is_number]} in {name}",
                    where=f"column {column}",
                    fix="convert or rename the column in one of them",
                )


def _told_apart(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Put the dataset before each subject's name that stands in more than one dataset.

    Names are one here whatever their spelling, as they are in splits.
    """
    people = cycles[["dataset", "subject"]].drop_duplicates()
    form = people["subject"].map(same_name)
    places = people["dataset"].groupby(form).transform("nunique")
    shared = people["subject"][places > 1].drop_duplicates().tolist()
    if not shared:
        return cycles, []
    rows = cycles["subject"].isin(shared)
    apart = cycles["dataset"] + "/" + cycles["subject"]
    named = cycles[["dataset"]].assign(name=cycles["subject"].where(~rows, apart)).drop_duplicates()
    together = named["dataset"].groupby(named["name"].map(same_name)).transform("nunique")
    clash = sorted(named["name"][together > 1].unique())
    if clash:
        raise SchemaError(
            expected="subject names that can be told apart as dataset/subject",
            got=f"a subject already named {clash[0]}"
            if len(clash) == 1
            else f"{', '.join(clash[:_SHOWN_SHARED])}, of which some differ by blanks or case alone",
            where="column subject",
            fix="give the datasets other names: merge_datasets({name: data, ...})",
        )
    first = ", ".join(shared[:_SHOWN_SHARED]) + (", …" if len(shared) > _SHOWN_SHARED else "")
    detail = f"subject -> dataset/subject, {len(shared)} names in several datasets: {first}"
    entry = HistoryEntry("renamed", detail, int(rows.sum()))
    return cycles.assign(subject=cycles["subject"].where(~rows, apart)), [entry]


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
    candidates = [str(name) for name in cycles if name not in KEY]
    distinct = groups[candidates].nunique()
    never_changes = (distinct <= 1).all() & (len(cycles) > len(distinct))
    names = [name for name in candidates if name in _OF_A_PERSON or never_changes[name]]
    names.sort(
        key=lambda name: _OF_A_PERSON.index(name) if name in _OF_A_PERSON else len(_OF_A_PERSON)
    )
    table = groups[names].first().where(distinct[names] <= 1) if names else distinct[[]].copy()
    table["tasks"] = groups["task"].agg(lambda task: ", ".join(sorted(task.unique())))
    trials = cycles[[*_PERSON, "task", "task_id"]].drop_duplicates()
    table["trials"] = trials.groupby(_PERSON, sort=False).size()
    table["cycles"] = groups.size()
    conflicts = np.full(len(distinct), "", dtype=object)
    number = groups.ngroup()
    for person in np.flatnonzero((distinct[names] > 1).any(axis=1)):
        own = cycles[number == person]
        conflicts[person] = "; ".join(
            f"{name}: {', '.join(sorted(map(str, own[name].dropna().unique())))}"
            for name in names
            if distinct[name].iloc[person] > 1
        )
    table["conflicts"] = pd.Series(conflicts, index=distinct.index, dtype="str")
    table = table.reset_index()
    differing = table[table["conflicts"] != ""]
    if len(differing):
        pairs = zip(differing["subject"], differing["conflicts"], strict=True)
        first = [f"{who} ({text})" for who, text in pairs][:_SHOWN_DIFFERING]
        warnings.warn(
            f"{len(differing)} of {len(table)} subjects have conflicting values, which are left "
            f"missing: {', '.join(first)}{', …' if len(differing) > _SHOWN_DIFFERING else ''}",
            LocomotionWarning,
            stacklevel=2,
        )
    return table
