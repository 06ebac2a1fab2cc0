"""The events of each leg's own stride, and parts of the stride between them."""

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.feature import Values
from locomotion_analysis.features.gait_events.stance import ground_force
from locomotion_analysis.features.kernels.ground_contact import swing
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import N_PHASES

Index = NDArray[np.int64]

EVENTS = {
    "contact": "initial contact",
    "opposite_toe_off": "toe-off of the opposite foot",
    "midstance": "half of stance",
    "opposite_contact": "initial contact of the opposite foot",
    "toe_off": "toe-off",
    "midswing": "half of swing",
}
"""Events of one leg's stride, in the order of walking."""

OTHER_LEG = "the other leg's events: its force, else double support in halves, else symmetry"
"""Where the events of the contralateral leg come from; in full: :func:`leg_events`."""

_STEP = 100.0 / (N_PHASES - 1)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LegEvents:
    """Events of one leg, percent of the cycle, NaN where unknown.

    Attributes
    ----------
    start : ndarray, shape (n_cycles,)
        Initial contact of this leg in the ipsilateral cycle: 0 for the ipsilateral leg itself.
    stance, opposite_toe_off, opposite_contact : ndarray, shape (n_cycles,)
        Counted from this leg's own contact, 0 to 100.
    measured : ndarray of bool, shape (n_cycles,)
        Whether the contralateral leg's contact and toe-off come from its vertical force and the
        ipsilateral toe-off is no published value.
    """

    start: Values
    stance: Values
    opposite_toe_off: Values
    opposite_contact: Values
    measured: NDArray[np.bool_]

    @cached_property
    def phases(self) -> Values:
        """Return the :data:`EVENTS` in the ipsilateral cycle, below 200: (6, n_cycles)."""
        own = [
            np.where(np.isnan(self.start), np.nan, 0.0),
            self.opposite_toe_off,
            self.stance / 2.0,
            self.opposite_contact,
            self.stance,
            (self.stance + 100.0) / 2.0,
        ]
        return np.stack(own) + self.start

    def part(self, begin: float, end: float) -> tuple[Index, Index]:
        """Return the first and last sample of a part of the stride, both (n_cycles,).

        Parameters
        ----------
        begin, end : float
            0 is contact, 1 toe-off, 2 the next contact, linear between.
        """
        first = np.ceil(self._phase(begin) / _STEP - _ROUNDING)
        last = np.floor(self._phase(end) / _STEP + _ROUNDING)
        known = np.isfinite(first)
        return (
            np.where(known, first, 0).astype(np.int64),
            np.where(known, last, -1).astype(np.int64),
        )

    def parts(self, *shares: tuple[float, float]) -> tuple[Index, Index]:
        """Return :meth:`part` of several parts, each (n_parts, n_cycles)."""
        found = [self.part(*share) for share in shares]
        return np.stack([first for first, _ in found]), np.stack([last for _, last in found])

    @cached_property
    def stance_and_swing(self) -> tuple[Index, Index]:
        """First and last samples of stance and of swing, each (2, n_cycles)."""
        first, last = self.parts((0.0, 1.0), (1.0, 2.0))
        first[1] = np.where(last[0] >= first[0], last[0] + 1, 0)
        return first, last

    def percent(self, sample: Values) -> Values:
        """Return the phase of a sample, percent of the cycle since this leg's contact."""
        return sample * _STEP - self.start

    def _phase(self, share: float) -> Values:
        if share <= 1.0:
            return self.start + share * self.stance
        return self.start + self.stance + (share - 1.0) * (100.0 - self.stance)


_found: WeakKeyDictionary[CycleView, dict[str, LegEvents]] = WeakKeyDictionary()


def leg_events(view: CycleView, side: str | None) -> LegEvents:
    """Return the events of a leg; those of the ipsilateral leg for a midline channel.

    The ipsilateral toe-off is that of :func:`stance_percent`. The contralateral leg's contact and
    toe-off: where its vertical force rises above and falls below 20 N; else from
    ``double_support_percent``, in equal halves before and after single support; else half a cycle
    after those of the ipsilateral leg. A contralateral stance usually runs past the end of the
    cycle and is taken up at its beginning.

    Parameters
    ----------
    view : CycleView
    side : {"ipsi", "contra"} or None
    """
    if view not in _found:
        _found[view] = _both_legs(view)
    return _found[view][side or "ipsi"]


def _both_legs(view: CycleView) -> dict[str, LegEvents]:
    toe_off = view.stance.percent
    other_off, other_on, from_force = _other_leg(view, toe_off)
    measured = from_force & np.isfinite(view.stance.measured)
    zero = np.where(np.isnan(toe_off), np.nan, 0.0)
    ipsi = LegEvents(zero, toe_off, other_off, other_on, measured)
    contra = LegEvents(
        start=other_on,
        stance=(other_off - other_on) % 100.0,
        opposite_toe_off=(toe_off - other_on) % 100.0,
        opposite_contact=(zero - other_on) % 100.0,
        measured=measured,
    )
    return {"ipsi": ipsi, "contra": contra}


def _other_leg(view: CycleView, toe_off: Values) -> tuple[Values, Values, NDArray[np.bool_]]:
    """Return toe-off and contact of the contralateral leg and where its force gave them."""
    both = view.column("double_support_percent")
    halves = (both > 0) & (both < toe_off)
    off = np.where(halves, both / 2.0, (toe_off + 50.0) % 100.0)
    on = np.where(halves, toe_off - both / 2.0, np.where(np.isnan(toe_off), np.nan, 50.0))
    ground = ground_force(view.data, view.cycles, "contra")
    if ground is None:
        return off, on, np.zeros(len(view), dtype=bool)
    force_off, force_on = swing(*ground)
    known = np.isfinite(force_off) & np.isfinite(toe_off)
    return np.where(known, force_off, off), np.where(known, force_on, on), known
