"""A dataset on disk: cycles, features, frozen splits, card, and the proof that none changed."""

import os
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.checksums import verify_checksums
from locomotion_analysis.datasets.feature_files import read_features
from locomotion_analysis.datasets.files import CARD, CYCLES, FEATURES, SPLITS, UNREDUCED
from locomotion_analysis.datasets.manifest import Manifest, read_manifest
from locomotion_analysis.datasets.recipes import RECIPES
from locomotion_analysis.datasets.reducer import ARRAYS, load_reducer
from locomotion_analysis.datasets.split_table import N_FOLDS, PARTS, content_hash
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError, TargetError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from locomotion_analysis.features.feature import FeatureTable


@dataclass(frozen=True)
class Dataset:
    """A dataset in a folder; nothing is read before it is asked for.

    Attributes
    ----------
    path : Path
        The folder.
    manifest : Manifest
        Name, version, seed, targets, licence, citation, notes.
    """

    path: Path
    manifest: Manifest

    @cached_property
    def data(self) -> LocomotionData:
        """The gait cycles."""
        return LocomotionData.from_parquet(self.path / CYCLES)

    @cached_property
    def features(self) -> pd.DataFrame:
        """One row a cycle, in the order of `data`, indexed by the cycle key; float32.

        Principal components where the dataset has a reducer.
        """
        return read_features(self.path / FEATURES).frame

    @cached_property
    def unreduced(self) -> "FeatureTable":
        """The features that the reducer takes, with their catalogue entries.

        Those of `features` where the dataset has no reducer.
        """
        return read_features(self.path / (FEATURES if self.reducer is None else UNREDUCED))

    @cached_property
    def splits(self) -> pd.DataFrame:
        """One row a subject: dataset, subject, split (train, validation, test), fold (0 to 4)."""
        return pd.read_parquet(self.path / SPLITS)

    @cached_property
    def reducer(self) -> "Pipeline | None":
        """The fitted scikit-learn Pipeline (impute, scale, pca), or None."""
        return load_reducer(self.path) if (self.path / ARRAYS).is_file() else None

    @property
    def card(self) -> str:
        """The dataset card, Markdown."""
        return (self.path / CARD).read_text(encoding="utf-8")

    def verify(self) -> None:
        """Check that every file, and the rows of the splits, are those that were written.

        Raises
        ------
        FileReadError
            Naming what changed.
        """
        verify_checksums(self.path)
        found = content_hash(self.splits)
        if found != self.manifest.splits_sha256:
            raise FileReadError(
                expected=f"splits whose rows have the SHA-256 {self.manifest.splits_sha256}",
                got=found,
                where=str(self.path / SPLITS),
                fix="copy or build the dataset again",
            )

    def rows(self, split: str) -> NDArray[np.intp]:
        """Return the positions of the cycles of one part, ascending.

        Parameters
        ----------
        split : {"train", "validation", "test"}

        Raises
        ------
        SchemaError
            If there is no such part.
        """
        if split not in PARTS:
            raise SchemaError(
                expected=f"a part of {', '.join(PARTS)}", got=repr(split), where="split"
            )
        return np.flatnonzero(self._of_subjects("split", self.data.key) == split)

    def part(self, split: str) -> LocomotionData:
        """Return the cycles of one part ("train", "validation" or "test")."""
        return self.data.take(self.rows(split))

    def folds(
        self, index: pd.MultiIndex | None = None
    ) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return the five frozen folds as (train, test) positions, for scikit-learn's ``cv=``.

        Parameters
        ----------
        index : MultiIndex, optional
            Cycle key of the rows that the positions count, for example ``X.index`` of
            :meth:`supervised`, which leaves out cycles without a target; all cycles where None.
        """
        fold = self._of_subjects("fold", self.data.key if index is None else index)
        return [
            (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
            for number in range(N_FOLDS)
        ]

    def supervised(
        self, target: str, split: str | None = None
    ) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
        """Return features and a target, without the features that would give it away.

        Parameters
        ----------
        target : str
            A column of ``data.cycles``, for example one of ``manifest.targets``.
        split : {"train", "validation", "test"}, optional
            The part wanted; all cycles where None.

        Returns
        -------
        X : DataFrame, shape (n_cycles, n_features)
            Cycles whose target is not known are left out.
        y : Series, shape (n_cycles,)

        Raises
        ------
        TargetError
            If there is no such column, or the features are principal components, in which
            what gives a target away cannot be told apart.
        """
        from locomotion_analysis.features.target import labelled_cycles, without_giveaways

        if self.reducer is not None:
            raise TargetError(
                expected="a dataset whose features are not reduced",
                got=f"the principal components of {self.manifest.name}",
                where=f"target {target}",
                fix="use data.prepare_ml_features(target), or another dataset",
            )
        chosen = np.arange(len(self.data)) if split is None else self.rows(split)
        # What gives a target away is judged on all cycles, so that all parts have equal columns.
        _, known = labelled_cycles(self.data, target)
        labelled = replace(self.unreduced, frame=self.features.loc[known.index])
        kept = without_giveaways(labelled, known).frame
        wanted = known.index.isin(self.data.key[chosen])
        return kept[wanted], known[wanted]

    def _of_subjects(self, column: str, key: pd.MultiIndex) -> NDArray[Any]:
        """Return a column of the splits for the subjects of some cycles."""
        person = ["dataset", "subject"]
        people = pd.MultiIndex.from_arrays([key.get_level_values(level) for level in person])
        return self.splits.set_index(person)[column].reindex(people).to_numpy()


def open_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Open the folder of a dataset, after checking that no file changed.

    Parameters
    ----------
    path : path-like
        A folder that ``locomotion datasets build`` or :func:`build_dataset` wrote.

    Returns
    -------
    Dataset

    Warns
    -----
    LocomotionWarning
        If the dataset is an earlier version than this package makes; it can be used as it is.

    Raises
    ------
    FileReadError
        If it is no dataset, a file is missing or has changed, or the dataset is of a later
        format than this package reads.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.datasets import build_dataset
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "walk"
    >>> walk = simulate(n_subjects=15, n_cycles=2, tasks=["level_walking"])
    >>> _ = build_dataset("timeseries", folder, source=walk)
    >>> dataset = open_dataset(folder)
    >>> dataset.part("test").cycles["subject"].nunique(), dataset.data.array().shape
    (3, (30, 150, 6))
    """
    folder = Path(path)
    dataset = Dataset(folder, read_manifest(folder))
    dataset.verify()
    _warn_of_age(dataset)
    return dataset


def _warn_of_age(dataset: Dataset) -> None:
    found = dataset.manifest
    recipe = RECIPES.get(found.name)
    if recipe is None or _number(found.version) >= _number(recipe.version):
        return
    warnings.warn(
        f"{dataset.path} is version {found.version} of {found.name}; this package makes "
        f"{recipe.version}. It can be used as it is; to have the new one: "
        f"locomotion datasets build {found.name} --out FOLDER",
        LocomotionWarning,
        stacklevel=3,
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
