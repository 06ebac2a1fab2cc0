"""``locomotion monitor``."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console

monitor_app = typer.Typer(no_args_is_help=True, help="What a served model sees, and how it does.")

Store = Annotated[str, typer.Argument(help="File of locomotion serve --store, or a database URL.")]
_DAY_S = 86_400.0


@monitor_app.command("report")
def report(
    store: Store,
    bundle: Annotated[Path, typer.Option(help="The bundle that answered.")],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("watch.html"),
    days: Annotated[
        float | None, typer.Option(min=0.0, help="Look at the last days only; all where not given.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Address that alarms are posted to as JSON.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random divisions.")] = 0,
) -> None:
    """Look for drift and for worse answers; status 1 on an alarm."""
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.monitoring import (
        PredictionStore,
        send_alarm,
        watch,
        watch_numbers,
        write_watch_report,
    )

    opened = open_bundle(bundle)
    since = None if days is None else time.time() - days * _DAY_S
    found = watch(PredictionStore(store, create=False), opened, since, random_state=seed)
    write_watch_report(found, opened, out)
    shown = console()
    for note in found.notes:
        shown.print(escape(note))
    for alarm in found.alarms:
        shown.print(f"[bold red]alarm:[/] {escape(alarm)}")
    if not found.alarms:
        shown.print("[green]no alarm[/]")
    shown.print(f"report   {escape(str(out))}")
    if found.alarms:
        if webhook is not None:
            send_alarm(webhook, watch_numbers(found))
        raise typer.Exit(1)


@monitor_app.command("label")
def label(
    store: Store,
    labels: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet with subject and label (and task, task_id, step for one cycle)."
        ),
    ],
) -> None:
    """Add labels that became known."""
    import pandas as pd

    from locomotion_analysis.errors import FileReadError, SchemaError
    from locomotion_analysis.production.monitoring import PredictionStore

    try:
        if labels.suffix == ".parquet":
            table = pd.read_parquet(labels)
        else:  # subject 007 keeps its zeros
            table = pd.read_csv(labels, dtype=dict.fromkeys(("subject", "task", "task_id"), str))
    except (OSError, ValueError) as error:
        raise FileReadError(
            expected="a table of labels, CSV or Parquet",
            got=str(error).splitlines()[0],
            where=str(labels),
            fix="write columns subject and label",
        ) from error
    try:
        matched = PredictionStore(store, create=False).label(table)
    except SchemaError as error:
        raise error.at(str(labels)) from None
    console().print(f"{len(table):,} labels, of {matched:,} predictions")


@monitor_app.command("purge")
def purge(
    store: Store,
    keep_days: Annotated[float, typer.Option(min=0.0, help="Keep what is younger.")],
) -> None:
    """Remove old predictions and labels."""
    from locomotion_analysis.production.monitoring import PredictionStore

    gone = PredictionStore(store, create=False).purge(time.time() - keep_days * _DAY_S)
    console().print(f"{gone:,} predictions removed")
