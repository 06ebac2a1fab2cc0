"""The command line as a whole: its commands, and the one place errors are shown."""

import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from locomotion_analysis._version import __version__
from locomotion_analysis.cli.data import (
    convert,
    describe,
    doctor,
    features_app,
    formats,
    info,
    markers,
    merge,
    plot,
    scale,
    simulate,
    subset,
    validate,
)
from locomotion_analysis.cli.datasets import datasets_app, export
from locomotion_analysis.cli.models import models_app
from locomotion_analysis.cli.production import (
    bundle,
    bundle_diff,
    bundle_inspect,
    bundle_verify,
    keys_app,
    monitor_app,
    predict,
    registry_app,
    retrain,
    serve,
    stream,
)
from locomotion_analysis.cli.show import show_error, show_log, warning_lines
from locomotion_analysis.cli.study import audit, compare, demo, discover, explain, run, train
from locomotion_analysis.errors import LocomotionError, LocomotionWarning

EXIT_ERROR = 2

app = typer.Typer(
    name="locomotion",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
"""The whole command line, as a Typer application."""


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"locomotion-analysis {__version__}")
        raise typer.Exit


@app.callback()
def _locomotion(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Human gait data: validated cycles, features, honest models and a report."""


_PANELS: dict[str, tuple[Callable[..., object] | tuple[str, typer.Typer], ...]] = {
    "Start here": (demo,),
    "From files to gait cycles": (
        *(formats, convert, markers, scale, simulate),
        ("datasets", datasets_app),
    ),
    "Look, check and arrange": (info, describe, plot, validate, doctor, subset, merge, export),
    "Features, models and statistics": (
        *(run, train, explain, audit, discover, compare),
        *(("features", features_app), ("models", models_app)),
    ),
    "Use, serve and monitor a model": (
        *(bundle, bundle_inspect, bundle_verify, bundle_diff, predict, serve, stream, retrain),
        *(("keys", keys_app), ("registry", registry_app), ("monitor", monitor_app)),
    ),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        if isinstance(_command, tuple):
            app.add_typer(_command[1], name=_command[0], rich_help_panel=_panel)
        else:
            app.command(rich_help_panel=_panel)(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors made on purpose end it with one message and status 2.

    Parameters
    ----------
    arguments : list of str, optional
        What stands after ``locomotion``; taken from the command line where None.
    """
    show_log()
    with warnings.catch_warnings():
        warnings.simplefilter("always", LocomotionWarning)
        warnings.showwarning = warning_lines()
        try:
            app(args=arguments, prog_name="locomotion")  # by python -m, too
        except LocomotionError as error:
            show_error(str(error))
        except OSError as error:
            place = f": {error.filename}" if error.filename else ""
            show_error(f"{error.strerror or error}{place}")
        else:
            return
    sys.exit(EXIT_ERROR)
