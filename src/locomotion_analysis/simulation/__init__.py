"""Simulated gait data."""

from locomotion_analysis.simulation.pathologies import WALKING_TASKS
from locomotion_analysis.simulation.simulator import (
    SIMULATED_TASKS,
    simulate,
    simulate_treatment,
    write_simulation,
)

__all__ = [
    "SIMULATED_TASKS",
    "WALKING_TASKS",
    "simulate",
    "simulate_treatment",
    "write_simulation",
]
