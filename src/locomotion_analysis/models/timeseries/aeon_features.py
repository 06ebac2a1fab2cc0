"""Features of whole curves, computed by aeon."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError
from locomotion_analysis.extras import require
from locomotion_analysis.models.timeseries.curve_checks import checked_curves
from locomotion_analysis.models.timeseries.preparation import CurveTransformer

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
