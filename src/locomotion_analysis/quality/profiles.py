"""Median curves of every leg in every task, and the norm to hold beside each."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.outliers import STRIDES_OF
from locomotion_analysis.quality.stride_groups import group_codes, group_medians
from locomotion_analysis.standard import N_PHASES, TASKS, Channel
from locomotion_analysis.standard.normative import normative_curves
from locomotion_analysis.standard.ranges import SD_FLOOR

Floats = NDArray[np.float32]

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
    curves = np.concatenate([_with_channels(part, channels) for part in parts], axis=1)
    codes, names = group_codes(groups, STRIDES_OF)
    if len(names) == len(groups):
        return Profiles(groups, channels, curves, tails)
    weights = groups["n_cycles"].to_numpy(dtype=np.float32)
    joined = np.stack([_weighted(rows, codes, weights) for rows in curves])
    numbers = groups[list(_AVERAGED)].groupby(codes).mean()
    counts = groups["n_cycles"].groupby(codes).sum()
    return Profiles(
        names.assign(n_cycles=counts, **{name: numbers[name] for name in _AVERAGED}),
        channels, joined, tails.groupby(codes).sum(),
    )  # fmt: skip


def _weighted(rows: Floats, codes: NDArray[np.intp], weights: Floats) -> Floats:
    """Weighted mean of the rows of each code; NaN is left out."""
    frame = pd.DataFrame(rows * weights[:, None])
    present = pd.DataFrame(np.where(np.isfinite(rows), weights[:, None], np.nan))
    total = frame.groupby(codes).sum(min_count=1) / present.groupby(codes).sum(min_count=1)
    return total.to_numpy(dtype=np.float32)


def _with_channels(part: Profiles, channels: tuple[str, ...]) -> Floats:
    curves = np.full((len(channels), len(part.groups), N_PHASES), np.nan, dtype=np.float32)
    for index, name in enumerate(part.channels):
        curves[channels.index(name)] = part.curves[index]
    return curves


def _batch_profiles(batch: Batch) -> Profiles:
    codes, names = group_codes(batch.cycles, STRIDES_OF)
    numbers = batch.cycles.reindex(columns=list(_AVERAGED)).astype("float64")
    means = numbers.groupby(codes).mean()
    groups = names.assign(n_cycles=np.bincount(codes), **{n: means[n] for n in _AVERAGED})
    return Profiles(
        groups, batch.channels, group_medians(batch.block, codes), _tails(batch, codes, len(names))
    )


def _tails(batch: Batch, codes: NDArray[np.intp], n_groups: int) -> pd.DataFrame:
    """Count cycles by the shortest constant end among their angles; zero ends count one more.

    A cycle padded with zeros has all its own samples before the first zero; one padded with its
    last sample has that sample too.
    """
    moving = [Channel.parse(name).measurement in _TAIL_OF for name in batch.channels]
    tail = batch.facts.tail[moving].astype(np.int64)
    if not len(tail):
        return pd.DataFrame(index=range(n_groups))
    tail = tail + (batch.block[moving][:, :, -1] == 0)
    tail[(tail >= N_PHASES) | (batch.facts.missing[moving] > 0)] = N_PHASES
    shortest = tail.min(axis=0)
    return pd.crosstab(codes, shortest).reindex(range(n_groups), fill_value=0)


def norms(profiles: Profiles) -> tuple[Floats, Floats]:
    """Normative mean and standard deviation beside every profile; NaN where there is none."""
    mean = np.full(profiles.curves.shape, np.nan, dtype=np.float32)
    sd = np.full_like(mean, np.nan)
    floors = [SD_FLOOR.get(Channel.parse(name).measurement, 0.0) for name in profiles.channels]
    for index, row in enumerate(profiles.groups.itertuples()):
        if row.task in TASKS:
            curves = normative_curves(str(row.task), _near(row.speed_m_s), _near(row.incline_deg))
            for channel, name in enumerate(profiles.channels):
                found = curves.of(name)
                if found is not None:
                    mean[channel, index] = found[0]
                    sd[channel, index] = np.maximum(found[1], floors[channel])
    return mean, sd


def _near(value: object) -> float | None:
    """Round so that few different norms are asked for; None where not known."""
    number = float(str(value))
    return round(number, 1) if np.isfinite(number) else None
