"""The files of a network's training."""

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

from locomotion_analysis.data import LocomotionData, atomic_path
from locomotion_analysis.evaluation.deep_training.figures import plot_training
from locomotion_analysis.evaluation.deep_training.serving_files import serving_files
from locomotion_analysis.evaluation.leaderboard.serving_files import (
    GOLDEN,
    HELD_OUT,
    REFERENCE_CYCLES,
    write_table,
)
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.models.deep import save_network
from locomotion_analysis.models.deep.estimators.parameters import parameters_of
from locomotion_analysis.reporting.provenance import provenance, source_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from locomotion_analysis.evaluation.deep_training.run import DeepTrainingRun

MODEL = "model.safetensors"
_OF_AN_EVALUATION = ("metrics.json", "predictions.csv", HELD_OUT)


def write_deep_run(
    run: "DeepTrainingRun", data: LocomotionData, source: str | os.PathLike[str] | None
) -> None:
    """Write all files of a run; each is whole or not there, and none before all are complete.

    Parameters
    ----------
    run : DeepTrainingRun
        What to write.
    data : LocomotionData
        What it was trained on.
    source : path-like or None
        Where the data were read from.
    """
    serving = serving_files(run, data)
    texts = {
        "config.json": _json({**_config(run, data, source), **serving.facts}),
        "model_card.md": serving.card,
        "history.csv": run.model.history_.to_csv(index=False),
        "prediction_schema.json": run.schema.to_json() + "\n",
    }
    if run.results is not None:
        texts["metrics.json"] = _json(metrics_json(run.results))
        texts["predictions.csv"] = run.results["predictions"].to_csv()
    tables = {GOLDEN: serving.answers}
    if serving.held_out is not None:
        tables[HELD_OUT] = serving.held_out
    figure = cast("Figure", plot_training(run.model.history_, simulated=data.is_simulated).figure)
    with ExitStack() as files:
        for name, text in texts.items():
            path = files.enter_context(atomic_path(run.out / name))
            path.write_text(text, encoding="utf-8")
        image = files.enter_context(atomic_path(run.out / "training.png"))
        figure.savefig(image, format="png", dpi=150)
        for name, table in tables.items():
            write_table(table, files.enter_context(atomic_path(run.out / name)))
        serving.cycles.to_parquet(files.enter_context(atomic_path(run.out / REFERENCE_CYCLES)))
        save_network(run.model, files.enter_context(atomic_path(run.out / MODEL)))
    for name in _OF_AN_EVALUATION:
        if name not in {**texts, **tables}:
            # Scores of an earlier run would not be this model's.
            (run.out / name).unlink(missing_ok=True)


def _config(
    run: "DeepTrainingRun", data: LocomotionData, source: str | os.PathLike[str] | None
) -> dict[str, Any]:
    return {
        "target": run.target,
        "estimator": type(run.model).__name__,
        "parameters": parameters_of(run.model),
        "n_weights": sum(weight.numel() for weight in run.model.network_.parameters()),
        "n_cycles": len(data),
        "n_subjects": int(data.cycles["subject"].nunique()),
        "simulated": data.is_simulated,
        "notes": list(run.notes),
        "history": [str(entry) for entry in data.history],
        **provenance(source_files(source)),
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
