"""From cycles to a trained model: models compared, the best fitted, and the folder of the run."""

import hashlib
import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import (
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
    did_you_mean,
)
from locomotion_analysis.evaluation.leaderboard import (
    Leaderboard,
    TrainingTable,
    leaderboard,
    peak_bytes,
    problem_of,
)
from locomotion_analysis.evaluation.metrics import metrics_json
from locomotion_analysis.evaluation.study_inputs import STUDY_AGGREGATIONS, study_target
from locomotion_analysis.evaluation.training_report import TrainingRun, training_page
from locomotion_analysis.extras import require_installed
from locomotion_analysis.files import Content, json_text, output_folder, write_all
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised import (
    ANY_NETWORK,
    NETWORKS,
    PROBLEMS,
    Problem,
    Recipe,
    network,
    save_model,
)
from locomotion_analysis.models.supervised.tuning import Search, known_search
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.reporting.spreadsheets import csv_text

__all__ = ["train"]

CONFIG = "config.json"
CARD = "card.json"
CARD_TEXT = "model_card.md"
METRICS = "metrics.json"
SCHEMA = "prediction_schema.json"
MODEL = "model.skops"
NETWORK = "model.safetensors"
HISTORY = "history.csv"
HELD_OUT = "held_out.parquet"
REFERENCE_FEATURES = "reference_features.parquet"
REFERENCE_CYCLES = "reference_cycles.parquet"
MEAN_FEATURES = "mean_features.parquet"
MEAN_CYCLES = "mean_cycles.parquet"
GOLDEN = "golden.parquet"
PREDICTION = "prediction"
PROBABILITY = "probability_"

_CHECKPOINTS = "checkpoints"
_OF_ONE_KIND = (MODEL, NETWORK, HISTORY, REFERENCE_FEATURES, MEAN_FEATURES)
"""Files that not every run has: one of an earlier run would not belong to this one."""

# Enough people for a distribution, few enough for a file that is sent around.
_MOST_SUBJECTS = 120
_MOST_ROWS_A_SUBJECT = 4
_MOST_CYCLES_A_CONDITION = 2
_MOST_CYCLES_A_SUBJECT = 4
_GOLDEN_ROWS = 12


def train(
    data: LocomotionData,
    target: str,
    out: str | os.PathLike[str],
    *,
    recipes: Sequence[str] | None = None,
    problem: str | None = None,
    features: Sequence[str] | None = None,
    search: Search = "halving",
    networks: Mapping[str, Any] | None = None,
    n_splits: int = 5,
    random_state: int = 0,
    n_jobs: int = 1,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrainingRun:
    """Compare recipes on people they have not seen, fit the best on everybody, write a folder.

    A network leaves a checkpoint in the folder after every epoch: a run that was killed goes on
    with its networks where they were when it is started again in the same way, with identical
    results.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles, or a table of features
        (:meth:`~locomotion_analysis.LocomotionData.from_features`).
    target : str
        Column of ``data.cycles`` to predict. Cycles without a value are left out and counted.
    out : path-like
        Folder for ``report.html``, ``leaderboard.csv``, ``folds.csv``, ``metrics.json``,
        ``config.json``, the card (``card.json``, ``model_card.md``), the model
        (``model.skops``, or of a network ``model.safetensors`` and ``history.csv``) with its
        ``prediction_schema.json``; and for ``locomotion bundle`` ``held_out.parquet``,
        ``golden.parquet``, and of at most 120 people some rows (``reference_cycles.parquet``,
        ``reference_features.parquet``) and the means of all (``mean_cycles.parquet``,
        ``mean_features.parquet``).
    recipes : sequence of str, optional
        Names of recipes that learn from features (``linear``, ``extra_trees``, ...) and of
        networks that learn from curves (``cnn``, ``gru``, ``two_leg``, ..., extra ``deep``). They
        are compared with the baselines, and the best of them is trained even where a baseline
        does better. All that learn from features where None.
    problem : str, optional
        ``pathology``, ``task``, ``fall_risk``, ``treatment``, ``age``, ``bmi`` or ``speed``: whose
        recipes to use. By default the one whose usual target is `target`, else ``pathology`` for
        classes and ``age`` for numbers.
    features : sequence of str, optional
        Groups of features that are computed from curves (kinematic, kinetic, temporal, spatial,
        derived, clinical); of a table of features, columns. All where None.
    search : {"halving", "optuna"}
        How hyperparameters are tried; optuna needs the extra ``tuning``. Networks are tuned with
        optuna alone: width, learning rate, augmentation, and of ``"network"`` the architecture.
    networks : mapping, optional
        Settings of the networks: ``max_epochs``, ``device``, ``network_options``, ...
    n_splits, random_state, n_jobs, progress
        As for :func:`~locomotion_analysis.evaluation.leaderboard.leaderboard`.
    source : path-like, optional
        File or folder that `data` was read from; its hash goes into ``config.json``.

    Returns
    -------
    TrainingRun
        Leaderboard, fitted model, schema, card, folder.

    Raises
    ------
    SchemaError
        If a recipe, the problem, the search or a setting is not known, or none of the recipes
        can be used with these data.
    MissingExtraError
        If optuna or a network is asked for and not installed.
    TargetError, SplitLeakError
        As :func:`~locomotion_analysis.evaluation.leaderboard.leaderboard`.
    FileReadError
        If `out` is a file, or a checkpoint in it is damaged.

    Warns
    -----
    LocomotionWarning
        If skops is not installed: all but the model is written.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> run = train(data, "pathology", tempfile.mkdtemp(), recipes=["linear"], n_splits=3)
    >>> run.recipe.name, run.report_path.name
    ('linear', 'report.html')
    """
    folder = output_folder(out, (CONFIG, METRICS, CARD), CONFIG)
    step = progress or silent
    asked = problem_of(data, target) if problem is None else _known_problem(problem)
    if known_search(search) == "optuna":
        require_installed("optuna", "tuning")
    settings = {**(networks or {}), "checkpoint": folder / _CHECKPOINTS}
    compared = _recipes(data, target, asked, recipes, search, settings, random_state)
    board = leaderboard(
        data,
        target,
        compared,
        problem=asked,
        features=features,
        n_splits=n_splits,
        random_state=random_state,
        n_jobs=n_jobs,
        progress=step,
    )
    wanted = [e.recipe for e in board.entries if recipes is None or e.recipe.name in recipes]
    if not wanted:
        raise SchemaError(
            expected=f"features that {', '.join(recipes or ())} can learn from",
            got="; ".join(note for note in board.notes if note.startswith("model ")),
            where="recipes",
            fix="name other recipes",
        )
    recipe, table = wanted[0], board.table_of
    step("final model", 0, 1)
    model = _fitted(recipe, table, random_state)
    step("final model", 1, 1)
    schema = PredictionSchema.of(
        table.inputs(recipe),
        table.y,
        names=recipe.channels or None,
        units=None if recipe.channels else table.units,
        quantity=table.kind == "regression",
    )
    run = TrainingRun(board, recipe, model, schema, folder, _can_be_written(recipe))
    _write(run, source)
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)
    return run


def _known_problem(name: str) -> Problem:
    if name not in PROBLEMS:
        raise SchemaError(
            expected=f"a problem among {', '.join(PROBLEMS)}",
            got=repr(name),
            where="problem",
            fix=did_you_mean(
                name, PROBLEMS, "name one of these, or none: it follows from the target"
            ),
        )
    return PROBLEMS[name]


def _fitted(recipe: Recipe, table: TrainingTable, random_state: int) -> Any:
    """Return the model of a recipe, tuned and fitted on everybody."""
    X, y = table.inputs(recipe), table.y.to_numpy()
    if recipe.channels:
        model = recipe.model(random_state).fit(X, y, table.groups)
        model = model.model_ if recipe.search_space else model
        return model.set_params(checkpoint=None)
    with threadpool_limits(1):
        return recipe.model(random_state).fit(X, y)


def _can_be_written(recipe: Recipe) -> bool:
    """Tell whether the model itself can be written; warn where skops is not installed."""
    if recipe.channels:
        return True
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


def _recipes(
    data: LocomotionData,
    target: str,
    problem: Problem,
    names: Sequence[str] | None,
    search: Search,
    settings: Mapping[str, Any],
    random_state: int,
) -> list[Recipe]:
    """Return the baselines and the recipes named; all of the problem where none is."""
    every = (*problem.models, *NETWORKS, ANY_NETWORK)
    unknown = [name for name in names or () if name not in every]
    if unknown or (names is not None and not names):
        raise SchemaError(
            expected=f"recipes among {', '.join(every)}",
            got=", ".join(map(repr, unknown)) or "none",
            where="recipes",
            fix=did_you_mean(
                unknown[0] if unknown else "",
                every,
                "name some of these, or none: all that learn from features",
            ),
        )
    known = [replace(each, search=search) for each in problem.recipes(random_state)]
    chosen = [each for each in known if names is None or each.baseline or each.name in names]
    asked = [name for name in (*NETWORKS, ANY_NETWORK) if name in (names or ())]
    if asked:
        labelled = study_target(data, target).data
        measured = [
            name
            for name in labelled.channels
            if not np.isnan(labelled.curves(name)).any(axis=1).all()
        ]
        if not measured:
            raise SchemaError(
                expected="channels measured throughout in some cycle",
                got=f"none of {', '.join(labelled.channels[:3])}"
                if labelled.channels
                else "a table of features, without curves",
                where="channels",
                fix="name other channels"
                if labelled.channels
                else "name recipes that learn from features",
            )
        chosen += [
            network(name, problem.kind, measured, random_state, search, **settings)
            for name in asked
        ]
    return chosen


def _write(run: TrainingRun, source: str | os.PathLike[str] | None) -> None:
    """Write all files of a run; each is whole or not there, and none before all are complete."""
    board, table = run.board, run.board.table_of
    origin = provenance(source_files(source))
    if run.recipe.channels:
        origin["versions"]["torch"] = version("torch")
    people = _subjects_by_turns(table, board.random_state)
    cycles = _some_cycles(table.data, people)
    of_people = np.flatnonzero(np.isin(table.data.groups, people[:_MOST_SUBJECTS]))
    means = mean_cycle_of_each(table.data.take(of_people))
    held_out = run.results["predictions"].drop(columns="subject", errors="ignore").reset_index()
    scores = {each.recipe.name: metrics_json(each.results) for each in board.entries}
    # What an earlier run of the other kind left would not be this model's: it goes.
    files: dict[str, Content] = dict.fromkeys(_OF_ONE_KIND)
    files |= {
        "report.html": training_page(run, origin),
        CARD: run.card.to_json(),
        CARD_TEXT: run.card.markdown(),
        "leaderboard.csv": csv_text(board.table),
        "folds.csv": csv_text(fold_table(board)),
        METRICS: json_text(scores),
        CONFIG: json_text({**_config(run), **origin}),
        SCHEMA: run.schema.to_json() + "\n",
        HELD_OUT: partial(write_table, held_out),
    }
    if run.recipe.channels:
        from locomotion_analysis.models.deep import save_network

        names = list(run.recipe.channels)
        cycles, means = cycles.select(channels=names), means.select(channels=names)
        files[HISTORY] = run.model.history_.to_csv(index=False)
        files[GOLDEN] = partial(write_table, _answers(run, cycles.array(names)))
        files[NETWORK] = partial(save_network, run.model)
    else:
        features = _some_rows(table.X, people)
        rows = np.linspace(0, len(features) - 1, _GOLDEN_ROWS).round().astype(int)
        golden = features.drop(columns="subject").iloc[np.unique(rows)].reset_index(drop=True)
        answers = pd.concat([_answers(run, golden), golden], axis=1)
        files[REFERENCE_FEATURES] = partial(write_table, features)
        files[MEAN_FEATURES] = partial(write_table, _mean_rows(table.X, people))
        files[GOLDEN] = partial(write_table, answers)
        if run.saved:
            files[MODEL] = partial(save_model, run.model)
    files[REFERENCE_CYCLES] = cycles.to_parquet
    files[MEAN_CYCLES] = means.to_parquet
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


def _config(run: TrainingRun) -> dict[str, Any]:
    board, table, recipe = run.board, run.board.table_of, run.recipe
    largest = [entry.peak_bytes for entry in board.entries if entry.peak_bytes is not None]
    curves = bool(recipe.channels)
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
        "chosen": _chosen_parameters(run),
        "inputs": {
            "channels": list(recipe.channels or table.data.channels),
            "columns": sorted(map(str, table.data.cycles.columns)),
            "feature_groups": [] if curves else list(table.groups_of_features),
            "aggregations": [] if curves else list(STUDY_AGGREGATIONS),
            "paired": table.problem.paired,
        },
        "random_state": board.random_state,
        "n_splits": len(board.folds),
        "split_hash": split_hash(board),
        "n_subjects": board.winner.results["n_subjects"],
        "n_rows": len(table.X),
        "n_features": table.X.shape[1],
        "simulated": table.data.is_simulated,
        "history": [str(entry) for entry in table.data.history],
        "seconds": {entry.recipe.name: round(entry.seconds, 2) for entry in board.entries},
        "peak_memory_bytes": {
            "this_process": peak_bytes(),
            "largest_process_of_a_model": max(largest, default=None),
        },
    }


def _chosen_parameters(run: TrainingRun) -> dict[str, Any]:
    """Return the hyperparameters that the search chose for the model that is kept."""
    if run.recipe.channels:
        given = run.model.get_params()
        return {name: given[name] for name in run.recipe.search_space}
    return dict(getattr(run.model, "best_params_", {}))


def _subjects_by_turns(table: TrainingTable, random_state: int) -> list[Any]:
    """Return all subjects at random, so that the first few hold the classes in proportion.

    Each class has somebody among the very first, however rare it is.
    """
    rows = pd.DataFrame({"subject": table.groups, "y": table.y.to_numpy()})
    people = rows.drop_duplicates("subject")
    people = people.iloc[np.random.default_rng(random_state).permutation(len(people))]
    if table.kind == "regression":
        return people["subject"].tolist()
    of_class = people.groupby("y")["y"]
    turn = (of_class.cumcount() / of_class.transform("size")).to_numpy()
    return list(people["subject"].to_numpy()[np.argsort(turn, kind="stable")])


def _some_cycles(data: LocomotionData, people: list[Any]) -> LocomotionData:
    """Return some cycles of the first people, spread over what they did."""
    cycles = data.cycles
    names = ("subject", "task", "task_id", "session", "side")
    condition = [name for name in names if name in cycles]
    kept = cycles["subject"].isin(people[:_MOST_SUBJECTS])
    kept &= cycles.groupby(condition, dropna=False).cumcount() < _MOST_CYCLES_A_CONDITION
    first = cycles.loc[kept].groupby("subject").cumcount() < _MOST_CYCLES_A_SUBJECT
    return data.take(np.flatnonzero(kept)[first.to_numpy()])


def _some_rows(X: pd.DataFrame, people: list[Any]) -> pd.DataFrame:
    """Return rows of the first people, spread evenly over all rows of each, with the subject."""
    subjects = pd.Series(X.index.get_level_values("subject"))
    rows_of = subjects.groupby(subjects).indices
    chosen = []
    for subject in people[:_MOST_SUBJECTS]:
        rows = rows_of[subject]
        count = min(len(rows), _MOST_ROWS_A_SUBJECT)
        chosen.append(rows[np.linspace(0, len(rows) - 1, count).round().astype(int)])
    picked = np.concatenate(chosen)
    table = X.iloc[picked].reset_index(drop=True)
    table.insert(0, "subject", subjects.to_numpy()[picked])
    return table


def _mean_rows(X: pd.DataFrame, people: list[Any]) -> pd.DataFrame:
    """Return the mean of all rows of each of the first people, with the subject."""
    means = X.groupby(level="subject").mean()
    return means.loc[people[:_MOST_SUBJECTS]].rename_axis("subject").reset_index()


def mean_cycle_of_each(data: LocomotionData) -> LocomotionData:
    """Return the mean curves of each subject, over all that was done.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.

    Returns
    -------
    LocomotionData
        One cycle a subject, in the order of their names; its task tells all of theirs.
    """
    cycles = data.cycles
    mean, _ = mean_cycles(data, cycles["subject"].to_numpy(object))
    of_subject = cycles.groupby("subject", observed=True)
    tasks = of_subject["task"].agg(lambda each: " and ".join(sorted(set(each))))
    table = pd.DataFrame(
        {
            "dataset": of_subject["dataset"].first(),
            "subject": tasks.index,
            "task": tasks,
            "task_id": "mean",
            "step": 1,
        }
    )
    if "simulated" in cycles:
        table["simulated"] = of_subject["simulated"].any()
    return LocomotionData(table.reset_index(drop=True), mean, data.channels)


def mean_cycles(
    data: LocomotionData, groups: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Return mean curves, (channels, groups, 150), and the groups, sorted; gaps are passed over."""
    n_channels, n_cycles, n_points = data.block.shape
    flat = pd.DataFrame(
        data.block.transpose(1, 0, 2).reshape(n_cycles, n_channels * n_points).astype(float)
    )
    mean = flat.groupby(groups).mean()
    block = mean.to_numpy(np.float32).reshape(len(mean), n_channels, n_points)
    return np.ascontiguousarray(block.transpose(1, 0, 2)), mean.index.to_numpy()


def _answers(run: TrainingRun, X: Any) -> pd.DataFrame:
    """Return what the fitted model answers, before it is saved."""
    model, device = run.model, None
    if run.recipe.channels:
        # A GPU rounds otherwise than the processors that the answers are compared on.
        device = next(model.network_.parameters()).device
        model.network_.cpu()
    told: dict[str, Any] = {PREDICTION: model.predict(X)}
    if run.schema.classes and hasattr(model, "predict_proba"):
        probability = model.predict_proba(X)
        for column, label in enumerate(model.classes_):
            told[f"{PROBABILITY}{label}"] = probability[:, column]
    if device is not None:
        model.network_.to(device)
    return pd.DataFrame(told)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, small and the same each time."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [name for name in table.column_names if name not in set(numbers)]
    pq.write_table(
        table, path, compression="zstd", use_dictionary=others, use_byte_stream_split=numbers
    )
