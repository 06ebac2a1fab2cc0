"""The search for groups: components, clusters and what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.discovery.profiles import (
    EffectCurve,
    describe_groups,
    effect_curves,
)
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
    subject_row_weights,
)
from locomotion_analysis.models.unsupervised.anomalies import ANOMALY_METHODS
from locomotion_analysis.models.unsupervised.clusters import (
    CLUSTER_METHODS,
    ClusterMethod,
    balanced_rows,
    check_cluster_count,
)
from locomotion_analysis.models.unsupervised.explained import cluster_of_subject
from locomotion_analysis.models.unsupervised.units import By, CurveUnits
from locomotion_analysis.models.unsupervised.validity import best_count, gap_count
from locomotion_analysis.progress import Progress, silent

Floats = NDArray[np.float64]
SHARE_EXPLAINED = 0.9
_MOST_CLUSTERS = 6
_FEWEST_EMBEDDED = 5
_VOTES = 2


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
    stability : Stability
        Under bootstrap of subjects.
    explained : DataFrame
        What explains the groups.
    subject_in_one_group : float or None
        Mean share of a subject's cycles in its most frequent group.
    effects : list of EffectCurve
        Each group against the others.
    groups : DataFrame
        Demographics and clinical scores of each group.
    anomalies : DataFrame, shape (n_units, 4)
        Scores of the three detectors (the lower, the more unusual), and ``unusual``: at least
        two of them count the unit to the most unusual twentieth.
    plane_rows, plane : ndarray
        Units that were laid out by t-SNE, and their places, shape (n, 2).
    """

    units: CurveUnits
    pca: FunctionalPCA
    scores: Floats
    clusters: SubjectClusters
    chosen: bool
    validity: pd.DataFrame
    stability: Stability
    explained: pd.DataFrame
    subject_in_one_group: float | None
    effects: list[EffectCurve]
    groups: pd.DataFrame
    anomalies: pd.DataFrame
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
        """Mean silhouette width of the number of groups."""
        return float(self._of_count("silhouette"))

    @property
    def gap_count(self) -> int:
        """Number of groups the gap statistic prefers."""
        return gap_count(self.validity)

    @property
    def stability_mean(self) -> float:
        """Mean adjusted Rand index over the draws."""
        return float(self.stability.adjusted_rand.mean())

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """What was done to the data, and what was chosen or left out here."""
        return (*self.units.data.history, *self.units.history)

    def _of_count(self, column: str) -> float:
        row = self.validity["clusters"] == self.clusters.n_clusters
        return float(self.validity.loc[row, column].iloc[0])


def find_groups(
    data: LocomotionData,
    channels: Sequence[str] | None = None,
    n_clusters: int | Literal["auto"] = "auto",
    method: ClusterMethod = "kmeans",
    by: By = "subject",
    task: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Findings:
    """Look for groups of subjects or cycles, and ask what the groups are worth.

    Parameters
    ----------
    data : LocomotionData
        Cycles; no column beyond the key is needed.
    channels : sequence of str, optional
        As for :func:`~locomotion_analysis.models.unsupervised.curve_units`.
    n_clusters : int or "auto"
        Number of groups, at least two; ``"auto"`` takes the widest silhouette of two to six.
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

    Returns
    -------
    Findings

    Raises
    ------
    SchemaError
        If a parameter is unknown, there are not more subjects than groups, a channel asked for
        is the same in all cycles, or nothing is left without gaps.

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

    _check(method, n_clusters)
    units = curve_units(data, channels, by, task)
    # Hundreds of small fits: threads would wait for each other longer than they work.
    with threadpool_limits(1):
        return _search(units, n_clusters, method, random_state, progress or silent)


def _search(
    units: CurveUnits,
    n_clusters: int | Literal["auto"],
    method: ClusterMethod,
    random_state: int,
    step: Progress,
) -> Findings:
    counts = _counts(units, n_clusters)
    _refuse_constant(units)
    weights = subject_row_weights(units.subjects)
    pca = FunctionalPCA(SHARE_EXPLAINED).fit(units.curves, sample_weight=weights)
    scores = pca.transform(units.curves)
    validity = cluster_validity(
        scores, units.subjects, method, counts,
        random_state=random_state, progress=partial(step, "number of groups"),
    )  # fmt: skip
    count = best_count(validity) if n_clusters == "auto" else int(n_clusters)
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
        stability=stability,
        explained=explained_by(
            labels[rows], units.table.iloc[rows], units.subjects[rows], random_state=random_state
        ),
        subject_in_one_group=cluster_of_subject(labels, units.subjects)
        if units.by == "cycle"
        else None,
        effects=effect_curves(units, labels, random_state=random_state),
        groups=describe_groups(units, labels),
        anomalies=_anomalies(units, random_state),
        plane_rows=plane_rows,
        plane=_plane(scores[plane_rows], random_state),
    )
    step("profiles", 1, 1)
    return findings


def _check(method: str, n_clusters: int | str) -> None:
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


def _counts(units: CurveUnits, n_clusters: int | str) -> list[int]:
    n_subjects = units.n_subjects
    if not isinstance(n_clusters, int):
        return list(range(1, max(3, min(_MOST_CLUSTERS + 1, n_subjects))))
    check_cluster_count(n_clusters, n_subjects)
    return list(range(1, min(max(_MOST_CLUSTERS, n_clusters) + 1, n_subjects)))


def _refuse_constant(units: CurveUnits) -> None:
    spread = units.curves.std(axis=0).max(axis=0)
    size = np.abs(units.curves).max(axis=(0, 1))
    same = [
        name
        for name, width, most in zip(units.channels, spread, size, strict=True)
        if width <= 1e-6 * most or most == 0.0
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


def _plane(scores: Floats, random_state: int) -> Floats:
    if len(scores) < _FEWEST_EMBEDDED:
        return np.empty((0, 2))
    return embed(scores, random_state=random_state)
