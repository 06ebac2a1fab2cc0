"""One page, one figure style, names for people, and where a result came from."""

from locomotion_analysis.reporting.names import (
    channel_title,
    feature_title,
    shown_unit,
    value_title,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table

__all__ = [
    "Page",
    "Picture",
    "Section",
    "Table",
    "channel_title",
    "feature_title",
    "shown_unit",
    "value_title",
]
