"""The networks that an estimator can be asked for by name."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.two_leg import TwoLegNetwork

ARCHITECTURES: dict[str, type[CurveNetwork]] = {**NETWORKS, "two_leg": TwoLegNetwork}
"""Networks by name: those of ``NETWORKS``, and the one that must know its channels' names."""

_OF_THE_DATA = {"self", "n_channels", "n_points", "n_outputs", "channels"}


def architecture(name: str) -> type[CurveNetwork]:
    """Return a network by name.

    Raises
    ------
    SchemaError
        If there is none of that name.

    Examples
    --------
    >>> architecture("gru").__name__
    'GRUNetwork'
    """
    if name not in ARCHITECTURES:
        raise SchemaError(
            expected=f"an architecture among {', '.join(ARCHITECTURES)}",
            got=repr(name),
            where="architecture",
        )
    return ARCHITECTURES[name]


def network_settings(
    network: type[CurveNetwork],
    dropout: float | None,
    channels: Sequence[str] | None,
    options: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the arguments of a network that are not the size of its inputs and answer.

    Parameters
    ----------
    network : type of CurveNetwork
        The network.
    dropout : float, optional
        Share of features left out in training; the network's own default where None.
    channels : sequence of str, optional
        Names of the channels, passed on where the network asks for them.
    options : mapping, optional
        Further arguments, such as ``width``.

    Raises
    ------
    SchemaError
        If the network has no such argument.

    Examples
    --------
    >>> network_settings(architecture("gru"), 0.1, None, {"width": 8})
    {'width': 8, 'dropout': 0.1}
    """
    known = inspect.signature(network.__init__).parameters
    accepted = [name for name in known if name not in _OF_THE_DATA]
    settings = dict(options or {})
    unknown = [name for name in settings if name not in accepted]
    if unknown:
        raise SchemaError(
            expected=f"options among {', '.join(accepted)}",
            got=", ".join(map(repr, unknown)),
            where=f"network_options of {network.__name__}",
        )
    if dropout is not None:
        settings.setdefault("dropout", dropout)
    if "channels" in known:
        settings["channels"] = None if channels is None else list(channels)
    return settings
