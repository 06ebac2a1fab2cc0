"""Making a dataset: cycles, features, splits, card, checksums, all or nothing."""

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis._version import __version__
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.checksums import write_checksums
from locomotion_analysis.datasets.dataset import Dataset, open_dataset
from locomotion_analysis.datasets.feature_files import read_features, write_components
from locomotion_analysis.datasets.files import (
    CARD,
    CHECKSUMS,
    CROISSANT,
    CYCLES,
    FEATURES,
    QUALITY,
    SPLITS,
    UNREDUCED,
)
from locomotion_analysis.datasets.manifest import Manifest
from locomotion_analysis.datasets.origin import (
    Origin,
    Source,
    cycles_of,
    is_all_simulated,
    origin_of,
    targets_of,
)
from locomotion_analysis.datasets.recipes import Recipe, recipe_of
from locomotion_analysis.datasets.split_table import (
    SPLIT_SEED,
    FrozenSplits,
    content_hash,
    freeze_splits,
)
from locomotion_analysis.files import atomic_folder, json_text, refuse_existing, write_all
from locomotion_analysis.progress import Progress
from locomotion_analysis.simulation.simulator import SIMULATOR_VERSION

if TYPE_CHECKING:
    from locomotion_analysis.features.feature import FeatureSpec
    from locomotion_analysis.quality import QualityResult


_LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "pyarrow")
_STAGES = ("splits", "features", "quality", "card")
_TOLD = ("assumed", "dropped", "noted", "skipped")


def build_dataset(
    name: str,
    out: str | os.PathLike[str],
    source: Source | None = None,
    licence: str | None = None,
    citation: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Write a dataset as a folder: cycles, features, frozen splits, card, checksums.

    Parameters
    ----------
    name : str
        "classification", "timeseries", "regression" or "clustering".
    out : path-like
        Folder to write, whole or not at all; must not exist yet.
    source : LocomotionData or path-like, optional
        Your own gait cycles (Parquet file or folder of them, or CSV file), to be made into a
        dataset of that kind. Simulated ones where None.
    licence, citation : str, optional
        Terms of your data (SPDX identifier or address) and what to cite. Needed with recorded
        data.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    Dataset
        Opened, its checksums compared.

    Raises
    ------
    SchemaError
        If the name is unknown, licence or citation of recorded data is missing, or the data
        lack what the dataset is made of.
    TargetError
        If the data have none of the dataset's targets.
    SplitLeakError
        If there are fewer than five subjects.
    FileReadError
        If something lies at `out`, or the source cannot be read.

    Notes
    -----
    The same recipe, library versions and kind of machine give the same files, byte for byte.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "walk"
    >>> walk = simulate(n_subjects=15, n_cycles=2, tasks=["level_walking"])
    >>> dataset = build_dataset("timeseries", folder, source=walk)
    >>> sorted(file.name for file in folder.iterdir())[:4]
    ['README.md', 'SHA256SUMS', 'croissant.json', 'cycles.parquet']
    """
    refuse_existing(out)
    recipe = recipe_of(name)
    origin = origin_of(recipe, source, licence, citation)
    targets = targets_of(origin.data.cycles, recipe)
    shown = _Stages(progress)
    with atomic_folder(out) as folder:
        shown.next()
        splits = freeze_splits(origin.data.cycles, recipe.stratify_by)
        splits.table.to_parquet(folder / SPLITS, index=False)
        origin.data.to_parquet(folder / CYCLES)
        shown.next()
        features = _write_features(folder, recipe, splits.table)
        shown.next()
        quality = _write_quality(folder, recipe, origin.data)
        shown.next()
        manifest = _manifest(recipe, origin, splits, targets, features)
        manifest.write(folder)
        _describe(folder, recipe, origin.data, manifest, splits.table, features.specs, quality)
        write_checksums(folder)
    shown.next()
    return open_dataset(out)


def build_file(
    name: str, out: str | os.PathLike[str], source: Source | None = None
) -> LocomotionData:
    """Write the cycles of a dataset as one Parquet file in the long layout.

    150 rows a cycle, as other tools of the field read; a column ``split`` holds the frozen part
    of each subject, and the history in the file says what the cycles are.

    Parameters
    ----------
    name, source
        As for :func:`build_dataset`.
    out : path-like
        File to write; an older one is replaced when the new one is complete.

    Returns
    -------
    LocomotionData
        What was written.
    """
    from locomotion_analysis.datasets.export.frozen_splits import with_splits

    recipe = recipe_of(name)
    data = cycles_of(recipe, source)
    targets_of(data.cycles, recipe)
    splits = freeze_splits(data.cycles, recipe.stratify_by)
    written = with_splits(data, splits.table)
    written.to_parquet(out, layout="long")
    return written


@dataclass(frozen=True)
class _Features:
    """What was computed: catalogue, number of columns in the end, notes."""

    specs: "tuple[FeatureSpec, ...]"
    n_columns: int
    notes: tuple[str, ...]


def _write_features(folder: Path, recipe: Recipe, splits: pd.DataFrame) -> _Features:
    from locomotion_analysis.features.streaming.extraction import extract_features

    path = folder / (FEATURES if recipe.kept_variance is None else UNREDUCED)
    done = extract_features(folder / CYCLES, path, groups=recipe.feature_groups)
    notes = [str(entry) for entry in done.history if entry.action in _TOLD]
    if done.left_out:
        notes.append(
            f"{len(done.left_out)} features or families of the catalogue are left out, as the "
            f"data lack what they need: the history in {path.name} says which and why"
        )
    specs, n_columns = done.specs, len(done.specs)
    if recipe.kept_variance is not None:
        n_columns = _reduce(folder, recipe.kept_variance, splits)
    return _Features(specs, n_columns, tuple(notes))


def _reduce(folder: Path, kept_variance: float, splits: pd.DataFrame) -> int:
    """Write the principal components and the reducer; return how many components."""
    from threadpoolctl import threadpool_limits

    from locomotion_analysis.datasets.card import fitted_on
    from locomotion_analysis.datasets.reducer import fit_reducer, save_reducer

    frame = read_features(folder / UNREDUCED).frame
    training = splits.loc[splits["split"] == "train", ["dataset", "subject"]]
    levels = frame.index.to_frame()[["dataset", "subject"]]
    people = pd.MultiIndex.from_frame(levels)
    of_training = people.isin(pd.MultiIndex.from_frame(training))
    reducer = fit_reducer(frame[of_training], kept_variance)
    save_reducer(reducer, folder, fitted_on(splits))
    with threadpool_limits(1):  # as in fit_reducer
        components = reducer.transform(frame.astype("float64"))
    write_components(components, folder / FEATURES)
    return int(components.shape[1])


def _write_quality(folder: Path, recipe: Recipe, data: LocomotionData) -> "QualityResult":
    from locomotion_analysis import quality

    result = quality.validate(data)
    diagnosis = None if data.is_simulated or result.stopped else quality.diagnose(data)
    title = f"Quality of the {recipe.name} dataset"
    quality.write_report(result, folder / QUALITY, diagnosis, title=title)
    return result


def _manifest(
    recipe: Recipe,
    origin: Origin,
    splits: FrozenSplits,
    targets: tuple[str, ...],
    features: _Features,
) -> Manifest:
    absent = [name for name in recipe.targets if name not in targets]
    notes = [f"no target {name}: absent or of one value" for name in absent]
    is_simulated = is_all_simulated(origin.data)
    if origin.data.is_simulated and not is_simulated:
        count = int(origin.data.cycles["simulated"].eq(True).sum())
        notes.insert(0, f"{count} of the cycles are simulated: no person was measured in those")
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        simulated=is_simulated,
        seed=origin.seed,
        split_seed=SPLIT_SEED,
        licence=" ".join(origin.licence.split()),
        citation=" ".join(origin.citation.split()),
        source=origin.text,
        n_cycles=len(origin.data),
        n_subjects=len(splits.table),
        n_features=features.n_columns,
        targets=targets,
        stratified_by=splits.stratified_by,
        splits_sha256=content_hash(splits.table),
        feature_groups=recipe.feature_groups,
        notes=(*notes, *splits.notes, *features.notes),
        made_with={
            "locomotion-analysis": __version__,
            **({} if origin.seed is None else {"simulator": SIMULATOR_VERSION}),
            **{name: version(name) for name in _LIBRARIES},
        },
    )


def _describe(
    folder: Path,
    recipe: Recipe,
    data: LocomotionData,
    manifest: Manifest,
    splits: pd.DataFrame,
    specs: "tuple[FeatureSpec, ...]",
    quality: "QualityResult",
) -> None:
    """Write the card for people and the one for machines."""
    from locomotion_analysis.datasets.card import dataset_card
    from locomotion_analysis.datasets.croissant import croissant

    whose = "Simulated: no person was measured." if manifest.simulated else "Recorded data."
    description = f"Gait cycles to {recipe.purpose}. {whose} Split by subject."
    published = recipe.published if manifest.seed is not None else None
    described = croissant(folder, manifest, description, published)
    write_all({folder / CROISSANT: json_text(described)})
    names = [*(path.name for path in folder.iterdir()), CARD, CHECKSUMS]
    card = dataset_card(data, manifest, recipe, splits, specs, quality, names)
    write_all({folder / CARD: card})


class _Stages:
    """Counts the stages of a build for the caller's progress display."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = -1

    def next(self) -> None:
        """Begin the next stage."""
        self._done += 1
        if self._progress is not None:
            self._progress("building", self._done, len(_STAGES))
