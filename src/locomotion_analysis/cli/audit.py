"""``locomotion audit``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from locomotion_analysis.cli.show import console, frame_table, progress_bar

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.audit import LeakAudit

EXIT_FINDINGS = 1


def audit(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
    target: Annotated[str, typer.Option(help="Column to predict.")],
    where: Annotated[
        str | None, typer.Option(help='Keep these cycles only: a pandas query, e.g. "age > 60".')
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page, figure and numbers.")] = None,
    model: Annotated[Literal["forest", "linear"], typer.Option(help="Kind of model.")] = "forest",
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    draws: Annotated[int, typer.Option(min=1, help="Draws of random labels.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of folds, model and random labels.")] = 0,
) -> None:
    """How much a score owes to people on both sides of the split. Status 1 where the data leaks."""
    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.evaluation.audit import leak_audit, write_audit

    loaded = read_data(data)
    chosen = loaded if where is None else loaded.select(where=where)
    with progress_bar() as progress:
        found = leak_audit(
            chosen,
            target,
            model=model,
            n_splits=folds,
            n_draws=draws,
            random_state=seed,
            source=cycles_path(data),
            progress=progress,
        )
    _show(found)
    if out is not None:
        from rich.markup import escape

        for title, path in write_audit(found, out).items():
            console().print(f"{title:<9}{escape(str(path))}")
    if found.leaks:
        raise typer.Exit(EXIT_FINDINGS)


def _show(found: "LeakAudit") -> None:
    from rich.markup import escape

    from locomotion_analysis.evaluation.audit import verdict

    shown = console()
    if found.simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    table = found.table()[["labels", "ungrouped", "grouped", "points", "points_low", "points_high"]]
    shown.print(frame_table(f"{found.metric}, folds of cycles and of subjects", table))
    for sentence in verdict(found):
        shown.print(f"- {escape(sentence)}")
