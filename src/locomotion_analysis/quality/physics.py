"""Physics (GAIT2xx): curves that must agree with each other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.hits import Hits
from locomotion_analysis.standard import PHASE_PERCENT, Channel
from locomotion_analysis.standard.normative import NOT_CYCLIC

Floats = NDArray[np.float32]

CHAIN_TOLERANCE_RAD = 0.1
"""RMS of the closure error; segment and joint angles from the same markers differ by less."""

POWER_TOLERANCE = 0.6
"""Share of the power's RMS. Published joint powers have frontal and transverse parts too, and
correlate with sagittal moment x velocity from 0.83 (hip) to 0.998 (ankle)."""

POWER_FLOOR_W_KG = 0.25

BALANCE_TOLERANCE_BW = 0.15

VELOCITY_TOLERANCE = 0.3
VELOCITY_FLOOR_RAD_S = 0.3

JUMP_RAD = 0.2
"""Largest change of an angle in 0.67 % of a cycle: 50 rad/s in a runner's stride of 0.6 s."""

PULL_BW = -0.1

_MOTION = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
_CHAIN = (
    ("thigh_sagittal_angle_{side}_rad", "hip_flexion_angle_{side}_rad",
     "pelvis_anterior_tilt_angle_rad", -1.0),
    ("shank_sagittal_angle_{side}_rad", "thigh_sagittal_angle_{side}_rad",
     "knee_flexion_angle_{side}_rad", -1.0),
    ("foot_sagittal_angle_{side}_rad", "shank_sagittal_angle_{side}_rad",
     "ankle_dorsiflexion_angle_{side}_rad", 1.0),
)  # fmt: skip
_SIDES = ("ipsi", "contra")


def physics_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT201 to GAIT206."""
    yield from _jumps(batch)
    yield from _balance(batch)
    yield from _pulls(batch)
    for side in _SIDES:
        yield from _chain(batch, side)
        for joint in _MOTION:
            yield from _velocity(batch, joint, side)
            yield from _power(batch, joint, side)


def rms(curves: Floats) -> NDArray[np.float64]:
    """Root mean square over the cycle; NaN where a sample is missing."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", curves, curves, dtype=np.float64)
    root: NDArray[np.float64] = np.sqrt(squares / curves.shape[1])
    return root


def _chain(batch: Batch, side: str) -> Iterator[Hits]:
    """GAIT201: thigh = hip - pelvic tilt, shank = thigh - knee, foot = shank + ankle."""
    for names in _CHAIN:
        segment, parent, joint = (name.format(side=side) for name in names[:3])
        found = batch.having((segment, parent, joint))
        if found is None:
            continue
        error = rms(found[0] - found[1] - np.float32(names[3]) * found[2])
        cycle = np.flatnonzero(error > CHAIN_TOLERANCE_RAD)
        channel = batch.channels.index(segment)
        yield Hits.at(
            "GAIT201", cycle, channel, value=error[cycle], low=0, high=CHAIN_TOLERANCE_RAD
        )


def _power(batch: Batch, joint: str, side: str) -> Iterator[Hits]:
    """GAIT202: power = moment x angular velocity, where all three are there."""
    name = f"{joint}_power_{side}_W_kg"
    moment = f"{joint}_{_MOTION[joint]}_moment_{side}_Nm_kg"
    velocity = f"{joint}_{_MOTION[joint]}_velocity_{side}_rad_s"
    found = batch.having((name, moment, velocity))
    if found is not None:
        product = found[1] * found[2]
        yield _differs(
            batch, "GAIT202", name, (found[0], product), POWER_TOLERANCE, POWER_FLOOR_W_KG
        )


def _velocity(batch: Batch, joint: str, side: str) -> Iterator[Hits]:
    """GAIT204: velocity = derivative of the angle over the cycle's duration."""
    name = f"{joint}_{_MOTION[joint]}_velocity_{side}_rad_s"
    found = batch.having((name, f"{joint}_{_MOTION[joint]}_angle_{side}_rad"))
    if found is not None and "cycle_duration_s" in batch.cycles:
        duration = batch.cycles["cycle_duration_s"].to_numpy(dtype=np.float32)
        rate = derivative(found[1], duration)
        yield _differs(
            batch, "GAIT204", name, (found[0], rate), VELOCITY_TOLERANCE, VELOCITY_FLOOR_RAD_S
        )


def derivative(angle: Floats, duration_s: Floats) -> Floats:
    """Time derivative of angles by central differences, one-sided at the ends."""
    rate = np.empty_like(angle)
    rate[:, 1:-1] = (angle[:, 2:] - angle[:, :-2]) / 2
    rate[:, 0] = angle[:, 1] - angle[:, 0]
    rate[:, -1] = angle[:, -1] - angle[:, -2]
    rate *= ((angle.shape[1] - 1) / duration_s)[:, None]
    return rate


def _differs(
    batch: Batch,
    code: str,
    name: str,
    pair: tuple[Floats, Floats],
    tolerance: float,
    floor: float,
) -> Hits:
    """Find cycles whose two curves differ by more than a share of their own size."""
    size = np.maximum(rms(pair[0]), rms(pair[1]))
    error = rms(pair[0] - pair[1])
    allowed = tolerance * np.maximum(size, floor)
    cycle = np.flatnonzero(error > allowed)
    channel = batch.channels.index(name)
    return Hits.at(code, cycle, channel, value=error[cycle], low=0, high=allowed[cycle])


def _balance(batch: Batch) -> Iterator[Hits]:
    """GAIT203: over a periodic cycle the mean vertical force of both legs is the weight."""
    found = batch.having(f"grf_vertical_{side}_BW" for side in _SIDES)
    if found is None:
        return
    means = np.stack([np.trapezoid(curve, axis=1) / (curve.shape[1] - 1) for curve in found])
    total = means.sum(axis=0)
    codes, names = batch.tasks
    cyclic = np.array([name not in NOT_CYCLIC for name in names])[codes]
    cycle = np.flatnonzero(cyclic & (np.abs(total - 1.0) > BALANCE_TOLERANCE_BW))
    channel = batch.channels.index("grf_vertical_ipsi_BW")
    low, high = 1.0 - BALANCE_TOLERANCE_BW, 1.0 + BALANCE_TOLERANCE_BW
    yield Hits.at("GAIT203", cycle, channel, value=total[cycle], low=low, high=high)


def _jumps(batch: Batch) -> Iterator[Hits]:
    """GAIT205: an angle that changes faster than any joint can."""
    angles = np.array([Channel.parse(name).measurement == "angle" for name in batch.channels])
    jump, at = batch.facts.jump, batch.facts.jump_at
    mask = (jump > JUMP_RAD) & np.isfinite(jump) & angles[:, None]
    yield Hits.where("GAIT205", mask, phase=PHASE_PERCENT[at], value=jump, low=0, high=JUMP_RAD)


def _pulls(batch: Batch) -> Iterator[Hits]:
    """GAIT206: a vertical force that is clearly negative."""
    for side in _SIDES:
        name = f"grf_vertical_{side}_BW"
        found = batch.having([name])
        if found is None:
            continue
        lowest = found[0].min(axis=1)
        cycle = np.flatnonzero(lowest < PULL_BW)
        phase = PHASE_PERCENT[found[0][cycle].argmin(axis=1)]
        yield Hits.at(
            "GAIT206", cycle, batch.channels.index(name), phase, lowest[cycle], PULL_BW, np.inf
        )
