"""Curves of some cycles, wherever they lie, with target, subjects and what was measured."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.features.sequences.sequential import resolved_channels
from locomotion_analysis.features.sequences.target import encoded_target
from locomotion_analysis.standard import resample_curves


class Curves(Protocol):
    """Curves by cycle: an array or a file, shape (n_cycles, n_channels, 150)."""

    def __getitem__(self, index: Any) -> NDArray[np.float32]:
        """Return some of the curves, as for an ndarray."""


@dataclass(frozen=True)
class SequenceSource:
    """All the cycles there are.

    Attributes
    ----------
    cycles : DataFrame
        One row a gait cycle.
    curves : Curves
        Shape (n_cycles, n_channels, 150), NaN where not measured.
    channels : tuple of str
        Names along the second axis.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether a curve is finite throughout.
    """

    cycles: pd.DataFrame
    curves: Curves
    channels: tuple[str, ...]
    measured: NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledSequences:
    """The cycles chosen from a source, in an order of their own; nothing is copied but batches.

    Attributes
    ----------
    curves, measured
        Of the source, all cycles and channels.
    rows : ndarray of intp, shape (n,)
        The cycles chosen.
    columns : ndarray of intp, shape (n_channels,)
        The channels chosen.
    channels : tuple of str
        Their names.
    target : ndarray of int64 or float32, shape (n,)
    classes : ndarray or None
        Names of the labels; None for a quantity.
    groups : ndarray of object, shape (n,)
        Subject of each cycle.
    length : int
        Points a cycle.
    """

    curves: Curves
    measured: NDArray[np.bool_]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    channels: tuple[str, ...]
    target: NDArray[Any]
    classes: NDArray[Any] | None
    groups: NDArray[Any]
    length: int

    def __len__(self) -> int:
        return len(self.rows)

    def fetch(
        self, positions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[np.bool_]]:
        """Copy the cycles at `positions`.

        Returns
        -------
        curves : ndarray of float32, shape (n, length, n_channels)
            Points that were not measured are 0.
        target : ndarray, shape (n,)
        measured : ndarray of bool, shape (n, n_channels)
            Whether the curve was measured throughout.
        """
        rows = self.rows[positions]
        chosen = (rows[:, None], self.columns)
        curves = np.ascontiguousarray(self.curves[chosen].transpose(0, 2, 1))
        curves = resample_curves(curves, self.length, axis=1)
        measured = self.measured[chosen]
        if not measured.all():
            curves[~np.isfinite(curves)] = 0.0
        return curves, self.target[positions], measured

    def part(self, positions: NDArray[np.intp]) -> Self:
        """Return the cycles at `positions` alone."""
        return replace(
            self,
            rows=self.rows[positions],
            target=self.target[positions],
            groups=self.groups[positions],
        )

    def subject_parts(self, parts: Sequence[NDArray[np.intp]]) -> list[Self]:
        """Return one set a part, after checking that no two share a subject.

        Raises
        ------
        SplitLeakError
            If a subject has cycles in two parts.
        """
        owner: dict[Any, int] = {}
        for number, positions in enumerate(parts):
            for subject in np.unique(self.groups[positions]):
                if owner.setdefault(subject, number) != number:
                    raise SplitLeakError(
                        expected="every subject in one part alone",
                        got=f"subject {subject} in parts {owner[subject]} and {number}",
                        where="subject_split",
                        fix="split with locomotion_analysis.selection, passing dataset.groups",
                    )
        return [self.part(np.asarray(positions)) for positions in parts]


def labelled_sequences(
    source: SequenceSource,
    target: str,
    features: Sequence[str] | None = None,
    length: int = 150,
    subjects: Sequence[Any] | None = None,
    classes: Sequence[Any] | None = None,
) -> LabelledSequences:
    """Choose the labelled cycles of some subjects, and channels.

    The labels are numbered over all cycles, so that sets of different subjects agree.

    Parameters
    ----------
    source : SequenceSource
        The cycles.
    target, classes
        As for :func:`~locomotion_analysis.features.sequences.target.encoded_target`.
    features : sequence of str, optional
        Channels, or aliases of them, in the order wanted; all where None.
    length : int
        Points a cycle, at least 2.
    subjects : sequence, optional
        Subjects to keep; all where None.
    """
    if length < 2:
        raise SchemaError(
            expected="a sequence_length of at least 2", got=str(length), where="sequence_length"
        )
    names = source.channels if features is None else resolved_channels(source.channels, features)
    encoded = encoded_target(source.cycles, target, classes)
    groups = source.cycles["subject"].to_numpy(dtype=object)
    everyone = LabelledSequences(
        curves=source.curves,
        measured=source.measured,
        rows=encoded.rows,
        columns=np.array([source.channels.index(name) for name in names]),
        channels=tuple(names),
        target=encoded.values,
        classes=encoded.classes,
        groups=groups[encoded.rows],
        length=length,
    )
    chosen = everyone if subjects is None else everyone.part(_of(subjects, groups, everyone))
    _warn_of_gaps(chosen)
    return chosen


def _of(
    subjects: Sequence[Any], known: NDArray[Any], sequences: LabelledSequences
) -> NDArray[np.intp]:
    wanted = {subjects} if isinstance(subjects, str) else {str(subject) for subject in subjects}
    unknown = wanted - set(known)
    positions = np.flatnonzero(pd.Series(sequences.groups).isin(list(wanted)))
    if unknown or not len(positions):
        raise SchemaError(
            expected="subjects of this data, with a target",
            got=", ".join(sorted(unknown or wanted)) or "none",
            where="subjects",
            fix="see data.cycles['subject'].unique()",
        )
    return positions


def _warn_of_gaps(sequences: LabelledSequences) -> None:
    counts = np.array(
        [np.sum(~sequences.measured[sequences.rows, column]) for column in sequences.columns]
    )
    if counts.any():
        gaps = zip(sequences.channels, counts, strict=True)
        text = ", ".join(f"{name} in {count}" for name, count in gaps if count)
        warnings.warn(
            f"points not measured are 0, and `measured` is False, of {len(sequences)} cycles: "
            f"{text}",
            LocomotionWarning,
            stacklevel=4,
        )
