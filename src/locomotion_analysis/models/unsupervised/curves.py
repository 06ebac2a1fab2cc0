"""Curves to find groups among, and their principal components.

What is compared (:func:`curve_units`: the mean cycle of each subject, or single cycles, with gaps
left out and named); the few ways in which gaits differ from their mean (:class:`CurvePCA`,
:class:`FunctionalPCA`); and pictures of the scores in the plane (:func:`embed`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.standard import KEY, TASKS, Channel, canonical_name

Floats = NDArray[np.float64]


# What is compared


By = Literal["subject", "cycle"]
_MOST_MISSING_PERCENT = 50.0
_JOINTS = ("hip", "knee", "ankle", "pelvis")


@dataclass(frozen=True, slots=True)
class CurveUnits:
    """Curves to find groups among, and what is known of each.

    Attributes
    ----------
    by : {"subject", "cycle"}
        What a unit is.
    channels : tuple of str
        Channels, in the order of the last axis of `curves`.
    curves : ndarray, shape (n_units, 150, n_channels)
        Mean cycle of a subject, or a cycle; in the channels' units.
    subjects : ndarray of str, shape (n_units,)
        Subject of each unit, with its dataset where there are several.
    table : DataFrame, shape (n_units, ...)
        What is known of each unit: numbers averaged over a subject's cycles; a text that
        differs between them is missing.
    data : LocomotionData
        The cycles that were used.
    unit_of_cycle : ndarray of int, shape (n_cycles,)
        Unit each cycle of `data` belongs to.
    left_out : DataFrame
        Key of each cycle that was left out, with the reason.
    history : tuple of HistoryEntry
        What was chosen and left out.
    """

    by: By
    channels: tuple[str, ...]
    curves: Floats
    subjects: NDArray[np.str_]
    table: pd.DataFrame
    data: LocomotionData
    unit_of_cycle: NDArray[np.int64]
    left_out: pd.DataFrame
    history: tuple[HistoryEntry, ...]

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(np.unique(self.subjects))


def curve_units(
    data: LocomotionData,
    channels: Sequence[str] | None = None,
    by: By = "subject",
    task: str | None = None,
) -> CurveUnits:
    """Return the units to find groups among.

    Parameters
    ----------
    data : LocomotionData
        Cycles.
    channels : sequence of str, optional
        Channels; where None, the angles of hip, knee, ankle and pelvis of the ipsilateral leg
        (all channels where there are none) that differ between cycles and were measured in
        half of the cycles or more.
    by : {"subject", "cycle"}
        One unit a subject (the mean of its cycles), or one a cycle.
    task : str, optional
        Keep this task only. Where None, subjects are compared in the task most of them do (a
        mean over tasks is nobody's gait), and cycles over all tasks.

    Returns
    -------
    CurveUnits
        ``curves`` of shape (n_units, n_points, n_channels), and their ``subjects``.

    Raises
    ------
    SchemaError
        If a channel or task is unknown, `by` is neither, no cycle is without gaps, or fewer
        than three subjects are left.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": list("AABC"), "task": "run", "step": [0, 1, 0, 0]})
    >>> curves = np.random.default_rng(0).normal(size=(1, 4, 150))
    >>> data = LocomotionData(cycles, curves, ["knee_flexion_angle_ipsi_rad"])
    >>> curve_units(data).curves.shape
    (3, 150, 1)
    """
    if by not in ("subject", "cycle"):
        raise SchemaError(expected="by 'subject' or 'cycle'", got=repr(by), where="by")
    chosen, notes = _of_one_task(data, task) if task or by == "subject" else (data, [])
    names, why = _channels(chosen, channels)
    block = chosen.array(names)
    measured: NDArray[np.bool_] = np.asarray(np.isfinite(block).all(axis=(1, 2)))
    left_out, gaps = _left_out(chosen, block, names, measured)
    if not measured.any():
        raise SchemaError(
            expected="a cycle in which every channel was measured",
            got="none",
            where=", ".join(names),
            fix="leave out the channel with the most gaps: see data.missing()",
        )
    kept = chosen.take(np.flatnonzero(measured))
    subjects = subject_names(kept)
    if len(np.unique(subjects)) < 3:
        raise SchemaError(
            expected="at least three subjects to find groups among",
            got=f"{len(np.unique(subjects))}",
            where=f"{len(kept)} cycles without gaps",
            fix="add people, or keep channels with fewer gaps",
        )
    curves: Floats = block[measured].astype(np.float64)
    if by == "subject":
        whose, codes = np.unique(subjects, return_inverse=True)
        sums = np.zeros((len(whose), *curves.shape[1:]))
        np.add.at(sums, codes, curves)
        curves = sums / np.bincount(codes)[:, None, None]
        table = _subject_table(kept.cycles, codes)
    else:
        whose, codes = subjects, np.arange(len(kept))
        table = kept.cycles.reset_index(drop=True)
    return CurveUnits(
        by=by,
        channels=names,
        curves=curves,
        subjects=whose,
        table=table,
        data=kept,
        unit_of_cycle=codes,
        left_out=left_out,
        history=(*notes, *why, *gaps),
    )


def subject_names(data: LocomotionData) -> NDArray[np.str_]:
    """Return the subject of each cycle, with its dataset before it where there are several."""
    cycles = data.cycles
    names = cycles["subject"].astype(str)
    if len(cycles["dataset"].unique()) > 1:
        names = cycles["dataset"].astype(str) + "/" + names
    return np.asarray(names, dtype=str)


def _of_one_task(
    data: LocomotionData, task: str | None
) -> tuple[LocomotionData, list[HistoryEntry]]:
    each = pd.Series(subject_names(data)).groupby(data.cycles["task"].to_numpy()).nunique()
    if each.empty:
        raise SchemaError(expected="at least one gait cycle", got="none")
    order = [name for name in TASKS if name in each.index]
    order += [name for name in each.index if name not in order]
    wanted = task or str(each.loc[order].idxmax())
    if wanted not in each.index:
        raise SchemaError(
            expected=f"a task of the data ({', '.join(map(str, each.index))})",
            got=repr(wanted),
            where="task",
        )
    if len(each) == 1:
        return data, []
    others = ", ".join(name for name in order if name != wanted)
    kept = data.select(task=wanted)
    detail = f"cycles of tasks other than {wanted} ({others})"
    return kept, [HistoryEntry("dropped", detail, len(data) - len(kept))]


def _channels(
    data: LocomotionData, asked: Sequence[str] | None
) -> tuple[tuple[str, ...], list[HistoryEntry]]:
    if asked is not None:
        if isinstance(asked, str) or not asked:
            raise SchemaError(expected="a list of channels", got=repr(asked), where="channels")
        for name in asked:
            data.curves(name)  # names its like where there is no such channel
        there = (name if name in data.channels else canonical_name(name) for name in asked)
        return tuple(dict.fromkeys(there)), []
    parsed = {name: Channel.parse(name) for name in data.channels}
    angles = [
        name
        for name, channel in parsed.items()
        if channel.joint in _JOINTS and channel.side != "contra" and channel.measurement == "angle"
    ]
    notes = []
    kept = []
    missing = data.missing()
    for name in angles or data.channels:
        if missing[name] > _MOST_MISSING_PERCENT:
            notes.append(
                HistoryEntry("dropped", f"{name}: gaps in {missing[name]:.0f} % of the cycles")
            )
        elif np.nanstd(data.curves(name), axis=0).max() == 0.0:
            notes.append(HistoryEntry("dropped", f"{name}: the same curve in every cycle"))
        else:
            kept.append(name)
    if not kept:
        raise SchemaError(
            expected="a channel that was measured and differs between cycles",
            got="; ".join(entry.detail for entry in notes),
            fix="name channels with channels=",
        )
    return tuple(kept), [HistoryEntry("assumed", f"channels {', '.join(kept)}"), *notes]


def _left_out(
    data: LocomotionData, block: NDArray[Any], names: Sequence[str], measured: NDArray[np.bool_]
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    rows = np.flatnonzero(~measured)
    table = data.cycles.iloc[rows][list(KEY)].reset_index(drop=True)
    gap = ~np.isfinite(block[rows]).all(axis=1)
    table["reason"] = ["gaps in " + ", ".join(np.array(names, dtype=object)[row]) for row in gap]
    if not len(rows):
        return table, []
    subjects = subject_names(data)
    lost = sorted(set(subjects) - set(subjects[measured]))
    whole = f"; no cycle is left of {', '.join(lost[:5])}{', …' * (len(lost) > 5)}" if lost else ""
    by_channel = ", ".join(
        f"{name} {count:,}" for name, count in zip(names, gap.sum(axis=0), strict=True) if count
    )
    return table, [HistoryEntry("dropped", f"cycles with gaps ({by_channel}){whole}", len(rows))]


def _subject_table(cycles: pd.DataFrame, codes: NDArray[np.int64]) -> pd.DataFrame:
    """Return what is known of each subject: numbers averaged, texts that differ left out."""
    columns = [str(name) for name in cycles if name not in ("task_id", "step")]
    numbers = [name for name in columns if pd.api.types.is_float_dtype(cycles[name])]
    groups = cycles.groupby(codes)
    distinct = groups[columns].nunique()
    table = groups[columns].first().where(distinct <= 1)
    table[numbers] = groups[numbers].mean()
    table["cycles"] = groups.size()
    return table


# Principal components


Scaling = Literal["channel", "none"]
_NO_SPREAD = 1e-6


class Modes(NamedTuple):
    """Curves some standard deviations below and above the mean, in the channels' units.

    Attributes
    ----------
    low, high : ndarray, shape (n_components, n_points, n_channels)
        Mean minus and plus `deviations` standard deviations of each component's score.
    mean : ndarray, shape (n_points, n_channels)
    """

    low: Floats
    mean: Floats
    high: Floats


class CurvePCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Principal components of sampled curves of several channels, every sample counting alike.

    With one channel and ``scaling="none"`` this is :class:`sklearn.decomposition.PCA` of the
    curves, up to the length of components and scores.

    Parameters
    ----------
    n_components : int or float
        How many components, or the share of the variance (0 to 1) they shall explain together.
    scaling : {"channel", "none"}
        Divide each channel by its standard deviation (root of the variance averaged over the
        phases), so that radians and Nm/kg count alike; or leave the units as they are.

    Attributes
    ----------
    mean_ : ndarray, shape (n_points, n_channels)
        Mean curve, in the channels' units.
    scale_ : ndarray, shape (n_channels,)
        What each channel was divided by.
    components_ : ndarray, shape (n_components, n_points, n_channels)
        Orthonormal in the inner product sum over channels and phases of w(t) f(t) g(t). The
        largest value of each is positive.
    explained_variance_, explained_variance_ratio_ : ndarray, shape (n_components,)
        Variance of the scores (weights summing to one), and its share of the whole.
    channel_share_ : ndarray, shape (n_components, n_channels)
        Part of each component that lies in each channel; rows sum to one.

    Notes
    -----
    A curve is :math:`x(t) = \mu(t) + s \sum_k c_k \varphi_k(t)` with scores :math:`c_k`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> phase = np.linspace(0, 2 * np.pi, 150)
    >>> curves = rng.normal(size=(40, 1)) * np.sin(phase) + 0.1 * rng.normal(size=(40, 150))
    >>> pca = CurvePCA(n_components=2).fit(curves)
    >>> bool(pca.explained_variance_ratio_[0] > 0.9)
    True
    """

    def __init__(self, n_components: float = 0.95, scaling: Scaling = "channel") -> None:
        self.n_components = n_components
        self.scaling = scaling

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Find the components.

        Parameters
        ----------
        X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
            Curves without gaps, for example from ``data.array``.
        y : None
            Not used.
        sample_weight : array_like, shape (n_curves,), optional
            Weight of each curve; see
            :func:`~locomotion_analysis.models.unsupervised.subject_row_weights`.

        Raises
        ------
        SchemaError
            If there are gaps, fewer than two curves, a channel is the same in all curves, or
            a parameter does not fit.
        """
        curves = as_curves(X)
        if len(curves) < 2:
            raise SchemaError(expected="two curves or more", got=f"{len(curves)}")
        rows = row_weights(len(curves), sample_weight)
        self.phase_weights_ = self._weights_of_phases(curves.shape[1])
        self.mean_ = np.asarray(np.tensordot(rows, curves, axes=1), dtype=np.float64)
        centred = curves - self.mean_
        self.scale_ = self._scales(centred, rows)
        root = np.sqrt(self.phase_weights_)[:, None]
        flat = (centred / self.scale_ * root).reshape(len(centred), -1) * np.sqrt(rows)[:, None]
        _, singular, directions = np.linalg.svd(flat, full_matrices=False)
        variance = singular**2
        kept = self._count(variance)
        self.explained_variance_: Floats = np.asarray(variance[:kept], dtype=np.float64)
        self.explained_variance_ratio_ = variance[:kept] / variance.sum()
        shaped = directions[:kept].reshape(-1, *self.mean_.shape)
        # A phase without weight has no say, so the component is zero there.
        functions = np.divide(shaped, root, out=np.zeros_like(shaped), where=root > 0)
        whole = functions.reshape(len(functions), -1)
        largest = np.take_along_axis(whole, np.abs(whole).argmax(axis=1)[:, None], axis=1)
        self.components_: Floats = np.asarray(
            functions * np.sign(largest)[:, :, None], dtype=np.float64
        )
        energy = self.components_**2 * self.phase_weights_[:, None]
        self.channel_share_ = energy.sum(axis=1)
        self._n_features_out = kept
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Return the scores of curves.

        Parameters
        ----------
        X : array-like, shape (n_curves, n_points, n_channels)
            In the units of the fit, without gaps.

        Returns
        -------
        ndarray, shape (n_curves, n_components)

        Raises
        ------
        CycleShapeError
            If the curves have other points or channels than those fitted.
        """
        check_is_fitted(self)
        curves = as_curves(X)
        if curves.shape[1:] != self.mean_.shape:
            raise CycleShapeError(
                expected=f"curves of {self.mean_.shape[0]} points and {self.mean_.shape[1]} "
                "channels, as fitted",
                got=f"{curves.shape[1]} points and {curves.shape[2]} channels",
            )
        weighted = (curves - self.mean_) / self.scale_ * self.phase_weights_[:, None]
        scores = np.tensordot(weighted, self.components_, axes=([1, 2], [1, 2]))
        return np.asarray(scores, dtype=np.float64)

    def inverse_transform(self, scores: ArrayLike) -> Floats:
        """Return the curves that scores stand for.

        Parameters
        ----------
        scores : array-like, shape (n_curves, n_components)

        Returns
        -------
        ndarray, shape (n_curves, n_points, n_channels)
            In the units of the fit.
        """
        check_is_fitted(self)
        curves = np.tensordot(np.asarray(scores), self.components_, axes=1)
        moved: Floats = self.mean_ + curves * self.scale_
        return moved

    def back_project(self, deviations: float = 2.0) -> Modes:
        """Return what each component does to the mean curve, in the channels' units.

        Parameters
        ----------
        deviations : float
            Standard deviations of the score to either side.
        """
        check_is_fitted(self)
        reach: Floats = np.diag(deviations * np.sqrt(self.explained_variance_))
        return Modes(self.inverse_transform(-reach), self.mean_, self.inverse_transform(reach))

    def _weights_of_phases(self, n_points: int) -> Floats:
        return np.full(n_points, 1.0 / n_points)

    def _scales(self, centred: Floats, rows: Floats) -> Floats:
        if self.scaling not in ("channel", "none"):
            raise SchemaError(
                expected="scaling 'channel' or 'none'", got=repr(self.scaling), where="scaling"
            )
        pointwise = np.tensordot(rows, centred**2, axes=1)
        deviation: Floats = np.sqrt(self.phase_weights_ @ pointwise)
        constant = deviation <= _NO_SPREAD * (np.abs(self.mean_).max(axis=0) + _NO_SPREAD)
        if constant.any():
            raise SchemaError(
                expected="channels that differ between curves",
                got="the same curve in every row",
                where=f"channel at position {', '.join(map(str, np.flatnonzero(constant)))}",
                fix="leave this channel out",
            )
        return deviation if self.scaling == "channel" else np.ones(len(deviation))

    def _count(self, variance: Floats) -> int:
        rank = int((variance > variance[0] * np.finfo(float).eps).sum())
        wanted = self.n_components
        if isinstance(wanted, float) and 0.0 < wanted < 1.0:
            share = np.cumsum(variance) / variance.sum()
            return min(int(np.searchsorted(share, wanted)) + 1, rank)
        if isinstance(wanted, (int, np.integer)) and not isinstance(wanted, bool) and wanted >= 1:
            return min(int(wanted), rank)
        raise SchemaError(
            expected="a number of components of at least 1, or a share between 0 and 1",
            got=repr(wanted),
            where="n_components",
        )


class FunctionalPCA(CurvePCA):
    r"""Functional principal components of gait curves of several channels.

    The inner product is an integral over the cycle by the trapezoid rule, summed over channels
    (Ramsay & Silverman 2005, Functional Data Analysis, ch. 8; several channels: 8.5). Weights of
    phases put the emphasis where it is wanted.

    Parameters
    ----------
    n_components : int or float
        How many components, or the share of the variance they shall explain together.
    scaling : {"channel", "none"}
        As for :class:`CurvePCA`.
    weights : array_like, shape (n_points,), optional
        Importance of each phase; equal where None.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> phase = np.linspace(0, 2 * np.pi, 150)
    >>> curves = 30 + rng.normal(size=(40, 1)) * np.sin(phase)[None] + rng.normal(size=(40, 1))
    >>> pca = FunctionalPCA(n_components=2).fit(curves)
    >>> pca.back_project().high.shape
    (2, 150, 1)
    """

    def __init__(
        self,
        n_components: float = 0.95,
        scaling: Scaling = "channel",
        weights: ArrayLike | None = None,
    ) -> None:
        super().__init__(n_components, scaling)
        self.weights = weights

    def _weights_of_phases(self, n_points: int) -> Floats:
        return phase_weights(n_points, self.weights)


# Pictures of scores in the plane


Embedding = Literal["tsne", "umap"]
_FEWEST = 5
_PERPLEXITY = 30.0
_NEIGHBOURS = 15


def embed(scores: ArrayLike, method: Embedding = "tsne", random_state: int = 0) -> Floats:
    """Embed scores in the plane, by t-SNE or UMAP.

    Distances between far points, and the sizes of clumps, mean nothing in such a picture:
    look at it, and do not cluster it.

    Parameters
    ----------
    scores : array_like, shape (n, n_components)
        For example from :class:`~locomotion_analysis.models.unsupervised.FunctionalPCA`.
    method : {"tsne", "umap"}
        t-SNE (van der Maaten & Hinton 2008, JMLR 9:2579), or UMAP (McInnes et al. 2018,
        arXiv:1802.03426; extra ``manifold``).
    random_state : int
        Seed.

    Returns
    -------
    ndarray, shape (n, 2)

    Raises
    ------
    SchemaError
        If there are fewer than five rows, values are missing, or the method is unknown.
    MissingExtraError
        If UMAP is not installed.

    Examples
    --------
    >>> embed(np.random.default_rng(0).normal(size=(20, 3))).shape
    (20, 2)
    """
    points = np.asarray(scores, dtype=np.float64)
    if points.ndim != 2 or len(points) < _FEWEST or not np.isfinite(points).all():
        raise SchemaError(
            expected=f"a table of at least {_FEWEST} rows without missing values",
            got=f"an array of shape {points.shape}",
            where="scores",
        )
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(_PERPLEXITY, (len(points) - 1) / 3.0)
        start = "pca" if points.shape[1] > 1 else "random"
        plane = TSNE(2, perplexity=perplexity, init=start, random_state=random_state)
        return np.asarray(plane.fit_transform(points), dtype=np.float64)
    if method == "umap":
        umap = require("umap", "manifold")
        # With a seed UMAP runs on one thread; saying so keeps it from warning.
        made = umap.UMAP(
            n_neighbors=min(_NEIGHBOURS, len(points) - 1),
            init="pca" if points.shape[1] > 1 else "random",
            random_state=random_state,
            n_jobs=1,
        )
        return np.asarray(made.fit_transform(points), dtype=np.float64)
    raise SchemaError(expected="the method 'tsne' or 'umap'", got=repr(method), where="method")


# Checks of curve arrays, and the weights of phases and of subjects


def as_curves(X: ArrayLike) -> Floats:
    """Return curves as float64 of shape (n_curves, n_points, n_channels), all finite.

    Parameters
    ----------
    X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
        Curves; two dimensions are one channel.

    Raises
    ------
    CycleShapeError
        If it has another number of dimensions, or fewer than two points.
    SchemaError
        If a value is missing or infinite.
    """
    curves = np.asarray(X, dtype=np.float64)
    if curves.ndim == 2:
        curves = curves[:, :, None]
    if curves.ndim != 3 or curves.shape[1] < 2 or 0 in curves.shape:
        raise CycleShapeError(
            expected="curves of shape (n_curves, n_points, n_channels)",
            got=f"an array of shape {np.shape(X)}",
            fix="use data.array(channels) or prepare_sequential_features",
        )
    broken = ~np.isfinite(curves).all(axis=(1, 2))
    if broken.any():
        raise SchemaError(
            expected="curves without gaps",
            got=f"{int(broken.sum())} of {len(curves)} curves with missing or infinite values",
            where=f"rows {', '.join(map(str, np.flatnonzero(broken)[:5]))}",
            fix="leave these cycles out, or leave out the channel that has gaps",
        )
    return curves


def phase_weights(n_points: int, weights: ArrayLike | None = None) -> Floats:
    """Return the weight of each phase in an inner product, summing to one.

    Parameters
    ----------
    n_points : int
        Points of the evenly spaced phase grid.
    weights : array_like of shape (n_points,), optional
        Importance of each phase, for example zero in swing; multiplied with the trapezoid rule.

    Returns
    -------
    ndarray of shape (n_points,)
        The trapezoid rule counts the first and last point half: they are the same event.

    Raises
    ------
    SchemaError
        If `weights` has another length, is negative, not finite or zero everywhere.

    Examples
    --------
    >>> phase_weights(3).tolist()
    [0.25, 0.5, 0.25]
    """
    rule = np.ones(n_points)
    rule[[0, -1]] = 0.5
    if weights is not None:
        own = np.asarray(weights, dtype=np.float64)
        if own.shape != (n_points,) or not np.isfinite(own).all() or (own < 0).any():
            raise SchemaError(
                expected=f"{n_points} phase weights of zero or more",
                got=f"an array of shape {own.shape}"
                + (" with negative or missing values" if own.shape == (n_points,) else ""),
                where="weights",
            )
        rule = rule * own
    if rule.sum() <= 0:
        raise SchemaError(expected="a phase with a weight", got="zero at every phase")
    shares: Floats = rule / rule.sum()
    return shares


def row_weights(n_rows: int, sample_weight: ArrayLike | None) -> Floats:
    """Return the weight of each row, summing to one; equal where none are given.

    Raises
    ------
    SchemaError
        If there are not `n_rows` of them, or one is negative, or all are zero.
    """
    if sample_weight is None:
        return np.full(n_rows, 1.0 / n_rows)
    weights = np.asarray(sample_weight, dtype=np.float64)
    valid = weights.shape == (n_rows,) and np.isfinite(weights).all()
    if not valid or (weights < 0).any() or weights.sum() <= 0:
        raise SchemaError(
            expected=f"{n_rows} weights of zero or more, not all zero",
            got=f"an array of shape {weights.shape}",
            where="sample_weight",
        )
    total: Floats = weights / weights.sum()
    return total


def subject_row_weights(subjects: ArrayLike) -> Floats:
    """Return weights with which every subject counts the same, however many rows it has.

    Parameters
    ----------
    subjects : array_like, shape (n_rows,)
        Subject of each row.

    Returns
    -------
    ndarray, shape (n_rows,)

    Examples
    --------
    >>> subject_row_weights(["A", "A", "B"]).tolist()
    [0.25, 0.25, 0.5]
    """
    names: NDArray[Any] = np.asarray(subjects, dtype=object).astype(str)
    _, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    weights: Floats = 1.0 / (len(counts) * counts[codes])
    return weights
