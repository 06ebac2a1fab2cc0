"""What ``locomotion train`` left behind, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.evaluation.training import (
    CARD,
    CONFIG,
    GOLDEN,
    HELD_OUT,
    METRICS,
    MODEL,
    NETWORK,
    PROBABILITY,
    REFERENCE_CYCLES,
    REFERENCE_FEATURES,
    SCHEMA,
)
from locomotion_analysis.evaluation.training_report import ModelCard
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.production.bundle.curve_points import curve_rows, point_schema
from locomotion_analysis.production.bundle.tables import read_cycles, read_table

_PREDICTED = ("subject", "fold", "y_true", "y_pred")


@dataclass(frozen=True)
class TrainedFolder:
    """What lies in a run folder.

    Attributes
    ----------
    config, metrics : dict
        ``config.json``, and of ``metrics.json`` the model's own.
    schema : PredictionSchema
        Features and target; of a network, the points of its curves.
    trained : PredictionSchema
        As it was written.
    card : ModelCard
        Model card.
    runtime : str
        ``sklearn`` or ``network``.
    model : bytes
        skops file, or safetensors file of a network.
    features, golden, held_out : DataFrame
        Tables of ``evaluation/training.py``; ``golden`` of a network holds the answers to
        `cycles` alone.
    cycles : LocomotionData
        Some of the training cycles.
    """

    config: dict[str, Any]
    metrics: dict[str, Any]
    schema: PredictionSchema
    trained: PredictionSchema
    card: ModelCard
    runtime: str
    model: bytes
    features: pd.DataFrame
    golden: pd.DataFrame
    held_out: pd.DataFrame
    cycles: LocomotionData

    @property
    def inputs(self) -> dict[str, Any]:
        """What the features were made of: channels, columns, groups and statistics."""
        inputs: dict[str, Any] = self.config["inputs"]
        return inputs


def read_run(folder: Path) -> TrainedFolder:
    """Read a run folder.

    Raises
    ------
    FileReadError
        If a file is missing or damaged.
    """
    config = _json_object(folder, CONFIG)
    trained = PredictionSchema.read(folder / SCHEMA)
    cycles = read_cycles(_read(folder, REFERENCE_CYCLES), str(folder / REFERENCE_CYCLES))
    network = trained.kind == "sequences"
    if network:
        features = curve_rows(cycles, trained.names).reset_index(drop=True)
        features.insert(0, "subject", cycles.cycles["subject"].to_numpy())
    else:
        features = _table(folder, REFERENCE_FEATURES)
    held_out = _table(folder, HELD_OUT)
    return TrainedFolder(
        config=config,
        metrics=_json_object(folder, METRICS)[config["model"]],
        schema=point_schema(trained) if network else trained,
        trained=trained,
        card=ModelCard.from_json(_read(folder, CARD).decode(), str(folder / CARD)),
        runtime="network" if network else "sklearn",
        model=_read(folder, NETWORK if network else MODEL),
        features=features,
        golden=_table(folder, GOLDEN),
        held_out=held_out[
            [name for name in held_out if name in _PREDICTED or str(name).startswith(PROBABILITY)]
        ],
        cycles=cycles,
    )


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise FileReadError(
            expected=f"a folder that locomotion train wrote, with {name}",
            got=error.strerror or str(error),
            where=str(folder / name),
            fix="train the model again with this version (locomotion train)",
        ) from error


def _table(folder: Path, name: str) -> pd.DataFrame:
    return read_table(_read(folder, name), str(folder / name))


def _json_object(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        found = json.loads(_read(folder, name))
    except ValueError as error:
        raise FileReadError(expected="JSON", got=str(error), where=str(path)) from error
    if not isinstance(found, dict):
        raise FileReadError(expected="a JSON object", got=type(found).__name__, where=str(path))
    return found
