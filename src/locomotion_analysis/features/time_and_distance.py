"""MERGED time and distance.

- Group spatial: lengths and speed relative to the body, and the foot's direction.
- Group spatial: lengths and speed, and the numbers made of them.
- Group temporal: what the events of both legs say about the timing of a stride.
- Group temporal: durations and shares of the cycle, from real durations and events.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from locomotion_analysis.features.kernels.statistics import MAXIMUM, MEAN, MINIMUM, part_statistics
from locomotion_analysis.features.spec import (
    DESCRIPTIVE,
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    Values,
    first_known,
    leg_events,
    leg_length_m,
    scalar,
)
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

# ----------------------------------------------------------------------
# Group spatial: lengths and speed relative to the body, and the foot's direction.


_HOF = "Hof 1996, Gait & Posture 4:222"
_LENGTHS = ("step_length_m", "stride_length_m", "step_width_m")
_LEG = "leg length (else 0.53 * height)"
_FOOT_FLAT = (0.2, 0.8)
_TOE_OUT_SOURCE = "Simic et al. 2013, Osteoarthritis and Cartilage 21:1272"


def normalised_length_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield step length, stride length, step width and speed over leg length, and step / height."""
    if not (schema.has("leg_length_m") or schema.has("height_m")):
        yield LeftOut("normalised lengths", "the data has no leg_length_m and no height_m")
        return
    for column in _LENGTHS:
        if schema.has(column):
            name = column.removesuffix("_m")
            spec = _spec(f"{name}_normalised", f"{column} / {_LEG}", column)
            yield Family((spec,), partial(_over_leg, column))
    if schema.has("speed_m_s") or schema.has("stride_length_m", "cycle_duration_s"):
        formula = f"speed / sqrt(9.80665 m/s^2 * {_LEG})"
        spec = _spec(
            "speed_normalised", formula, "speed_m_s", "stride_length_m", "cycle_duration_s"
        )
        yield Family((spec,), _normalised_speed)


def other_step_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the length of the other step of the stride."""
    if not schema.has("step_length_m", "stride_length_m"):
        yield LeftOut("other_step_length_m", "the data has no step_length_m with stride_length_m")
        return
    spec = FeatureSpec(
        name="other_step_length_m",
        group="spatial",
        unit="m",
        formula="stride_length_m - step_length_m",
        source=DESCRIPTIVE,
        requires=("stride_length_m", "step_length_m"),
    )
    yield Family((spec,), _other_step)


def toe_out_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean and range of toe-out while the foot is flat on the ground."""
    for side in ("ipsi", "contra"):
        channel = f"foot_progression_internal_angle_{side}_rad"
        if channel not in schema.channels:
            yield LeftOut(f"toe-out, {side}", f"no {channel}")
            continue
        where = "over 20 to 80 % of stance of the foot progression angle"
        rows = (("mean", f"-mean {where} (external positive)"), ("range", f"max - min {where}"))
        specs = tuple(
            FeatureSpec(
                name=f"toe_out_{what}_{side}_rad",
                group="spatial",
                unit="rad",
                formula=formula,
                source=_TOE_OUT_SOURCE,
                requires=(channel, "stance_percent"),
            )
            for what, formula in rows
        )
        yield Family(specs, partial(_toe_out, channel, side))


def _spec(name: str, formula: str, *requires: str) -> FeatureSpec:
    inputs = (*requires, "leg_length_m", "height_m")
    return FeatureSpec(name, "spatial", "1", formula, _HOF, inputs)


def _over_leg(column: str, view: CycleView) -> list[Values]:
    length = np.where(view.steps, view.column(column), np.nan)
    return [length / leg_length_m(view.cycles)]


def _normalised_speed(view: CycleView) -> list[Values]:
    speed = first_known(view.column("speed_m_s"), view.column("stride_length_m") / view.duration_s)
    speed = np.where(view.steps, speed, np.nan)
    return [speed / np.sqrt(STANDARD_GRAVITY_M_S2 * leg_length_m(view.cycles))]


def _other_step(view: CycleView) -> list[Values]:
    other = view.column("stride_length_m") - view.column("step_length_m")
    return [np.where(view.steps, other, np.nan)]


def _toe_out(channel: str, side: str, view: CycleView) -> Iterator[Values]:
    found = part_statistics(view.curves(channel), *leg_events(view, side).parts(_FOOT_FLAT))
    yield -found[MEAN, 0]
    yield found[MAXIMUM, 0] - found[MINIMUM, 0]


# ----------------------------------------------------------------------
# Group spatial: lengths and speed, and the numbers made of them.


_SPEED_INPUTS = ("speed_m_s", "stride_length_m", "cycle_duration_s")
_SPECS = (
    FeatureSpec(
        name="speed_m_s",
        group="spatial",
        unit="m/s",
        formula="as measured, else stride_length_m / cycle_duration_s",
        source=DESCRIPTIVE,
        requires=_SPEED_INPUTS,
    ),
    FeatureSpec(
        name="stride_length_m",
        group="spatial",
        unit="m",
        formula="as measured, else speed_m_s * cycle_duration_s",
        source=DESCRIPTIVE,
        requires=_SPEED_INPUTS,
    ),
    FeatureSpec(
        name="step_length_m",
        group="spatial",
        unit="m",
        formula="as measured",
        source=DESCRIPTIVE,
        requires=("step_length_m",),
    ),
    FeatureSpec(
        name="step_width_m",
        group="spatial",
        unit="m",
        formula="as measured",
        source=DESCRIPTIVE,
        requires=("step_width_m",),
    ),
    FeatureSpec(
        name="walk_ratio_m_min",
        group="spatial",
        unit="m/(steps/min)",
        formula="step length (else half the stride length) / cadence",
        source="Sekiya & Nagasaki 1998, Gait & Posture 7:225",
        requires=("step_length_m", "cadence_steps_min", *_SPEED_INPUTS),
    ),
    FeatureSpec(
        name="froude_number",
        group="spatial",
        unit="1",
        formula="speed^2 / (9.80665 m/s^2 * leg length); leg length else 0.53 * height",
        source="Alexander 1989, Physiological Reviews 69:1199; leg length: Drillis & Contini 1966",
        requires=("leg_length_m", "height_m", *_SPEED_INPUTS),
    ),
)
_MISSING = {
    "speed_m_s": "the data has no speed_m_s and no stride_length_m with cycle_duration_s",
    "stride_length_m": "the data has no stride_length_m and no speed_m_s with cycle_duration_s",
    "step_length_m": "the data has no such column",
    "step_width_m": "the data has no such column",
    "walk_ratio_m_min": "the data has no step or stride length with a cadence or duration",
    "froude_number": "the data has no speed with leg_length_m or height_m",
}


def spatial_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield speed, stride and step length, step width, walk ratio and Froude number.

    A task without steps has none of them.
    """
    known = _known(schema)
    yield from (LeftOut(name, reason) for name, reason in _MISSING.items() if not known[name])
    specs = tuple(spec for spec in _SPECS if known[spec.name])
    if specs:
        yield Family(specs, partial(_rows, [spec.name for spec in specs]))


def _known(schema: Schema) -> dict[str, bool]:
    """Return which of the features the columns allow."""
    timed = schema.has("cycle_duration_s")
    speed = schema.has("speed_m_s") or (timed and schema.has("stride_length_m"))
    stride = schema.has("stride_length_m") or (timed and schema.has("speed_m_s"))
    step = schema.has("step_length_m")
    leg = schema.has("leg_length_m") or schema.has("height_m")
    return {
        "speed_m_s": speed,
        "stride_length_m": stride,
        "step_length_m": step,
        "step_width_m": schema.has("step_width_m"),
        "walk_ratio_m_min": (step or stride) and (timed or schema.has("cadence_steps_min")),
        "froude_number": speed and leg,
    }


def _rows(names: Sequence[str], view: CycleView) -> Iterator[Values]:
    values = _values(view)
    return (np.where(view.steps, values[name], np.nan) for name in names)


def _values(view: CycleView) -> dict[str, Values]:
    duration = view.duration_s
    measured_speed, measured_stride = view.column("speed_m_s"), view.column("stride_length_m")
    speed = first_known(measured_speed, measured_stride / duration)
    stride = first_known(measured_stride, measured_speed * duration)
    step = view.column("step_length_m")
    cadence = first_known(view.column("cadence_steps_min"), 120.0 / duration)
    return {
        "speed_m_s": speed,
        "stride_length_m": stride,
        "step_length_m": step,
        "step_width_m": view.column("step_width_m"),
        "walk_ratio_m_min": first_known(step, stride / 2.0) / cadence,
        "froude_number": speed**2 / (STANDARD_GRAVITY_M_S2 * leg_length_m(view.cycles)),
    }


# ----------------------------------------------------------------------
# Group temporal: what the events of both legs say about the timing of a stride.


_PERRY = "Perry & Burnfield 2010, Gait Analysis: Normal and Pathological Function, 2nd ed."
_ALEXANDER = "Alexander 1989, Physiological Reviews 69:1199"
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


# ----------------------------------------------------------------------
# Group temporal: durations and shares of the cycle, from real durations and events.


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
