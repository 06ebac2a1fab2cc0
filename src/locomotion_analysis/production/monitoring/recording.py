"""A served model whose answers are kept in a store before they are given."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.bundle.features import as_trained, trained_rows
from locomotion_analysis.production.bundle.opening import Runtime
from locomotion_analysis.production.monitoring.drift.people import sampled_curves
from locomotion_analysis.production.monitoring.store import PredictionStore, Watched, cycle_names
from locomotion_analysis.production.service.from_bundle import ServedBundle


@dataclass(frozen=True)
class RecordedBundle(ServedBundle):
    """A bundle that answers requests and keeps what it answered.

    The row is in the store before the answer leaves: a service that is killed has lost no
    answer that somebody was given.

    Attributes
    ----------
    bundle : Bundle
    store : PredictionStore
    """

    store: PredictionStore = field(kw_only=True)

    def predict_features(self, X: pd.DataFrame, *, explain: bool) -> pd.DataFrame:
        """Predict from features; people are not known then."""
        answers = super().predict_features(X, explain=explain)
        self._keep(X[list(self.schema.names)], answers)
        return answers

    def predict_cycles(self, data: LocomotionData, *, explain: bool) -> pd.DataFrame:
        """Predict from cycles."""
        inputs = self.bundle.manifest.inputs
        rows = trained_rows(data, inputs, self.schema.names)
        answers = self.bundle.predict_features(rows, explain=explain)
        known = as_trained(data, inputs)
        if len(known) == len(rows) and known.channels == self._watched.channels:
            subjects, names = known.cycles["subject"].tolist(), cycle_names(known.cycles)
            self._keep(rows, answers, subjects, names, sampled_curves(known))
        else:  # legs before and after treatment, or a channel missing that is not needed
            self._keep(rows, answers, rows.index.get_level_values("subject").tolist())
        return answers

    @cached_property
    def _watched(self) -> Watched:
        channels = tuple(each.name for each in self.bundle.channels)
        return Watched(str(self.describe()["version"]), self.schema.names, channels)

    def _keep(self, rows: pd.DataFrame, answers: pd.DataFrame, *more: Any) -> None:
        outside = answers["outside"] if "outside" in answers else [False] * len(answers)
        values = rows.to_numpy("float32")
        self.store.append(self._watched, values, list(answers["prediction"]), list(outside), *more)


def open_recorded(
    path: Path, store: str, key: bytes | None = None, runtime: Runtime = "original"
) -> RecordedBundle:
    """Open a bundle for serving as ``open_served`` does, its answers kept in a store."""
    opened = open_bundle(path, key=key, runtime=runtime)
    return RecordedBundle(opened, store=PredictionStore(store))
