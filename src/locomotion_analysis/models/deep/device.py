"""Where a network trains and answers."""

import torch

from locomotion_analysis.errors import SchemaError


def checked_device(device: str) -> str:
    """Return a device that is there.

    Parameters
    ----------
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.

    Raises
    ------
    SchemaError
        If torch does not know it, or this machine does not have it.

    Examples
    --------
    >>> checked_device("cpu")
    'cpu'
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        asked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise _refused(device, "no device that torch knows") from error
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }
    if (asked.index or 0) >= present.get(asked.type, 0):
        raise _refused(device, f"{present.get(asked.type, 0)} devices {asked.type} on this machine")
    return device


def _refused(device: str, got: str) -> SchemaError:
    return SchemaError(
        expected='"auto", or a device of this machine such as "cpu"',
        got=f"{device!r}: {got}",
        where="device",
        fix='use device="auto", or install the torch that fits the GPU (https://pytorch.org)',
    )
