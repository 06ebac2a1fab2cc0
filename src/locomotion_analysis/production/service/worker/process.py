"""A worker process: opens the model once, then answers until the service is gone."""

import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.production.service.json_log import log_as_json
from locomotion_analysis.production.service.served import Description, Opener
from locomotion_analysis.production.service.settings import ServiceSettings


@dataclass(frozen=True)
class NotOpened:
    """Why a worker has no model."""

    message: str


Opened = Description | NotOpened


def run_worker(
    connection: Connection, path: Path, opener: Opener, settings: ServiceSettings
) -> None:
    """Open the model, say what it is, and answer what comes through the connection."""
    # Signals are for the process that speaks HTTP: it lets its workers finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_as_json()
    from threadpoolctl import threadpool_limits

    from locomotion_analysis.production.service.worker.answering import Answering

    try:
        served = opener(path)
        served.check_golden()
        answering = Answering(served, settings)
    except LocomotionError as error:
        connection.send(NotOpened(str(error)))
        return
    connection.send(answering.model)
    with threadpool_limits(1):
        while True:
            try:
                jobs = connection.recv()
                connection.send(answering.answer(jobs))
            except (EOFError, BrokenPipeError, ConnectionResetError):
                return  # the service is gone
