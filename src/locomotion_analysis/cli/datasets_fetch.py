"""``locomotion datasets fetch`` and ``locomotion datasets catalog``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locomotion_analysis.cli.show import console, error_console, frame_table

if TYPE_CHECKING:
    from locomotion_analysis.datasets.catalog import CatalogEntry
    from locomotion_analysis.datasets.catalog.partial import Progress


def fetch(
    name: Annotated[str, typer.Argument(help="A dataset of `locomotion datasets catalog`.")],
    file: Annotated[
        str, typer.Option("--file", help="Which files, with * and ?; all where not given.")
    ] = "*",
    to: Annotated[Path | None, typer.Option(help="Folder to copy the files to.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Take files from the cache only.")
    ] = False,
) -> None:
    """Download a public dataset, checked against its hashes; go on where it was cut off."""
    from rich.markup import escape

    from locomotion_analysis.datasets.catalog import catalog_entry, fetch

    entry = catalog_entry(name)
    shown = console()
    size = "" if entry.size_mb is None else f", {entry.size_mb:,.1f} MB in all"
    shown.print(escape(f"{entry.title}{size}"))
    shown.print(escape(f"licence  {_licence(entry)}"))
    shown.print(escape(f"cite     {entry.citation}"))
    with _download_bars() as progress:
        paths = fetch(name, pattern=file, to=to, offline=offline, progress=progress)
    for path in paths:
        shown.print(escape(str(path)))
    count = "1 file" if len(paths) == 1 else f"{len(paths):,} files"
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
    table = catalog()[["subjects", "size_mb", "licence", "converts", "checked", "doi"]]
    for column in ("converts", "checked"):
        table[column] = table[column].map({True: "yes", False: "no"})
    table["size_mb"] = table["size_mb"].map("{:,.1f}".format, na_action="ignore").fillna("?")
    shown = console()
    shown.print(frame_table("Public gait datasets", table.reset_index()))
    shown.print("converts: whether `locomotion convert` reads it")
    shown.print("checked: whether its addresses were seen in use; `catalog NAME` says more")


def _show_entry(entry: "CatalogEntry") -> None:
    from rich.markup import escape

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

    if entry.conversion.column_map is None:
        return entry.conversion.how
    return f"{entry.conversion.how}; MAP is {column_map_path(entry.name)}"


@contextmanager
def _download_bars() -> Iterator["Progress"]:
    """Yield a function that shows each file's bytes, rate and time left, on a terminal only."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    shown = error_console()
    columns = (
        TextColumn("{task.description:<32}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def step(name: str, here: int, total: int) -> None:
            if name not in tasks:
                for done in tasks.values():
                    bars.remove_task(done)
                tasks.clear()
                tasks[name] = bars.add_task(name, total=total or None, completed=here)
            bars.update(tasks[name], completed=here, total=total or None)

        yield step
