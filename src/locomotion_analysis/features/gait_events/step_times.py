"""Group temporal: what the events of both legs say about the timing of a stride."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.columns import leg_length_m
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

_PERRY = "Perry & Burnfield 2010, Gait Analysis: Normal and Pathological Function, 2nd ed."
_ALEXANDER = "Alexander 1989, Physiological Reviews 69:1199"
_HOF = "Hof 1996, Gait & Posture 4:222"
_SHARES = {
    "step_contra": "contact to contact of the contralateral foot",
    "step_ipsi": "contact of the contralateral foot to the next ipsilateral contact",
    "initial_double_support": "contact to toe-off of the contralateral foot; 0 in running",
    "terminal_double_support": "contact of the contralateral foot to toe-off; 0 in running",
    "single_support_ipsi": "only the ipsilateral foot on the ground",
    "contra_stance": "contact to toe-off of the contralateral foot",
    "contra_swing": "toe-off to contact of the contralateral foot",
    "flight": "no foot on the ground",
}


def step_time_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield duty factor, stride frequency, and the parts of the stride in percent and seconds.

    Only from measured events: the contralateral foot's from its vertical force.
    """
    own = (*_vertical(schema, "ipsi"), *(name for name in ("stance_percent",) if schema.has(name)))
    if own:
        yield Family(tuple(_stance_specs(own[0])), _stance_values)
    if schema.has("cycle_duration_s"):
        yield Family(tuple(_stride_specs()), _stride_values)
    both = _vertical(schema, "contra")
    if not (own and both):
        yield LeftOut("step times", "no vertical ground reaction force of the contralateral leg")
        return
    with_time = schema.has("cycle_duration_s")
    specs = tuple(_share_specs((own[0], both[0]), with_time=with_time))
    yield Family(specs, partial(_share_values, with_time))


def _vertical(schema: Schema, side: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, channel in schema.of_measurement("grf").items()
        if channel.motion == "vertical" and channel.side == side
    )


def _stance_specs(source: str) -> Iterator[FeatureSpec]:
    yield FeatureSpec("duty_factor", "temporal", "1", "stance_percent / 100", _ALEXANDER, (source,))
    yield FeatureSpec("stance_swing_ratio", "temporal", "1", "stance / swing", _PERRY, (source,))


def _stance_values(view: CycleView) -> Iterator[Values]:
    share = np.where(view.steps, view.stance.measured / 100.0, np.nan)
    yield share
    yield share / (1.0 - share)


def _stride_specs() -> Iterator[FeatureSpec]:
    duration = ("cycle_duration_s",)
    yield FeatureSpec(
        "stride_frequency_Hz", "temporal", "Hz", "1 / cycle_duration_s", _ALEXANDER, duration
    )
    yield FeatureSpec(
        name="cycle_duration_normalised",
        group="temporal",
        unit="1",
        formula="cycle_duration_s * sqrt(9.80665 m/s^2 / leg length); leg length else 0.53 * height",
        source=_HOF,
        requires=("cycle_duration_s", "leg_length_m", "height_m"),
    )


def _stride_values(view: CycleView) -> Iterator[Values]:
    yield np.where(view.steps, 1.0 / view.duration_s, np.nan)
    yield view.duration_s * np.sqrt(STANDARD_GRAVITY_M_S2 / leg_length_m(view.cycles))


def _share_specs(channels: tuple[str, ...], *, with_time: bool) -> Iterator[FeatureSpec]:
    for name, meaning in _SHARES.items():
        yield FeatureSpec(f"{name}_percent", "temporal", "% of cycle", meaning, _PERRY, channels)
    for name, meaning in _SHARES.items() if with_time else ():
        requires = (*channels, "cycle_duration_s")
        yield FeatureSpec(f"{name}_time_s", "temporal", "s", meaning, _PERRY, requires)


def _share_values(with_time: bool, view: CycleView) -> Iterator[Values]:
    shares = list(_shares(view).values())
    yield from shares
    if with_time:
        for share in shares:
            yield share / 100.0 * view.duration_s


def _shares(view: CycleView) -> dict[str, Values]:
    events = leg_events(view, "ipsi")
    hidden = np.where(events.measured & view.steps, 0.0, np.nan)
    off, on = events.opposite_toe_off + hidden, events.opposite_contact + hidden
    toe_off = events.stance + hidden
    stance = (off - on) % 100.0
    walks = off < on
    first = np.where(walks, np.minimum(off, toe_off), 0.0)
    second = np.where(walks, np.maximum(toe_off - on, 0.0), 0.0)
    both = first + second
    return {
        "step_contra": on,
        "step_ipsi": 100.0 - on,
        "initial_double_support": first + hidden,
        "terminal_double_support": second + hidden,
        "single_support_ipsi": toe_off - both,
        "contra_stance": stance,
        "contra_swing": 100.0 - stance,
        "flight": np.maximum(on - toe_off, 0.0) + np.where(walks, 0.0, 100.0 - off),
    }
