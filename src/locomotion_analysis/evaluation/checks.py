"""What a model learns from a few subjects."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import percentile_interval, subject_weights
from locomotion_analysis.evaluation.inputs import said_simulated, take_rows
from locomotion_analysis.evaluation.metric_sums import ERRORS, metric_values, sums_of
from locomotion_analysis.evaluation.study_design import StudyDesign, study_design
from locomotion_analysis.progress import Progress


class FewSubjectCurves(NamedTuple):
    """Scores of models trained on a few subjects, and their differences from a reference.

    Attributes
    ----------
    scores : DataFrame
        One row a model and number of subjects: ``model``, ``n_subjects``, ``score``, ``low``,
        ``high``, ``metric``.
    gains : DataFrame
        The same rows without the reference: ``gain`` (positive is better than the reference,
        whatever the metric), ``low``, ``high``, on the same draws and people.
    """

    scores: pd.DataFrame
    gains: pd.DataFrame


def few_subject_curves(
    models: Mapping[str, Any],
    X: Any,
    y: Any,
    groups: Any,
    *,
    reference: str,
    subjects: Sequence[int] = (2, 5, 10),
    n_draws: int = 20,
    metric: str | None = None,
    n_bootstrap: int = 2000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> FewSubjectCurves:
    """Train models on the same few subjects, again and again, and test them on all others.

    Intervals come from a bootstrap of draws and tested subjects at once (Owen 2007, Ann Appl Stat
    1:386, doi:10.1214/07-AOAS122): they tell how a score varies with whom one happens to train on
    and with whom one meets.

    Parameters
    ----------
    models : mapping of str to scikit-learn estimator
        Cloned for every fit; ``groups`` is passed to those whose ``fit`` takes it.
    X, y, groups : array-like
        As of the evaluator; `y` of floating-point numbers is a regression.
    reference : str
        The model others are compared with.
    subjects : sequence of int
        Training subjects: of each class where a subject has one class, else of all.
    n_draws : int
        Draws of training subjects, the same for all models.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    n_bootstrap, random_state : int
        Bootstrap draws, and seed of all chance.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each draw.

    Raises
    ------
    SchemaError
        If `reference` is none of the models, or too few subjects are left to test.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> people = np.repeat(np.arange(20), 3)
    >>> X = np.random.default_rng(0).normal(people[:, None] % 2, 0.5, (60, 2))
    >>> models = {"logistic": LogisticRegression(), "majority": DummyClassifier()}
    >>> curves = few_subject_curves(
    ...     models, X, people % 2, people, reference="majority", subjects=[2], n_draws=5
    ... )
    >>> bool(curves.gains["low"].item() > 0)
    True
    """
    if reference not in models:
        raise SchemaError(
            expected=f"one of {', '.join(models)}", got=repr(reference), where="reference"
        )
    design = study_design(models[reference], X, y, groups, metric=metric, random_state=random_state)
    rng = np.random.default_rng(random_state)
    draws = [subject_draws(design, number, n_draws, rng) for number in subjects]
    weights = _Weights.drawn(n_draws, design.n_subjects, n_bootstrap, random_state)
    scores, gains = [], []
    for step, (number, some) in enumerate(zip(subjects, draws, strict=True)):
        sums = _sums_by_model(models, design, np.asarray(groups), some, step, len(draws), progress)
        varied = {name: weights.metric(design.metric, each) for name, each in sums.items()}
        for name, each in sums.items():
            score = float(metric_values(design.metric, each.sum(axis=(0, 1))))
            scores.append((name, number, score, *percentile_interval(varied[name])))
        better = -1.0 if design.metric in ERRORS else 1.0
        points = {row[0]: row[2] for row in scores if row[1] == number}
        for name in models:
            if name != reference:
                change = better * (varied[name] - varied[reference])
                gain = better * (points[name] - points[reference])
                gains.append((name, number, gain, *percentile_interval(change)))
    return FewSubjectCurves(
        _table(scores, "score", design), _table(gains, "gain", design).assign(reference=reference)
    )


class Draw(NamedTuple):
    """Row positions of the training subjects, and of all others."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


def subject_draws(
    design: StudyDesign, n_subjects: int, n_draws: int, rng: np.random.Generator
) -> list[Draw]:
    """Draw training subjects, without replacement within a draw.

    Parameters
    ----------
    design : StudyDesign
        Target and subjects.
    n_subjects : int
        Training subjects: of each class where each subject has one class, else of all.
    n_draws : int
        How many draws.
    rng : numpy.random.Generator
        Where all chance comes from.

    Raises
    ------
    SchemaError
        If no subject of a class would be left to test.
    """
    strata = _strata(design)
    fewest = min(len(people) for people in strata)
    if not 1 <= n_subjects < fewest:
        raise SchemaError(
            expected=f"from 1 to {fewest - 1} training subjects",
            got=str(n_subjects),
            where="subjects",
            fix="each class needs a subject to be tested on",
        )
    draws = []
    for _ in range(n_draws):
        chosen = np.concatenate([rng.permutation(people)[:n_subjects] for people in strata])
        trains = np.isin(design.subject, chosen)
        draws.append(Draw(np.flatnonzero(trains), np.flatnonzero(~trains)))
    return draws


def _strata(design: StudyDesign) -> list[NDArray[np.intp]]:
    if design.classes is not None:
        by_class = [np.unique(design.subject[design.target == name]) for name in design.classes]
        if sum(map(len, by_class)) == design.n_subjects:
            return by_class
    return [np.arange(design.n_subjects)]


class _Weights(NamedTuple):
    """How often each draw and each tested subject counts, one row a bootstrap draw."""

    draws: NDArray[np.int64]
    people: NDArray[np.int64]

    @classmethod
    def drawn(cls, n_draws: int, n_people: int, n_bootstrap: int, seed: int) -> "_Weights":
        # Seeds of their own: equal rows would tie a draw to a person.
        return cls(
            subject_weights(n_draws, n_bootstrap, seed),
            subject_weights(n_people, n_bootstrap, seed + 1),
        )

    def metric(self, metric: str, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Return the metric of each bootstrap draw; `sums` (n_draws, n_people, ...)."""
        by_person = np.tensordot(self.draws, sums, axes=1)
        return metric_values(metric, np.einsum("bp,bp...->b...", self.people, by_person))


def _sums_by_model(
    models: Mapping[str, Any],
    design: StudyDesign,
    groups: NDArray[Any],
    draws: Sequence[Draw],
    step: int,
    n_steps: int,
    progress: Progress | None,
) -> dict[str, NDArray[Any]]:
    """Return what each draw's tested subjects contribute to the metric, by model."""
    sums: dict[str, list[NDArray[Any]]] = {name: [] for name in models}
    for done, draw in enumerate(draws, start=step * len(draws) + 1):
        for name, model in models.items():
            predicted = _predicted(model, design, groups, draw)
            add_up = sums_of(design.target[draw.test], predicted, design.classes)
            sums[name].append(add_up(design.subject[draw.test], design.n_subjects))
        if progress is not None:
            progress("draws", done, n_steps * len(draws))
    return {name: np.stack(each) for name, each in sums.items()}


def _predicted(model: Any, design: StudyDesign, groups: NDArray[Any], draw: Draw) -> NDArray[Any]:
    fitted = clone(model)
    train = take_rows(design.X, draw.train)
    known = {"groups": groups[draw.train]} if has_fit_parameter(fitted, "groups") else {}
    fitted.fit(train, design.target[draw.train], **known)
    return np.asarray(fitted.predict(take_rows(design.X, draw.test))).reshape(-1)


def _table(rows: list[tuple[Any, ...]], value: str, design: StudyDesign) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["model", "n_subjects", value, "low", "high"])
    return said_simulated(table.assign(metric=design.metric), design.simulated)
