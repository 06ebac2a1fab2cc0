"""Groups of people or cycles by their curves, and what the groups are worth.

Curves become functional principal components, their scores are clustered, and the clusters are
asked how firm they are, what else explains them and what sets each apart: curves of effect size
(Hedges' g), demographics and clinical scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.metrics import resampled_sums, subject_weights
from locomotion_analysis.extras import require_installed
from locomotion_analysis.features import feature_table
from locomotion_analysis.models.unsupervised import (
    CurveAnomalyDetector,
    FunctionalPCA,
    Stability,
    SubjectClusters,
    cluster_stability,
    cluster_validity,
    curve_units,
    embed,
    explained_by,
    one_population_p,
    subject_row_weights,
)
from locomotion_analysis.models.unsupervised.anomalies import ANOMALY_METHODS
from locomotion_analysis.models.unsupervised.clusters import (
    CLUSTER_METHODS,
    ClusterMethod,
    balanced_rows,
    best_count,
    check_cluster_count,
    cluster_of_subject,
    gap_count,
)
from locomotion_analysis.models.unsupervised.curves import By, CurveUnits, Embedding
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.standard import PHASE_PERCENT

Floats = NDArray[np.float64]
_Moments = tuple[Floats, Floats, Floats]
"""Number of people, sum and sum of squares over them."""

LARGE = 0.8
SIGNIFICANT = 0.05
SHARE_EXPLAINED = 0.9
_MOST_CLUSTERS = 6
_FEWEST_EMBEDDED = 5
_VOTES = 2
_DRAWS = 300
_MOST_VALUES = 20_000_000
_SCORES = ("gdi_ipsi", "gdi_star_ipsi", "gps_overall_deg", "gps_ipsi_deg")
_DEMOGRAPHICS = ("age", "height_m", "mass_kg", "bmi", "speed_m_s", "cycle_duration_s")


@dataclass(frozen=True, slots=True)
class EffectCurve:
    """Standardised difference of a group from all others over the cycle.

    Attributes
    ----------
    value, low, high : ndarray, shape (150, n_channels)
        Hedges' g with the pointwise 95 % interval of a bootstrap over subjects; positive where
        the group lies higher. NaN where it is not defined.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; groups are numbered from 0, the largest first.

    Attributes
    ----------
    units : CurveUnits
        What was grouped.
    pca : FunctionalPCA
        Components, each subject weighing the same.
    scores : ndarray, shape (n_units, n_components)
        Scores of the units.
    clusters : SubjectClusters
        The fitted clusters.
    chosen : bool
        Whether the number of groups was chosen here rather than asked for.
    validity : DataFrame
        Silhouette and gap of each number of groups.
    one_population_p : float
        Whether all may be of one population, see
        :func:`~locomotion_analysis.models.unsupervised.one_population_p`.
    stability : Stability
        Under bootstrap of subjects.
    explained : DataFrame
        What explains the groups.
    subject_in_one_group : float or None
        Mean share of a subject's cycles in its most frequent group.
    effects : list of EffectCurve
        Each group against the others; empty where there is one.
    groups : DataFrame
        Demographics and clinical scores of each group.
    anomalies : DataFrame, shape (n_units, 4)
        Scores of the three detectors (the lower, the more unusual), and ``unusual``: at least
        two of them count the unit to the most unusual twentieth.
    embedding : {"tsne", "umap"}
        How units were laid out in the plane.
    plane_rows, plane : ndarray
        Units that were laid out, and their places, shape (n, 2).
    """

    units: CurveUnits
    pca: FunctionalPCA
    scores: Floats
    clusters: SubjectClusters
    chosen: bool
    validity: pd.DataFrame
    one_population_p: float
    stability: Stability
    explained: pd.DataFrame
    subject_in_one_group: float | None
    effects: list[EffectCurve]
    groups: pd.DataFrame
    anomalies: pd.DataFrame
    embedding: Embedding
    plane_rows: NDArray[np.int64]
    plane: Floats

    @property
    def labels(self) -> NDArray[np.int64]:
        """Group of each unit."""
        labels: NDArray[np.int64] = self.clusters.labels_
        return labels

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.clusters.centers_)

    @property
    def silhouette(self) -> float:
        """Mean silhouette width of the number of groups; NaN of one."""
        row = self.validity["clusters"] == self.clusters.n_clusters
        return float(self.validity.loc[row, "silhouette"].iloc[0])

    @property
    def gap_count(self) -> int:
        """Number of groups the gap statistic prefers."""
        return gap_count(self.validity)

    @property
    def one_population(self) -> bool:
        """Whether nothing speaks against one population."""
        return self.one_population_p > SIGNIFICANT

    @property
    def stability_mean(self) -> float:
        """Mean adjusted Rand index over the draws."""
        return float(self.stability.adjusted_rand.mean())

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """What was done to the data, and what was chosen or left out here."""
        return (*self.units.data.history, *self.units.history)


def find_groups(
    data: LocomotionData,
    channels: Sequence[str] | None = None,
    n_clusters: int | Literal["auto"] = "auto",
    method: ClusterMethod = "kmeans",
    by: By = "subject",
    task: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
    embedding: Embedding = "tsne",
) -> Findings:
    """Look for groups of subjects or cycles, and ask what the groups are worth.

    Parameters
    ----------
    data : LocomotionData
        Cycles; no column beyond the key is needed.
    channels : sequence of str, optional
        As for :func:`~locomotion_analysis.models.unsupervised.curve_units`.
    n_clusters : int or "auto"
        Number of groups, at least two; ``"auto"`` finds one where nothing speaks against one
        population (p > 0.05), else takes the widest silhouette of two to six.
    method : {"kmeans", "gmm", "hierarchical"}
        How groups are found among the functional principal component scores.
    by : {"subject", "cycle"}
        What is grouped.
    task : str, optional
        The task to keep.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    embedding : {"tsne", "umap"}
        How the scores are laid out in the plane, see
        :func:`~locomotion_analysis.models.unsupervised.embed`. The groups do not depend on it.

    Returns
    -------
    Findings

    Raises
    ------
    SchemaError
        If a parameter is unknown, there are not more subjects than groups, a channel asked for
        is the same in all cycles, or nothing is left without gaps.
    MissingExtraError
        If UMAP is asked for and not installed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cycles = pd.DataFrame({"subject": [f"S{i}" for i in range(12)], "task": "run", "step": 0})
    >>> curves = rng.normal(size=(1, 12, 1)) + np.sin(np.linspace(0, 6, 150))
    >>> data = LocomotionData(cycles, curves, ["knee_flexion_angle_ipsi_rad"])
    >>> find_groups(data, n_clusters=2).n_groups
    2
    """
    from threadpoolctl import threadpool_limits

    if method not in CLUSTER_METHODS:
        raise SchemaError(
            expected=f"a method among {', '.join(CLUSTER_METHODS)}",
            got=repr(method),
            where="method",
        )
    if n_clusters != "auto" and (not isinstance(n_clusters, int) or n_clusters < 2):
        raise SchemaError(
            expected="'auto' or a number of clusters of at least 2",
            got=repr(n_clusters),
            where="clusters",
        )
    if embedding not in get_args(Embedding):
        raise SchemaError(
            expected=f"an embedding among {', '.join(get_args(Embedding))}",
            got=repr(embedding),
            where="embedding",
        )
    if embedding == "umap":
        require_installed("umap", "manifold")  # now, and not after all has been computed
    units = curve_units(data, channels, by, task)
    # Hundreds of small fits: threads would wait for each other longer than they work.
    with threadpool_limits(1):
        return _search(units, n_clusters, method, embedding, random_state, progress or silent)


def _search(
    units: CurveUnits,
    n_clusters: int | Literal["auto"],
    method: ClusterMethod,
    embedding: Embedding,
    random_state: int,
    step: Progress,
) -> Findings:
    if n_clusters == "auto":
        most = min(_MOST_CLUSTERS, max(2, units.n_subjects - 1))
    else:
        check_cluster_count(n_clusters, units.n_subjects)
        most = min(max(_MOST_CLUSTERS, n_clusters), units.n_subjects - 1)
    _refuse_constant_channels(units)
    weights = subject_row_weights(units.subjects)
    pca = FunctionalPCA(SHARE_EXPLAINED).fit(units.curves, sample_weight=weights)
    scores = pca.transform(units.curves)
    validity = cluster_validity(
        scores, units.subjects, method, list(range(1, most + 1)),
        random_state=random_state, progress=partial(step, "number of groups"),
    )  # fmt: skip
    one_population = one_population_p(
        scores, units.subjects,
        random_state=random_state, progress=partial(step, "one population"),
    )  # fmt: skip
    count = n_clusters if n_clusters != "auto" else best_count(validity)
    if n_clusters == "auto" and one_population > SIGNIFICANT:
        count = 1
    clusters = SubjectClusters(count, method, random_state).fit(scores, groups=units.subjects)
    stability = cluster_stability(
        scores, units.subjects, clusters,
        random_state=random_state, progress=partial(step, "stability"),
    )  # fmt: skip
    step("profiles", 0, 1)
    rows = balanced_rows(units.subjects)
    labels = clusters.labels_
    plane_rows = np.unique(rows)
    findings = Findings(
        units=units,
        pca=pca,
        scores=scores,
        clusters=clusters,
        chosen=n_clusters == "auto",
        validity=validity,
        one_population_p=one_population,
        stability=stability,
        explained=explained_by(
            labels[rows], units.table.iloc[rows], units.subjects[rows], random_state=random_state
        ),
        subject_in_one_group=cluster_of_subject(labels, units.subjects)
        if units.by == "cycle"
        else None,
        effects=effect_curves(units, labels, random_state=random_state) if count > 1 else [],
        groups=describe_groups(units, labels),
        anomalies=_anomalies(units, random_state),
        embedding=embedding,
        plane_rows=plane_rows,
        plane=embed(scores[plane_rows], embedding, random_state)
        if len(plane_rows) >= _FEWEST_EMBEDDED
        else np.empty((0, 2)),
    )
    step("profiles", 1, 1)
    return findings


def _refuse_constant_channels(units: CurveUnits) -> None:
    spread = units.curves.std(axis=0).max(axis=0)
    size = np.abs(units.curves).max(axis=(0, 1))
    same = [
        name
        for name, width, height in zip(units.channels, spread, size, strict=True)
        if width <= 1e-6 * height or height == 0.0
    ]
    if same:
        raise SchemaError(
            expected=f"channels that differ between {units.by}s",
            got="the same curve in all of them",
            where=", ".join(same),
            fix="leave this channel out",
        )


def _anomalies(units: CurveUnits, random_state: int) -> pd.DataFrame:
    made, votes = {}, np.zeros(len(units.curves), dtype=np.int64)
    for method in ANOMALY_METHODS:
        detector = CurveAnomalyDetector(method, random_state=random_state)  # type: ignore[arg-type]
        detector.fit(units.curves, groups=units.subjects)
        made[method] = detector.score_samples(units.curves)
        votes += made[method] <= detector.offset_
    return pd.DataFrame({**made, "unusual": votes >= _VOTES})


# What sets each group apart


def effect_curves(
    units: CurveUnits, labels: NDArray[np.int64], n_draws: int = _DRAWS, random_state: int = 0
) -> list[EffectCurve]:
    r"""Return each group's difference from the others, at every phase of every channel.

    Parameters
    ----------
    units : CurveUnits
        What was grouped.
    labels : ndarray of int, shape (n_units,)
        Group of each unit.
    n_draws : int
        Bootstrap draws of subjects.
    random_state : int
        Seed.

    Notes
    -----
    :math:`g = J (\bar x_{in} - \bar x_{out}) / s`, s the pooled standard deviation, J = 1 -
    3 / (4 (n - 2) - 1) (Hedges 1981, J Educ Stat 6:107). Cycles of one subject in one group are
    averaged first, so that n counts people. The groups were made from these very curves: the
    intervals tell how firmly the difference is known, and test nothing.
    """
    return [
        _effect(units, labels == group, n_draws, random_state)
        for group in range(int(labels.max()) + 1)
    ]


def _effect(
    units: CurveUnits, inside: NDArray[np.bool_], n_draws: int, random_state: int
) -> EffectCurve:
    """Return the difference of the units inside a group from all others."""
    # Each subject's mean curve inside and outside the group, and whether it has one.
    codes = np.unique(units.subjects, return_inverse=True)[1]
    means, has = [], []
    for chosen in (inside, ~inside):
        count = np.bincount(codes[chosen], minlength=codes.max() + 1)
        total = np.zeros((len(count), *units.curves.shape[1:]))
        np.add.at(total, codes[chosen], units.curves[chosen])
        means.append(total / np.maximum(count, 1)[:, None, None])
        has.append(count > 0)
    # Differences of sums of squares: taken from the common mean, for precision.
    centre = (means[0][has[0]].sum(axis=0) + means[1][has[1]].sum(axis=0)) / (
        has[0].sum() + has[1].sum()
    )
    moments: list[_Moments] = []
    for mean, known in zip(means, has, strict=True):
        flat = (mean - centre).reshape(len(mean), -1) * known[:, None]
        moments.append((known.astype(np.float64), flat, flat**2))
    shape, n_subjects = units.curves.shape[1:], len(means[0])
    ones = np.ones((1, n_subjects), dtype=np.int64)
    value = _hedges(*(_sums(ones, each) for each in moments))[0].reshape(shape)
    weights = subject_weights(n_subjects, n_draws, random_state)
    low, high = np.full(value.size, np.nan), np.full(value.size, np.nan)
    step = max(1, _MOST_VALUES // (n_draws * 8))
    for start in range(0, value.size, step):
        part = slice(start, start + step)
        sums = [
            _sums(weights, (count, first[:, part], second[:, part]))
            for count, first, second in moments
        ]
        draws = _hedges(*sums)
        # NaN where fewer than half the draws have a value.
        usable = np.isfinite(draws).mean(axis=0) >= 0.5
        if usable.any():
            at = start + np.flatnonzero(usable)
            low[at], high[at] = np.nanpercentile(draws[:, usable], [2.5, 97.5], axis=0)
    return EffectCurve(value, low.reshape(shape), high.reshape(shape))


def _sums(weights: NDArray[np.int64], moments: _Moments) -> _Moments:
    count, first, second = (resampled_sums(weights, each) for each in moments)
    return count[:, None], first, second


def _hedges(inside: _Moments, outside: _Moments) -> Floats:
    (n_in, sum_in, square_in), (n_out, sum_out, square_out) = inside, outside
    freedom = n_in + n_out - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_in, mean_out = sum_in / n_in, sum_out / n_out
        squares = square_in - n_in * mean_in**2 + square_out - n_out * mean_out**2
        spread = np.sqrt(np.clip(squares, 0, None) / freedom)
        correction = 1 - 3 / (4 * freedom - 1)
        effect: Floats = correction * (mean_in - mean_out) / spread
    # Two people of each kind at least: a spread of one is none.
    defined = (n_in > 1) & (n_out > 1) & (spread > 0)
    return np.where(defined, effect, np.nan)


def apart(effect: EffectCurve, channel: int) -> list[tuple[float, float, float]]:
    """Return the stretches of the cycle in which a group is clearly apart from the others.

    Clearly: |g| of at least 0.8 and an interval without zero.

    Returns
    -------
    list of (float, float, float)
        First and last percent of the cycle, and the largest g between.
    """
    value = np.nan_to_num(effect.value[:, channel])
    same_side = effect.low[:, channel] * effect.high[:, channel] > 0
    sign = np.where((np.abs(value) >= LARGE) & same_side, np.sign(value), 0.0)
    edges = np.flatnonzero(np.diff(sign, prepend=np.nan) != 0)
    stops = np.append(edges[1:], len(sign))
    return [
        (
            float(PHASE_PERCENT[start]),
            float(PHASE_PERCENT[stop - 1]),
            float(value[start:stop][np.abs(value[start:stop]).argmax()]),
        )
        for start, stop in zip(edges, stops, strict=True)
        if sign[start] != 0
    ]


def describe_groups(units: CurveUnits, labels: NDArray[np.int64]) -> pd.DataFrame:
    """Return mean and standard deviation of what is known of the people of each group.

    Returns
    -------
    DataFrame
        Columns ``group`` (1, 2, ...), ``variable``, ``n_subjects``, ``mean``, ``sd``; demographic
        columns, speed, and clinical scores where the data give them. A subject's cycles in a
        group are averaged first.
    """
    of_cycle = labels[units.unit_of_cycle] + 1
    cycles = units.data.cycles
    known = [
        name
        for name in _DEMOGRAPHICS
        if name in cycles and pd.api.types.is_numeric_dtype(cycles[name])
    ]
    values = pd.concat([cycles[known].astype(float), clinical_scores(units.data)], axis=1)
    subject = units.subjects[units.unit_of_cycle]
    people = values.groupby([of_cycle, subject]).mean()
    rows = []
    for group in range(int(labels.max()) + 1):
        own = people[people.index.get_level_values(0) == group + 1]
        rows += [
            (group + 1, str(name), int(each.count()), each.mean(), each.std(ddof=1))
            for name, each in own.items()
            if each.notna().any()
        ]
    return pd.DataFrame(rows, columns=["group", "variable", "n_subjects", "mean", "sd"])


def clinical_scores(data: LocomotionData) -> pd.DataFrame:
    """Return Gait Deviation Index and Gait Profile Score of each cycle, where they can be had."""
    try:
        frame = feature_table(data, ["clinical"], ["mean"]).frame.reset_index(drop=True)
    except SchemaError:  # no clinical score at all can be computed from these channels
        return pd.DataFrame(index=range(len(data)))
    return frame[[name for name in _SCORES if name in frame]].astype(float)
