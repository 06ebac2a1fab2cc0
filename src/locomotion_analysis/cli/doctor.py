"""``locomotion doctor``."""

from pathlib import Path
from typing import Annotated

import typer

from locomotion_analysis.cli.show import console, frame_table, progress_bar
from locomotion_analysis.errors import SchemaError


def doctor(
    data: Annotated[Path, typer.Argument(help="Parquet file of gait cycles, or a folder of them.")],
    apply: Annotated[bool, typer.Option("--apply", help="Carry the proposals out.")] = False,
    out: Annotated[Path | None, typer.Option(help="Parquet file to write, with --apply.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only proposals of this kind, e.g. flip; may be repeated."),
    ] = None,
) -> None:
    """Look for wrong units, signs, sides and phase grids; propose, and correct on request."""
    from rich.markup import escape

    from locomotion_analysis import quality
    from locomotion_analysis.cli.reading import cycles_path

    if apply != (out is not None):
        raise SchemaError(
            expected="--apply and --out together, or neither",
            got="--apply alone" if apply else "--out alone",
            fix="locomotion doctor DATA --apply --out fixed.parquet",
        )
    shown, source = console(), cycles_path(data)
    with progress_bar() as progress:
        diagnosis = quality.diagnose(source, progress=progress).only(kinds=kind)
        if out is not None:
            quality.treat_file(source, diagnosis, out, progress=progress)
    shown.print(
        f"{diagnosis.n_cycles:,} cycles of {diagnosis.n_subjects:,} subjects: "
        f"{len(diagnosis.prescriptions) or 'no'} proposals"
    )
    if diagnosis:
        shown.print(frame_table("Proposals", diagnosis.summary))
        strongest = diagnosis.table.sort_values("confidence", ascending=False).head(5)
        shown.print(frame_table("Evidence", strongest[["subject", "channels", "kind", "evidence"]]))
    if out is not None:
        shown.print(f"written  {escape(str(out))}")
    elif diagnosis:
        shown.print("Nothing was changed; add --apply --out FILE to carry the proposals out.")
