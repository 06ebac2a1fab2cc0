"""``locomotion retrain``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console, frame_table, progress_bar


def retrain(
    place: Annotated[str, typer.Argument(help="Folder of the registry, or a URL for fsspec.")],
    data: Annotated[Path, typer.Argument(help="All labelled cycles, old and new.")],
    out: Annotated[Path, typer.Option(help="Folder for the challenger.")],
    model: Annotated[
        str | None, typer.Option(help="As for train; the champion's kind where not given.")
    ] = None,
    promote: Annotated[
        bool, typer.Option(help="Let a better challenger serve at once, or leave it a candidate.")
    ] = True,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same gives the same numbers.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as cores where not given.")
    ] = None,
) -> None:
    """Train a challenger, and promote it if it beats the champion on people neither has seen."""
    from joblib import cpu_count

    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.production.registry import Registry
    from locomotion_analysis.production.retraining import retrain as retrain_model

    with progress_bar() as progress:
        done = retrain_model(
            Registry(place),
            read_data(data),
            out,
            model=model,
            promote=promote,
            n_splits=folds,
            random_state=seed,
            n_jobs=jobs or cpu_count(),
            source=cycles_path(data),
            progress=progress,
        )
    shown = console()
    for note in done.notes:
        shown.print(escape(note))
    if len(done.comparison.groups):
        shown.print(frame_table(f"{done.comparison.metric} by group", done.comparison.groups))
    for reason in done.decision.reasons:
        shown.print(escape(reason))
    if done.promoted:
        shown.print(f"[green]champion[/] version {done.challenger.number}")
    else:
        shown.print(f"champion stays version {done.champion.number}; "
                    f"version {done.challenger.number} is a candidate")  # fmt: skip
