"""What the numbers of a search for groups mean, in plain sentences."""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.reporting.names import feature_title

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.discovery.findings import Findings

Row = dict[Hashable, Any]

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
    for row in explained.to_dict("records"):
        if row["variable"] == "subject" and row["share"] >= DISGUISE and _sure(row):
            found.append(_subjects(row["share"], in_one))
        elif row["variable"] in _CONDITIONS and (_sure(row) or _shifted(row)):
            found.append(_condition(row))
    return found


def verdict(findings: "Findings") -> list[str]:
    """Return the result on top of the report: how many groups, how firm, and what they are."""
    return [
        *_counted(findings),
        _firm(findings),
        *_alone(findings),
        *disguises(findings.explained, findings.subject_in_one_group),
        *_people(findings.explained),
    ]


def is_firm(findings: "Findings") -> bool:
    """Tell whether the groups are stable, separate and preferred to a single group."""
    return (
        findings.silhouette >= _WEAK
        and findings.stability_mean >= _STABLE
        and findings.gap_count > 1
    )


def _sure(row: Row) -> bool:
    return bool(row["share"] >= _PARTLY and row["p_value"] < _SIGNIFICANT)


def _shifted(row: Row) -> bool:
    """Tell whether the groups differ much in a number that may not tell them apart alone."""
    far = row["effect"] == "eta_squared" and row["effect_size"] >= _SHIFTED
    return bool(far and row["p_value"] < _SIGNIFICANT)


def _subjects(share: float, in_one: float | None) -> str:
    kept = f"; on average {in_one:.0%} of a subject's cycles lie in one group" if in_one else ""
    return (
        f"The clusters are subjects in disguise: knowing who moves explains {share:.0%} of them"
        f"{kept}. They sort people, and many cycles of one person are not many findings. Group "
        "subjects instead (--by subject)."
    )


def _condition(row: Row) -> str:
    what, share = _CONDITIONS[str(row["variable"])], float(row["share"])
    measure = "eta²" if row["effect"] == "eta_squared" else "Cramér's V"
    told = (
        f"{feature_title(str(row['variable']))} explains {max(share, 0.0):.0%} of them "
        f"({measure} {row['effect_size']:.2f})"
    )
    if share >= DISGUISE:
        return (
            f"The clusters are {what} in disguise: {told}. Compare like with like before "
            "calling them kinds of gait."
        )
    return f"The clusters are partly {what}: {told}, more than chance would."


def _counted(findings: "Findings") -> list[str]:
    unit = "subjects" if findings.units.by == "subject" else "cycles"
    count = findings.n_groups
    how = "chosen by the widest silhouette" if findings.chosen else "as asked for"
    first = (
        f"{count} groups of {unit} ({how}): silhouette {findings.silhouette:.2f}, "
        f"{_separation(findings.silhouette)}."
    )
    made = [first]
    if findings.gap_count == 1:
        made.append(
            "The gap statistic prefers a single group: the data look like one continuum, and "
            "the groups are slices of it."
        )
    return made


def _alone(findings: "Findings") -> Iterable[str]:
    subjects = findings.units.subjects
    members = [np.unique(subjects[findings.labels == group]) for group in range(findings.n_groups)]
    for group, names in enumerate(members):
        if len(names) == 1:
            yield (
                f"Group {group + 1} is a single subject ({names[0]}): an unusual person or a "
                "faulty recording, and no group. Look at its curves."
            )


def _separation(silhouette: float) -> str:
    if silhouette >= _CLEAR:
        return "clearly apart"
    return "weakly apart" if silhouette >= _WEAK else "hardly apart at all"


def _firm(findings: "Findings") -> str:
    mean = findings.stability_mean
    low, high = np.percentile(findings.stability.adjusted_rand, [2.5, 97.5])
    if mean >= _STABLE:
        meaning = "the groups come out again with other subjects"
    elif mean >= _DOUBTFUL:
        meaning = "the groups come out in part with other subjects"
    else:
        meaning = "with other subjects other groups come out; do not build on them"
    return (
        f"Stability: adjusted Rand index {mean:.2f} ({low:.2f} to {high:.2f}) over bootstrap "
        f"draws of subjects; {meaning}."
    )


def _people(explained: pd.DataFrame) -> Iterable[str]:
    rest = explained[~explained["variable"].isin([*_CONDITIONS, "subject"])]
    for row in rest.to_dict("records"):
        if _sure(row):
            title = feature_title(str(row["variable"]))
            yield f"{title} goes with the groups: it explains {row['share']:.0%} of them."
