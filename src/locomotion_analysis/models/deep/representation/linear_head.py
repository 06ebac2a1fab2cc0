"""A linear head fitted on an encoder's features, as the weights of a layer."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.floating[Any]]
Layer = dict[str, torch.Tensor]

# Features in standard deviations, a few people: more trust than this makes the head follow them.
_LOGISTIC_TRUST = 0.1
_RIDGE_PENALTY = 10.0
_MAX_STEPS = 1000


def logistic_head(features: Floats, labels: NDArray[np.intp], weights: Floats) -> Layer:
    """Return the layer whose softmax is a logistic regression on standardised features.

    Parameters
    ----------
    features : ndarray, shape (n_cycles, width)
        Of the encoder.
    labels : ndarray of int, shape (n_cycles,)
        Classes, 0 to n_classes - 1; each occurs.
    weights : ndarray, shape (n_cycles,)
        How much each cycle counts; the mean is 1.

    Returns
    -------
    dict of str to Tensor
        ``weight`` (n_classes, width) and ``bias`` (n_classes,).
    """
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=_LOGISTIC_TRUST, max_iter=_MAX_STEPS)
    model.fit(scaler.transform(features), labels, sample_weight=weights)
    slope, offset = model.coef_, model.intercept_
    if len(slope) == 1:
        # Two classes: half of the difference to either side.
        slope, offset = np.vstack([-slope, slope]) / 2, np.append(-offset, offset) / 2
    return _layer(scaler, slope, offset)


def ridge_head(features: Floats, values: Floats, weights: Floats) -> Layer:
    """Return the layer of a ridge regression; `values` are standardised, (n_cycles, 1)."""
    scaler = StandardScaler().fit(features)
    model = Ridge(alpha=_RIDGE_PENALTY).fit(
        scaler.transform(features), values, sample_weight=weights
    )
    return _layer(scaler, np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))


def _layer(scaler: StandardScaler, slope: Floats, offset: Floats) -> Layer:
    weight = slope / scaler.scale_
    bias = offset - weight @ scaler.mean_
    return {
        "weight": torch.from_numpy(weight.astype(np.float32)),
        "bias": torch.from_numpy(bias.astype(np.float32)),
    }
