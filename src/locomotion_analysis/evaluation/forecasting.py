"""The rest of a gait cycle forecast from its first part, in people the models never saw."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.kinetics import curve_errors, held_out_curves
from locomotion_analysis.features.variability import CycleGroups
from locomotion_analysis.models.deep import KineticsArrays
from locomotion_analysis.models.deep.forecasting import SHARE, points_known, stretched
from locomotion_analysis.standard import canonical_name

__all__ = ["ForecastEvaluation", "evaluate_forecast"]

_PREVIOUS = "previous stride"


class ForecastEvaluation(NamedTuple):
    """Measured and forecast rests of the cycles of people whom the models did not see.

    Attributes
    ----------
    measured : ndarray of float32, shape (n_cycles, n_rest, n_targets)
        Rest of each cycle; NaN where a cycle is not compared, because it follows no stride.
    predicted : dict of str to ndarray, as `measured`
        By model: ``"mean curve"``, ``"ridge"``, ``"previous stride"`` where there is one, then those
        asked for.
    errors : DataFrame
        One row a target and model: ``channel, unit, model``; ``rmse`` over all points of the rest in
        that unit, with ``low, high``; ``nrmse_percent``, the same as a share of the range of the
        mean measured rest; and ``below_<baseline>_percent``, by how much the error is smaller than a
        baseline's, each with ``_low`` and ``_high``. Intervals are 95 %, over subjects.
    """

    measured: NDArray[np.float32]
    predicted: dict[str, NDArray[np.float32]]
    errors: pd.DataFrame


def evaluate_forecast(
    data: LocomotionData,
    models: Mapping[str, Any] | None = None,
    *,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    share: float = SHARE,
    n_splits: int = 5,
    random_state: int = 0,
) -> ForecastEvaluation:
    """Forecast the rest of every subject's cycles by models that never saw the subject.

    Three baselines run beside: the mean rest of the training people, a ridge regression from the
    first part, and what the same leg did in the stride before. All are compared on the cycles that
    follow a stride of the same trial and side; where no cycle does, on all of them and without
    that baseline.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    models : mapping of str to estimator, optional
        What :class:`~locomotion_analysis.models.deep.CycleForecaster` takes as `model`; each fold
        gets a copy. The baselines alone where None.
    targets : sequence of str
        Channels to forecast.
    inputs : sequence of str, optional
        Channels whose first part is known; the targets where None.
    share : float
        First part of the cycle.
    n_splits : int
        Folds of subjects.
    random_state : int
        Seed of the folds.

    Returns
    -------
    ForecastEvaluation
        ``errors`` has one row a channel and model.

    Raises
    ------
    SchemaError
        If channels are missing, `share` leaves nothing to know or to forecast, a model's name is
        taken, or there are fewer subjects than folds.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 3, ["level_walking"])
    >>> found = evaluate_forecast(data, targets=["knee_flexion_angle_ipsi_rad"], n_splits=2)
    >>> found.errors["model"].tolist()
    ['mean curve', 'ridge', 'previous stride']
    """
    wanted = tuple(canonical_name(name) for name in targets)
    known = wanted if inputs is None else tuple(canonical_name(name) for name in inputs)
    if not wanted:
        raise SchemaError(expected="channels to forecast", got="none", where="targets")
    asked = dict(models or {})
    if _PREVIOUS in asked:
        raise SchemaError(
            expected="other names than those of the baselines", got=_PREVIOUS, where="models"
        )
    whole = data.array(wanted)
    n_known = points_known(whole.shape[1], share)
    rest = whole[:, n_known:]
    X = stretched(data.array(known)[:, :n_known], rest.shape[1])
    arrays = KineticsArrays(X, rest, known, wanted, data.groups)
    predicted = held_out_curves(arrays, asked, n_splits, random_state)
    before = _stride_before(data.cycles)
    previous = np.where((before >= 0)[:, np.newaxis, np.newaxis], rest[before], np.float32(np.nan))
    compared = np.isfinite(previous)
    if compared.any():
        base = {name: predicted.pop(name) for name in ("mean curve", "ridge")}
        predicted = {**base, _PREVIOUS: previous, **predicted}
        rest = np.where(compared, rest, np.float32(np.nan))
        arrays = arrays._replace(Y=rest)
    baselines = [name for name in predicted if name not in asked]
    errors = curve_errors(arrays, predicted, baselines)
    width = np.ptp(np.nanmean(rest, axis=0, dtype=np.float64), axis=0)
    of_target = errors["channel"].map(dict(zip(wanted, width, strict=True)))
    for place, (name, source) in enumerate(
        (("nrmse_percent", "rmse"), ("nrmse_percent_low", "low"), ("nrmse_percent_high", "high"))
    ):
        errors.insert(6 + place, name, 100.0 * errors[source] / of_target)
    return ForecastEvaluation(rest, predicted, said_simulated(errors, data.is_simulated))


def _stride_before(cycles: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of the stride before, of the same trial and side; -1 where there is none."""
    groups = CycleGroups.of(cycles)
    found = np.full(len(cycles), -1, dtype=np.intp)
    found[groups.order[1:][groups.follows]] = groups.order[:-1][groups.follows]
    return found
