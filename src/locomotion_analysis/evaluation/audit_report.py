"""A leak audit for people: its sentences, the figure reviewers ask for, and a page.

The figure shows the same model with and without people on both sides of the split. The folder of an
audit holds the page, the figure and all numbers as JSON.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.audit import LeakAudit, Optimism
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.reporting.names import feature_title, value_title
from locomotion_analysis.reporting.page import Page, Picture, Section, Table, left_out_section
from locomotion_analysis.reporting.provenance import named_files
from locomotion_analysis.reporting.style import INK, MUTED, PALETTE, axes_for, figure, row_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_optimism", "verdict", "write_audit"]


_LOWEST_R2 = -1.0


def plot_optimism(audit: LeakAudit, axes: "Axes | None" = None) -> "Axes":
    """Draw the scores under folds of cycles and of subjects, for the target and for chance.

    Parameters
    ----------
    audit : LeakAudit
        What was found.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib Axes
        Points are scores, bars 95 % intervals over subjects; the dashed lines are chance.

    Examples
    --------
    >>> from locomotion_analysis.evaluation.audit import leak_audit
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=8, n_cycles=3, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["temporal"], n_splits=2, n_draws=1
    ... )
    >>> plot_optimism(audit).get_xlabel()
    'Balanced accuracy'
    """
    axes = axes_for(axes, 4.8, 2.9, audit)
    toss = "coin tossed" if audit.kind == "classification" else "number drawn"
    names = (value_title(audit.target), f"{toss}\nfor each subject".capitalize())
    for row, found in zip((1, 0), (audit.on_target, audit.on_random), strict=True):
        axes.plot(
            [found.grouped, found.ungrouped], [row, row], color=MUTED, linewidth=1.2, zorder=1
        )
        for label, value, (low, high), shade, marker in (
            (
                "folds of cycles: a subject on both sides",
                found.ungrouped,
                found.ungrouped_interval,
                PALETTE[1],
                "D",
            ),
            ("folds of subjects", found.grouped, found.grouped_interval, PALETTE[0], "o"),
        ):
            axes.errorbar(
                value,
                row,
                xerr=np.clip([[value - low], [high - value]], 0.0, None),
                fmt=marker,
                color=shade,
                markersize=8,
                capsize=4,
                linewidth=1.8,
                label=label if row == 1 else None,
            )
        axes.annotate(
            f"{found.points:+.0f} points",
            ((found.grouped + found.ungrouped) / 2, row),
            xytext=(0, 11),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            color=INK,
            clip_on=False,
        )
    # Chance: of the classes in the upper row, of the coin in the lower.
    of_target = 1 / audit.n_classes if audit.n_classes else 0.0
    of_coin = 0.5 if audit.n_classes else 0.0
    for row, chance in ((1, of_target), (0, of_coin)):
        axes.plot(
            [chance, chance],
            [row - 0.4, row + 0.4],
            color=MUTED,
            linestyle="--",
            label="chance" if row == 1 else None,
        )
    row_axes(axes, names)
    axes.set_ylim(-0.55, 1.6)
    axes.set_xlabel(audit.metric[:1].upper() + audit.metric[1:])
    lowest = 0.0
    if audit.kind == "regression":
        # What lies far below zero is cut off.
        ends = [found.grouped_interval[0] for found in (audit.on_target, audit.on_random)]
        lowest = max(min(0.0, *ends), _LOWEST_R2)
    axes.set_xlim(lowest - 0.03, 1.03)
    return axes


def audit_figure(audit: LeakAudit) -> "Figure":
    """Return :func:`plot_optimism` as a figure of a report, with its legend."""
    with figure(4.8, 3.5, audit) as made:
        axes = plot_optimism(audit, made.subplots())
        handles, labels = axes.get_legend_handles_labels()
        made.legend(handles, labels, loc="outside lower left", ncols=2)
    return made


NEARLY_IDENTICAL = 0.9
"""Share of cycles whose nearest neighbour is of the same subject, from which we call them so."""

_SHOWN = 5


def verdict(audit: LeakAudit) -> list[str]:
    """Return the audit's sentences, the most important first.

    Parameters
    ----------
    audit : LeakAudit
        What was found.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from locomotion_analysis.evaluation.audit import leak_audit
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=8, n_cycles=3, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["temporal"], n_splits=2, n_draws=1
    ... )
    >>> verdict(audit)[0][:22]
    'Sex: balanced accuracy'
    """
    target, random = audit.on_target, audit.on_random
    low, high = target.points_interval
    points = (
        f"{target.points:.0f} points (95 % interval {low:.0f} to {high:.0f} over subjects)".replace(
            "-", "−"
        )
    )
    if low > 0:
        meaning = f"Folds of cycles flatter this model by {points}. Report the second number."
    elif high < 0:
        meaning = f"Folds of cycles score lower, by {points}: look how subjects and classes meet."
    else:
        meaning = f"The difference, {points}, cannot be told from none."
    of_target = f"{value_title(audit.target)}: {audit.metric} {_both_scores(target)}. {meaning}"

    what, chance = "the target of another subject", "0 or less"
    if audit.kind == "classification":
        what, chance = "a coin tossed", "0.5"
    meaning = (
        "What folds of cycles reward is the recognition of people: "
        f"{random.points:.0f} points for nothing."
        if random.points_interval[0] > 0
        else "That it recognises people is not shown here."
    )
    of_random = (
        f"With {what} for each subject ({random.n_draws} draw{'s' * (random.n_draws > 1)}), about "
        f"which nothing can be known, the same model scores {_both_scores(random, ' and')}; "
        f"chance is {chance}. {meaning}"
    )
    return [*_leaks(audit), of_target, of_random, *_recognised(audit)]


def _leaks(audit: LeakAudit) -> Iterator[str]:
    """Yield what leaks in the data itself, whatever the folds."""
    if audit.disguised:
        yield (
            f"The target {audit.target} is the subject in disguise: {audit.n_classes} classes, "
            f"each of one subject, for {audit.n_subjects} subjects. A model that predicts it "
            "names people; it can say nothing about a new one."
        )
    for degree in ("perfectly", "nearly perfectly"):
        found = [each for each in audit.giveaways if each.degree == degree]
        if found:
            named = "; ".join(
                f"{each.place} {each.name}, {each.score:.3f}"
                if each.place != "feature"
                else f"feature {feature_title(each.name)} [{each.name}], {each.score:.3f}"
                for each in found[:_SHOWN]
            )
            more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield (
                f"Told {degree} by one {'column or feature' if len(found) == 1 else 'alone'}: "
                f"{named}{more} ({audit.metric} on folds of subjects). Ask whether it would be "
                "known before the target is; if not, leave it out."
            )
    copies = audit.duplicates
    if copies.across_subjects:
        yield (
            f"{copies.across_subjects:,} cycles are the same as a cycle of another subject "
            f"({'; '.join(copies.examples)}): folds of subjects do not keep these apart. Find "
            "out whose they are."
        )
    if copies.within_subjects:
        yield f"{copies.within_subjects:,} cycles are copies of another cycle of their subject."


def _both_scores(found: Optimism, between: str = ",") -> str:
    (low, high), (grouped_low, grouped_high) = found.ungrouped_interval, found.grouped_interval
    return (
        f"{found.ungrouped:.2f} ({low:.2f} to {high:.2f}) over folds of cycles{between} "
        f"{found.grouped:.2f} ({grouped_low:.2f} to {grouped_high:.2f}) over folds of subjects"
    )


def _recognised(audit: LeakAudit) -> Iterator[str]:
    """Yield how alike the cycles of a subject are, and which features are its name tags."""
    least, median, most = audit.cycles_per_subject
    if most == 1:
        yield "Each subject has one cycle: cycles and subjects are the same thing here."
    else:
        spread = str(most) if least == most else f"{least} to {most}, median {median},"
        yield (
            f"{audit.n_cycles:,} cycles of {audit.n_subjects:,} subjects ({spread} a subject). "
            f"{audit.between_subject_share:.0%} of the variance of the median feature lies "
            f"between subjects: the cycles are worth about {audit.effective_cycles:,.0f} "
            "independent ones."
        )
    known = audit.recognition
    if known is not None:
        told = (
            f"the nearest other cycle is of the same subject for {known.accuracy:.1%} of cycles "
            f"(chance {known.chance:.1%}, {known.n_subjects} subjects)"
        )
        if known.accuracy >= NEARLY_IDENTICAL:
            yield f"Cycles of one subject are nearly identical to each other: {told}."
        else:
            yield f"Features tell subjects apart in part: {told}."
    tags = audit.constant_features
    if tags:
        more = f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else ""
        yield (
            f"{len(tags)} feature{'s are' if len(tags) > 1 else ' is'} one value in all cycles "
            f"of a subject ({', '.join(tags[:_SHOWN])}{more}): a name tag wherever a subject is on "
            "both sides of a split."
        )


_READING = (
    (
        "Folds of cycles share out single cycles: a person's steps stand on both sides. Folds of "
        "subjects keep all cycles of a person together."
    ),
    (
        "A label drawn at random for each subject can be learned only by recognising the subject."
        " Whatever is above chance for it is recognition, not skill."
    ),
    (
        "Intervals are of 95 % over subjects; optimism is measured on the same"
        " draws of subjects under both kinds of folds."
    ),
    (
        "Folds of subjects do not protect from a column that contains the target, from cycles "
        "that are copied between subjects, or from a laboratory that stands for a class."
    ),
)


def write_audit(audit: LeakAudit, out: str | os.PathLike[str]) -> dict[str, Path]:
    """Write ``audit.html``, ``audit.json`` and ``optimism.png`` into a folder.

    Parameters
    ----------
    audit : LeakAudit
        What was found.
    out : path-like
        Folder; made if need be.

    Returns
    -------
    dict
        ``report``, ``numbers`` and ``figure`` to the paths written.

    Raises
    ------
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.evaluation.audit import leak_audit
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=8, n_cycles=3, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["temporal"], n_splits=2, n_draws=1
    ... )
    >>> sorted(path.name for path in write_audit(audit, tempfile.mkdtemp()).values())
    ['audit.html', 'audit.json', 'optimism.png']
    """
    folder = output_folder(out, ("audit.html", "audit.json", "optimism.png"), "audit.json")
    paths = {
        "report": folder / "audit.html",
        "numbers": folder / "audit.json",
        "figure": folder / "optimism.png",
    }
    numbers = {"verdict": verdict(audit), **audit.to_json()}
    figure = audit_figure(audit)
    write_all(
        {
            paths["numbers"]: json_text(numbers),
            paths["report"]: render_audit(audit),
            paths["figure"]: lambda path: figure.savefig(path, dpi=200, format="png"),
        }
    )
    return paths


def render_audit(audit: LeakAudit) -> str:
    """Return the audit as the text of one self-contained HTML file."""
    least, median, most = audit.cycles_per_subject
    known = audit.recognition
    columns = ("Feature or column", "What it is", audit.metric.capitalize(), "Tells the target")
    singles = [
        (
            each.name,
            feature_title(each.name) if each.place == "feature" else each.place,
            f"{each.score:.3f}",
            each.degree or "",
        )
        for each in audit.single_scores
    ]
    return Page(
        about=audit,
        title=f"Leak audit: {value_title(audit.target).lower()}",
        subtitle=f"{named_files(audit.provenance)} · {audit.model.split(':')[0]}",
        verdict=verdict(audit),
        facts=[
            ("Subjects", f"{audit.n_subjects:,}"),
            ("Gait cycles", f"{audit.n_cycles:,}"),
            ("Cycles a subject", f"{median} ({least} to {most})"),
            ("Features", f"{audit.n_features:,}"),
            ("Optimism", f"{audit.on_target.points:+.0f} points"),
            ("Subject recognised", "unknown" if known is None else f"{known.accuracy:.1%}"),
        ],
        sections=[
            _optimism_section(audit),
            Section(
                "Single features and columns",
                "Each was given to a small decision tree that saw nothing else, on folds of "
                "subjects. Columns of the cycle table are looked at whether or not the features "
                "contain them.",
                tables=(Table("Best first", columns, singles, 2),),
            ),
            left_out_section(audit.left_out),
        ],
        reading=_READING,
        provenance=audit.provenance,
        cautions=audit.cautions,
        record=(
            ("Model", audit.model),
            ("Folds", str(audit.n_splits)),
            ("Draws of random labels", str(audit.on_random.n_draws)),
            ("Seed", str(audit.seed)),
        ),
    ).html()


def _optimism_section(audit: LeakAudit) -> Section:
    scores = {"Target": audit.on_target, "Random label for each subject": audit.on_random}
    told = "; ".join(
        f"{name}: {each.ungrouped:.2f} over folds of cycles, {each.grouped:.2f} over subjects"
        for name, each in scores.items()
    )
    picture = Picture.of(
        audit_figure(audit),
        f"{audit.metric.capitalize()} of the same model under both kinds of folds. {told}.",
        f"The same model under {audit.n_splits} folds of cycles and {audit.n_splits} folds of "
        "subjects. Bars: 95 % intervals over subjects.",
    )
    columns = ("Labels", "Folds of cycles", "Folds of subjects", "Optimism (points)")
    rows = [
        (
            name,
            *(
                f"{value:{form}} ({low:{form}} to {high:{form}})"
                for value, (low, high), form in (
                    (each.ungrouped, each.ungrouped_interval, ".3f"),
                    (each.grouped, each.grouped_interval, ".3f"),
                    (each.points, each.points_interval, "+.1f"),
                )
            ),
        )
        for name, each in scores.items()
    ]
    table = Table(f"{audit.metric.capitalize()}, 95 % interval over subjects", columns, rows)
    return Section("Optimism", (), (picture,), (table,))
