"""Every error the package raises on purpose, built from the same four parts."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self

__all__ = [
    "BundleError",
    "ConvergenceError",
    "CycleShapeError",
    "DownloadError",
    "DuplicateCycleError",
    "FileLockedError",
    "FileReadError",
    "LicenceError",
    "LocomotionError",
    "LocomotionWarning",
    "MissingExtraError",
    "SchemaError",
    "SplitLeakError",
    "TargetError",
    "UnitError",
    "UnpackedSizeError",
    "counted",
    "did_you_mean",
    "listed",
]


_MOST_LISTED = 12


def listed(names: Iterable[object]) -> str:
    """Return names for a message, the first twelve and how many more there are.

    Examples
    --------
    >>> listed(range(15))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more'
    """
    texts = [str(name) for name in names]
    more = len(texts) - _MOST_LISTED
    return ", ".join(texts[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def did_you_mean(name: object, known: Iterable[object], otherwise: str = "") -> str:
    """Ask for the known names that are most like one that is refused, whatever its case.

    Parameters
    ----------
    name : object
        What was asked for.
    known : iterable
        What there is.
    otherwise : str
        What to say where nothing is like it.

    Examples
    --------
    >>> did_you_mean("Patholgy", ["age", "pathology"])
    'did you mean pathology?'
    """
    names = {str(each).lower(): str(each) for each in known}
    near = [names[each] for each in get_close_matches(str(name).lower(), names, n=3)]
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "cycle"), counted(2250, "cycle"), counted(2, "person", "people")
    ('1 cycle', '2,250 cycles', '2 people')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


class LocomotionWarning(UserWarning):
    """Something was left out, assumed or repaired, and the message names it."""


class LocomotionError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    expected : str
        What would have been right.
    got : str
        What came instead.
    where : str, optional
        File, column, subject or cycle.
    fix : str, optional
        What to do about it.

    Examples
    --------
    >>> print(SchemaError(expected="a column subject", got="no such column", fix="add it"))
    expected a column subject
      got: no such column
      what to do: add it
    """

    def __init__(self, *, expected: str, got: str, where: str = "", fix: str = "") -> None:
        self.expected = expected
        self.got = got
        self.where = where
        self.fix = fix
        super().__init__(expected, got, where, fix)

    def __str__(self) -> str:
        lines = [f"expected {self.expected}", f"got: {self.got}"]
        if self.where:
            lines.append(f"where: {self.where}")
        if self.fix:
            lines.append(f"what to do: {self.fix}")
        return "\n  ".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process sends its error to the program that started it by pickle, which by
        # itself calls the class with positional arguments.
        return type(self).__new__, (type(self), *self.args), vars(self)

    def at(self, where: str) -> Self:
        """Put `where` before the place the error already names, and return the error."""
        self.where = f"{where}, {self.where}" if self.where else where
        return self


class FileReadError(LocomotionError):
    """A file is missing, empty, truncated or not what it says it is."""


class UnpackedSizeError(FileReadError):
    """A file would take far more memory than a file of its size holds."""


class FileLockedError(LocomotionError):
    """Another program or thread holds a file's lock for longer than we wait."""


class BundleError(FileReadError):
    """A model bundle is damaged, altered, of an unknown format, or holds what it may not."""


class ConvergenceError(LocomotionError):
    """A sampler's chains disagree or are too short, so that their numbers mean nothing."""


class DownloadError(LocomotionError):
    """A file cannot be fetched, or is not the one that was published."""


class LicenceError(LocomotionError):
    """The licence of a dataset does not allow what is to be done with it."""


class MissingExtraError(LocomotionError):
    """An optional dependency is not installed; the message gives the install command."""


class SchemaError(LocomotionError, ValueError):
    """A table's columns, types or values do not fit the data model."""


class CycleShapeError(SchemaError):
    """A gait cycle does not have the standard phase grid."""


class DuplicateCycleError(SchemaError):
    """Two cycles share one key (dataset, subject, task, task_id, step)."""


class UnitError(LocomotionError, ValueError):
    """A unit is unknown, or a conversion needs something that is not there."""


class TargetError(LocomotionError, ValueError):
    """The column to predict is absent, empty or has a single value."""


class SplitLeakError(LocomotionError, ValueError):
    """A subject stands on both sides of a split, or subjects are not known.

    Attributes
    ----------
    code : str
        Stable code of the check, for example ``GAIT001``.
    """

    def __init__(
        self, *, expected: str, got: str, where: str = "", fix: str = "", code: str = "GAIT001"
    ) -> None:
        super().__init__(expected=f"{expected} [{code}]", got=got, where=where, fix=fix)
        self.code = code
