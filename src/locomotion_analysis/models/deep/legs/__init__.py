"""The two legs of a stride: which channels pair, when the other foot lands, the other leg's view."""

from locomotion_analysis.models.deep.legs.leg_channels import (
    LegChannels,
    leg_channels,
    unpaired_channels,
)
from locomotion_analysis.models.deep.legs.other_contact import other_contact
from locomotion_analysis.models.deep.legs.other_leg import seen_from_other_leg
from locomotion_analysis.models.deep.legs.resampling import sample_at

__all__ = [
    "LegChannels",
    "leg_channels",
    "other_contact",
    "sample_at",
    "seen_from_other_leg",
    "unpaired_channels",
]
