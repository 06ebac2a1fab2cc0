"""The phase grid of a gait cycle: 150 points, first and last contact included."""

import numpy as np
from numpy.typing import NDArray

N_PHASES = 150
"""Samples a gait cycle."""

PHASE_PERCENT: NDArray[np.float64] = np.linspace(0.0, 100.0, N_PHASES)
"""Percent of the ipsilateral cycle: 0 is heel strike, 100 the next ipsilateral heel strike."""
PHASE_PERCENT.setflags(write=False)
