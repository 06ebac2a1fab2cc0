"""Gait cycles in the forms other libraries read; none of them needs pickle."""

from locomotion_analysis.datasets.export.formats import EXPORT_FORMATS, ExportFormat, export
from locomotion_analysis.datasets.export.frozen_splits import read_splits, with_splits
from locomotion_analysis.datasets.export.hugging_face import export_hugging_face
from locomotion_analysis.datasets.export.numpy_archive import export_numpy
from locomotion_analysis.datasets.export.torch_tensors import export_torch
from locomotion_analysis.datasets.export.xarray_dataset import (
    export_xarray,
    from_xarray,
    to_xarray,
)

__all__ = [
    "EXPORT_FORMATS",
    "ExportFormat",
    "export",
    "export_hugging_face",
    "export_numpy",
    "export_torch",
    "export_xarray",
    "from_xarray",
    "read_splits",
    "to_xarray",
    "with_splits",
]
