"""Whether a classifier can tell generated cycles from real ones."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    subject_weights,
)
from locomotion_analysis.evaluation.generation.compared_cycles import (
    CurveSpace,
    check_pairs,
    subjects_of,
)

_N_COMPONENTS = 40
_SMALLEST = 1e-12


class DiscriminativeScore(NamedTuple):
    """How well real and generated cycles can be told apart.

    Attributes
    ----------
    score : float
        Distance of the accuracy from 0.5 (Yoon et al. 2019, TimeGAN): 0 is not at all, 0.5 always.
    accuracy : float
        On held-out subjects.
    auc : float
        Area under the receiver operating characteristic; 0.5 is not at all.
    auc_interval : tuple of float
        95 %, bootstrapped over subjects.
    """

    score: float
    accuracy: float
    auc: float
    auc_interval: Interval


def discriminative_score(
    real: LocomotionData,
    generated: LocomotionData,
    space: CurveSpace,
    *,
    classifier: Any = None,
    n_splits: int = 3,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> DiscriminativeScore:
    """Train a classifier on real against generated and test it on cycles of other people.

    A generated cycle goes to the fold of the person whose conditions it was made for: the
    classifier cannot score by knowing people, nor by their speed, age or pathology.

    Parameters
    ----------
    real : LocomotionData
        Cycles the generator has not learnt from.
    generated : LocomotionData
        One for each real cycle, in their order.
    space : CurveSpace
        Scales of the channels.
    classifier : scikit-learn classifier, optional
        Takes curves (n_cycles, 150, n_channels). Default: boosted trees on principal components
        and on each channel's roughness.
    n_splits : int
        Folds of subjects.
    n_bootstrap, random_state : int
        Draws of subjects, and seed.
    """
    check_pairs(real, generated)
    curves = np.concatenate([space.curves(real), space.curves(generated)])
    made = np.repeat([0, 1], len(real))
    subject, n_subjects = subjects_of(real)
    groups = np.tile(subject, 2)
    model = _default_classifier(curves, random_state) if classifier is None else classifier
    chance = np.empty(len(made))
    # Trees on so few cycles are no work to share: threads wait for each other twenty times longer.
    with threadpool_limits(1):
        for train, test in GroupKFold(n_splits).split(curves, made, groups):
            fitted = clone(model).fit(curves[train], made[train])
            chance[test] = fitted.predict_proba(curves[test])[:, 1]
    accuracy = float(((chance > 0.5) == made).mean())
    weights = subject_weights(n_subjects, n_bootstrap, random_state)[:, groups]
    draws = np.array([roc_auc_score(made, chance, sample_weight=each) for each in weights])
    return DiscriminativeScore(
        abs(accuracy - 0.5),
        accuracy,
        float(roc_auc_score(made, chance)),
        percentile_interval(draws),
    )


def _default_classifier(curves: NDArray[Any], random_state: int) -> Pipeline:
    # A fold of training holds half of the cycles or more.
    found = min(_N_COMPONENTS, len(curves) // 2, curves[0].size)
    scores = Pipeline(
        [
            ("flatten", FunctionTransformer(_flat)),
            ("pca", PCA(found, svd_solver="randomized", random_state=random_state)),
        ]
    )
    described = FeatureUnion([("scores", scores), ("roughness", FunctionTransformer(_roughness))])
    trees = HistGradientBoostingClassifier(
        max_iter=100, min_samples_leaf=5, random_state=random_state
    )
    return Pipeline([("describe", described), ("trees", trees)])


def _flat(curves: NDArray[Any]) -> NDArray[Any]:
    return curves.reshape(len(curves), -1)


def _roughness(curves: NDArray[Any]) -> NDArray[Any]:
    """Mean square of the second difference of each channel, on a logarithmic scale."""
    bends = np.diff(curves, n=2, axis=1)
    logarithm: NDArray[Any] = np.log((bends**2).mean(axis=1) + _SMALLEST)
    return logarithm
