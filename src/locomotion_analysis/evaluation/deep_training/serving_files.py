"""What a served network needs besides itself: people to compare with, known answers, its card."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.leaderboard.model_card import data_limits, markdown_table
from locomotion_analysis.evaluation.leaderboard.serving_files import (
    PREDICTION,
    PROBABILITY,
    sampled_cycles,
    subjects_by_turns,
)
from locomotion_analysis.evaluation.report.cautions import cautions
from locomotion_analysis.evaluation.study_inputs import StudyTarget, study_target

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.deep_training.run import DeepTrainingRun


@dataclass(frozen=True)
class ServingFiles:
    """Files of a run that a model bundle is made from.

    Attributes
    ----------
    cycles : LocomotionData
        Some of the training cycles, with the network's channels.
    answers : DataFrame
        What the network answered for them before it was saved: ``prediction`` and, for classes,
        ``probability_<class>``.
    held_out : DataFrame or None
        Predictions for people by networks not trained on them; None without an evaluation.
    card : str
        Model card (Markdown).
    facts : dict
        What ``config.json`` tells of the evaluation.
    """

    cycles: LocomotionData
    answers: pd.DataFrame
    held_out: pd.DataFrame | None
    card: str
    facts: dict[str, Any]


def serving_files(run: "DeepTrainingRun", data: LocomotionData) -> ServingFiles:
    """Return what a bundle needs of a training.

    Parameters
    ----------
    run : DeepTrainingRun
        The trained network.
    data : LocomotionData
        What it was trained on.
    """
    asked = study_target(data, run.target)
    classifies = asked.kind == "classification"
    y = asked.data.cycles[asked.target].to_numpy()
    people = subjects_by_turns(asked.data.groups, y, classifies, run.model.random_state)
    chosen = sampled_cycles(asked.data, people)
    names = list(run.schema.names)
    block = np.stack([chosen.curves(name) for name in names])
    cycles = LocomotionData(chosen.cycles, block, names, chosen.history)
    held_out = None
    if run.results is not None:
        held_out = run.results["predictions"].drop(columns="subject", errors="ignore").reset_index()
        held_out = held_out[[name for name in held_out if _of_a_prediction(str(name))]]
    beware = cautions(asked.data, asked.labels)
    facts = {
        "problem": run.target,
        "torch": version("torch"),
        "model": run.model.architecture,
        "kind": asked.kind,
        "cautions": beware,
        "n_rows": len(asked.data),
        "n_splits": 0 if held_out is None else int(held_out["fold"].nunique()),
        "split_hash": "" if held_out is None else _split_hash(held_out),
    }
    card = _card(run, asked, beware)
    return ServingFiles(cycles, _answers(run, cycles), held_out, card, facts)


def _answers(run: "DeepTrainingRun", cycles: LocomotionData) -> pd.DataFrame:
    X = cycles.array(list(run.schema.names))
    # A GPU rounds otherwise than the processors that the answers are compared on.
    trained_on = next(run.model.network_.parameters()).device
    run.model.network_.cpu()
    told: dict[str, Any] = {PREDICTION: run.model.predict(X)}
    if run.schema.classes:
        probability = run.model.predict_proba(X)
        for column, label in enumerate(run.schema.classes):
            told[f"{PROBABILITY}{label}"] = probability[:, column]
    run.model.network_.to(trained_on)
    return pd.DataFrame(told)


def _of_a_prediction(name: str) -> bool:
    return name in ("subject", "fold", "y_true", "y_pred") or name.startswith(PROBABILITY)


def _split_hash(held_out: pd.DataFrame) -> str:
    rows = held_out[["subject", "fold"]].astype({"subject": str}).drop_duplicates()
    lines = rows.sort_values("subject").to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(lines.encode()).hexdigest()


def _card(run: "DeepTrainingRun", asked: StudyTarget, beware: list[str]) -> str:
    n_weights = sum(weight.numel() for weight in run.model.network_.parameters())
    people = f"{len(asked.data):,} gait cycles of {len(set(asked.data.groups))} subjects"
    sections = {
        "Model": f"{run.model.architecture} network of {n_weights:,} weights on the curves of "
        f"{len(run.schema.names)} channels, trained for {len(run.model.history_)} epochs.",
        "Intended use": f"Predicts {run.target} from the curves of one gait cycle, recorded and "
        "processed as the training data were. For research; not for the diagnosis or treatment of "
        "a person.",
        "Training data": f"{people}; dataset "
        f"{', '.join(sorted(map(str, asked.data.cycles['dataset'].unique())))}.",
        "Scores on people not trained on": _scores(run),
        "Cautions": _listed(beware or ["None found."]),
        "Left out": _listed(list(run.notes) or ["Nothing."]),
        "Limits": _listed(data_limits(asked.data)),
    }
    parts = [f"# {run.model.architecture} network: {run.target}"]
    if asked.data.is_simulated:
        parts.append("**Simulated data: no person was measured.**")
    parts += [f"## {title}\n\n{text}" for title, text in sections.items()]
    return "\n\n".join(parts) + "\n"


def _scores(run: "DeepTrainingRun") -> str:
    if run.results is None:
        return "Not evaluated."
    rows = [
        {"score": name, "value": run.results[name], "from": low, "to": high}
        for name, (low, high) in run.results["intervals"].items()
        if name in run.results
    ]
    return markdown_table(pd.DataFrame(rows))


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
