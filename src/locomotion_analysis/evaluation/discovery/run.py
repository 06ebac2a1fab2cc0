"""From gait cycles to a folder: report, groups and numbers."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.discovery.findings import Findings, find_groups
from locomotion_analysis.evaluation.discovery.page import render_page
from locomotion_analysis.evaluation.discovery.verdicts import is_firm, verdict
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.models.unsupervised.clusters import ClusterMethod
from locomotion_analysis.models.unsupervised.units import By
from locomotion_analysis.progress import Progress
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.standard import KEY


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, in words and numbers, and where it was written.

    Attributes
    ----------
    findings : Findings
        Everything that was computed.
    verdict : tuple of str
        The result in plain sentences.
    out : Path
        Folder of the files.
    """

    findings: Findings
    verdict: tuple[str, ...]
    out: Path

    @property
    def report_path(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.out / "report.html"

    @property
    def groups_path(self) -> Path:
        """Group, scores and anomaly scores of each subject or cycle, CSV."""
        return self.out / "groups.csv"

    @property
    def validation_path(self) -> Path:
        """All numbers, JSON."""
        return self.out / "validation.json"

    @property
    def left_out_path(self) -> Path:
        """The cycles that were left out and why, CSV."""
        return self.out / "left_out.csv"


def run_discovery(
    data: LocomotionData,
    out: str | os.PathLike[str],
    channels: Sequence[str] | None = None,
    n_clusters: int | Literal["auto"] = "auto",
    method: ClusterMethod = "kmeans",
    by: By = "subject",
    task: str | None = None,
    *,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Discovery:
    """Look for groups and write what was found.

    Everything is computed before the first file is written, and each file is written whole or
    not at all.

    Parameters
    ----------
    data, channels, n_clusters, method, by, task, random_state, progress
        As for :func:`~locomotion_analysis.evaluation.discovery.find_groups`.
    out : path-like
        Folder for ``report.html``, ``groups.csv``, ``validation.json`` and ``left_out.csv``.
    source : path-like, optional
        File or folder that `data` was read from, for the report.

    Returns
    -------
    Discovery

    Raises
    ------
    SchemaError
        As :func:`~locomotion_analysis.evaluation.discovery.find_groups`.
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> cycles = pd.DataFrame({"subject": [f"S{i}" for i in range(9)], "task": "run", "step": 0})
    >>> bend = np.repeat([0.0, 1.0, 1.0], 3)[:, None] + np.sin(np.linspace(0, 6, 150))
    >>> bend += np.random.default_rng(0).normal(0, 0.1, (9, 1))
    >>> data = LocomotionData(cycles, bend[None], ["knee_flexion_angle_ipsi_rad"])
    >>> run_discovery(data, tempfile.mkdtemp()).report_path.name
    'report.html'
    """
    folder = output_folder(
        out, ("report.html", "groups.csv", "left_out.csv", "validation.json"), "validation.json"
    )
    findings = find_groups(data, channels, n_clusters, method, by, task, random_state, progress)
    made = Discovery(findings, tuple(verdict(findings)), folder)
    _write(made, provenance(source_files(source)))
    return made


def groups_table(findings: Findings) -> pd.DataFrame:
    """Return one row a subject or cycle: key, group (1, 2, ...), scores, anomaly scores."""
    units = findings.units
    names = [name for name in KEY if name in units.table]
    if units.by == "subject":
        names = [name for name in ("dataset", "subject", "task", "cycles") if name in units.table]
    table = units.table[names].reset_index(drop=True)
    table["group"] = findings.labels + 1
    scores = {f"component_{i + 1}": each for i, each in enumerate(findings.scores.T)}
    return pd.concat([table, pd.DataFrame(scores), findings.anomalies], axis=1)


def validation_numbers(findings: Findings) -> dict[str, Any]:
    """Return all numbers as plain values for JSON; what is not defined is None."""
    units = findings.units
    numbers = {
        "by": units.by,
        "method": findings.clusters.method,
        "n_subjects": units.n_subjects,
        "n_cycles": len(units.data),
        "channels": list(units.channels),
        "simulated": units.data.is_simulated,
        "seed": findings.clusters.random_state,
        "n_groups": findings.n_groups,
        "number_chosen_by": "silhouette" if findings.chosen else "user",
        "gap_prefers": findings.gap_count,
        "silhouette": findings.silhouette,
        "stability": {
            "adjusted_rand_mean": findings.stability_mean,
            "adjusted_rand": findings.stability.adjusted_rand.tolist(),
            "jaccard": findings.stability.jaccard.tolist(),
        },
        "firm": is_firm(findings),
        "subject_in_one_group": findings.subject_in_one_group,
        "validity": findings.validity.to_dict("records"),
        "explained": findings.explained.to_dict("records"),
        "groups": findings.groups.to_dict("records"),
        "explained_variance_ratio": findings.pca.explained_variance_ratio_.tolist(),
        "n_left_out": len(units.left_out),
        "history": [str(entry) for entry in findings.history],
    }
    return metrics_json(numbers)


def _write(made: Discovery, origin: dict[str, Any]) -> None:
    page = render_page(made.findings, origin)
    numbers = {
        "verdict": list(made.verdict),
        **validation_numbers(made.findings),
        "provenance": origin,
    }
    write_all(
        {
            made.validation_path: json_text(numbers),
            made.groups_path: groups_table(made.findings).to_csv(index=False),
            made.left_out_path: made.findings.units.left_out.to_csv(index=False),
            made.report_path: page,
        }
    )
