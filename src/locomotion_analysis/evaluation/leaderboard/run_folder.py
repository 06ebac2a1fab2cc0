"""The files of a training run: what was done, how well it does, and the model."""

import hashlib
import os
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.leaderboard.board import Leaderboard
from locomotion_analysis.evaluation.leaderboard.memory import peak_bytes
from locomotion_analysis.evaluation.leaderboard.model_card import model_card
from locomotion_analysis.evaluation.leaderboard.serving_files import (
    GOLDEN,
    HELD_OUT,
    INPUTS,
    REFERENCE_CYCLES,
    REFERENCE_FEATURES,
    golden_rows,
    held_out_predictions,
    inputs_json,
    reference_cycles,
    reference_features,
    write_table,
)
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.files import Content, json_text, write_all
from locomotion_analysis.models.supervised import Recipe, save_model
from locomotion_analysis.reporting.provenance import provenance, source_files

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.leaderboard.training import TrainingRun


def write_run(
    run: "TrainingRun",
    recipe: Recipe,
    data: LocomotionData,
    source: str | os.PathLike[str] | None,
) -> None:
    """Write all files of a run; each is whole or not there, and none before all are complete.

    Parameters
    ----------
    run : TrainingRun
        What to write.
    recipe : Recipe
        The recipe of ``run.model``.
    data : LocomotionData
        What it was trained on.
    source : path-like or None
        Where the data were read from.
    """
    board = run.board
    features = reference_features(run)
    files: dict[str, Content] = {
        "config.json": json_text(_config(board, recipe, data, source)),
        "leaderboard.csv": board.table.to_csv(index=False),
        "folds.csv": fold_table(board).to_csv(index=False),
        "metrics.json": json_text(
            {entry.recipe.name: metrics_json(entry.results) for entry in board.entries}
        ),
        "model_card.md": model_card(run, recipe, data),
        "prediction_schema.json": run.schema.to_json() + "\n",
        INPUTS: inputs_json(run, data),
        HELD_OUT: partial(write_table, held_out_predictions(run, recipe)),
        REFERENCE_FEATURES: partial(write_table, features),
        GOLDEN: partial(write_table, golden_rows(run, features)),
        REFERENCE_CYCLES: reference_cycles(run, data).to_parquet,
        # A model of an earlier run would not be the one these files describe.
        "model.skops": partial(save_model, run.model) if run.saved else None,
    }
    write_all({run.out / name: content for name, content in files.items()})


def fold_table(board: Leaderboard) -> pd.DataFrame:
    """Return which fold each subject is tested in, sorted by subject."""
    fold = np.empty(len(board.table_of.groups), dtype=int)
    for number, (_, test) in enumerate(board.folds, start=1):
        fold[test] = number
    rows = pd.DataFrame({"subject": board.table_of.groups.astype(str), "fold": fold})
    return rows.drop_duplicates().sort_values("subject", ignore_index=True)


def split_hash(board: Leaderboard) -> str:
    """Return the SHA-256 of which subject is tested in which fold, whatever the rows' order."""
    lines = fold_table(board).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(lines.encode()).hexdigest()


def _config(
    board: Leaderboard,
    recipe: Recipe,
    data: LocomotionData,
    source: str | os.PathLike[str] | None,
) -> dict[str, Any]:
    table = board.table_of
    largest = [entry.peak_bytes for entry in board.entries if entry.peak_bytes is not None]
    return {
        "problem": table.problem.name,
        "target": str(table.y.name),
        "kind": table.kind,
        "model": recipe.name,
        "pipeline": " ".join(repr(recipe.pipeline).split()),
        "search_spaces": {
            entry.recipe.name: {key: list(v) for key, v in entry.recipe.search_space.items()}
            for entry in board.entries
        },
        "random_state": board.random_state,
        "n_splits": len(board.folds),
        "split_hash": split_hash(board),
        "n_subjects": board.winner.results["n_subjects"],
        "n_rows": len(table.X),
        "n_features": table.X.shape[1],
        "simulated": data.is_simulated,
        "cautions": list(board.cautions),
        "notes": list(board.notes),
        "history": [str(entry) for entry in data.history],
        "seconds": {entry.recipe.name: round(entry.seconds, 2) for entry in board.entries},
        "peak_memory_bytes": {
            "this_process": peak_bytes(),
            "largest_process_of_a_model": max(largest, default=None),
        },
        **provenance(source_files(source)),
    }
