"""Learning curve in subjects: would more people help."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.folds import fit_folds
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.metric_sums import metric_values, sums_of
from locomotion_analysis.evaluation.study_design import StudyDesign, study_design
from locomotion_analysis.progress import Progress
from locomotion_analysis.selection.subject_folds import Fold

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
_FEWEST = 2


def learning_curve(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    shares: tuple[float, ...] = SHARES,
    n_repeats: int = 3,
    cv: Any = None,
    metric: str | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score a model trained on ever more subjects, always tested on the same people.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fit.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    shares : tuple of float
        Shares of the training subjects, each above 0 and at most 1. Of a classification, each
        class keeps its share, and two subjects at least where it has them.
    n_repeats : int
        Draws of training subjects at each share below 1.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    n_bootstrap, random_state : int
        Draws of tested subjects for the intervals, and seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each share.

    Returns
    -------
    DataFrame
        One row a share: ``n_subjects`` (trained on, mean of folds and repeats), ``score`` (mean
        over repeats), ``low`` and ``high`` (95 % over the tested subjects), ``metric``.

    Raises
    ------
    SchemaError
        If a share is not above 0 and at most 1.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> curve = learning_curve(LogisticRegression(), X, subjects % 2, subjects, shares=(0.5, 1.0))
    >>> curve["n_subjects"].tolist()
    [8.0, 16.0]
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise SchemaError(
            expected="shares above 0 and at most 1",
            got=str(shares),
            where="shares",
            fix="for example (0.25, 0.5, 1.0)",
        )
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    folds, rng = design.folds(), np.random.default_rng(random_state)
    weights = subject_weights(design.n_subjects, n_bootstrap, random_state)
    rows = []
    for number, share in enumerate(shares, start=1):
        scores, draws, sizes = [], [], []
        for _ in range(n_repeats if share < 1 else 1):
            fewer = [(_some(design, train, share, rng), test) for train, test in folds]
            sums = _sums(design, fewer)
            scores.append(float(metric_values(design.metric, sums.sum(axis=0))))
            draws.append(metric_values(design.metric, resampled_sums(weights, sums)))
            sizes += [len(np.unique(design.subject[train])) for train, _ in fewer]
        low, high = percentile_interval(np.mean(draws, axis=0))
        rows.append((float(np.mean(sizes)), float(np.mean(scores)), low, high))
        if progress is not None:
            progress("learning curve", number, len(shares))
    table = pd.DataFrame(rows, columns=["n_subjects", "score", "low", "high"])
    return said_simulated(table.assign(metric=design.metric), design.simulated)


def _sums(design: StudyDesign, folds: list[Fold]) -> NDArray[Any]:
    """Return what each subject contributes to the metric, tested in its fold."""
    fitted = list(fit_folds(design.model, design.X, design.target, folds, None, design.subject))
    rows = np.concatenate([fold.test for fold in fitted])
    predicted = np.concatenate([fold.predicted for fold in fitted])
    return sums_of(design.target[rows], predicted, design.classes)(
        design.subject[rows], design.n_subjects
    )


def _some(
    design: StudyDesign, train: NDArray[np.intp], share: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the training rows of a share of the subjects, of each class the same share."""
    if share == 1:
        return train
    subject = design.subject[train]
    if design.classes is None:
        strata = [np.unique(subject)]
    else:
        # A subject of several classes may be drawn for any of them.
        strata = [np.unique(subject[design.target[train] == name]) for name in design.classes]
    chosen = [
        rng.permutation(people)[: max(_FEWEST, round(share * len(people)))] for people in strata
    ]
    return np.asarray(train[np.isin(subject, np.concatenate(chosen))])
