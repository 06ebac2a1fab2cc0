"""One dataset under the doctor's examination."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.prescription import Kind, Prescription
from locomotion_analysis.quality.profiles import Profiles, norms
from locomotion_analysis.standard import Channel
from locomotion_analysis.standard.normative import NOT_CYCLIC

Floats = NDArray[np.float32]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_CYCLES = 0.8
"""Share of a subject's cycles, or a dataset's subjects, that make a habit."""

OFFSET_SD_RAD = 0.25
"""Usual offset of an angle between laboratories and definitions (a pelvis-based hip angle is 12
degrees above a trunk-based one)."""

_CHUNK = 256


@dataclass
class Patient:
    """Profiles under examination; corrected in place by each finding.

    Attributes
    ----------
    profiles : Profiles
    mean, sd : ndarray, shape (n_channels, n_groups, 150)
        The norm beside each curve.
    subject_of : ndarray, shape (n_groups,)
    subjects : DataFrame
        Dataset and subject of each code.
    """

    profiles: Profiles
    mean: Floats
    sd: Floats
    subject_of: NDArray[np.intp]
    subjects: pd.DataFrame

    @classmethod
    def of(cls, profiles: Profiles) -> Self:
        """Put the norm beside the profiles."""
        mean, sd = norms(profiles)
        return cls(profiles, mean, sd, *profiles.subjects)

    @property
    def curves(self) -> Floats:
        """Median curves, shape (n_channels, n_groups, 150)."""
        return self.profiles.curves

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names."""
        return self.profiles.channels

    @property
    def cyclic(self) -> Mask:
        """Which groups' tasks repeat."""
        return ~self.profiles.groups["task"].isin(NOT_CYCLIC).to_numpy()

    @property
    def offset_sd(self) -> Array:
        """Usual offset of each curve, shape (n_channels, n_groups); 0 where none is pardoned."""
        angles = [OFFSET_SD_RAD if is_angle(name) else 0.0 for name in self.channels]
        return np.repeat(np.array(angles)[:, None], len(self.subject_of), axis=1)

    def chunks(self) -> list[slice]:
        """Return the groups a few hundred at a time, so that memory stays bounded."""
        n_groups = self.curves.shape[1]
        return [slice(start, start + _CHUNK) for start in range(0, n_groups, _CHUNK)]

    def by_subject(self, values: Array, how: str = "median") -> Array:
        """Reduce (n_channels, n_groups) to (n_channels, n_subjects); NaN is left out."""
        reduced = pd.DataFrame(values.T).groupby(self.subject_of).agg(how)
        return reduced.to_numpy(dtype=np.float64).T

    def prescribe(
        self,
        kind: Kind,
        subject: int,
        channels: tuple[str, ...],
        amount: float,
        better: float,
        evidence: str,
        unit: str = "",
        group: int | None = None,
    ) -> Prescription:
        """Write a prescription for a subject, or for one of its groups."""
        groups = self.profiles.groups
        own = self.subject_of == subject if group is None else np.arange(len(groups)) == group
        row = None if group is None else groups.iloc[group]
        return Prescription(
            kind=kind,
            dataset=str(self.subjects["dataset"].iloc[subject]),
            subject=str(self.subjects["subject"].iloc[subject]),
            channels=channels,
            amount=amount,
            n_cycles=int(groups["n_cycles"].to_numpy()[own].sum()),
            confidence=round(float(np.clip(1.0 - better, 0.0, 1.0)), 3),
            evidence=evidence,
            unit=unit,
            task=None if row is None else str(row["task"]),
            task_id=None if row is None else str(row["task_id"]),
            side=None if row is None or not row["side"] else str(row["side"]),
        )


def is_angle(name: str) -> bool:
    """Return whether a channel is an angle."""
    return Channel.parse(name).measurement == "angle"
