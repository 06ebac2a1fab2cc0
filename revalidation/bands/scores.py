"""Check 11: clinical scores and stride-time variability."""

from functools import partial

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features import feature_table
from locomotion_analysis.standard.norms import EXTRA_CHANNELS, PROFILE_CHANNELS
from revalidation.choice import LEVEL, Choice, choose
from revalidation.figure import Band, NotInDataError

_FEWEST_STRIDES = 4


def profile_score(data: LocomotionData) -> float:
    """Return the Gait Profile Score of the healthy over all nine variables, degrees."""
    _require(data, (*PROFILE_CHANNELS, *EXTRA_CHANNELS))
    return _score(choose(data, LEVEL), "gps_overall_deg")


def deviation_index(data: LocomotionData, pathology: str, where: str | None = None) -> float:
    """Return the Gait Deviation Index of a group, mean over people."""
    _require(data, PROFILE_CHANNELS)
    return _score(choose(data, LEVEL, pathology=pathology, where=where), "gdi_ipsi")


def _require(data: LocomotionData, channels: tuple[str, ...]) -> None:
    missing = [name for name in channels if name not in data.channels]
    if missing:
        raise NotInDataError(f"no channel {', '.join(missing)}")


def _score(walks: Choice, name: str) -> float:
    table = feature_table(walks.data.take(walks.rows), ["clinical"]).frame
    if name not in table:
        raise NotInDataError(f"{name} cannot be computed")
    return float(np.nanmean(walks.by_trial(table[name].to_numpy(dtype=np.float64))))


def stride_time_cv(data: LocomotionData, pathology: str, where: str | None = None) -> float:
    """Return the coefficient of variation of stride times, percent, mean over people."""
    walks = choose(data, LEVEL, pathology=pathology, where=where)
    strides = pd.Series(walks.column("cycle_duration_s")).groupby(walks.codes())
    cv = 100.0 * strides.std() / strides.mean()
    enough = cv[strides.count() >= _FEWEST_STRIDES]
    if enough.empty:
        raise NotInDataError(f"nobody with {_FEWEST_STRIDES} strides")
    # Root mean square: a few strides give an unbiased variance, not an unbiased SD.
    return float(np.sqrt((enough**2).mean()))


_BAKER, _GDI = "Baker 2009; SDs of Schwartz 2008", "Schwartz & Rozumalski 2008"
_HAUSDORFF = "Hausdorff 2001"

BANDS = (
    Band("11", "GPS, healthy", 5.0, 6.5, "deg", _BAKER, profile_score),
    Band(
        "11", "GDI, healthy", 90.0, 110.0, "1", _GDI, partial(deviation_index, pathology="healthy")
    ),
    Band(
        "11",
        "GDI, stroke",
        60.0,
        82.0,
        "1",
        "70 +/- 12, cohort of mean severity",
        partial(deviation_index, pathology="stroke"),
    ),
    Band(
        "11",
        "GDI, crouch gait",
        38.0,
        62.0,
        "1",
        "Morais Filho 2014",
        partial(deviation_index, pathology="cerebral_palsy", where="subtype == 'crouch'"),
    ),
    Band(
        "11",
        "stride-time CV, healthy under 60",
        1.0,
        2.5,
        "%",
        _HAUSDORFF,
        partial(stride_time_cv, pathology="healthy", where="age < 60"),
    ),
    Band(
        "11",
        "stride-time CV, fall risk",
        3.0,
        5.0,
        "%",
        _HAUSDORFF,
        partial(stride_time_cv, pathology="fall_risk"),
    ),
)
