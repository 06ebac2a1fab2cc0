"""Kinetics predicted from kinematics, and how far the predictions are off in people not seen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.metrics import Jackknife, curve_rmse
from locomotion_analysis.models.deep import (
    CurveRegressor,
    KineticsArrays,
    MeanCurve,
    RidgeCurves,
    kinetics_arrays,
)
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.standard import Channel

__all__ = ["KineticsEvaluation", "evaluate_kinetics"]

_BASELINES = ("mean curve", "ridge")


class KineticsEvaluation(NamedTuple):
    """Measured and predicted kinetics of people whom the models did not see.

    Attributes
    ----------
    data : LocomotionData
        The cycles.
    arrays : KineticsArrays
        What was predicted from, and what was measured.
    predicted : dict of str to ndarray of float32, shape (n_cycles, 150, n_targets)
        Each model's held-out predictions; the baselines ``"mean curve"`` and ``"ridge"`` first.
    errors : DataFrame
        One row a target and model: ``channel, unit, model``; ``rmse``, the root mean square error
        over the measured points of all cycles in that unit (Nm/kg, BW), with ``low, high``; and
        ``below_mean_curve_percent`` and ``below_ridge_percent``, by how much the error is smaller,
        each with ``_low`` and ``_high``. Intervals are 95 %, over subjects.
    """

    data: LocomotionData
    arrays: KineticsArrays
    predicted: dict[str, NDArray[np.float32]]
    errors: pd.DataFrame


def evaluate_kinetics(
    data: LocomotionData,
    models: Mapping[str, Any] | None = None,
    *,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    n_splits: int = 5,
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
    random_state : int
        Seed of the folds.

    Returns
    -------
    KineticsEvaluation
        Predictions, and the table of their errors.

    Raises
    ------
    SchemaError
        If channels are missing, a model's name is taken, or there are fewer subjects than folds.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 2, ["level_walking"])
    >>> found = evaluate_kinetics(data, {}, targets=["grf_vertical_ipsi_BW"], n_splits=2)
    >>> found.errors["model"].tolist()
    ['mean curve', 'ridge']
    """
    arrays = kinetics_arrays(data, inputs, targets)
    asked = {"network": CurveRegressor()} if models is None else models
    predicted = held_out_curves(arrays, asked, n_splits, random_state)
    errors = said_simulated(curve_errors(arrays, predicted, _BASELINES), data.is_simulated)
    return KineticsEvaluation(data, arrays, predicted, errors)


def held_out_curves(
    arrays: KineticsArrays, models: Mapping[str, Any], n_splits: int, random_state: int
) -> dict[str, NDArray[np.float32]]:
    """Return what models and the two baselines predict of people they never saw.

    Parameters
    ----------
    arrays : KineticsArrays
        Curves to predict from, and to predict.
    models : mapping of str to estimator
        Each fold gets a copy.
    n_splits : int
        Folds of subjects.
    random_state : int
        Seed of the folds.

    Returns
    -------
    dict of str to ndarray of float32, shape of ``arrays.Y``
        ``"mean curve"`` and ``"ridge"`` first.

    Raises
    ------
    SchemaError
        If a model's name is taken, there are fewer subjects than folds, or a model leaves out
        measured points.
    """
    subject, names = subject_codes(arrays.groups)
    if len(names) < n_splits:
        raise SchemaError(
            expected=f"at least {n_splits} subjects, one for each fold",
            got=f"{len(names)}",
            where="data",
            fix="record more people, or ask for fewer folds",
        )
    taken = sorted(set(_BASELINES) & set(models))
    if taken:
        raise SchemaError(
            expected="other names than those of the baselines", got=", ".join(taken), where="models"
        )
    asked = {"mean curve": MeanCurve(), "ridge": RidgeCurves(), **models}
    predicted = {name: np.empty_like(arrays.Y) for name in asked}
    folds = GroupKFold(n_splits, shuffle=True, random_state=random_state)
    for train, test in folds.split(arrays.X, groups=subject):
        for name, model in asked.items():
            fitted = clone(model).fit(arrays.X[train], arrays.Y[train], arrays.groups[train])
            answer = np.asarray(fitted.predict(arrays.X[test]))
            # Errors are over measured points: what is not predicted would count as no error.
            lacking = np.isfinite(arrays.Y[test]) & ~np.isfinite(answer)
            if name in models and lacking.any():
                raise SchemaError(
                    expected="a number at every point that was measured",
                    got=f"none at {lacking.sum():,} of {np.isfinite(arrays.Y[test]).sum():,}",
                    where=f"what {name} predicts",
                    fix="let the model fill its gaps, as with the mean curve",
                )
            predicted[name][test] = answer
    return predicted


def curve_errors(
    arrays: KineticsArrays,
    predicted: Mapping[str, NDArray[np.float32]],
    baselines: Sequence[str],
) -> pd.DataFrame:
    """Return the errors of predicted curves, and by how much each is smaller than a baseline's.

    Parameters
    ----------
    arrays : KineticsArrays
        What was measured, and of whom.
    predicted : mapping of str to ndarray, shape of ``arrays.Y``
        By model; the baselines among them.
    baselines : sequence of str
        Models to compare with.

    Returns
    -------
    DataFrame
        As ``errors`` of :class:`KineticsEvaluation`, with ``below_<baseline>_percent`` for each.
    """
    subject, _ = subject_codes(arrays.groups)
    rows = []
    for position, channel in enumerate(arrays.targets):
        found = {
            model: curve_rmse(arrays.Y[..., position], curves[..., position], subject)
            for model, curves in predicted.items()
        }
        for model, rmse in found.items():
            low, high = rmse.interval("error")
            row: dict[str, Any] = {
                "channel": channel,
                "unit": Channel.parse(channel).unit,
                "model": model,
            }
            row |= {"rmse": float(rmse.value), "low": low, "high": high}
            for baseline in baselines:
                name = f"below_{baseline.replace(' ', '_')}_percent"
                gain = 1 - rmse.value / found[baseline].value
                without = 1 - rmse.without / found[baseline].without
                interval = Jackknife(gain, without, rmse.people).interval("skill")
                row[name] = 100 * float(gain)
                row[f"{name}_low"], row[f"{name}_high"] = (100 * end for end in interval)
            rows.append(row)
    return pd.DataFrame(rows)
