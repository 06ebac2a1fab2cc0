"""``locomotion run``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console, progress_bar, show_result


def run(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
    target: Annotated[str, typer.Option(help="Column to predict.")],
    where: Annotated[
        str | None, typer.Option(help='Keep these cycles only: a pandas query, e.g. "age > 60".')
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report and its files.")] = Path(
        "locomotion-report"
    ),
    model: Annotated[Literal["forest", "linear"], typer.Option(help="Kind of model.")] = "forest",
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Also test against chance, with fewer people, disturbed cycles and in other "
            "laboratories: minutes instead of seconds.",
        ),
    ] = False,
) -> None:
    """Features, cross-validation by subject and a report, on your own gait cycles."""
    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.evaluation import run_study

    loaded = read_data(data)
    chosen = loaded if where is None else loaded.select(where=where)
    console().print(f"{len(chosen):,} cycles of {chosen.cycles['subject'].nunique()} subjects")
    with progress_bar() as progress:
        result = run_study(
            chosen,
            target,
            out,
            model=model,
            n_splits=folds,
            full=full,
            source=cycles_path(data),
            progress=progress,
        )
    show_result(result)
