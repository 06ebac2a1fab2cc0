"""Fewer subjects, chosen so that every class has the same number of them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.selection.splitters import class_codes, is_fractional, subject_codes

__all__ = ["balanced_subset", "few_shot_subset"]

_SHOWN = 5


class FewShot(NamedTuple):
    """Two sets of cycles that share no subject.

    Attributes
    ----------
    support : LocomotionData
        The few subjects to learn from, equally many of each class.
    query : LocomotionData
        All other subjects.
    """

    support: LocomotionData
    query: LocomotionData


class _Classes(NamedTuple):
    """The labelled cycles and the class of each of their subjects."""

    data: LocomotionData
    subject_of_cycle: NDArray[np.intp]
    class_of_subject: NDArray[np.intp]
    names: NDArray[Any]


def balanced_subset(data: LocomotionData, by: str = "pathology", seed: int = 0) -> LocomotionData:
    """Return as many subjects of each class as the smallest class has, with all their cycles.

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those without a class are left out, which the history says.
    by : str
        A column of ``data.cycles`` with one class a subject.
    seed : int
        Of the choice of subjects, which does not depend on the order of the cycles.

    Returns
    -------
    LocomotionData
        Cycles in their old order. Subjects are balanced; cycles are as each subject has them
        (see :func:`~locomotion_analysis.data.subjects`).

    Raises
    ------
    TargetError
        If the column is unknown, is a quantity, or has one class.
    SchemaError
        If a subject has cycles of two classes.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=5, n_cycles=1, pathologies=["healthy", "stroke"])
    >>> chosen = balanced_subset(data, by="pathology", seed=1)
    >>> chosen.cycles.groupby("pathology")["subject"].nunique().to_dict()
    {'healthy': 2, 'stroke': 2}
    """
    found = _classes(data, by)
    fewest = int(np.bincount(found.class_of_subject).min())
    chosen = _drawn(found, fewest, seed)
    detail = f"{fewest} subjects a class of {by} ({_named(found)}), seed {seed}"
    return _cycles_of(found, chosen, f"balanced: {detail}")


def few_shot_subset(
    data: LocomotionData, by: str, n_subjects_per_class: int, seed: int = 0
) -> FewShot:
    """Split into a few subjects of each class (support) and all others (query).

    Parameters
    ----------
    data : LocomotionData
        The cycles. Those without a class are left out, which the histories say.
    by : str
        A column of ``data.cycles`` with one class a subject.
    n_subjects_per_class : int
        Subjects of each class in the support set; every class must have at least one more.
    seed : int
        Of the choice of subjects, which does not depend on the order of the cycles. The support
        of `n` subjects lies within that of `n + 1`.

    Returns
    -------
    FewShot
        ``(support, query)``, without a subject in common.

    Raises
    ------
    TargetError
        If the column is unknown, is a quantity, or has one class.
    SchemaError
        If a subject has cycles of two classes, or a class has too few subjects.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=9, n_cycles=1, tasks=["level_walking"])
    >>> support, query = few_shot_subset(data, "pathology", n_subjects_per_class=1)
    >>> len(support), len(query), set(support.groups) & set(query.groups)
    (3, 6, set())
    """
    found = _classes(data, by)
    if n_subjects_per_class < 1:
        raise SchemaError(
            expected="at least one subject a class",
            got=str(n_subjects_per_class),
            where="n_subjects_per_class",
        )
    fewest = int(np.bincount(found.class_of_subject).min())
    if fewest <= n_subjects_per_class:
        raise SchemaError(
            expected=f"more than {n_subjects_per_class} subjects of each class, so that some are "
            "left to ask",
            got=_named(found),
            where="n_subjects_per_class",
            fix=f"use {fewest - 1} or fewer"
            if fewest > 1
            else "leave out the class of one subject with data.select",
        )
    chosen = _drawn(found, n_subjects_per_class, seed)
    detail = f"few-shot: {n_subjects_per_class} subjects a class of {by}, seed {seed}"
    return FewShot(
        support=_cycles_of(found, chosen, f"{detail}, support"),
        query=_cycles_of(found, ~chosen, f"{detail}, query"),
    )


def _classes(data: LocomotionData, by: str) -> _Classes:
    cycles = data.cycles
    if by not in cycles or cycles[by].isna().all():
        raise TargetError(
            expected=f"a column of classes among {', '.join(cycles.columns)}",
            got=f"{by!r}, {'without a value' if by in cycles else 'no such column'}",
            where="by",
        )
    rows = np.flatnonzero(cycles[by].notna())
    if len(rows) < len(data):
        dropped = HistoryEntry("dropped", f"cycles without {by}", len(data) - len(rows))
        data = data.take(rows).with_history(dropped)
    labels = data.cycles[by]
    if is_fractional(labels):
        raise TargetError(expected="a column of classes", got=f"{by!r}, a quantity", where="by")
    label, names = class_codes(labels)
    subject, subjects = subject_codes(data.groups)
    pairs = np.unique(np.column_stack([subject, label]), axis=0)
    mixed = subjects[np.flatnonzero(np.bincount(pairs[:, 0]) > 1)]
    if len(mixed):
        raise SchemaError(
            expected=f"one class of {by} a subject",
            got=f"{len(mixed)} of {len(subjects)} subjects with several: "
            f"{', '.join(mixed[:_SHOWN])}{', …' if len(mixed) > _SHOWN else ''}",
            where="by",
            fix="choose another column, or data.select the cycles of one class; equal names of "
            "two datasets are told apart by merge_datasets",
        )
    return _Classes(data, subject, pairs[:, 1], names)


def _drawn(found: _Classes, n_subjects: int, seed: int) -> NDArray[np.bool_]:
    """Return which subjects are drawn, `n_subjects` of each class."""
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(found.class_of_subject), dtype=bool)
    for label in range(len(found.names)):
        members = np.flatnonzero(found.class_of_subject == label)
        chosen[random.permutation(members)[:n_subjects]] = True
    return chosen


def _named(found: _Classes) -> str:
    counts = np.bincount(found.class_of_subject)
    return ", ".join(f"{name} {count}" for name, count in zip(found.names, counts, strict=True))


def _cycles_of(found: _Classes, subjects: NDArray[np.bool_], detail: str) -> LocomotionData:
    rows = np.flatnonzero(subjects[found.subject_of_cycle])
    entry = HistoryEntry("selected", f"{detail}: {len(rows)} of {len(found.data)} cycles")
    return found.data.take(rows).with_history(entry)
