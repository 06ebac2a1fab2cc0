"""How the learning rate changes over a training."""

import math
from typing import Any

from skorch.callbacks import Callback

_WARM_UP = 0.1
_LAST = 0.01


class WarmUpAndCosine(Callback):  # type: ignore[misc]
    """Raises the learning rate over a tenth of the batches, then lets it fall along a cosine.

    It is computed from the number of the batch alone, so a training that was interrupted goes on
    where it was. Cosine as Loshchilov and Hutter (2017, https://arxiv.org/abs/1608.03983), without
    restarts.

    Parameters
    ----------
    n_batches : int
        Batches of the whole training.
    """

    def __init__(self, n_batches: int) -> None:
        self.n_batches = n_batches

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Begin at the epoch that the history has come to."""
        self.next_ = sum(epoch["train_batch_count"] for epoch in net.history)

    def on_batch_begin(self, net: Any, training: bool = False, **_: Any) -> None:
        """Set the learning rate of the next batch."""
        if not training:
            return
        rate = net.lr * share_of_rate(self.next_ / self.n_batches)
        for group in net.optimizer_.param_groups:
            group["lr"] = rate
        self.next_ += 1

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the learning rate the epoch ended with."""
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])


def share_of_rate(done: float) -> float:
    """Return the learning rate as a share of its highest.

    Parameters
    ----------
    done : float
        Share of the training that is over, 0 to 1.

    Examples
    --------
    >>> [round(share_of_rate(done), 3) for done in (0.0, 0.1, 0.55, 1.0)]
    [0.01, 1.0, 0.505, 0.01]
    """
    if done < _WARM_UP:
        return _LAST + (1 - _LAST) * done / _WARM_UP
    fallen = (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2
    return _LAST + (1 - _LAST) * fallen
