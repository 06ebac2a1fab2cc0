"""The forms a dataset can be exported to, by name."""

import os
from collections.abc import Callable
from typing import Literal

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.export.hugging_face import export_hugging_face
from locomotion_analysis.datasets.export.numpy_archive import export_numpy
from locomotion_analysis.datasets.export.torch_tensors import export_torch
from locomotion_analysis.datasets.export.xarray_dataset import export_xarray
from locomotion_analysis.errors import SchemaError

ExportFormat = Literal["numpy", "torch", "huggingface", "xarray"]

EXPORT_FORMATS: dict[str, Callable[[LocomotionData, str | os.PathLike[str]], None]] = {
    "numpy": export_numpy,
    "torch": export_torch,
    "huggingface": export_hugging_face,
    "xarray": export_xarray,
}
"""Writers by name: a .npz file, a folder of tensors, a Hugging Face folder, a netCDF file."""


def export(data: LocomotionData, path: str | os.PathLike[str], format: ExportFormat) -> None:  # noqa: A002 - the word users know from pandas and Matplotlib
    """Write a dataset in the form another library reads.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    path : path-like
        File (numpy, xarray) or folder (torch, huggingface) to write, whole or not at all.
    format : {"numpy", "torch", "huggingface", "xarray"}
        See :func:`export_numpy`, :func:`export_torch`, :func:`export_hugging_face` and
        :func:`export_xarray`.

    Raises
    ------
    SchemaError
        If the format is unknown.
    FileReadError
        If something lies at `path`.
    MissingExtraError
        If the format needs a library that is not installed.
    """
    if format not in EXPORT_FORMATS:
        raise SchemaError(
            expected=f"a format of {', '.join(EXPORT_FORMATS)}", got=repr(format), where="format"
        )
    EXPORT_FORMATS[format](data, path)
