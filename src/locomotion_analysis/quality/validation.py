"""Running the checks over any number of cycles, in bounded memory.

Findings are counted without limit and kept as examples up to one; pass rates and some curves of
each kind are gathered for the report.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.columns import numbered
from locomotion_analysis.errors import CycleShapeError, DuplicateCycleError, SchemaError
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality.batch import (
    GROUP,
    WHOLE_CYCLE,
    Batch,
    Hits,
    Source,
    batches,
    count_cycles,
    sorted_groups,
)
from locomotion_analysis.quality.checks import (
    CHECKS,
    SEVERITIES,
    Inventory,
    Seen,
    Strides,
    angle_hits,
    derived_hits,
    force_hits,
    known_codes,
    metadata_hits,
    physiology_hits,
    rest_hits,
    structure_hits,
    task_hits,
)
from locomotion_analysis.quality.identity import Identities
from locomotion_analysis.standard import KEY, N_PHASES

Samples = dict[tuple[str, str], tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class QualityResult:
    """Findings of :func:`~locomotion_analysis.quality.validate`.

    Attributes
    ----------
    n_cycles : int
        Cycles looked at.
    findings : DataFrame
        One row a finding: code, severity, the cycle key, channel (or column), phase (percent),
        value, and the allowed low and high in the channel's unit. At most 20 of each code,
        subject, task and channel are kept; `summary` counts all.
    summary : DataFrame
        Number of findings by code, dataset, subject, task and channel.
    pass_rate : DataFrame
        By dataset, subject, task and channel: cycles measured, cycles with an error or a
        warning, and the share without, 0 to 1. An error of a whole cycle counts for its curves.
    error_cycles : ndarray of bool, shape (n_cycles,)
        Which cycles have an error, in the order of the source.
    ignored : tuple of str
        Codes that were not asked for.
    stopped : str
        Why the source could not be read to its end; empty where it could.
    samples : dict
        (task, channel) -> some curves without and some with a finding, for the report.
    simulated : bool
        Whether any of the cycles was simulated.
    identity : tuple of str
        What speaks against the names of the people, in sentences that begin with the code.
    """

    n_cycles: int
    findings: pd.DataFrame
    summary: pd.DataFrame
    pass_rate: pd.DataFrame
    error_cycles: NDArray[np.bool_]
    ignored: tuple[str, ...]
    stopped: str
    samples: Samples
    simulated: bool
    identity: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no finding of severity error."""
        return self.counts["error"] == 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by severity."""
        found = self.summary.groupby("severity")["findings"].sum()
        return {severity: int(found.get(severity, 0)) for severity in SEVERITIES}

    def by_code(self) -> pd.DataFrame:
        """One row a code: severity, title, findings, subjects and channels concerned, remedy."""
        rows = []
        for code, found in self.summary.groupby("code"):
            check = CHECKS[str(code)]
            rows.append(
                {
                    "code": code,
                    "severity": check.severity,
                    "title": check.title,
                    "findings": int(found["findings"].sum()),
                    "subjects": found.loc[found["subject"] != "", "subject"].nunique(),
                    "channels": found.loc[found["channel"] != "", "channel"].nunique(),
                    "fix": check.fix,
                }
            )
        columns = ["code", "severity", "title", "findings", "subjects", "channels", "fix"]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {severity}" for severity, n in self.counts.items())
        lines = [f"QualityResult: {self.n_cycles:,} cycles; findings: {counts}"]
        lines += [
            f"  {row.code} {row.severity:<8}{row.findings:>9,}  {row.title}"
            for row in self.by_code().itertuples()
        ]
        if self.stopped:
            lines.append(f"  stopped early: {self.stopped}")
        return "\n".join(lines)


STAGE = "validating cycles"
_BATCH_CYCLES = 4096


def validate(
    source: Source,
    ignore: Iterable[str] = (),
    batch_cycles: int = _BATCH_CYCLES,
    progress: Progress | None = None,
) -> QualityResult:
    """Run all checks over a dataset, however large.

    The source is read once, in batches of whole cycles; what is kept of it grows with the
    number of subjects and channels (16 bytes a cycle apart, to recognise copies).

    Parameters
    ----------
    source : LocomotionData or path-like
        Cycles in memory, a Parquet file, or a folder of them.
    ignore : iterable of str
        Codes not to report, for example ``["GAIT102", "GAIT3xx"]``.
    batch_cycles : int
        Cycles in memory at a time. A subject's strides are compared within a batch, so results
        of ``GAIT301`` can differ by a stride or two between batch sizes.
    progress : callable, optional
        ``progress(stage, done, total)``, called after every batch.

    Returns
    -------
    QualityResult

    Raises
    ------
    SchemaError
        If a code to ignore is unknown, or there is no cycle.
    FileReadError
        If the file cannot be read.

    Notes
    -----
    A file whose cycles are not on the phase grid, or occur twice, is a finding (``GAIT007``,
    ``GAIT002``), and the cycles after it are not looked at: ``result.stopped`` says so.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> result = validate(simulate(n_subjects=3, n_cycles=6))
    >>> result.ok
    True
    """
    run = _Run(known_codes(ignore))
    total = count_cycles(source) if progress else 0
    stopped = ""
    try:
        for data in batches(source, batch_cycles):
            run.simulated |= data.is_simulated
            run.identities.add(data, gait="GAIT017" not in run.ignore)
            run.take(Batch(data, run.n_cycles))
            if progress:
                progress(STAGE, run.n_cycles, max(total, run.n_cycles))
    except (CycleShapeError, DuplicateCycleError) as error:
        stopped = str(error)
        run.stop("GAIT002" if isinstance(error, DuplicateCycleError) else "GAIT007", str(source))
    if not run.n_cycles and not stopped:
        raise _no_cycle(source)
    return run.result(stopped)


def cycle_findings(data: LocomotionData) -> pd.DataFrame:
    """Return the findings about single cycles, without what a report gathers over people.

    Parameters
    ----------
    data : LocomotionData

    Returns
    -------
    DataFrame
        As ``validate(data).findings``, with the position of the cycle in `data` as ``row``.

    Raises
    ------
    SchemaError
        If there is no cycle.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> {"code", "channel", "row"} <= set(cycle_findings(simulate(n_subjects=3, n_cycles=6)))
    True
    """
    if not len(data):
        raise _no_cycle(data)
    run = _Run(frozenset())
    for part in batches(data, _BATCH_CYCLES):
        run.check(Batch(part, run.n_cycles))
    return run.findings.table()


def _no_cycle(source: Source) -> SchemaError:
    return SchemaError(expected="at least one gait cycle", got="none", where=str(source))


# What is gathered over batches


EXAMPLES = 20
"""Findings kept of each code, dataset, subject, task and channel; all are counted."""

MOST_KEPT = 200_000
"""Findings kept altogether."""

_OF = ["code", "dataset", "subject", "task", "channel"]
_FINDING = ["code", "severity", *KEY, "channel", "phase", "value", "low", "high", "row"]
_COUNT = ["code", "severity", "title", "dataset", "subject", "task", "channel", "findings"]

Group = tuple[str, str, str, str, str]


@dataclass
class Findings:
    """Collects findings over batches in bounded memory.

    The counts grow with the number of subjects and channels, not of cycles.
    """

    counts: dict[Group, int] = field(default_factory=dict)
    kept: list[pd.DataFrame] = field(default_factory=list)
    n_kept: int = 0

    def add(self, batch: Batch, hits: Hits) -> None:
        """Count the hits of one check, and keep the first of each group."""
        if not len(hits):
            return
        names = np.array([*batch.channels, hits.column])
        rows = batch.keys.take(hits.cycle).assign(
            code=hits.code, severity=CHECKS[hits.code].severity, channel=names[hits.channel],
            phase=hits.phase, value=hits.value, low=hits.low, high=hits.high,
        )  # fmt: skip
        self.add_rows(rows)

    def add_rows(self, rows: pd.DataFrame) -> None:
        """Count and keep findings given as rows of the final table."""
        number = numbered(rows[name] for name in _OF)
        order, starts = sorted_groups(number)
        firsts = rows[_OF].iloc[order[starts[:-1]]].itertuples(index=False, name=None)
        groups, sizes = list(firsts), np.diff(starts)
        before = np.array([self.counts.get(group, 0) for group in groups])
        self.counts |= dict(zip(groups, (before + sizes).tolist(), strict=True))
        place = np.empty(len(rows), dtype=np.intp)
        place[order] = np.arange(len(rows)) - starts[number[order]]
        few = before[number] + place < EXAMPLES
        chosen = rows.iloc[np.flatnonzero(few)[: max(MOST_KEPT - self.n_kept, 0)]]
        if len(chosen):
            self.kept.append(chosen[_FINDING])
            self.n_kept += len(chosen)

    def add_dataset(
        self,
        code: str,
        dataset: str,
        n_cycles: int,
        task: str = "",
        channel: str = "",
        subject: str = "",
    ) -> None:
        """Count a finding about a whole dataset, or about people of it."""
        group = (code, dataset, subject, task, channel)
        self.counts[group] = self.counts.get(group, 0) + n_cycles

    def table(self) -> pd.DataFrame:
        """Return the kept findings, one row each."""
        if not self.kept:
            return pd.DataFrame(columns=_FINDING)
        return pd.concat(self.kept, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """Return the number of findings by code, dataset, subject, task and channel."""
        rows = [
            (code, CHECKS[code].severity, CHECKS[code].title, *rest, count)
            for (code, *rest), count in self.counts.items()
        ]
        frame = pd.DataFrame(rows, columns=_COUNT)
        return frame.sort_values(["code", "findings"], ascending=[True, False], ignore_index=True)


MOST_SAMPLES = 40
"""Curves kept of each task and channel, with and without a finding."""

_COLUMNS = [*GROUP, "channel", "cycles", "failed", "pass_rate"]

Counts = NDArray[np.int64]


@dataclass
class Tally:
    """Counts cycles measured and failed, and keeps a few curves of each kind."""

    counts: dict[tuple[str, ...], dict[str, Counts]] = field(default_factory=dict)
    curves: dict[tuple[str, str, bool], list[NDArray[np.float32]]] = field(default_factory=dict)

    def add(self, batch: Batch, failed: NDArray[np.bool_]) -> None:
        """Count one batch; `failed` has shape (n_channels, n_cycles)."""
        measured = batch.facts.missing < N_PHASES
        n_groups = int(batch.groups.max()) + 1
        each = np.array(
            [
                [np.bincount(batch.groups[row], minlength=n_groups) for row in mask]
                for mask in (measured, failed & measured)
            ]
        )
        firsts = np.unique(batch.groups, return_index=True)[1]
        names = batch.cycles[list(GROUP)].iloc[firsts]
        for index, group in enumerate(names.itertuples(index=False, name=None)):
            own = self.counts.setdefault(group, {})
            for row, channel in enumerate(batch.channels):
                own[channel] = own.get(channel, np.zeros(2, np.int64)) + each[:, row, index]
        codes, tasks = batch.tasks
        kinds = product(enumerate(tasks), enumerate(batch.channels), (False, True))
        for (code, task), (row, channel), kind in kinds:
            kept = self.curves.setdefault((task, channel, kind), [])
            room = MOST_SAMPLES - len(kept)
            if room:
                fits = np.flatnonzero((codes == code) & measured[row] & (failed[row] == kind))
                step = max(1, len(fits) // room)
                kept.extend(batch.block[row, at].copy() for at in fits[::step][:room])

    def pass_rate(self) -> pd.DataFrame:
        """Share of measured cycles without error or warning, by subject, task and channel."""
        rows = [
            (*group, channel, *map(int, counts), 1.0 - counts[1] / counts[0])
            for group, own in self.counts.items()
            for channel, counts in own.items()
            if counts[0]
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def samples(self) -> Samples:
        """(task, channel) -> curves without and curves with a finding."""
        empty = np.empty((0, N_PHASES), dtype=np.float32)
        names = dict.fromkeys((task, channel) for task, channel, _ in self.curves)

        def stacked(task: str, channel: str, kind: bool) -> NDArray[np.float32]:
            kept = self.curves[task, channel, kind]
            return np.stack(kept) if kept else empty

        return {name: (stacked(*name, False), stacked(*name, True)) for name in names}


@dataclass
class _Run:
    """State of one validation."""

    ignore: frozenset[str]
    findings: Findings = field(default_factory=Findings)
    seen: Seen = field(default_factory=Seen)
    inventory: Inventory = field(default_factory=Inventory)
    strides: Strides = field(default_factory=Strides)
    tally: Tally = field(default_factory=Tally)
    identities: Identities = field(default_factory=Identities)
    errors: list[NDArray[np.bool_]] = field(default_factory=list)
    n_cycles: int = 0
    simulated: bool = False

    def take(self, batch: Batch) -> None:
        """Check one batch, and gather what the report needs of it."""
        if not len(batch):
            return
        failed, errors = self.check(batch)
        self.tally.add(batch, failed)
        self.inventory.count(batch)
        self.errors.append(errors)

    def check(self, batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Note what is found in one batch.

        Returns
        -------
        failed : ndarray of bool, shape (n_channels, n_cycles)
            Curves with an error or a warning.
        errors : ndarray of bool, shape (n_cycles,)
            Cycles with an error.
        """
        failed = np.zeros((len(batch.channels), len(batch)), dtype=bool)
        errors = np.zeros(len(batch), dtype=bool)
        for hits in self._hits(batch):
            if hits.code in self.ignore:
                continue
            self.findings.add(batch, hits)
            severity = CHECKS[hits.code].severity
            if severity != "info":
                of_curve = hits.channel != WHOLE_CYCLE
                failed[hits.channel[of_curve], hits.cycle[of_curve]] = True
            if severity == "error":
                errors[hits.cycle] = True
                failed[:, hits.cycle[hits.channel == WHOLE_CYCLE]] = True
        self.n_cycles += len(batch)
        return failed, errors

    def _hits(self, batch: Batch) -> Iterator[Hits]:
        """Run the checks; outliers among the strides of earlier batches are noted directly."""
        yield from structure_hits(batch)
        yield from self.seen.hits(batch)
        yield from task_hits(batch)
        yield from physiology_hits(batch)
        yield from rest_hits(batch)
        yield from metadata_hits(batch)
        yield from angle_hits(batch)
        yield from force_hits(batch)
        yield from derived_hits(batch)
        if "GAIT301" in self.ignore and "GAIT302" in self.ignore:
            return
        for found in self.strides.hits(batch):
            if not isinstance(found, pd.DataFrame):
                yield found
            elif len(found) and "GAIT301" not in self.ignore:
                self.findings.add_rows(found)

    def stop(self, code: str, place: str) -> None:
        """Note that the source could not be read on."""
        if code not in self.ignore:
            self.findings.add_dataset(code, place, 1)

    def result(self, stopped: str) -> QualityResult:
        """Put everything together."""
        for code, dataset, task, channel, n_cycles in self.inventory.findings():
            if code not in self.ignore:
                self.findings.add_dataset(code, dataset, n_cycles, task, channel)
        told = [each for each in self.identities.findings() if each.code not in self.ignore]
        for each in told:
            self.findings.add_dataset(
                each.code,
                each.dataset,
                self.identities.count(each) or 1,
                subject=", ".join(each.subjects),
            )
        unjudged = self.strides.finish()
        if unjudged and "GAIT302" not in self.ignore:
            self.findings.add_dataset("GAIT302", "", unjudged)
        errors = np.concatenate(self.errors) if self.errors else np.empty(0, dtype=bool)
        return QualityResult(
            n_cycles=self.n_cycles,
            findings=self.findings.table().drop(columns="row"),
            summary=self.findings.summary(),
            pass_rate=self.tally.pass_rate(),
            error_cycles=errors,
            ignored=tuple(sorted(self.ignore)),
            stopped=stopped,
            samples=self.tally.samples(),
            simulated=self.simulated,
            identity=tuple(map(str, told)),
        )
