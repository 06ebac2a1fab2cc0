"""A network's answer to any number of cycles, in batches of bounded memory."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_CYCLES_AT_ONCE = 512


def outputs_of(module: torch.nn.Module, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Return what a network answers, without dropout and gradients.

    Parameters
    ----------
    module : torch.nn.Module
        The network; set to evaluation.
    *inputs : ndarray
        Arguments of its ``forward``; the first axis of all is the cycles.

    Returns
    -------
    ndarray of float32, shape (n_cycles, ...)
    """
    module.eval()
    device = next(module.parameters()).device
    answers = []
    with torch.inference_mode():
        for start in range(0, len(inputs[0]), _CYCLES_AT_ONCE):
            part = [torch.as_tensor(each[start : start + _CYCLES_AT_ONCE]) for each in inputs]
            answers.append(module(*(tensor.to(device) for tensor in part)).float().cpu().numpy())
    return np.concatenate(answers)
