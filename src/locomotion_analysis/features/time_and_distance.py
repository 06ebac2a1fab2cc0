"""Time and distance: the groups temporal and spatial.

Durations, cadence and shares of the cycle, from measured events alone (a published toe-off is no
measurement); lengths and speed, as they are and relative to the body; the foot's direction.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.kernels.statistics import (
    MAXIMUM,
    MEAN,
    MINIMUM,
    Values,
    part_statistics,
)
from locomotion_analysis.features.spec import (
    DESCRIPTIVE,
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    first_known,
    leg_events,
    scalar,
)
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

# Group temporal: durations and shares of the cycle, from real durations and events

_FORCE = "20 N threshold: Fukuchi et al. 2017 (doi:10.7717/peerj.3298)"
_NO_DURATION = "the data has no cycle_duration_s"
_NO_STANCE = (
    "the data has no vertical ground reaction force of the ipsilateral leg and no stance_percent"
)
_NO_SUPPORT = (
    "the data has no vertical ground reaction force of both legs and no double_support_percent"
)


def temporal_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield duration, cadence, stance, swing and double support.

    A published toe-off is no measurement: it never becomes a feature.
    """
    timed = schema.has("cycle_duration_s")
    spec = FeatureSpec(
        name="cycle_duration_s",
        group="temporal",
        unit="s",
        formula="time between the two ipsilateral heel strikes",
        source=DESCRIPTIVE,
        requires=("cycle_duration_s",),
    )
    yield scalar(spec, lambda view: view.duration_s, known=timed, missing=_NO_DURATION)
    spec = FeatureSpec(
        name="cadence_steps_min",
        group="temporal",
        unit="steps/min",
        formula="as measured, else 120 / cycle_duration_s",
        source=DESCRIPTIVE,
        requires=("cadence_steps_min", "cycle_duration_s"),
    )

    def cadence(view: CycleView) -> Values:
        from_duration = np.where(view.steps, 120.0 / view.duration_s, np.nan)
        return first_known(view.column("cadence_steps_min"), from_duration)

    known = timed or schema.has("cadence_steps_min")
    yield scalar(spec, cadence, known=known, missing=f"{_NO_DURATION} and no cadence_steps_min")

    own, other = (schema.force("vertical", side) for side in ("ipsi", "contra"))
    stance = schema.has("stance_percent") or own is not None
    support = schema.has("double_support_percent") or not (own is None or other is None)
    shares: tuple[tuple[str, str, str, Callable[[CycleView], Values], bool, str], ...] = (
        (
            "stance",
            "stance_percent",
            "the column stance_percent, else vertical force above 20 N from the start of the cycle",
            lambda view: view.stance.measured,
            stance,
            _NO_STANCE,
        ),
        (
            "swing",
            "stance_percent",
            "100 - stance_percent",
            lambda view: 100.0 - view.stance.measured,
            stance,
            _NO_STANCE,
        ),
        (
            "double_support",
            "double_support_percent",
            "the column double_support_percent, else both vertical forces above 20 N",
            lambda view: view.double_support_percent,
            support,
            _NO_SUPPORT,
        ),
    )
    for name, column, formula, percent, known, missing in shares:
        spec = FeatureSpec(f"{name}_percent", "temporal", "% of cycle", formula, _FORCE, (column,))
        yield scalar(spec, percent, known=known, missing=missing)
        formula = f"{name}_percent / 100 * cycle_duration_s"
        requires = (column, "cycle_duration_s")
        spec = FeatureSpec(f"{name}_time_s", "temporal", "s", formula, _FORCE, requires)
        missing = _NO_DURATION if known else missing
        yield scalar(spec, partial(_seconds, percent), known=known and timed, missing=missing)


def _seconds(percent: Callable[[CycleView], Values], view: CycleView) -> Values:
    return percent(view) / 100.0 * view.duration_s


# Group temporal: what the events of both legs say about the timing of a stride

_HOF = "Hof 1996, Gait & Posture 4:222"
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
    timed = schema.has("cycle_duration_s")
    own, other = (schema.force("vertical", side) for side in ("ipsi", "contra"))
    if schema.has("stance_percent"):
        own = "stance_percent"
    if own is not None:
        specs = (
            FeatureSpec("duty_factor", "temporal", "1", "stance_percent / 100", _ALEXANDER, (own,)),
            FeatureSpec("stance_swing_ratio", "temporal", "1", "stance / swing", _PERRY, (own,)),
        )
        yield Family(specs, _stance_ratios)
    if timed:
        duration = "cycle_duration_s"
        specs = (
            FeatureSpec(
                "stride_frequency_Hz", "temporal", "Hz", f"1 / {duration}", _ALEXANDER, (duration,)
            ),
            FeatureSpec(
                name="cycle_duration_normalised",
                group="temporal",
                unit="1",
                formula=f"{duration} * sqrt(9.80665 m/s^2 / leg length); leg length else "
                "0.53 * height",
                source=_HOF,
                requires=(duration, "leg_length_m", "height_m"),
            ),
        )
        yield Family(specs, _stride_rates)
    if own is None or other is None:
        yield LeftOut("step times", "no vertical ground reaction force of the contralateral leg")
        return
    units: list[tuple[str, str, tuple[str, ...]]] = [("percent", "% of cycle", (own, other))]
    if timed:
        units.append(("time_s", "s", (own, other, "cycle_duration_s")))
    parts = tuple(
        FeatureSpec(f"{name}_{ending}", "temporal", unit, meaning, _PERRY, requires)
        for ending, unit, requires in units
        for name, meaning in _SHARES.items()
    )
    yield Family(parts, partial(_parts_of_the_stride, timed))


def _stance_ratios(view: CycleView) -> Iterator[Values]:
    share = np.where(view.steps, view.stance.measured / 100.0, np.nan)
    yield share
    yield share / (1.0 - share)


def _stride_rates(view: CycleView) -> Iterator[Values]:
    yield np.where(view.steps, 1.0 / view.duration_s, np.nan)
    yield view.duration_s * np.sqrt(STANDARD_GRAVITY_M_S2 / view.leg_length_m)


def _parts_of_the_stride(timed: bool, view: CycleView) -> Iterator[Values]:
    """Yield the parts in the order of `_SHARES`: in percent, then in seconds if `timed`."""
    events = leg_events(view, "ipsi")
    hidden = np.where(events.measured & view.steps, 0.0, np.nan)
    off, on = events.opposite_toe_off + hidden, events.opposite_contact + hidden
    toe_off = events.stance + hidden
    stance = (off - on) % 100.0
    walks = off < on
    first = np.where(walks, np.minimum(off, toe_off), 0.0)
    second = np.where(walks, np.maximum(toe_off - on, 0.0), 0.0)
    both = first + second
    shares = {
        "step_contra": on,
        "step_ipsi": 100.0 - on,
        "initial_double_support": first + hidden,
        "terminal_double_support": second + hidden,
        "single_support_ipsi": toe_off - both,
        "contra_stance": stance,
        "contra_swing": 100.0 - stance,
        "flight": np.maximum(on - toe_off, 0.0) + np.where(walks, 0.0, 100.0 - off),
    }
    yield from (shares[name] for name in _SHARES)
    if timed:
        yield from (shares[name] / 100.0 * view.duration_s for name in _SHARES)


# Group spatial: lengths and speed, and the numbers made of them

_SPEED_INPUTS = ("speed_m_s", "stride_length_m", "cycle_duration_s")
_SPATIAL = (
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
    step, stride = schema.has("step_length_m"), schema.has_stride_length
    timed = schema.has("cycle_duration_s") or schema.has("cadence_steps_min")
    known = {
        "speed_m_s": schema.has_speed,
        "stride_length_m": stride,
        "step_length_m": step,
        "step_width_m": schema.has("step_width_m"),
        "walk_ratio_m_min": (step or stride) and timed,
        "froude_number": schema.has_speed and schema.has_leg_length,
    }
    yield from (LeftOut(name, reason) for name, reason in _MISSING.items() if not known[name])
    specs = tuple(spec for spec in _SPATIAL if known[spec.name])
    if not specs:
        return

    def compute(view: CycleView) -> Iterator[Values]:
        step, stride, speed = view.column("step_length_m"), view.stride_length_m, view.speed_m_s
        cadence = first_known(view.column("cadence_steps_min"), 120.0 / view.duration_s)
        values = {
            "speed_m_s": speed,
            "stride_length_m": stride,
            "step_length_m": step,
            "step_width_m": view.column("step_width_m"),
            "walk_ratio_m_min": first_known(step, stride / 2.0) / cadence,
            "froude_number": speed**2 / (STANDARD_GRAVITY_M_S2 * view.leg_length_m),
        }
        return (np.where(view.steps, values[spec.name], np.nan) for spec in specs)

    yield Family(specs, compute)


# Group spatial: balance, as `convert` measures it on markers

_HOF_2005 = "Hof, Gazendam & Sinke 2005 (doi:10.1016/j.jbiomech.2004.03.025)"
_ORENDURFF = "Orendurff et al. 2004, J Rehabil Res Dev 41:829"
_BALANCE = {
    "toe_clearance_m": (
        "minimum in mid-swing of the toe's height above its own in stance",
        "Winter 1992, Phys Ther 72:45",
    ),
    "com_vertical_range_m": ("highest less lowest centre of mass of the stride", _ORENDURFF),
    "com_lateral_range_m": ("width of the centre of mass' way across the stride", _ORENDURFF),
    "margin_of_stability_anterior_m": (
        "from the extrapolated centre of mass forward to the foremost marker of the landing foot",
        _HOF_2005,
    ),
    "margin_of_stability_lateral_m": (
        "from the extrapolated centre of mass out to the outermost marker of the landing foot",
        _HOF_2005,
    ),
}


def balance_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield toe clearance, way of the centre of mass and margins of stability."""
    for name, (formula, source) in _BALANCE.items():
        spec = FeatureSpec(name, "spatial", "m", formula, source, (name,))
        yield scalar(
            spec,
            partial(_of_steps, name),
            known=schema.has(name),
            missing="the data has no such column; `convert` measures it on markers of feet and pelvis",
        )


def _of_steps(name: str, view: CycleView) -> Values:
    return np.where(view.steps, view.column(name), np.nan)


# Group spatial: lengths and speed relative to the body, and the foot's direction

_LENGTHS = ("step_length_m", "stride_length_m", "step_width_m")
_LEG = "leg length (else 0.53 * height)"
_FOOT_FLAT = (0.2, 0.8)
_TOE_OUT_SOURCE = "Simic et al. 2013, Osteoarthritis and Cartilage 21:1272"


def normalised_length_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield step length, stride length, step width and speed over leg length."""
    if not schema.has_leg_length:
        yield LeftOut("normalised lengths", "the data has no leg_length_m and no height_m")
        return
    columns = [column for column in _LENGTHS if schema.has(column)]
    rows: list[tuple[str, str, tuple[str, ...]]] = [
        (column.removesuffix("_m"), f"{column} / {_LEG}", (column,)) for column in columns
    ]
    if schema.has_speed:
        rows.append(("speed", f"speed / sqrt(9.80665 m/s^2 * {_LEG})", _SPEED_INPUTS))
    specs = tuple(
        FeatureSpec(
            name=f"{name}_normalised",
            group="spatial",
            unit="1",
            formula=formula,
            source=_HOF,
            requires=(*inputs, "leg_length_m", "height_m"),
        )
        for name, formula, inputs in rows
    )

    def compute(view: CycleView) -> Iterator[Values]:
        leg = view.leg_length_m
        for column in columns:
            yield np.where(view.steps, view.column(column), np.nan) / leg
        if schema.has_speed:
            yield np.where(view.steps, view.speed_m_s, np.nan) / np.sqrt(
                STANDARD_GRAVITY_M_S2 * leg
            )

    if specs:
        yield Family(specs, compute)


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

    def compute(view: CycleView) -> list[Values]:
        other = view.column("stride_length_m") - view.column("step_length_m")
        return [np.where(view.steps, other, np.nan)]

    yield Family((spec,), compute)


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


def _toe_out(channel: str, side: str, view: CycleView) -> Iterator[Values]:
    found = part_statistics(view.curves(channel), *leg_events(view, side).parts(_FOOT_FLAT))
    yield -found[MEAN, 0]
    yield found[MAXIMUM, 0] - found[MINIMUM, 0]
