"""Findings counted without limit and kept as examples up to one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.codes import CHECKS
from locomotion_analysis.quality.hits import Hits
from locomotion_analysis.standard import KEY

EXAMPLES = 20
"""Findings kept of each code, dataset, subject, task and channel; all are counted."""

MOST_KEPT = 200_000
"""Findings kept altogether."""

_OF = ["code", "dataset", "subject", "task", "channel"]
_FINDING = ["code", "severity", *KEY, "channel", "phase", "value", "low", "high"]
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
        key = batch.cycles[list(KEY)].take(hits.cycle).reset_index(drop=True)
        rows = key.assign(
            code=hits.code, severity=CHECKS[hits.code].severity, channel=names[hits.channel],
            phase=hits.phase, value=hits.value, low=hits.low, high=hits.high,
        )  # fmt: skip
        self.add_rows(rows)

    def add_rows(self, rows: pd.DataFrame) -> None:
        """Count and keep findings given as rows of the final table."""
        grouped = rows.groupby(_OF, sort=False)
        before = np.empty(len(rows), dtype=np.int64)
        places = grouped.ngroup().to_numpy()
        sizes = grouped.size()
        known = [self.counts.get(group, 0) for group in sizes.index]
        before[:] = np.asarray(known, dtype=np.int64)[places]
        for group, old, new in zip(sizes.index, known, sizes, strict=True):
            self.counts[group] = old + int(new)
        few = (before + grouped.cumcount().to_numpy()) < EXAMPLES
        room = max(MOST_KEPT - self.n_kept, 0)
        chosen = rows[few].head(room)
        if len(chosen):
            self.kept.append(chosen[_FINDING])
            self.n_kept += len(chosen)

    def add_dataset(
        self, code: str, dataset: str, n_cycles: int, task: str = "", channel: str = ""
    ) -> None:
        """Count a finding about a whole dataset."""
        group = (code, dataset, "", task, channel)
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


def kept_hits(hits: Iterable[Hits], ignore: frozenset[str]) -> list[Hits]:
    """Return the hits that are something and are not to be ignored."""
    return [found for found in hits if len(found) and found.code not in ignore]
