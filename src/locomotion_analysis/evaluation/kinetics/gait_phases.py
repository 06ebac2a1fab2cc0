"""Which phase of gait each point of a cycle belongs to."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.standard import PHASE_PERCENT

# Ends in % of a normal cycle with toe-off at 62 %: Perry and Burnfield 2010, Gait Analysis, 2nd ed.
_ENDS = {
    "loading response": 12.0,
    "mid stance": 31.0,
    "terminal stance": 50.0,
    "pre-swing": 62.0,
    "initial swing": 75.0,
    "mid swing": 87.0,
    "terminal swing": 100.0,
}
_TOE_OFF = 62.0
GAIT_PHASES = tuple(_ENDS)
UNKNOWN = -1


def gait_phase_of_points(toe_off: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return the gait phase of each point of each cycle.

    The phases of Perry and Burnfield (2010) are shares of stance and of swing: they move with
    the cycle's own toe-off, so that the pre-swing of a slow patient ends when his foot leaves.

    Parameters
    ----------
    toe_off : ndarray of float, shape (n_cycles,)
        End of stance, % of the cycle; NaN where there are no steps.

    Returns
    -------
    ndarray of int8, shape (n_cycles, 150)
        Position in :data:`GAIT_PHASES`; -1 where toe-off is unknown.

    Examples
    --------
    >>> phases = gait_phase_of_points(np.array([62.0, 70.0]))
    >>> [GAIT_PHASES[number] for number in phases[:, 100]]  # at 67 %
    ['initial swing', 'pre-swing']
    """
    ends = np.array(list(_ENDS.values()))
    off = toe_off[:, None]
    moved = np.where(
        ends <= _TOE_OFF,
        ends / _TOE_OFF * off,
        off + (ends - _TOE_OFF) / (100.0 - _TOE_OFF) * (100.0 - off),
    )
    # The last end is 100 %: rounding must not push the last point beyond it.
    passed = PHASE_PERCENT[None, :, None] >= moved[:, None, :-1]
    phases: NDArray[np.int8] = passed.sum(axis=-1).astype(np.int8)
    phases[np.isnan(toe_off)] = UNKNOWN
    return phases
