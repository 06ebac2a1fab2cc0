"""Which subjects a training sets aside to know when to stop."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.selection.subjects import subject_codes


class ValidationSplit(NamedTuple):
    """Row positions: cycles trained on, and cycles of other subjects; none of these, if empty."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]


def validation_split(
    labels: NDArray[np.intp], groups: Any, share: float | None, random_state: int
) -> ValidationSplit:
    """Set subjects aside, in proportion to the labels, none of which is lost to the training.

    Parameters
    ----------
    labels : ndarray of int, shape (n_cycles,)
        Class of each cycle, or bin of a quantity.
    groups : array_like of shape (n_cycles,) or None
        Subject of each cycle.
    share : float or None
        Share of the subjects, at least one; None for none.
    random_state : int
        Seed.

    Raises
    ------
    SchemaError
        If `share` is not above 0 and at most 0.5.

    Warns
    -----
    LocomotionWarning
        If subjects are unknown, or too few: there is then no early stopping.

    Examples
    --------
    >>> labels, subjects = np.array([0, 0, 1, 1, 0, 1]), ["A", "A", "B", "B", "C", "D"]
    >>> split = validation_split(labels, subjects, 0.5, 0)
    >>> sorted(np.array(subjects)[split.validation].tolist())
    ['B', 'B', 'C']
    """
    everything = np.arange(len(labels))
    none = ValidationSplit(everything, everything[:0])
    if share is None:
        return none
    if not 0 < share <= 0.5:
        raise SchemaError(
            expected="a share above 0 and at most 0.5, or None",
            got=repr(share),
            where="validation_share",
        )
    if groups is None:
        return _without(none, "the cycles' subjects are not known: pass groups to fit")
    codes, subjects = subject_codes(groups)
    held = np.isin(codes, _chosen_subjects(labels, codes, share, random_state))
    if not held.any():
        some = f"{len(subjects)} subject{'s' * (len(subjects) > 1)}"
        return _without(none, f"of {some} none can be spared to validate on")
    return ValidationSplit(np.flatnonzero(~held), np.flatnonzero(held))


def _without(none: ValidationSplit, reason: str) -> ValidationSplit:
    warnings.warn(
        f"No early stopping: {reason}. The training goes on for all its epochs.",
        LocomotionWarning,
        stacklevel=5,
    )
    return none


def _chosen_subjects(
    labels: NDArray[np.intp], codes: NDArray[np.intp], share: float, random_state: int
) -> list[int]:
    """Choose subjects one by one, each so that the labels come nearest to their proportions."""
    _, label = np.unique(labels, return_inverse=True)
    has = np.zeros((codes.max() + 1, label.max() + 1), dtype=np.int64)
    has[codes, label] = 1
    order = np.random.default_rng(random_state).permutation(len(has))
    trained, held = has.sum(axis=0), np.zeros(has.shape[1])
    wanted = share * trained
    chosen: list[int] = []
    for _ in range(max(1, round(share * len(has)))):
        spared = ((trained - has[order] >= 1) | (has[order] == 0)).all(axis=1)
        spared &= ~np.isin(order, chosen)
        if not spared.any():
            break
        distance = ((held + has[order] - wanted) ** 2 / wanted).sum(axis=1)
        best = order[np.argmin(np.where(spared, distance, np.inf))]
        chosen.append(int(best))
        trained, held = trained - has[best], held + has[best]
    return chosen
