"""``locomotion features DATA`` and ``locomotion features list``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from locomotion_analysis.cli.show import console, error_console

if TYPE_CHECKING:
    from locomotion_analysis.features.streaming.extraction import Progress
    from locomotion_analysis.features.streaming.finish import Extraction

_Groups = Annotated[
    list[str] | None,
    typer.Option("--group", "-g", help="Feature group; repeat for several. All where not given."),
]


class _ExtractUnlessNamed(TyperGroup):
    """Takes what is no subcommand as the data to extract features from."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the hidden subcommand's name in front where none is given."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["extract", *args]
        return super().parse_args(ctx, args)


features_app = typer.Typer(
    cls=_ExtractUnlessNamed,
    no_args_is_help=True,
    help="Features of every cycle: DATA --out FILE extracts them, `list` shows the catalogue.",
    subcommand_metavar="DATA --out FILE [OPTIONS] | list [OPTIONS]",
)


@features_app.command()
def extract(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write, one row a cycle.")],
    group: _Groups = None,
    aggregation: Annotated[
        list[str] | None,
        typer.Option("--aggregation", "-a", help="Statistic of every curve; repeat for several."),
    ] = None,
    memory: Annotated[str, typer.Option(help="What each process may hold.")] = "1GB",
    engine: Annotated[
        Literal["process", "dask"], typer.Option(help="This machine's processes, or Dask.")
    ] = "process",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; one is started without.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 1,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out files that cannot be read, and say so.")
    ] = False,
) -> None:
    """Write the features of every cycle to one Parquet file.

    Data larger than memory is read in batches. A run that was killed goes on where it was when
    it is started again.
    """
    from locomotion_analysis.cli.reading import cycles_path
    from locomotion_analysis.features.plan import FEATURE_GROUPS
    from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS
    from locomotion_analysis.features.streaming.extraction import extract_features

    with _rate_bar() as progress:
        done = extract_features(
            cycles_path(data),
            out,
            groups=group or FEATURE_GROUPS,
            aggregations=aggregation or DEFAULT_AGGREGATIONS,
            memory=memory,
            engine=engine,
            workers=workers,
            scheduler=scheduler,
            skip_bad=skip_bad,
            progress=progress,
        )
    _show(done)


@features_app.command("list")
def list_features(
    group: _Groups = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a comma-separated table.")] = False,
) -> None:
    """Show every feature of the catalogue: name, unit, group, formula, source, requires."""
    from locomotion_analysis.features.catalogue import feature_catalogue

    table = feature_catalogue(group)
    if as_csv:
        table.to_csv(sys.stdout, index=False)
        return
    from locomotion_analysis.cli.show import frame_table

    console().print(frame_table(f"{len(table)} features", table))


@contextmanager
def _rate_bar() -> "Iterator[Progress]":
    """Yield a function that shows how far the run is, its rate and the time left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    shown = error_console()
    rate = TextColumn("{task.fields[rate]}")
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    bars = Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal)
    tasks: dict[str, TaskID] = {}

    def step(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            # What an earlier run computed counts as done but not towards the rate.
            tasks[stage] = bars.add_task(stage, total=total, completed=done, rate="")
        bars.update(tasks[stage], completed=done, total=total)
        speed = bars.tasks[tasks[stage]].speed
        bars.update(tasks[stage], rate="" if speed is None else f"{speed:,.0f} {stage}/s")

    with bars:
        yield step


def _show(done: "Extraction") -> None:
    from rich.markup import escape

    from locomotion_analysis.features.feature import left_out_message

    shown = console()
    for entry in done.history:
        if entry.action != "left out":  # in short below
            shown.print(escape(f"  {entry}"))
    if done.kept_cycles:
        shown.print(f"  {done.kept_cycles:,} cycles were kept from a run that had not finished")
    if done.left_out:
        shown.print(escape(f"  {left_out_message(done.left_out)}"))
    shown.print(f"{done.n_cycles:,} cycles, {len(done.specs)} features: {escape(str(done.path))}")
