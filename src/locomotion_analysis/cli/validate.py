"""``locomotion validate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locomotion_analysis.cli.show import console, frame_table, progress_bar

if TYPE_CHECKING:
    from locomotion_analysis.quality import QualityResult

EXIT_FINDINGS = 1


def validate(
    data: Annotated[Path, typer.Argument(help="Parquet file of gait cycles, or a folder of them.")],
    report: Annotated[Path | None, typer.Option(help="HTML page to write.")] = None,
    write_clean: Annotated[
        Path | None, typer.Option(help="Parquet file for the cycles without errors.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Code not to report, e.g. GAIT301; may be repeated.")
    ] = None,
) -> None:
    """Check gait cycles: structure, physiology, physics, outliers. Status 1 where errors are found."""
    from rich.markup import escape

    from locomotion_analysis import quality
    from locomotion_analysis.cli.reading import cycles_path

    shown, source = console(), cycles_path(data)
    with progress_bar() as progress:
        result = quality.validate(source, ignore=ignore or (), progress=progress)
        if report is not None:
            diagnosis = None if result.stopped else quality.diagnose(source, progress=progress)
            quality.write_report(
                result, report, diagnosis, title=f"Quality of {data.name}", source=source
            )
        written = None
        if write_clean is not None:
            written = quality.write_clean(result, source, write_clean, progress=progress)
    _show(result)
    if report is not None:
        shown.print(f"report   {escape(str(report))}")
    if written is not None:
        shown.print(
            f"clean    {escape(str(write_clean))}: {written:,} of {result.n_cycles:,} cycles"
        )
    if not result.ok:
        raise typer.Exit(EXIT_FINDINGS)


def _show(result: "QualityResult") -> None:
    from rich.markup import escape

    shown = console()
    counts = ", ".join(f"{n:,} {severity}" for severity, n in result.counts.items())
    shown.print(
        f"{result.n_cycles:,} cycles, {int(result.error_cycles.sum()):,} with errors; "
        f"findings: {counts}"
    )
    found = result.by_code()
    if len(found):
        shown.print(frame_table("Findings", found))
    if result.stopped:
        shown.print(f"[bold red]stopped early:[/] {escape(result.stopped)}")
