"""Opening what the user named on the command line."""

from pathlib import Path

from locomotion_analysis.data import LocomotionData


def read_data(path: Path) -> LocomotionData:
    """Read gait cycles from a Parquet file, a folder of them, or a CSV file."""
    if path.suffix.lower() == ".csv":
        return LocomotionData.from_csv(path)
    return LocomotionData.from_parquet(path)
