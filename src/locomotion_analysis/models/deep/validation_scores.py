"""Scores of each epoch on the subjects set aside."""

from collections.abc import Callable
from typing import Any

import torch
from skorch.callbacks import Callback

Scores = Callable[[torch.Tensor, torch.Tensor], dict[str, float]]


class ValidationScores(Callback):  # type: ignore[misc]
    """Records scores of the validation cycles, as ``valid_<name>``.

    Parameters
    ----------
    scores : callable
        ``scores(outputs, targets)`` returns them by name.
    """

    def __init__(self, scores: Scores) -> None:
        self.scores = scores

    def on_epoch_begin(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Forget the epoch before."""
        self.seen_: list[tuple[torch.Tensor, torch.Tensor]] = []

    def on_batch_end(
        self,
        net: Any,  # noqa: ARG002 - skorch's signature
        batch: Any = None,
        training: bool = False,
        y_pred: Any = None,
        **_: Any,
    ) -> None:
        """Keep what the network answered."""
        if not training:
            self.seen_.append((y_pred.detach().cpu(), batch[1]))

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the scores."""
        if self.seen_:
            outputs, targets = (torch.cat(part) for part in zip(*self.seen_, strict=True))
            for name, value in self.scores(outputs, targets).items():
                net.history.record(f"valid_{name}", value)
