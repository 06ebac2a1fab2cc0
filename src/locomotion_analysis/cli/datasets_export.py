"""``locomotion datasets export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from locomotion_analysis.cli.show import console

if TYPE_CHECKING:
    import pandas as pd

    from locomotion_analysis.data import LocomotionData


def export(
    data: Annotated[
        Path,
        typer.Argument(help="Parquet file or folder of gait cycles, a CSV file, or a dataset."),
    ],
    format_: Annotated[
        Literal["numpy", "torch", "huggingface", "xarray"],
        typer.Option("--format", help=".npz file, tensors, Hugging Face folder, netCDF file."),
    ],
    out: Annotated[Path, typer.Option(help="File or folder to write; must not exist yet.")],
    splits: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet table: subject, split; a dataset's own where not given."),
    ] = None,
) -> None:
    """Write gait cycles in the form another library reads, without pickle."""
    from rich.markup import escape

    from locomotion_analysis.datasets.export import export, with_splits
    from locomotion_analysis.files import refuse_existing

    refuse_existing(out)
    loaded, table = _read(data, splits)
    if table is not None:
        loaded = with_splits(loaded, table)
    export(loaded, out, format_)
    console().print(f"{len(loaded):,} cycles as {format_}: {escape(str(out))}")


def _read(data: Path, splits: Path | None) -> "tuple[LocomotionData, pd.DataFrame | None]":
    """Return cycles and splits; those of a ready-made dataset once its checksums are right."""
    from locomotion_analysis.cli.reading import read_data
    from locomotion_analysis.datasets import open_dataset
    from locomotion_analysis.datasets.export import read_splits
    from locomotion_analysis.datasets.files import MANIFEST

    own = None if splits is None else read_splits(splits)
    if not (data / MANIFEST).is_file():
        return read_data(data), own
    dataset = open_dataset(data)
    return dataset.data, dataset.splits if own is None else own
