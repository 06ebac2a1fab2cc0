"""The leak audit: one model under honest and dishonest folds, and what leaks in the data."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.audit.duplicates import duplicated_cycles
from locomotion_analysis.evaluation.audit.fold_kinds import (
    folds_of_cycles,
    folds_of_named_subjects,
    folds_of_subjects,
)
from locomotion_analysis.evaluation.audit.giveaways import single_scores
from locomotion_analysis.evaluation.audit.optimism import Labelling, optimism
from locomotion_analysis.evaluation.audit.random_labels import random_labelling
from locomotion_analysis.evaluation.audit.recognition import (
    between_subject_share,
    constant_within,
    recognition,
)
from locomotion_analysis.evaluation.audit.result import LeakAudit
from locomotion_analysis.evaluation.report.cautions import cautions
from locomotion_analysis.evaluation.study_inputs import (
    STUDY_AGGREGATIONS,
    StudyTarget,
    kept_warnings,
    study_features,
    study_model,
    study_target,
)
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.selection.subjects import subject_codes


def leak_audit(
    data: LocomotionData,
    target: str,
    *,
    model: Any = "forest",
    features: Sequence[str] | None = None,
    aggregations: Sequence[str] = STUDY_AGGREGATIONS,
    n_splits: int = 5,
    n_draws: int = 5,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> LeakAudit:
    """Measure how much a model's score owes to the same people on both sides of the split.

    The same model is cross-validated over folds of cycles, which let a subject's cycles stand
    on both sides, and over folds of subjects; first for the target, then for labels drawn at
    random for each subject, about which nothing can be known. What the ungrouped folds score
    more is optimism.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    target : str
        Column of ``data.cycles`` to predict. A number with more than ten different values is
        regression, all else classification. Cycles without a value are dropped.
    model : {"forest", "linear"} or scikit-learn estimator
        What is cross-validated; cloned in every fold.
    features : sequence of str, optional
        Feature groups; all that the data can give where None.
    aggregations : sequence of str
        Statistics of every curve.
    n_splits : int
        Folds.
    n_draws : int
        Draws of random labels.
    n_bootstrap : int
        Draws of subjects for the intervals.
    random_state : int
        Seed.
    source : path-like, optional
        File or folder that `data` was read from, for the record.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    LeakAudit
        Scores, optimism in points, and the leaks in the data.

    Raises
    ------
    TargetError
        If the target is absent, the subject itself, or has one value only.
    SplitLeakError
        If there are fewer subjects than folds.
    SchemaError
        If `n_draws` is below one.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=10, n_cycles=4, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["kinematic"], n_splits=2, n_draws=2
    ... )
    >>> audit.on_random.ungrouped > 0.9, audit.on_random.grouped < 0.8
    (True, True)
    """
    if n_draws < 1:
        raise SchemaError(
            expected="at least one draw of random labels",
            got=str(n_draws),
            where="n_draws",
            fix="use n_draws=5",
        )
    step = progress or silent
    with kept_warnings() as warned:
        asked = study_target(data, target)
        estimator, words = study_model(model, asked.kind, random_state)
        subjects, names = subject_codes(asked.data.groups)
        _check_enough(len(names), n_splits)
        table = study_features(asked, asked.kind, step, features, aggregations)
    disguised = _disguised(asked, subjects)
    real = _labelling(asked, subjects, n_splits, random_state, disguised)
    draws = [
        random_labelling(real.y, subjects, asked.kind, n_splits, random_state + 1 + draw)
        for draw in range(n_draws)
    ]
    done = _Counter(step, "cross-validations", 2 * (1 + n_draws))
    X = table.frame
    count = np.bincount(subjects)
    return LeakAudit(
        target=asked.target,
        kind=asked.kind,
        n_classes=0 if real.classes is None else len(real.classes),
        n_cycles=len(X),
        n_subjects=len(names),
        n_features=X.shape[1],
        cycles_per_subject=(int(count.min()), int(np.median(count)), int(count.max())),
        model=words,
        n_splits=n_splits,
        seed=random_state,
        on_target=optimism(estimator, X, [real], subjects, n_bootstrap, random_state, done),
        on_random=optimism(estimator, X, draws, subjects, n_bootstrap, random_state, done),
        recognition=recognition(X, subjects, random_state),
        between_subject_share=float(between_subject_share(X, subjects).median()),
        constant_features=tuple(constant_within(X, subjects)),
        single_scores=tuple(
            single_scores(X, asked.data.cycles, asked.target, real.y, asked.kind, real.grouped)
        ),
        duplicates=duplicated_cycles(asked.data),
        disguised=disguised,
        left_out=tuple((entry.name, entry.reason) for entry in table.left_out),
        cautions=tuple(cautions(asked.data, asked.labels) + warned),
        simulated=data.is_simulated,
        provenance=provenance(source_files(source)),
    )


class _Counter:
    """Counts the cross-validations for the progress report."""

    def __init__(self, step: Progress, stage: str, total: int) -> None:
        self._step, self._stage, self._total, self._done = step, stage, total, 0
        step(stage, 0, total)

    def __call__(self) -> None:
        self._done += 1
        self._step(self._stage, self._done, self._total)


def _check_enough(n_subjects: int, n_splits: int) -> None:
    # Two subjects a fold: each half of the coin needs one on both sides.
    if n_subjects < 2 * 2 or n_subjects < n_splits:
        raise SplitLeakError(
            expected=f"at least {max(4, n_splits)} subjects for {n_splits} folds",
            got=f"{n_subjects} subject{'s' * (n_subjects != 1)}",
            where="column subject",
            fix=f"use {n_subjects} folds or fewer" if n_subjects >= 4 else "add subjects",
        )


def _disguised(asked: StudyTarget, subjects: NDArray[np.intp]) -> bool:
    """Tell whether each class belongs to one subject only."""
    if asked.kind == "regression":
        return False
    people = pd.Series(subjects, asked.values.index).groupby(asked.values).nunique()  # noqa: PD011 - a field
    return bool((people == 1).all())


def _labelling(
    asked: StudyTarget, subjects: NDArray[np.intp], n_splits: int, seed: int, disguised: bool
) -> Labelling:
    values = asked.values.infer_objects().to_numpy()  # noqa: PD011 - a field
    if values.dtype == object:
        values = values.astype(str)
    split = folds_of_named_subjects if disguised else folds_of_subjects
    return Labelling(
        y=values,
        classes=np.unique(values) if asked.kind == "classification" else None,
        ungrouped=folds_of_cycles(values, asked.kind, n_splits, seed),
        grouped=split(values, subjects, asked.kind, n_splits, seed),
    )
