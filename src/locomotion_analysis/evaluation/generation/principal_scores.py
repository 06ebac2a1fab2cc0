"""Principal component scores of curves, as a first step of classifiers."""

from typing import Any

from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer


def principal_scores(
    n_components: int, curves: NDArray[Any], n_training: int, random_state: int
) -> Pipeline:
    """Return an unfitted step from curves to their scores.

    Parameters
    ----------
    n_components : int
        Scores a cycle, where there are cycles enough to find as many.
    curves : ndarray, shape (n_cycles, n_points, n_channels)
        Curves it will be given.
    n_training : int
        Fewest of them that it will be fitted on.
    random_state : int
        Seed.
    """
    found = min(n_components, n_training, curves[0].size)
    return Pipeline(
        [
            ("flatten", FunctionTransformer(_flat)),
            ("pca", PCA(found, svd_solver="randomized", random_state=random_state)),
        ]
    )


def _flat(curves: NDArray[Any]) -> NDArray[Any]:
    return curves.reshape(len(curves), -1)
