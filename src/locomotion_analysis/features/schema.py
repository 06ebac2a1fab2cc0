"""Names of the channels and columns at hand: all that decides which features there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.aggregations import Aggregation, checked_aggregations
from locomotion_analysis.standard import Channel

DEFAULT_AGGREGATIONS = ("mean", "std", "max", "min")


@dataclass(frozen=True)
class Schema:
    """What there is to compute features from, by name.

    Attributes
    ----------
    channels : mapping of str to Channel
        Parsed channel names, in their order.
    columns : frozenset of str
        Columns of `cycles`.
    aggregations : mapping of str to Aggregation
        Statistics of each curve that were asked for.
    """

    channels: Mapping[str, Channel]
    columns: frozenset[str]
    aggregations: Mapping[str, Aggregation]

    @classmethod
    def of(
        cls,
        channels: Sequence[str],
        columns: Sequence[str],
        aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
    ) -> Self:
        """Parse channel names and look the statistics up.

        Raises
        ------
        SchemaError
            If a channel or statistic is unknown.
        """
        parsed = {name: Channel.parse(name) for name in channels}
        return cls(parsed, frozenset(columns), checked_aggregations(aggregations))

    @classmethod
    def of_data(
        cls, data: LocomotionData, aggregations: Sequence[str] = DEFAULT_AGGREGATIONS
    ) -> Self:
        """Return the names in a dataset."""
        return cls.of(data.channels, list(data.cycles.columns), aggregations)

    def of_measurement(self, *measurements: str) -> dict[str, Channel]:
        """Return the channels of some measurements (angle, moment, grf, ...)."""
        return {
            name: channel
            for name, channel in self.channels.items()
            if channel.measurement in measurements
        }

    def has(self, *columns: str) -> bool:
        """Return whether all these columns exist."""
        return self.columns.issuperset(columns)

    def pairs(self, *measurements: str) -> dict[str, tuple[str, str]]:
        """Return (ipsilateral, contralateral) channel names by quantity, of both legs' channels.

        A quantity in two units (Nm and Nm/kg) is paired once, in the unit that comes first.
        """
        found: dict[str, tuple[str, str]] = {}
        for name, channel in self.of_measurement(*measurements).items():
            other = channel.opposite()
            if channel.side == "ipsi" and other is not None and other.name in self.channels:
                found.setdefault(channel.quantity, (name, other.name))
        return found
