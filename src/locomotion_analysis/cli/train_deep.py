"""``locomotion train-deep``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console, error_console


def train_deep(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them, or a CSV file.")],
    target: Annotated[str, typer.Option(help="Column to predict.")],
    out: Annotated[Path, typer.Option(help="Folder for the network and its files.")],
    arch: Annotated[
        str,
        typer.Option(help="lstm, gru, cnn, spectrogram, wavelet, transformer or two_leg."),
    ] = "cnn",
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Channel to learn from; may be repeated. All where not given."),
    ] = None,
    where: Annotated[
        str | None, typer.Option(help='Keep these cycles only: a pandas query, e.g. "age > 60".')
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the cycles, at most.")] = 60,
    folds: Annotated[
        int, typer.Option(min=0, help="Folds of the evaluation by subjects; 0 for none.")
    ] = 5,
    learning_rate: Annotated[float, typer.Option(help="At its highest.")] = 1e-3,
    batch_size: Annotated[int, typer.Option(min=1, help="Cycles a batch.")] = 64,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same gives the same numbers.")] = 0,
    log: Annotated[
        Path | None,
        typer.Option(help="Losses while it trains: a .csv file or a TensorBoard folder."),
    ] = None,
) -> None:
    """Evaluate a neural network on people it has not seen, and train it on everybody.

    A run that was killed goes on where it was when it is started again in the same way.
    """
    from locomotion_analysis.cli.reading import cycles_path, read_data
    from locomotion_analysis.evaluation.deep_training import train_deep as train_network

    loaded = read_data(data)
    chosen = loaded if where is None else loaded.select(where=where)
    shown = console()
    shown.print(f"{len(chosen):,} cycles of {chosen.cycles['subject'].nunique()} subjects")
    run = train_network(
        chosen,
        target,
        out,
        arch,
        channels=channel,
        n_splits=folds,
        source=cycles_path(data),
        on_fold=lambda done, total: shown.print(f"fold {done} of {total}"),
        max_epochs=epochs,
        learning_rate=learning_rate,
        batch_size=batch_size,
        device=device,
        random_state=seed,
        log=log,
        progress=error_console().is_terminal,
    )
    for note in run.notes:
        shown.print(f"note: {escape(note)}")
    if run.results is not None:
        metric = "balanced_accuracy" if run.results["kind"] == "classification" else "mae"
        low, high = run.results["intervals"][metric]
        shown.print(
            f"[bold]{metric.replace('_', ' ')} {run.results[metric]:.3f}[/] on people not seen "
            f"(95 % interval {low:.3f} to {high:.3f}; "
            f"baseline {run.results['baseline'][metric]:.3f})"
        )
    if chosen.is_simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    shown.print(f"network  {escape(str(run.out))}")
