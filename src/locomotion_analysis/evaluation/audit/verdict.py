"""What an audit found, in plain sentences."""

from collections.abc import Iterator

from locomotion_analysis.evaluation.audit.giveaways import SingleScore
from locomotion_analysis.evaluation.audit.optimism import Optimism
from locomotion_analysis.evaluation.audit.result import LeakAudit
from locomotion_analysis.reporting.names import feature_title, value_title

NEARLY_IDENTICAL = 0.9
"""Share of cycles whose nearest neighbour is of the same subject, from which we call them so."""

_SHOWN = 5


def verdict(audit: LeakAudit) -> list[str]:
    """Return the audit's sentences, the most important first.

    Parameters
    ----------
    audit : LeakAudit
        What was found.
    """
    return [
        *_disguise(audit),
        *_giveaways(audit),
        *_duplicates(audit),
        _of_target(audit),
        _of_random(audit),
        *_recognised(audit),
        *_name_tags(audit),
    ]


def _disguise(audit: LeakAudit) -> Iterator[str]:
    if audit.disguised:
        yield (
            f"The target {audit.target} is the subject in disguise: {audit.n_classes} classes, "
            f"each of one subject, for {audit.n_subjects} subjects. A model that predicts it "
            "names people; it can say nothing about a new one."
        )


def _giveaways(audit: LeakAudit) -> Iterator[str]:
    for degree in ("perfectly", "nearly perfectly"):
        found = [each for each in audit.giveaways if each.degree == degree]
        if found:
            named = "; ".join(_single(each) for each in found[:_SHOWN])
            more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield (
                f"Told {degree} by one {'column or feature' if len(found) == 1 else 'alone'}: "
                f"{named}{more} ({audit.metric} on folds of subjects). Ask whether it would be "
                "known before the target is; if not, leave it out."
            )


def _single(found: SingleScore) -> str:
    name = found.name if found.place != "feature" else f"{feature_title(found.name)} [{found.name}]"
    return f"{found.place} {name}, {found.score:.3f}"


def _duplicates(audit: LeakAudit) -> Iterator[str]:
    copies = audit.duplicates
    if copies.across_subjects:
        yield (
            f"{copies.across_subjects:,} cycles are the same as a cycle of another subject "
            f"({'; '.join(copies.examples)}): folds of subjects do not keep these apart. Find "
            "out whose they are."
        )
    if copies.within_subjects:
        yield f"{copies.within_subjects:,} cycles are copies of another cycle of their subject."


def _of_target(audit: LeakAudit) -> str:
    found = audit.on_target
    scores = f"{_score(found, 'ungrouped')} over folds of cycles, {_score(found, 'grouped')} over folds of subjects"
    low, high = found.points_interval
    points = f"{found.points:.0f} points (95 % interval {low:.0f} to {high:.0f} over subjects)"
    if low > 0:
        meaning = f"Folds of cycles flatter this model by {points}. Report the second number."
    elif high < 0:
        meaning = f"Folds of cycles score lower, by {points}: look how subjects and classes meet."
    else:
        meaning = f"The difference, {points}, cannot be told from none."
    return f"{value_title(audit.target)}: {audit.metric} {scores}. {meaning}"


def _of_random(audit: LeakAudit) -> str:
    found = audit.on_random
    what = "a coin tossed" if audit.kind == "classification" else "the target of another subject"
    chance = "0.5" if audit.kind == "classification" else "0 or less"
    start = (
        f"With {what} for each subject ({found.n_draws} draw{'s' * (found.n_draws > 1)}), about which nothing can be "
        f"known, the same model scores {_score(found, 'ungrouped')} over folds of cycles and "
        f"{_score(found, 'grouped')} over folds of subjects; chance is {chance}."
    )
    if found.points_interval[0] > 0:
        return f"{start} What folds of cycles reward is the recognition of people: {found.points:.0f} points for nothing."
    return f"{start} That it recognises people is not shown here."


def _score(found: Optimism, kind: str) -> str:
    value = found.ungrouped if kind == "ungrouped" else found.grouped
    low, high = found.ungrouped_interval if kind == "ungrouped" else found.grouped_interval
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _recognised(audit: LeakAudit) -> Iterator[str]:
    least, median, most = audit.cycles_per_subject
    if most == 1:
        yield "Each subject has one cycle: cycles and subjects are the same thing here."
        return
    yield (
        f"{audit.n_cycles:,} cycles of {audit.n_subjects:,} subjects ({_range(least, median, most)} "
        f"a subject). {audit.between_subject_share:.0%} of the variance of the median "
        f"feature lies between subjects: the cycles are worth about {audit.effective_cycles:,.0f} "
        "independent ones."
    )
    known = audit.recognition
    if known is None:
        return
    told = (
        f"the nearest other cycle is of the same subject for {known.accuracy:.1%} of cycles "
        f"(chance {known.chance:.1%}, {known.n_subjects} subjects)"
    )
    if known.accuracy >= NEARLY_IDENTICAL:
        yield f"Cycles of one subject are nearly identical to each other: {told}."
    else:
        yield f"Features tell subjects apart in part: {told}."


def _range(least: int, median: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}, median {median},"


def _name_tags(audit: LeakAudit) -> Iterator[str]:
    tags = audit.constant_features
    if tags:
        more = f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else ""
        yield (
            f"{len(tags)} feature{'s are' if len(tags) > 1 else ' is'} one value in all cycles "
            f"of a subject ({', '.join(tags[:_SHOWN])}{more}): a name tag wherever a subject is on "
            "both sides of a split."
        )
