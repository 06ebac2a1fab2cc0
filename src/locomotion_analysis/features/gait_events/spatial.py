"""Group spatial: lengths and speed, and the numbers made of them."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from locomotion_analysis.features.columns import first_known, leg_length_m
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

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
