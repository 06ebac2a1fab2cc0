"""How well features tell subjects apart, and how alike the cycles of a subject are."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

_MOST_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Recognition:
    """Whether a cycle gives its subject away.

    Attributes
    ----------
    accuracy : float
        Share of held-out cycles whose nearest other cycle is of the same subject.
    chance : float
        The same share if cycles were drawn blindly: one over the number of subjects.
    n_subjects, n_cycles : int
        Subjects with at least two cycles, and their cycles.
    """

    accuracy: float
    chance: float
    n_subjects: int
    n_cycles: int


def recognition(
    X: pd.DataFrame, subjects: NDArray[np.intp], random_state: int
) -> Recognition | None:
    """Name the subject of held-out cycles by the nearest cycle of the others.

    Features are filled with the median and scaled, both fitted on the training cycles of the
    fold; features that are the same in all cycles of each subject are left out, since they
    would name the subject by themselves.

    Returns
    -------
    Recognition or None
        None where no two subjects have two cycles each, or no feature varies within a subject.
    """
    count = np.bincount(subjects)
    rows = np.flatnonzero(count[subjects] > 1)
    names = np.unique(subjects[rows])
    varying = X.columns.difference(constant_within(X, subjects), sort=False)
    if len(names) < 2 or varying.empty:
        return None
    values, of_row = X[varying].to_numpy()[rows], subjects[rows]
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        KNeighborsClassifier(n_neighbors=1),
    )
    folds = StratifiedKFold(
        min(_MOST_FOLDS, int(count[names].min())), shuffle=True, random_state=random_state
    )
    right = 0
    with warnings.catch_warnings():
        # As many subjects as half the cycles is what many gait datasets look like.
        warnings.filterwarnings("ignore", message="The number of unique classes is greater")
        for train, test in folds.split(values, of_row):
            predicted = model.fit(values[train], of_row[train]).predict(values[test])
            right += int(np.sum(predicted == of_row[test]))
    return Recognition(right / len(rows), 1 / len(names), len(names), len(rows))


def constant_within(X: pd.DataFrame, subjects: NDArray[np.intp]) -> list[str]:
    """Name the features that are one value in all cycles of each subject and differ between them.

    Speed set for the session, height, and the variability between strides are of this kind.
    A subject of one cycle tells nothing.
    """
    values = X.to_numpy(float)
    several = np.bincount(subjects)[subjects] > 1
    grouped = pd.DataFrame(values[several]).groupby(subjects[several])
    if not several.any():
        return []
    spread = (grouped.max() - grouped.min()).to_numpy()
    known = np.isfinite(spread).any(axis=0)
    still = np.nanmax(np.where(np.isfinite(spread), spread, 0.0), axis=0) == 0
    differs = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in values.T])
    return [str(name) for name in X.columns[known & still & differs]]


def between_subject_share(X: pd.DataFrame, subjects: NDArray[np.intp]) -> "pd.Series[float]":
    """Return the intraclass correlation ICC(1) of each feature.

    The share of a feature's variance that lies between subjects, from a one-way analysis of
    variance for unequal numbers of cycles (Donner 1986, Int Stat Rev 54:67,
    doi:10.2307/1403259); negative estimates become 0. A missing value becomes the feature's
    mean over the subject, a feature that a whole subject lacks gives NaN.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features.
    subjects : ndarray of int, shape (n_cycles,)
        Subject number of each cycle.

    Returns
    -------
    Series, shape (n_features,)
        0 (cycles of one subject are as different as those of two) to 1 (they are identical).

    Examples
    --------
    >>> X = pd.DataFrame({"height": [1.7, 1.7, 1.9, 1.9], "noise": [1.0, 2.0, 1.0, 2.0]})
    >>> between_subject_share(X, np.array([0, 0, 1, 1])).tolist()
    [1.0, 0.0]
    """
    count = np.bincount(subjects).astype(float)
    total, n_subjects = count.sum(), len(count)
    if n_subjects < 2 or total <= n_subjects:
        return pd.Series(np.nan, index=X.columns)
    frame = pd.DataFrame(X.to_numpy(float))
    means = frame.groupby(subjects).mean().to_numpy()
    values = np.where(frame.isna(), means[subjects], frame)
    within = np.square(values - means[subjects]).sum(axis=0) / (total - n_subjects)
    grand = (count @ means) / total
    between = count @ np.square(means - grand) / (n_subjects - 1)
    size = (total - np.square(count).sum() / total) / (n_subjects - 1)
    variance = np.maximum((between - within) / size, 0.0)
    whole = variance + within
    share = np.divide(variance, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return pd.Series(share, index=X.columns)
