"""What wrong axes, sides, starts and signs look like in a subject's median curves."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality import treatment
from locomotion_analysis.quality.fit import (
    WORST,
    correlation,
    shifted_distances,
    start_distances,
)
from locomotion_analysis.quality.patient import MOST_CYCLES, Patient
from locomotion_analysis.quality.prescription import Prescription
from locomotion_analysis.quality.symptoms_derived import derived_signs
from locomotion_analysis.quality.symptoms_grid import stretched_grids
from locomotion_analysis.quality.symptoms_units import wrong_units
from locomotion_analysis.standard import N_PHASES, Channel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMALLEST_SHIFT_PERCENT = 12.0
OPPOSITE_PERCENT = (38.0, 62.0)
"""A shift in here is the other leg's heel strike: half a cycle."""

FAR = 4.0
"""Squared distance (2 standard deviations) from which a curve is far from the norm."""

BETTER = 0.35
"""A correction must bring the squared distance below this share of what it was."""

FAR_START, BETTER_START = 2.0, 0.5
"""The same for the start of the cycle, which moves the curve without changing it."""


def swapped_axes(patient: Patient) -> list[Prescription]:
    """Fore-aft and lateral force exchanged: the lateral one brakes and propels."""
    found = []
    for name in patient.channels:
        other = name.replace("grf_anterior", "grf_lateral")
        if other == name or other not in patient.channels:
            continue
        fore, side = patient.channels.index(name), patient.channels.index(other)
        mean, sd = patient.mean[fore], patient.sd[fore]
        none = np.zeros(len(mean))
        own_distance = np.minimum(*start_distances(patient.curves[fore], mean, sd, none))
        swapped = np.minimum(*start_distances(patient.curves[side], mean, sd, none))
        as_is, best = (patient.by_subject(each[None])[0] for each in (own_distance, swapped))
        alike = patient.by_subject(np.abs(correlation(patient.curves[side], mean))[None])[0]
        own_like = patient.by_subject(np.abs(correlation(patient.curves[fore], mean))[None])[0]
        wrong = (best < 0.5 * as_is) & (alike > 0.8) & (own_like < 0.6)
        for subject in np.flatnonzero(wrong):
            evidence = (
                f"correlation with the fore-aft norm: fore-aft {own_like[subject]:.2f}, "
                f"lateral {alike[subject]:.2f}"
            )
            better = float(best[subject] / as_is[subject])
            found.append(
                patient.prescribe("swap_axes", int(subject), (name,), np.nan, better, evidence)
            )
            own = patient.subject_of == subject
            pair = np.ix_([fore, side], own)
            patient.curves[pair] = patient.curves[np.ix_([side, fore], own)]
    return found


def _informative(patient: Patient) -> Mask:
    """Curves whose norm moves more over the cycle than people differ, and that are complete."""
    moves = patient.mean.std(axis=-1) > patient.sd.mean(axis=-1)
    angular = np.array(
        [Channel.parse(name).measurement in ("angle", "moment", "grf") for name in patient.channels]
    )
    complete: Mask = moves & np.isfinite(patient.curves).all(axis=-1) & angular[:, None]
    return complete


def wrong_starts(patient: Patient) -> list[Prescription]:
    """Cycles that begin elsewhere than at the heel strike of the leg they are named after.

    All of a leg's channels vote, whatever their sign; where both legs are there and the start is
    half a cycle off, the sides were exchanged.
    """
    use = _informative(patient) & patient.cyclic
    cost = np.full((len(patient.subject_of), N_PHASES - 1), np.nan)
    for chunk in patient.chunks():
        as_is, flipped = shifted_distances(
            patient.curves[:, chunk],
            patient.mean[:, chunk],
            patient.sd[:, chunk],
            patient.offset_sd[:, chunk],
        )
        used = use[:, chunk]
        # One curve alone cannot tell shifted and flipped from another offset.
        flipped[:, used.sum(axis=0) == 1, 1:] = np.inf
        best = np.minimum(np.minimum(as_is, flipped), WORST)
        total = np.where(used[..., None], best, 0.0).sum(axis=0)
        cost[chunk] = total / used.sum(axis=0)[:, None]
    found = []
    for group in np.flatnonzero(np.isfinite(cost[:, 0])):
        lag = int(np.argmin(cost[group]))
        percent = 100.0 * lag / (N_PHASES - 1)
        start, best = cost[group, 0], cost[group, lag]
        off = min(percent, 100.0 - percent)
        if off >= SMALLEST_SHIFT_PERCENT and start > FAR_START and best < BETTER_START * start:
            found.append(_start(patient, int(group), percent, float(start), float(best)))
    return found


def _start(patient: Patient, group: int, percent: float, start: float, best: float) -> Prescription:
    opposite = OPPOSITE_PERCENT[0] <= percent <= OPPOSITE_PERCENT[1]
    measured = np.asarray(np.isfinite(patient.curves[:, group]).any(axis=-1))
    here = {name for name, there in zip(patient.channels, measured, strict=True) if there}
    ipsi = tuple(name for name in patient.channels if name in here and "_ipsi_" in name)
    both = bool(ipsi) and all(name.replace("_ipsi_", "_contra_") in here for name in ipsi)
    evidence = (
        f"{np.sqrt(start):.1f} standard deviations from the norm as it is, {np.sqrt(best):.1f} "
        f"when begun at {percent:.0f} %"
    )
    subject = int(patient.subject_of[group])
    if opposite and both:
        rows = [patient.channels.index(name) for name in ipsi]
        others = [patient.channels.index(n.replace("_ipsi_", "_contra_")) for n in ipsi]
        patient.curves[rows + others, group] = patient.curves[others + rows, group]
        return patient.prescribe(
            "swap_sides", subject, ipsi, np.nan, best / start, evidence, group=group
        )
    amount = 50.0 if opposite else float(round(percent))
    patient.curves[:, group] = treatment.shifted(patient.curves[:, group], amount)
    return patient.prescribe(
        "shift", subject, patient.channels, amount, best / start, evidence, group=group
    )


def wrong_signs(patient: Patient) -> list[Prescription]:
    """Curves that follow the norm upside down."""
    use = _informative(patient)
    blank = np.where(use, 0.0, np.nan)
    distances = start_distances(patient.curves, patient.mean, patient.sd, patient.offset_sd)
    as_is, turned = (distance + blank for distance in distances)
    alike = correlation(patient.curves, patient.mean) + blank
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        before, after, like = (patient.by_subject(v) for v in (as_is, turned, alike))
    wrong = (before > FAR) & (after < BETTER * before) & (like < -0.5)
    wrong |= _as_the_others(patient, wrong, like, before, after)
    found = []
    for channel, subject in zip(*np.nonzero(wrong), strict=True):
        old, new = before[channel, subject], after[channel, subject]
        evidence = (
            f"correlation with the norm {like[channel, subject]:.2f}; {np.sqrt(old):.1f} standard "
            f"deviations from it, {np.sqrt(new):.1f} with the other sign"
        )
        name = (patient.channels[channel],)
        found.append(
            patient.prescribe("flip", int(subject), name, np.nan, float(new / old), evidence)
        )
        own = patient.subject_of == subject
        patient.curves[channel, own] *= -1
    return found


def _as_the_others(patient: Patient, wrong: Mask, like: Array, before: Array, after: Array) -> Mask:
    """Extend a laboratory's habit: a sign that four in five subjects have, the rest have too."""
    datasets = pd.factorize(patient.subjects["dataset"])[0]
    more = np.zeros_like(wrong)
    for dataset in range(int(datasets.max()) + 1):
        own = datasets == dataset
        judged = np.isfinite(before[:, own])
        share = wrong[:, own].sum(axis=1) / np.maximum(judged.sum(axis=1), 1)
        habit = (share >= MOST_CYCLES) & (judged.sum(axis=1) >= 3)
        more[:, own] = habit[:, None] & (like[:, own] < 0) & (after[:, own] < before[:, own])
    return more


EXAMINATIONS: tuple[Callable[[Patient], list[Prescription]], ...] = (
    stretched_grids,
    wrong_units,
    swapped_axes,
    wrong_starts,
    wrong_signs,
    derived_signs,
)
"""In the order of treatment."""
