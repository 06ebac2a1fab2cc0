"""Training of a fixed length under one cycle of the learning rate."""

from collections.abc import Mapping
from typing import Any

import torch
from skorch.callbacks import LRScheduler

from locomotion_analysis.models.deep.estimators.training import gpus_of
from locomotion_analysis.models.deep.net import GaitNet


def trained(
    module: type[torch.nn.Module],
    inputs: Mapping[str, Any],
    targets: Any,
    *,
    n_epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    device: str,
    **settings: Any,
) -> GaitNet:
    """Return a network after `n_epochs`, the learning rate rising and falling once.

    The schedule is that of Smith and Topin (2018, https://arxiv.org/abs/1708.07120). There is no
    early stopping: with a few subjects none can be spared for a validation.

    Parameters
    ----------
    module : type of torch.nn.Module
        The network.
    inputs : mapping of str to array
        Arguments of its ``forward``.
    targets : array or Tensor
        First axis the cycles.
    n_epochs, batch_size : int
        Length of the training.
    learning_rate : float
        At its highest.
    seed : int
        Of weights, order and chance.
    device : str
        For torch.
    **settings
        Of :class:`GaitNet`: ``module__*``, ``criterion``, ``iterator_train__*``.
    """
    n_batches = -(-len(targets) // batch_size)
    schedule = LRScheduler(
        policy=torch.optim.lr_scheduler.OneCycleLR,
        max_lr=learning_rate,
        total_steps=n_epochs * n_batches,
        step_every="batch",
    )
    net = GaitNet(
        module,
        lr=learning_rate,
        max_epochs=n_epochs,
        batch_size=batch_size,
        seed=seed,
        device=device,
        callbacks=[("schedule", schedule)],
        **settings,
    )
    # The caller's own random numbers stay as they were.
    with torch.random.fork_rng(gpus_of(device)):
        net.fit(dict(inputs), targets)
    return net


def losses(net: GaitNet) -> list[float]:
    """Return the mean training loss of each epoch."""
    return [float(loss) for loss in net.history[:, "train_loss"]]
