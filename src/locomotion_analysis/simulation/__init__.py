"""Simulated gait data."""

from locomotion_analysis.simulation.request import SIMULATED_TASKS, WALKING_TASKS
from locomotion_analysis.simulation.simulator import simulate
from locomotion_analysis.simulation.treatment import simulate_treatment
from locomotion_analysis.simulation.writing import write_simulation

__all__ = [
    "SIMULATED_TASKS",
    "WALKING_TASKS",
    "simulate",
    "simulate_treatment",
    "write_simulation",
]
