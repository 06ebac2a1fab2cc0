"""The card of a trained model: what it is for, how well it does on whom, and its limits."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.leaderboard.training_table import TrainingTable
from locomotion_analysis.models.supervised import Recipe

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.leaderboard.training import TrainingRun


def model_card(run: "TrainingRun", recipe: Recipe, data: LocomotionData) -> str:
    """Return the card as Markdown (after Mitchell et al. 2019, doi:10.1145/3287560.3287596).

    Parameters
    ----------
    run : TrainingRun
        The trained model and its leaderboard.
    recipe : Recipe
        The recipe of the model.
    data : LocomotionData
        What it was trained on.
    """
    board = run.board
    sections = {
        "Model": _model(run, recipe),
        "Intended use": _use(board.table_of),
        "Training data": _people(board.table_of, data),
        "Scores on people not trained on": [
            *board.verdict,
            "",
            markdown_table(board.table),
        ],
        "Cautions": list(board.cautions) or ["None found."],
        "Left out": list(board.notes) or ["Nothing."],
        "Limits": data_limits(data),
    }
    parts = [f"# {recipe.title}: {board.table_of.y.name}"]
    if data.is_simulated:
        parts.append("**Simulated data: no person was measured.**")
    for title, lines in sections.items():
        listed = title in ("Cautions", "Left out", "Limits")
        parts.append(f"## {title}\n\n" + "\n".join(f"- {x}" if listed else x for x in lines))
    return "\n\n".join(parts) + "\n"


def _model(run: "TrainingRun", recipe: Recipe) -> list[str]:
    chosen = getattr(run.model, "best_params_", {})
    words = ", ".join(f"{key} = {value}" for key, value in chosen.items()) or "nothing to tune"
    threshold = getattr(run.model, "threshold_", None)
    lines = [f"{recipe.title} on {len(run.schema.names):,} features; chosen: {words}."]
    if threshold is not None:
        lines.append(
            f"{run.model.classes_[1]} is called from a probability of {threshold:.3f}, the "
            "threshold of the highest balanced accuracy on held-out subjects."
        )
    lines.append("Fitted on all subjects below; the scores are of models fitted on a part of them.")
    return lines


def _use(table: TrainingTable) -> list[str]:
    row = "leg, before and after treatment" if table.problem.paired else "gait cycle"
    return [
        (
            f"Predicts {table.y.name} from the features of one {row}, recorded and processed as the "
            "training data were. For research; not for the diagnosis or treatment of a person."
        )
    ]


def _people(table: TrainingTable, data: LocomotionData) -> list[str]:
    n_subjects = len(set(table.groups))
    datasets = ", ".join(sorted(map(str, data.cycles["dataset"].unique())))
    lines = [f"{len(table.X):,} rows of {n_subjects} subjects; dataset {datasets}.", ""]
    if table.kind == "classification":
        frame = pd.DataFrame({"class": table.y.to_numpy().astype(str), "subject": table.groups})
        counts = frame.groupby("class")["subject"].agg(["nunique", "size"])
        counts.columns = pd.Index(["subjects", "rows"])
        return [*lines, markdown_table(counts.reset_index())]
    values = table.y.to_numpy(float)
    return [
        *lines,
        f"{table.y.name}: mean {values.mean():.3g}, {values.min():.3g} to {values.max():.3g}.",
    ]


def data_limits(data: LocomotionData) -> list[str]:
    """Return what a model of these data says nothing of."""
    lines = [
        "Says nothing of people unlike those above: other ages, diseases, shoes, walkways.",
        "Intervals are over the people tested; another laboratory may differ by more.",
    ]
    if len(data.cycles["dataset"].unique()) == 1:
        lines.append("One dataset only: transfer to another was not tested.")
    if data.is_simulated:
        lines.append("Learned from a simulator: on real people it is untested.")
    return lines


def markdown_table(frame: pd.DataFrame) -> str:
    """Return a frame as a Markdown table; numbers with three digits."""
    head = "| " + " | ".join(map(str, frame.columns)) + " |"
    rule = "|" + " --- |" * len(frame.columns)
    rows = (
        "| " + " | ".join(_cell(cell) for cell in row) + " |"
        for row in frame.itertuples(index=False)
    )
    return "\n".join([head, rule, *rows])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3g}"
    return str(value)
