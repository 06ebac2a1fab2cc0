"""Opening what the user named on the command line."""

from pathlib import Path

from locomotion_analysis.data import LocomotionData


def cycles_path(path: Path) -> Path:
    """Return where the cycles are: in a ready-made dataset's folder only one file holds them."""
    from locomotion_analysis.datasets.files import CYCLES, MANIFEST

    return path / CYCLES if (path / MANIFEST).is_file() else path


def read_data(path: Path) -> LocomotionData:
    """Read gait cycles from a Parquet file, a folder of them, a dataset, or a CSV file."""
    if path.suffix.lower() == ".csv":
        return LocomotionData.from_csv(path)
    return LocomotionData.from_parquet(cycles_path(path))
