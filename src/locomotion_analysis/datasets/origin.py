"""Where the cycles of a dataset come from, whose they are, and what they can be used for."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis._version import __version__
from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.datasets.embedded import load_dataset, with_channels_of
from locomotion_analysis.datasets.recipes import Recipe
from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.files import sha256

Source = LocomotionData | str | os.PathLike[str]

LICENCE = "CC-BY-4.0"
"""Of the simulated datasets."""


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
    """

    data: LocomotionData
    text: str
    licence: str
    citation: str
    seed: int | None


def cycles_of(recipe: Recipe, source: Source | None) -> LocomotionData:
    """Return a recipe's own cycles, or those of a source in the form the recipe wants."""
    if source is None:
        return load_dataset(recipe.name)
    return _without_old_splits(with_channels_of(_read(source), recipe))


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
        _refuse_terms(licence, citation)
        text = "simulated by this package; the sources of the simulator are under 'What was done'"
        own = (
            f"The locomotion-analysis developers. locomotion-analysis {__version__}, simulated "
            f"dataset {recipe.name} {recipe.version}."
        )
        return Origin(data, text, LICENCE, own, recipe.seed)
    if not is_all_simulated(data):
        _require_terms(licence, citation)
    cite = citation or "simulated cycles, made with locomotion-analysis"
    return Origin(data, _source_text(source), licence or LICENCE, cite, None)


def is_all_simulated(data: LocomotionData) -> bool:
    """Return whether no cycle was recorded from a person."""
    return data.is_simulated and bool(data.cycles["simulated"].eq(True).all())


def _refuse_terms(licence: str | None, citation: str | None) -> None:
    if licence is not None or citation is not None:
        raise SchemaError(
            expected="licence and citation together with the data they belong to",
            got="no source",
            where="build_dataset",
            fix=f"name your data with --from; the simulated datasets are {LICENCE}",
        )


def _require_terms(licence: str | None, citation: str | None) -> None:
    given = {"licence": licence, "citation": citation}
    absent = [name for name, text in given.items() if not (text or "").strip()]
    if absent:
        raise SchemaError(
            expected="the licence of recorded data, and what to cite",
            got=f"no {' and no '.join(absent)}",
            where="build_dataset",
            fix="--licence CC-BY-4.0 --citation 'Who (year). Title. doi'; a dataset whose terms "
            "nobody knows cannot be passed on",
        )


def _read(source: Source) -> LocomotionData:
    if isinstance(source, LocomotionData):
        return source
    if Path(source).suffix.lower() == ".csv":
        return LocomotionData.from_csv(source)
    return LocomotionData.from_parquet(source)


def _without_old_splits(data: LocomotionData) -> LocomotionData:
    """Leave out columns ``split`` and ``fold``: a dataset has its own, in its own table."""
    found = [name for name in ("split", "fold") if name in data.cycles]
    if not found:
        return data
    entry = HistoryEntry("dropped", f"columns {', '.join(found)}: the dataset is split anew")
    cycles = data.cycles.drop(columns=found)
    return LocomotionData(cycles, data.block, data.channels, (*data.history, entry))


def _source_text(source: Source) -> str:
    if isinstance(source, LocomotionData):
        return "gait cycles handed over in memory"
    place = Path(source)
    return f"{place.name}, SHA-256 {sha256(place)}" if place.is_file() else f"folder {place.name}"


def targets_of(cycles: pd.DataFrame, recipe: Recipe) -> tuple[str, ...]:
    """Return the recipe's targets that the cycles have, each with at least two values."""
    found = tuple(t for t in recipe.targets if t in cycles and _varies(cycles[t]))
    if recipe.targets and not found:
        raise TargetError(
            expected=f"a column with at least two values among {', '.join(recipe.targets)}",
            got=", ".join(
                f"{name} of one value" if name in cycles else f"no {name}"
                for name in recipe.targets
            ),
            where=f"dataset {recipe.name}",
            fix="add one of these columns; clustering needs none",
        )
    return found


def _varies(values: "pd.Series[Any]") -> bool:
    known = values.dropna().to_numpy()
    return bool(len(known)) and bool((known != known[0]).any())
