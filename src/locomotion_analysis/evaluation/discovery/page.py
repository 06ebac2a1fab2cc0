"""The report on groups as one self-contained HTML page."""

from typing import TYPE_CHECKING, Any

from locomotion_analysis.evaluation.discovery.pictures import (
    count_picture,
    curve_picture,
    dendrogram_picture,
    effects_picture,
    explained_picture,
    modes_picture,
    scatter_picture,
)
from locomotion_analysis.evaluation.discovery.tables import (
    apart_table,
    categories_table,
    explained_table,
    left_out_table,
    people_table,
    size_table,
    unusual_table,
)
from locomotion_analysis.evaluation.discovery.verdicts import (
    verdict,
)
from locomotion_analysis.reporting.names import channel_title, value_title
from locomotion_analysis.reporting.page import Page, Section
from locomotion_analysis.reporting.provenance import named_files

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.discovery.findings import Findings

_METHODS = {
    "kmeans": "k-means",
    "gmm": "Gaussian mixture",
    "hierarchical": "Ward's linkage",
}
_READING = (
    (
        "Every method finds groups, in any data. Whether they are worth a name is what silhouette, "
        "gap and stability ask: weak or unstable groups are slices of a continuum."
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
_NULL = (
    "Are the groups something else in disguise? The null hands what belongs to one subject to "
    "another, so that many cycles of few people are no evidence."
)


def render_page(findings: "Findings", provenance: dict[str, Any]) -> str:
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


def _sections(findings: "Findings") -> list[Section]:
    return [
        _modes(findings),
        _count(findings),
        _explained(findings),
        _differences(findings),
        _people(findings),
        Section(
            "Unusual gaits",
            [_UNUSUAL],
            tables=[unusual_table(findings)],
        ),
        _left_out(findings),
    ]


def _modes(findings: "Findings") -> Section:
    channels = ", ".join(channel_title(name) for name in findings.units.channels)
    text = (
        f"Functional principal components of {channels}. Each channel was divided by its standard "
        f"deviation; {findings.scores.shape[1]} components explain "
        f"{findings.pca.explained_variance_ratio_.sum():.0%} of the variance, and the groups were "
        "made from their scores."
    )
    return Section("Ways in which gaits differ", [text], [modes_picture(findings)])


def _count(findings: "Findings") -> Section:
    drawn = [
        count_picture(findings),
        scatter_picture(findings),
        dendrogram_picture(findings),
    ]
    text = (
        "Stability (Jaccard): overlap of a group with its like when subjects are drawn anew, mean "
        "over the draws; below 0.6 a group should not be believed, above 0.75 it is stable."
    )
    return Section(
        "How many groups, and how firm",
        [text],
        [each for each in drawn if each is not None],
        [size_table(findings)],
    )


def _explained(findings: "Findings") -> Section:
    drawn = explained_picture(findings)
    text = [_NULL]
    if findings.units.by == "subject":
        text.append("Each subject is one unit, so that subjects cannot explain the groups here.")
    if drawn is None:
        text.append("Nothing but the curves is known of the units, so nothing could be asked.")
        return Section("What explains the groups", text)
    return Section("What explains the groups", text, [drawn], [explained_table(findings)])


def _differences(findings: "Findings") -> Section:
    found = apart_table(findings)
    text = [] if found.rows else ["No group is clearly apart from the others anywhere."]
    drawn = [curve_picture(findings), effects_picture(findings)]
    return Section("How the groups differ", text, drawn, [found])


def _people(findings: "Findings") -> Section:
    found = [people_table(findings), categories_table(findings)]
    text = [] if any(table.rows for table in found) else ["Nothing is known of the people."]
    return Section("Who is in the groups", text, tables=found)


def _left_out(findings: "Findings") -> Section:
    found = left_out_table(findings)
    return Section("Left out, and why", () if found.rows else "No cycle had a gap.", tables=[found])
