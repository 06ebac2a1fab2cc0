"""Statistics on people: tests and models of numbers and curves, reliability, power, conformal sets."""

from locomotion_analysis.statistics.mixed_models import (
    MixedModel,
    mixed,
)
from locomotion_analysis.statistics.reliability import (
    reliability,
    reliability_table,
)

__all__ = [
    "MixedModel",
    "mixed",
    "reliability",
    "reliability_table",
]
