"""From cycles to a trained model: leaderboard, run folder, and the winner fitted on everybody."""

import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import (
    FileReadError,
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
)
from locomotion_analysis.evaluation.leaderboard.board import Leaderboard
from locomotion_analysis.evaluation.leaderboard.compare import leaderboard
from locomotion_analysis.evaluation.leaderboard.run_folder import write_run
from locomotion_analysis.extras import require_installed
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised import PROBLEMS, Problem, Recipe
from locomotion_analysis.models.supervised.search import Search
from locomotion_analysis.progress import Progress

AUTO = "auto"


@dataclass(frozen=True)
class TrainingRun:
    """A trained model and the folder that documents it.

    Attributes
    ----------
    board : Leaderboard
        Comparison of the models.
    model : scikit-learn estimator
        The winner, fitted on all subjects.
    schema : PredictionSchema
        What it expects of the data it predicts on.
    out : Path
        The folder.
    saved : bool
        Whether the model lies in the folder; not, where skops is not installed.
    """

    board: Leaderboard
    model: Any
    schema: PredictionSchema
    out: Path
    saved: bool


def train(
    data: LocomotionData,
    problem: str,
    out: str | os.PathLike[str],
    *,
    target: str | None = None,
    model: str = AUTO,
    search: Search = "halving",
    n_splits: int = 5,
    random_state: int = 0,
    n_jobs: int = 1,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrainingRun:
    """Compare the models for a problem, fit the best on all subjects, and write a run folder.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    problem : str
        ``pathology``, ``task``, ``fall_risk``, ``treatment``, ``age``, ``bmi`` or ``speed``.
    out : path-like
        Folder for ``leaderboard.csv``, ``metrics.json``, ``config.json``, ``folds.csv``,
        ``model_card.md``, ``prediction_schema.json`` and ``model.skops``; and what
        ``locomotion bundle`` needs: ``inputs.json``, ``held_out.parquet``,
        ``reference_features.parquet``, ``reference_cycles.parquet`` and ``golden.parquet``.
    target : str, optional
        Column to predict, where it is not the problem's usual one.
    model : str
        ``auto`` for the best of all, or the name of one, which is then compared with the
        baselines alone and trained even where a baseline does better.
    search : {"halving", "optuna"}
        How hyperparameters are tried; optuna needs the extra ``tuning``.
    n_splits, random_state, n_jobs, progress
        As for :func:`leaderboard`.
    source : path-like, optional
        File or folder that `data` was read from; its hash goes into ``config.json``.

    Returns
    -------
    TrainingRun
        Leaderboard, fitted model, schema, folder.

    Raises
    ------
    SchemaError
        If problem, model or search are not known.
    MissingExtraError
        If optuna is asked for and not installed.
    TargetError, SplitLeakError
        As :func:`leaderboard`.
    FileReadError
        If `out` is a file.

    Warns
    -----
    LocomotionWarning
        If skops is not installed: all but the model is written.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> run = train(data, "pathology", tempfile.mkdtemp(), model="linear", n_splits=3)
    >>> sorted(path.name for path in run.out.iterdir())[:3]
    ['config.json', 'folds.csv', 'leaderboard.csv']
    """
    folder = _checked_folder(out)
    asked = _known_problem(problem)
    if search == "optuna":
        require_installed("optuna", "tuning")
    recipes = [replace(each, search=search) for each in _chosen(asked, model, random_state)]
    step = progress or (lambda *_: None)
    board = leaderboard(
        data,
        target or asked.target,
        recipes,
        problem=asked,
        n_splits=n_splits,
        random_state=random_state,
        n_jobs=n_jobs,
        progress=step,
    )
    recipe = board.winner.recipe if model == AUTO else recipes[-1]
    step("final model", 0, 1)
    table = board.table_of
    with threadpool_limits(1):
        fitted = recipe.model(random_state).fit(table.X, table.y.to_numpy())
    step("final model", 1, 1)
    schema = PredictionSchema.of(
        table.X, table.y, units=table.units, quantity=table.kind == "regression"
    )
    run = TrainingRun(board, fitted, schema, folder, _can_save())
    write_run(run, recipe, data, source)
    return run


def _known_problem(name: str) -> Problem:
    if name not in PROBLEMS:
        raise SchemaError(
            expected=f"a task among {', '.join(PROBLEMS)}",
            got=repr(name),
            where="task",
            fix="name one of these, and the column with --target if it is called otherwise",
        )
    return PROBLEMS[name]


def _chosen(problem: Problem, model: str, random_state: int) -> list[Recipe]:
    """Return all recipes, or the baselines and at the end the one that was named."""
    recipes = problem.recipes(random_state)
    if model == AUTO:
        return recipes
    named = problem.recipe(model, random_state)
    return [each for each in recipes if each.baseline and each.name != model] + [named]


def _can_save() -> bool:
    try:
        require_installed("skops", "models")
    except MissingExtraError as error:
        warnings.warn(
            f"The model itself was not written, everything else was. {error.fix} and train again.",
            LocomotionWarning,
            stacklevel=3,
        )
        return False
    return True


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
