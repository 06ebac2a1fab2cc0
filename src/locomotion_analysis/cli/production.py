"""Commands on trained models: bundles, service, monitoring, registry, retraining."""

import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from locomotion_analysis.cli.options import (
    EXIT_FINDINGS,
    AsJson,
    Channels,
    Folds,
    Jobs,
    Quiet,
    Rows,
    Seed,
    SubjectColumn,
    Where,
    cores,
    cycles_path,
    page_name,
    read_rows,
    split_names,
)
from locomotion_analysis.cli.show import (
    console,
    frame_table,
    progress_bar,
    show_json,
    show_paths,
    show_simulated,
)
from locomotion_analysis.errors import FileReadError, counted
from locomotion_analysis.files import refuse_source

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle import Bundle
    from locomotion_analysis.production.registry import Registry, Version
    from locomotion_analysis.production.service.contract import Opener


_File = Annotated[Path, typer.Argument(help="File that locomotion bundle wrote.")]
_Key = Annotated[
    Path | None, typer.Option("--key-file", help="File with the secret of the signature.")
]


def bundle(
    folder: Annotated[Path, typer.Argument(help="Folder that locomotion train wrote.")],
    out: Annotated[Path, typer.Option(help="File to write, for example gait-task.bundle.")],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Add the model converted to ONNX, if it answers alike.")
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Measure what a network loses in 8 bits, and allow them."),
    ] = False,
    reference: Annotated[
        Literal["summary", "cycles", "none"],
        typer.Option(
            help="Of the training people: the means of each, single cycles of each, or nobody "
            "(drift cannot be measured then)."
        ),
    ] = "summary",
    key_file: _Key = None,
) -> None:
    """Make one verified file of a trained model and all it needs to be served and watched."""
    from locomotion_analysis.production.bundle import write_bundle

    made = write_bundle(
        folder, out, onnx=onnx, int8=int8, key=_secret(key_file), reference=reference
    )
    _show_bundle(made)
    show_paths({"bundle": out})


def bundle_inspect(path: _File, key_file: _Key = None) -> None:
    """Show what a bundle holds: model, inputs, origin, scores, limits."""
    from locomotion_analysis.production.bundle import open_bundle

    opened = open_bundle(path, key=_secret(key_file))
    _show_bundle(opened)
    told, shown = opened.manifest, console()
    needed = [each for each in opened.channels if each.needed]
    kind = "points" if told.runtime == "network" else "features"
    shown.print(
        f"inputs   {len(opened.schema.names):,} {kind} of {counted(len(needed), 'channel')}"
    )
    for each in needed:
        shown.print(escape(f"  {each.name:<46}{each.unit:<7}positive: {each.positive}"))
    if told.conformal is not None:
        sets = "sets" if told.classes else "intervals"
        held = "everything" if told.conformal.limit is None else f"{told.conformal.limit:.3g}"
        shown.print(
            f"sets     {told.conformal.coverage:.0%} {sets} from {told.conformal.n_subjects} "
            f"subjects, limit {held}"
        )
        for label, own in told.conformal.by_class.items():
            held = "in every set" if own.limit is None else f"limit {own.limit:.3g}"
            achieved = "unknown" if own.achieved is None else f"{own.achieved:.0%}"
            shown.print(
                escape(
                    f"  {label}: {own.coverage:.0%} promised, {achieved} achieved in "
                    f"{own.n_subjects} subjects, {held}"
                )
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
    """Check every hash, audit the model, and compare its golden predictions with the known ones."""
    from locomotion_analysis.production.bundle import open_bundle

    opened = open_bundle(path, key=_secret(key_file), runtime=runtime)
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
    console().print(frame_table(counted(len(found), "difference"), pd.DataFrame(rows)))
    raise typer.Exit(EXIT_FINDINGS)


def _secret(path: Path | None) -> bytes | None:
    """Return the secret that a file holds."""
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise FileReadError(
            expected="a file with the secret of the signature",
            got=error.strerror or str(error),
            where=str(path),
            fix="check the path",
        ) from error


def _show_bundle(opened: "Bundle") -> None:
    told, shown = opened.manifest, console()
    shown.print(f"model    {escape(told.name)} ({told.runtime}, {told.model})")
    predicted = ", ".join(map(str, told.classes)) or told.target_unit or "a number"
    shown.print(f"predicts {escape(f'{told.target}: {predicted}')}")
    people = (
        f"{counted(told.training.n_subjects, 'subject')}, {counted(told.training.n_rows, 'row')}"
    )
    shown.print(f"trained  {people}, {escape(told.training.created)}")
    shown.print(f"holds    {escape(told.people)}")
    show_simulated(told.training.simulated)
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


keys_app = typer.Typer(no_args_is_help=True, help="API keys of a service.")

KeysFile = Annotated[Path, typer.Argument(help="File of API keys, by custom keys.json.")]
KeyName = Annotated[str, typer.Argument(help="Name of the key: whom it is for.")]


def serve(
    model: Annotated[str, typer.Argument(help="A bundle, or REGISTRY#champion.")],
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that predict.")] = 1,
    keys: Annotated[
        Path | None, typer.Option(help="File of API keys; needed unless only this machine asks.")
    ] = None,
    requests_per_minute: Annotated[int, typer.Option(min=1, help="Of one key.")] = 6_000,
    max_body_mb: Annotated[int, typer.Option(min=1, help="Largest request body.")] = 32,
    max_rows: Annotated[int, typer.Option(min=1, help="Most cycles in a request.")] = 4_096,
    store: Annotated[
        str | None,
        typer.Option(help="File (or database URL) to keep answers in, for locomotion monitor."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="File with the secret that the bundle must be signed with.")
    ] = None,
    runtime: Annotated[
        Literal["original", "onnx", "int8"],
        typer.Option(help="What answers: the model, its ONNX graph, or a network in 8 bits."),
    ] = "original",
    cors_origin: Annotated[
        list[str] | None, typer.Option(help="Origin of a page that may call the service.")
    ] = None,
) -> None:
    """Serve a model over HTTP: /v1/predict, the V2 protocol, metrics, and a page at /."""
    from locomotion_analysis.production.service import ServiceSettings, source_of
    from locomotion_analysis.production.service import serve as serve_model
    from locomotion_analysis.production.service.contract import MEBIBYTE
    from locomotion_analysis.production.service.server import open_served

    settings = ServiceSettings(
        workers=workers,
        keys=keys,
        requests_per_minute=requests_per_minute,
        max_body_bytes=max_body_mb * MEBIBYTE,
        max_rows=max_rows,
        cors_origins=tuple(cors_origin or ()),
    )
    how: dict[str, Any] = {"key": _secret(key_file), "runtime": runtime}
    opener: Opener = partial(open_served, **how)
    if store is not None:
        from locomotion_analysis.production.monitoring import PredictionStore
        from locomotion_analysis.production.monitoring.store import open_recorded

        PredictionStore(store).close()  # one that cannot be opened ends here
        opener = partial(open_recorded, store=store, **how)
    serve_model(source_of(model), settings, host, port, opener)


def stream(
    bundle: _File,
    rate: Annotated[float, typer.Option(help="Samples a second.")],
    source: Annotated[
        str,
        typer.Option("--in", help="File of samples, or - for what comes in: CSV or JSON lines."),
    ] = "-",
    subject: Annotated[str, typer.Option(help="Whom the stream shows.")] = "unnamed",
    task: Annotated[str, typer.Option(help="What the person does.")] = "level_walking",
    known: Annotated[
        list[str] | None,
        typer.Option(help="What else is known, NAME=NUMBER: mass_kg=70, speed_m_s=1.2; repeat."),
    ] = None,
    stall: Annotated[
        float, typer.Option(min=0.1, help="Say so when no sample comes for so many seconds.")
    ] = 1.0,
    key_file: _Key = None,
) -> None:
    """Predict each stride of a live stream: gait events and predictions as JSON lines."""
    import json

    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.stream import read_samples, stream_samples

    told = dict(_named_number(each) for each in known or ())
    coming = source == "-"
    with nullcontext(sys.stdin) if coming else Path(source).open(encoding="utf-8") as lines:
        opened = open_bundle(bundle, key=_secret(key_file))
        samples = read_samples(lines, "stdin" if coming else source)
        for output in stream_samples(
            opened, samples, rate, stall, subject=subject, task=task, known=told
        ):
            sys.stdout.write(json.dumps(output) + "\n")
            sys.stdout.flush()


def predict(
    bundle: _File,
    data: Annotated[
        Path,
        typer.Argument(help="Gait cycles or a table of features: a Parquet or CSV file."),
    ],
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.")],
    key_file: _Key = None,
    as_json: AsJson = False,
) -> None:
    """Predict every cycle of a file with a bundle: prediction sets, out-of-distribution flags."""
    from locomotion_analysis.production import predicting
    from locomotion_analysis.production.bundle import open_bundle

    refuse_source(out, cycles_path(data), bundle)
    predicting.check_ending(out)  # before the long work
    opened = open_bundle(bundle, key=_secret(key_file))
    table = predicting.answers(opened, predicting.read_rows(cycles_path(data), opened.schema.names))
    predicting.write_predictions(table, out)
    shown = console()
    rejected = int((table["rejected"] != "").sum()) if "rejected" in table else 0
    outside = int(table["outside"].eq(True).sum()) if "outside" in table else 0
    if as_json:
        told = opened.manifest
        show_json(
            {
                "model": told.name,
                "target": told.target,
                "rows": len(table),
                "answered": len(table) - rejected,
                "outside": outside,
                "rejected": rejected,
                "table": str(out),
            }
        )
        return
    shown.print(f"answered {len(table) - rejected:,} of {len(table):,} rows")
    if outside:
        shown.print(f"outside  {outside:,} are out of the training distribution (column outside)")
    if rejected:
        shown.print(f"rejected {rejected:,} were not fully measured (column rejected)")
    shown.print(f"table    {escape(str(out))}")


def _named_number(text: str) -> tuple[str, float]:
    """Return name and number of NAME=NUMBER."""
    from locomotion_analysis.errors import SchemaError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise SchemaError(
            expected="NAME=NUMBER",
            got=repr(text),
            where="--known",
            fix="for example --known age=61",
        ) from None


@keys_app.command("add")
def add_key(file: KeysFile, name: KeyName) -> None:
    """Make a key and print it: only its hash is kept, so that it is not shown again."""
    from locomotion_analysis.production.service import KeyFile

    typer.echo(KeyFile(file).add(name))


@keys_app.command("revoke")
def revoke_key(file: KeysFile, name: KeyName) -> None:
    """Make a key worthless; a running service refuses it from the next request on."""
    from locomotion_analysis.production.service import KeyFile

    KeyFile(file).revoke(name)
    console().print(f"revoked  {escape(name)}")


@keys_app.command("list")
def list_keys(file: KeysFile) -> None:
    """List whom there are keys for."""
    from locomotion_analysis.production.service import KeyFile

    for name in KeyFile(file).names():
        typer.echo(name)


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
    table = _known(place).table
    table["digest"] = table["digest"].str.slice(0, 12)
    console().print(frame_table(counted(len(table), "version"), table))


@registry_app.command("promote")
def promote_version(place: Place, number: Number, why: Why = "") -> None:
    """Make a version the champion; the old one is archived, a running service follows."""
    _tell("champion", _known(place).promote(number, why))


@registry_app.command("rollback")
def roll_back(place: Place, why: Why = "") -> None:
    """Go back to the champion before this one."""
    _tell("champion", _known(place).roll_back(why))


@registry_app.command("archive")
def archive(place: Place, number: Number, why: Why = "") -> None:
    """Put a candidate away."""
    _tell("archived", _known(place).archive(number, why))


@registry_app.command("log")
def show_log(place: Place) -> None:
    """Show everything that was done, by whom and why."""
    log = _known(place).log
    console().print(frame_table(counted(len(log), "entry", "entries"), log))


@registry_app.command("export-mlflow")
def export_mlflow(
    place: Place,
    which: Annotated[str, typer.Argument(help="champion, or a version's number.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Write a version as a model folder that mlflow.pyfunc.load_model reads."""
    from locomotion_analysis.production.mlflow_model import write_mlflow_model

    show_paths({"model": write_mlflow_model(_known(place), which, out)})


def _known(place: str) -> "Registry":
    """Return a registry that holds something: one that is only read is not made by that."""
    from locomotion_analysis.production.registry import Registry

    registry = Registry(place)
    if not registry.versions:
        raise FileReadError(
            expected="a registry with a version",
            got="none",
            where=place,
            fix="check the spelling, or begin with: locomotion registry add FOLDER BUNDLE",
        )
    return registry


def _tell(word: str, version: "Version") -> None:
    console().print(f"{word:<9}version {version.number}: {escape(version.name)}")


monitor_app = typer.Typer(
    no_args_is_help=True,
    help="Monitor a served model: drift, and scores of labels that came later.",
)

Store = Annotated[str, typer.Argument(help="File of locomotion serve --store, or a database URL.")]
_DAY_S = 86_400.0


@monitor_app.command("report")
def report(
    store: Store,
    bundle: Annotated[Path, typer.Option(help="The bundle that answered.")],
    out: Annotated[Path, typer.Option(help="HTML page to write.", callback=page_name)] = Path(
        "watch.html"
    ),
    days: Annotated[
        float | None, typer.Option(min=0.0, help="Look at the last days only; all where not given.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Address that alarms are posted to as JSON.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Measure drift and live performance; status 1 on an alarm."""
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.monitoring import (
        PredictionStore,
        send_alarm,
        watch,
        watch_numbers,
        write_watch_report,
    )

    opened = open_bundle(bundle)
    since = None if days is None else time.time() - days * _DAY_S
    found = watch(PredictionStore(store, create=False), opened, since, random_state=seed)
    write_watch_report(found, opened, out)
    shown = console()
    for note in found.notes:
        shown.print(escape(note))
    for alarm in found.alarms:
        shown.print(f"[bold red]alarm:[/] {escape(alarm)}")
    if not found.alarms:
        shown.print("[green]no alarm[/]")
    show_paths({"report": out})
    if found.alarms:
        if webhook is not None:
            send_alarm(webhook, watch_numbers(found))
        raise typer.Exit(EXIT_FINDINGS)


@monitor_app.command("label")
def label(
    store: Store,
    labels: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet with subject and label (and task, task_id, step for one cycle)."
        ),
    ],
) -> None:
    """Add labels that became known."""
    from locomotion_analysis.errors import SchemaError
    from locomotion_analysis.production.monitoring import PredictionStore, read_labels

    table = read_labels(labels)
    try:
        matched = PredictionStore(store, create=False).label(table)
    except SchemaError as error:
        raise error.at(str(labels)) from None
    console().print(f"{counted(len(table), 'label')}, of {counted(matched, 'prediction')}")


@monitor_app.command("purge")
def purge(
    store: Store,
    keep_days: Annotated[float, typer.Option(min=0.0, help="Keep what is younger.")],
) -> None:
    """Remove old predictions and labels."""
    from locomotion_analysis.production.monitoring import PredictionStore

    gone = PredictionStore(store, create=False).purge(time.time() - keep_days * _DAY_S)
    console().print(f"{counted(gone, 'prediction')} removed")


@monitor_app.command("rotate-key")
def rotate_key(
    place: Annotated[str, typer.Argument(help="Store, or folder of a registry.")],
) -> None:
    """Hash subjects' names with a further secret key; make one if all are in use."""
    from locomotion_analysis.production.monitoring import PredictionStore
    from locomotion_analysis.production.registry import Registry

    if (Path(place) / "registry.json").is_file():
        Registry(place).rotate_key()
    else:
        PredictionStore(place, create=False).rotate_key()
    console().print("names hashed with the newest key of this account")


def retrain(
    place: Place,
    data: Rows,
    out: Annotated[Path, typer.Option(help="Folder for the challenger.")],
    subject_column: SubjectColumn = None,
    where: Where = None,
    channels: Channels = None,
    recipes: Annotated[
        list[str] | None,
        typer.Option(help="As for train; the champion's where not given."),
    ] = None,
    promote: Annotated[
        bool, typer.Option(help="Let a better challenger serve at once, or leave it a candidate.")
    ] = True,
    folds: Folds = 5,
    seed: Seed = 0,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Train a challenger, and promote it if it beats the champion on people neither has seen."""
    from locomotion_analysis.production.registry import Registry
    from locomotion_analysis.production.retraining import retrain as retrain_model

    with progress_bar(quiet) as progress:
        done = retrain_model(
            Registry(place),
            read_rows(data, subject_column, where, channels),
            out,
            recipes=split_names(recipes),
            promote=promote,
            n_splits=folds,
            random_state=seed,
            n_jobs=cores(jobs),
            source=cycles_path(data),
            progress=progress,
        )
    shown = console()
    for note in done.notes:
        shown.print(escape(note))
    if len(done.comparison.groups):
        shown.print(frame_table(f"{done.comparison.metric} by group", done.comparison.groups))
    for reason in done.decision.reasons:
        shown.print(escape(reason))
    if done.promoted:
        shown.print(f"[green]champion[/] version {done.challenger.number}")
    else:
        shown.print(f"champion stays version {done.champion.number}; "
                    f"version {done.challenger.number} is a candidate")  # fmt: skip
