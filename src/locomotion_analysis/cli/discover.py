"""``locomotion discover``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console, progress_bar
from locomotion_analysis.errors import SchemaError


def discover(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
    out: Annotated[Path, typer.Option(help="Folder for the report and its files.")],
    channels: Annotated[
        list[str] | None,
        typer.Option(
            help="Channels to compare; repeat, or separate by commas. Joint angles where not given."
        ),
    ] = None,
    clusters: Annotated[str, typer.Option(help="Number of groups, or auto.")] = "auto",
    method: Annotated[
        Literal["kmeans", "gmm", "hierarchical"], typer.Option(help="How groups are found.")
    ] = "kmeans",
    by: Annotated[
        Literal["subject", "cycle"], typer.Option(help="Group subjects, or single cycles.")
    ] = "subject",
    task: Annotated[
        str | None,
        typer.Option(help="Task to keep; the one most subjects do, when subjects are grouped."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of starts, draws and permutations.")] = 0,
) -> None:
    """Look for groups among gaits, ask what they are worth, and write a report. No labels."""
    from rich.markup import escape

    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.evaluation.discovery import run_discovery

    count = _count(clusters)
    names = [name for part in channels or [] for name in part.split(",") if name] or None
    loaded = read_data(data)
    shown = console()
    with progress_bar() as progress:
        made = run_discovery(
            loaded, out, names, count, method, by, task,
            random_state=seed, source=cycles_path(data), progress=progress,
        )  # fmt: skip
    for sentence in made.verdict:
        shown.print(escape(sentence))
    for entry in made.findings.units.history:
        shown.print(escape(f"  {entry}"))
    if loaded.is_simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    for title, path in (
        ("report", made.report_path),
        ("groups", made.groups_path),
        ("numbers", made.validation_path),
        ("left out", made.left_out_path),
    ):
        shown.print(f"{title:<9}{escape(str(path))}")


def _count(text: str) -> "int | Literal['auto']":
    if text == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise SchemaError(
            expected="'auto' or a whole number of groups", got=repr(text), where="--clusters"
        ) from None
