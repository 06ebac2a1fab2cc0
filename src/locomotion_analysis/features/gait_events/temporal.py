"""Group temporal: durations and shares of the cycle, from real durations and events."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.columns import first_known
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.scalars import scalar
from locomotion_analysis.features.schema import Schema
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


def temporal_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield duration, cadence, stance, swing and double support.

    A published toe-off is no measurement: it never becomes a feature.
    """
    yield from _durations(schema)
    stance = schema.has("stance_percent") or _has_force(schema, "ipsi")
    support = schema.has("double_support_percent") or (
        _has_force(schema, "ipsi") and _has_force(schema, "contra")
    )
    yield from _share(schema, "stance", _stance, _NO_STANCE, known=stance)
    yield from _share(schema, "swing", _swing, _NO_STANCE, known=stance)
    yield from _share(schema, "double_support", _double_support, _NO_SUPPORT, known=support)


def _has_force(schema: Schema, side: str) -> bool:
    return any(f"grf_vertical_{side}_{unit}" in schema.channels for unit in ("BW", "N"))


def _durations(schema: Schema) -> Iterator[Family | LeftOut]:
    has_duration = schema.has("cycle_duration_s")
    spec = FeatureSpec(
        name="cycle_duration_s",
        group="temporal",
        unit="s",
        formula="time between the two ipsilateral heel strikes",
        source=DESCRIPTIVE,
        requires=("cycle_duration_s",),
    )
    yield scalar(spec, lambda view: view.duration_s, known=has_duration, missing=_NO_DURATION)
    spec = FeatureSpec(
        name="cadence_steps_min",
        group="temporal",
        unit="steps/min",
        formula="as measured, else 120 / cycle_duration_s",
        source=DESCRIPTIVE,
        requires=("cadence_steps_min", "cycle_duration_s"),
    )
    known = has_duration or schema.has("cadence_steps_min")
    yield scalar(spec, _cadence, known=known, missing=f"{_NO_DURATION} and no cadence_steps_min")


def _share(
    schema: Schema, name: str, percent: Callable[[CycleView], Values], missing: str, *, known: bool
) -> Iterator[Family | LeftOut]:
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
    yield scalar(spec, percent, known=known, missing=missing)
    spec = FeatureSpec(
        name=f"{name}_time_s",
        group="temporal",
        unit="s",
        formula=f"{name}_percent / 100 * cycle_duration_s",
        source=_FORCE,
        requires=(column, "cycle_duration_s"),
    )
    has_both = known and schema.has("cycle_duration_s")
    reason = _NO_DURATION if known else missing
    yield scalar(spec, partial(_seconds, percent), known=has_both, missing=reason)


def _seconds(percent: Callable[[CycleView], Values], view: CycleView) -> Values:
    return percent(view) / 100.0 * view.duration_s


def _cadence(view: CycleView) -> Values:
    from_duration = np.where(view.steps, 120.0 / view.duration_s, np.nan)
    return first_known(view.column("cadence_steps_min"), from_duration)


def _stance(view: CycleView) -> Values:
    return view.stance.measured


def _swing(view: CycleView) -> Values:
    return 100.0 - view.stance.measured


def _double_support(view: CycleView) -> Values:
    from_metadata = view.column("double_support_percent")
    if view.double_support_percent is None:
        return from_metadata
    from_force = np.where(view.steps, view.double_support_percent, np.nan)
    return first_known(from_force, from_metadata)
