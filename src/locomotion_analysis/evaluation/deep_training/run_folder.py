"""The files of a network's training."""

import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.deep_training.figures import plot_training
from locomotion_analysis.evaluation.deep_training.serving_files import serving_files
from locomotion_analysis.evaluation.leaderboard.serving_files import (
    GOLDEN,
    HELD_OUT,
    REFERENCE_CYCLES,
    write_table,
)
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.files import Content, json_text, write_all
from locomotion_analysis.models.deep import save_network
from locomotion_analysis.models.deep.state_file import parameters_of
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
    files: dict[str, Content] = {
        "config.json": json_text({**_config(run, data, source), **serving.facts}),
        "model_card.md": serving.card,
        "history.csv": run.model.history_.to_csv(index=False),
        "prediction_schema.json": run.schema.to_json() + "\n",
    }
    # Scores of an earlier run would not be this model's: they go if there are none.
    files |= dict.fromkeys(_OF_AN_EVALUATION)
    if run.results is not None:
        files["metrics.json"] = json_text(metrics_json(run.results))
        files["predictions.csv"] = run.results["predictions"].to_csv()
    if serving.held_out is not None:
        files[HELD_OUT] = partial(write_table, serving.held_out)
    figure = cast("Figure", plot_training(run.model.history_, simulated=data.is_simulated).figure)
    files["training.png"] = partial(figure.savefig, format="png", dpi=150)
    files[GOLDEN] = partial(write_table, serving.answers)
    files[REFERENCE_CYCLES] = serving.cycles.to_parquet
    files[MODEL] = partial(save_network, run.model)
    write_all({run.out / name: content for name, content in files.items()})


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
