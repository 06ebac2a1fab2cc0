"""Ground-reaction forces in OpenSim's tables as force plates, or as signals of a named foot."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.opensim.opensim_file import OpenSimTable
from locomotion_analysis.ingest.recording import Plate, Stream

Array = NDArray[np.float64]

_COLUMN = re.compile(r"^(?P<body>.+?)_?(?P<kind>v|p|m|t)?_?(?P<axis>[xyz123])$")
_FILLER = re.compile(r"ground|force|moment|torque|plate|grf|cop|external|_|\.")
_AXIS = {"x": 0, "y": 1, "z": 2, "1": 0, "2": 1, "3": 2}
_SIDE = {"r": "right", "right": "right", "l": "left", "left": "left"}
_LOADED_N = 20.0
"""Below this vertical force the centre of pressure is noise."""


@dataclass
class _Group:
    """The columns of one plate or foot: kind (v, p, m) -> axis -> column."""

    columns: dict[str, dict[int, str]] = field(default_factory=dict)

    def complete(self, kind: str) -> bool:
        return len(self.columns.get(kind, {})) == 3

    def vector(self, table: OpenSimTable, kind: str) -> Array:
        if not self.complete(kind):
            return np.zeros((len(table.time_s), 3))
        return np.column_stack([table.column(self.columns[kind][axis]) for axis in range(3)])


def force_columns(table: OpenSimTable) -> set[str]:
    """Return the columns that make up complete ground-reaction forces."""
    return {
        column
        for group in _groups(table.columns).values()
        for axes in group.columns.values()
        for column in axes.values()
    }


def ground_forces(
    table: OpenSimTable,
) -> tuple[tuple[Plate, ...], Stream | None, list[HistoryEntry]]:
    """Turn external-force columns into plates, or into signals where names tell the foot.

    Parameters
    ----------
    table : OpenSimTable
        Force ``v``, point ``p`` and torque ``m`` of each plate, N, m and Nm.

    Returns
    -------
    tuple of Plate, Stream or None, list of HistoryEntry
        Plates in laboratory axes with z up; the stream carries
        ``grf_<vertical|anterior|lateral>_<left|right>_N`` and the matching ``cop``.
    """
    groups = _groups(table.columns)
    if not groups:
        return (), None, []
    plates, history = _plates(table, groups)
    sided = {name: _SIDE[name] for name in groups if name in _SIDE}
    if set(sided.values()) != {"left", "right"} or len(sided) != len(groups):
        return tuple(plates.values()), None, history
    feet = {sided[name]: plate for name, plate in plates.items()}
    signals, entries = _foot_signals(feet)
    return (), Stream(table.time_s, signals), history + entries


def lab_axes(vectors: Array, up: int) -> Array:
    """Turn vectors of shape (n, 3) so that z is up: from y up, x stays and -z becomes y.

    Examples
    --------
    >>> lab_axes(np.array([[1.0, 2.0, 3.0]]), up=1)
    array([[ 1., -3.,  2.]])
    """
    if up == 2:
        return vectors
    order, signs = ((0, 2, 1), (1.0, -1.0, 1.0)) if up == 1 else ((1, 2, 0), (1.0, 1.0, 1.0))
    turned: Array = vectors[:, order] * np.array(signs)
    return turned


def axes_entry(up: int, what: str) -> HistoryEntry:
    """Return the history entry of :func:`lab_axes`."""
    return HistoryEntry("converted", f"{what}: laboratory axes with {'xyz'[up]} up to z up")


def _groups(columns: Iterable[str]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for column in columns:
        match = _COLUMN.match(column.lower())
        if match is None or not re.search(r"force|moment|torque|grf|cop|fp", match["body"]):
            continue
        kind = match["kind"] or ("m" if re.search("torque|moment", match["body"]) else "")
        if kind:
            name = _FILLER.sub("", match["body"])
            own = groups.setdefault(name, _Group()).columns
            own.setdefault({"t": "m"}.get(kind, kind), {})[_AXIS[match["axis"]]] = column
    return {name: group for name, group in groups.items() if group.complete("v")}


def _plates(
    table: OpenSimTable, groups: dict[str, _Group]
) -> tuple[dict[str, Plate], list[HistoryEntry]]:
    forces = {name: group.vector(table, "v") for name, group in groups.items()}
    every = np.concatenate(list(forces.values()))
    up = int(np.nan_to_num(np.nanmean(np.abs(every), axis=0)).argmax()) if every.size else 1
    history = [] if up == 2 else [axes_entry(up, "forces and centres of pressure")]
    loaded = every[np.abs(every[:, up]) > _LOADED_N, up]
    sign = -1.0 if len(loaded) and np.median(loaded) < 0 else 1.0
    if sign < 0:
        detail = "forces and torques x -1: they point down, so they are those on the plate"
        history.append(HistoryEntry("converted", detail))
    plates = {}
    for name, group in groups.items():
        force = sign * lab_axes(forces[name], up)
        point = lab_axes(group.vector(table, "p"), up)
        torque = sign * lab_axes(group.vector(table, "m"), up)
        if not group.complete("p") and not group.complete("m"):
            history.append(HistoryEntry("read", f"force {name or '1'} without centre of pressure"))
            point = np.full_like(point, np.nan)
        plates[name] = _plate(table.time_s, force, point, torque)
    return plates, history


def _plate(time_s: Array, force: Array, point: Array, torque: Array) -> Plate:
    """Move a wrench from `point` to the centre of pressure at the same height."""
    vertical = force[:, 2]
    loaded = np.abs(vertical) > _LOADED_N
    divisor = np.where(loaded, vertical, np.nan)
    arm_x, arm_y = -torque[:, 1] / divisor, torque[:, 0] / divisor
    cop = np.where(loaded[:, None], point, np.nan)
    cop[:, 0] += arm_x
    cop[:, 1] += arm_y
    twist = torque[:, 2] - np.nan_to_num(arm_x * force[:, 1] - arm_y * force[:, 0])
    return Plate(time_s, force, cop, np.where(loaded, twist, 0.0))


def _foot_signals(feet: dict[str, Plate]) -> tuple[dict[str, Array], list[HistoryEntry]]:
    forward, entry = _forward(list(feet.values()))
    signals = {}
    for side, plate in feet.items():
        # With z up and x forward, y points to the left.
        outward = forward if side == "left" else -forward
        signals[f"grf_vertical_{side}_N"] = plate.force_N[:, 2]
        signals[f"grf_anterior_{side}_N"] = forward * plate.force_N[:, 0]
        signals[f"grf_lateral_{side}_N"] = outward * plate.force_N[:, 1]
        if np.isfinite(plate.cop_m).any():
            signals[f"cop_anterior_{side}_m"] = forward * plate.cop_m[:, 0]
            signals[f"cop_lateral_{side}_m"] = outward * plate.cop_m[:, 1]
    dropped = HistoryEntry("dropped", "free moments: no standard channel", len(feet))
    origin = HistoryEntry("read", "centres of pressure from the laboratory's origin")
    return signals, [entry, dropped, origin]


def _forward(plates: list[Plate]) -> tuple[float, HistoryEntry]:
    """Return +1 for a walk towards +x, by braking before propulsion in each contact."""
    score = sum(_braking_first(plate.force_N[:, 0], plate.force_N[:, 2]) for plate in plates)
    if score >= 0:
        detail = "anterior = +x of the laboratory" + ("" if score else " (no contact tells)")
        return 1.0, HistoryEntry("assumed" if not score else "read", detail)
    return -1.0, HistoryEntry("converted", "anterior = -x of the laboratory: braking comes first")


def _braking_first(fore: Array, vertical: Array) -> float:
    """Return the change of the fore-aft impulse from first to second half, over contacts."""
    loaded = np.concatenate([[False], np.nan_to_num(vertical) > _LOADED_N, [False]])
    edges = np.flatnonzero(np.diff(loaded.astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    whole = (starts > 0) & (stops < len(vertical))
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(fore))])
    middles = (starts + stops) // 2
    change = sums[stops] - 2.0 * sums[middles] + sums[starts]
    return float(change[whole].sum())
