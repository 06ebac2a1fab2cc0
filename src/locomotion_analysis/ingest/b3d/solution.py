"""One solved trial of a B3D file: the model's degrees of freedom over time."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.ingest.b3d.b3d_file import B3DHeader, B3DTrial, read_b3d_frames
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

_POSITION, _VELOCITY, _TORQUE, _WRENCH = 1, 2, 4, 5
_DYNAMICS = 1
_PASS_NAMES = {0: "kinematics", 1: "dynamics", 2: "low-pass filter"}
_COORDINATE = re.compile(r"<Coordinate\s+name\s*=\s*[\"']([^\"']+)[\"']")
_FOLLOWERS = ("_beta",)
_ROOT_FORCES = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
_STEP_M = 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class B3DSolution:
    """One pass over one trial.

    Attributes
    ----------
    names : list of str
        Coordinates of the OpenSim model, one a degree of freedom.
    position, velocity, torque : ndarray, shape (n_frames, n_dofs)
        rad or m, per second, Nm or N; NaN where not observed or not solved.
    wrench : ndarray, shape (n_frames, 6 * n_bodies)
        Torque about the origin and force of each contact body, y up.
    history : tuple of HistoryEntry
    """

    names: list[str]
    position: Array
    velocity: Array
    torque: Array
    wrench: Array
    history: tuple[HistoryEntry, ...]


def read_solution(path: Path, header: B3DHeader, index: int) -> B3DSolution:
    """Read the last dynamics pass of a trial, else its last pass.

    Raises
    ------
    FileReadError
        If the trial has markers only, or its frames do not fit the header.
    """
    trial = header.trials[index]
    if not trial.pass_types:
        raise FileReadError(
            expected="a trial with a processing pass (joint angles)",
            got=f"trial {trial.name} with markers only",
            where=str(path),
            fix="process the subject with AddBiomechanics first: joint angles are not computed here",
        )
    chosen = _chosen_pass(trial)
    frames = read_b3d_frames(path, header, index, chosen)
    names = _degree_names(header, chosen, path)
    shape = (trial.n_frames, header.n_dofs)
    values = [
        frames.get(number, np.full(shape, np.nan)) for number in (_POSITION, _VELOCITY, _TORQUE)
    ]
    for value in values:
        if value.shape != shape:
            raise FileReadError(
                expected=f"{header.n_dofs} values a frame",
                got=f"{value.shape[1]}",
                where=f"{path}, trial {trial.name}",
            )
    position, velocity, torque = values
    wrench = frames.get(_WRENCH, np.empty((trial.n_frames, 0)))
    torque, wrench, history = _without_missing_forces(trial, torque, wrench)
    kind = _PASS_NAMES.get(trial.pass_types[chosen], "unknown")
    used = HistoryEntry("read", f"pass {chosen + 1} of {len(trial.pass_types)} ({kind})")
    seen = trial.observed[chosen]
    if seen.size == header.n_dofs and not seen.all():
        unseen = [name for name, flag in zip(names, seen, strict=True) if not flag]
        position, velocity = (np.where(seen.astype(bool), x, np.nan) for x in (position, velocity))
        detail = f"degrees of freedom that were not observed: {', '.join(unseen)}"
        history.append(HistoryEntry("dropped", detail, len(unseen)))
    return B3DSolution(names, position, velocity, torque, wrench, (used, *history))


def _chosen_pass(trial: B3DTrial) -> int:
    """Return the last dynamics pass, else the last of all."""
    dynamics = [k for k, kind in enumerate(trial.pass_types) if kind == _DYNAMICS]
    return dynamics[-1] if dynamics else len(trial.pass_types) - 1


def _degree_names(header: B3DHeader, chosen: int, path: Path) -> list[str]:
    """Return the names of the degrees of freedom, in the order of the model's text.

    Coordinates that follow another one (the patella's ``knee_angle_r_beta``) are none.
    """
    texts = [*header.models[chosen : chosen + 1], *header.models]
    text = next((text for text in texts if text), "")
    names = [name for name in _COORDINATE.findall(text) if not name.endswith(_FOLLOWERS)]
    if len(names) != header.n_dofs or len(set(names)) != len(names):
        raise FileReadError(
            expected=f"a model with {header.n_dofs} coordinates, the file's degrees of freedom",
            got=f"{len(names)} coordinates",
            where=str(path),
        )
    return names


def _without_missing_forces(
    trial: B3DTrial, torque: Array, wrench: Array
) -> tuple[Array, Array, list[HistoryEntry]]:
    """Blank moments and forces in frames whose forces are incomplete or were not solved."""
    history = []
    unsolved = ~np.nan_to_num(torque).any(axis=1)
    missing = np.zeros(trial.n_frames, dtype=bool)
    if trial.missing_force.size == trial.n_frames:
        missing = trial.missing_force != 0
    if unsolved.any():
        count = int(unsolved.sum())
        history.append(HistoryEntry("dropped", "moments of frames that were not solved", count))
    if missing.any():
        detail = "moments and forces of frames whose ground reaction is incomplete"
        history.append(HistoryEntry("dropped", detail, int(missing.sum())))
    torque = np.where((unsolved | missing)[:, None], np.nan, torque)
    return torque, np.where(missing[:, None], np.nan, wrench), history


def residual_entry(solution: B3DSolution, mass_kg: float) -> HistoryEntry:
    """Say how far the moments are from mechanics: the force left over at the pelvis."""
    columns = [k for k, name in enumerate(solution.names) if name in _ROOT_FORCES]
    left_over = np.linalg.norm(solution.torque[:, columns], axis=1)
    if len(columns) != len(_ROOT_FORCES) or not np.isfinite(left_over).any():
        return HistoryEntry("read", "moments without a force at the pelvis to judge them by")
    newton = float(np.nanmedian(left_over))
    part = f", {newton / (mass_kg * STANDARD_GRAVITY_M_S2):.2f} BW" if mass_kg > 0 else ""
    return HistoryEntry("read", f"moments leave a force of {newton:.0f} N{part} at the pelvis")


def walking_direction(solution: B3DSolution) -> Array:
    """Return the direction of progress, a unit vector in z-up laboratory axes.

    From the pelvis's way over the floor where it is longer than a step, else where it faces.
    """
    place = dict(zip(solution.names, solution.position.T, strict=True))
    way = np.zeros(2)
    if "pelvis_tx" in place and "pelvis_tz" in place:
        x, z = place["pelvis_tx"], place["pelvis_tz"]
        way = np.nan_to_num(np.array([x[-1] - x[0], z[0] - z[-1]]))
    if np.hypot(*way) < _STEP_M:
        turn = place.get("pelvis_rotation", np.zeros(1))
        angle = float(np.nanmedian(turn)) if np.isfinite(turn).any() else 0.0
        way = np.array([np.cos(angle), np.sin(angle)])
    return np.append(way / np.hypot(*way), 0.0)
