"""Simulated gait data: subjects, tasks and cycles from published means and spreads."""

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.simulation.blocks import (
    CYCLES_AT_ONCE,
    Block,
    healthy_or_ill,
    in_order,
)
from locomotion_analysis.simulation.request import WALKING_TASKS, Request, checked_request
from locomotion_analysis.standard import N_PHASES

SIMULATOR_VERSION = "2"
DEFAULT_PATHOLOGIES = ("healthy", "stroke", "parkinsons")
_SOURCES = (
    "level walking: Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015) with "
    "adult amplitudes after Winter and Fukuchi, Fukuchi & Duarte 2018 (doi:10.7717/peerj.4640); "
    "ramps: Embry et al. 2018; running: Fukuchi, Fukuchi & Duarte 2017 (doi:10.7717/peerj.3298); "
    "stairs and sit to stand: reconstructed from published peaks (Riener 2002, Protopapadaki "
    "2007, Costigan 2002, Kotake 1993, Yoshioka 2007); no person was measured"
)


def simulate(
    n_subjects: int = 36,
    n_cycles: int = 10,
    tasks: Sequence[str] = WALKING_TASKS,
    pathologies: Sequence[str] = DEFAULT_PATHOLOGIES,
    seed: int = 0,
    speeds: Sequence[float] = (),
    n_workers: int | None = None,
) -> LocomotionData:
    """Simulate gait cycles of healthy and ill people.

    Published mean curves (functions of speed and slope) plus what makes people differ from the
    mean, strides from each other, and patients from the healthy; then the physics: segment
    angles from the joint angles, velocities from the angles, power = moment x velocity, both
    legs' vertical force = one body weight over the cycle, no net fore-aft impulse, centre of
    pressure from the ankle's balance.

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
        the pitch line; a cycle of "sit_to_stand" is one rise from a 46 cm chair, both legs in
        phase, without steps and speed. Only the healthy run.
    pathologies : sequence of str
        Among "healthy", "stroke", "parkinsons", "knee_osteoarthritis", "cerebral_palsy" (6 to
        17 years), "transtibial_amputation", "transfemoral_amputation" and "fall_risk".
    seed : int
        The same seed gives the same data. More subjects, tasks or cycles leave the others
        unchanged.
    speeds : sequence of float
        Speeds (m/s) for everybody instead of their own: 0.4 to 2.0 in "level_walking", 2.0 to
        5.0 in "run". `task_id` tells them apart. Other tasks keep the subject's own speed.
    n_workers : int, optional
        Threads; one a processor where not given. The data do not depend on it.

    Returns
    -------
    LocomotionData
        Cycles of dataset "simulated": both legs' joint and segment angles, velocities, moments,
        powers, ground reaction forces and centre of pressure, and the pelvis and trunk.
        ``cycles.simulated`` is True throughout. `faller` is missing below 65 years.

    Raises
    ------
    SchemaError
        If a count is below 1, a task or pathology is unknown, named twice or not done by such
        patients, a speed is out of range, or the seed is negative.

    Examples
    --------
    >>> data = simulate(n_subjects=6, n_cycles=2, tasks=["level_walking"])
    >>> len(data)
    12
    >>> data.curves("knee_flexion_angle_ipsi_rad").shape
    (12, 150)
    """
    request = checked_request(n_subjects, n_cycles, tasks, pathologies, seed, speeds)
    blocks = request.blocks(CYCLES_AT_ONCE)
    total = n_subjects * request.cycles_a_subject
    made = in_order(partial(healthy_or_ill, request), blocks, n_workers)
    return joined(made, total, history_of(request, total))


def history_of(request: Request, n_cycles: int) -> tuple[HistoryEntry, ...]:
    """Say that the cycles are simulated, and from what."""
    detail = f"seed {request.seed}, simulator version {SIMULATOR_VERSION}; {_SOURCES}"
    return (HistoryEntry("simulated", detail, n_cycles),)


def joined(
    blocks: Iterable[Block], n_cycles: int, history: tuple[HistoryEntry, ...]
) -> LocomotionData:
    """Put blocks of `n_cycles` cycles in all one after the other."""
    curves, done = np.empty((0, 0, 0), np.float32), 0
    tables: list[pd.DataFrame] = []
    channels: tuple[str, ...] = ()
    for block in blocks:
        if not tables:
            channels = block.channels
            curves = np.empty((len(channels), n_cycles, N_PHASES), np.float32)
        curves[:, done : done + len(block.cycles)] = block.curves
        done += len(block.cycles)
        tables.append(block.cycles)
    return LocomotionData(pd.concat(tables, ignore_index=True), curves, channels, history)
