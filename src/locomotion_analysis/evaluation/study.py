"""The main job: from gait cycles to features, honest scores and a report."""

import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.metrics import metrics_json
from locomotion_analysis.evaluation.study_inputs import (
    STUDY_AGGREGATIONS,
    kept_warnings,
    study_features,
    study_folds,
    study_model,
    study_target,
)
from locomotion_analysis.evaluation.study_report import render_report
from locomotion_analysis.evaluation.study_result import (
    StudyResult,
    cautions,
    study_checks,
    study_details,
)
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.reporting.provenance import provenance, source_files


def run_study(
    data: LocomotionData,
    target: str,
    out: str | os.PathLike[str],
    *,
    model: Any = "forest",
    features: Sequence[str] | None = None,
    aggregations: Sequence[str] = STUDY_AGGREGATIONS,
    n_splits: int = 5,
    random_state: int = 0,
    full: bool = False,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Extract features, cross-validate a model by subject, and write a report.

    Everything is computed before the first file is written, and each file is written whole or
    not at all: after an error nothing new lies in `out`.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles, or a table of features
        (:meth:`~locomotion_analysis.LocomotionData.from_features`).
    target : str
        Column of ``data.cycles`` to predict. A number with more than ten different values is
        regression, all else classification. Cycles without a value are dropped and counted.
    out : path-like
        Folder for ``report.html``, ``features.parquet`` and ``metrics.json``.
    model : {"forest", "linear"} or scikit-learn estimator
        What is cross-validated; cloned in every fold.
    features : sequence of str, optional
        Feature groups, or of a table of features columns; all that the data can give where None.
    aggregations : sequence of str
        Statistics of every curve.
    n_splits : int
        Folds; no subject is in two.
    random_state : int
        Seed of folds, model and intervals.
    full : bool
        Also run the checks that fit the model a hundred times over: permutation test, learning
        curve, robustness and other laboratories. Minutes instead of seconds.
    source : path-like, optional
        File or folder that `data` was read from, for the report.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    StudyResult
        Scores, features and the paths written.

    Raises
    ------
    TargetError
        If the target is absent or has one value only.
    SplitLeakError
        If there are fewer subjects than folds.
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=12, n_cycles=2, pathologies=["healthy", "stroke"])
    >>> study = run_study(data, "pathology", tempfile.mkdtemp(), n_splits=3)
    >>> study.kind, study.headline.name
    ('classification', 'Balanced accuracy')
    """
    names = ("report.html", "metrics.json", "features.parquet")
    folder, step = output_folder(out, names, "metrics.json"), progress or silent
    with kept_warnings() as warned:
        asked = study_target(data, target)
        estimator, words = study_model(model, asked.kind, random_state)
        # Before the long work: too few subjects or classes end the study here.
        splitter, folds = study_folds(
            asked.kind, asked.values, asked.data.groups, n_splits, random_state
        )
        table = study_features(asked, asked.kind, step, features, aggregations)
        evaluator = BiomechanicalModelEvaluator(random_state=random_state)
        evaluate = (
            evaluator.evaluate_classification
            if asked.kind == "classification"
            else evaluator.evaluate_regression
        )
        results = evaluate(
            estimator, table.frame, asked.values, asked.data.groups, cv=folds, progress=step
        )
        details = study_details(results, asked.data)
        checks = None
        if full:
            # Classes that are numbers must not be taken for a regression.
            y = asked.values.astype(object if asked.kind == "classification" else float)
            checks = study_checks(estimator, table.frame, y, splitter, random_state, step)
    study = StudyResult(
        kind=asked.kind,
        target=asked.target,
        data=asked.data,
        labels=asked.labels,
        X=table.frame,
        y=asked.values,
        results=results,
        left_out=tuple((entry.name, entry.reason) for entry in table.left_out),
        notes=table.notes,
        cautions=tuple(dict.fromkeys(cautions(asked.data, asked.labels) + warned)),
        model=words,
        n_splits=n_splits,
        seed=random_state,
        provenance=provenance(source_files(source)),
        out=folder,
        details=details,
        checks=checks,
    )
    step("report", 0, 1)
    _write(study)
    step("report", 1, 1)
    return study


def _write(study: StudyResult) -> None:
    features = study.X.reset_index()
    if study.target not in features:
        features.insert(study.X.index.nlevels, study.target, study.y.to_numpy())
    checks = None
    if study.checks is not None:
        checks = {each.name: getattr(study.checks, each.name) for each in fields(study.checks)}
        checks["permutation"] = asdict(study.checks.permutation)
    metrics = {
        "kind": study.kind,
        "target": study.target,
        "simulated": study.data.is_simulated,
        "model": study.model,
        "n_splits": study.n_splits,
        "seed": study.seed,
        "n_features": study.X.shape[1],
        "left_out": [{"what": what, "why": why} for what, why in study.left_out],
        "cautions": list(study.cautions),
        "provenance": study.provenance,
        **metrics_json(study.results),
        "details": metrics_json(study.details),
        "checks": None if checks is None else metrics_json(checks),
    }
    write_all(
        {
            study.metrics_path: json_text(metrics),
            study.features_path: lambda path: features.to_parquet(
                path, index=False, compression="zstd"
            ),
            study.report_path: render_report(study),
        }
    )
