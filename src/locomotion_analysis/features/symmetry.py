"""Symmetry of the two legs (group derived), and the indices it is measured by.

Legs are paired by parsed channel name. No index divides by what can vanish: joint curves change
sign, so their differences are taken relative to the larger range of motion, and ratios only of
quantities that cannot be negative.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.features.kernels.forces import loaded_percent
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
)
from locomotion_analysis.features.variability import CycleGroups, groups_of

# Differences of the two legs' curves, relative to their ranges

SMALLEST_RANGE = 1e-6
"""A curve that moves less than this, in its own unit, is constant."""

_MEASUREMENTS = ("angle", "velocity", "acceleration", "moment", "power", "grf")
_SOURCE = "normalised asymmetry (A - U) / max(|A|, |U|), with ranges in the denominator"
_ASYMMETRIES = {
    "rom": "(ROM ipsi - ROM contra) / larger ROM",
    "mean": "(mean ipsi - mean contra) / larger ROM",
    "max": "(max ipsi - max contra) / larger ROM",
}


def asymmetry_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the normalised differences between the two legs.

    Joint curves change sign, so a sum or mean of the two legs can be near zero and is no
    denominator. All differences are divided by the larger of the two ranges of motion, which
    is zero only where both curves are constant: the index is then 0 for equal, NaN for
    different curves. Positive: the ipsilateral leg's value is larger. Statistics over the
    whole cycle do not depend on the half cycle between the legs.
    """
    pairs = schema.pairs(*_MEASUREMENTS)
    if not pairs:
        yield LeftOut("asymmetry", "no channel measured on both legs")
        return
    specs = tuple(
        FeatureSpec(
            name=f"{quantity}_asymmetry_{statistic}",
            group="derived",
            unit="1",
            formula=formula,
            source=_SOURCE,
            requires=pair,
        )
        for quantity, pair in pairs.items()
        for statistic, formula in _ASYMMETRIES.items()
    )

    def compute(view: CycleView) -> Iterator[Values]:
        for ipsi, contra in pairs.values():
            scale = np.maximum(view.statistic(ipsi, "rom"), view.statistic(contra, "rom"))
            moves = scale > SMALLEST_RANGE
            divisor = np.where(moves, scale, 1.0)
            for statistic in _ASYMMETRIES:
                difference = view.statistic(ipsi, statistic) - view.statistic(contra, statistic)
                at_rest = np.where(np.abs(difference) <= SMALLEST_RANGE, 0.0, np.nan)
                yield np.where(moves, difference / divisor, at_rest)

    yield Family(specs, compute)


# Indices of asymmetry of two numbers, with their denominators guarded


def _channel_pair(ipsi: ArrayLike, contra: ArrayLike) -> tuple[Values, Values]:
    one, other = np.broadcast_arrays(
        np.asarray(ipsi, dtype=np.float64), np.asarray(contra, dtype=np.float64)
    )
    known = np.isfinite(one) & np.isfinite(other)
    return np.where(known, one, np.nan), np.where(known, other, np.nan)


def _positive(ipsi: ArrayLike, contra: ArrayLike) -> tuple[Values, Values]:
    """Return the pairs of which neither is negative; NaN for the others."""
    one, other = _channel_pair(ipsi, contra)
    with np.errstate(invalid="ignore"):
        meant = (one >= 0) & (other >= 0)
    return np.where(meant, one, np.nan), np.where(meant, other, np.nan)


def symmetry_index(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``100 (A - U) / (0.5 (A + U))``, percent (Robinson, Herzog & Nigg 1987).

    Parameters
    ----------
    ipsi, contra : array_like
        Quantities that cannot be negative (ranges, peaks of force, times).

    Returns
    -------
    ndarray
        -200 to 200; 0 where both are 0; NaN where one is negative or unknown: a quantity that
        changes sign can make the denominator vanish.

    Examples
    --------
    >>> symmetry_index([1.1, 0.0], [0.9, 0.0]).round(6).tolist()
    [20.0, 0.0]
    """
    one, other = _positive(ipsi, contra)
    mean = 0.5 * (one + other)
    nothing = np.where(mean == 0, 0.0, np.nan)
    index: Values = np.divide(100.0 * (one - other), mean, out=nothing, where=mean > 0)
    return index


def symmetry_ratio(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``A / U``: 1 where both are 0, NaN where only U is, or one is negative or unknown.

    Examples
    --------
    >>> symmetry_ratio([1.2, 0.0, 1.0], [1.0, 0.0, 0.0]).tolist()
    [1.2, 1.0, nan]
    """
    one, other = _positive(ipsi, contra)
    nothing = np.where((one == 0) & (other == 0), 1.0, np.nan)
    ratio: Values = np.divide(one, other, out=nothing, where=other > 0)
    return ratio


def log_ratio(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``100 |ln(A / U)|``, percent (Plotnik et al. 2005): the same for either leg first.

    Examples
    --------
    >>> log_ratio(1.2, 1.0).round(3).tolist() == log_ratio(1.0, 1.2).round(3).tolist()
    True
    """
    ratio = symmetry_ratio(ipsi, contra)
    nothing = np.full(ratio.shape, np.nan)
    return np.abs(100.0 * np.log(ratio, out=nothing, where=ratio > 0))


def symmetry_angle(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``(45 deg - atan(U / A)) / 90 deg * 100``, percent, folded into (-100, 100].

    Zifchock et al. 2008 (doi:10.1016/j.gaitpost.2007.08.006). Needs no denominator, so it holds
    for quantities of either sign.

    Parameters
    ----------
    ipsi, contra : array_like

    Returns
    -------
    ndarray
        0 where the two are equal (also where both are 0); positive where the ipsilateral value
        is the larger in size; 100 where they are opposite.

    Examples
    --------
    >>> symmetry_angle([1.0, 1.0, -2.0, 1.0], [1.0, 0.0, -2.0, -1.0]).tolist()
    [0.0, 50.0, 0.0, 100.0]
    """
    one, other = _channel_pair(ipsi, contra)
    angle = 45.0 - np.degrees(np.arctan2(other, one))
    folded = 90.0 - np.mod(90.0 - angle, 180.0)
    return np.where((one == 0) & (other == 0), 0.0, folded / 90.0 * 100.0)


def share(ipsi: ArrayLike, contra: ArrayLike) -> Values:
    """Return ``A / (A + U)``: 0.5 for equal legs, NaN where both are 0 or one is negative.

    Examples
    --------
    >>> share([3.0, 0.0], [1.0, 0.0]).tolist()
    [0.75, nan]
    """
    one, other = _positive(ipsi, contra)
    total = one + other
    part: Values = np.divide(one, total, out=np.full(total.shape, np.nan), where=total > 0)
    return part


# Indices of the two legs' ranges, peaks, times, steps and propulsion

_RANGES = ("angle", "velocity", "moment", "power", "grf")
_ROBINSON = "Robinson, Herzog & Nigg 1987, J Manipulative Physiol Ther 10:172"
_ZIFCHOCK = "Zifchock et al. 2008 (doi:10.1016/j.gaitpost.2007.08.006)"
_PLOTNIK = "Plotnik et al. 2005 (doi:10.1002/ana.20452)"
_BOWDEN = "Bowden et al. 2006 (doi:10.1161/01.STR.0000204063.75779.8d)"
_BALASUBRAMANIAN = "Balasubramanian et al. 2007, Archives of Physical Medicine and Rehabilitation"

_Index = Callable[[ArrayLike, ArrayLike], Values]
_INDICES: dict[str, tuple[_Index, str, str, str]] = {
    "symmetry_index_percent": (symmetry_index, "%", "100 (A - U) / (0.5 (A + U))", _ROBINSON),
    "symmetry_ratio": (symmetry_ratio, "1", "A / U", _ROBINSON),
    "log_ratio_percent": (log_ratio, "%", "100 |ln(A / U)|", _PLOTNIK),
    "symmetry_angle_percent": (
        symmetry_angle,
        "%",
        "(45 deg - atan(U / A)) / 90 deg * 100, folded into (-100, 100]",
        _ZIFCHOCK,
    ),
}
_SIGNED = ("symmetry_angle_percent",)


def symmetry_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield all indices of ranges of motion and loading, and the symmetry angle of peaks.

    A is the ipsilateral leg, U the other. Ratios are taken of quantities that cannot be negative;
    what changes sign has a symmetry angle only.
    """
    pairs = schema.pairs(*_RANGES)
    if not pairs:
        yield LeftOut("symmetry indices", "no channel measured on both legs")
    names = tuple(_INDICES)
    for quantity, legs in pairs.items():
        of_peaks = names if quantity == "grf_vertical" else _SIGNED
        for statistic, wanted in (("rom", names), ("max", of_peaks)):
            specs = _specs(f"{quantity}_{statistic}", wanted, legs)
            yield Family(specs, partial(_feature_pair, legs, statistic, wanted))

    own, other = (schema.force("vertical", side) for side in ("ipsi", "contra"))
    if own is None or other is None:
        yield LeftOut("stance symmetry", "needs the vertical force of both legs")
    else:

        def stance_times(view: CycleView) -> Iterator[Values]:
            # Of the two legs' loaded parts of the cycle; a duration would cancel.
            grounds = (view.ground_force(side) for side in ("ipsi", "contra"))
            known = [loaded_percent(*one, *one) for one in grounds if one]
            one, other = (np.where(view.steps, percent, np.nan) for percent in known)
            for name in names:
                yield _INDICES[name][0](one, other)

        yield Family(_specs("stance_time", names, (own, other)), stance_times)
    yield from _shares(schema)


def _shares(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the ipsilateral leg's share of propulsion and of the step lengths."""
    own, other = (schema.force("anterior", side) for side in ("ipsi", "contra"))
    if own is None or other is None:
        yield LeftOut("propulsion asymmetry", "needs the anterior force of both legs")
    else:
        forces = (own, other)
        spec = FeatureSpec(
            name="propulsion_share_ipsi",
            group="derived",
            unit="1",
            formula="propulsive impulse ipsi / (ipsi + contra): 0.5 for equal legs",
            source=_BOWDEN,
            requires=forces,
        )
        yield Family(
            (spec,), lambda view: [share(*(view.statistic(name, "positive") for name in forces))]
        )
    if not schema.has("step_length_m", "side"):
        yield LeftOut("step_length_share_ipsi", "needs the columns step_length_m and side")
        return
    spec = FeatureSpec(
        name="step_length_share_ipsi",
        group="derived",
        unit="1",
        formula="mean step length of this leg / (this + other leg), over the strides of a subject "
        "in a task: 0.5 for equal legs",
        source=_BALASUBRAMANIAN,
        requires=("step_length_m", "side"),
    )
    yield Family(
        (spec,),
        lambda view: [step_length_share(view.column("step_length_m"), groups_of(view))],
        across_cycles=True,
    )


def _specs(what: str, names: tuple[str, ...], needs: tuple[str, ...]) -> tuple[FeatureSpec, ...]:
    specs = []
    for name in names:
        _, unit, formula, source = _INDICES[name]
        specs.append(FeatureSpec(f"{what}_{name}", "derived", unit, formula, source, needs))
    return tuple(specs)


def _feature_pair(
    legs: tuple[str, str], statistic: str, names: tuple[str, ...], view: CycleView
) -> Iterator[Values]:
    one, other = (view.statistic(name, statistic) for name in legs)
    for name in names:
        yield _INDICES[name][0](one, other)


def step_length_share(step_length: Values, groups: CycleGroups) -> Values:
    """Return each cycle's own leg's part of the sum of both legs' mean step lengths.

    Parameters
    ----------
    step_length : ndarray, shape (n_cycles,)
    groups : CycleGroups
        Of cycles with a column ``side``.

    Returns
    -------
    ndarray, shape (n_cycles,)
        NaN where a group has strides of one leg only, or of more than two "sides".
    """
    n_series = len(groups.group_of)
    known = np.isfinite(step_length)
    size = np.bincount(groups.series[known], minlength=n_series)
    total = np.bincount(groups.series[known], step_length[known], minlength=n_series)
    mean = np.divide(total, size, out=np.full(n_series, np.nan), where=size > 0)
    legs = np.bincount(groups.group_of[size > 0], minlength=groups.n_groups)
    both = np.bincount(groups.group_of, np.nan_to_num(mean), minlength=groups.n_groups)
    part = share(mean, both[groups.group_of] - mean)
    return np.where(legs[groups.group] == 2, part[groups.series], np.nan)
