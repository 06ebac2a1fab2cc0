"""The report on groups as one self-contained HTML page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from locomotion_analysis.evaluation.discovery import pictures, tables, verdicts
from locomotion_analysis.evaluation.report.labels import channel_title, value_title
from locomotion_analysis.evaluation.report.section_page import Section, SectionPage
from locomotion_analysis.evaluation.report.tables import Table

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
    named = ", ".join(file["name"] for file in provenance["files"][:3]) or "Data made in memory"
    tasks = ", ".join(value_title(name).lower() for name in units.data.cycles["task"].unique())
    page = SectionPage(
        title=f"Groups of {units.by}s by their gait",
        subtitle=f"{named} · {tasks} · {provenance['created'][:10]}",
        verdict=verdicts.verdict(findings),
        facts=[
            ("Subjects", f"{units.n_subjects:,}"),
            ("Gait cycles", f"{len(units.data):,}"),
            ("Channels", f"{len(units.channels):,}"),
            ("Groups", f"{findings.n_groups:,}"),
            ("Method", _METHODS[findings.clusters.method]),
            ("Components", f"{findings.scores.shape[1]:,}"),
        ],
        sections=_sections(findings, provenance),
        reading=_READING,
        simulated=units.data.is_simulated,
        created=provenance["created"],
    )
    return page.html()


def _sections(findings: "Findings", provenance: dict[str, Any]) -> list[Section]:
    return [
        _modes(findings),
        _count(findings),
        _explained(findings),
        _differences(findings),
        _people(findings),
        Section(
            "Unusual gaits",
            [_UNUSUAL],
            tables=[tables.unusual_table(findings)],
        ),
        _left_out(findings),
        _provenance(findings, provenance),
    ]


def _modes(findings: "Findings") -> Section:
    channels = ", ".join(channel_title(name) for name in findings.units.channels)
    text = (
        f"Functional principal components of {channels}. Each channel was divided by its standard "
        f"deviation; {findings.scores.shape[1]} components explain "
        f"{findings.pca.explained_variance_ratio_.sum():.0%} of the variance, and the groups were "
        "made from their scores."
    )
    return Section("Ways in which gaits differ", [text], [pictures.modes_picture(findings)])


def _count(findings: "Findings") -> Section:
    drawn = [
        pictures.count_picture(findings),
        pictures.scatter_picture(findings),
        pictures.dendrogram_picture(findings),
    ]
    text = (
        "Stability (Jaccard): overlap of a group with its like when subjects are drawn anew, mean "
        "over the draws; below 0.6 a group should not be believed, above 0.75 it is stable."
    )
    return Section(
        "How many groups, and how firm",
        [text],
        [each for each in drawn if each is not None],
        [tables.size_table(findings)],
    )


def _explained(findings: "Findings") -> Section:
    drawn = pictures.explained_picture(findings)
    text = [_NULL]
    if findings.units.by == "subject":
        text.append("Each subject is one unit, so that subjects cannot explain the groups here.")
    if drawn is None:
        text.append("Nothing but the curves is known of the units, so nothing could be asked.")
        return Section("What explains the groups", text)
    return Section("What explains the groups", text, [drawn], [tables.explained_table(findings)])


def _differences(findings: "Findings") -> Section:
    found = tables.apart_table(findings)
    text = [] if found.rows else ["No group is clearly apart from the others anywhere."]
    drawn = [pictures.curve_picture(findings), pictures.effects_picture(findings)]
    return Section("How the groups differ", text, drawn, _filled(found))


def _people(findings: "Findings") -> Section:
    found = _filled(tables.people_table(findings), tables.categories_table(findings))
    text = [] if found else ["Nothing is known of the people."]
    return Section("Who is in the groups", text, tables=found)


def _left_out(findings: "Findings") -> Section:
    found = _filled(tables.left_out_table(findings))
    done = [str(entry) for entry in findings.history]
    text = [] if found else ["No cycle had a gap."]
    history = Table("What was done to the data", ("",), [(line,) for line in done])
    return Section("Left out, and why", text, tables=[*found, *_filled(history)])


def _provenance(findings: "Findings", provenance: dict[str, Any]) -> Section:
    files = [
        (f"File {file['name']}", f"{file['bytes']:,} bytes, SHA-256 {file['sha256']}")
        for file in provenance["files"]
    ] or [("File", "none: the data was made in memory")]
    rows = [
        *files,
        ("Versions", ", ".join(f"{name} {each}" for name, each in provenance["versions"].items())),
        ("Platform", provenance["platform"]),
        ("Seed", str(findings.clusters.random_state)),
    ]
    table = Table("Where these numbers come from", ("", ""), rows, first_number=2)
    return Section("Provenance", tables=[table])


def _filled(*found: Table) -> Sequence[Table]:
    return [table for table in found if table.rows]
