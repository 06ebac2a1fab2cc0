"""Datasets that come with the package."""

from locomotion_analysis.datasets.embedded import load_dataset

__all__ = ["load_dataset"]
