"""The model that is served now, and its replacement without a gap."""

import asyncio
import logging
import shutil
import tempfile
import time
from pathlib import Path

from locomotion_analysis.errors import BundleError, LocomotionError
from locomotion_analysis.files import sha256
from locomotion_analysis.production.service.pool import Pool
from locomotion_analysis.production.service.served import Opener
from locomotion_analysis.production.service.settings import ServiceSettings
from locomotion_analysis.production.service.sources import Source, Stamp, stamp

_logger = logging.getLogger(__name__)


class LiveModel:
    """Keeps the workers of the current model, and changes them when the source changes.

    The new model's workers are started and tried on its golden examples beside the old ones;
    then all new requests go to them, and the old ones end when they have answered what they had.
    A model that cannot be opened, or fails its golden examples, changes nothing.

    Parameters
    ----------
    source : Source
        Where the model lies.
    opener : callable
        Opens it, inside the workers.
    settings : ServiceSettings
        The limits.
    """

    def __init__(self, source: Source, opener: Opener, settings: ServiceSettings) -> None:
        self._source, self._opener, self._settings = source, opener, settings
        self._folder = tempfile.TemporaryDirectory(prefix="locomotion-serve-")
        self._seen: Stamp | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.pool: Pool
        self.swaps = 0
        self.failed_swaps = 0
        self.last_failure = ""
        self.draining = False
        self.since = time.time()

    async def start(self) -> None:
        """Start the workers, and the watch over the source.

        Raises
        ------
        FileReadError, BundleError
            If the model cannot be opened.
        """
        try:
            self._seen = stamp(self._source)
            self.pool = await self._started()
        except BaseException:
            self._folder.cleanup()
            raise
        self._keep(asyncio.create_task(self._watch()))

    async def stop(self) -> None:
        """Answer what is under way, then end the workers."""
        self.draining = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pool.close(self._settings.drain_s)
        self._folder.cleanup()

    async def look(self) -> bool:
        """Replace the model if the source changed; return whether it was replaced."""
        try:
            seen = await asyncio.to_thread(stamp, self._source)
            if seen == self._seen:
                return False
            # What fails is not tried again until the source changes once more.
            self._seen = seen
            new = await self._started()
        except (LocomotionError, OSError) as error:
            if str(error) != self.last_failure:
                self.failed_swaps += 1
                self.last_failure = str(error)
                kept = "model not replaced, the old one goes on: %s"
                _logger.error(kept, type(error).__name__)  # noqa: TRY400 - see JsonLines
            return False
        old, self.pool = self.pool, new
        self.swaps += 1
        self.since = time.time()
        self.last_failure = ""
        _logger.info("model replaced: version %s", new.model.version)
        self._keep(asyncio.create_task(self._retired(old)))
        return True

    async def _retired(self, old: Pool) -> None:
        await old.close(self._settings.drain_s)
        if old.path != self.pool.path:
            old.path.unlink(missing_ok=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch_s)
            await self.look()

    async def _started(self) -> Pool:
        copy = await asyncio.to_thread(self._own_copy)
        pool = Pool(copy, self._opener, self._settings)
        try:
            await pool.start()
        except BundleError as error:  # the workers know the copy only, the caller the file
            error.got = error.got.replace(str(copy), str(self._source.path()))
            raise
        return pool

    def _own_copy(self) -> Path:
        """Copy the bundle: a worker replaced later must open the same one as the others."""
        copy = Path(self._folder.name) / "new"
        with self._source.path().open("rb") as stream, copy.open("wb") as own:
            shutil.copyfileobj(stream, own, 1 << 20)
        return copy.replace(copy.with_name(f"{sha256(copy)}.bundle"))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
