"""Which part and which fold each subject belongs to, decided once and written down."""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SplitLeakError, TargetError
from locomotion_analysis.selection import (
    SubjectStratifiedKFold,
    quantile_strata,
    strata,
    subject_train_validation_test_split,
)
from locomotion_analysis.selection.splitters import MAX_BINS, PARTS, is_fractional

N_FOLDS = 5
SIZES = (0.6, 0.2, 0.2)
SPLIT_SEED = 0
_UNKNOWN = "unknown"
_Labels = NDArray[np.str_]


@dataclass(frozen=True)
class FrozenSplits:
    """Splits of the subjects of a dataset.

    Attributes
    ----------
    table : DataFrame
        One row a subject, sorted: ``dataset``, ``subject``, ``split`` (train, validation or
        test) and ``fold`` (0 to 4: the fold in which the subject is tested).
    stratified_by : str
        What was kept in proportion.
    notes : tuple of str
        What could not be kept in proportion, and what was done instead.
    """

    table: pd.DataFrame
    stratified_by: str
    notes: tuple[str, ...] = ()


def freeze_splits(cycles: pd.DataFrame, stratify_by: str = "pathology") -> FrozenSplits:
    """Give every subject a part (60, 20 and 20 % of the subjects) and a fold (of five).

    Both keep the classes of `stratify_by`, together with the task, in proportion as far as
    whole subjects allow; a quantity (age) is cut into five bins of equally many subjects. Where
    that does not work (no such column, one class, too few cycles), the class alone counts, or the
    task alone; where nothing works, subjects are split at random. A stratum with fewer subjects
    than parts or folds is absent from some. Notes and a warning say so.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle with ``dataset``, ``subject`` and ``task``. Equal names of subjects
        are one subject. The order of the rows does not matter.
    stratify_by : str
        Column to keep in proportion.

    Returns
    -------
    FrozenSplits

    Warns
    -----
    LocomotionWarning
        Each of the notes.

    Raises
    ------
    SplitLeakError
        If there are fewer than five subjects.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> splits = freeze_splits(simulate(n_subjects=15, n_cycles=1).cycles)
    >>> splits.table["split"].value_counts().to_dict()
    {'train': 9, 'validation': 3, 'test': 3}
    """
    n_subjects = cycles["subject"].nunique()
    if n_subjects < N_FOLDS:
        raise SplitLeakError(
            expected=f"at least {N_FOLDS} subjects, one for each of {N_FOLDS} folds",
            got=f"{n_subjects} subject{'s' * (n_subjects != 1)}",
            where="frozen splits",
            fix="add subjects; to look at a few, use LocomotionData alone",
        )
    notes: list[str] = []
    for said, labels in _labellings(cycles, stratify_by, notes):
        try:
            table, warned = _stratified(cycles, labels)
        except TargetError as error:  # no stratum has a row for each fold
            notes.append(f"splits could not be stratified by {said}: {error.got}")
        else:
            notes += warned
            break
    else:
        notes.append("subjects were split at random, without strata")
        said, table = "nothing", _at_random(cycles)
    for note in notes:
        warnings.warn(note, LocomotionWarning, stacklevel=2)
    return FrozenSplits(table, said, tuple(notes))


def content_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of the rows of a split table, whatever file holds them.

    Examples
    --------
    >>> one = pd.DataFrame({"dataset": "d", "subject": ["S1"], "split": "train", "fold": 0})
    >>> content_hash(one) == content_hash(one.assign(fold=1))
    False
    """
    columns = ["dataset", "subject", "split", "fold"]
    rows = table[columns].sort_values(columns[:2])
    text = rows.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _labellings(
    cycles: pd.DataFrame, stratify_by: str, notes: list[str]
) -> Iterator[tuple[str, _Labels]]:
    """Yield what there is to stratify by, finest first."""
    classes = _classes(cycles, stratify_by, notes)
    task = cycles["task"].to_numpy(dtype=str)
    several = len(set(task)) > 1
    if classes is not None and several:
        yield f"{stratify_by} and task", strata(classes, task)
    if classes is not None:
        yield stratify_by, classes
    if several:
        yield "task", task


def _classes(cycles: pd.DataFrame, name: str, notes: list[str]) -> _Labels | None:
    """Return the class of each cycle, or None where there are not two."""
    if name not in cycles or cycles[name].isna().all():
        notes.append(f"no value of {name}: splits are not stratified by it")
        return None
    known = cycles[name].notna().to_numpy()
    classes = np.full(len(cycles), _UNKNOWN, dtype=object)
    values = cycles.loc[known, name]
    is_quantity = is_fractional(values) or (
        pd.api.types.is_numeric_dtype(values)
        and not pd.api.types.is_bool_dtype(values)
        and values.nunique() > MAX_BINS
    )
    if is_quantity:
        subjects = cycles.loc[known, "subject"]
        n_bins = min(MAX_BINS, max(2, subjects.nunique() // N_FOLDS))
        bins = quantile_strata(values, subjects, n_bins=n_bins)
        classes[known] = [f"bin {number}" for number in bins]
    else:
        classes[known] = values.astype(str)
    if not known.all():
        notes.append(f"{name} is not known in {(~known).sum()} cycles: a stratum of their own")
    if len(set(classes)) < 2:
        notes.append(f"{name} is {classes[0]} throughout: splits are not stratified by it")
        return None
    return classes.astype(str)


def _stratified(cycles: pd.DataFrame, labels: _Labels) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of subjects, and what could not be kept in proportion."""
    groups = cycles["subject"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        parts = subject_train_validation_test_split(labels, groups, SIZES, SPLIT_SEED)
        folds = list(SubjectStratifiedKFold(N_FOLDS, SPLIT_SEED).split(None, labels, groups))
    split = np.empty(len(cycles), dtype=object)
    fold = np.empty(len(cycles), dtype=np.int64)
    for name, rows in zip(PARTS, parts, strict=True):
        split[rows] = name
    for number, (_, rows) in enumerate(folds):
        fold[rows] = number
    warned = dict.fromkeys(str(entry.message) for entry in caught)
    return _table(cycles, split, fold), list(warned)


def _at_random(cycles: pd.DataFrame) -> pd.DataFrame:
    subjects = np.unique(cycles["subject"].astype(str))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(subjects))
    edges = np.cumsum([max(1, round(size * len(subjects))) for size in SIZES[:0:-1]])
    # The first of the order are tested, the next validate, the others train.
    part = np.array(PARTS[::-1])[np.searchsorted(edges, np.arange(len(subjects)), side="right")]
    place = np.empty(len(subjects), dtype=np.intp)
    place[order] = np.arange(len(subjects))
    of_cycle = place[np.searchsorted(subjects, cycles["subject"].astype(str))]
    return _table(cycles, part[of_cycle], of_cycle % N_FOLDS)


def _table(cycles: pd.DataFrame, split: NDArray[Any], fold: NDArray[Any]) -> pd.DataFrame:
    table = cycles[["dataset", "subject"]].assign(split=split.astype(str), fold=fold)
    table = table.drop_duplicates(["dataset", "subject"]).sort_values(["dataset", "subject"])
    return table.reset_index(drop=True)
