"""Change of each feature within people, with intervals and a bound on false discoveries."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.models.supervised.paired_features import BEFORE, CHANGE

Values = NDArray[np.float64]

_LEAST_SUBJECTS = 6
"""With fewer, no order of signs gives a signed-rank p below 0.05."""


def paired_change(
    paired: pd.DataFrame, n_bootstrap: int = 2000, random_state: int = 0
) -> pd.DataFrame:
    """Tell how much each feature changed within people.

    Legs of one person are averaged first: they do not count as two people.

    Parameters
    ----------
    paired : DataFrame, shape (n_legs, 2 n_features)
        Of :func:`~locomotion_analysis.models.supervised.paired_features`.
    n_bootstrap : int
        Draws of subjects for the interval.
    random_state : int
        Seed of the draws.

    Returns
    -------
    DataFrame, one row a feature, largest effect first
        ``n_subjects`` with both sessions; mean ``before`` and ``after`` and ``change``, in the
        feature's unit; ``low``, ``high``: 95 % interval of the change; ``effect``: mean divided
        by standard deviation of the changes (Cohen's d for paired values); ``p``: Wilcoxon
        signed-rank test; ``q``: the same with the share of false discoveries among all features
        bounded (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x). Features
        that nobody has in both sessions are left out; where nobody changed, p is 1.

    Raises
    ------
    SchemaError
        If `paired` has no such columns, or fewer than six people.

    Examples
    --------
    >>> people = pd.Index([f"S{k}" for k in range(8)], name="subject")
    >>> paired = pd.DataFrame({"speed_m_s_before": 1.0, "speed_m_s_change": 0.1}, index=people)
    >>> paired["speed_m_s_change"] += np.linspace(-0.05, 0.05, 8)
    >>> paired_change(paired)[["n_subjects", "change", "p"]].round(3).to_dict("records")
    [{'n_subjects': 8, 'change': 0.1, 'p': 0.008}]
    """
    from scipy.stats import false_discovery_control

    before, change = _by_subject(paired)
    weights = subject_weights(len(change), n_bootstrap, random_state)
    rows = {
        name: _row(before[name].to_numpy(), change[name].to_numpy(), weights) for name in change
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")
    table = table[table["n_subjects"] >= _LEAST_SUBJECTS].astype({"n_subjects": int})
    table["q"] = false_discovery_control(table["p"]) if len(table) else table["p"]
    return table.iloc[np.argsort(-table["effect"].abs().to_numpy(), kind="stable")]


def _by_subject(paired: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return baseline and change, one row a person, columns named after the features."""
    names = [name.removesuffix(CHANGE) for name in map(str, paired) if name.endswith(CHANGE)]
    if not names or "subject" not in paired.index.names:
        raise SchemaError(
            expected=f"columns <feature>{BEFORE} and <feature>{CHANGE}, and an index with subject",
            got=", ".join(map(str, paired.columns[:3])) or "no column",
            where="paired",
            fix="pass the table of paired_features(X, data.cycles)",
        )
    person = [level for level in ("dataset", "subject") if level in paired.index.names]
    means = paired.groupby(level=person).mean()
    if len(means) < _LEAST_SUBJECTS:
        raise SchemaError(
            expected=f"at least {_LEAST_SUBJECTS} people seen in both sessions",
            got=str(len(means)),
            where="paired",
            fix="add people; cycles of the same ones do not help",
        )
    return (
        means[[f"{name}{BEFORE}" for name in names]].set_axis(names, axis=1),
        means[[f"{name}{CHANGE}" for name in names]].set_axis(names, axis=1),
    )


def _row(before: Values, change: Values, weights: NDArray[np.int64]) -> dict[str, float]:
    known = np.isfinite(before) & np.isfinite(change)
    n_known = int(known.sum())
    if n_known < _LEAST_SUBJECTS:
        return {"n_subjects": n_known}
    drawn = weights[:, known]
    with np.errstate(invalid="ignore"):
        means = resampled_sums(drawn, change[known]) / drawn.sum(axis=1)
    low, high = percentile_interval(means)
    mean, spread = change[known].mean(), change[known].std(ddof=1)
    return {
        "n_subjects": n_known,
        "before": before[known].mean(),
        "after": before[known].mean() + mean,
        "change": mean,
        "low": low,
        "high": high,
        "effect": mean / spread if spread > 0 else float("nan"),
        "p": _signed_rank(change[known]),
    }


def _signed_rank(change: Values) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(change).pvalue) if np.any(change != 0) else 1.0
