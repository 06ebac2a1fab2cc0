"""Checks 9 and 10: how people and strides differ."""

from functools import partial

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from revalidation.choice import LEVEL, MOTIONS, Array, Choice, choose
from revalidation.figure import Band, NotInDataError

_SPEEDS_M_S = (1.0, 1.6)
_COMPONENTS = 5


def _walks(data: LocomotionData) -> Choice:
    return choose(data, LEVEL, speed_m_s=_SPEEDS_M_S)


def between_people(data: LocomotionData, joint: str) -> float:
    """Return the SD between healthy people, degrees, mean over the cycle."""
    walks = _walks(data)
    return _between(walks, walks.curves(f"{MOTIONS[joint]}_angle_ipsi_rad"))


def within_to_between(data: LocomotionData, joint: str) -> float:
    """Return the stride-to-stride SD of a leg as a share of the SD between people."""
    walks = _walks(data)
    curves = walks.curves(f"{MOTIONS[joint]}_angle_ipsi_rad")
    sides = ["side"] if "side" in walks.data.cycles else []
    variance = pd.DataFrame(curves).groupby(walks.codes(*sides)).var().to_numpy()
    if not np.isfinite(variance).any():
        raise NotInDataError("no leg with two strides")
    return float(np.sqrt(np.nanmean(variance))) / _between(walks, curves)


def _between(walks: Choice, curves: Array) -> float:
    return float(np.nanmean(np.nanstd(walks.by_trial(curves), axis=0, ddof=1)))


def component_percent(data: LocomotionData, n_components: int) -> float:
    """Return the variance of people's hip and knee curves in the first components, percent."""
    walks = _walks(data)
    both = np.hstack([walks.curves(f"{MOTIONS[j]}_angle_ipsi_rad") for j in ("hip", "knee")])
    people = walks.by_trial(both)
    people = people[np.isfinite(people).all(axis=1)]
    if len(people) <= _COMPONENTS:
        raise NotInDataError(f"{len(people)} people with hip and knee")
    variance = np.linalg.svd(people - people.mean(axis=0), compute_uv=False) ** 2
    return float(100.0 * variance[:n_components].sum() / variance.sum())


_SPREAD = "Schwartz 2008"
_STRIDES = "Fukuchi 2017 and one adult's overground strides"
_FPCA = "39 boys, Olshen 1989 (fda::gait)"
_SDS = {"hip": (4.0, 8.0), "knee": (4.0, 8.0), "ankle": (3.5, 6.5)}

BANDS = (
    *(
        Band(
            "9",
            f"SD between people, {joint}",
            *band,
            "deg",
            _SPREAD,
            partial(between_people, joint=joint),
        )
        for joint, band in _SDS.items()
    ),
    *(
        Band(
            "9",
            f"within / between people, {joint}",
            0.15,
            0.45,
            "1",
            _STRIDES,
            partial(within_to_between, joint=joint),
        )
        for joint in _SDS
    ),
    Band(
        "10",
        "hip + knee, first component",
        30.0,
        60.0,
        "%",
        _FPCA,
        partial(component_percent, n_components=1),
    ),
    Band(
        "10",
        "hip + knee, first five",
        80.0,
        95.0,
        "%",
        _FPCA,
        partial(component_percent, n_components=5),
    ),
)
