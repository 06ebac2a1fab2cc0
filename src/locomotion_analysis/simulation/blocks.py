"""Simulate some subjects at a time, on one or several processors."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.simulation.assembly import cycle_table, named_channels
from locomotion_analysis.simulation.legs import SubjectLegs, leg_curves, subject_legs
from locomotion_analysis.simulation.population import Population, draw_population
from locomotion_analysis.simulation.random_streams import Trial, stride_normals
from locomotion_analysis.simulation.request import Request
from locomotion_analysis.simulation.spatiotemporal import N_STRIDE_NORMALS, draw_strides
from locomotion_analysis.simulation.stride_times import MEMORY_STRIDES
from locomotion_analysis.simulation.variability import N_FORCE, N_LEG
from locomotion_analysis.standard import N_PHASES

CYCLES_AT_ONCE = 128  # what fits the processor's cache is twice as fast as 1000
Item = TypeVar("Item")
Result = TypeVar("Result")
_WIDTH = N_STRIDE_NORMALS + 2 * (N_LEG + N_FORCE)


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
        before, normals = stride_normals(
            request.seed, subjects, trial, MEMORY_STRIDES, (request.n_cycles, _WIDTH)
        )
        strides = draw_strides(trial, people, before, normals[..., :N_STRIDE_NORMALS])
        tables.append(cycle_table(trial, people, strides))
        for start in range(0, request.n_cycles, CYCLES_AT_ONCE):
            some = slice(start, start + CYCLES_AT_ONCE)
            part, noise = strides.some(some), normals[:, some, N_STRIDE_NORMALS:]
            curves = leg_curves(trial.task, people, own, part, noise)
            named = named_channels(trial.task, curves, part.duration_s, people.height_m)
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
