"""How often one caller may ask."""

import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_CALLERS = 10_000


class RateLimit:
    """A bucket a caller: each request takes one token, and tokens come back at an even rate.

    Parameters
    ----------
    per_minute : int
        Tokens that come back in a minute, and that a full bucket holds.
    clock : callable
        Seconds, ever rising.

    Examples
    --------
    >>> limit = RateLimit(per_minute=2)
    >>> limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("a") > 0
    (0.0, 0.0, True)
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._full = float(per_minute)
        self._rate = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Take a token; return 0, or how many seconds until there is one again."""
        now = self._clock()
        tokens, since = self._buckets.pop(caller, (self._full, now))
        tokens = min(self._full, tokens + (now - since) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[caller] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > _MOST_CALLERS:
            # The one not seen for longest, whose bucket is the fullest.
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) / self._rate
