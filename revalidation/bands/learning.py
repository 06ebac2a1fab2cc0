"""Checks D1 to D3: the cohort can be learned from, but not too easily."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.selection import SubjectStratifiedKFold
from revalidation.choice import LEVEL
from revalidation.figure import Band, NotInDataError

CLASSES = {
    "healthy": "healthy",
    "stroke": "stroke",
    "parkinsons": "parkinsons",
    "knee_osteoarthritis": "knee_osteoarthritis",
    "cerebral_palsy": "cerebral_palsy",
    "transtibial_amputation": "amputation",
    "transfemoral_amputation": "amputation",
}
"""Value of the column pathology -> one of the six classes."""

_FOLDS = 5
_TREES = 200
_FEWEST_PEOPLE = 4 * _FOLDS
_OLD = ("healthy", "fall_risk")
_OLD_AGE = 65
_LABEL = "revalidation_class"


def six_class_accuracy(data: LocomotionData) -> float:
    """Return the accuracy on people not trained on, six classes with equally many people."""
    label = _of_level_walks(data, _column(data, "pathology"))
    y, probability, classes = _predicted(data, label.map(CLASSES), list(CLASSES.values()))
    return float((classes[probability.argmax(axis=1)] == y).mean())


def osteoarthritis_auc(data: LocomotionData) -> float:
    """Return the area under the ROC curve of knee osteoarthritis against healthy adults."""
    label = _of_level_walks(data, _column(data, "pathology"))
    known = label.where(label.isin(["healthy", "knee_osteoarthritis"]))
    y, probability, classes = _predicted(data, known, ["healthy", "knee_osteoarthritis"])
    ill = list(classes).index("knee_osteoarthritis")
    return float(roc_auc_score(y == "knee_osteoarthritis", probability[:, ill]))


def faller_auc(data: LocomotionData) -> float:
    """Return the area under the ROC curve of fallers against others, adults of 65 or more."""
    old = (_column(data, "age") >= _OLD_AGE) & _column(data, "pathology").isin(_OLD)
    fell = _column(data, "faller").map({True: "faller", False: "other"}).astype(object)
    label = _of_level_walks(data, fell.where(old))
    y, probability, classes = _predicted(data, label, ["faller", "other"], balanced=False)
    return float(roc_auc_score(y == "faller", probability[:, list(classes).index("faller")]))


def _column(data: LocomotionData, name: str) -> "pd.Series[Any]":
    cycles = data.cycles
    if name not in cycles:
        raise NotInDataError(f"no column {name}")
    return cycles[name]


def _of_level_walks(data: LocomotionData, label: "pd.Series[Any]") -> "pd.Series[Any]":
    return label.where(data.cycles["task"].isin(LEVEL))


def _predicted(
    data: LocomotionData, label: "pd.Series[Any]", classes: Sequence[str], balanced: bool = True
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[Any]]:
    """Predict each cycle by a forest that never saw its subject.

    Returns
    -------
    y : ndarray, shape (n_cycles,)
    probability : ndarray, shape (n_cycles, n_classes)
    classes : ndarray, shape (n_classes,)
        In the order of the columns.
    """
    people = data.cycles["dataset"] + " " + data.cycles["subject"]
    rows = _people_of_classes(label, people, sorted(set(classes)), balanced=balanced)
    chosen = data.take(rows)
    cycles = chosen.cycles.assign(**{_LABEL: label.iloc[rows].to_numpy()})
    labelled = LocomotionData(cycles, chosen.block, chosen.channels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)  # features the data cannot give
        X, y = labelled.prepare_ml_features(target=_LABEL)
    forest = RandomForestClassifier(_TREES, min_samples_leaf=2, random_state=0, n_jobs=-1)
    folds = SubjectStratifiedKFold(_FOLDS)
    groups = X.index.get_level_values("subject")
    found = cross_val_predict(
        forest, X.to_numpy(), y.to_numpy(), groups=groups, cv=folds, method="predict_proba"
    )
    return y.to_numpy(), found, np.unique(y.to_numpy())


def _people_of_classes(
    label: "pd.Series[Any]", people: "pd.Series[str]", classes: Sequence[str], *, balanced: bool
) -> NDArray[np.intp]:
    """Return the cycles of the labelled people, of equally many a class where `balanced`."""
    names = {name: sorted(people[label == name].unique()) for name in classes}
    count = min(map(len, names.values()))
    if count < _FEWEST_PEOPLE:
        least = min(names, key=lambda name: len(names[name]))
        raise NotInDataError(f"level walking of {count} people {least}; {_FEWEST_PEOPLE} needed")
    kept = [
        those[place]
        for those in names.values()
        for place in _spaced(len(those), count if balanced else len(those))
    ]
    return np.flatnonzero((people.isin(kept) & label.isin(classes)).to_numpy())


def _spaced(n: int, count: int) -> NDArray[np.intp]:
    """Return `count` of `n` places, evenly spaced: a class of two groups has people of both."""
    return np.linspace(0, n - 1, count).round().astype(np.intp)


_FOREST = "no class by one feature; published classifiers"
_FALLS = "74 % sensitivity, 76 % specificity, Koenig 2014"

BANDS = (
    Band("D1", "six classes, accuracy", 0.75, 0.92, "1", _FOREST, six_class_accuracy),
    Band("D2", "healthy or knee osteoarthritis, AUC", 0.75, 0.88, "1", _FOREST, osteoarthritis_auc),
    Band("D3", "faller, AUC", 0.65, 0.78, "1", _FALLS, faller_auc),
)
