"""Standard Parquet of gait cycles: read as it is."""

from pathlib import Path

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.ingest.reader import ReadOptions


class CyclesParquetReader:
    """Parquet with whole gait cycles, in the long layout or one row a cycle."""

    name = "cycles_parquet"
    description = "Standard Parquet of gait cycles: long layout, or one row a cycle"
    suffixes = (".parquet",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the file begins as Parquet does."""
        return head.startswith(b"PAR1")

    def read(self, path: Path, options: ReadOptions) -> LocomotionData:  # noqa: ARG002
        """Read the cycles.

        Raises
        ------
        FileReadError, SchemaError
            As :meth:`~locomotion_analysis.LocomotionData.from_parquet`.
        """
        return LocomotionData.from_parquet(path)
