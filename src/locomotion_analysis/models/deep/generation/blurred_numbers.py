"""Numbers a person could be known by, blurred in training."""

import numpy as np
import torch
from numpy.typing import NDArray

from locomotion_analysis.models.deep.batches import Batch


class BlurredNumbers:
    """Adds noise to the numeric conditions of each batch, anew in every epoch.

    Age, height, mass and speed to the last digit are a person's name: a network that sees them
    exactly learns whose gait it is to draw, and not how gait depends on them.

    Parameters
    ----------
    is_number : ndarray of bool, shape (n_conditions,)
        Which condition inputs are numbers.
    spread : float
        Standard deviation of the noise, in standard deviations of the condition.
    """

    def __init__(self, is_number: NDArray[np.bool_], spread: float) -> None:
        self.spread = spread * torch.as_tensor(is_number, dtype=torch.float32)

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch with noise on its numbers."""
        inputs, targets = batch
        exact = inputs["conditions"]
        noise = torch.randn(exact.shape, generator=generator) * self.spread
        return {**inputs, "conditions": exact + noise}, targets
