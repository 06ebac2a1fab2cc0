"""Counts and times for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from locomotion_analysis.production.service.live_model import LiveModel

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one service, without labels that name a person.

    Parameters
    ----------
    live : LiveModel
        What is counted.
    """

    def __init__(self, live: LiveModel) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "locomotion_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "locomotion_request_seconds",
            "From the request's head to the end of its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.rows = Counter(
            "locomotion_predicted_rows", "Rows predicted", ["version"], registry=self._registry
        )
        shown: dict[str, tuple[str, Callable[[], float]]] = {
            "locomotion_waiting_requests": (
                "Requests no worker took yet",
                lambda: live.pool.waiting,
            ),
            "locomotion_workers_alive": ("Worker processes that run", lambda: live.pool.alive),
            "locomotion_workers_replaced": (
                "Workers of the current model that were lost and replaced",
                lambda: live.pool.replaced,
            ),
            "locomotion_requests_per_batch": (
                "Requests predicted together, on average, with the current model",
                lambda: live.pool.batched / max(live.pool.batches, 1),
            ),
            "locomotion_model_swaps": ("Times the model was replaced", lambda: live.swaps),
            "locomotion_model_swaps_failed": (
                "Times a new model could not be used",
                lambda: live.failed_swaps,
            ),
            "locomotion_model_since_seconds": (
                "When the current model came (Unix time)",
                lambda: live.since,
            ),
        }
        for name, (told, value) in shown.items():
            Gauge(name, told, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self._registry)
