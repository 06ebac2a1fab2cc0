"""MERGED giveaways.

- Folds of cycles, which let a subject stand on both sides, and folds of subjects.
- Single features and columns that tell the target all by themselves.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from locomotion_analysis.errors import LocomotionWarning, TargetError
from locomotion_analysis.evaluation.folds import predict_held_out
from locomotion_analysis.evaluation.subject_scores import metric_values, sums_of
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv
from locomotion_analysis.selection.splitters import Fold, run_folds

# ----------------------------------------------------------------------
# Folds of cycles, which let a subject stand on both sides, and folds of subjects.


Kind = Literal["classification", "regression"]


def folds_of_cycles(y: NDArray[Any], kind: Kind, n_splits: int, random_state: int) -> list[Fold]:
    """Split cycles as if they were independent: what the audit shows the harm of."""
    splitter = StratifiedKFold if kind == "classification" else KFold
    folds = splitter(n_splits, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return run_folds(folds, np.zeros((len(y), 1)), y, None)


def folds_of_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects, so that nobody is on both sides.

    Raises
    ------
    SplitLeakError
        If there are fewer subjects than folds.
    """
    splitter = SubjectStratifiedKFold if kind == "classification" else SubjectQuantileKFold
    return check_cv(splitter(n_splits, random_state), None, y, subjects)


def folds_of_named_subjects(
    y: NDArray[Any], subjects: NDArray[Any], kind: Kind, n_splits: int, random_state: int
) -> list[Fold]:
    """Split subjects although the classes name them, so that no class can be kept in proportion."""
    try:
        with warnings.catch_warnings():
            # That each class has one subject is the finding, told in the verdict.
            warnings.simplefilter("ignore", LocomotionWarning)
            return folds_of_subjects(y, subjects, kind, n_splits, random_state)
    except TargetError:
        return check_cv(GroupKFold(n_splits), None, y, subjects)


# ----------------------------------------------------------------------
# Single features and columns that tell the target all by themselves.


PERFECT = 0.999
NEARLY_PERFECT = 0.95
_MOST_BINS, _SUBJECTS_PER_BIN = 32, 4
_SCORED = 15
_LEAVES_PER_CLASS = 4
_LEAVES_OF_A_NUMBER = 32


@dataclass(frozen=True, slots=True)
class SingleScore:
    """What one feature or column of the cycle table tells of the target.

    Attributes
    ----------
    name : str
        Feature or column.
    place : str
        ``"feature"`` or ``"column of the cycle table"``.
    score : float
        Balanced accuracy (R² of a number) of a small tree that sees nothing else, on folds of
        subjects.
    """

    name: str
    place: str
    score: float

    @property
    def degree(self) -> str | None:
        """``"perfectly"``, ``"nearly perfectly"``, or None where it is no giveaway."""
        if self.score >= PERFECT:
            return "perfectly"
        return "nearly perfectly" if self.score >= NEARLY_PERFECT else None


def single_scores(
    X: pd.DataFrame,
    cycles: pd.DataFrame,
    target: str,
    y: NDArray[Any],
    kind: Kind,
    folds: list[Fold],
) -> list[SingleScore]:
    """Score the features and columns that tell most of the target, one at a time, best first.

    Features are ranked by how well up to 32 quantile bins sort the target; the best fifteen, and
    all columns of the cycle table, are then scored by a tree on folds of subjects.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    cycles : DataFrame
        One row a cycle; its other columns are candidates too, whether or not the features
        contain them.
    target : str
        Column that is predicted.
    y : ndarray, shape (n_cycles,)
        Its values.
    kind : {"classification", "regression"}
        Kind of target.
    folds : list of (train, test)
        Folds of subjects.
    """
    columns = _columns(cycles, target)
    n_bins = int(np.clip(cycles["subject"].nunique() // _SUBJECTS_PER_BIN, 2, _MOST_BINS))
    candidates = (
        ("feature", X, _most_telling(X, y, kind, n_bins)),
        ("column of the cycle table", columns, _varying(columns)),
    )
    found = [
        SingleScore(name, place, _tree_score(table[name].to_numpy(float), y, kind, folds))
        for place, table, names in candidates
        for name in names
    ]
    return sorted(found, key=lambda each: (-round(each.score, 3), each.place, each.name))


def _columns(cycles: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the columns of the cycle table as numbers, without target, subject and step."""
    named = [name for name in cycles if name not in (target, "subject", "step")]
    # A column of text becomes the positions of its values among the sorted ones.
    return pd.DataFrame({name: _numbers(cycles[name]) for name in named}, index=cycles.index)


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    codes = pd.factorize(column.astype(str).where(column.notna()), sort=True)[0].astype(float)
    return np.where(codes < 0, np.nan, codes)


def _varying(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns[table.max() > table.min()]]


def _most_telling(table: pd.DataFrame, y: NDArray[Any], kind: Kind, n_bins: int) -> list[str]:
    sorted_by = {
        name: _binned_score(table[name].to_numpy(float), y, kind, n_bins)
        for name in _varying(table)
    }
    return sorted(sorted_by, key=lambda name: -sorted_by[name])[:_SCORED]


def _binned_score(values: NDArray[np.float64], y: NDArray[Any], kind: Kind, n_bins: int) -> float:
    """Return how well the bins of a feature sort the target; a missing value is a bin."""
    known = ~np.isnan(values)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, n_bins + 1)[1:-1]))
    # Values that stand on an edge, as those of few levels do, fall above it.
    bins = np.where(known, np.searchsorted(edges, values, side="right"), len(edges) + 1)
    if kind == "regression":
        size = np.maximum(np.bincount(bins), 1)
        fitted = (np.bincount(bins, weights=y.astype(float)) / size)[bins]
        return float(np.var(fitted) / np.var(y.astype(float)))
    codes = np.unique(y, return_inverse=True)[1]
    counts = np.zeros((bins.max() + 1, codes.max() + 1))
    np.add.at(counts, (bins, codes), 1)
    return float((counts / counts.sum(axis=0)).max(axis=1).sum() / counts.shape[1])


def _tree_score(
    values: NDArray[np.float64], y: NDArray[Any], kind: Kind, folds: list[Fold]
) -> float:
    classes = np.unique(y) if kind == "classification" else None
    tree: Any = (
        DecisionTreeRegressor(max_leaf_nodes=_LEAVES_OF_A_NUMBER, random_state=0)
        if classes is None
        else DecisionTreeClassifier(
            max_leaf_nodes=_LEAVES_PER_CLASS * len(classes),
            class_weight="balanced",
            random_state=0,
        )
    )
    model = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), tree)
    held_out = predict_held_out(model, values[:, None], y, folds)
    sums = sums_of(y[held_out.rows], held_out.predicted, classes)(np.zeros_like(held_out.rows), 1)
    metric = "r2" if classes is None else "balanced_accuracy"
    return float(metric_values(metric, sums)[0])
