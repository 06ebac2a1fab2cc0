"""Group spatial: lengths and speed relative to the body, and the foot's direction."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.columns import first_known, leg_length_m
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.parts import MAXIMUM, MEAN, MINIMUM, part_statistics
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

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
