"""How many bytes a file may unpack to: a small file must not fill the machine's memory."""

import os

from locomotion_analysis.errors import SchemaError, UnpackedSizeError

VARIABLE = "LOCOMOTION_MAX_BYTES"
"""Environment variable that sets the limit for every file, in bytes."""

LEAST_BYTES = 128 << 20
RATIO = 250
"""What any file may unpack to, and how many times its own size if that is more.

Recorded curves shrink to a half or a third, channels that are nearly all missing to a hundredth.
"""


def most_unpacked_bytes(n_packed: int, cap: int | None = None) -> int:
    """Return how many bytes a file may take in memory.

    Parameters
    ----------
    n_packed : int
        Size of the file in bytes.
    cap : int, optional
        Limit of the format, where it has one.

    Raises
    ------
    SchemaError
        If ``LOCOMOTION_MAX_BYTES`` is set to anything but a positive whole number.

    Examples
    --------
    >>> most_unpacked_bytes(6_000) == LEAST_BYTES
    True
    >>> most_unpacked_bytes(2_000_000_000)
    500000000000
    """
    own = os.environ.get(VARIABLE)
    if own:
        if not own.isascii() or not own.isdigit() or int(own) == 0:
            raise SchemaError(
                expected="a positive whole number of bytes",
                got=repr(own[:50]),
                where=f"environment variable {VARIABLE}",
                fix="unset it, or set it to a number such as 8000000000",
            )
        return int(own)
    most = max(LEAST_BYTES, RATIO * n_packed)
    return most if cap is None else min(most, cap)


def refuse_unpacked(n_bytes: float, most: int, where: str, what: str = "it") -> None:
    """Raise if something would unpack to more than it may.

    Parameters
    ----------
    n_bytes : float
        What it would take.
    most : int
        What it may take.
    where : str
        The file.
    what : str
        The part of the file that is spoken of.

    Raises
    ------
    UnpackedSizeError
        With both sizes, the file and the way to allow more.
    """
    if n_bytes > most:
        raise UnpackedSizeError(
            expected=f"a file that unpacks to at most {_size(most)}",
            got=f"{what} would need {_size(n_bytes)}",
            where=where,
            fix="check that it is what it says it is; if it is, split it, or set the environment "
            f"variable {VARIABLE} to the bytes that a file may take",
        )


def _size(n_bytes: float) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.3g} {name}"
    return f"{n_bytes:.0f} bytes"
