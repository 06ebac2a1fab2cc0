"""The t test for differences between cross-validated scores, whose training sets overlap."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def corrected_t_test(differences: ArrayLike, test_to_train: float) -> tuple[float, float]:
    r"""Test whether the mean of a score's differences over folds is zero.

    The folds of a cross-validation train on much the same people, so that a plain t test finds
    differences where there are none. Nadeau and Bengio widen its variance by what the training
    sets share: :math:`t = \bar d / \sqrt{(1/k + n_{test}/n_{train})\, s^2}`, k − 1 degrees of
    freedom.

    Parameters
    ----------
    differences : array-like of float, shape (k,)
        Score of one model minus score of the other, one a fold. Folds without a score (NaN)
        are left out.
    test_to_train : float
        Subjects tested over subjects trained on, mean of the folds.

    Returns
    -------
    t, p : float
        Statistic and two-sided p. NaN and 1 with fewer than two folds, or where no fold differs;
        infinite and 0 where all folds differ by the same amount.

    References
    ----------
    .. [1] Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52:239,
       2003, doi:10.1023/A:1024068626366.

    Examples
    --------
    >>> t, p = corrected_t_test([0.02, 0.05, 0.03, 0.06, 0.04], test_to_train=0.25)
    >>> f"t = {t:.2f}, p = {p:.3f}"
    't = 3.77, p = 0.020'
    """
    found = np.asarray(differences, dtype=float)
    found = found[np.isfinite(found)]
    if len(found) < 2 or not found.any():
        return float("nan"), 1.0
    variance = (1 / len(found) + test_to_train) * found.var(ddof=1)
    with np.errstate(divide="ignore"):
        t = float(found.mean() / np.sqrt(variance))
    return t, float(2 * stats.t.sf(abs(t), df=len(found) - 1))
