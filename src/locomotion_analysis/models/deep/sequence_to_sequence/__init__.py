"""From curves to curves: joint moments and ground reaction forces from joint angles."""

from locomotion_analysis.models.deep.sequence_to_sequence.curve_regressor import CurveRegressor
from locomotion_analysis.models.deep.sequence_to_sequence.kinetics_channels import (
    KineticsArrays,
    kinetics_arrays,
)
from locomotion_analysis.models.deep.sequence_to_sequence.kinetics_model import (
    KineticsModel,
    train_kinetics,
)
from locomotion_analysis.models.deep.sequence_to_sequence.mean_curve import MeanCurve
from locomotion_analysis.models.deep.sequence_to_sequence.ridge_curves import RidgeCurves

__all__ = [
    "CurveRegressor",
    "KineticsArrays",
    "KineticsModel",
    "MeanCurve",
    "RidgeCurves",
    "kinetics_arrays",
    "train_kinetics",
]
