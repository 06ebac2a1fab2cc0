"""Group temporal: durations and shares of the cycle, from real durations and events."""

from collections.abc import Iterator

import numpy as np

from locomotion_analysis.features.columns import first_known
from locomotion_analysis.features.feature import DESCRIPTIVE, Feature, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.scalars import scalar
from locomotion_analysis.features.view import CycleView

_FORCE = "20 N threshold: Fukuchi et al. 2017 (doi:10.7717/peerj.3298)"
_NO_DURATION = "the data has no cycle_duration_s"
_NO_STANCE = (
    "the data has no vertical ground reaction force of the ipsilateral leg and no stance_percent"
)
_NO_SUPPORT = (
    "the data has no vertical ground reaction force of both legs and no double_support_percent"
)
_FORMULAE = {
    "stance": "vertical force above 20 N from the start of the cycle, else as in the metadata",
    "swing": "100 - stance_percent",
    "double_support": "both vertical forces above 20 N, else as in the metadata",
}


def temporal_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield duration, cadence, stance, swing and double support.

    A published toe-off is no measurement: it never becomes a feature.
    """
    yield from _durations(view)
    stance = view.stance.measured
    yield from _share(view, "stance", stance, _NO_STANCE)
    yield from _share(view, "swing", 100.0 - stance, _NO_STANCE)
    yield from _share(view, "double_support", _double_support(view), _NO_SUPPORT)


def _durations(view: CycleView) -> Iterator[Feature | LeftOut]:
    duration = view.duration_s
    from_duration = np.where(view.steps, 120.0 / duration, np.nan)
    cadence = first_known(view.column("cadence_steps_min"), from_duration)
    spec = FeatureSpec(
        name="cycle_duration_s",
        group="temporal",
        unit="s",
        formula="time between the two ipsilateral heel strikes",
        source=DESCRIPTIVE,
        requires=("cycle_duration_s",),
    )
    yield scalar(spec, duration, _NO_DURATION)
    spec = FeatureSpec(
        name="cadence_steps_min",
        group="temporal",
        unit="steps/min",
        formula="as measured, else 120 / cycle_duration_s",
        source=DESCRIPTIVE,
        requires=("cadence_steps_min", "cycle_duration_s"),
    )
    yield scalar(spec, cadence, f"{_NO_DURATION} and no cadence_steps_min")


def _share(
    view: CycleView, name: str, percent: Values, missing: str
) -> Iterator[Feature | LeftOut]:
    """Yield a part of the cycle in percent and in seconds."""
    column = "double_support_percent" if name == "double_support" else "stance_percent"
    spec = FeatureSpec(
        name=f"{name}_percent",
        group="temporal",
        unit="% of cycle",
        formula=_FORMULAE[name],
        source=_FORCE,
        requires=(column,),
    )
    yield scalar(spec, percent, missing)
    spec = FeatureSpec(
        name=f"{name}_time_s",
        group="temporal",
        unit="s",
        formula=f"{name}_percent / 100 * cycle_duration_s",
        source=_FORCE,
        requires=(column, "cycle_duration_s"),
    )
    unknown = missing if np.isnan(percent).all() else _NO_DURATION
    yield scalar(spec, percent / 100.0 * view.duration_s, unknown)


def _double_support(view: CycleView) -> Values:
    from_metadata = view.column("double_support_percent")
    if view.double_support_percent is None:
        return from_metadata
    from_force = np.where(view.steps, view.double_support_percent, np.nan)
    return first_known(from_force, from_metadata)
