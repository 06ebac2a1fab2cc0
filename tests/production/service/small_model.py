"""A small model that opens in a moment, in a process of its own, and can be told to fail."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from locomotion_analysis.errors import BundleError
from locomotion_analysis.models import PredictionSchema
from locomotion_analysis.production.bundle.manifest import ChannelRange

CHANNELS = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad")
RANGES = {
    CHANNELS[0]: ChannelRange(-0.4, 0.9, 1.3),
    CHANNELS[1]: ChannelRange(-0.1, 1.3, 1.4),
}
END, HANG, FAIL, SLOW, LARGE = 666.0, 777.0, 888.0, 999.0, 555.0
"""Values of the first feature that end the process, take for ever, raise, take a second or 6 GiB."""


def write_small_model(path: Path, *, bias: float = 0.0, version: str = "1", golden: bool = True):
    """Write the model's file in one step."""
    other = path.with_name(f"{path.name}.new")
    other.write_text(json.dumps({"bias": bias, "version": version, "golden": golden}))
    other.replace(path)


def open_small(path: Path) -> "SmallModel":
    """Open what :func:`write_small_model` wrote."""
    try:
        return SmallModel(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise BundleError(expected="a small model", got=str(error), where=str(path)) from error


class SmallModel:
    """Logistic regression with weights of one."""

    channel_names = CHANNELS
    trained_ranges = RANGES
    paired = False

    def __init__(self, bias, version, golden):
        self.bias, self.version, self.golden = bias, version, golden
        X = pd.DataFrame({"speed_m_s": [1.0, 2.0], "cadence": [100.0, np.nan]})
        self.schema = PredictionSchema.of(X, pd.Series(["healthy", "stroke"], name="pathology"))

    def describe(self):
        return {
            "name": "small",
            "version": self.version,
            "title": "Small model",
            "metrics": {"balanced_accuracy": {"value": 0.8, "low": 0.7, "high": 0.9}},
            "limits": ["Says nothing of children."],
            "card": f"# Small model\n\n{'card_of_a_model_' * 12}\n\n## Classes\n\n- a &lt; b &amp; c\n\n"
            "| class | people |\n|---|---|\n| stroke | 6 |\n\n**Of one laboratory.**",
        }

    def predict_features(self, X, *, explain, tokens=()):
        first = X["speed_m_s"].to_numpy()
        if (first == END).any():
            os._exit(9)
        if (first == HANG).any():
            time.sleep(60)
        if (first == LARGE).any():
            np.empty(6 << 30, np.uint8)
        if (first == SLOW).any():
            time.sleep(1)
        if (first == FAIL).any():
            raise RuntimeError("subject S-secret")
        return self._answers(X.fillna(0.0).sum(axis=1).to_numpy(), X.index, explain)

    def predict_cycles(self, data, *, explain, tokens=()):
        return self._answers(data.block.mean(axis=(0, 2)), data.key, explain)

    def check_golden(self):
        if not self.golden:
            raise BundleError(expected="golden answers", got="others")

    check_example = check_golden

    def _answers(self, total, index, explain):
        p = 1.0 / (1.0 + np.exp(-(np.asarray(total, dtype=float) + self.bias)))
        columns = {
            "prediction": np.where(p > 0.5, "stroke", "healthy"),
            "p_healthy": 1.0 - p,
            "p_stroke": p,
            "outside": np.abs(total) > 100.0,
            "reason": "far away",
        }
        if explain:
            columns["contributions"] = [[{"by": "joint", "part": "hip", "change": 0.1}]] * len(p)
        return pd.DataFrame(columns, index=index)
