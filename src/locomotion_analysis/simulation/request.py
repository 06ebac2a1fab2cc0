"""What is asked of the simulator, checked before anything is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation.pathologies import PATHOLOGIES
from locomotion_analysis.simulation.random_streams import Trial

WALKING_TASKS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
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
    _check_done(tasks, pathologies)
    _check_speeds(speeds, tasks)
    _check_seed(seed)
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
            fix=f"leave out {', '.join(map(repr, unknown))}" if unknown else "name each once",
        )


def _check_done(tasks: Sequence[str], pathologies: Sequence[str]) -> None:
    for name in pathologies:
        undone = [task for task in tasks if task not in PATHOLOGIES[name].tasks]
        if undone:
            raise SchemaError(
                expected=f"tasks that people with {name} do: {', '.join(PATHOLOGIES[name].tasks)}",
                got=", ".join(undone),
                where="arguments tasks and pathologies",
                fix=f"simulate {', '.join(undone)} of the healthy only",
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


def _check_seed(seed: int) -> None:
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise SchemaError(
            expected="seed: a whole number of at least 0",
            got=repr(seed),
            where="argument seed",
            fix="use seed=0",
        )
