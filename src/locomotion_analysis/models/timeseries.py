"""Classifiers of whole gait curves, through aeon (extra ``timeseries``).

Each is a scikit-learn pipeline that fills gaps and scales channels by the training cycles alone,
describes the curves by many fixed convolutions or 22 characteristics, and classifies these.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.extras import require

__all__ = [
    "TIMESERIES_CLASSIFIERS",
    "Catch22Features",
    "ChannelScaler",
    "HydraFeatures",
    "MeanCurveImputer",
    "MiniRocketFeatures",
    "MultiRocketFeatures",
    "SparseCountScaler",
    "UnitLengthScaler",
    "catch22_forest",
    "mini_rocket_classifier",
    "multi_rocket_hydra_classifier",
]


def mini_rocket_classifier(
    n_kernels: int = 10_000, C: float = 1.0, random_state: int = 0, n_jobs: int = 1
) -> Pipeline:
    """Return an unfitted MiniRocket classifier of gait curves.

    Parameters
    ----------
    n_kernels : int
        Convolution features (a cycle takes four bytes of each).
    C : float
        Inverse penalty of the logistic regression; rows have length one on average, so it means
        the same for any `n_kernels`.
    random_state : int
        Seed.
    n_jobs : int
        Threads of the convolutions; keep 1 where folds run in parallel.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Takes curves (n_cycles, n_points, n_channels) with NaN where not measured, gives
        probabilities; classes weigh the same however many cycles each has.

    Notes
    -----
    The published classifier (doi:10.1145/3447548.3467231) ends in ridge regression with the
    penalty chosen by leaving cycles out. Cycles of a person are near copies, so that choice is
    made for known people; here the penalty is fixed, and logistic regression gives probabilities.

    Examples
    --------
    >>> mini_rocket_classifier(n_kernels=840).steps[-1][0]
    'classify'
    """
    return Pipeline(
        [
            *_preparation(),
            ("describe", MiniRocketFeatures(n_kernels, n_jobs, random_state)),
            ("equalise", UnitLengthScaler(copy=False)),
            ("classify", _logistic(C)),
        ]
    )


def multi_rocket_hydra_classifier(
    n_kernels: int = 6_250, C: float = 1.0, random_state: int = 0, n_jobs: int = 1
) -> Pipeline:
    """Return an unfitted MultiRocket-Hydra classifier of gait curves.

    The slowest of the three, and in published comparisons of time-series classifiers the best.

    Parameters
    ----------
    n_kernels : int
        Convolutions of MultiRocket; a cycle takes about 32 bytes of each.
    C, random_state, n_jobs
        As for :func:`mini_rocket_classifier`.

    Returns
    -------
    sklearn.pipeline.Pipeline
        As for :func:`mini_rocket_classifier`.

    Notes
    -----
    Dempster, Schmidt & Webb 2023 (doi:10.1007/s10618-023-00939-3); ends in logistic regression
    for the reasons given at :func:`mini_rocket_classifier`.

    Examples
    --------
    >>> [name for name, _ in multi_rocket_hydra_classifier()["describe"].transformer_list]
    ['multi_rocket', 'hydra']
    """
    rocket = make_pipeline(
        MultiRocketFeatures(n_kernels, n_jobs, random_state), StandardScaler(copy=False)
    )
    hydra = make_pipeline(
        HydraFeatures(n_jobs=n_jobs, random_state=random_state), SparseCountScaler()
    )
    return Pipeline(
        [
            *_preparation(),
            ("describe", FeatureUnion([("multi_rocket", rocket), ("hydra", hydra)])),
            ("equalise", UnitLengthScaler(copy=False, with_mean=False, with_std=False)),
            ("classify", _logistic(C)),
        ]
    )


def catch22_forest(n_estimators: int = 300, random_state: int = 0, n_jobs: int = 1) -> Pipeline:
    """Return an unfitted random forest on the catch22 characteristics of gait curves.

    Parameters
    ----------
    n_estimators : int
        Trees.
    random_state : int
        Seed of the forest.
    n_jobs : int
        Threads of the characteristics and of the forest; keep 1 where folds run in parallel.

    Returns
    -------
    sklearn.pipeline.Pipeline
        As for :func:`mini_rocket_classifier`.

    Notes
    -----
    Lubba et al. 2019 (doi:10.1007/s10618-019-00647-x), with mean and standard deviation.

    Examples
    --------
    >>> catch22_forest(n_estimators=50)["classify"].n_estimators
    50
    """
    forest = RandomForestClassifier(
        n_estimators,
        min_samples_leaf=2,
        class_weight="balanced",
        random_state=random_state,
        n_jobs=n_jobs,
    )
    return Pipeline([*_preparation(), ("describe", Catch22Features(n_jobs)), ("classify", forest)])


TIMESERIES_CLASSIFIERS: dict[str, Callable[..., Pipeline]] = {
    "mini_rocket": mini_rocket_classifier,
    "multi_rocket_hydra": multi_rocket_hydra_classifier,
    "catch22_forest": catch22_forest,
}
"""Name -> function that returns the unfitted classifier."""


def _preparation() -> list[tuple[str, TransformerMixin]]:
    return [("fill", MeanCurveImputer()), ("scale", ChannelScaler())]


def _logistic(C: float) -> LogisticRegression:
    return LogisticRegression(C=C, max_iter=1000, class_weight="balanced")


# Curves made ready: gaps filled, channels scaled


def checked_curves(
    X: Any, trained: tuple[int, int] | None = None, *, gaps: bool = False
) -> NDArray[np.float32]:
    """Return curves as float32.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves, as from ``prepare_sequential_features``.
    trained : tuple of (int, int), optional
        Points and channels of the training.
    gaps : bool
        Whether NaN is allowed.

    Raises
    ------
    CycleShapeError
        If it is not of three dimensions, or of other points or channels than the training.
    SchemaError
        If values are infinite, or NaN where none is allowed.
    """
    found: NDArray[Any] = np.asarray(X)
    if found.ndim != 3 or found.dtype.kind not in "biuf" or 0 in found.shape:
        raise CycleShapeError(
            expected="curves of shape (n_cycles, n_points, n_channels)",
            got=f"{found.dtype} of shape {found.shape}",
            where="X",
            fix="pass what prepare_sequential_features returned",
        )
    if trained is not None and found.shape[1:] != trained:
        raise CycleShapeError(
            expected=f"curves of {trained[0]} points and {trained[1]} channels, as in training",
            got=f"{found.shape[1]} points and {found.shape[2]} channels",
            where="X",
            fix="see PredictionSchema, which compares channels by name",
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite: told below
        curves = np.ascontiguousarray(found, dtype=np.float32)
    unusable = np.isinf(curves) if gaps else ~np.isfinite(curves)
    if unusable.any():
        cycles = int(unusable.any(axis=(1, 2)).sum())
        raise SchemaError(
            expected="finite curves" + (" or NaN" if gaps else ""),
            got=f"values that are not, in {cycles} of {len(curves)} cycles",
            where=f"channels at positions {np.flatnonzero(unusable.any(axis=(0, 1))).tolist()}",
            fix="leave these cycles out"
            + ("" if gaps else ", or put a MeanCurveImputer before this step"),
        )
    return curves


class CurveEstimator(BaseEstimator):  # type: ignore[misc]
    """Base of what takes curves, (n_cycles, n_points, n_channels), and says so in its tags."""

    _takes_gaps: ClassVar[bool] = False

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self._takes_gaps
        return tags


class CurveTransformer(TransformerMixin, CurveEstimator):  # type: ignore[misc]
    """Base of the transformers that take curves."""


class MeanCurveImputer(CurveTransformer):
    """Puts the mean training curve in the place of curves that were not fully measured.

    A curve with any gap is replaced whole: a mean curve spliced into a measured one would make a
    step that no joint makes. A channel that no training cycle has becomes zero.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (n_points, n_channels)
        Mean of the fully measured training curves, in the channels' units.
    n_filled_ : ndarray of int, shape (n_channels,)
        Training curves replaced.

    Examples
    --------
    >>> curves = np.ones((3, 150, 1))
    >>> curves[2, 40:60] = np.nan
    >>> imputer = MeanCurveImputer().fit(curves)
    >>> imputer.n_filled_.tolist(), bool(np.isfinite(imputer.transform(curves)).all())
    ([1], True)
    """

    _takes_gaps: ClassVar[bool] = True

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn the mean curves.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.
        """
        curves = checked_curves(X, gaps=True)
        broken = with_gaps(curves)
        measured = len(curves) - broken.sum(axis=0)
        # Sums in double precision: thousands of cycles would round in float32.
        total = np.where(broken[:, None], 0.0, curves).sum(axis=0, dtype=np.float64)
        self.mean_: NDArray[np.float32] = (total / np.maximum(measured, 1)).astype(np.float32)
        self.n_filled_ = broken.sum(axis=0)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the curves without gaps, in float32."""
        check_is_fitted(self)
        n_points, n_channels = self.mean_.shape
        curves = checked_curves(X, (n_points, n_channels), gaps=True)
        broken = with_gaps(curves)
        return np.where(broken[:, None], self.mean_, curves) if broken.any() else curves


class ChannelScaler(CurveTransformer):
    """Divides each channel by its spread over training cycles and phases, after its mean.

    Radians and newton metres so weigh the same where a kernel sums over channels. The single
    curve keeps its offset and amplitude: these are what a stiff knee shows.

    Attributes
    ----------
    mean_, scale_ : ndarray of float32, shape (n_channels,)
        In the channels' units. The scale of a channel that does not vary is 1.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(30, 5, (20, 150, 1))
    >>> float(ChannelScaler().fit_transform(curves).std().round(3))
    1.0
    """

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each channel.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves without gaps.
        y : None
            Not used.
        """
        curves = checked_curves(X)
        self.n_points_ = curves.shape[1]
        self.mean_: NDArray[np.float32] = curves.mean(axis=(0, 1), dtype=np.float64).astype("f4")
        spread = (curves - self.mean_).std(axis=(0, 1), dtype=np.float64)
        resolution = np.finfo(np.float32).eps * (np.abs(self.mean_) + 1e-12)
        self.scale_ = np.where(spread > 10 * resolution, spread, 1.0).astype(np.float32)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the curves in spreads of their channel."""
        check_is_fitted(self)
        curves = checked_curves(X, (self.n_points_, len(self.mean_)))
        scaled: NDArray[np.float32] = (curves - self.mean_) / self.scale_
        return scaled


def with_gaps(curves: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether each curve lacks a point, shape (n_cycles, n_channels)."""
    gaps: NDArray[np.bool_] = np.any(np.isnan(curves), axis=1)
    return gaps


# Features of whole curves, computed by aeon


EXTRA = "timeseries"
SHORTEST = 9
"""Points of the shortest curve: the length of a kernel."""

_BLOCK = 512
"""Cycles described at a time: Hydra holds its convolutions of all of them, about 0.75 MB a cycle."""

_CONVOLUTIONS = "aeon.transformations.collection.convolution_based"
_CATCH22 = "aeon.transformations.collection.feature_based"


class AeonFeatures(ClassNamePrefixFeaturesOutMixin, CurveTransformer, ABC):  # type: ignore[misc]
    """Base of transformers that hand curves to aeon, which wants the channels first."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit aeon's transformer.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves without gaps, of 9 points or more.
        y : None
            Not used: the features are found without labels.

        Raises
        ------
        MissingExtraError
            If the extra ``timeseries`` is not installed.
        CycleShapeError, SchemaError
            If the curves do not fit.
        """
        curves = checked_curves(X)
        if curves.shape[1] < SHORTEST:
            raise CycleShapeError(
                expected=f"curves of {SHORTEST} points or more",
                got=f"{curves.shape[1]} points",
                where="X",
            )
        with _global_state_kept():
            self.transformer_ = self._transformer().fit(self._channels_first(curves))
        self.shape_ = curves.shape[1:]
        self._n_features_out = self.transform(curves[:1]).shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the features, shape (n_cycles, n_features)."""
        check_is_fitted(self)
        curves = checked_curves(X, self.shape_)
        blocks = (curves[start : start + _BLOCK] for start in range(0, len(curves), _BLOCK))
        with _global_state_kept():
            found = [self.transformer_.transform(self._channels_first(block)) for block in blocks]
        features: NDArray[np.float32] = np.concatenate(found).astype(np.float32, copy=False)
        return features

    @abstractmethod
    def _transformer(self) -> Any: ...

    def _channels_first(self, curves: NDArray[np.float32]) -> NDArray[Any]:
        return np.ascontiguousarray(curves.transpose(0, 2, 1))


class MiniRocketFeatures(AeonFeatures):
    """Shares of the cycle in which fixed convolutions of the curves are above a threshold.

    Parameters
    ----------
    n_kernels : int
        Features wanted; a multiple of 84, at least 84, comes out.
    n_jobs : int
        Threads.
    random_state : int
        Seed of the channels that each kernel sums and of the thresholds.

    Notes
    -----
    Dempster, Schmidt & Webb 2021, KDD '21, doi:10.1145/3447548.3467231. The thresholds are
    quantiles of convolutions of training curves.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(4, 150, 2))
    >>> MiniRocketFeatures(n_kernels=84).fit_transform(X).shape
    (4, 84)
    """

    def __init__(self, n_kernels: int = 10_000, n_jobs: int = 1, random_state: int = 0) -> None:
        self.n_kernels = n_kernels
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _transformer(self) -> Any:
        return require(_CONVOLUTIONS, EXTRA).MiniRocket(
            n_kernels=self.n_kernels, n_jobs=self.n_jobs, random_state=self.random_state
        )


class MultiRocketFeatures(AeonFeatures):
    """Four statistics of fixed convolutions, of the curves and of their differences.

    Parameters
    ----------
    n_kernels : int
        Convolutions of either; about eight features come of each.
    n_jobs : int
        Threads.
    random_state : int
        Seed of the channels that each kernel sums and of the thresholds.

    Notes
    -----
    Tan, Dempster, Bergmeir & Webb 2022, Data Min Knowl Disc 36:1623,
    doi:10.1007/s10618-022-00844-1.
    """

    def __init__(self, n_kernels: int = 6_250, n_jobs: int = 1, random_state: int = 0) -> None:
        self.n_kernels = n_kernels
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _transformer(self) -> Any:
        return require(_CONVOLUTIONS, EXTRA).MultiRocket(
            n_kernels=self.n_kernels, n_jobs=self.n_jobs, random_state=self.random_state
        )


class HydraFeatures(AeonFeatures):
    """Counts of which of competing random kernels fits best at each point of the curves.

    Parameters
    ----------
    n_kernels : int
        Kernels that compete in a group.
    n_groups : int
        Groups for each dilation.
    n_jobs : int
        Threads.
    random_state : int
        Seed of the kernels.

    Notes
    -----
    Dempster, Schmidt & Webb 2023, Data Min Knowl Disc 37:1779, doi:10.1007/s10618-023-00939-3.
    Nothing but the shape of the curves is learned.
    """

    def __init__(
        self, n_kernels: int = 8, n_groups: int = 64, n_jobs: int = 1, random_state: int = 0
    ) -> None:
        self.n_kernels = n_kernels
        self.n_groups = n_groups
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _transformer(self) -> Any:
        require("torch", EXTRA)
        return require(_CONVOLUTIONS, EXTRA).HydraTransformer(
            n_kernels=self.n_kernels,
            n_groups=self.n_groups,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
            output_type="numpy",
        )


class Catch22Features(AeonFeatures):
    """The 22 canonical characteristics of each channel, with its mean and standard deviation.

    Parameters
    ----------
    n_jobs : int
        Threads.

    Notes
    -----
    Lubba et al. 2019, Data Min Knowl Disc 33:1821, doi:10.1007/s10618-019-00647-x. Each curve
    gives its own; nothing is learned from others. A characteristic that is not defined for a
    curve (one that is constant) is 0.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(4, 150, 2))
    >>> Catch22Features().fit_transform(X).shape
    (4, 48)
    """

    def __init__(self, n_jobs: int = 1) -> None:
        self.n_jobs = n_jobs

    def _transformer(self) -> Any:
        return require(_CATCH22, EXTRA).Catch22(
            catch24=True, outlier_norm=True, replace_nans=True, n_jobs=self.n_jobs
        )

    def _channels_first(self, curves: NDArray[np.float32]) -> NDArray[Any]:
        return super()._channels_first(curves).astype(np.float64)  # its kernels take no other


@contextmanager
def _global_state_kept() -> Iterator[None]:
    """Undo what aeon does to the seeds and threads of the whole process."""
    torch = sys.modules.get("torch")
    state = np.random.get_state()  # noqa: NPY002 - aeon seeds the global generator
    threads = None if torch is None else (torch.get_num_threads(), torch.get_rng_state())
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002 - as above
        if torch is not None and threads is not None:
            torch.set_num_threads(threads[0])
            torch.set_rng_state(threads[1])


# Scaling of many convolution features before a penalised linear model


class UnitLengthScaler(StandardScaler):  # type: ignore[misc]
    """Standardises features so that the mean squared length of a training row is one.

    A penalty then means the same for 84 features as for 50,000.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5, 2, (100, 400))
    >>> float((UnitLengthScaler().fit_transform(X) ** 2).sum(axis=1).mean().round(6))
    1.0
    """

    def transform(self, X: Any, copy: bool | None = None) -> NDArray[Any]:
        """Return the scaled features, shape (n_rows, n_features)."""
        scaled: NDArray[Any] = super().transform(X, copy)
        scaled /= np.sqrt(self.n_features_in_).astype(scaled.dtype)
        return scaled


class SparseCountScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scales Hydra's counts: square roots, standardised, zeros kept.

    Features that are zero in nearly all training rows are divided by more than their spread
    (Dempster, Schmidt & Webb 2023, Data Min Knowl Disc 37:1779, section 3.2).

    Attributes
    ----------
    mean_, scale_ : ndarray, shape (n_features,)

    Examples
    --------
    >>> SparseCountScaler().fit_transform(np.array([[4.0, 0.0], [16.0, 0.0]])).round(6).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each feature.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_features)
            Counts; below zero is zero.
        y : None
            Not used.
        """
        roots = np.sqrt(np.clip(X, 0, None))
        self.mean_: NDArray[Any] = roots.mean(axis=0)
        share_of_zeros = (roots == 0).mean(axis=0)
        self.scale_: NDArray[Any] = roots.std(axis=0) + share_of_zeros**4 + 1e-8
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the scaled features, shape (n_rows, n_features)."""
        check_is_fitted(self)
        roots = np.sqrt(np.clip(X, 0, None))
        scaled: NDArray[Any] = np.where(roots == 0, 0, (roots - self.mean_) / self.scale_)
        return scaled.astype(X.dtype, copy=False)
