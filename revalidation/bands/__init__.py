"""The bands, one module a subject."""

from revalidation.bands import (
    centre_of_mass,
    channel_spread,
    forces,
    joint_curves,
    learning,
    powers,
    ranges,
    scores,
    segments,
    spread,
    strides,
    timing,
    unseen_adults,
)
from revalidation.figure import Band

REALISM: tuple[Band, ...] = tuple(
    sorted(
        (
            *segments.BANDS,
            *forces.BANDS,
            *powers.BANDS,
            *timing.BANDS,
            *joint_curves.BANDS,
            *spread.BANDS,
            *scores.BANDS,
        ),
        key=lambda band: int(band.number),
    )
)
"""Checks 1 to 12."""

DIFFICULTY: tuple[Band, ...] = (*learning.BANDS, *ranges.BANDS)
"""Checks D1 to D4."""

SERIES: tuple[Band, ...] = strides.BANDS
"""Check 13, which needs many successive strides of a person."""

ADULTS: tuple[Band, ...] = (
    *centre_of_mass.BANDS,
    *channel_spread.BANDS,
    *unseen_adults.BANDS,
)
"""Checks 14 to 16, which need many healthy people at the speeds of the papers."""

__all__ = ["ADULTS", "DIFFICULTY", "REALISM", "SERIES"]
