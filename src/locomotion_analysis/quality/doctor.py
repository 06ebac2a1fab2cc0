"""The convention doctor: finds units, signs, sides and grids that are not the standard's.

The median curves of every leg in every task are held beside the norm. Each examination looks for
one kind of fault in a subject's medians, and corrects them before the next one looks.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality import treatment
from locomotion_analysis.quality.batch import (
    Batch,
    Floats,
    Source,
    batches,
    count_cycles,
    group_codes,
    group_medians,
)
from locomotion_analysis.quality.checks import STRIDES_OF
from locomotion_analysis.quality.norm_fit import (
    BETTER_START,
    FAR_START,
    MOST_CYCLES,
    begun_later,
    correlation,
    half_cycle_off,
    informative,
    over_stance_alone,
    shifted_distances,
    start_costs,
    start_distances,
    task_norm,
    usual_offsets,
)
from locomotion_analysis.quality.treatment import (
    PER_MASS,
    REMARKS,
    Diagnosis,
    Kind,
    Prescription,
    mass_factor,
)
from locomotion_analysis.standard import (
    N_PHASES,
    PHASE_PERCENT,
    STANCE_PERCENT,
    TO_STANDARD,
    Channel,
    toe_off_percent,
)
from locomotion_analysis.standard.channels import SEGMENTS
from locomotion_analysis.standard.norms import NOT_CYCLIC

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STAGE = "reading profiles"


def diagnose(
    source: Source, batch_cycles: int = 4096, progress: Progress | None = None
) -> Diagnosis:
    """Compare every subject's median curves with the norm, and propose corrections.

    Looked for, in this order, each on curves corrected for what was found before: curves
    stretched wrongly onto the grid, force over the stance alone, units, exchanged force axes,
    exchanged sides or cycles that do not begin at heel strike, signs, and angles at another level
    than the norm. Nothing is changed; see :func:`~locomotion_analysis.quality.apply`.

    Parameters
    ----------
    source : LocomotionData or path-like
        Cycles in memory, a Parquet file, or a folder of them.
    batch_cycles : int
        Cycles in memory at a time. What is kept is one curve a channel for each leg of each
        subject in each task.
    progress : callable, optional
        ``progress(stage, done, total)``, called after every batch.

    Returns
    -------
    Diagnosis
        Empty where nothing speaks against the data.

    Notes
    -----
    A proposal is made only where the curve is far from the norm as it is (over two standard
    deviations) and the correction brings it at least twice as near. Patients differ from the
    norm, but not in a way that another sign, unit or side would mend. What only somebody who knows
    the recording can tell (curves over the stance, levels) is among the remarks.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> diagnose(simulate(n_subjects=6, n_cycles=4)).prescriptions
    ()
    """
    n_cycles = 0
    total = count_cycles(source) if progress else 0

    def counted() -> Iterator[LocomotionData]:
        nonlocal n_cycles
        for data in batches(source, batch_cycles):
            n_cycles += len(data)
            yield data
            if progress:
                progress(STAGE, n_cycles, max(total, n_cycles))

    profiles = gather(counted())
    patient = Patient.of(profiles)
    found = []
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for look in EXAMINATIONS:
            found += look(patient)
    prescriptions, remarks = (
        tuple(each for each in found if (each.kind in REMARKS) == seen) for seen in (False, True)
    )
    return Diagnosis(prescriptions, n_cycles, len(profiles.subjects[1]), remarks)


# Median curves of every leg in every task, and the norm to hold beside each

_AVERAGED = ("speed_m_s", "incline_deg", "mass_kg")
_TAIL_OF = ("angle", "velocity")


@dataclass
class Profiles:
    """Median curves by dataset, subject, task, task id and side.

    Attributes
    ----------
    groups : DataFrame
        One row a group: the five names, ``n_cycles``, and mean speed, incline and mass.
    channels : tuple of str
    curves : ndarray, shape (n_channels, n_groups, 150)
    tails : DataFrame
        Cycles of each group (rows) by number of equal last samples (columns), angles only.
    """

    groups: pd.DataFrame
    channels: tuple[str, ...]
    curves: Floats
    tails: pd.DataFrame

    @property
    def subjects(self) -> tuple[NDArray[np.intp], pd.DataFrame]:
        """Subject code of each group, and dataset and subject of each code."""
        return group_codes(self.groups, ["dataset", "subject"])


def gather(batches: Iterable[LocomotionData]) -> Profiles:
    """Gather the profiles of a dataset in one pass.

    A group that spans batches gets the mean of its medians, weighted by cycles.
    """
    parts = [_batch_profiles(Batch(data)) for data in batches if len(data)]
    channels = tuple(dict.fromkeys(name for part in parts for name in part.channels))
    groups = pd.concat([part.groups for part in parts], ignore_index=True)
    tails = pd.concat([part.tails for part in parts], ignore_index=True).fillna(0)
    curves = np.full((len(channels), len(groups), N_PHASES), np.nan, dtype=np.float32)
    first = 0
    for part in parts:
        rows = [channels.index(name) for name in part.channels]
        curves[rows, first : first + len(part.groups)] = part.curves
        first += len(part.groups)
    codes, names = group_codes(groups, STRIDES_OF)
    if len(names) == len(groups):
        return Profiles(groups, channels, curves, tails)
    weights = groups["n_cycles"].to_numpy(dtype=np.float32)[:, None]
    joined = np.empty((len(channels), len(names), N_PHASES), dtype=np.float32)
    for row, curve in enumerate(curves):
        weighed = pd.DataFrame(curve * weights).groupby(codes).sum(min_count=1)
        present = pd.DataFrame(np.where(np.isfinite(curve), weights, np.nan))
        joined[row] = (weighed / present.groupby(codes).sum(min_count=1)).to_numpy()
    numbers = groups[list(_AVERAGED)].groupby(codes).mean()
    counts = groups["n_cycles"].groupby(codes).sum()
    return Profiles(
        names.assign(n_cycles=counts, **{name: numbers[name] for name in _AVERAGED}),
        channels, joined, tails.groupby(codes).sum(),
    )  # fmt: skip


def _batch_profiles(batch: Batch) -> Profiles:
    """Gather the profiles of one batch.

    Tails: cycles are counted by the shortest constant end among their angles; zero ends count
    one more. A cycle padded with zeros has all its own samples before the first zero; one padded
    with its last sample has that sample too.
    """
    codes, names = group_codes(batch.cycles, STRIDES_OF)
    numbers = batch.cycles.reindex(columns=list(_AVERAGED)).astype("float64")
    means = numbers.groupby(codes).mean()
    groups = names.assign(n_cycles=np.bincount(codes), **{n: means[n] for n in _AVERAGED})
    moving = [Channel.parse(name).measurement in _TAIL_OF for name in batch.channels]
    tails = pd.DataFrame(index=range(len(names)))
    if any(moving):
        tail = batch.facts.tail[moving].astype(np.int64) + (batch.block[moving][:, :, -1] == 0)
        tail[(tail >= N_PHASES) | (batch.facts.missing[moving] > 0)] = N_PHASES
        tails = pd.crosstab(codes, tail.min(axis=0)).reindex(range(len(names)), fill_value=0)
    return Profiles(groups, batch.channels, group_medians(batch.block, codes), tails)


def norms(profiles: Profiles) -> tuple[Floats, Floats]:
    """Normative mean and standard deviation beside every profile; NaN where there is none."""
    beside = [
        task_norm(str(row.task), profiles.channels, _near(row.speed_m_s), _near(row.incline_deg))
        for row in profiles.groups.itertuples()
    ]
    mean, sd = (np.stack([pair[which] for pair in beside], axis=1) for which in (0, 1))
    return mean, sd


def _near(value: object) -> float | None:
    """Round so that few different norms are asked for; None where not known."""
    number = float(str(value))
    return round(number, 1) if np.isfinite(number) else None


# One dataset under examination

_CHUNK = 256


@dataclass
class Patient:
    """Profiles under examination; corrected in place by each finding.

    Attributes
    ----------
    profiles : Profiles
    mean, sd : ndarray, shape (n_channels, n_groups, 150)
        The norm beside each curve.
    subject_of : ndarray, shape (n_groups,)
    subjects : DataFrame
        Dataset and subject of each code.
    is_whole : ndarray of bool, shape (n_groups,)
        False of what turned out to hold the stance alone: it has no start of a cycle to judge.
    """

    profiles: Profiles
    mean: Floats
    sd: Floats
    subject_of: NDArray[np.intp]
    subjects: pd.DataFrame
    is_whole: Mask

    @classmethod
    def of(cls, profiles: Profiles) -> Self:
        """Put the norm beside the profiles."""
        mean, sd = norms(profiles)
        return cls(
            profiles, mean, sd, *profiles.subjects, np.ones(len(profiles.groups), dtype=bool)
        )

    @property
    def curves(self) -> Floats:
        """Median curves, shape (n_channels, n_groups, 150)."""
        return self.profiles.curves

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names."""
        return self.profiles.channels

    @property
    def cyclic(self) -> Mask:
        """Which groups hold whole cycles of a task that repeats."""
        return ~self.profiles.groups["task"].isin(NOT_CYCLIC).to_numpy() & self.is_whole

    @property
    def offset_sd(self) -> Array:
        """Usual offset of each curve, shape (n_channels, n_groups); 0 where none is pardoned."""
        return np.repeat(usual_offsets(self.channels)[:, None], len(self.subject_of), axis=1)

    def chunks(self) -> list[slice]:
        """Return the groups a few hundred at a time, so that memory stays bounded."""
        n_groups = self.curves.shape[1]
        return [slice(start, start + _CHUNK) for start in range(0, n_groups, _CHUNK)]

    def by_subject(self, values: Array, how: str = "median") -> Array:
        """Reduce (n_channels, n_groups) to (n_channels, n_subjects); NaN is left out."""
        reduced = pd.DataFrame(values.T).groupby(self.subject_of).agg(how)
        return reduced.to_numpy(dtype=np.float64).T

    def prescribe(
        self,
        kind: Kind,
        subject: int,
        channels: tuple[str, ...],
        amount: float,
        better: float,
        evidence: str,
        unit: str = "",
        group: int | None = None,
    ) -> Prescription:
        """Write a prescription for a subject, or for one of its groups."""
        groups = self.profiles.groups
        own = self.subject_of == subject if group is None else np.arange(len(groups)) == group
        row = None if group is None else groups.iloc[group]
        return Prescription(
            kind=kind,
            dataset=str(self.subjects["dataset"].iloc[subject]),
            subject=str(self.subjects["subject"].iloc[subject]),
            channels=channels,
            amount=amount,
            n_cycles=int(groups["n_cycles"].to_numpy()[own].sum()),
            confidence=round(float(np.clip(1.0 - better, 0.0, 1.0)), 3),
            evidence=evidence,
            unit=unit,
            task=None if row is None else str(row["task"]),
            task_id=None if row is None else str(row["task_id"]),
            side=None if row is None or not row["side"] else str(row["side"]),
        )


def is_angle(name: str) -> bool:
    """Return whether a channel is an angle."""
    return Channel.parse(name).measurement == "angle"


# The examinations


def stretched_grids(patient: Patient) -> list[Prescription]:
    """Curves padded to the grid: their last samples are copies of one, or zeros."""
    tails = patient.profiles.tails
    counts = tails.groupby(patient.subject_of).sum()
    total = counts.sum(axis=1)
    found = []
    for subject in counts.index[total > 0]:
        tail = int(counts.loc[subject].idxmax())
        share = float(counts.loc[subject].max() / total[subject])
        if 3 <= tail <= N_PHASES - 20 and share >= MOST_CYCLES:
            keep = N_PHASES - tail + 1
            evidence = f"{share:.0%} of the cycles end in {tail} equal samples"
            found.append(
                patient.prescribe(
                    "stretch", int(subject), patient.channels, keep, 1 - share, evidence
                )
            )
            own = patient.subject_of == subject
            patient.curves[:, own] = treatment.stretched(patient.curves[:, own], keep)
    return found


def stepped_grids(patient: Patient) -> list[Prescription]:
    """Curves whose samples were repeated instead of interpolated."""
    moving = [is_angle(name) for name in patient.channels]
    if not any(moving):
        return []
    found = []
    for subject in range(len(patient.subjects)):
        own = patient.subject_of == subject
        still = (np.diff(patient.curves[np.ix_(moving, own)], axis=-1) == 0).all(axis=(0, 1))
        n_values = N_PHASES - int(still.sum())
        expected = np.diff(np.round(np.linspace(0, n_values - 1, N_PHASES))) == 0
        if 20 <= n_values < N_PHASES - 5 and np.array_equal(still, expected):
            evidence = f"{N_PHASES - n_values} of {N_PHASES} samples repeat the one before"
            found.append(
                patient.prescribe("unstep", subject, patient.channels, n_values, 0.0, evidence)
            )
            patient.curves[:, own] = treatment.unstepped(patient.curves[:, own], n_values)
    return found


def stances_alone(patient: Patient) -> list[Prescription]:
    """Force from heel strike to toe-off alone; put into the stance, for the next ones to look at."""
    alone = over_stance_alone(patient.curves, patient.channels) & patient.cyclic
    patient.is_whole &= ~alone
    own = [
        row
        for row, name in enumerate(patient.channels)
        if name.startswith("grf_") and "_ipsi_" in name
    ]
    names = tuple(patient.channels[row] for row in own)
    found = []
    for group in np.flatnonzero(alone):
        task = str(patient.profiles.groups["task"].iloc[group])
        toe_off = float(np.nan_to_num(toe_off_percent(task), nan=STANCE_PERCENT["level_walking"]))
        late = np.abs(patient.curves[own, group])[:, PHASE_PERCENT >= 80.0][:, 0].max()
        peak = np.abs(patient.curves[own, group]).max()
        evidence = (
            f"at 80 % of the curve the force is {late / peak:.0%} of its peak; a foot is in the "
            f"air after the stance, about {toe_off:.0f} % of a cycle"
        )
        found.append(
            patient.prescribe(
                "stance", int(patient.subject_of[group]), names, np.nan, 0.0, evidence,
                group=int(group),
            )
        )  # fmt: skip
        for row in own:
            stance = patient.curves[row, group]
            patient.curves[row, group] = np.interp(
                PHASE_PERCENT, PHASE_PERCENT * toe_off / 100.0, stance, right=0.0
            )
    return found


UNIT_TOLERANCE = 4.0
"""A corrected curve may be this many times larger or smaller than the norm."""

UNIT_SUSPICION = 8.0
"""Times larger or smaller than the norm before a unit is suspected."""

_SMALLEST_SIZE = {"angle": 0.05, "velocity": 0.3, "moment": 0.08, "power": 0.15, "grf": 0.02}
_USUAL_SIZE = {"angle": 0.35, "velocity": 2.0, "moment": 0.5, "power": 0.8, "grf": 0.3, "cop": 0.1}
_USUAL_MASS_KG = 70.0
_UNITS = {
    "angle": {"deg": TO_STANDARD["deg"][1]},
    "velocity": {"deg_s": TO_STANDARD["deg_s"][1]},
    "moment": {"Nm": 1.0, "Nmm_kg": TO_STANDARD["Nmm_kg"][1]},
    "power": {"W": 1.0, "mW_kg": TO_STANDARD["mW_kg"][1]},
    "grf": {"N": 1.0, "% BW": 0.01},
    "cop": {"mm": TO_STANDARD["mm"][1], "cm": TO_STANDARD["cm"][1]},
}


def wrong_units(patient: Patient) -> list[Prescription]:
    """Curves many times larger or smaller than the norm, which another unit would explain."""
    size, norm = (_sizes(each, patient.channels) for each in (patient.curves, patient.mean))
    heading = np.array([_is_heading(name) for name in patient.channels], dtype=bool)
    turned = np.abs(patient.curves[..., -1] - patient.curves[..., 0])
    size[heading[:, None] & (turned > 0.5 * np.ptp(patient.curves, axis=-1))] = np.nan
    found = []
    for channel, name in enumerate(patient.channels):
        measured = Channel.parse(name).measurement
        units = _UNITS.get(measured, {})
        smallest = _SMALLEST_SIZE.get(measured, 0.0)
        by_norm = patient.by_subject((size[channel] / np.maximum(norm[channel], smallest))[None])[0]
        by_habit = patient.by_subject((size[channel] / _USUAL_SIZE.get(measured, 1.0))[None])[0]
        times = np.where(np.isfinite(by_norm), by_norm, by_habit)
        for subject in np.flatnonzero(times > UNIT_SUSPICION):
            each = _unit_of(patient, name, int(subject), float(times[subject]), units)
            if each is not None:
                found.append(each)
                own = patient.subject_of == subject
                mass = patient.profiles.groups["mass_kg"].to_numpy(dtype=np.float64)[own]
                # With a usual mass where none is known: the next examinations need the size.
                mass = np.where(np.isfinite(mass), mass, _USUAL_MASS_KG)
                amount = 1.0 if np.isnan(each.amount) else each.amount
                factor = (amount * mass_factor(each.unit, mass)).astype(np.float32)
                patient.curves[channel, own] *= factor[:, None]
    return found


def _is_heading(name: str) -> bool:
    """Return whether a channel tells where a segment faces: in a turn it grows without bound."""
    channel = Channel.parse(name)
    return channel.joint in SEGMENTS and "internal" in (channel.motion or "")


def _sizes(curves: Floats, channels: tuple[str, ...]) -> Array:
    """Root mean square of each curve; of a heading about its mean, whatever way it faces."""
    size: Array = np.sqrt(np.mean(np.square(curves, dtype=np.float64), axis=-1))
    for row in np.flatnonzero([_is_heading(name) for name in channels]):
        size[row] = curves[row].std(axis=-1)
    return size


def _unit_of(
    patient: Patient, name: str, subject: int, times: float, units: dict[str, float]
) -> Prescription | None:
    """Propose the unit that brings a subject's curves nearest to the norm, if that is near."""
    if not units:
        return None
    own = patient.subject_of == subject
    mass = patient.profiles.groups["mass_kg"].to_numpy()[own].mean(keepdims=True)
    is_known = bool(np.isfinite(mass[0]))
    usual = mass if is_known else np.array([_USUAL_MASS_KG])
    factors = {unit: factor * float(mass_factor(unit, usual)[0]) for unit, factor in units.items()}
    unit = min(factors, key=lambda key: abs(np.log(times * factors[key])))
    left = float(times * factors[unit])
    if not 1 / UNIT_TOLERANCE < left < UNIT_TOLERANCE:
        return None
    amount = units[unit] if is_known or unit not in PER_MASS else np.nan
    evidence = f"{times:.3g} times the norm; {left:.2f} times as {unit}"
    if np.isnan(amount):
        evidence += "; needs mass_kg, which is not known"
    off = abs(np.log(left)) / np.log(UNIT_TOLERANCE)
    return patient.prescribe("scale", subject, (name,), amount, 0.5 * off, evidence, unit)


SMALLEST_SHIFT_PERCENT = 12.0
OPPOSITE_PERCENT = (38.0, 62.0)
"""A shift in here is the other leg's heel strike: half a cycle."""

TURNED_CORRELATION = -0.8
"""Correlation with the norm below which a curve follows it upside down. A healthy runner's pelvic
rotation reaches -0.7."""

FAR = 4.0
"""Squared distance (2 standard deviations) from which a curve is far from the norm."""

BETTER = 0.35
"""A correction must bring the squared distance below this share of what it was."""


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
    """Angles, moments and forces that are complete and whose norm moves enough to tell."""
    kinds = [Channel.parse(name).measurement for name in patient.channels]
    use = informative(patient.curves, patient.mean, patient.sd)
    return use & np.isin(kinds, ("angle", "moment", "grf"))[:, None]


def wrong_starts(patient: Patient) -> list[Prescription]:
    """Cycles that begin elsewhere than at the heel strike of the leg they are named after.

    Half a cycle off is what :func:`half_cycle_off` says; where both legs are there, the sides
    were exchanged. For other starts all of a leg's channels vote, whatever their sign.
    """
    found = []
    for group, start, best in _half_cycle_off(patient):
        found.append(_start(patient, group, 50.0, start, best))
    use = _informative(patient) & patient.cyclic
    for chunk in patient.chunks():
        votes = use[:, chunk]
        as_is, flipped = shifted_distances(
            patient.curves[:, chunk],
            patient.mean[:, chunk],
            patient.sd[:, chunk],
            patient.offset_sd[:, chunk],
        )
        cost = start_costs(as_is, flipped, votes)
        other_sign = np.where(votes, flipped[..., 0], 0.0).sum(axis=0) < cost.min(axis=-1)
        judged = np.isfinite(cost[:, 0]) & ~(other_sign & (votes.sum(axis=0) == 1))
        for place in np.flatnonzero(judged):
            lag = int(np.argmin(cost[place]))
            percent = 100.0 * lag / (N_PHASES - 1)
            start, best = float(cost[place, 0]), float(cost[place, lag])
            off = min(percent, 100.0 - percent)
            opposite = OPPOSITE_PERCENT[0] <= percent <= OPPOSITE_PERCENT[1]
            if opposite or off < SMALLEST_SHIFT_PERCENT:
                continue
            if start > FAR_START and best < BETTER_START * start:
                found.append(_start(patient, chunk.start + int(place), percent, start, best))
    return found


def _half_cycle_off(patient: Patient) -> list[tuple[int, float, float]]:
    """Return groups that begin at the other leg's contact, and their distances as is and later."""
    datasets = patient.profiles.groups["dataset"].astype("str").to_numpy()
    found = []
    for dataset in dict.fromkeys(datasets):
        own = np.flatnonzero((datasets == dataset) & patient.cyclic)
        curves, mean, sd = (each[:, own] for each in (patient.curves, patient.mean, patient.sd))
        off, start, best = half_cycle_off(curves, mean, sd, patient.channels)
        found += [(int(own[at]), float(start[at]), float(best[at])) for at in np.flatnonzero(off)]
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
    patient.curves[:, group] = begun_later(patient.curves[:, group], amount)
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
    wrong = (before > FAR) & (after < BETTER * before) & (like < TURNED_CORRELATION)
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


OPPOSITE_CORRELATION = {"velocity": -0.8, "power": -0.6}
"""Correlation below which the sign is the other way round. Published powers also have frontal
and transverse parts, so they follow the sagittal product less closely."""


def derived_signs(patient: Patient) -> list[Prescription]:
    """Compare velocities with the angles' derivatives, then powers with moment x velocity."""
    found = []
    for channel, what, expected in _expected(patient):
        name = patient.channels[channel]
        like = patient.by_subject(correlation(patient.curves[channel], expected)[None])[0]
        for subject in np.flatnonzero(like < OPPOSITE_CORRELATION[Channel.parse(name).measurement]):
            own = patient.subject_of == subject
            patient.curves[channel, own] *= -1
            evidence = f"correlation with the {what} {like[subject]:.2f}"
            better = float(1.0 + like[subject])
            found.append(patient.prescribe("flip", int(subject), (name,), np.nan, better, evidence))
    return found


def _expected(patient: Patient) -> Iterator[tuple[int, str, Floats]]:
    """Yield velocity channels, then powers, with what they should look like.

    Lazily, so that powers are held against velocities whose sign is right by then.
    """
    curves = dict(zip(patient.channels, patient.curves, strict=True))
    for channel, name in enumerate(patient.channels):
        angle = name.replace("_velocity_", "_angle_").removesuffix("_s")
        if "_velocity_" in name and angle in curves:
            yield channel, "angle's derivative", np.gradient(curves[angle], axis=-1)
    for channel, name in enumerate(patient.channels):
        for motion in ("flexion", "dorsiflexion"):
            moment = name.replace("_power_", f"_{motion}_moment_").replace("_W_kg", "_Nm_kg")
            velocity = name.replace("_power_", f"_{motion}_velocity_").replace("_W_kg", "_rad_s")
            if "_power_" in name and moment in curves and velocity in curves:
                yield channel, "moment x velocity", curves[moment] * curves[velocity]


LEAST_LEVEL_SD = 2.5
"""Standard deviations between people from which a level is named; and at least the usual offset
of an angle between laboratories."""

SAME_SHAPE_SD = 1.5


def other_levels(patient: Patient) -> list[Prescription]:
    """Angles that have the norm's shape, a constant away from it."""
    off = patient.curves - patient.mean
    level = off.mean(axis=-1, dtype=np.float64)
    spread = patient.sd.mean(axis=-1, dtype=np.float64)
    rest = np.sqrt(np.mean(np.square(off - level[..., None]), axis=-1, dtype=np.float64)) / spread
    usual = np.where(patient.cyclic, patient.offset_sd, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        levels, limits, rests = (
            patient.by_subject(each)
            for each in (level, np.maximum(LEAST_LEVEL_SD * spread, usual), rest)
        )
    angles = np.array([is_angle(name) for name in patient.channels], dtype=bool)[:, None]
    named = angles & (np.abs(levels) >= limits) & (rests <= SAME_SHAPE_SD)
    found = []
    for channel, subject in zip(*np.nonzero(named), strict=True):
        amount = float(levels[channel, subject])
        evidence = (
            f"{np.degrees(amount):+.0f} degrees from the norm all through the cycle; without "
            f"that {rests[channel, subject]:.1f} standard deviations from it"
        )
        better = float(limits[channel, subject] / abs(amount)) / 2.0
        name = (patient.channels[channel],)
        found.append(patient.prescribe("offset", int(subject), name, amount, better, evidence))
    return found


EXAMINATIONS: tuple[Callable[[Patient], list[Prescription]], ...] = (
    stretched_grids,
    stepped_grids,
    stances_alone,
    wrong_units,
    swapped_axes,
    wrong_starts,
    wrong_signs,
    derived_signs,
    other_levels,
)
"""In the order of treatment."""
