"""``locomotion datasets export``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console

_CYCLES, _SPLITS = "cycles.parquet", "splits.parquet"


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

    from locomotion_analysis.cli.reading import read_data
    from locomotion_analysis.data.atomic import refuse_existing
    from locomotion_analysis.datasets.export import export, read_splits, with_splits

    refuse_existing(out)
    is_dataset = (data / _CYCLES).is_file() and (data / _SPLITS).is_file()
    loaded = read_data(data / _CYCLES if is_dataset else data)
    if splits is None and is_dataset:
        splits = data / _SPLITS
    if splits is not None:
        loaded = with_splits(loaded, read_splits(splits))
    export(loaded, out, format_)
    console().print(f"{len(loaded):,} cycles as {format_}: {escape(str(out))}")
