"""Modified band depth: how central a curve is among others."""

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.errors import CycleShapeError
from locomotion_analysis.models.unsupervised.curve_arrays import (
    Floats,
    as_curves,
    phase_weights,
    row_weights,
)


def modified_band_depth(
    X: ArrayLike, reference: ArrayLike | None = None, sample_weight: ArrayLike | None = None
) -> Floats:
    r"""Return the share of bands between two reference curves, over the cycle, that hold a curve.

    Parameters
    ----------
    X : array_like, shape (n_curves, n_points, n_channels) or (n_curves, n_points)
        Curves to judge.
    reference : array_like, shape (n_reference, n_points, n_channels), optional
        Curves they are judged by; `X` itself where None.
    sample_weight : array_like, shape (n_reference,), optional
        Weight of each reference curve, with which it is drawn.

    Returns
    -------
    ndarray, shape (n_curves,)
        From 0 (outside of all) to about 0.5 (as central as can be), the mean over channels.

    Raises
    ------
    CycleShapeError
        If reference and curves have other points or channels.

    Notes
    -----
    At each phase, the chance that two reference curves drawn with replacement enclose the
    curve is :math:`1 - B^2 - A^2`, with B the weighted share of the reference strictly below and
    A strictly above (López-Pintado & Romo 2009, J Am Stat Assoc 104:718, with J = 2; by ranks as
    in Sun, Genton & Nychka 2012, Stat 1:68). Theirs draws without replacement; the difference is
    of order 1/n.

    Examples
    --------
    >>> flat = np.arange(5.0)[:, None] * np.ones(150)
    >>> modified_band_depth(flat).argmax().item()
    2
    """
    curves = as_curves(X)
    known = curves if reference is None else as_curves(reference)
    if known.shape[1:] != curves.shape[1:]:
        raise CycleShapeError(
            expected=f"curves of shape {known.shape[1:]} as the reference",
            got=f"{curves.shape[1:]}",
        )
    weights = row_weights(len(known), sample_weight)
    phases = phase_weights(curves.shape[1])
    depth = np.zeros(len(curves))
    for point, channel in np.ndindex(*curves.shape[1:]):
        enclosed = _enclosed(curves[:, point, channel], known[:, point, channel], weights)
        depth += phases[point] / curves.shape[2] * enclosed
    return depth


def _enclosed(values: Floats, known: Floats, weights: Floats) -> Floats:
    order = np.argsort(known)
    cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = cumulative[np.searchsorted(known[order], values, side="left")]
    above = cumulative[-1] - cumulative[np.searchsorted(known[order], values, side="right")]
    enclosed: Floats = 1.0 - below**2 - above**2
    return enclosed
