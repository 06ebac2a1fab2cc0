"""Simulated gait data: subjects, tasks and cycles from published means and spreads."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation.assembly import cycle_table, named_channels
from locomotion_analysis.simulation.legs import SubjectLegs, leg_curves, subject_legs
from locomotion_analysis.simulation.pathology import PATHOLOGIES
from locomotion_analysis.simulation.population import Population, draw_population
from locomotion_analysis.simulation.random_streams import Array, stride_normals
from locomotion_analysis.simulation.spatiotemporal import N_STRIDE_NORMALS, draw_strides
from locomotion_analysis.simulation.variability import N_FORCE, N_LEG
from locomotion_analysis.standard import N_PHASES

SIMULATOR_VERSION = "1"
SIMULATED_TASKS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
"""Tasks the simulator knows."""

_CYCLES_AT_ONCE = 200  # what fits the processor's cache is twice as fast as 1000
_SOURCES = (
    "level walking: Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015) with "
    "adult amplitudes after Winter and Fukuchi, Fukuchi & Duarte 2018 (doi:10.7717/peerj.4640); "
    "ramps: Embry et al. 2018; stairs: reconstructed from published peaks (Riener 2002, "
    "Protopapadaki 2007, Costigan 2002); no person was measured"
)


def simulate(
    n_subjects: int = 36,
    n_cycles: int = 10,
    tasks: Sequence[str] = SIMULATED_TASKS,
    pathologies: Sequence[str] = ("healthy", "stroke", "parkinsons"),
    seed: int = 0,
) -> LocomotionData:
    """Simulate gait cycles of healthy and ill adults.

    Published mean curves (functions of speed and slope) plus what makes people differ from the
    mean, strides from each other, and patients from the healthy; then the physics: segment
    angles from the joint angles, velocities from the angles, power = moment x velocity, both
    legs' vertical force = one body weight over the cycle, no net fore-aft impulse.

    Parameters
    ----------
    n_subjects : int
        Subjects; diagnoses take turns among them.
    n_cycles : int
        Cycles of each subject in each task. Left and right strides take turns as the
        ipsilateral leg, so a stroke subject's cycles start with the paretic leg every other time.
    tasks : sequence of str
        Among :data:`SIMULATED_TASKS`. The slope of the ramps is 5 or 10 degrees, fixed for a
        subject; stairs have 0.17 m risers and 30 degrees pitch, and length and speed run along
        the pitch line.
    pathologies : sequence of str
        Among "healthy", "stroke", "parkinsons".
    seed : int
        The same seed gives the same data. More subjects, tasks or cycles leave the others
        unchanged.

    Returns
    -------
    LocomotionData
        ``n_subjects * len(tasks) * n_cycles`` cycles of dataset "simulated": both legs' joint and
        segment angles, velocities, moments, powers and ground reaction forces, and the pelvis.
        ``cycles.simulated`` is True throughout.

    Raises
    ------
    SchemaError
        If a count is below 1, a task or pathology is unknown or named twice, or the seed is
        negative.

    Examples
    --------
    >>> data = simulate(n_subjects=6, n_cycles=2, tasks=["level_walking"])
    >>> len(data)
    12
    >>> data.curves("knee_flexion_angle_ipsi_rad").shape
    (12, 150)
    """
    _check_count(n_subjects, "n_subjects")
    _check_count(n_cycles, "n_cycles")
    _check_names(tasks, SIMULATED_TASKS, "tasks")
    _check_names(pathologies, tuple(PATHOLOGIES), "pathologies")
    _check_seed(seed)
    batch = max(1, _CYCLES_AT_ONCE // n_cycles)
    blocks = [range(s, min(s + batch, n_subjects)) for s in range(0, n_subjects, batch)]
    parts = [_simulate_block(b, n_cycles, tuple(tasks), tuple(pathologies), seed) for b in blocks]
    tables = pd.concat([table for table, _, _ in parts], ignore_index=True)
    curves = np.concatenate([block for _, _, block in parts], axis=1)
    detail = f"seed {seed}, simulator version {SIMULATOR_VERSION}; {_SOURCES}"
    history = (HistoryEntry("simulated", detail, len(tables)),)
    return LocomotionData(tables, curves, parts[0][1], history)


def _simulate_block(
    subjects: range, n_cycles: int, tasks: tuple[str, ...], pathologies: tuple[str, ...], seed: int
) -> tuple[pd.DataFrame, list[str], NDArray[np.float32]]:
    """Simulate some subjects: table, channel names, curves (n_channels, n_cycles, n_phases)."""
    people = draw_population(pathologies, seed, subjects)
    own = subject_legs(people)
    each = [_simulate_task(task, people, own, subjects, n_cycles, seed) for task in tasks]
    names = list(each[0][1])
    by_task = np.arange(len(tasks) * len(people) * n_cycles)
    order = by_task.reshape(len(tasks), len(people), n_cycles).swapaxes(0, 1).ravel()
    table = pd.concat([rows for rows, _ in each], ignore_index=True).iloc[order]
    curves = np.empty((len(names), len(people), len(tasks), n_cycles, N_PHASES), np.float32)
    for number, (_, found) in enumerate(each):
        for index, name in enumerate(names):
            curves[index, :, number] = found[name]
    return table, names, curves.reshape(len(names), -1, N_PHASES)


def _simulate_task(
    task: str, people: Population, own: SubjectLegs, subjects: range, n_cycles: int, seed: int
) -> tuple[pd.DataFrame, dict[str, Array]]:
    width = N_STRIDE_NORMALS + 2 * (N_LEG + N_FORCE)
    normals = stride_normals(seed, subjects, task, n_cycles, width)
    strides = draw_strides(task, people, normals[..., :N_STRIDE_NORMALS])
    legs, forces = leg_curves(task, people, own, strides, normals[..., N_STRIDE_NORMALS:])
    return cycle_table(task, people, strides), named_channels(legs, forces, strides.duration_s)


def _check_count(count: int, name: str) -> None:
    if not isinstance(count, int | np.integer) or count < 1:
        raise SchemaError(
            expected=f"{name}: a whole number of at least 1",
            got=repr(count),
            where=f"argument {name}",
            fix=f"ask for {name}=1 or more",
        )


def _check_names(asked: Iterable[str], known: tuple[str, ...], what: str) -> None:
    names = list(asked)
    unknown = [name for name in names if name not in known]
    if unknown or not names or len(set(names)) != len(names) or isinstance(asked, str):
        raise SchemaError(
            expected=f"{what}: a list of different names among {', '.join(known)}",
            got=repr(asked),
            where=f"argument {what}",
            fix=f"leave out {', '.join(map(repr, unknown))}" if unknown else "name each once",
        )


def _check_seed(seed: int) -> None:
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise SchemaError(
            expected="seed: a whole number of at least 0",
            got=repr(seed),
            where="argument seed",
            fix="use seed=0",
        )
