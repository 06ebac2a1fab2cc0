"""From cycles to an evaluated network and the folder that documents it."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.evaluation.deep_training.run_folder import write_deep_run
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.study_inputs import StudyTarget, study_target
from locomotion_analysis.models.deep import DeepClassifier, DeepRegressor
from locomotion_analysis.models.prediction_schema import PredictionSchema

CHECKPOINTS = "checkpoints"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DeepTrainingRun:
    """A trained network and the folder that documents it.

    Attributes
    ----------
    model : DeepClassifier or DeepRegressor
        Fitted on all subjects, some of them set aside to stop early.
    results : dict or None
        Of the evaluation by subject-grouped folds; None where there was none.
    schema : PredictionSchema
        What the model expects of new data.
    target : str
        Standard name of the column.
    notes : tuple of str
        What was left out.
    out : Path
        The folder.
    """

    model: DeepClassifier | DeepRegressor
    results: dict[str, Any] | None
    schema: PredictionSchema
    target: str
    notes: tuple[str, ...]
    out: Path


def train_deep(
    data: LocomotionData,
    target: str,
    out: str | os.PathLike[str],
    architecture: str = "cnn",
    *,
    channels: Sequence[str] | None = None,
    n_splits: int = 5,
    source: str | os.PathLike[str] | None = None,
    on_fold: Progress | None = None,
    **settings: Any,
) -> DeepTrainingRun:
    """Evaluate a network on folds of subjects, train it on all of them, and write a run folder.

    Each training leaves a checkpoint in the folder after every epoch: a run that was killed goes
    on where it was when it is started again in the same way, with identical results.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    target : str
        Column of ``data.cycles``: a number with more than ten values is regressed on, all else
        are classes.
    out : path-like
        Folder for ``model.safetensors``, ``prediction_schema.json``, ``config.json``,
        ``history.csv``, ``training.png``, what a bundle is made of (``model_card.md``,
        ``reference_cycles.parquet``, ``golden.parquet``) and, of an evaluation,
        ``metrics.json``, ``predictions.csv`` and ``held_out.parquet``.
    architecture : str
        See :class:`~locomotion_analysis.models.deep.DeepClassifier`.
    channels : sequence of str, optional
        Channels to learn from; all that were measured in some cycle where None.
    n_splits : int
        Folds of the evaluation, at least 2; 0 for none.
    source : path-like, optional
        File or folder that `data` was read from; its hash goes into ``config.json``.
    on_fold : callable, optional
        Called as ``on_fold(done, total)`` after each fold.
    **settings
        Of the estimator: ``max_epochs``, ``network_options``, ``device``, ``random_state``, ``progress``,
        ...

    Returns
    -------
    DeepTrainingRun
        Model, results, schema, folder.

    Raises
    ------
    TargetError, SchemaError, SplitLeakError
        If target, settings or folds do not fit the data.
    FileReadError
        If `out` is a file, or a checkpoint in it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(8, 2, ["level_walking"], ["healthy", "stroke"])
    >>> run = train_deep(data, "pathology", tempfile.mkdtemp(), "gru", n_splits=0, max_epochs=1)
    >>> sorted(path.name for path in run.out.iterdir())[:3]
    ['config.json', 'golden.parquet', 'history.csv']
    """
    folder = _checked_folder(out)
    if n_splits < 0 or n_splits == 1:
        raise SchemaError(
            expected="2 folds or more, or 0 for no evaluation", got=str(n_splits), where="n_splits"
        )
    asked = study_target(data, target)
    names, notes = _channels(asked.data, channels)
    dropped = len(data) - len(asked.data)
    if dropped:
        notes.insert(0, f"{dropped:,} cycles without {asked.target} left out")
    X, y, groups = asked.data.array(names), asked.values, asked.data.groups
    kind = DeepClassifier if asked.kind == "classification" else DeepRegressor
    checkpoints = folder / CHECKPOINTS
    model = kind(architecture, channels=names, **{**settings, "checkpoint": checkpoints})
    results = None
    if n_splits:
        results = _evaluated(model, X, asked, n_splits, data.is_simulated, on_fold)
    model = clone(model).fit(X, y.to_numpy(), groups)
    model.set_params(checkpoint=None)
    schema = PredictionSchema.of(X, y, names=names, quantity=asked.kind == "regression")
    run = DeepTrainingRun(model, results, schema, asked.target, tuple(notes), folder)
    write_deep_run(run, data, source)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return run


def _evaluated(
    model: DeepClassifier | DeepRegressor,
    X: Any,
    asked: StudyTarget,
    n_splits: int,
    simulated: bool,
    on_fold: Progress | None,
) -> dict[str, Any]:
    evaluator = BiomechanicalModelEvaluator(n_splits, random_state=model.random_state)
    evaluate = (
        evaluator.evaluate_classification
        if asked.kind == "classification"
        else evaluator.evaluate_regression
    )
    results: dict[str, Any] = evaluate(
        model, X, asked.values, groups=asked.data.groups, progress=on_fold
    )
    # An array has no attributes that could say so.
    return {**results, "simulated": simulated}


def _channels(data: LocomotionData, channels: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Return the channels to learn from, and what was left out."""
    chosen = list(data.channels if channels is None else channels)
    never = [name for name in chosen if np.isnan(data.curves(name)).any(axis=1).all()]
    if (channels is not None and never) or len(never) == len(chosen):
        raise SchemaError(
            expected="channels measured throughout in some cycle",
            got=f"none of {', '.join(never[:3])}",
            where="channels",
            fix="name other channels",
        )
    notes = [f"{name}: measured throughout in no cycle" for name in never]
    return [name for name in chosen if name not in never], notes


def _checked_folder(out: str | os.PathLike[str]) -> Path:
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise FileReadError(
            expected="a folder to write the model into",
            got="a file of that name",
            where=str(folder),
            fix="name another folder",
        )
    return folder
