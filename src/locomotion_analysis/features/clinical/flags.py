"""Group clinical: stiff-knee, crouch and equinus gait by published thresholds."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.clinical.profile import scored
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

STIFF_KNEE_PEAK_DEG = 44.3
STIFF_KNEE_DIFFERENCE_DEG = 17.0
CROUCH_KNEE_DEG = 20.0
EQUINUS_ANKLE_DEG = 0.0

_KNEE = "knee_flexion_angle_ipsi_rad"
_OTHER_KNEE = "knee_flexion_angle_contra_rad"
_ANKLE = "ankle_dorsiflexion_angle_ipsi_rad"
_STIFF = "cluster analysis of 50 people after stroke, 24 with stiff-knee gait, usual speed"
_RODDA = "Rodda et al. 2004 (doi:10.1302/0301-620X.86B2.13878); usual clinical threshold"


def flag_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield 1 (shows the sign), 0 (does not) or NaN, of level walking alone."""
    if _KNEE in schema.channels:
        both = _OTHER_KNEE in schema.channels
        yield Family((_stiff_spec(both=both),), partial(_stiff, both=both))
        yield Family((_crouch_spec(),), _crouch)
    else:
        yield LeftOut("stiff_knee_ipsi, crouch_ipsi", f"needs {_KNEE}")
    if _ANKLE in schema.channels:
        yield Family((_equinus_spec(),), _equinus)
    else:
        yield LeftOut("equinus_ipsi", f"needs {_ANKLE}")


def _flag(sign: NDArray[np.bool_], known: NDArray[np.bool_]) -> Values:
    return np.where(known, sign.astype(np.float64), np.nan)


def _stiff(view: CycleView, *, both: bool) -> Iterator[Values]:
    peak = np.degrees(view.statistic(_KNEE, "swing_max"))
    sign = peak < STIFF_KNEE_PEAK_DEG
    if both:
        # The other knee's peak of the cycle is its swing peak, whenever it swings.
        other = np.degrees(view.statistic(_OTHER_KNEE, "max"))
        sign |= other - peak > STIFF_KNEE_DIFFERENCE_DEG
    yield _flag(sign, np.isfinite(peak) & scored(view))


def _crouch(view: CycleView) -> Iterator[Values]:
    least = np.degrees(view.statistic(_KNEE, "stance_min"))
    yield _flag(least > CROUCH_KNEE_DEG, np.isfinite(least) & scored(view))


def _equinus(view: CycleView) -> Iterator[Values]:
    most = np.degrees(view.statistic(_ANKLE, "stance_max"))
    yield _flag(most < EQUINUS_ANKLE_DEG, np.isfinite(most) & scored(view))


def _stiff_spec(*, both: bool) -> FeatureSpec:
    formula = f"most knee flexion in swing below {STIFF_KNEE_PEAK_DEG} deg"
    if both:
        formula += f", or more than {STIFF_KNEE_DIFFERENCE_DEG} deg below the other knee's"
    needs = (_KNEE, *((_OTHER_KNEE,) if both else ()), "stance_percent")
    return FeatureSpec("stiff_knee_ipsi", "clinical", "1", f"1 if {formula}", _STIFF, needs)


def _crouch_spec() -> FeatureSpec:
    formula = f"1 if least knee flexion in stance is above {CROUCH_KNEE_DEG} deg"
    needs = (_KNEE, "stance_percent")
    return FeatureSpec("crouch_ipsi", "clinical", "1", formula, _RODDA, needs)


def _equinus_spec() -> FeatureSpec:
    formula = f"1 if most dorsiflexion in stance is below {EQUINUS_ANKLE_DEG} deg"
    needs = (_ANKLE, "stance_percent")
    return FeatureSpec("equinus_ipsi", "clinical", "1", formula, _RODDA, needs)
