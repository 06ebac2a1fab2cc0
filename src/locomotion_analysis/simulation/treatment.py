"""People before and after a treatment, some of whom respond."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation.blocks import (
    CYCLES_AT_ONCE,
    Block,
    in_order,
    simulate_people,
)
from locomotion_analysis.simulation.legs import subject_legs
from locomotion_analysis.simulation.pathologies import PATHOLOGIES
from locomotion_analysis.simulation.population import N_DEVIATIONS, Population, draw_population
from locomotion_analysis.simulation.random_streams import Array, trait_normals
from locomotion_analysis.simulation.request import Request, checked_request
from locomotion_analysis.simulation.simulator import history_of, joined

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
    return _side_by_side(sessions, len(subjects))


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


def _side_by_side(sessions: list[Block], n_subjects: int) -> Block:
    """Put each subject's sessions one after the other."""
    first = sessions[0]
    n = len(first.cycles)
    order = np.arange(2 * n).reshape(2, n_subjects, -1).swapaxes(0, 1).ravel()
    cycles = pd.concat([block.cycles for block in sessions], ignore_index=True).iloc[order]
    curves = np.concatenate([block.curves for block in sessions], axis=1)[:, order]
    return Block(cycles.reset_index(drop=True), first.channels, curves)
