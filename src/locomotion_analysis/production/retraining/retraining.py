"""From new labelled data to a challenger, its trial, and a champion old or new."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.extras import require_installed
from locomotion_analysis.files import json_text, refuse_existing, write_all
from locomotion_analysis.production.bundle import Bundle, open_bundle, write_bundle
from locomotion_analysis.production.registry import Registry, Version
from locomotion_analysis.production.retraining.comparison import Comparison, compared
from locomotion_analysis.production.retraining.decision import Decision, decided
from locomotion_analysis.production.retraining.sides import Sides, two_sides
from locomotion_analysis.progress import Progress

_BUNDLE = "challenger.bundle"


@dataclass(frozen=True)
class Retraining:
    """What came of a retraining.

    Attributes
    ----------
    champion, challenger : Version
        The version in service when it began, and the new one.
    comparison : Comparison
        Both on the frozen test people.
    decision : Decision
        Whether the challenger is better.
    promoted : bool
        Whether it serves now.
    notes : tuple of str
        Who was trained on and tested, and what was left out.
    out : Path
        The folder.
    """

    champion: Version
    challenger: Version
    comparison: Comparison
    decision: Decision
    promoted: bool
    notes: tuple[str, ...]
    out: Path


def retrain(
    registry: Registry,
    data: LocomotionData,
    out: str | os.PathLike[str],
    *,
    recipes: Sequence[str] | None = None,
    promote: bool = True,
    n_splits: int = 5,
    random_state: int = 0,
    n_jobs: int = 1,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Retraining:
    """Train a challenger, try it against the champion, and promote it if it is better.

    Parameters
    ----------
    registry : Registry
        With a champion whose training subjects are known.
    data : LocomotionData
        All labelled cycles: those the champion was trained on, where they may still be used,
        and the new ones.
    out : path-like
        Folder to write: ``model/`` (the run), ``challenger.bundle``, ``retraining.json``.
    recipes : sequence of str, optional
        As for ``locomotion train --recipes``; the champion's where None.
    promote : bool
        Whether a better challenger becomes champion at once, or waits as a candidate.
    n_splits, random_state, n_jobs, source, progress
        As for :func:`~locomotion_analysis.evaluation.training.train`.

    Returns
    -------
    Retraining

    Raises
    ------
    SchemaError
        If there are too few new people, no labels, or the model compares legs before and after
        treatment.
    FileReadError
        If there is no champion, its subjects are unknown, or `out` exists.
    """
    require_installed("skops", "models")
    folder = Path(out)
    refuse_existing(folder)
    champion = registry.find("champion")
    with tempfile.TemporaryDirectory() as cache:
        old = open_bundle(registry.fetch(champion.number, Path(cache)))
    if old.manifest.inputs.paired:
        raise SchemaError(
            expected="a model of gait cycles",
            got="one of legs before and after treatment",
            where=f"version {champion.number}",
            fix="train and compare by hand: locomotion train, locomotion registry promote",
        )
    sides = two_sides(registry, champion, data, old.manifest.target)
    answers = _answers(old, sides.test)  # what the champion cannot be asked ends here
    train(
        sides.training,
        old.manifest.target,
        folder / "model",
        recipes=recipes or [old.manifest.model],
        problem=old.manifest.problem,
        n_splits=n_splits,
        random_state=random_state,
        n_jobs=n_jobs,
        source=source,
        progress=progress,
    )
    new = write_bundle(folder / "model", folder / _BUNDLE)
    truth = sides.test.cycles[old.manifest.target].to_numpy()
    found = compared(
        truth.astype(str if old.classes else float),
        answers,
        _answers(new, sides.test),
        sides.test.cycles,
        classes=bool(old.classes),
        random_state=random_state,
    )
    decision = decided(found)
    challenger = registry.add(
        folder / _BUNDLE, np.unique(sides.training.groups.astype(str)), "; ".join(decision.reasons)
    )
    promoted = promote and decision.promote
    if promoted:
        challenger = registry.promote(challenger.number, "; ".join(decision.reasons))
    else:
        registry.note(champion.number, "kept", "; ".join(decision.reasons))
    done = Retraining(champion, challenger, found, decision, promoted, sides.notes, folder)
    _write(done, sides)
    return done


def _answers(bundle: Bundle, test: LocomotionData) -> NDArray[Any]:
    """Return what a bundle predicts of the test people."""
    kind = str if bundle.classes else float
    return bundle.predict_cycles(test)["prediction"].to_numpy().astype(kind)


def _write(done: Retraining, sides: Sides) -> None:
    found = done.comparison
    content = {
        "champion": done.champion.number,
        "challenger": done.challenger.number,
        "promoted": done.promoted,
        "reasons": list(done.decision.reasons),
        "notes": list(done.notes),
        "metric": found.metric,
        "champion_score": found.champion,
        "challenger_score": found.challenger,
        "improvement": found.improvement,
        "interval": list(found.interval),
        "n_subjects_tested": found.n_subjects,
        "n_cycles_tested": len(sides.test),
        "n_cycles_trained": len(sides.training),
        "groups": json.loads(found.groups.to_json(orient="records")),
    }
    write_all({done.out / "retraining.json": json_text(content)})
