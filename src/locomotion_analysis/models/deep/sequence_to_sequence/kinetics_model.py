"""A trained model with the names of its channels: kinetics for data that has none."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.sequence_to_sequence.curve_regressor import CurveRegressor
from locomotion_analysis.models.deep.sequence_to_sequence.kinetics_channels import (
    kinetics_arrays,
    measured_curves,
)

PREDICTED = "kinetics_predicted"


class KineticsModel(BaseEstimator):  # type: ignore[misc]
    """A trained model with the names of its channels; made by :func:`train_kinetics`.

    ``save_network`` writes it to one file, and ``load_network`` reads it back.

    Parameters
    ----------
    model : estimator
        Trained on curves, for example :class:`CurveRegressor`.
    inputs, targets : sequence of str
        Channels it takes and gives.
    """

    def __init__(self, model: Any, inputs: Sequence[str], targets: Sequence[str]) -> None:
        self.model = model
        self.inputs = inputs
        self.targets = targets

    def fit(self, data: LocomotionData) -> Self:
        """Train the model anew, in place, on these channels of the cycles.

        Parameters
        ----------
        data : LocomotionData
            Cycles with all inputs and targets among their channels.
        """
        arrays = kinetics_arrays(data, self.inputs, self.targets)
        self.model = clone(self.model).fit(arrays.X, arrays.Y, arrays.groups)
        return self

    def predict(self, data: LocomotionData) -> LocomotionData:
        """Fill in the kinetics that were not measured.

        Parameters
        ----------
        data : LocomotionData
            Cycles with the kinematics of the training.

        Returns
        -------
        LocomotionData
            With all targets among its channels. A measured curve, even one with gaps, stays; a
            curve that was not measured at all is predicted, and the column
            ``kinetics_predicted`` and the history say so. Cycles without any input stay empty.

        Raises
        ------
        SchemaError
            If no input was measured.

        Warns
        -----
        LocomotionWarning
            If some inputs are absent.
        """
        X = measured_curves(data, self.inputs)
        usable = ~np.all(np.any(np.isnan(X), axis=1), axis=1)
        _check_inputs(data, self.inputs, usable)
        predicted = np.full((len(data), X.shape[1], len(self.targets)), np.nan, np.float32)
        predicted[usable] = self.model.predict(X[usable])
        measured = measured_curves(data, self.targets)
        empty = np.isnan(measured).all(axis=1) & usable[:, None]
        return self._filled(data, np.where(empty[:, None], predicted, measured), empty)

    def _state(self) -> FittedState:
        return FittedState({}, {})

    def _restore(self, state: FittedState) -> None:
        """Do nothing: what was learned is in the parameters."""

    def __sklearn_is_fitted__(self) -> bool:
        check_is_fitted(self.model)
        return True

    def _filled(
        self, data: LocomotionData, kinetics: NDArray[np.float32], empty: NDArray[np.bool_]
    ) -> LocomotionData:
        kept = [name for name in data.channels if name not in self.targets]
        block = np.concatenate(
            [*(data.curves(name)[None] for name in kept), np.moveaxis(kinetics, -1, 0)]
        )
        cycles = data.cycles
        before = cycles[PREDICTED].eq(True).to_numpy() if PREDICTED in cycles else False
        cycles[PREDICTED] = np.logical_or(before, empty.any(axis=1))
        by = type(self.model).__name__
        entries = [
            HistoryEntry("predicted", f"{name} from kinematics by {by}, cycles", int(count))
            for name, count in zip(self.targets, empty.sum(axis=0), strict=True)
            if count
        ]
        return LocomotionData(cycles, block, [*kept, *self.targets], (*data.history, *entries))


def train_kinetics(
    data: LocomotionData,
    model: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> KineticsModel:
    """Train a model on the cycles of which kinetics were measured.

    Parameters
    ----------
    data : LocomotionData
        Cycles with angles, and with moments or ground reaction forces in some of them.
    model : estimator, optional
        Unfitted, with ``fit(X, Y, groups)``; :class:`CurveRegressor` where None.
    inputs, targets : sequence of str, optional
        Channels, see :func:`kinetics_arrays`.

    Raises
    ------
    SchemaError, TargetError
        If channels are missing, or a target was measured in no cycle.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(3, 2, ["level_walking"])
    >>> angles = [name for name in data.channels if name.endswith("_rad")]
    >>> trained = train_kinetics(data, CurveRegressor(max_epochs=1), inputs=angles)
    >>> camera = LocomotionData(data.cycles, [data.curves(name) for name in angles], angles)
    >>> filled = trained.predict(camera)
    >>> filled.curves("grf_vertical_ipsi_BW").shape, bool(filled.cycles["kinetics_predicted"].all())
    ((6, 150), True)
    """
    arrays = kinetics_arrays(data, inputs, targets)
    untrained = CurveRegressor() if model is None else model
    return KineticsModel(untrained, arrays.inputs, arrays.targets).fit(data)


def _check_inputs(data: LocomotionData, inputs: Sequence[str], usable: NDArray[np.bool_]) -> None:
    absent = [name for name in inputs if name not in data.channels]
    if not usable.any():
        raise SchemaError(
            expected=f"kinematics of the training, such as {', '.join(inputs[:3])}",
            got="no cycle in which one of them was measured throughout",
            where="data",
            fix=f"the training had {len(inputs)} channels: {', '.join(inputs)}",
        )
    if absent:
        warnings.warn(
            f"{len(absent)} of {len(inputs)} inputs of the training are absent and count as not "
            f"measured: {', '.join(absent)}",
            LocomotionWarning,
            stacklevel=3,
        )
