"""Inputs with known answers: what a bundle must give again wherever it is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle.archive import (
    GOLDEN_ANSWERS,
    GOLDEN_CYCLES,
    GOLDEN_FEATURES,
)
from locomotion_analysis.production.bundle.curve_points import curve_rows
from locomotion_analysis.production.bundle.manifest import Inputs
from locomotion_analysis.production.bundle.reference import content_of, table_of
from locomotion_analysis.production.bundle.tables import read_cycles

SUBJECTS_WITH_CYCLES = 2


@dataclass(frozen=True)
class Golden:
    """Inputs with known answers.

    Attributes
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Training rows.
    answers : DataFrame
        What the model answered for them before it was ever saved: ``prediction``, and for
        classes ``p_<class>``.
    cycles : LocomotionData
        Training cycles of two people.
    cycle_answers : DataFrame
        What the bundle answered for them when it was made.
    """

    features: pd.DataFrame
    answers: pd.DataFrame
    cycles: LocomotionData
    cycle_answers: pd.DataFrame


def read_golden(members: Mapping[str, bytes], names: tuple[str, ...], inputs: Inputs) -> Golden:
    """Read the golden rows of a bundle whose features are `names`.

    The rows of a network are the golden cycles themselves: the table holds their answers alone.

    Raises
    ------
    BundleError
        If tables are missing, damaged, or of other features.
    """
    table = table_of(members, GOLDEN_FEATURES)
    cycles = read_cycles(content_of(members, GOLDEN_CYCLES), GOLDEN_CYCLES)
    if not inputs.feature_groups and len(table) == len(cycles):
        rows = curve_rows(cycles, [each.name for each in inputs.channels])
        table = pd.concat([table, rows.reset_index(drop=True)], axis=1)
    if not {"prediction", *names} <= set(table):
        raise BundleError(
            expected="golden rows of the model's features", got="others", where=GOLDEN_FEATURES
        )
    return Golden(
        table[list(names)],
        table.drop(columns=list(names)),
        cycles,
        table_of(members, GOLDEN_ANSWERS),
    )


def plain_answers(predicted: pd.DataFrame) -> pd.DataFrame:
    """Return prediction and probabilities of a bundle's answer, as a table without index."""
    kept = [name for name in predicted if name == "prediction" or str(name).startswith("p_")]
    return predicted[kept].reset_index(drop=True)


def largest_difference(
    golden: Golden,
    predict_features: Callable[[pd.DataFrame], pd.DataFrame],
    predict_cycles: Callable[[LocomotionData], pd.DataFrame],
) -> float:
    """Return how far answers are from the known ones; infinite where a label differs.

    Parameters
    ----------
    golden : Golden
        Inputs and answers.
    predict_features, predict_cycles : callable
        What answers.
    """
    pairs = (
        (golden.answers, plain_answers(predict_features(golden.features))),
        (golden.cycle_answers, plain_answers(predict_cycles(golden.cycles))),
    )
    return max(difference(known, found) for known, found in pairs)


def difference(known: pd.DataFrame, found: pd.DataFrame) -> float:
    """Return how far answers are from the known ones; infinite where a label differs."""
    if known.shape != found.shape or set(known) != set(found):
        return float("inf")
    numbers = known.select_dtypes("number").columns
    others = known.columns.difference(numbers)
    if not known[others].astype(str).equals(found[others].astype(str)):
        return float("inf")
    gap = np.abs(known[numbers].to_numpy(float) - found[numbers].to_numpy(float))
    return float(gap.max(initial=0.0))
