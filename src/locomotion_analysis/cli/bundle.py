"""``locomotion bundle`` and its companions ``bundle-inspect``, ``bundle-verify``, ``bundle-diff``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from locomotion_analysis.cli.show import console, frame_table

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle import Bundle

_File = Annotated[Path, typer.Argument(help="File that locomotion bundle wrote.")]
_Key = Annotated[
    Path | None, typer.Option("--key-file", help="File with the secret of the signature.")
]


def bundle(
    folder: Annotated[
        Path, typer.Argument(help="Folder that locomotion train or train-deep wrote.")
    ],
    out: Annotated[Path, typer.Option(help="File to write, for example gait-task.bundle.")],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Add the model converted to ONNX, if it answers alike.")
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Measure what a network loses in 8 bits, and allow them."),
    ] = False,
    key_file: _Key = None,
) -> None:
    """Make one verified file of a trained model and all it needs to be served and watched."""
    from locomotion_analysis.production.bundle import write_bundle

    made = write_bundle(folder, out, onnx=onnx, int8=int8, key=secret(key_file))
    _show(made)
    console().print(f"bundle   {escape(str(out))}")


def bundle_inspect(path: _File, key_file: _Key = None) -> None:
    """Show what a bundle holds: model, inputs, origin, scores, limits."""
    from locomotion_analysis.production.bundle import open_bundle

    opened = open_bundle(path, key=secret(key_file))
    _show(opened)
    told, shown = opened.manifest, console()
    needed = [each for each in opened.channels if each.needed]
    kind = "points" if told.runtime == "network" else "features"
    shown.print(f"inputs   {len(opened.schema.names):,} {kind} of {len(needed)} channels")
    for each in needed:
        shown.print(escape(f"  {each.name:<46}{each.unit:<7}positive: {each.positive}"))
    if told.conformal is not None:
        sets = "sets" if told.classes else "intervals"
        held = "everything" if told.conformal.limit is None else f"{told.conformal.limit:.3g}"
        shown.print(
            f"sets     {told.conformal.coverage:.0%} {sets} from {told.conformal.n_subjects} "
            f"subjects, limit {held}"
        )
    shown.print(f"use      {escape(told.intended_use)}")
    for limit in told.limits:
        shown.print(f"[yellow]limit:[/] {escape(limit)}")


def bundle_verify(
    path: _File,
    key_file: _Key = None,
    runtime: Annotated[
        Literal["original", "onnx", "int8"],
        typer.Option(help="Which model answers the golden rows."),
    ] = "original",
) -> None:
    """Check every hash, audit the model, and ask it what the answers are known of."""
    from locomotion_analysis.production.bundle import open_bundle

    opened = open_bundle(path, key=secret(key_file), runtime=runtime)
    difference = opened.check_golden()
    shown = console()
    shown.print(f"files    {len(opened.manifest.members)}, every hash right")
    shown.print("signed   " + ("yes, with this key" if opened.signed else "not checked"))
    rows = len(opened.golden.features) + len(opened.golden.cycle_answers)
    shown.print(f"golden   {rows} rows, largest difference {difference:.2g}")
    for name, found in opened.changed_versions().items():
        shown.print(f"[yellow]version:[/] {escape(f'{name} {found}')}")
    shown.print(f"[green]verified[/] {escape(str(path))}")


def bundle_diff(
    first: _File, second: Annotated[Path, typer.Argument(help="Another bundle.")]
) -> None:
    """Show what differs between two bundles; status 1 if anything does."""
    import pandas as pd

    from locomotion_analysis.production.bundle import compare_bundles, open_bundle

    found = compare_bundles(open_bundle(first), open_bundle(second))
    if not found:
        console().print("no difference")
        return
    rows = [{"what": each.what, first.name: each.first, second.name: each.second} for each in found]
    if first.name == second.name:
        rows = [{"what": each.what, "first": each.first, "second": each.second} for each in found]
    console().print(frame_table(f"{len(found)} differences", pd.DataFrame(rows)))
    raise typer.Exit(1)


def secret(path: Path | None) -> bytes | None:
    """Return the secret that a file holds."""
    return None if path is None else path.read_bytes()


def _show(opened: "Bundle") -> None:
    told, shown = opened.manifest, console()
    shown.print(f"model    {escape(told.name)} ({told.runtime}, {told.model})")
    predicted = ", ".join(map(str, told.classes)) or told.target_unit or "a number"
    shown.print(f"predicts {escape(f'{told.target}: {predicted}')}")
    people = f"{told.training.n_subjects} subjects, {told.training.n_rows:,} rows"
    shown.print(f"trained  {people}, {escape(told.training.created)}")
    if told.training.simulated:
        shown.print("[bold red]Simulated data:[/] no person was measured.")
    for name, score in told.metrics.items():
        if score.value is not None and score.low is not None and score.high is not None:
            interval = f"95 % interval {score.low:.3g} to {score.high:.3g}"
            shown.print(f"  {name:<18}{score.value:.3g} ({interval})")
    if told.onnx is not None:
        shown.print(f"onnx     differs by {told.onnx.max_difference:.2g} at most")
    if told.int8 is not None:
        cost = told.int8
        shown.print(
            f"8 bits   {cost.metric.replace('_', ' ')} {cost.quantised:.3g} from "
            f"{cost.original:.3g}, {cost.changed:.1%} of {cost.n_rows} training rows changed"
        )
    shown.print(f"digest   {opened.digest}")
