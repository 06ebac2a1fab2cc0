"""torch.compile, where it works."""

import copy
import warnings
from collections.abc import Mapping

import torch

from locomotion_analysis.errors import LocomotionWarning


def compile_in_place(module: torch.nn.Module, inputs: Mapping[str, torch.Tensor]) -> None:
    """Compile a network's ``forward`` and the gradient of it; its weights and class stay.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    inputs : mapping of str to Tensor
        A batch, on the network's device. The first call compiles: a copy is asked, so that one
        that does not compile here is known before the training.

    Warns
    -----
    LocomotionWarning
        If it does not compile (no C++ compiler, a Python too new): it then runs as it is.
    """
    trial = copy.deepcopy(module)
    try:
        trial.compile()
        trial(**inputs).sum().backward()
    except Exception as error:  # noqa: BLE001 - compilers fail in ways of their own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        warnings.warn(
            f"torch.compile does not work here ({reason}); the network runs uncompiled.",
            LocomotionWarning,
            stacklevel=2,
        )
    else:
        module.compile()
