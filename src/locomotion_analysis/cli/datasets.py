"""``locomotion datasets``: the ready-made ones, your own in the same form, and public ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locomotion_analysis.cli.datasets_export import export
from locomotion_analysis.cli.datasets_fetch import catalog, fetch
from locomotion_analysis.cli.show import console, frame_table, progress_bar

if TYPE_CHECKING:
    from locomotion_analysis.datasets import Dataset

datasets_app = typer.Typer(
    no_args_is_help=True,
    help="Ready-made datasets, your own in the same form, and public ones.",
)


@datasets_app.command()
def build(
    name: Annotated[
        str, typer.Argument(help="classification, timeseries, regression or clustering.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder to write, or a file that ends in .parquet: cycles only.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Your own gait cycles: Parquet file or folder, or CSV file."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of your data: SPDX identifier or address.")
    ] = None,
    citation: Annotated[str | None, typer.Option(help="What to cite for your data.")] = None,
) -> None:
    """Write a dataset: cycles, features, frozen splits, card and checksums; or the cycles alone."""
    from rich.markup import escape

    from locomotion_analysis.datasets import build_dataset, build_file

    shown = console()
    if out.suffix == ".parquet":
        if licence or citation:
            raise typer.BadParameter(
                "--licence and --citation go into a card, which only a folder has"
            )
        data = build_file(name, out, source)
        shown.print(escape(repr(data).splitlines()[0]))
        shown.print(f"150 rows a cycle, column split: {escape(str(out))}")
        return
    with progress_bar() as progress:
        dataset = build_dataset(name, out, source, licence, citation, progress=progress)
    _show_dataset(dataset)


@datasets_app.command("list")
def list_datasets() -> None:
    """List the ready-made datasets; all are simulated, no person was measured."""
    import pandas as pd

    from locomotion_analysis.datasets import RECIPES
    from locomotion_analysis.simulation import simulate
    from locomotion_analysis.standard import N_PHASES

    n_channels = len(simulate(n_subjects=1, n_cycles=1, tasks=["level_walking"]).channels)
    rows = [
        {
            "name": recipe.name,
            "cycles": f"{recipe.size:,}",
            "subjects": recipe.n_subjects,
            "tasks": len(recipe.tasks),
            "features": recipe.promised_features,
            "curves, MB": f"{recipe.size * (len(recipe.channels) or n_channels) * N_PHASES * 4e-6:.0f}",
            "what for": recipe.purpose,
        }
        for recipe in RECIPES.values()
    ]
    shown = console()
    shown.print(frame_table("Ready-made datasets", pd.DataFrame(rows)))
    shown.print("Simulated: no person was measured. Public ones: `locomotion datasets catalog`")


@datasets_app.command()
def info(
    name: Annotated[str, typer.Argument(help="A ready-made dataset, or the folder of a dataset.")],
) -> None:
    """Say what a dataset holds; of a folder, also check that no file changed."""
    from locomotion_analysis.datasets import DATASET_NAMES, open_dataset
    from locomotion_analysis.datasets.files import MANIFEST

    if name in DATASET_NAMES and not (Path(name) / MANIFEST).is_file():
        _show_ready_made(name)
    else:
        _show_dataset(open_dataset(name))


def _show_ready_made(name: str) -> None:
    from rich.markup import escape

    from locomotion_analysis.datasets import RECIPES, load_dataset

    data, shown = load_dataset(name), console()
    shown.print(escape(repr(data)))
    shown.print(frame_table("Subjects and cycles", data.summary()))
    shown.print("Simulated: no person was measured.")
    if name in RECIPES:
        recipe = RECIPES[name]
        shown.print(f"version  {recipe.version}, seed {recipe.seed}")
        shown.print(f"for      {recipe.purpose}")
        if recipe.targets:
            shown.print(f"targets  {', '.join(recipe.targets)}")
        shown.print(f"features {recipe.promised_features} ({', '.join(recipe.feature_groups)})")
        shown.print(f"folder   locomotion datasets build {name} --out FOLDER")


def _show_dataset(dataset: "Dataset") -> None:
    from rich.markup import escape

    from locomotion_analysis.datasets.card_tables import class_table, split_table

    shown, said = console(), dataset.manifest
    whose = "simulated: no person was measured" if said.simulated else "recorded"
    shown.print(f"{said.name} {said.version}, {whose}; every checksum right")
    shown.print(
        f"{said.n_cycles:,} cycles of {said.n_subjects:,} subjects, {said.n_features:,} features"
    )
    cycles = dataset.data.cycles
    shown.print(frame_table("Subjects", class_table(cycles)))
    title = f"Splits by subject, kept in proportion: {said.stratified_by}"
    shown.print(frame_table(title, split_table(cycles, dataset.splits)))
    lines = {
        "targets": ", ".join(said.targets) or "none",
        "licence": said.licence,
        "cite": said.citation,
        "folder": str(dataset.path),
    }
    for word, text in lines.items():
        shown.print(escape(f"{word:<9}{text}"))
    for note in said.notes:
        shown.print(escape(f"  {note}"))


for _command in (export, fetch, catalog):
    datasets_app.command()(_command)
