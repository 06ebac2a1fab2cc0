"""``locomotion simulate``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console, progress_bar


def simulate(
    out: Annotated[Path, typer.Option(help="File that ends in .parquet, or folder of parts.")],
    subjects: Annotated[int, typer.Option(help="Number of subjects.")] = 36,
    cycles: Annotated[int, typer.Option(help="Cycles of each subject in each task.")] = 10,
    tasks: Annotated[
        list[str] | None,
        typer.Option(help="Task; repeat for several. Walking and stairs where not given."),
    ] = None,
    pathology: Annotated[
        list[str] | None,
        typer.Option(help="Diagnosis, or healthy; repeat for several, who take turns."),
    ] = None,
    speed: Annotated[
        list[float] | None,
        typer.Option(help="Speed (m/s) of level walking or running; repeat for several."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 0,
    layout: Annotated[
        Literal["cycle", "long"], typer.Option(help="One row a cycle, or 150 rows a cycle.")
    ] = "cycle",
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; one a processor.")] = None,
) -> None:
    """Write simulated gait cycles, marked as simulated, to a Parquet file or folder.

    Any number of cycles: only some are in memory at a time. A folder whose writing was cut off
    goes on where it was.
    """
    from rich.markup import escape

    from locomotion_analysis.simulation import WALKING_TASKS, write_simulation
    from locomotion_analysis.simulation.simulator import DEFAULT_PATHOLOGIES

    with progress_bar() as progress:
        written = write_simulation(
            out,
            n_subjects=subjects,
            n_cycles=cycles,
            tasks=tasks or WALKING_TASKS,
            pathologies=pathology or DEFAULT_PATHOLOGIES,
            seed=seed,
            speeds=speed or (),
            layout=layout,
            n_workers=workers,
            progress=progress,
        )
    console().print(f"{written:,} simulated cycles of {subjects} subjects: {escape(str(out))}")
