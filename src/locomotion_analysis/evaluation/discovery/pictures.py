"""The figures of the report on groups, with the words that go with them."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.discovery import group_figures as draw
from locomotion_analysis.evaluation.discovery.mode_figures import modes_figure
from locomotion_analysis.evaluation.report.curves import MOST_PANELS, curves_figure
from locomotion_analysis.evaluation.report.labels import channel_title, feature_title
from locomotion_analysis.evaluation.report.pictures import Picture
from locomotion_analysis.evaluation.report.style import as_data_uri, figure

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.discovery.findings import Findings

_MOST_MODES = 3
_MOST_CHANNELS = 4
_COLUMNS = 3


def modes_picture(findings: "Findings") -> Picture:
    """Return the first components in the channels that weigh most in them."""
    shown = min(_MOST_MODES, len(findings.pca.components_))
    channels = list(findings.units.channels)
    strongest = np.argsort(-findings.pca.channel_share_[:shown].max(axis=0), kind="stable")
    kept = sorted(strongest[:_MOST_CHANNELS].tolist())
    made = modes_figure(findings.pca, channels, shown, kept, simulated=_simulated(findings))
    share = ", ".join(f"{each:.0%}" for each in findings.pca.explained_variance_ratio_[:shown])
    rest = len(channels) - len(kept)
    caption = f"Mean ± 2 SD of the first components, which explain {share} of the variance." + (
        f" The {len(kept)} channels that weigh most in them; {rest} more are not drawn."
        if rest
        else ""
    )
    alt = f"Mean curves with two standard deviations of the components that explain {share}."
    return Picture(as_data_uri(made), alt, caption)


def count_picture(findings: "Findings") -> Picture:
    """Return silhouette and gap over the number of groups."""
    count = findings.clusters.n_clusters
    with figure(7.4, 2.8, simulated=_simulated(findings)) as made:
        left, right = made.subplots(1, 2)
        draw.plot_silhouette(findings.validity, count, left)
        draw.plot_gap(findings.validity, count, right)
    alt = f"Silhouette and gap statistic; silhouette {findings.silhouette:.2f} at {count} groups."
    caption = (
        "Silhouette: wider is better. Gap: the smallest number whose gap is not beaten by the "
        "next by more than its error is preferred; one means no groups."
    )
    return Picture(as_data_uri(made), alt, caption)


def scatter_picture(findings: "Findings") -> Picture:
    """Return the groups on the first two components, and laid out by t-SNE."""
    two = findings.scores.shape[1] > 1
    has_plane = len(findings.plane) > 0
    with figure(7.4 if has_plane else 4.6, 3.7, simulated=_simulated(findings)) as made:
        panels = made.subplots(1, 2 if has_plane else 1, squeeze=False)[0]
        rows = findings.plane_rows
        points = findings.scores[rows][:, [0, 1 if two else 0]]
        labels = findings.labels[rows]
        draw.plot_scatter(
            points, labels, ("Component 1", "Component 2" if two else "Component 1"), panels[0]
        )
        panels[0].set_title("Scores")
        if has_plane:
            draw.plot_scatter(findings.plane, labels, ("t-SNE 1", "t-SNE 2"), panels[1])
            panels[1].set_title("t-SNE")
        handles, names = panels[0].get_legend_handles_labels()
        made.legend(handles, names, loc="outside lower left", ncols=4)
    unit = findings.units.by
    caption = (
        f"One point a {unit}"
        + (
            f" ({len(rows):,} of {len(findings.scores):,})"
            if len(rows) < len(findings.scores)
            else ""
        )
        + ". In t-SNE only neighbourhoods mean something; distances and the size of clumps do not."
    )
    return Picture(as_data_uri(made), f"Scatter of {findings.n_groups} groups.", caption)


def dendrogram_picture(findings: "Findings") -> Picture | None:
    """Return Ward's tree, where the groups were made by it."""
    if findings.clusters.method != "hierarchical":
        return None
    names = findings.units.subjects[findings.clusters.rows_]
    with figure(7.4, 3.8, simulated=_simulated(findings)) as made:
        draw.plot_dendrogram(
            findings.clusters.linkage_,
            findings.n_groups,
            names.tolist() if findings.units.by == "subject" else None,
            made.subplots(),
        )
    alt = f"Dendrogram of {len(names)} {findings.units.by}s cut into {findings.n_groups} groups."
    return Picture(as_data_uri(made), alt, "Ward's linkage of the component scores.")


def explained_picture(findings: "Findings") -> Picture | None:
    """Return what explains the groups, or None where nothing else is known of the units."""
    table = findings.explained.dropna(subset=["share"])
    if table.empty:
        return None
    with figure(7.4, 1.1 + 0.3 * len(table), simulated=_simulated(findings)) as made:
        draw.plot_explained(table, made.subplots())
    told = ", ".join(
        f"{feature_title(str(name))} {share:.2f}"
        for name, share in table[["variable", "share"]].head(5).to_numpy()
    )
    caption = (
        "Diamond: share of the grouping that is known once the variable is. Bar: the middle 95 % "
        "of what chance gives when subjects are exchanged."
    )
    return Picture(as_data_uri(made), f"Share of the grouping explained: {told}.", caption)


def curve_picture(findings: "Findings") -> Picture:
    """Return the mean curves of the groups with the spread between subjects."""
    units = findings.units
    labels = np.array([f"Group {group + 1}" for group in findings.labels[units.unit_of_cycle]])
    classes = [f"Group {group + 1}" for group in range(findings.n_groups)]
    channels = list(units.channels[:MOST_PANELS])
    made = curves_figure(units.data, labels, classes, channels)
    named = ", ".join(channel_title(name) for name in channels)
    rest = len(units.channels) - len(channels)
    caption = "Mean ± 1 SD over subjects; a subject's cycles in a group are averaged first." + (
        f" {rest} more channels are not drawn." if rest else ""
    )
    return Picture(as_data_uri(made), f"Mean curves of {len(classes)} groups: {named}.", caption)


def effects_picture(findings: "Findings") -> Picture:
    """Return each group's standardised difference from the others."""
    channels = findings.units.channels[:MOST_PANELS]
    columns = min(_COLUMNS, len(channels))
    rows = -(-len(channels) // columns)
    width = max(6.6, 0.4 + 3.2 * columns)
    with figure(width, 0.9 + 2.1 * rows, simulated=_simulated(findings)) as made:
        grid = made.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for place, (axes, name) in enumerate(zip(grid, channels, strict=False)):
            draw.plot_effects(findings.effects, place, name, axes)
            axes.tick_params(labelbottom=True)
        for axes in grid[len(channels) :]:
            axes.set_axis_off()
        handles, names = grid[0].get_legend_handles_labels()
        made.legend(handles, names, loc="outside lower left", ncols=6)
    caption = (
        "Hedges' g of a group against all others, with the pointwise 95 % interval of a bootstrap "
        "over subjects. Grey: differences below 0.8. The groups were made from these curves, so "
        "the bands describe and test nothing."
    )
    return Picture(as_data_uri(made), "Effect size curves of the groups.", caption)


def _simulated(findings: "Findings") -> bool:
    return findings.units.data.is_simulated
