"""The main job: from gait cycles to features, honest scores and a report."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from typing import Any, cast

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.evaluation.protocol import without_protocol_features
from locomotion_analysis.evaluation.report.cautions import cautions
from locomotion_analysis.evaluation.study_checks import StudyChecks, study_checks
from locomotion_analysis.evaluation.study_details import study_details
from locomotion_analysis.evaluation.study_report import render_report
from locomotion_analysis.evaluation.study_result import Progress, StudyResult
from locomotion_analysis.evaluation.study_target import StudyTarget, study_target
from locomotion_analysis.features.feature import FeatureTable
from locomotion_analysis.features.plan import FEATURE_GROUPS
from locomotion_analysis.features.tabular import labelled_feature_table
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.models import ModelKind, default_classifier, default_regressor
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold, check_cv

SEED = 0
DEFAULT_AGGREGATIONS = ("mean", "std", "max", "min", "rom")


def run_study(
    data: LocomotionData,
    target: str,
    out: str | os.PathLike[str],
    *,
    model: Any = "forest",
    features: Sequence[str] | None = None,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
    n_splits: int = 5,
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
        Gait cycles.
    target : str
        Column of ``data.cycles`` to predict. A number with more than ten different values is
        regression, all else classification. Cycles without a value are dropped and counted.
    out : path-like
        Folder for ``report.html``, ``features.parquet`` and ``metrics.json``.
    model : {"forest", "linear"} or scikit-learn estimator
        What is cross-validated; cloned in every fold.
    features : sequence of str, optional
        Feature groups; all that the data can give where None.
    aggregations : sequence of str
        Statistics of every curve.
    n_splits : int
        Folds; no subject is in two.
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
    >>> study.kind, study.headline.beats_baseline
    ('classification', True)
    """
    names = ("report.html", "metrics.json", "features.parquet")
    folder, step = output_folder(out, names, "metrics.json"), progress or _silent
    with _kept_warnings() as warned:
        asked = study_target(data, target)
        splitter = _splitter(asked, n_splits)
        # Run now, before the long work: too few subjects or classes end the study here.
        folds = check_cv(splitter, None, asked.values, asked.data.groups)
        step("features", 0, 1)
        table = _features(asked, features or FEATURE_GROUPS, aggregations)
        step("features", 1, 1)
        estimator, words = _model(model, asked)
        results = _evaluate(asked, table.frame, estimator, folds, step)
        details = study_details(results, asked.data)
        checks = _checks(asked, table.frame, estimator, splitter, step) if full else None
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
        cautions=tuple(cautions(asked.data, asked.labels) + warned),
        model=words,
        n_splits=n_splits,
        seed=SEED,
        provenance=provenance(source_files(source)),
        out=folder,
        details=details,
        checks=checks,
    )
    step("report", 0, 1)
    _write(study)
    step("report", 1, 1)
    return study


def _silent(stage: str, done: int, total: int) -> None:
    """Take a progress report and say nothing."""


@contextmanager
def _kept_warnings() -> Iterator[list[str]]:
    """Collect our own warnings for the report, and give all of them on afterwards."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        yield texts
    for each in caught:
        if issubclass(each.category, LocomotionWarning) and str(each.message) not in texts:
            texts.append(str(each.message))
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _splitter(asked: StudyTarget, n_splits: int) -> Any:
    kind = SubjectStratifiedKFold if asked.kind == "classification" else SubjectQuantileKFold
    return kind(n_splits=n_splits, random_state=SEED)


def _features(
    asked: StudyTarget, groups: Sequence[str], aggregations: Sequence[str]
) -> FeatureTable:
    table, _ = labelled_feature_table(asked.data, asked.target, groups, aggregations)
    if asked.kind == "classification":
        table = without_protocol_features(table, asked.data.cycles, asked.labels)
    return table


def _model(model: Any, asked: StudyTarget) -> tuple[Any, str]:
    """Return the estimator and the words that name it."""
    if not isinstance(model, str):
        return model, " ".join(repr(model).split())
    ready = default_classifier if asked.kind == "classification" else default_regressor
    estimator = ready(cast("ModelKind", model), random_state=SEED)
    return estimator, f"{model}: {' '.join(repr(estimator).split())}"


def _evaluate(
    asked: StudyTarget, X: pd.DataFrame, model: Any, folds: list[Any], step: Progress
) -> dict[str, Any]:
    evaluator = BiomechanicalModelEvaluator()
    run = (
        evaluator.evaluate_classification
        if asked.kind == "classification"
        else evaluator.evaluate_regression
    )
    return run(model, X, asked.values, asked.data.groups, cv=folds, progress=partial(step, "folds"))


def _checks(
    asked: StudyTarget, X: pd.DataFrame, model: Any, splitter: Any, step: Progress
) -> StudyChecks:
    # Classes that are numbers must not be taken for a regression.
    target = asked.values  # noqa: PD011 - a field of ours, not pandas'
    y = target.astype(object) if asked.kind == "classification" else target
    return study_checks(model, X, y, splitter, SEED, step)


def _write(study: StudyResult) -> None:
    page = render_report(study)
    features = _feature_frame(study)
    write_all(
        {
            study.metrics_path: json_text(_metrics(study)),
            study.features_path: lambda path: features.to_parquet(
                path, index=False, compression="zstd"
            ),
            study.report_path: page,
        }
    )


def _feature_frame(study: StudyResult) -> pd.DataFrame:
    keyed = study.X.reset_index()
    if study.target not in keyed:
        keyed.insert(study.X.index.nlevels, study.target, study.y.to_numpy())
    return keyed


def _metrics(study: StudyResult) -> dict[str, Any]:
    return {
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
        "checks": None if study.checks is None else metrics_json(_named_fields(study.checks)),
    }


def _named_fields(checks: StudyChecks) -> dict[str, Any]:
    found = {each.name: getattr(checks, each.name) for each in fields(checks)}
    return {**found, "permutation": asdict(checks.permutation)}
