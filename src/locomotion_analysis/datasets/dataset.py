"""A dataset as a folder: cycles, features, frozen splits, card, and the proof that none changed."""

import json
import os
import warnings
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import read_plain_table
from locomotion_analysis.datasets.reducer import ARRAYS, DESCRIPTION, load_reducer
from locomotion_analysis.datasets.splits import N_FOLDS, content_hash
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.files import atomic_path, fault_of, json_text, sha256, write_all
from locomotion_analysis.selection.splitters import PARTS
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import N_PHASES
from locomotion_analysis.typed_tree import document

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from locomotion_analysis.features.spec import FeatureTable

CYCLES = "cycles.parquet"
FEATURES = "features.parquet"
UNREDUCED = "unreduced_features.parquet"
SPLITS = "splits.parquet"
MANIFEST = "dataset.json"
CARD = "README.md"
CROISSANT = "croissant.json"
QUALITY = "quality.html"
CHECKSUMS = "SHA256SUMS"

DESCRIPTIONS = {
    CYCLES: "one row a gait cycle: metadata, and a list of 150 values a channel",
    FEATURES: "one row a gait cycle, indexed by the cycle key",
    UNREDUCED: "the features before their reduction to principal components",
    ARRAYS: "arrays of the fitted reduction (NumPy, no pickle)",
    DESCRIPTION: "names of the reduction's features and components",
    SPLITS: "one row a subject: train, validation or test, and the fold it is tested in",
    MANIFEST: "version, seed, targets, notes: what programs read",
    CARD: "this card",
    CROISSANT: "the dataset described for machines (Croissant JSON-LD)",
    QUALITY: "quality report",
    CHECKSUMS: "SHA-256 of every other file, for `sha256sum -c`",
}
"""Files a dataset can have, in the order in which the card names them."""

FORMAT = 1
"""Raised when older versions of this package can no longer read the folder."""

_CATALOGUE_KEY = b"locomotion_analysis.features"


@dataclass(frozen=True)
class Manifest:
    """What ``dataset.json`` holds.

    Attributes
    ----------
    name, version : str
        Of the recipe the dataset was made with.
    simulated : bool
        Whether no person was measured.
    seed : int or None
        Of the simulation; None for a user's data.
    split_seed : int
        Of the splits.
    licence, citation : str
        Terms (SPDX identifier or address), and what to cite.
    source : str
        Where the cycles come from.
    n_cycles, n_subjects, n_features : int
        Size.
    targets : tuple of str
        Columns of the cycles to predict.
    stratified_by : str
        What the splits keep in proportion.
    splits_sha256 : str
        Hash of the rows of the splits, whatever file holds them.
    feature_groups : tuple of str
        Groups the features were computed for.
    notes : tuple of str
        What was left out, assumed or could not be kept.
    made_with : dict
        Versions of the libraries that decide the numbers.
    format : int
        Of the folder.
    """

    name: str
    version: str
    simulated: bool
    seed: int | None
    split_seed: int
    licence: str
    citation: str
    source: str
    n_cycles: int
    n_subjects: int
    n_features: int
    targets: tuple[str, ...]
    stratified_by: str
    splits_sha256: str
    feature_groups: tuple[str, ...]
    notes: tuple[str, ...]
    made_with: dict[str, str]
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write ``dataset.json``."""
        write_all({folder / MANIFEST: json_text(asdict(self))})


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
        splits: pd.DataFrame = read_plain_table(self.path / SPLITS).to_pandas()
        return splits

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
        """Return the cycles of one part.

        Parameters
        ----------
        split : {"train", "validation", "test"}

        Returns
        -------
        LocomotionData

        Raises
        ------
        SchemaError
            If there is no such part.
        """
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
        from locomotion_analysis.features.table import labelled_cycles, without_giveaways

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
    found = dataset.manifest
    recipe = RECIPES.get(found.name)
    if recipe is not None and _number(found.version) < _number(recipe.version):
        warnings.warn(
            f"{folder} is version {found.version} of {found.name}; this package makes "
            f"{recipe.version}. It can be used as it is; to have the new one: "
            f"locomotion datasets build {found.name} --out FOLDER",
            LocomotionWarning,
            stacklevel=2,
        )
    return dataset


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


# What lies in the folder


def read_manifest(folder: Path) -> Manifest:
    """Read ``dataset.json``.

    Raises
    ------
    FileReadError
        If it is missing, damaged, or of another format than this package knows.
    """
    place = folder / MANIFEST
    try:
        content = place.read_bytes()
    except OSError as error:
        raise FileReadError(
            expected=f"the folder of a dataset, with {MANIFEST}",
            got=fault_of(error),
            where=str(folder),
            fix="`locomotion datasets build NAME --out FOLDER` makes one",
        ) from error
    return document(Manifest, content, "a dataset", FORMAT, str(place), "build the dataset again")


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` for all files that lie in `folder` now."""
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    write_all({folder / CHECKSUMS: "".join(lines)})


def verify_checksums(folder: Path) -> None:
    """Compare every file of `folder` with ``SHA256SUMS``.

    Raises
    ------
    FileReadError
        Naming the files that changed or are missing. Files that were added are let be.
    """
    place = folder / CHECKSUMS
    lines = place.read_bytes().decode(errors="replace").splitlines() if place.is_file() else []
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    wrong = [f"{name} is missing" for name in wanted if not (folder / name).is_file()]
    wrong += [
        f"{name} has changed"
        for name, digest in wanted.items()
        if (folder / name).is_file() and sha256(folder / name) != digest
    ]
    if wrong or not wanted:
        raise FileReadError(
            expected=f"the files of {CHECKSUMS}, unchanged",
            got=", ".join(wrong) or "no file listed",
            where=str(folder),
            fix="copy or build the dataset again; what you make from it belongs in another folder",
        )


def read_features(path: Path) -> "FeatureTable":
    """Read the features that the extraction wrote, with their catalogue entries.

    Parameters
    ----------
    path : Path
        Parquet file. One without a catalogue (principal components) gives no entries.
    """
    from locomotion_analysis.features.spec import FeatureSpec, FeatureTable

    table = read_plain_table(path)
    entries = json.loads((table.schema.metadata or {}).get(_CATALOGUE_KEY, b"[]"))
    specs = tuple(FeatureSpec(**{**e, "requires": tuple(e["requires"])}) for e in entries)
    frame: pd.DataFrame = table.to_pandas()
    return FeatureTable(frame, specs)


def write_components(frame: pd.DataFrame, path: Path) -> None:
    """Write principal components, indexed by the cycle key, as float32."""
    with atomic_path(path) as temporary:
        table = pa.Table.from_pandas(frame.astype("float32"))
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


# What each of the ready-made datasets is: whom it simulates, and what it is for

_WALKING_AND_STAIRS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
_SIX_CLASSES = (
    "healthy",
    "stroke",
    "parkinsons",
    "knee_osteoarthritis",
    "cerebral_palsy",
    "transtibial_amputation",
)
_ADULTS = ("healthy", "fall_risk", "knee_osteoarthritis", "parkinsons", "stroke")
_SAGITTAL_JOINT_ANGLES = tuple(
    f"{motion}_angle_{side}_rad"
    for side in ("ipsi", "contra")
    for motion in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
)
_PER_CYCLE = ("kinematic", "kinetic", "temporal", "spatial")


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a dataset holds beside its cycles, and what it is for.

    Attributes
    ----------
    name : str
        Of the dataset.
    purpose : str
        What it is for, in one line.
    title : str
        Heading of its card; the name where empty.
    version : str
        Raised whenever the form changes; results name it.
    targets : tuple of str
        Columns of ``cycles`` to predict.
    stratify_by : str
        Column that the splits keep in proportion, together with the task.
    feature_groups : tuple of str
        Groups of the feature table.
    channels : tuple of str
        The only channels kept; all where empty.
    kept_variance : float or None
        Share of the variance of the training features that their principal components keep;
        None where features stay as they are.
    """

    name: str
    purpose: str
    title: str = ""
    version: str = "1.0.0"
    targets: tuple[str, ...] = ()
    stratify_by: str = "pathology"
    feature_groups: tuple[str, ...] = field(default=_PER_CYCLE)
    channels: tuple[str, ...] = ()
    kept_variance: float | None = None

    @property
    def heading(self) -> str:
        """The title, or one made of the name."""
        return self.title or f"{self.name.capitalize()} dataset"


@dataclass(frozen=True, kw_only=True)
class Recipe(Form):
    """How a ready-made dataset is made: its form, and whom it simulates.

    Attributes
    ----------
    published : str
        Date of the version.
    n_subjects, n_cycles, tasks, pathologies, seed
        Arguments of :func:`~locomotion_analysis.simulation.simulate`; `n_cycles` counts the
        cycles of each subject in each task.
    promised_features : str
        At least how many features there are, for people.
    """

    n_subjects: int
    n_cycles: int
    tasks: tuple[str, ...]
    pathologies: tuple[str, ...]
    seed: int
    version: str = "2.0.0"
    published: str = "2026-11-30"
    promised_features: str = "150+"

    @property
    def size(self) -> int:
        """Number of simulated cycles."""
        return self.n_subjects * len(self.tasks) * self.n_cycles


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="classification",
            purpose="tell pathologies and tasks apart from features",
            n_subjects=132,
            n_cycles=4,
            tasks=_WALKING_AND_STAIRS,
            pathologies=_SIX_CLASSES,
            seed=101,
            targets=("pathology", "task"),
            feature_groups=(*_PER_CYCLE, "derived"),
        ),
        Recipe(
            name="timeseries",
            purpose="learn from curves: 6 joint angles of 150 points",
            n_subjects=108,
            n_cycles=5,
            tasks=("level_walking", "incline_walking", "stair_ascent"),
            pathologies=_SIX_CLASSES,
            seed=102,
            targets=("pathology", "task"),
            channels=_SAGITTAL_JOINT_ANGLES,
        ),
        Recipe(
            name="regression",
            purpose="predict age, body mass index, speed and performance tests",
            n_subjects=165,
            n_cycles=8,
            tasks=("level_walking",),
            pathologies=_ADULTS,
            seed=103,
            targets=(
                "age",
                "bmi",
                "speed_m_s",
                "tug_s",
                "five_sit_to_stand_s",
                "six_minute_walk_m",
            ),
            stratify_by="age",
            feature_groups=(*_PER_CYCLE, "derived", "clinical"),
            promised_features="200+",
        ),
        Recipe(
            name="clustering",
            purpose="find gait patterns in principal components; pathology, subtype, severity judge them",
            n_subjects=200,
            n_cycles=16,
            tasks=("level_walking",),
            pathologies=(*_SIX_CLASSES, "transfemoral_amputation", "fall_risk"),
            seed=104,
            promised_features="PCA-reduced",
            kept_variance=0.95,
        ),
    )
}
"""The four ready-made datasets by name."""


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises
    ------
    SchemaError
        If there is none.
    """
    if name not in RECIPES:
        raise SchemaError(
            expected=f"a dataset among {', '.join(RECIPES)}",
            got=repr(name),
            where="name of the dataset",
            fix="`locomotion datasets list` says what each is for",
        )
    return RECIPES[name]


def recipe_table() -> pd.DataFrame:
    """Return the ready-made datasets: size, features, megabytes of curves, and what they are for."""
    channels = simulate(n_subjects=1, n_cycles=1, tasks=["level_walking"]).channels
    rows = [
        {
            "name": recipe.name,
            "cycles": f"{recipe.size:,}",
            "subjects": recipe.n_subjects,
            "tasks": len(recipe.tasks),
            "features": recipe.promised_features,
            "curves, MB": f"{recipe.size * len(recipe.channels or channels) * N_PHASES * 4e-6:.0f}",
            "what for": recipe.purpose,
        }
        for recipe in RECIPES.values()
    ]
    return pd.DataFrame(rows)
