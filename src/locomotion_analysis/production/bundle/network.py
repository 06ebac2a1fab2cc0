"""Networks on curves: the way to their answers, in floating point and in whole numbers of 8 bits."""

import copy
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.extras import require
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.production.bundle.manifest import Int8
from locomotion_analysis.production.bundle.network_audit import audit_network

MOST_CHANGED = 0.01
MOST_LOST = 0.01
"""Largest share of rows with another class, and largest loss of balanced accuracy or, of a
quantity, growth of the mean absolute error in standard deviations of the truth."""

_ROUNDING = 1e-5


class NetworkRoute:
    """A network, answering on the processor.

    Parameters
    ----------
    model : DeepClassifier or DeepRegressor
        Fitted.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classifies = hasattr(model, "predict_proba")
        # Processors add up float32 in different orders.
        self.max_difference = _ROUNDING * (1.0 if self.classifies else model.target_std_)

    def answers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,).

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_channels * n_points)
            Of :func:`~locomotion_analysis.production.bundle.curve_points.curve_rows`.
        """
        n_points, n_channels = self.model.scaler_.n_points_, len(self.model.scaler_.mean_)
        flat = X.to_numpy(np.float32)
        curves = flat.reshape(-1, n_channels, n_points).transpose(0, 2, 1)
        return self._of_curves(np.ascontiguousarray(curves))

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the most probable classes; numbers as they are."""
        if not self.classifies:
            return answers
        return np.asarray(self.model.classes_[answers.argmax(axis=1)])

    def _of_curves(self, curves: NDArray[np.float32]) -> NDArray[np.float64]:
        found = self.model.predict_proba(curves) if self.classifies else self.model.predict(curves)
        return np.asarray(found, dtype=float)


class Int8Route(NetworkRoute):
    """A network with linear and recurrent layers in whole numbers of 8 bits.

    Weights are rounded once, what goes through the layers at each call, by its own largest value:
    cycles are therefore answered one by one, or each would depend on those beside it.

    Parameters
    ----------
    model : DeepClassifier or DeepRegressor
        Fitted; left as it is.
    max_difference : float
        What was measured when the bundle was made.

    Raises
    ------
    BundleError
        If torch cannot quantise the network here.
    """

    def __init__(self, model: Any, max_difference: float) -> None:
        super().__init__(model)
        self.model = copy.copy(model)
        self.model.network_ = _quantised(model.network_)
        # Processors round halves of a step apart: never more than the step itself was seen to cost.
        self.max_difference = 2 * max_difference + _ROUNDING

    def _of_curves(self, curves: NDArray[np.float32]) -> NDArray[np.float64]:
        try:
            return np.concatenate(
                [super(Int8Route, self)._of_curves(each[None]) for each in curves]
            )
        except (AttributeError, RuntimeError, NotImplementedError) as error:
            raise _not_quantisable(f"{type(error).__name__}: {error}") from error


def network_of(content: bytes, schema: PredictionSchema, name: str) -> Any:
    """Return the network of a safetensors file, looked at before anything is made of it.

    Parameters
    ----------
    content : bytes
        The file.
    schema : PredictionSchema
        Of the curves it was trained on.
    name : str
        Name of the file, for messages.

    Raises
    ------
    MissingExtraError
        If torch, skorch or safetensors is not installed.
    BundleError
        If the file is damaged, holds what no network of ours has, or a network of other channels
        or classes than the schema.
    """
    deep = require("locomotion_analysis.models.deep", "deep")
    audit_network(content, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(content)
        try:
            model = deep.load_network(path, device="cpu")
        except FileReadError as error:
            raise BundleError(
                expected=error.expected, got=error.got, where=name, fix=error.fix
            ) from error
    size = model.scaler_.n_points_, len(model.scaler_.mean_)
    classes = tuple(model.classes_.tolist()) if schema.classes else None
    same = tuple(model.channels or ()) == schema.names and size == schema.shape
    if not same or classes != schema.classes:
        raise BundleError(
            expected="a network of the channels and classes of the schema",
            got="another",
            where=name,
        )
    return model


def int8_of(route: NetworkRoute, rows: pd.DataFrame, truth: NDArray[Any]) -> Int8:
    """Measure what whole numbers of 8 bits cost.

    Parameters
    ----------
    route : NetworkRoute
        The network.
    rows : DataFrame, shape (n_rows, n_channels * n_points)
        Training cycles: what differs is the arithmetic alone.
    truth : ndarray, shape (n_rows,)
        Their classes or numbers.

    Raises
    ------
    BundleError
        If the network cannot be quantised, or answers worse by more than :data:`MOST_LOST` or
        otherwise in more than :data:`MOST_CHANGED` of the rows.
    """
    quantised = Int8Route(route.model, 0.0)
    right, found = route.answers(rows), quantised.answers(rows)
    labels, others = route.labels(right), route.labels(found)
    before, after = (_score(truth, each, route.classifies) for each in (labels, others))
    changed = float(np.mean(labels != others)) if route.classifies else 0.0
    spread = 1.0 if route.classifies else float(np.std(truth.astype(float)))
    lost = (before - after if route.classifies else after - before) / spread
    cost = Int8(
        max_difference=float(np.abs(right - found).max()),
        changed=changed,
        metric="balanced_accuracy" if route.classifies else "mae",
        original=before,
        quantised=after,
        n_rows=len(rows),
    )
    if not (changed <= MOST_CHANGED and lost <= MOST_LOST):
        raise BundleError(
            expected=f"a quantised network with another class in at most {MOST_CHANGED:.0%} of the "
            f"rows and a loss of at most {MOST_LOST}",
            got=f"{changed:.1%} of {len(rows)} rows, {cost.metric} {after:.3g} from {before:.3g}",
            where="int8",
            fix="bundle without --int8",
        )
    return cost


def _score(truth: NDArray[Any], found: NDArray[Any], classifies: bool) -> float:
    if not classifies:
        return float(np.abs(truth.astype(float) - found).mean())
    from locomotion_analysis.models.deep.estimators import balanced_accuracy

    return balanced_accuracy(truth.astype(str), found.astype(str))


def _quantised(network: Any) -> Any:
    import torch
    from torch import nn

    try:
        with warnings.catch_warnings():
            # torch means to move these functions to a library of its own.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)
            return torch.ao.quantization.quantize_dynamic(
                network, {nn.Linear, nn.LSTM, nn.GRU}, dtype=torch.qint8
            )
    except (AttributeError, RuntimeError, NotImplementedError) as error:
        raise _not_quantisable(f"{type(error).__name__}: {error}") from error


def _not_quantisable(got: str) -> BundleError:
    return BundleError(
        expected="a network that torch can quantise",
        got=got[:200],
        where="int8",
        fix="bundle without --int8, or train another architecture (gru, lstm, cnn)",
    )
