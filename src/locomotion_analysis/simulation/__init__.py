"""Simulated gait data."""

from locomotion_analysis.simulation.simulator import SIMULATED_TASKS, simulate

__all__ = ["SIMULATED_TASKS", "simulate"]
