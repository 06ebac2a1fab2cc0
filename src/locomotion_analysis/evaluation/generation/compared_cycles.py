"""Real and generated cycles side by side, in the spreads of the training cycles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.selection import subject_codes

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CurveSpace:
    """Curves as rows of numbers in which every channel weighs the same.

    Attributes
    ----------
    channels : tuple of str
        Channels that are compared.
    mean, spread : ndarray of float32, shape (n_channels,)
        Of the training cycles, in the channels' units.
    """

    channels: tuple[str, ...]
    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, training: LocomotionData, channels: tuple[str, ...]) -> "CurveSpace":
        """Return the space of the training cycles that have all the channels."""
        curves = training.array(channels)
        if not np.isfinite(curves).all():
            raise SchemaError(
                expected="training cycles without gaps in the generated channels",
                got=f"{int((~np.isfinite(curves)).any(axis=(1, 2)).sum())} with one",
                where="data",
                fix="leave these cycles out, or give the generator fewer `channels`",
            )
        spread = curves.std(axis=(0, 1), dtype=np.float64)
        scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
        return cls(channels, curves.mean(axis=(0, 1)), scale)

    def curves(self, data: LocomotionData) -> Floats:
        """Return curves, shape (n_cycles, 150, n_channels)."""
        scaled: Floats = (data.array(self.channels) - self.mean) / self.spread
        return scaled

    def rows(self, data: LocomotionData) -> Floats:
        """Return one row a cycle whose Euclidean distances are RMS differences of the curves."""
        flat = self.curves(data).reshape(len(data), -1)
        rows: Floats = flat / np.sqrt(np.float32(flat.shape[1]))
        return rows


def subjects_of(data: LocomotionData) -> tuple[NDArray[np.intp], int]:
    """Return the number of each cycle's subject, and how many there are."""
    codes, names = subject_codes(data.groups)
    return codes, len(names)


def check_pairs(real: LocomotionData, generated: LocomotionData) -> None:
    """Raise unless there is one generated cycle for each real one."""
    if len(real) != len(generated):
        raise SchemaError(
            expected=f"one generated cycle for each of {len(real)} real ones, in their order",
            got=str(len(generated)),
            where="generated",
            fix="generator.sample(real.cycles)",
        )


def labels_of(data: LocomotionData, target: str) -> NDArray[Any]:
    """Return the class of each cycle as text."""
    cycles = data.cycles
    if target not in cycles or cycles[target].isna().any():
        raise SchemaError(
            expected=f"a class for every cycle in column {target}",
            got="no such column" if target not in cycles else "cycles without one",
            where="target",
            fix="name a column that the cycles are generated for",
        )
    return cycles[target].astype(str).to_numpy(object)
