"""Simulated gait data: subjects, tasks and cycles from published means and spreads.

A request is checked before anything is made; subjects are then simulated some at a time, on
several processors, into memory or into files that memory need not hold.
"""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.locomotion_data import Layout
from locomotion_analysis.data.parquet import (
    refuse_other_ending,
    write_cycle_columns,
    write_long_columns,
    write_parquet,
)
from locomotion_analysis.errors import SchemaError, did_you_mean
from locomotion_analysis.files import atomic_path, remove_leftovers, write_all
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.simulation.base import RISE, Array, Trial, stride_normals, trait_normals
from locomotion_analysis.simulation.curves import (
    SubjectLegs,
    cycle_table,
    leg_curves,
    mean_legs,
    named_channels,
    subject_legs,
)
from locomotion_analysis.simulation.deviations import N_DEVIATION_NORMALS, stride_deviations
from locomotion_analysis.simulation.pathologies import PATHOLOGIES, WALKING_TASKS
from locomotion_analysis.simulation.people import N_DEVIATIONS, Population, draw_population
from locomotion_analysis.simulation.strides import (
    MEMORY_STRIDES,
    N_STRIDE_NORMALS,
    STRIDES_AFTER,
    STRIDES_BEFORE,
    draw_strides,
)
from locomotion_analysis.standard import N_PHASES

SIMULATED_TASKS = (*WALKING_TASKS, "run", "sit_to_stand")
"""Tasks the simulator knows."""

SPEED_RANGES_M_S = {"level_walking": (0.4, 2.0), "run": (2.0, 5.0)}
"""Speeds that can be asked for."""


@dataclass(frozen=True)
class Request:
    """Subjects, trials and seed of a simulation; counts and names are known to be possible."""

    n_subjects: int
    n_cycles: int
    tasks: tuple[str, ...]
    pathologies: tuple[str, ...]
    seed: int
    speeds: tuple[float, ...] = ()

    def trials(self, session: int = 0) -> list[Trial]:
        """Return what each subject does, in order."""
        trials = []
        for task in self.tasks:
            low, high = SPEED_RANGES_M_S.get(task, (np.inf, -np.inf))
            asked: list[float | None] = [v for v in self.speeds if low <= v <= high]
            trials += [Trial(task, v, session) for v in asked or [None]]
        return trials

    @property
    def cycles_a_subject(self) -> int:
        """Cycles of each subject in all trials."""
        return self.n_cycles * len(self.trials())

    def blocks(self, cycles_at_once: int, subjects: range | None = None) -> list[range]:
        """Cut the subjects (all, or those given) into runs of about so many cycles."""
        whole = range(self.n_subjects) if subjects is None else subjects
        batch = max(1, cycles_at_once // self.cycles_a_subject)
        return [whole[first : first + batch] for first in range(0, len(whole), batch)]


def checked_request(
    n_subjects: int,
    n_cycles: int,
    tasks: Sequence[str],
    pathologies: Sequence[str],
    seed: int,
    speeds: Sequence[float] = (),
) -> Request:
    """Return the request, or say what is impossible about it.

    Raises
    ------
    SchemaError
        If a count is below 1, a task or pathology is unknown, named twice or not done by such
        patients, a speed is out of range, or the seed is negative.
    """
    _check_count(n_subjects, "n_subjects")
    _check_count(n_cycles, "n_cycles")
    _check_names(tasks, SIMULATED_TASKS, "tasks")
    _check_names(pathologies, tuple(PATHOLOGIES), "pathologies")
    for name in pathologies:
        undone = [task for task in tasks if task not in PATHOLOGIES[name].tasks]
        if undone:
            raise SchemaError(
                expected=f"tasks that people with {name} do: {', '.join(PATHOLOGIES[name].tasks)}",
                got=", ".join(undone),
                where="arguments tasks and pathologies",
                fix=f"simulate {', '.join(undone)} of the healthy only",
            )
    _check_speeds(speeds, tasks)
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise SchemaError(
            expected="seed: a whole number of at least 0",
            got=repr(seed),
            where="argument seed",
            fix="use seed=0",
        )
    chosen = tuple(float(v) for v in speeds)
    return Request(int(n_subjects), int(n_cycles), tuple(tasks), tuple(pathologies), seed, chosen)


def _check_count(count: int, name: str) -> None:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
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
            fix=did_you_mean(unknown[0], known, f"leave out {', '.join(map(repr, unknown))}")
            if unknown
            else "name each once",
        )


def _check_speeds(speeds: Sequence[float], tasks: Sequence[str]) -> None:
    ranges = {task: SPEED_RANGES_M_S[task] for task in tasks if task in SPEED_RANGES_M_S}
    possible = ", ".join(f"{low} to {high} in {task}" for task, (low, high) in ranges.items())
    fits = [any(low <= v <= high for low, high in ranges.values()) for v in speeds]
    if not all(fits) or len(set(speeds)) != len(list(speeds)):
        raise SchemaError(
            expected=f"different speeds in m/s, {possible or 'in level_walking or run only'}",
            got=", ".join(f"{v:g}" for v in speeds),
            where="argument speeds",
            fix="leave out what is outside, or add the task that has such speeds",
        )


# Some subjects at a time

CYCLES_AT_ONCE = 128  # what fits the processor's cache is twice as fast as 1000
Item = TypeVar("Item")
Result = TypeVar("Result")
_NEIGHBOURS = STRIDES_BEFORE + STRIDES_AFTER


@dataclass(frozen=True)
class Block:
    """Some simulated cycles: table, channel names and curves (n_channels, n_cycles, 150)."""

    cycles: pd.DataFrame
    channels: tuple[str, ...]
    curves: NDArray[np.float32]


def healthy_or_ill(request: Request, subjects: range) -> Block:
    """Simulate the cycles of some subjects of a request."""
    people = draw_population(request.pathologies, request.seed, subjects)
    return simulate_people(people, subject_legs(people), request.trials(), request, subjects)


def simulate_people(
    people: Population, own: SubjectLegs, trials: list[Trial], request: Request, subjects: range
) -> Block:
    """Simulate the trials of given people: subject by subject, trial by trial."""
    shape = (len(people), len(trials), request.n_cycles, N_PHASES)
    channels: dict[str, NDArray[np.float32]] = {}
    tables = []
    for number, trial in enumerate(trials):
        rises = trial.task == RISE
        # A stride is one leg's; in sit to stand both legs make one movement.
        width = N_STRIDE_NORMALS + (1 + rises) * N_DEVIATION_NORMALS
        drawn = (request.n_cycles + _NEIGHBOURS, width)
        before, normals = stride_normals(request.seed, subjects, trial, MEMORY_STRIDES + 1, drawn)
        timing, differing = np.split(normals, [N_STRIDE_NORMALS], axis=2)
        strides = draw_strides(trial, people, before, timing)
        tables.append(cycle_table(trial, people, strides))
        if rises:
            differing = differing.reshape(len(people), -1, N_DEVIATION_NORMALS)
        deviations = stride_deviations(differing, own.noise_size, series=not rises)
        mean = mean_legs(trial.task, people, own, strides.mean)
        for start in range(0, request.n_cycles, CYCLES_AT_ONCE):
            some = slice(start, min(start + CYCLES_AT_ONCE, request.n_cycles))
            part = strides.some(some)
            differ = deviations.some(
                slice((1 + rises) * start, (1 + rises) * (some.stop + _NEIGHBOURS))
            )
            curves = leg_curves(trial.task, people, own, mean, part, differ)
            duration = part.of_cycles(part.duration_s)
            named = named_channels(trial.task, curves, duration, people.height_m)
            for name, values in named:
                channels.setdefault(name, np.empty(shape, np.float32))[:, number, some] = values
    rows = np.arange(len(trials) * len(people) * request.n_cycles)
    order = rows.reshape(len(trials), len(people), request.n_cycles).swapaxes(0, 1).ravel()
    table = pd.concat(tables, ignore_index=True).iloc[order].reset_index(drop=True)
    block = np.stack([values.reshape(-1, N_PHASES) for values in channels.values()])
    return Block(table, tuple(channels), block)


def in_order(
    make: Callable[[Item], Result], items: Iterable[Item], n_workers: int | None = None
) -> Iterator[Result]:
    """Yield ``make(item)`` of all items in their order, some of them made ahead by threads.

    Parameters
    ----------
    make : callable
        Mostly numpy, which lets other threads run.
    items : iterable
    n_workers : int, optional
        Threads; one a processor where not given. At most so many results are held.
    """
    n_workers = n_workers or os.cpu_count() or 1
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(n_workers) as threads:
        for item in items:
            waiting.append(threads.submit(make, item))
            if len(waiting) > n_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


# Into memory

SIMULATOR_VERSION = "3"
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
    legs' vertical force = one body weight over each step and what lifts the centre of mass, no net
    fore-aft impulse, centre of pressure from the ankle's balance. A trial is one series of strides:
    cycles of left and right overlap, and a leg goes on where its stride before ended.

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


# People before and after a treatment, some of whom respond

SESSIONS = ("pre", "post")
RESPONSE_THRESHOLD = 0.30
"""Share of the severity that must be gone for a responder."""

_MEAN_RESPONSE = 0.31
_LARGEST_RESPONSE = 0.75


def simulate_treatment(
    n_subjects: int = 40,
    n_cycles: int = 10,
    pathology: str = "knee_osteoarthritis",
    tasks: Sequence[str] = ("level_walking",),
    seed: int = 0,
    n_workers: int | None = None,
) -> LocomotionData:
    """Simulate patients before and after a treatment.

    The treatment takes a share of the severity away. The share depends on age, body mass index
    and how severe the disease was, and as much on what nobody measured; so whether somebody
    responds can be predicted from the first session in part only. The second session is another
    day: markers and form differ a little, besides the strides. No particular treatment is meant:
    the sizes are assumed, not fitted to a trial.

    Parameters
    ----------
    n_subjects, n_cycles : int
        Subjects, and cycles of each in each task and session.
    pathology : str
        Among those of :func:`simulate` except "healthy".
    tasks : sequence of str
        As for :func:`simulate`.
    seed : int
        The same seed gives the same data; the sessions before are those of :func:`simulate` with
        the same seed and this pathology alone.
    n_workers : int, optional
        Threads; one a processor where not given.

    Returns
    -------
    LocomotionData
        As from :func:`simulate`, with `session` ("pre", "post"; also at the end of `task_id`) and
        `responder`: whether at least 30 % of the severity is gone after the treatment. Severity,
        tests and falls are those of the session.

    Raises
    ------
    SchemaError
        As for :func:`simulate`, or if the pathology is "healthy".

    Examples
    --------
    >>> data = simulate_treatment(n_subjects=4, n_cycles=2)
    >>> len(data), sorted(data.cycles["session"].unique())
    (16, ['post', 'pre'])
    """
    if pathology == "healthy":
        raise SchemaError(
            expected=f"a pathology among {', '.join(n for n in PATHOLOGIES if n != 'healthy')}",
            got="'healthy'",
            where="argument pathology",
            fix="name the disease that is treated",
        )
    request = checked_request(n_subjects, n_cycles, tasks, [pathology], seed)
    blocks = request.blocks(CYCLES_AT_ONCE // len(SESSIONS))
    total = n_subjects * len(SESSIONS) * request.cycles_a_subject
    made = in_order(partial(_both_sessions, request), blocks, n_workers)
    treated = HistoryEntry(
        "treated", f"severity of {pathology} lowered in session post; assumed, not fitted", total
    )
    return joined(made, total, (*history_of(request, total), treated))


def response(people: Population) -> Array:
    """Share of the severity that the treatment takes away.

    Logistic in age, body mass index and severity against the cohort's usual, and in a trait
    that shows nowhere else.
    """
    age_mean, age_sd = people.of_pathology("age").T
    alpha, beta = people.of_pathology("severity").T
    older = (people.age - age_mean) / age_sd
    worse = (people.severity - alpha / (alpha + beta)) / 0.2
    usual = 28.0 * people.of_pathology("bmi_factor")
    heavier = np.where(people.age < 18.0, 0.0, people.bmi / usual - 1.0)
    latent = -0.45 * older - 1.2 * heavier - 0.45 * worse + 0.6 * people.trait("response")
    centre = np.log(_MEAN_RESPONSE / (_LARGEST_RESPONSE - _MEAN_RESPONSE))
    share: Array = _LARGEST_RESPONSE * expit(centre + latent)
    return share


def _both_sessions(request: Request, subjects: range) -> Block:
    before = draw_population(request.pathologies, request.seed, subjects)
    share = response(before)
    after = before.with_severity(before.severity * (1 - share))
    another_day = trait_normals(request.seed, subjects, N_DEVIATIONS, session=1)
    responder = share >= RESPONSE_THRESHOLD
    sessions = [
        _session(before, None, 0, request, subjects, responder),
        _session(after, another_day, 1, request, subjects, responder),
    ]
    # Each subject's sessions one after the other.
    n_rows = 2 * len(sessions[0].cycles)
    order = np.arange(n_rows).reshape(2, len(subjects), -1).swapaxes(0, 1).ravel()
    cycles = pd.concat([block.cycles for block in sessions], ignore_index=True).iloc[order]
    curves = np.concatenate([block.curves for block in sessions], axis=1)[:, order]
    return Block(cycles.reset_index(drop=True), sessions[0].channels, curves)


def _session(
    people: Population,
    another_day: Array | None,
    number: int,
    request: Request,
    subjects: range,
    responder: NDArray[np.bool_],
) -> Block:
    own = subject_legs(people, another_day)
    block = simulate_people(people, own, request.trials(number), request, subjects)
    each = len(block.cycles) // len(people)
    cycles = block.cycles.assign(
        task_id=block.cycles["task_id"] + f"_{SESSIONS[number]}",
        session=SESSIONS[number],
        responder=np.repeat(responder, each),
    )
    return replace(block, cycles=cycles)


# Into files that memory need not hold

_ROWS = {"cycle": write_cycle_columns, "long": write_long_columns}
_CYCLES_A_TABLE = {"cycle": 1000, "long": 200}
_CYCLES_A_PART = 4000
_MANIFEST = "simulation.json"


def write_simulation(
    out: str | os.PathLike[str],
    n_subjects: int,
    n_cycles: int,
    tasks: Sequence[str] = WALKING_TASKS,
    pathologies: Sequence[str] = DEFAULT_PATHOLOGIES,
    seed: int = 0,
    speeds: Sequence[float] = (),
    layout: Layout = "cycle",
    n_workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Simulate any number of cycles and write them, a few thousand in memory at a time.

    Parameters
    ----------
    out : path-like
        A file that ends in ``.parquet``; else a folder of parts of some 4,000 cycles, each of
        whole subjects. A folder that was begun with the same request goes on where it stopped.
    n_subjects, n_cycles, tasks, pathologies, seed, speeds, n_workers
        As for :func:`simulate`, whose cycles these are.
    layout : {"cycle", "long"}
        One row a cycle, or 150.
    progress : callable, optional
        Told ``(stage, subjects done, all)``.

    Returns
    -------
    int
        Cycles written or found in the folder.

    Raises
    ------
    SchemaError
        As for :func:`simulate`, or if the folder holds something else.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> out = pathlib.Path(tempfile.mkdtemp()) / "walk.parquet"
    >>> write_simulation(out, n_subjects=4, n_cycles=2, tasks=["level_walking"])
    8
    """
    request = checked_request(n_subjects, n_cycles, tasks, pathologies, seed, speeds)
    report = progress or silent
    refuse_other_ending(out)
    if Path(out).suffix == ".parquet":
        _write_file(Path(out), request, layout, n_workers, report)
    else:
        _write_folder(Path(out), request, layout, n_workers, report)
    return n_subjects * request.cycles_a_subject


def _write_file(
    out: Path, request: Request, layout: Layout, n_workers: int | None, progress: Progress
) -> None:
    blocks = request.blocks(_CYCLES_A_TABLE[layout])
    total = request.n_subjects * request.cycles_a_subject
    channels = list(healthy_or_ill(request, range(1)).channels)

    def tables() -> Iterator[pa.Table]:
        made = in_order(partial(_some, request), blocks, n_workers)
        for subjects, data in zip(blocks, made, strict=True):
            yield pa.table(_ROWS[layout](data.cycles, data.block, data.channels))
            progress("simulating subjects", subjects.stop, request.n_subjects)

    with atomic_path(out) as temporary:
        write_parquet(temporary, tables(), history_of(request, total), channels)


def _write_folder(
    folder: Path, request: Request, layout: Layout, n_workers: int | None, progress: Progress
) -> None:
    text = json.dumps({"version": SIMULATOR_VERSION, "layout": layout, **asdict(request)}, indent=1)
    place = folder / _MANIFEST
    if not place.is_file() or place.read_text() != text:  # else the same request began it
        remove_leftovers(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise SchemaError(
                expected="a new folder, or one that the same request began",
                got="a folder of another simulation" if place.is_file() else "something else there",
                where=str(folder),
                fix="choose another --out, or end the name in .parquet for one file",
            )
        write_all({place: text})
    parts = request.blocks(_CYCLES_A_PART)
    numbered = [(folder / f"part-{number:05d}.parquet", part) for number, part in enumerate(parts)]
    waiting = [pair for pair in numbered if not pair[0].exists()]
    done = request.n_subjects - sum(len(part) for _, part in waiting)
    progress("simulating subjects", done, request.n_subjects)
    for count in in_order(partial(_write_part, request, layout), waiting, n_workers):
        done += count
        progress("simulating subjects", done, request.n_subjects)


def _some(request: Request, subjects: range) -> LocomotionData:
    """Simulate some subjects, few at a time."""
    total = len(subjects) * request.cycles_a_subject
    made = (healthy_or_ill(request, few) for few in request.blocks(CYCLES_AT_ONCE, subjects))
    return joined(made, total, history_of(request, total))


def _write_part(request: Request, layout: Layout, place: tuple[Path, range]) -> int:
    path, subjects = place
    _some(request, subjects).to_parquet(path, layout=layout)
    return len(subjects)
