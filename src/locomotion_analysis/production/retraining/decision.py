"""When a challenger may replace the champion."""

from dataclasses import dataclass

from locomotion_analysis.evaluation.metric_sums import ERRORS
from locomotion_analysis.production.retraining.comparison import Comparison

TOLERATED_POINTS = 0.05
"""A group may do worse by so much of a score ..."""

TOLERATED_SHARE = 0.10
"""... or of the champion's error: with a few people, less is noise."""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, and why.

    Attributes
    ----------
    promote : bool
        Whether.
    reasons : tuple of str
        In sentences.
    """

    promote: bool
    reasons: tuple[str, ...]


def decided(found: Comparison) -> Decision:
    """Promote only what is better beyond its interval, and worse for no group of people.

    A group does worse if its interval lies below zero, or if it loses more than 5 points of a
    score or 10 % of the champion's error.

    Parameters
    ----------
    found : Comparison
        Of challenger and champion on the frozen test people.

    Examples
    --------
    >>> import pandas as pd
    >>> groups = pd.DataFrame(columns=["attribute", "group", "champion", "improvement", "high"])
    >>> decided(Comparison("balanced_accuracy", 0.7, 0.8, 0.1, (0.04, 0.16), 40, groups)).promote
    True
    """
    low, high = found.interval
    better = low > 0
    words = "better" if better else "not better beyond its interval"
    scores = f"{found.metric} {found.challenger:.3g} against {found.champion:.3g}"
    interval = f"95 % interval {low:+.3g} to {high:+.3g} over {found.n_subjects} people"
    reasons = [f"{words}: {scores}, improvement {found.improvement:+.3g} ({interval})"]
    table = found.groups
    tolerated = TOLERATED_SHARE * table["champion"] if found.metric in ERRORS else TOLERATED_POINTS
    worse = [
        f"{row.attribute} {row.group} ({row.improvement:+.3g}, {row.n_subjects} people)"
        for row in table[(table["high"] < 0) | (table["improvement"] < -tolerated)].itertuples()
    ]
    reasons += [f"worse for {group}" for group in worse]
    if better and not worse:
        reasons.append(f"worse for none of {len(found.groups)} groups of people")
    return Decision(better and not worse, tuple(reasons))
