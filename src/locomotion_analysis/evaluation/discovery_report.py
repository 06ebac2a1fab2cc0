"""The report on groups: figures, tables, plain sentences, one HTML page and a folder of numbers."""

import itertools
import os
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import counted
from locomotion_analysis.evaluation.discovery import Findings, apart, find_groups
from locomotion_analysis.evaluation.discovery_figures import (
    plot_dendrogram,
    plot_effects,
    plot_explained,
    plot_gap,
    plot_mode,
    plot_scatter,
    plot_silhouette,
)
from locomotion_analysis.evaluation.metrics import metrics_json
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.models.unsupervised.clusters import ClusterMethod
from locomotion_analysis.models.unsupervised.curves import By, Embedding
from locomotion_analysis.plots.curves import MOST_PANELS, plot_class_curves
from locomotion_analysis.progress import Progress
from locomotion_analysis.reporting.names import (
    channel_title,
    feature_title,
    mean_and_sd,
    p_equals,
    p_text,
    value_title,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files, provenance, source_files
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.reporting.style import figure, panels
from locomotion_analysis.standard import KEY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Discovery", "run_discovery"]


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
    embedding: Embedding = "tsne",
) -> Discovery:
    """Look for groups and write what was found.

    Everything is computed before the first file is written, and each file is written whole or
    not at all.

    Parameters
    ----------
    data, channels, n_clusters, method, by, task, random_state, progress, embedding
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
    SchemaError, MissingExtraError
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
    findings = find_groups(
        data, channels, n_clusters, method, by, task, random_state, progress, embedding
    )
    made = Discovery(findings, tuple(verdict(findings)), folder)
    origin = provenance(source_files(source))
    numbers = {
        "verdict": list(made.verdict),
        **validation_numbers(findings),
        "provenance": origin,
    }
    write_all(
        {
            made.validation_path: json_text(numbers),
            made.groups_path: csv_text(groups_table(findings)),
            made.left_out_path: csv_text(findings.units.left_out),
            made.report_path: render_page(findings, origin),
        }
    )
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
        "embedding": findings.embedding,
        "seed": findings.clusters.random_state,
        "n_groups": findings.n_groups,
        "number_chosen_by": "one population, then silhouette" if findings.chosen else "user",
        "one_population_p": findings.one_population_p,
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


# The page


_METHODS = {
    "kmeans": "k-means",
    "gmm": "Gaussian mixture",
    "hierarchical": "Ward's linkage",
}
_EMBEDDINGS = {"tsne": "t-SNE", "umap": "UMAP"}
_READING = (
    (
        "Every method finds groups, in any data. Whether there are any is asked by a test against one "
        "population; whether they are worth a name, by silhouette and stability: weak or unstable "
        "groups are slices of a continuum."
    ),
    "Every subject weighs the same, however many of its cycles were recorded.",
    (
        "A group that is a speed, a laboratory or a person is a fact about the recording, and no kind "
        "of gait."
    ),
    (
        "The groups were made from the curves: that the curves differ between them proves nothing. "
        "What was not used to make them (age, diagnosis, clinical scores) may say something."
    ),
    (
        "The most unusual twentieth exists in any data; unusual is neither wrong nor ill. This page "
        "is no medical device."
    ),
)
_UNUSUAL = (
    "Three views: distance of the component scores from their mean in standard deviations "
    "(Mahalanobis), isolation forest of the scores (−1 the most unusual), and modified band depth "
    "of the curves (0 outside of all others)."
)
_ONE = (
    "The curves were held against one population without groups that has the same mean and the same "
    "covariance. Silhouettes and gaps are shown for whoever wants to cut it all the same; ask for a "
    "number of groups to see what they would be."
)
_NULL = (
    "Are the groups something else in disguise? The null hands what belongs to one subject to "
    "another, so that many cycles of few people are no evidence."
)


def render_page(findings: Findings, provenance: dict[str, Any]) -> str:
    """Return the report as the text of one HTML file.

    Parameters
    ----------
    findings : Findings
        What was found.
    provenance : dict
        Files, versions, platform and time.
    """
    units = findings.units
    tasks = ", ".join(value_title(name).lower() for name in units.data.cycles["task"].unique())
    return Page(
        about=units.data,
        title=f"Groups of {units.by}s by their gait",
        subtitle=f"{named_files(provenance)} · {tasks} · {provenance['created'][:10]}",
        verdict=verdict(findings),
        facts=[
            ("Subjects", f"{units.n_subjects:,}"),
            ("Gait cycles", f"{len(units.data):,}"),
            ("Channels", f"{len(units.channels):,}"),
            ("Groups", f"{findings.n_groups:,}"),
            ("Method", _METHODS[findings.clusters.method]),
            ("Components", f"{findings.scores.shape[1]:,}"),
        ],
        sections=_sections(findings),
        reading=_READING,
        provenance=provenance,
        record=(("Seed", str(findings.clusters.random_state)),),
        history=[str(entry) for entry in findings.history],
    ).html()


def _sections(findings: Findings) -> list[Section]:
    channels = ", ".join(channel_title(name) for name in findings.units.channels)
    components = (
        f"Functional principal components of {channels}. Each channel was divided by its standard "
        f"deviation; {findings.scores.shape[1]} components explain "
        f"{100 * findings.pca.explained_variance_ratio_.sum():.0f} % of the variance, and the groups were "
        "made from their scores."
    )
    counts = [count_picture(findings), scatter_picture(findings), dendrogram_picture(findings)]
    left_out = left_out_table(findings)
    ways = Section("Ways in which gaits differ", components, [modes_picture(findings)])
    others = [
        Section("Unusual gaits", _UNUSUAL, tables=[unusual_table(findings)]),
        Section(
            "Left out, and why", () if left_out.rows else "No cycle had a gap.", tables=[left_out]
        ),
    ]
    if findings.n_groups == 1:
        shown = [each for each in counts[:2] if each is not None]
        return [ways, Section("How many groups", _ONE, shown), *others]
    disguise = [_NULL]
    if findings.units.by == "subject":
        disguise.append(
            "Each subject is one unit, so that subjects cannot explain the groups here."
        )
    explained = explained_picture(findings)
    if explained is None:
        disguise.append("Nothing but the curves is known of the units, so nothing could be asked.")
    differences = apart_table(findings)
    people = [people_table(findings), categories_table(findings)]
    return [
        ways,
        Section(
            "How many groups, and how firm",
            "Stability (Jaccard): overlap of a group with its like when subjects are drawn anew, "
            "mean over the draws; below 0.6 a group should not be believed, above 0.75 it is "
            "stable.",
            [each for each in counts if each is not None],
            [size_table(findings)],
        ),
        Section(
            "What explains the groups",
            disguise,
            [] if explained is None else [explained],
            [] if explained is None else [explained_table(findings)],
        ),
        Section(
            "How the groups differ",
            () if differences.rows else "No group is clearly apart from the others anywhere.",
            [curve_picture(findings), effects_picture(findings)],
            [differences],
        ),
        Section(
            "Who is in the groups",
            () if any(table.rows for table in people) else "Nothing is known of the people.",
            tables=people,
        ),
        *others,
    ]


# What the numbers mean, in plain sentences


DISGUISE = 0.5
"""Share of a clustering above which it is called something else in disguise."""
_PARTLY = 0.15
_SIGNIFICANT = 0.05
_STABLE, _DOUBTFUL = 0.75, 0.5
_CLEAR, _WEAK = 0.5, 0.25
_SHIFTED = 0.5

# How the recording was made, as against what the person is.
_CONDITIONS = {
    "dataset": "datasets",
    "laboratory": "laboratories",
    "site": "laboratories",
    "task": "tasks",
    "session": "sessions",
    "side": "body sides",
    "surface": "surfaces",
    "treadmill": "treadmill and overground",
    "speed_m_s": "speeds",
    "cycle_duration_s": "cadences",
    "cadence_steps_min": "cadences",
    "incline_deg": "slopes",
}


def disguises(explained: pd.DataFrame, in_one: float | None) -> list[str]:
    """Return a warning for each thing that the groups may be instead of kinds of gait.

    Parameters
    ----------
    explained : DataFrame
        From :func:`~locomotion_analysis.models.unsupervised.explained_by`.
    in_one : float or None
        Mean share of a subject's cycles in its most frequent group; None where subjects were
        grouped.
    """
    found = []
    conditions: dict[tuple[str, bool], list[str]] = {}
    for row in explained.to_dict("records"):
        share = float(row["share"])
        # A number may differ much between the groups and yet not tell them apart alone.
        shifted = (
            row["effect"] == "eta_squared"
            and row["effect_size"] >= _SHIFTED
            and row["p_adjusted"] < _SIGNIFICANT
        )
        if row["variable"] == "subject" and share >= DISGUISE and _sure(row):
            kept = (
                f"; on average {100 * in_one:.0f} % of a subject's cycles lie in one group"
                if in_one
                else ""
            )
            found.append(
                f"The clusters are subjects in disguise: who moves tells {_share(row)} of the grouping{kept}. They sort people, and many cycles of one person are not many "
                "findings. Group subjects instead (--by subject)."
            )
        elif row["variable"] in _CONDITIONS and (_sure(row) or shifted):
            measure = "eta²" if row["effect"] == "eta_squared" else "Cramér's V"
            conditions.setdefault((_CONDITIONS[row["variable"]], share >= DISGUISE), []).append(
                f"{feature_title(str(row['variable']))} {_share(row)} "
                f"({measure} {row['effect_size']:.2f})"
            )
    for (what, wholly), told in conditions.items():
        found.append(
            f"The clusters are {what} in disguise: {_told(told)}. Compare like with like before "
            "calling them kinds of gait."
            if wholly
            else f"The clusters are partly {what}: {_told(told)}, more than chance would."
        )
    return found


def _share(row: Mapping[Hashable, Any]) -> str:
    """Return the share of the grouping that is known once the variable is."""
    return f"{100 * max(float(row['share']), 0.0):.0f} %"


def _told(shares: Sequence[str]) -> str:
    """Return variables and their shares as one clause, of what the shares are said once."""
    first, *others = shares
    head = re.sub(r" (\d+ %) \(", r" tells \1 of the grouping (", first, count=1)
    return ", ".join([head, *others])


def verdict(findings: Findings) -> list[str]:
    """Return the result on top of the report: how many groups, how firm, and what they are."""
    unit = "subjects" if findings.units.by == "subject" else "cycles"
    p = p_equals(findings.one_population_p)
    if findings.n_groups == 1:
        what = f"One group: the {len(findings.scores):,} {unit} may all be of one population ({p})."
        power = (
            "Two groups of 15 people whose means lie four standard deviations apart would be told "
            "in nine cases of ten; smaller differences may be missed."
        )
        return [f"{what} Their curves differ, but not by kinds.", power]
    how = "chosen by the widest silhouette" if findings.chosen else "as asked for"
    if findings.silhouette >= _CLEAR:
        separation = "clearly apart"
    else:
        separation = "weakly apart" if findings.silhouette >= _WEAK else "hardly apart at all"
    width = f"silhouette {findings.silhouette:.2f}"
    told = [f"{findings.n_groups} groups of {unit} ({how}): {width}, {separation}."]
    if findings.one_population:
        told.append(
            f"One population explains the curves as well ({p}): the groups are slices of a continuum."
        )
    else:
        told.append(f"One population without groups hardly gives such curves ({p}).")
    mean = findings.stability_mean
    low, high = np.percentile(findings.stability.adjusted_rand, [2.5, 97.5])
    if mean >= _STABLE:
        meaning = "the groups come out again with other subjects"
    elif mean >= _DOUBTFUL:
        meaning = "the groups come out in part with other subjects"
    else:
        meaning = "with other subjects other groups come out; do not build on them"
    told.append(
        f"Stability: adjusted Rand index {mean:.2f} ({low:.2f} to {high:.2f}) over bootstrap "
        f"draws of subjects; {meaning}."
    )
    for group in range(findings.n_groups):
        names = np.unique(findings.units.subjects[findings.labels == group])
        if len(names) == 1:
            told.append(
                f"Group {group + 1} is a single subject ({names[0]}): an unusual person or a "
                "faulty recording, and no group. Look at its curves."
            )
    told += disguises(findings.explained, findings.subject_in_one_group)
    of_people = findings.explained[~findings.explained["variable"].isin([*_CONDITIONS, "subject"])]
    others = [
        f"{feature_title(str(row['variable']))} {_share(row)} ({p_equals(row['p_adjusted'])}"
        + (f", known of {row['n_units']:,}" if row["n_units"] < len(findings.scores) else "")
        + ")"
        for row in of_people.to_dict("records")
        if _sure(row)
    ]
    if others:
        tested = counted(len(findings.explained), "variable")
        told.append(f"What goes with the groups, p adjusted for {tested}: {_told(others)}.")
    return told


def is_firm(findings: Findings) -> bool:
    """Tell whether the groups are stable and separate, and no single population."""
    return (
        findings.silhouette >= _WEAK
        and findings.stability_mean >= _STABLE
        and not findings.one_population
    )


def _sure(row: dict[Hashable, Any]) -> bool:
    """Tell whether a variable explains a share of the groups that chance does not.

    The p-value is adjusted for the number of variables: the best of many looks good by chance.
    """
    return bool(row["share"] >= _PARTLY and row["p_adjusted"] < _SIGNIFICANT)


# The figures, with the words that go with them


_MOST_MODES = 3
_MOST_CHANNELS = 4


def modes_picture(findings: Findings) -> Picture:
    """Return the first components in the channels that weigh most in them."""
    shown = min(_MOST_MODES, len(findings.pca.components_))
    channels = list(findings.units.channels)
    strongest = np.argsort(-findings.pca.channel_share_[:shown].max(axis=0), kind="stable")
    kept = sorted(strongest[:_MOST_CHANNELS].tolist())

    def draw_mode(axes: "Axes", item: tuple[int, int]) -> None:
        component, channel = item
        plot_mode(findings.pca, channels, component, channel, ax=axes)
        weight = findings.pca.channel_share_[component, channel]
        axes.set_title(
            f"{channel_title(channels[channel])}\ncomponent {component + 1}: {100 * weight:.0f} % in this channel",
            loc="left", fontsize=8.5,
        )  # fmt: skip

    made = panels(draw_mode, itertools.product(range(shown), kept), of=findings.units.data)
    share = ", ".join(
        f"{100 * each:.0f} %" for each in findings.pca.explained_variance_ratio_[:shown]
    )
    rest = len(channels) - len(kept)
    caption = f"Mean ± 2 SD of the first components, which explain {share} of the variance." + (
        f" The {len(kept)} channels that weigh most in them; {rest} more are not drawn."
        if rest
        else ""
    )
    alt = f"Mean curves with two standard deviations of the components that explain {share}."
    return Picture.of(made, alt, caption)


def count_picture(findings: Findings) -> Picture:
    """Return silhouette and gap over the number of groups."""
    count = findings.clusters.n_clusters
    made = panels(
        lambda axes, plot: plot(findings.validity, count, axes),
        (plot_silhouette, plot_gap),
        of=findings.units.data,
    )
    at = "" if count == 1 else f"; silhouette {findings.silhouette:.2f} at {count} groups"
    alt = f"Silhouette and gap statistic{at}."
    caption = (
        "Silhouette: wider is better. Gap: the smallest number whose gap is not beaten by the "
        "next by more than its error is preferred; one means no groups."
    )
    return Picture.of(made, alt, caption)


def scatter_picture(findings: Findings) -> Picture:
    """Return the groups on the first two components, and laid out by t-SNE or UMAP."""
    embedding = _EMBEDDINGS[findings.embedding]
    rows = findings.plane_rows
    second = min(1, findings.scores.shape[1] - 1)
    labels = findings.labels[rows]
    planes = [
        (
            "Scores",
            findings.scores[rows][:, [0, second]],
            ("Component 1", f"Component {second + 1}"),
        )
    ]
    if len(findings.plane):
        planes.append((embedding, findings.plane, (f"{embedding} 1", f"{embedding} 2")))

    def draw_plane(axes: "Axes", plane: tuple[str, Any, tuple[str, str]]) -> None:
        title, points, names = plane
        plot_scatter(points, labels, names, axes)
        axes.set_title(title)

    made = panels(draw_plane, planes, of=findings.units.data)
    unit = findings.units.by
    caption = (
        f"One point a {unit}"
        + (
            f" ({len(rows):,} of {len(findings.scores):,})"
            if len(rows) < len(findings.scores)
            else ""
        )
        + f". In {embedding} only neighbourhoods mean something; distances and the size of clumps "
        "do not."
    )
    return Picture.of(made, f"Scatter of {findings.n_groups} group(s).", caption)


def dendrogram_picture(findings: Findings) -> Picture | None:
    """Return Ward's tree, where the groups were made by it."""
    if findings.clusters.method != "hierarchical":
        return None
    names = findings.units.subjects[findings.clusters.rows_]
    with figure(4.8, 3.8, findings.units.data) as made:
        plot_dendrogram(
            findings.clusters.linkage_,
            findings.n_groups,
            names.tolist() if findings.units.by == "subject" else None,
            made.subplots(),
        )
    alt = f"Dendrogram of {len(names)} {findings.units.by}s cut into {findings.n_groups} groups."
    return Picture.of(made, alt, "Ward's linkage of the component scores.")


def explained_picture(findings: Findings) -> Picture | None:
    """Return what explains the groups, or None where nothing else is known of the units."""
    table = findings.explained.dropna(subset=["share"])
    if table.empty:
        return None
    with figure(4.8, 1.1 + 0.3 * len(table), findings.units.data) as made:
        plot_explained(table, made.subplots())
    told = ", ".join(
        f"{feature_title(str(name))} {share:.2f}"
        for name, share in table[["variable", "share"]].head(5).to_numpy()
    )
    caption = (
        "Diamond: share of the grouping that is known once the variable is. Bar: the middle 95 % "
        "of what chance gives when subjects are exchanged."
    )
    return Picture.of(made, f"Share of the grouping explained: {told}.", caption)


def curve_picture(findings: Findings) -> Picture:
    """Return the mean curves of the groups with the spread between subjects."""
    units = findings.units
    labels = np.array([f"Group {group + 1}" for group in findings.labels[units.unit_of_cycle]])
    classes = [f"Group {group + 1}" for group in range(findings.n_groups)]
    channels = list(units.channels[:MOST_PANELS])
    made = panels(
        lambda axes, channel: plot_class_curves(units.data, labels, classes, channel, axes),
        channels,
        of=units.data,
    )
    named = ", ".join(channel_title(name) for name in channels)
    rest = len(units.channels) - len(channels)
    caption = "Mean ± 1 SD over subjects; a subject's cycles in a group are averaged first." + (
        f" {rest} more channels are not drawn." if rest else ""
    )
    return Picture.of(made, f"Mean curves of {len(classes)} groups: {named}.", caption)


def effects_picture(findings: Findings) -> Picture:
    """Return each group's standardised difference from the others."""
    channels = findings.units.channels[:MOST_PANELS]
    made = panels(
        lambda axes, item: plot_effects(findings.effects, *item, axes),
        enumerate(channels),
        of=findings.units.data,
    )
    caption = (
        "Hedges' g of a group against all others, with the pointwise 95 % interval of a bootstrap "
        "over subjects. Grey: differences below 0.8. The groups were made from these curves, so "
        "the bands describe and test nothing."
    )
    return Picture.of(made, "Effect size curves of the groups.", caption)


# The tables


_MOST_UNUSUAL = 12
_MOST_LEFT_OUT = 30
_MOST_PHASES = 6


def size_table(findings: Findings) -> Table:
    """Return subjects, cycles and stability of each group."""
    units = findings.units
    rows = []
    for group in range(findings.n_groups):
        own = findings.labels == group
        cycles = int((findings.labels[units.unit_of_cycle] == group).sum())
        rows.append(
            (
                f"Group {group + 1}",
                f"{len(np.unique(units.subjects[own])):,}",
                f"{cycles:,}",
                f"{findings.stability.jaccard[group]:.2f}",
            )
        )
    columns = ("", "Subjects", "Cycles", "Stability (Jaccard)")
    return Table("The groups", columns, rows)


def explained_table(findings: Findings) -> Table:
    """Return what explains the groups, in numbers."""
    rows = [
        (
            feature_title(str(row["variable"])),
            f"{row['share']:.2f}",
            f"{row['low_by_chance']:.2f} to {row['high_by_chance']:.2f}",
            p_text(row["p_adjusted"]),
            f"{'η²' if row['effect'] == 'eta_squared' else 'V'} = {row['effect_size']:.2f}",
            f"{row['n_units']:,}",
        )
        for row in findings.explained.to_dict("records")
    ]
    columns = ("Variable", "Share", "By chance", "p, adjusted", "Effect size", "Units")
    return Table("What explains the groups", columns, rows)


def apart_table(findings: Findings) -> Table:
    """Return where in the cycle each group is clearly apart from the others."""
    rows = []
    for group, effect in enumerate(findings.effects):
        found = [
            (abs(size), channel_title(name), start, stop, size)
            for place, name in enumerate(findings.units.channels)
            for start, stop, size in apart(effect, place)
        ]
        for _, title, start, stop, size in sorted(found, reverse=True)[:_MOST_PHASES]:
            where = "higher" if size > 0 else "lower"
            phases = f"{start:.0f} to {stop:.0f} %"
            rows.append((f"Group {group + 1}", title, phases, where, f"{size:+.1f}"))
    columns = ("", "Channel", "Gait cycle", "Lies", "Largest g")
    return Table("Where a group is clearly apart from the others", columns, rows, first_number=4)


def people_table(findings: Findings) -> Table:
    """Return demographics and clinical scores of each group."""
    groups = findings.groups
    names = list(dict.fromkeys(groups["variable"]))
    cells = groups.set_index(["variable", "group"])
    rows = []
    for name in names:
        row = [feature_title(name)]
        for group in range(findings.n_groups):
            if (name, group + 1) not in cells.index:
                row.append("unknown")
                continue
            place = cells.index.get_loc((name, group + 1))
            mean, deviation = cells[["mean", "sd"]].to_numpy(dtype=float)[place]
            row.append(mean_and_sd(mean, deviation))
        rows.append(row)
    columns = ("", *(f"Group {group + 1}" for group in range(findings.n_groups)))
    return Table("Mean ± SD over subjects", columns, rows)


def categories_table(findings: Findings) -> Table:
    """Return how many subjects of each category are in each group."""
    units = findings.units
    cycles = units.data.cycles
    texts = [
        name
        for name in ("dataset", "laboratory", "task", "session", "sex", "pathology", "side")
        if name in cycles and 1 < cycles[name].nunique() <= _MOST_PHASES * 2
    ]
    subject = units.subjects[units.unit_of_cycle]
    group = findings.labels[units.unit_of_cycle]
    rows = []
    for name in texts:
        each = pd.DataFrame({"value": cycles[name], "group": group, "subject": subject})
        count = pd.crosstab(*each.drop_duplicates()[["value", "group"]].to_numpy().T)
        count = count.reindex(columns=range(findings.n_groups), fill_value=0)
        rows += [
            (f"{value_title(name)}: {value_title(value)}", *(f"{cell:,}" for cell in line))
            for value, line in zip(count.index, count.to_numpy(), strict=True)
        ]
    columns = ("", *(f"Group {place + 1}" for place in range(findings.n_groups)))
    return Table("Subjects by category", columns, rows)


def unusual_table(findings: Findings) -> Table:
    """Return the most unusual units, by the mean of their ranks in the three detectors."""
    table = findings.anomalies
    ranks = table.drop(columns="unusual").rank().mean(axis=1)
    rows = []
    for place in ranks.sort_values(kind="stable").index[:_MOST_UNUSUAL]:
        unit = table.loc[place]
        rows.append(
            (
                unit_name(findings, int(place)),
                f"Group {findings.labels[place] + 1}",
                f"{-unit['mahalanobis']:.1f}",
                f"{unit['isolation_forest']:.2f}",
                f"{unit['band_depth']:.2f}",
                "yes" if unit["unusual"] else "no",
            )
        )
    columns = ("", "Group", "Mahalanobis distance", "Isolation", "Depth", "Two of three agree")
    return Table("The most unusual", columns, rows, first_number=2)


def left_out_table(findings: Findings) -> Table:
    """Return the cycles that were left out, the first thirty by name."""
    left_out = findings.units.left_out
    rows = [
        (str(row.subject), str(row.task), str(row.task_id), str(row.step), str(row.reason))
        for row in left_out.head(_MOST_LEFT_OUT).itertuples(index=False)
    ]
    more = len(left_out) - len(rows)
    caption = "Cycles left out" + (f" (and {more:,} more: left_out.csv)" if more else "")
    return Table(caption, ("Subject", "Task", "Trial", "Step", "Why"), rows, first_number=9)


def unit_name(findings: Findings, place: int) -> str:
    """Return the name of a unit: its subject, and task and step where it is a cycle."""
    name = str(findings.units.subjects[place])
    if findings.units.by == "subject":
        return name
    row = findings.units.table.iloc[place]
    return f"{name}, {value_title(row['task']).lower()}, {row['task_id']}, step {row['step']}"
