"""Optional libraries, and the message for the one that is missing."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from locomotion_analysis.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional library.

    Parameters
    ----------
    module : str
        Name to import, for example ``"h5py"``.
    extra : str
        Extra of this package that installs it, for example ``"io"``.

    Raises
    ------
    MissingExtraError
        If it is not installed; the message holds the command that installs it.
    """
    require_installed(module, extra)
    return import_module(module)


def require_installed(module: str, extra: str) -> None:
    """Raise :class:`MissingExtraError` unless `module` is installed, without importing it."""
    if find_spec(module) is None:
        raise MissingExtraError(
            expected=f"the optional library {module}",
            got="it is not installed",
            fix=f"pip install 'locomotion-analysis[{extra}]'",
        )
