"""What a dataset says of itself to programs."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from locomotion_analysis.datasets.files import MANIFEST
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import json_text, write_all

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
        If it is missing, damaged, or of a later format than this package knows.
    """
    place = folder / MANIFEST
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        newer = found["format"] > FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileReadError(
            expected=f"the folder of a dataset, with {MANIFEST}",
            got=f"{type(error).__name__}: {error}",
            where=str(folder),
            fix="`locomotion datasets build NAME --out FOLDER` makes one",
        ) from error
    if newer:
        raise FileReadError(
            expected=f"a dataset of format {FORMAT} or earlier",
            got=f"format {found['format']}",
            where=str(place),
            fix="update the package: pip install --upgrade locomotion-analysis",
        )
    names = {field.name for field in fields(Manifest)}
    absent = names - set(found)
    if absent:
        raise FileReadError(
            expected=f"{MANIFEST} with {', '.join(sorted(names))}",
            got=f"no {', '.join(sorted(absent))}",
            where=str(place),
            fix="build the dataset again",
        )
    lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return Manifest(**{name: lists.get(name, found[name]) for name in names})
