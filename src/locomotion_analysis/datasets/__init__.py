"""Datasets that come with the package, or are made of public ones and of your own cycles.

Names are imported on first use, so that :func:`load_dataset` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locomotion_analysis.datasets.building import (
        DATASET_NAMES,
        build_dataset,
        build_file,
        load_dataset,
    )
    from locomotion_analysis.datasets.dataset import RECIPES, Dataset, Recipe, open_dataset
    from locomotion_analysis.datasets.public import make_dataset
    from locomotion_analysis.datasets.reducer import fit_reducer, load_reducer, save_reducer
    from locomotion_analysis.datasets.splits import FrozenSplits, freeze_splits

_HOME = {
    "DATASET_NAMES": "building",
    "RECIPES": "dataset",
    "Dataset": "dataset",
    "FrozenSplits": "splits",
    "Recipe": "dataset",
    "build_dataset": "building",
    "build_file": "building",
    "fit_reducer": "reducer",
    "freeze_splits": "splits",
    "load_dataset": "building",
    "load_reducer": "reducer",
    "make_dataset": "public",
    "open_dataset": "dataset",
    "save_reducer": "reducer",
}

__all__ = [
    "DATASET_NAMES",
    "RECIPES",
    "Dataset",
    "FrozenSplits",
    "Recipe",
    "build_dataset",
    "build_file",
    "fit_reducer",
    "freeze_splits",
    "load_dataset",
    "load_reducer",
    "make_dataset",
    "open_dataset",
    "save_reducer",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
