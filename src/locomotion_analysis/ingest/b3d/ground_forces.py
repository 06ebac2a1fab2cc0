"""Ground reactions of a B3D file: one wrench a foot, about the laboratory's origin."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.opensim.external_forces import axes_entry, lab_axes

Array = NDArray[np.float64]

_SIDE = re.compile(r"_(?P<side>[lr])$")
_SIDES = {"l": "left", "r": "right"}
_LOADED_N = 20.0
_UP = 1


def ground_reaction_signals(
    wrench: Array, bodies: Sequence[str], forward: Array
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Turn contact wrenches into forces and centres of pressure of each foot.

    With the torque T about the origin and the floor at height 0, the centre of pressure is
    x = -Ty / Fz, y = Tx / Fz (z up).

    Parameters
    ----------
    wrench : ndarray, shape (n, 6 * n_bodies)
        For each body torque (Nm) and force (N) in the laboratory, y up.
    bodies : sequence of str
        Contact bodies, for example ``calcn_r``.
    forward : ndarray, shape (3,)
        Direction of progress, z up.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``grf_<vertical|anterior|lateral>_<left|right>_N`` and
        ``cop_<anterior|lateral>_<left|right>_m``, from the laboratory's origin, NaN below 20 N.
    list of HistoryEntry
    """
    if wrench.shape[1] != 6 * len(bodies) or not np.nan_to_num(wrench).any():
        return {}, [HistoryEntry("dropped", "ground reactions: the chosen pass has none")]
    forces: dict[str, Array] = {}
    torques: dict[str, Array] = {}
    unnamed = []
    for k, body in enumerate(bodies):
        match = _SIDE.search(body)
        if match is None:
            unnamed.append(body)
            continue
        side = _SIDES[match["side"]]
        torque = lab_axes(wrench[:, 6 * k : 6 * k + 3], _UP)
        force = lab_axes(wrench[:, 6 * k + 3 : 6 * k + 6], _UP)
        # A foot may be more than one body (heel and toes): wrenches about one point add up.
        forces[side] = forces.get(side, 0.0) + force
        torques[side] = torques.get(side, 0.0) + torque
    signals: dict[str, Array] = {}
    for side, force in forces.items():
        signals |= _foot(force, torques[side], side, forward)
    history = [axes_entry(_UP, "markers, forces and centres of pressure")]
    if unnamed:
        detail = f"contact bodies that name no foot: {', '.join(unnamed)}"
        history.append(HistoryEntry("dropped", detail, len(unnamed)))
    return signals, history


def _foot(force: Array, torque: Array, side: str, forward: Array) -> dict[str, Array]:
    leftward = np.array([-forward[1], forward[0], 0.0])
    outward = leftward if side == "left" else -leftward
    vertical = np.where(force[:, 2] >= _LOADED_N, force[:, 2], np.nan)
    cop = np.column_stack([-torque[:, 1] / vertical, torque[:, 0] / vertical, 0.0 * vertical])
    return {
        f"grf_vertical_{side}_N": force[:, 2].copy(),
        f"grf_anterior_{side}_N": force @ forward,
        f"grf_lateral_{side}_N": force @ outward,
        f"cop_anterior_{side}_m": cop @ forward,
        f"cop_lateral_{side}_m": cop @ outward,
    }
