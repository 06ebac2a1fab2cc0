"""``locomotion train``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console, frame_table, progress_bar


def train(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
    task: Annotated[
        str,
        typer.Option(help="pathology, task, fall_risk, treatment, age, bmi or speed."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model and its files.")],
    model: Annotated[
        str, typer.Option(help="auto: the best of all; or the name of one, e.g. linear.")
    ] = "auto",
    search: Annotated[
        str, typer.Option(help="How hyperparameters are tried: halving, or optuna.")
    ] = "halving",
    target: Annotated[
        str | None, typer.Option(help="Column to predict, where it is called otherwise.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help='Keep these cycles only: a pandas query, e.g. "age > 60".')
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same gives the same numbers.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as cores where not given.")
    ] = None,
) -> None:
    """Compare models on people they have not seen, and train the best on everybody."""
    from joblib import cpu_count

    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.evaluation.leaderboard import train as train_model
    from locomotion_analysis.models.supervised.search import known_search

    loaded = read_data(data)
    chosen = loaded if where is None else loaded.select(where=where)
    shown = console()
    shown.print(f"{len(chosen):,} cycles of {chosen.cycles['subject'].nunique()} subjects")
    with progress_bar() as progress:
        run = train_model(
            chosen,
            task,
            out,
            target=target,
            model=model,
            search=known_search(search),
            n_splits=folds,
            random_state=seed,
            n_jobs=jobs or cpu_count(),
            source=cycles_path(data),
            progress=progress,
        )
    board = run.board
    shown.print(frame_table(f"{board.table_of.y.name}: models, best first", board.table))
    for sentence in board.verdict:
        shown.print(escape(sentence))
    for caution in board.table_of.cautions:
        shown.print(f"[yellow]caution:[/] {escape(caution)}")
    if board.notes:
        shown.print(f"{len(board.notes)} notes on what was left out: model_card.md")
    if chosen.is_simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    shown.print(f"model    {escape(str(run.out))}")
