"""The training loop all networks share: skorch's, with seeds by epoch and clipped gradients."""

from contextlib import suppress
from typing import Any

import skorch
import torch
from skorch.callbacks import GradientNormClipping

from locomotion_analysis.models.deep.batches import CycleLoader, CycleTensors, epoch_seed

MAX_GRADIENT_NORM = 1.0


class StopTraining(Exception):  # noqa: N818 - a signal of a callback, no error
    """Raised by a callback to end a training as if it had run all its epochs."""


class GaitNet(skorch.NeuralNet):  # type: ignore[misc]
    """skorch's loop on cycles. Inputs are a mapping of the arguments of ``module.forward``.

    Every epoch begins from a seed of its own, made of ``seed`` and the epoch's number: a run that
    was killed and goes on from a checkpoint repeats what it would have done.

    Parameters
    ----------
    module : type of torch.nn.Module
        The network; its arguments as ``module__*``.
    criterion : type of torch.nn.Module
        The loss; its arguments as ``criterion__*``.
    seed : int
        Of the weights, the order of cycles, dropout and augmentation.
    **kwargs
        As for :class:`skorch.NeuralNet`.
    """

    def __init__(
        self, module: Any, *args: Any, criterion: Any, seed: int = 0, **kwargs: Any
    ) -> None:
        self.seed = seed
        kwargs = {
            "optimizer": torch.optim.AdamW,
            "dataset": CycleTensors,
            "iterator_train": CycleLoader,
            "iterator_valid": CycleLoader,
            "iterator_train__shuffle": True,
            "iterator_train__seed": seed,
            "train_split": None,
            "verbose": 0,
            **kwargs,
        }
        super().__init__(module, *args, criterion=criterion, **kwargs)

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        clipping = GradientNormClipping(gradient_clip_value=MAX_GRADIENT_NORM)
        return [*super()._default_callbacks, ("clip", clipping)]

    def initialize(self) -> "GaitNet":
        """Make the network from the seed."""
        torch.manual_seed(self.seed)
        super().initialize()
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        classes: Any = None,  # noqa: ARG002 - skorch's signature
        **fit_params: Any,
    ) -> "GaitNet":
        """Train; unlike skorch's, Ctrl-C ends the program and not only the training."""
        if not self.initialized_:
            self.initialize()
        with suppress(StopTraining):
            self.notify("on_train_begin", X=X, y=y)
            self.fit_loop(X, y, **fit_params)
        self.notify("on_train_end", X=X, y=y)
        return self

    def infer(self, x: Any, **fit_params: Any) -> torch.Tensor:
        """Return the network's answer, on a GPU computed in mixed precision."""
        if torch.device(self.device).type != "cuda" or not torch.cuda.is_bf16_supported():
            answer: torch.Tensor = super().infer(x, **fit_params)
            return answer
        # bfloat16 has the range of float32: no loss scaling is needed.
        with torch.autocast("cuda", torch.bfloat16):
            return super().infer(x, **fit_params).float()

    def run_single_epoch(self, iterator: Any, training: bool, *args: Any, **kwargs: Any) -> None:
        """Run one pass, seeded by its number."""
        if training:
            epoch = len(self.history) - 1
            torch.manual_seed(epoch_seed(self.seed, epoch))
            iterator.set_epoch(epoch)
        super().run_single_epoch(iterator, training, *args, **kwargs)
