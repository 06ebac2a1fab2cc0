"""tsfresh with its smallest set of features, in this process."""

import numpy as np

from rivals.rival import Rival, numbered_frame

SAME = {
    "mean": "mean",
    "standard_deviation": "std",
    "minimum": "min",
    "maximum": "max",
    "median": "median",
    "root_mean_square": "rms",
}


def extract(frame):
    from tsfresh.feature_extraction import MinimalFCParameters, extract_features

    return extract_features(
        frame,
        column_id="cycle",
        default_fc_parameters=MinimalFCParameters(),
        disable_progressbar=True,
        n_jobs=0,
    )


def named(result, channels):
    columns = {f"{c}__{theirs}": f"{c}_{ours}" for c in channels for theirs, ours in SAME.items()}
    frame = result[list(columns)].rename(columns=columns)
    deviations = [name for name in frame if name.endswith("_std")]
    # tsfresh divides by n, we by n - 1.
    return frame.assign(**(frame[deviations] * np.sqrt(150 / 149)))


RIVALS = [
    Rival(
        "tsfresh, minimal",
        "tsfresh",
        tuple(SAME.values()),
        300,
        1500,
        numbered_frame,
        extract,
        named,
        note="also sum, length, variance and largest magnitude",
    )
]
