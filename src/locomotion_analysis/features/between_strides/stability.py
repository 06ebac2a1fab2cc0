"""Stability of walking: margins of stability, harmonic ratio, divergence of strides."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.between_strides.cycle_groups import CycleGroups, groups_of
from locomotion_analysis.features.between_strides.nonlinear import (
    SAMPLES_PER_STRIDE,
    divergence_exponent,
)
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2, resample_curves

DIVERGENCE_STRIDES = 50
"""Strides of one leg in a row that the divergence exponent needs."""

_SIGNALS = ("trunk_anterior_tilt", "hip_flexion", "knee_flexion", "ankle_dorsiflexion")
_ROSENSTEIN = (
    "Rosenstein, Collins & De Luca 1993 (doi:10.1016/0167-2789(93)90009-P); "
    "Dingwell & Cusumano 2000 (doi:10.1063/1.1324008)"
)
_LEFT_OUT = (
    LeftOut(
        "margin of stability",
        "no channel holds the centre of mass or the edge of the foot; with these, use "
        "features.between_strides.stability.margin_of_stability",
    ),
    LeftOut(
        "harmonic ratio",
        "no channel holds the linear acceleration of the trunk; with it, use "
        "features.between_strides.stability.harmonic_ratio",
    ),
)


def stability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the divergence exponent of sagittal angles; name what no channel can give."""
    yield from _LEFT_OUT
    names = tuple(
        name
        for name, channel in schema.of_measurement("angle").items()
        if f"{channel.joint}_{channel.motion}" in _SIGNALS and channel.side != "contra"
    )
    if not names:
        yield LeftOut("divergence exponent", "no sagittal angle of the trunk, hip, knee or ankle")
        return
    specs = tuple(_spec(name) for name in names)
    yield Family(specs, partial(_compute, channels=names), across_cycles=True)


def _spec(channel: str) -> FeatureSpec:
    return FeatureSpec(
        name=f"{channel}_divergence_per_stride",
        group="derived",
        unit="1/stride",
        formula="slope of the mean log distance of nearest neighbours over the first half stride "
        f"(embedding 5 x 10 samples, {SAMPLES_PER_STRIDE} samples a stride); at least "
        f"{DIVERGENCE_STRIDES} strides of a leg one after the other, mean of the legs",
        source=_ROSENSTEIN,
        requires=(channel,),
    )


def _compute(view: CycleView, channels: tuple[str, ...]) -> Iterator[Values]:
    groups = groups_of(view)
    walking = np.where(view.steps, view.cycles["step"].to_numpy(dtype=np.float64), np.nan)
    for channel in channels:
        found = [
            _divergence(view.curves(channel)[rows]) if _in_a_row(walking[rows]) else np.nan
            for rows in _series(groups)
        ]
        yield groups.pooled(np.array(found, dtype=np.float64))[groups.group]


def _series(groups: CycleGroups) -> list[Values]:
    return np.split(groups.order, groups.starts[1:-1]) if len(groups.group_of) else []


def _in_a_row(steps: Values) -> bool:
    """Whether there are enough strides and none is missing (legs may take turns in `step`)."""
    gaps = np.diff(steps)
    return len(steps) >= DIVERGENCE_STRIDES and bool(np.all(gaps == gaps[0])) and 0 < gaps[0] <= 2


def _divergence(curves: Values) -> float:
    if not np.isfinite(curves).all():
        return float("nan")
    signal = resample_curves(curves, SAMPLES_PER_STRIDE + 1)[:, :-1]
    return divergence_exponent(signal.ravel(), SAMPLES_PER_STRIDE, span=(0.0, 0.5))


def extrapolated_centre_of_mass(
    position_m: ArrayLike, velocity_m_s: ArrayLike, leg_length_m: ArrayLike
) -> Values:
    """Return the extrapolated centre of mass ``x + v / sqrt(g / l)``, m.

    The pendulum length l is 1.2 leg lengths in the walking direction and 1.34 across it; pass the
    product (Hof, Gazendam & Sinke 2005, doi:10.1016/j.jbiomech.2004.03.025).

    Parameters
    ----------
    position_m, velocity_m_s : array_like
        Of the centre of mass along one axis.
    leg_length_m : array_like
        Length of the pendulum.

    Examples
    --------
    >>> extrapolated_centre_of_mass(0.0, 1.0, 9.80665).tolist()
    1.0
    """
    position, velocity, length = (
        np.asarray(values, dtype=np.float64) for values in (position_m, velocity_m_s, leg_length_m)
    )
    found: Values = np.asarray(position + velocity * np.sqrt(length / STANDARD_GRAVITY_M_S2))
    return found


def margin_of_stability(
    edge_m: ArrayLike, position_m: ArrayLike, velocity_m_s: ArrayLike, leg_length_m: ArrayLike
) -> Values:
    """Return the margin of stability ``u - (x + v / sqrt(g / l))``, m; positive is stable.

    Parameters
    ----------
    edge_m : array_like
        Edge of the base of support along the axis, on the side the body moves to.
    position_m, velocity_m_s, leg_length_m : array_like
        As for :func:`extrapolated_centre_of_mass`.

    Examples
    --------
    >>> margin_of_stability(0.10, 0.02, 0.1, 0.981).round(4).tolist()
    0.0484
    """
    beyond = extrapolated_centre_of_mass(position_m, velocity_m_s, leg_length_m)
    found: Values = np.asarray(np.asarray(edge_m, dtype=np.float64) - beyond)
    return found


def harmonic_ratio(
    acceleration: ArrayLike, *, across: bool = False, n_harmonics: int = 20
) -> Values:
    """Return the harmonic ratio of trunk acceleration over single strides.

    Sum of the amplitudes of the even harmonics of the stride frequency over that of the odd ones
    (fore-aft and vertical); the inverse across the walking direction, where a stride has one
    period (Menz, Lord & Fitzpatrick 2003, doi:10.1016/S0966-6362(02)00159-5).

    Parameters
    ----------
    acceleration : array_like, shape (..., n_samples)
        One stride along the last axis, without the sample that begins the next.
    across : bool
        Whether the axis is the mediolateral one.
    n_harmonics : int
        Harmonics of the stride frequency, an even number.

    Returns
    -------
    ndarray, shape (...)
        NaN where a sample is missing, or the denominator is zero.

    Raises
    ------
    SchemaError
        If a stride has fewer than ``2 * n_harmonics + 1`` samples.

    Examples
    --------
    >>> t = 2 * np.pi * np.arange(100) / 100
    >>> round(float(harmonic_ratio(3 * np.sin(2 * t) + np.sin(t))), 6)
    3.0
    """
    even, odd = _even_odd(acceleration, n_harmonics, power=False)
    above, below = (odd, even) if across else (even, odd)
    known = below > 1e-12 * above
    ratio: Values = np.divide(above, below, out=np.full(above.shape, np.nan), where=known)
    return ratio


def improved_harmonic_ratio(
    acceleration: ArrayLike, *, across: bool = False, n_harmonics: int = 20
) -> Values:
    """Return the power of the in-phase harmonics, percent of the power of all harmonics.

    100 for a stride of two equal steps (Pasciuto et al. 2017, doi:10.1016/j.jbiomech.2017.01.005).

    Parameters
    ----------
    acceleration, across, n_harmonics
        As for :func:`harmonic_ratio`.

    Examples
    --------
    >>> t = 2 * np.pi * np.arange(100) / 100
    >>> round(float(improved_harmonic_ratio(3 * np.sin(2 * t) + np.sin(t))), 6)
    90.0
    """
    even, odd = _even_odd(acceleration, n_harmonics, power=True)
    total = even + odd
    part = odd if across else even
    ratio: Values = np.divide(part, total, out=np.full(total.shape, np.nan), where=total > 0)
    return 100.0 * ratio


def _even_odd(acceleration: ArrayLike, n_harmonics: int, *, power: bool) -> tuple[Values, Values]:
    values = np.asarray(acceleration, dtype=np.float64)
    if values.shape[-1] < 2 * n_harmonics + 1:
        raise SchemaError(
            expected=f"at least {2 * n_harmonics + 1} samples a stride",
            got=f"{values.shape[-1]} samples",
            fix="pass strides resampled to 100 samples, or ask for fewer harmonics",
        )
    size = np.abs(np.fft.rfft(values, axis=-1))[..., 1 : n_harmonics + 1]
    size = size**2 if power else size
    return size[..., 1::2].sum(axis=-1), size[..., 0::2].sum(axis=-1)
