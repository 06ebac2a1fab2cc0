"""A service on loopback, in a thread of the test process, with real worker processes."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from tests.production.service.small_model import open_small

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.production.service import FileSource, ServiceSettings
from locomotion_analysis.production.service.app import create_app
from locomotion_analysis.production.service.pool import LiveModel
from locomotion_analysis.production.service.server import bound, uvicorn_config


def awaited(coroutine):
    """Return what a coroutine comes to; in the main thread a browser of other tests may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Running:
    """Starts when entered, drains and ends when left."""

    def __init__(self, path, **settings):
        self.settings = ServiceSettings(**{"watch_s": 0.05, **settings})
        self.path = path

    def __enter__(self):
        self._socket = bound("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._started = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._started.wait(120)
        if self._failure:
            self._socket.close()
            raise self._failure
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self._thread.join(120)
        assert not self._thread.is_alive()
        self._socket.close()

    async def _run(self):
        self.live = LiveModel(FileSource(self.path), open_small, self.settings)
        try:
            await self.live.start()
        except LocomotionError as error:
            self._failure = error
            self._started.set()
            return
        self.server = uvicorn.Server(
            uvicorn_config(create_app(self.live, self.settings), self.settings)
        )
        self._started.set()
        await self.server.serve(sockets=[self._socket])
