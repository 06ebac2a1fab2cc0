"""A bundle as the service sees it."""

import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle.golden import difference, plain_answers
from locomotion_analysis.production.service.served import Ranges, TrainedRange

if TYPE_CHECKING:
    from locomotion_analysis.models.prediction_schema import PredictionSchema
    from locomotion_analysis.production.bundle import Bundle

_DIGITS = 12
_FEW = 0.05


@dataclass(frozen=True)
class ServedBundle:
    """A bundle that answers requests.

    Attributes
    ----------
    bundle : Bundle
    """

    bundle: "Bundle"

    @property
    def schema(self) -> "PredictionSchema":
        """Features and classes."""
        return self.bundle.schema

    @property
    def paired(self) -> bool:
        """Whether an answer is of a leg before and after treatment, and not of a cycle."""
        return self.bundle.manifest.inputs.paired

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channels without which a feature would be missing that training always had."""
        return tuple(each.name for each in self.bundle.channels if each.needed)

    @cached_property
    def trained_ranges(self) -> Ranges:
        """The range of each channel among the reference people."""
        cycles = self.bundle.reference.cycles
        ranges = {}
        for name in cycles.channels:
            curves = cycles.curves(name)
            known = curves[np.isfinite(curves).all(axis=1)]
            if len(known):
                lows, highs = known.min(axis=1), known.max(axis=1)
                width = np.quantile(highs, 1 - _FEW) - np.quantile(lows, _FEW)
                ranges[name] = TrainedRange(float(lows.min()), float(highs.max()), float(width))
        return ranges

    def describe(self) -> dict[str, Any]:
        """Return name, version, inputs, scores, intended use and limits."""
        manifest = self.bundle.manifest
        told = asdict(manifest)
        kept = ("problem", "model", "kind", "target", "target_unit", "classes", "metrics",
                "conformal", "intended_use", "limits", "training")  # fmt: skip
        return {
            "name": re.sub(r"[^a-z0-9]+", "-", manifest.name.lower()).strip("-") or "model",
            "version": self.bundle.digest[:_DIGITS],
            "title": manifest.name,
            **{name: told[name] for name in kept},
            "channels": told["inputs"]["channels"],
            "columns": told["inputs"]["columns"],
            "features": list(self.schema.names),
            "phase_points": manifest.inputs.phase_points,
            "card": self.bundle.card,
        }

    def predict_features(self, X: pd.DataFrame, *, explain: bool) -> pd.DataFrame:
        """Predict from features."""
        return self.bundle.predict_features(X, explain=explain)

    def predict_cycles(self, data: LocomotionData, *, explain: bool) -> pd.DataFrame:
        """Predict from cycles."""
        return self.bundle.predict_cycles(data, explain=explain)

    def check_golden(self) -> None:
        """Raise unless the golden examples give their answers."""
        self.bundle.check_golden()

    def check_example(self) -> None:
        """Raise unless the first golden row gives its answer."""
        golden = self.bundle.golden
        found = plain_answers(self.bundle.predict_features(golden.features.head(1)))
        if not difference(golden.answers.head(1), found) <= self.bundle.golden_tolerance:
            raise BundleError(expected="the golden answer", got="another one", where="golden row 0")
