"""A public dataset, as its publisher's files lie on the disk, made into the form of a dataset.

Licence first, then the files (are they the published ones?), conversion, checks, frozen splits
and the card. Nothing is written unless all of it succeeds.
"""

import gzip
import hashlib
import os
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.datasets.building import Origin, targets_of, write_dataset
from locomotion_analysis.datasets.catalog import (
    DatasetStore,
    catalog_entry,
    column_map_path,
    entries,
    known_files,
    some,
)
from locomotion_analysis.datasets.dataset import Dataset, Form
from locomotion_analysis.datasets.download import (
    CatalogEntry,
    ConversionPart,
    RemoteFile,
    cache_folder,
)
from locomotion_analysis.datasets.splits import N_FOLDS
from locomotion_analysis.datasets.terms import USES, Terms, refuse_forbidden
from locomotion_analysis.errors import (
    DownloadError,
    FileReadError,
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
)
from locomotion_analysis.files import refuse_existing
from locomotion_analysis.ingest import ColumnMap, Conversion, convert, read_subjects
from locomotion_analysis.progress import Progress, as_stage, silent

_TARGETS = (
    *("pathology", "task", "sex", "age", "bmi", "speed_m_s", "session", "laboratory"),
    *("hoehnyahr", "updrs", "updrsm", "tuag"),
)
"""Columns that public datasets have and that may be predicted."""

_BLOCK_BYTES = 1024**2
_STRATA = ("pathology", "laboratory", "sex", "age")
"""What the splits keep in proportion: the first of these that has several values."""


def make_dataset(
    name: str,
    files: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    uses: Collection[str] = ("own",),
    progress: Progress | None = None,
) -> Dataset:
    """Make a dataset of a public one's files: cycles, features, frozen splits, card, checksums.

    Parameters
    ----------
    name : str
        A dataset of :func:`~locomotion_analysis.datasets.catalog.catalog`.
    files : iterable of path-like
        The publisher's files, and folders of them; none for what
        :func:`~locomotion_analysis.datasets.catalog.fetch` brought into the cache.
    out : path-like
        Folder to write, whole or not at all; must not exist yet.
    uses : collection of {"own", "share", "commercial"}
        What the data are for; the licence is asked before any work.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    Dataset
        Opened, its checksums compared. Its notes say what the licence asks, which files could not
        be compared with published hashes, which failed, and how many of the published subjects
        are there.

    Raises
    ------
    SchemaError
        If there is no such dataset, it cannot be converted, or the files are not its.
    LicenceError
        If its licence forbids one of the uses.
    DownloadError
        If a file is not the one that was published.
    FileReadError
        If there is nothing to read, or something at `out`.
    SplitLeakError
        If the files hold fewer than five subjects.

    Warns
    -----
    LocomotionWarning
        Where only part of the dataset is there, or files failed.

    Examples
    --------
    >>> make_dataset("gaitpdb", ["data/gaitpdb"], "gaitpdb")  # doctest: +SKIP
    """
    refuse_existing(out)
    entry = catalog_entry(name)
    terms = refuse_forbidden(entry.licence, uses, entry.name)
    return make_entry(entry, terms, files, out, uses=uses, progress=progress)


def make_entry(
    entry: CatalogEntry,
    terms: Terms,
    files: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    uses: Collection[str] = ("own",),
    progress: Progress | None = None,
) -> Dataset:
    """Make a dataset that need not be in the catalogue; see :func:`make_dataset`."""
    tell = progress or silent
    if not entry.conversion.possible:
        able = [known.name for known in entries().values() if known.conversion.possible]
        raise SchemaError(
            expected=f"a dataset that can be converted ({some(able)})",
            got=f"{entry.name}: {entry.conversion.how}",
            where="the catalogue of public datasets",
            fix=f"see {entry.page}",
        )
    if entry.subjects < N_FOLDS:
        raise SplitLeakError(
            expected=f"a dataset of at least {N_FOLDS} subjects, one for each of {N_FOLDS} folds",
            got=f"{entry.name}, which holds {entry.subjects}",
            where="frozen splits",
            fix="`locomotion convert` gives its cycles, and `locomotion datasets build --from` "
            "makes a dataset of them together with others",
        )
    given = _files_of(files, entry)
    compared = compare_with_published(given, entry, as_stage(tell, "comparing files"))
    absent = [
        f"no file named like {' or '.join(part.files)}"
        for part in entry.conversion.parts
        if not any(_fits(path, part.files) for path in given)
    ]
    conversions = _converted(entry, given, tell)
    data = _joined(conversions, entry.name)
    notes = [
        f"made for {' and '.join(what for use, what in USES.items() if use in uses)}",
        *(f"the licence asks: {asked}" for asked in terms.asks),
        *(f"the licence does not allow: {USES[use]}" for use in terms.forbids),
        *compared,
        *absent,
        *_findings(conversions, entry, data),
    ]
    where = os.path.commonpath([path.absolute().parent for path in given])
    text = f"{len(given):,} files of {entry.name} in a folder {Path(where).name}; {entry.page}"
    form = Form(
        name=entry.name,
        title=entry.title,
        purpose="train and compare models on published recordings",
        targets=_TARGETS,
        feature_groups=("kinematic", "kinetic", "temporal", "spatial", "derived", "clinical"),
    )
    targets = targets_of(data.cycles, form)
    by = next((name for name in _STRATA if name in targets), form.stratify_by)
    form = replace(form, targets=targets, stratify_by=by)
    origin = Origin(data, text, entry.licence, entry.citation, notes=tuple(notes))
    return write_dataset(form, origin, out, progress)


# The files, and whether they are the published ones


def _files_of(files: Iterable[str | os.PathLike[str]], entry: CatalogEntry) -> list[Path]:
    """Return the files named, those of folders one by one; those of the cache where none is."""
    named = [Path(file) for file in files]
    if not named:
        store = DatasetStore(cache_folder() / "datasets" / entry.name, True, None)
        named = [store.folder / "files"]
        if not named[0].is_dir():
            raise FileReadError(
                expected=f"files of {entry.name}",
                got="none named, and none in the cache",
                where=str(named[0]),
                fix=f"name files or folders, or `locomotion datasets fetch {entry.name}` first",
            )
    found: dict[Path, None] = {}
    for path in named:
        if not path.exists():
            raise FileReadError(
                expected=f"a file or folder of {entry.name}",
                got="nothing at that path",
                where=str(path),
            )
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found |= dict.fromkeys(inside)
    wanted = [path for path in found if _is_wanted(path, entry)]
    if not wanted:
        patterns = [pattern for part in entry.conversion.parts for pattern in part.files]
        raise SchemaError(
            expected=f"files of {entry.name}, named like {', '.join(patterns)}",
            got=some([path.name for path in found]) if found else "no file at all",
            where=", ".join(map(str, named)),
            fix=entry.conversion.how,
        )
    return list(found)


def _is_wanted(path: Path, entry: CatalogEntry) -> bool:
    return any(_fits(path, part.files) for part in entry.conversion.parts)


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    name = path.name.removesuffix(".gz")
    return any(fnmatchcase(path.name, p) or fnmatchcase(name, p) for p in patterns)


def compare_with_published(
    files: Sequence[Path], entry: CatalogEntry, progress: Progress = silent
) -> list[str]:
    """Compare files with the hashes their publisher gives, as far as these are known here.

    Hashes are those of the catalogue, and of the publisher's lists where these were fetched; no
    network is asked. A file that was compressed by gzip is compared as it was before.

    Parameters
    ----------
    files : sequence of Path
    entry : CatalogEntry
    progress : callable
        ``progress(stage, done, total)``.

    Returns
    -------
    list of str
        What could not be compared, and which published files are not there.

    Raises
    ------
    DownloadError
        If a file has the name of a published one, and other content.
    """
    published: dict[str, list[RemoteFile]] = {}
    for file in known_files(entry):
        if file.published_hash is not None:
            published.setdefault(PurePosixPath(file.name).name, []).append(file)
    n_compared = 0
    for number, path in enumerate(files, 1):
        name = path.name if path.name in published else path.name.removesuffix(".gz")
        alike = published.get(name, [])
        if alike:
            _refuse_another(path, alike, entry, unpacked=name != path.name)
            n_compared += 1
        progress("files", number, len(files))
    n_unknown = len(files) - n_compared
    notes = []
    if n_compared:
        notes.append(f"files with the hash that their publisher gives: {n_compared:,}")
    if n_unknown:
        notes.append(f"files whose published hash is not known here: {n_unknown:,}")
    here = {path.name for path in files} | {path.name.removesuffix(".gz") for path in files}
    wanted = [name for name in published if _is_wanted(Path(name), entry)]
    if absent := [name for name in wanted if name not in here]:
        notes.append(f"{len(absent):,} published files are not there: {some(absent)}")
    return notes


def _refuse_another(
    path: Path, published: Sequence[RemoteFile], entry: CatalogEntry, *, unpacked: bool
) -> None:
    """Refuse a file with the name of published ones, and the content of none of them."""
    digests = {
        name: hashlib.new(name, usedforsecurity=False)
        for name in {str(file.algorithm) for file in published}
    }
    try:
        with gzip.open(path) if unpacked else path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                for digest in digests.values():
                    digest.update(block)
    except (OSError, EOFError) as error:
        raise FileReadError(
            expected=f"a file of {entry.name} that can be read", got=str(error), where=str(path)
        ) from error
    found = [f"{name}:{digest.hexdigest()}" for name, digest in digests.items()]
    wanted = [str(file.published_hash) for file in published]
    if not set(found) & set(wanted):
        raise DownloadError(
            expected=f"{path.name} as {entry.name} publishes it ({some(wanted)})",
            got=f"another version of it, or a damaged or edited one ({', '.join(found)})",
            where=str(path),
            fix=f"`locomotion datasets fetch {entry.name}` brings the published one; a set of your "
            "own making goes through `locomotion convert` and `locomotion datasets build --from`",
        )


# The conversion


def _converted(entry: CatalogEntry, files: Sequence[Path], tell: Progress) -> list[Conversion]:
    """Return what each part of the files became, in the order of the parts."""
    subjects = _subjects_of(entry, files)
    conversions = []
    for number, part in enumerate(entry.conversion.parts, 1):
        chosen = [path for path in files if _fits(path, part.files)]
        chosen = [path for path in chosen if path.name not in entry.conversion.subjects]
        if not chosen:
            continue
        stage = "converting" + f", part {number}" * (len(entry.conversion.parts) > 1)
        conversions.append(_convert(part, chosen, subjects, as_stage(tell, stage)))
    return conversions


def _convert(
    part: ConversionPart,
    files: Sequence[Path],
    subjects: Mapping[str, Mapping[str, Any]] | None,
    progress: Progress,
) -> Conversion:
    named = None if part.column_map is None else column_map_path(part.column_map)
    return convert(
        files,
        column_map=None if named is None else ColumnMap.from_yaml(named),
        subjects=subjects,
        task=part.task,
        subject_from=part.subject_from,
        progress=progress,
    )


def _subjects_of(
    entry: CatalogEntry, files: Sequence[Path]
) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the table of subjects that lies among the files.

    Raises
    ------
    FileReadError
        If the dataset has one, and it is not there.
    """
    names = entry.conversion.subjects
    if not names:
        return None
    for path in files:
        if path.name in names:
            return read_subjects(path)
    raise FileReadError(
        expected=f"the table of subjects of {entry.name}, {' or '.join(names)}",
        got="no such file among those named",
        where=some([path.name for path in files]),
        fix=f"name it too, or `locomotion datasets fetch {entry.name} --file {names[0]}`",
    )


def _joined(conversions: Sequence[Conversion], name: str) -> LocomotionData:
    """Return the cycles of all parts as those of one dataset."""
    parts = [conversion.data for conversion in conversions]
    data = LocomotionData.concat(parts) if len(parts) > 1 else parts[0]
    before = list(dict.fromkeys(data.cycles["dataset"].astype(str)))
    if before == [name]:
        return data
    entry = HistoryEntry("renamed", f"dataset {some(before)} to {name}", len(data))
    cycles = data.cycles.assign(dataset=name)
    return LocomotionData(cycles, data.block, data.channels, (*data.history, entry))


def _findings(
    conversions: Sequence[Conversion], entry: CatalogEntry, data: LocomotionData
) -> list[str]:
    """Return, and warn of, what is not as the publication says: people and files that lack."""
    reasons: dict[str, list[str]] = {}
    for conversion in conversions:
        for path, error in conversion.failures:
            reasons.setdefault(error.got, []).append(path.name)
    found = [f"not converted: {some(names)} ({reason})" for reason, names in reasons.items()]
    n_people = data.cycles["subject"].nunique()
    if n_people != entry.subjects:
        found.append(f"subjects: {n_people:,} of the {entry.subjects:,} that are published")
    for note in found:
        warnings.warn(f"{entry.name}: {note}", LocomotionWarning, stacklevel=4)
    tried = {
        "recordings": "",
        "layout": "the conversion was tried on tables in the published layout, not on its files",
        "nothing": "the conversion was not tried on files of this dataset",
    }[entry.conversion.tried_on]
    return [*found, *filter(None, [tried])]
