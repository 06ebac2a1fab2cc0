"""The quality report: findings, pass rates, curves and suspicions as one HTML page."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.errors import counted
from locomotion_analysis.files import write_all
from locomotion_analysis.quality.checks import SEVERITIES
from locomotion_analysis.quality.treatment import Diagnosis, Prescription
from locomotion_analysis.quality.validation import QualityResult, Samples
from locomotion_analysis.reporting.names import (
    channel_title,
    number_text,
    shown_unit,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files, provenance, source_files
from locomotion_analysis.reporting.style import INK, MUTED, PALETTE, curve_axes, figure, panels
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, is_channel
from locomotion_analysis.standard.norms import normative_curves, range_bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
MOST_ROWS = 40
MOST_WORST = 15
_CHANNELS_A_MAP = 12
_NOT_OF_THE_CHANNEL = ("GAIT011", "GAIT301", "GAIT302")
"""Checks whose value is a count of samples or a distance without a unit."""
_READING = (
    "An error makes a cycle wrong to use, a warning is a question, an info a fact to know.",
    "The pass rate is the share of the measured cycles without error or warning.",
)


def write_report(
    result: QualityResult,
    path: str | os.PathLike[str],
    diagnosis: Diagnosis | None = None,
    title: str = "Gait data quality",
    *,
    source: str | os.PathLike[str] | None = None,
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
    source : path-like, optional
        File or folder that was validated, for the record.

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
    # No clock and no machine: a dataset built again must give the same bytes.
    known = provenance(source_files(source))
    origin = {part: known[part] for part in ("files", "versions")}
    counts, n_error_cycles = result.counts, int(result.error_cycles.sum())
    verdict = (
        f"{counted(counts['error'], 'error')} in {n_error_cycles:,} of "
        f"{counted(result.n_cycles, 'cycle')}; {counted(counts['warning'], 'warning')}."
    )
    found = [
        (
            row["code"],
            row["severity"],
            row["title"],
            row["fix"],
            f"{row['findings']:,}",
            str(row["subjects"] or ""),
            str(row["channels"] or ""),
        )
        for row in result.by_code().to_dict("records")
    ]
    columns = ("Code", "Severity", "What", "What to do", "Findings", "Subjects", "Channels")
    table = Table("Each check that found something", columns, found, first_number=4)
    page = Page(
        about=result,
        title=title,
        subtitle=named_files(origin),
        verdict=[verdict],
        cautions=[
            *([f"Stopped early. {result.stopped}"] if result.stopped else ()),
            *result.identity,
        ],
        facts=[
            ("Cycles", f"{result.n_cycles:,}"),
            ("Cycles with an error", f"{n_error_cycles:,}"),
            *(
                (f"Findings of severity {severity}", f"{counts[severity]:,}")
                for severity in SEVERITIES
            ),
        ],
        sections=[
            Section("Findings by check", () if found else "No finding.", (), [table]),
            *_pass_rate(result),
            *_worst(result),
            *_suspected(diagnosis),
        ],
        reading=_READING,
        provenance=origin,
        record=(("Not reported", ", ".join(result.ignored)),) if result.ignored else (),
    )
    write_all({Path(path): page.html()})


def _pass_rate(result: QualityResult) -> Iterable[Section]:
    if result.pass_rate.empty:
        return
    maps = heat_maps(result.pass_rate, of=result)
    picture = Picture.of(
        maps,
        "Heat map of the pass rate by subject, task and channel.",
        "Each square a channel of a subject in a task; the bar tells its share.",
    )
    text = (
        "Share of measured cycles without error or warning, of the subjects, tasks and channels "
        f"in which not every cycle passes; of the {MOST_ROWS} lowest rows where there are more."
        if maps
        else "Every measured cycle is without error or warning."
    )
    yield Section("Pass rate", text, [picture] if maps else ())
    share = result.pass_rate.groupby(["task", "channel"], sort=False)[["failed", "cycles"]].sum()
    order = (share["failed"] / share["cycles"]).sort_values(ascending=False, kind="stable").index
    pairs = [pair for pair in order if pair in result.samples][:MOST_PANELS]
    if not pairs:
        return
    drawn = panels(
        lambda axes, pair: plot_sample_curves(axes, pair, result.samples), pairs, of=result
    )
    text = (
        "Grey: normative mean ± 3 standard deviations over all published speeds; dashed: mean. "
        "Channels with the lowest pass rates first; up to 40 curves of each kind, counted on top."
    )
    picture = Picture.of(
        drawn,
        "Curves of the channels with the lowest pass rates.",
        "Blue: without, vermilion: with an error or warning.",
    )
    yield Section("Curves over the healthy band", text, [picture])


def _worst(result: QualityResult) -> Iterable[Section]:
    """Subject, task and channel with the most errors and warnings, each with an example."""
    serious = result.summary[result.summary["severity"] != "info"]
    rank = serious["severity"].map(SEVERITIES.index)
    order = serious.assign(rank=rank).sort_values(
        ["rank", "findings"], ascending=[True, False], kind="stable"
    )
    by = ["code", "dataset", "subject", "task", "channel"]
    examples = result.findings.drop_duplicates(by)[[*by, "phase", "value", "low", "high"]]
    worst = order.head(MOST_WORST).merge(examples, how="left", on=by)
    rows = []
    for row in worst.to_dict("records"):
        example = row["title"]
        if pd.notna(row["value"]):
            example = _example(row)
        name = row["channel"]
        rows.append(
            (
                str(row["subject"] or row["dataset"]),
                row["code"],
                TASKS.get(row["task"], row["task"]),
                channel_title(name) if is_channel(name) else name,
                example,
                f"{row['findings']:,}",
            )
        )
    columns = ("Subject", "Code", "Task", "Channel", "Example", "Findings")
    if rows:
        table = Table("Most findings first", columns, rows, first_number=5)
        yield Section("Worst offenders", (), (), [table])


def _example(row: dict[Any, Any]) -> str:
    """Return a finding's value with what is allowed, in the unit its channel is drawn in."""
    unit, factor = "", 1.0
    if is_channel(row["channel"]) and row["code"] not in _NOT_OF_THE_CHANNEL:
        unit, factor = shown_unit(row["channel"])
    unit = unit if unit.startswith("°") else f" {unit}".rstrip()
    value, low, high = (factor * row[name] for name in ("value", "low", "high"))
    example = f"{number_text(value)}{unit}"
    example += "" if pd.isna(row["phase"]) else f" at {row['phase']:.0f} % of the cycle"
    if pd.isna(low):
        return example
    if not np.isfinite(high):
        return f"{example}, allowed from {number_text(low)}{unit}"
    return f"{example}, allowed {number_text(low)} to {number_text(high)}{unit}"


def _suspected(diagnosis: Diagnosis | None) -> Iterable[Section]:
    if diagnosis is None:
        return
    title = "What the doctor suspects"
    columns = ("Channels", "Dataset", "What", "Strongest evidence", "Subjects", "Cycles",
               "Confidence from")  # fmt: skip
    tables, texts = [], []
    if diagnosis:
        rows = [
            (*_with_evidence(row, diagnosis.prescriptions), f"{row.confidence:.2f}")
            for row in diagnosis.summary.itertuples()
        ]
        tables.append(Table("Suspicions", columns, rows, first_number=4))
        texts.append(
            "Proposals from comparing each subject's median curves with the norm. Nothing has been "
            "changed; locomotion doctor … --apply --out fixed.parquet carries them out."
        )
    else:
        texts.append("Units, signs, sides and grids agree with the norm.")
    if diagnosis.remarks:
        decide = [
            _with_evidence(row, diagnosis.remarks) for row in diagnosis.remark_summary.itertuples()
        ]
        tables.append(Table("To decide", columns[:-1], decide, first_number=4))
        texts.append(
            "What only somebody who knows the recording can tell stands under To decide; the "
            "doctor changes nothing of it."
        )
    yield Section(title, texts, (), tables)


def _with_evidence(row: Any, found: tuple[Prescription, ...]) -> tuple[str, ...]:
    """Return the cells of a row of a summary, with the strongest evidence behind it."""
    own = [
        each
        for each in found
        if (each.kind, ", ".join(each.channels), each.dataset)
        == (row.kind, row.channels, row.dataset)
        and each.explanation == row.what
        and (row.kind == "offset" or each.amount == row.amount or row.amount != row.amount)
        # Levels above and below the norm are rows of their own.
        and (each.kind != "offset" or np.sign(each.amount) == np.sign(row.degrees))
    ]
    best = max(own, key=lambda each: each.confidence)
    evidence = f"{best.subject}: {best.evidence}"
    what = str(row.what)
    names = [
        channel_title(name) if is_channel(name) else name for name in str(row.channels).split(", ")
    ]
    return ("; ".join(names), row.dataset, what, evidence, str(row.subjects), f"{row.cycles:,}")


# Pictures


def heat_maps(pass_rate: pd.DataFrame, of: object) -> "list[Figure]":
    """Draw the share of cycles without error or warning, by subject and task and by channel.

    Rows and channels in which every cycle passes are left out, and the rows with the lowest
    share are shown where there are more than fit; twelve channels stand on a figure, so that
    each can be read on a narrow screen. No figure where every cycle passes.

    Parameters
    ----------
    pass_rate : DataFrame
        ``pass_rate`` of a :class:`QualityResult`.
    of : object
        What is drawn, for the marks of simulated data.
    """
    rows = pass_rate["subject"] + " · " + pass_rate["task"].map(lambda t: TASKS.get(t, t))
    wide = pass_rate.assign(row=rows).pivot_table(
        index="row", columns="channel", values="pass_rate", aggfunc="mean", sort=False
    )
    wide = wide.loc[(wide < 1).any(axis=1), (wide < 1).any()]
    wide = wide.loc[wide.mean(axis=1).sort_values(kind="stable").index[:MOST_ROWS]]
    made = []
    for start in range(0, wide.shape[1], _CHANNELS_A_MAP):
        part = wide.iloc[:, start : start + _CHANNELS_A_MAP]
        with figure(2.6 + 0.22 * max(part.shape[1], 4), 2.4 + 0.2 * len(part), of) as each:
            axes = each.add_subplot()
            image = axes.imshow(100 * part, cmap="cividis", vmin=0, vmax=100, aspect="auto")
            axes.set_xticks(
                range(part.shape[1]), [channel_title(str(name)) for name in part], rotation=60,
                ha="right", rotation_mode="anchor",
            )  # fmt: skip
            axes.set_yticks(range(len(part)), list(part.index))
            axes.tick_params(length=0)
            each.colorbar(
                image, ax=axes, label="Cycles that pass (%)", location="top", shrink=0.7, aspect=30
            )
        made.append(each)
    return made


def plot_sample_curves(axes: "Axes", pair: tuple[str, str], samples: Samples) -> None:
    """Draw sample curves of a task and channel over the healthy band; those with a finding stand out."""
    task, channel = pair
    factor = shown_unit(channel)[1]
    if task in TASKS:
        rows, low, high = range_bands(task, "healthy")
        if channel in rows:
            row = rows[channel]
            axes.fill_between(
                PHASE_PERCENT, factor * low[row], factor * high[row], color=MUTED, alpha=0.25,
                linewidth=0,
            )  # fmt: skip
            found = normative_curves(task).of(channel)
            if found is not None:
                axes.plot(PHASE_PERCENT, factor * found[0], color=INK, linewidth=1.2, ls="--")
    good, bad = samples[pair]
    for curves, shade, alpha in ((good, PALETTE[0], 0.35), (bad, PALETTE[1], 0.7)):
        if len(curves):
            axes.plot(PHASE_PERCENT, factor * curves.T, color=shade, alpha=alpha, linewidth=0.8)
    curve_axes(axes, channel)
    shown = f"{TASKS.get(task, task)}: {len(good)} without, {len(bad)} with a finding"
    axes.set_title(f"{channel_title(channel)}\n{shown}", loc="left", fontsize=8.5)
