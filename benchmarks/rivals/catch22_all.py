"""catch22: its 22 features, mean and standard deviation of every curve."""

import pandas as pd

from rivals.rival import CORE, Rival


def prepare(data):
    return [data.curves(name).astype(float).tolist() for name in data.channels]


def extract(channels):
    import pycatch22

    return [
        [pycatch22.catch22_all(curve, catch24=True)["values"] for curve in curves]
        for curves in channels
    ]


def named(result, channels):
    columns = {}
    for name, cycles in zip(channels, result, strict=True):
        columns[f"{name}_mean"] = [values[-2] for values in cycles]
        columns[f"{name}_std"] = [values[-1] for values in cycles]
    return pd.DataFrame(columns)


RIVALS = [
    Rival(
        "catch22's 24 beside ours",
        "pycatch22",
        CORE,
        300,
        1000,
        prepare,
        extract,
        named,
        note="mean and std are the same; its other 22 features are not ours, ours are not its",
    )
]
