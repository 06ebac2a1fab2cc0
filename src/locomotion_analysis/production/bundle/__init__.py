"""One verified file of a model, its inputs, its limits and what to compare new data with."""

from typing import TYPE_CHECKING, Any

from locomotion_analysis.production.bundle.bundle import Bundle, compare_bundles
from locomotion_analysis.production.bundle.opening import open_bundle

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle.building import write_bundle

__all__ = [
    "Bundle",
    "compare_bundles",
    "open_bundle",
    "write_bundle",
]


def __getattr__(name: str) -> Any:
    """Import the writer when it is asked for: a service that only predicts does without."""
    if name != "write_bundle":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from locomotion_analysis.production.bundle.building import write_bundle

    return write_bundle
