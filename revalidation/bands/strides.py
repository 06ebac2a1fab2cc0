"""Check 13: successive strides of a leg follow each other, and remember."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.variability import (
    SAMPLES_PER_STRIDE,
    CycleGroups,
    dfa_alpha,
    divergence_exponent,
)
from locomotion_analysis.standard import resample_curves
from revalidation.channels import HIP, KNEE
from revalidation.choice import LEVEL, MOTIONS, Array, Choice, choose
from revalidation.figure import Band, NotInDataError

_FEWEST_STRIDES = 20
_LONG = 100
_ANGLES = {joint: f"{motion}_angle_ipsi_rad" for joint, motion in MOTIONS.items()}


def closing_gap(data: LocomotionData, tasks: Sequence[str], joint: str) -> float:
    """Return the SD of last minus first sample of a leg's strides, degrees, median of legs."""
    strides = choose(data, tasks)
    curves = strides.curves(_ANGLES[joint])
    gaps = curves[:, -1] - curves[:, 0]
    return float(np.median([gaps[leg].std(ddof=1) for leg in _series(strides, curves)]))


def seam(data: LocomotionData, tasks: Sequence[str], joint: str) -> float:
    """Return the SD of the jump from a stride to the next of that leg, degrees, median of legs."""
    strides = choose(data, tasks)
    curves = strides.curves(_ANGLES[joint])
    jumps = [curves[leg[1:], 0] - curves[leg[:-1], -1] for leg in _series(strides, curves)]
    return float(np.median([jump.std(ddof=1) for jump in jumps]))


def persistence(data: LocomotionData, channel: str, of: Callable[..., Array]) -> float:
    """Return the lag-1 autocorrelation of a stride's peak or range, mean of legs.

    Parameters
    ----------
    data : LocomotionData
    channel : str
    of : callable
        From curves and `axis` to one value a stride: :func:`numpy.max`, :func:`numpy.ptp`.
    """
    strides = choose(data, LEVEL)
    curves = strides.curves(channel)
    values = of(curves, axis=1)
    return float(np.mean([lag_1(values[leg]) for leg in _series(strides, curves)]))


def lag_1(series: Array) -> float:
    """Return the lag-1 autocorrelation, with its bias in short series taken off.

    ``r + (1 + 4 r) / n`` (Marriott & Pope 1954, doi:10.1093/biomet/41.3-4.390).
    """
    away = series - series.mean()
    r = float(away[1:] @ away[:-1] / (away @ away))
    return r + (1.0 + 4.0 * r) / len(series)


def scaling(data: LocomotionData) -> float:
    """Return the scaling exponent of stride times, mean of legs."""
    strides = choose(data, LEVEL)
    seconds = strides.column("cycle_duration_s")
    return float(
        np.mean([dfa_alpha(seconds[leg]) for leg in _series(strides, seconds[:, None], _LONG)])
    )


def divergence(data: LocomotionData, channel: str) -> float:
    """Return the divergence exponent over the first stride, per stride, mean of legs."""
    strides = choose(data, LEVEL)
    curves = strides.curves(channel)
    return float(
        np.mean(
            [
                divergence_exponent(
                    resample_curves(curves[leg], SAMPLES_PER_STRIDE + 1)[:, :-1].ravel(),
                    SAMPLES_PER_STRIDE,
                )
                for leg in _series(strides, curves, _LONG)
            ]
        )
    )


def _series(
    strides: Choice, values: Array, fewest: int = _FEWEST_STRIDES
) -> Iterator[NDArray[np.intp]]:
    """Yield each leg's strides in order, where they are successive and measured.

    Legs may take turns in `step`.
    """
    cycles = strides.data.cycles.iloc[strides.rows].reset_index(drop=True)
    step = cycles["step"].to_numpy(dtype=np.float64)
    found = 0
    groups = CycleGroups.of(cycles)
    for leg in np.split(groups.order, groups.starts[1:-1]):
        apart = np.unique(np.diff(step[leg]))
        if len(leg) < fewest or len(apart) != 1 or not 0 < apart[0] <= 2:
            continue
        if np.isfinite(values[leg]).all():
            found += 1
            yield leg
    if not found:
        raise NotInDataError(f"{strides.what}: no leg with {fewest} successive strides")


_RECORDED = "46 runners on a treadmill (Fukuchi 2017), recomputed; walks of two laboratories"
_RUNNERS = "46 runners on a treadmill (Fukuchi 2017), recomputed"
_HAUSDORFF = "Hausdorff 1996: 0.76 +/- 0.11"
_DINGWELL = "Dingwell & Cusumano 2000; above it the runners of Fukuchi 2017, recomputed"

BANDS = (
    *(
        Band(
            "13",
            f"closing gap, SD, {name}, {joint}",
            low,
            high,
            "deg",
            source,
            partial(closing_gap, tasks=tasks, joint=joint),
        )
        for name, tasks, low, high, source in (
            ("walking", LEVEL, 0.8, 2.5, _RECORDED),
            ("running", ("run",), 1.0, 2.2, _RUNNERS),
        )
        for joint in MOTIONS
    ),
    *(
        Band(
            "13",
            f"seam of successive strides, SD, {name}, {joint}",
            0.0,
            0.4,
            "deg",
            _RUNNERS,
            partial(seam, tasks=tasks, joint=joint),
        )
        for name, tasks in (("walking", LEVEL), ("running", ("run",)))
        for joint in MOTIONS
    ),
    Band(
        "13",
        "lag-1 autocorrelation, knee peak",
        0.1,
        0.6,
        "1",
        _RUNNERS,
        partial(persistence, channel=KNEE, of=np.max),
    ),
    Band(
        "13",
        "lag-1 autocorrelation, hip range",
        0.1,
        0.6,
        "1",
        _RUNNERS,
        partial(persistence, channel=HIP, of=np.ptp),
    ),
    Band("13", "scaling exponent of stride times", 0.65, 0.85, "1", _HAUSDORFF, scaling),
    *(
        Band(
            "13",
            f"divergence exponent, 0-1 stride, {joint}",
            0.4,
            1.4,
            "1/stride",
            _DINGWELL,
            partial(divergence, channel=channel),
        )
        for joint, channel in (("hip", HIP), ("knee", KNEE))
    ),
)
