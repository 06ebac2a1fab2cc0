"""MERGED dataset.

- Features on disk: a Parquet file with the cycle key as index and its catalogue inside.
- Names of the files in the folder of a dataset, and what each is.
- SHA-256 of every file of a folder, in the form that ``sha256sum -c`` reads.
- What a dataset says of itself to programs.
- What each of the ready-made datasets is: whom it simulates, and what it is for.
- Principal components of features: fitted once, kept as plain arrays, rebuilt without pickle.
- Which part and which fold each subject belongs to, decided once and written down.
- A dataset on disk: cycles, features, frozen splits, card, and the proof that none changed.
"""

import hashlib
import io
import json
import os
import warnings
import zipfile
from collections.abc import Iterator
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
from locomotion_analysis.errors import (
    FileReadError,
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
    TargetError,
)
from locomotion_analysis.files import atomic_path, json_text, sha256, write_all
from locomotion_analysis.selection import (
    SubjectStratifiedKFold,
    quantile_strata,
    strata,
    subject_train_validation_test_split,
)
from locomotion_analysis.selection.splitters import MAX_BINS, is_fractional
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import N_PHASES
from locomotion_analysis.typed_tree import document

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from locomotion_analysis.features.spec import FeatureTable


# ----------------------------------------------------------------------
# Features on disk: a Parquet file with the cycle key as index and its catalogue inside.


_CATALOGUE_KEY = b"locomotion_analysis.features"


def read_features(path: Path) -> "FeatureTable":
    """Read the features that the extraction wrote, with their catalogue entries.

    Parameters
    ----------
    path : Path
        Parquet file. One without a catalogue (principal components) gives no entries.
    """
    from locomotion_analysis.features.spec import FeatureSpec, FeatureTable

    table = pq.read_table(path)
    entries = json.loads((table.schema.metadata or {}).get(_CATALOGUE_KEY, b"[]"))
    specs = tuple(FeatureSpec(**{**e, "requires": tuple(e["requires"])}) for e in entries)
    frame: pd.DataFrame = table.to_pandas()
    return FeatureTable(frame, specs)


def write_components(frame: pd.DataFrame, path: Path) -> None:
    """Write principal components, indexed by the cycle key, as float32."""
    with atomic_path(path) as temporary:
        table = pa.Table.from_pandas(frame.astype("float32"))
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


# ----------------------------------------------------------------------
# Names of the files in the folder of a dataset, and what each is.


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
    "reducer.npz": "arrays of the fitted reduction (NumPy, no pickle)",
    "reducer.json": "names of the reduction's features and components",
    SPLITS: "one row a subject: train, validation or test, and the fold it is tested in",
    MANIFEST: "version, seed, targets, notes: what programs read",
    CARD: "this card",
    CROISSANT: "the dataset described for machines (Croissant JSON-LD)",
    QUALITY: "quality report",
    CHECKSUMS: "SHA-256 of every other file, for `sha256sum -c`",
}
"""Files a dataset can have, in the order in which the card names them."""


# ----------------------------------------------------------------------
# SHA-256 of every file of a folder, in the form that ``sha256sum -c`` reads.


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


# ----------------------------------------------------------------------
# What a dataset says of itself to programs.


FORMAT = 1
"""Raised when older versions of this package can no longer read the folder."""


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
            got=f"{type(error).__name__}: {error}",
            where=str(folder),
            fix="`locomotion datasets build NAME --out FOLDER` makes one",
        ) from error
    return document(Manifest, content, "a dataset", FORMAT, str(place), "build the dataset again")


# ----------------------------------------------------------------------
# What each of the ready-made datasets is: whom it simulates, and what it is for.


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


@dataclass(frozen=True)
class Recipe:
    """How a dataset is made.

    Attributes
    ----------
    name : str
        Name for :func:`~locomotion_analysis.load_dataset`.
    purpose : str
        What it is for, in one line.
    version : str
        Raised whenever the recipe changes; results name it.
    published : str
        Date of that version.
    n_subjects, n_cycles, tasks, pathologies, seed
        Arguments of :func:`~locomotion_analysis.simulation.simulate`; `n_cycles` counts the
        cycles of each subject in each task.
    targets : tuple of str
        Columns of ``cycles`` to predict.
    stratify_by : str
        Column that the splits keep in proportion, together with the task.
    feature_groups : tuple of str
        Groups of the feature table.
    promised_features : str
        At least how many features there are, for people.
    channels : tuple of str
        The only channels kept; all where empty.
    kept_variance : float or None
        Share of the variance of the training features that their principal components keep;
        None where features stay as they are.
    """

    name: str
    purpose: str
    n_subjects: int
    n_cycles: int
    tasks: tuple[str, ...]
    pathologies: tuple[str, ...]
    seed: int
    version: str = "1.0.0"
    published: str = "2026-11-23"
    targets: tuple[str, ...] = ()
    stratify_by: str = "pathology"
    feature_groups: tuple[str, ...] = field(default=_PER_CYCLE)
    promised_features: str = "150+"
    channels: tuple[str, ...] = ()
    kept_variance: float | None = None

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


# ----------------------------------------------------------------------
# Principal components of features: fitted once, kept as plain arrays, rebuilt without pickle.


ARRAYS, DESCRIPTION = "reducer.npz", "reducer.json"
_FORMAT = 1
_PER_FEATURE = ("medians", "means", "variances", "scales", "component_means")


def fit_reducer(features: pd.DataFrame, kept_variance: float = 0.95) -> "Pipeline":
    """Fit medians, scales and principal components to the features of training cycles.

    Parameters
    ----------
    features : DataFrame, shape (n_cycles, n_features)
        Training cycles only; NaN where not known.
    kept_variance : float
        Share of the variance of the standardised features that the components keep, 0 to 1.

    Returns
    -------
    Pipeline
        Steps ``impute`` (median), ``scale`` (zero mean, unit variance) and ``pca``; gives a
        frame with columns ``pca0, pca1, ...``.

    Raises
    ------
    SchemaError
        If there are fewer than two cycles.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [2.0, 4.0, 8.0]})
    >>> fit_reducer(frame).transform(frame).shape
    (3, 1)
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if len(features) < 2:
        raise SchemaError(
            expected="at least two training cycles", got=str(len(features)), where="fit_reducer"
        )
    # Exact and repeatable; with far more cycles than features this solver is far faster.
    solver = "covariance_eigh" if len(features) > features.shape[1] else "full"
    pca = PCA(kept_variance, svd_solver=solver)
    reducer = _pipeline(_imputer(), StandardScaler(), pca)
    # Sums over several threads round differently with their number.
    with threadpool_limits(1):
        reducer.fit(features.astype(np.float64))
    return reducer


def save_reducer(reducer: "Pipeline", folder: str | os.PathLike[str], fitted_on: str) -> None:
    """Write a reducer as ``reducer.npz`` (arrays) and ``reducer.json`` (names).

    Parameters
    ----------
    reducer : Pipeline
        From :func:`fit_reducer`.
    folder : path-like
        Where to write.
    fitted_on : str
        Which cycles it was fitted on, in words.
    """
    impute, scale, pca = (step for _, step in reducer.steps)
    arrays = {
        "medians": impute.statistics_,
        "means": scale.mean_,
        "variances": scale.var_,
        "scales": scale.scale_,
        "components": pca.components_,
        "component_means": pca.mean_,
        "explained_variance": pca.explained_variance_,
        "explained_variance_ratio": pca.explained_variance_ratio_,
        "singular_values": pca.singular_values_,
    }
    described = {
        "format": _FORMAT,
        "steps": [
            "impute: a missing feature becomes its median",
            "scale: minus mean, over scale (square root of the variance; 1 where constant)",
            "pca: minus component mean, times the transposed components",
        ],
        "fitted_on": fitted_on,
        "n_cycles": int(scale.n_samples_seen_),
        "noise_variance": float(pca.noise_variance_),
        "components": list(map(str, pca.get_feature_names_out())),
        "features": list(map(str, impute.feature_names_in_)),
    }
    place = Path(folder)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    write_all({place / ARRAYS: packed.getvalue(), place / DESCRIPTION: json_text(described)})


def load_reducer(folder: str | os.PathLike[str]) -> "Pipeline":
    """Rebuild the reducer that :func:`save_reducer` wrote.

    Parameters
    ----------
    folder : path-like
        Where ``reducer.npz`` and ``reducer.json`` lie.

    Returns
    -------
    Pipeline
        Gives the same numbers as the one that was saved.

    Raises
    ------
    FileReadError
        If a file is missing or damaged, or the two do not belong together.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [2.0, np.nan, 8.0]})
    >>> folder = tempfile.mkdtemp()
    >>> save_reducer(fit_reducer(frame), folder, "all cycles")
    >>> load_reducer(folder).transform(frame).equals(fit_reducer(frame).transform(frame))
    True
    """
    place = Path(folder)
    arrays, described = _read(place)
    _check_description(described, place / DESCRIPTION)
    features = described["features"]
    n_components = len(described["components"])
    wanted = {
        **dict.fromkeys(_PER_FEATURE, (len(features),)),
        **dict.fromkeys(("explained_variance", "explained_variance_ratio"), (n_components,)),
        "singular_values": (n_components,),
        "components": (n_components, len(features)),
    }
    found = {name: arrays[name].shape for name in wanted if name in arrays}
    if found != wanted:
        raise FileReadError(
            expected=f"arrays for {len(features)} features and {n_components} components",
            got=", ".join(f"{name} {shape}" for name, shape in found.items()) or "no array",
            where=str(place / ARRAYS),
            fix="copy both files of the reducer again",
        )
    return _rebuilt(arrays, described)


def _read(folder: Path) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        # NumPy leaves a damaged file open that it opened itself.
        with (folder / ARRAYS).open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileReadError(
            expected=f"a reducer: {ARRAYS} and {DESCRIPTION}",
            got=f"{type(error).__name__}: {error}",
            where=str(folder),
            fix="copy the files again, or build the dataset again",
        ) from error
    return arrays, described


def _check_description(described: Any, place: Path) -> None:
    wanted = {"format", "features", "components", "n_cycles", "noise_variance"}
    found = set(described) if isinstance(described, dict) else set()
    if not wanted <= found or described["format"] > _FORMAT:
        raise FileReadError(
            expected=f"{', '.join(sorted(wanted))}, with format {_FORMAT} or earlier",
            got=f"format {described['format']}" if wanted <= found else "not all of them",
            where=str(place),
            fix="update the package, or build the dataset again",
        )


def _rebuilt(arrays: dict[str, NDArray[np.float64]], described: dict[str, Any]) -> "Pipeline":
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    names = np.array(described["features"], dtype=object)
    # The medians of one row are that row, so fitting sets what scikit-learn keeps private.
    impute = _imputer().fit(pd.DataFrame([arrays["medians"]], columns=names))
    scale = StandardScaler()
    scale.mean_, scale.var_, scale.scale_ = (arrays[n] for n in ("means", "variances", "scales"))
    scale.n_samples_seen_ = described["n_cycles"]
    pca = PCA(len(arrays["components"]))
    pca.components_, pca.mean_ = arrays["components"], arrays["component_means"]
    pca.n_components_, pca.n_samples_ = len(arrays["components"]), described["n_cycles"]
    for name in ("explained_variance", "explained_variance_ratio", "singular_values"):
        setattr(pca, f"{name}_", arrays[name])
    pca.noise_variance_ = described["noise_variance"]
    for step in (scale, pca):
        step.n_features_in_, step.feature_names_in_ = len(names), names
    return _pipeline(impute, scale, pca)


def _imputer() -> Any:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", keep_empty_features=True)


def _pipeline(impute: Any, scale: Any, pca: Any) -> "Pipeline":
    from sklearn.pipeline import Pipeline

    steps = [("impute", impute), ("scale", scale), ("pca", pca)]
    return Pipeline(steps).set_output(transform="pandas")


# ----------------------------------------------------------------------
# Which part and which fold each subject belongs to, decided once and written down.


N_FOLDS = 5
PARTS = ("train", "validation", "test")
SIZES = (0.6, 0.2, 0.2)
SPLIT_SEED = 0
_UNKNOWN = "unknown"
_Labels = NDArray[np.str_]


@dataclass(frozen=True)
class FrozenSplits:
    """Splits of the subjects of a dataset.

    Attributes
    ----------
    table : DataFrame
        One row a subject, sorted: ``dataset``, ``subject``, ``split`` (train, validation or
        test) and ``fold`` (0 to 4: the fold in which the subject is tested).
    stratified_by : str
        What was kept in proportion.
    notes : tuple of str
        What could not be kept in proportion, and what was done instead.
    """

    table: pd.DataFrame
    stratified_by: str
    notes: tuple[str, ...] = ()


def freeze_splits(cycles: pd.DataFrame, stratify_by: str = "pathology") -> FrozenSplits:
    """Give every subject a part (60, 20 and 20 % of the subjects) and a fold (of five).

    Both keep the classes of `stratify_by`, together with the task, in proportion as far as
    whole subjects allow; a quantity (age) is cut into five bins of equally many subjects. Where
    that does not work (no such column, one class, too few cycles), the class alone counts, or the
    task alone; where nothing works, subjects are split at random. A stratum with fewer subjects
    than parts or folds is absent from some. Notes and a warning say so.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle with ``dataset``, ``subject`` and ``task``. Equal names of subjects
        are one subject. The order of the rows does not matter.
    stratify_by : str
        Column to keep in proportion.

    Returns
    -------
    FrozenSplits

    Warns
    -----
    LocomotionWarning
        Each of the notes.

    Raises
    ------
    SplitLeakError
        If there are fewer than five subjects.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> splits = freeze_splits(simulate(n_subjects=15, n_cycles=1).cycles)
    >>> splits.table["split"].value_counts().to_dict()
    {'train': 9, 'validation': 3, 'test': 3}
    """
    _check_enough_subjects(cycles)
    notes: list[str] = []
    said, table = _best(cycles, stratify_by, notes)
    for note in notes:
        warnings.warn(note, LocomotionWarning, stacklevel=2)
    return FrozenSplits(table, said, tuple(notes))


def content_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of the rows of a split table, whatever file holds them.

    Examples
    --------
    >>> one = pd.DataFrame({"dataset": "d", "subject": ["S1"], "split": "train", "fold": 0})
    >>> content_hash(one) == content_hash(one.assign(fold=1))
    False
    """
    columns = ["dataset", "subject", "split", "fold"]
    rows = table[columns].sort_values(columns[:2])
    text = rows.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _check_enough_subjects(cycles: pd.DataFrame) -> None:
    n_subjects = cycles["subject"].nunique()
    if n_subjects < N_FOLDS:
        raise SplitLeakError(
            expected=f"at least {N_FOLDS} subjects, one for each of {N_FOLDS} folds",
            got=f"{n_subjects} subject{'s' * (n_subjects != 1)}",
            where="frozen splits",
            fix="add subjects; to look at a few, use LocomotionData alone",
        )


def _best(cycles: pd.DataFrame, stratify_by: str, notes: list[str]) -> tuple[str, pd.DataFrame]:
    """Return the finest stratification that works, and its table; else subjects at random."""
    for said, labels in _labellings(cycles, stratify_by, notes):
        try:
            table, warned = _stratified(cycles, labels)
        except TargetError as error:  # no stratum has a row for each fold
            notes.append(f"splits could not be stratified by {said}: {error.got}")
        else:
            notes += warned
            return said, table
    notes.append("subjects were split at random, without strata")
    return "nothing", _at_random(cycles)


def _labellings(
    cycles: pd.DataFrame, stratify_by: str, notes: list[str]
) -> Iterator[tuple[str, _Labels]]:
    """Yield what there is to stratify by, finest first."""
    classes = _classes(cycles, stratify_by, notes)
    task = cycles["task"].to_numpy(dtype=str)
    several = len(set(task)) > 1
    if classes is not None and several:
        yield f"{stratify_by} and task", strata(classes, task)
    if classes is not None:
        yield stratify_by, classes
    if several:
        yield "task", task


def _classes(cycles: pd.DataFrame, name: str, notes: list[str]) -> _Labels | None:
    """Return the class of each cycle, or None where there are not two."""
    if name not in cycles or cycles[name].isna().all():
        notes.append(f"no value of {name}: splits are not stratified by it")
        return None
    known = cycles[name].notna().to_numpy()
    classes = np.full(len(cycles), _UNKNOWN, dtype=object)
    values = cycles.loc[known, name]
    is_quantity = is_fractional(values) or (
        pd.api.types.is_numeric_dtype(values)
        and not pd.api.types.is_bool_dtype(values)
        and values.nunique() > MAX_BINS
    )
    classes[known] = _binned(values, cycles[known]) if is_quantity else values.astype(str)
    if not known.all():
        notes.append(f"{name} is not known in {(~known).sum()} cycles: a stratum of their own")
    if len(set(classes)) < 2:
        notes.append(f"{name} is {classes[0]} throughout: splits are not stratified by it")
        return None
    return classes.astype(str)


def _binned(values: "pd.Series[float]", cycles: pd.DataFrame) -> _Labels:
    n_bins = min(MAX_BINS, max(2, cycles["subject"].nunique() // N_FOLDS))
    bins = quantile_strata(values, cycles["subject"], n_bins=n_bins)
    return np.array([f"bin {number}" for number in bins])


def _stratified(cycles: pd.DataFrame, labels: _Labels) -> tuple[pd.DataFrame, list[str]]:
    groups = cycles["subject"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        parts = subject_train_validation_test_split(labels, groups, SIZES, SPLIT_SEED)
        folds = list(SubjectStratifiedKFold(N_FOLDS, SPLIT_SEED).split(None, labels, groups))
    split = np.empty(len(cycles), dtype=object)
    fold = np.empty(len(cycles), dtype=np.int64)
    for name, rows in zip(PARTS, parts, strict=True):
        split[rows] = name
    for number, (_, rows) in enumerate(folds):
        fold[rows] = number
    warned = dict.fromkeys(str(entry.message) for entry in caught)
    return _table(cycles, split, fold), list(warned)


def _at_random(cycles: pd.DataFrame) -> pd.DataFrame:
    subjects = np.unique(cycles["subject"].astype(str))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(subjects))
    edges = np.cumsum([max(1, round(size * len(subjects))) for size in SIZES[:0:-1]])
    # The first of the order are tested, the next validate, the others train.
    part = np.array(PARTS[::-1])[np.searchsorted(edges, np.arange(len(subjects)), side="right")]
    place = np.empty(len(subjects), dtype=np.intp)
    place[order] = np.arange(len(subjects))
    of_cycle = place[np.searchsorted(subjects, cycles["subject"].astype(str))]
    return _table(cycles, part[of_cycle], of_cycle % N_FOLDS)


def _table(cycles: pd.DataFrame, split: NDArray[Any], fold: NDArray[Any]) -> pd.DataFrame:
    table = cycles[["dataset", "subject"]].assign(split=split.astype(str), fold=fold)
    table = table.drop_duplicates(["dataset", "subject"]).sort_values(["dataset", "subject"])
    return table.reset_index(drop=True)


# ----------------------------------------------------------------------
# A dataset on disk: cycles, features, frozen splits, card, and the proof that none changed.


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
