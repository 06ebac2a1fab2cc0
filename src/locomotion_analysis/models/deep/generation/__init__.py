"""Generators of gait cycles for given conditions (extra ``deep``)."""

from locomotion_analysis.models.deep.generation.conditions import CONDITIONS, ConditionEncoder
from locomotion_analysis.models.deep.generation.curve_diffusion import CurveDiffusion
from locomotion_analysis.models.deep.generation.curve_gan import CurveGAN
from locomotion_analysis.models.deep.generation.cycle_generator import CycleGenerator
from locomotion_analysis.models.deep.generation.cycle_scores import CycleScores
from locomotion_analysis.models.deep.generation.drawn_channels import ChannelPlan

__all__ = [
    "CONDITIONS",
    "ChannelPlan",
    "ConditionEncoder",
    "CurveDiffusion",
    "CurveGAN",
    "CycleGenerator",
    "CycleScores",
]
