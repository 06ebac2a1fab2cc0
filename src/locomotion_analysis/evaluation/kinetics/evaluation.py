"""Held-out predictions of kinetics by several models on the same folds of subjects."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.kinetics.result import KineticsEvaluation
from locomotion_analysis.features.gait_events.stance import stance_percent
from locomotion_analysis.models.deep import CurveRegressor, MeanCurve, RidgeCurves, kinetics_arrays
from locomotion_analysis.selection import subject_codes


def evaluate_kinetics(
    data: LocomotionData,
    models: Mapping[str, Any] | None = None,
    *,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    n_splits: int = 5,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> KineticsEvaluation:
    """Predict every subject's kinetics from kinematics by models that never saw the subject.

    Two baselines run on the same folds: the mean training curve and a ridge regression.

    Parameters
    ----------
    data : LocomotionData
        Cycles with angles, and with moments or ground reaction forces in some of them.
    models : mapping of str to estimator, optional
        Models with ``fit(X, Y, groups)`` and ``predict(X)`` on curves; each fold gets a copy.
        :class:`CurveRegressor` as ``"network"`` where None.
    inputs, targets : sequence of str, optional
        Channels, see :func:`kinetics_arrays`.
    n_splits : int
        Folds of subjects.
    n_bootstrap : int
        Draws of subjects for the intervals.
    random_state : int
        Seed of folds and draws.

    Returns
    -------
    KineticsEvaluation
        Predictions, and the errors made of them.

    Raises
    ------
    SchemaError
        If channels are missing, a model's name is taken, or there are fewer subjects than folds.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 2, ["level_walking"])
    >>> found = evaluate_kinetics(data, {}, targets=["grf_vertical_ipsi_BW"], n_splits=2)
    >>> found.errors()["model"].tolist()
    ['mean curve', 'ridge']
    """
    arrays = kinetics_arrays(data, inputs, targets)
    subject, names = subject_codes(arrays.groups)
    if len(names) < n_splits:
        raise SchemaError(
            expected=f"at least {n_splits} subjects, one for each fold",
            got=f"{len(names)}",
            where="data",
            fix="record more people, or ask for fewer folds",
        )
    asked = {"network": CurveRegressor()} if models is None else dict(models)
    taken = sorted({"mean curve", "ridge"} & set(asked))
    if taken:
        raise SchemaError(
            expected="other names than those of the baselines", got=", ".join(taken), where="models"
        )
    asked = {"mean curve": MeanCurve(), "ridge": RidgeCurves(), **asked}
    predicted = {name: np.empty_like(arrays.Y) for name in asked}
    folds = GroupKFold(n_splits, shuffle=True, random_state=random_state)
    for train, test in folds.split(arrays.X, groups=subject):
        for name, model in asked.items():
            fitted = clone(model).fit(arrays.X[train], arrays.Y[train], arrays.groups[train])
            predicted[name][test] = fitted.predict(arrays.X[test])
    return KineticsEvaluation(
        data=data,
        arrays=arrays,
        predicted=predicted,
        toe_off=stance_percent(data).percent,
        subject=subject,
        subjects=names,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
    )
