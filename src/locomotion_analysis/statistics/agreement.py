"""How well a measurement repeats: ICC(2,1), standard error of measurement, detectable change."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.statistics.formula import columns_of

__all__ = ["reliability", "reliability_table"]

Values = NDArray[np.float64]


def reliability(measured: ArrayLike, *, level: float = 0.95) -> pd.DataFrame:
    r"""Return how well one measurement of each person repeats on other occasions.

    Parameters
    ----------
    measured : array_like, shape (n_people, n_occasions) or (n_people, n_occasions, n_points)
        One value a person and occasion (or rater, or laboratory); of curves one a point.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame, one row a point (a number has one)
        ``icc``: ICC(2,1), agreement of single measurements, people and occasions both random;
        ``sem_agreement``: standard error of measurement with shifts between occasions,
        ``sem_consistency``: without; ``mdc_agreement``, ``mdc_consistency``: the change of one
        person between two measurements that measurement alone exceeds with a probability of
        1 − `level`; each with ``_low`` and ``_high``, all but the ICC in the unit of the
        values. ``p_shift``: F test of a mean difference between occasions. ``n_people``,
        ``n_occasions``.

    Raises
    ------
    SchemaError
        If there are fewer than three people or two occasions, a value is missing, or all are
        equal.

    Notes
    -----
    With the mean squares of people (B), occasions (J) and rest (E) of *n* people and *k* occasions
    (Shrout & Fleiss 1979 [1]_), whose interval of the ICC is used:

    .. math:: ICC = \frac{B - E}{B + (k-1) E + k (J - E)/n},\quad
       SEM_{cons}^2 = E,\quad SEM_{agr}^2 = E + (J - E)/n,\quad MDC = z \sqrt 2\,SEM

    (Weir 2005 [2]_). The degrees of freedom of its interval take a negative ICC for 0. The interval of E is that of a chi-squared variance, that of the sum of J and
    E the modified large-sample one of Graybill and Wang 1980 [3]_. Two occasions tell next to
    nothing of how much occasions differ in general: that interval is then very wide, and honestly
    so.

    References
    ----------
    .. [1] Shrout and Fleiss, "Intraclass correlations: uses in assessing rater reliability",
       Psychol Bull 86:420, 1979.
    .. [2] Weir, "Quantifying test-retest reliability using the intraclass correlation coefficient
       and the SEM", J Strength Cond Res 19:231, 2005, doi:10.1519/15184.1.
    .. [3] Graybill and Wang, "Confidence intervals on nonnegative linear combinations of
       variances", 1980.

    Examples
    --------
    >>> knee = [[60.1, 61.0], [55.2, 54.1], [64.8, 66.0], [58.9, 58.0], [49.7, 51.2]]
    >>> reliability(knee)[["icc", "sem_consistency", "mdc_consistency"]].round(2).to_dict("records")
    [{'icc': 0.98, 'sem_consistency': 0.87, 'mdc_consistency': 2.4}]
    """
    from scipy import stats

    values = np.asarray(measured, dtype=float)
    if values.ndim == 2:
        values = values[..., np.newaxis]
    if values.ndim != 3 or values.shape[0] < 3 or values.shape[1] < 2:
        raise SchemaError(
            expected="at least three people on at least two occasions, people first",
            got=f"shape {np.shape(measured)}",
            where="measured",
        )
    if not np.isfinite(values).all():
        raise SchemaError(
            expected="a value of every person on every occasion",
            got=f"{int((~np.isfinite(values)).sum())} missing",
            where="measured",
            fix="leave these people out; reliability_table does",
        )
    n, k = values.shape[:2]
    grand = values.mean(axis=(0, 1))
    own, of_occasion = values.mean(axis=1), values.mean(axis=0)
    rest = values - own[:, np.newaxis] - of_occasion + grand
    B = k * np.square(own - grand).sum(axis=0) / (n - 1)
    J = n * np.square(of_occasion - grand).sum(axis=0) / (k - 1)
    E = np.square(rest).sum(axis=(0, 1)) / ((n - 1) * (k - 1))
    nothing = 1e-24 * np.square(values).max(axis=(0, 1))
    if (nothing >= E).any():
        raise SchemaError(
            expected="measurements that differ between occasions",
            got="the same ones, up to a shift",
            where="measured",
            fix="check that an occasion was not copied",
        )
    tail = (1 - level) / 2
    icc = (B - E) / (B + (k - 1) * E + k * (J - E) / n)
    # Below zero the weights of both mean squares may cancel, and no degrees of freedom are left.
    share = np.maximum(icc, 0.0)
    a = k * share / (n * (1 - share))
    b = 1 + k * share * (n - 1) / (n * (1 - share))
    df = (a * J + b * E) ** 2 / ((a * J) ** 2 / (k - 1) + (b * E) ** 2 / ((n - 1) * (k - 1)))
    below, above = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    other = k * J + (k * n - k - n) * E
    table = {
        "icc": icc,
        "icc_low": n * (B - below * E) / (below * other + n * B),
        "icc_high": n * (above * B - E) / (other + n * above * B),
    }
    parts = [(1 - 1 / n, E, (n - 1) * (k - 1)), (1 / n, J, k - 1)]
    z = stats.norm.isf(tail) * np.sqrt(2)
    for kind, of in (("agreement", parts), ("consistency", [(1.0, *parts[0][1:])])):
        ends = [np.sqrt(each) for each in _variance_interval(of, tail)]
        for what, factor in (("sem", 1.0), ("mdc", z)):
            for end, value in zip(("", "_low", "_high"), ends, strict=True):
                table[f"{what}_{kind}{end}"] = factor * value
    table["p_shift"] = stats.f.sf(J / E, k - 1, (n - 1) * (k - 1))
    found = pd.DataFrame(table)
    found["n_people"], found["n_occasions"] = n, k
    return found


def _variance_interval(
    parts: Sequence[tuple[float, Values, int]], tail: float
) -> tuple[Values, Values, Values]:
    """Return a sum of mean squares (weight, mean square, degrees of freedom), and its interval."""
    from scipy import stats

    total = np.sum([weight * square for weight, square, _ in parts], axis=0)
    down = [weight * square * (1 - df / stats.chi2.isf(tail, df)) for weight, square, df in parts]
    up = [weight * square * (df / stats.chi2.ppf(tail, df) - 1) for weight, square, df in parts]
    return (
        total,
        total - np.sqrt(np.sum(np.square(down), axis=0)),
        total + np.sqrt(np.sum(np.square(up), axis=0)),
    )


def reliability_table(
    data: pd.DataFrame | LocomotionData,
    values: Sequence[str],
    occasion: str = "session",
    *,
    subject: str = "subject",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how well each of some measurements repeats, from rows of cycles.

    Cycles are averaged per person and occasion first: what is judged is that mean.

    Parameters
    ----------
    data : DataFrame or LocomotionData
        One row a cycle, or a visit.
    values : sequence of str
        Columns; of LocomotionData also channels (a row a point of the gait cycle).
    occasion : str
        Column of the occasions: session, rater, laboratory.
    subject : str
        Column of the people.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        As of :func:`reliability`, with the index ``value`` and ``phase_percent`` (NaN for
        numbers).

    Raises
    ------
    SchemaError
        If columns are missing or too few people were measured on all occasions.

    Warns
    -----
    LocomotionWarning
        If people lack an occasion and are left out.

    Examples
    --------
    >>> visits = pd.DataFrame({"subject": list("aabbccdd"), "session": [1, 2] * 4})
    >>> visits["speed_m_s"] = [1.1, 1.2, 0.8, 0.8, 1.4, 1.3, 1.0, 1.1]
    >>> reliability_table(visits, ["speed_m_s"])[["icc", "n_people"]].round(2).values.tolist()
    [[0.93, 4.0]]
    """
    frame = data.cycles if isinstance(data, LocomotionData) else data
    channels = data.channels if isinstance(data, LocomotionData) else ()
    keys = columns_of(frame, [subject, occasion])
    if subject == "subject" and "dataset" in frame and len(frame["dataset"].unique()) > 1:
        # One name in two datasets is two people.
        named = frame["dataset"].astype(str).to_numpy() + " " + keys[subject].astype(str)
        keys[subject] = named.where(keys[subject].notna())
    tables = {}
    for name in values:
        if isinstance(data, LocomotionData) and name in channels:
            rows, points = pd.DataFrame(data.curves(name).astype(float)), PHASE_PERCENT
        else:
            rows, points = columns_of(frame, [name]), np.array([np.nan])
        measured, left_out = _by_person(rows.to_numpy(float), keys)
        if left_out:
            warnings.warn(
                f"{name}: {len(left_out)} people without a value on every occasion are left out "
                f"({', '.join(map(str, left_out[:5]))}{', ...' if len(left_out) > 5 else ''}).",
                LocomotionWarning,
                stacklevel=2,
            )
        if len(measured) < 3:
            raise SchemaError(
                expected="at least three people measured on every occasion",
                got=str(len(measured)),
                where=f"column {name} by {occasion}",
            )
        found = reliability(measured, level=level)
        tables[name] = found.set_axis(pd.Index(points, name="phase_percent"))
    return pd.concat(tables, names=["value"])


def _by_person(values: Values, keys: pd.DataFrame) -> tuple[Values, list[Any]]:
    """Return means, shape (n_people, n_occasions, n_points), and who lacks an occasion."""
    means = pd.DataFrame(values).groupby([keys[name].to_numpy() for name in keys]).mean()
    people, occasions = (level.unique() for level in map(means.index.get_level_values, (0, 1)))
    whole = means.reindex(pd.MultiIndex.from_product([people, occasions]))
    table = whole.to_numpy().reshape(len(people), len(occasions), -1)
    known = np.isfinite(table).all(axis=(1, 2))
    return table[known], people[~known].tolist()
