"""A published figure, how it is measured, and what was measured."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from locomotion_analysis.data import LocomotionData

Measure = Callable[..., float]


class NotInDataError(Exception):
    """The data lacks the channels, tasks or people that a figure needs; the message says which."""


@dataclass(frozen=True)
class Band:
    """Where a figure has to lie.

    Attributes
    ----------
    number : str
        Of the check the figure belongs to: 1 to 12, and D1 to D4 for difficulty.
    name : str
    low, high : float
        Both allowed.
    unit : str
    source : str
        Where the band comes from.
    measure : callable
        From the data to the figure; raises :class:`NotInDataError`.
    """

    number: str
    name: str
    low: float
    high: float
    unit: str
    source: str
    measure: Measure


@dataclass(frozen=True)
class Figure:
    """What was measured of a :class:`Band`.

    Attributes
    ----------
    number, name, low, high, unit, source
        Of the band.
    measured : float
        NaN where the data cannot tell.
    missing : str
        What the data lacks; empty where the figure was measured.
    """

    number: str
    name: str
    measured: float
    low: float
    high: float
    unit: str
    source: str
    missing: str = ""

    @property
    def verdict(self) -> str:
        """Return "ok", "outside" or "not in the data"."""
        if self.missing:
            return "not in the data"
        return "ok" if self.low <= self.measured <= self.high else "outside"


@dataclass(frozen=True)
class Published:
    """A published mean and spread that is compared with, not required.

    Attributes
    ----------
    name : str
    mean, sd : float
        Published mean, and standard deviation between subjects.
    unit, source : str
    measure : callable
        As in :class:`Band`.
    """

    name: str
    mean: float
    sd: float
    unit: str
    source: str
    measure: Measure


@dataclass(frozen=True)
class Comparison:
    """What was measured of a :class:`Published` figure; `measured` is NaN where `missing`."""

    name: str
    measured: float
    mean: float
    sd: float
    unit: str
    source: str
    missing: str = ""

    @property
    def deviation(self) -> float:
        """Return measured minus published, in published standard deviations."""
        return (self.measured - self.mean) / self.sd


def check(data: LocomotionData, bands: Iterable[Band]) -> Iterator[Figure]:
    """Measure `bands` on `data`, one figure each.

    Parameters
    ----------
    data : LocomotionData
    bands : iterable of Band

    Yields
    ------
    Figure
    """
    for band in bands:
        measured, missing = _measured(band.measure, data)
        yield Figure(
            band.number, band.name, measured, band.low, band.high, band.unit, band.source, missing
        )


def compare(data: LocomotionData, published: Iterable[Published]) -> Iterator[Comparison]:
    """Measure `published` figures on `data`, one comparison each."""
    for figure in published:
        measured, missing = _measured(figure.measure, data)
        yield Comparison(
            figure.name, measured, figure.mean, figure.sd, figure.unit, figure.source, missing
        )


def _measured(measure: Measure, data: LocomotionData) -> tuple[float, str]:
    try:
        value = float(measure(data))
    except NotInDataError as reason:
        return math.nan, str(reason)
    return value, "" if math.isfinite(value) else "no finite value"
