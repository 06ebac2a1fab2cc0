"""What the service needs of a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:  # the HTTP process knows models by name only: it starts sooner
    import pandas as pd

    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.models.prediction_schema import PredictionSchema


class TrainedRange(NamedTuple):
    """Values of a channel in the training.

    Attributes
    ----------
    low, high : float
        The smallest and the largest.
    width : float
        From the 5th percentile of the cycles' smallest values to the 95th of their largest: a
        few faulty cycles in the training do not widen it.
    """

    low: float
    high: float
    width: float


Ranges = Mapping[str, TrainedRange]


class Served(Protocol):
    """A model that can be served; a bundle is one."""

    @property
    def schema(self) -> "PredictionSchema":
        """Names, order and kind of the model's inputs, and its classes."""
        ...

    @property
    def trained_ranges(self) -> "Ranges":
        """The range of each channel in the training."""
        ...

    @property
    def paired(self) -> bool:
        """Whether an answer is of a leg before and after treatment, and not of a cycle."""
        ...

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channels that cycles must have."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what may be told of the model, as JSON: at least ``name`` and ``version``."""
        ...

    def predict_features(self, X: "pd.DataFrame", *, explain: bool) -> "pd.DataFrame":
        """Predict from features, one row an answer."""
        ...

    def predict_cycles(self, data: "LocomotionData", *, explain: bool) -> "pd.DataFrame":
        """Predict from cycles, one row an answer."""
        ...

    def check_golden(self) -> None:
        """Raise unless the examples kept with the model give the answers kept with them."""
        ...

    def check_example(self) -> None:
        """Raise unless one of the examples gives its answer: quick, to be asked often."""
        ...


Opener = Callable[[Path], Served]


@dataclass(frozen=True)
class Description:
    """What the HTTP process knows of the model in its workers.

    Attributes
    ----------
    name, version : str
    columns : tuple of str
        Features in the trained order.
    classes : tuple or None
        Sorted labels; None for a quantity.
    target, unit : str or None
        What is predicted.
    told : dict
        What may be told of the model, as JSON.
    """

    name: str
    version: str
    columns: tuple[str, ...]
    classes: tuple[Any, ...] | None
    target: str | None
    unit: str | None
    told: dict[str, Any]

    @classmethod
    def of(cls, served: Served) -> "Description":
        """Describe a model."""
        told, schema = served.describe(), served.schema
        return cls(
            name=str(told["name"]),
            version=str(told["version"]),
            columns=schema.names,
            classes=schema.classes,
            target=schema.target,
            unit=schema.target_unit,
            told=told,
        )
