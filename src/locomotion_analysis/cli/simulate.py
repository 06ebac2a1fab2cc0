"""``locomotion simulate``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from locomotion_analysis.cli.show import console


def simulate(
    out: Annotated[Path, typer.Option(help="Parquet file to write.")],
    subjects: Annotated[int, typer.Option(help="Number of subjects.")] = 36,
    cycles: Annotated[int, typer.Option(help="Cycles of each subject in each task.")] = 10,
    tasks: Annotated[
        list[str] | None, typer.Option(help="Task; repeat for several. All where not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 0,
    layout: Annotated[
        Literal["cycle", "long"], typer.Option(help="One row a cycle, or 150 rows a cycle.")
    ] = "cycle",
) -> None:
    """Write simulated gait cycles, marked as simulated, to a Parquet file."""
    from rich.markup import escape

    from locomotion_analysis.simulation import SIMULATED_TASKS
    from locomotion_analysis.simulation import simulate as make

    chosen = SIMULATED_TASKS if tasks is None else tasks
    data = make(n_subjects=subjects, n_cycles=cycles, tasks=chosen, seed=seed)
    data.to_parquet(out, layout=layout)
    console().print(f"{len(data):,} simulated cycles of {subjects} subjects: {escape(str(out))}")
