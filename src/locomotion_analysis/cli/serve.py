"""``locomotion serve`` and ``locomotion keys``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from locomotion_analysis.cli.bundle import secret
from locomotion_analysis.cli.show import console

if TYPE_CHECKING:
    from locomotion_analysis.production.service.served import Opener

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
    from locomotion_analysis.production.service.opening import open_served
    from locomotion_analysis.production.service.settings import MEBIBYTE

    settings = ServiceSettings(
        workers=workers,
        keys=keys,
        requests_per_minute=requests_per_minute,
        max_body_bytes=max_body_mb * MEBIBYTE,
        max_rows=max_rows,
        cors_origins=tuple(cors_origin or ()),
    )
    how: dict[str, Any] = {"key": secret(key_file), "runtime": runtime}
    opener: Opener = partial(open_served, **how)
    if store is not None:
        from locomotion_analysis.production.monitoring import PredictionStore
        from locomotion_analysis.production.monitoring.recording import open_recorded

        PredictionStore(store).close()  # one that cannot be opened ends here
        opener = partial(open_recorded, store=store, **how)
    serve_model(source_of(model), settings, host, port, opener)


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
