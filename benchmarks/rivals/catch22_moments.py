"""catch22's own mean and standard deviation, called alone: all that it shares with us."""

import pandas as pd

from rivals.catch22_all import prepare
from rivals.rival import Rival


def extract(channels):
    import pycatch22

    return [
        [(pycatch22.DN_Mean(curve), pycatch22.DN_Spread_Std(curve)) for curve in curves]
        for curves in channels
    ]


def named(result, channels):
    columns = {}
    for name, cycles in zip(channels, result, strict=True):
        columns[f"{name}_mean"], columns[f"{name}_std"] = zip(*cycles, strict=True)
    return pd.DataFrame(columns)


RIVALS = [
    Rival(
        "catch22, mean and std alone",
        "pycatch22",
        ("mean", "std"),
        4000,
        1,
        prepare,
        extract,
        named,
    )
]
