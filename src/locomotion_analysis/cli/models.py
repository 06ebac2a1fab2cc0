"""``locomotion models``: a pretrained encoder to start from."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.options import (
    Channels,
    Quiet,
    Seed,
    cycles_path,
    read_data,
    split_names,
)
from locomotion_analysis.cli.show import console, frame_table, progress_bar, show_paths

models_app = typer.Typer(
    no_args_is_help=True, help="Encoders pretrained without labels (self-supervised)."
)


@models_app.callback()
def _models() -> None:
    """Group the commands."""


@models_app.command()
def make(
    out: Annotated[Path, typer.Option(help="Folder for the encoder, its card and its people.")],
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="Measured gait cycles: Parquet files or folders, CSV files."),
    ] = None,
    channels: Channels = None,
    simulated: Annotated[
        int, typer.Option(min=0, help="Simulated people to add, two strides each; 0 for none.")
    ] = 800,
    architecture: Annotated[
        str,
        typer.Option(help="lstm, gru, cnn, spectrogram, wavelet or transformer."),
    ] = "gru",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the cycles.")] = 40,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Pretrain an encoder on measured and simulated cycles; no labels are needed.

    A tenth of the people of each dataset is held out; the card says how well they are rebuilt.
    """
    from locomotion_analysis.evaluation.encoders import make_encoder
    from locomotion_analysis.reporting.provenance import source_files

    places = {path.stem: path for path in data or []}
    if len(places) < len(data or []):
        raise typer.BadParameter("two of the files have the same name: rename one")
    with progress_bar(quiet) as progress:
        made = make_encoder(
            {name: read_data(path) for name, path in places.items()},
            out,
            channels=split_names(channels),
            simulated=simulated,
            architecture=architecture,
            max_epochs=epochs,
            random_state=seed,
            files=[file for path in places.values() for file in source_files(cycles_path(path))],
            progress=progress,
        )
    shown = console()
    shown.print(frame_table("Hidden parts of people it never saw", made.rebuilt))
    for note in made.card.left_out:
        shown.print(escape(f"  {note}"))
    show_paths({"encoder": made.out / "encoder.safetensors", "card": made.out / "card.md"})
