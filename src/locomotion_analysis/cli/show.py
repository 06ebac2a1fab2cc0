"""How the command line speaks: lines, warnings, errors and progress."""

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape

from locomotion_analysis.errors import LocomotionWarning, counted
from locomotion_analysis.progress import silent

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn
    from rich.table import Table

    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.evaluation.study_result import StudyResult
    from locomotion_analysis.progress import Progress


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


def warning_lines() -> Callable[..., None]:
    """Return what prints our own warnings, each once, as one line: :func:`warnings.showwarning`.

    Other libraries' warnings speak to programmers and keep their usual form.
    """
    told: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG001 - showwarning's signature
        line: str | None = None,
    ) -> None:
        if not issubclass(category, LocomotionWarning):
            text = warnings.formatwarning(message, category, filename, lineno, line)
            error_console().print(escape(text), end="")
            return
        text = " ".join(str(message).split())
        if text not in told:
            told.add(text)
            error_console().print(f"[yellow]warning:[/] {escape(text)}")

    return show


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


def _bar(*more: "ProgressColumn | str") -> "Bars":
    from rich.progress import BarColumn, Progress, TextColumn

    shown = error_console()
    columns = (TextColumn("{task.description:<32}"), BarColumn(), *more)
    return Progress(*columns, console=shown, transient=True)


_LINE_EVERY_S = 5.0
"""Seconds between two lines of progress where nobody looks at a terminal."""


def _lines(*, quiet: bool) -> "Progress | None":
    """Return what tells of progress without a terminal: a line every few seconds, or nothing.

    None where there is a terminal, on which a bar is drawn.
    """
    if quiet:
        return silent
    shown = error_console()
    if shown.is_terminal:
        return None
    told = time.monotonic()

    def step(stage: str, done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _LINE_EVERY_S:
            told = now
            of_all = f" of {total:,}" if total else ""
            shown.print(escape(f"{stage}: {done:,}{of_all}"))

    return step


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator["Progress"]:
    """Yield a function that shows how far a long piece of work is.

    On a terminal it moves a bar; where the output is a file it prints a line every few seconds.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        ``step(stage, done, total)``.
    """
    from rich.progress import MofNCompleteColumn, TaskID

    lines = _lines(quiet=quiet)
    if lines is not None:
        yield lines
        return
    with _bar(MofNCompleteColumn()) as bars:
        tasks: dict[str, TaskID] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield step


@contextmanager
def rate_bar(quiet: bool = False) -> Iterator["Progress"]:
    """Yield as :func:`progress_bar`; on a terminal the rate and the time left are shown, too."""
    from rich.progress import MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn

    lines = _lines(quiet=quiet)
    if lines is not None:
        yield lines
        return
    with _bar(
        MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn()
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                # What an earlier run computed counts as done but not towards the rate.
                tasks[stage] = bars.add_task(stage, total=total, completed=done, rate="")
            bars.update(tasks[stage], completed=done, total=total)
            speed = bars.tasks[tasks[stage]].speed
            bars.update(tasks[stage], rate="" if speed is None else f"{speed:,.0f} {stage}/s")

        yield step


@contextmanager
def download_bar(quiet: bool = False) -> Iterator["Progress"]:
    """Yield a function that shows each file's bytes; on a terminal rate and time left, too."""
    from rich.progress import DownloadColumn, TaskID, TimeRemainingColumn, TransferSpeedColumn

    lines = _lines(quiet=quiet)
    if lines is not None:
        yield lines
        return
    with _bar(DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()) as bars:
        tasks: dict[str, TaskID] = {}

        def step(name: str, here: int, total: int) -> None:
            if name not in tasks:
                for done in tasks.values():
                    bars.remove_task(done)
                tasks.clear()
                tasks[name] = bars.add_task(name, total=total or None, completed=here)
            bars.update(tasks[name], completed=here, total=total or None)

        yield step


def show_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object; numbers that are not known are null."""
    from locomotion_analysis.evaluation.metrics import metrics_json
    from locomotion_analysis.files import json_text

    sys.stdout.write(json_text(metrics_json(dict(content))))


def show_size(data: "LocomotionData") -> None:
    """Print how many cycles of how many subjects there are."""
    simulated = int(data.cycles["simulated"].eq(True).sum()) if data.is_simulated else 0
    whole = simulated == len(data)
    cycle = "simulated cycle" if whole else "cycle"
    rows = (cycle,) if data.channels else ("row of features", "rows of features")
    some = f", {simulated:,} of them simulated" if simulated and not whole else ""
    people = counted(data.cycles["subject"].nunique(), "subject")
    console().print(f"{counted(len(data), *rows)} of {people}{some}")


def show_simulated(simulated: bool) -> None:
    """Print that no person was measured, where that is so."""
    if simulated:
        console().print("[bold red]Simulated data:[/] no person was measured.")


def show_identity(texts: Iterable[str]) -> list[str]:
    """Print what speaks against the names of the people, above a score; return other cautions."""
    told = list(texts)
    show_cautions(text for text in told if text.startswith("GAIT"))
    return [text for text in told if not text.startswith("GAIT")]


def show_cautions(texts: Iterable[str]) -> None:
    """Print reasons to doubt a score, one a line."""
    for text in texts:
        console().print(f"[yellow]caution:[/] {escape(text)}")


def show_paths(paths: Mapping[str, Path]) -> None:
    """Print what was written where."""
    for title, path in paths.items():
        console().print(f"{title:<9}{escape(str(path))}")


def show_result(result: "StudyResult") -> None:
    """Print the headline of a study and where its files are."""
    shown = console()
    others = show_identity(result.cautions)
    head = result.headline
    shown.print(
        f"[bold]{head.name}: {head.text()}[/] "
        f"(95 % interval {head.text('low')} to {head.text('high')}; baseline {head.text('baseline')})"
    )
    show_cautions(others)
    show_simulated(result.data.is_simulated)
    if result.left_out:
        count = counted(len(result.left_out), "feature or group", "features or groups")
        shown.print(f"left out {count}: the report says why")
    show_paths(
        {
            "report": result.report_path,
            "features": result.features_path,
            "metrics": result.metrics_path,
        }
    )
