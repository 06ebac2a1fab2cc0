"""The bands, one module a subject."""

from revalidation.bands import (
    forces,
    joint_curves,
    learning,
    powers,
    ranges,
    scores,
    segments,
    spread,
    timing,
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

__all__ = ["DIFFICULTY", "REALISM"]
