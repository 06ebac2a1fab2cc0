"""Opening what the user named on the command line."""

from pathlib import Path

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.files import CYCLES, MANIFEST


def read_data(path: Path) -> LocomotionData:
    """Read gait cycles from a Parquet file, a folder of them, a dataset, or a CSV file."""
    if (path / MANIFEST).is_file():
        return LocomotionData.from_parquet(path / CYCLES)
    if path.suffix.lower() == ".csv":
        return LocomotionData.from_csv(path)
    return LocomotionData.from_parquet(path)
