"""tsflex: windows of one cycle over the cycles joined end to end, vectorised functions."""

from functools import partial

import numpy as np
import pandas as pd

from rivals.rival import BASIC, CORE, Rival, phase_of

FUNCTIONS = {
    "mean": np.mean,
    "std": lambda windows, axis: np.std(windows, axis=axis, ddof=1),
    "min": np.min,
    "max": np.max,
    "rom": np.ptp,
    "argmax_phase": lambda windows, axis: phase_of(np.argmax(windows, axis=axis)),
    "argmin_phase": lambda windows, axis: phase_of(np.argmin(windows, axis=axis)),
}


def _quantiles(windows, axis):
    return tuple(np.quantile(windows, (0.5, 0.25, 0.75), axis=axis))


def prepare(data, statistics):
    from tsflex.features import FeatureCollection, FuncWrapper, MultipleFeatureDescriptors

    wrap = partial(FuncWrapper, vectorized=True, axis=-1)
    wrapped = [wrap(FUNCTIONS[how], output_names=how) for how in statistics if how in FUNCTIONS]
    if "median" in statistics:
        wrapped.append(wrap(_quantiles, output_names=["median", "q25", "q75"]))
    series = [pd.Series(data.curves(name).reshape(-1), name=name) for name in data.channels]
    wanted = MultipleFeatureDescriptors(wrapped, list(data.channels), windows=150, strides=150)
    return FeatureCollection(wanted), series


def extract(prepared):
    collection, series = prepared
    return collection.calculate(
        series, return_df=True, include_final_window=True, window_idx="begin", n_jobs=1
    )


def named(result, _channels):
    return result.rename(columns=lambda name: name.split("__w=")[0].replace("__", "_"))


RIVALS = [
    Rival(
        "tsflex, vectorised",
        "tsflex",
        how,
        4000,
        40,
        partial(prepare, statistics=how),
        extract,
        named,
    )
    for how in (BASIC, CORE)
]
