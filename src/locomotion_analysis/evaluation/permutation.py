"""Permutation test: how well the model would score if the labels meant nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from locomotion_analysis.evaluation.metric_sums import ERRORS, metric_values, sums_of
from locomotion_analysis.evaluation.predictions import predict_held_out
from locomotion_analysis.evaluation.study_design import StudyDesign, study_design
from locomotion_analysis.processes import end_with_parent
from locomotion_analysis.progress import Progress

ACROSS = "labels exchanged between subjects"
WITHIN = "labels exchanged within each subject"


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A score beside the scores of labels without meaning.

    Attributes
    ----------
    metric : str
        What was scored.
    score : float
        Score with the true labels, of all held-out cycles.
    permuted : ndarray of float of shape (n_permutations,)
        Scores with permuted labels.
    p_value : float
        (1 + permutations at least as good) ÷ (1 + permutations); never 0 (Phipson and Smyth
        2010, Stat Appl Genet Mol Biol 9:39).
    scheme : str
        Between whom labels were exchanged.
    simulated : bool
        Whether the features come from simulated gait.
    """

    metric: str
    score: float
    permuted: NDArray[np.float64]
    p_value: float
    scheme: str
    simulated: bool


def permutation_test(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    *,
    cv: Any = None,
    metric: str | None = None,
    n_permutations: int = 100,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> PermutationTest:
    """Score a model on labels permuted across subjects.

    Cycles of one person share a label, so that labels permuted cycle by cycle would ask another
    question: whether people differ, which they do. Where every subject has one label, the labels
    of subjects are exchanged, each with all its cycles. Where labels change within a subject
    (tasks, speeds), each subject's labels are exchanged among themselves, all cycles of one
    label together. The whole cross-validation is repeated each time, folds included.

    Parameters
    ----------
    model : scikit-learn estimator
        Cloned for every fit.
    X : DataFrame or array
        Features or sequences.
    y : array-like of shape (n_cycles,)
        Classes, or floating-point numbers of a regression.
    groups : array-like of shape (n_cycles,)
        Subject of each row.
    cv : splitter or list of (train, test), optional
        Default: five folds of subjects.
    metric : str, optional
        ``balanced_accuracy`` (default), ``accuracy``, ``macro_f1``; ``mae`` (default), ``rmse``
        or ``r2`` of a regression.
    n_permutations : int
        How often; the smallest p is 1 ÷ (1 + `n_permutations`).
    random_state : int
        Seed.
    n_jobs : int
        Processes; each fits on one core.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    PermutationTest
        Score, scores of permuted labels and p.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(20), 4)
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (80, 2))
    >>> model = LogisticRegression()
    >>> permutation_test(model, X, subjects % 2, subjects, n_permutations=19, n_jobs=1).p_value
    0.05
    """
    design = study_design(model, X, y, groups, cv=cv, metric=metric, random_state=random_state)
    permute, scheme = _scheme(design)
    seeds = np.random.SeedSequence(random_state).spawn(n_permutations)
    jobs = (delayed(_score)(design, permute(np.random.default_rng(seed))) for seed in seeds)
    permuted = []
    for done, score in enumerate(Parallel(n_jobs, return_as="generator")(jobs), start=1):
        permuted.append(score)
        if progress is not None:
            progress("permutations", done, n_permutations)
    score, found = _score(design, design.target), np.array(permuted)
    as_good = found <= score if design.metric in ERRORS else found >= score
    p_value = (1 + int(as_good.sum())) / (1 + n_permutations)
    return PermutationTest(design.metric, score, found, p_value, scheme, design.simulated)


def _score(design: StudyDesign, values: NDArray[Any]) -> float:
    end_with_parent()
    folds = design.folds(values)
    held_out = predict_held_out(design.model, design.X, values, folds, groups=design.subject)
    sums = sums_of(values[held_out.rows], held_out.predicted, design.classes)
    return float(metric_values(design.metric, sums(np.zeros_like(held_out.rows), 1))[0])


def _scheme(design: StudyDesign) -> tuple[Callable[[np.random.Generator], NDArray[Any]], str]:
    """Return the function that draws permuted labels, and its name."""
    labels, kinds = pd.factorize(design.target, sort=True)
    pairs = np.unique(np.column_stack([design.subject, labels]), axis=0)
    if len(pairs) == design.n_subjects:
        of_subject = pairs[:, 1]
        return lambda rng: kinds[rng.permutation(of_subject)[design.subject]], ACROSS
    owner, place = (
        pairs[:, 0],
        np.searchsorted(_code(pairs, kinds), _code_of(design, labels, kinds)),
    )

    def within(rng: np.random.Generator) -> NDArray[Any]:
        # Random order of pairs inside each subject: sort by subject, then by a random number.
        order = np.lexsort((rng.random(len(pairs)), owner))
        return np.asarray(kinds[pairs[order, 1][place]])

    return within, WITHIN


def _code(pairs: NDArray[np.intp], kinds: Any) -> NDArray[np.intp]:
    code: NDArray[np.intp] = pairs[:, 0] * len(kinds) + pairs[:, 1]
    return code


def _code_of(design: StudyDesign, labels: NDArray[np.intp], kinds: Any) -> NDArray[np.intp]:
    return _code(np.column_stack([design.subject, labels]), kinds)
