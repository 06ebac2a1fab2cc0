"""What validation found."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.codes import CHECKS, SEVERITIES

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
        warning, and the share without, 0 to 1.
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
