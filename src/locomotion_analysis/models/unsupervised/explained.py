"""How much of a clustering something else explains: the subject, the speed, the laboratory."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.models.unsupervised.curve_arrays import Floats

_PERMUTATIONS = 499
_BINS = 10
_SUBJECTS_A_BIN = 3
_KEY_PARTS = ("subject", "task_id", "step", "task_info", "simulated", "cycles")
COLUMNS = (
    "variable",
    "n_units",
    "share",
    "low_by_chance",
    "high_by_chance",
    "p_value",
    "effect",
    "effect_size",
)


def explained_by(
    labels: ArrayLike,
    table: pd.DataFrame,
    subjects: ArrayLike,
    n_permutations: int = _PERMUTATIONS,
    random_state: int = 0,
) -> pd.DataFrame:
    r"""Return how much of a clustering each column explains, most first.

    Parameters
    ----------
    labels : array_like of int, shape (n_units,)
        Cluster of each unit.
    table : DataFrame, shape (n_units, ...)
        What is known of each unit. Columns that say nothing (one value only, a text that is
        another for nearly every subject) are passed over; units without a value are left out
        of that column.
    subjects : array_like, shape (n_units,)
        Subject of each unit. Where subjects have several units, the subject itself is tested.
    n_permutations : int
        Draws of the null.
    random_state : int
        Seed.

    Returns
    -------
    DataFrame
        ``variable``; ``n_units``; ``share``, the part of the clustering that is known once the
        variable is (0 no more than chance, 1 all); ``low_by_chance`` and ``high_by_chance``, the
        2.5th and 97.5th percentile of the share under the null; ``p_value``; ``effect``, which
        effect size follows: ``"cramers_v"`` of texts, corrected for bias, ``"eta_squared"`` of
        numbers (share of the variable's variance that lies between clusters); ``effect_size``.

    Notes
    -----
    The share is :math:`(I - \bar I_0) / (H - \bar I_0)`, with I the mutual information of
    clusters and variable (numbers in up to ten quantile classes of three subjects or more), H the entropy of the clusters
    and :math:`\bar I_0` the mean of I over permutations: the adjusted mutual information of Vinh,
    Epps & Bailey 2010 (JMLR 11:2837), normalised by the clusters' entropy, with a null that knows
    of subjects: what belongs to one subject is handed to another as a whole, so that many cycles
    of few people do not pass for evidence. For the subject itself the clusters are permuted over
    the units. p is (1 + draws at least as large) / (1 + draws). Cramér's V: Bergsma 2013, J
    Korean Stat Soc 42:323.

    Examples
    --------
    >>> speed = np.repeat([1.0, 1.1, 1.2, 1.6, 1.7, 1.8], 5) + np.arange(30) / 1000
    >>> made = explained_by(speed > 1.4, pd.DataFrame({"speed_m_s": speed}), np.arange(30))
    >>> made["variable"].tolist(), bool(made["share"].iloc[0] > 0.7)
    (['speed_m_s'], True)
    """
    clusters = np.unique(np.asarray(labels), return_inverse=True)[1]
    names = np.asarray(subjects, dtype=object).astype(str)
    rng = np.random.default_rng(random_state)
    rows = []
    n_subjects = len(np.unique(names))
    if n_subjects < len(names):
        whole = _subject_row(clusters, names, n_permutations, rng)
        rows.append(whole)
    for column in table.columns:
        if column in _KEY_PARTS:
            continue
        known = table[column].notna().to_numpy()
        values = table[column].to_numpy()[known]
        coded = _codes(values, len(np.unique(names[known])))
        if coded is None or len(np.unique(clusters[known])) < 2:
            continue
        drawn = _by_subject(coded, names[known], n_permutations, rng)
        rows.append(
            {
                "variable": str(column),
                "n_units": int(known.sum()),
                **_share(clusters[known], coded, ((clusters[known], each) for each in drawn)),
                **_effect(clusters[known], values, coded),
            }
        )
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def cluster_of_subject(labels: ArrayLike, subjects: ArrayLike) -> float:
    """Return the mean share of a subject's units that lie in its most frequent cluster."""
    counts = pd.crosstab(np.asarray(subjects, dtype=object).astype(str), np.asarray(labels))
    return float((counts.max(axis=1) / counts.sum(axis=1)).mean())


def _subject_row(
    clusters: NDArray[np.int64], names: NDArray[Any], draws: int, rng: np.random.Generator
) -> dict[str, Any]:
    codes = np.unique(names, return_inverse=True)[1]
    shuffled = ((rng.permutation(clusters), codes) for _ in range(draws))
    return {
        "variable": "subject",
        "n_units": len(names),
        **_share(clusters, codes, shuffled),
        **_effect(clusters, names, codes),
    }


def _codes(values: NDArray[Any], n_subjects: int) -> NDArray[np.int64] | None:
    """Return the class of each value; None where the column cannot explain a clustering."""
    if not len(values):
        return None
    if _is_number(values):
        numbers = values.astype(np.float64)
        if len(np.unique(numbers)) > _BINS:
            bins = int(np.clip(n_subjects // _SUBJECTS_A_BIN, 2, _BINS))
            edges = np.unique(np.quantile(numbers, np.linspace(0, 1, bins + 1)[1:-1]))
            codes = np.searchsorted(edges, numbers, side="left")
        else:
            codes = np.unique(numbers, return_inverse=True)[1]
    else:
        texts = values.astype(str)
        codes = np.unique(texts, return_inverse=True)[1]
        if codes.max() + 1 > max(2, n_subjects // 3):
            return None
    codes = np.unique(codes, return_inverse=True)[1]
    return codes.astype(np.int64) if codes.max() > 0 else None


def _is_number(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "fiu"


def _by_subject(
    codes: NDArray[np.int64], names: NDArray[Any], draws: int, rng: np.random.Generator
) -> "Any":
    """Yield the codes with every subject's handed to another, stretched to its number of units."""
    subject = np.unique(names, return_inverse=True)[1]
    order = np.argsort(subject, kind="stable")
    counts = np.bincount(subject)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    own = subject[order]
    within = np.arange(len(order)) - starts[own]
    ordered = codes[order]
    for _ in range(draws):
        giver = rng.permutation(len(counts))[own]
        drawn = np.empty_like(codes)
        drawn[order] = ordered[starts[giver] + within * counts[giver] // counts[own]]
        yield drawn


def _share(clusters: NDArray[np.int64], codes: NDArray[np.int64], null: Any) -> dict[str, float]:
    found = _mutual_information(clusters, codes)
    chance = np.array([_mutual_information(*pair) for pair in null])
    entropy = _mutual_information(clusters, clusters)
    room = entropy - chance.mean()
    if room <= 1e-9 * entropy:  # chance alone explains it: as many values as units
        return dict.fromkeys(("share", "low_by_chance", "high_by_chance", "p_value"), np.nan)
    shares = (chance - chance.mean()) / room
    low, high = np.percentile(shares, [2.5, 97.5])
    return {
        "share": float((found - chance.mean()) / room),
        "low_by_chance": float(low),
        "high_by_chance": float(high),
        "p_value": float((1 + (chance >= found - 1e-12).sum()) / (1 + len(chance))),
    }


def _contingency(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    shape = (int(first.max()) + 1, int(second.max()) + 1)
    counts: Floats = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(
        shape
    ) / len(first)
    return counts


def _mutual_information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the mutual information of two codings, nat."""
    joint = _contingency(first, second)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    return float((joint[filled] * np.log(joint[filled] / product[filled])).sum())


def _effect(
    clusters: NDArray[np.int64], values: NDArray[Any], codes: NDArray[np.int64]
) -> dict[str, Any]:
    if _is_number(values):
        return {
            "effect": "eta_squared",
            "effect_size": eta_squared(clusters, values.astype(np.float64)),
        }
    return {"effect": "cramers_v", "effect_size": cramers_v(clusters, codes)}


def eta_squared(labels: NDArray[np.int64], values: Floats) -> float:
    """Return the share of the variance of `values` that lies between clusters."""
    overall = ((values - values.mean()) ** 2).sum()
    count = np.bincount(labels)
    sums = np.bincount(labels, weights=values)[count > 0]
    means = sums / count[count > 0]
    between = (count[count > 0] * (means - values.mean()) ** 2).sum()
    return float(between / overall) if overall > 0 else float("nan")


def cramers_v(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return Cramér's V with Bergsma's correction for bias; 0 independent, 1 fully dependent."""
    joint = _contingency(first, second)
    joint = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0]
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    n, (rows, columns) = len(first), joint.shape
    if n < 2 or min(rows, columns) < 2:
        return float("nan")
    phi = max(
        0.0,
        float(((joint - expected) ** 2 / expected).sum()) - (rows - 1) * (columns - 1) / (n - 1),
    )
    corrected = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi / corrected)) if corrected > 0 else float("nan")
