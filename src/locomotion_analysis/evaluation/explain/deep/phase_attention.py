"""Which phases a network with attention weighed."""

from typing import Any

import numpy as np
import torch

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.deep.cycle_relevance import CycleRelevance, step_edges
from locomotion_analysis.evaluation.explain.deep.explained_cycles import (
    PREDICTED_VALUE,
    checked_cycles,
    outcomes_of,
)
from locomotion_analysis.evaluation.explain.deep.fitted_network import answering, fitted_network
from locomotion_analysis.evaluation.explain.sequences import ALL_CHANNELS
from locomotion_analysis.models.deep import NETWORKS
from locomotion_analysis.models.deep.networks import AttentiveNetwork, MultiTaskNetwork


def phase_attention(model: Any, X: Any, groups: Any, answer: str | None = None) -> CycleRelevance:
    """Return the weights that a network with attention gave to the phases.

    A weight says where the answer was read, not what it was read from: each step already knows of
    its neighbours. Jain and Wallace (2019, https://arxiv.org/abs/1902.10186) show how far the two
    can lie apart; compare with :func:`phase_occlusion`.

    Parameters
    ----------
    model : fitted estimator of ``models.deep``
        Recurrent or a Transformer; or a ``DeepMultiTask``, whose answers each have an attention of
        their own.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    answer : str, optional
        Which answer of a ``DeepMultiTask``.

    Returns
    -------
    CycleRelevance
        One value a step, over all channels; those of a cycle sum to 1. `outcomes` are the
        predicted classes.

    Raises
    ------
    SchemaError
        If the model has no attention, or no such answer.
    """
    network = fitted_network(model)
    answers = list(getattr(network.module, "answers", [None]))
    if answer not in answers:
        raise SchemaError(
            expected="no answer named: the model has one"
            if answers == [None]
            else f"one of the answers {', '.join(answers)}",
            got=repr(answer),
            where="answer",
        )
    if not isinstance(network.module, (AttentiveNetwork, MultiTaskNetwork)):
        attentive = [name for name, kind in NETWORKS.items() if issubclass(kind, AttentiveNetwork)]
        raise SchemaError(
            expected=f"a network with attention over phases: {', '.join(attentive)}",
            got=type(network.module).__name__,
            where="model",
            fix="phase_occlusion and integrated_gradients explain every architecture",
        )
    curves = checked_cycles(X, groups, [str(channel) for channel in range(np.shape(X)[-1])])
    which = () if answer is None else (answer,)
    with answering(network.module), torch.no_grad():
        weights = [
            network.module.phase_weights(scaled, measured, *which).cpu().numpy()
            for _, scaled, measured in network.batches(curves)
        ]
    if answer is None:
        outcomes = outcomes_of(model, curves, None)
    elif answer in model.classes_:
        outcomes = model.predict(curves)[answer].to_numpy()
    else:
        outcomes = np.full(len(curves), PREDICTED_VALUE, dtype=object)
    return CycleRelevance(
        values=np.concatenate(weights)[:, :, None],
        edges=step_edges(network.module.step_phase.numpy().astype(np.float64)),
        channels=(ALL_CHANNELS,),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity="weight of the phase",
    )
