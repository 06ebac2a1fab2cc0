"""Classifiers of whole gait curves: fill, scale, describe, classify, all inside the fold."""

from collections.abc import Callable

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.models.timeseries.aeon_features import (
    Catch22Features,
    HydraFeatures,
    MiniRocketFeatures,
    MultiRocketFeatures,
)
from locomotion_analysis.models.timeseries.feature_scaling import (
    SparseCountScaler,
    UnitLengthScaler,
)
from locomotion_analysis.models.timeseries.preparation import (
    ChannelScaler,
    CurveTransformer,
    MeanCurveImputer,
)


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


def _preparation() -> list[tuple[str, CurveTransformer]]:
    return [("fill", MeanCurveImputer()), ("scale", ChannelScaler())]


def _logistic(C: float) -> LogisticRegression:
    return LogisticRegression(C=C, max_iter=1000, class_weight="balanced")
