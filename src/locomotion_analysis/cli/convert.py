"""``locomotion convert``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console, error_console, progress_bar


def convert(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, or folders of them; without --out the last one is the file to write."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Parquet file to write.")] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="YAML: a table's columns to channels.")
    ] = None,
    subjects: Annotated[
        Path | None, typer.Option(help="Table of subjects: mass, height, age, sex.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Task of recordings that do not say theirs.")
    ] = None,
    layout: Annotated[
        Literal["cycle", "long"],
        typer.Option(help="One row a cycle (half the size), or 150 rows a cycle as others read."),
    ] = "cycle",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first file that fails.")
    ] = False,
) -> None:
    """Turn a laboratory's files into validated gait cycles, and say what was done to them."""
    from rich.markup import escape

    from locomotion_analysis.ingest import ColumnMap, convert, read_subjects

    sources, out = _sources_and_destination(sources, out)
    column_map = None if map_ is None else ColumnMap.from_yaml(map_)
    table = None if subjects is None else read_subjects(subjects)
    with progress_bar() as progress:
        result = convert(
            sources,
            column_map=column_map,
            subjects=table,
            task=task,
            fail_fast=fail_fast,
            progress=progress,
        )
    result.data.to_parquet(out, layout=layout)
    shown = console()
    for entry in result.data.history:
        shown.print(escape(f"  {entry}"))
    if result.skipped:
        names = ", ".join(path.name for path in result.skipped)
        shown.print(escape(f"  passed over, no recordings: {names}"))
    shown.print(f"{len(result.data):,} cycles in the {layout} layout: {escape(str(out))}")
    for path, error in result.failures:
        error_console().print(f"[bold red]failed:[/] {escape(f'{path}: {error}')}")


def _sources_and_destination(sources: list[Path], out: Path | None) -> tuple[list[Path], Path]:
    if out is not None:
        return sources, out
    if len(sources) != 2:
        raise typer.BadParameter(
            "name the file to write with --out when there is more than one source"
        )
    return sources[:1], sources[1]
