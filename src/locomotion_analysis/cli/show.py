"""How the command line speaks: lines, warnings, errors and progress."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.markup import escape

from locomotion_analysis.errors import LocomotionWarning

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from locomotion_analysis.evaluation.study_result import Progress, StudyResult


_WIDTH_IN_A_FILE = 160


def console() -> Console:
    """Return the console for results (stdout); made anew so that it follows a redirect."""
    width = None if sys.stdout.isatty() else _WIDTH_IN_A_FILE
    return Console(highlight=False, soft_wrap=True, width=width)


def error_console() -> Console:
    """Return the console for warnings, errors and progress (stderr)."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def show_error(message: str) -> None:
    """Print one error message on stderr."""
    error_console().print(f"[bold red]error:[/] {escape(message)}")


class _LogLines(logging.Handler):
    """Prints what the library logs, one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        error_console().print(f"[yellow]note:[/] {escape(record.getMessage())}")


def show_log() -> None:
    """Print the library's log from warnings upward on stderr, one line each."""
    log = logging.getLogger("locomotion_analysis")
    if not any(isinstance(handler, _LogLines) for handler in log.handlers):
        log.addHandler(_LogLines(logging.WARNING))


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - showwarning's signature
    line: str | None = None,
) -> None:
    """Print our own warnings as one line; stands in for :func:`warnings.showwarning`.

    Other libraries' warnings speak to programmers and keep their usual form.
    """
    if issubclass(category, LocomotionWarning):
        text = " ".join(str(message).split())
        error_console().print(f"[yellow]warning:[/] {escape(text)}")
    else:
        error_console().print(
            escape(warnings.formatwarning(message, category, filename, lineno, line)), end=""
        )


def frame_table(title: str, frame: "pd.DataFrame") -> "Table":
    """Return a frame as a table for the console; numbers with three digits."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in frame.columns:
        table.add_column(str(name), overflow="fold")
    for row in frame.itertuples(index=False):
        cells = (f"{cell:.3g}" if isinstance(cell, float) else f"{cell}" for cell in row)
        table.add_row(*(escape(cell) for cell in cells))
    return table


@contextmanager
def progress_bar() -> Iterator["Progress"]:
    """Yield a function that shows how far a long piece of work is, on a terminal only.

    Yields
    ------
    callable
        ``step(stage, done, total)``.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    shown = error_console()
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield step


def show_result(result: "StudyResult") -> None:
    """Print the headline of a study and where its files are."""
    shown = console()
    head = result.headline
    shown.print(
        f"[bold]{head.name}: {head.text()}[/] "
        f"(95 % interval {head.text('low')} to {head.text('high')}; baseline {head.text('baseline')})"
    )
    if result.data.is_simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    if result.left_out:
        count = len(result.left_out)
        shown.print(f"{count} features or groups were left out: the report says why")
    for title, path in (
        ("report", result.report_path),
        ("features", result.features_path),
        ("metrics", result.metrics_path),
    ):
        shown.print(f"{title:<9}{escape(str(path))}")
