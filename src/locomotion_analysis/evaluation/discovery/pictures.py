"""The figures of the report on groups, with the words that go with them."""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from locomotion_analysis.evaluation.discovery.group_figures import (
    plot_dendrogram,
    plot_effects,
    plot_explained,
    plot_gap,
    plot_scatter,
    plot_silhouette,
)
from locomotion_analysis.evaluation.discovery.mode_figures import plot_mode
from locomotion_analysis.evaluation.report.curves import MOST_PANELS, plot_class_curves
from locomotion_analysis.reporting.names import channel_title, feature_title
from locomotion_analysis.reporting.page import Picture
from locomotion_analysis.reporting.style import figure, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from locomotion_analysis.evaluation.discovery.findings import Findings

_MOST_MODES = 3
_MOST_CHANNELS = 4


def modes_picture(findings: "Findings") -> Picture:
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
            f"{channel_title(channels[channel])}\ncomponent {component + 1}: {weight:.0%} in this channel",
            loc="left", fontsize=8.5,
        )  # fmt: skip

    made = panels(draw_mode, itertools.product(range(shown), kept), of=findings.units.data)
    share = ", ".join(f"{each:.0%}" for each in findings.pca.explained_variance_ratio_[:shown])
    rest = len(channels) - len(kept)
    caption = f"Mean ± 2 SD of the first components, which explain {share} of the variance." + (
        f" The {len(kept)} channels that weigh most in them; {rest} more are not drawn."
        if rest
        else ""
    )
    alt = f"Mean curves with two standard deviations of the components that explain {share}."
    return Picture.of(made, alt, caption)


def count_picture(findings: "Findings") -> Picture:
    """Return silhouette and gap over the number of groups."""
    count = findings.clusters.n_clusters
    made = panels(
        lambda axes, plot: plot(findings.validity, count, axes),
        (plot_silhouette, plot_gap),
        of=findings.units.data,
    )
    alt = f"Silhouette and gap statistic; silhouette {findings.silhouette:.2f} at {count} groups."
    caption = (
        "Silhouette: wider is better. Gap: the smallest number whose gap is not beaten by the "
        "next by more than its error is preferred; one means no groups."
    )
    return Picture.of(made, alt, caption)


def scatter_picture(findings: "Findings") -> Picture:
    """Return the groups on the first two components, and laid out by t-SNE."""
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
        planes.append(("t-SNE", findings.plane, ("t-SNE 1", "t-SNE 2")))

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
        + ". In t-SNE only neighbourhoods mean something; distances and the size of clumps do not."
    )
    return Picture.of(made, f"Scatter of {findings.n_groups} groups.", caption)


def dendrogram_picture(findings: "Findings") -> Picture | None:
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


def explained_picture(findings: "Findings") -> Picture | None:
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


def curve_picture(findings: "Findings") -> Picture:
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


def effects_picture(findings: "Findings") -> Picture:
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
