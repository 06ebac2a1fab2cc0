"""What a served model needs besides itself: its inputs, people to compare with, known answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.leaderboard.training_table import AGGREGATIONS
from locomotion_analysis.features.plan import FEATURE_GROUPS
from locomotion_analysis.files import json_text
from locomotion_analysis.models.supervised import Recipe

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.leaderboard.training import TrainingRun

INPUTS = "inputs.json"
HELD_OUT = "held_out.parquet"
REFERENCE_FEATURES = "reference_features.parquet"
REFERENCE_CYCLES = "reference_cycles.parquet"
GOLDEN = "golden.parquet"
PREDICTION = "prediction"
PROBABILITY = "probability_"

# Enough people for a distribution, few enough for a file that is sent around.
MOST_SUBJECTS = 120
MOST_ROWS_A_SUBJECT = 4
MOST_SUBJECTS_WITH_CYCLES = 120
MOST_CYCLES_A_CONDITION = 2
MOST_CYCLES_A_SUBJECT = 4
GOLDEN_ROWS = 12


def inputs_json(run: "TrainingRun", data: LocomotionData) -> str:
    """Return what the features were made of: channels, columns, groups and statistics."""
    content = {
        "channels": list(data.channels),
        "columns": sorted(map(str, data.cycles.columns)),
        "feature_groups": list(FEATURE_GROUPS),
        "aggregations": list(AGGREGATIONS),
        "paired": run.board.table_of.problem.paired,
    }
    return json_text(content)


def held_out_predictions(run: "TrainingRun", recipe: Recipe) -> pd.DataFrame:
    """Return the predictions of the trained recipe for people it was not fitted on.

    Returns
    -------
    DataFrame
        One row a row of the training table: ``subject``, ``fold``, ``y_true``, ``y_pred`` and,
        for classes, ``probability_<class>``.
    """
    entries = {entry.recipe.name: entry for entry in run.board.entries}
    predictions: pd.DataFrame = entries[recipe.name].results["predictions"]
    return predictions.reset_index(drop=True)


def reference_features(run: "TrainingRun") -> pd.DataFrame:
    """Return the features of some training rows, of as many people of each class as there are.

    Returns
    -------
    DataFrame
        ``subject`` and one column a feature; at most 4 rows of each of 120 subjects.
    """
    X = run.board.table_of.X
    chosen = _spread_rows(pd.Series(X.index.get_level_values("subject")), _ordered_subjects(run))
    table = X.iloc[chosen].reset_index(drop=True)
    table.insert(0, "subject", X.index.get_level_values("subject")[chosen].to_numpy())
    return table


def reference_cycles(run: "TrainingRun", data: LocomotionData) -> LocomotionData:
    """Return some of the training cycles."""
    return sampled_cycles(data, _ordered_subjects(run))


def sampled_cycles(data: LocomotionData, people: list[Any]) -> LocomotionData:
    """Return some cycles of the first people: of 120 at most, four of each."""
    kept_people = set(people[:MOST_SUBJECTS_WITH_CYCLES])
    cycles = data.cycles
    names = ("subject", "task", "task_id", "session", "side")
    condition = [name for name in names if name in cycles]
    kept = cycles["subject"].isin(kept_people)
    kept &= cycles.groupby(condition, dropna=False).cumcount() < MOST_CYCLES_A_CONDITION
    first = cycles.loc[kept].groupby("subject").cumcount() < MOST_CYCLES_A_SUBJECT
    return data.take(np.flatnonzero(kept)[first.to_numpy()])


def subjects_by_turns(
    groups: NDArray[Any], y: NDArray[Any], classifies: bool, random_state: int
) -> list[Any]:
    """Return all subjects at random, the classes by turns: the first few are of all classes.

    Parameters
    ----------
    groups, y : ndarray, shape (n_rows,)
        Subject and target of each row.
    classifies : bool
        Whether the target is classes.
    random_state : int
        Seed.
    """
    known = pd.DataFrame({"subject": groups, "y": y})
    people = known.drop_duplicates("subject")
    order = np.random.default_rng(random_state).permutation(len(people))
    people = people.iloc[order]
    if not classifies:
        return people["subject"].tolist()
    turn = people.groupby("y").cumcount().to_numpy()
    return list(people["subject"].to_numpy()[np.argsort(turn, kind="stable")])


def golden_rows(run: "TrainingRun", features: pd.DataFrame) -> pd.DataFrame:
    """Return features with what the fitted model answers, before it was saved.

    Parameters
    ----------
    run : TrainingRun
        The model.
    features : DataFrame
        Of :func:`reference_features`.
    """
    rows = np.unique(np.linspace(0, len(features) - 1, GOLDEN_ROWS).round().astype(int))
    X = features.drop(columns="subject").iloc[rows].reset_index(drop=True)
    answers: dict[str, Any] = {PREDICTION: run.model.predict(X)}
    if hasattr(run.model, "predict_proba"):
        probability = run.model.predict_proba(X)
        for column, label in enumerate(run.model.classes_):
            answers[f"{PROBABILITY}{label}"] = probability[:, column]
    return pd.concat([pd.DataFrame(answers), X], axis=1)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, small and the same each time."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [name for name in table.column_names if name not in set(numbers)]
    pq.write_table(
        table, path, compression="zstd", use_dictionary=others, use_byte_stream_split=numbers
    )


def _ordered_subjects(run: "TrainingRun") -> list[Any]:
    table = run.board.table_of
    classifies = table.kind != "regression"
    return subjects_by_turns(table.groups, table.y.to_numpy(), classifies, run.board.random_state)


def _spread_rows(subjects: "pd.Series[Any]", people: list[Any]) -> NDArray[np.intp]:
    """Return rows of the first people, spread evenly over all rows of each."""
    rows_of = subjects.groupby(subjects).indices
    chosen = []
    for subject in people[:MOST_SUBJECTS]:
        rows = rows_of[subject]
        count = min(len(rows), MOST_ROWS_A_SUBJECT)
        chosen.append(rows[np.linspace(0, len(rows) - 1, count).round().astype(int)])
    return np.concatenate(chosen)
