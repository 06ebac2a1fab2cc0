"""How kernels are compiled.

A kernel is a function of plain loops over arrays::

    @jit
    def rise(curves):
        result = np.empty(len(curves))
        for cycle in prange(len(curves)):
            ...
        return result

Pass curves as they come from a view: float32, C-contiguous, read-only. (To numba a writeable
array is another type, for which it would compile once more.) Functions called by a kernel are
marked `inner` and stand in the kernel's own file: numba's cache notices changes of that file only.
(Those that several kernels share stand in extremes.py: after a change there, remove the cached
kernels, ``kernels/__pycache__``.)

Inside ``prange`` index the shared arrays (``curves[cycle, phase]``) instead of taking slices of them:
a slice counts references to the array, and cores that count at once wait for each other. Measured
on two cores, the core statistics took 4.4 instead of 2.6 µs a cycle of 24 channels with slices.
"""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS = {"cache": True, "error_model": "numpy"}
_one_at_a_time = Lock()


def jit(function: _Function) -> _Function:
    """Compile a kernel at its first call, parallel over its ``prange``, cached on disk.

    Kernels run one at a time, each on all cores: numba's own thread pool ends the process when
    two Python threads use it at once.
    """
    compiled = numba.njit(parallel=True, nogil=True, **_OPTIONS)(function)

    @wraps(function)
    def run(*arguments: Any) -> Any:
        with _one_at_a_time:
            return compiled(*arguments)

    return run  # type: ignore[return-value]


def inner(function: _Function) -> _Function:
    """Compile a function that kernels call."""
    compiled: _Function = numba.njit(**_OPTIONS)(function)
    return compiled


def reordered(function: _Function) -> _Function:
    """Compile a function like :func:`inner` whose sums may be added in any order.

    The processor then adds several terms at once. Nothing is assumed about NaN or infinity.
    """
    compiled: _Function = numba.njit(fastmath={"reassoc", "contract"}, **_OPTIONS)(function)
    return compiled


def read_only(curves: NDArray[Any]) -> NDArray[np.float32]:
    """Return curves as every kernel takes them: float32, C-contiguous, read-only."""
    view: NDArray[np.float32] = np.ascontiguousarray(curves, dtype=np.float32).view()
    view.flags.writeable = False
    return view
