"""A registry as the source of a service: whichever version is champion is served."""

import shutil
import tempfile
import weakref
from pathlib import Path

from locomotion_analysis.production.registry.registry import Registry


class StageSource:
    """The bundle of a stage, or of a version, of a registry.

    Parameters
    ----------
    registry : Registry
        Where the versions are.
    which : str
        ``champion``, or a version's number.
    """

    def __init__(self, registry: Registry, which: str = "champion") -> None:
        self._registry, self._which = registry, which
        self._cache = Path(tempfile.mkdtemp(prefix="locomotion-registry-"))
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)

    def path(self) -> Path:
        """Return the bundle's file on this machine, whole and as it was added.

        Raises
        ------
        FileReadError
            If there is no such version, or its file was changed.
        """
        return self._registry.fetch(self._which, self._cache)
