"""What the service allows: limits, keys, and how many processes predict."""

from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Limits of the service. The defaults suit one model on one machine.

    Attributes
    ----------
    workers : int
        Processes that predict. The process that speaks HTTP comes on top.
    keys : Path or None
        File of API keys (see :class:`~locomotion_analysis.production.service.keys.KeyFile`);
        None leaves the service open to whoever reaches it.
    requests_per_minute : int
        Of one key (one address where there are no keys); a minute's worth may come at once.
    max_body_bytes : int
        Largest request body.
    max_rows : int
        Most cycles (rows of features) in one request.
    max_values : int
        Most numbers in one request, however well they are compressed.
    max_waiting : int
        Requests that may wait for a worker; the next one is told to come back (503).
    body_timeout_s : float
        For the head of a request, and again for its body, to arrive.
    answer_timeout_s : float
        For the answer; a worker that takes longer is replaced.
    drain_s : float
        For requests under way to end after SIGTERM.
    watch_s : float
        Between two looks at whether the model was replaced.
    cors_origins : tuple of str
        Pages of other sites that may call the service; none by default.
    """

    workers: int = 1
    keys: Path | None = None
    requests_per_minute: int = 6_000
    max_body_bytes: int = 32 * MEBIBYTE
    max_rows: int = 4_096
    max_values: int = 50_000_000
    max_waiting: int = 1_024
    body_timeout_s: float = 20.0
    answer_timeout_s: float = 60.0
    drain_s: float = 30.0
    watch_s: float = 1.0
    cors_origins: tuple[str, ...] = ()
