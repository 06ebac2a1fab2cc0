"""What bench_features.py times of ours, from the bare kernels to the finished frame."""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from features_table import Own
from memory_floor import read_once
from rivals.rival import BASIC, CORE

from locomotion_analysis import LocomotionData, load_dataset
from locomotion_analysis.features.curves import (
    kinematic_statistics_families,
    kinetic_statistics_families,
)
from locomotion_analysis.features.kernels import statistics as kernels
from locomotion_analysis.features.kernels.statistics import core_statistics, quantiles
from locomotion_analysis.features.spec import AGGREGATIONS, CycleView, Schema
from locomotion_analysis.features.table import FEATURE_GROUPS, FeaturePlan

QUARTILES = np.array([0.25, 0.5, 0.75])
Ways = dict[Any, Callable[[], Any]]


def frame(data: LocomotionData, statistics: Sequence[str]) -> pd.DataFrame:
    """Return our frame of some statistics of all curves, and of nothing else."""
    schema = Schema.of_data(data, statistics)
    factories = (kinematic_statistics_families, kinetic_statistics_families)
    families = tuple(family for factory in factories for family in factory(schema))
    plan = FeaturePlan(schema, families, left_out=(), minor=frozenset())
    names = [spec.name for spec in plan.specs]
    return pd.DataFrame(plan.compute(data), index=data.key, columns=names, copy=False)


def own_ways(data: LocomotionData, everything: LocomotionData) -> Ways:
    """Return what to time; `everything` has all channels, for the whole catalogue."""
    stance = CycleView(data).stance_index
    demo = load_dataset("demo")
    return {
        "read": partial(read_once, data.block),
        "core": partial(core_statistics, data.block, stance),
        "quartiles": lambda: (
            core_statistics(data.block, stance),
            quantiles(data.block, QUARTILES),
        ),
        BASIC: partial(frame, data, BASIC),
        CORE: partial(frame, data, CORE),
        "read everything": partial(read_once, everything.block),
        "catalogue": partial(_catalogue(everything).compute, everything),
        "ml": partial(demo.prepare_ml_features, "pathology"),
        "ml frame": partial(_empty_frame, demo, demo.prepare_ml_features("pathology")[0]),
        "ml kernel": partial(core_statistics, demo.block, CycleView(demo).stance_index),
    }


def own_figures(
    seconds: dict[Any, float], data: LocomotionData, everything: LocomotionData
) -> list[Own]:
    """Return a row each: first the read, then the kernels, frames and the catalogue."""
    n_channels, n, n_all = len(data.channels), len(data), len(everything)
    n_catalogue = len(_catalogue(everything).specs)
    rows = [
        ("one read of the curves", 0, "read", "read", n, None),
        ("kernel: core statistics", 14 * n_channels, "core", "read", n, 2),
        ("kernel: and quartiles", 17 * n_channels, "quartiles", "read", n, 8),
        (f"frame: {', '.join(BASIC)}", 4 * n_channels, BASIC, "read", n, None),
        ("frame: and rom, phases, quartiles", 10 * n_channels, CORE, "read", n, None),
        (
            f"whole catalogue, {len(everything.channels)} channels",
            n_catalogue,
            "catalogue",
            "read everything",
            n_all,
            40,
        ),
    ]
    return [
        Own(name, columns, seconds[key] / cycles * 1e6, seconds[key] / seconds[read], aim)
        for name, columns, key, read, cycles, aim in rows
    ]


def ml_sentence(seconds: dict[Any, float]) -> str:
    """Compare `prepare_ml_features` with its kernels and with building its frame."""
    demo = load_dataset("demo")
    kernels = kernel_seconds(partial(demo.prepare_ml_features, "pathology"))
    beyond = seconds["ml"] - seconds["ml frame"]
    times = (seconds["ml"], seconds["ml frame"], kernels, seconds["ml kernel"])
    ml, empty, kernel, core = (f"{time * 1e3:.1f} ms" for time in times)
    return (
        f"`prepare_ml_features` on the demo data takes {ml}; building a frame of that size {empty}. "
        f"Its compiled kernels take {kernel}: beyond the frame it takes {beyond / kernels:.1f} "
        f"times that (aim: at most 2). The kernel of the core statistics alone takes {core}, and "
        f"against that one it is {beyond / seconds['ml kernel']:.1f} times."
    )


def kernel_seconds(way: Callable[[], Any], rounds: int = 7) -> float:
    """Return the median time that a way spends inside compiled kernels."""
    spent = []
    for _ in range(rounds):
        watch = _Stopwatch()
        with patch.object(kernels, "_one_at_a_time", watch):
            way()
        spent.append(watch.seconds)
    return statistics.median(spent)


class _Stopwatch:
    """Stands in for the lock that every kernel takes, and adds up how long it is held."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self.start


def _catalogue(data: LocomotionData) -> FeaturePlan:
    return FeaturePlan.of(Schema.of_data(data, [*AGGREGATIONS, "q25", "q75"]), FEATURE_GROUPS)


def _empty_frame(data: LocomotionData, like: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.zeros(like.shape), index=data.key, columns=list(like.columns))
