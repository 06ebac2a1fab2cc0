"""What every export needs before it starts."""

import os

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import refuse_existing


def check_exportable(data: LocomotionData, path: str | os.PathLike[str]) -> None:
    """Refuse data without a curve, and a path where something lies.

    Raises
    ------
    SchemaError
        If there is no cycle or no channel.
    FileReadError
        If something lies at `path`.
    """
    refuse_existing(path)
    if not len(data) or not data.channels:
        raise SchemaError(
            expected="at least one cycle and one channel to export",
            got=f"{len(data)} cycles, {len(data.channels)} channels",
            where=str(path),
        )
