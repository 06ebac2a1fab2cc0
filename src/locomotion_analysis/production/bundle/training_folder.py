"""What ``locomotion train`` or ``locomotion train-deep`` left behind, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.evaluation.leaderboard import serving_files
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.production.bundle.archive import NETWORK
from locomotion_analysis.production.bundle.curve_points import curve_rows, point_schema
from locomotion_analysis.production.bundle.tables import read_cycles, read_table


@dataclass(frozen=True)
class TrainedFolder:
    """What lies in a run folder.

    Attributes
    ----------
    config, inputs, metrics : dict
        ``config.json``, ``inputs.json``, and of ``metrics.json`` the model's own.
    schema : PredictionSchema
        Features and target; of a network, the points of its curves.
    trained : PredictionSchema
        As it was written.
    card : str
        Model card.
    runtime : str
        ``sklearn`` or ``network``.
    model : bytes
        skops file, or safetensors file of a network.
    features, golden, held_out : DataFrame
        Tables of ``leaderboard/serving_files.py``; ``golden`` of a network holds the answers to
        `cycles` alone.
    cycles : LocomotionData
        Some of the training cycles.
    """

    config: dict[str, Any]
    inputs: dict[str, Any]
    metrics: dict[str, Any]
    schema: PredictionSchema
    trained: PredictionSchema
    card: str
    runtime: str
    model: bytes
    features: pd.DataFrame
    golden: pd.DataFrame
    held_out: pd.DataFrame
    cycles: LocomotionData


def read_run(folder: Path) -> TrainedFolder:
    """Read a run folder.

    Raises
    ------
    FileReadError
        If a file is missing or damaged, or the model was never evaluated.
    """
    if (folder / NETWORK).exists():
        return _network(folder)
    model = _read(folder, "model.skops")
    config = _json_object(folder, "config.json")
    schema = PredictionSchema.read(folder / "prediction_schema.json")
    return TrainedFolder(
        config=config,
        inputs=_json_object(folder, serving_files.INPUTS),
        metrics=_json_object(folder, "metrics.json")[config["model"]],
        schema=schema,
        trained=schema,
        card=_read(folder, "model_card.md").decode(),
        runtime="sklearn",
        model=model,
        features=_table(folder, serving_files.REFERENCE_FEATURES),
        golden=_table(folder, serving_files.GOLDEN),
        held_out=_table(folder, serving_files.HELD_OUT),
        cycles=_cycles(folder),
    )


def _network(folder: Path) -> TrainedFolder:
    """Read what ``locomotion train-deep`` wrote."""
    if not (folder / serving_files.HELD_OUT).exists():
        raise FileReadError(
            expected="a network evaluated on people it was not trained on",
            got="none",
            where=str(folder / serving_files.HELD_OUT),
            fix="train it again with this version and --folds 5",
        )
    trained = PredictionSchema.read(folder / "prediction_schema.json")
    cycles = _cycles(folder)
    features = curve_rows(cycles, trained.names).reset_index(drop=True)
    features.insert(0, "subject", cycles.cycles["subject"].to_numpy())
    return TrainedFolder(
        config=_json_object(folder, "config.json"),
        inputs={
            "channels": list(trained.names),
            "columns": list(cycles.cycles.columns),
            "feature_groups": [],
            "aggregations": [],
            "paired": False,
        },
        metrics=_json_object(folder, "metrics.json"),
        schema=point_schema(trained),
        trained=trained,
        card=_read(folder, "model_card.md").decode(),
        runtime="network",
        model=_read(folder, NETWORK),
        features=features,
        golden=_table(folder, serving_files.GOLDEN),
        held_out=_table(folder, serving_files.HELD_OUT),
        cycles=cycles,
    )


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise FileReadError(
            expected=f"a folder that locomotion train or train-deep wrote, with {name}",
            got=error.strerror or str(error),
            where=str(folder / name),
            fix="train the model again with this version (locomotion train, train-deep)",
        ) from error


def _table(folder: Path, name: str) -> pd.DataFrame:
    return read_table(_read(folder, name), str(folder / name))


def _cycles(folder: Path) -> LocomotionData:
    return read_cycles(
        _read(folder, serving_files.REFERENCE_CYCLES), str(folder / serving_files.REFERENCE_CYCLES)
    )


def _json_object(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        found = json.loads(_read(folder, name))
    except ValueError as error:
        raise FileReadError(expected="JSON", got=str(error), where=str(path)) from error
    if not isinstance(found, dict):
        raise FileReadError(expected="a JSON object", got=type(found).__name__, where=str(path))
    return found
