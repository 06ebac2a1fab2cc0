"""Arrays in NPZ and HDF5 files, looked at before they are unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.extras import require
from locomotion_analysis.ingest.tables.variables import MOST_BYTES, Variables, too_large

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zipfile, numpy and h5py raise over damaged files."""
_HEADERS: dict[tuple[int, int], Callable[..., Any]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def npz_variables(path: Path) -> Variables:
    """Read an archive of arrays; nothing in it is executed.

    Raises
    ------
    FileReadError
        If it is damaged, holds Python objects, or would unpack to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except _BROKEN as error:
        raise _damaged(path, "NPZ", error) from None
    if sum(sizes.values()) > MOST_BYTES:
        raise too_large(str(path), sum(sizes.values()))
    names = tuple(name.removesuffix(".npy") for name in sizes if name.endswith(".npy"))
    return Variables(str(path), names, lambda name: _npy(path, name))


def hdf5_variables(path: Path, *, matlab: bool = False) -> Variables:
    """Read the data sets of an HDF5 file, by their path inside it.

    Parameters
    ----------
    path : path
    matlab : bool
        Whether it is a MATLAB 7.3 file, whose arrays stand there with their axes reversed.

    Raises
    ------
    MissingExtraError
        If h5py is not installed.
    FileReadError
        If the file is damaged, a data set lies in another file, or is too large.
    """
    h5py = require("h5py", "io")
    names: list[str] = []

    def collect(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            names.append(name)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)
    except _BROKEN as error:
        raise _damaged(path, "HDF5", error) from None
    return Variables(
        str(path), tuple(names), lambda name: _dataset(h5py, path, name, matlab=matlab)
    )


def _npy(path: Path, name: str) -> NDArray[Any]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
            version = npy.read_magic(stream)  # type: ignore[no-untyped-call]
            if version not in _HEADERS:
                raise _damaged(path, "NPZ", f"{name} is of version {version}")
            shape, _, dtype = _HEADERS[version](stream)
            room = archive.getinfo(f"{name}.npy").file_size
            if not dtype.hasobject and prod(shape) * dtype.itemsize > room:
                raise _damaged(path, "NPZ", f"{name} says it has shape {shape}")
        with np.load(path, allow_pickle=False) as arrays:
            values: NDArray[Any] = arrays[name]
            return values
    except _BROKEN as error:
        if "allow_pickle" in str(error):
            raise FileReadError(
                expected=f"numbers or text in {name}",
                got="Python objects (a pickle), which could run any code",
                where=str(path),
                fix="save it again as an array of numbers or of text",
            ) from None
        raise _damaged(path, "NPZ", error) from None


def _dataset(h5py: Any, path: Path, name: str, *, matlab: bool) -> NDArray[Any]:
    try:
        with h5py.File(path, "r") as file:
            dataset = file[name]
            if dataset.external or dataset.is_virtual:
                raise _damaged(path, "HDF5", f"{name} lies in another file")
            needed = prod(dataset.shape or ()) * dataset.dtype.itemsize
            if needed > MOST_BYTES:
                raise too_large(str(path), needed, name)
            if h5py.check_ref_dtype(dataset.dtype) is not None:
                raise _damaged(path, "HDF5", f"{name} holds references (a MATLAB cell or struct)")
            if h5py.check_string_dtype(dataset.dtype) is not None:
                return np.asarray(dataset.asstr()[()], dtype=object)
            is_text = matlab and dataset.attrs.get("MATLAB_class") == b"char"
            values: NDArray[Any] = np.asarray(dataset[()])
    except _BROKEN as error:
        raise _damaged(path, "HDF5", error) from None
    if is_text:
        return np.array(["".join(map(chr, row)) for row in np.atleast_2d(values.T)], dtype=object)
    return values.T if matlab else values


def _damaged(path: Path, kind: str, why: object) -> FileReadError:
    told = str(why).splitlines()
    return FileReadError(
        expected=f"a readable {kind} file",
        got=told[0] if told else "a damaged one",
        where=str(path),
        fix="copy the file again, or save it again as plain arrays",
    )
