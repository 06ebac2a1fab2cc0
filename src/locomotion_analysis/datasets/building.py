"""Loading a dataset that comes with the package, and making one, of it or of your own cycles.

A dataset is written whole or not at all: cycles, features, frozen splits, card, checksums.
"""

import os
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis._version import __version__
from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.datasets.dataset import (
    CARD,
    CHECKSUMS,
    CROISSANT,
    CYCLES,
    FEATURES,
    MANIFEST,
    QUALITY,
    RECIPES,
    SPLITS,
    UNREDUCED,
    Dataset,
    Form,
    Manifest,
    Recipe,
    open_dataset,
    read_features,
    recipe_of,
    write_checksums,
    write_components,
)
from locomotion_analysis.datasets.reducer import fit_reducer, save_reducer
from locomotion_analysis.datasets.splits import (
    SPLIT_SEED,
    FrozenSplits,
    content_hash,
    freeze_splits,
)
from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.files import atomic_folder, json_text, refuse_existing, sha256, write_all
from locomotion_analysis.progress import Progress
from locomotion_analysis.simulation import simulate
from locomotion_analysis.simulation.simulator import SIMULATOR_VERSION

if TYPE_CHECKING:
    from locomotion_analysis.features.spec import FeatureSpec

DEMO_SEED = 2024
DATASET_NAMES = ("demo", *RECIPES)
"""Names :func:`load_dataset` knows."""

LICENCE = "CC-BY-4.0"
"""Of the simulated datasets."""

Source = LocomotionData | str | os.PathLike[str]

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "pyarrow")
_N_STAGES = 4  # splits, features, quality, card
_TOLD = ("assumed", "dropped", "noted", "skipped")
"""What the history of a feature table says that the card says too."""


def load_dataset(name: str = "demo") -> LocomotionData:
    """Load a dataset that comes with the package: simulated, no person was measured.

    Parameters
    ----------
    name : str
        - "demo": 45 subjects (15 healthy, 15 after stroke, 15 with Parkinson's disease) in five
          walking and stair tasks, 10 cycles each;
        - "classification": many subjects with few cycles each, to tell pathologies and tasks
          apart;
        - "timeseries": the angles of hip, knee and ankle of both legs, nothing else;
        - "regression": level walking, with age, body mass index, speed and performance tests;
        - "clustering": level walking of every pathology, to find patterns without labels.

    Returns
    -------
    LocomotionData
        The same immutable object on every call.

    Raises
    ------
    SchemaError
        If there is no dataset of that name.

    See Also
    --------
    locomotion_analysis.datasets.build_dataset : the same with features, frozen splits and a
        card, as a folder.

    Examples
    --------
    >>> data = load_dataset("demo")
    >>> data.is_simulated
    True
    """
    if name not in DATASET_NAMES:
        raise SchemaError(
            expected=f"a dataset among {', '.join(DATASET_NAMES)}",
            got=repr(name),
            where="load_dataset",
            fix="use one of these names, or LocomotionData.from_parquet for your own file",
        )
    return _made(name)


@cache
def _made(name: str) -> LocomotionData:
    if name == "demo":
        return simulate(n_subjects=45, n_cycles=10, seed=DEMO_SEED)
    recipe = RECIPES[name]
    data = simulate(
        n_subjects=recipe.n_subjects,
        n_cycles=recipe.n_cycles,
        tasks=recipe.tasks,
        pathologies=recipe.pathologies,
        seed=recipe.seed,
    )
    return with_channels_of(data, recipe)


def with_channels_of(data: LocomotionData, recipe: Recipe) -> LocomotionData:
    """Return the data with the channels a recipe keeps; the history says what is left out.

    Raises
    ------
    SchemaError
        If the data have none of them.
    """
    if not recipe.channels:
        return data
    kept = [name for name in recipe.channels if name in data.channels]
    if not kept:
        raise SchemaError(
            expected=f"at least one channel of {', '.join(recipe.channels)}",
            got=f"channels {', '.join(data.channels)}",
            where=f"dataset {recipe.name}",
            fix="rename or convert the columns that hold these angles",
        )
    detail = f"channels of dataset {recipe.name}: {len(kept)} of {len(data.channels)} kept"
    absent = [name for name in recipe.channels if name not in kept]
    if absent:
        detail += f"; not in the data: {', '.join(absent)}"
    block = data.block[[data.channels.index(name) for name in kept]]
    entries = (*data.history, HistoryEntry("selected", detail, len(kept)))
    return LocomotionData(data.cycles, np.ascontiguousarray(block), kept, entries)


# Where the cycles of a dataset come from, and whose they are


@dataclass(frozen=True)
class Origin:
    """The cycles of a dataset and whose they are.

    Attributes
    ----------
    data : LocomotionData
        The cycles.
    text : str
        Where they come from.
    licence, citation : str
        Terms, and what to cite.
    seed : int or None
        Of the simulation, where the package made them.
    splits : FrozenSplits or None
        Those of the dataset that the cycles are taken from; None where they are to be made.
    notes : tuple of str
        What is to stand in the card beside what the making finds.
    published : str or None
        Date of the version, where it is known.
    """

    data: LocomotionData
    text: str
    licence: str
    citation: str
    seed: int | None = None
    splits: FrozenSplits | None = None
    notes: tuple[str, ...] = ()
    published: str | None = None


def cycles_of(recipe: Recipe, source: Source | None) -> LocomotionData:
    """Return a recipe's own cycles, or those of a source in the form the recipe wants."""
    if source is None:
        return load_dataset(recipe.name)
    if isinstance(source, LocomotionData):
        data = source
    elif Path(source).suffix.lower() == ".csv":
        data = LocomotionData.from_csv(source)
    else:
        made = _made_dataset(source)
        data = LocomotionData.from_parquet(source) if made is None else made.data
    data = with_channels_of(data, recipe)
    # A dataset has splits of its own, in a table of their own.
    found = [name for name in ("split", "fold") if name in data.cycles]
    if not found:
        return data
    entry = HistoryEntry("dropped", f"columns {', '.join(found)}: the dataset is split anew")
    cycles = data.cycles.drop(columns=found)
    return LocomotionData(cycles, data.block, data.channels, (*data.history, entry))


def _made_dataset(source: Source | None) -> Dataset | None:
    """Return the dataset that lies in a folder, or None where the source is something else."""
    if source is None or isinstance(source, LocomotionData):
        return None
    return open_dataset(source) if (Path(source) / MANIFEST).is_file() else None


def _splits_of(dataset: Dataset | None) -> FrozenSplits | None:
    """Return a dataset's splits, to be those of whatever is made of it."""
    if dataset is None:
        return None
    said = dataset.manifest
    note = f"the splits are those of dataset {said.name} {said.version}: the same people are tested"
    return FrozenSplits(dataset.splits, said.stratified_by, (note,))


def origin_of(
    recipe: Recipe, source: Source | None, licence: str | None, citation: str | None
) -> Origin:
    """Return the cycles of a dataset with their terms.

    Raises
    ------
    SchemaError
        If some cycle was recorded, and licence or citation is missing; or if there is no source
        to which they could belong.
    """
    data = cycles_of(recipe, source)
    if source is None:
        if licence is not None or citation is not None:
            raise SchemaError(
                expected="licence and citation together with the data they belong to",
                got="no source",
                where="build_dataset",
                fix=f"name your data with --from; the simulated datasets are {LICENCE}",
            )
        text = "simulated by this package; the sources of the simulator are under 'What was done'"
        own = (
            f"The locomotion-analysis developers. locomotion-analysis {__version__}, simulated "
            f"dataset {recipe.name} {recipe.version}."
        )
        return Origin(data, text, LICENCE, own, recipe.seed, published=recipe.published)
    made = _made_dataset(source)
    if made is not None:
        licence = licence or made.manifest.licence
        citation = citation or made.manifest.citation
    given = {"licence": licence, "citation": citation}
    absent = [name for name, text in given.items() if not (text or "").strip()]
    if absent and not is_all_simulated(data):
        raise SchemaError(
            expected="the licence of recorded data, and what to cite",
            got=f"no {' and no '.join(absent)}",
            where="build_dataset",
            fix="--licence CC-BY-4.0 --citation 'Who (year). Title. doi'; a dataset whose terms "
            "nobody knows cannot be passed on",
        )
    if isinstance(source, LocomotionData):
        text = "gait cycles handed over in memory"
    elif Path(source).is_file():
        text = f"{Path(source).name}, SHA-256 {sha256(source)}"
    elif made is not None:
        text = f"dataset {made.manifest.name} {made.manifest.version}: {made.manifest.source}"
    else:
        text = f"folder {Path(source).name}"
    cite = citation or "simulated cycles, made with locomotion-analysis"
    return Origin(data, text, licence or LICENCE, cite, splits=_splits_of(made))


def is_all_simulated(data: LocomotionData) -> bool:
    """Return whether no cycle was recorded from a person."""
    return data.is_simulated and bool(data.cycles["simulated"].eq(True).all())


def targets_of(cycles: pd.DataFrame, form: Form) -> tuple[str, ...]:
    """Return the form's targets that the cycles have, each with at least two values."""
    return tuple(
        name for name in form.targets if name in cycles and len(cycles[name].dropna().unique()) > 1
    )


def _require_target(cycles: pd.DataFrame, recipe: Recipe) -> None:
    """Refuse cycles with none of the targets that a recipe is for.

    Raises
    ------
    TargetError
        If there is none.
    """
    if recipe.targets and not targets_of(cycles, recipe):
        raise TargetError(
            expected=f"a column with at least two values among {', '.join(recipe.targets)}",
            got=", ".join(
                f"{name} of one value" if name in cycles else f"no {name}"
                for name in recipe.targets
            ),
            where=f"dataset {recipe.name}",
            fix="add one of these columns; clustering needs none",
        )


# Making a dataset


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
        dataset of that kind. The folder of a dataset gives its cycles, its terms and its frozen
        splits. Simulated ones where None.
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
    _require_target(origin.data.cycles, recipe)
    return write_dataset(recipe, origin, out, progress)


def write_dataset(
    form: Form, origin: Origin, out: str | os.PathLike[str], progress: Progress | None = None
) -> Dataset:
    """Write cycles as a dataset of some form, whole or not at all.

    Parameters
    ----------
    form : Form
        What the dataset holds beside its cycles.
    origin : Origin
        The cycles, and whose they are.
    out : path-like
        Folder to write; must not exist yet.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    Dataset
        Opened, its checksums compared.

    Raises
    ------
    SplitLeakError
        If there are fewer than five subjects.
    FileReadError
        If something lies at `out`.
    """
    from locomotion_analysis import quality
    from locomotion_analysis.datasets.cards import croissant, dataset_card

    refuse_existing(out)
    data = origin.data

    def done(n_stages: int) -> None:
        if progress is not None:
            progress("building", n_stages, _N_STAGES)

    with atomic_folder(out) as folder:
        done(0)
        splits = origin.splits or freeze_splits(data.cycles, form.stratify_by)
        splits.table.to_parquet(folder / SPLITS, index=False)
        data.to_parquet(folder / CYCLES)
        done(1)
        features = _write_features(folder, form, splits.table)
        done(2)
        checked = quality.validate(data)
        diagnosis = None if data.is_simulated or checked.stopped else quality.diagnose(data)
        title = f"Quality of the {form.name} dataset"
        quality.write_report(checked, folder / QUALITY, diagnosis, title=title)
        done(3)
        errors = checked.by_code().query("severity == 'error'").itertuples()
        wrong = [
            f"quality: {row.title}, {row.findings:,} findings in {row.subjects:,} subjects ({row.code})"
            for row in errors
        ]
        origin = replace(origin, notes=(*origin.notes, *wrong))
        manifest = _manifest(form, origin, splits, features)
        manifest.write(folder)
        whose = "Simulated: no person was measured." if manifest.simulated else "Recorded data."
        description = f"Gait cycles to {form.purpose}. {whose} Split by subject."
        described = croissant(folder, manifest, description, origin.published)
        write_all({folder / CROISSANT: json_text(described)})
        names = [*(path.name for path in folder.iterdir()), CARD, CHECKSUMS]
        card = dataset_card(data, manifest, form, splits.table, features.specs, checked, names)
        write_all({folder / CARD: card})
        write_checksums(folder)
    done(4)
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
    from locomotion_analysis.datasets.export import with_splits

    recipe = recipe_of(name)
    data = cycles_of(recipe, source)
    _require_target(data.cycles, recipe)
    splits = _splits_of(_made_dataset(source)) or freeze_splits(data.cycles, recipe.stratify_by)
    written = with_splits(data, splits.table)
    written.to_parquet(out, layout="long")
    return written


@dataclass(frozen=True)
class _Features:
    """What was computed: catalogue, number of columns in the end, notes."""

    specs: "tuple[FeatureSpec, ...]"
    n_columns: int
    notes: tuple[str, ...]


def _write_features(folder: Path, form: Form, splits: pd.DataFrame) -> _Features:
    from threadpoolctl import threadpool_limits

    from locomotion_analysis.datasets.cards import fitted_on
    from locomotion_analysis.features.extraction import extract_features

    path = folder / (FEATURES if form.kept_variance is None else UNREDUCED)
    done = extract_features(folder / CYCLES, path, groups=form.feature_groups)
    notes = [str(entry) for entry in done.history if entry.action in _TOLD]
    if done.left_out:
        notes.append(
            f"{len(done.left_out)} features or families of the catalogue are left out, as the "
            f"data lack what they need: the history in {path.name} says which and why"
        )
    if form.kept_variance is None:
        return _Features(done.specs, len(done.specs), tuple(notes))
    frame = read_features(path).frame
    training = splits.loc[splits["split"] == "train", ["dataset", "subject"]]
    people = pd.MultiIndex.from_frame(frame.index.to_frame()[["dataset", "subject"]])
    of_training = people.isin(pd.MultiIndex.from_frame(training))
    reducer = fit_reducer(frame[of_training], form.kept_variance)
    save_reducer(reducer, folder, fitted_on(splits))
    with threadpool_limits(1):  # as in fit_reducer
        components = reducer.transform(frame.astype("float64"))
    write_components(components, folder / FEATURES)
    return _Features(done.specs, int(components.shape[1]), tuple(notes))


def _manifest(form: Form, origin: Origin, splits: FrozenSplits, features: _Features) -> Manifest:
    targets = targets_of(origin.data.cycles, form)
    absent = [name for name in form.targets if name not in targets]
    notes = [f"no target {name}: absent or of one value" for name in absent]
    is_simulated = is_all_simulated(origin.data)
    if origin.data.is_simulated and not is_simulated:
        count = int(origin.data.cycles["simulated"].eq(True).sum())
        notes.insert(0, f"{count} of the cycles are simulated: no person was measured in those")
    return Manifest(
        name=form.name,
        version=form.version,
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
        feature_groups=form.feature_groups,
        notes=(*origin.notes, *notes, *splits.notes, *features.notes),
        made_with={
            "locomotion-analysis": __version__,
            **({} if origin.seed is None else {"simulator": SIMULATOR_VERSION}),
            **{name: version(name) for name in _LIBRARIES},
        },
    )
