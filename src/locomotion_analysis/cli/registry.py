"""``locomotion registry``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console, frame_table

if TYPE_CHECKING:
    from locomotion_analysis.production.registry import Version

registry_app = typer.Typer(no_args_is_help=True, help="Versions of a model, and which one serves.")

Place = Annotated[str, typer.Argument(help="Folder of the registry, or a URL for fsspec.")]
Number = Annotated[int, typer.Argument(min=1, help="Number of the version.")]
Why = Annotated[str, typer.Option(help="Reason, for the log.")]


@registry_app.command("add")
def add(
    place: Place,
    bundle: Annotated[Path, typer.Argument(help="File that locomotion bundle wrote.")],
    run: Annotated[
        Path | None,
        typer.Option(help="Its folder of locomotion train: tells whom it was trained on."),
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make it the champion.")] = False,
    why: Why = "",
) -> None:
    """Take in a bundle as a candidate."""
    from locomotion_analysis.production.registry import Registry
    from locomotion_analysis.production.retraining import subjects_of_run

    registry = Registry(place)
    version = registry.add(bundle, None if run is None else subjects_of_run(run), why)
    _tell("added", version)
    if promote:
        _tell("champion", registry.promote(version.number, why))


@registry_app.command("list")
def list_versions(place: Place) -> None:
    """List the versions and their stages."""
    from locomotion_analysis.production.registry import Registry

    table = Registry(place).table
    table["digest"] = table["digest"].str.slice(0, 12)
    console().print(frame_table(f"{len(table)} versions", table))


@registry_app.command("promote")
def promote_version(place: Place, number: Number, why: Why = "") -> None:
    """Make a version the champion; the old one is archived, a running service follows."""
    from locomotion_analysis.production.registry import Registry

    _tell("champion", Registry(place).promote(number, why))


@registry_app.command("rollback")
def roll_back(place: Place, why: Why = "") -> None:
    """Go back to the champion before this one."""
    from locomotion_analysis.production.registry import Registry

    _tell("champion", Registry(place).roll_back(why))


@registry_app.command("archive")
def archive(place: Place, number: Number, why: Why = "") -> None:
    """Put a candidate away."""
    from locomotion_analysis.production.registry import Registry

    _tell("archived", Registry(place).archive(number, why))


@registry_app.command("log")
def show_log(place: Place) -> None:
    """Show everything that was done, by whom and why."""
    from locomotion_analysis.production.registry import Registry

    log = Registry(place).log
    console().print(frame_table(f"{len(log)} entries", log))


@registry_app.command("export-mlflow")
def export_mlflow(
    place: Place,
    which: Annotated[str, typer.Argument(help="champion, or a version's number.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Write a version as a model folder that mlflow.pyfunc.load_model reads."""
    from locomotion_analysis.production.registry import Registry
    from locomotion_analysis.production.registry.mlflow_model import write_mlflow_model

    folder = write_mlflow_model(Registry(place), which, out)
    console().print(f"model    {escape(str(folder))}")


def _tell(word: str, version: "Version") -> None:
    console().print(f"{word:<9}version {version.number}: {escape(version.name)}")
