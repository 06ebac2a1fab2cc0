"""Pictures of scores in two dimensions: t-SNE and UMAP."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.models.unsupervised.curve_arrays import Floats

_FEWEST = 5
_PERPLEXITY = 30.0
_NEIGHBOURS = 15


def embed(
    scores: ArrayLike, method: Literal["tsne", "umap"] = "tsne", random_state: int = 0
) -> Floats:
    """Lay scores out in the plane so that neighbours stay neighbours.

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
