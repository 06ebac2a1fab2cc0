"""Model files looked at before anything is made of them."""

import io
import math
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle.archive import fault_of_places

MOST_BYTES = 1 << 30
MOST_MEMBERS = 100_000
_HEADER_OF_ARRAY = 10_000


def audit_skops(content: bytes, name: str) -> None:
    """Refuse a skops file that holds anything but its schema and plain arrays of their true size.

    Which types it may make is decided by
    :func:`~locomotion_analysis.models.supervised.load_model`, on a list of our own.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its name, for messages.

    Raises
    ------
    BundleError
        If it unpacks to too much, holds other files (a pickle, a path), or an array whose
        header claims another size than the file has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names) or len(names) > MOST_MEMBERS:
                raise refused(name, "a file name that occurs twice, or too many files")
            arrays = {each for each in names if each.endswith(".npy") and each[:-4].isdigit()}
            odd = [each for each in names if each != "schema.json" and each not in arrays]
            if odd:
                raise refused(
                    name, f"a file {odd[0][:80]!r}, where only schema.json and arrays may be"
                )
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise refused(name, f"more than {MOST_BYTES:,} bytes unpacked")
            fault = fault_of_places(entries, len(content))
            if fault:
                raise refused(name, fault)
            for entry in entries:
                if entry.filename.endswith(".npy"):
                    _check_array(archive, entry, name)
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise refused(name, f"{type(error).__name__}: {error}") from error


def refused(name: str, got: str) -> BundleError:
    """Return the error for a model file that is not what it says."""
    return BundleError(
        expected="a model file that is what it says",
        got=got,
        where=name,
        fix="do not use this bundle; get it again from where it was made",
    )


def _check_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    with archive.open(entry) as stream:
        head = io.BytesIO(stream.read(_HEADER_OF_ARRAY))
    version = np.lib.format.read_magic(head)  # type: ignore[no-untyped-call]
    readers: dict[tuple[int, int], Callable[[io.BytesIO], Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise refused(name, f"{entry.filename} of NumPy format {version}")
    shape, _, dtype = readers[version](head)
    if dtype.hasobject:
        raise refused(name, f"{entry.filename}, an array of pickled objects")
    if head.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
        raise refused(name, f"{entry.filename} of shape {shape} in {entry.file_size:,} bytes"[:200])
