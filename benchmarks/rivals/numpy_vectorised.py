"""NumPy: the same block of curves, one reduction a statistic."""

import numpy as np
import pandas as pd

from rivals.rival import BASIC, CORE, Rival, phase_of


def prepare(data):
    return data.block


def extract_basic(block):
    return [block.mean(axis=2), block.std(axis=2, ddof=1), block.min(axis=2), block.max(axis=2)]


def extract_core(block):
    basic = extract_basic(block)
    phases = [phase_of(block.argmax(axis=2)), phase_of(block.argmin(axis=2))]
    q25, median, q75 = np.quantile(block, (0.25, 0.5, 0.75), axis=2)
    return [*basic, basic[3] - basic[2], *phases, median, q25, q75]


def named(result, channels):
    statistics = BASIC if len(result) == len(BASIC) else CORE
    columns = {
        f"{channel}_{how}": values[index]
        for how, values in zip(statistics, result, strict=True)
        for index, channel in enumerate(channels)
    }
    return pd.DataFrame(columns)


RIVALS = [
    Rival("NumPy, whole block", "numpy", BASIC, 20_000, 1, prepare, extract_basic, named),
    Rival("NumPy, whole block", "numpy", CORE, 4000, 1, prepare, extract_core, named),
]
