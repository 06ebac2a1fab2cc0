"""Kinetics predicted from kinematics: errors over subjects, physical checks, figures."""

from locomotion_analysis.evaluation.kinetics.evaluation import evaluate_kinetics
from locomotion_analysis.evaluation.kinetics.figures import (
    plot_error_along_cycle,
    plot_predicted_kinetics,
)
from locomotion_analysis.evaluation.kinetics.gait_phases import GAIT_PHASES
from locomotion_analysis.evaluation.kinetics.physical_checks import (
    power_check,
    support_check,
    swing_force_check,
)
from locomotion_analysis.evaluation.kinetics.result import KineticsEvaluation

__all__ = [
    "GAIT_PHASES",
    "KineticsEvaluation",
    "evaluate_kinetics",
    "plot_error_along_cycle",
    "plot_predicted_kinetics",
    "power_check",
    "support_check",
    "swing_force_check",
]
