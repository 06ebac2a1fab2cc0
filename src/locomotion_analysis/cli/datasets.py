"""``locomotion datasets``: the ready-made ones, your own in the same form, and public ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from locomotion_analysis.cli.options import Channels, Quiet, Where, kept, read_data, split_names
from locomotion_analysis.cli.show import console, download_bar, frame_table, progress_bar
from locomotion_analysis.errors import counted

if TYPE_CHECKING:
    import pandas as pd

    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.datasets import Dataset
    from locomotion_analysis.datasets.download import CatalogEntry


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
    quiet: Quiet = False,
) -> None:
    """Write a dataset: cycles, features, frozen splits, card and checksums; or the cycles alone."""
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
    with progress_bar(quiet) as progress:
        dataset = build_dataset(name, out, source, licence, citation, progress=progress)
    _show_dataset(dataset)


def make(
    name: Annotated[str, typer.Argument(help="A dataset of `locomotion datasets catalog`.")],
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="The publisher's files, and folders of them; the cache's if none."),
    ] = None,
    use: Annotated[
        list[str] | None,
        typer.Option(
            metavar="own|share|commercial",
            help="What the data are for: your own research, passing them on, commercial use; "
            "repeat, or separate by commas. A licence that forbids it is refused before any work.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make a dataset of a public one's files: cycles, features, frozen splits, card, checksums."""
    from locomotion_analysis.datasets.catalog import catalog_entry
    from locomotion_analysis.datasets.public import make_dataset
    from locomotion_analysis.datasets.terms import USES, terms_of

    entry = catalog_entry(name)
    terms = terms_of(entry.licence)
    shown = console()
    shown.print(escape(entry.title))
    shown.print(escape(f"licence  {_licence(entry)}"))
    for asked in terms.asks:
        shown.print(escape(f"asks     {asked}"))
    for forbidden in terms.forbids:
        shown.print(escape(f"forbids  {USES[forbidden]}"))
    shown.print(escape(f"cite     {entry.citation}"))
    with progress_bar(quiet) as progress:
        dataset = make_dataset(
            name, files or (), out, uses=split_names(use) or ["own"], progress=progress
        )
    _show_dataset(dataset)


@datasets_app.command("list")
def list_datasets() -> None:
    """List the ready-made datasets; all are simulated, no person was measured."""
    from locomotion_analysis.datasets.dataset import recipe_table

    shown = console()
    shown.print(frame_table("Ready-made datasets", recipe_table()))
    shown.print("Simulated: no person was measured. Public ones: `locomotion datasets catalog`")


@datasets_app.command()
def info(
    name: Annotated[str, typer.Argument(help="A ready-made dataset, or the folder of a dataset.")],
) -> None:
    """Say what a dataset holds; of a folder, also check that no file changed."""
    from locomotion_analysis.datasets import DATASET_NAMES, open_dataset
    from locomotion_analysis.datasets.dataset import MANIFEST

    if name in DATASET_NAMES and not (Path(name) / MANIFEST).is_file():
        _show_ready_made(name)
    else:
        _show_dataset(open_dataset(name))


def _show_ready_made(name: str) -> None:
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
    from locomotion_analysis.datasets.cards import class_table, split_table

    shown, said = console(), dataset.manifest
    whose = "simulated: no person was measured" if said.simulated else "recorded"
    shown.print(f"{said.name} {said.version}, {whose}; every checksum right")
    shown.print(
        f"{counted(said.n_cycles, 'cycle')} of {counted(said.n_subjects, 'subject')}, "
        f"{counted(said.n_features, 'feature')}"
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


def export(
    data: Annotated[
        Path,
        typer.Argument(help="Parquet file or folder of gait cycles, a CSV file, or a dataset."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write (.csv, .parquet, .mat, .nc, .h5, .npz), or folder; must not exist."
        ),
    ],
    to: Annotated[
        Literal["csv", "parquet", "mat", "sto", "xarray", "hdf5", "numpy", "torch", "huggingface"]
        | None,
        typer.Option(
            "--to",
            "--format",
            help="Format; the ending says it where not given. Folders: sto (OpenSim, a file a "
            "cycle), torch, huggingface.",
        ),
    ] = None,
    where: Where = None,
    channels: Channels = None,
    splits: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet table: subject, split; a dataset's own where not given."),
    ] = None,
) -> None:
    """Write gait cycles in the form another program or library reads, without pickle."""
    from locomotion_analysis.datasets.export import export, format_of, with_splits
    from locomotion_analysis.files import refuse_existing

    refuse_existing(out)
    chosen = to or format_of(out)  # before the long work
    loaded, table = _read_with_splits(data, splits)
    if table is not None:
        loaded = with_splits(loaded, table)
    loaded = kept(loaded, where, channels)
    export(loaded, out, chosen)
    console().print(f"{counted(len(loaded), 'cycle')} as {chosen}: {escape(str(out))}")


def _read_with_splits(
    data: Path, splits: Path | None
) -> "tuple[LocomotionData, pd.DataFrame | None]":
    """Return cycles and splits; those of a ready-made dataset once its checksums are right."""
    from locomotion_analysis.datasets import open_dataset
    from locomotion_analysis.datasets.dataset import MANIFEST
    from locomotion_analysis.datasets.export import read_splits

    own = None if splits is None else read_splits(splits)
    if not (data / MANIFEST).is_file():
        return read_data(data), own
    dataset = open_dataset(data)
    return dataset.data, dataset.splits if own is None else own


def fetch(
    name: Annotated[str, typer.Argument(help="A dataset of `locomotion datasets catalog`.")],
    file: Annotated[
        str, typer.Option("--file", help="Which files, with * and ?; all where not given.")
    ] = "*",
    to: Annotated[Path | None, typer.Option(help="Folder to copy the files to.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Take files from the cache only.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Download a public dataset, checked against its hashes; go on where it was cut off."""
    from locomotion_analysis.datasets.catalog import catalog_entry, fetch

    entry = catalog_entry(name)
    shown = console()
    size = "" if entry.size_mb is None else f", {entry.size_mb:,.1f} MB in all"
    shown.print(escape(f"{entry.title}{size}"))
    shown.print(escape(f"licence  {_licence(entry)}"))
    shown.print(escape(f"cite     {entry.citation}"))
    with download_bar(quiet) as progress:
        paths = fetch(name, pattern=file, to=to, offline=offline, progress=progress)
    for path in paths:
        shown.print(escape(str(path)))
    count = counted(len(paths), "file")
    total = sum(path.stat().st_size for path in paths) / 1e6
    shown.print(f"{count}, {total:,.1f} MB, every hash right")
    shown.print(escape(f"convert  {_conversion(entry)}"))


def catalog(
    name: Annotated[str | None, typer.Argument(help="Say all that is known of this one.")] = None,
) -> None:
    """List the public gait datasets that `fetch` knows."""
    from locomotion_analysis.datasets.catalog import catalog, catalog_entry

    if name is not None:
        _show_entry(catalog_entry(name))
        return
    table = catalog()[["subjects", "size_mb", "licence", "converts", "tried_on", "checked", "doi"]]
    for column in ("converts", "checked"):
        table[column] = table[column].map({True: "yes", False: "no"})
    table["size_mb"] = table["size_mb"].map("{:,.1f}".format, na_action="ignore").fillna("?")
    shown = console()
    shown.print(frame_table("Public gait datasets", table.reset_index()))
    shown.print("converts: whether `locomotion datasets make` makes gait cycles of it")
    shown.print("tried_on: recordings of it, tables in its published layout, or nothing yet")
    shown.print("checked: whether its addresses were seen in use; `catalog NAME` says more")


def _show_entry(entry: "CatalogEntry") -> None:
    shown = console()
    lines = {
        "title": entry.title,
        "subjects": f"{entry.subjects:,}",
        "doi": entry.doi,
        "licence": _licence(entry),
        "cite": entry.citation,
        "page": entry.page,
        "checked": f"{'yes' if entry.checked else 'NO'}: {entry.evidence}",
        "convert": _conversion(entry),
    }
    for title, text in lines.items():
        shown.print(escape(f"{title:<10}{text}"))
    for file in entry.files:
        size = "" if file.size is None else f", {file.size / 1e6:,.1f} MB"
        told = file.published_hash or "no published hash: recorded on first use"
        shown.print(escape(f"{'file':<10}{file.name}{size}, {told}"))
    for listing in entry.listings:
        shown.print(escape(f"{'files':<10}as listed at {listing.url}"))


def _licence(entry: "CatalogEntry") -> str:
    if entry.licence.startswith("LicenseRef"):
        return "not stated by the publisher: ask before you pass the data on"
    return entry.licence


def _conversion(entry: "CatalogEntry") -> str:
    from locomotion_analysis.datasets.catalog import column_map_path

    note = entry.conversion
    maps = [str(column_map_path(file)) for file in note.column_maps]
    said = f"{note.how} Column maps: {', '.join(maps)}" if maps else note.how
    if not note.possible:
        return f"not yet. {said}"
    return f"locomotion datasets make {entry.name} FILES --out FOLDER. {said}"


for _command in (make, export, fetch, catalog):
    datasets_app.command()(_command)
