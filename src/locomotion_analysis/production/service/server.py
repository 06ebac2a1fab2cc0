"""Running the service until it is told to end.

The process that speaks HTTP starts without the libraries that predict: they are the workers'.
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.production.service.contract import (
    Opener,
    ServiceSettings,
    Source,
    log_as_json,
    stamp,
)
from locomotion_analysis.production.service.keys import KeyFile
from locomotion_analysis.production.service.pool import (
    LiveModel,
    begin_preloading,
    end_workers,
    refuse_long_socket_path,
)

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from locomotion_analysis.production.bundle.opening import Runtime
    from locomotion_analysis.production.service.worker import ServedBundle

_BACKLOG = 2048
_MOST_HEAD_BYTES = 65_536
_logger = logging.getLogger(__name__)


def open_served(
    path: Path, key: bytes | None = None, runtime: "Runtime" = "original"
) -> "ServedBundle":
    """Open a bundle for serving, inside a worker.

    Parameters
    ----------
    path : Path
        The bundle.
    key : bytes, optional
        What it must be signed with.
    runtime : {"original", "onnx", "int8"}
        What answers.

    Raises
    ------
    BundleError
        If it is damaged, not signed so, or cannot answer so.
    """
    # The process that only names this imports nothing for it.
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.service.worker import ServedBundle

    return ServedBundle(open_bundle(path, key=key, runtime=runtime))


def serve(
    source: Source,
    settings: ServiceSettings,
    host: str = "127.0.0.1",
    port: int = 8000,
    opener: Opener = open_served,
) -> None:
    """Serve a model over HTTP until SIGTERM or Ctrl-C; requests under way are answered first.

    Parameters
    ----------
    source : Source
        Where the model lies; when it changes there, the service changes to it.
    settings : ServiceSettings
        Keys and limits.
    host : str
        Address to listen at.
    port : int
        Port; 0 for any that is free. The log names it.
    opener : callable
        Opens the model, inside the workers; a bundle where nothing else is said.

    Raises
    ------
    MissingExtraError
        If FastAPI or uvicorn are not installed.
    SchemaError
        If others could reach the service without a key.
    FileReadError, BundleError
        If the model cannot be opened.
    LocomotionError
        If the address is taken, or the path of the folder for temporary files is too long.
    """
    for module in ("fastapi", "uvicorn", "prometheus_client"):
        require_installed(module, "serve")
    refuse_open_service(host, settings)
    if settings.keys is not None:
        KeyFile(settings.keys).names()  # a file that cannot be read ends here, not at a request
    stamp(source)  # a bundle that is not there ends here, before anything is started
    refuse_long_socket_path()
    begin_preloading()
    with bound(host, port) as listening, contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            asyncio.run(_serve(source, settings, opener, listening))
        finally:
            end_workers()


async def _serve(
    source: Source, settings: ServiceSettings, opener: Opener, listening: socket.socket
) -> None:
    import uvicorn

    from locomotion_analysis.production.service.app import create_app

    log_as_json()
    live = LiveModel(source, opener, settings)
    await live.start()
    app = create_app(live, settings)
    host, port = listening.getsockname()[:2]
    facts = {"url": f"http://{_address(host, port)}", "version": live.pool.model.version}
    _logger.info("serving", extra={"facts": facts})
    await uvicorn.Server(uvicorn_config(app, settings)).serve(sockets=[listening])


def uvicorn_config(app: "FastAPI", settings: ServiceSettings) -> "uvicorn.Config":
    """Return how uvicorn runs the application: its own log off, heads limited in size and time."""
    import uvicorn

    return uvicorn.Config(
        app,
        http="locomotion_analysis.production.service.middleware:GuardedConnection",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        timeout_graceful_shutdown=int(settings.drain_s) + 1,
    )


def refuse_open_service(host: str, settings: ServiceSettings) -> None:
    """Raise unless a key is needed, or only this machine can reach the service."""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if not own and settings.keys is None:
        raise SchemaError(
            expected="a file of API keys for a service that other machines can reach",
            got="none",
            where=f"host {host}",
            fix="make one with: locomotion keys add keys.json NAME, and pass --keys keys.json",
        )


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    LocomotionError
        If the address is taken, or none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named: it costs 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise LocomotionError(
            expected="an address that can be listened at",
            got=str(error),
            where=_address(host, port),
            fix="end what listens there, or choose another --port",
        ) from error
    return listening


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
