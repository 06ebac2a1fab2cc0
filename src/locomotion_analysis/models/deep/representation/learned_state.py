"""What the estimators of this room keep in a file, and read back."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from locomotion_analysis.models.deep.curve_scaler import CurveScaler
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.saving import FittedState

_NETWORK = "network."


def learned_state(
    network: nn.Module,
    scaler: CurveScaler,
    history: Sequence[float],
    tensors: Mapping[str, torch.Tensor] | None = None,
) -> FittedState:
    """Return weights, scaler, loss by epoch and further tensors."""
    own = {f"{_NETWORK}{name}": value for name, value in network.state_dict().items()}
    own["scaler.mean"] = torch.from_numpy(scaler.mean_)
    own["scaler.scale"] = torch.from_numpy(scaler.scale_)
    facts = {"n_points": int(scaler.n_points_), "history": list(history)}
    return FittedState({**own, **(tensors or {})}, facts)


def restored_scaler(state: FittedState) -> CurveScaler:
    """Return the scaler of :func:`learned_state`."""
    scaler = CurveScaler()
    scaler.mean_ = state.tensors["scaler.mean"].numpy()
    scaler.scale_ = state.tensors["scaler.scale"].numpy()
    scaler.n_points_ = int(state.facts["n_points"])
    return scaler


def restored_network(network: nn.Module, state: FittedState, device: str) -> nn.Module:
    """Return a network of the right size with the weights of :func:`learned_state`."""
    weights = {
        name.removeprefix(_NETWORK): value
        for name, value in state.tensors.items()
        if name.startswith(_NETWORK)
    }
    network.load_state_dict(weights)
    return network.to(checked_device(device)).eval()
