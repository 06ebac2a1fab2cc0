"""Who is trained on and who tested: fixed for ever, and never anybody the champion has seen."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.production.registry import Registry, Version

FEWEST_TESTED = 10


@dataclass(frozen=True)
class Sides:
    """Training and test data without a subject in both.

    Attributes
    ----------
    training, test : LocomotionData
        The two sides.
    notes : tuple of str
        What was left out, and who stands where for which reason.
    """

    training: LocomotionData
    test: LocomotionData
    notes: tuple[str, ...]


def two_sides(registry: Registry, champion: Version, data: LocomotionData, target: str) -> Sides:
    """Split labelled data by the registry's frozen rule.

    A keyed hash of a subject's name puts three in ten on the test side, the same ones in every
    retraining. People the champion was trained on are trained on again: as test they would
    flatter it.

    Parameters
    ----------
    registry : Registry
        Holds the key.
    champion : Version
        The version in service.
    data : LocomotionData
        All labelled cycles, old and new.
    target : str
        Column of the labels.

    Raises
    ------
    SchemaError
        If there is no such column, or fewer than ten people to test on.
    FileReadError
        If it is not known whom the champion was trained on.
    """
    if target not in data.cycles:
        raise SchemaError(
            expected=f"a column {target}",
            got=", ".join(map(str, data.cycles.columns[:8])),
            where="data",
            fix="add the labels that became known",
        )
    labelled = data.cycles[target].notna().to_numpy()
    kept = data.take(np.flatnonzero(labelled))
    subjects = np.unique(kept.groups.astype(str))
    seen = np.array(registry.has_seen(champion, subjects), dtype=bool)
    reserved = np.array(registry.for_testing(subjects), dtype=bool)
    tested = reserved & ~seen
    if tested.sum() < FEWEST_TESTED:
        raise SchemaError(
            expected=f"at least {FEWEST_TESTED} people to test on, whom the champion has not seen",
            got=f"{int(tested.sum())}, of {int((~seen).sum())} new among {len(subjects)}",
            where="data",
            fix="wait for more new people: three in ten of them are kept for testing",
        )
    of_test = np.isin(kept.groups.astype(str), subjects[tested])
    notes = [
        f"{int(tested.sum())} people for testing, {int((~tested).sum())} for training",
        f"{int(seen.sum())} of those in training were seen by the champion",
    ]
    if not labelled.all():
        notes.append(f"{int((~labelled).sum()):,} cycles without {target} left out")
    return Sides(
        kept.take(np.flatnonzero(~of_test)), kept.take(np.flatnonzero(of_test)), tuple(notes)
    )


def subjects_of_run(folder: str | os.PathLike[str]) -> list[str]:
    """Return the subjects a model was trained on, from its run folder.

    Raises
    ------
    FileReadError
        If the folder holds no table of folds.
    """
    path = Path(folder) / "folds.csv"
    try:
        return sorted(pd.read_csv(path, dtype=str)["subject"].unique())
    except (OSError, KeyError, ValueError) as error:
        raise FileReadError(
            expected="a run folder of locomotion train, with folds.csv",
            got=f"{type(error).__name__}: {error}",
            where=str(path),
            fix="name the folder that the bundle was made of",
        ) from error
