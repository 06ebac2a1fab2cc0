"""Whom each file would be taken for, before anything is converted."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest.bodies import known_of
from locomotion_analysis.ingest.convert import reader_for, recordings_among, short_names, unreadable
from locomotion_analysis.ingest.identity import (
    Claim,
    Identity,
    NameRules,
    Similar,
    identify,
    refuse_pooling,
    settle,
)
from locomotion_analysis.ingest.path_names import trial_groups
from locomotion_analysis.ingest.recording import ReadOptions, Recording
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.subjects import Subjects, subjects_of


def who_is_who(
    paths: Iterable[Path | str] | Path | str,
    *,
    column_map: ColumnMap | Path | str | None = None,
    subjects: Subjects | None = None,
    task: str | None = None,
    subject_from: str | None = None,
    subject: str | None = None,
    similar_names: Similar = "refuse",
    same_person: Iterable[str] = (),
) -> pd.DataFrame:
    r"""Say whom :func:`convert` would take each file for, from no more than headers.

    Parameters
    ----------
    paths, column_map, subjects, task, subject_from, subject, similar_names, same_person
        As :func:`convert`.

    Returns
    -------
    DataFrame
        One row a file, or a recording of a file with several: ``file``; ``subject``, ``task``,
        ``trial`` and where each is from (``subject_from``, ``task_from``, ``trial_from``);
        ``problem``, "" where there is none. A subject that stands in the rows of a table is not
        read: it is "" and `subject_from` names the column. Distances of markers are not read
        either, so that :func:`convert` may refuse what is in order here.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "P07_03_IK.mot"
    >>> _ = path.write_text("Coordinates\ninDegrees=yes\nendheader\ntime\tknee_angle_r\n0\t1\n")
    >>> who_is_who([path])[["subject", "subject_from", "trial"]].values.tolist()
    [['P07', 'file name', '03']]
    """
    subjects = subjects_of(subjects)
    if isinstance(column_map, str | os.PathLike):
        column_map = ColumnMap.from_yaml(column_map)
    rules = NameRules.of(subject_from, task, similar_names, same_person, subjects)
    options = ReadOptions(column_map, subjects, subject=subject or "")
    files = recordings_among(paths, column_map).files
    rows: list[_Row] = []
    for group in trial_groups(files):
        rows += _rows_of(group, options, rules)
    claims = [row.claim for row in rows if row.claim]
    settled = settle(claims, rules)
    named = iter(zip(settled.names, settled.problems, strict=True))
    short = short_names(row.file for row in rows)
    table = []
    for row in rows:
        name, problem = next(named) if row.claim else ("", None)
        problem = row.problem or problem
        who = row.identity
        said = [who.task, who.task_by, who.trial, who.trial_by] if who else [""] * 4
        by = (who.subject_by + (", a guess" if who.guess else "")) if who else row.not_read
        text = "; ".join(filter(None, (problem.got, problem.fix))) if problem else ""
        table.append((short[row.file], name, by, *said, text))
    places = [f"{name}{what}" for name in ("subject", "task", "trial") for what in ("", "_from")]
    return pd.DataFrame(table, columns=["file", *places, "problem"])


@dataclass(frozen=True)
class _Row:
    """One file of :func:`who_is_who`, before the names are settled."""

    file: Path
    identity: Identity | None = None
    claim: Claim | None = None
    problem: LocomotionError | None = None
    not_read: str = ""


def _rows_of(group: Sequence[Path], options: ReadOptions, rules: NameRules) -> Iterator[_Row]:
    """Yield the files of one trial, as far as their headers say who is in them."""
    trial: list[tuple[Path, Recording]] = []
    for file in group:
        try:
            reader = reader_for(file)
            people = getattr(reader, "people", None)
            found = [Recording(source=str(file))] if people is None else people(file, options)
            refuse_pooling(file, [part.subject for part in found], rules)
            if len(found) == 1 and not (found[0].named_by and not found[0].subject):
                trial.append((file, found[0]))
                continue
            for part in found:
                if part.named_by and not part.subject and rules.subject_from in ("", "name"):
                    yield _Row(file, not_read=f"{part.named_by}, not read")
                else:
                    who = identify([(file, part)], rules, alone=len(found) == 1)
                    yield _Row(file, who, _claim(file, part, who))
        except LocomotionError as error:
            yield _Row(file, problem=error)
        except OSError as error:
            yield _Row(file, problem=unreadable(error))
    if not trial:
        return
    try:
        of_trial = identify(trial, rules)
    except LocomotionError as error:
        yield from (_Row(file, problem=error) for file, _ in trial)
        return
    for file, part in trial:
        yield _Row(file, of_trial, _claim(file, part, of_trial))


def _claim(file: Path, part: Recording, who: Identity) -> Claim:
    return Claim(file, who.subject, (known_of(part.metadata),), who.guess)
