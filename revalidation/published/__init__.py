"""Published figures that are compared with, not required; one module a subject."""

from revalidation.figure import Published
from revalidation.published import groups, level, ramps, running, sit_to_stand, stairs

FURTHER: tuple[Published, ...] = (
    *level.FIGURES,
    *ramps.FIGURES,
    *stairs.FIGURES,
    *running.FIGURES,
    *sit_to_stand.FIGURES,
    *groups.FIGURES,
)

__all__ = ["FURTHER"]
