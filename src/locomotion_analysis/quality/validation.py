"""Running the checks over any number of cycles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import CycleShapeError, DuplicateCycleError, SchemaError
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality import physics, physiology, structure
from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.codes import CHECKS, known_codes
from locomotion_analysis.quality.findings import Findings, kept_hits
from locomotion_analysis.quality.hits import WHOLE_CYCLE, Hits
from locomotion_analysis.quality.outliers import Strides
from locomotion_analysis.quality.result import QualityResult
from locomotion_analysis.quality.sources import Source, batches, count_cycles
from locomotion_analysis.quality.tally import Tally

STAGE = "validating cycles"


def validate(
    source: Source,
    ignore: Iterable[str] = (),
    batch_cycles: int = 4096,
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
            run.take(Batch(data, run.n_cycles))
            if progress:
                progress(STAGE, run.n_cycles, max(total, run.n_cycles))
    except (CycleShapeError, DuplicateCycleError) as error:
        stopped = str(error)
        run.stop("GAIT002" if isinstance(error, DuplicateCycleError) else "GAIT007", str(source))
    if not run.n_cycles and not stopped:
        raise SchemaError(expected="at least one gait cycle", got="none", where=str(source))
    return run.result(stopped)


@dataclass
class _Run:
    """State of one validation."""

    ignore: frozenset[str]
    findings: Findings = field(default_factory=Findings)
    seen: structure.Seen = field(default_factory=structure.Seen)
    inventory: structure.Inventory = field(default_factory=structure.Inventory)
    strides: Strides = field(default_factory=Strides)
    tally: Tally = field(default_factory=Tally)
    errors: list[NDArray[np.bool_]] = field(default_factory=list)
    n_cycles: int = 0
    simulated: bool = False

    def take(self, batch: Batch) -> None:
        """Check one batch."""
        if not len(batch):
            return
        found = kept_hits(self._in_batch(batch), self.ignore)
        found += kept_hits(self._outliers(batch), self.ignore)
        for hits in found:
            self.findings.add(batch, hits)
        self.tally.add(batch, _failed(batch, found))
        self.inventory.count(batch)
        self.errors.append(_with_errors(batch, found))
        self.n_cycles += len(batch)

    def _in_batch(self, batch: Batch) -> Iterator[Hits]:
        yield from structure.curve_hits(batch)
        yield from self.seen.hits(batch)
        yield from physiology.task_hits(batch)
        yield from physiology.curve_hits(batch)
        yield from physiology.metadata_hits(batch)
        yield from physics.physics_hits(batch)

    def _outliers(self, batch: Batch) -> Iterator[Hits]:
        if "GAIT301" in self.ignore and "GAIT302" in self.ignore:
            return
        for found in self.strides.hits(batch):
            if isinstance(found, pd.DataFrame):
                if len(found) and "GAIT301" not in self.ignore:
                    self.findings.add_rows(found)
            else:
                yield found

    def stop(self, code: str, place: str) -> None:
        """Note that the source could not be read on."""
        if code not in self.ignore:
            self.findings.add_dataset(code, place, 1)

    def result(self, stopped: str) -> QualityResult:
        """Put everything together."""
        for code, dataset, task, channel, n_cycles in self.inventory.findings():
            if code not in self.ignore:
                self.findings.add_dataset(code, dataset, n_cycles, task, channel)
        unjudged = self.strides.finish()
        if unjudged and "GAIT302" not in self.ignore:
            self.findings.add_dataset("GAIT302", "", unjudged)
        errors = np.concatenate(self.errors) if self.errors else np.empty(0, dtype=bool)
        return QualityResult(
            n_cycles=self.n_cycles,
            findings=self.findings.table(),
            summary=self.findings.summary(),
            pass_rate=self.tally.pass_rate(),
            error_cycles=errors,
            ignored=tuple(sorted(self.ignore)),
            stopped=stopped,
            samples=self.tally.samples(),
            simulated=self.simulated,
        )


def _failed(batch: Batch, found: list[Hits]) -> NDArray[np.bool_]:
    """Which curves have an error or a warning."""
    failed = np.zeros((len(batch.channels), len(batch)), dtype=bool)
    for hits in found:
        if CHECKS[hits.code].severity != "info":
            of_curve = hits.channel != WHOLE_CYCLE
            failed[hits.channel[of_curve], hits.cycle[of_curve]] = True
    return failed


def _with_errors(batch: Batch, found: list[Hits]) -> NDArray[np.bool_]:
    errors = np.zeros(len(batch), dtype=bool)
    for hits in found:
        if CHECKS[hits.code].severity == "error":
            errors[hits.cycle] = True
    return errors
