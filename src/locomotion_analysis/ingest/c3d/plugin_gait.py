"""Plug-in Gait's model outputs as standard channels.

Angles (deg): x flexion, dorsiflexion, anterior tilt positive; y adduction, varus, side up; z
internal rotation: as the standard has them. Moments (Nmm/kg) are internal but positive where they
extend, plantarflex, abduct and rotate outwards, so all change sign. On the recordings of three
children the powers the files hold are -M·ω summed over the three planes (r = 0.98 to 1.00, factor
-0.9 to -1.1 in the sagittal plane), which is how the sign was established. ``NormalisedGRF`` (% of
body weight) has braking positive in x and lateral positive in y. Foot progression's x is -90°
with the foot flat and falls as the toes rise.

Reference: Kadaba, Ramakrishnan & Wootten 1990 (J Orthop Res 8:383), Davis et al. 1991 (Hum Mov
Sci 10:575), the models Plug-in Gait goes back to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.c3d.content import unit_letters, zeros_as_nan
from locomotion_analysis.ingest.recording import SIDES

Array = NDArray[np.float64]
Outputs = Mapping[str, Array]
_JOINTS = {
    "Hip": ("hip_flexion", "hip_adduction", "hip_internal_rotation"),
    "Knee": ("knee_flexion", "knee_adduction", "knee_internal_rotation"),
    "Ankle": ("ankle_dorsiflexion", None, None),
}
_MIDLINE = {
    "PelvisAngles": (
        "pelvis_anterior_tilt",
        "pelvis_obliquity_up",
        "pelvis_internal_rotation",
    ),
    "ThoraxAngles": ("trunk_anterior_tilt", "trunk_obliquity_up", "trunk_internal_rotation"),
}
_LETTER = {"left": "L", "right": "R"}
_RIGHT_SIGNS = {"left": (1.0, -1.0, -1.0), "right": (1.0, 1.0, 1.0)}
_GRF = {"vertical": (2, 1.0), "anterior": (0, -1.0), "lateral": (1, 1.0)}
_ANGLE_UNITS = {"deg": np.pi / 180.0, "degrees": np.pi / 180.0, "rad": 1.0, "radians": 1.0}
_MOMENT_UNITS = {"nmm": 1e-3, "nm": 1.0, "nmmkg": 1e-3, "nmkg": 1.0}
_POWER_UNITS = {"w": 1.0, "mw": 1e-3, "wkg": 1.0, "mwkg": 1e-3}
_LARGEST_PER_KG = {"moment": 8.0, "power": 60.0}
_LARGEST_BODY_WEIGHTS = 10.0
_FLAT_FOOT_DEG = (-120.0, -60.0)


@dataclass(frozen=True)
class OutputUnits:
    """Units the file states: ``POINT:ANGLE_UNITS, MOMENT_UNITS, POWER_UNITS`` ("" unknown)."""

    angle: str = ""
    moment: str = ""
    power: str = ""


def plugin_gait_signals(
    outputs: Outputs, units: OutputUnits, *, where: str
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Turn model outputs into signals with standard names, units and signs.

    Pelvis and trunk obliquity and rotation are given as seen from the right leg: right side up,
    right side forward positive.

    Parameters
    ----------
    outputs : mapping of str to ndarray, shape (n, 3)
        Output name without the subject's prefix (``LHipAngles``) -> x, y, z.
    units : OutputUnits
    where : str
        File name, for errors.

    Returns
    -------
    dict of str to ndarray, shape (n,)
    list of HistoryEntry
        What was converted, and which outputs have no standard name.

    Raises
    ------
    UnitError
        If a stated unit is unknown.
    """
    measured = {
        name: xyz if name.endswith("GRF") else zeros_as_nan(xyz) for name, xyz in outputs.items()
    }
    signals: dict[str, Array] = {}
    history: list[HistoryEntry] = []
    named: set[str] = set()
    for part in (_angles, _moments, _powers, _ground_reaction):
        found, used, entries = part(measured, units, where)
        signals |= found
        named |= used
        history += entries
    rest = [name for name in outputs if name not in named]
    if rest:
        detail = f"model outputs without a standard channel: {', '.join(rest)}"
        history.append(HistoryEntry("dropped", detail, len(rest)))
    return {name: values for name, values in signals.items() if np.isfinite(values).any()}, history


Part = tuple[dict[str, Array], set[str], list[HistoryEntry]]


def _angles(outputs: Outputs, units: OutputUnits, where: str) -> Part:
    factor, history = _factor("angle", units.angle or "deg", _ANGLE_UNITS, where), []
    signals: dict[str, Array] = {}
    used: set[str] = set()
    for side, letter in _LETTER.items():
        for joint, motions in _JOINTS.items():
            name = f"{letter}{joint}Angles"
            if name in outputs:
                used.add(name)
                signals |= _components(outputs[name] * factor, motions, f"angle_{side}_rad")
    for output, motions in _MIDLINE.items():
        found = [side for side in reversed(SIDES) if f"{_LETTER[side]}{output}" in outputs]
        for side in reversed(found):  # right last, so that it is the one kept
            name = f"{_LETTER[side]}{output}"
            used.add(name)
            seen = outputs[name] * factor * _RIGHT_SIGNS[side]
            signals |= _components(seen, motions, "angle_rad")
    entries = []
    for side, letter in _LETTER.items():
        name = f"{letter}FootProgressAngles"
        if name not in outputs:
            continue
        used.add(name)
        x, _, z = (outputs[name] * factor).T
        signals[f"foot_progression_internal_angle_{side}_rad"] = z
        middle = np.degrees(np.nanmedian(x)) if np.isfinite(x).any() else np.nan
        if _FLAT_FOOT_DEG[0] < middle < _FLAT_FOOT_DEG[1]:
            signals[f"foot_sagittal_angle_{side}_rad"] = -np.pi / 2 - x
            entries.append(HistoryEntry("converted", f"{name} x -> -90° - x: 0 flat, toe up +"))
    if used and factor != 1.0:
        history.append(HistoryEntry("converted", "Plug-in Gait angles deg -> rad", len(used)))
    return signals, used, history + entries


def _moments(outputs: Outputs, units: OutputUnits, where: str) -> Part:
    names = _joint_outputs(outputs, "Moment")
    if not names:
        return {}, set(), []
    values = {name: -outputs[name] for name in names}
    factor, unit, history = _per_kg("moment", units.moment or "Nmm", values.values(), where)
    signals: dict[str, Array] = {}
    for name, (side, joint) in names.items():
        motions = _JOINTS[joint]
        signals |= _components(values[name] * factor, motions, f"moment_{side}_{unit}")
    detail = f"Plug-in Gait moments x {-factor:g}: {units.moment or 'Nmm'}, extensor + -> {unit}, flexor +"
    return signals, set(names), [*history, HistoryEntry("converted", detail, len(names))]


def _powers(outputs: Outputs, units: OutputUnits, where: str) -> Part:
    names = _joint_outputs(outputs, "Power")
    if not names:
        return {}, set(), []
    # Older versions write one power a plane, newer ones the total as z beside zeros.
    totals = {name: outputs[name].sum(axis=1) for name in names}
    factor, unit, history = _per_kg("power", units.power or "W", totals.values(), where)
    signals = {
        f"{joint.lower()}_power_{side}_{unit}": totals[name] * factor
        for name, (side, joint) in names.items()
    }
    return signals, set(names), history


def _ground_reaction(outputs: Outputs, _units: OutputUnits, _where: str) -> Part:
    signals: dict[str, Array] = {}
    used: set[str] = set()
    history = []
    for side, letter in _LETTER.items():
        name = f"{letter}NormalisedGRF"
        force = outputs.get(name)
        if force is None or not np.isfinite(force).any():
            continue
        used.add(name)
        usual = float(np.nanpercentile(np.abs(force), 99.5))  # a single sample tells no unit
        factor = 0.01 if usual > _LARGEST_BODY_WEIGHTS else 1.0
        for axis, (column, sign) in _GRF.items():
            signals[f"grf_{axis}_{side}_BW"] = sign * factor * force[:, column]
        detail = f"{name} x {factor:g} -> BW; braking + -> anterior +"
        history.append(HistoryEntry("converted", detail))
    return signals, used, history


def _joint_outputs(outputs: Outputs, kind: str) -> dict[str, tuple[str, str]]:
    return {
        name: (side, joint)
        for side, letter in _LETTER.items()
        for joint in _JOINTS
        if (name := f"{letter}{joint}{kind}") in outputs
    }


def _components(xyz: Array, motions: Sequence[str | None], ending: str) -> dict[str, Array]:
    return {
        f"{motion}_{ending}": np.ascontiguousarray(xyz[:, k])
        for k, motion in enumerate(motions)
        if motion is not None
    }


def _per_kg(
    kind: str, stated: str, values: Iterable[Array], where: str
) -> tuple[float, str, list[HistoryEntry]]:
    """Return factor and unit; Vicon writes ``Nmm`` and ``W`` also for values per kilogram."""
    table = _MOMENT_UNITS if kind == "moment" else _POWER_UNITS
    factor = _factor(kind, stated, table, where)
    base = "Nm" if kind == "moment" else "W"
    if unit_letters(stated).endswith("kg"):
        return factor, f"{base}_kg", []
    finite = np.concatenate([np.abs(value[np.isfinite(value)]).ravel() for value in values])
    largest = float(np.percentile(finite, 99.5)) * factor if finite.size else 0.0
    is_per_kg = largest <= _LARGEST_PER_KG[kind]
    unit = f"{base}_kg" if is_per_kg else base
    detail = (
        f"Plug-in Gait {kind}s stated in {stated} are in {unit}: their largest is {largest:.3g}"
    )
    return factor, unit, [HistoryEntry("assumed", detail)]


def _factor(kind: str, stated: str, table: Mapping[str, float], where: str) -> float:
    if unit_letters(stated) not in table:
        raise UnitError(
            expected=f"POINT:{kind.upper()}_UNITS to be one of {', '.join(table)}",
            got=repr(stated),
            where=where,
            fix=f"correct the parameter POINT:{kind.upper()}_UNITS in the C3D file",
        )
    return table[unit_letters(stated)]
