"""From new labelled data to a challenger, its trial, and a champion old or new.

Who is trained on and who tested is fixed for ever, and nobody is tested whom the champion has
seen. A challenger serves only if it is better for people in general and worse for no group.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.evaluation.metrics import (
    ERRORS,
    Interval,
    difference_interval,
    metric_values,
)
from locomotion_analysis.evaluation.subject_scores import (
    Contributions,
    groups_of_people,
    sums_inside,
    sums_of,
)
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.extras import require_installed
from locomotion_analysis.files import fault_of, json_text, refuse_existing, write_all
from locomotion_analysis.production.bundle import Bundle, open_bundle, write_bundle
from locomotion_analysis.production.registry import Registry, Version
from locomotion_analysis.progress import Progress
from locomotion_analysis.reporting.spreadsheets import plain_text

__all__ = ["retrain", "subjects_of_run"]

# Two models on the same people: the difference, all together and in each group


FEWEST_IN_GROUP = 10


@dataclass(frozen=True)
class Comparison:
    """How much better the challenger is.

    Attributes
    ----------
    metric : str
        ``balanced_accuracy``, or ``mae`` of a quantity (in the target's unit).
    champion, challenger : float
        Their scores.
    improvement : float
        Challenger better by; above zero is better, for an error too.
    interval : tuple of float
        Its 95 % interval over subjects.
    n_subjects : int
        People tested.
    groups : DataFrame
        One row a group of at least ten people: ``attribute``, ``group``, ``n_subjects``,
        ``champion``, ``challenger``, ``improvement``, ``low``, ``high``.
    """

    metric: str
    champion: float
    challenger: float
    improvement: float
    interval: Interval
    n_subjects: int
    groups: pd.DataFrame


def compared(
    true: NDArray[Any],
    champion: NDArray[Any],
    challenger: NDArray[Any],
    cycles: pd.DataFrame,
    *,
    classes: bool,
) -> Comparison:
    """Compare predictions of two models for people neither was trained on.

    Parameters
    ----------
    true, champion, challenger : ndarray of shape (n_cycles,)
        Labels or numbers, and what each model predicted.
    cycles : DataFrame of n_cycles rows
        ``subject``, and ``sex``, ``age``, ``bmi`` as far as known.
    classes : bool
        Whether these are labels.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": np.repeat(range(20), 2)})
    >>> true = np.tile(["healthy", "stroke"], 20)
    >>> worse = np.full(40, "healthy")
    >>> found = compared(true, worse, true, cycles, classes=True)
    >>> found.improvement, tuple(round(end, 2) for end in found.interval)
    (0.5, (0.32, 0.68))
    """
    names = np.unique(np.concatenate([true, champion, challenger])) if classes else None
    metric = "balanced_accuracy" if classes else "mae"
    sums = [sums_of(true, predicted, names) for predicted in (champion, challenger)]
    subject, people = pd.factorize(cycles["subject"].astype(str).to_numpy(), sort=True)
    of_people = partial(_difference, metric, sums, subject, n_subjects=len(people))
    whole = of_people(np.ones(len(true), bool))
    rows = []
    for attribute, label in groups_of_people(cycles).items():
        for group in label.categories:
            inside = np.asarray(label == group)
            n_subjects = len(np.unique(subject[inside]))
            if n_subjects >= FEWEST_IN_GROUP:
                found = of_people(inside)
                rows.append((attribute, group, n_subjects, *found))
    columns = ["attribute", "group", "n_subjects", "champion", "challenger", "improvement",
               "low", "high"]  # fmt: skip
    old, new, better, low, high = whole
    groups = pd.DataFrame(rows, columns=columns)
    return Comparison(metric, old, new, better, (low, high), len(people), groups)


def _difference(
    metric: str,
    sums: list[Contributions],
    subject: NDArray[np.intp],
    inside: NDArray[np.bool_],
    n_subjects: int,
) -> tuple[float, float, float, float, float]:
    """Return both scores, the improvement and its interval, of some rows."""
    own = [sums_inside(subject, inside, each, n_subjects) for each in sums]
    old, new = (float(metric_values(metric, each.sum(axis=0))) for each in own)
    better, worse = own if metric in ERRORS else own[::-1]
    sign = -1.0 if metric in ERRORS else 1.0
    low, high = difference_interval(metric, better, worse)
    return old, new, sign * (new - old), low, high


# When a challenger may replace the champion


TOLERATED_POINTS = 0.05
"""A group may do worse by so much of a score ..."""

TOLERATED_SHARE = 0.10
"""... or of the champion's error: with a few people, less is noise."""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, and why.

    Attributes
    ----------
    promote : bool
        Whether.
    reasons : tuple of str
        In sentences.
    """

    promote: bool
    reasons: tuple[str, ...]


def decided(found: Comparison) -> Decision:
    """Promote only what is better beyond its interval, and worse for no group of people.

    A group does worse if its interval lies below zero, or if it loses more than 5 points of a
    score or 10 % of the champion's error.

    Parameters
    ----------
    found : Comparison
        Of challenger and champion on the frozen test people.

    Examples
    --------
    >>> import pandas as pd
    >>> groups = pd.DataFrame(columns=["attribute", "group", "champion", "improvement", "high"])
    >>> decided(Comparison("balanced_accuracy", 0.7, 0.8, 0.1, (0.04, 0.16), 40, groups)).promote
    True
    """
    low, high = found.interval
    better = low > 0
    words = "better" if better else "not better beyond its interval"
    scores = f"{found.metric} {found.challenger:.3g} against {found.champion:.3g}"
    interval = f"95 % interval {low:+.3g} to {high:+.3g} over {found.n_subjects} people"
    reasons = [f"{words}: {scores}, improvement {found.improvement:+.3g} ({interval})"]
    table = found.groups
    tolerated = TOLERATED_SHARE * table["champion"] if found.metric in ERRORS else TOLERATED_POINTS
    worse = [
        f"{row.attribute} {row.group} ({row.improvement:+.3g}, {row.n_subjects} people)"
        for row in table[(table["high"] < 0) | (table["improvement"] < -tolerated)].itertuples()
    ]
    reasons += [f"worse for {group}" for group in worse]
    if better and not worse:
        reasons.append(f"worse for none of {len(found.groups)} groups of people")
    return Decision(better and not worse, tuple(reasons))


# Who is trained on and who tested: fixed for ever, and never anybody the champion has seen


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

    Parameters
    ----------
    folder : path-like
        Written by ``locomotion train``.

    Returns
    -------
    list of str

    Raises
    ------
    FileReadError
        If the folder has no table of folds.
    """
    path = Path(folder) / "folds.csv"
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return sorted(table["subject"].map(plain_text).unique())
    except (OSError, KeyError, ValueError) as error:
        raise FileReadError(
            expected="a run folder of locomotion train, with folds.csv",
            got=fault_of(error),
            where=str(path),
            fix="name the folder that the bundle was made of",
        ) from error


# From new labelled data to a challenger, its trial, and a champion old or new


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
        All labelled cycles, or rows of a table of features: those the champion was trained on,
        where they may still be used, and the new ones. From a table the challenger learns what
        the champion learned from: a new column may be one that is known only with the label.
    out : path-like
        Folder to write: ``model/`` (the run), ``challenger.bundle``, ``retraining.json``.
    recipes : sequence of str, optional
        As for ``locomotion train --recipes``; the champion's where None.
    promote : bool
        Whether a better challenger becomes champion at once, or waits as a candidate. It waits, too,
        where another version became champion during the training.
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
        features=None if old.channels else list(old.schema.names),
        n_splits=n_splits,
        random_state=random_state,
        n_jobs=n_jobs,
        source=source,
        progress=progress,
    )
    kept = old.manifest.reference
    new = write_bundle(folder / "model", folder / _BUNDLE, reference=kept)
    truth = sides.test.cycles[old.manifest.target].to_numpy()
    found = compared(
        truth.astype(str if old.classes else float),
        answers,
        _answers(new, sides.test),
        sides.test.cycles,
        classes=bool(old.classes),
    )
    decision = decided(found)
    now = registry.find("champion").number
    if now != champion.number:  # training takes long
        told = f"version {now} became champion meanwhile: compared with version {champion.number}"
        decision = Decision(False, (told, *decision.reasons))
    challenger = registry.add(
        folder / _BUNDLE, np.unique(sides.training.groups.astype(str)), "; ".join(decision.reasons)
    )
    promoted = promote and decision.promote
    if promoted:
        challenger = registry.promote(challenger.number, "; ".join(decision.reasons))
    else:
        registry.note(now, "kept", "; ".join(decision.reasons))
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
