"""Cross-validated evaluation of models of human movement, one subject never on both sides."""

import os
from numbers import Integral
from typing import TYPE_CHECKING, Any

from sklearn.model_selection import KFold, StratifiedKFold

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.cross_validation import cross_validated
from locomotion_analysis.evaluation.folds import (
    checked_inputs,
    class_numbers,
    continuous_target,
    in_row_order,
)
from locomotion_analysis.evaluation.metrics import (
    baseline_numbers,
    baseline_values,
    classification_scores,
    regression_scores,
)
from locomotion_analysis.evaluation.panels import plot_evaluation
from locomotion_analysis.progress import Progress
from locomotion_analysis.reporting.names import TaskNames, class_names
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold
from locomotion_analysis.selection.splitters import class_codes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class BiomechanicalModelEvaluator:
    """Evaluate a model on people it was not trained on.

    Each fold fits an unfitted clone of the model and predicts the cycles of subjects held out;
    anything that learns from data (imputation, scaling, selection) belongs into the model's
    ``Pipeline``, so that it is fitted in the fold. Scores come with 95 % intervals over subjects
    (:class:`~locomotion_analysis.evaluation.metrics.Jackknife`) and beside a baseline that knows
    no gait, on the same folds. The intervals tell how a score would vary with the people tested,
    not with the people trained on.

    Parameters
    ----------
    n_splits : int
        Number of folds, if no `cv` is given.
    n_bootstrap : int
        Taken so that calls written for intervals by draws of subjects still run; intervals are
        computed without draws.
    random_state : int
        Seed of folds.

    Attributes
    ----------
    results : dict
        What the last evaluation returned; empty before the first.

    Notes
    -----
    Results of either kind: ``kind``, ``target`` (name of `y`), ``cv_scores`` (list, one a
    fold), ``baseline`` (its ``strategy`` and the same pooled scores), ``intervals`` (score
    name to (low, high), also of the score's ``_minus_baseline``; empty where subjects are
    unknown), ``n_subjects`` (subjects tested; None where unknown), ``n_cycles`` (cycles tested,
    each once however many folds test it), ``fold_sizes`` (subjects trained
    on and tested, one pair a fold; rows where subjects are unknown), ``subject_overlap``,
    ``simulated`` (whether ``X.attrs`` say so), ``identity`` (list of str: what speaks against the
    names of the people, see :func:`~locomotion_analysis.quality.identity_findings`; each is a
    warning, too), ``predictions`` (DataFrame indexed as `X` or else `y`:
    ``fold``, ``subject``, ``y_true``, ``y_pred``), ``feature_importances`` (DataFrame of what
    the models themselves report, mean and SD over folds; None where they report nothing; those
    of forests favour features of many values, coefficients compare only scaled features) and
    ``importance_kind``. *Pooled* scores are of all held-out cycles together.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> subjects = np.repeat(np.arange(10), 6)
    >>> y = np.where(subjects % 2, "stroke", "healthy")
    >>> X = np.random.default_rng(0).normal(subjects[:, None] % 2, 0.5, (60, 2))
    >>> evaluator = BiomechanicalModelEvaluator()
    >>> results = evaluator.evaluate_classification(LogisticRegression(), X, y, subjects)
    >>> f"{results['balanced_accuracy']:.2f} against {results['baseline']['balanced_accuracy']:.2f}"
    '0.88 against 0.50'
    """

    def __init__(self, n_splits: int = 5, n_bootstrap: int = 1000, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.n_bootstrap = n_bootstrap
        self.random_state = random_state
        self.results: dict[str, Any] = {}

    def __repr__(self) -> str:
        settings = ("n_splits", "n_bootstrap", "random_state")
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in settings)
        return f"{type(self).__name__}({told})"

    def evaluate_classification(
        self,
        model: Any,
        X: Any,
        y: Any,
        groups: Any = None,
        task_names: TaskNames | None = None,
        *,
        cv: Any = None,
        allow_subject_overlap: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Evaluate a classifier by cross-validation over subjects.

        Parameters
        ----------
        model : scikit-learn classifier or Pipeline
            Cloned for each fold; itself left as it is.
        X : DataFrame, or array (n_cycles, n_features) or (n_cycles, n_points, n_channels)
            Features or sequences.
        y : array-like of shape (n_cycles,)
            Classes.
        groups : array-like of shape (n_cycles,)
            Subject of each row, for example ``X.index.get_level_values("subject")``.
        task_names : sequence of str or mapping from class to name, optional
            Names of the classes. Text labels are matched by their text, not by position.
        cv : splitter or iterable of (train, test), optional
            Default: :class:`~locomotion_analysis.selection.SubjectStratifiedKFold`.
        allow_subject_overlap : bool
            Run even though subjects overlap or are unknown; the result and every figure say so.
        progress : callable, optional
            Called as ``progress(stage, done, total)`` after each fold.

        Returns
        -------
        dict
            The common results (see Notes of the class), with ``cv_scores`` the accuracy of each
            fold, and ``mean_accuracy``, ``std_accuracy`` (over folds, ddof 0),
            ``cv_balanced_accuracy``; pooled ``accuracy``, ``balanced_accuracy``, ``macro_f1``,
            ``classification_report`` (dict) and ``confusion_matrix`` (rows true, columns
            predicted); ``per_subject_accuracy`` (Series), ``classes``, ``class_names``;
            ``predictions`` has ``probability_<class>`` where the model gives them.

        Raises
        ------
        SplitLeakError
            If subjects overlap, are unknown, or are fewer than the folds.
        TargetError
            If the target is incomplete or has one class, also in one fold's training rows.
        SchemaError
            If lengths or row orders differ, or the model cannot take the NaN in `X`.
        """
        features = checked_inputs(X, y, groups)
        codes, classes = class_codes(y)
        names = class_names(classes, task_names)
        default = StratifiedKFold if groups is None else SubjectStratifiedKFold
        run = cross_validated(
            model,
            features,
            y,
            codes,
            groups,
            cv=self._splitter(default) if cv is None else cv,
            allow_subject_overlap=allow_subject_overlap,
            progress=progress,
            classes=classes,
        )
        scores = classification_scores(
            codes[run.held_out.rows],
            class_numbers(run.held_out.predicted, classes),
            in_row_order(baseline_numbers(codes, run.folds), run.folds),
            run.held_out.fold,
            names,
            run.subjects,
        )
        self.results = {
            "kind": "classification",
            **scores,
            **run.results,
            "classes": classes.tolist(),
            "class_names": names,
        }
        return self.results

    def evaluate_regression(
        self,
        model: Any,
        X: Any,
        y: Any,
        groups: Any = None,
        *,
        cv: Any = None,
        allow_subject_overlap: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Evaluate a regression by cross-validation over subjects.

        Parameters
        ----------
        model : scikit-learn regressor or Pipeline
            Cloned for each fold; itself left as it is.
        X : DataFrame, or array (n_cycles, n_features) or (n_cycles, n_points, n_channels)
            Features or sequences.
        y : array-like of shape (n_cycles,)
            Numbers, in any unit.
        groups : array-like of shape (n_cycles,)
            Subject of each row, for example ``X.index.get_level_values("subject")``.
        cv : splitter or iterable of (train, test), optional
            Default: :class:`~locomotion_analysis.selection.SubjectQuantileKFold`.
        allow_subject_overlap : bool
            Run even though subjects overlap or are unknown; the result and every figure say so.
        progress : callable, optional
            Called as ``progress(stage, done, total)`` after each fold.

        Returns
        -------
        dict
            The common results (see Notes of the class), with ``cv_scores`` the R² of each fold
            (NaN where its target does not vary), and ``cv_mae``, ``mean_mae``, ``std_mae``
            (over folds, ddof 0); pooled ``r2`` (1 is perfect, 0 no better than the mean of all
            targets), ``mae``, ``rmse`` and ``bias`` (predicted minus true) in the target's unit;
            ``per_subject_error`` (DataFrame: mae, rmse, bias, n_cycles).

        Raises
        ------
        SplitLeakError
            If subjects overlap, are unknown, or are fewer than the folds.
        TargetError
            If the target is incomplete, not of numbers, or does not vary.
        SchemaError
            If lengths or row orders differ, or the model cannot take the NaN in `X`.
        """
        features = checked_inputs(X, y, groups)
        values = continuous_target(y)
        default = KFold if groups is None else SubjectQuantileKFold
        run = cross_validated(
            model,
            features,
            y,
            values,
            groups,
            cv=self._splitter(default) if cv is None else cv,
            allow_subject_overlap=allow_subject_overlap,
            progress=progress,
        )
        scores = regression_scores(
            values[run.held_out.rows],
            run.held_out.predicted.astype(float),
            in_row_order(baseline_values(values, run.folds), run.folds),
            run.held_out.fold,
            run.subjects,
        )
        self.results = {"kind": "regression", **scores, **run.results}
        return self.results

    def plot_results(
        self,
        task_names: TaskNames | None = None,
        path: str | os.PathLike[str] | None = None,
        show: bool = False,
    ) -> "Figure":
        """Draw the last evaluation in four panels.

        Parameters
        ----------
        task_names : sequence of str or mapping from class to name, optional
            Names of the classes; default: those of the evaluation.
        path : path-like, optional
            File to write (PNG, PDF, SVG by its ending); without it nothing is written.
        show : bool
            Open a window (pyplot).

        Returns
        -------
        matplotlib.figure.Figure
            Scores of the folds; confusion matrix (or predicted against true values); scores of
            each class (or errors of each subject); summary.

        Raises
        ------
        SchemaError
            If nothing has been evaluated, or names do not fit the classes.
        """
        return plot_evaluation(self.results, task_names, path, show=show)

    def _splitter(self, kind: Any) -> Any:
        n_splits: object = self.n_splits
        if not isinstance(n_splits, Integral) or int(n_splits) < 2:
            raise SchemaError(
                expected="a whole number of folds, at least 2",
                got=repr(n_splits),
                where="n_splits",
                fix="for example n_splits=5; a splitter is passed as cv= to the evaluation",
            )
        if kind in (KFold, StratifiedKFold):
            return kind(self.n_splits, shuffle=True, random_state=self.random_state)
        return kind(self.n_splits, random_state=self.random_state)
