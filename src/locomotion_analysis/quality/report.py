"""The quality report: one HTML page that needs nothing else."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from locomotion_analysis._version import __version__
from locomotion_analysis.files import write_all
from locomotion_analysis.quality.codes import CHECKS, SEVERITIES
from locomotion_analysis.quality.prescription import Diagnosis
from locomotion_analysis.quality.report_figures import (
    MOST_ROWS,
    curve_panels,
    heat_map,
    png,
    readable,
    worst_panels,
)
from locomotion_analysis.quality.result import QualityResult
from locomotion_analysis.standard import TASKS, is_channel

MOST_WORST = 15


def write_report(
    result: QualityResult,
    path: str | os.PathLike[str],
    diagnosis: Diagnosis | None = None,
    title: str = "Gait data quality",
    *,
    simulated: bool = False,
) -> None:
    """Write the findings as a self-contained HTML page.

    Parameters
    ----------
    result : QualityResult
    path : path-like
        File to write, whole or not at all.
    diagnosis : Diagnosis, optional
        What the doctor suspects; the section is left out where None.
    title : str
        Heading, for example the file's name.
    simulated : bool
        Say that no person was measured.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.quality import validate
    >>> from locomotion_analysis.simulation import simulate
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "quality.html"
    >>> write_report(validate(simulate(n_subjects=3, n_cycles=6)), page)
    >>> page.read_text(encoding="utf-8").startswith("<!doctype html>")
    True
    """
    template = files("locomotion_analysis.quality") / "templates" / "quality.html.j2"
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        template.read_text(encoding="utf-8")
    )
    text = page.render(
        title=title, version=__version__, result=result, counts=result.counts,
        severities=SEVERITIES, codes=result.by_code().to_dict("records"), simulated=simulated,
        worst=worst_offenders(result).to_dict("records"), diagnosis=diagnosis,
        suspicions=[] if diagnosis is None else diagnosis.summary.to_dict("records"),
        evidence=_evidence(diagnosis), **_pictures(result),
    )  # fmt: skip
    write_all({Path(path): text})


def worst_offenders(result: QualityResult) -> pd.DataFrame:
    """Subject, task and channel with the most errors and warnings.

    Returns
    -------
    DataFrame
        code, severity, title, subject, task, channel, findings, and an example: phase, value,
        low, high.
    """
    serious = result.summary[result.summary["severity"] != "info"]
    rank = serious["severity"].map(SEVERITIES.index)
    order = serious.assign(rank=rank).sort_values(
        ["rank", "findings"], ascending=[True, False], kind="stable"
    )
    by = ["code", "dataset", "subject", "task", "channel"]
    example = result.findings.drop_duplicates(by)[[*by, "phase", "value", "low", "high"]]
    worst = order.drop(columns="rank").head(MOST_WORST).merge(example, how="left", on=by)
    return worst.assign(
        task=[TASKS.get(name, name) for name in worst["task"]],
        channel=[readable(name) if is_channel(name) else name for name in worst["channel"]],
        fix=[CHECKS[code].fix for code in worst["code"]],
    )


def _evidence(diagnosis: Diagnosis | None) -> dict[int, str]:
    """Strongest evidence of each row of the diagnosis' summary."""
    if not diagnosis:
        return {}
    table = diagnosis.table
    found = {}
    for number, row in enumerate(diagnosis.summary.itertuples()):
        own = table[(table["kind"] == row.kind) & (table["channels"] == row.channels)]
        best = own.iloc[int(own["confidence"].to_numpy().argmax())]
        found[number] = f"{best['subject']}: {best['evidence']}"
    return found


def _pictures(result: QualityResult) -> dict[str, Any]:
    if result.pass_rate.empty:
        return {"heat": "", "panels": "", "n_rows": 0, "most_rows": MOST_ROWS}
    pairs = worst_panels(result.pass_rate, result.samples)
    n_rows = len(result.pass_rate[["dataset", "subject", "task"]].drop_duplicates())
    return {
        "heat": png(heat_map(result.pass_rate)),
        "panels": png(curve_panels(pairs, result.samples)) if pairs else "",
        "n_rows": n_rows,
        "most_rows": MOST_ROWS,
    }
