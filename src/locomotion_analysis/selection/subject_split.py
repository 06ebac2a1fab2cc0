"""One split of the subjects into training, validation and test."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.selection.strata import class_codes, is_fractional, quantile_strata
from locomotion_analysis.selection.subjects import check_lengths, subject_codes

PARTS = ("train", "validation", "test")


class SubjectSplit(NamedTuple):
    """Row positions, ascending, of three parts that share no subject."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]


def subject_train_validation_test_split(
    y: Any,
    groups: Any,
    sizes: tuple[float, float, float] = (0.6, 0.2, 0.2),
    random_state: int = 0,
) -> SubjectSplit:
    """Split subjects into training, validation and test, stratified as far as subjects allow.

    The parts get the wanted numbers of subjects to within one (at least one each). Subjects
    are handed out, rarest class first and shuffled within, to the part that still lacks the
    largest share of their classes; a class of three subjects thereby reaches all three parts.
    The result depends on the seed and on the subjects, not on the order of the rows.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Class of each row, or a continuous target (numbers that are not whole), which is binned
        by subject means (:func:`quantile_strata`).
    groups : array-like of shape (n_rows,)
        Subject of each row.
    sizes : tuple of three floats
        Shares of the subjects; positive, of sum 1.
    random_state : int
        Seed of the shuffling of subjects.

    Returns
    -------
    SubjectSplit
        Row positions ``(train, validation, test)``.

    Raises
    ------
    SchemaError
        If `sizes` are not three positive shares of sum 1, or lengths differ.
    SplitLeakError
        If subjects are unknown or fewer than three.
    TargetError
        If the target is incomplete or has one class.

    Examples
    --------
    >>> import numpy as np
    >>> subjects = np.repeat(np.arange(10), 4)
    >>> split = subject_train_validation_test_split(subjects % 2, subjects)
    >>> [len(rows) for rows in split]
    [24, 8, 8]
    """
    shares = _checked_sizes(sizes)
    codes, subjects = subject_codes(groups)
    check_lengths(y=y, groups=codes)
    if len(subjects) < len(PARTS):
        raise SplitLeakError(
            expected="at least 3 subjects, one for each part",
            got=f"{len(subjects)} subject{'s' * (len(subjects) != 1)}",
            where="groups",
            fix="add subjects",
        )
    labels, classes = class_codes(quantile_strata(y, codes) if is_fractional(y) else y)
    table = np.zeros((len(subjects), len(classes)))
    np.add.at(table, (codes, labels), 1)
    part = _assign(table, _quotas(shares, len(subjects)), random_state)
    _warn_absent(table, part, classes)
    return SubjectSplit(*(np.flatnonzero(part[codes] == number) for number in range(len(PARTS))))


def _checked_sizes(sizes: tuple[float, float, float]) -> NDArray[np.float64]:
    shares = np.asarray(sizes, dtype=float)
    if shares.shape != (3,) or not (shares > 0).all() or not np.isclose(shares.sum(), 1):
        raise SchemaError(
            expected="three positive shares of sum 1",
            got=str(sizes),
            where="sizes",
            fix="for example sizes=(0.6, 0.2, 0.2)",
        )
    return shares


def _quotas(shares: NDArray[np.float64], n_subjects: int) -> NDArray[np.intp]:
    """Return whole numbers of subjects by largest remainder, at least one each."""
    exact = shares * n_subjects
    quotas = np.maximum(1, np.floor(exact).astype(np.intp))
    while quotas.sum() < n_subjects:
        quotas[np.argmax(exact - quotas)] += 1
    while quotas.sum() > n_subjects:
        quotas[np.argmax(np.where(quotas > 1, quotas - exact, -np.inf))] -= 1
    return quotas


def _assign(
    table: NDArray[np.float64], quotas: NDArray[np.intp], random_state: int
) -> NDArray[np.intp]:
    share_of_class = table / table.sum(axis=0)
    rows = np.random.default_rng(random_state).permutation(len(table))
    n_subjects_of_class = (table > 0).sum(axis=0)
    rarest = np.where(table > 0, n_subjects_of_class, np.inf).min(axis=1)
    wanted = quotas / quotas.sum()
    room, lacking = quotas.copy(), np.ones((len(quotas), table.shape[1]))
    part = np.empty(len(table), dtype=np.intp)
    for subject in rows[np.argsort(rarest[rows], kind="stable")]:
        need = np.where(room > 0, lacking @ share_of_class[subject], -np.inf)
        # Rounding must not decide a tie: the part that is to be larger goes first.
        best = np.flatnonzero(np.isclose(need, need.max()))
        part[subject] = best[np.argmax(wanted[best])]
        room[part[subject]] -= 1
        lacking[part[subject]] -= share_of_class[subject] / wanted[part[subject]]
    return part


def _warn_absent(table: NDArray[np.float64], part: NDArray[np.intp], classes: NDArray[Any]) -> None:
    absent = [
        f"{classes[label]} in {name}"
        for number, name in enumerate(PARTS)
        for label in np.flatnonzero(table[part == number].sum(axis=0) == 0)
    ]
    if absent:
        warnings.warn(
            f"too few subjects to have every class in every part; absent: {', '.join(absent)}. "
            "Add subjects, merge classes or use cross-validation.",
            LocomotionWarning,
            stacklevel=3,
        )
