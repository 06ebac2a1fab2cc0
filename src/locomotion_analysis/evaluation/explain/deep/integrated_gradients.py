"""What every point of every curve added to a network's answer."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import is_classifier

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation.explain.deep.cycle_relevance import CycleRelevance, step_edges
from locomotion_analysis.evaluation.explain.deep.explained_cycles import (
    checked_cycles,
    columns_of,
    outcomes_of,
    reference_curves,
)
from locomotion_analysis.evaluation.explain.deep.fitted_network import (
    CYCLES_AT_ONCE,
    FittedNetwork,
    answering,
    fitted_network,
)
from locomotion_analysis.extras import require_installed

_LARGEST_GAP = 0.05


def integrated_gradients(
    model: Any,
    X: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    outcome: Any = None,
    reference: Any = None,
    n_steps: int = 32,
) -> CycleRelevance:
    """Share the distance between a cycle's answer and the reference's out among its points.

    ``(x - x') * integral of df/dx along the straight way from x' to x`` for cycle `x` and
    reference `x'` (Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365). The values
    of a cycle sum to ``f(x) - f(x')``. Needs captum, of the extra ``deep``.

    Parameters
    ----------
    model : fitted estimator of ``models.deep``
        Classifier or regressor of one answer.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles of people the model was not trained on, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    outcome : object, optional
        Class to explain; for each cycle the class that the model predicts where None.
    reference : array-like, shape (n_points, n_channels), optional
        The curves to compare with, in the channels' units; the mean curve of the subjects in `X`
        where None. The mean curve of healthy people shows what is special of a patient.
    n_steps : int
        Points of the numerical integral.

    Returns
    -------
    CycleRelevance
        What each point added to the logit of the outcome, or to the network's standardised
        value. Exactly 0 on channels that were not measured.

    Raises
    ------
    MissingExtraError
        If captum is not installed.
    SchemaError
        If the model is not a network of ``models.deep``, or channels, subjects, outcome or
        reference do not fit.

    Warns
    -----
    LocomotionWarning
        If the sums miss ``f(x) - f(x')`` by more than 5 % of its mean size: more steps are needed.
    """
    require_installed("captum", "deep")
    network = fitted_network(model)
    curves = checked_cycles(X, groups, channels)
    outcomes = outcomes_of(model, curves, outcome)
    columns = columns_of(model, outcomes)
    put_in = reference_curves(reference, curves, groups)
    start = np.nan_to_num((put_in - network.scaler.mean_) / network.scaler.scale_)
    with answering(network.module):
        values = _attributed(network, curves, columns, start.astype(np.float32), n_steps)
    middles = np.linspace(0, 100, curves.shape[1])
    what = "logit" if is_classifier(model) else "standardised value"
    return CycleRelevance(
        values=values,
        edges=step_edges(middles),
        channels=tuple(channels),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity=f"added to the {what}",
    )


def _attributed(
    network: FittedNetwork,
    X: NDArray[np.float32],
    columns: NDArray[np.intp],
    start: NDArray[np.float32],
    n_steps: int,
) -> NDArray[np.float32]:
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(network.module)
    reference = torch.from_numpy(start).to(network.device)
    values, missed, size = np.empty(X.shape, np.float32), 0.0, 0.0
    for rows, curves, measured in network.batches(X):
        target = torch.from_numpy(columns[rows]).to(network.device)
        begin = reference * measured[:, None]
        found, gap = method.attribute(
            curves,
            baselines=begin,
            target=target,
            additional_forward_args=(measured,),
            n_steps=n_steps,
            internal_batch_size=4 * CYCLES_AT_ONCE,
            return_convergence_delta=True,
        )
        values[rows] = found.cpu().numpy()
        missed += float(gap.abs().sum())
        size += float((found.sum(dim=(1, 2)) - gap).abs().sum())
    _warn_of_gap(missed, size, n_steps)
    return values


def _warn_of_gap(missed: float, size: float, n_steps: int) -> None:
    if missed > _LARGEST_GAP * size:
        warnings.warn(
            f"the integral misses {missed / max(size, 1e-12):.0%} of the answers' change with "
            f"n_steps={n_steps}; pass a larger n_steps",
            LocomotionWarning,
            stacklevel=4,
        )
