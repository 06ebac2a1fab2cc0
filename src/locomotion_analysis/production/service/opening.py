"""Opening a bundle inside a worker; the process that only names this imports nothing for it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle.opening import Runtime
    from locomotion_analysis.production.service.from_bundle import ServedBundle


def open_served(
    path: Path, key: bytes | None = None, runtime: "Runtime" = "original"
) -> "ServedBundle":
    """Open a bundle for serving.

    Parameters
    ----------
    path : Path
        The bundle.
    key : bytes, optional
        What it must be signed with.
    runtime : {"original", "onnx", "int8"}
        What answers.

    Raises
    ------
    BundleError
        If it is damaged, not signed so, or cannot answer so.
    """
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.service.from_bundle import ServedBundle

    return ServedBundle(open_bundle(path, key=key, runtime=runtime))
