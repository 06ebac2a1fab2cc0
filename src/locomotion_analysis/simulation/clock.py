"""The clock of both legs over a cycle, and what goes over from one of a leg's strides to the next."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.simulation.base import Array
from locomotion_analysis.simulation.people import Population
from locomotion_analysis.simulation.strides import Strides
from locomotion_analysis.standard import N_PHASES

TIMING_SD = 0.010
BEYOND = 2
"""Samples beyond either end of a cycle, which a derivative needs."""

CYCLE_CLOCK = np.arange(-BEYOND, N_PHASES + BEYOND) / (N_PHASES - 1)
"""Fraction of the cycle, shape (154,)."""

_NEIGHBOURS = ((-2, 0, 2), (-1, 1, 3))
"""Strides of the ipsi- and the contralateral leg that a cycle sees, in heel strikes from its own."""


def _seen(values: Array, strides: Strides) -> Array:
    """Values of the three strides of either leg that a cycle sees, (n_subjects, n_cycles, 2, 3, ...)."""
    legs = [np.stack([strides.of_cycles(values, s) for s in leg], axis=2) for leg in _NEIGHBOURS]
    return np.stack(legs, axis=2)


@dataclass(frozen=True)
class StrideClock:
    """Where either leg is in its strides during each cycle; arrays of (n_subjects, n_cycles, 2, n).

    Attributes
    ----------
    strides : Strides
    which : ndarray of int
        Which of the three strides of a leg that a cycle sees: 0, 1, 2.
    phase : ndarray
        Fraction of that stride.
    toe_off : ndarray, shape (n_subjects, n_cycles, 2, 3)
        Of the three strides, a fraction.
    """

    strides: Strides
    which: NDArray[np.intp]
    phase: Array
    toe_off: Array

    @classmethod
    def of(cls, strides: Strides) -> "StrideClock":
        """Time the cycles: each leg's heel strikes cut the time into its strides."""
        own = strides.of_cycles(strides.duration_s)
        rate = own[..., None, None] / _seen(strides.duration_s, strides)
        lag = np.stack([np.zeros_like(own), strides.of_cycles(strides.step_s) / own], axis=-1)
        since = CYCLE_CLOCK - lag[..., None]
        past, now, coming = (rate[..., i, None] for i in range(3))
        elapsed = since * np.where(since < 0, past, now)
        elapsed = np.where(elapsed > 1, 1 + (elapsed - 1) * coming / now, elapsed)
        whole = np.floor(elapsed)
        toe_off = _seen(strides.toe_off_percent, strides) / 100
        return cls(strides, whole.astype(np.intp) + 1, elapsed - whole, toe_off)

    @property
    def inner(self) -> "StrideClock":
        """Only the samples of the cycle itself."""
        inner = slice(BEYOND, -BEYOND)
        return replace(self, which=self.which[..., inner], phase=self.phase[..., inner])

    @property
    def stance(self) -> Array:
        """Fraction of stance; above 1 in swing."""
        stance: Array = self.phase / np.take_along_axis(self.toe_off, self.which, axis=-1)
        return stance

    def template_phase(self, people: Population) -> Array:
        """Warp each leg's clock so that its toe-off meets the template's.

        ``phase + b sin(2 pi phase) + d sin(pi phase)^2``: smooth, periodic and increasing; `b` is
        the subject's own timing and `d` follows from the toe-offs, if the foot leaves the ground.
        """
        own = self.toe_off
        target = _seen(self.strides.template_toe_off_percent, self.strides) / 100
        timing = TIMING_SD * people.trait("timing")[:, None, None, None]
        late = target - own - timing * np.sin(2 * np.pi * own)
        shifts = np.where(own < 1, late / np.maximum(np.sin(np.pi * own) ** 2, 1e-9), 0.0)
        shift = np.take_along_axis(shifts, self.which, axis=-1)
        turn = np.exp(1j * np.pi * self.phase)
        sine = turn.imag
        warped: Array = self.phase + timing * 2 * sine * turn.real + shift * sine**2
        return warped

    def _over(self) -> Array:
        """How far a stride has gone over into the next, 0 to 1, level at both ends."""
        over: Array = self.phase**2 * (3 - 2 * self.phase)
        return over

    def between(self, values: Array) -> Array:
        """Values of strides, (n_subjects, n_strides), going over from each to the leg's next."""
        over = self._over()
        weights = self._weights(1 - over, over)
        mixed: Array = (_seen(values, self.strides)[..., None, :] @ weights)[..., 0, :]
        return mixed

    def seen(self, sizes: Array) -> Array:
        """Sizes of strides' deviations, in the order of :meth:`carry`.

        Parameters
        ----------
        sizes : ndarray, shape (n_subjects, n_strides, n_channels, n_atoms)

        Returns
        -------
        ndarray, shape (n_subjects, n_cycles, 2, n_channels, 3 * n_atoms)
        """
        states = np.moveaxis(_seen(sizes, self.strides), 3, 4)
        return states.reshape(*states.shape[:4], -1)

    def carry(self, atoms: Array, memory: float) -> Array:
        """Curves by which deviations go over from each stride to the leg's next, without a jump.

        Between two strides a deviation is ``(cos q a + sin q b) / sqrt(1 + m sin 2q)``, which has
        the variance of `a` and `b` whose correlation is `m`.

        Parameters
        ----------
        atoms : ndarray, shape (n_subjects, n_cycles, 2, n_atoms, n)
            Curves of unit size on this clock.
        memory : float
            Correlation of a leg's successive strides.

        Returns
        -------
        ndarray, shape (n_subjects, n_cycles, 2, 3 * n_atoms, n)
            To be multiplied by what :meth:`seen` returns.
        """
        turn = np.exp(0.5j * np.pi * self._over())
        size = 1 / np.sqrt(1 + 2 * memory * turn.real * turn.imag)
        weights = self._weights(size * turn.real, size * turn.imag)
        carried = weights[..., None, :] * atoms[..., None, :, :]
        return carried.reshape(*atoms.shape[:3], -1, atoms.shape[-1])

    def _weights(self, own: Array, coming: Array) -> Array:
        """Weights of the three strides, (n_subjects, n_cycles, 2, 3, n)."""
        one = np.arange(3)[:, None]
        here = self.which[..., None, :]
        weights: Array = own[..., None, :] * (here == one) + coming[..., None, :] * (
            here == one - 1
        )
        return weights
