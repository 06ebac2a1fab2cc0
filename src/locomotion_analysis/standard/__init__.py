"""The vocabulary: channel names, units, tasks, aliases and the phase grid."""

from locomotion_analysis.standard.aliases import canonical_name
from locomotion_analysis.standard.channel import Channel, is_channel
from locomotion_analysis.standard.columns import KEY, METADATA, PHASE_COLUMN, TIME_COLUMNS
from locomotion_analysis.standard.normative import NormativeCurves, normative_curves
from locomotion_analysis.standard.phase import N_PHASES, PHASE_PERCENT, resample_curves
from locomotion_analysis.standard.ranges import plausible_range
from locomotion_analysis.standard.tasks import STANCE_PERCENT, TASKS, toe_off_percent
from locomotion_analysis.standard.units import (
    STANDARD_GRAVITY_M_S2,
    TIMES,
    TO_STANDARD,
    UNITS,
    field_units,
    standard_unit,
)

__all__ = [
    "KEY",
    "METADATA",
    "N_PHASES",
    "PHASE_COLUMN",
    "PHASE_PERCENT",
    "STANCE_PERCENT",
    "STANDARD_GRAVITY_M_S2",
    "TASKS",
    "TIMES",
    "TIME_COLUMNS",
    "TO_STANDARD",
    "UNITS",
    "Channel",
    "NormativeCurves",
    "canonical_name",
    "field_units",
    "is_channel",
    "normative_curves",
    "plausible_range",
    "resample_curves",
    "standard_unit",
    "toe_off_percent",
]
