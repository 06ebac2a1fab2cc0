"""``locomotion info``."""

from pathlib import Path
from typing import Annotated

import typer

from locomotion_analysis.cli.show import console, frame_table


def info(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
) -> None:
    """Say what a file of gait cycles holds: subjects, tasks, channels, gaps, history."""
    from rich.markup import escape

    from locomotion_analysis.cli.reading import read_data

    loaded, shown = read_data(data), console()
    shown.print(escape(repr(loaded)))
    shown.print(frame_table("Subjects and cycles", loaded.summary()))
    missing = loaded.missing().rename("cycles not fully measured, %").rename_axis("channel")
    shown.print(frame_table("Channels", missing.reset_index()))
    others = [name for name in loaded.cycles if name not in loaded.key.names]
    shown.print("Columns: " + escape(", ".join(map(str, others))))
    for entry in loaded.history:
        shown.print(escape(f"  {entry}"))
