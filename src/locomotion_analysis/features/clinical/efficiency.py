"""Group derived: joint work a stride and a metre."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.columns import first_known
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

_JOINTS = ("hip", "knee", "ankle")
_SOURCE = "Collins, Ruina, Tedrake & Wisse 2005 (doi:10.1126/science.1107799)"
_WORK = "Winter 1991, The Biomechanics and Motor Control of Human Gait: W = integral of P"


def efficiency_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the legs' total work a stride, and the mechanical cost of transport.

    Both legs' hip, knee and ankle where there are both, else the ipsilateral leg (the formula says
    which); sagittal joint power only, no arms and no trunk.
    """
    legs = [side for side in ("ipsi", "contra") if _has_leg(schema, side)]
    if "ipsi" not in legs or not schema.has("cycle_duration_s"):
        yield LeftOut(
            "joint work and cost of transport",
            "needs hip, knee and ankle power of the ipsilateral leg (W/kg) and cycle_duration_s",
        )
        return
    powers = tuple(_power(joint, side) for side in legs for joint in _JOINTS)
    distance = schema.has("stride_length_m") or schema.has("speed_m_s")
    if not distance:
        yield LeftOut("mechanical_cost_of_transport", "needs stride_length_m or speed_m_s")
    specs = _specs(powers, "both legs" if len(legs) > 1 else "the ipsilateral leg only")
    kept = specs if distance else specs[:3]
    yield Family(kept, partial(_compute, powers=powers, distance=distance))


def _power(joint: str, side: str) -> str:
    return f"{joint}_power_{side}_W_kg"


def _has_leg(schema: Schema, side: str) -> bool:
    return all(_power(joint, side) in schema.channels for joint in _JOINTS)


def _specs(powers: tuple[str, ...], legs: str) -> tuple[FeatureSpec, ...]:
    work = f"of hip, knee and ankle power over the cycle, {legs}"
    timed = (*powers, "cycle_duration_s")
    far = (*timed, "stride_length_m", "speed_m_s")
    rows: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
        ("positive_work_total_J_kg", "J_kg", f"integral of the positive part {work}", _WORK, timed),
        ("negative_work_total_J_kg", "J_kg", f"integral of the negative part {work}", _WORK, timed),
        ("net_work_total_J_kg", "J_kg", f"integral {work}", _WORK, timed),
        (
            "mechanical_cost_of_transport",
            "1",
            f"positive work per kg / (9.80665 m/s^2 * stride length), {legs}",
            _SOURCE,
            far,
        ),
        (
            "net_work_per_metre_J_kg_m",
            "J_kg_m",
            f"net work per kg / stride length, {legs}; on level ground near 0",
            _WORK,
            far,
        ),
    )
    return tuple(
        FeatureSpec(name, "derived", unit, formula, source, requires)
        for name, unit, formula, source, requires in rows
    )


def _compute(view: CycleView, powers: tuple[str, ...], *, distance: bool) -> Iterator[Values]:
    positive, negative = (
        np.sum([view.statistic(name, part) for name in powers], axis=0) * view.duration_s
        for part in ("positive", "negative")
    )
    yield from (positive, negative, positive + negative)
    if distance:
        measured = view.column("stride_length_m")
        stride = first_known(measured, view.column("speed_m_s") * view.duration_s)
        stride = np.where(view.steps & (stride > 0), stride, np.nan)
        yield positive / (STANDARD_GRAVITY_M_S2 * stride)
        yield (positive + negative) / stride
