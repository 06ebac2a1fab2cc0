"""Whether predicted forces and moments obey what mechanics demands of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.kinetics.result import KineticsEvaluation
from locomotion_analysis.standard import PHASE_PERCENT, Channel

MEASURED = "measured"
_FEET = ("grf_vertical_ipsi_BW", "grf_vertical_contra_BW")
_FEW_PERCENT = 0.05
# Sagittal power: the power channels of the standard are moment times velocity of this motion.
_POWER_MOTION = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}


def support_check(found: KineticsEvaluation) -> pd.DataFrame:
    """Compare the vertical impulse of both feet with that of body weight.

    Over a whole cycle the body neither gains nor loses vertical momentum, so the impulse of both
    feet is body weight times the cycle's duration: their mean force over the cycle is 1 BW.

    Parameters
    ----------
    found : KineticsEvaluation
        With the vertical forces of both feet among its targets.

    Returns
    -------
    DataFrame
        One row a model, and one of the measured forces: ``mean`` (BW, expected 1), ``rms_error``
        (BW, of a cycle from 1), ``within_5_percent`` (percent of cycles), ``n_cycles``. Cycles
        without steps or without measured forces are left out of all rows.

    Raises
    ------
    SchemaError
        If a foot is not among the targets.
    """
    missing = [name for name in _FEET if name not in found.arrays.targets]
    if missing:
        raise SchemaError(
            expected="the vertical force of both feet among the targets",
            got=f"no {', '.join(missing)}",
            where="targets",
            fix="evaluate with targets=None, or add them",
        )
    ipsi, contra = (found.curves(next(iter(found.predicted)), name)[0] for name in _FEET)
    measured = ipsi + contra
    usable = np.isfinite(measured).all(axis=1) & np.isfinite(found.toe_off)
    rows = []
    for model, force in [(MEASURED, measured), *_both_feet(found)]:
        support: NDArray[np.float64] = np.trapezoid(force[usable], PHASE_PERCENT / 100.0, axis=1)
        away = support - 1.0
        rows.append(
            {
                "model": model,
                "mean": support.mean(),
                "rms_error": np.sqrt((away**2).mean()),
                "within_5_percent": 100.0 * (np.abs(away) <= _FEW_PERCENT).mean(),
                "n_cycles": int(usable.sum()),
            }
        )
    return said_simulated(pd.DataFrame(rows).set_index("model"), found.data.is_simulated)


def swing_force_check(found: KineticsEvaluation) -> pd.DataFrame:
    """Return the vertical force under the foot while it swings, where there can be none.

    Returns
    -------
    DataFrame
        One row a model, and one of the measured forces: ``rms`` and ``largest`` absolute force
        (BW) of the ipsilateral foot from 3 % of the cycle after toe-off to 3 % before contact.

    Raises
    ------
    SchemaError
        If the force is not among the targets.
    """
    measured, _ = found.curves(next(iter(found.predicted)), _FEET[0])
    after = found.toe_off[:, None] + 3.0 < PHASE_PERCENT
    swing = after & (PHASE_PERCENT < 97.0) & np.isfinite(measured)
    forces = [(MEASURED, measured)]
    forces += [(model, found.curves(model, _FEET[0])[1]) for model in found.predicted]
    rows = [
        {
            "model": model,
            "rms": np.sqrt(np.mean(force[swing].astype(float) ** 2)),
            "largest": np.abs(force[swing]).max(),
        }
        for model, force in forces
    ]
    return said_simulated(pd.DataFrame(rows).set_index("model"), found.data.is_simulated)


def power_check(found: KineticsEvaluation) -> pd.DataFrame:
    r"""Compare predicted moment times measured angular velocity with the measured power.

    A moment may be right on average and wrong where the joint moves fast: :math:`P = M \omega`
    weighs its error by the velocity. The row of the measured moment shows what is left where the
    laboratory's power is not sagittal moment times velocity (a hip's power of three planes).

    Returns
    -------
    DataFrame
        ``channel`` (of the power), ``model``, ``rmse`` (W/kg), ``correlation``; one row a joint
        and model, for the joints whose power and velocity were measured, over the points whose
        moment was. Empty if there are none.
    """
    rows = []
    for power, moment, velocity in _powered_joints(found):
        measured, speed = found.data.curves(power), found.data.curves(velocity)
        true_moment = found.curves(next(iter(found.predicted)), moment)[0]
        known = np.isfinite(measured) & np.isfinite(speed) & np.isfinite(true_moment)
        moments = [(MEASURED, true_moment)]
        moments += [(model, found.curves(model, moment)[1]) for model in found.predicted]
        for model, values in moments:
            product = (values * speed)[known].astype(np.float64)
            rows.append(
                {
                    "channel": power,
                    "model": model,
                    "rmse": np.sqrt(np.mean((product - measured[known]) ** 2)),
                    "correlation": np.corrcoef(product, measured[known])[0, 1],
                }
            )
    columns = ["channel", "model", "rmse", "correlation"]
    return said_simulated(pd.DataFrame(rows, columns=columns), found.data.is_simulated)


def _both_feet(found: KineticsEvaluation) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for model in found.predicted:
        ipsi, contra = (found.curves(model, name)[1] for name in _FEET)
        yield model, ipsi + contra


def _powered_joints(found: KineticsEvaluation) -> Iterator[tuple[str, str, str]]:
    """Yield the channels of power, moment and velocity of each joint that has all three."""
    known = set(found.data.channels)
    for target in found.arrays.targets:
        channel = Channel.parse(target)
        if channel.measurement != "moment" or _POWER_MOTION.get(channel.joint) != channel.motion:
            continue
        power = f"{channel.joint}_power_{channel.side}_W_kg"
        velocity = f"{channel.joint}_{channel.motion}_velocity_{channel.side}_rad_s"
        if {power, velocity} <= known:
            yield power, target, velocity
