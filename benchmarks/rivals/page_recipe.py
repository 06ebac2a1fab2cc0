"""The feature engineer that the field's pages show, and its ``groupby.apply`` for all channels."""

import numpy as np
import pandas as pd

from rivals.rival import CORE, Rival, numbered_frame, phase_of

KEY = ["subject", "step"]
STANCE_PERCENT = 60


def prepare(data):
    frame = numbered_frame(data).rename(columns={"cycle": "step"})
    frame.insert(0, "subject", np.repeat(data.groups, 150))
    frame["phase_percent"] = np.tile(np.linspace(0, 100, 150), len(data))
    return frame


def _angle(frame, column):
    curve = frame.groupby(KEY)[column]
    stance = frame[frame["phase_percent"] <= STANCE_PERCENT].groupby(KEY)[column]
    swing = frame[frame["phase_percent"] > STANCE_PERCENT].groupby(KEY)[column]
    return {
        "rom": curve.max() - curve.min(),
        "max": curve.max(),
        "min": curve.min(),
        "mean": curve.mean(),
        "std": curve.std(),
        "stance_max": stance.max(),
        "swing_max": swing.max(),
    }


def _moment(frame, column):
    curve = frame.groupby(KEY)[column]
    return {
        "min": curve.min(),
        "max": curve.max(),
        "impulse": curve.apply(lambda x: np.trapezoid(np.abs(x))),
        "mean_square": curve.apply(lambda x: np.mean(x**2)),
    }


def _force(frame, column):
    curve = frame.groupby(KEY)[column]
    return {
        "peak1": curve.apply(lambda x: x.iloc[:30].max()),
        "peak2": curve.apply(lambda x: x.iloc[40:60].max()),
        "impulse": curve.apply(np.trapezoid),
    }


def _timing(frame):
    phase = frame["phase_percent"]
    return {
        "cycle_points": frame.groupby(KEY)["phase_percent"].count(),
        "stance_points": frame[phase <= STANCE_PERCENT].groupby(KEY).size(),
        "swing_points": frame[phase > STANCE_PERCENT].groupby(KEY).size(),
    }


def extract(frame):
    features = _timing(frame)
    for kind, compute in (("_angle_", _angle), ("_moment_", _moment), ("grf_", _force)):
        for column in (name for name in frame.columns if kind in name):
            for name, values in compute(frame, column).items():
                features[f"{column}_{name}"] = values
    return pd.DataFrame(features)


def named(result, _channels):
    both = ("_rom", "_max", "_min", "_mean", "_std")
    phases = ("stance_max", "swing_max")
    same = [c for c in result if c.endswith(both) and not c.endswith(phases)]
    return result.sort_index(level="step")[same]


def _statistics(cycle):
    features = {}
    for name in cycle:
        curve = cycle[name]
        low, high = curve.min(), curve.max()
        values = (curve.mean(), curve.std(), low, high, high - low)
        phases = (phase_of(curve.argmax()), phase_of(curve.argmin()))
        quantiles = (curve.median(), curve.quantile(0.25), curve.quantile(0.75))
        for how, value in zip(CORE, (*values, *phases, *quantiles), strict=True):
            features[f"{name}_{how}"] = value
    return pd.Series(features)


def extract_all(frame):
    channels = [name for name in frame if name not in (*KEY, "phase_percent")]
    return frame.groupby(KEY)[channels].apply(_statistics)


def named_all(result, _channels):
    return result.sort_index(level="step")


RIVALS = [
    Rival(
        "the pages' feature engineer",
        "pandas",
        ("mean", "std", "min", "max", "rom"),
        400,
        3000,
        prepare,
        extract,
        named,
        note="angles, moments and forces only, by one groupby a feature",
    ),
    Rival(
        "pandas groupby.apply",
        "pandas",
        CORE,
        40,
        3000,
        prepare,
        extract_all,
        named_all,
        note="one function a cycle, pandas methods, as in the pages' recipe",
    ),
]
