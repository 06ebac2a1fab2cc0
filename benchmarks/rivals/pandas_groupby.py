"""pandas: the long frame, grouped by the cycle's key."""

import pandas as pd

from rivals.rival import BASIC, CORE, KEY, Rival, long_frame, phase_of


def extract_basic(frame):
    return frame.groupby(KEY, sort=False).agg(list(BASIC))


def extract_core(frame):
    cycles = frame.groupby(KEY, sort=False)
    values = cycles.agg([*BASIC, "median"])
    rom = values.xs("max", axis=1, level=1) - values.xs("min", axis=1, level=1)
    quartiles = [cycles.quantile(level) for level in (0.25, 0.75)]
    rows = [cycles.idxmax(), cycles.idxmin()]
    return values, rom, quartiles, rows


def named_basic(result, _channels):
    return result.set_axis(["_".join(column) for column in result.columns], axis=1)


def named_core(result, channels):
    values, rom, (q25, q75), rows = result
    latest, earliest = (phase_of(row % 150) for row in rows)
    named = {"rom": rom, "q25": q25, "q75": q75, "argmax_phase": latest, "argmin_phase": earliest}
    frames = [frame.add_suffix(f"_{name}").reindex(values.index) for name, frame in named.items()]
    return pd.concat([named_basic(values, channels), *frames], axis=1)


RIVALS = [
    Rival("pandas groupby.agg", "pandas", BASIC, 4000, 50, long_frame, extract_basic, named_basic),
    Rival("pandas groupby", "pandas", CORE, 4000, 50, long_frame, extract_core, named_core),
]
