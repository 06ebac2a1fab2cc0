"""The most memory a process has held."""

import sys


def peak_bytes() -> int | None:
    """Return the most memory this process has held so far; None where the system does not tell.

    Examples
    --------
    >>> peak = peak_bytes()
    >>> peak is None or peak > 10_000_000
    True
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
