"""Commands on gait cycles: from a laboratory's files to checked cycles and their features."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from typer.core import TyperGroup

from locomotion_analysis.cli.options import (
    EXIT_FINDINGS,
    AsJson,
    Channels,
    Data,
    Jobs,
    Layout,
    Quiet,
    Rows,
    Seed,
    SubjectColumn,
    Where,
    cores,
    cycles_path,
    page_name,
    read_data,
    read_rows,
    scanned,
    split_names,
)
from locomotion_analysis.cli.show import (
    console,
    error_console,
    frame_table,
    progress_bar,
    rate_bar,
    show_json,
    show_paths,
    show_simulated,
    show_size,
)
from locomotion_analysis.errors import LocomotionError, SchemaError, counted
from locomotion_analysis.files import refuse_source

if TYPE_CHECKING:
    import pandas as pd

    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.ingest import Conversion


_NAMES = "Who is who"
MarkerMap = Annotated[
    Path | None,
    typer.Option(
        "--marker-map", help="YAML: names of markers in the files to those of the model, a: b."
    ),
]


def convert(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, or folders of them; without --out the last one is the file to write."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .parquet, or .csv (150 rows a cycle).")
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="YAML: a table's columns to channels."),
    ] = None,
    write_map: Annotated[
        Path | None,
        typer.Option(
            "--write-map",
            help="Draft a map for the one table named, with guesses to confirm; convert nothing.",
        ),
    ] = None,
    subjects: Annotated[
        Path | None,
        typer.Option(help="Table of subjects: mass, height, age, sex.", rich_help_panel=_NAMES),
    ] = None,
    subject_from: Annotated[
        str | None,
        typer.Option(
            metavar="name|file|folder|PATTERN",
            help="Where the subject's name stands: in the file, first in its name, in the folder's, "
            "or as {subject}/{task}_{trial}.c3d says. Without, the first of these to be trusted.",
            rich_help_panel=_NAMES,
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whom to take from a C3D file of several people.",
            rich_help_panel=_NAMES,
        ),
    ] = None,
    similar_names: Annotated[
        Literal["refuse", "same", "different"],
        typer.Option(
            help="Whether S1, S01 and S-1 are one person or several.", rich_help_panel=_NAMES
        ),
    ] = "refuse",
    same_person: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="One person although the bodies in the files differ; may be repeated.",
            rich_help_panel=_NAMES,
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="Task of recordings that do not say theirs.", rich_help_panel=_NAMES),
    ] = None,
    marker: Annotated[
        list[str] | None,
        typer.Option(help="A marker's place, as left_heel=CALC_G; may be repeated."),
    ] = None,
    marker_map: MarkerMap = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="auto|cgm1|none|FILE",
            help="Joint angles and moments: the file's, and the conventional gait model's where it "
            "has none (auto); that model's throughout; the file's alone; or those of OpenSim on a "
            "model of the person (.osim) or a set-up file of inverse kinematics (.xml).",
        ),
    ] = "auto",
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write a page and a table of how far the model's joint curves (--model, cgm1 where "
            "it is auto) are from those in the files.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only say whom each file would be taken for, and why; reads headers alone.",
            rich_help_panel=_NAMES,
        ),
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Print every step and every file.")
    ] = False,
    layout: Layout = "cycle",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first file that fails.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Turn a laboratory's files into validated gait cycles, and say what was done to them.

    Prints whom each file was taken for and what became of it; the whole history is in the file
    that is written (`locomotion info`). Status 0 where every file was converted, 1 where some
    failed, 2 where none could be.
    """
    from locomotion_analysis.data.parquet import refuse_other_ending
    from locomotion_analysis.ingest import (
        ColumnMap,
        convert,
        read_marker_map,
        read_places,
        read_subjects,
        who_is_who,
    )
    from locomotion_analysis.ingest.convert import recordings_among

    if write_map is not None:
        _draft_map(sources, write_map)
        return

    column_map = None if map_ is None else ColumnMap.from_yaml(map_)
    table = None if subjects is None else read_subjects(subjects)
    names: dict[str, Any] = {
        "column_map": column_map,
        "subjects": table,
        "task": task,
        "subject_from": subject_from,
        "subject": subject,
        "similar_names": similar_names,
        "same_person": same_person or (),
    }
    how: dict[str, Any] = {
        "markers": read_places(marker or ()),
        "marker_map": read_marker_map(marker_map) if marker_map else None,
    }
    shown = console()
    if dry_run:
        if out is None and len(sources) > 1 and not sources[-1].exists():
            sources = sources[:-1]  # the file to write
        found = who_is_who(sources, **names)
        shown.print(frame_table("Who is who, by headers alone", found))
        wrong = int((found["problem"] != "").sum())
        shown.print(
            f"{counted(len(found), 'recording')}, {wrong:,} with a problem; nothing was converted"
        )
        if wrong:
            raise typer.Exit(EXIT_FINDINGS)
        return
    sources, out = _sources_and_destination(sources, out)
    if out.exists():
        named = filter(None, (map_, subjects, marker_map))
        refuse_source(out, *recordings_among(sources, column_map).files, *named)
    if out.suffix.lower() != ".csv":
        refuse_other_ending(out)
    with progress_bar(quiet) as progress:
        result = convert(
            sources, **names, **how, model=model, fail_fast=fail_fast, progress=progress
        )
    if out.suffix.lower() == ".csv":
        layout = "long"
        result.data.to_csv(out)
    else:
        result.data.to_parquet(out, layout=layout)
    shown.print(frame_table("Files", result.table if history else shortened(result.table)))
    told = [str(entry) for entry in result.data.history] if history else list(result.notes)
    for line in told if history else told[:_MOST_NOTES]:
        cut = line if history or len(line) <= _LONGEST_NOTE else f"{line[:_LONGEST_NOTE]} ..."
        shown.print(escape(f"  {cut}"))
    if not history:
        more = f"and {len(told) - _MOST_NOTES} more; " if len(told) > _MOST_NOTES else ""
        shown.print(f"  {more}all {len(result.data.history):,} steps: --history")
    _show_passed_over(result, whole=history)
    people = result.data.cycles["subject"].nunique()
    shown.print(
        f"{counted(len(result.data), 'cycle')} of {counted(people, 'subject')} in the {layout} layout: "
        f"{escape(str(out))}"
    )
    _compare_joints(sources, compare, model, result.data, **how, **names)
    if result.failures:
        show_failures(result.failures, whole=history)
        raise typer.Exit(EXIT_FINDINGS)


def _show_passed_over(result: "Conversion", *, whole: bool) -> None:
    """Print which files of the folders were not read."""
    for paths, what in ((result.skipped, "no recordings"), (result.earlier, "of an earlier run")):
        some = [path.name for path in paths]
        if len(some) > _MOST_FAILED and not whole:
            some[_MOST_FAILED:] = [f"and {len(some) - _MOST_FAILED} more"]
        if some:
            console().print(escape(f"  passed over, {what}: {', '.join(some)}"))


def _compare_joints(
    sources: Sequence[Path], out: Path | None, model: str, data: "LocomotionData", **how: Any
) -> None:
    """Write, where asked, how the files' joints and a model's differ; `data` is with `model`."""
    if out is None:
        return
    from locomotion_analysis.ingest import convert
    from locomotion_analysis.plots import write_joint_comparison

    asked = "cgm1" if model in ("auto", "none") else model
    of_file, computed = (
        data if each == model else convert(sources, **how, model=each).data
        for each in ("none", asked)
    )
    by = "the conventional gait model" if asked == "cgm1" else f"OpenSim ({Path(asked).name})"
    write_joint_comparison(of_file, computed, out, by)
    console().print(f"report   {escape(str(out / 'report.html'))}")


_MOST_NOTES, _MOST_FAILED, _MOST_ROWS, _LONGEST_NOTE = 25, 10, 30, 300


def shortened(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row a trial, and the first of those that were converted and that failed."""
    import pandas as pd

    trials = table[~table["outcome"].str.startswith("in ")]
    failed = trials["outcome"].str.startswith("failed")
    parts = []
    for part in (trials[~failed], trials[failed]):
        parts.append(part.head(_MOST_ROWS))
        if len(part) > _MOST_ROWS:
            blank = dict.fromkeys(table.columns, "")
            blank["file"] = f"and {len(part) - _MOST_ROWS:,} more"
            parts.append(pd.DataFrame([blank]))
    return pd.concat(parts, ignore_index=True)


def show_failures(failures: Sequence[tuple[Path, LocomotionError]], *, whole: bool) -> None:
    """Print why files failed on stderr, files of one reason together, and their number last."""
    reasons: dict[tuple[str, str, str], list[tuple[Path, LocomotionError]]] = {}
    for path, error in failures:
        reasons.setdefault((error.expected, error.got, error.fix), []).append((path, error))
    for number, alike in enumerate(reasons.values()):
        if number == _MOST_FAILED and not whole:
            left = sum(map(len, reasons.values())) - sum(map(len, [*reasons.values()][:number]))
            error_console().print(f"and {left} more for {len(reasons) - number} other reasons")
            break
        path, error = alike[0]
        others = [*dict.fromkeys(other for other, _ in alike if other != path)]
        named = ", ".join(other.name for other in others[: None if whole else _MOST_FAILED])
        also = f" (and {len(others)} more: {named})" if named else ""
        error_console().print(f"[bold red]failed:[/] {escape(f'{path}{also}: {error}')}")
    n_files = len({path for path, _ in failures})
    error_console().print(f"[bold red]{n_files:,} failed[/]")


def _draft_map(sources: list[Path], target: Path) -> None:
    """Write a draft of the map of one table, and say what is left to do."""
    from locomotion_analysis.files import refuse_existing, write_all
    from locomotion_analysis.ingest import draft_map

    if len(sources) != 1:
        raise typer.BadParameter("name one table to draft a map for, and nothing else")
    refuse_existing(target)
    draft = draft_map(sources[0])
    write_all({target: draft})
    lines = [line for line in draft.splitlines() if not line.startswith("#")]
    guesses, left = (sum(word in line for line in lines) for word in ("guess", "FILL_IN"))
    console().print(
        f"draft    {escape(str(target))}: {guesses} lines with a guess to confirm, {left} with "
        "something to fill in; nothing was converted"
    )


def _sources_and_destination(sources: list[Path], out: Path | None) -> tuple[list[Path], Path]:
    if out is not None:
        return sources, out
    if len(sources) != 2:
        raise typer.BadParameter("name the file to write with --out")
    return sources[:1], sources[1]


def markers(
    file: Annotated[Path, typer.Argument(help="Recording with markers: C3D or TRC.")],
    subjects: Annotated[
        Path | None, typer.Option(help="Table of subjects with leg lengths and joint widths.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whom to take, or whose row of the table.")
    ] = None,
    marker_map: MarkerMap = None,
) -> None:
    """Say which markers of the conventional gait model are there, and what can be computed."""
    from locomotion_analysis.ingest import marker_report, read_marker_map, read_subjects

    table = None if subjects is None else read_subjects(subjects)
    names = read_marker_map(marker_map) if marker_map else None
    report = marker_report(file, subjects=table, subject=subject, marker_map=names)
    shown = console()
    shown.print(frame_table(f"Markers of {file.name}", report.markers))
    shown.print(frame_table("What can be computed", report.joints))
    for line in report.remarks:
        shown.print(escape(line))
    if report.wrong:
        raise typer.Exit(EXIT_FINDINGS)


def scale(
    model: Annotated[
        Path,
        typer.Argument(
            help="Set-up file (.xml) of OpenSim's scale tool, which names the generic model, the "
            "static trial, the measurements and the mass; or a generic model (.osim)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The scaled model, a file that ends in .osim.")],
    static: Annotated[
        Path | None,
        typer.Option(help="The person standing (C3D, TRC), for a generic model."),
    ] = None,
    mass: Annotated[
        float | None, typer.Option(metavar="KG", help="Mass, for a generic model.")
    ] = None,
    marker_set: Annotated[
        Path | None,
        typer.Option(help="OpenSim's marker set (.xml) for a generic model that has no markers."),
    ] = None,
    marker_map: MarkerMap = None,
) -> None:
    """Scale a generic OpenSim model to a person, for `convert --model` (extra opensim).

    Without a set-up file each body is measured by a pair of markers that follows from the model;
    the table says which.
    """
    import pandas as pd

    from locomotion_analysis.ingest import read_marker_map, scale_model

    scaling = scale_model(
        model,
        out,
        static=static,
        mass_kg=mass,
        marker_set=marker_set,
        marker_map=read_marker_map(marker_map) if marker_map else None,
    )
    frame = pd.DataFrame.from_dict(dict(scaling.factors), orient="index", columns=["x", "y", "z"])
    if scaling.pairs:
        frame = frame.assign(measured_by=pd.Series(dict(scaling.pairs)))
    shown = console()
    shown.print(frame_table("Scale factors", frame.reset_index(names="body")))
    shown.print(f"model    {escape(str(out))}")


def formats() -> None:
    """List the file formats that `convert` reads; they are known by content."""
    import pandas as pd

    from locomotion_analysis.ingest import readers

    rows = [(r.name, ", ".join(r.suffixes), r.description) for r in readers()]
    frame = pd.DataFrame(rows, columns=["format", "usual endings", "what it holds"])
    console().print(frame_table("Formats", frame))


def simulate(
    out: Annotated[Path, typer.Option(help="File that ends in .parquet, or folder of parts.")],
    subjects: Annotated[int, typer.Option(help="Number of subjects.")] = 36,
    cycles: Annotated[int, typer.Option(help="Cycles of each subject in each task.")] = 10,
    tasks: Annotated[
        list[str] | None,
        typer.Option(
            help="Tasks; repeat, or separate by commas. Walking and stairs where not given."
        ),
    ] = None,
    pathology: Annotated[
        list[str] | None,
        typer.Option(
            "--pathologies",
            "--pathology",
            help="Diagnoses, or healthy, who take turns; repeat, or separate by commas.",
        ),
    ] = None,
    speed: Annotated[
        list[float] | None,
        typer.Option(help="Speed (m/s) of level walking or running; repeat for several."),
    ] = None,
    seed: Seed = 0,
    layout: Layout = "cycle",
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Write simulated gait cycles, marked as simulated, to a Parquet file or folder.

    Any number of cycles: only some are in memory at a time. A folder whose writing was cut off
    goes on where it was.
    """
    from locomotion_analysis.simulation import WALKING_TASKS, write_simulation
    from locomotion_analysis.simulation.simulator import DEFAULT_PATHOLOGIES

    with progress_bar(quiet) as progress:
        written = write_simulation(
            out,
            n_subjects=subjects,
            n_cycles=cycles,
            tasks=split_names(tasks) or WALKING_TASKS,
            pathologies=split_names(pathology) or DEFAULT_PATHOLOGIES,
            seed=seed,
            speeds=speed or (),
            layout=layout,
            n_workers=jobs,
            progress=progress,
        )
    console().print(
        f"{counted(written, 'simulated cycle')} of {counted(subjects, 'subject')}: {escape(str(out))}"
    )


def info(data: Data, where: Where = None) -> None:
    """Say what a file of gait cycles holds: subjects, tasks, channels, gaps, history."""
    loaded, shown = read_data(data, where), console()
    shown.print(escape(repr(loaded)))
    shown.print(frame_table("Subjects and cycles", loaded.summary()))
    missing = loaded.missing().rename("cycles not fully measured, %").rename_axis("channel")
    shown.print(frame_table("Channels", missing.reset_index()))
    others = [name for name in loaded.cycles if name not in loaded.key.names]
    shown.print("Columns: " + escape(", ".join(map(str, others))))
    for entry in loaded.history:
        shown.print(escape(f"  {entry}"))


_Written = Annotated[
    Path, typer.Option("--out", help="File to write: .parquet, or .csv (150 rows a cycle).")
]


def describe(
    data: Rows,
    subject_column: SubjectColumn = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Say who and what is in a dataset: people, cycles of each task, channels and their gaps."""
    from locomotion_analysis.data import subjects

    loaded = read_rows(data, subject_column, where)
    shown, found = console(), subjects.describe(loaded)
    people = subjects.people_summary(loaded)
    columns = [name for name in loaded.columns if name not in loaded.key.names]
    if as_json:
        show_json(
            {
                "cycles": len(loaded),
                "subjects": len(subjects.subject_table(loaded)),
                "simulated": loaded.is_simulated,
                "counts": found.counts,
                "people": people,
                "channels": found.channels,
                "columns": columns,
                "history": [str(entry) for entry in loaded.history],
            }
        )
        return
    show_simulated(loaded.is_simulated)
    show_size(loaded)
    shown.print(frame_table("Subjects and cycles", found.counts))
    if len(people):
        shown.print(frame_table("People: each counts once", people))
    if loaded.channels:
        shown.print(frame_table("Channels", found.channels))
    shown.print("Columns: " + escape(", ".join(columns)))


def subset(data: Data, out: _Written, where: Where = None, channels: Channels = None) -> None:
    """Write some cycles, or some channels, to a file of their own; its history says which."""
    if where is None and not channels:
        raise typer.BadParameter("say what to keep: --where, --channels, or both")
    refuse_source(out, cycles_path(data))
    _write_cycles(read_data(data, where, channels), out)


def merge(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]DATA...",
            help="Datasets of different people: Parquet files, folders or CSV files. NAME replaces "
            "the name of the dataset in the file.",
        ),
    ],
    out: _Written,
) -> None:
    """Join datasets of different people; a name that stands in two of them is two people."""
    from locomotion_analysis.data import merge_datasets

    named = [("", text) if Path(text).exists() else _name_and_place(text) for text in sources]
    refuse_source(out, *(cycles_path(Path(place)) for _, place in named))
    names, pieces = [name for name, _ in named], [read_data(Path(place)) for _, place in named]
    if any(names):
        if not all(names) or len(set(names)) < len(names):
            raise typer.BadParameter("give all datasets a name of their own, or none")
        made = merge_datasets(dict(zip(names, pieces, strict=True)))
    else:
        made = merge_datasets(pieces)
    for entry in made.history:
        if entry.action in ("filled", "renamed", "merged"):
            console().print(escape(f"  {entry}"))
    _write_cycles(made, out)


def _name_and_place(text: str) -> tuple[str, str]:
    """Return name and path of NAME=DATA."""
    name, equals, place = text.partition("=")
    return (name, place) if equals else ("", text)


def _write_cycles(data: "LocomotionData", out: Path) -> None:
    from locomotion_analysis.data.parquet import refuse_other_ending

    if out.suffix.lower() == ".csv":
        data.to_csv(out)
    else:
        refuse_other_ending(out)
        data.to_parquet(out)
    show_size(data)
    show_paths({"written": out})


def plot(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures.")],
    by: Annotated[
        str | None, typer.Option(help="Column whose values are drawn apart, e.g. pathology.")
    ] = None,
    where: Where = None,
    channels: Channels = None,
    kind: Annotated[
        Literal["svg", "png", "pdf"], typer.Option("--format", help="Format of the pictures.")
    ] = "svg",
) -> None:
    """Draw gait cycles: curves over the norm, sides, the clinical sheet, events, steps, scores.

    The curves are of the twelve main channels at most; --channels draws others.
    """
    from locomotion_analysis.plots import write_figures

    loaded = read_data(data, where, channels)
    written, missing = write_figures(loaded, out, by, kind=kind, source=cycles_path(data))
    shown = console()
    for path in written:
        shown.print(f"picture  {escape(str(path))}")
    if missing:
        kinds = dict.fromkeys(name.partition("-")[2] or name for name in missing)
        shown.print(
            f"not drawn {len(missing)} of {len(missing) + len(written)} ({', '.join(kinds)}): the "
            "data lack what they show; figures.json tells what"
        )


def validate(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="HTML page to write.", callback=page_name)
    ] = None,
    write_clean: Annotated[
        Path | None, typer.Option(help="Parquet file for the cycles without errors.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Codes not to report, e.g. GAIT301; repeat, or separate by commas."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check gait cycles: structure, physiology, physics, outliers. Status 1 where errors are found."""
    from locomotion_analysis import quality

    if write_clean is not None:
        refuse_source(write_clean, cycles_path(data))
    shown, source = console(), scanned(data)
    with progress_bar(quiet) as progress:
        result = quality.validate(source, ignore=split_names(ignore) or (), progress=progress)
        if out is not None:
            diagnosis = None if result.stopped else quality.diagnose(source, progress=progress)
            title = f"Quality of {data.name}"
            quality.write_report(result, out, diagnosis, title=title, source=cycles_path(data))
        written = None
        if write_clean is not None:
            written = quality.write_clean(result, source, write_clean, progress=progress)
    n_wrong = int(result.error_cycles.sum())
    if as_json:
        show_json(
            {
                "ok": result.ok,
                "cycles": result.n_cycles,
                "cycles_with_errors": n_wrong,
                "counts": result.counts,
                "findings": result.by_code(),
                "identity": list(result.identity),
                "stopped": result.stopped or None,
                "report": None if out is None else str(out),
                "clean": None if written is None else {"file": str(write_clean), "cycles": written},
            }
        )
        if not result.ok:
            raise typer.Exit(EXIT_FINDINGS)
        return
    counts = ", ".join(
        f"{n:,} info" if severity == "info" else counted(n, severity)
        for severity, n in result.counts.items()
    )
    cycles = counted(result.n_cycles, "cycle")
    shown.print(f"{cycles}, {n_wrong:,} with errors; findings: {counts}")
    found = result.by_code()
    if len(found):
        shown.print(frame_table("Findings", found))
    for text in result.identity:
        shown.print(escape(text))
    if result.stopped:
        shown.print(f"[bold red]stopped early:[/] {escape(result.stopped)}")
    if out is not None:
        shown.print(f"report   {escape(str(out))}")
    if written is not None:
        shown.print(
            f"clean    {escape(str(write_clean))}: {written:,} of {result.n_cycles:,} cycles"
        )
    if not result.ok:
        raise typer.Exit(EXIT_FINDINGS)


def doctor(
    data: Data,
    apply: Annotated[bool, typer.Option("--apply", help="Carry the proposals out.")] = False,
    out: Annotated[Path | None, typer.Option(help="Parquet file to write, with --apply.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Only proposals of these kinds, e.g. flip; repeat, or separate by commas."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Look for wrong units, signs, sides and phase grids; propose, and correct on request."""
    from locomotion_analysis import quality

    if apply != (out is not None):
        raise SchemaError(
            expected="--apply and --out together, or neither",
            got="--apply alone" if apply else "--out alone",
            fix="locomotion doctor DATA --apply --out fixed.parquet",
        )
    if out is not None:
        refuse_source(out, cycles_path(data))
    shown, source = console(), scanned(data)
    with progress_bar(quiet) as progress:
        diagnosis = quality.diagnose(source, progress=progress).only(kinds=split_names(kind))
        if out is not None:
            quality.treat_file(source, diagnosis, out, progress=progress)
    shown.print(
        f"{counted(diagnosis.n_cycles, 'cycle')} of {counted(diagnosis.n_subjects, 'subject')}: "
        + (counted(len(diagnosis.prescriptions), "proposal") if diagnosis else "no proposals")
    )
    if diagnosis:
        shown.print(frame_table("Proposals", diagnosis.summary))
        strongest = diagnosis.table.sort_values("confidence", ascending=False).head(5)
        shown.print(frame_table("Evidence", strongest[["subject", "channels", "kind", "evidence"]]))
    if diagnosis.remarks:
        shown.print(frame_table("To decide: nothing is changed", diagnosis.remark_summary))
        evidence = diagnosis.remarks[0]
        shown.print(escape(f"for example {evidence.subject}: {evidence.evidence}"))
    if out is not None:
        shown.print(f"written  {escape(str(out))}")
    elif diagnosis:
        shown.print("Nothing was changed; add --apply --out FILE to carry the proposals out.")


_Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        "-g",
        help="Feature groups; repeat, or separate by commas. All where not given.",
    ),
]


class _ExtractUnlessNamed(TyperGroup):
    """Takes what is no subcommand as the data to extract features from."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the hidden subcommand's name in front where none is given."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["extract", *args]
        return super().parse_args(ctx, args)


features_app = typer.Typer(
    cls=_ExtractUnlessNamed,
    no_args_is_help=True,
    help="Features of every cycle: DATA --out FILE extracts them, `list` shows the catalogue.",
    subcommand_metavar="DATA --out FILE [OPTIONS] | list [OPTIONS]",
)


@features_app.command()
def extract(
    data: Annotated[Path, typer.Argument(help="Parquet file or folder of them.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write, one row a cycle.")],
    group: _Groups = None,
    aggregation: Annotated[
        list[str] | None,
        typer.Option(
            "--aggregation",
            "-a",
            help="Statistics of every curve; repeat, or separate by commas.",
        ),
    ] = None,
    memory: Annotated[str, typer.Option(help="What each process may hold.")] = "1GB",
    engine: Annotated[
        Literal["process", "dask"], typer.Option(help="This machine's processes, or Dask.")
    ] = "process",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; one is started without.")
    ] = None,
    jobs: Jobs = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out files that cannot be read, and say so.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write the features of every cycle to one Parquet file.

    Data larger than memory is read in batches. A run that was killed goes on where it was when
    it is started again.
    """
    from locomotion_analysis.features.extraction import extract_features
    from locomotion_analysis.features.spec import DEFAULT_AGGREGATIONS, left_out_message
    from locomotion_analysis.features.table import FEATURE_GROUPS

    refuse_source(out, cycles_path(data))
    with rate_bar(quiet) as progress:
        done = extract_features(
            cycles_path(data),
            out,
            groups=split_names(group) or FEATURE_GROUPS,
            aggregations=split_names(aggregation) or DEFAULT_AGGREGATIONS,
            memory=memory,
            engine=engine,
            workers=cores(jobs),
            scheduler=scheduler,
            skip_bad=skip_bad,
            progress=progress,
        )
    shown = console()
    for entry in done.history:
        if entry.action != "left out":  # in short below
            shown.print(escape(f"  {entry}"))
    if done.kept_cycles:
        shown.print(f"  {done.kept_cycles:,} cycles were kept from a run that had not finished")
    if done.left_out:
        shown.print(escape(f"  {left_out_message(done.left_out)}"))
    shown.print(
        f"{counted(done.n_cycles, 'cycle')}, {counted(len(done.specs), 'feature')}: "
        f"{escape(str(done.path))}"
    )


@features_app.command("list")
def list_features(
    group: _Groups = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a comma-separated table.")] = False,
) -> None:
    """Show every feature of the catalogue: name, unit, group, formula, source, requires."""
    from locomotion_analysis.features.table import feature_catalogue

    table = feature_catalogue(split_names(group))
    if as_csv:
        table.to_csv(sys.stdout, index=False)
        return
    console().print(frame_table(f"{len(table)} features", table))
