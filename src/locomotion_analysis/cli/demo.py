"""``locomotion demo``."""

from pathlib import Path
from typing import Annotated

import typer

from locomotion_analysis.cli.show import console, progress_bar, show_result

_TARGET = "pathology"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report and its files.")] = Path(
        "locomotion-demo"
    ),
) -> None:
    """Run the whole job on simulated gait: tell healthy gait from two pathologies."""
    from locomotion_analysis.datasets import load_dataset
    from locomotion_analysis.evaluation import run_study

    data = load_dataset("demo")
    console().print(
        f"{len(data):,} simulated cycles of {data.cycles['subject'].nunique()} subjects"
    )
    with progress_bar() as progress:
        result = run_study(data, _TARGET, out, progress=progress)
    show_result(result)
